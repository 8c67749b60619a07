"""The market data actor: snapshots and chained updates, per channel, one a batch."""

from __future__ import annotations

from typing import Any

from engine_builders import BUY, SELL, image, instrument
from market_data_replica import Replica

from actors.market_data import (
    BookShown,
    Feed,
    LostMarketDataActor,
    MarketDataActor,
    Subscribe,
    Subscribers,
    ToMarketData,
    Unsubscribe,
)
from actors.messages import Entry
from engine import events as ev
from engine.market_data.levels import Levels
from engine.market_data.market import MarketData
from engine.market_data.orders import DisplayedOrders, OrderAdded, OrderDeleted, Orders
from engine.market_data.updates import Channel, Snapshot, Update
from engine.queries import DepthLevel
from engine.types import SCALE, CancelReason, InstrumentStatus, OrdStatus, TradingPhase

PX = 100 * SCALE
ALL = (Channel.TOP, Channel.LEVELS, Channel.ORDERS, Channel.TRADES)


def order(number: int, **changes: Any) -> ev.Event:
    return ev.OrderAccepted(image(str(number), order_id=number, leaves_qty=5, **changes))


def canceled(number: int) -> ev.Event:
    gone = image(str(number), order_id=number, leaves_qty=0, status=OrdStatus.CANCELED)
    return ev.OrderCanceled(gone, CancelReason.REQUESTED)


def traded(number: int) -> list[ev.Event]:
    """A trade that fills resting order ``number``."""
    taker = image("t", order_id=1000 + number, side=SELL, leaves_qty=0, status=OrdStatus.FILLED)
    resting = image(str(number), order_id=number, leaves_qty=0, status=OrdStatus.FILLED)
    return [ev.OrderAccepted(taker), ev.TradeExecuted(number, PX, 5, taker, resting, 0, 0)]


class World:
    def __init__(self) -> None:
        self.faults: list[Exception] = []
        self.subscribers = Subscribers()
        self.market = MarketData()
        self.books: dict[int, DisplayedOrders] = {1: DisplayedOrders(), 2: DisplayedOrders()}
        """What the books of all that was fed display."""
        self.asked: list[int] = []
        self.answers_at_once = True
        self.actor = self.successor()
        self.feed(ev.InstrumentListed(instrument()))
        self.feed(ev.InstrumentListed(instrument(symbol_id=2, symbol="ETH/USDT")))

    def successor(self) -> MarketDataActor:
        return MarketDataActor(self.market, self.subscribers, self.asked.append, self.faults.append)

    def tell(self, *messages: ToMarketData) -> None:
        self.actor.on_batch(iter(messages))
        while self.asked and self.answers_at_once:
            self.actor.on_batch(iter([self.shown(self.asked.pop())]))

    def shown(self, symbol_id: int) -> BookShown:
        """What a book answers now."""
        return BookShown(symbol_id, self.market.seq, self.books[symbol_id].orders())

    def feed(self, *records: ev.Event | list[ev.Event]) -> None:
        """One batch of the publisher's."""
        seq = self.market.seq
        lists = [record if isinstance(record, list) else [record] for record in records]
        for events in lists:
            first = events[0]
            if isinstance(first, ev.OrderAccepted | ev.OrderCanceled):
                self.books[first.order.symbol_id].apply(events)
        self.tell(
            Feed([Entry(seq + n, ev.Record(seq + n, 0, 0, 0, [], each), None) for n, each in enumerate(lists, 1)])
        )


def test_a_subscriber_gets_a_snapshot_of_each_channel_it_asked_for() -> None:
    world, heard = World(), []
    world.feed(order(1))
    world.tell(Subscribe(1, ALL, heard.append))
    heard.sort(key=lambda each: each.channel)
    assert [(type(each), each.channel, each.seq) for each in heard] == [(Snapshot, channel, 3) for channel in ALL]
    top, levels, orders, trades = [each.content for each in heard]
    assert top.bid == DepthLevel(PX, 5, 1)
    assert levels == Levels([DepthLevel(PX, 5, 1)], [])
    assert isinstance(orders, Orders)
    assert [each.order_id for each in orders.bids] == [1]
    assert trades == []


def test_an_update_holds_a_batchs_changes_and_follows_what_came_before() -> None:
    world, heard = World(), []
    world.tell(Subscribe(1, ALL, heard.append))
    heard.clear()
    world.feed(order(1), order(2), canceled(1))
    assert [(each.channel, each.prev_seq, each.seq) for each in heard] == [
        (Channel.TOP, 2, 5),
        (Channel.LEVELS, 2, 5),
        (Channel.ORDERS, 2, 5),
    ]
    assert heard[1].content == Levels([DepthLevel(PX, 5, 1)], [])
    assert heard[2].content == [OrderAdded(1, BUY, PX, 5), OrderAdded(2, BUY, PX, 5), OrderDeleted(1, BUY, PX)]
    heard.clear()
    world.feed(traded(2))
    assert {(each.channel, each.prev_seq) for each in heard} == {
        (Channel.TOP, 5), (Channel.LEVELS, 5), (Channel.ORDERS, 5), (Channel.TRADES, 2),
    }  # fmt: skip
    (tape,) = [each.content for each in heard if each.channel is Channel.TRADES]
    assert [(trade.trade_id, trade.aggressor) for trade in tape] == [(2, SELL)]


