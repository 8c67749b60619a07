"""TLS between outlet and framer: certificates, time-outs, and peers that don't do what they should."""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme
from fix_gateway import Gateway, Wire, gateway

from gateways.tls import TlsFiles, TlsOutlet, TlsUnusable, server_context
from gateways.transport import HandshakeFailed

AUTHORITY = trustme.CA()
CLIENT = AUTHORITY.issue_cert("broker@example.org")
STRANGER = trustme.CA().issue_cert("stranger@example.org")


def written(directory: Path) -> TlsFiles:
    server = AUTHORITY.issue_cert("localhost")
    certificate, key, client_ca = (directory / name for name in ("server.pem", "server.key", "ca.pem"))
    certificate.write_bytes(b"".join(pem.bytes() for pem in server.cert_chain_pems))
    key.write_bytes(server.private_key_pem.bytes())
    client_ca.write_bytes(AUTHORITY.cert_pem.bytes())
    return TlsFiles(certificate, key, client_ca)


def client_context(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def fingerprint(certificate: trustme.LeafCert) -> str:
    der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
    return hashlib.sha256(der).hexdigest()


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Gateway]:
    context = server_context(written(tmp_path))
    async with gateway(tmp_path / "venue", context, logon_timeout_s=60.0) as it:
        yield it


async def log_on(client: Wire, password: str = "secret") -> dict[str, str]:
    return await client.log_on(f"554={password}")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_trades_over_tls_as_over_a_bare_socket(venue: Gateway, version: ssl.TLSVersion) -> None:
    await venue.open_session()
    context = client_context()
    context.minimum_version = context.maximum_version = version
    client = await venue.secure(context)
    assert (await log_on(client))["35"] == "A"
    bulk = b"".join(client.encoded("1", f"112=T{n}") for n in range(2000))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.stream.send_all, bulk)
        echoed = [(await client.get()).get("112") for _ in range(2000)]
    assert echoed == [f"T{n}" for n in range(2000)]
    await client.send("5")
    assert (await client.get())["35"] == "5"
    # The end is told by close_notify, not by an end of file that anybody may make.
    assert await client.stream.receive_some() == b""


async def test_old_versions_of_tls_are_refused(venue: Gateway) -> None:
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(trio.BrokenResourceError):
        await venue.secure(context)


async def test_a_session_s_certificate_is_wanted_beside_its_password(venue: Gateway) -> None:
    await venue.open_session(certificate=fingerprint(CLIENT))
    plain = await venue.connect()
    assert (await log_on(plain))["58"] == "unknown session or wrong credentials"
    without = await venue.secure(client_context())
    assert (await log_on(without))["35"] == "5"
    other = await venue.secure(client_context(AUTHORITY.issue_cert("other@example.org")))
    assert (await log_on(other))["35"] == "5"
    wrong = await venue.secure(client_context(CLIENT))
    assert (await log_on(wrong, "wrong"))["35"] == "5"
    right = await venue.secure(client_context(CLIENT))
    assert (await log_on(right))["35"] == "A"


async def test_a_certificate_may_be_all_that_a_session_has(venue: Gateway) -> None:
    await venue.open_session(password="", certificate=fingerprint(CLIENT))
    without = await venue.secure(client_context())
    assert (await without.log_on("141=N"))["35"] == "5"
    client = await venue.secure(client_context(CLIENT))
    assert (await client.log_on("141=N"))["35"] == "A"


