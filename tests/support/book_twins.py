"""The book and its naive twin, given the same commands and watched by everything that must hold of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from book_invariants import Ledger, Queues, check_book
from book_world import ENTROPY, MARKETS, Records, events_of, open_orders, run
from command_streams import FIRMS, BookCommand, CommandStream, Step
from naive_book import NaiveBook

from engine.book import Book
from engine.events import (
    CancelRejected,
    Event,
    InstrumentStatusChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradingPhaseChanged,
)
from engine.image import OrderImage
from engine.terms import NOTHING_SPECIAL
from engine.types import Activation


class Bounds(NamedTuple):
    """How much one record may hold."""

    cascade_max: int
    uncross_max: int


SMALL, USUAL = Bounds(3, 4), Bounds(100, 500)
"""Small ones, so that records which are cut short are common; and those of a venue."""


class Twins:
    """Both books must answer with the same records, which must fold to the same book, and every invariant holds after
    every command."""

    def __init__(self, market: str, bounds: Bounds = SMALL) -> None:
        listed, middle_ticks = MARKETS[market]
        self.stream = CommandStream(listed, middle_ticks)
        self.book, self.replica = (Book(listed, FIRMS, ENTROPY, **bounds._asdict()) for _ in range(2))
        self.naive = NaiveBook(listed, FIRMS, ENTROPY, **bounds._asdict())
        self.ledger, self.queues = Ledger(), Queues()
        self.commands = 0

    def step(self, step: Step) -> list[Event]:
        return self.do(self.stream.command(step, open_orders(self.book)))

    def do(self, command: BookCommand) -> list[Event]:
        now_ns = self.stream.now_ns
        records = run(self.book, command, now_ns)
        assert records == run(self.naive, command, now_ns), f"the answers differ to {command}"
        self.commands += 1
        self._fold(records)
        self._check(events_of(records))
        return events_of(records)

    def _fold(self, records: Records | str) -> None:
        for record in [] if isinstance(records, str) else records:
            self.replica.apply(record)

    def _check(self, events: list[Event]) -> None:
        self.stream.see(events)
        self.ledger.see(events)
        self.queues.see(events)
        check_book(self.book)
        assert self.replica.state() == self.book.state(), "the records fold to another book"
        assert open_orders(self.naive) == open_orders(self.book)
        assert self.naive.depth(0) == self.book.depth(0)


# ---- what a stream has reached ---------------------------------------------------------------------------------------


def facts_of(event: Event) -> Iterator[str]:
    """Its type, and what it is an example of."""
    yield type(event).__name__
    match event:
        case OrderAccepted():
            yield from _terms_of(event.order)
        case OrderCanceled() | OrderExpired() | OrderRestated():
            yield repr(event.reason)
        case OrderUpdated():
            yield repr(event.cause)
        case OrderTriggered(activation=Activation.TRIGGER):
            yield from (repr(event.activation), trigger_of(event.order))
        case OrderTriggered():
            yield repr(event.activation)
        case OrderRejected() | CancelRejected():
            yield event.text
        case TradingPhaseChanged():
            yield repr(event.phase)
        case InstrumentStatusChanged():
            yield repr(event.status)


def _terms_of(order: OrderImage) -> Iterator[str]:
    special = order.special or NOTHING_SPECIAL
    yield from map(repr, (order.ord_type, order.tif, special.post_only, special.self_trade, special.self_trade_scope))
    if special.peg:
        yield repr(special.peg.kind)
    if special.link:
        yield repr(special.link.contingency)
    yield from (name for name in INSTRUCTIONS if getattr(special, name))


INSTRUCTIONS = (
    "display_qty",
    "display_range",
    "hidden",
    "min_qty",
    "all_or_none",
    "reduce_only",
    "expire_ns",
    "self_trade_id",
)


def trigger_of(order: OrderImage) -> str:
    """Of an order that has one: its kind and what it watches."""
    assert order.special is not None
    assert order.special.trigger is not None
    return f"{order.special.trigger.kind!r} by {order.special.trigger.source!r}"
