"""Orders end to end over one port: bytes in, durable, reports out; what bench_binary and bench_fix have in common.

With many orders in flight the venue's threads run where the machine puts them, and the load generator needs a few per
cent of a core. For round trips the venue has a core of its own and the load generator the other one, or both the same.
A trio echo server that gets the same frames takes turns with the venue.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack

import msgspec

from benchmarks.disk import SYNC_P50, SYNC_P99, SyncedWrites
from benchmarks.harness import Claim, Context, Figures, Placement, Samples, Target, claim, interleaved, placements
from benchmarks.loadgen import LoadGenerator, Stream, Wire
from benchmarks.orders import (
    ALTERNATING,
    ALTERNATING_REPLIES,
    CROSSING,
    REPORTS_PER_ORDER,
    RESTING,
    Orders,
    connect,
)
from benchmarks.servers import EchoServer, Server, VenueServer
from engine.types import Side

DURABILITIES = ("fsync", "os")
ECHO = "echo"
_SIDES = {"BUYER": Side.BUY, "SELLER": Side.SELL}
_ECHO_FACTOR = 20
"""How many times more an echo is sent, so that it lasts long enough to be timed."""
P50S = ("p50, rests", "p50, trades")
"""An order that rests has one report; one that trades is followed by three, for its one session has both sides."""
_P99 = "p99"
RATE = {CROSSING: "orders/s, half crossing", RESTING: "orders/s, none crossing"}
_SYNC = "fdatasync"


class Port(msgspec.Struct, frozen=True):
    """What is particular to a protocol."""

    name: str
    wire: Wire
    orders: Callable[[str], Orders]
    """By participant."""
    port_of: Callable[[VenueServer], int]
    pipelined_orders: int
    """In one full run."""
    rate_target: Target
    p50_target: Target = Target("ratio", "<=", 3)
    """Of a round trip in ``os`` durability, beside the echo's."""
    p99_target: Target | None = None
    one_core_targets: bool = True
    """Whether round trips are to meet their targets with server and client on one core too."""


class Party(msgspec.Struct, frozen=True):
    """One participant's connection and what it sends there."""

    sock: socket.socket
    orders: Orders
    side: Side


class Load:
    """One server and the connections to it."""

    def __init__(
        self,
        port: Port,
        generator: LoadGenerator,
        parties: list[Party],
        *,
        echo: bool = False,
        acknowledges: bool = False,
        server: Server | None = None,
    ) -> None:
        """``echo``: the server sends back what it gets. ``acknowledges``: each order has one report and no other."""
        self._port = port
        self._server = server
        self._generator = generator
        self._parties = parties
        self._echo = echo
        self._acknowledges = acknowledges

    def place(self, cores: set[int]) -> None:
        """Where the server runs from now on, if it is a process of its own."""
        if self._server is not None:
            self._server.run_on(cores)

    def pipelined(self, count: int, core: int, symbol: str) -> Figures:
        """``count`` orders, half from each party, as fast as they are taken."""
        each = count // len(self._parties)
        reports = REPORTS_PER_ORDER if symbol == CROSSING and not self._acknowledges else 1
        streams: list[Stream] = []
        for party in self._parties:
            frames = party.orders.encode(each, party.side if symbol == CROSSING else Side.BUY, symbol=symbol)
            if self._echo:
                streams.append(Stream(party.sock, frames * _ECHO_FACTOR, each * _ECHO_FACTOR))
            else:
                streams.append(Stream(party.sock, frames, each * reports))
        done = self._generator.pipelined(self._port.wire, streams, core, count_all=self._echo)
        return {RATE[symbol]: done.frames / done.seconds, "load generator CPU": done.cpu_seconds / done.seconds}

    def ping_pong(self, count: int, core: int) -> Figures:
        """``count`` orders of one party, buys that rest and sells that cross them in turns, one at a time."""
        party = self._parties[0]
        replies = (1, 1) if self._echo or self._acknowledges else ALTERNATING_REPLIES
        stream = Stream(party.sock, party.orders.encode(count, *ALTERNATING), replies)
        warm_up = count // 10
        done = self._generator.ping_pong(self._port.wire, stream, core, count_all=self._echo, warm_up=warm_up)
        return {**dict(zip(P50S, done.p50_us, strict=True)), _P99: done.p99_us}


