"""One order book in process: operations per second on a seeded stream, every event consumed.

The stream is a workload file of 200,000 operations that other engines have run too; it lies beside the project, not in
it. Both books must end with the figures that are known for it.
"""

from __future__ import annotations

import csv
import gc
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.harness import ROOT, Claim, Context, Figures, Skipped, claim, interleaved
from benchmarks.minimal_book import MinimalBook
from engine.book import Book
from engine.commands import CancelOrder, NewOrder
from engine.events import TradeExecuted
from engine.instrument import Instrument
from engine.types import SCALE, OrdType, Px, Side, TimeInForce

STREAM = ROOT.parent / "shared" / "workload" / "stream.csv.gz"

_MARKET, _CANCEL = 3, 4
_HIGHEST_PX, _LOWEST_PX = 1_000_000, 1
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


def run(context: Context) -> list[Claim]:
    operations = _read(STREAM)
    variants = {"book": _ours(operations), "minimal book": _floor(operations)}
    samples = interleaved(context.rounds, variants, warm_up=not context.quick)
    samples.show()
    return [
        claim(
            "book: operations/s in process, every event consumed; beside a minimal book that emits nothing",
            samples.median("book", "operations/s"),
            "operations/s",
            samples.median("minimal book", "operations/s"),
        ),
    ]


def _read(path: Path) -> list[Operation]:
    if not path.exists():
        raise Skipped(f"the workload {path.name} does not lie beside the project, in {path.parent}")
    with gzip.open(path, "rt") as file:
        rows = csv.reader(file)
        next(rows)
        return [Operation(*map(int, row)) for row in rows]


def _check(end: End) -> None:
    if end != KNOWN_END:
        raise AssertionError(f"the book ends with {end}, which must be {KNOWN_END}")


# ---- ours ---------------------------------------------------------------------------------------------------------


def _ours(operations: list[Operation]) -> Callable[[], Figures]:
    commands = [_command(operation) for operation in operations]

    def variant() -> Figures:
        gc.collect()
        book = Book(_INSTRUMENT)
        events = trades = traded_qty = notional = 0
        started = time.perf_counter()
        for command in commands:
            made = book.new_order(command) if type(command) is NewOrder else book.cancel(command)
            events += len(made)
            for event in made:
                if type(event) is TradeExecuted:
                    trades += 1
                    traded_qty += event.qty
                    notional += event.px * event.qty
        seconds = time.perf_counter() - started
        best_bid, best_ask = book.bids.best_px() // SCALE, book.asks.best_px() // SCALE
        live = book.orders_resting
        _check(End(trades, traded_qty // SCALE, notional // SCALE**2, live, best_bid, best_ask))
        return {"operations/s": len(commands) / seconds, "events/s": events / seconds}

    return variant


def _command(operation: Operation) -> NewOrder | CancelOrder:
    side = Side.BUY if operation.side == 0 else Side.SELL
    name = str(operation.order)
    if operation.kind == _CANCEL:
        return CancelOrder(1, f"c{name}", operation.account, 1, side, name)
    qty = operation.qty * SCALE
    if operation.kind == _MARKET:
        cap: Px = (_HIGHEST_PX if side is Side.BUY else _LOWEST_PX) * SCALE
        return NewOrder(1, name, operation.account, 1, side, OrdType.MARKET, TimeInForce.IOC, qty, cap)
    px = operation.px * SCALE
    return NewOrder(1, name, operation.account, 1, side, OrdType.LIMIT, TimeInForce.GTC, qty, px)


_INSTRUMENT = Instrument(
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


# ---- the floor ----------------------------------------------------------------------------------------------------


def _floor(operations: list[Operation]) -> Callable[[], Figures]:
    def variant() -> Figures:
        gc.collect()
        book = MinimalBook()
        started = time.perf_counter()
        for it in operations:
            if it.kind == _CANCEL:
                book.cancel(it.order)
            elif it.kind == _MARKET:
                book.add(it.order, it.side, _LOWEST_PX if it.side else _HIGHEST_PX, it.qty, rests=False)
            else:
                book.add(it.order, it.side, it.px, it.qty)
        seconds = time.perf_counter() - started
        best_bid, best_ask = book.best()
        _check(End(book.trades, book.traded_qty, book.notional, len(book.live), best_bid, best_ask))
        return {"operations/s": len(operations) / seconds}

    return variant
