"""A latency probe: how long the venue takes to accept an order and to cancel it, as its client sees it.

    python examples/latency_probe.py --symbol BTC/USDT --price 1 --count 1000

One order at a time is placed far from the market, where it can't trade, and cancelled again. Both times go from just
before the request is sent until its report has been read: they hold the client's own work and both ways of the network.
"""

from __future__ import annotations

import argparse
import time
from decimal import Decimal
from typing import NamedTuple

from clients import Accepted, Canceled, ClientError, Side, SyncClient

PERCENTILES = (50, 90, 99, 99.9)


class Refused(Exception):
    """The venue did not do what was asked; says why."""


class Pair(NamedTuple):
    """Nanoseconds."""

    placed: int
    cancelled: int


def ping(client: SyncClient, symbol: str, qty: Decimal, price: Decimal) -> Pair:
    """One order there and back. Raises Refused."""
    begun = time.perf_counter_ns()
    placed = client.place(symbol, Side.BUY, qty, price)
    between = time.perf_counter_ns()
    if not isinstance(placed, Accepted):
        raise Refused(placed.text)
    cancelled = client.pull(placed.cl_ord_id)
    ended = time.perf_counter_ns()
    if not isinstance(cancelled, Canceled):
        raise Refused(cancelled.text)
    return Pair(between - begun, ended - between)


def percentile(sorted_ns: list[int], part: float) -> int:
    """The smallest value that ``part`` percent of all are not above."""
    return sorted_ns[max(0, -int(-len(sorted_ns) * part // 100) - 1)]


def row(name: str, values: list[int]) -> str:
    """Microseconds."""
    values = sorted(values)
    columns = [percentile(values, part) for part in PERCENTILES]
    return f"{name:<8}" + "".join(f"{value / 1000:>10.1f}" for value in (values[0], *columns, values[-1]))


def probe(client: SyncClient, arguments: argparse.Namespace) -> list[Pair]:
    """The first tenth warms everything up, and does not count."""
    warm = arguments.count // 10
    pairs = [ping(client, arguments.symbol, arguments.qty, arguments.price) for _ in range(warm + arguments.count)]
    return pairs[warm:]


def main(arguments: argparse.Namespace) -> None:
    address = arguments.host, arguments.port
    with SyncClient(*address, arguments.user, arguments.password, next_number=0, events_max=0) as client:
        pairs = probe(client, arguments)
    names = ["min", *(f"p{part:g}" for part in PERCENTILES), "max"]
    print(f"{len(pairs)} orders, microseconds")
    print(" " * 8 + "".join(f"{name:>10}" for name in names))
    print(row("place", [pair.placed for pair in pairs]))
    print(row("cancel", [pair.cancelled for pair in pairs]))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=9900)
    made.add_argument("--user", default="TRADR3")
    made.add_argument("--password", default="demo")
    made.add_argument("--symbol", default="BTC/USDT")
    made.add_argument("--qty", type=Decimal, default=Decimal(10), help="of each order")
    made.add_argument("--price", type=Decimal, default=Decimal(1), help="where nobody sells")
    made.add_argument("--count", type=int, default=1000, help="orders that count")
    return made


if __name__ == "__main__":
    try:
        main(parser().parse_args())
    except (ClientError, Refused) as error:
        raise SystemExit(str(error)) from None
