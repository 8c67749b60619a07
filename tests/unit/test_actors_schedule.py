"""The timers: what is fired for rolls, phases and deadlines, in which order, once, and again where a book fails."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import trio
import trio.testing
from engine_builders import advance, expire, instrument, phase

from actors.messages import Operate
from actors.runtime import Dispatcher, Mailbox
from actors.schedule import CHUNK, Schedule
from engine.commands import ExpireDayOrders, SetTradingPhase
from engine.directory import Directory
from engine.events import InstrumentListed, InstrumentStatusChanged, Record, TradingDayRolled, TradingPhaseChanged
from engine.fold import VenueState
from engine.instrument import Instrument, Session
from engine.types import InstrumentStatus
from engine.types import TradingPhase as Phase

NS = 10**9
TRADING_DAY = [
    Session("08:00", Phase.PRE_OPEN),
    Session("09:00", Phase.OPENING_AUCTION),
    Session("09:30", Phase.CONTINUOUS, random_end_s=30),
    Session("16:00", Phase.CLOSING_AUCTION),
    Session("16:05", Phase.CLOSED),
]


def ns(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("UTC")).timestamp()) * NS


class World:
    """A schedule, a clock to set, and one book that answers when it is told to."""

    def __init__(
        self,
        listed: Instrument | None = None,
        now: str = "2026-01-02T10:00:00",
        last_day: str = "2026-01-02",
        phases: dict[int, tuple[Phase, int]] | None = None,
        draw: float = 0.0,
    ) -> None:
        self.now_ns = ns(now)
        self.directory = Directory()
        self.directory.apply(InstrumentListed(listed or instrument()))
        self.book: Mailbox[Any] = Mailbox("book", 10)
        self.books: dict[int, Mailbox[Any]] = {1: self.book}
        self.journal: Mailbox[Any] = Mailbox("journal", 10)
        self.deadlines: dict[int, int] = {}
        self.drawn: list[int] = []
        self.draw = draw
        self.asked: list[Operate] = []
        self.ticks = 0
        self.schedule = Schedule(
            self.directory,
            self.books,
            self.journal,
            Dispatcher(),
            lambda: self.now_ns,
            self._draw_s,
            ("12:00", "UTC"),
            {1: last_day},
            "2026-01-02",
            phases or {},
            self.deadlines,
            self._tick,
        )

    def _draw_s(self, seconds: int) -> float:
        self.drawn.append(seconds)
        return self.draw

    def _tick(self) -> None:
        self.ticks += 1

    def fired(self, now: str | None = None, seconds: float = 0) -> list[Any]:
        """What the book is told at a moment, or some seconds on; it has not answered yet."""
        self.now_ns = ns(now) if now else self.now_ns + int(seconds * NS)
        self.schedule.fire()
        told: list[Operate] = self.book.take()
        self.asked += told
        return [operate.command for operate in told]

    def done(self, now: str | None = None, seconds: float = 0) -> list[Any]:
        """As :meth:`fired`; the book does what it is told."""
        commands = self.fired(now, seconds)
        self.answer()
        return commands

    def answer(self) -> None:
        asked, self.asked = self.asked, []
        for operate in asked:
            if operate.done is not None:
                operate.done(7)

    def fail(self) -> None:
        asked, self.asked = self.asked, []
        for operate in asked:
            if operate.refused is not None:
                operate.refused("system error in the book")

    def rolled(self) -> list[Any]:
        return [event for outcome in self.journal.take() for event in outcome.events]

    def status(self, status: InstrumentStatus) -> None:
        self.directory.apply(InstrumentStatusChanged(1, status, "ops"))

    def change(self, **changes: Any) -> None:
        self.directory.apply(InstrumentListed(msgspec.structs.replace(self.directory.instruments[1], **changes)))


def scheduled(*sessions: Session, **changes: Any) -> Instrument:
    """Listed closed, rolling at 17:00."""
    return instrument(schedule=list(sessions), **{"phase": Phase.CLOSED, "daily_roll": "17:00", **changes})


# ---- rolls ---------------------------------------------------------------------------------------------------------


def test_what_fell_due_is_fired_once() -> None:
    world = World(last_day="2026-01-01")
    assert world.fired() == [expire("2026-01-02")]
    assert world.fired(seconds=60) == []
    world.answer()
    assert world.fired(seconds=60) == []
    assert world.fired("2026-01-02T23:59:59") == []
    assert world.fired("2026-01-03T00:00:00") == [expire("2026-01-03")]


def test_the_venues_day_rolls_in_a_turn_after_the_instruments() -> None:
    world = World(instrument(daily_roll="12:00"), "2026-01-03T11:59:59")
    assert (world.done(), world.rolled()) == ([], [])
    assert (world.done(seconds=1), world.rolled()) == ([expire("2026-01-03")], [TradingDayRolled("2026-01-03")])
    assert (world.done(seconds=1), world.rolled()) == ([], [])


def test_days_that_passed_unseen_are_one_roll() -> None:
    world = World(last_day="2025-12-24")
    assert world.done() == [expire("2026-01-02")]
    assert world.done("2026-01-09T10:00:00") == [expire("2026-01-09")]


def test_an_instrument_without_history_starts_with_the_day_under_way() -> None:
    assert World(last_day="").done() == [expire("2026-01-02")]


def test_a_clock_that_steps_back_fires_nothing() -> None:
    world = World()
    assert world.fired("2025-12-31T10:00:00") == []
    assert world.fired("2026-01-01T10:00:00") == []
    assert world.fired("2026-01-02T10:00:00") == []
    assert world.rolled() == []
    assert world.fired("2026-01-03T10:00:00") == [expire("2026-01-03")]


def test_a_roll_that_its_book_fails_to_do_is_asked_for_again_with_growing_delay() -> None:
    world = World(last_day="2026-01-01")
    assert world.fired() == [expire("2026-01-02")]
    for delay in (1, 2, 4):
        world.fail()
        assert world.fired(seconds=delay - 0.001) == []
        assert world.fired(seconds=0.001) == [expire("2026-01-02")]
    world.answer()
    assert world.fired(seconds=3600) == []
    world.fired("2026-01-03T00:00:00")
    world.fail()
    assert world.fired(seconds=1) == [expire("2026-01-03")]


def test_a_roll_that_the_book_is_busy_with_is_not_asked_for_twice() -> None:
    world = World(last_day="2026-01-01")
    world.fired()
    assert world.fired("2026-01-04T10:00:00") == []
    world.answer()
    assert world.fired() == [expire("2026-01-04")]


def test_a_roll_that_is_moved_behind_the_clock_is_due() -> None:
    world = World(instrument(daily_roll="17:00"), "2026-01-02T16:30:00", "2026-01-01")
    assert world.done() == []
    world.change(daily_roll="16:00")
    assert world.done() == [expire("2026-01-02")]
    world.change(daily_roll="17:00")
    assert world.done("2026-01-02T17:00:00") == []
    assert world.done("2026-01-03T17:00:00") == [expire("2026-01-03")]


# ---- phases --------------------------------------------------------------------------------------------------------


def test_a_day_of_phases() -> None:
    world = World(scheduled(*TRADING_DAY), "2026-01-02T07:59:59", "2026-01-01", draw=12.5)
    world.schedule.fire()
    told: list[tuple[int, Phase | str]] = []
    start_ns = ns("2026-01-02T00:00:00")
    for second in range(8 * 3600, 18 * 3600, 5):
        world.now_ns = start_ns + second * NS
        for command in world.done():
            told.append((second, command.phase if isinstance(command, SetTradingPhase) else command.day))
    assert told == [
        (8 * 3600, Phase.PRE_OPEN),
        (9 * 3600, Phase.OPENING_AUCTION),
        (9 * 3600 + 1815, Phase.CONTINUOUS),
        (16 * 3600, Phase.CLOSING_AUCTION),
        (16 * 3600 + 300, Phase.CLOSED),
        (17 * 3600, "2026-01-02"),
    ]
    assert world.drawn == [30]


def test_a_random_end_is_drawn_to_the_nanosecond() -> None:
    world = World(scheduled(*TRADING_DAY), "2026-01-02T09:10:00", phases={1: (Phase.OPENING_AUCTION, 0)}, draw=12.5)
    assert world.fired("2026-01-02T09:30:12") == []
    assert world.fired(seconds=0.499999999) == []
    assert world.fired(seconds=0.000000001) == [phase(Phase.CONTINUOUS)]


def test_a_restart_within_the_random_end_draws_it_again() -> None:
    phases = {1: (Phase.OPENING_AUCTION, ns("2026-01-02T09:00:00"))}
    world = World(scheduled(*TRADING_DAY), "2026-01-02T09:30:05", phases=phases, draw=10)
    assert world.fired() == []
    assert world.fired(seconds=5) == [phase(Phase.CONTINUOUS)]


@pytest.mark.parametrize(
    ("entered", "at", "told"),
    [
        (None, "", [phase(Phase.CONTINUOUS)]),  # listed CLOSED, and never changed
        (Phase.CONTINUOUS, "2026-01-01T09:30:05", []),  # what it should be
        (Phase.CLOSED, "2026-01-01T16:05:00", [phase(Phase.CONTINUOUS)]),  # the opening was missed
        (Phase.VOLATILITY_PAUSE, "2026-01-01T15:00:00", [phase(Phase.CONTINUOUS)]),  # one of yesterday
        (Phase.VOLATILITY_PAUSE, "2026-01-02T09:45:00", []),  # the book's own, of today
        (Phase.CLOSED, "2026-01-02T09:45:00", []),  # an operator's
    ],
)
def test_the_phase_at_the_start(entered: Phase | None, at: str, told: list[Any]) -> None:
    """It is set if the schedule has said something since the book's phase was entered; what an operator or the book
    itself set later stays until the next change."""
    phases = {1: (entered, ns(at))} if entered else {}
    world = World(scheduled(*TRADING_DAY), phases=phases)
    assert world.done() == told
    assert world.done("2026-01-02T16:00:00") == [phase(Phase.CLOSING_AUCTION)]


def test_what_was_missed_runs_in_the_order_of_its_times() -> None:
    world = World(scheduled(*TRADING_DAY), last_day="2025-12-31", phases={1: (Phase.CLOSING_AUCTION, 0)})
    assert world.fired() == [ExpireDayOrders(1, "2026-01-01"), phase(Phase.CONTINUOUS)]
    world = World(scheduled(*TRADING_DAY), "2026-01-02T18:00:00", "2026-01-01", {1: (Phase.CLOSING_AUCTION, 0)})
    assert world.fired() == [phase(Phase.CLOSED), expire("2026-01-02")]


def test_an_auction_that_ends_with_the_day_has_its_day_orders() -> None:
    listed = scheduled(*TRADING_DAY, daily_roll="16:05")
    world = World(listed, "2026-01-02T16:04:00", "2026-01-01", {1: (Phase.CLOSING_AUCTION, 0)})
    assert world.done() == []
    assert world.done("2026-01-02T16:05:00") == [phase(Phase.CLOSED), expire("2026-01-02")]


def test_phases_that_passed_unseen_are_left_out() -> None:
    """A suspended machine wakes two days later: no auctions in a row."""
    world = World(scheduled(*TRADING_DAY), phases={1: (Phase.CONTINUOUS, 0)})
    assert world.done() == []
    assert world.done("2026-01-04T09:10:00") == [phase(Phase.OPENING_AUCTION), ExpireDayOrders(1, "2026-01-03")]
    assert world.done("2026-01-04T09:30:00") == [phase(Phase.CONTINUOUS)]


def test_a_phase_that_its_book_fails_to_enter_is_asked_for_again() -> None:
    world = World(scheduled(*TRADING_DAY), phases={1: (Phase.CLOSED, 0)})
    assert world.fired() == [phase(Phase.CONTINUOUS)]
    world.fail()
    assert world.fired(seconds=0.5) == []
    assert world.done(seconds=0.5) == [phase(Phase.CONTINUOUS)]
    assert world.done("2026-01-02T16:00:00") == [phase(Phase.CLOSING_AUCTION)]


def test_a_halted_auction_stands_still() -> None:
    world = World(scheduled(*TRADING_DAY), "2026-01-02T09:10:00", phases={1: (Phase.OPENING_AUCTION, 0)})
    world.status(InstrumentStatus.HALTED)
    assert world.done("2026-01-02T09:31:00") == []
    assert world.done("2026-01-02T16:01:00") == []
    world.status(InstrumentStatus.ACTIVE)
    assert world.done(seconds=1) == [phase(Phase.CLOSING_AUCTION)]
    assert world.done(seconds=1) == []
    assert world.done("2026-01-02T16:05:00") == [phase(Phase.CLOSED)]


def test_day_orders_expire_while_halted_and_nothing_is_timed_once_delisted() -> None:
    world = World(scheduled(*TRADING_DAY), phases={1: (Phase.CONTINUOUS, 0)})
    world.done()
    world.status(InstrumentStatus.HALTED)
    assert world.done("2026-01-02T17:00:00") == []
    assert world.done("2026-01-03T17:00:00") == [ExpireDayOrders(1, "2026-01-03")]
    world.status(InstrumentStatus.DELISTED)
    assert world.done("2026-01-05T17:00:00") == []


# ---- instruments that come and change ------------------------------------------------------------------------------


def test_an_instrument_listed_at_run_time_is_timed() -> None:
    world = World()
    assert world.done() == []
    world.books[2] = world.book
    assert world.done() == []
    world.directory.apply(InstrumentListed(scheduled(*TRADING_DAY, symbol_id=2, symbol="ETH/USDT")))
    assert world.done() == [ExpireDayOrders(2, "2026-01-01"), SetTradingPhase(2, Phase.CONTINUOUS)]
    assert world.done("2026-01-02T16:00:00") == [SetTradingPhase(2, Phase.CLOSING_AUCTION)]


def test_watch_times_an_instrument_before_the_next_look() -> None:
    world = World(scheduled(*TRADING_DAY))
    world.schedule.watch(1)
    assert world.done() == [phase(Phase.CONTINUOUS)]


def test_a_changed_schedule_takes_the_place_of_the_old_one() -> None:
    world = World(scheduled(*TRADING_DAY), last_day="2026-01-01", phases={1: (Phase.CONTINUOUS, 0)})
    assert world.done() == []
    later = [*TRADING_DAY[:3], Session("16:30", Phase.CLOSING_AUCTION), Session("16:35", Phase.CLOSED)]
    world.change(schedule=later)
    assert world.done() == []
    assert world.done("2026-01-02T16:00:00") == []
    assert world.done("2026-01-02T16:30:00") == [phase(Phase.CLOSING_AUCTION)]
    world.change(schedule=TRADING_DAY)
    assert world.done(seconds=1) == [phase(Phase.CLOSED)]
    world.change(schedule=[])
    assert world.done("2026-01-02T23:00:00") == [expire("2026-01-02")]


def test_a_book_that_is_busy_is_not_asked_twice_because_its_rules_changed() -> None:
    world = World(scheduled(*TRADING_DAY), last_day="2026-01-01", phases={1: (Phase.CONTINUOUS, 0)})
    world.now_ns = ns("2026-01-02T17:00:00")
    assert world.fired() == [phase(Phase.CLOSED), expire("2026-01-02")]
    world.change(daily_roll="16:30", schedule=TRADING_DAY[:-1])
    assert world.fired(seconds=1) == []
    world.answer()
    assert world.fired(seconds=1) == []
    assert world.fired("2026-01-03T08:00:00") == [phase(Phase.PRE_OPEN)]


def test_replay_tells_the_phase_and_since_when() -> None:
    state = VenueState()
    state.apply(1, Record(5, 0, 0, 0, [], [InstrumentListed(instrument())]))
    assert state.phases == {}
    for time_ns, entered in ((7, Phase.PRE_OPEN), (9, Phase.OPENING_AUCTION)):
        state.apply(time_ns, Record(time_ns, 0, 0, 0, [], [TradingPhaseChanged(1, entered, 0)]))
    assert state.phases == {1: (Phase.OPENING_AUCTION, 9)}


def test_a_change_of_other_rules_leaves_an_operators_phase() -> None:
    world = World(scheduled(*TRADING_DAY), phases={1: (Phase.CONTINUOUS, 0)})
    assert world.done() == []
    world.change(tick_size=5)
    assert world.done(seconds=1) == []
    assert world.done("2026-01-02T16:00:00") == [phase(Phase.CLOSING_AUCTION)]


# ---- deadlines -----------------------------------------------------------------------------------------------------


def test_a_book_is_told_the_time_when_its_deadline_has_come() -> None:
    world = World()
    world.deadlines[1] = world.now_ns + NS
    assert world.fired() == []
    assert world.fired(seconds=1) == [advance()]
    world.deadlines[1] += NS // 2
    assert world.fired(seconds=0.5) == [advance()]
    world.deadlines[1] = 0
    assert world.fired(seconds=5) == []
    del world.deadlines[1]
    assert world.fired(seconds=5) == []


def test_a_book_that_does_not_move_on_is_told_once_a_second() -> None:
    world = World()
    world.deadlines[1] = world.now_ns
    told = [len(world.fired(seconds=0.25)) for _ in range(8)]
    assert told == [1, 0, 0, 0, 1, 0, 0, 0]


# ---- the service ---------------------------------------------------------------------------------------------------


def live(world: World) -> None:
    """The venue's clock is trio's."""
    start_ns, begun = world.now_ns, trio.current_time()
    world.schedule._clock_ns = lambda: start_ns + round((trio.current_time() - begun) * NS)


async def test_the_service_looks_once_a_second(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    async with trio.open_nursery() as nursery:
        await nursery.start(world.schedule.run, None)
        assert world.rolled() == []
        world.now_ns = ns("2026-01-03T12:00:00")
        await trio.sleep(1.5)
        assert world.rolled() == [TradingDayRolled("2026-01-03")]
        assert world.ticks == 1
        nursery.cancel_scope.cancel()


async def test_the_service_sleeps_until_something_is_due(autojump_clock: trio.testing.MockClock) -> None:
    opening = scheduled(Session("10:00:03", Phase.CONTINUOUS, random_end_s=1))
    world = World(opening, phases={1: (Phase.CONTINUOUS, 0)}, draw=0.25)
    live(world)
    start_ns = world.now_ns
    world.deadlines[1] = start_ns + 300_000_000
    async with trio.open_nursery() as nursery:
        await nursery.start(world.schedule.run, None)
        world.book.take()
        await trio.sleep(0.31)
        assert [operate.command for operate in world.book.take()] == [advance()]
        world.deadlines[1] = 0
        await trio.sleep(2.93)
        assert world.book.take() == []
        await trio.sleep(0.02)
        assert [operate.command for operate in world.book.take()] == [phase(Phase.CONTINUOUS)]
        nursery.cancel_scope.cancel()


async def test_an_opening_of_many_leaves_room_for_others() -> None:
    world = World(last_day="")
    for symbol_id in range(2, CHUNK + 3):
        world.directory.apply(InstrumentListed(instrument(symbol_id=symbol_id, symbol=f"S{symbol_id}")))
        world.books[symbol_id] = Mailbox("book", 10)
    assert not world.schedule.fire()
    assert sum(len(mailbox) for mailbox in world.books.values()) == CHUNK
    assert world.schedule.fire()
    assert sum(len(mailbox) for mailbox in world.books.values()) == CHUNK + 2
