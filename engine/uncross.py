"""Call auctions: what an uncross would do, and doing it in bounded records (docs/order-book.md §5)."""

from __future__ import annotations

import msgspec

from engine import lists
from engine.book_state import BookState
from engine.displaying import next_part
from engine.entry import joins
from engine.equilibrium import Equilibrium, equilibrium
from engine.events import (
    AuctionEnded,
    AuctionIndicated,
    AuctionStarted,
    Event,
    OrderRestated,
    OrderUpdated,
    TradeExecuted,
    TradingPhaseChanged,
)
from engine.image import OrderImage, Working
from engine.images import filled, on_other_terms, with_working
from engine.ladder import Ladder
from engine.matching import cancel, expire
from engine.order import Level, Order
from engine.reactions import park
from engine.types import (
    SCALE,
    Amount,
    CancelReason,
    OrdType,
    Px,
    Qty,
    RestateReason,
    Side,
    TimeInForce,
    TradingPhase,
    UpdateCause,
    Wait,
)

_BUY = Side.BUY
_UNPRICED = (OrdType.MARKET, OrdType.MARKET_TO_LIMIT)
AUCTIONS = (
    TradingPhase.OPENING_AUCTION,
    TradingPhase.INTRADAY_AUCTION,
    TradingPhase.CLOSING_AUCTION,
    TradingPhase.REOPENING_AUCTION,
)
_FOR_ONE_AUCTION = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION)


def would_uncross(book: BookState) -> Equilibrium:
    """The price and quantity at which the collected orders would trade now."""
    bids, asks = _offered(book.bids), _offered(book.asks)
    collected = book.collected.values()
    market = [order.image for order in collected if order.image.terms.ord_type in _UNPRICED and not _sits_out(order)]
    if market:
        _price_market_orders(book, market, bids, asks)
    return equilibrium(_best_first(bids, -1), _best_first(asks, 1), book.reference_px, book.instrument.tick_size)


def indicate(book: BookState) -> list[Event]:
    """``AuctionIndicated`` if an auction is being collected and what it would do has changed."""
    if book.phase not in AUCTIONS:
        return []
    found = would_uncross(book)
    indicated = AuctionIndicated(book.instrument.symbol_id, found.px, found.qty, found.surplus)
    if indicated == book.indicated:
        return []
    book.indicated = indicated
    return [indicated]


def _offered(ladder: Ladder) -> dict[Px, Qty]:
    """Each price's whole quantity, shown or not, of orders that take part."""
    offered: dict[Px, Qty] = {}
    for level in ladder:
        qty = level.qty + level.unshown
        if level.specials:
            qty -= sum(order.image.leaves_qty for order in level.orders() if _sits_out(order))
        if qty:
            offered[level.px] = qty
    return offered


def _price_market_orders(book: BookState, market: list[OrderImage], bids: dict[Px, Qty], asks: dict[Px, Qty]) -> None:
    """Have market orders offer at the furthest limit in the book: their protection prices are nobody's opinion."""
    for image in market:
        offered = bids if image.terms.side is _BUY else asks
        offered[image.terms.px] -= image.leaves_qty
    limits = [px for offered in (bids, asks) for px, qty in offered.items() if qty] or [book.reference_px]
    for image in market:
        px = image.terms.px
        if image.terms.side is _BUY:
            px = min(px, max(limits))
            bids[px] = bids.get(px, 0) + image.leaves_qty
        else:
            px = max(px, min(limits))
            asks[px] = asks.get(px, 0) + image.leaves_qty


def _best_first(offered: dict[Px, Qty], sign: int) -> list[tuple[Px, Qty]]:
    return sorted(((px, qty) for px, qty in offered.items() if qty), key=lambda level: sign * level[0])


def _sits_out(order: Order) -> bool:
    special = order.image.terms.special
    return special is not None and bool(special.all_or_none or special.min_qty)


# ---- changing the phase -------------------------------------------------------------------------------------------


def begin_phase(book: BookState, phase: TradingPhase, operator: str, reason: str, events: list[Event]) -> None:
    """Enter ``phase``; an uncross that is due comes first, and may need further records to be done."""
    if book.phase.collects and not phase.collects:
        found = would_uncross(book)
        started = AuctionStarted(book.instrument.symbol_id, found.px, found.qty, phase, operator, reason)
        book.uncrossing = started
        events.append(started)
        go_on_uncrossing(book, events)
        return
    _change(book, phase, operator, reason, events)


