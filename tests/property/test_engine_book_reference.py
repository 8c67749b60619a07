"""The book against a naive one: the same commands bring the same events, and its invariants always hold."""

from __future__ import annotations

from random import Random

import pytest
from command_streams import KINDS, RARE_KINDS, SPREAD, CommandStream, Step, random_step, run_book, run_naive, steps
from engine_builders import instrument
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_book import NaiveBook, hold_of

from engine.book import Book
from engine.commands import CancelAll, CancelOrder, ExpireDayOrders, NewOrder, ReplaceOrder
from engine.events import CancelRejected, Event, OrderAccepted, OrderRejected, OrderReplaced, TradeExecuted
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.types import INT64_MAX, SCALE, Side

HUGE = 9_000_000_000 * SCALE

MARKETS: dict[str, tuple[Instrument, int]] = {
    "usual": (instrument(), 10_000),
    "equity, no fees": (instrument(tick_size=SCALE // 100, lot_size=SCALE, maker_fee=0, taker_fee=0), 10_000),
    "odd fees": (instrument(min_qty=SCALE // 1000, maker_fee=123_457, taker_fee=77_777), 10_000),
    "whole notional as fee": (instrument(maker_fee=SCALE - 1, taker_fee=1), 50),
    "finest tick": (instrument(tick_size=1, lot_size=SCALE, min_qty=SCALE, maker_fee=3_333_333, taker_fee=7), 20),
    "finest lot": (instrument(tick_size=SCALE, lot_size=1, min_qty=1, maker_fee=33_333_333, taker_fee=1), 20),
    "beyond 64 bits": (instrument(lot_size=HUGE // 12, max_qty=INT64_MAX), HUGE // (SCALE // 100)),
    "minimum notional": (instrument(min_notional=SCALE // 2, min_qty=3 * SCALE // 1000), 10_000),
}
"""Instruments, and the price (in ticks) around which they trade."""


class Pair:
    """A fast and a naive book, and a third that only folds the events."""

    def __init__(self, market: str) -> None:
        listed, middle = MARKETS[market]
        self.stream = CommandStream(listed, middle)
        self.book, self.naive, self.folded = Book(listed), NaiveBook(listed), Book(listed)
        self.events: list[Event] = []
        self.check_folding = True

    def step(self, step: Step) -> None:
        command = self.stream.command(step, [rest.image for rest in self.naive.resting])
        records = run_book(self.book, command)
        assert records == run_naive(self.naive, command)
        self.events = [event for record in records for event in record]
        for record in records:
            assert record or isinstance(command, CancelAll | ExpireDayOrders)
            if not isinstance(record[0], OrderRejected | CancelRejected):
                self.folded.apply(record)

    def check(self) -> None:
        state = self.book.state()
        assert state == self.naive.state()
        assert self.folded.state() == state
        check_invariants(self.book)


def check_invariants(book: Book) -> None:
    bids, asks = book.depth(0)
    assert not bids or not asks or bids[0].px < asks[0].px, "crossed"
    assert [level.px for level in bids] == sorted({level.px for level in bids}, reverse=True)
    assert [level.px for level in asks] == sorted({level.px for level in asks})
    by_px: dict[tuple[Side, int], list[OrderImage]] = {}
    accounts = range(2, 5)
    orders = [order for account_id in accounts for order in book.open_orders(account_id)]
    assert len(orders) == len(book)
    for order in orders:
        by_px.setdefault((order.side, order.px), []).append(order)
        check_order_image(order)
    for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
        for level in levels:
            queue = by_px.pop((side, level.px))
            assert (level.qty, level.orders) == (sum(order.leaves_qty for order in queue), len(queue))
    assert not by_px
    assert book.bids.best_px() == (bids[0].px if bids else 0)
    assert book.asks.best_px() == (asks[0].px if asks else 0)


def check_order_image(order: OrderImage) -> None:
    """Of an order that rests."""
    assert order.status.is_open
    assert order.cum_qty + order.leaves_qty == order.order_qty
    assert order.leaves_qty > 0
    assert order.hold == hold_of(order)


@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, min_size=20, max_size=100))
@settings(max_examples=300, deadline=None)
def test_events_equal_those_of_a_naive_book(market: str, stream: list[Step]) -> None:
    pair = Pair(market)
    for step in stream:
        pair.step(step)
        pair.check()


@pytest.mark.parametrize("market", ["usual", "beyond 64 bits"])
def test_events_equal_those_of_a_naive_book_in_a_long_stream(market: str) -> None:
    random = Random(market)
    pair = Pair(market)
    deepest = 0
    kinds = ["passive"] * 150 + KINDS * 20 + RARE_KINDS + ["resume"] * 12
    for n in range(20_000):
        pair.step(random_step(random, kinds))
        if not n % 50:
            pair.check()
            deepest = max(deepest, len(pair.book))
    pair.check()
    assert pair.naive.trades_made > 1000, "the stream hardly trades"
    assert deepest > 50, "the stream hardly rests"


class OneOrder:
    """What an order was promised and what became of it, from events alone."""

    def __init__(self, image: OrderImage) -> None:
        self.traded = 0
        self.paid = 0
        self.fees = 0
        self.spendable = image.hold

    def fill(self, before: OrderImage, after: OrderImage, trade: TradeExecuted, fee: int) -> None:
        cost = trade.px * trade.qty // SCALE
        spent = cost + fee if after.side is Side.BUY else trade.qty
        assert fee >= 0
        assert before.hold - after.hold >= spent, "the hold does not cover the fill"
        assert fee <= cost, "a seller would pay more than the proceeds"
        self.traded += trade.qty
        self.paid += cost
        self.fees += fee
        assert (after.cum_qty, after.cum_notional) == (self.traded, self.paid)
        assert self.fees == -(-after.fee_raw // SCALE)


@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, min_size=20, max_size=60))
@settings(max_examples=100, deadline=None)
def test_every_hold_suffices_for_the_fills_and_fees_it_is_for(market: str, stream: list[Step]) -> None:
    pair = Pair(market)
    images: dict[int, OrderImage] = {}
    lives: dict[int, OneOrder] = {}
    for step in stream:
        pair.step(step)
        for event in pair.events:
            if isinstance(event, TradeExecuted):
                for after, fee in ((event.aggressor, event.aggressor_fee), (event.resting, event.resting_fee)):
                    lives[after.order_id].fill(images[after.order_id], after, event, fee)
                    images[after.order_id] = after
            elif isinstance(event, OrderAccepted):
                images[event.order.order_id] = event.order
                lives[event.order.order_id] = OneOrder(event.order)
            elif isinstance(event, OrderReplaced):
                images[event.order.order_id] = event.order
    for image in images.values():
        assert image.cum_qty + image.leaves_qty == image.order_qty or not image.status.is_open


def test_nothing_is_left_behind_when_the_book_is_emptied() -> None:
    pair = Pair("usual")
    random = Random(5)
    for _ in range(2000):
        pair.step(random_step(random, KINDS))
    for account_id in range(2, 5):
        for record in run_book(pair.book, CancelAll(1, account_id, 0, 1)):
            pair.folded.apply(record)
    assert len(pair.book) == len(pair.folded) == 0
    assert pair.book.depth(0) == pair.folded.depth(0) == ([], [])
    assert not pair.book.bids.keys
    assert not pair.book.asks.levels


def test_the_stream_reaches_every_kind_of_event_and_command() -> None:
    random = Random(3)
    pair = Pair("usual")
    events: set[str] = set()
    commands: set[type] = set()
    for _ in range(3000):
        step = random_step(random, KINDS + RARE_KINDS + ["resume"] * 2)
        assert abs(step.ticks) <= SPREAD
        commands.add(type(pair.stream.command(step, [rest.image for rest in pair.naive.resting])))
        pair.step(step)
        events.update(type(event).__name__ for event in pair.events)
    assert commands >= {NewOrder, CancelOrder, ReplaceOrder, CancelAll, ExpireDayOrders}
    assert events >= {
        "OrderAccepted", "TradeExecuted", "OrderCanceled", "OrderExpired", "OrderReplaced", "OrderRejected",
        "CancelRejected", "MassCancelPartDone", "InstrumentStatusChanged", "DayOrdersExpired",
    }  # fmt: skip