def test_what_does_not_change_a_channel_is_not_told() -> None:
    world, heard = World(), []
    world.tell(Subscribe(1, (Channel.TOP, Channel.TRADES), heard.append))
    world.feed(order(1))
    heard.clear()
    world.feed(order(2, px=PX - 1))
    world.feed(order(3, symbol_id=2))
    world.feed(ev.Deposited(2, "USDT", 5, "ops"))
    assert heard == []


def test_a_late_subscriber_arrives_where_an_early_one_is() -> None:
    world, early, late = World(), Replica(), Replica()
    world.tell(Subscribe(1, ALL, early))
    world.feed(order(1), order(2, px=PX - 1), order(3))
    world.feed(order(4, px=PX - 1))
    world.tell(Subscribe(1, ALL, late))
    world.feed(order(5), traded(1), canceled(2))
    assert (late.top, late.levels, late.orders) == (early.top, early.levels, early.orders)
    assert late.trades == early.trades
    assert early.queue(BUY) == [(3, PX, 5), (5, PX, 5), (4, PX - 1, 5)]
    assert early.depth(BUY) == [DepthLevel(PX, 10, 2), DepthLevel(PX - 1, 5, 1)]
    assert late.seqs == early.seqs


def test_a_second_subscription_repeats_the_snapshot_and_tells_once() -> None:
    world, heard = World(), []
    for _ in range(2):
        world.tell(Subscribe(1, (Channel.ORDERS,), heard.append))
    world.feed(order(1))
    assert [type(each) for each in heard] == [Snapshot, Snapshot, Update]


def test_who_unsubscribes_hears_no_more_and_with_the_last_one_nothing_is_noted() -> None:
    world, one, other = World(), [], []
    world.tell(Subscribe(1, ALL, one.append), Subscribe(1, (Channel.ORDERS,), other.append))
    world.tell(Unsubscribe(1, ALL, one.append))
    world.feed(order(1), traded(1))
    assert [type(each) for each in one] == [Snapshot] * 4
    assert [type(each) for each in other] == [Snapshot, Update]
    view = world.market.symbols[1]
    assert view.orders is not None
    assert view.orders.deltas == []
    assert view.tape.changed is None
    world.tell(Unsubscribe(1, (Channel.ORDERS,), other.append))
    assert view.orders is None
    assert world.market.watched == set()
    assert list(world.subscribers) == []
    world.tell(Unsubscribe(1, ALL, other.append))


def test_after_a_pause_without_listeners_the_chain_begins_anew() -> None:
    world, replica = World(), Replica()
    world.tell(Subscribe(1, ALL, replica), Unsubscribe(1, ALL, replica))
    world.feed(order(1))
    world.tell(Subscribe(1, ALL, replica))
    world.feed(order(2))
    assert [order_id for order_id, *_ in replica.queue(BUY)] == [1, 2]


def test_an_instrument_that_is_not_there_is_answered_with_nothing() -> None:
    world, heard = World(), []
    world.tell(Subscribe(77, ALL, heard.append))
    assert heard == []
    assert list(world.subscribers) == []


def test_a_subscriber_that_fails_is_dropped_and_the_others_hear_everything() -> None:
    world, heard = World(), []

    def broken(message: object) -> None:
        if isinstance(message, Update):
            raise RuntimeError("full")

    world.tell(Subscribe(1, (Channel.ORDERS,), broken), Subscribe(1, (Channel.ORDERS,), heard.append))
    world.feed(order(1))
    world.feed(order(2))
    assert [type(each) for each in heard] == [Snapshot, Update, Update]
    assert list(map(str, world.faults)) == ["full"]


def test_records_that_are_shown_already_are_passed_over() -> None:
    world = World()
    world.tell(Subscribe(1, (Channel.ORDERS,), lambda message: None))
    entry = Entry(3, ev.Record(3, 0, 0, 0, [], [order(1)]), None)
    world.tell(Feed([entry]), Feed([entry]))
    orders = world.market.symbols[1].orders
    assert orders is not None
    assert orders.bids[PX].qty == 5


