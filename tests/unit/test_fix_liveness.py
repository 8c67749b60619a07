"""Heartbeats, test requests and the timers of waiting: each in time, and no call in between."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_fix_session import NOW, active, client_frame

from gateways.fix.liveness import Due, Liveness
from gateways.timer_wheel import TimerWheel

RESOLUTION_S, FACTOR = 0.25, 1.2
TICKS = 240


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def at(self, now_s: float) -> float:
        self.now_s = now_s
        return now_s


def liveness(heartbeat_s: int = 10) -> tuple[Liveness, Clock]:
    clock = Clock()
    return Liveness(heartbeat_s, FACTOR, clock, RESOLUTION_S), clock


def test_a_heartbeat_goes_before_it_falls_due_and_not_when_anything_was_sent() -> None:
    timers, clock = liveness()
    assert timers.next_s == 10
    assert timers.due(clock.at(9.5)) is Due.NOTHING
    assert timers.due(clock.at(9.75)) is Due.HEARTBEAT
    timers.sent()
    timers.heard()
    assert timers.next_s == 19.75
    assert timers.due(clock.at(10.0)) is Due.NOTHING


def test_silence_is_tested_and_then_ends_the_session() -> None:
    timers, clock = liveness()
    timers.sent()
    assert timers.due(clock.at(12.0)) is Due.HEARTBEAT
    timers.sent()
    assert timers.next_s == 12.5, "never before 1.2 times the interval, whatever the time is late by"
    assert timers.due(clock.at(12.25)) is Due.TEST_REQUEST
    timers.sent()
    assert timers.due(clock.at(22.0)) is Due.HEARTBEAT
    timers.sent()
    assert timers.due(clock.at(24.25)) is Due.NOTHING
    assert timers.due(clock.at(24.5)) is Due.DISCONNECT


def test_an_answer_to_the_test_is_enough_also_at_the_same_time() -> None:
    timers, clock = liveness()
    assert timers.due(clock.at(12.25)) is Due.TEST_REQUEST
    timers.sent()
    timers.heard()
    assert timers.due(clock.at(24.5)) is Due.TEST_REQUEST


def test_a_client_that_the_venue_does_not_read_is_not_silent() -> None:
    timers, clock = liveness()
    timers.paused = True
    assert {timers.due(clock.at(now_s)) for now_s in range(100)} == {Due.NOTHING, Due.HEARTBEAT}
    timers.paused = False
    timers.sent()
    assert timers.due(clock.at(111.0)) is Due.HEARTBEAT
    assert timers.due(clock.at(111.25)) is Due.TEST_REQUEST


def test_without_an_interval_nothing_ever_falls_due() -> None:
    timers, clock = liveness(0)
    assert timers.next_s == math.inf
    assert timers.due(clock.at(1e9)) is Due.NOTHING


class Called:
    """A connection that the wheel calls as its liveness asks; the client answers each TestRequest at once."""

    def __init__(self, heartbeat_s: int, said: dict[int, str]) -> None:
        """``said``: what passes at which tick of the wheel, "sent" or "heard"."""
        self.wheel = TimerWheel(RESOLUTION_S, 0.0)
        self.timers = Liveness(heartbeat_s, FACTOR, self.wheel, RESOLUTION_S)
        self.sent, self.heard, self.calls = [0.0], [0.0], 0
        self.limit_s = heartbeat_s * FACTOR
        self.wheel.add(self, self.timers.next_s)
        for tick in range(1, TICKS):
            now_s = tick * RESOLUTION_S
            assert self.wheel.advance(now_s, 1)
            for what in said.get(tick, "").split():
                self.passed(what, now_s)

    def passed(self, what: str, now_s: float) -> None:
        if what == "sent":
            self.timers.sent()
            self.sent.append(now_s)
        else:
            self.timers.heard()
            self.heard.append(now_s)

    def due(self, now_s: float) -> float | None:
        self.calls += 1
        due = self.timers.due(now_s)
        assert due is not Due.DISCONNECT
        if due is not Due.NOTHING:
            self.passed("sent", now_s)
        if due is Due.TEST_REQUEST:
            assert now_s - self.heard[-1] >= self.limit_s
            self.passed("heard", now_s)
        return self.timers.next_s


@given(
    heartbeat_s=st.integers(1, 6),
    said=st.dictionaries(st.integers(1, TICKS), st.sampled_from(["sent", "heard", "sent heard"]), max_size=30),
)
def test_called_only_when_it_asks_to_be_it_keeps_its_times(heartbeat_s: int, said: dict[int, str]) -> None:
    called = Called(heartbeat_s, said)
    assert max(pauses(called.sent)) <= heartbeat_s
    assert max(pauses(called.heard)) <= called.limit_s + 2 * RESOLUTION_S
    assert called.calls <= len(called.sent) + len(called.heard) + TICKS * RESOLUTION_S / heartbeat_s


def pauses(moments: list[float]) -> list[float]:
    return [after - before for before, after in pairwise([*moments, TICKS * RESOLUTION_S])]


# ---- what a session waits for ----------------------------------------------------------------------------------------


def test_an_idle_session_is_left_alone_until_its_heartbeat() -> None:
    session, _, _ = active(body="98=0|108=30")
    assert not session.timers.waiting
    assert session.timers.next_s(0.0) == 30


def test_one_heartbeat_waits_for_a_resend_to_end_however_long_that_takes() -> None:
    session, _, wire = active(body="98=0|108=1")
    session.receive([client_frame("2", 2, "7=1|16=0")], NOW)
    resend = session.resends.next()
    assert resend is not None
    for now_s in (0.75, 1.0, 1.25):
        session.tick(now_s, NOW)
    assert session.parked == 1
    session.resends.finish(resend, NOW)
    session.resends.go_live(NOW)
    assert wire.brief() == ["4/1", "0/2"]


def test_a_gap_is_looked_after_until_it_closes() -> None:
    session, _, wire = active(body="98=0|108=0", resend_timeout_s=10.0)
    assert session.timers.next_s(0.0) == math.inf
    session.receive([client_frame("0", 3)], NOW)
    assert session.timers.waiting
    assert session.timers.next_s(5.0) == 5.25
    for now_s in (9.75, 10.0):
        session.tick(now_s, NOW)
    assert wire.brief() == ["2/2", "2/3"]
    session.receive([client_frame("0", 2)], NOW)
    assert not session.timers.waiting


@pytest.mark.parametrize("asked", [True, False])
def test_a_logout_is_looked_after(asked: bool) -> None:
    session, port, _ = active(body="98=0|108=0", logout_timeout_s=5.0)
    if asked:
        session.receive([client_frame("5", port.in_next)], NOW)
    else:
        session.disconnect("bye", NOW)
    assert session.timers.waiting
    session.tick(4.75, NOW)
    assert session.timers.waiting
    session.tick(5.0, NOW)
    assert not session.timers.waiting
