"""An order's terms as reports repeat them: OrdType, prices, TimeInForce and every instruction. Pure.

Only what the session's version defines is said, fields and values alike, so that a client with the standard's
dictionary takes every report; what a client asked for in an extension it knows itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.decimals import format_decimal
from engine.types import Contingency, OrdType, TimeInForce, TriggerKind, TriggerSource, Wait
from gateways.fix import vocabulary as words
from gateways.fix.codec import printable
from gateways.fix.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.image import OrderImage, Working
    from engine.terms import SpecialTerms, Trigger
    from gateways.fix.dialect import Dialect

_TEXTS_MAX = 65_536


class _Decimals(dict[int, str]):
    """The texts of scaled numbers: prices and quantities repeat, and a remembered text costs a tenth of a new one."""

    __slots__ = ()

    def __missing__(self, value: int) -> str:
        if len(self) >= _TEXTS_MAX:
            self.clear()
        text = self[value] = format_decimal(value)
        return text


decimal: Callable[[int], str] = _Decimals().__getitem__
"""A price, quantity or amount as text: a look-up, at three quarters of what a cached function takes."""

_LIMIT = OrdType.LIMIT
_RATE_PER_BASIS_POINT = 10_000
_INACTIVE = frozenset({Wait.TRIGGER, Wait.ENTRY, Wait.AUCTION, Wait.TOUCH})
_WORKS = "636=Y\x01"


class TermsWriter:
    """Writes orders' terms in one session's version."""

    __slots__ = ("_dialect", "_digits", "_tifs")

    def __init__(self, dialect: Dialect, timestamp_digits: int) -> None:
        self._dialect = dialect
        self._digits = timestamp_digits
        self._tifs = {tif: _coded("59", words.CHARACTERS[tif], dialect.tifs) for tif in TimeInForce}

    def terms(self, order: OrderImage) -> str:
        """OrdType (40), Price (44; not a market order's protection price), TimeInForce (59), and what else it has."""
        terms = order.terms
        if terms.ord_type is _LIMIT and terms.special is None and order.working is None:
            return f"40=2\x0144={decimal(terms.px)}\x01{self._tifs[terms.tif]}"
        special = "" if terms.special is None else self._special(order, terms.special)
        priced = f"44={decimal(terms.px)}\x01" if terms.px and terms.ord_type is not OrdType.MARKET else ""
        ord_type = _coded("40", words.ord_type_code(terms), self._dialect.ord_types)
        return f"{ord_type}{priced}{self._tifs[terms.tif]}{special}{self._working(order)}"

    def _special(self, order: OrderImage, special: SpecialTerms) -> str:
        parts: list[str] = []
        if special.link is not None:
            parts.append(f"66={printable(special.link.list_id)}")
        if special.trigger is not None:
            parts += self._trigger(order, special.trigger)
        if insts := sorted(words.exec_insts(special) & self._dialect.exec_insts):
            parts.append(f"18={' '.join(insts)}")
        parts += self._offset(special)
        if special.min_qty:
            parts.append(f"110={decimal(special.min_qty)}")
        parts += _instructions(special) if self._dialect.instructions else _max_floor(special)
        if special.expire_ns:
            parts.append(f"126={format_utc(special.expire_ns, self._digits)}")
        if special.reduce_only:
            parts.append("77=C")
        return "".join(f"{part}\x01" for part in parts)

    def _trigger(self, order: OrderImage, trigger: Trigger) -> list[str]:
        """StopPx (99), or TriggeringInstructions where they say what OrdType and StopPx can't."""
        px = _stop_px(order.working, trigger)
        if not self._dialect.instructions or trigger.kind is TriggerKind.TRAILING:
            return [f"99={decimal(px)}"] if px else []
        told = words.ord_type_code(order.terms) in words.TRIGGERS
        if told and trigger.source is TriggerSource.LAST_TRADE:
            return [f"99={decimal(px)}"]
        direction = words.trigger_direction(order.terms.side, trigger.kind)
        source = _coded_field("1107", str(int(trigger.source)), words.TRIGGER_SOURCES_STANDARD)
        stop_px = [f"99={decimal(px)}"] if told else []
        price = f"1102={decimal(px)}"
        return [*stop_px, f"1100={words.PRICE_MOVEMENT}", f"1101={words.ACTIVATE}", price, *source, f"1109={direction}"]

    def _offset(self, special: SpecialTerms) -> list[str]:
        """PegOffsetValue (211) and its type (836): of a peg, or the distance of a trailing stop."""
        trigger = special.trigger
        kind = words.PRICE_OFFSET
        if trigger is not None and trigger.kind is TriggerKind.TRAILING:
            followed, value = words.PEG_TRAILING_STOP, trigger.trail_amount
            if trigger.trail_rate:
                if not self._dialect.peg_offset_type:
                    return []
                value, kind = trigger.trail_rate * _RATE_PER_BASIS_POINT, words.BASIS_POINTS
        elif special.peg is not None:
            followed, value = str(int(special.peg.kind)), special.peg.offset
        else:
            return []
        price_type = [f"1094={followed}"] if self._dialect.instructions else []
        offset_type = [f"836={kind}"] if self._dialect.peg_offset_type else []
        return [*price_type, f"211={decimal(value)}", *offset_type]

    def _working(self, order: OrderImage) -> str:
        """WorkingIndicator (636), and PeggedPrice (839) where a pegged order rests; from FIX.4.4 on."""
        working = order.working
        if working is None or not self._dialect.working_indicator:
            return ""
        told = working_indicator(order)
        pegged = told == _WORKS and order.terms.ord_type is OrdType.PEGGED and working.px
        return f"{told}839={decimal(working.px)}\x01" if pegged else told


def working_indicator(order: OrderImage) -> str:
    """WorkingIndicator (636) of an open order that is more than a plain one."""
    if order.working is None or not order.status.is_open:
        return ""
    return "636=N\x01" if order.working.wait in _INACTIVE else _WORKS


def _max_floor(special: SpecialTerms) -> list[str]:
    return [f"111={decimal(special.display_qty)}"] if special.display_qty or special.hidden else []


def _instructions(special: SpecialTerms) -> list[str]:
    """What only FIX 5.0 has fields for: DisplayInstruction, ContingencyType, self-match prevention."""
    parts: list[str] = []
    if special.hidden:
        parts += ["1138=0", f"1084={words.UNDISCLOSED}"]
    elif special.display_qty:
        parts.append(f"1138={decimal(special.display_qty)}")
        if special.display_range:
            low, high = special.display_qty - special.display_range, special.display_qty + special.display_range
            parts += [f"1084={words.RANDOM_DISPLAY}", f"1085={decimal(low)}", f"1086={decimal(high)}"]
    if special.link is not None:
        kind = special.link.contingency
        parts.append(f"1385={int(Contingency.OTO if kind is Contingency.BRACKET else kind)}")
    if special.self_trade_id:
        parts.append(f"2362={printable(special.self_trade_id)}")
    return parts + _coded_field("2964", str(int(special.self_trade)), words.SELF_TRADES_STANDARD)


def _coded(tag: str, value: str, defined: frozenset[str]) -> str:
    """An enumerated field; left out where the version has no such value."""
    return f"{tag}={value}\x01" if value in defined else ""


def _coded_field(tag: str, value: str, defined: frozenset[str]) -> list[str]:
    return [f"{tag}={value}"] if value in defined else []


def _stop_px(working: Working | None, trigger: Trigger) -> int:
    """Where the stop stands now; of a triggered order, as it was asked for."""
    return (working.stop_px if working is not None else 0) or trigger.px
