"""How the book's time per operation and its memory grow with what rests in it, and with the number of symbols.

Sizes take turns on books that are built once and keep their size: each operation that takes an order out is followed
by one that puts another in. Commands are made before the clock runs.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from random import Random
from typing import TypeAlias

import msgspec

from benchmarks.harness import ROOT, Claim, Context, Figures, Samples, Target, claim, interleaved
from benchmarks.workload import INSTRUMENT
from engine.book import Book
from engine.commands import CancelOrder, NewOrder
from engine.events import Event, TradeExecuted
from engine.types import SCALE, OrdType, Side, TimeInForce

Command: TypeAlias = NewOrder | CancelOrder

_SIZES, _QUICK_SIZES = (1_000, 100_000, 1_000_000), (100, 1_000, 10_000)
_SYMBOLS, _QUICK_SYMBOLS = (1, 100, 10_000), (1, 10, 100)
_ACCOUNTS = 1_000
_PER_LEVEL = 50
"""Orders at a price, on average: a larger book is deeper and wider."""
_MIDDLE = 1_000_000
_FLAT = Target("ratio", "<=", 2.0)


def run(context: Context) -> list[Claim]:
    sizes, symbols = (_QUICK_SIZES, _QUICK_SYMBOLS) if context.quick else (_SIZES, _SYMBOLS)
    count = context.scale(20_000, 1_000)
    by_size = _measured(context, {str(size): Crowd(size, 1) for size in sizes}, count)
    gc.collect()
    total = sizes[1]
    by_symbols = _measured(context, {str(number): Crowd(total, number) for number in symbols}, count)
    ours, floor = _bytes_per_order("book", sizes[1]), _bytes_per_order("minimal", sizes[1])
    _table("resting orders, one symbol", by_size, [str(size) for size in sizes])
    _table(f"symbols, {total:,} orders in all", by_symbols, [str(number) for number in symbols])
    print(f"  bytes per resting order {ours:,.0f}, in a minimal book {floor:,.0f}")
    return [
        *_claims("resting orders", by_size, sizes[0], sizes[-1]),
        *_claims("symbols", by_symbols, symbols[0], symbols[-1]),
        claim("book growth: memory per resting order; beside a minimal book", ours, "bytes", floor),
    ]


def _claims(what: str, samples: Samples, least: int, most: int) -> list[Claim]:
    return [
        claim(
            f"book growth: {kind} at {most:,} {what}; beside {least:,}",
            samples.median(str(most), kind),
            "us/operation",
            samples.median(str(least), kind),
            _FLAT,
        )
        for kind in _KINDS
    ]


def _table(what: str, samples: Samples, columns: list[str]) -> None:
    head = "".join(f"{int(column):>12,}" for column in columns)
    print(f"  {what + ', us/operation':<46}{head}   last / first")
    for kind in _KINDS:
        values = [samples.median(column, kind) for column in columns]
        cells = "".join(f"{value:>12.2f}" for value in values)
        print(f"  {kind:<46}{cells}{values[-1] / values[0]:>15.2f}", flush=True)


# ---- books of a size ----------------------------------------------------------------------------------------------


class Crowd:
    """Books with ``size`` resting orders in all, one order of quantity 1 after the other at random prices."""

    def __init__(self, size: int, symbols: int, seed: int = 1) -> None:
        self._random = Random(seed)
        self._books = [Book(msgspec.structs.replace(INSTRUMENT, symbol_id=nth)) for nth in range(1, symbols + 1)]
        self._levels = max(1, size // symbols // _PER_LEVEL // 2)
        self._made = 0
        self._live: list[NewOrder] = []
        self._places: dict[str, int] = {}
        """Where in ``_live`` each one is, by ClOrdID."""
        for nth in range(size):
            command = self._passive(1 + nth % symbols, Side.BUY if nth // symbols % 2 else Side.SELL)
            self._live.append(command)
            self._places[command.cl_ord_id] = nth
            self._books[command.symbol_id - 1].new_order(command)

    def passive(self, count: int) -> list[Command]:
        """Random orders leave by a cancel, and one like it comes."""
        commands: list[Command] = []
        for _ in range(count // 2):
            nth = self._random.randrange(len(self._live))
            gone = self._live[nth]
            fresh = self._passive(gone.symbol_id, gone.side)
            self._replace(gone.cl_ord_id, fresh)
            name = f"c{gone.cl_ord_id}"
            commands += [CancelOrder(1, name, gone.account_id, gone.symbol_id, gone.side, gone.cl_ord_id), fresh]
        return commands

    def aggressive(self, count: int) -> list[Command]:
        """An order that fills one at the touch, then one in its place."""
        commands: list[Command] = []
        for nth in range(count // 2):
            symbol_id = 1 + self._random.randrange(len(self._books))
            side = Side.BUY if nth % 2 else Side.SELL
            px = (2 * _MIDDLE if side is Side.BUY else 1) * SCALE
            self._made += 1
            taker = NewOrder(
                1, f"t{self._made}", 1, symbol_id, side, OrdType.LIMIT, TimeInForce.IOC, SCALE, px
            )  # fmt: skip
            commands += [taker, self._passive(symbol_id, side.opposite)]
        return commands

    def work(self, commands: list[Command]) -> float:
        """Microseconds per command."""
        books = self._books
        made: list[list[Event]] = []
        gc.collect()
        started = time.perf_counter()
        for command in commands:
            book = books[command.symbol_id - 1]
            made.append(book.new_order(command) if type(command) is NewOrder else book.cancel(command))
        seconds = time.perf_counter() - started
        for events, follower in zip(made, commands[1:], strict=False):
            for event in events:
                if type(event) is TradeExecuted:
                    assert type(follower) is NewOrder
                    self._replace(event.resting.cl_ord_id, follower)
        return seconds / len(commands) * 1e6

    def _replace(self, gone: str, fresh: NewOrder) -> None:
        nth = self._places.pop(gone)
        self._live[nth] = fresh
        self._places[fresh.cl_ord_id] = nth

    def _passive(self, symbol_id: int, side: Side) -> NewOrder:
        self._made += 1
        away = 1 + self._random.randrange(self._levels)
        px = (_MIDDLE - away if side is Side.BUY else _MIDDLE + away) * SCALE
        account_id = 1 + self._random.randrange(_ACCOUNTS)
        name = f"o{self._made}"
        return NewOrder(1, name, account_id, symbol_id, side, OrdType.LIMIT, TimeInForce.GTC, SCALE, px)


_KINDS: dict[str, Callable[[Crowd, int], list[Command]]] = {
    "add and cancel": Crowd.passive,
    "take and add": Crowd.aggressive,
}


def _measured(context: Context, crowds: dict[str, Crowd], count: int) -> Samples:
    def variant(crowd: Crowd) -> Callable[[], Figures]:
        return lambda: {kind: crowd.work(commands(crowd, count)) for kind, commands in _KINDS.items()}

    return interleaved(context.rounds, {name: variant(crowd) for name, crowd in crowds.items()})


# ---- memory -------------------------------------------------------------------------------------------------------


def _bytes_per_order(kind: str, size: int) -> float:
    """What a resting order adds to a new process."""
    arguments = [sys.executable, "-m", "benchmarks.book_memory", kind, str(size)]
    ran = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ))
    return float(ran.stdout)
