"""What an order waits for or follows: stop, touched and trailing triggers, and pegs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.terms import Peg, Trigger
from engine.types import INT64_MAX, SCALE, Side, TriggerKind, TriggerSource
from gateways.fix import vocabulary as words
from gateways.fix.fields_in import OUT_OF_RANGE, number, optional_number
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, NotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.instrument import Instrument
    from engine.types import PegKind, Px, Rate

_BASIS_POINTS = 10_000
_DIRECTIONS = {(Side.BUY, "U"), (Side.SELL, "D")}
"""TriggerPriceDirection (1109) in which a price runs away from the order's side: that of a stop."""
_TRIGGERING = ("1101", "1102", "1107", "1109")
_OF_ANOTHER = (("1104", "TriggerSecurityID"), ("1097", "PegSecurityID"), ("1113", "TriggerTradingSessionID"))
_OWN_SYMBOL = (("1103", "TriggerSymbol"), ("1098", "PegSymbol"))
_REPEATED = (("1110", "TriggerNewPrice", "44", "Price"), ("1112", "TriggerNewQty", "38", "OrderQty"))
_SCOPES_HERE = frozenset("01")
"""TriggerPriceTypeScope (1108): none, local."""


def is_trailing(fields: Mapping[str, str], insts: frozenset[str]) -> bool:
    """Whether the order is a trailing stop: OrdType P with ExecInst ``a`` or PegPriceType 8."""
    return words.TRAILING_STOP in insts or fields.get("1094") == words.PEG_TRAILING_STOP


def trigger_of(
    fields: Mapping[str, str], side: Side, insts: frozenset[str], instrument: Instrument | None
) -> Trigger | None:
    """The order's trigger.

    Raises:
        FieldRefusal, BusinessRefusal, NotSupported: it is incomplete or contradicts itself.
    """
    if is_trailing(fields, insts):
        if fields["40"] != "P":
            raise NotSupported("a trailing stop has OrdType P")
        amount, rate = _distance(fields, instrument)
        return Trigger(TriggerKind.TRAILING, stop_px_of(fields) or 0, _source(fields), amount, rate)
    kind = words.TRIGGERS.get(fields["40"])
    asked = _triggering_kind(fields, side)
    if kind is not None and asked not in (None, kind):
        raise NotSupported(f"TriggerPriceDirection {fields['1109']} contradicts OrdType {fields['40']}")
    kind = kind or asked
    if kind is None:
        if "99" in fields:
            raise NotSupported(f"OrdType {fields['40']} has no StopPx")
        return None
    px = stop_px_of(fields)
    if px is None:
        raise BusinessRefusal(5, fields["11"], "StopPx (99) is missing on an order with a trigger")
    return Trigger(kind, px, _source(fields))


def stop_px_of(fields: Mapping[str, str]) -> Px | None:
    """StopPx (99) or TriggerPrice (1102); None where neither is there."""
    stop, trigger = optional_number(fields, "99"), optional_number(fields, "1102")
    if stop is not None and trigger not in (None, stop):
        raise NotSupported("StopPx and TriggerPrice differ")
    return trigger if stop is None else stop


def _triggering_kind(fields: Mapping[str, str], side: Side) -> TriggerKind | None:
    """What TriggeringInstructions ask for beside OrdType; None where they say nothing of the direction."""
    kind = fields.get("1100")
    if kind is None:
        if fields["40"] not in words.TRIGGERS and any(tag in fields for tag in _TRIGGERING):
            raise BusinessRefusal(5, fields["11"], "TriggerType (1100) is missing beside triggering instructions")
    elif kind not in words.TRIGGER_TYPES_DEFINED:
        raise FieldRefusal(5, "1100", OUT_OF_RANGE)
    elif kind != words.PRICE_MOVEMENT:
        raise NotSupported(f"TriggerType {kind} is not supported")
    action = fields.get("1101", words.ACTIVATE)
    if action not in words.TRIGGER_ACTIONS_DEFINED:
        raise FieldRefusal(5, "1101", OUT_OF_RANGE)
    if action != words.ACTIVATE:
        raise NotSupported(f"TriggerAction {action} is not supported")
    direction = fields.get("1109")
    if direction is None:
        if kind is not None and fields["40"] not in words.TRIGGERS:
            raise BusinessRefusal(5, fields["11"], "TriggerPriceDirection (1109) is missing")
        return None
    if direction not in ("U", "D"):
        raise FieldRefusal(5, "1109", OUT_OF_RANGE)
    return TriggerKind.STOP if (side, direction) in _DIRECTIONS else TriggerKind.TOUCHED


def _source(fields: Mapping[str, str]) -> TriggerSource:
    code = fields.get("1107")
    if code is None:
        return TriggerSource.LAST_TRADE
    if code not in words.TRIGGER_SOURCES_DEFINED:
        raise FieldRefusal(5, "1107", OUT_OF_RANGE)
    source = words.TRIGGER_SOURCES.get(code)
    if source is None:
        raise NotSupported(f"TriggerPriceType {code} is not supported")
    return source