async def test_a_certificate_of_another_authority_ends_the_connection(venue: Gateway) -> None:
    await venue.open_session(certificate=fingerprint(STRANGER))
    context = client_context(STRANGER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 a client hears of it only when it reads
    with pytest.raises(trio.BrokenResourceError):
        await venue.secure(context)


async def test_required_client_certificates_are_required_of_all(tmp_path: Path) -> None:
    files = written(tmp_path)
    context = server_context(TlsFiles(files.certificate, files.key, files.client_ca, "required"))
    async with gateway(tmp_path / "venue", context) as venue:
        await venue.open_session()
        client = await venue.secure(client_context(CLIENT))
        assert (await log_on(client))["35"] == "A"
        older = client_context()
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(trio.BrokenResourceError):
            await venue.secure(older)


@pytest.mark.parametrize(
    "first", [b"8=FIX.4.4\x019=5\x0135=A\x01", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(900)]
)
async def test_a_client_without_tls_is_let_go_by_the_tls_port(venue: Gateway, first: bytes) -> None:
    stream = await venue.stream(venue.tls_port)
    await stream.send_all(first)
    with trio.fail_after(60):
        while await stream.receive_some():
            pass
    await stream.aclose()
    await venue.until_closed("no TLS connection: ")


async def test_a_tls_client_is_let_go_by_the_plain_port(venue: Gateway) -> None:
    stream = await venue.stream(venue.port)
    client = trio.SSLStream(stream, client_context(), server_hostname="localhost")
    with pytest.raises(trio.BrokenResourceError):
        await client.do_handshake()
    await stream.aclose()
    await venue.until_closed("the client speaks TLS, and this port does not")


async def test_who_stops_in_the_handshake_is_cut_off_in_time(tmp_path: Path) -> None:
    context = server_context(written(tmp_path))
    async with gateway(tmp_path / "venue", context, logon_timeout_s=0.2) as venue:
        stream = await venue.stream(venue.tls_port)
        await stream.send_all(b"\x16\x03\x01\x02\x00\x01\x00")
        with trio.fail_after(60):
            assert await stream.receive_some() == b""
        assert venue.acceptor.counters.logons_timed_out == 1


async def test_garbage_after_the_handshake_ends_that_connection_alone(venue: Gateway) -> None:
    await venue.open_session()
    good = await venue.secure(client_context())
    assert (await log_on(good))["35"] == "A"
    bad = await venue.secure(client_context(), comp_id="X")
    assert isinstance(bad.stream, trio.SSLStream)
    await bad.stream.transport_stream.send_all(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert await bad.get() == {}
    await bad.stream.transport_stream.aclose()
    await venue.until_closed("TLS: ")
    await good.send("1", "112=still here")
    assert (await good.get())["112"] == "still here"


async def test_a_client_that_does_not_read_is_cut_over_tls_too(tmp_path: Path) -> None:
    context = server_context(written(tmp_path))
    async with gateway(tmp_path / "venue", context, write_buffer_max=65536, parked_messages_max=100_000) as venue:
        await venue.open_session()
        client = await venue.secure(client_context())
        assert (await log_on(client))["35"] == "A"

        async def flood() -> None:
            while True:
                await client.stream.send_all(b"".join(client.encoded("1", f"112={'x' * 400}") for _ in range(1000)))

        with pytest.raises(trio.BrokenResourceError), trio.fail_after(60):
            await flood()
        assert venue.acceptor.counters.slow_clients_cut == 1


async def test_what_comes_with_the_end_of_the_handshake_is_read(venue: Gateway) -> None:
    """A client may send its Logon in the segment that ends the handshake, and then wait."""
    await venue.open_session()
    stream = await venue.stream(venue.tls_port)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            await stream.send_all(outgoing.read())
            incoming.write(await stream.receive_some())
    tls.write(Wire(stream, "FIX.4.4", "NEW").encoded("A", "98=0|108=30|554=secret"))
    await stream.send_all(outgoing.read())
    with trio.fail_after(60):
        incoming.write(await stream.receive_some())
    assert b"\x0135=A\x01" in tls.read()


async def test_a_client_that_says_the_end_and_keeps_its_socket_is_let_go(venue: Gateway) -> None:
    await venue.open_session()
    client = await venue.secure(client_context())
    assert (await log_on(client))["35"] == "A"
    last = client.encoded("1", "112=last")
    assert isinstance(client.stream, trio.SSLStream)
    await client.stream.send_all(last)
    with pytest.raises((ssl.SSLWantReadError, ssl.SSLError)):
        client.stream._ssl_object.unwrap()
    await client.stream.transport_stream.send_all(client.stream._outgoing.read())
    await venue.until_closed("the client closed the connection")


async def test_close_notify_is_the_client_s_end(venue: Gateway) -> None:
    await venue.open_session()
    client = await venue.secure(client_context())
    assert (await log_on(client))["35"] == "A"
    await client.stream.aclose()
    await venue.until_closed("the client closed the connection")


async def test_nobody_renegotiates(tmp_path: Path) -> None:
    """OpenSSL lets a TLS 1.2 client ask; what it asks for is a handshake in the middle of data."""
    context = server_context(written(tmp_path))
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_write_before_the_handshake_says_nothing(tmp_path: Path) -> None:
    near, far = socket.socketpair()
    with far:
        near.setblocking(False)
        far.setblocking(False)
        outlet = TlsOutlet(trio.socket.from_stdlib_socket(near), 1024, server_context(written(tmp_path)))
        outlet.write(b"too early")
        with pytest.raises(BlockingIOError):
            far.recv(100)
        far.shutdown(socket.SHUT_WR)
        with pytest.raises(HandshakeFailed, match="the client left during the TLS handshake"):
            await outlet.handshake()
        outlet.close()


@pytest.mark.parametrize("spoiled", ["certificate", "key", "client_ca", "missing", "encrypted"])
def test_files_that_are_no_good_are_named(tmp_path: Path, spoiled: str) -> None:
    files = written(tmp_path)
    if spoiled == "missing":
        files.key.unlink()
        expected = f"{files.key} cannot be read"
    elif spoiled == "encrypted":
        files.key.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
        expected = "no certificate with its key"
    else:
        path: Any = getattr(files, spoiled)
        path.write_text("nothing")
        expected = str(path)
    with pytest.raises(TlsUnusable, match=expected.replace("[", r"\[")):
        server_context(files)


async def test_a_reset_in_the_handshake_is_harmless(venue: Gateway) -> None:
    sock = socket.create_connection(("127.0.0.1", venue.tls_port))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.send(b"\x16\x03\x01")
    sock.close()
    await venue.open_session()
    assert (await log_on(await venue.secure(client_context())))["35"] == "A"
