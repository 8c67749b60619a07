"""Clients over sockets that break: with trio and without, no report is lost or seen twice, and a refusal is the end."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme
from binary_gateway import Gateway, gateway
from binary_venue import Venue, venue
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clients import (
    Accepted,
    Backoff,
    Canceled,
    CancelOnDisconnect,
    Client,
    ConnectionLost,
    Ed25519Key,
    Event,
    HmacKey,
    LoginRefused,
    Side,
    SyncClient,
    Undelivered,
)
from gateways.tls import TlsFiles, server_context

AT_ONCE = Backoff(first_s=1e-6, longest_s=1e-6, spread=0)
AUTHORITY = trustme.CA()


def client_of(at: Venue, **options: Any) -> Client:
    return Client("127.0.0.1", at.port_number, "TRADR1", "demo", reconnect=AT_ONCE, **options)


def sync_client_of(at: Venue, **options: Any) -> SyncClient:
    return SyncClient("127.0.0.1", at.port_number, "TRADR1", "demo", reconnect=AT_ONCE, **options)


async def numbers(client: Client, count: int) -> list[int]:
    with trio.fail_after(60):
        events: list[Event] = [await client.__anext__() for _ in range(count)]
    return [event.number for event in events if isinstance(event, Accepted)]


def logged_in(at: Venue, times: int) -> bool:
    return at.acceptor.counters.logins_accepted == times


def cut(at: Venue) -> None:
    """Ends the connection as a venue does; the client may be on its way back."""
    if at.port.connection is not None:
        at.port.connection.disconnect("the cable")


async def test_every_report_comes_once_and_in_order_over_many_connections() -> None:
    async with venue() as at, client_of(at) as client:
        for nth in range(10):
            at.port.accept_orders(3)
            cut(at)
            at.port.accept_orders(2)
            await at.until(partial(logged_in, at, nth + 2))
        assert await numbers(client, 50) == list(range(1, 51))


async def test_an_outcome_is_awaited_over_a_lost_connection() -> None:
    async with venue() as at, client_of(at) as client:
        take = at.port.submit

        def take_and_cut(commands: list[Any]) -> None:
            cut(at)
            take(commands)

        at.port.submit = take_and_cut  # type: ignore[method-assign]
        outcome = await client.place("BTC/USDT", Side.BUY, 1, 100)
        assert isinstance(outcome, Accepted)
        assert [event.cl_ord_id for event in client._link.events if isinstance(event, Accepted)] == [outcome.cl_ord_id]


async def test_what_the_venue_never_got_is_told() -> None:
    async with venue() as at, client_of(at) as client:
        at.port.submit = lambda commands: cut(at)  # type: ignore[method-assign]
        with pytest.raises(Undelivered):
            await client.place("BTC/USDT", Side.BUY, 1, 100)
        assert len(client.orders) == 0


async def test_a_refusal_that_is_final_ends_it() -> None:
    async with venue() as at, client_of(at) as client:
        at.port.accept_orders(1)
        assert await numbers(client, 1) == [1]
        port = at.gate.ports.pop("TRADR1")
        assert port.connection is not None
        port.connection.disconnect("the cable")
        with pytest.raises(LoginRefused, match="wrong credentials"):
            await client.__anext__()
        with pytest.raises(LoginRefused, match="wrong credentials"):
            await client.until_connected()
        with pytest.raises(LoginRefused, match="wrong credentials"):
            await client.new_order(7, Side.BUY, 1, 1)


async def test_a_session_that_is_still_logged_on_elsewhere_is_waited_for() -> None:
    async with venue() as at, client_of(at) as client:
        port = at.port
        mine = port.connection
        assert mine is not None
        log_out = port.log_out
        port.log_out = lambda **how: None  # type: ignore[method-assign]
        mine.disconnect("the cable")
        await at.until(lambda: at.acceptor.counters.logins_rejected >= 3)
        assert not client.connected
        port.log_out = log_out  # type: ignore[method-assign]
        port.connection = None
        await client.until_connected()
        port.accept_orders(1)
        assert await numbers(client, 1) == [1]


async def test_leaving_while_it_is_on_its_way_back() -> None:
    async with venue() as at:
        async with client_of(at) as client:
            at.scope.cancel()
            await at.until(lambda: not client.connected)
            with pytest.raises(ConnectionLost):
                await client.cancel(5, symbol=7, side=Side.BUY)
        with pytest.raises(ConnectionLost, match="not connected"):
            await client.__anext__()


async def test_events_nobody_wants_are_not_kept() -> None:
    async with venue() as at:
        at.port.accept_orders(100)
        async with client_of(at, events_max=0) as client:
            assert isinstance(await client.place("BTC/USDT", Side.BUY, 1, 100), Accepted)
            assert not client._link.events


async def test_a_long_replay_does_not_keep_the_client_from_its_events() -> None:
    async with venue() as at:
        at.port.accept_orders(100)
        with trio.fail_after(60):
            async with client_of(at, events_max=10) as client:
                assert await numbers(client, 100) == list(range(1, 101))
                assert isinstance(await client.place(7, Side.BUY, 1, 100), Accepted)


async def test_open_orders_are_known_without_a_replay() -> None:
    async with venue() as at:
        async with client_of(at, first_cl_ord_id=100) as client:
            for price in (100, 101):
                await client.place("BTC/USDT", Side.BUY, 1, price)
        await at.until(lambda: at.port.connection is None)
        async with client_of(at, next_number=0) as client:
            assert [order.cl_ord_id for order in client.orders.open()] == [100, 101]
            assert isinstance(await client.pull(101), Canceled)
            ended = await client.ended(101)
            assert not ended.is_open


async def test_without_trio_too() -> None:
    def trade(client: SyncClient, at: Venue) -> list[int]:
        with client:
            seen: list[int] = []
            for _ in range(3):
                trio.from_thread.run_sync(at.port.accept_orders, 2)
                trio.from_thread.run_sync(cut, at)
                trio.from_thread.run_sync(at.port.accept_orders, 2)
                events = [client.next_event(60) for _ in range(4)]
                seen += [event.number for event in events if isinstance(event, Accepted)]
            client.abort()
            assert len(client.book("AAPL", levels=2).bids) == 2, "asked again on the next connection"
            assert isinstance(client.place("BTC/USDT", Side.BUY, 1, 100, cl_ord_id=7), Accepted)
            trio.from_thread.run_sync(setattr, at.port, "submit", lambda commands: cut(at))
            with pytest.raises(Undelivered):
                client.pull(7)
        return seen

    async with venue() as at:
        assert await trio.to_thread.run_sync(trade, sync_client_of(at), at) == list(range(1, 13))


async def test_without_trio_a_final_refusal_is_the_end() -> None:
    def trade(client: SyncClient, at: Venue) -> None:
        with client:
            trio.from_thread.run_sync(at.gate.ports.pop, "TRADR1")
            client.abort()
            with pytest.raises(LoginRefused, match="wrong credentials"):
                client.next_event(60)
            with pytest.raises(LoginRefused, match="wrong credentials"):
                client.book(7)

    async with venue() as at:
        await trio.to_thread.run_sync(trade, sync_client_of(at), at)


# ---- TLS and keys, with the whole venue behind -----------------------------------------------------------------------


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[Gateway]:
    certificate = AUTHORITY.issue_cert("localhost")
    files = TlsFiles(tmp_path / "venue.pem", tmp_path / "venue.key")
    certificate.cert_chain_pems[0].write_to_path(files.certificate)
    certificate.private_key_pem.write_to_path(files.key)
    async with gateway(tmp_path / "venue", server_context(files)) as it:
        yield it


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def secure(at: Gateway, kind: Callable[..., Any], **options: Any) -> Any:
    named = {"tls": trusting(), "tls_hostname": "localhost", "reconnect": AT_ONCE, **options}
    return kind("127.0.0.1", at.tls_port, "NEW1", options.pop("password", "secret"), **named)


async def test_over_tls_and_back(secured: Gateway) -> None:
    await secured.open_session()
    async with secure(secured, Client) as client:
        assert isinstance(await client.place("BTC/USDT", Side.BUY, 1, 100), Accepted)
        client.abort()
        with trio.fail_after(60):
            while client.connected:
                await trio.lowlevel.checkpoint()
            await client.until_connected()
        assert isinstance(await client.place("BTC/USDT", Side.BUY, 1, 100), Accepted)
        assert len(client.orders) == 2


async def test_over_tls_without_trio(secured: Gateway) -> None:
    await secured.open_session()

    def trade() -> int:
        with secure(secured, SyncClient, heartbeat_interval_s=0.001) as client:
            for _ in range(200):
                client.new_order("BTC/USDT", Side.BUY, 1, 100)
            assert len(client.open_orders()) == 200
            client.abort()
            assert len(client.open_orders()) == 200
            assert isinstance(client.place("BTC/USDT", Side.BUY, 1, 100), Accepted)
            return len(client.orders)

    assert await trio.to_thread.run_sync(trade) == 201


async def test_a_venue_whose_certificate_is_not_trusted_is_none(secured: Gateway) -> None:
    await secured.open_session()
    with pytest.raises(ConnectionLost, match="cannot connect"):
        async with secure(secured, Client, tls=ssl.create_default_context()):
            pass
    with pytest.raises(ConnectionLost, match="cannot connect"):
        await trio.to_thread.run_sync(secure(secured, SyncClient, tls=ssl.create_default_context()).__enter__)


async def test_a_login_is_signed_on_every_connection(secured: Gateway) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    public = base64.b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    secret = base64.b64encode(b"0123456789abcdef").decode()
    await secured.open_session(password="", public_keys=[f"k1:{public}"], hmac_keys=[f"h1:{secret}"])
    fresh: Any = {"reconnect": AT_ONCE, "next_number": 0}
    for key in (Ed25519Key(bytes([7]) * 32, "k1"), HmacKey(b"0123456789abcdef")):
        async with Client("127.0.0.1", secured.port, "NEW1", "", key=key, **fresh) as client:
            await client.configure(CancelOnDisconnect.DISCONNECT, cancel_window_ms=0)
            assert isinstance(await client.place("BTC/USDT", Side.BUY, 1, 100), Accepted)
            client.abort()
            async for event in client:
                if isinstance(event, Canceled):
                    break
            await client.until_connected()
            assert len(client.orders) == 0, "its orders were cancelled with the connection"
            assert (await client.configure()).cancel_on_disconnect is CancelOnDisconnect.OFF
    with pytest.raises(LoginRefused, match="wrong credentials"):
        async with Client("127.0.0.1", secured.port, "NEW1", "", key=HmacKey(b"another secret..")):
            pass
    with pytest.raises(LoginRefused, match="its key is needed"):
        async with Client("127.0.0.1", secured.port, "NEW1", ""):
            pass
