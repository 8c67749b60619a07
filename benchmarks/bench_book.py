"""One order book in process: operations per second on a seeded stream, every event consumed.

Beside it, in turns: the least that matches at all, our book without any but plain orders, and order books from PyPI.
Each must end with the figures that are known for the stream.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

from benchmarks import peers, workload
from benchmarks.harness import Claim, Context, Figures, Samples, Target, claim, interleaved, skipped
from benchmarks.minimal_book import MinimalBook
from benchmarks.plain_book import PlainBook
from benchmarks.workload import INSTRUMENT, KNOWN_END, STREAM, End, Operation
from engine.book import Book
from engine.commands import CancelOrder, NewOrder
from engine.events import TradeExecuted
from engine.types import SCALE

_QUICK_OPERATIONS = 20_000
_SPEED = Target("value", ">=", 500_000)
_COST_OF_TYPES = Target("ratio", ">=", 0.95)


def run(context: Context) -> list[Claim]:
    operations = workload.read(STREAM)
    commands = [workload.command(operation) for operation in operations]
    _check_same_events(commands)
    variants = {
        "book": _engine_book(commands, Book),
        "minimal book": _minimal_book(operations),
        "plain orders only": _engine_book(commands, PlainBook),
    }
    missing = peers.install(lambda text: print(f"  {text}", flush=True), quick=context.quick)
    count = context.scale(len(operations), _QUICK_OPERATIONS)
    names = [name for name in peers.VERSIONS if name not in missing]
    with peers.started(names, STREAM, count, missing) as others:
        for name, reason in missing.items():
            print(f"  skipped: {name}: {reason}")
        variants |= {peer.name: _peer(peer, whole=count == len(operations)) for peer in others}
        samples = interleaved(context.rounds, variants, warm_up=not context.quick)
    samples.show()
    return [*_claims(samples, missing), _cost_of_types(commands, context)]


def _claims(samples: Samples, missing: dict[str, str]) -> list[Claim]:
    ours = samples.median("book", "operations/s")

    def beside(text: str, variant: str, target: Target | None = None) -> Claim:
        return claim(f"book: {text}", ours, "operations/s", samples.median(variant, "operations/s"), target)

    claims = [
        beside("operations/s in process, every event consumed; beside a minimal book that emits nothing",
               "minimal book", _SPEED),
    ]  # fmt: skip
    for name, version in peers.VERSIONS.items():
        text = f"beside {name} {version}"
        claims.append(skipped(f"book: {text}", f"{name}: {missing[name]}") if name in missing else beside(text, name))
    return claims


def _cost_of_types(commands: list[NewOrder | CancelOrder], context: Context) -> Claim:
    """Of two books so alike, what the machine does meanwhile says more than they do: so they run in pairs, each first
    in turn, by the processor's time, and the median of the pairs' ratios is the claim."""
    kinds: list[type[Book] | type[PlainBook]] = [Book, PlainBook]
    ratios: list[float] = []
    for turn in range(3 * context.rounds):
        order = kinds if turn % 2 else kinds[::-1]
        seconds = {kind: _cpu_seconds(commands, kind) for kind in order}
        ratios.append(seconds[PlainBook] / seconds[Book])
    print("  rate beside a book without other order types, pairs " + " ".join(f"{ratio:.3f}" for ratio in ratios))
    text = "book: rate of plain orders, by the processor's time; beside our book without other order types"
    return claim(text, statistics.median(ratios), "of its rate", 1.0, _COST_OF_TYPES)


def _cpu_seconds(commands: list[NewOrder | CancelOrder], kind: type[Book] | type[PlainBook]) -> float:
    gc.collect()
    book = kind(INSTRUMENT)
    started = time.process_time()
    for command in commands:
        if type(command) is NewOrder:
            book.new_order(command)
        else:
            book.cancel(command)
    return time.process_time() - started


# ---- ours ---------------------------------------------------------------------------------------------------------


def _engine_book(commands: list[NewOrder | CancelOrder], kind: type[Book] | type[PlainBook]) -> Callable[[], Figures]:
    def variant() -> Figures:
        gc.collect()
        book = kind(INSTRUMENT)
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
        workload.check(End(trades, traded_qty // SCALE, notional // SCALE**2, live, best_bid, best_ask))
        return {"operations/s": len(commands) / seconds, "events/s": events / seconds}

    return variant


def _check_same_events(commands: list[NewOrder | CancelOrder]) -> None:
    """Without the other order types the book does the same with plain ones, event for event."""
    whole, plain = Book(INSTRUMENT), PlainBook(INSTRUMENT)
    for command in commands:
        if isinstance(command, NewOrder):
            assert whole.new_order(command) == plain.new_order(command), command
        else:
            assert whole.cancel(command) == plain.cancel(command), command


# ---- what it is held against --------------------------------------------------------------------------------------


def _minimal_book(operations: list[Operation]) -> Callable[[], Figures]:
    def variant() -> Figures:
        gc.collect()
        book = MinimalBook()
        started = time.perf_counter()
        for it in operations:
            if it.kind == workload.CANCEL:
                book.cancel(it.order)
            elif it.kind == workload.MARKET:
                book.add(it.order, it.side, workload.LOWEST_PX if it.side else workload.HIGHEST_PX, it.qty, rests=False)
            else:
                book.add(it.order, it.side, it.px, it.qty)
        seconds = time.perf_counter() - started
        best_bid, best_ask = book.best()
        workload.check(End(book.trades, book.traded_qty, book.notional, len(book.live), best_bid, best_ask))
        return {"operations/s": len(operations) / seconds}

    return variant


def _peer(peer: peers.Peer, *, whole: bool) -> Callable[[], Figures]:
    def variant() -> Figures:
        figures = peer()
        ended = (figures["trades"], figures["traded_qty"], figures["notional"])
        known = (KNOWN_END.trades, KNOWN_END.traded_qty, KNOWN_END.notional)
        assert not whole or ended == known, f"{peer.name} ends with {ended}, which must be {known}"
        return {"operations/s": figures["operations/s"]}

    return variant
