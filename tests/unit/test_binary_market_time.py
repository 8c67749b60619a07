"""The market data port's connections on the timer wheel: heartbeats after silence only, and who is silent is let go."""

from __future__ import annotations

from typing import Any, cast

import trio
import trio.testing

from engine.directory import Directory
from engine.events import SessionOpened
from gateways.binary import soup
from gateways.binary.client_connection import Shared
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.source import Kind
from gateways.binary.settings import BinarySettings
from gateways.timer_wheel import TimerWheel
from gateways.transport import Outlet

CLIENT = SessionOpened(3, "SOUPBIN", "MDATA1", "", "MDATA1", "-", "FIRM", [11], 11)
SETTINGS = BinarySettings(heartbeat_interval_s=1.0, client_timeout_s=15.0)
TICK_S = 0.125
ALL = 1_000


class Wire:
    """An outlet whose client logs in and then says nothing."""

    closed = overflowed = False
    reason = fault = certificate = ""
    backlog = 0

    def __init__(self) -> None:
        self._login = soup.login_request(soup.LoginRequest("MDATA1", "secret", "", 0))
        self.written: list[bytes] = []

    async def handshake(self) -> None: ...

    async def run(self) -> None: ...

    async def flush(self) -> None: ...

    async def aclose_after_flush(self, timeout_s: float, reason: str) -> None: ...

    async def receive(self) -> bytes:
        login, self._login = self._login, b""
        if not login:
            await trio.sleep_forever()
        return login

    def write(self, data: bytes) -> None:
        self.written.append(data)


class Admission:
    def __init__(self) -> None:
        self.directory = Directory()
        self.directory.apply(CLIENT)

    async def identify(self, **_: object) -> SessionOpened:
        return CLIENT


async def test_heartbeats_and_time_outs(mock_clock: trio.testing.MockClock) -> None:
    start_s = trio.current_time()
    wheel, wire = TimerWheel(TICK_S, start_s), Wire()
    feed = MarketFeed(lambda _: None, lambda _: None, lambda: 10**18, 1 << 16, 0, tuple)
    shared = Shared(settings=SETTINGS, wheel=wheel, clock_ns=lambda: 10**18, entropy=bytes)
    acceptor = MarketAcceptor(cast(Any, Admission()), feed, SETTINGS)
    connection = acceptor._connection(cast(Outlet, wire), "test", shared)
    line = feed.lines[Kind.ORDERS]

    def turned(s: float) -> list[bytes]:
        """What is written by then."""
        wire.written.clear()
        mock_clock.jump(start_s + s - trio.current_time())
        assert wheel.advance(start_s + s, ALL)
        return wire.written

    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run)
        await trio.testing.wait_all_tasks_blocked()
        assert line.subscribers == [connection]
        assert turned(0.5) == []
        line.stream.append(soup.packet(soup.SEQUENCED_DATA, b"news"))
        line.flush()
        assert wire.written == [soup.packet(soup.SEQUENCED_DATA, b"news")]
        assert turned(1.25) == []
        assert turned(1.5) == [soup.SERVER_HEARTBEAT_PACKET]
        assert turned(2.25) == []
        assert turned(2.5) == [soup.SERVER_HEARTBEAT_PACKET]
        turned(14.8)
        assert not connection.reason
        turned(15.1)
        assert connection.reason == "nothing was heard for 15 s"
        assert line.subscribers == []
    assert acceptor.counters.clients_timed_out == 1
    assert len(wheel) == 0
