"""Services: restarts that keep mail, deadlines at the stop, and children added to a supervisor that runs."""

import pytest
import trio
import trio.testing
from runtime_children import Poison, Worker, World

from actors.runtime import (
    ChildExit,
    ChildSpec,
    ChildSpecError,
    ChildStartFailed,
    ChildState,
    Mailbox,
    Restart,
    Supervisor,
    SupervisorFailed,
    SupervisorNotRunning,
)

settle = trio.testing.wait_all_tasks_blocked


@pytest.fixture
def world() -> World:
    return World()


async def test_a_service_that_crashes_is_restarted_and_finds_its_mail(world: World) -> None:
    root = Supervisor("root", [world.worker("w")], observer=world.observe)
    async with root.running():
        world.boxes["w"].tell_all(["1", "crash", "2"])
        await settle()
        assert world.log == ["w up", "w: 1", "w down", "w up", "w: 2"]
        [fields] = [fields for event, fields in world.events if event == "child_exited"]
        assert isinstance(fields["error"], Poison)


@pytest.mark.parametrize(
    ("restart", "message", "lives"),
    [
        (Restart.PERMANENT, "return", 2),
        (Restart.PERMANENT, "crash", 2),
        (Restart.TRANSIENT, "return", 1),
        (Restart.TRANSIENT, "crash", 2),
        (Restart.TEMPORARY, "return", 1),
        (Restart.TEMPORARY, "crash", 1),
    ],
)
async def test_the_restart_type_says_after_which_end_a_child_comes_back(
    world: World, restart: Restart, message: str, lives: int
) -> None:
    async with Supervisor("root", [world.worker("w", restart=restart)]).running():
        world.boxes["w"].tell(message)
        await settle()
        assert world.log.count("w up") == lives


async def test_a_stopping_service_has_until_its_deadline(world: World, autojump_clock: trio.testing.MockClock) -> None:
    slow, quick = world.worker("slow", linger_s=60, shutdown_s=5), world.worker("quick", linger_s=4, shutdown_s=5)
    async with Supervisor("root", [slow, quick], observer=world.observe).running():
        pass
    assert trio.current_time() == pytest.approx(9)
    assert world.log[2:] == ["quick finished", "quick down", "slow down"]
    stops = [(fields["child"], fields["in_time"]) for event, fields in world.events if event == "child_stopped"]
    assert stops == [("quick", True), ("slow", False)]


