"""An order's terms as a message gives them: pricing, trigger and instructions. Pure.

Only what the gateway cannot put into the engine's words is refused here; which combinations make sense is for the book
to say (docs/order-book.md §1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import INT64_MAX, OrdRejReason, OrdType, PostOnly, SelfTrade, SelfTradeScope, TimeInForce
from gateways.fix import vocabulary as words
from gateways.fix.fields_in import OUT_OF_RANGE, coded, limit_px_of, optional_number, utc_time
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, NotSupported
from gateways.fix.triggers_in import is_trailing, peg_of, trigger_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.instrument import Instrument
    from engine.types import Px, Qty, Side

    EndOfDay = Callable[[Instrument, str], int]
    """An instrument and an ISO date → when that trading day ends, nanoseconds UTC. Raises ``ValueError``."""

_NEEDS_LIMIT = frozenset("24")
_MAY_HAVE_LIMIT = frozenset("P")
RESTING_MAY_HAVE_LIMIT = frozenset("PK")
"""Beside these: a market-to-limit order that rests has got a limit, which can be changed."""


class AskedTerms(NamedTuple):
    """What a NewOrder carries beside its names and quantity."""

    ord_type: OrdType
    px: Px
    special: SpecialTerms | None


def read_terms(
    fields: Mapping[str, str], side: Side, tif: TimeInForce | None, instrument: Instrument | None, end_of_day: EndOfDay
) -> AskedTerms:
    """The terms of an order that may be more than a plain one.

    Raises:
        FieldRefusal, BusinessRefusal: they can't be read.
        NotSupported: the engine has no words for them.
    """
    code = fields["40"]
    check_ord_type(code)
    insts = exec_insts_of(fields)
    px = limit_of(fields)
    ord_type = words.PRICINGS[code]
    if is_trailing(fields, insts) and code == "P":
        ord_type = OrdType.LIMIT if "44" in fields else OrdType.MARKET
    display_qty, display_range, hidden = _display(fields)
    special = SpecialTerms(
        trigger=trigger_of(fields, side, insts, instrument),
        peg=peg_of(fields, insts, instrument),
        post_only=_post_only(fields, insts),
        display_qty=display_qty,
        display_range=display_range,
        hidden=hidden,
        min_qty=quantity(fields, "110", "MinQty") or 0,
        all_or_none=words.ALL_OR_NONE in insts,
        reduce_only=_reduce_only(fields),
        self_trade=coded(fields, "2964", words.SELF_TRADES, SelfTrade.NONE),
        self_trade_scope=coded(fields, words.SELF_TRADE_SCOPE_TAG, words.SELF_TRADE_SCOPES, SelfTradeScope.ACCOUNT),
        expire_ns=expiry_of(fields, instrument, end_of_day, needed=tif is TimeInForce.GTD) or 0,
    )
    return AskedTerms(ord_type, px, None if special == NOTHING_SPECIAL else special)


def check_ord_type(code: str) -> None:
    if code not in words.PRICINGS:
        if code not in words.ORD_TYPES_DEFINED:
            raise FieldRefusal(5, "40", OUT_OF_RANGE)
        raise NotSupported(f"OrdType {code} is not supported")


def limit_of(fields: Mapping[str, str], may_have: frozenset[str] = _MAY_HAVE_LIMIT) -> Px:
    """Price (44) of an order that has or may have a limit; 0 for others, whose 44 is not looked at."""
    code = fields["40"]
    if code not in _NEEDS_LIMIT and not (code in may_have and "44" in fields):
        return 0
    px = limit_px_of(fields)
    if px <= 0:
        raise NotSupported("Price must be positive", OrdRejReason.OTHER)
    return px


def exec_insts_of(fields: Mapping[str, str]) -> frozenset[str]:
    """The values of ExecInst (18), which stand in any order with spaces between them."""
    text = fields.get("18")
    if text is None:
        return frozenset()
    values = frozenset(text.split(" "))
    if not values <= words.EXEC_INSTS:
        if not values <= words.EXEC_INSTS_DEFINED:
            raise FieldRefusal(5, "18", OUT_OF_RANGE)
        raise NotSupported(f"ExecInst {min(values - words.EXEC_INSTS)} is not supported")
    return values


def quantity(fields: Mapping[str, str], tag: str, name: str) -> Qty | None:
    """A part of the order's quantity; None where the field is not there."""
    value = optional_number(fields, tag)
    if value is not None and value < 0:
        raise NotSupported(f"{name} must not be negative", OrdRejReason.INCORRECT_QUANTITY)
    return value


