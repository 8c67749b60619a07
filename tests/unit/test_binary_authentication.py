"""Sessions that have keys: challenged behind their login, and nothing else is taken before they have signed."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from binary_gateway import NONCE, Gateway, gateway
from binary_raw_client import HEARTBEAT, RawClient, client_of, new_order
from binary_schema import decode
from binary_venue import venue as fake_venue
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateways.binary import codec, soup
from gateways.binary.authentication import (
    SignatureAlgorithm,
    encode_authenticate,
    is_authenticate,
    read_authenticate,
    read_challenge,
    signed_payload,
)
from gateways.binary.codec import HEADER_SIZE
from gateways.binary.rejects import MessageRefused, MessageRejectReason
from gateways.binary.settings import BinarySettings

ED25519, HMAC = SignatureAlgorithm
SESSION = BinarySettings().session
Signer = Callable[[bytes], bytes]


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as it:
        yield it


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public_text(key: Ed25519PrivateKey, key_id: str = "k1") -> str:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{key_id}:{base64.b64encode(raw).decode()}"


async def challenged(venue: Gateway, password: str = "", sequence: int = 1) -> tuple[RawClient, str]:
    """A client that has its challenge, and the nonce."""
    client = RawClient(await venue.stream())
    await client.log_in(sequence, user="NEW1", password=password)
    assert (await client.packet())[0] == soup.LOGIN_ACCEPTED
    kind, payload = await client.packet()
    assert kind == soup.UNSEQUENCED_DATA
    nonce, _ = read_challenge(payload)
    return client, nonce


def authenticate(
    sign: Signer, nonce: str, key_id: str = "", algorithm: SignatureAlgorithm = ED25519, user: str = "NEW1"
) -> bytes:
    return encode_authenticate(key_id, algorithm, sign(signed_payload(SESSION, user, nonce)))


async def message(client: RawClient) -> Any:
    kind, payload = await client.packet()
    assert kind == soup.UNSEQUENCED_DATA
    return decode(payload)


async def refused(client: RawClient) -> tuple[str, str]:
    """The reason of the MessageReject that the connection ends with, and what people are told."""
    *_, (kind, payload), (debug, text) = await client.rest()
    assert (kind, debug) == (soup.UNSEQUENCED_DATA, soup.DEBUG)
    fields = decode(payload).value
    assert fields["Text"] == text.decode()
    assert fields["RefMsgType"] == codec.AUTHENTICATE.template_id
    return fields["BusinessRejectReason"], fields["Text"]


async def test_a_key_in_place_of_a_password(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(password="", public_keys=[public_text(key)])
    client, nonce = await challenged(venue)
    assert nonce == base64.b64encode(NONCE).decode()
    await client.send(authenticate(key.sign, nonce))
    report = await message(client)
    assert (report.message_name, report.value["ConfigurationReqID"]) == ("SessionConfigurationReport", 0)
    await client.send(codec.NEW_ORDER.pack(1, 10**10, 10**8, 1, 0, b"1", b"2", b"1"))
    assert (await client.packet())[0] == soup.SEQUENCED_DATA
    assert venue.acceptor.counters.logins_accepted == 1


async def test_a_key_beyond_a_password(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(public_keys=[public_text(key)])
    client = RawClient(await venue.stream())
    await client.log_in(user="NEW1", password="wrong")
    assert (await client.packet()) == (soup.LOGIN_REJECTED, b"A")
    client, nonce = await challenged(venue, "secret")
    await client.send(authenticate(Ed25519PrivateKey.generate().sign, nonce))
    assert await refused(client) == ("AuthenticationFailed", "unknown session or wrong credentials")
    client, nonce = await challenged(venue, "secret")
    await client.send(authenticate(key.sign, nonce))
    assert (await message(client)).message_name == "SessionConfigurationReport"


async def test_secrets_that_the_venue_has_made(venue: Gateway) -> None:
    session_id = await venue.open_session(password="", public_keys=[public_text(key_of(1))])
    status, made = await venue.desk.post(f"/admin/sessions/{session_id}/keys", {"key_id": "h1", "kind": "hmac"})
    assert status in (200, 201), made
    secret = base64.b64decode(made["secret"])

    def sign(data: bytes) -> bytes:
        return hmac.digest(secret, data, "sha256")

    for key_id in ("", "h1"):
        client, nonce = await challenged(venue)
        await client.send(authenticate(sign, nonce, key_id, HMAC))
        assert (await message(client)).message_name == "SessionConfigurationReport"
        await client.send(soup.LOGOUT_REQUEST_PACKET)
        await client.rest()


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


async def test_a_connection_outlives_the_key_that_has_opened_it(venue: Gateway) -> None:
    old, new = key_of(1), key_of(2)
    keys = [public_text(old, "old"), public_text(new, "new")]
    session_id = await venue.open_session(password="", public_keys=keys)
    client, nonce = await challenged(venue)
    await client.send(authenticate(old.sign, nonce, "old"))
    assert (await message(client)).message_name == "SessionConfigurationReport"
    status, _ = await venue.desk.post(f"/admin/sessions/{session_id}/keys/old/revoke")
    assert status == 200
    await client.send(codec.OPEN_ORDERS_REQUEST.pack(7, 0, 0, b"\x00"))
    assert (await message(client)).message_name == "OpenOrdersEnd"
    await client.send(soup.LOGOUT_REQUEST_PACKET)
    await client.rest()
    client, nonce = await challenged(venue)
    await client.send(authenticate(old.sign, nonce, "old"))
    assert (await refused(client))[0] == "AuthenticationFailed"


async def test_keys_rotate(venue: Gateway) -> None:
    old, new = key_of(1), key_of(2)
    session_id = await venue.open_session(password="", public_keys=[public_text(old, "old")])
    status, _ = await venue.desk.post(
        f"/admin/sessions/{session_id}/keys", {"key_id": "new", "kind": "ed25519", "key": public_of(new)}
    )
    assert status in (200, 201)
    for signer, key_id, good in ((old, "old", True), (new, "old", False), (new, "new", True)):
        client, nonce = await challenged(venue)
        await client.send(authenticate(signer.sign, nonce, key_id))
        if good:
            assert (await message(client)).message_name == "SessionConfigurationReport"
            await client.send(soup.LOGOUT_REQUEST_PACKET)
            await client.rest()
        else:
            assert (await refused(client))[0] == "AuthenticationFailed"


def public_of(key: Ed25519PrivateKey) -> str:
    return public_text(key).partition(":")[2]


@pytest.mark.parametrize("wrong", ["nonce", "user", "algorithm", "bytes"])
async def test_what_was_signed_is_what_counts(venue: Gateway, key: Ed25519PrivateKey, wrong: str) -> None:
    await venue.open_session(password="", public_keys=[public_text(key)])
    client, nonce = await challenged(venue)
    packet = authenticate(key.sign, nonce)
    if wrong == "nonce":
        packet = authenticate(key.sign, base64.b64encode(bytes(32)).decode())
    elif wrong == "user":
        packet = authenticate(key.sign, nonce, user="NEW2")
    elif wrong == "algorithm":
        packet = encode_authenticate("", HMAC, bytes(32))
    else:
        packet = packet[:-20] + b"?" * 20
    await client.send(packet)
    reason, _ = await refused(client)
    assert reason == ("InvalidValue" if wrong == "bytes" else "AuthenticationFailed")
    assert venue.acceptor.counters.logins_accepted == 0


async def test_until_then_everything_is_refused_by_number_and_nothing_is_sequenced(
    venue: Gateway, key: Ed25519PrivateKey
) -> None:
    await venue.open_session(password="", public_keys=[public_text(key)])
    client, nonce = await challenged(venue)
    status = codec.ORDER_STATUS_REQUEST.pack(77, 1, 0)
    await client.send(new_order(5), status, b"\x00\x01U", authenticate(key.sign, nonce), new_order(6))
    for number, template, ref in ((1, 1, 5), (2, 11, 77), (3, 0, 0)):
        fields = (await message(client)).value
        assert fields["BusinessRejectReason"] == "NotAuthenticated"
        assert (fields["RefSeqNum"], fields["RefMsgType"], fields["BusinessRejectRefID"]) == (number, template, ref)
    assert (await message(client)).message_name == "SessionConfigurationReport"
    kind, payload = await client.packet()
    assert (kind, decode(payload).value["ClOrdID"]) == (soup.SEQUENCED_DATA, 6)
    await client.send(b"\x00\x01U")
    assert (await message(client)).value["RefSeqNum"] == 6


async def test_the_stream_waits_for_the_signature(venue: Gateway, key: Ed25519PrivateKey) -> None:
    session_id = await venue.open_session(password="", public_keys=[public_text(key)])
    client, nonce = await challenged(venue)
    await client.send(authenticate(key.sign, nonce))
    await message(client)
    await client.send(new_order_of(1), soup.LOGOUT_REQUEST_PACKET)
    assert soup.SEQUENCED_DATA in [kind for kind, _ in await client.rest()]
    client, nonce = await challenged(venue, sequence=1)
    await venue.desk.post(f"/admin/sessions/{session_id}/orders/cancel", {})
    await client.send(soup.CLIENT_HEARTBEAT_PACKET, authenticate(key.sign, nonce))
    kinds = [kind for kind, _ in await client.packets(2)]
    assert kinds == [soup.UNSEQUENCED_DATA, soup.SEQUENCED_DATA]


def new_order_of(cl_ord_id: int) -> bytes:
    packet: bytes = codec.NEW_ORDER.pack(cl_ord_id, 10**10, 10**8, 1, 0, b"1", b"2", b"1")
    return packet


async def test_who_is_only_challenged_does_not_take_the_session(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(password="", public_keys=[public_text(key)])
    first, first_nonce = await challenged(venue)
    second, second_nonce = await challenged(venue)
    await second.send(authenticate(key.sign, second_nonce))
    assert (await message(second)).message_name == "SessionConfigurationReport"
    await first.send(authenticate(key.sign, first_nonce))
    assert await refused(first) == ("SessionNotAvailable", "the session is already logged on")


async def test_a_key_that_is_revoked_meanwhile_signs_nothing(venue: Gateway) -> None:
    old, new = key_of(1), key_of(2)
    session_id = await venue.open_session(password="", public_keys=[public_text(old, "old"), public_text(new, "new")])
    client, nonce = await challenged(venue)
    status, answer = await venue.desk.post(f"/admin/sessions/{session_id}/keys/old/revoke")
    assert status == 200, answer
    await client.send(authenticate(old.sign, nonce))
    assert (await refused(client))[0] == "AuthenticationFailed"


async def test_a_client_that_leaves_or_breaks_the_protocol_instead(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(password="", public_keys=[public_text(key)])
    client, _ = await challenged(venue)
    await client.send(soup.LOGOUT_REQUEST_PACKET)
    assert await client.rest() == []
    client, _ = await challenged(venue)
    await client.send(b"\x00\x01Q")
    ((kind, text),) = await client.rest()
    assert (kind, text) == (soup.DEBUG, b"packet type 'Q' after the login")


async def test_an_impossible_sequence_is_refused_before_any_challenge(venue: Gateway, key: Ed25519PrivateKey) -> None:
    await venue.open_session(password="", public_keys=[public_text(key)])
    client = RawClient(await venue.stream())
    await client.log_in(7, user="NEW1", password="")
    assert (await client.packet()) == (soup.LOGIN_REJECTED, b"S")


async def test_who_does_not_sign_in_time_is_gone(mock_clock: trio.testing.MockClock) -> None:
    async with fake_venue(BinarySettings(login_timeout_s=10)) as at, client_of(at) as client:
        at.gate.secret = b"s" * 32
        await client.log_in()
        assert [kind for kind, _ in await client.packets(2)] == [soup.LOGIN_ACCEPTED, soup.UNSEQUENCED_DATA]
        mock_clock.jump(1.0)
        assert await client.packet() == HEARTBEAT
        await client.send(soup.CLIENT_HEARTBEAT_PACKET)
        await trio.testing.wait_all_tasks_blocked(0.01)
        mock_clock.jump(9.0)
        assert await client.rest() == [(soup.DEBUG, b"no Authenticate within 10 s")]


async def test_a_challenge_says_until_when() -> None:
    async with fake_venue(BinarySettings(login_timeout_s=10)) as at, client_of(at) as client:
        at.gate.secret = b"s" * 32
        before_ns = time.time_ns()
        await client.log_in()
        await client.packet()
        _, payload = await client.packet()
        _, until_ns = read_challenge(payload)
        assert before_ns < until_ns <= time.time_ns() + 10 * 10**9


# ---- the messages ----------------------------------------------------------------------------------------------------


def test_what_is_signed() -> None:
    assert signed_payload("DAY1", "TRADR1", "bm9uY2U=") == b"TradeEngine-SoupBin-1\x01DAY1\x01TRADR1\x01bm9uY2U="


def test_the_worked_example_of_the_reference() -> None:
    """The private key is that of RFC 8032, section 7.1, test 1: known to all, so no key."""
    payload = signed_payload("DAY1", "TRADR1", base64.b64encode(NONCE).decode())
    assert payload.endswith(b"\x01DAY1\x01TRADR1\x01AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signature = base64.b64encode(Ed25519PrivateKey.from_private_bytes(secret).sign(payload))
    assert signature == b"V2gAGbfkqZp42lXwSWkD88NbfKYU2FbX2jD3qwpR712twedNHoLj/qqyzhsEcYwuLCnqsgFw6c5jVjwnrZ8PAw=="
    digest = hmac.digest(b"a secret that is shared, 32 byte", payload, "sha256")
    assert base64.b64encode(digest) == b"hAN/gM3/E4LM8ByOcZnlgnIwPwMZdr8/wN9Crz7QkyM="


def test_an_authenticate_there_and_back() -> None:
    packet = encode_authenticate("my-key", HMAC, b"\x07" * 32)
    payload = packet[soup.HEADER_SIZE :]
    assert is_authenticate(payload)
    assert read_authenticate(payload) == ("my-key", b"\x07" * 32)
    assert not is_authenticate(payload[:7])
    assert not is_authenticate(new_order(1)[soup.HEADER_SIZE :])


@pytest.mark.parametrize("size", range(HEADER_SIZE, HEADER_SIZE + codec.AUTHENTICATE.block_length, 20))
def test_one_that_is_cut_is_refused(size: int) -> None:
    payload = encode_authenticate("k", ED25519, bytes(64))[soup.HEADER_SIZE :]
    with pytest.raises(MessageRefused) as caught:
        read_authenticate(payload[:size])
    assert caught.value.reason is MessageRejectReason.BLOCK_TOO_SHORT


def test_one_of_no_algorithm_is_refused() -> None:
    packet = codec.AUTHENTICATE.pack(b"k", 9, b"")
    with pytest.raises(MessageRefused, match="SignatureAlgorithm 9"):
        read_authenticate(packet[soup.HEADER_SIZE :])


def test_one_with_a_signature_of_another_length_is_not_made() -> None:
    with pytest.raises(ValueError, match="ED25519 makes 64"):
        encode_authenticate("k", ED25519, bytes(32))
    with pytest.raises(ValueError, match="at most 32"):
        encode_authenticate("k" * 33, ED25519, bytes(64))


def test_a_challenge_that_is_cut_is_no_challenge() -> None:
    with pytest.raises(struct.error):
        read_challenge(bytes(HEADER_SIZE + 3))
