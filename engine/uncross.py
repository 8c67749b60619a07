"""Call auctions: what an uncross would do, and doing it in bounded records (docs/order-book.md §5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine import lists
from engine.book_state import BookState
from engine.displaying import next_part
from engine.equilibrium import Equilibrium, equilibrium
from engine.events import (
    AuctionEnded,
    AuctionIndicated,
    AuctionStarted,
    Event,
    OrderCanceled,
    OrderExpired,
    OrderRestated,
    TradeExecuted,
)
from engine.image import OrderImage, Working
from engine.images import filled, on_other_terms, with_working
from engine.ladder import Ladder
from engine.matching import cancel, expire
from engine.order import Order
from engine.phases import change
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
    Wait,
)

_BUY = Side.BUY
_UNPRICED = (OrdType.MARKET, OrdType.MARKET_TO_LIMIT)
INDICATION_INTERVAL_NS = 1_000_000_000
_COUNTED = (TradeExecuted, OrderCanceled, OrderExpired, OrderRestated)
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
    """``AuctionIndicated`` if an auction is being collected and what it would do has changed; once a second at most."""
    if book.phase not in AUCTIONS or book.uncrossing is not None:
        return []
    if book.indicated is not None and book.now_ns - book.indicated_ns < INDICATION_INTERVAL_NS:
        return []
    found = would_uncross(book)
    indicated = AuctionIndicated(book.instrument.symbol_id, found.px, found.qty, found.surplus)
    if indicated == book.indicated:
        return []
    book.indicated, book.indicated_ns = indicated, book.now_ns
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
    limits = [px for offered in (bids, asks) for px, qty in offered.items() if qty] or [_nearest_tick(book)]
    for image in market:
        px = image.terms.px
        if image.terms.side is _BUY:
            px = min(px, max(limits))
            bids[px] = bids.get(px, 0) + image.leaves_qty
        else:
            px = max(px, min(limits))
            asks[px] = asks.get(px, 0) + image.leaves_qty


def _nearest_tick(book: BookState) -> Px:
    """The reference price on the tick, half up."""
    tick = book.instrument.tick_size
    return (2 * book.reference_px + tick) // (2 * tick) * tick


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
        book.uncrossed = 0
        events.append(started)
        go_on_uncrossing(book, events)
        return
    change(book, phase, operator, reason, events)


def go_on_uncrossing(book: BookState, events: list[Event]) -> None:
    """Trade, then end what was for this auction, as far as the record's bound allows."""
    started = book.uncrossing
    assert started is not None
    room = _Room(book.uncross_max, events)
    while started.qty:
        _trade_all(book, started.px, events, room)
        if room.is_used_up():
            break
        # Orders that were counted may have been cancelled by their lists since, and others be left that cross.
        left = would_uncross(book)
        if not left.qty:
            break
        started = msgspec.structs.replace(started, px=left.px, qty=left.qty)
        book.uncrossing = started
        events.append(started)
    if not room.is_used_up():
        _end_collected(book, started.px, events, room)
    book.cut_short = room.is_used_up()
    if book.cut_short:
        return
    px = started.px if book.uncrossed else 0
    events.append(AuctionEnded(book.instrument.symbol_id, book.phase, px, book.uncrossed))
    book.uncrossing = None
    book.collected.clear()
    if px:
        book.reference_px = px
    change(book, started.phase, started.operator, started.reason, events)


class _Room:
    """What one record of an uncross may still hold of trades and endings."""

    def __init__(self, most: int, events: list[Event]) -> None:
        self._left = most
        self._events = events
        self._counted = len(events)

    def is_used_up(self) -> bool:
        events = self._events
        for at in range(self._counted, len(events)):
            if type(events[at]) in _COUNTED:
                self._left -= 1
        self._counted = len(events)
        return self._left <= 0


# ---- the uncross --------------------------------------------------------------------------------------------------


def _trade_all(book: BookState, px: Px, events: list[Event], room: _Room) -> None:
    """Best buy with best sell, all at ``px``, until one side has nothing left at it."""
    buys, sells = _participants(book.bids, px), _participants(book.asks, -px)
    buy, sell = next(buys, None), next(sells, None)
    while not room.is_used_up():
        while buy is not None and buy.level is None:
            buy = next(buys, None)
        while sell is not None and sell.level is None:
            sell = next(sells, None)
        if buy is None or sell is None:
            return
        qty = min(buy.image.leaves_qty, sell.image.leaves_qty)
        cost = px * qty // SCALE
        bought, buy_fee = _filled(book, buy.image, qty, cost)
        sold, sell_fee = _filled(book, sell.image, qty, cost)
        events.append(TradeExecuted(book.next_trade_id(), px, qty, bought, sold, buy_fee, sell_fee, True))
        book.last_px = px
        book.uncrossed += qty
        for order, image in ((buy, bought), (sell, sold)):
            if image.leaves_qty:
                book.fill_resting(order, image, keeps_place=True)
            else:
                book.unrest(order)
        lists.on_fill(book, bought, events)
        lists.on_fill(book, sold, events)


def _participants(ladder: Ladder, worst_key: int) -> Iterator[Order]:
    """Who takes part at ``worst_key`` or better, in turn; some may have left the book when they are looked at."""
    for key in ladder.keys[::-1]:
        if key < worst_key:
            return
        level = ladder.levels.get(key)
        if level is not None:
            yield from (order for order in level.orders() if not _sits_out(order))


def _filled(book: BookState, image: OrderImage, qty: Qty, cost: Amount) -> tuple[OrderImage, Amount]:
    after, fee = filled(image, qty, cost, image.terms.maker_fee)
    working = image.working
    if working is None:
        return after, fee
    shown = next_part(book, after.terms, after.leaves_qty, after.cum_qty)
    return with_working(after, Working(Wait.NOTHING, 0, shown)), fee


def _end_collected(book: BookState, px: Px, events: list[Event], room: _Room) -> None:
    """Orders for this auction only expire, market orders go, market-to-limit orders become limit orders."""
    for order_id in sorted(book.collected):
        if room.is_used_up():
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
        elif not book.uncrossed:
            cancel(book, order, CancelReason.NO_LIQUIDITY, events)
        else:
            _become_limit(book, order, px, events)


def _become_limit(book: BookState, order: Order, px: Px, events: list[Event]) -> None:
    image = order.image
    book.take_out(order)
    px = min(px, image.terms.px) if image.terms.side is _BUY else max(px, image.terms.px)
    after = on_other_terms(image, msgspec.structs.replace(image.terms, px=px), image.leaves_qty)
    events.append(OrderRestated(after, RestateReason.MARKET_TO_LIMIT))
    book.rest(Order(after))
