"""Cancel on disconnect of a session that operators change while its client is away."""

from __future__ import annotations

import pytest
from disconnect_world import DISCONNECT, ENDED, LOGOUT, LOST, OFF, World, configured

from actors.messages import CancelEnded
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect, SessionProfile


def profile(mode: CancelOnDisconnect, window_s: float = 0) -> SessionProfile:
    return SessionProfile(cancel_on_disconnect=mode, cancel_window_ms=int(1000 * window_s))


@pytest.mark.parametrize("protocol", ["FIX.4.4", "SOUPBIN"])
def test_a_mode_that_is_turned_off_stops_the_window(protocol: str) -> None:
    world = World(window_s=30, protocol=protocol)
    world.end()
    world.pass_time(20)
    world.change(profile=profile(OFF))
    world.pass_time(1000)
    assert (world.told(), world.cancels()) == (ENDED[:1], [])


@pytest.mark.parametrize("protocol", ["FIX.4.4", "SOUPBIN"])
def test_a_mode_that_is_turned_on_gives_the_client_its_window_from_then_on(protocol: str) -> None:
    world = World(OFF, protocol=protocol)
    world.end()
    world.pass_time(1000)
    world.change(profile=profile(DISCONNECT, 30))
    world.pass_time(29.9)
    assert world.cancels() == []
    world.pass_time(0.1)
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


def test_a_mode_that_is_turned_on_spares_whom_it_would_have_spared() -> None:
    world = World(OFF)
    world.end(completed=True)
    world.change(profile=profile(DISCONNECT))
    assert world.cancels() == []
    world.change(profile=profile(LOGOUT))
    assert (world.told(), world.cancels()) == (ENDED, [SessionEnd(False, LOGOUT)])


def test_another_window_counts_from_when_the_client_left() -> None:
    world = World(window_s=30)
    world.end()
    world.pass_time(20)
    world.change(profile=profile(DISCONNECT, 60))
    world.pass_time(39.9)
    assert world.cancels() == []
    world.change(profile=profile(DISCONNECT, 59))
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


def test_a_change_while_the_client_is_here_cancels_nothing() -> None:
    world = World(OFF)
    world.change(profile=profile(LOGOUT))
    assert (world.told(), world.cancels()) == ([], [])


def test_a_session_that_is_enabled_again_in_time_keeps_its_orders_as_its_end_says() -> None:
    for completed, kept in ((True, True), (False, False)):
        world = World(window_s=30)
        world.end(completed=completed)
        world.change(enabled=False)
        world.pass_time(20)
        world.change(enabled=True)
        world.pass_time(10)
        assert world.cancels() == ([] if kept else [LOST])


def test_what_the_client_has_asked_for_itself_is_not_turned_off() -> None:
    world = World(OFF, protocol="SOUPBIN")
    configured(world, DISCONNECT, window_s=5)
    world.end()
    world.change(profile=profile(OFF))
    world.pass_time(5)
    assert world.cancels() == [LOST]


def test_a_cancel_that_has_begun_is_not_stopped() -> None:
    world = World()
    world.end()
    (asked,) = (message for message in world.account.take() if isinstance(message, CancelEnded))
    asked.refused("system error in the account")
    world.change(profile=profile(OFF))
    world.pass_time(1)
    assert world.cancels() == [LOST]


def test_what_more_a_mode_cancels_goes_too_where_a_cancel_has_begun() -> None:
    world = World()
    world.end()
    (asked,) = (message for message in world.account.take() if isinstance(message, CancelEnded))
    asked.refused("system error in the account")
    world.change(profile=profile(LOGOUT, 30))
    world.pass_time(1)
    assert world.cancels() == [SessionEnd(True, LOGOUT)]
