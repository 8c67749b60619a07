"""Where an order's CPU time goes: ``python -m benchmarks.profile_venue --help`` says under which load.

The venue runs in this process under the load of the benchmarks, and every stage on an order's way is timed while it
works, in the batches and with the caches that it has there. The total holds what the measuring itself costs, about 1%.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import trio

import gateways.binary.connection as binary_connection
from actors.account import AccountActor
from actors.book import BookActor
from actors.journal import JournalActor
from actors.market_data import MarketDataActor
from actors.port import SessionPort
from actors.publisher import PublisherActor
from benchmarks import bench_binary, bench_fix
from benchmarks.bench_fanout import subscribed
from benchmarks.drain import Drain
from benchmarks.edge import RATE, Load, parties
from benchmarks.harness import ROOT, Figures, placements
from benchmarks.in_process import MARKET_DATA, open_ports, running_venue, settings_in
from benchmarks.loadgen import LoadGenerator
from benchmarks.orders import CROSSING
from benchmarks.stages import Stages
from gateways.binary.inbound import RequestReader
from gateways.binary.market.feed import MarketFeedActor
from gateways.binary.market.line import Line
from gateways.binary.session import ServerSession
from gateways.fix.codec import Framer
from gateways.fix.inbound import Inbound
from gateways.fix.session import FixSession
from gateways.transport import Outlet
from stores.journal.journal import Journal
from tradeengine.venue import Venue

PORTS = {"binary": bench_binary.PORT, "fix": bench_fix.PORT}

_IN: dict[str, list[tuple[str, object, str]]] = {
    "binary": [
        ("split into packets", ServerSession, "receive"),
        ("decode requests", RequestReader, "read"),
    ],
    "fix": [
        ("find frames", Framer, "take"),
        ("parse, session, map in", Inbound, "receive"),
    ],
}
_VENUE: list[tuple[str, object, str]] = [
    ("submit: duplicates", SessionPort, "submit"),
    ("admit: risk, holds", AccountActor, "on_batch"),
    ("match", BookActor, "on_batch"),
    ("journal: stamp, encode", JournalActor, "on_batch"),
    ("journal: end of turn", JournalActor, "flush"),
    ("journal: frame, write", Journal, "commit"),
    ("journal: durable", JournalActor, "on_durable"),
    ("publish", PublisherActor, "on_batch"),
    ("settle", AccountActor, "_settle"),
    ("fold into session", SessionPort, "on_batch"),
    ("market data: books", MarketDataActor, "on_batch"),
]
_MARKET_DATA: list[tuple[str, object, str]] = [
    ("market data: encode", MarketFeedActor, "on_batch"),
    ("market data: to subscribers", Line, "flush"),
]
_OUT: dict[str, list[tuple[str, object, str]]] = {
    "binary": [("encode reports", binary_connection, "encode_reports")],
    "fix": [("map out, encode", FixSession, "deliver")],
}
_WRITE: list[tuple[str, object, str]] = [("socket write", Outlet, "write")]
_REST = "rest: trio, dispatcher, reads"


def main(argv: Sequence[str] | None = None) -> int:
    """Profile once and print a table."""
    args = _parser().parse_args(argv)
    place = placements()[0]
    os.sched_setaffinity(0, {place.server})
    args.directory.mkdir(parents=True, exist_ok=True)
    stages = Stages()
    name = args.port
    points = [*_IN[name], *_VENUE, *_OUT[name], *(_MARKET_DATA if args.subscribers else []), *_WRITE]
    with tempfile.TemporaryDirectory(prefix="profile-", dir=args.directory) as directory, stages.wrapped(points):
        profile = _Profile(name, stages, Path(directory), args.orders, place.client, args.subscribers)
        trio.run(profile.run, args.durability)
    print(f"{name}, {args.durability}, {args.orders:,} orders of two clients, half crossing, at {profile.rate:,.0f}/s")
    print(f"{profile.orders_per_turn:.0f} orders a commit; {args.subscribers} subscribers of market data\n")
    _show(stages, profile.cpu_s, args.orders)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile_venue", description=__doc__)
    parser.add_argument("port", nargs="?", choices=sorted(PORTS), default="binary")
    parser.add_argument("--durability", choices=("fsync", "os"), default="os")
    parser.add_argument("--orders", type=int, default=80_000, metavar="N")
    parser.add_argument("--subscribers", type=int, default=0, metavar="N", help="of market data, order by order")
    parser.add_argument("--directory", type=Path, default=ROOT / "var", metavar="DIR", help="for the journal")
    return parser


class _Profile:
    """One profiled run, after a shorter one that warms up."""

    def __init__(self, name: str, stages: Stages, directory: Path, orders: int, core: int, subscribers: int) -> None:
        self.rate = self.cpu_s = self.orders_per_turn = 0.0
        self._name = name
        self._port = PORTS[name]
        self._stages = stages
        self._directory = directory
        self._orders = orders
        self._core = core
        self._subscribers = subscribers

    async def run(self, durability: str) -> None:
        generator = LoadGenerator(self._directory)
        async with running_venue(settings_in(self._directory, durability)) as venue, open_ports(venue) as numbers:
            with ExitStack() as stack:
                number = numbers[self._name]
                joined = await trio.to_thread.run_sync(parties, self._port, number, stack)
                load = Load(self._port, generator, joined, echo=False)
                await trio.to_thread.run_sync(self._listen, numbers[MARKET_DATA], stack)
                await self._drive(load, venue, self._orders // 10)
                self._stages.reset()
                await self._drive(load, venue, self._orders)

    def _listen(self, port: int, stack: ExitStack) -> None:
        socks = [stack.enter_context(subscribed(port)) for _ in range(self._subscribers)]
        if socks:
            stack.enter_context(Drain(self._directory, socks, self._core))

    async def _drive(self, load: Load, venue: Venue, orders: int) -> None:
        """Everything but what the driving thread itself uses is the venue's."""

        def drive() -> tuple[Figures, float]:
            started = time.thread_time()
            return load.pipelined(orders, self._core, CROSSING), time.thread_time() - started

        commits, before = venue.journal_actor.commits, time.process_time()
        figures, own = await trio.to_thread.run_sync(drive)
        self.cpu_s = time.process_time() - before - own
        self.rate = figures[RATE[CROSSING]]
        self.orders_per_turn = orders / max(1, venue.journal_actor.commits - commits)


def _show(stages: Stages, cpu_s: float, orders: int) -> None:
    rows = [(name, stage.seconds, stage.calls) for name, stage in stages.by_name.items()]
    rows.append((_REST, cpu_s - sum(seconds for _, seconds, _ in rows), 0))
    print(f"{'stage':<32}{'µs/order':>10}{'share':>8}{'calls':>10}{'µs/call':>10}")
    for name, seconds, calls in rows:
        each = f"{seconds / calls * 1e6:.1f}" if calls else ""
        print(f"{name:<32}{seconds / orders * 1e6:>10.3f}{seconds / cpu_s:>8.1%}{calls or '':>10}{each:>10}")
    print(f"{'total':<32}{cpu_s / orders * 1e6:>10.3f}{'':>8}{'':>10}{'':>10}   {orders / cpu_s:,.0f} orders/s of CPU")


if __name__ == "__main__":
    sys.exit(main())
