"""Cancel on disconnect: who is awaited, for how long, and what goes when the client is not back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import trio
from disconnect_world import DISCONNECT, ENDED, LOGOUT, LOST, OFF, World, configured
from engine_builders import image, new
from trio.testing import MockClock

from actors.disconnects import CHUNK, Disconnects
from actors.messages import Outcome, SessionEvent
from actors.runtime import Dispatcher, Mailbox
from engine import events as ev
from engine.directory import Directory
from engine.session import SessionState
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect, SessionProfile
from engine.terms import SpecialTerms
from engine.types import CancelReason, OrdStatus


@pytest.mark.parametrize("protocol", ["FIX.4.2", "FIXT.1.1", "SOUPBIN"])
@pytest.mark.parametrize(
    ("mode", "completed", "gone"),
    [
        (OFF, False, False),
        (OFF, True, False),
        (DISCONNECT, False, True),
        (DISCONNECT, True, False),
        (LOGOUT, False, True),
        (LOGOUT, True, True),
    ],
)
def test_the_mode_says_which_end_cancels(mode: CancelOnDisconnect, completed: bool, gone: bool, protocol: str) -> None:
    world = World(mode, protocol=protocol)
    world.end(completed=completed)
    assert world.told() == (ENDED if gone else ENDED[:1])
    assert world.cancels() == ([SessionEnd(not completed, mode)] if gone else [])
    assert (world.state.lost, world.state.lapsed) == (not completed, gone)


@pytest.mark.parametrize("asked", list(CancelOnDisconnect))
@pytest.mark.parametrize("completed", [False, True])
def test_an_order_says_itself_what_becomes_of_it(asked: CancelOnDisconnect, completed: bool) -> None:
    for mode in CancelOnDisconnect:
        world = World(mode, special=SpecialTerms(on_disconnect=asked))
        world.end(completed=completed)
        assert world.told() == (ENDED if asked >= (LOGOUT if completed else DISCONNECT) else ENDED[:1])


def test_everything_in_flight_has_its_outcome_first() -> None:
    world = World()
    world.port.submit([new("b")])
    world.account.take()
    world.end()
    assert (world.told(), world.cancels()) == ([], [])
    world.accept("b", 2)
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


def test_the_client_has_its_window_to_come_back() -> None:
    world = World(window_s=30)
    world.end()
    world.pass_time(29.9)
    assert (world.told(), world.cancels()) == (ENDED[:1], [])
    world.attach()
    world.port.log_on(reset=False)
    world.pass_time(100)
    assert (world.told(), world.cancels()) == ([ev.SessionLoggedOn], [])
    assert not world.state.lost
    world.end()
    world.pass_time(30)
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


def test_an_attempt_to_log_on_that_fails_buys_no_time() -> None:
    world = World(window_s=30)
    world.end()
    world.pass_time(20)
    world.attach()
    world.end()
    world.pass_time(10)
    assert world.told() == [ev.SessionLoggedOut, ev.SessionLoggedOut, ev.SessionLapsed]
    assert world.cancels() == [LOST]


def test_an_attempt_that_fails_after_a_logout_is_no_lost_connection() -> None:
    world = World()
    world.end(completed=True)
    world.attach()
    world.end()
    assert world.told() == [ev.SessionLoggedOut, ev.SessionLoggedOut]
    assert (world.state.lost, world.cancels()) == (False, [])


def test_a_session_without_such_orders_is_not_awaited() -> None:
    world = World(window_s=30)
    world.publish(
        Outcome(0, 0, 0, [ev.OrderCanceled(image("a", leaves_qty=0, status=OrdStatus.CANCELED), CancelReason.OPERATOR)])
    )
    world.end()
    world.pass_time(30)
    assert (world.told(), world.cancels()) == (ENDED[:1], [])


def test_what_has_ended_meanwhile_is_not_asked_for() -> None:
    world = World(window_s=30)
    world.end()
    world.publish(
        Outcome(0, 0, 0, [ev.OrderExpired(image("a", leaves_qty=0, status=OrdStatus.EXPIRED), CancelReason.END_OF_DAY)])
    )
    world.pass_time(30)
    assert (world.told(), world.cancels()) == (ENDED[:1], [])


def test_a_session_that_is_disabled_counts_as_lost_also_after_a_logout() -> None:
    world = World()
    world.end(completed=True)
    assert world.told() == ENDED[:1]
    world.change(enabled=False)
    assert (world.told(), world.cancels()) == (ENDED[1:], [LOST])


def test_a_client_whose_session_is_disabled_has_lost_its_connection_however_it_goes() -> None:
    world = World()
    world.change(enabled=False)
    assert (world.gone, world.told()) == (["the session has been disabled"], [])
    world.end(completed=True)
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


def test_a_session_that_is_removed_counts_as_lost() -> None:
    world = World()
    world.end(completed=True)
    removed = ev.SessionRemoved(1)
    world.directory.apply(removed)
    world.port.on_batch(iter([SessionEvent(world.seq + 5, removed)]))
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


def test_an_account_that_fails_is_asked_again_ever_later_while_the_client_is_away() -> None:
    world = World()
    world.end()
    for wait_s in (1, 2, 4):
        assert world.told()[-1] is ev.SessionLapsed
        (asked,) = world.account.take()
        asked.refused("system error in the account")
        world.pass_time(wait_s - 0.1)
        assert world.cancels() == []
        world.pass_time(0.1)
    (asked,) = world.account.take()
    world.attach()
    world.port.log_on(reset=False)
    asked.refused("system error in the account")
    world.pass_time(1000)
    assert world.cancels() == []


def test_a_port_that_crashed_has_lost_its_client_once_nothing_is_in_flight() -> None:
    world = World()
    world.port.submit([new("b")])
    world.account.take()
    world.port = rebuilt = world.make(world.state)
    rebuilt.abandon()
    assert world.told() == []
    world.accept("b", 2)
    assert (world.told(), world.cancels()) == (ENDED, [LOST])


# ---- what the client configures -------------------------------------------------------------------------------------


def test_a_client_says_what_the_end_of_its_connection_means() -> None:
    world = World(OFF, protocol="SOUPBIN")
    configured(world, LOGOUT, window_s=5)
    world.end(completed=True)
    world.pass_time(4.9)
    assert world.told() == [ev.SessionConfigured, ev.SessionLoggedOut]
    world.pass_time(0.1)
    assert (world.told(), world.cancels()) == ([ev.SessionLapsed], [SessionEnd(False, LOGOUT)])


def test_what_is_configured_counts_from_when_the_journal_is_told_and_is_confirmed_when_it_is_durable() -> None:
    world = World(OFF, protocol="SOUPBIN")
    done = configured(world, DISCONNECT)
    outcome, *_ = world.journal.take()
    assert (outcome.events, done) == ([ev.SessionConfigured(1, DISCONNECT, 0)], [])
    assert outcome.done is not None
    outcome.done(17)
    assert done == ["done"]
    world.end()
    assert world.cancels() == [LOST]


def test_the_next_connection_starts_with_the_profile_again() -> None:
    world = World(OFF, protocol="SOUPBIN")
    configured(world, LOGOUT, window_s=5)
    world.end()
    world.attach()
    world.port.log_on(reset=False)
    world.told()
    assert world.state.configured is None
    world.end()
    world.pass_time(100)
    assert (world.told(), world.cancels()) == ([ev.SessionLoggedOut], [])


def test_what_comes_right_behind_a_logon_that_waits_is_journaled_after_it() -> None:
    world = World(OFF, protocol="SOUPBIN")
    world.port.submit([new("b")])
    world.end()
    world.attach()
    world.port.log_on(reset=False)
    configured(world, LOGOUT)
    assert world.told() == []
    world.accept("b", 2)
    assert world.told() == [ev.SessionConnected, ev.SessionConfigured]
    assert world.state.configured == ev.SessionConfigured(1, LOGOUT, 0)


def test_a_profile_that_asks_for_more_by_now_comes_first() -> None:
    world = World(OFF, protocol="SOUPBIN")
    configured(world, DISCONNECT, window_s=60)
    world.change(profile=SessionProfile(cancel_on_disconnect=LOGOUT))
    world.end(completed=True)
    assert world.cancels() == [SessionEnd(False, LOGOUT)]


# ---- restart -------------------------------------------------------------------------------------------------------


def restarted(state: SessionState, directory: Directory) -> tuple[Disconnects, Mailbox[Any], Mailbox[Any]]:
    journal: Mailbox[Any] = Mailbox("journal", 100)
    account: Mailbox[Any] = Mailbox("account", 100)
    disconnects = Disconnects(directory, {2: account, 3: account}, journal, Dispatcher(), lambda: 0.0)
    disconnects.resume([state])
    return disconnects, journal, account


def test_whoever_was_logged_on_when_the_venue_ended_has_lost_its_connection() -> None:
    world = World()
    _, journal, account = restarted(world.state, world.directory)
    (outcome,) = journal.take()
    assert outcome.events == [ev.SessionLapsed(1, True)]
    assert [message.end for message in account.take()] == [LOST, LOST]


def test_the_window_begins_anew_at_the_start() -> None:
    world = World(window_s=30)
    world.end()
    world.told()
    disconnects, journal, account = restarted(world.state, world.directory)
    assert (journal.take(), account.take()) == ([], [])
    disconnects.back(1)
    assert disconnects.fire()
    assert journal.take() == []


def test_a_cancel_that_had_begun_goes_on_at_once() -> None:
    world = World(window_s=30)
    world.end()
    world.pass_time(30)
    world.told()
    _, _, account = restarted(world.state, world.directory)
    assert [message.end for message in account.take()] == [LOST, LOST]


def test_whoever_had_logged_out_cleanly_keeps_its_orders_over_a_restart() -> None:
    world = World()
    world.end(completed=True)
    world.told()
    _, journal, account = restarted(world.state, world.directory)
    assert (journal.take(), account.take()) == ([], [])


def test_a_session_that_was_disabled_while_the_venue_was_down_is_lost() -> None:
    world = World()
    world.end(completed=True)
    world.told()
    world.state.opened = msgspec.structs.replace(world.state.opened, enabled=False)
    world.directory.apply(world.state.opened)
    _, _, account = restarted(world.state, world.directory)
    assert [message.end for message in account.take()] == [LOST, LOST]


# ---- the service ---------------------------------------------------------------------------------------------------


async def test_it_fires_by_itself_at_each_sessions_time(autojump_clock: MockClock) -> None:
    journal: Mailbox[Any] = Mailbox("journal", 100)
    account: Mailbox[Any] = Mailbox("account", 100)
    directory = Directory()
    disconnects = Disconnects(directory, {2: account, 3: account}, journal, Dispatcher())
    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: disconnects.run(None, task_status))
        for session_id, window_s in ((1, 20), (2, 5), (3, 60)):
            world = World(window_s=window_s)
            opened = msgspec.structs.replace(world.state.opened, session_id=session_id)
            world.state.opened = opened
            directory.apply(opened)
            disconnects.back(session_id)
            disconnects.gone(world.state, lost=True)
        disconnects.back(3)
        told: list[tuple[float, int]] = []
        for at in (4, 6, 19, 21, 100):
            await trio.sleep_until(started + at)
            told += [(at, outcome.events[0].session_id) for outcome in journal.take()]
        nursery.cancel_scope.cancel()
    assert told == [(6, 2), (21, 1)]


def test_a_turn_begins_a_bounded_number() -> None:
    worlds = [World(window_s=1) for _ in range(CHUNK + 1)]
    first = worlds[0]
    for session_id, world in enumerate(worlds, 1):
        world.state.opened = msgspec.structs.replace(world.state.opened, session_id=session_id)
        first.directory.apply(world.state.opened)
        first.disconnects.back(session_id)
        first.disconnects.gone(world.state, lost=True)
    first.now_s = 1
    assert (first.disconnects.fire(), len(first.journal.take())) == (False, CHUNK)
    assert (first.disconnects.fire(), len(first.journal.take())) == (True, 1)


def test_what_was_configured_holds_over_a_restart() -> None:
    world = World(OFF, window_s=30, protocol="SOUPBIN")
    configured(world, DISCONNECT)
    world.told()
    _, journal, account = restarted(world.state, world.directory)
    assert [outcome.events for outcome in journal.take()] == [[ev.SessionLapsed(1, True)]]
    assert [message.end for message in account.take()] == [LOST, LOST]
