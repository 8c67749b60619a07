"""Cancels beyond a session's credits: who has used up his own, or finds all used up by others, still gets out."""

from __future__ import annotations

import trio
import trio.testing
from engine_builders import cancel, new
from port_world import PortWorld

from actors.boundary import PortLimits


def test_cancels_go_beyond_a_sessions_credits_by_an_eighth_and_no_further() -> None:
    world = PortWorld(limits=PortLimits(credits_per_session=16))
    world.port.submit([new(f"n{nth}") for nth in range(16)])
    assert (world.port.credit, world.port.cancel_credit) == (0, 2)
    world.port.submit([cancel("c1", "n1"), cancel("c2", "n2")])
    assert (world.port.credit, world.port.cancel_credit) == (0, 0)
    world.accept("n0")
    assert (world.port.credit, world.port.cancel_credit) == (0, 1)


def test_one_cancel_at_the_least() -> None:
    world = PortWorld(limits=PortLimits(credits_per_session=1))
    world.port.submit([new("a")])
    assert (world.port.credit, world.port.cancel_credit) == (0, 1)


def test_cancels_go_beyond_the_credits_of_all_by_an_eighth_and_no_further() -> None:
    world = PortWorld()
    world.credits.left = 0
    assert (world.port.credit, world.port.cancel_credit) == (0, 13)
    world.credits.left = -13
    assert world.port.cancel_credit == 0


async def test_a_cancel_waits_no_longer_than_until_there_is_room_for_one() -> None:
    world = PortWorld(limits=PortLimits(credits_per_session=2))
    world.port.submit([new("a"), new("b"), cancel("c", "a")])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: world.port.wait_for_credit(cancel=True))
        await trio.testing.wait_all_tasks_blocked()
        assert nursery.child_tasks
        world.accept("a")
    assert world.port.credit == 0