def measure(port: Port, context: Context) -> list[Claim]:
    """All claims of one port. Raises Skipped, ServerFailed, LoadFailed."""
    places = placements()
    with ExitStack() as stack:
        generator = LoadGenerator(context.directory)
        loads = _loads(port, context, generator, places[0].server, stack)
        print("  pipelined: servers on any core; load generator CPU: the share of a core that it needed")
        every_core = {core for place in places for core in (place.server, place.client)}
        for load in loads.values():
            load.place(every_core)
        claims = [
            *_pipelined(port, context, loads, places[0], CROSSING),
            *_pipelined(port, context, loads, places[0], RESTING),
        ]
        for load in loads.values():
            load.place({places[0].server})
        return [*claims, *_round_trips(port, context, loads, places)]


def _loads(port: Port, context: Context, generator: LoadGenerator, core: int, stack: ExitStack) -> dict[str, Load]:
    loads: dict[str, Load] = {}
    for durability in DURABILITIES:
        venue = stack.enter_context(VenueServer(core, context.directory, durability))
        loads[durability] = Load(port, generator, parties(port, port.port_of(venue), stack), server=venue)
    echo = stack.enter_context(EchoServer(core, context.directory))
    loads[ECHO] = Load(port, generator, parties(port, echo.port, stack, log_in=False), echo=True, server=echo)
    return loads


def parties(port: Port, number: int, stack: ExitStack, *, log_in: bool = True) -> list[Party]:
    """A buyer and a seller, connected to port ``number`` until ``stack`` is left."""
    made: list[Party] = []
    for name, side in _SIDES.items():
        orders = port.orders(name)
        sock = stack.enter_context(orders.log_in(number) if log_in else connect(number))
        made.append(Party(sock, orders, side))
    return made


def _pipelined(port: Port, context: Context, loads: dict[str, Load], place: Placement, symbol: str) -> list[Claim]:
    count = context.scale(port.pipelined_orders, 2_000)
    rate = RATE[symbol]

    def variant(load: Load) -> Callable[[], Figures]:
        return lambda: load.pipelined(count, place.client, symbol)

    variants = {name: variant(load) for name, load in loads.items()}
    samples = interleaved(context.rounds, variants, warm_up=not context.quick)
    samples.show()
    beside = samples.median(ECHO, rate)
    return [
        claim(
            f"{port.name}: {rate}, pipelined by two clients, {durability}; beside a trio echo",
            samples.median(durability, rate),
            "orders/s",
            beside,
            port.rate_target if durability == "fsync" else None,
        )
        for durability in DURABILITIES
    ]


def _round_trips(port: Port, context: Context, loads: dict[str, Load], places: list[Placement]) -> list[Claim]:
    count = context.scale(5_000, 200)
    disk = SyncedWrites(context.directory, context.scale(500, 50))
    claims: list[Claim] = []
    for place in places:

        def variant(load: Load, place: Placement = place) -> Callable[[], Figures]:
            return lambda: load.ping_pong(count, place.client)

        variants = {f"{name}, {place.name}": variant(load) for name, load in loads.items()}
        samples = interleaved(context.rounds, variants | {_SYNC: lambda place=place: disk.run(place.server)})
        samples.show(dict.fromkeys((*P50S, _P99, SYNC_P50, SYNC_P99), "µs"))
        with_targets = port.one_core_targets or place is places[0]
        for durability in DURABILITIES:
            claims += _beside_echo(port, samples, durability, place.name, with_targets and durability == "os")
        claims += _beside_sync(port, samples, place.name)
    return claims


def _beside_echo(port: Port, samples: Samples, durability: str, place: str, with_targets: bool) -> list[Claim]:
    targets = {**dict.fromkeys(P50S, port.p50_target), _P99: port.p99_target} if with_targets else {}
    return [
        claim(
            f"{port.name}: round trip {figure}; {durability}, {place}; beside a trio echo",
            samples.median(f"{durability}, {place}", figure),
            "µs",
            samples.median(f"{ECHO}, {place}", figure),
            targets.get(figure),
        )
        for figure in (*P50S, _P99)
    ]


def _beside_sync(port: Port, samples: Samples, place: str) -> list[Claim]:
    """How far a round trip is from the one sync that it waits for."""
    return [
        claim(
            f"{port.name}: round trip {figure}; fsync, {place}; beside a 4 KiB write and fdatasync",
            samples.median(f"fsync, {place}", figure),
            "µs",
            samples.median(_SYNC, floor),
        )
        for figure, floor in ((P50S[0], SYNC_P50), (P50S[1], SYNC_P50), (_P99, SYNC_P99))
    ]
