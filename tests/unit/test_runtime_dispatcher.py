"""The dispatcher: turns, budgets and hooks."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import trio
import trio.testing
from runtime_children import Recorder, place

from actors.runtime import Actor, Cell, ChildSpecError, Dispatcher, Mailbox


def test_an_actor_is_handed_everything_that_waits_as_one_batch() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    mailbox.tell_all([1, 2])
    mailbox.tell(3)
    mailbox.tell_first(0)
    assert dispatcher.pump()
    assert actor.batches == [[0, 1, 2, 3]]


def test_actors_run_in_the_order_in_which_their_mail_came() -> None:
    dispatcher, order = Dispatcher(), list[str]()

    class Named(Actor[int]):
        def __init__(self, name: str) -> None:
            self.name = name

        def on_batch(self, batch: Iterator[int]) -> None:
            order.extend(f"{self.name}{message}" for message in batch)

    boxes = {name: place(dispatcher, name, Named(name)) for name in "abc"}
    for number, name in enumerate("cabca"):
        boxes[name].tell(number)
    dispatcher.pump()
    assert order == ["c0", "c3", "a1", "a4", "b2"]


def test_one_pump_carries_mail_through_the_whole_chain() -> None:
    dispatcher, last = Dispatcher(), Recorder()
    third = place(dispatcher, "third", last)
    second = place(dispatcher, "second", Recorder(third.tell))
    first = place(dispatcher, "first", Recorder(second.tell))
    first.tell_all([1, 2, 3])
    assert dispatcher.pump()
    assert last.batches == [[1, 2, 3]]


def test_an_actor_may_be_run_before_what_others_are_told() -> None:
    dispatcher, last = Dispatcher(), Recorder()
    third = place(dispatcher, "third", last)
    one, other = (place(dispatcher, name, Recorder(third.tell)) for name in ("one", "other"))
    with dispatcher.turn():
        for number in range(4):
            mailbox = (one, other)[number % 2]
            mailbox.tell(number)
            dispatcher.run_now(mailbox)
        dispatcher.run_now(one)  # has no mail: nothing happens
        assert last.batches == []
    assert last.batches == [[0, 1, 2, 3]]
    assert dispatcher.batches == 5


def test_within_a_batch_nobody_is_run_out_of_turn() -> None:
    dispatcher, order = Dispatcher(), list[str]()

    def relay(message: int) -> None:
        inner.tell(message)
        dispatcher.run_now(inner)
        order.append(f"outer {message}")

    inner = place(dispatcher, "inner", Recorder(lambda message: order.append(f"inner {message}")))
    place(dispatcher, "outer", Recorder(relay)).tell_all([1, 2])
    dispatcher.pump()
    assert order == ["outer 1", "outer 2", "inner 1", "inner 2"]


def test_a_pump_from_within_a_turn_returns_at_once_and_the_mail_is_handled_after() -> None:
    dispatcher, order = Dispatcher(), list[str]()

    def relay(message: int) -> None:
        inner.tell(message)
        assert dispatcher.pump() is False
        order.append(f"outer {message}")

    inner = place(dispatcher, "inner", Recorder(lambda message: order.append(f"inner {message}")))
    outer = place(dispatcher, "outer", Recorder(relay))
    outer.tell_all([1, 2])
    assert dispatcher.pump()
    assert order == ["outer 1", "outer 2", "inner 1", "inner 2"]


def test_an_actor_that_tells_itself_goes_to_the_end_of_the_queue() -> None:
    dispatcher, order = Dispatcher(), list[str]()

    def again(message: int) -> None:
        order.append(f"self {message}")
        if message == 1:
            own.tell(2)

    own = place(dispatcher, "own", Recorder(again))
    other = place(dispatcher, "other", Recorder(lambda message: order.append(f"other {message}")))
    own.tell(1)
    other.tell(1)
    dispatcher.pump()
    assert order == ["self 1", "other 1", "self 2"]


def test_the_budget_bounds_a_pump_to_the_message() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    mailbox.tell_all(range(10))
    assert dispatcher.pump(4) is False
    assert actor.batches == [[0, 1, 2, 3]]
    assert dispatcher.ready == 1
    assert dispatcher.pump(6) is True
    assert actor.messages == list(range(10))


def test_a_budget_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="budget"):
        Dispatcher(budget=0)


def test_messages_that_an_actor_leaves_come_again_after_the_others_have_run() -> None:
    dispatcher, order = Dispatcher(), list[str]()

    class Chunked(Actor[int]):
        def on_batch(self, batch: Iterator[int]) -> None:
            order.append(f"chunk {next(batch)}")

    other = place(dispatcher, "other", Recorder(lambda message: order.append(f"other {message}")))
    chunked = place(dispatcher, "chunked", Chunked())
    chunked.tell_all([1, 2])
    other.tell(1)
    chunked.tell(3)
    assert dispatcher.pump()
    assert order == ["chunk 1", "other 1", "chunk 2", "chunk 3"]


def test_an_actor_that_consumes_nothing_still_uses_up_the_budget() -> None:
    class Stubborn(Actor[int]):
        def on_batch(self, batch: Iterator[int]) -> None:
            pass

    dispatcher = Dispatcher()
    mailbox = place(dispatcher, "stubborn", Stubborn())
    mailbox.tell(1)
    assert dispatcher.pump(100) is False
    assert mailbox.take() == [1]


def test_mail_gathers_for_an_actor_that_is_not_there_yet() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox: Mailbox[int] = dispatcher.mailbox("late", depth_max=10)
    mailbox.tell(1)
    assert dispatcher.pump()
    mailbox.tell(2)
    Cell.of(mailbox).install(actor)
    dispatcher.pump()
    assert actor.batches == [[1, 2]]


def test_a_parked_cell_gathers_mail_and_is_run_once_when_it_resumes() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    cell = Cell.of(mailbox)
    mailbox.tell(1)
    cell.park()
    dispatcher.pump()
    mailbox.tell(2)
    cell.resume()
    cell.park()
    cell.resume()
    assert dispatcher.ready == 1
    dispatcher.pump()
    assert actor.batches == [[1, 2]]
    cell.remove()
    with pytest.raises(ChildSpecError, match="no actor"):
        cell.resume()


def test_only_mailboxes_of_a_dispatcher_have_cells() -> None:
    with pytest.raises(ChildSpecError):
        Cell.of(Mailbox[int]("service", depth_max=1))
    with pytest.raises(ChildSpecError):
        Cell.of(None)


async def test_an_actors_mailbox_can_not_be_received_from() -> None:
    mailbox: Mailbox[int] = Dispatcher().mailbox("a", depth_max=1)
    with pytest.raises(TypeError, match="dispatcher"):
        await mailbox.receive()


def test_hooks_run_when_the_queue_has_run_empty_and_what_they_tell_is_pumped_too() -> None:
    dispatcher, order = Dispatcher(), list[str]()
    actor = place(dispatcher, "a", Recorder(lambda message: order.append(f"message {message}")))

    def hand_over() -> None:
        order.append("hook")
        if order.count("hook") == 1:
            actor.tell(9)

    dispatcher.after_turn.append(hand_over)
    actor.tell_all([1, 2])
    assert dispatcher.pump()
    assert order == ["message 1", "message 2", "hook", "message 9", "hook"]


def test_hooks_wait_while_the_budget_leaves_mail_behind() -> None:
    dispatcher, calls = Dispatcher(), list[int]()
    mailbox = place(dispatcher, "a", Recorder())
    dispatcher.after_turn.append(lambda: calls.append(1))
    mailbox.tell_all([1, 2, 3])
    dispatcher.pump(2)
    assert calls == []
    dispatcher.pump(2)
    assert calls == [1]


async def test_the_task_runs_what_others_tell_and_parks_between() -> None:
    dispatcher, actor = Dispatcher(budget=2), Recorder()
    mailbox = place(dispatcher, "a", actor)
    async with trio.open_nursery() as nursery:
        await nursery.start(dispatcher.run)
        await trio.testing.wait_all_tasks_blocked()
        mailbox.tell_all([1, 2, 3, 4, 5])
        assert actor.batches == []
        await trio.testing.wait_all_tasks_blocked()
        assert actor.batches == [[1, 2], [3, 4], [5]]
        mailbox.tell(6)
        await trio.testing.wait_all_tasks_blocked()
        assert actor.batches[-1] == [6]
        nursery.cancel_scope.cancel()


async def test_other_tasks_run_between_two_budgets() -> None:
    dispatcher, handled_at_turn = Dispatcher(budget=10), list[int]()
    other_turns = 0
    mailbox = place(dispatcher, "a", Recorder(lambda _: handled_at_turn.append(other_turns)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatcher.run)
        await trio.testing.wait_all_tasks_blocked()
        mailbox.tell_all(range(50))
        for _ in range(10):
            await trio.lowlevel.checkpoint()
            other_turns += 1
        nursery.cancel_scope.cancel()
    assert len(handled_at_turn) == 50
    # One budget each pass of the scheduler; which of the two tasks goes first in a pass is trio's to choose.
    assert handled_at_turn[-1] - handled_at_turn[0] >= 3


async def test_what_a_direct_pump_leaves_is_run_by_the_task() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatcher.run)
        await trio.testing.wait_all_tasks_blocked()
        with dispatcher.turn():
            mailbox.tell_all([1, 2, 3])
            assert actor.messages == []
            dispatcher.pump(1)
            assert actor.messages == [1]
        assert actor.messages == [1, 2, 3]
        mailbox.tell_all([4, 5])
        dispatcher.pump(1)
        assert actor.messages == [1, 2, 3, 4]
        await trio.testing.wait_all_tasks_blocked()
        assert actor.messages == [1, 2, 3, 4, 5]
        nursery.cancel_scope.cancel()


async def test_what_a_hook_told_beyond_the_budget_is_run_by_the_task() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatcher.run)
        await trio.testing.wait_all_tasks_blocked()
        backlog = [1, 2, 3]

        def hand_over() -> None:
            mailbox.tell_all(backlog)
            backlog.clear()

        dispatcher.after_turn.append(hand_over)
        assert dispatcher.pump(2) is False
        await trio.testing.wait_all_tasks_blocked()
        assert actor.batches == [[1, 2], [3]]
        nursery.cancel_scope.cancel()


async def test_turns_nest_and_only_the_outermost_pumps() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    with dispatcher.turn():
        with dispatcher.turn():
            mailbox.tell(1)
        mailbox.tell(2)
        assert actor.batches == []
    assert actor.batches == [[1, 2]]


async def test_a_turn_does_not_wake_the_task_and_one_that_raises_leaves_its_mail_to_it() -> None:
    dispatcher, actor = Dispatcher(), Recorder()
    mailbox = place(dispatcher, "a", actor)
    pumps = list[int]()
    dispatcher.after_turn.append(lambda: pumps.append(1))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatcher.run)
        await trio.testing.wait_all_tasks_blocked()
        before = len(pumps)
        with dispatcher.turn():
            mailbox.tell(1)
        await trio.testing.wait_all_tasks_blocked()
        assert len(pumps) == before + 1
        with suppress(ValueError), dispatcher.turn():
            mailbox.tell(2)
            raise ValueError("the reader failed")
        assert actor.messages == [1]
        await trio.testing.wait_all_tasks_blocked()
        assert actor.messages == [1, 2]
        nursery.cancel_scope.cancel()
