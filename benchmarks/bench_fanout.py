"""Market data to 1, 10, 100 and 1,000 subscribers: how much is delivered, and what it costs those who trade.

A venue for each number of subscribers, of its own port and through a relay, all with the same load in turns; the one
without any has never told anybody anything. Subscribers get every order and trade; a program in C reads for all of
them. Each venue has one core, with group commits to the disk; generator and subscribers have the other one. Relays have
a third core where there is one, else that of the subscribers. One more venue tells the same in datagrams (MoldUDP64).
Heartbeats aside, nothing else is sent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from benchmarks import bench_binary
from benchmarks.datagrams import Receiver
from benchmarks.drain import Drain
from benchmarks.edge import RATE, Load, parties
from benchmarks.harness import Claim, Context, Figures, Placement, Target, claim, interleaved, on_core, placements
from benchmarks.loadgen import LoadGenerator
from benchmarks.orders import CROSSING, connect
from benchmarks.servers import CONFIG, PASSWORD, RelayServer, VenueServer
from config.credentials import hash_password
from gateways.binary import soup

SUBSCRIBERS = (1, 10, 100, 1_000)
_ORDERS = {1: 40_000, 10: 40_000, 100: 40_000, 1_000: 10_000}
"""In one run, by subscribers; the venue without any gets the same as most."""
_QUICK = (1, 20)
_MOLD = "MoldUDP64"
_DELIVERED, _BYTES, _READING = "messages/s delivered", "bytes a message", "reading CPU"
_SLOWED = {100: Target("ratio", ">=", 0.8)}
_PIECE = 16_384
"""Bytes that the floor writes to each at a time: about what one turn of a busy venue tells."""


class Venue:
    """One venue under load and those who listen to it, or to its relay where that has a core."""

    def __init__(
        self,
        context: Context,
        generator: LoadGenerator,
        subscribers: int,
        place: Placement,
        stack: ExitStack,
        relay_core: int | None = None,
    ) -> None:
        directory = context.directory / (str(subscribers) if relay_core is None else f"{subscribers}-relayed")
        directory.mkdir()
        server = stack.enter_context(VenueServer(place.server, directory, "fsync", _configured(directory, subscribers)))
        self._load = Load(bench_binary.PORT, generator, parties(bench_binary.PORT, server.binary_port, stack))
        self._place = place
        self._orders = context.scale(_ORDERS.get(subscribers, max(_ORDERS.values())), 2_000)
        port = server.market_data_port
        if relay_core is not None:
            relay = RelayServer(relay_core, directory, _relaying(directory, subscribers), port)
            port = stack.enter_context(relay).market_data_port
        socks = [stack.enter_context(subscribed(port)) for _ in range(subscribers)]
        self._drain = stack.enter_context(Drain(directory, socks, place.client)) if socks else None

    def run(self) -> Figures:
        """Orders/s, and what subscribers got from the first order until they had all."""
        if self._drain is None:
            return self._load.pipelined(self._orders, self._place.client, CROSSING)
        before = self._drain.mark()
        started = time.monotonic_ns()
        figures = self._load.pipelined(self._orders, self._place.client, CROSSING)
        after = self._drain.settled()
        seconds = (after.last_ns - started) / 1e9
        packets = after.packets - before.packets
        return {
            **figures,
            _DELIVERED: packets / seconds,
            _BYTES: (after.bytes - before.bytes) / packets,
            _READING: (after.cpu_seconds - before.cpu_seconds) / seconds,
        }


class Group:
    """One venue that tells everything in datagrams. What that costs it is the same however many listen: here, one."""

    def __init__(self, context: Context, generator: LoadGenerator, place: Placement, stack: ExitStack) -> None:
        directory = context.directory / "mold"
        directory.mkdir()
        self._receiver = stack.enter_context(Receiver(place.client))
        mold = {"enabled": True, "port": self._receiver.port, "request_port": 0}
        server = stack.enter_context(VenueServer(place.server, directory, "fsync", _configured(directory, 0, mold)))
        self._load = Load(bench_binary.PORT, generator, parties(bench_binary.PORT, server.binary_port, stack))
        self._place = place
        self._orders = context.scale(max(_ORDERS.values()), 2_000)

    def run(self) -> Figures:
        """Orders/s, and what came from the first order until nothing more did."""
        before, started = self._receiver.settled(), time.monotonic()
        figures = self._load.pipelined(self._orders, self._place.client, CROSSING)
        messages = self._receiver.settled() - before
        return {**figures, _DELIVERED: messages / (self._receiver.last_s - started)}


class Floor:
    """A bare loop that writes the same bytes to as many sockets."""

    def __init__(self, context: Context, subscribers: int, place: Placement, stack: ExitStack) -> None:
        directory = context.directory / f"floor-{subscribers}"
        directory.mkdir()
        self._socks, theirs = _pairs(subscribers, stack)
        self._drain = stack.enter_context(Drain(directory, theirs, place.client))
        self._place = place
        self._pieces = max(3, context.scale(_ORDERS[1_000], 200) // subscribers)

    def run(self, message_bytes: int) -> Figures:
        """Messages/s of that many bytes each."""
        message = soup.packet(soup.SEQUENCED_DATA, bytes(max(1, message_bytes - soup.HEADER_SIZE)))
        piece = message * (_PIECE // len(message))
        before = self._drain.mark()
        started = time.monotonic_ns()
        with on_core(self._place.server):
            for _ in range(self._pieces):
                for sock in self._socks:
                    sock.sendall(piece)
        after = self._drain.settled()
        return {_DELIVERED: (after.packets - before.packets) / ((after.last_ns - started) / 1e9)}


def run(context: Context) -> list[Claim]:
    """Raises Skipped, ServerFailed, LoadFailed."""
    place = placements()[0]
    numbers = _QUICK if context.quick else SUBSCRIBERS
    with ExitStack() as stack:
        generator = LoadGenerator(context.directory)
        core, placed = _relay_core(place)
        venues = {_named(number): Venue(context, generator, number, place, stack) for number in (0, *numbers)}
        venues |= {_relayed(number): Venue(context, generator, number, place, stack, core) for number in numbers}
        variants = {name: venue.run for name, venue in venues.items()}
        variants[_MOLD] = Group(context, generator, place, stack).run
        samples = interleaved(context.rounds, variants, warm_up=not context.quick)
        print(f"  fsync; {place.name}, relays on {placed}; load generator and reading CPU: shares of a core")
        samples.show()
        size = round(samples.median(_named(numbers[-1]), _BYTES))
        floors = {number: Floor(context, number, place, stack) for number in numbers}

        def floor(number: int) -> Callable[[], Figures]:
            return lambda: floors[number].run(size)

        beside = interleaved(context.rounds, {_named(number): floor(number) for number in numbers})
        print(f"  a bare loop that writes pieces of {_PIECE:,} bytes to each")
        beside.show()
    none = samples.median(_named(0), RATE[CROSSING])
    claims: list[Claim] = []
    for number in numbers:
        floor_rate = beside.median(_named(number), _DELIVERED)
        for name in (_named(number), _relayed(number)):
            to = name if name == _named(number) else f"{name} on {placed}"
            text = f"market data: messages/s delivered to {to}; beside a loop of bare writes"
            claims.append(claim(text, samples.median(name, _DELIVERED), "messages/s", floor_rate))
            text = f"market data: {RATE[CROSSING]}, with {to}; beside none"
            rate = samples.median(name, RATE[CROSSING])
            claims.append(claim(text, rate, "orders/s", none, _SLOWED.get(number)))
    text = f"market data: {RATE[CROSSING]}, with {_MOLD}, however many listen; beside none"
    claims.append(claim(text, samples.median(_MOLD, RATE[CROSSING]), "orders/s", none, _SLOWED[100]))
    return claims


def _relay_core(place: Placement) -> tuple[int, str]:
    """Where relays run, and how that is called."""
    free = os.sched_getaffinity(0) - {place.server, place.client}
    if free:
        return min(free), "a core of their own"
    return place.client, "the subscribers' core"


def _named(subscribers: int) -> str:
    return f"{subscribers:,} subscribers"


def _relayed(subscribers: int) -> str:
    return f"{subscribers:,} through a relay"


def _relaying(directory: Path, subscribers: int) -> Path:
    """A relay of the stream order by order, for the participant who listens."""
    relay = {
        "streams": ["ORDERS"],
        "upstream": {"username": "SELLER", "password": PASSWORD},
        "client_timeout_s": 600,
        "connections_max": subscribers + 10,
        "connections_per_subscriber_max": subscribers + 10,
        "subscribers": [{"username": "BUYER", "password_hash": hash_password(PASSWORD, b"benchmark-salt-0", n=2)}],
    }
    path = directory / "relay.yaml"
    path.write_text(yaml.safe_dump({"relay": relay, "log": {"level": "warning"}}), encoding="utf-8")
    return path


def _configured(directory: Path, subscribers: int, mold: dict[str, Any] | None = None) -> Path:
    """The benchmarks' venue, with passwords that cost nothing to check and room for all who listen."""
    document = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    secret = hash_password(PASSWORD, b"benchmark-salt-0", n=2)
    for session in document["sessions"]:
        session["password_hash"] = secret
    document["binary"]["mold"] = mold or {}
    document["binary"]["market_data_connections_max"] = subscribers + 10
    document["binary"]["market_data_connections_per_session_max"] = subscribers + 10
    path = directory / f"{subscribers}-subscribers.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def subscribed(port: int) -> socket.socket:
    """One of a participant's connections to the market data port. Raises ConnectionError."""
    sock = connect(port)
    sock.sendall(soup.login_request(soup.LoginRequest("BUYER", PASSWORD, "", 0)))
    size = soup.HEADER_SIZE + soup.SESSION_SIZE + soup.SEQUENCE_SIZE
    reply = sock.recv(size, socket.MSG_WAITALL)
    if len(reply) < size or reply[2] != soup.LOGIN_ACCEPTED:
        raise ConnectionError(f"login refused: {reply!r}")
    return sock


def _pairs(count: int, stack: ExitStack) -> tuple[list[socket.socket], list[socket.socket]]:
    """Both ends of TCP connections of this machine."""
    ours: list[socket.socket] = []
    theirs: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(count):
            theirs.append(stack.enter_context(connect(listener.getsockname()[1])))
            ours.append(stack.enter_context(listener.accept()[0]))
    return ours, theirs
