"""Passwords that have been right: whoever comes back is not kept waiting by the slow hash; nobody else gets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import venue_in_process
from engine_builders import opened_session
from venue_in_process import running, settings

from actors import door
from actors.boundary import LogonRefused
from actors.remembered import RememberedPasswords
from config.credentials import hash_password, verify
from tradeengine.venue import Venue

PASSWORD = "right"


class Connected:
    def deliver(self, reports: list[Any]) -> None: ...
    def answer(self, answer: Any) -> None: ...
    def disconnect(self, reason: str) -> None: ...


def test_it_knows_what_was_right_for_the_session_as_it_is() -> None:
    remembered = RememberedPasswords(b"k" * 32)
    session = msgspec.structs.replace(opened_session(1), credential="hash")
    assert not remembered.knows(session, PASSWORD)
    remembered.keep(session, PASSWORD)
    assert remembered.knows(session, PASSWORD)
    assert not remembered.knows(session, "wrong")
    assert not remembered.knows(session, "")
    assert not remembered.knows(msgspec.structs.replace(session, credential="another"), PASSWORD)
    assert not remembered.knows(msgspec.structs.replace(session, session_id=2), PASSWORD)
    assert not RememberedPasswords(b"l" * 32).knows(session, PASSWORD)


def test_where_the_credential_ends_makes_a_difference() -> None:
    remembered = RememberedPasswords(b"k" * 32)
    session = msgspec.structs.replace(opened_session(1), credential="ab")
    remembered.keep(session, "cd")
    assert not remembered.knows(msgspec.structs.replace(session, credential="abc"), "d")


async def log_on(venue: Venue, password: str, username: str = "") -> None:
    port = await venue.door.admit(
        protocol="FIX.4.4", comp_id="FIX1", target_comp_id="TRADEENGINE", username=username, password=password,
        connection=Connected(), remote="test",
    )  # fmt: skip
    port.connection = None


async def test_a_password_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def counted(password: str, credential: str) -> bool:
        hashed.append(password)
        return verify(password, credential)

    monkeypatch.setattr(venue_in_process, "CREDENTIAL", hash_password(PASSWORD, b"s" * 16))
    monkeypatch.setattr(door, "verify", counted)
    async with running(settings(tmp_path)) as venue:
        with pytest.raises(LogonRefused):
            await log_on(venue, "wrong")
        await log_on(venue, PASSWORD)
        await log_on(venue, PASSWORD)
        await log_on(venue, PASSWORD, "FIX1")
        assert hashed == ["wrong", PASSWORD]
        with pytest.raises(LogonRefused):
            await log_on(venue, PASSWORD, "somebody else")
        with pytest.raises(LogonRefused):
            await log_on(venue, "wrong")
        assert hashed == ["wrong", PASSWORD, "wrong"]
