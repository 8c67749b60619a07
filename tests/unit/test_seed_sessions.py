"""What a changed configuration means for sessions that the journal knows already."""

from __future__ import annotations

from pathlib import Path

import msgspec
from venue_in_process import settings

from engine.events import SessionOpened
from engine.fold import VenueState
from tradeengine.seed import events_for


def seeded(directory: Path) -> VenueState:
    state = VenueState()
    for event in events_for(settings(directory), state.directory, lambda count: bytes(count)):
        state.directory.apply(event)
    return state


def test_an_unchanged_configuration_changes_nothing(tmp_path: Path) -> None:
    state = seeded(tmp_path)
    assert events_for(settings(tmp_path), state.directory, lambda count: bytes(count)) == []


def test_a_session_that_an_operator_disabled_stays_disabled(tmp_path: Path) -> None:
    state = seeded(tmp_path)
    opened = state.directory.session(1)
    state.directory.apply(msgspec.structs.replace(opened, enabled=False))
    assert events_for(settings(tmp_path), state.directory, lambda count: bytes(count)) == []


def test_a_changed_account_list_is_an_event(tmp_path: Path) -> None:
    state = seeded(tmp_path)
    wanted = settings(tmp_path)
    fewer = msgspec.structs.replace(wanted.sessions[0], accounts=["A2"])
    changed = msgspec.structs.replace(wanted, sessions=[fewer, *wanted.sessions[1:]])
    (event,) = events_for(changed, state.directory, lambda count: bytes(count))
    assert isinstance(event, SessionOpened)
    assert event.account_ids == [2]
