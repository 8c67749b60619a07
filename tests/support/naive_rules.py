"""Which orders are refused, and why (docs/order-book.md §1.1 and §6)."""

from __future__ import annotations

from naive_prices import standing_px
from naive_state import AT_ONCE, FOR_AUCTIONS, State

from engine.combinations import EXPIRED_TEXT, TEXTS
from engine.commands import NewList, NewOrder
from engine.decimals import format_decimal
from engine.rejections import Refusal
from engine.rules import check_order
from engine.terms import NOTHING_SPECIAL, Trigger
from engine.types import (
    SCALE,
    Contingency,
    OrdRejReason,
    OrdType,
    PegKind,
    PostOnly,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
)

LEGS_MAX = 10


def broken_rule(book: State, command: NewOrder, phase: TradingPhase) -> str:
    """The first of R1 to R12 that the order breaks, or nothing."""
    special = command.special or NOTHING_SPECIAL
    kind, tif, lot, tick = command.ord_type, command.tif, book.instrument.lot_size, book.instrument.tick_size
    can_rest = kind in (OrdType.LIMIT, OrdType.PEGGED) and tif not in AT_ONCE
    post_only = special.post_only is not PostOnly.NO
    display, spread, min_qty = special.display_qty, special.display_range, special.min_qty
    trigger, peg = special.trigger, special.peg

    if (post_only or display or special.hidden) and not can_rest:
        return "R1"
    if display or spread:
        if special.hidden or special.all_or_none or min_qty:
            return "R2"
        if display <= 0 or display % lot or display > command.order_qty:
            return "R2"
        if spread < 0 or spread % lot or spread >= display:
            return "R2"
        if command.order_qty > 1000 * (display - spread):
            return "R2"
    if special.all_or_none and min_qty:
        return "R3"
    if tif is TimeInForce.FOK and (special.all_or_none or min_qty):
        return "R3"
    if min_qty and (min_qty < 0 or min_qty % lot or min_qty > command.order_qty):
        return "R4"
    if (kind is OrdType.PEGGED) != (peg is not None):
        return "R5"
    if peg and (tif in AT_ONCE or tif in FOR_AUCTIONS or (peg.kind is PegKind.MARKET and post_only)):
        return "R5"
    if kind is OrdType.MARKET_TO_LIMIT and tif in AT_ONCE:
        return "R6"
    if trigger and tif in FOR_AUCTIONS:
        return "R7"
    if trigger and not is_trigger(trigger, tick):
        return "R8"
    if (tif is TimeInForce.GTD) != (special.expire_ns != 0) or special.expire_ns < 0:
        return "R9"
    if tif in FOR_AUCTIONS and (special.all_or_none or min_qty or post_only):
        return "R10"
    if special.reduce_only and command.side is Side.BUY:
        return "R11"
    if phase.collects and tif in AT_ONCE:
        return "R12"
    if phase is TradingPhase.CONTINUOUS and tif is TimeInForce.AT_THE_OPENING:
        return "R12"
    return ""


def is_trigger(trigger: Trigger, tick: int) -> bool:
    if trigger.px < 0 or trigger.px % tick:
        return False
    if trigger.kind is not TriggerKind.TRAILING:
        return trigger.px > 0 and not trigger.trail_amount and not trigger.trail_rate
    if trigger.trail_amount:
        return trigger.trail_amount > 0 and not trigger.trail_amount % tick and not trigger.trail_rate
    return 0 < trigger.trail_rate < SCALE


def check_terms(book: State, command: NewOrder, *, untriggered: bool = False) -> Refusal | None:
    rule = broken_rule(book, command, TradingPhase.CONTINUOUS if untriggered else book.phase)
    if rule == "R12":
        return OrdRejReason.EXCHANGE_CLOSED, TEXTS[rule]
    if rule:
        return OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, TEXTS[rule]
    if command.special and 0 < command.special.expire_ns <= book.now_ns:
        return OrdRejReason.OTHER, EXPIRED_TEXT
    return None


