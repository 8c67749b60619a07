"""What waits in a book outlives a crash, and what fell due while the venue was down comes first, in the order of its
time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_builders import BUY, SELL, bracket, new, pegged, special, stop, trailing
from special_market import A_SECOND, START_NS, crashed_after, open_images, special_settings
from trio.testing import MockClock
from venue_in_process import Client, Clock, at_rest, check, crash_copy, records_in, running

from actors.messages import Operate
from config.settings import Settings
from config.trading import ProtectionConfig, ScheduleEntry
from engine.commands import NewOrder, SetTradingPhase
from engine.events import (
    AuctionEnded,
    AuctionStarted,
    Event,
    LimitStateChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderTriggered,
    TradeExecuted,
    TradingPhaseChanged,
)
from engine.types import SCALE, CancelReason, TimeInForce, TradingPhase, Wait
from tradeengine.venue import Venue

MINUTE = 60 * A_SECOND
OPENING_AT_11 = [
    ScheduleEntry(at="09:00", phase=TradingPhase.OPENING_AUCTION),
    ScheduleEntry(at="11:00", phase=TradingPhase.CONTINUOUS),
]


@pytest.fixture(autouse=True)
def _timers_stand_still(mock_clock: MockClock) -> None:
    """Timers fire when a venue starts, and when a test has them fire."""


def px(price: float) -> int:
    return round(price * 100) * SCALE // 100


def told(client: Client, *kinds: type[Event]) -> list[Any]:
    """The client's reports of some kinds."""
    return [event for event in client.events if isinstance(event, kinds)]


def with_rules(directory: Path, **rules: Any) -> Settings:
    """BTC/USDT with other rules, records of any length."""
    chosen = special_settings(directory, cascade_max=100, uncross_max=500)
    first, second = chosen.instruments
    return msgspec.structs.replace(chosen, instruments=[msgspec.structs.replace(first, **rules), second])


def added(settings: Settings, before: int) -> list[Event]:
    """What the journal holds beyond its first ``before`` records, but for sessions' and the venue's own."""
    kinds = (
        TradingPhaseChanged, AuctionStarted, AuctionEnded, TradeExecuted, OrderExpired, LimitStateChanged, OrderAccepted
    )  # fmt: skip
    return [event for _, record in records_in(settings.journal_dir)[before:] for event in record.events
            if isinstance(event, kinds)]  # fmt: skip


async def set_phase(venue: Venue, phase: TradingPhase) -> None:
    with venue.dispatcher.turn():
        venue.book_mail[1].tell(Operate(SetTradingPhase(1, phase, "ann")))
    await at_rest(venue)


# ---- what waits ----------------------------------------------------------------------------------------------------


async def test_stops_and_waiting_children_survive_and_still_do_what_they_are_for(tmp_path: Path) -> None:
    chosen, clock = with_rules(tmp_path / "live"), Clock(START_NS)
    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        children = new("profit", SELL, px=px(110)), stop("loss", SELL, px(90))
        client.send(
            new("floor", BUY, 5 * SCALE, px(80)),
            stop("stop", SELL, px(85)),
            bracket("list", new("entry", BUY, px=px(100)), *children),
        )
        await at_rest(venue)
        crashed = crash_copy(chosen, tmp_path / "copy")
    async with running(crashed, clock) as venue:
        state = await check(venue)
        waits = {each.cl_ord_id: each.working.wait for each in open_images(state.books[1]) if each.working}
        assert waits == {
            "stop": Wait.TRIGGER, "entry": Wait.NOTHING, "profit": Wait.ENTRY, "loss": Wait.ENTRY
        }  # fmt: skip
        client, other = Client(venue, 1).connect(), Client(venue, 3).connect()
        other.send(new("hit", SELL, px=px(100), session_id=3, account_id=3))
        await at_rest(venue)
        assert [event.order.cl_ord_id for event in told(client, OrderTriggered)] == ["profit", "loss"]
        crashed = crash_copy(crashed, tmp_path / "again")
    async with running(crashed, clock) as venue:
        client, other = Client(venue, 1).connect(), Client(venue, 3).connect()
        other.send(new("lift", BUY, px=px(110), session_id=3, account_id=3))
        await at_rest(venue)
        (canceled,) = told(client, OrderCanceled)
        assert (canceled.order.cl_ord_id, canceled.reason) == ("loss", CancelReason.LIST)
        other.send(new("down", SELL, px=px(80), session_id=3, account_id=3))
        await at_rest(venue)
        (triggered,) = told(client, OrderTriggered)
        assert triggered.order.cl_ord_id == "stop"
        assert [trade.px for trade in told(client, TradeExecuted)] == [px(110), px(80), px(80), px(80)]
        assert await check(venue)


