"""Market data over random streams: against the book itself, and against slow recomputation from the tape."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from book_world import MARKETS, events_of, open_orders, run
from command_streams import BACK_KINDS, KINDS, RARE_KINDS, CommandStream, Step, random_step, steps
from engine_builders import BUY, SELL, image, instrument
from hypothesis import given, settings
from hypothesis import strategies as st
from market_data_replica import Replica

from engine import events as ev
from engine.book import Book
from engine.instrument import Instrument
from engine.market_data.candle import Candle, flat
from engine.market_data.levels import displayed_levels, levels
from engine.market_data.limits import MarketDataLimits
from engine.market_data.market import MarketData
from engine.market_data.orders import DisplayedOrders, displayed_orders
from engine.market_data.series import INTERVALS_NS
from engine.market_data.statistics import Period
from engine.market_data.symbol import SymbolMarket
from engine.market_data.tape import TapeTrade
from engine.market_data.trading_day import trading_day
from engine.market_data.updates import Channel, SymbolChannels
from engine.money import avg_px
from engine.types import SCALE

ORDER_EVENTS = (
    ev.OrderAccepted, ev.OrderCanceled, ev.OrderExpired, ev.OrderReplaced, ev.OrderRejected, ev.OrderTriggered,
    ev.OrderRestated, ev.OrderUpdated,
)  # fmt: skip
S, MINUTE = 1_000_000_000, 60_000_000_000


class Watched:
    """A book, the market data that is folded from its records, and a subscriber of it all."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.market = MarketData()
        self.replayed = MarketData()
        self.fold([ev.InstrumentListed(book.instrument)])
        self.orders = self.view.orders = DisplayedOrders()
        self.market.watched.add(1)
        self.channels = SymbolChannels(self.view)
        self.replica = Replica()
        self.subscribe()

    @property
    def view(self) -> SymbolMarket:
        return self.market.symbols[1]

    def subscribe(self) -> None:
        for channel in Channel:
            self.replica(self.channels.begin(channel, self.market.seq, self.market.time_ns))

    def fold(self, events: list[ev.Event]) -> None:
        seq = self.market.seq + 1
        record = ev.Record(seq * S, 0, 0, 0, [], events)
        self.market.apply(seq, record)
        for event in events:
            if not isinstance(event, ORDER_EVENTS):
                self.replayed.replay(record.time_ns, event)

    def publish(self) -> None:
        for update in self.channels.changes(self.market.seq, self.market.time_ns):
            self.replica(update)

    def check_book(self) -> None:
        """L2 and L3 are the book's own, level by level and order by order."""
        assert levels(self.orders) == displayed_levels(self.book)
        assert self.orders.orders() == displayed_orders(self.book)

    def check_replica(self) -> None:
        view, replica = self.view, self.replica
        shown, orders = levels(self.orders), self.orders.orders()
        assert replica.top == view.top(next(iter(shown.bids), None), next(iter(shown.asks), None))
        for side, sides_levels, queue in ((BUY, shown.bids, orders.bids), (SELL, shown.asks, orders.asks)):
            assert replica.depth(side) == sides_levels
            displayed = [(each.order_id, each.px, each.qty) for each in queue]
            assert replica.queue(side) == displayed
            assert replica.stepped.queue(side) == displayed
        assert [replica.trades[trade.trade_id] for trade in view.tape.trades()] == view.tape.trades()


def play(watched: Watched, stream: CommandStream, step: Step) -> None:
    """Fold the records of one command."""
    records = run(watched.book, stream.command(step, open_orders(watched.book)), stream.now_ns)
    stream.see(events_of(records))
    for events in records if not isinstance(records, str) else []:
        watched.fold(events)


@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, max_size=60), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_what_is_displayed_is_the_books_own_after_each_step(market: str, chosen: list[Step], batch: int) -> None:
    listed, middle = MARKETS[market]
    watched, stream = Watched(Book(listed)), CommandStream(listed, middle)
    for n, step in enumerate(chosen):
        play(watched, stream, step)
        watched.check_book()
        if not n % batch:
            watched.publish()
            watched.check_replica()