def check_terms_and_prices(book: State, command: NewOrder, *, waits: bool, untriggered: bool = False) -> Refusal | None:
    """All that a new order and an amended one must pass. ``waits``: it does not enter now; ``untriggered``: it is being
    amended and its time in force is for later."""
    refusal = check_terms(book, command, untriggered=untriggered)
    if refusal:
        return refusal
    instrument = book.instrument
    if book.active and not book.phase.takes_orders:
        return OrdRejReason.EXCHANGE_CLOSED, f"{instrument.symbol} is {book.phase.name.replace('_', ' ')}"
    refusal = check_order(instrument, book.status, command.ord_type, command.tif, command.order_qty, command.px)
    if refusal:
        return refusal
    return check_price_limit(book, command) or (None if waits else check_collar(book, command))


def check_price_limit(book: State, command: NewOrder) -> Refusal | None:
    rate, reference = book.instrument.protection.price_limit_rate, book.reference_px
    if not rate or not reference:
        return None
    away = reference * rate // SCALE
    prices = [command.px] if command.ord_type is OrdType.LIMIT else []
    if command.special and command.special.trigger and command.special.trigger.px:
        prices.append(command.special.trigger.px)
    for px in prices:
        if abs(px - reference) > away:
            low, high = format_decimal(reference - away), format_decimal(reference + away)
            text = f"price {format_decimal(px)} is outside the limits {low} to {high}"
            return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    return None


def check_collar(book: State, command: NewOrder) -> Refusal | None:
    """Of an order that enters now."""
    rate = book.instrument.protection.collar_rate
    reference = book.best(command.side.opposite) or book.last_px or book.reference_px
    if not rate or not reference or not book.matches or command.ord_type is not OrdType.LIMIT:
        return None
    through = command.px - reference if command.side is Side.BUY else reference - command.px
    if through > reference * rate // SCALE:
        text = f"price {format_decimal(command.px)} is too far through the market"
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    return None


def check_numbers(book: State, command: NewOrder, before: list[NewOrder]) -> Refusal | None:
    """``before``: the legs before it in its list."""
    side_max, account_max = book.instrument.orders_per_side_max, book.instrument.orders_per_account_max
    could_rest = command.ord_type is not OrdType.MARKET and command.tif not in AT_ONCE
    resting = sum(order.rests and order.side is command.side for order in book.orders)
    resting += sum(leg.side is command.side for leg in before)
    mine = sum(order.image.account_id == command.account_id for order in book.orders) + len(before)
    if (side_max and could_rest and resting >= side_max) or (account_max and mine >= account_max):
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, "too many orders"
    return None


def check_trail(book: State, command: NewOrder) -> Refusal | None:
    trigger = command.special.trigger if command.special else None
    if trigger is None or trigger.kind is not TriggerKind.TRAILING or trigger.px:
        return None
    return None if standing_px(book, trigger.source) else (OrdRejReason.OTHER, "no price to trail")


def check_new(
    book: State, command: NewOrder, before: list[NewOrder] | None = None, *, is_child: bool = False
) -> Refusal | None:
    waits = command.tif in FOR_AUCTIONS or (command.special is not None and command.special.trigger is not None)
    return (
        check_terms_and_prices(book, command, waits=waits or is_child)
        or check_numbers(book, command, before or [])
        or check_trail(book, command)
    )


def check_list(command: NewList) -> Refusal | None:
    """What is wrong with the list as a whole."""
    legs, kind = len(command.legs), command.contingency
    right = legs == 3 if kind is Contingency.BRACKET else 2 <= legs <= LEGS_MAX
    if right:
        return None
    return OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, f"a list of this kind cannot have {legs} legs"


def check_leg(command: NewOrder) -> Refusal | None:
    if command.tif in AT_ONCE:
        return OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "a leg of a list cannot be IOC or FOK"
    return None
