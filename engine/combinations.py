"""Which triggers, pricings, times in force and instructions go together (docs/order-book.md §1.1).

Each rule that an order can break is one line of :data:`RULES`; what none of them names works.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import msgspec

from engine.commands import NewOrder
from engine.instrument import Instrument
from engine.rejections import Refusal
from engine.terms import NOTHING_SPECIAL, SpecialTerms, Trigger
from engine.types import (
    INT64_MAX,
    SCALE,
    OrdRejReason,
    OrdType,
    PegKind,
    Px,
    Qty,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
)

TEXTS: dict[str, str] = {
    "R1": "post-only, a display quantity and hidden need a limit or pegged order that may rest: not IOC, not FOK",
    "R2": "a display quantity is a positive multiple of the lot and at most the order's quantity, its range a multiple "
    "of the lot below it, and a thousand of the smallest parts hold the whole order; neither goes with hidden, "
    "all-or-none or a minimum quantity",
    "R3": "all-or-none and a minimum quantity exclude each other, and FOK excludes both",
    "R4": "a minimum quantity is a multiple of the lot and at most the order's quantity",
    "R5": "a pegged order has a peg, other orders have none; it rests: not IOC, not FOK, not for an auction; pegged to "
    "the opposite side it is not post-only",
    "R6": "a market-to-limit order must be able to rest: not IOC, not FOK",
    "R7": "an order with a trigger is not for an auction",
    "R8": "a stop or if-touched order has a trigger price, a positive multiple of the tick, and no distance; a "
    "trailing stop has one distance, an amount in multiples of the tick or a rate between 0 and 1",
    "R9": "an order good till a date has an expiry time, other orders have none",
    "R10": "an order for an auction excludes all-or-none, a minimum quantity and post-only",
    "R11": "reduce-only is for sells: a cash account has no short position",
    "R12": "IOC and FOK need continuous trading; an order for the opening comes before it",
}
"""What a client is told, by rule."""

EXPIRED_TEXT = "the expiry time has passed"
"""R9, of a time that has come already: looked at last, for nothing else is wrong with such an order."""

DISPLAY_PARTS_MAX = 1000
"""R2: parts that a reserve order may show one after the other: each may be a trade of one incoming order."""

_FOR_AUCTIONS = frozenset({TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION})
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_PLAIN_TIMES = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_PLAIN_PRICINGS = frozenset({OrdType.MARKET, OrdType.LIMIT})


@final
class _Asked(msgspec.Struct, frozen=True, gc=False):
    """What the rules look at."""

    command: NewOrder
    terms: SpecialTerms
    instrument: Instrument
    phase: TradingPhase


def check_terms(instrument: Instrument, phase: TradingPhase, now_ns: int, command: NewOrder) -> Refusal | None:
    """None if the order's parts go together, else (OrdRejReason, text) of the first rule that they break."""
    if command.special is None and command.tif in _PLAIN_TIMES and command.ord_type in _PLAIN_PRICINGS:
        return None
    asked = _Asked(command, command.special or NOTHING_SPECIAL, instrument, phase)
    for rule, reason, breaks in RULES:
        if breaks(asked):
            return reason, TEXTS[rule]
    if 0 < asked.terms.expire_ns <= now_ns:
        return OrdRejReason.OTHER, EXPIRED_TEXT
    return None


# ---- the rules: whether an order breaks it --------------------------------------------------------------------------


def _needs_price_to_rest_at(asked: _Asked) -> bool:
    terms, command = asked.terms, asked.command
    rests = command.ord_type in (OrdType.LIMIT, OrdType.PEGGED) and command.tif not in _AT_ONCE
    return not rests and bool(terms.post_only or terms.display_qty or terms.hidden)


def _display(asked: _Asked) -> bool:
    terms = asked.terms
    if not terms.display_qty and not terms.display_range:
        return False
    lot = asked.instrument.lot_size
    return (
        terms.hidden
        or terms.all_or_none
        or terms.min_qty != 0
        or not _is_lots(terms.display_qty, lot)
        or terms.display_qty > asked.command.order_qty
        or not 0 <= terms.display_range < terms.display_qty
        or terms.display_range % lot != 0
        or asked.command.order_qty > DISPLAY_PARTS_MAX * (terms.display_qty - terms.display_range)
    )


