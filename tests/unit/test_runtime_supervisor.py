"""Supervisors: order of start and stop, strategies, restart with rebuild, exhaustion, escalation."""

from collections.abc import Callable

import pytest
import trio
import trio.testing
from runtime_children import Echo, Poison, World, causes, failure_of

from actors.runtime import (
    Actor,
    ChildSpec,
    ChildSpecError,
    ChildStartFailed,
    ChildState,
    DispatcherFailed,
    Strategy,
    Supervisor,
    SupervisorFailed,
)

settle = trio.testing.wait_all_tasks_blocked


@pytest.fixture
def world() -> World:
    return World()


async def test_children_start_in_order_and_stop_in_reverse(world: World) -> None:
    async with Supervisor("root", [world.worker(name) for name in "abc"]).running():
        assert world.log == ["a up", "b up", "c up"]
    assert world.log[3:] == ["c finished", "c down", "b finished", "b down", "a finished", "a down"]


async def test_a_child_starts_only_when_the_one_before_it_is_ready(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def rebuild() -> None:
        await trio.sleep(5)
        world.log.append("a rebuilt")

    async with Supervisor("root", [world.actor("a", rebuild), world.worker("b")]).running():
        assert world.log == ["a rebuilt", "a up", "b up"]


@pytest.mark.parametrize(
    ("strategy", "restarted"),
    [
        (Strategy.ONE_FOR_ONE, ["b down", "b up"]),
        (Strategy.REST_FOR_ONE, ["b down", "c finished", "c down", "b up", "c up"]),
        (Strategy.ONE_FOR_ALL, ["b down", "c finished", "c down", "a finished", "a down", "a up", "b up", "c up"]),
    ],
)
async def test_the_strategy_says_who_is_restarted_and_in_what_order(
    world: World, strategy: Strategy, restarted: list[str]
) -> None:
    root = Supervisor("root", [world.worker(name) for name in "abc"], strategy=strategy)
    async with root.running():
        del world.log[:]
        world.boxes["b"].tell("crash")
        await settle()
        assert world.log == restarted
        assert root.restarts == len([line for line in restarted if line.endswith("up")])


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_actors_that_a_strategy_restarts_keep_their_mail(world: World, strategy: Strategy) -> None:
    root = Supervisor("root", [world.actor("a"), world.actor("b")], strategy=strategy)
    async with root.running():
        del world.log[:]
        world.boxes["a"].tell("poison")
        world.dispatcher.pump()
        world.boxes["b"].tell("while a is down")
        await settle()
        world.dispatcher.pump()
        assert world.log == ["a up", "b up", "b: while a is down"]


async def test_the_poison_is_answered_first_then_state_is_rebuilt_then_the_kept_mail_is_handled(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def rebuild() -> None:
        if world.log:
            world.log.append("rebuilding")
            for number in range(3):
                await trio.sleep(1)
                world.boxes["book"].tell(f"during {number}")

    def reject(message: str, error: Exception) -> None:
        world.log.append(f"rejected {message}: {error!r}")

    book = world.actor("book", rebuild, on_poison=reject)
    other = world.actor("other")
    root = Supervisor("root", [world.dispatch(), book, other], observer=world.observe)
    async with root.running():
        assert world.log == ["book up", "other up"]
        del world.log[1:]
        world.boxes["book"].tell_all(["one", "poison", "two"])
        world.boxes["other"].tell("meanwhile")
        await trio.sleep(10)
        assert world.log == [
            "book up",
            "book: one",
            "rejected poison: Poison('poison')",
            "other: meanwhile",
            "rebuilding",
            "book up",
            "book: two",
            "book: during 0",
            "book: during 1",
            "book: during 2",
        ]
        child = root.children["book"]
        assert (child.restarts, child.crashes, child.state) == (1, 1, ChildState.RUNNING)
        assert world.seen("child_exited", "child_restarted") == ["child_exited book", "child_restarted book"]


async def test_the_answer_to_a_poison_is_handled_in_the_same_turn(world: World) -> None:
    account = world.actor("account")
    book = world.actor("book", on_poison=lambda message, _: world.boxes["account"].tell(f"reject {message}"))
    async with Supervisor("root", [account, book]).running():
        world.boxes["book"].tell("poison")
        assert world.dispatcher.pump()
        assert world.log[-1] == "account: reject poison"


async def test_an_answer_that_fails_is_reported_and_stops_nothing(world: World) -> None:
    def reject(message: str, error: Exception) -> None:
        raise ValueError("no way to say it")

    async with Supervisor("root", [world.actor("a", on_poison=reject)], observer=world.observe).running() as root:
        world.boxes["a"].tell_all(["poison", "next"])
        world.dispatcher.pump()
        await settle()
        world.dispatcher.pump()
        assert world.log == ["a up", "a up", "a: next"]
        assert world.seen("callback_failed") == ["callback_failed a"]
        assert root.children["a"].restarts == 1


async def crash(world: World, name: str, times: int = 1) -> None:
    for _ in range(times):
        world.boxes[name].tell("poison")
        world.dispatcher.pump()
        await settle()


async def test_past_its_intensity_a_supervisor_stops_its_children_and_fails(world: World) -> None:
    root = Supervisor("root", [world.worker("w"), world.actor("a")], intensity=2, period_s=10, observer=world.observe)

    async def provoke() -> None:
        await crash(world, "a", times=2)
        assert root.children["a"].state is ChildState.RUNNING
        await crash(world, "a")

    failure = await failure_of(root, provoke)
    assert (failure.child, failure.reason) == ("a", "more than 2 restarts in 10 s")
    assert isinstance(failure.__cause__, Poison)
    assert world.log[-2:] == ["w finished", "w down"]
    assert world.seen("supervisor_failed") == ["supervisor_failed a"]


async def test_restarts_that_lie_further_apart_than_the_period_do_not_add_up(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    root = Supervisor("root", [world.actor("a")], intensity=1, period_s=5)
    async with root.running():
        for _ in range(4):
            await crash(world, "a")
            await trio.sleep(5.1)
    assert root.restarts == 4


async def test_a_child_that_is_exhausted_is_replaced_and_the_others_go_on(world: World) -> None:
    async def halted() -> Actor[str]:
        return Echo("halted", world.log)

    books = [world.actor(name, on_exhausted=halted) for name in ("x", "y")]
    root = Supervisor("root", books, intensity=1, period_s=10, observer=world.observe)
    async with root.running():
        await crash(world, "y")
        await crash(world, "x")
        assert world.seen("child_replaced") == []
        await crash(world, "x")
        assert [root.children[name].replaced for name in "xy"] == [True, False]
        assert world.seen("child_replaced") == ["child_replaced x"]
        world.boxes["x"].tell("order")
        world.boxes["y"].tell("order")
        world.dispatcher.pump()
        assert world.log[-2:] == ["halted: order", "y: order"]


async def test_a_replacement_that_crashes_is_restarted_and_at_last_escalates(world: World) -> None:
    async def halted() -> Actor[str]:
        world.log.append("halted up")
        return Echo("halted", world.log)

    root = Supervisor("root", [world.actor("x", on_exhausted=halted)], intensity=1, period_s=10)
    await failure_of(root, lambda: crash(world, "x", times=4))
    assert world.log == ["x up", "x up", "halted up", "halted up"]


async def test_a_restart_that_fails_is_tried_again_and_counts(world: World) -> None:
    failures = 0

    async def rebuild() -> None:
        nonlocal failures
        if world.log and failures < 2:
            failures += 1
            raise ValueError("journal not readable")

    root = Supervisor("root", [world.actor("a", rebuild)], intensity=3, observer=world.observe)
    async with root.running():
        await crash(world, "a")
        assert world.log == ["a up", "a up"]
        assert len(world.seen("child_start_failed")) == 2
    failures = -10
    del world.log[:]
    failure = await failure_of(root, lambda: crash(world, "a"))
    assert [str(error) for error in causes(failure)][-1] == "journal not readable"


async def test_a_failure_at_the_start_stops_what_has_started_and_fails(world: World) -> None:
    async def broken() -> None:
        raise ValueError("damaged")

    root = Supervisor("root", [world.worker("a"), world.actor("b", broken), world.worker("c")])
    failure = await failure_of(root)
    assert (failure.child, failure.reason) == ("b", "failed to start")
    assert world.log == ["a up", "a finished", "a down"]


async def test_supervisors_nest_and_escalate(world: World) -> None:
    inner = Supervisor("inner", [world.actor("a"), world.worker("b")], intensity=0)
    root = Supervisor("root", [world.worker("first"), inner.as_child()], intensity=1, observer=world.observe)
    async with root.running():
        del world.log[:]
        world.boxes["a"].tell_all(["poison", "kept"])
        world.dispatcher.pump()
        await settle()
        world.dispatcher.pump()
        assert world.log == ["b finished", "b down", "a up", "b up", "a: kept"]
        assert [(owner, child.name) for owner, child in root.walk()] == [
            ("root", "first"),
            ("root", "inner"),
            ("inner", "a"),
            ("inner", "b"),
        ]
    failure = await failure_of(root, lambda: crash(world, "a", times=2))
    assert failure.child == "inner"
    assert [type(error) for error in causes(failure)] == [SupervisorFailed, Poison]


async def test_a_crash_that_a_strategy_has_already_cured_is_not_cured_again(world: World) -> None:
    root = Supervisor("root", [world.actor("a"), world.actor("b")], strategy=Strategy.ONE_FOR_ALL)
    async with root.running():
        world.boxes["a"].tell("poison")
        world.boxes["b"].tell("poison")
        world.dispatcher.pump()
        await settle()
        assert world.log == ["a up", "b up"] * 2
        assert root.restarts == 2


async def test_an_actor_that_stops_handles_its_mail_first(world: World) -> None:
    async with Supervisor("root", [world.dispatch(), world.actor("a"), world.actor("b")]).running():
        world.boxes["a"].tell("last words")
    assert world.log[-1] == "a: last words"
    world.boxes["a"].tell("too late")
    world.dispatcher.pump()
    assert world.log[-1] == "a: last words"
    assert len(world.boxes["a"]) == 1


async def test_a_failing_dispatcher_is_a_failing_child(world: World) -> None:
    def hook() -> None:
        if world.boxes["a"].depth_high_water:
            raise ValueError("hook")

    world.dispatcher.after_turn.append(hook)
    root = Supervisor("root", [world.dispatch(), world.actor("a")], intensity=0)

    async def provoke() -> None:
        world.boxes["a"].tell("1")

    failure = await failure_of(root, provoke)
    assert [type(error) for error in causes(failure)] == [DispatcherFailed, ValueError]


async def test_a_stop_interrupts_a_restart_that_takes_long(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def rebuild() -> None:
        if world.log:
            await trio.sleep(3600)

    async with Supervisor("root", [world.actor("a", rebuild)]).running():
        await crash(world, "a")
    assert trio.current_time() < 3600


async def test_a_stop_interrupts_a_start_that_takes_long(world: World, autojump_clock: trio.testing.MockClock) -> None:
    async def rebuild() -> None:
        root.request_stop()
        await trio.sleep(3600)

    root = Supervisor("root", [world.worker("w"), world.actor("a", rebuild)])
    async with root.running():
        pass
    assert world.log == ["w up", "w finished", "w down"]
    assert trio.current_time() < 3600


async def test_the_blocks_own_exception_comes_out_as_it_is(world: World) -> None:
    async def serve() -> None:
        async with Supervisor("root", [world.worker("w")]).running():
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await serve()
    assert world.log == ["w up", "w finished", "w down"]


@pytest.mark.parametrize(
    "make",
    [
        lambda world: Supervisor("root", [world.worker("a"), world.worker("a")]),
        lambda world: Supervisor("root", [world.worker("a"), world.actor("a")]),
    ],
)
def test_two_children_of_one_name_are_refused(world: World, make: Callable[[World], Supervisor]) -> None:
    with pytest.raises(ChildSpecError, match="'a'"):
        make(world)


async def test_an_actor_without_a_dispatchers_mailbox_fails_to_start(world: World) -> None:
    async def start() -> Actor[str]:
        return Echo("a", world.log)

    failure = await failure_of(Supervisor("root", [ChildSpec(name="a", start=start)]))
    assert [type(error) for error in causes(failure)] == [ChildStartFailed, ChildSpecError]