async def test_a_service_that_can_not_be_asked_to_stop_is_cancelled_at_once(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    class Forever:
        async def run(self, mailbox: Mailbox[str], task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            await trio.sleep_forever()

    async def start() -> Forever:
        return Forever()

    async with Supervisor("root", [ChildSpec(name="forever", start=start, shutdown_s=60)]).running():
        pass
    assert trio.current_time() == 0


async def test_a_stop_request_that_raises_ends_in_cancellation(world: World) -> None:
    class Broken(Worker):
        def request_stop(self) -> None:
            raise ValueError("can't stop")

    async def start() -> Broken:
        return Broken("w", world.log)

    spec = ChildSpec(name="w", start=start, mailbox=Mailbox[str]("w", depth_max=1))
    async with Supervisor("root", [spec], observer=world.observe).running():
        pass
    assert world.log == ["w up", "w down"]
    [fields] = [fields for event, fields in world.events if event == "child_stopped"]
    assert (fields["in_time"], str(fields["error"])) == (False, "can't stop")


async def test_cancellation_stops_children_in_reverse_order_without_grace(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    inner = Supervisor("inner", [world.worker("b", linger_s=60), world.worker("c", linger_s=60)])
    with trio.CancelScope() as scope:
        async with Supervisor("root", [world.worker("a", linger_s=60), inner.as_child()]).running():
            scope.cancel()
    assert scope.cancelled_caught
    assert world.log == ["a up", "b up", "c up", "c down", "b down", "a down"]
    assert trio.current_time() == 0


async def test_a_deadline_cuts_through_a_nested_supervisors_grace(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    patient = world.worker("patient", linger_s=600, shutdown_s=600)
    inner = Supervisor("inner", [world.worker("first", linger_s=600, shutdown_s=600), patient])
    async with Supervisor("root", [inner.as_child(shutdown_s=2)]).running():
        pass
    assert trio.current_time() == pytest.approx(2)
    assert world.log[2:] == ["patient down", "first down"]


async def test_a_service_that_fails_before_it_is_ready_fails_the_start(world: World) -> None:
    class Unready:
        async def run(self, mailbox: Mailbox[str], task_status: trio.TaskStatus[None]) -> None:
            raise OSError("address in use")

    async def start() -> Unready:
        return Unready()

    with pytest.raises(SupervisorFailed) as caught:
        async with Supervisor("root", [ChildSpec(name="acceptor", start=start)]).running():
            pytest.fail("the block is not entered")
    assert isinstance(caught.value.__cause__.__cause__, OSError)  # type: ignore[union-attr]


async def test_a_temporary_childs_failure_touches_nobody_and_is_reported(world: World) -> None:
    ends: list[ChildExit] = []
    root = Supervisor("sessions", [world.worker("w")], intensity=0)
    async with root.running():
        for name in ("s1", "s2"):
            spec = world.worker(name, restart=Restart.TEMPORARY, on_exit=ends.append)
            assert (await root.start_child(spec)).state is ChildState.RUNNING
        world.boxes["s1"].tell("crash")
        await settle()
        assert list(root.children) == ["w", "s2"]
        assert [(end.name, type(end.error)) for end in ends] == [("s1", Poison)]
        world.boxes["s2"].tell("return")
        await settle()
        assert ends[1] == ChildExit("s2", None)
        assert world.log.count("w up") == 1
        assert root.restarts == 0


async def test_a_temporary_actor_that_crashes_answers_its_poison_and_is_forgotten(world: World) -> None:
    answered: list[str] = []
    async with Supervisor("root").running() as root:
        spec = world.actor("a", restart=Restart.TEMPORARY, on_poison=lambda message, _: answered.append(message))
        await root.start_child(spec)
        world.boxes["a"].tell_all(["1", "poison", "2"])
        world.dispatcher.pump()
        await settle()
        assert answered == ["poison"]
        assert not root.children
        assert world.boxes["a"].take() == ["2"]


async def test_temporary_children_stop_together(world: World, autojump_clock: trio.testing.MockClock) -> None:
    async with Supervisor("root", [world.worker("w", linger_s=1)]).running() as root:
        for number in range(50):
            await root.start_child(world.worker(f"s{number}", linger_s=3, restart=Restart.TEMPORARY))
    assert trio.current_time() == pytest.approx(4)
    assert world.log[-1] == "w down"
    assert list(root.children) == ["w"]


async def test_a_permanent_child_that_was_added_is_supervised_and_started_again_with_the_others(world: World) -> None:
    root = Supervisor("root", [world.worker("a")])
    async with root.running():
        await root.start_child(world.worker("b"))
        world.boxes["b"].tell("crash")
        await settle()
        assert world.log == ["a up", "b up", "b down", "b up"]
    del world.log[:]
    async with root.running():
        assert world.log == ["a up", "b up"]


async def test_a_child_that_could_not_be_added_leaves_no_trace(world: World) -> None:
    async def broken() -> Worker:
        raise OSError("refused")

    root = Supervisor("root")
    with pytest.raises(SupervisorNotRunning):
        await root.start_child(world.worker("early"))
    async with root.running():
        with pytest.raises(ChildStartFailed) as caught:
            await root.start_child(ChildSpec(name="s", start=broken, restart=Restart.TEMPORARY))
        assert isinstance(caught.value.__cause__, OSError)
        await root.start_child(world.worker("s"))
        with pytest.raises(ChildSpecError, match="'s'"):
            await root.start_child(world.worker("s"))
    with pytest.raises(SupervisorNotRunning):
        await root.start_child(world.worker("late"))
    assert list(root.children) == ["s"]


async def test_a_child_whose_starter_was_cancelled_is_stopped(world: World) -> None:
    class Unready(Worker):
        async def run(self, mailbox: Mailbox[str], task_status: trio.TaskStatus[None]) -> None:
            await super().run(mailbox, trio.TASK_STATUS_IGNORED)

    async def start() -> Unready:
        return Unready("s", world.log)

    async with Supervisor("root").running() as root:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(
                    root.start_child, ChildSpec(name="s", start=start, mailbox=Mailbox[str]("s", depth_max=1))
                )
                await settle()
                scope.cancel()
        assert world.log == ["s up", "s down"]
        assert not root.children


async def test_a_child_that_is_still_being_made_when_the_supervisor_stops_is_not_left_running(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def start() -> Worker:
        await trio.sleep(3600)
        return Worker("s", world.log)

    async with trio.open_nursery() as nursery, Supervisor("root").running() as root:

        async def add() -> None:
            with pytest.raises(ChildStartFailed):
                await root.start_child(ChildSpec(name="s", start=start))

        nursery.start_soon(add)
        await settle()
    assert trio.current_time() == 0
    assert world.log == []


async def test_a_child_can_be_stopped_and_is_forgotten(world: World) -> None:
    async with Supervisor("root", [world.worker("a"), world.actor("b")]).running() as root:
        await root.stop_child("a")
        world.boxes["b"].tell("last words")
        await root.stop_child("b")
        assert world.log == ["a up", "b up", "a finished", "a down", "b: last words"]
        assert not root.children
        with pytest.raises(ChildSpecError, match="no child"):
            await root.stop_child("a")


async def test_an_exit_callback_that_raises_is_reported_and_stops_nothing(world: World) -> None:
    def broken(_: ChildExit) -> None:
        raise ValueError("callback")

    root = Supervisor("root", [world.worker("w", on_exit=broken)], observer=world.observe)
    async with root.running():
        world.boxes["w"].tell("crash")
        await settle()
        assert world.log == ["w up", "w down", "w up"]
        assert world.seen("callback_failed") == ["callback_failed w"]
