"""A mailbox that overflows is a bug in flow control: it escalates, wherever it shows, and no restart is tried."""

from collections.abc import Iterator
from typing import Any

import pytest
import trio
import trio.testing
from runtime_children import Echo, World, causes, failure_of

from actors.runtime import Actor, ChildSpec, Mailbox, MailboxOverflow, Restart, Supervisor, SupervisorFailed


@pytest.fixture
def world() -> World:
    return World()


async def test_an_overflow_passes_every_supervisor_and_no_restart_is_tried(world: World) -> None:
    small: Mailbox[str] = Mailbox("small", depth_max=1)

    class Flood(Echo):
        def on_batch(self, batch: Any) -> None:
            small.tell_all([*batch])

    async def start() -> Actor[str]:
        return Flood("flood", world.log)

    box: Mailbox[str] = world.dispatcher.mailbox("flood", depth_max=10)
    inner = Supervisor("inner", [ChildSpec(name="flood", start=start, mailbox=box)], intensity=9)
    root = Supervisor("root", [inner.as_child()], intensity=9)

    async def provoke() -> None:
        box.tell_all(["1", "2"])
        world.dispatcher.pump()

    failure = await failure_of(root, provoke)
    assert [type(error) for error in causes(failure)] == [SupervisorFailed, MailboxOverflow]
    assert (inner.restarts, root.restarts) == (0, 0)
    assert small.take() == ["1", "2"]


async def test_an_overflow_of_a_temporary_child_escalates_too(world: World) -> None:
    class Session:
        async def run(self, mailbox: Mailbox[str], task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            async with trio.open_nursery():
                mailbox.tell("more than none")

    async def start() -> Session:
        return Session()

    root = Supervisor("root")

    async def provoke() -> None:
        await root.start_child(ChildSpec(name="session", start=start, restart=Restart.TEMPORARY))

    failure = await failure_of(root, provoke)
    assert failure.reason == "a mailbox overflowed"


class Flood(Actor[str]):
    """Tells every message to a mailbox that has no room for any."""

    def __init__(self, full: Mailbox[str]) -> None:
        self._full = full

    def on_batch(self, batch: Iterator[str]) -> None:
        for message in batch:
            self._full.tell(message)


async def test_an_overflow_while_a_poison_is_answered_escalates(world: World) -> None:
    full: Mailbox[str] = Mailbox("full", depth_max=0)
    root = Supervisor("root", [world.actor("a", on_poison=lambda message, _: full.tell(message))])
    failure = await failure_of(root, lambda: poison(world, world.boxes["a"]))
    assert isinstance(failure.__cause__, MailboxOverflow)
    assert full.take() == ["poison"]


async def test_an_overflow_while_state_is_rebuilt_escalates_at_once(world: World) -> None:
    rebuilds: list[int] = []

    async def rebuild() -> None:
        rebuilds.append(1)
        if len(rebuilds) > 1:
            Mailbox[str]("full", depth_max=0).tell("1")

    root = Supervisor("root", [world.actor("a", rebuild)], intensity=9)
    failure = await failure_of(root, lambda: poison(world, world.boxes["a"]))
    assert failure.reason == "a mailbox overflowed"
    assert len(rebuilds) == 2


async def poison(world: World, *boxes: Mailbox[str]) -> None:
    """Tells each of `boxes` a message that crashes its actor, and pumps."""
    for box in boxes:
        box.tell("poison")
    world.dispatcher.pump()


async def test_an_exit_that_the_supervisor_did_not_come_to_does_not_haunt_its_next_run(world: World) -> None:
    box: Mailbox[str] = world.dispatcher.mailbox("flood", depth_max=10)

    async def start() -> Actor[str]:
        return Flood(Mailbox("full", depth_max=0))

    root = Supervisor("root", [world.actor("a"), ChildSpec(name="flood", start=start, mailbox=box)], intensity=0)
    assert (await failure_of(root, lambda: poison(world, world.boxes["a"], box))).child == "a"
    async with root.running():
        await trio.testing.wait_all_tasks_blocked()
        world.boxes["a"].tell("still here")
        world.dispatcher.pump()
        assert world.log[-1] == "a: still here"