@pytest.mark.parametrize("market", sorted(MARKETS))
def test_every_kind_of_order_and_a_replay_of_it_all(market: str) -> None:
    """The subscriber leaves in the middle, and another one takes over from a snapshot."""
    random, (listed, middle) = Random(market), MARKETS[market]
    watched, stream = Watched(Book(listed)), CommandStream(listed, middle)
    kinds = [*KINDS * 8, *RARE_KINDS, *BACK_KINDS * 2]
    for n in range(600):
        play(watched, stream, random_step(random, kinds))
        watched.check_book()
        if not random.randrange(5):
            watched.publish()
            watched.check_replica()
        if n == 300:
            watched.publish()
            watched.replica = Replica()
            watched.subscribe()
    assert len(watched.view.tape) >= 10
    assert watched.replayed.state() == watched.market.state()


# ---- candles and statistics ----------------------------------------------------------------------------------------

BUYER, SELLER = image("b", side=BUY), image("s", order_id=9, side=SELL)
START = int(datetime(2026, 3, 7, 20, tzinfo=UTC).timestamp()) * S
"""A day before New York's clocks go forward."""
NEW_YORK = instrument(daily_roll="17:00", time_zone="America/New_York")

trades = st.lists(
    st.tuples(
        st.one_of(st.integers(0, S), st.integers(0, 90 * S), st.integers(0, 20 * 3600 * S)),
        st.integers(1, 30),
        st.integers(1, 5),
        st.sampled_from(["made"] * 6 + ["bust", "correct"]),
    ),
    max_size=60,
)
"""How long after the one before, price, quantity, and what happens to an earlier trade right after it."""


