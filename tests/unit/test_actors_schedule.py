"""Rolls: when a trading day has ended, and what is fired for it, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trio
import trio.testing
from engine_builders import expire, instrument

from actors.messages import Operate
from actors.runtime import Dispatcher, Mailbox
from actors.schedule import Schedule, ended_day
from engine.directory import Directory
from engine.events import InstrumentListed, TradingDayRolled


def ns(local: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("now", "roll", "zone", "day"),
    [
        ("2026-01-02T00:00:00", "00:00", "UTC", "2026-01-02"),
        ("2026-01-01T23:59:59", "00:00", "UTC", "2026-01-01"),
        ("2026-01-02T16:59:59", "17:00", "America/New_York", "2026-01-01"),
        ("2026-01-02T17:00:00", "17:00", "America/New_York", "2026-01-02"),
        ("2026-03-08T01:59:59", "02:30", "America/New_York", "2026-03-07"),
        ("2026-03-08T04:00:00", "02:30", "America/New_York", "2026-03-08"),
    ],
)
def test_the_day_that_has_ended_last(now: str, roll: str, zone: str, day: str) -> None:
    assert ended_day(ns(now, zone), roll, zone) == day


class World:
    def __init__(self, last_days: dict[int, str], last_day: str) -> None:
        self.now_ns = ns("2026-01-02T10:00:00")
        directory = Directory()
        directory.apply(InstrumentListed(instrument()))
        self.book: Mailbox[Any] = Mailbox("book", 10)
        self.journal: Mailbox[Any] = Mailbox("journal", 10)
        self.schedule = Schedule(
            directory,
            {1: self.book},
            self.journal,
            Dispatcher(),
            lambda: self.now_ns,
            ("12:00", "UTC"),
            last_days,
            last_day,
            lambda: None,
        )

    def fired(self) -> tuple[list[Any], list[Any]]:
        return self.book.take(), [event for outcome in self.journal.take() for event in outcome.events]


def test_what_fell_due_is_fired_once() -> None:
    world = World({1: "2026-01-01"}, "2026-01-01")
    world.schedule.fire()
    world.schedule.fire()
    assert world.fired() == ([Operate(expire("2026-01-02"))], [])
    world.now_ns = ns("2026-01-02T12:00:00")
    world.schedule.fire()
    world.schedule.fire()
    assert world.fired() == ([], [TradingDayRolled("2026-01-02")])


def test_days_that_passed_unseen_are_one_roll() -> None:
    world = World({1: "2025-12-24"}, "2025-12-24")
    world.schedule.fire()
    assert world.fired() == ([Operate(expire("2026-01-02"))], [TradingDayRolled("2026-01-01")])


def test_a_clock_that_steps_back_fires_nothing() -> None:
    world = World({1: "2026-01-02"}, "2026-01-02")
    world.now_ns = ns("2025-12-31T10:00:00")
    world.schedule.fire()
    assert world.fired() == ([], [])


async def test_the_service_looks_once_a_second(autojump_clock: trio.testing.MockClock) -> None:
    world = World({1: "2026-01-02"}, "2026-01-01")
    async with trio.open_nursery() as nursery:
        await nursery.start(world.schedule.run, None)
        assert world.fired() == ([], [])
        world.now_ns = ns("2026-01-02T12:00:00")
        await trio.sleep(1.5)
        assert world.fired() == ([], [TradingDayRolled("2026-01-02")])
        nursery.cancel_scope.cancel()
