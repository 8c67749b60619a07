"""Continuous matching: price, then displayed before hidden, then time (docs/order-book.md §2)."""

from __future__ import annotations

import msgspec
from naive_phases import pause
from naive_state import Open, State, with_shown
from naive_steps import cancel, changed_terms, restate, trade

from engine.types import SCALE, CancelReason, RestateReason, SelfTrade, SelfTradeScope, Side, TimeInForce


def work(book: State, order: Open) -> None:
    """An order that has entered: it trades with what it meets, then rests or is cancelled."""
    if not book.matches:
        book.rest(order)
        return
    is_fok = order.image.tif is TimeInForce.FOK
    if (order.conditional or is_fok) and not can_be_met(book, order):
        if order.must_not_rest:
            cancel(book, order, CancelReason.FILL_OR_KILL if is_fok else CancelReason.MINIMUM_QUANTITY)
        else:
            book.rest(order)
        return
    stopped_by_volatility = trade_through(book, order)
    if order in book.orders:
        if not order.must_not_rest:
            book.rest(order)
        elif stopped_by_volatility:
            cancel(book, order, CancelReason.PRICE_BAND)
        elif is_fok:
            cancel(book, order, CancelReason.FILL_OR_KILL)
        else:
            cancel(book, order, CancelReason.IMMEDIATE_REMAINDER)
    if stopped_by_volatility:
        pause(book, "volatility")


def trade_through(book: State, order: Open, *, trial: bool = False) -> bool:
    """Trade with the other side while the order has something left and meets somebody. True: a trade would have been
    further than the instrument's volatility limit from the reference price."""
    while order in book.orders:
        rival = next_rival(book, order)
        if rival is None:
            return False
        is_own = owned_alike(book, order, rival)
        if is_own and trial and order.special.self_trade is not SelfTrade.CANCEL_OLDEST:
            return False
        if is_own:
            prevent(book, order, rival)
            continue
        if is_too_volatile(book, rival.px):
            return True
        trade(book, order, rival, min(order.leaves, rival.shown or rival.leaves), rival.px)
    return False


def next_rival(book: State, order: Open) -> Open | None:
    """Whom it trades with next: the first in the queue of the other side that is not passed over."""
    for rival in book.queue(order.side.opposite):
        crosses = rival.px <= order.px if order.side is Side.BUY else rival.px >= order.px
        if crosses and rival.least <= order.leaves:
            return rival
    return None


def would_take(book: State, order: Open, px: int) -> bool:
    """Whether it would meet any order at ``px``, for post-only."""
    best = book.best(order.side.opposite, hidden=True)
    return best > 0 and (best <= px if order.side is Side.BUY else best >= px)


def can_be_met(book: State, order: Open) -> bool:
    """Whether the other side gives the order its least fill: tried on a copy of the whole book."""
    trial = book.clone()
    twin = trial.find(order.id)
    assert twin is not None
    twin.place = 0
    before = twin.image.cum_qty
    trade_through(trial, twin, trial=True)
    return twin.image.cum_qty - before >= order.least


def is_too_volatile(book: State, px: int) -> bool:
    rate, reference = book.instrument.protection.volatility_rate, book.reference_px
    return rate > 0 and reference > 0 and abs(px - reference) * SCALE > reference * rate


# ---- self-trade prevention ------------------------------------------------------------------------------------------


def owned_alike(book: State, order: Open, rival: Open) -> bool:
    special = order.special
    if special.self_trade is SelfTrade.NONE:
        return False
    mine, theirs = order.image.account_id, rival.image.account_id
    firm = book.firms.get(mine, "")
    of_one_firm = mine == theirs or (firm != "" and firm == book.firms.get(theirs, ""))
    if special.self_trade_id:
        return of_one_firm and special.self_trade_id == rival.special.self_trade_id
    return mine == theirs or (special.self_trade_scope is SelfTradeScope.FIRM and of_one_firm)


def prevent(book: State, order: Open, rival: Open) -> None:
    """What happens instead of a trade with its own: the resting order first, then the incoming one."""
    mode = order.special.self_trade
    if mode is SelfTrade.DECREMENT and (order.link or rival.link):
        mode = SelfTrade.CANCEL_BOTH
    if mode is SelfTrade.DECREMENT:
        qty = min(order.leaves, rival.leaves)
        decrement(book, rival, qty)
        if order in book.orders:
            decrement(book, order, qty)
        return
    if mode in (SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH):
        cancel(book, rival, CancelReason.SELF_TRADE)
    if mode in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH) and order in book.orders:
        cancel(book, order, CancelReason.SELF_TRADE)


def decrement(book: State, order: Open, qty: int) -> None:
    if qty == order.leaves:
        cancel(book, order, CancelReason.SELF_TRADE)
        return
    image = changed_terms(order.image, order_qty=order.image.order_qty - qty)
    image = msgspec.structs.replace(image, leaves_qty=order.leaves - qty)
    restate(book, order, with_shown(image, min(order.shown, image.leaves_qty)), RestateReason.SELF_TRADE)
