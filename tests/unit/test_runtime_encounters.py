"""What happens when a stop, a start, a restart and a crash meet."""

import math

import pytest
import trio
import trio.testing
from runtime_children import Echo, Worker, World, failure_of

from actors.runtime import (
    Actor,
    Cell,
    ChildSpec,
    ChildStartFailed,
    Strategy,
    Supervisor,
)

settle = trio.testing.wait_all_tasks_blocked


@pytest.fixture
def world() -> World:
    return World()


async def test_a_crashed_actors_state_is_let_go_of_before_it_is_rebuilt(world: World) -> None:
    held: list[object] = []

    async def rebuild() -> None:
        held.append(Cell.of(world.boxes["a"]).actor)

    async with Supervisor("root", [world.actor("a", rebuild)]).running():
        world.boxes["a"].tell("poison")
        world.dispatcher.pump()
        await settle()
        assert held == [None, None]


async def test_a_stop_that_meets_a_nested_supervisors_first_moment_is_not_forgotten(world: World) -> None:
    async def rebuild() -> None:
        root.request_stop()

    inner = Supervisor("inner", [world.worker("w")])
    root = Supervisor("root", [world.actor("a", rebuild), inner.as_child()])
    with trio.fail_after(60):
        async with root.running():
            pass
    assert world.log[0] == "a up"
    assert world.log.count("w up") == world.log.count("w down"), "whether w came up at all is the scheduler's choice"


async def test_a_child_made_in_spite_of_the_stop_is_not_launched(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def start() -> Worker:
        with trio.CancelScope(shield=True):
            await trio.sleep(1)
        return Worker("s", world.log)

    root = Supervisor("root", [world.worker("slow", linger_s=4)])

    async def add() -> None:
        with pytest.raises(ChildStartFailed):
            await root.start_child(ChildSpec(name="s", start=start))

    async with trio.open_nursery() as nursery, root.running():
        nursery.start_soon(add)
        await settle()
    assert trio.current_time() == pytest.approx(4)
    assert world.log == ["slow up", "slow finished", "slow down"]


async def test_a_child_that_two_stop_is_reported_stopped_once(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    root = Supervisor("root", [world.worker("w", linger_s=2)], observer=world.observe)
    async with trio.open_nursery() as nursery, root.running():
        nursery.start_soon(root.stop_child, "w")
        await settle()
    assert world.seen("child_stopped") == ["child_stopped w"]


async def test_a_child_stopped_after_its_crash_is_not_restarted(world: World) -> None:
    async with Supervisor("root", [world.actor("a")], intensity=0).running() as root:
        world.boxes["a"].tell("poison")
        world.dispatcher.pump()
        await root.stop_child("a")
        await settle()
        assert world.log == ["a up"]
        assert root.restarts == 0


async def test_a_child_stopped_amid_its_restart_is_let_go_and_costs_nothing(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def rebuild() -> None:
        if world.log:
            await trio.sleep(3600)

    async with Supervisor("root", [world.actor("a", rebuild), world.worker("w")], intensity=1).running() as root:
        world.boxes["a"].tell("poison")
        world.dispatcher.pump()
        await settle()
        await root.stop_child("a")
        await settle()
        assert list(root.children) == ["w"]
        world.boxes["w"].tell("1")
        await settle()
        assert world.log == ["a up", "w up", "w: 1"]


async def test_a_child_that_is_leaving_is_not_brought_back_by_a_strategy(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    children = [world.actor("a"), world.worker("w", linger_s=4)]
    async with Supervisor("root", children, strategy=Strategy.ONE_FOR_ALL).running() as root:
        world.boxes["a"].tell("poison")
        world.dispatcher.pump()
        await settle()
        assert world.log == ["a up", "w up"], "the restart waits for w to finish"
        await root.stop_child("w")
        await settle()
        assert list(root.children) == ["a"]
        assert world.log == ["a up", "w up", "w finished", "w down", "a up"]


async def test_a_second_run_begins_afresh(world: World) -> None:
    async def halted() -> Actor[str]:
        return Echo("halted", world.log)

    root = Supervisor("root", [world.actor("a", on_exhausted=halted)], intensity=0)
    async with root.running():
        world.boxes["a"].tell("poison")
        world.dispatcher.pump()
        await settle()
        world.boxes["a"].tell("1")
        world.dispatcher.pump()
        assert world.log == ["a up", "halted: 1"]
    async with root.running():
        world.boxes["a"].tell("2")
        world.dispatcher.pump()
        assert world.log[2:] == ["a up", "a: 2"]


async def test_mail_for_a_dispatcher_that_has_failed_does_not_hold_up_the_stop(world: World) -> None:
    def hook() -> None:
        if world.log == ["a up", "a: 1"]:
            raise ValueError("hook")

    def observe(event: str, /, **fields: object) -> None:
        if event == "supervisor_failed":
            world.boxes["a"].tell("late")

    world.dispatcher.after_turn.append(hook)
    root = Supervisor("root", [world.dispatch(), world.actor("a", shutdown_s=math.inf)], intensity=0, observer=observe)

    async def provoke() -> None:
        world.boxes["a"].tell("1")

    failure = await failure_of(root, provoke)
    assert failure.child == "dispatcher"
    assert world.boxes["a"].take() == ["late"]