def _least_fills(asked: _Asked) -> bool:
    terms = asked.terms
    return (terms.all_or_none + (terms.min_qty != 0) + (asked.command.tif is TimeInForce.FOK)) > 1


def _min_qty(asked: _Asked) -> bool:
    min_qty = asked.terms.min_qty
    return min_qty != 0 and not (_is_lots(min_qty, asked.instrument.lot_size) and min_qty <= asked.command.order_qty)


def _peg(asked: _Asked) -> bool:
    peg, command = asked.terms.peg, asked.command
    if peg is None or command.ord_type is not OrdType.PEGGED:
        return peg is not None or command.ord_type is OrdType.PEGGED
    takes = peg.kind is PegKind.MARKET and asked.terms.post_only
    return bool(takes) or command.tif in _AT_ONCE or command.tif in _FOR_AUCTIONS


def _market_to_limit(asked: _Asked) -> bool:
    return asked.command.ord_type is OrdType.MARKET_TO_LIMIT and asked.command.tif in _AT_ONCE


def _triggered_at_auction(asked: _Asked) -> bool:
    return asked.terms.trigger is not None and asked.command.tif in _FOR_AUCTIONS


def _trigger(asked: _Asked) -> bool:
    trigger, tick = asked.terms.trigger, asked.instrument.tick_size
    if trigger is None:
        return False
    if trigger.kind is TriggerKind.TRAILING:
        return not _is_distance(trigger, tick) or (trigger.px != 0 and not _is_ticks(trigger.px, tick))
    return not _is_ticks(trigger.px, tick) or trigger.trail_amount != 0 or trigger.trail_rate != 0


def _expiry(asked: _Asked) -> bool:
    return (asked.command.tif is TimeInForce.GTD) != (asked.terms.expire_ns > 0) or asked.terms.expire_ns < 0


def _for_auction(asked: _Asked) -> bool:
    terms = asked.terms
    return asked.command.tif in _FOR_AUCTIONS and bool(terms.all_or_none or terms.min_qty or terms.post_only)


def _reduces_a_short(asked: _Asked) -> bool:
    return asked.terms.reduce_only and asked.command.side is Side.BUY


def _phase(asked: _Asked) -> bool:
    tif = asked.command.tif
    if asked.phase is TradingPhase.CONTINUOUS:
        return tif is TimeInForce.AT_THE_OPENING
    return asked.phase.collects and tif in _AT_ONCE


_UNSUPPORTED = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC

RULES: tuple[tuple[str, OrdRejReason, Callable[[_Asked], bool]], ...] = (
    ("R1", _UNSUPPORTED, _needs_price_to_rest_at),
    ("R2", _UNSUPPORTED, _display),
    ("R3", _UNSUPPORTED, _least_fills),
    ("R4", _UNSUPPORTED, _min_qty),
    ("R5", _UNSUPPORTED, _peg),
    ("R6", _UNSUPPORTED, _market_to_limit),
    ("R7", _UNSUPPORTED, _triggered_at_auction),
    ("R8", _UNSUPPORTED, _trigger),
    ("R9", _UNSUPPORTED, _expiry),
    ("R10", _UNSUPPORTED, _for_auction),
    ("R11", _UNSUPPORTED, _reduces_a_short),
    ("R12", OrdRejReason.EXCHANGE_CLOSED, _phase),
)


def _is_lots(qty: Qty, lot: Qty) -> bool:
    return qty > 0 and not qty % lot


def _is_ticks(px: Px, tick: Px) -> bool:
    return 0 < px <= INT64_MAX and not px % tick


def _is_distance(trigger: Trigger, tick: Px) -> bool:
    if trigger.trail_amount:
        return not trigger.trail_rate and _is_ticks(trigger.trail_amount, tick)
    return 0 < trigger.trail_rate < SCALE
