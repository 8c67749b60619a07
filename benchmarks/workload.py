"""The seeded stream of operations that other engines have run too, and how a correct book ends.

It is a file of 200,000 operations that lies beside the project, not in it.
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import msgspec

from benchmarks.harness import ROOT, Skipped
from engine.commands import CancelOrder, NewOrder
from engine.instrument import Instrument
from engine.types import SCALE, OrdType, Px, Side, TimeInForce

STREAM = ROOT.parent / "shared" / "workload" / "stream.csv.gz"

MARKET, CANCEL = 3, 4
HIGHEST_PX, LOWEST_PX = 1_000_000, 1
"""Where a market order of the stream stops: beyond every price in it."""


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One line of the stream. Prices in ticks."""

    kind: int
    side: int
    account: int
    order: int
    px: int
    qty: int


class End(msgspec.Struct, frozen=True):
    """How a book ends, by which one tells that it is right. Notional in ticks × quantity."""

    trades: int
    traded_qty: int
    notional: int
    live_orders: int
    best_bid: int
    best_ask: int


KNOWN_END = End(80_608, 2_812_617, 28_017_319_905, 19_018, 9889, 9890)

INSTRUMENT = Instrument(
    symbol_id=1,
    symbol="BENCH",
    base="BENCH",
    quote="USD",
    tick_size=SCALE,
    lot_size=SCALE,
    min_qty=SCALE,
    max_qty=10**9 * SCALE,
    min_notional=0,
    maker_fee=10_000,
    taker_fee=20_000,
    protection_band=SCALE,
    reference_px=0,
    daily_roll="00:00",
    time_zone="UTC",
)


def read(path: Path) -> list[Operation]:
    """Raises Skipped: the file is not there."""
    if not path.exists():
        raise Skipped(f"the workload {path.name} does not lie beside the project, in {path.parent}")
    with gzip.open(path, "rt") as file:
        rows = csv.reader(file)
        next(rows)
        return [Operation(*map(int, row)) for row in rows]


def check(end: End) -> None:
    """Raises AssertionError: a book that ends otherwise is wrong."""
    if end != KNOWN_END:
        raise AssertionError(f"the book ends with {end}, which must be {KNOWN_END}")


def command(operation: Operation) -> NewOrder | CancelOrder:
    """What the venue's book is asked for."""
    side = Side.BUY if operation.side == 0 else Side.SELL
    name = str(operation.order)
    if operation.kind == CANCEL:
        return CancelOrder(1, f"c{name}", operation.account, 1, side, name)
    qty = operation.qty * SCALE
    if operation.kind == MARKET:
        cap: Px = (HIGHEST_PX if side is Side.BUY else LOWEST_PX) * SCALE
        return NewOrder(1, name, operation.account, 1, side, OrdType.MARKET, TimeInForce.IOC, qty, cap)
    px = operation.px * SCALE
    return NewOrder(1, name, operation.account, 1, side, OrdType.LIMIT, TimeInForce.GTC, qty, px)