def check_others(fields: Mapping[str, str]) -> None:
    """What TriggeringInstructions and PegInstructions may ask for beside the price that is watched or followed.

    Raises:
        NotSupported: another instrument's or market's price, or another order than this one afterwards.
    """
    for tag, name in _OF_ANOTHER:
        if tag in fields:
            raise NotSupported(f"{name} is not supported: the order's own instrument is watched and followed")
    for tag, name in _OWN_SYMBOL:
        if fields.get(tag, fields["55"]) != fields["55"]:
            raise NotSupported(f"{name} must be the order's Symbol")
    for tag, name, own, own_name in _REPEATED:
        if tag in fields and number(fields[tag], tag) != optional_number(fields, own):
            raise NotSupported(f"{name} must be the order's {own_name}")
    if fields.get("1108", "0") not in _SCOPES_HERE:
        raise NotSupported("TriggerPriceTypeScope must be 0 or 1: the venue's own prices are watched")
    if fields.get("1111") is not None and fields["1111"] != _triggered_type(fields):
        raise NotSupported("TriggerOrderType must be what the order is without its trigger")
    if fields.get("835", "0") != "0":
        raise NotSupported("PegMoveType must be 0: a pegged order follows its price")


def _triggered_type(fields: Mapping[str, str]) -> str:
    """TriggerOrderType (1111) that says what happens anyway: 1 market, 2 limit."""
    return "2" if fields["40"] in ("2", "4") or "44" in fields else "1"


# ---- pegs -----------------------------------------------------------------------------------------------------------


def peg_of(fields: Mapping[str, str], insts: frozenset[str], instrument: Instrument | None) -> Peg | None:
    """The price that a pegged order follows; None for a trailing stop and for an order that is not pegged."""
    if is_trailing(fields, insts):
        return None
    kinds = {words.PEGS[inst] for inst in insts & words.PEGS.keys()} | _peg_price_type(fields)
    if len(kinds) > 1:
        raise NotSupported("an order follows one price")
    if kinds:
        return Peg(kinds.pop(), offset_of(fields, instrument) or 0)
    if fields["40"] == "P":
        raise BusinessRefusal(5, fields["11"], "ExecInst (18) is missing: which price does the order follow?")
    if "211" in fields:
        raise NotSupported("PegOffsetValue (211) is for orders that follow a price")
    return None


def _peg_price_type(fields: Mapping[str, str]) -> set[PegKind]:
    code = fields.get("1094")
    if code is None:
        return set()
    if code not in words.PEG_PRICE_TYPES_DEFINED:
        raise FieldRefusal(5, "1094", OUT_OF_RANGE)
    if code not in words.PEG_PRICE_TYPES:
        raise NotSupported(f"PegPriceType {code} is not supported")
    return {words.PEG_PRICE_TYPES[code]}


def offset_of(fields: Mapping[str, str], instrument: Instrument | None) -> Px | None:
    """PegOffsetValue (211; PegDifference in FIX.4.2) as a price, signed; None where there is none."""
    if "211" not in fields:
        return None
    if _offset_type(fields) == words.BASIS_POINTS:
        raise NotSupported("an offset in basis points is for trailing stops")
    return _priced(fields, instrument)


def _distance(fields: Mapping[str, str], instrument: Instrument | None) -> tuple[Px, Rate]:
    """How far a trailing stop keeps: an amount or a rate. The side says in which direction, so a sign says nothing."""
    if "211" not in fields:
        raise BusinessRefusal(5, fields["11"], "PegOffsetValue (211) is missing on a trailing stop")
    if _offset_type(fields) != words.BASIS_POINTS:
        return abs(_priced(fields, instrument)), 0
    rate, rest = divmod(abs(number(fields["211"], "211")), _BASIS_POINTS)
    if rest:
        raise FieldRefusal(5, "211", "a rate has at most 4 decimals in basis points")
    return 0, rate


def _offset_type(fields: Mapping[str, str]) -> str:
    code = fields.get("836", words.PRICE_OFFSET)
    if code not in words.PEG_OFFSETS_DEFINED:
        raise FieldRefusal(5, "836", OUT_OF_RANGE)
    if code not in (words.PRICE_OFFSET, words.BASIS_POINTS, words.TICKS):
        raise NotSupported(f"PegOffsetType {code} is not supported")
    return code


def _priced(fields: Mapping[str, str], instrument: Instrument | None) -> Px:
    value = number(fields["211"], "211")
    if fields.get("836") != words.TICKS or instrument is None:
        return value
    if value % SCALE or abs(value) > INT64_MAX // instrument.tick_size * SCALE:
        raise FieldRefusal(5, "211", OUT_OF_RANGE)
    return value // SCALE * instrument.tick_size
