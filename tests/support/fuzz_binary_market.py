"""What fuzzing feeds of the market data port: whole connections, their socket and the venue behind them made up."""

from __future__ import annotations

from typing import Any, Final, cast

import trio
from fuzz_binary_mutator import BinaryMutator
from fuzz_targets import Violated

from actors.boundary import LogonRefused
from engine.directory import Directory
from engine.events import SessionOpened
from gateways.binary import soup
from gateways.binary.client_connection import Shared
from gateways.binary.counters import MarketCounters
from gateways.binary.market.conflation import Conflation
from gateways.binary.market.connection import MarketConnection, MarketData
from gateways.binary.market.feed import MarketFeed
from gateways.binary.settings import BinarySettings
from gateways.rates import RateDefaults, RateLimits
from gateways.timer_wheel import TimerWheel
from gateways.transport import Outlet

_CLIENT: Final = SessionOpened(3, "SOUPBIN", "TRADR1", "", "TRADR1", "-", "FIRM", [11], 11)
_LOGIN: Final = soup.login_request(soup.LoginRequest("TRADR1", "secret", "", 0))
_SETTINGS: Final = BinarySettings()
_NO_RATES: Final = RateLimits(RateDefaults())
_TOGETHER: Final = 60


class _Wire:
    """An outlet: what the client sends is there already, and ends; what it is sent must be packets."""

    closed = False
    reason = ""
    overflowed = False
    fault = ""
    certificate = ""
    backlog = 0

    def __init__(self, segments: list[bytes]) -> None:
        self._segments = segments[::-1]
        self.packets: list[tuple[int, bytes]] = []

    async def handshake(self) -> None:
        """None is needed."""

    async def receive(self, bytes_max: int = 0) -> bytes:
        return self._segments.pop() if self._segments else b""

    def write(self, data: bytes) -> None:
        found = soup.split(data, soup.PAYLOAD_MAX + 1)
        if found.error or found.rest:
            raise Violated(f"the venue sends what is no packet: {data!r}")
        self.packets += found.packets

    async def run(self) -> None:
        """Everything is written at once."""

    async def flush(self) -> None:
        """Everything is written at once."""

    async def aclose_after_flush(self, timeout_s: float, reason: str = "closed") -> None:
        self.closed, self.reason = True, reason


class _Venue:
    """Who knows one session, and only by the right password."""

    def __init__(self) -> None:
        self.directory = Directory()
        self.directory.apply(_CLIENT)

    async def identify(self, *, comp_id: str, password: str, **_: object) -> SessionOpened:
        if (comp_id, password) != ("TRADR1", "secret"):
            raise LogonRefused("unknown session or wrong credentials")
        return _CLIENT


class MarketConnections:
    """A login that may be right, then packets of any kind: none is for this port, and each is told so."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("connections", "valid", "answers"), 0)
        self.restart()

    def restart(self) -> None:
        """New streams."""
        self._venue = _Venue()
        self._feed = MarketFeed(_ignore, _ignore, lambda: 10**18, 1 << 16, 0, tuple)
        self._counters = MarketCounters()
        self._conflation = Conflation(16)

    def consume(self, mutator: BinaryMutator, count: int) -> None:
        connections: list[list[bytes]] = []
        while count > 0:
            size = min(count, 1 + int(mutator.rng.random() * _TOGETHER))
            count -= size
            login = mutator.login() if mutator.rng.random() < 0.3 else _LOGIN
            connections.append(mutator.segments(login + b"".join(mutator.messages(size - 1))))
        trio.run(self._serve, connections)

    def one(self, data: bytes) -> None:
        trio.run(self._serve, [[_LOGIN, data]])

    async def _serve(self, connections: list[list[bytes]]) -> None:
        for segments in connections:
            wire = _Wire(segments)
            before = self._counters.messages_rejected
            wheel = TimerWheel(_SETTINGS.heartbeat_interval_s, trio.current_time())
            shared = Shared(settings=_SETTINGS, wheel=wheel, clock_ns=lambda: 10**18, entropy=bytes)
            market_data = MarketData(cast(Any, self._venue), self._feed, self._conflation, self._counters, _NO_RATES)
            connection = MarketConnection(cast(Outlet, wire), "fuzz", shared, market_data)
            with trio.fail_after(60):
                await connection.run()
            self._check(connection, wire, self._counters.messages_rejected - before)

    def _check(self, connection: MarketConnection, wire: _Wire, rejected: int) -> None:
        kinds = bytes(kind for kind, _ in wire.packets)
        accepted, answers = kinds.count(soup.LOGIN_ACCEPTED), kinds.count(soup.UNSEQUENCED_DATA)
        self.counts["connections"] += 1
        self.counts["valid"] += accepted
        self.counts["answers"] += answers
        if not (connection.reason and wire.closed):
            raise Violated("a connection that has not ended")
        if accepted > 1 or (rejected and not accepted) or answers < rejected:
            raise Violated(f"{rejected} messages refused, {kinds!r}")
        if any(line.subscribers for line in self._feed.lines.values()):
            raise Violated("who is gone is still sent the stream")


def _ignore(_: object) -> None:
    """The venue has no instruments."""
