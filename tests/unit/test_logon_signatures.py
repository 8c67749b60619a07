"""Logons that are signed, and that no secret is ever told: not in the journal, the log, an answer or a message."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import venue_in_process as venues
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fix_gateway import SOH, Gateway, Wire, gateway, now_text

from actors.signatures import Signatures, SignedLogon
from config.keys import KEYS_MAX, Key, KeySeal, KeyUnusable, owner_of
from engine.events import SessionOpened
from engine.session_profile import SessionProfile
from gateways.fix.signing import signed_logon

SECOND = 10**9
SECRET = b"a secret that is shared, 32 byte"
SECRET_TEXT = base64.b64encode(SECRET).decode()
REFUSED = "unknown session or wrong credentials"

# The worked example of docs/fix.md. The private key is that of RFC 8032, section 7.1, test 1: known to all, so no key.
EXAMPLE_PRIVATE = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
EXAMPLE_FIELDS = {
    "35": "A", "49": "BROKER1", "56": "TRADEENGINE", "34": "1", "52": "20261121-14:41:31.564",
}  # fmt: skip
EXAMPLE_SIGNATURE = "NJ80epvSNn5Aap6y8aAmDIJlk4S6XmlKp9rvcmn5Lb4AM5kXcnq6JA77q7uqcmbQ9UKlVQGB9yKKGwg5bUDFAw=="
EXAMPLE_HMAC = "18DFkWPdrQSLj+SZeJbJIzqt5IILofVfirTgwnY9KcA="


def public_text(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def payload(client: Wire, sent: str) -> bytes:
    return SOH.join(["A", client.comp_id, "TRADEENGINE", str(client.number + 1), sent]).encode()


def raw_data(signature: bytes) -> str:
    text = base64.b64encode(signature).decode()
    return f"95={len(text)}|96={text}"


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as it:
        yield it


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


async def signed(client: Wire, key: Ed25519PrivateKey, more: str = "", sent: str = "") -> dict[str, str]:
    sent = sent or now_text()
    return await client.log_on(f"{raw_data(key.sign(payload(client, sent)))}|{more}", sent)


async def hashed(client: Wire, secret: bytes, more: str = "") -> dict[str, str]:
    sent = now_text()
    return await client.log_on(f"{raw_data(hmac.digest(secret, payload(client, sent), 'sha256'))}|{more}", sent)


async def gone(venue: Gateway, client: Wire) -> None:
    await client.send("5")
    assert (await client.get())["35"] == "5"
    await client.stream.aclose()
    await venue.until_closed("Logged out")
    venue.told.clear()


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
async def test_a_signature_by_the_session_s_key_lets_in(
    venue: Gateway, key: Ed25519PrivateKey, begin_string: str
) -> None:
    await venue.open_session(protocol=begin_string, password="", public_keys=[f"laptop:{public_text(key)}"])
    for more in ("", "553=laptop", "553=NEW"):
        client = await venue.connect(begin_string)
        client.number = 0
        assert (await signed(client, key, f"141=Y|{more}"))["35"] == "A"
        await gone(venue, client)
    stranger = await venue.connect(begin_string)
    assert (await signed(stranger, Ed25519PrivateKey.generate()))["58"] == REFUSED


async def test_hmac_keys_are_made_told_once_and_let_in(venue: Gateway) -> None:
    session_id = await venue.open_session()
    _, made = await venue.desk.post(f"/admin/sessions/{session_id}/keys", {"key_id": "server", "kind": "hmac"})
    client = await venue.connect()
    assert (await hashed(client, base64.b64decode(made["secret"])))["35"] == "A"
    await gone(venue, client)
    client = await venue.connect()
    assert (await hashed(client, SECRET))["58"] == REFUSED


async def test_a_key_that_is_named_is_the_one(venue: Gateway, key: Ed25519PrivateKey) -> None:
    other = Ed25519PrivateKey.generate()
    keys = [f"old:{public_text(other)}", f"new:{public_text(key)}"]
    await venue.open_session(public_keys=keys)
    assert (await signed(await venue.connect(), key, "553=old"))["58"] == REFUSED
    assert (await signed(await venue.connect(), key, "553=none"))["58"] == REFUSED
    assert (await signed(await venue.connect(), key, "553=new|141=Y"))["35"] == "A"


async def test_keys_rotate_without_a_logon_lost(venue: Gateway, key: Ed25519PrivateKey) -> None:
    session_id = await venue.open_session(public_keys=[f"old:{public_text(key)}"])
    new = Ed25519PrivateKey.generate()
    path = f"/admin/sessions/{session_id}/keys"
    assert (await venue.desk.post(path, {"key_id": "new", "kind": "ed25519", "key": public_text(new)}))[0] == 201
    for one in (key, new):
        client = await venue.connect()
        assert (await signed(client, one, "141=Y"))["35"] == "A"
        await gone(venue, client)
    assert (await venue.desk.post(f"{path}/old/revoke"))[0] == 200
    assert (await signed(await venue.connect(), key))["58"] == REFUSED


@pytest.mark.parametrize(("number", "sender"), [(2, "NEW"), (1, "NEW2")])
async def test_what_was_signed_is_what_counts(venue: Gateway, key: Ed25519PrivateKey, number: int, sender: str) -> None:
    await venue.open_session(public_keys=[f"laptop:{public_text(key)}"])
    client = await venue.connect()
    sent = now_text()
    other = SOH.join(["A", sender, "TRADEENGINE", str(number), sent]).encode()
    assert (await client.log_on(raw_data(key.sign(other)), sent))["58"] == REFUSED


async def test_a_signature_is_used_once(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(public_keys=[f"laptop:{public_text(key)}"])
    sent = now_text()
    client = await venue.connect()
    assert (await signed(client, key, "141=Y", sent))["35"] == "A"
    await gone(venue, client)
    again = await venue.connect()
    assert (await signed(again, key, "141=Y", sent))["58"] == "the signature has been used before: sign the time anew"


async def test_a_password_still_lets_in_beside_keys(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(public_keys=[f"laptop:{public_text(key)}"])
    client = await venue.connect()
    assert (await client.log_on("554=secret"))["35"] == "A"


async def test_a_session_without_password_takes_none(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(password="", public_keys=[f"laptop:{public_text(key)}"])
    for body in ("554=secret", "554=", "141=N"):
        client = await venue.connect()
        assert (await client.log_on(body))["35"] == "5"


async def test_in_fix_4_2_raw_data_may_still_be_the_password(venue: Gateway) -> None:
    looks_like_a_signature = base64.b64encode(bytes(32)).decode()
    await venue.open_session(protocol="FIX.4.2", password=looks_like_a_signature)
    client = await venue.connect("FIX.4.2")
    assert (await client.log_on(f"95={len(looks_like_a_signature)}|96={looks_like_a_signature}"))["35"] == "A"


async def test_no_secret_is_told_anywhere(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    log = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(log),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    passwords = ["first-pass-word", "second-pass-word", "third-pass-word", "wrong-pass-word"]
    try:
        async with gateway(tmp_path / "data") as venue:
            session_id = await venue.open_session(password=passwords[0], hmac_keys=[f"server:{SECRET_TEXT}"])
            answers = await _everything(venue, session_id, passwords)
            log.write(str(venue.told) + str(venue.desk.told) + str(answers))
            log.write(repr(venue.desk.running.directory.sessions) + repr(venue.desk.operations))
            await venues.check(venue.desk.running)
    finally:
        structlog.configure(**before)
    journal = b"".join(path.read_bytes() for path in (tmp_path / "data" / "journal").iterdir())
    for secret in (*passwords, SECRET_TEXT, SECRET.decode()):
        assert secret not in log.getvalue()
        assert secret.encode() not in journal
    assert "logged_on" in log.getvalue()


async def _everything(venue: Gateway, session_id: int, passwords: list[str]) -> list[Any]:
    """Logons that succeed and fail, changes of passwords and keys, and requests that are refused."""
    first, second, third, wrong = passwords
    path = f"/admin/sessions/{session_id}"
    answers: list[Any] = []
    for password in (wrong, first):
        client = await venue.connect()
        answers.append(await client.log_on(f"554={password}|141=Y"))
    await gone(venue, client)
    client = await venue.connect()
    answers.append(await hashed(client, SECRET, "141=Y"))
    await gone(venue, client)
    answers.append(await venue.desk.post(f"{path}/changes", {"password": second}))
    await venue.desk.running.door.change_password(session_id, second, third)
    bad = {"key_id": "x", "kind": "rsa", "key": SECRET_TEXT}
    answers.append(await venue.desk.post(f"{path}/keys", bad))
    answers.append(await venue.desk.post(f"{path}/keys", bad | {"kind": "hmac", "key_id": "a b"}))
    answers.append(await venue.desk.post(f"{path}/keys", bad | {"kind": "ed25519", "key": SECRET_TEXT + "AAAA"}))
    answers.append(await venue.desk.post("/admin/sessions", {"comp_id": "Y", "password": [wrong], "hmac_keys": wrong}))
    answers.append(await venue.desk.post(f"{path}/changes", {"password": f"{wrong} {wrong}"}))
    answers.append(await venue.desk.get(path))
    return answers


# ---- the parts ----------------------------------------------------------------------------------------------------


class Clock:
    now_ns = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now_ns


def signatures(clock: Clock, window_s: int = 60) -> Signatures:
    return Signatures(KeySeal(lambda: bytes(32), lambda count: bytes(count)), clock, window_s * SECOND)


def logon(sent_ns: int, text: bytes = b"payload") -> SignedLogon:
    return SignedLogon(text, bytes(64), sent_ns)


def test_the_time_that_is_signed_is_the_venue_s_within_the_window() -> None:
    clock = Clock()
    known = signatures(clock)
    clock.now_ns += 1_000 * SECOND
    too_old = "the signature is too old, or of the future"
    assert known.use("k", logon(clock.now_ns - 61 * SECOND)).startswith(too_old)
    assert known.use("k", logon(clock.now_ns + 61 * SECOND)).startswith(too_old)
    assert known.use("k", logon(clock.now_ns + 60 * SECOND)) == ""


def test_what_was_signed_before_the_start_may_have_been_used_then() -> None:
    clock = Clock()
    clock.now_ns += SECOND // 2
    known = signatures(clock)
    assert known.use("k", logon(999 * SECOND)).startswith("the signature is too old")
    assert known.use("k", logon(1_000 * SECOND)) == ""


def test_used_ones_are_remembered_for_as_long_as_they_could_be_used_again() -> None:
    clock = Clock()
    known = signatures(clock)
    early = logon(clock.now_ns + 60 * SECOND)
    assert known.use("k", early) == ""
    clock.now_ns += 120 * SECOND
    assert known.use("k", early).startswith("the signature has been used before")
    clock.now_ns += 1
    assert known.use("k", early).startswith("the signature is too old")
    assert known.use("k", logon(clock.now_ns, b"later")) == ""
    assert len(known._used) == 1


def test_as_much_is_tried_for_a_session_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []

    def counted(public_key: bytes, signed_one: SignedLogon) -> bool:
        tried.append(public_key)
        return False

    monkeypatch.setattr("actors.signatures._verified", counted)
    known = signatures(Clock())
    opened = SessionOpened(1, "FIX.4.4", "C", "V", "C", "", "F", [], 0)
    for session in (None, opened):
        assert known.signer(session, "", logon(0)) == ""
        assert len(tried) == KEYS_MAX
        tried.clear()


def test_the_stand_in_for_no_key_lets_nobody_in() -> None:
    """Its private half is printed in RFC 8032."""
    key = Ed25519PrivateKey.from_private_bytes(EXAMPLE_PRIVATE)
    known = signatures(Clock())
    opened = SessionOpened(1, "FIX.4.4", "C", "V", "C", "", "F", [], 0)
    assert known.signer(opened, "", SignedLogon(b"x", key.sign(b"x"), 0)) == ""
    zero = hmac.digest(bytes(32), b"x", "sha256")
    assert known.signer(opened, "", SignedLogon(b"x", zero, 0)) == ""


def test_a_sealed_key_is_its_session_s_and_its_venue_s() -> None:
    seal = KeySeal(lambda: bytes(32), lambda count: bytes(count))
    owner = owner_of("FIX.4.4", "C", "V")
    text = seal.seal(Key("server", SECRET), owner)
    assert seal.open(text, owner) == Key("server", SECRET)
    assert SECRET_TEXT not in repr(Key("server", SECRET))
    other = KeySeal(lambda: bytes(31) + b"\x01", lambda count: bytes(count))
    for opener, to, what in (
        (seal, owner_of("FIX.4.2", "C", "V"), text),
        (other, owner, text),
        (seal, owner, text.replace("server", "laptop")),
        (seal, owner, "server:AAAA"),
        (seal, owner, "nonsense"),
    ):
        with pytest.raises(KeyUnusable):
            opener.open(what, to)


def test_a_key_that_can_not_be_opened_signs_nothing() -> None:
    profile = SessionProfile(hmac_keys=("server:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",))
    opened = SessionOpened(1, "FIX.4.4", "C", "V", "C", "", "F", [], 0, profile=profile)
    zero = hmac.digest(bytes(32), b"x", "sha256")
    assert signatures(Clock()).signer(opened, "", SignedLogon(b"x", zero, 0)) == ""


def test_the_worked_example_of_the_rules_of_engagement() -> None:
    key = Ed25519PrivateKey.from_private_bytes(EXAMPLE_PRIVATE)
    text = SOH.join(EXAMPLE_FIELDS.values()).encode()
    assert base64.b64encode(key.sign(text)).decode() == EXAMPLE_SIGNATURE
    assert base64.b64encode(hmac.new(SECRET, text, hashlib.sha256).digest()).decode() == EXAMPLE_HMAC
    read = signed_logon(EXAMPLE_FIELDS | {"96": EXAMPLE_SIGNATURE})
    assert read is not None
    assert read.payload == text
    key.public_key().verify(read.signature, read.payload)
    assert time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(read.sent_ns // SECOND)) == "20261121-14:41:31"


@pytest.mark.parametrize("text", ["", "demo", "A" * 200, "!" * 88, base64.b64encode(bytes(63)).decode()])
def test_raw_data_that_is_no_signature_is_none(text: str) -> None:
    assert signed_logon(EXAMPLE_FIELDS | {"96": text}) is None
