"""``tradeengine admin session …``: what each command asks of the venue."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.keys import is_public_key
from tradeengine import cli_admin_sessions
from tradeengine.admin_client import AdminError


class Venue:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def get(self, *path: str) -> Any:
        self.asked.append(path)
        return {}

    def post(self, *path: str, body: Any = None) -> Any:
        self.asked.append((*path, body))
        return {}


def asked(*arguments: str) -> tuple[Any, ...]:
    parser = argparse.ArgumentParser()
    cli_admin_sessions.register(parser.add_subparsers())
    args = parser.parse_args(arguments)
    venue = Venue()
    args.action(venue, args)
    (one,) = venue.asked
    return one


@pytest.fixture(autouse=True)
def stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse\n"))


def test_the_actions_on_one_session() -> None:
    assert asked("session", "list") == ("sessions",)
    assert asked("session", "show", "7") == ("sessions", "7")
    for action in ("enable", "disable", "remove"):
        assert asked("session", action, "7") == ("sessions", "7", action, None)
    assert asked("session", "password", "7") == ("sessions", "7", "changes", {"password": "correct-horse"})


def test_open_takes_the_profile_from_a_file_and_from_options(tmp_path: Path) -> None:
    file = tmp_path / "session.yaml"
    file.write_text("rights: [trade]\nrate: {per_second: 5, burst: 9}\n")
    (_, body) = asked(
        "session", "open", "FIXT.1.1", "B1", "HARBOR", "--account", "A1", "--file", str(file),
        "--set", "rate.per_second=7", "--set", "rights=[trade,market_data]",
    )  # fmt: skip
    assert body == {
        "protocol": "FIXT.1.1", "comp_id": "B1", "firm": "HARBOR", "accounts": ["A1"], "default_account": "A1",
        "password": "correct-horse", "rights": ["trade", "market_data"], "rate": {"per_second": "7", "burst": "9"},
    }  # fmt: skip


def test_a_session_may_have_no_password() -> None:
    (_, body) = asked("session", "open", "FIX.4.4", "B1", "HARBOR", "--no-password", "--set", "certificate=ab")
    assert body == {"protocol": "FIX.4.4", "comp_id": "B1", "firm": "HARBOR", "certificate": "ab"}


def test_changes_are_told_key_by_key() -> None:
    assert asked("session", "change", "7", "--set", "cancel_on_disconnect.mode=off", "--set", "unknown_tags=drop") == (
        "sessions", "7", "changes", {"cancel_on_disconnect": {"mode": "off"}, "unknown_tags": "drop"},
    )  # fmt: skip


def test_keys(tmp_path: Path) -> None:
    public = Ed25519PrivateKey.generate().public_key()
    pem = tmp_path / "key.pem"
    pem.write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    *path, body = asked("session", "key", "add", "7", "laptop", "--ed25519", str(pem))
    assert (path, body["kind"]) == (["sessions", "7", "keys"], "ed25519")
    assert is_public_key(f"laptop:{body['key']}")
    assert asked("session", "key", "add", "7", "k", "--hmac")[-1] == {"key_id": "k", "kind": "hmac", "key": ""}
    assert asked("session", "key", "add", "7", "k", "--hmac-secret")[-1]["key"] == "correct-horse"
    assert asked("session", "key", "revoke", "7", "k") == ("sessions", "7", "keys", "k", "revoke", None)
    pem.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(AdminError, match="holds no Ed25519 public key"):
        asked("session", "key", "add", "7", "laptop", "--ed25519", str(pem))
