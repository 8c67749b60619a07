"""Windows end on time: who is logged out, with which words, and who is left alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import trio.testing
import venue_in_process as venues
from fix_wire import SESSION_ID, World, world
from port_world import PortWorld
from venue_in_process import Clock

from actors.messages import Disconnect
from actors.runtime import Dispatcher, Mailbox
from actors.session_times import CHECK_INTERVAL_S, PAUSE_S, SessionTimes
from engine.session_profile import SessionProfile, SessionSchedule, SessionWindow
from engine.session_schedule import window_at

NS = 10**9
OFFICE = SessionSchedule("Europe/London", [SessionWindow([0, 1, 2, 3, 4], "08:00:00", "17:00:00")])
ROUND = SessionSchedule("UTC", [SessionWindow(list(range(7)), "17:00:00", "17:00:00")])


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC")).timestamp()) * NS


class Times:
    """The service, a clock, and a session that is logged on since ``since``."""

    def __init__(self, schedule: SessionSchedule | None, since: str) -> None:
        self.now_ns = at(since)
        world = PortWorld()
        self.port = world.port
        self.mail: Mailbox[Disconnect] = Mailbox("port", 10)
        self.change(schedule)
        if schedule is not None:
            self.port.epochs.window = window_at(schedule, self.now_ns)
        self.service = SessionTimes({1: self.port}, {1: self.mail}, Dispatcher(), lambda: self.now_ns)

    def change(self, schedule: SessionSchedule | None) -> None:
        profile = SessionProfile(schedule=schedule)
        self.port.state.opened = msgspec.structs.replace(self.port.state.opened, profile=profile)

    def fire(self, when: str = "") -> list[str]:
        """The reasons for which the client is disconnected."""
        self.now_ns = at(when) if when else self.now_ns
        self.service.fire()
        return [message.reason for message in self.mail.take()]


def test_a_session_ends_with_its_window() -> None:
    times = Times(OFFICE, "2026-01-05T09:00:00")
    assert times.fire() == times.fire("2026-01-05T16:59:59") == []
    assert times.fire("2026-01-05T17:00:00") == [
        "the session's schedule has ended; it opens again at 2026-01-06 08:00:00 Europe/London"
    ]


def test_where_windows_meet_the_client_has_to_come_back_at_once() -> None:
    times = Times(ROUND, "2026-01-05T09:00:00")
    assert times.fire("2026-01-05T17:00:00") == [
        "the session's schedule has ended; it opens again at 2026-01-05 17:00:00 UTC"
    ]


def test_a_machine_that_slept_into_the_next_window_ends_what_was_on() -> None:
    times = Times(OFFICE, "2026-01-05T09:00:00")
    assert times.fire() == []
    assert len(times.fire("2026-01-06T09:00:00")) == 1


@pytest.mark.parametrize("since", ["2026-01-05T09:00:00", "2026-01-10T09:00:00"])
def test_without_a_schedule_nothing_ends(since: str) -> None:
    times = Times(None, since)
    assert times.fire() == times.fire("2026-01-11T00:00:00") == []


def test_who_is_not_connected_is_not_told() -> None:
    times = Times(OFFICE, "2026-01-05T09:00:00")
    times.port.connection = None
    assert times.fire("2026-01-05T18:00:00") == []


def test_a_schedule_that_is_changed_meanwhile_counts_at_once() -> None:
    times = Times(OFFICE, "2026-01-05T09:00:00")
    assert times.fire() == []
    times.change(SessionSchedule("Europe/London", [SessionWindow([0], "08:00:00", "12:00:00")]))
    assert times.fire() == []
    assert times.fire("2026-01-05T12:00:00") == [
        "the session's schedule has ended; it opens again at 2026-01-12 08:00:00 Europe/London"
    ]


def test_a_schedule_that_is_given_meanwhile_ends_who_is_outside_of_it() -> None:
    times = Times(None, "2026-01-05T07:00:00")
    times.change(OFFICE)
    assert len(times.fire()) == 1
    inside = Times(None, "2026-01-05T09:00:00")
    inside.change(OFFICE)
    assert inside.fire() == []
    assert len(inside.fire("2026-01-05T17:00:00")) == 1


def test_it_looks_again_when_the_next_window_ends() -> None:
    times = Times(OFFICE, "2026-01-05T09:00:00")
    assert times.service.fire() == CHECK_INTERVAL_S
    times.now_ns = at("2026-01-05T17:00:00") - NS // 4
    assert times.service.fire() == 0.25
    times.now_ns = at("2026-01-05T17:00:00") - 1
    assert times.service.fire() == PAUSE_S


async def test_it_runs(autojump_clock: trio.testing.MockClock) -> None:
    times = Times(OFFICE, "2026-01-05T16:59:59")
    async with trio.open_nursery() as nursery:
        await nursery.start(times.service.run, None)
        assert times.mail.take() == []
        times.now_ns += NS
        await trio.sleep(1.5)
        assert len(times.mail.take()) == 1
        nursery.cancel_scope.cancel()


# ---- in a venue -----------------------------------------------------------------------------------------------------


async def _end(it: World, clock: Clock, when: str) -> None:
    clock.now_ns = at(when)
    venue = it.venue
    SessionTimes(venue.ports, venue.port_mail, venue.dispatcher, clock).fire()
    await venues.at_rest(venue)


async def test_the_client_gets_a_logout_and_the_next_window_starts_from_one(tmp_path: Path) -> None:
    clock = Clock(at("2026-01-05T09:00:00"))
    async with world(tmp_path, clock, schedule=OFFICE) as it:
        wire = await it.connect()
        await wire.log_on(1)
        await _end(it, clock, "2026-01-05T17:00:00")
        logout = await wire.next()
        assert (logout["35"], logout["34"]) == ("5", "2")
        assert logout["58"].endswith("has ended; it opens again at 2026-01-06 08:00:00 Europe/London")
        await wire.send("5", 2)
        assert await wire.ended()
        await it.gone()
        assert (await (await it.connect()).log_on(3))["58"].startswith("the session is outside its schedule")
        clock.now_ns = at("2026-01-06T08:00:00")
        assert (await (await it.connect()).log_on(1))["34"] == "1"


async def test_a_client_that_says_nothing_is_cut(tmp_path: Path) -> None:
    clock = Clock(at("2026-01-05T09:00:00"))
    async with world(tmp_path, clock, schedule=OFFICE) as it:
        wire = await it.connect()
        await wire.log_on(1)
        await _end(it, clock, "2026-01-05T17:00:00")
        assert (await wire.next())["35"] == "5"
        connection = it.venue.ports[SESSION_ID].connection
        assert connection.due(trio.current_time() + 5.1) is None  # type: ignore[union-attr]
        assert await wire.ended()
        await it.gone()
        assert not it.state.logged_on
