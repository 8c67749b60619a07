"""What the dispatcher knows when an actor raises, and who hears of it."""

from collections.abc import Iterator

import pytest
import trio
import trio.testing
from runtime_children import Recorder, fail_on, place

from actors.runtime import Actor, Cell, Crash, Dispatcher, DispatcherFailed


def test_a_crash_names_its_message_parks_the_cell_and_puts_the_rest_back_in_their_lanes() -> None:
    dispatcher, crashes = Dispatcher(), list[Crash[int]]()
    actor = Recorder(fail_on(2))
    mailbox = place(dispatcher, "a", actor, crashes.append)
    mailbox.tell_all([4, 5])
    mailbox.tell_first_all([1, 2, 3])
    assert dispatcher.pump()
    [crash] = crashes
    assert (crash.poison, crash.put_back, str(crash.error)) == (2, 3, "poison 2")
    cell = Cell.of(mailbox)
    assert cell.parked
    assert (cell.batches, cell.messages, cell.crashes) == (1, 2, 1)
    mailbox.tell(6)
    mailbox.tell_first(0)
    assert dispatcher.pump()
    assert mailbox.take() == [3, 0, 4, 5, 6]


def test_a_crash_under_a_budget_keeps_the_order_of_both_lanes() -> None:
    dispatcher, crashes = Dispatcher(), list[Crash[int]]()
    mailbox = place(dispatcher, "a", Recorder(fail_on(2)), crashes.append)
    mailbox.tell_all([5, 6])
    mailbox.tell_first_all([1, 2, 3, 4])
    dispatcher.pump(3)
    assert crashes[0].poison == 2
    mailbox.tell_first(-1)
    assert mailbox.take() == [3, 4, -1, 5, 6]


def test_a_crash_before_the_first_message_blames_none_and_loses_none() -> None:
    class Broken(Actor[int]):
        def on_batch(self, batch: Iterator[int]) -> None:
            raise ValueError("at once")

    dispatcher, crashes = Dispatcher(), list[Crash[int]]()
    mailbox = place(dispatcher, "a", Broken(), crashes.append)
    mailbox.tell_all([1, 2])
    dispatcher.pump()
    assert (crashes[0].poison, crashes[0].put_back) == (None, 2)
    assert mailbox.take() == [1, 2]


def test_a_crash_on_the_last_message_is_told_from_one_after_it() -> None:
    class Late(Recorder):
        def on_batch(self, batch: Iterator[int]) -> None:
            super().on_batch(batch)
            raise ValueError("after the batch")

    dispatcher, crashes = Dispatcher(), list[Crash[int]]()
    place(dispatcher, "on the last", Recorder(fail_on(2)), crashes.append).tell_all([1, 2])
    place(dispatcher, "after the last", Late(), crashes.append).tell_all([1, 2])
    dispatcher.pump()
    assert [crash.poison for crash in crashes] == [2, None]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_stops_the_program_is_not_swallowed_and_loses_no_mail(kind: type[BaseException]) -> None:
    def stop(_: int) -> None:
        raise kind

    dispatcher = Dispatcher()
    mailbox = place(dispatcher, "a", Recorder(stop), lambda crash: None)
    other = place(dispatcher, "b", Recorder())
    mailbox.tell_all([1, 2])
    other.tell(3)
    with pytest.raises(kind):
        dispatcher.pump()
    assert mailbox.take() == [2]
    assert dispatcher.running is None
    assert dispatcher.pump(), "the dispatcher is not left in a turn"


def test_without_a_task_what_nobody_supervises_raises_where_it_is_pumped() -> None:
    dispatcher = Dispatcher()
    place(dispatcher, "a", Recorder(fail_on(1))).tell(1)
    with pytest.raises(ValueError, match="poison 1"):
        dispatcher.pump()


@pytest.mark.parametrize("culprit", ["hook", "unsupervised actor", "crash callback"])
async def test_what_is_no_childs_failure_ends_the_task_and_not_the_one_who_pumped(culprit: str) -> None:
    def broken(*_: object) -> None:
        raise ValueError(culprit)

    dispatcher = Dispatcher()
    match culprit:
        case "hook":
            mailbox = place(dispatcher, "a", Recorder())
        case "unsupervised actor":
            mailbox = place(dispatcher, "a", Recorder(broken))
        case _:
            mailbox = place(dispatcher, "a", Recorder(fail_on(1)), broken)
    with pytest.RaisesGroup(pytest.RaisesExc(DispatcherFailed)) as caught:
        async with trio.open_nursery() as nursery:
            await nursery.start(dispatcher.run)
            await trio.testing.wait_all_tasks_blocked()
            if culprit == "hook":
                dispatcher.after_turn.append(broken)
            mailbox.tell(1)
            dispatcher.pump()
            assert dispatcher.failed
            assert dispatcher.pump() is False
    assert str(caught.value.exceptions[0].__cause__) == culprit
