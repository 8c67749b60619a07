"""The wheel against a plain list of what is due when."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.timer_wheel import SLOTS, TimerWheel

ALL = 10**9


class Once:
    """Waits for one moment, or again and again."""

    def __init__(self, again_s: float | None = None) -> None:
        self.again_s = again_s
        self.called: list[float] = []

    def due(self, now_s: float) -> float | None:
        self.called.append(now_s)
        return None if self.again_s is None else now_s + self.again_s


def test_a_call_comes_within_the_resolution_before_its_moment_and_not_twice() -> None:
    wheel, once = TimerWheel(0.5, 100.0), Once()
    wheel.add(once, 101.2)
    assert wheel.advance(100.9, ALL)
    assert once.called == []
    assert wheel.advance(101.0, ALL)
    assert wheel.advance(200.0, ALL)
    assert once.called == [101.0]
    assert len(wheel) == 0


def test_what_is_due_already_is_called_at_the_next_turn() -> None:
    wheel, once = TimerWheel(0.5, 100.0), Once()
    wheel.add(once, 3.0)
    wheel.advance(100.5, ALL)
    assert once.called == [100.5]


def test_moments_beyond_a_turn_of_the_wheel_wait_for_another() -> None:
    wheel, once = TimerWheel(1.0, 0.0), Once()
    wheel.add(once, 3.0 * SLOTS)
    for now in range(3 * SLOTS):
        assert wheel.advance(float(now), ALL)
        assert not once.called
    wheel.advance(3.0 * SLOTS, ALL)
    assert once.called == [3.0 * SLOTS]


def test_a_long_sleep_calls_each_once() -> None:
    wheel = TimerWheel(0.05, 0.0)
    waiting = [Once(again_s=1.0) for _ in range(2000)]
    for n, each in enumerate(waiting):
        wheel.add(each, n / 100)
    assert wheel.advance(1e6, ALL)
    assert {tuple(each.called) for each in waiting} == {(1e6,)}
    assert len(wheel) == 2000
    assert wheel.advance(1e6 + 1.05, ALL)
    assert {len(each.called) for each in waiting} == {2}


def test_who_waits_no_longer_is_not_called() -> None:
    wheel, gone, kept = TimerWheel(0.5, 0.0), Once(), Once()
    wheel.add(gone, 1.0)
    wheel.add(kept, 1.0)
    wheel.discard(gone)
    wheel.discard(gone)
    wheel.advance(5.0, ALL)
    assert (gone.called, kept.called) == ([], [5.0])


def test_another_moment_takes_the_place_of_the_one_before() -> None:
    wheel, once = TimerWheel(0.5, 0.0), Once()
    wheel.add(once, 10.0)
    wheel.add(once, 1.0)
    wheel.advance(1.0, ALL)
    wheel.advance(20.0, ALL)
    assert once.called == [1.0]


def test_no_more_are_called_at_a_time_than_may_be() -> None:
    wheel = TimerWheel(0.5, 0.0)
    waiting = [Once(again_s=1.0) for _ in range(10)]
    for each in waiting:
        wheel.add(each, 1.0)
    assert [wheel.advance(1.0, 4) for _ in range(3)] == [False, False, True]
    assert {tuple(each.called) for each in waiting} == {(1.0,)}


def test_who_asks_for_now_over_and_over_does_not_stop_the_wheel() -> None:
    wheel, eager = TimerWheel(0.5, 0.0), Once(again_s=-1.0)
    wheel.add(eager, 0.0)
    for now in (0.5, 1.0, 1.5):
        assert wheel.advance(now, ALL)
    assert eager.called == [0.5, 1.0, 1.5]


def test_who_moves_itself_while_called_waits_for_that() -> None:
    wheel = TimerWheel(0.5, 0.0)

    class Mover(Once):
        def due(self, now_s: float) -> float | None:
            wheel.add(self, 7.0)
            return super().due(now_s)

    mover = Mover(again_s=1.0)
    wheel.add(mover, 1.0)
    wheel.advance(1.0, ALL)
    wheel.advance(6.0, ALL)
    assert mover.called == [1.0]
    wheel.advance(7.0, ALL)
    assert mover.called == [1.0, 7.0]


moments = st.floats(0, 500, allow_nan=False)


@settings(max_examples=100)
@given(
    start=moments,
    waits=st.lists(moments, max_size=30),
    steps=st.lists(st.floats(0, 60, allow_nan=False), min_size=1, max_size=30),
    resolution=st.sampled_from([0.05, 0.25, 1.0]),
)
def test_whatever_waits_is_called_at_its_moment(
    start: float, waits: list[float], steps: list[float], resolution: float
) -> None:
    wheel = TimerWheel(resolution, start)
    waiting = [(Once(), start + wait) for wait in waits]
    for each, at in waiting:
        wheel.add(each, at)
    now = start
    for step in steps:
        before, now = now, now + step
        assert wheel.advance(now, ALL)
        for each, at in waiting:
            if each.called and each.called[0] == now > before:
                assert at < now + resolution + 1e-6
            elif not each.called:
                assert at >= math.floor(now / resolution) * resolution - 1e-6 or math.isclose(
                    at, now, abs_tol=resolution
                )
    wheel.advance(start + 2000, ALL)
    assert all(len(each.called) == 1 for each, _ in waiting)