def go_on_uncrossing(book: BookState, events: list[Event]) -> None:
    """Trade, then end what was for this auction, as far as the record's bound allows."""
    started = book.uncrossing
    assert started is not None
    bound = len(events) + book.uncross_max
    while started.qty:
        _trade_all(book, started.px, events, bound)
        if len(events) >= bound:
            break
        # Orders that were counted may have been cancelled by their lists since, and others be left that cross.
        left = would_uncross(book)
        if not left.qty:
            break
        started = msgspec.structs.replace(started, px=left.px, qty=left.qty)
        book.uncrossing = started
        events.append(started)
    if len(events) < bound:
        _end_collected(book, started.px, events, bound)
    book.cut_short = len(events) >= bound
    if book.cut_short:
        return
    phase = book.phase
    events.append(AuctionEnded(book.instrument.symbol_id, phase, started.px, started.qty))
    book.uncrossing = None
    book.collected.clear()
    book.indicated = None
    if started.px:
        book.reference_px = started.px
    _change(book, started.phase, started.operator, started.reason, events)


def _change(book: BookState, phase: TradingPhase, operator: str, reason: str, events: list[Event]) -> None:
    before = book.phase
    book.phase = phase
    book.phase_until_ns = book.ends_itself_at(phase)
    events.append(TradingPhaseChanged(book.instrument.symbol_id, phase, book.phase_until_ns, operator, reason))
    if not phase.collects:
        return
    if not before.collects:
        for order_id in sorted(book.pegs):
            order = book.pegs[order_id]
            if order.level is not None:
                book.take_out(order)
                park(book, order.image, Wait.TOUCH, events)
    for order_id in sorted(book.auction_orders):
        order = book.auction_orders[order_id]
        if joins(order.image.terms.tif, phase):
            _join(book, order, events)


def _join(book: BookState, order: Order, events: list[Event]) -> None:
    book.take_out(order)
    image = order.image
    assert image.working is not None
    image = with_working(image, Working(Wait.NOTHING, 0, image.working.shown))
    events.append(OrderUpdated(image, UpdateCause.ENTERED))
    book.settle_order(image)


# ---- the uncross --------------------------------------------------------------------------------------------------


def _trade_all(book: BookState, px: Px, events: list[Event], bound: int) -> None:
    """Best buy with best sell, all at ``px``, until one side has nothing left at it."""
    while len(events) < bound:
        buy = _first(book.bids, px)
        sell = _first(book.asks, -px)
        if buy is None or sell is None:
            return
        qty = min(buy.image.leaves_qty, sell.image.leaves_qty)
        cost = px * qty // SCALE
        bought, buy_fee = _filled(book, buy.image, qty, cost)
        sold, sell_fee = _filled(book, sell.image, qty, cost)
        events.append(TradeExecuted(book.next_trade_id(), px, qty, bought, sold, buy_fee, sell_fee, True))
        book.last_px = px
        for order, image in ((buy, bought), (sell, sold)):
            if image.leaves_qty:
                book.fill_resting(order, image, keeps_place=True)
            else:
                book.unrest(order)
        lists.on_fill(book, bought, events)
        lists.on_fill(book, sold, events)


def _first(ladder: Ladder, worst_key: int) -> Order | None:
    """The order that is next in turn among those that take part at ``worst_key`` or better."""
    for key in reversed(ladder.keys):
        if key < worst_key:
            return None
        order = _first_of(ladder.levels[key])
        if order is not None:
            return order
    return None


def _first_of(level: Level) -> Order | None:
    queue = level.queue
    while queue and queue[0].level is not level:
        queue.popleft()
    for order in queue:
        if order.level is level and not _sits_out(order):
            return order
    for order in level.hidden:
        if order.level is level and not _sits_out(order):
            return order
    return None


def _filled(book: BookState, image: OrderImage, qty: Qty, cost: Amount) -> tuple[OrderImage, Amount]:
    after, fee = filled(image, qty, cost, image.terms.maker_fee)
    working = image.working
    if working is None:
        return after, fee
    shown = next_part(book, after.terms, after.leaves_qty, after.cum_qty)
    return with_working(after, Working(Wait.NOTHING, 0, shown)), fee


def _end_collected(book: BookState, px: Px, events: list[Event], bound: int) -> None:
    """Orders for this auction only expire, market orders go, market-to-limit orders become limit orders."""
    for order_id in sorted(book.collected):
        if len(events) >= bound:
            return
        order = book.collected.get(order_id)
        if order is None:
            continue
        terms = order.image.terms
        if terms.tif in _FOR_ONE_AUCTION:
            if book.phase in AUCTIONS:
                expire(book, order, CancelReason.AUCTION_OVER, events)
        elif terms.ord_type is OrdType.MARKET:
            cancel(book, order, CancelReason.IMMEDIATE_REMAINDER, events)
        elif not px:
            cancel(book, order, CancelReason.NO_LIQUIDITY, events)
        else:
            _become_limit(book, order, px, events)


def _become_limit(book: BookState, order: Order, px: Px, events: list[Event]) -> None:
    image = order.image
    book.take_out(order)
    after = on_other_terms(image, msgspec.structs.replace(image.terms, px=px), image.leaves_qty)
    events.append(OrderRestated(after, RestateReason.MARKET_TO_LIMIT))
    book.rest(Order(after))