async def test_a_trailing_stop_goes_on_from_where_it_had_followed_to(tmp_path: Path) -> None:
    chosen, clock = with_rules(tmp_path / "live"), Clock(START_NS)

    def trade(name: str, price: float) -> tuple[NewOrder, NewOrder]:
        mine = new(f"{name}-b", BUY, px=px(price), session_id=3, account_id=3)
        return mine, new(f"{name}-s", SELL, px=px(price), session_id=3, account_id=3)

    async with running(chosen, clock) as venue:
        client, other = Client(venue, 1).connect(), Client(venue, 3).connect()
        other.send(*trade("t1", 100))
        client.send(trailing("trail", SELL, amount=px(5)))
        other.send(*trade("t2", 120))
        await at_rest(venue)
        crashed = crash_copy(chosen, tmp_path / "copy")
    async with running(crashed, clock) as venue:
        client, other = Client(venue, 1).connect(), Client(venue, 3).connect()
        other.send(*trade("t3", 116))
        await check(venue)
        assert not told(client, OrderTriggered)
        other.send(*trade("t4", 115))
        await check(venue)
        assert [event.order.working.stop_px for event in told(client, OrderTriggered)] == [px(115)]


# ---- what fell due -------------------------------------------------------------------------------------------------


def dated(name: str, expire_ns: int, **terms: Any) -> NewOrder:
    return new(name, **terms, tif=TimeInForce.GTD, special=special(expire_ns=expire_ns))


async def test_dated_orders_expire_by_the_clock_and_those_due_while_down_at_the_start(tmp_path: Path) -> None:
    chosen, clock = with_rules(tmp_path), Clock(START_NS)
    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        client.send(*(dated(f"in {n}", START_NS + n * MINUTE) for n in (1, 2, 3)))
        await at_rest(venue)
        clock.now_ns += MINUTE
        venue._schedule().fire()  # as the venue's own does when it is time
        await at_rest(venue)
        assert [event.order.cl_ord_id for event in told(client, OrderExpired)] == ["in 1"]
    before = len(records_in(chosen.journal_dir))
    clock.now_ns += MINUTE
    async with running(chosen, clock) as venue:
        (expired,) = added(chosen, before)
        assert isinstance(expired, OrderExpired)
        assert (expired.order.cl_ord_id, expired.reason) == ("in 2", CancelReason.GOOD_TILL_DATE)
        client = Client(venue, 1).connect()
        client.send(new("sell", SELL, 2 * SCALE, session_id=1, account_id=2))
        state = await check(venue)
        assert [trade.resting.cl_ord_id for trade in told(client, TradeExecuted)] == ["in 3", "in 3"]
        assert [each.cl_ord_id for each in state.sessions[1].open.values()] == ["sell"]


async def test_what_expired_while_down_does_not_trade_in_the_opening_that_was_missed(tmp_path: Path) -> None:
    """The clock stands at 10:00; the opening is at 11:00, and the venue down till 12:00."""
    chosen, clock = with_rules(tmp_path, schedule=OPENING_AT_11), Clock(START_NS)
    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        client.send(*(dated(f"in {n}", START_NS + n * MINUTE, px=px(101)) for n in (30, 90, 150)))
        client.send(new("sell", SELL, 2 * SCALE))
        await at_rest(venue)
        assert venue.books[1].book.phase is TradingPhase.OPENING_AUCTION
    before = len(records_in(chosen.journal_dir))
    clock.now_ns += 120 * MINUTE
    async with running(chosen, clock) as venue:
        await check(venue)
        happened = added(chosen, before)
        assert [event.order.cl_ord_id for event in happened if isinstance(event, OrderExpired)] == ["in 30", "in 90"]
        assert [event.aggressor.cl_ord_id for event in happened if isinstance(event, TradeExecuted)] == ["in 150"]
        assert venue.books[1].book.phase is TradingPhase.CONTINUOUS


async def test_an_opening_that_was_missed_takes_place_before_anybody_trades(tmp_path: Path) -> None:
    chosen, clock = with_rules(tmp_path, schedule=OPENING_AT_11), Clock(START_NS)
    chosen = msgspec.structs.replace(chosen, limits=msgspec.structs.replace(chosen.limits, uncross_max=2))
    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        for n in range(7):
            client.send(new(f"b{n}", BUY, px=px(101)), new(f"s{n}", SELL, px=px(99)))
        await at_rest(venue)
        assert not told(client, TradeExecuted)
    before = len(records_in(chosen.journal_dir))
    clock.now_ns += 61 * MINUTE
    async with running(chosen, clock) as venue:
        await check(venue)
        happened = added(chosen, before)
        assert isinstance(happened[0], AuctionStarted)
        assert {event.px for event in happened if isinstance(event, TradeExecuted)} == {px(100)}
        assert [type(event) for event in happened[-2:]] == [AuctionEnded, TradingPhaseChanged]
        assert len(happened) == 10