def display_qty_of(fields: Mapping[str, str]) -> Qty | None:
    """DisplayQty (1138) or MaxFloor (111); 0 shows nothing."""
    floor, shown = quantity(fields, "111", "MaxFloor"), quantity(fields, "1138", "DisplayQty")
    if floor is not None and shown not in (None, floor):
        raise NotSupported("MaxFloor and DisplayQty differ")
    return shown if floor is None else floor


def _display(fields: Mapping[str, str]) -> tuple[Qty, Qty, bool]:
    """How much is shown at a time, by how much that varies, and whether nothing is."""
    method = fields.get("1084", "1")
    if method not in "1234" or len(method) != 1:
        raise FieldRefusal(5, "1084", OUT_OF_RANGE)
    if method == "2":
        raise NotSupported("DisplayMethod 2 is not supported: every refresh shows as much")
    if fields.get("1083", "2") != "2":
        raise NotSupported("DisplayWhen must be 2: a refresh follows when the shown part is used up")
    qty = display_qty_of(fields)
    if method == words.UNDISCLOSED or qty == 0:
        if qty:
            raise NotSupported("DisplayMethod 4 shows nothing, so there is no display quantity")
        return 0, 0, True
    if method == words.RANDOM_DISPLAY or "1085" in fields or "1086" in fields:
        return qty or 0, _display_range(fields, qty, method), False
    return qty or 0, 0, False


def _display_range(fields: Mapping[str, str], qty: Qty | None, method: str) -> Qty:
    low, high = quantity(fields, "1085", "DisplayLowQty"), quantity(fields, "1086", "DisplayHighQty")
    if method != words.RANDOM_DISPLAY:
        raise NotSupported("DisplayLowQty and DisplayHighQty are for DisplayMethod 3")
    if qty is None or low is None or high is None:
        text = "DisplayMethod 3 needs DisplayQty (1138), DisplayLowQty (1085) and DisplayHighQty (1086)"
        raise BusinessRefusal(5, fields["11"], text)
    if high < qty or high - qty != qty - low:
        raise NotSupported("DisplayLowQty and DisplayHighQty must lie as far from DisplayQty, below and above it")
    return high - qty


def _post_only(fields: Mapping[str, str], insts: frozenset[str]) -> PostOnly:
    default = PostOnly.REJECT if words.POST_ONLY in insts else PostOnly.NO
    asked = coded(fields, words.POST_ONLY_TAG, words.POST_ONLYS, default)
    if default and not asked:
        raise NotSupported(f"ExecInst 6 contradicts PostOnlyInstruction ({words.POST_ONLY_TAG}) 0")
    return asked


def _reduce_only(fields: Mapping[str, str]) -> bool:
    effect = fields.get("77", "O")
    if effect not in ("O", "C", "R", "F"):
        raise FieldRefusal(5, "77", OUT_OF_RANGE)
    if effect in ("R", "F"):
        raise NotSupported(f"PositionEffect {effect} is not supported")
    return effect == "C"


def expiry_of(
    fields: Mapping[str, str], instrument: Instrument | None, end_of_day: EndOfDay, *, needed: bool
) -> int | None:
    """ExpireTime (126), or the end of the instrument's trading day ExpireDate (432); nanoseconds UTC."""
    if "126" in fields:
        return utc_time(fields["126"], "126", "ExpireTime")
    if "432" in fields:
        return _end_of(fields["432"], instrument, end_of_day)
    if needed:
        text = "ExpireTime (126) or ExpireDate (432) is missing on an order good till a date"
        raise BusinessRefusal(5, fields["11"], text)
    return None


def _end_of(date: str, instrument: Instrument | None, end_of_day: EndOfDay) -> int:
    if len(date) != 8 or not (date.isascii() and date.isdigit()):
        raise FieldRefusal(6, "432", "ExpireDate is no LocalMktDate")
    if instrument is None:
        return 0
    try:
        time_ns = end_of_day(instrument, f"{date[:4]}-{date[4:6]}-{date[6:]}")
    except (ValueError, OverflowError):
        raise FieldRefusal(5, "432", OUT_OF_RANGE) from None
    if not 0 <= time_ns <= INT64_MAX:
        raise FieldRefusal(5, "432", OUT_OF_RANGE)
    return time_ns