def test_a_successor_sends_the_listeners_new_snapshots() -> None:
    world, replica = World(), Replica()
    world.tell(Subscribe(1, ALL, replica))
    world.feed(order(1))
    rebuilt = MarketData()
    rebuilt.apply(1, ev.Record(1, 0, 0, 0, [], [ev.InstrumentListed(instrument())]))
    rebuilt.apply(3, ev.Record(3, 0, 0, 0, [], [order(1)]))
    rebuilt.apply(4, ev.Record(4, 0, 0, 0, [], [order(2)]))
    world.market = rebuilt
    world.books[1].apply([order(2)])
    world.actor = world.successor()
    world.tell()
    assert [order_id for order_id, *_ in replica.queue(BUY)] == [1, 2]
    world.feed(order(3))
    assert [order_id for order_id, *_ in replica.queue(BUY)] == [1, 2, 3]


# ---- while the book is asked -----------------------------------------------------------------------------------------


def asking() -> World:
    """A world whose books answer when they are told to, with an order in the first one."""
    world = World()
    world.answers_at_once = False
    world.feed(order(1))
    return world


def test_what_happens_between_question_and_answer_is_neither_lost_nor_told_twice() -> None:
    world, replica = asking(), Replica()
    world.tell(Subscribe(1, ALL, replica))
    assert [message.channel for message in replica.messages] == [Channel.TRADES]
    world.feed(order(2))
    answer = world.shown(1)
    world.feed(order(3), canceled(1))
    world.tell(answer)
    assert [order_id for order_id, *_ in replica.queue(BUY)] == [2, 3]
    world.feed(order(4))
    assert [order_id for order_id, *_ in replica.queue(BUY)] == [2, 3, 4]
    assert world.asked == [1]


def test_a_book_is_asked_once_for_all_who_wait() -> None:
    world, one, other = asking(), [], []
    world.tell(Subscribe(1, (Channel.LEVELS,), one.append), Subscribe(1, (Channel.ORDERS,), other.append))
    assert world.asked == [1]
    world.tell(world.shown(1))
    assert [type(message) for message in one + other] == [Snapshot, Snapshot]


def test_who_leaves_before_the_answer_gets_none() -> None:
    world, heard = asking(), []
    world.tell(Subscribe(1, (Channel.ORDERS,), heard.append), Unsubscribe(1, (Channel.ORDERS,), heard.append))
    world.tell(world.shown(1))
    world.feed(order(2))
    assert heard == []
    assert world.market.symbols[1].orders is None
    assert world.market.watched == set()


def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    world = asking()
    world.tell(world.shown(1))
    assert world.market.symbols[1].orders is None


def test_the_answer_to_a_predecessors_question_is_not_taken_for_ones_own() -> None:
    """What came between it and the successor's own question was gathered by nobody."""
    world, replica = asking(), Replica()
    world.tell(Subscribe(1, (Channel.ORDERS,), replica))
    old = world.shown(1)
    world.feed(order(2))
    world.actor = world.successor()
    world.tell(old)
    assert replica.messages == []
    world.tell(world.shown(1))
    assert [order_id for order_id, *_ in replica.queue(BUY)] == [1, 2]


def test_its_stand_in_takes_everything_and_says_nothing() -> None:
    heard: list[object] = []
    batch = iter([Subscribe(1, ALL, heard.append), Feed([])])
    LostMarketDataActor().on_batch(batch)
    assert next(batch, None) is None
    assert heard == []


# ---- the market's state and the trading day --------------------------------------------------------------------------


def test_the_state_is_told_without_looking_at_the_book() -> None:
    world, replica = World(), Replica()
    world.tell(Subscribe(1, (Channel.STATE,), replica))
    assert replica.state is not None
    assert (replica.state.status, replica.state.phase) == (InstrumentStatus.ACTIVE, TradingPhase.CONTINUOUS)
    world.feed(order(1))
    assert len(replica.messages) == 1
    world.feed(ev.InstrumentStatusChanged(1, InstrumentStatus.HALTED, "ops"))
    assert replica.state.status is InstrumentStatus.HALTED
    world.feed(ev.TradingPhaseChanged(1, TradingPhase.CLOSED, 0, "", ""))
    assert replica.state.phase is TradingPhase.CLOSED
    assert world.market.symbols[1].orders is None


def test_the_days_statistics_follow_trades_and_the_roll() -> None:
    world, replica = World(), Replica()
    world.tell(Subscribe(1, (Channel.STATISTICS,), replica))
    assert replica.day is not None
    assert (replica.day.session.trades, replica.day.previous_close_px) == (0, 0)
    world.feed(order(1))
    assert len(replica.messages) == 1
    world.feed(traded(1))
    assert (replica.day.session.open_px, replica.day.session.volume) == (PX, 5)
    later_ns = replica.day.end_ns
    seq = world.market.seq + 1
    opened = ev.Record(later_ns, 0, 0, 0, [], [ev.Deposited(2, "USDT", 5, "ops")])
    world.tell(Feed([Entry(seq, opened, None)]))
    assert (replica.day.session.trades, replica.day.previous_close_px) == (0, PX)
    assert replica.day.end_ns > later_ns
