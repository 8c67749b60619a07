"""The market data port over TLS, and for sessions that have to prove who they are by a key or a certificate."""

from __future__ import annotations

import base64
import hashlib
import ssl
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from market_venue import MarketClient, MarketVenue, running, settings
from test_binary_market_port import Flow
from trio.testing import MockClock

from config.settings import Settings
from gateways.binary import codec, soup
from gateways.binary.authentication import SignatureAlgorithm, encode_authenticate, signed_payload
from gateways.binary.codec import HEADER_SIZE
from gateways.binary.rejects import MessageRejectReason
from gateways.tls import TlsFiles, server_context

AUTHORITY = trustme.CA()
KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
PUBLIC = "k1:" + base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def of_session(directory: Path, **changes: Any) -> Settings:
    """MDATA1 is another."""
    chosen = settings(directory / "venue")
    sessions = [
        msgspec.structs.replace(session, **changes) if session.comp_id == "MDATA1" else session
        for session in chosen.sessions
    ]
    return msgspec.structs.replace(chosen, sessions=sessions)


def keyed(directory: Path) -> Settings:
    """MDATA1 has a key and no password."""
    return of_session(directory, password="", public_keys=[PUBLIC])


def authenticate(client: MarketClient, key: Ed25519PrivateKey = KEY) -> bytes:
    signature = key.sign(signed_payload(client.session, "MDATA1", client.nonce))
    return encode_authenticate("", SignatureAlgorithm.ED25519, signature)


async def challenged(at: MarketVenue, **login: Any) -> MarketClient:
    client = await at.client(**{"password": "", **login})
    await client.until(lambda: bool(client.nonce))
    return client


def refusal(client: MarketClient) -> tuple[int, int, str]:
    """Number, reason and text of the last MessageReject, which is order entry's."""
    payload = client.rejects[-1]
    assert payload[:HEADER_SIZE] == codec.MESSAGE_REJECT.header
    number, _, _, reason, text = codec.MESSAGE_REJECT.unpack(payload, HEADER_SIZE)
    return number, reason, codec.from_text(text)


# ---- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", ["", "LEVELS"])
async def test_who_has_a_key_signs_and_then_has_the_book(tmp_path: Path, session: str) -> None:
    async with running(keyed(tmp_path)) as at:
        flow = Flow(at.venue)
        first = await challenged(at, session=session)
        await first.stream.send_all(authenticate(first))
        await flow.trade(30)
        await first.caught_up()
        first.check()
        late = await challenged(at, session=session)
        await flow.trade(30)  # between the Login Accepted, which says a number, and the proof
        await late.stream.send_all(authenticate(late))
        await late.caught_up()
        await flow.trade(10)
        for client in (first, late):
            await client.caught_up()
            client.check()
        assert at.acceptor.counters.logins_accepted == 2


async def test_who_comes_back_signs_too(tmp_path: Path) -> None:
    async with running(keyed(tmp_path)) as at:
        flow = Flow(at.venue)
        first = await challenged(at)
        await first.stream.send_all(authenticate(first))
        await flow.trade(20)
        await first.caught_up()
        await first.stream.aclose()
        await flow.trade(20)
        again = await challenged(at, sequence=first.book.next, session=first.session, book=first.book)
        await again.stream.send_all(authenticate(again))
        await again.caught_up()
        again.check()


async def test_nothing_is_done_for_who_has_not_signed(tmp_path: Path) -> None:
    async with running(keyed(tmp_path)) as at:
        client = await challenged(at)
        assert not any(line.started for line in at.feed.lines.values())
        await client.stream.send_all(codec.BOOK_REQUEST.pack(1, 1, 5) + authenticate(client, OTHER))
        await client.rest()
        assert client.book.next == 1
        assert not client.book.names
        assert not any(line.started for line in at.feed.lines.values())
        text = "unknown session or wrong credentials"
        assert refusal(client) == (2, MessageRejectReason.AUTHENTICATION_FAILED, text)
        client.rejects.pop()
        assert refusal(client) == (1, MessageRejectReason.NOT_AUTHENTICATED, "Authenticate has to come first")
        assert client.debug == [text]
        assert at.acceptor.counters.logins_rejected == 1


async def test_who_does_not_sign_in_time_is_let_go(tmp_path: Path, mock_clock: MockClock) -> None:
    async with running(keyed(tmp_path), login_timeout_s=10) as at:
        client = await challenged(at)
        mock_clock.jump(10)
        await client.rest()
        assert client.debug == ["no Authenticate within 10 s"]
        assert at.acceptor.counters.clients_timed_out == 1


async def test_streams_that_began_anew_meanwhile_are_not_those_that_were_named(tmp_path: Path) -> None:
    async with running(keyed(tmp_path)) as at:
        client = await challenged(at)
        at.feed.renew("a fault")
        await client.stream.send_all(authenticate(client))
        await client.rest()
        assert refusal(client)[1:] == (MessageRejectReason.SESSION_NOT_AVAILABLE, "market data has begun anew")


# ---- TLS -------------------------------------------------------------------------------------------------------------


def server(directory: Path) -> ssl.SSLContext:
    leaf = AUTHORITY.issue_cert("localhost")
    certificate, key, client_ca = (directory / name for name in ("server.pem", "server.key", "ca.pem"))
    certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    client_ca.write_bytes(AUTHORITY.cert_pem.bytes())
    return server_context(TlsFiles(certificate, key, client_ca))


def trusting(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


async def test_the_book_over_tls_for_who_shows_its_certificate(tmp_path: Path) -> None:
    mine = AUTHORITY.issue_cert("reader@example.org")
    der = ssl.PEM_cert_to_DER_cert(mine.cert_chain_pems[0].bytes().decode())
    chosen = of_session(tmp_path, certificate=hashlib.sha256(der).hexdigest())
    async with running(chosen, tls=server(tmp_path)) as at:
        flow = Flow(at.venue)
        await flow.trade(20)
        for without in (await at.client(), await at.secure_client(trusting())):
            await without.rest()
            assert without.refused == "A"
        client = await at.secure_client(trusting(mine))
        await flow.trade(20)
        await client.caught_up()
        client.check()
        assert at.acceptor.connections == 1
        await at.acceptor.stop("the venue stops")
        await at.acceptor.stop("the venue stops")
        await client.rest()
        assert (client.debug, client.others) == (["the venue stops"], [soup.END_OF_SESSION])
        assert client.book.system[-1:] == [b"C"]
        assert client.book.system.count(b"C") == 1


async def test_who_speaks_tls_to_the_plain_port_is_told_apart(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        stream = await trio.open_tcp_stream("127.0.0.1", at.port)
        await stream.send_all(b"\x16\x03\x01\x02\x00" + bytes(100))
        with trio.fail_after(60):
            while not at.closed:
                await trio.lowlevel.checkpoint()
        assert at.closed == ["the client speaks TLS, and this port does not"]
        await stream.aclose()
