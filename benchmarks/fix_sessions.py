"""A thousand FIX sessions logged on, a hundred of them busy, beside one that is alone at its venue.

All send the same orders, buys that rest and sells that cross them in turns; what it costs to have many sessions is the
difference. Both venues sync every group, and have one core; the generator has the other.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import yaml

from benchmarks.harness import Claim, Context, Figures, Placement, Target, claim, interleaved, placements
from benchmarks.loadgen import LoadGenerator, Stream
from benchmarks.orders import ALTERNATING, REPORTS_PER_ORDER, FixOrders
from benchmarks.servers import CONFIG, PASSWORD, VenueServer
from config.credentials import hash_password

SESSIONS, BUSY, ORDERS = 1_000, 100, 40_000
_RATE = "orders/s"
_TARGET = Target("ratio", ">=", 0.8)
_ACCOUNTS = ("BUYER", "SELLER")


class Client:
    """One session, logged on."""

    def __init__(self, comp_id: str, port: int) -> None:
        self.orders = FixOrders(comp_id)
        self.sock: socket.socket = self.orders.log_in(port)


def measure(context: Context) -> list[Claim]:
    """The one claim. Raises Skipped, ServerFailed, LoadFailed."""
    place = placements()[0]
    sessions = context.scale(SESSIONS, 20)
    with ExitStack() as stack:
        generator = LoadGenerator(context.directory)
        variants: dict[str, Callable[[], Figures]] = {}
        for count, busy in ((1, 1), (sessions, context.scale(BUSY, 5))):
            clients = _clients(context.directory, count, place, stack)
            variants[f"{busy} of {count}"] = _variant(generator, clients[:busy], context, place)
        print(f"  busy sessions of those logged on; {place.name}, fsync")
        samples = interleaved(context.rounds, variants, warm_up=not context.quick)
        samples.show()
        one, many = variants
    text = f"FIX: orders/s, half crossing, fsync, {many} sessions busy; beside one session alone"
    return [claim(text, samples.median(many, _RATE), _RATE, samples.median(one, _RATE), _TARGET)]


def configuration(sessions: int) -> dict[str, object]:
    """The benchmarks' venue with ``sessions`` FIX.4.4 sessions S1, S2 … instead of its own, of its two accounts."""
    document: dict[str, object] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    # As cheap as a hash may be: a thousand logons are not what is measured.
    secret = hash_password(PASSWORD, b"benchmark-salt-0", n=2)
    document["sessions"] = [
        {
            "protocol": "FIX.4.4",
            "comp_id": f"S{nth}",
            "password_hash": secret,
            "firm": f"{_ACCOUNTS[nth % 2]}S",
            "accounts": [_ACCOUNTS[nth % 2]],
            "default_account": _ACCOUNTS[nth % 2],
        }
        for nth in range(1, sessions + 1)
    ]
    document["fix"] = {"connections_max": sessions + 10}
    return document


def _clients(directory: Path, sessions: int, place: Placement, stack: ExitStack) -> list[Client]:
    """A venue with that many sessions, all logged on."""
    path = directory / f"{sessions}-sessions.yaml"
    path.write_text(yaml.safe_dump(configuration(sessions)), encoding="utf-8")
    venue = stack.enter_context(VenueServer(place.server, directory, "fsync", path))
    clients = [Client(f"S{nth}", venue.fix_port) for nth in range(1, sessions + 1)]
    for client in clients:
        stack.enter_context(client.sock)
    return clients


def _variant(
    generator: LoadGenerator, clients: list[Client], context: Context, place: Placement
) -> Callable[[], Figures]:
    each = context.scale(ORDERS, 2_000) // len(clients) // 2 * 2

    def run() -> Figures:
        streams = [
            Stream(client.sock, client.orders.encode(each, *ALTERNATING), each * REPORTS_PER_ORDER)
            for client in clients
        ]
        done = generator.pipelined("fix", streams, place.client)
        return {_RATE: done.frames / done.seconds, "load generator CPU": done.cpu_seconds / done.seconds}

    return run