class Made:
    """A market and a plain list of what was traded in it, busted and corrected by hand."""

    def __init__(self, listed: Instrument) -> None:
        self.market = SymbolMarket(listed, MarketDataLimits())
        self.now_ns = START
        self.standing: dict[int, tuple[int, int, int]] = {}
        """Time, price and quantity by TradeID."""

    def play(self, flow: list[tuple[int, int, int, str]]) -> None:
        for trade_id, (later, px, qty, then) in enumerate(flow, 1):
            self.now_ns += later
            px, qty = px * SCALE // 4, qty * SCALE // 8
            self.standing[trade_id] = (self.now_ns, px, qty)
            self._tell(ev.TradeExecuted(trade_id, px, qty, SELLER, BUYER, 0, 0))
            if then != "made" and self.standing:
                self._amend(then, sorted(self.standing)[px % len(self.standing)], px, qty)

    def _amend(self, then: str, trade_id: int, px: int, qty: int) -> None:
        time_ns, old_px, old_qty = self.standing.pop(trade_id)
        if then == "bust":
            self._tell(ev.TradeBusted(trade_id, old_px, old_qty, SELLER, BUYER, 0, 0, "ops", ""))
            return
        self.standing[trade_id] = (time_ns, px, qty)
        self._tell(
            ev.TradeCorrected(trade_id, px, qty, SELLER, BUYER, 0, 0, old_px, old_qty, 0, 0, "ops", "")
        )  # fmt: skip

    def _tell(self, event: ev.Event) -> None:
        self.market.apply([event], self.now_ns)

    def whole(self, from_ns: int, to_ns: int) -> tuple[int, ...] | None:
        """Open, high, low, close, volume, notional, trades of the trades that stand; None without any."""
        found = [self.standing[key][1:] for key in sorted(self.standing) if from_ns <= self.standing[key][0] < to_ns]
        if not found:
            return None
        prices = [px for px, _ in found]
        notional = sum(px * qty // SCALE for px, qty in found)
        volume = sum(qty for _, qty in found)
        return prices[0], max(prices), min(prices), prices[-1], volume, notional, len(found)


def stretches(interval: str, listed: Instrument, from_ns: int, to_ns: int) -> list[tuple[int, int]]:
    """Start and end of each, the slow way."""
    found: list[tuple[int, int]] = []
    while from_ns <= to_ns:
        if interval == "1d":
            _, start_ns, end_ns = trading_day(from_ns, listed.daily_roll, listed.time_zone)
        else:
            start_ns = from_ns // INTERVALS_NS[interval] * INTERVALS_NS[interval]
            end_ns = start_ns + INTERVALS_NS[interval]
        found.append((start_ns, end_ns))
        from_ns = end_ns
    return found


def figures(candle: Candle) -> tuple[int, ...]:
    return (
        candle.open_px, candle.high_px, candle.low_px, candle.close_px, candle.volume, candle.notional, candle.trades,
    )  # fmt: skip


@given(trades, st.sampled_from(["1h", "4h", "1d", "1s", "5s", "15s", "1m", "5m", "15m"]))
@settings(max_examples=200, deadline=None)
def test_candles_are_what_a_slow_look_at_the_tape_finds(flow: list[tuple[int, int, int, str]], interval: str) -> None:
    made = Made(NEW_YORK)
    made.play(flow)
    shown = made.market.candles.query(interval, None, made.now_ns + 1, 5_000)
    times = {time_ns for time_ns, _, _ in made.standing.values()}
    starts = {stretches(interval, NEW_YORK, time_ns, time_ns)[0] for time_ns in times}
    expected = [(start_ns, made.whole(start_ns, end_ns)) for start_ns, end_ns in sorted(starts)]
    assert [(candle.start_ns, figures(candle)) for candle in shown] == expected
    assert all(candle.vwap == avg_px(candle.notional, candle.volume) for candle in shown)


@given(trades)
@settings(max_examples=60, deadline=None)
def test_filled_candles_have_no_gap_and_each_opens_where_nothing_traded_at_the_last_close(
    flow: list[tuple[int, int, int, str]],
) -> None:
    made = Made(NEW_YORK)
    made.play(flow)
    for interval in ("1h", "1d"):
        plain = {each.start_ns: each for each in made.market.candles.query(interval, None, made.now_ns + 1, 5_000)}
        filled = made.market.candles.query(interval, None, made.now_ns + 1, 5_000, fill=True)
        assert bool(plain) == bool(filled)
        if plain:
            expected = stretches(interval, NEW_YORK, min(plain), made.now_ns)
            assert [candle.start_ns for candle in filled] == [start_ns for start_ns, _ in expected]
        close = 0
        for candle in filled:
            assert candle == plain.get(candle.start_ns, flat(candle.start_ns, close))
            close = candle.close_px


def period(start_ns: int, whole: tuple[int, ...] | None) -> tuple[int, ...]:
    return (start_ns, *(whole or (0,) * 7))


def shown(found: Period) -> tuple[int, ...]:
    return (
        found.start_ns, found.open_px, found.high_px, found.low_px, found.close_px, found.volume, found.notional,
        found.trades,
    )  # fmt: skip


@given(trades, st.integers(0, 26 * 3600 * S))
@settings(max_examples=150, deadline=None)
def test_statistics_are_what_a_slow_look_at_the_tape_finds(flow: list[tuple[int, int, int, str]], later: int) -> None:
    made = Made(NEW_YORK)
    made.play(flow)
    now_ns = made.now_ns + later
    found = made.market.statistics(now_ns)
    start_ns = (now_ns // MINUTE - 1_439) * MINUTE
    day = trading_day(now_ns, NEW_YORK.daily_roll, NEW_YORK.time_zone)
    assert shown(found.rolling) == period(start_ns, made.whole(start_ns, now_ns + 1))
    assert shown(found.session) == period(day.start_ns, made.whole(day.start_ns, now_ns + 1))
    assert found.rolling.vwap == avg_px(found.rolling.notional, found.rolling.volume)
    before = made.whole(0, day.start_ns)
    assert found.previous_close_px == (before[3] if before else 0)


@given(trades)
@settings(max_examples=40, deadline=None)
def test_the_tape_shows_what_stands(flow: list[tuple[int, int, int, str]]) -> None:
    made = Made(NEW_YORK)
    made.play(flow)
    tape: list[TapeTrade] = [trade for trade in made.market.tape.trades() if not trade.busted]
    assert {trade.trade_id: (trade.time_ns, trade.px, trade.qty) for trade in tape} == made.standing
