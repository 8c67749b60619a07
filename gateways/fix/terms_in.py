"""An order's terms as a message gives them: pricing, trigger and instructions. Pure.

Only what the gateway cannot put into the engine's words is refused here; which combinations make sense is for the book
to say (docs/order-book.md §1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.session_profile import CancelOnDisconnect
from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import INT64_MAX, OrdRejReason, OrdType, PostOnly, SelfTrade, SelfTradeScope, TimeInForce
from gateways.fix import vocabulary as words
from gateways.fix.display_in import display_of, quantity
from gateways.fix.fields_in import OUT_OF_RANGE, coded, identifier, limit_px_of, utc_time
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, NotSupported
from gateways.fix.triggers_in import check_others, is_trailing, peg_of, trigger_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.instrument import Instrument
    from engine.types import Px, Side

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
    check_others(fields)
    ord_type = words.PRICINGS[code]
    if is_trailing(fields, insts) and code == "P":
        ord_type = OrdType.LIMIT if "44" in fields else OrdType.MARKET
    display_qty, display_range, hidden = display_of(fields, instrument)
    self_trade_id = identifier(fields, "2362") if "2362" in fields else ""
    prevention = SelfTrade.CANCEL_NEWEST if self_trade_id else SelfTrade.NONE
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
        self_trade=coded(fields, "2964", words.SELF_TRADES, prevention),
        self_trade_scope=coded(fields, words.SELF_TRADE_SCOPE_TAG, words.SELF_TRADE_SCOPES, SelfTradeScope.ACCOUNT),
        expire_ns=expiry_of(fields, instrument, end_of_day, needed=tif is TimeInForce.GTD) or 0,
        on_disconnect=_on_disconnect(fields, insts),
        self_trade_id=self_trade_id,
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


def _post_only(fields: Mapping[str, str], insts: frozenset[str]) -> PostOnly:
    default = PostOnly.REJECT if words.POST_ONLY in insts else PostOnly.NO
    asked = coded(fields, words.POST_ONLY_TAG, words.POST_ONLYS, default)
    if default and not asked:
        raise NotSupported(f"ExecInst 6 contradicts PostOnlyInstruction ({words.POST_ONLY_TAG}) 0")
    return asked


def _on_disconnect(fields: Mapping[str, str], insts: frozenset[str]) -> CancelOnDisconnect | None:
    code = fields.get(words.ON_DISCONNECT_TAG, "0")
    if code != "0" and code not in words.ON_DISCONNECTS:
        raise FieldRefusal(5, words.ON_DISCONNECT_TAG, OUT_OF_RANGE)
    asked = words.ON_DISCONNECTS.get(code)
    if words.CANCEL_ON_CONNECTION_LOSS not in insts:
        return asked
    if asked is CancelOnDisconnect.OFF:
        raise NotSupported(f"ExecInst o contradicts CancelOnDisconnectInstruction ({words.ON_DISCONNECT_TAG}) 2")
    return CancelOnDisconnect.DISCONNECT if asked is None else asked


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
