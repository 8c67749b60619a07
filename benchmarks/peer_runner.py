"""One order book from PyPI on the workload: run by the peers' own interpreter, in a process of its own.

``python peer_runner.py NAME STREAM OPERATIONS`` says ``ready`` once it has the book and the stream; then each line on
standard input asks for a run, which is answered by a line of JSON: ``operations/s`` and how the book ended (trades,
traded quantity, notional). What a book reports of its trades is consumed, in the way in which it reports them. Nothing
but the standard library and the peer is imported.
"""

from __future__ import annotations

import csv
import gc
import gzip
import json
import sys
import time
from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any

MARKET, CANCEL = 3, 4
HIGHEST_PX, LOWEST_PX = 1_000_000, 1
"""Where a market order stops in a book that knows limits only."""


class Peer(ABC):
    """A new book. ``trades``, ``qty`` and ``notional`` (price × quantity) add up what it has reported."""

    def __init__(self) -> None:
        self.trades = self.qty = self.notional = 0

    @abstractmethod
    def add(self, order: int, side: int, px: int, qty: int) -> None:
        """A limit order; side 0 buys."""

    @abstractmethod
    def market(self, order: int, side: int, qty: int) -> None:
        """What cannot be filled at once is forgotten."""

    @abstractmethod
    def cancel(self, order: int) -> None:
        """The order is live."""


class Liquibook(Peer):
    """The C++ engine behind SWIG: fills come by callbacks."""

    def __init__(self) -> None:
        super().__init__()
        liquibook = import_module("liquibook")
        base: Any = liquibook.OrderListener
        peer = self

        class Listener(base):  # type: ignore[misc]
            def on_fill(self, order: Any, matched: Any, qty: int, px: int) -> None:
                peer.trades += 1
                peer.qty += qty
                peer.notional += qty * px

            def on_accept(self, order: Any) -> None:
                pass

            on_cancel = on_accept

            def on_reject(self, order: Any, reason: str) -> None:
                raise AssertionError(reason)

            on_cancel_reject = on_reject

        self._order = liquibook.SimpleOrder
        self._immediate = liquibook.oc_immediate_or_cancel
        self._listener = Listener()
        self._book = liquibook.DepthOrderBook("X")
        self._book.set_order_listener(self._listener)
        self._orders: dict[int, Any] = {}

    def add(self, order: int, side: int, px: int, qty: int) -> None:
        made = self._orders[order] = self._order(side == 0, px, qty)
        self._book.add(made)

    def market(self, order: int, side: int, qty: int) -> None:
        made = self._order(side == 0, 0, qty, 0, self._immediate)
        self._book.add(made, self._immediate)

    def cancel(self, order: int) -> None:
        self._book.cancel(self._orders.pop(order))


class LightMatchingEngine(Peer):
    """Pure Python: an order is answered by a list of trades, the aggressor's summed up per price beside the others'."""

    def __init__(self) -> None:
        super().__init__()
        module = import_module("lightmatchingengine.lightmatchingengine")
        self._engine = module.LightMatchingEngine()
        self._sides = (module.Side.BUY, module.Side.SELL)
        self._ids: dict[int, int] = {}

    def add(self, order: int, side: int, px: int, qty: int) -> None:
        made, trades = self._engine.add_order("X", px, qty, self._sides[side])
        self._ids[order] = made.order_id
        self._consume(trades, made.order_id)

    def market(self, order: int, side: int, qty: int) -> None:
        made, trades = self._engine.add_order("X", LOWEST_PX if side else HIGHEST_PX, qty, self._sides[side])
        self._consume(trades, made.order_id)
        if made.leaves_qty:
            self._engine.cancel_order(made.order_id, "X")

    def cancel(self, order: int) -> None:
        self._engine.cancel_order(self._ids.pop(order), "X")

    def _consume(self, trades: list[Any], own: int) -> None:
        for trade in trades:
            if trade.order_id != own:
                self.trades += 1
                self.qty += trade.trade_qty
                self.notional += trade.trade_qty * trade.trade_price


class PyOrderBook(Peer):
    """Pure Python: an order is answered by a blotter of trades; prices are Decimals."""

    def __init__(self) -> None:
        super().__init__()
        module = import_module("pyorderbook")
        self._book = module.Book()
        self._make = (module.bid, module.ask)
        self._orders: dict[int, Any] = {}

    def add(self, order: int, side: int, px: int, qty: int) -> None:
        made = self._orders[order] = self._make[side]("X", px, qty)
        self._consume(self._book.match(made))

    def market(self, order: int, side: int, qty: int) -> None:
        made = self._make[side]("X", LOWEST_PX if side else HIGHEST_PX, qty)
        self._consume(self._book.match(made))
        if made.quantity:
            self._book.cancel(made)

    def cancel(self, order: int) -> None:
        self._book.cancel(self._orders.pop(order))

    def _consume(self, blotter: Any) -> None:
        for trade in blotter.trades:
            self.trades += 1
            self.qty += trade.fill_quantity
            self.notional += trade.fill_quantity * int(trade.fill_price)


class OrderlyChaos(Peer):
    """The C++ engine behind ctypes: trades come by callbacks."""

    def __init__(self) -> None:
        super().__init__()
        module = import_module("orderly_chaos")
        self._book = module.LimitOrderBook(on_trade=self._on_trade)
        self._sides = (module.Side.BUY, module.Side.SELL)

    def add(self, order: int, side: int, px: int, qty: int) -> None:
        self._book.limit(self._sides[side], order, qty, px)

    def market(self, order: int, side: int, qty: int) -> None:
        self._book.market(self._sides[side], order, qty)

    def cancel(self, order: int) -> None:
        self._book.cancel(order)

    def _on_trade(self, trade: Any) -> None:
        self.trades += 1
        self.qty += trade.quantity
        self.notional += trade.quantity * trade.price


PEERS: dict[str, type[Peer]] = {
    "liquibook": Liquibook,
    "lightmatchingengine": LightMatchingEngine,
    "pyorderbook": PyOrderBook,
    "orderly-chaos": OrderlyChaos,
}


def run(peer: type[Peer], operations: list[tuple[int, ...]]) -> dict[str, float]:
    gc.collect()
    book = peer()
    started = time.perf_counter()
    for kind, side, _, order, px, qty in operations:
        if kind == CANCEL:
            book.cancel(order)
        elif kind == MARKET:
            book.market(order, side, qty)
        else:
            book.add(order, side, px, qty)
    seconds = time.perf_counter() - started
    ended = {"trades": book.trades, "traded_qty": book.qty, "notional": int(book.notional)}
    return {"operations/s": len(operations) / seconds, **ended}


def main() -> None:
    name, stream, count = sys.argv[1:]
    with gzip.open(stream, "rt") as file:
        rows = csv.reader(file)
        next(rows)
        operations = [tuple(map(int, row)) for row in rows][: int(count)]
    PEERS[name]()  # it can be imported
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(run(PEERS[name], operations)), flush=True)


if __name__ == "__main__":
    main()