async def test_pauses_and_reopenings_end_when_they_are_due_also_over_restarts(tmp_path: Path) -> None:
    guards = ProtectionConfig(
        dynamic_band_rate=SCALE // 100, limit_state_s=60, pause_s=60, reopening_s=60, reopening_random_s=30
    )
    chosen, clock = with_rules(tmp_path, protection=guards), Clock(START_NS)
    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        client.send(new("at the edge", BUY, px=px(105)))
        await check(venue)
        state = venue.books[1].book.limit_state
        assert state is not None
        assert state.until_ns == START_NS + MINUTE
    phases = []
    for _ in range(4):  # each a venue of its own: nothing of a deadline may live in memory alone
        async with running(chosen, clock) as venue:
            await check(venue)
            book = venue.books[1].book
            phases.append((book.phase, book.phase_until_ns - clock.now_ns if book.phase_until_ns else 0))
            clock.now_ns = max(clock.now_ns + 1, book.next_deadline_ns)
            if book.phase is TradingPhase.REOPENING_AUCTION:
                clock.now_ns = book.phase_until_ns
                drawn = phases.pop()[1] - MINUTE
    async with running(chosen, clock) as venue:
        await check(venue)
        assert venue.books[1].book.limit_state is None
    continuous, pause = TradingPhase.CONTINUOUS, TradingPhase.VOLATILITY_PAUSE
    assert phases == [(continuous, 0), (pause, MINUTE), (continuous, 0)]
    assert 0 <= drawn <= MINUTE // 2


async def test_orders_for_an_auction_wait_over_a_restart_and_join_it(tmp_path: Path) -> None:
    chosen, clock = with_rules(tmp_path / "live"), Clock(START_NS)
    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        client.send(new("close", BUY, tif=TimeInForce.AT_THE_CLOSE), new("any", BUY, tif=TimeInForce.GOOD_FOR_AUCTION))
        await at_rest(venue)
        crashed = crash_copy(chosen, tmp_path / "copy")
    async with running(crashed, clock) as venue:
        client = Client(venue, 1).connect()
        await set_phase(venue, TradingPhase.CLOSING_AUCTION)
        client.send(new("sell", SELL, px=px(100)))
        await at_rest(venue)
        again = crash_copy(crashed, tmp_path / "again")
    async with running(again, clock) as venue:
        client = Client(venue, 1).connect()
        await set_phase(venue, TradingPhase.POST_CLOSE)
        await check(venue)
        assert [trade.aggressor.cl_ord_id for trade in told(client, TradeExecuted)] == ["close", "close"]
        assert [event.order.cl_ord_id for event in told(client, OrderExpired)] == ["any"]


# ---- what was cut short --------------------------------------------------------------------------------------------


async def test_pegs_that_had_not_moved_yet_move_when_the_venue_is_back(tmp_path: Path) -> None:
    chosen, clock = special_settings(tmp_path / "live"), Clock(START_NS)
    pegs = [pegged(f"p{n}", BUY, px=px(150)) for n in range(5)]
    orders = [new("bid", BUY, px=px(90)), *pegs, new("better", BUY, px=px(95))]
    async with running(chosen, clock) as venue:
        Client(venue, 1).connect().send(*orders)
        await at_rest(venue)
        records = records_in(chosen.journal_dir)
    better = next(seq for seq, record in records if "better" in names_in(record.events))
    crashed = crashed_after(chosen, tmp_path / "crashed", records, better)
    async with running(crashed, clock) as venue:
        await check(venue)
        assert [image.resting_px for image in open_images(venue.books[1].book)[1:6]] == [px(95)] * 5


def names_in(events: list[Event]) -> list[str]:
    return [event.order.cl_ord_id for event in events if isinstance(event, OrderAccepted)]


async def test_owners_are_told_what_an_uncross_that_was_cut_short_brought_them_after_the_restart(
    tmp_path: Path,
) -> None:
    chosen, clock = special_settings(tmp_path / "live"), Clock(START_NS)
    orders = [new(f"{side.name}{n}", side, px=px(100)) for n in range(7) for side in (BUY, SELL)]
    async with running(chosen, clock) as venue:
        await set_phase(venue, TradingPhase.OPENING_AUCTION)
        Client(venue, 1).connect().send(*orders)
        await at_rest(venue)
        await set_phase(venue, TradingPhase.CONTINUOUS)
        records = records_in(chosen.journal_dir)
    started = next(seq for seq, record in records if isinstance(record.events[0], AuctionStarted))
    crashed = crashed_after(chosen, tmp_path / "crashed", records, started)
    async with running(crashed, clock) as venue:
        await check(venue)
        port = venue.ports[1]
        assert not port.state.open
        replayed = [report.event async for reports in port.replay(1, 10_000) for report in reports]
        assert len([event for event in replayed if isinstance(event, TradeExecuted)]) == 14
        assert port.released == port.out_next - 1
