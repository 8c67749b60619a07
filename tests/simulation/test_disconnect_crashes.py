"""Sessions that come and go, drop copies that read along, and a crash after any record: no cancel is missing and none
too many, no copy is lost or comes twice, and each session can be sent all that it was to be told."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from disconnect_market import (
    READERS,
    TRADERS,
    WINDOW_S,
    Broker,
    Market,
    Records,
    assert_copied,
    assert_recoverable,
    disconnect_settings,
    doomed,
    pass_time,
    underway,
)
from special_market import START_NS, crashed_after
from trio.testing import MockClock
from venue_in_process import Clock, at_rest, check, folded, journaled_reports, records_in, running

from actors.messages import Delivery, Outcome
from actors.port import SessionPort
from config.settings import Settings
from engine.commands import NewOrder
from engine.events import (
    MassCancelPartDone,
    MassCancelRequested,
    OrderCanceled,
    SessionLapsed,
    SessionLoggedOn,
    SessionLoggedOut,
    SessionOpened,
    TradingDayRolled,
)
from engine.types import SCALE, CancelReason, OrdType, Side, TimeInForce
from tradeengine.venue import Venue

STEPS = 200
CRASHES = 8
TELLING = (SessionLapsed, MassCancelRequested, MassCancelPartDone, SessionLoggedOut, SessionLoggedOn)
"""Records of which a crash right behind is worth a look."""


async def lived(chosen: Settings, random: Random, clock: MockClock) -> Records:
    """A venue's life: its journal."""
    async with running(chosen, Clock(START_NS)) as venue:
        market = Market(venue, clock, random)
        for _ in range(STEPS):
            await market.step()
            if random.random() < 0.2:
                await at_rest(venue)
        await check(venue)
        for n, broker in market.brokers.items():
            if n in market.here:
                assert_told(venue, broker)
        return records_in(chosen.journal_dir)


def assert_told(venue: Venue, broker: Broker) -> None:
    """A client that is there now was told, of what came while it was, what the journal has."""
    journaled = journaled_reports(records_in(venue.settings.journal_dir), broker.session_id)
    assert {(r.number, r.seq, r.position) for r in broker.reports} <= {(r.number, r.seq, r.position) for r in journaled}
    if broker.session_id in READERS:  # no rejection is sent with what is known by now, so there is no difference at all
        assert all(report in journaled for report in broker.reports)


