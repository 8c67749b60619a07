"""A full port: who has sent no logon makes way for a newcomer, the oldest first; over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
import trio.testing

from gateways.binary.counters import PortCounters
from gateways.open_connections import DISPLACED, OpenConnections, host_of, remote_of


class Told:
    """A connection that says a word for each that it hears; a logon is a whole line."""

    protocol = "TEST"

    def __init__(self, sock: trio.socket.SocketType, remote: str) -> None:
        self.reason = ""
        self.comp_id = remote
        self.logon_received = False
        self._sock = sock

    async def run(self) -> None:
        heard = b""
        try:
            while data := await self._sock.recv(100):
                heard += data
                self.logon_received = heard.endswith(b"\n")
                if heard == b"fail\n":
                    raise RuntimeError("a fault")
                await self._sock.send(data)
        except trio.ClosedResourceError:
            return
        finally:
            self._sock.close()

    def displace(self, reason: str) -> None:
        self.reason = reason
        self._sock.close()


class Port:
    def __init__(self, connections_max: int) -> None:
        self.counters = PortCounters()
        self.told: list[tuple[str, object]] = []
        self.open: OpenConnections[Told] = OpenConnections(connections_max, self.counters, self._observe)
        self.number = 0

    def _observe(self, event: str, **details: object) -> None:
        self.told.append((event, details.get("reason") or details.get("error")))

    async def handle(self, stream: trio.SocketStream) -> None:
        await self.open.serve(stream, Told)

    async def connect(self, words: bytes = b"") -> trio.SocketStream:
        """Its words are heard, and answered, before this returns."""
        count = self.counters.connections_opened + self.counters.connections_refused
        stream = await trio.open_tcp_stream("127.0.0.1", self.number)
        with trio.fail_after(60):
            while self.counters.connections_opened + self.counters.connections_refused == count:
                await trio.lowlevel.checkpoint()
        await hears(stream, words)
        return stream


@asynccontextmanager
async def port(connections_max: int) -> AsyncIterator[Port]:
    made = Port(connections_max)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        made.number = listeners[0].socket.getsockname()[1]
        await nursery.start(trio.serve_listeners, made.handle, listeners)
        yield made
        nursery.cancel_scope.cancel()


async def hears(stream: trio.SocketStream, words: bytes) -> None:
    if words:
        await stream.send_all(words)
        with trio.fail_after(60):
            assert await stream.receive_some(100) == words


async def is_closed(stream: trio.SocketStream) -> bool:
    with trio.fail_after(60):
        try:
            return await stream.receive_some(100) == b""
        except trio.BrokenResourceError:
            return True


async def test_the_oldest_without_a_logon_makes_way_for_a_newcomer() -> None:
    async with port(4) as at:
        logged_on = await at.connect(b"logon\n")
        silent, dribbling, late = await at.connect(), await at.connect(b"log"), await at.connect()
        fifth = await at.connect(b"logon\n")
        assert await is_closed(silent)
        sixth = await at.connect(b"logon\n")
        assert await is_closed(dribbling)
        for stream in (logged_on, late, fifth, sixth):
            await hears(stream, b"still here\n")
        assert at.counters.connections_displaced == 2
        assert at.told == [("connection_closed", DISPLACED)] * 2
        assert len(at.open) == 4


async def test_where_all_have_logged_on_the_newcomer_is_closed() -> None:
    async with port(2) as at:
        streams = [await at.connect(b"logon\n") for _ in range(2)]
        assert await is_closed(await at.connect())
        for stream in streams:
            await hears(stream, b"still here\n")
        assert (at.counters.connections_displaced, at.counters.connections_refused) == (0, 1)
        assert at.told == []


async def test_a_storm_of_silence_never_keeps_a_client_out() -> None:
    async with port(10) as at:
        storm = [await at.connect() for _ in range(50)]
        client = await at.connect(b"logon\n")
        storm += [await at.connect() for _ in range(50)]
        await hears(client, b"still here\n")
        assert len(at.open) == len(list(at.open)) == 10
        assert at.counters.connections_displaced == 91
        for stream in storm:
            await stream.aclose()


async def test_the_place_of_who_has_gone_is_free() -> None:
    async with port(1) as at:
        for _ in range(3):
            stream = await at.connect()
            await stream.aclose()
            with trio.fail_after(60):
                await at.open.all_gone()
        assert at.counters.connections_displaced == 0
        await at.connect(b"logon\n")


async def test_a_failure_ends_one_connection_and_is_told() -> None:
    async with port(2) as at:
        other = await at.connect(b"logon\n")
        failing = await at.connect()
        await failing.send_all(b"fail\n")
        assert await is_closed(failing)
        await hears(other, b"still here\n")
        assert at.told == [("connection_failed", "RuntimeError('a fault')"), ("connection_closed", "stopped")]


async def test_a_stopping_port_displaces_nobody() -> None:
    async with port(1) as at:
        silent = await at.connect()
        at.open.refuse_all()
        assert await is_closed(await at.connect())
        await hears(silent, b"still here")
        assert (at.counters.connections_displaced, at.counters.connections_refused) == (0, 1)


async def test_an_address_has_a_host() -> None:
    first, second = trio.socket.socketpair()
    first.close()
    second.close()
    assert remote_of(first) == "unknown"
    hosts = [host_of(remote) for remote in ("127.0.0.1:80", "::1:80", "fe80::1%lo:80", "unknown")]
    assert hosts == ["127.0.0.1", "::1", "fe80::1%lo", "unknown"]
