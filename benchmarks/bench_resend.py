"""What a long resend costs others: round trips of one session while another is sent 160,000 reports again.

The session that trades has a FIX connection and one order at a time. Beside it another one asks, over and over, for all
that it was ever sent: by a ResendRequest in FIX, by a login from number 1 in the binary protocol. It reads as fast as
it can. Venue and clients have a core each; durability is ``os``, where a round trip is all the venue's own.
"""

from __future__ import annotations

import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import yaml

from benchmarks.edge import P50S
from benchmarks.harness import Claim, Context, Figures, Placement, Target, claim, interleaved, on_core, placements
from benchmarks.loadgen import LoadGenerator, Stream
from benchmarks.orders import ALTERNATING, ALTERNATING_REPLIES, REPORTS_PER_ORDER, BinaryOrders, FixOrders, connect
from benchmarks.servers import CONFIG, PASSWORD, VenueServer
from gateways.binary import soup
from gateways.fix.codec import Encoder
from gateways.fix.times import format_utc

_REPORTS: Final = 160_000
_ROUND_TRIPS: Final = 4_000
_P50, _P99, _RATE = P50S[0], "p99", "reports/s sent again"
_READ_MAX: Final = 1 << 18
_TIMEOUT_S: Final = 120.0
_QUIET = "nobody"
_TARGETS: Final = {_P50: Target("ratio", "<=", 2), _P99: Target("ratio", "<=", 4)}


class Client(ABC):
    """A session with a history, which it asks for again and again."""

    def __init__(self, venue: VenueServer, generator: LoadGenerator, reports: int, core: int) -> None:
        self.reports = reports
        self._venue = venue
        self._core = core
        self._make(generator)

    @abstractmethod
    def _make(self, generator: LoadGenerator) -> None:
        """Trade with itself until there are ``reports``."""

    @abstractmethod
    def again(self) -> None:
        """Ask for all and read it to the end."""

    def rate(self) -> Figures:
        """How fast it goes while nobody else wants anything."""
        with on_core(self._core):
            began = time.perf_counter()
            self.again()
            return {_RATE: self.reports / (time.perf_counter() - began)}

    @contextmanager
    def asking(self) -> Iterator[None]:
        """It asks over and over, from a thread of its own, for as long as the block lasts."""
        done = threading.Event()
        failures: list[Exception] = []

        def ask() -> None:
            try:
                with on_core(self._core):
                    while not done.is_set():
                        self.again()
            except Exception as failure:
                failures.append(failure)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        if failures:
            raise failures[0]


class FixClient(Client):
    """BUYER over FIX. What is resent ends where the answer to a TestRequest comes, which waits for it."""

    def _make(self, generator: LoadGenerator) -> None:
        orders = FixOrders("BUYER")
        self._sock = orders.log_in(self._venue.fix_port)
        count = self.reports // REPORTS_PER_ORDER
        stream = Stream(self._sock, orders.encode(count, *ALTERNATING), self.reports)
        generator.pipelined("fix", [stream], self._core)
        self._encoder = Encoder("FIX.4.4", "BUYER", "TRADEENGINE")
        self._number = count + 1

    def again(self) -> None:
        name = f"112=END-{self._number}\x01"
        self._sock.sendall(self._encode("2", "7=1\x0116=0\x01") + self._encode("1", name))
        end = name.encode()
        tail = b""
        while end not in tail:
            data = self._sock.recv(_READ_MAX)
            if not data:
                raise ConnectionError("the venue closed the connection")
            tail = tail[-64:] + data

    def _encode(self, msg_type: str, body: str) -> bytes:
        self._number += 1
        return self._encoder.encode(msg_type, self._number, format_utc(time.time_ns()), body)


class BinaryClient(Client):
    """BUYER over the binary port, who comes back for each replay."""

    def _make(self, generator: LoadGenerator) -> None:
        orders = BinaryOrders("BUYER")
        with orders.log_in(self._venue.binary_port) as sock:
            count = self.reports // REPORTS_PER_ORDER
            generator.pipelined("soup", [Stream(sock, orders.encode(count, *ALTERNATING), self.reports)], self._core)

    def again(self) -> None:
        with self._logged_in() as sock:
            left, data = self.reports, b""
            while left > 0:
                more = sock.recv(_READ_MAX)
                if not more:
                    raise ConnectionError("the venue closed the connection")
                packets, data, _ = soup.split(data + more, _READ_MAX)
                left -= sum(kind == soup.SEQUENCED_DATA for kind, _ in packets)

    def _logged_in(self) -> socket.socket:
        sock = connect(self._venue.binary_port)
        sock.settimeout(_TIMEOUT_S)
        sock.sendall(soup.login_request(soup.LoginRequest("BUYER", PASSWORD, "", 1)))
        return sock


def run(context: Context) -> list[Claim]:
    """Raises Skipped, ServerFailed, LoadFailed."""
    place = placements()[0]
    reports = context.scale(_REPORTS, 2_000)
    with ExitStack() as stack:
        generator = LoadGenerator(context.directory)
        venue = stack.enter_context(VenueServer(place.server, context.directory, "os", _config(context.directory)))
        clients: dict[str, Client] = {
            "FIX": FixClient(venue, generator, reports, place.client),
            "binary": BinaryClient(venue, generator, reports, place.client),
        }
        others = FixOrders("SELLER")
        sock = stack.enter_context(others.log_in(venue.fix_port))
        trip = _round_trips(generator, others, sock, context.scale(_ROUND_TRIPS, 200), place)
        variants: dict[str, Callable[[], Figures]] = {_QUIET: trip}
        for name, client in clients.items():
            variants[name] = _beside(client, trip)
            variants[f"{name} alone"] = client.rate
        print(f"  round trips of another session while one is sent {reports:,} reports again; os, {place.name}")
        samples = interleaved(context.rounds, variants)
    samples.show({_P50: "µs", _P99: "µs"})
    return [
        claim(
            f"FIX: round trip {figure} while a {name} session is sent {_REPORTS:,} reports again; os, {place.name}; "
            "beside a venue where nobody is",
            samples.median(name, figure),
            "µs",
            samples.median(_QUIET, figure),
            _TARGETS[figure],
        )
        for name in clients
        for figure in (_P50, _P99)
    ]


def _round_trips(
    generator: LoadGenerator, orders: FixOrders, sock: socket.socket, count: int, place: Placement
) -> Callable[[], Figures]:
    def run() -> Figures:
        stream = Stream(sock, orders.encode(count, *ALTERNATING), ALTERNATING_REPLIES)
        done = generator.ping_pong("fix", stream, place.client)
        return {_P50: done.p50_us[0], _P99: done.p99_us}

    return run


def _beside(client: Client, trip: Callable[[], Figures]) -> Callable[[], Figures]:
    def run() -> Figures:
        with client.asking():
            return trip()

    return run


def _config(directory: Path) -> Path:
    """The benchmarks' venue, which lets a client ask for the same again as often as it likes."""
    document: dict[str, object] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    document["fix"] = {"resend_repeats_max": 1_000_000, "resend_messages_max": 1_000_000_000}
    path = directory / "resend.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
