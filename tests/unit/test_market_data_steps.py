"""The short way by which the commonest records become steps: it says what the long one says, or nothing."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from book_world import PLAIN_MARKETS, open_orders, run
from command_streams import KINDS, CommandStream, random_step
from engine_builders import BUY, SELL, instrument, new

from engine import events as ev
from engine.book import Book
from engine.commands import NewOrder
from engine.market_data.limits import MarketDataLimits
from engine.market_data.orders import DisplayedOrders, OrderAdded
from engine.market_data.steps import OrderExecuted, Steps, Traded
from engine.market_data.symbol import SymbolMarket
from engine.market_data.top import MarketState
from engine.market_data.updates import Channel, SymbolChannels
from engine.types import SCALE

S = 1_000_000_000


class Fold:
    """One way to fold."""

    def __init__(self, state: MarketState) -> None:
        self.state = state
        self.orders = DisplayedOrders()
        self.orders.deltas = []
        self.steps = Steps(state.present(), checksum_every=20)

    def at_length(self, time_ns: int, events: list[ev.Event]) -> None:
        self.steps.fold(events, self.orders)
        self.steps.complete(time_ns, self.state, self.orders)

    def shortly(self, time_ns: int, events: list[ev.Event]) -> bool:
        return self.steps.fold_plain(time_ns, events, self.orders)


@pytest.mark.parametrize("market", sorted(PLAIN_MARKETS))
def test_the_short_way_says_what_the_long_one_does(market: str) -> None:
    listed, middle = PLAIN_MARKETS[market]
    random, book = Random(market), Book(listed)
    stream, state = CommandStream(listed, middle), MarketState(listed)
    short, long = Fold(state), Fold(state)
    kinds: set[frozenset[type]] = set()
    for number in range(600):
        records = run(book, stream.command(random_step(random, KINDS), open_orders(book)), stream.now_ns)
        for events in records if not isinstance(records, str) else []:
            stream.see(events)
            time_ns = number * S
            if short.shortly(time_ns, events):
                kinds.add(frozenset(type(event) for event in events))
            else:
                short.at_length(time_ns, events)
            long.at_length(time_ns, events)
            assert short.steps.take() == long.steps.take()
            assert short.orders.orders() == long.orders.orders()
            assert sorted(map(repr, short.orders.deltas or [])) == sorted(map(repr, long.orders.deltas or []))
    assert kinds == {frozenset({ev.OrderAccepted}), frozenset({ev.OrderAccepted, ev.TradeExecuted})}


def test_what_the_short_way_leaves_alone_it_does_not_touch() -> None:
    """Part of a record would be folded twice."""
    listed, middle = PLAIN_MARKETS["usual"]
    random, book = Random(3), Book(listed)
    stream, left = CommandStream(listed, middle), 0
    fold = Fold(MarketState(listed))
    for _ in range(600):
        records = run(book, stream.command(random_step(random, KINDS), open_orders(book)), stream.now_ns)
        for events in records if not isinstance(records, str) else []:
            stream.see(events)
            before = fold.orders.orders()
            if not fold.shortly(S, events):
                left += type(events[0]) is ev.OrderAccepted
                assert fold.orders.orders() == before
                assert not fold.steps.records
                fold.orders.apply(events)
            fold.steps.take()
    assert left > 5


def test_statistics_are_told_once_for_a_batch_that_traded() -> None:
    book = Book(instrument())
    market = SymbolMarket(book.instrument, MarketDataLimits())
    market.orders = DisplayedOrders()
    channels = SymbolChannels(market)
    for channel in (Channel.STEPS, Channel.STATISTICS):
        channels.begin(channel, 1, S)

    def told(*orders: NewOrder) -> dict[Channel, Any]:
        for order in orders:
            records = run(book, order, S)
            assert not isinstance(records, str)
            for events in records:
                market.apply(events, S)
        updates = channels.changes(2, S)
        assert len({update.channel for update in updates}) == len(updates)
        return {update.channel: update.content for update in updates}

    assert set(told(new("a"), new("b"))) == {Channel.STEPS}
    traded = told(new("c", SELL), new("d", SELL))
    assert traded[Channel.STATISTICS].session.trades == 2
    assert [[type(step) for step in record.steps] for record in traded[Channel.STEPS]] == [[OrderExecuted, Traded]] * 2
    assert market.tape.changed is None  # nobody listens to trades alone
    assert told() == {}
    (added,) = told(new("e"))[Channel.STEPS]
    (step,) = added.steps
    assert step == OrderAdded(step.order_id, BUY, 100 * SCALE, SCALE)
