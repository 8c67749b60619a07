"""L3 and L2: what is displayed of each resting order, and which changes the public is told."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import BUY, LOT, SELL, TICK, changed, image, instrument, new, reserve, special

from engine import events as ev
from engine.book import Book
from engine.image import OrderImage, Working
from engine.market_data.levels import Levels, changed_levels, displayed_levels, levels
from engine.market_data.orders import (
    DisplayedOrder,
    DisplayedOrders,
    OrderAdded,
    OrderDeleted,
    OrderModified,
    Orders,
    displayed_orders,
)
from engine.queries import DepthLevel
from engine.types import (
    SCALE,
    Activation,
    CancelReason,
    OrdStatus,
    RestateReason,
    Side,
    UpdateCause,
    Wait,
)

PX = 100 * SCALE
HIGHER = 101 * SCALE


def order(number: int, side: Side = BUY, qty: int = 10, px: int = PX, **changes: Any) -> OrderImage:
    return image(str(number), order_id=number, side=side, order_qty=qty, leaves_qty=qty, px=px, **changes)


def shows(number: int, shown: int, leaves: int = 30, wait: Wait = Wait.NOTHING, px: int = 0, **more: Any) -> OrderImage:
    """An order with special terms."""
    return order(number, qty=leaves, working=Working(wait, px, shown), **more)


def ended(before: OrderImage, status: OrdStatus = OrdStatus.CANCELED) -> OrderImage:
    return changed(before, leaves_qty=0, status=status)


def trade(aggressor: OrderImage, resting: OrderImage, qty: int, uncross: bool = False) -> ev.TradeExecuted:
    return ev.TradeExecuted(1, resting.px, qty, aggressor, resting, 0, 0, uncross)


class Feed:
    """The view, and what it said of the last record."""

    def __init__(self, *resting: OrderImage) -> None:
        self.orders = DisplayedOrders()
        for each in resting:
            self.orders.apply([ev.OrderAccepted(each)])

    def apply(self, *events: ev.Event) -> list[Any]:
        self.orders.deltas = []
        self.orders.apply(list(events))
        return self.orders.deltas

    def queue(self, side: Side = BUY) -> list[int]:
        shown = self.orders.orders()
        return [each.order_id for each in (shown.bids if side is BUY else shown.asks)]


def test_an_order_is_added_modified_by_a_fill_and_deleted() -> None:
    feed = Feed()
    first, second = order(1), order(2, px=HIGHER)
    assert feed.apply(ev.OrderAccepted(first)) == [OrderAdded(1, BUY, PX, 10)]
    assert feed.apply(ev.OrderAccepted(second)) == [OrderAdded(2, BUY, HIGHER, 10)]
    taker = ended(order(3, SELL), OrdStatus.FILLED)
    filled = changed(second, leaves_qty=4, status=OrdStatus.PARTIALLY_FILLED)
    assert feed.apply(ev.OrderAccepted(order(3, SELL)), trade(taker, filled, 6)) == [OrderModified(2, BUY, HIGHER, 4)]
    assert feed.queue() == [2, 1]
    assert feed.apply(ev.OrderCanceled(ended(filled), CancelReason.REQUESTED)) == [OrderDeleted(2, BUY, HIGHER)]
    assert feed.apply(ev.OrderExpired(ended(first), CancelReason.END_OF_DAY)) == [OrderDeleted(1, BUY, PX)]
    assert (len(feed.orders), feed.orders.bids) == (0, {})


def test_only_what_rests_when_the_record_ends_is_displayed() -> None:
    feed = Feed(order(1, SELL))
    taker = order(2, qty=25)
    swept = [
        ev.OrderAccepted(taker),
        trade(changed(taker, leaves_qty=15), ended(order(1, SELL), OrdStatus.FILLED), 10),
    ]
    dropped = [*swept, ev.OrderCanceled(ended(taker), CancelReason.IMMEDIATE_REMAINDER)]
    assert feed.apply(*dropped) == [OrderDeleted(1, SELL, PX)]
    feed = Feed(order(1, SELL))
    assert feed.apply(*swept) == [OrderAdded(2, BUY, PX, 15), OrderDeleted(1, SELL, PX)]


@pytest.mark.parametrize("unseen", [shows(1, 0), shows(1, 30, wait=Wait.TRIGGER), shows(1, 30, wait=Wait.AUCTION)])
def test_hidden_and_waiting_orders_are_not_displayed(unseen: OrderImage) -> None:
    feed = Feed()
    assert feed.apply(ev.OrderAccepted(unseen)) == []
    assert feed.apply(ev.OrderTriggered(unseen, Activation.TRIGGER)) == []
    taker = ended(order(3, SELL), OrdStatus.FILLED)
    assert feed.apply(ev.OrderAccepted(taker), trade(taker, changed(unseen, leaves_qty=5), 5)) == []
    assert feed.apply(ev.OrderCanceled(ended(unseen), CancelReason.REQUESTED)) == []


def test_a_triggered_order_appears_when_it_enters_and_rests() -> None:
    feed = Feed(order(1))
    waiting, active = shows(2, 30, wait=Wait.TURN), shows(2, 30)
    events = [ev.OrderTriggered(waiting, Activation.TRIGGER), ev.OrderUpdated(active, UpdateCause.ENTERED)]
    assert feed.apply(*events) == [OrderAdded(2, BUY, PX, 30)]
    assert feed.queue() == [1, 2]


@pytest.mark.parametrize("kept", [True, False])
def test_a_replaced_order_goes_to_the_end_unless_it_kept_its_priority(kept: bool) -> None:
    feed = Feed(order(1), order(2))
    deltas = feed.apply(ev.OrderReplaced(order(1, qty=7), "1", kept))
    if kept:
        assert (deltas, feed.queue()) == ([OrderModified(1, BUY, PX, 7)], [1, 2])
    else:
        assert (deltas, feed.queue()) == ([OrderDeleted(1, BUY, PX), OrderAdded(1, BUY, PX, 7)], [2, 1])


def test_an_order_replaced_at_another_price_moves_there() -> None:
    feed = Feed(order(1), order(2, px=HIGHER))
    assert feed.apply(ev.OrderReplaced(order(1, px=HIGHER), "1", False)) == [
        OrderDeleted(1, BUY, PX),
        OrderAdded(1, BUY, HIGHER, 10),
    ]
    assert feed.queue() == [2, 1]


def test_a_reserve_order_that_shows_its_next_part_goes_to_the_end() -> None:
    feed = Feed(shows(1, 10, leaves=30), order(2))
    taker = ended(order(3, SELL), OrdStatus.FILLED)
    part = trade(taker, shows(1, 4, leaves=24), 6)
    assert feed.apply(ev.OrderAccepted(taker), part) == [OrderModified(1, BUY, PX, 4)]
    refreshed = trade(taker, shows(1, 10, leaves=20), 4)
    deltas = feed.apply(ev.OrderAccepted(taker), refreshed)
    assert deltas == [OrderDeleted(1, BUY, PX), OrderAdded(1, BUY, PX, 10)]
    assert feed.queue() == [2, 1]


def test_a_refresh_to_the_same_size_within_a_record_is_seen_too() -> None:
    """Both reserve orders show their next part twice: what counts is who did last."""
    feed = Feed(shows(1, 10), shows(2, 10))
    taker = order(3, SELL, qty=40)
    events = [
        trade(taker, shows(1, 10, leaves=20), 10),
        trade(taker, shows(2, 10, leaves=20), 10),
        trade(taker, shows(1, 10, leaves=10), 10),
        trade(ended(taker, OrdStatus.FILLED), shows(2, 10, leaves=10), 10),
    ]
    deltas = feed.apply(ev.OrderAccepted(taker), *events)
    assert [(type(delta), delta.order_id) for delta in deltas] == [
        (OrderDeleted, 1), (OrderAdded, 1), (OrderDeleted, 2), (OrderAdded, 2),
    ]  # fmt: skip
    assert feed.queue() == [1, 2]


def test_in_an_auction_a_reserve_order_keeps_its_place() -> None:
    feed = Feed(shows(1, 10, leaves=30), order(2))
    sold = ended(order(3, SELL), OrdStatus.FILLED)
    bought = shows(1, 8, leaves=8)
    assert feed.apply(trade(bought, sold, 22, uncross=True)) == [OrderModified(1, BUY, PX, 8)]
    assert feed.queue() == [1, 2]


def test_a_peg_that_follows_enters_anew_and_a_parked_one_disappears() -> None:
    feed = Feed(shows(1, 30, px=PX), order(2, px=HIGHER))
    assert feed.apply(ev.OrderUpdated(shows(1, 30, px=HIGHER), UpdateCause.PEG)) == [
        OrderDeleted(1, BUY, PX),
        OrderAdded(1, BUY, HIGHER, 30),
    ]
    assert feed.queue() == [2, 1]
    parked = ev.OrderUpdated(shows(1, 30, wait=Wait.TOUCH), UpdateCause.PARKED)
    assert feed.apply(parked) == [OrderDeleted(1, BUY, HIGHER)]


def test_a_restated_order_keeps_its_place_but_not_one_turned_into_a_limit_order() -> None:
    feed = Feed(order(1), order(2))
    assert feed.apply(ev.OrderRestated(order(1, qty=6), RestateReason.SELF_TRADE)) == [OrderModified(1, BUY, PX, 6)]
    limit = order(1, qty=6)
    assert feed.apply(ev.OrderRestated(limit, RestateReason.MARKET_TO_LIMIT)) == [
        OrderDeleted(1, BUY, PX),
        OrderAdded(1, BUY, PX, 6),
    ]
    assert feed.queue() == [2, 1]


def test_a_hold_or_a_rejection_changes_nothing() -> None:
    feed = Feed(order(1))
    assert feed.apply(ev.OrderUpdated(order(1), UpdateCause.HOLD)) == []
    assert feed.apply(ev.OrderRejected(order(1), 0, "no")) == []


def test_levels_add_up_what_is_displayed() -> None:
    feed = Feed(order(1), order(2, qty=5), shows(3, 10), order(4, px=HIGHER), order(5, SELL, px=2 * PX))
    assert levels(feed.orders) == Levels(
        [DepthLevel(HIGHER, 10, 1), DepthLevel(PX, 25, 3)], [DepthLevel(2 * PX, 10, 1)]
    )
    best = feed.orders.best(Side.BUY)
    assert best is not None
    assert best.px == HIGHER


def test_changed_levels_are_told_once_with_their_newest_state() -> None:
    feed = Feed(order(1), order(2, px=HIGHER))
    deltas = [
        *feed.apply(ev.OrderAccepted(order(3, qty=4))),
        *feed.apply(ev.OrderCanceled(ended(order(2, px=HIGHER)), CancelReason.REQUESTED)),
        *feed.apply(ev.OrderCanceled(ended(order(1)), CancelReason.REQUESTED)),
    ]
    assert changed_levels(feed.orders, deltas) == Levels([DepthLevel(PX, 4, 1), DepthLevel(HIGHER, 0, 0)], [])


def test_a_level_that_came_and_went_is_not_told() -> None:
    feed = Feed()
    gone = [ev.OrderAccepted(order(1)), ev.OrderCanceled(ended(order(1)), CancelReason.REQUESTED)]
    deltas = [delta for event in gone for delta in feed.apply(event)]
    assert len(deltas) == 2
    assert changed_levels(feed.orders, deltas) == Levels([], [])


def test_while_nobody_listens_nothing_is_noted() -> None:
    orders = DisplayedOrders()
    orders.apply([ev.OrderAccepted(order(1))])
    assert orders.deltas is None
    assert orders.orders() == Orders([DisplayedOrder(1, PX, 10)], [])


def test_what_a_book_displays_is_seen_to_a_depth() -> None:
    book = Book(instrument())
    book.new_order(new("a", qty=5 * LOT, px=PX))
    book.new_order(new("b", qty=4 * LOT, px=PX, special=special(hidden=True)))
    book.new_order(new("c", qty=3 * LOT, px=PX))
    book.new_order(reserve("d", BUY, 2 * LOT, 9 * LOT, PX - TICK))
    book.new_order(new("e", qty=LOT, px=PX + TICK, special=special(hidden=True)))
    first, third, fourth = ((1 << 40) + n for n in (1, 3, 4))
    best = [DisplayedOrder(first, PX, 5 * LOT), DisplayedOrder(third, PX, 3 * LOT)]
    assert displayed_orders(book, 1) == Orders(best, [])
    everything = Orders([*best, DisplayedOrder(fourth, PX - TICK, 2 * LOT)], [])
    assert displayed_orders(book) == everything
    assert displayed_levels(book, 1) == Levels([DepthLevel(PX, 8 * LOT, 2)], [])
    loaded = DisplayedOrders()
    loaded.load(everything)
    assert loaded.orders() == everything
    assert levels(loaded) == displayed_levels(book)
