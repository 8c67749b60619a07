"""The synchronous client, in a thread of its own, against the binary port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import pytest
import trio
from binary_samples import directory
from binary_venue import Venue, venue
from held_ports import held_port

from clients import (
    Accepted,
    Canceled,
    ConnectionLost,
    LoginRefused,
    MassCancelReport,
    Rejected,
    Replaced,
    RequestRefused,
    Side,
    SyncClient,
)
from clients.blocking import _Wire
from gateways.binary import codec, soup
from gateways.binary.answers import instrument_list
from gateways.binary.settings import BinarySettings

_T = TypeVar("_T")


async def script(at: Venue, function: Callable[[SyncClient], _T], **options: Any) -> _T:
    """Runs ``function`` with a connected client, in a thread."""

    def connected() -> _T:
        with SyncClient("127.0.0.1", at.port_number, "TRADR1", options.pop("password", "demo"), **options) as client:
            return function(client)

    return await trio.to_thread.run_sync(connected)


async def test_orders_queries_and_events() -> None:
    def trade(client: SyncClient) -> None:
        order = client.new_order("BTC/USDT", Side.BUY, "0.5", "60000")
        status = client.order_status(order)
        assert status is not None
        assert status.order_qty == Decimal("0.5")
        assert client.order_status(1) is None
        assert [each.cl_ord_id for each in client.open_orders()] == [order]
        changed = client.replace(order, qty="0.25")
        client.cancel(changed)
        client.mass_cancel()
        assert len(client.book("AAPL", levels=2).bids) == 2
        assert client.instruments["AAPL"].quote == "USD"
        assert client.symbol(9) == "AAPL"
        with pytest.raises(RequestRefused, match="unknown SecurityID 8"):
            client.book(8)
        client.new_order(8, Side.BUY, 1, 1)
        events = [event for _ in range(5) if (event := client.next_event(timeout_s=60))]
        assert [type(event) for event in events] == [Accepted, Replaced, Canceled, MassCancelReport, Rejected]
        assert [event.number for event in events if not hasattr(event, "ref_id")] == [1, 2, 3, 4, 5]
        assert client.next_event(timeout_s=0.0) is None
        assert client.next_number == 6
        assert len(client.orders) == 0

    async with venue() as at:
        await script(at, trade)
        await at.until(lambda: at.port.logged_out)
        assert at.port.logged_out == [True]


async def test_one_client_object_comes_back_for_what_it_missed() -> None:
    async with venue() as at:
        client = SyncClient("127.0.0.1", at.port_number, "TRADR1", "demo")

        def numbers(count: int) -> list[int]:
            with client:
                events = [client.next_event(timeout_s=60) for _ in range(count)]
                assert list(client.events(timeout_s=0)) == []
            return [event.number for event in events if isinstance(event, Accepted)]

        at.port.accept_orders(2)
        assert await trio.to_thread.run_sync(numbers, 2) == [1, 2]
        await at.until(lambda: at.port.connection is None)
        at.port.accept_orders(3)
        assert await trio.to_thread.run_sync(numbers, 3) == [3, 4, 5]


async def test_a_refused_login_says_why() -> None:
    async with venue() as at:
        with pytest.raises(LoginRefused, match="wrong credentials"):
            await script(at, lambda client: None, password="wrong")


def test_a_venue_that_is_not_there() -> None:
    with held_port() as port, pytest.raises(ConnectionLost, match="cannot connect"):
        SyncClient("127.0.0.1", port, "TRADR1", "demo").__enter__()


async def test_the_venues_reason_is_told() -> None:
    async with venue() as at:

        def closed(client: SyncClient) -> None:
            trio.from_thread.run_sync(lambda: at.port.connection.disconnect("closing time"))  # type: ignore[union-attr]
            client.next_event(timeout_s=60)

        with pytest.raises(ConnectionLost, match="closing time"):
            await script(at, closed)
        with pytest.raises(ConnectionLost, match="not connected"):
            SyncClient("127.0.0.1", at.port_number, "TRADR1", "demo").new_order(7, Side.BUY, 1, 1)


def test_a_thread_sends_heartbeats_while_the_script_does_something_else() -> None:
    heard = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(soup.login_accepted("TRADEENG", 1))
                received, listed = b"", False
                while data := connection.recv(65536):
                    received += data
                    if not listed and codec.INSTRUMENT_LIST_REQUEST.header in received:
                        connection.sendall(instrument_list(1, directory()))
                        listed = True
                    if received.count(soup.CLIENT_HEARTBEAT_PACKET) >= 3:
                        heard.set()

        server = threading.Thread(target=serve)
        server.start()
        address = listener.getsockname()
        with SyncClient(*address, "TRADR1", "demo", heartbeat_interval_s=0.001):
            assert heard.wait(60)
        server.join()


async def test_a_venue_that_falls_silent_is_given_up() -> None:
    async with venue(BinarySettings(heartbeat_interval_s=100.0)) as at:
        at.port.answers = False

        def ask(client: SyncClient) -> None:
            client._link.settings = msgspec.structs.replace(client._link.settings, server_timeout_s=0.01)
            client.book(7)

        with pytest.raises(ConnectionLost, match=r"nothing was heard of the venue for 0\.01 s"):
            await script(at, ask)


def test_what_has_no_room_is_sent_once_the_venue_reads() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        wire = _Wire(ours)
        data = bytes(4 * 2**20)
        sender = threading.Thread(target=wire.send, args=(data,))
        sender.start()
        theirs.sendall(b"said meanwhile")
        assert wire.receive(10) == b"said meanwhile"
        received = 0
        while received < len(data):
            received += len(theirs.recv(65_536))
        sender.join()
        wire.close()
