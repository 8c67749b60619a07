"""``python -m benchmarks.book_memory KIND ORDERS``: bytes that each resting order adds to this process.

KIND is ``book`` or ``minimal``. The commands, and what else is needed only to enter the orders, are made and forgotten
one at a time, so that what is left is the book.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.minimal_book import MinimalBook
from benchmarks.workload import INSTRUMENT
from engine.book import Book
from engine.commands import NewOrder
from engine.types import SCALE, OrdType, Side, TimeInForce

_LEVELS, _ACCOUNTS = 1_000, 1_000


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    enter = {"book": _engine_book, "minimal": _minimal_book}[kind]()
    enter(0)
    gc.collect()
    before = _resident()
    for nth in range(1, count + 1):
        enter(nth)
    gc.collect()
    print((_resident() - before) / count)


def _engine_book() -> Callable[[int], None]:
    book = Book(INSTRUMENT)

    def enter(nth: int) -> None:
        side = Side.BUY if nth % 2 else Side.SELL
        px = _px(nth) * SCALE
        name = f"order-{nth}"
        account_id = 1 + nth % _ACCOUNTS
        book.new_order(
            NewOrder(1, name, account_id, 1, side, OrdType.LIMIT, TimeInForce.GTC, (1 + nth % 100) * SCALE, px)
        )

    return enter


def _minimal_book() -> Callable[[int], None]:
    book = MinimalBook()

    def enter(nth: int) -> None:
        book.add(nth, 1 - nth % 2, _px(nth), 1 + nth % 100)

    return enter


def _px(nth: int) -> int:
    away = 1 + nth // 2 % _LEVELS
    return 10_000 - away if nth % 2 else 10_000 + away


def _resident() -> int:
    """This process's memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
