"""The watchdog names the actor that does not return."""

import threading
from collections.abc import Callable, Iterator

import pytest

from actors.runtime import Actor, Cell, Dispatcher, Mailbox, Stuck, Watchdog


class Busy(Actor[int]):
    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work

    def on_batch(self, batch: Iterator[int]) -> None:
        for _ in batch:
            self._work()


def run_busy(dispatcher: Dispatcher, work: Callable[[], object], turns: int = 1) -> None:
    mailbox: Mailbox[int] = dispatcher.mailbox("busy", depth_max=10)
    Cell.of(mailbox).install(Busy(work))
    for turn in range(turns):
        mailbox.tell(turn)
        dispatcher.pump()


def test_a_batch_past_the_limit_is_reported_once_with_its_name() -> None:
    dispatcher, reports = Dispatcher(), list[Stuck]()
    watchdog = Watchdog(dispatcher, limit_s=1.0, on_stuck=reports.append)

    def work() -> None:
        for now_s in (10.0, 10.9):
            watchdog.check(now_s)
        assert reports == []
        for now_s in (11.0, 12.0, 13.0):
            watchdog.check(now_s)

    run_busy(dispatcher, work)
    [stuck] = reports
    assert (stuck.name, stuck.seconds) == ("busy", 1.0)
    assert "run_busy" in stuck.stack


def test_many_short_batches_and_idleness_are_not_reported() -> None:
    dispatcher, reports = Dispatcher(), list[Stuck]()
    watchdog = Watchdog(dispatcher, limit_s=1.0, on_stuck=reports.append)
    times = iter(range(100, 200))
    run_busy(dispatcher, lambda: watchdog.check(float(next(times))), turns=5)
    watchdog.check(1000.0)
    watchdog.check(2000.0)
    assert reports == []


def test_the_next_stuck_batch_is_reported_again() -> None:
    dispatcher, reports = Dispatcher(), list[Stuck]()
    watchdog = Watchdog(dispatcher, limit_s=1.0, on_stuck=reports.append)
    times = iter(range(100))

    def work() -> None:
        watchdog.check(float(next(times)))
        watchdog.check(float(next(times)))

    run_busy(dispatcher, work, turns=2)
    assert len(reports) == 2


def test_the_thread_reports_while_the_actor_still_blocks() -> None:
    dispatcher, reports, reported = Dispatcher(), list[Stuck](), threading.Event()

    def on_stuck(stuck: Stuck) -> None:
        reports.append(stuck)
        reported.set()

    with Watchdog(dispatcher, limit_s=0.01, on_stuck=on_stuck):
        run_busy(dispatcher, lambda: reported.wait(timeout=60))
    assert [stuck.name for stuck in reports] == ["busy"]
    assert "run_busy" in reports[0].stack


def test_a_limit_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="limit_s"):
        Watchdog(Dispatcher(), limit_s=0, on_stuck=lambda _: None)