def moments(records: Records, random: Random) -> list[int]:
    """Sequences to crash after."""
    first = 1 + max(seq for seq, record in records if isinstance(record.events[0], SessionOpened))
    telling = [seq for seq, record in records if any(isinstance(event, TELLING) for event in record.events)]
    chosen = random.sample(telling, min(len(telling), CRASHES))
    return [*chosen, *(random.randint(first, len(records)) for _ in range(CRASHES // 2))]


@pytest.mark.parametrize("seed", range(5))
async def test_after_a_crash_anywhere_all_that_the_ends_cancel_goes_and_nothing_else(
    tmp_path: Path, seed: int, mock_clock: MockClock
) -> None:
    random = Random(seed)
    chosen = disconnect_settings(tmp_path / "live", dispatch_budget=random.choice((1, 5, 1024)))
    records = await lived(chosen, random, mock_clock)
    assert_copied(records)
    for n, last in enumerate(moments(records, random)):
        before = folded(records[:last])
        there = {order_id for state in before.sessions.values() for order_id in state.open} - underway(before)
        going = {session_id: doomed(before.sessions[session_id]) for session_id in TRADERS}
        at_once = {n for n, (_, _, window_s) in TRADERS.items() if not window_s or before.sessions[n].lapsed}
        back = {n for n in TRADERS if random.random() < 0.3} - at_once
        crashed = crashed_after(chosen, tmp_path / f"crash{n}", records, last)
        async with running(crashed, Clock(records[last - 1][1].time_ns)) as venue:
            await at_rest(venue)
            assert still_open(venue) == there - set().union(*(going[n] for n in at_once))
            for session_id in back:
                Broker(venue, session_id).log_on()
            await pass_time(venue, mock_clock, WINDOW_S + 1)
            gone = set().union(*(going[n] for n in TRADERS if n not in back))
            assert still_open(venue) == there - gone, f"seed {seed}, after {last}"
            await check(venue)
            after = records_in(crashed.journal_dir)
            assert_copied(after)
            await assert_recoverable(venue, after)
            await venue.hash_state()
        assert_cancels_say_why(after[last:])


def still_open(venue: Venue) -> set[int]:
    return {image.order_id for book in venue.books.values() for order in book.book.everyone() if (image := order.image)}


def assert_cancels_say_why(records: Records) -> None:
    """What a restart cancels is told as what it is."""
    reasons = {event.reason for _, record in records for event in record.events if isinstance(event, OrderCanceled)}
    assert reasons <= {CancelReason.CONNECTION_LOST}


async def test_crashes_come_in_the_middle_of_cancels(tmp_path: Path, mock_clock: MockClock) -> None:
    """The crashes above would prove nothing if they came when all was done."""
    cut_short = lapsed = 0
    for seed in range(3):
        random = Random(seed)
        chosen = disconnect_settings(tmp_path / str(seed), dispatch_budget=1)
        records = await lived(chosen, random, mock_clock)
        for last in moments(records, random):
            state = folded(records[:last])
            cut_short += bool(underway(state))
            lapsed += any(session.lapsed and doomed(session) for session in state.sessions.values())
    assert cut_short > 3
    assert lapsed > 3


# ---- a part of the venue crashes -----------------------------------------------------------------------------------


def crash_once(monkeypatch: pytest.MonkeyPatch, session_id: int) -> None:
    """The session's port crashes at the next delivery, with that half done."""
    fold = SessionPort._fold
    left = [session_id]

    def crashing(port: SessionPort, message: Delivery) -> None:
        fold(port, message)
        if port.session.session_id in left and message.reports:
            left.clear()
            raise RuntimeError("made to crash")

    monkeypatch.setattr(SessionPort, "_fold", crashing)


def order(session_id: int, name: str, side: Side = Side.BUY) -> NewOrder:
    return NewOrder(
        session_id, name, 2, 1, side, OrdType.LIMIT, TimeInForce.GTC, SCALE, (90 if side is Side.BUY else 110) * SCALE
    )


async def test_a_session_whose_port_crashes_has_lost_its_connection(
    tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(disconnect_settings(tmp_path), Clock(START_NS)) as venue:
        at_once, awaited, other = (Broker(venue, n) for n in (1, 2, 4))
        for broker in (at_once, awaited, other):
            broker.log_on()
            broker.send(order(broker.session_id, "a"))
        await at_rest(venue)
        for session_id in (1, 2):
            crash_once(monkeypatch, session_id)
            (at_once if session_id == 1 else awaited).send(order(session_id, "b"))
            await at_rest(venue)
            monkeypatch.undo()
        assert (at_once.gone, awaited.gone) == ("system error in the session",) * 2
        assert still_open(venue) == {image.order_id for n in (2, 4) for image in venue.ports[n].state.open.values()}
        assert [len(venue.ports[n].state.open) for n in (1, 2, 4)] == [0, 2, 1]
        await pass_time(venue, mock_clock, WINDOW_S + 1)
        assert [len(venue.ports[n].state.open) for n in (1, 2, 4)] == [0, 0, 1]
        await check(venue)


async def test_a_drop_copy_whose_port_crashes_misses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(disconnect_settings(tmp_path), Clock(START_NS)) as venue:
        trader, reader = Broker(venue, 4), Broker(venue, 5)
        trader.log_on()
        reader.log_on()
        trader.send(order(4, "a"))
        await at_rest(venue)
        crash_once(monkeypatch, 5)
        trader.send(order(4, "b"), order(4, "c", Side.SELL))
        await at_rest(venue)
        assert reader.gone == "system error in the session"
        trader.send(order(4, "d"))
        reader.log_on()
        trader.send(order(4, "e"))
        await check(venue)
        records = records_in(venue.settings.journal_dir)
        assert_copied(records)
        await assert_recoverable(venue, records)
        assert_told(venue, reader)
        assert trader.reports[-1].event in [getattr(r.event, "report", r).event for r in reader.reports]


async def test_a_reset_sends_again_what_was_not_confirmed_and_a_new_day_forgets_it(tmp_path: Path) -> None:
    """As for any session: a drop copy that never logs out has the day again, and never more than that."""
    async with running(disconnect_settings(tmp_path), Clock(START_NS)) as venue:
        trader, reader = Broker(venue, 4), Broker(venue, 5)
        trader.log_on()
        reader.log_on()
        trader.send(order(4, "a"), order(4, "b"))
        await at_rest(venue)
        reader.leave(completed=False)
        reader.connect()
        reader.port.log_on(reset=True)
        await at_rest(venue)
        again = [report async for chunk in reader.port.replay(1, 100) for report in chunk]
        assert [(r.number, r.event.report.order.cl_ord_id) for r in again] == [(2, "a"), (3, "b")]  # type: ignore[union-attr]
        assert reader.port.reissued_upto == 3
        with venue.dispatcher.turn():
            venue.journal_mail.tell(Outcome(0, 0, 0, [TradingDayRolled("2100-01-03")]))
        await at_rest(venue)
        reader.leave(completed=False)
        reader.connect()
        reader.port.log_on(reset=True)
        await check(venue)
        assert (reader.port.reissued_upto, reader.port.out_next) == (0, 2)
