"""Random commands for one book: abstract steps (what hypothesis shrinks) made concrete against what rests."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from hypothesis import strategies as st
from naive_book import AnyBookCommand, NaiveBook

from engine.book import Book
from engine.commands import CancelAll, CancelOrder, ExpireDayOrders, NewOrder, ReplaceOrder, SetInstrumentStatus
from engine.events import Event
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.types import CancelReason, InstrumentStatus, OrdType, Side, TimeInForce

KINDS = [
    *["limit"] * 5, *["passive"] * 5, "market", "cancel", "cancel", "replace", "replace", "replace", "ghost", "broken",
]  # fmt: skip
RARE_KINDS = ["cancel_all", "expire", "halt", "resume"]
CHUNK = 3
"""Small, so that chunks are common."""


class Step(NamedTuple):
    kind: str
    pick: int
    """Which of the resting orders."""
    side: Side
    ticks: int
    """The price, around the middle."""
    lots: int
    tif: TimeInForce
    who: int
    """Session 1..3; its accounts are 2..4."""
    by_order_id: bool


SPREAD = 8
LOTS_MAX = 12

steps: st.SearchStrategy[Step] = st.builds(
    Step,
    st.sampled_from(KINDS + RARE_KINDS),
    st.integers(0, 99),
    st.sampled_from(Side),
    st.integers(-SPREAD, SPREAD),
    st.integers(1, LOTS_MAX),
    st.sampled_from(TimeInForce),
    st.integers(1, 3),
    st.booleans(),
)


def random_step(random: Random, kinds: list[str]) -> Step:
    return Step(
        random.choice(kinds),
        random.randrange(10_000),
        random.choice((Side.BUY, Side.SELL)),
        random.randint(-SPREAD, SPREAD),
        random.randint(1, LOTS_MAX),
        random.choice(list(TimeInForce)),
        random.randint(1, 3),
        random.random() < 0.3,
    )


class CommandStream:
    """Makes commands of steps; every ClOrdID is new, as a port guarantees it."""

    def __init__(self, instrument: Instrument, middle_ticks: int) -> None:
        self.instrument = instrument
        self.middle_ticks = middle_ticks
        self.made = 0

    def command(self, step: Step, resting: list[OrderImage]) -> AnyBookCommand:
        self.made += 1
        cl_ord_id = f"c{self.made}"
        instrument = self.instrument
        symbol_id = instrument.symbol_id
        ticks = step.ticks
        if step.kind == "passive":
            ticks = -abs(ticks) if step.side is Side.BUY else 1 + abs(ticks)
        px = (self.middle_ticks + ticks) * instrument.tick_size
        qty = step.lots * instrument.lot_size
        session_id, account_id, side = step.who, step.who + 1, step.side
        if step.kind in ("limit", "passive", "market", "broken"):
            ord_type = OrdType.MARKET if step.kind == "market" else OrdType.LIMIT
            if step.kind == "broken":
                qty, px = _broken(step, instrument, qty, px)
            return NewOrder(session_id, cl_ord_id, account_id, symbol_id, side, ord_type, step.tif, qty, px)
        if step.kind in ("cancel", "replace") and resting:
            target = resting[step.pick % len(resting)]
            session_id, account_id = target.session_id, target.account_id
            orig, order_id = target.cl_ord_id, target.order_id if step.by_order_id else 0
            if step.pick % 7:
                side = target.side
        else:
            orig, order_id = f"c{step.pick}", (symbol_id << 40) + step.pick if step.by_order_id else 0
        if step.kind == "replace":
            return ReplaceOrder(session_id, cl_ord_id, account_id, symbol_id, side, orig, qty, px, order_id)
        if step.kind in ("cancel", "ghost"):
            return CancelOrder(session_id, cl_ord_id, account_id, symbol_id, side, orig, order_id)
        return self._rare(step, account_id)

    def _rare(self, step: Step, account_id: int) -> AnyBookCommand:
        symbol_id = self.instrument.symbol_id
        if step.kind == "cancel_all":
            side = (0, Side.BUY, Side.SELL)[step.pick % 3]
            return CancelAll(self.made, account_id, side, CancelReason.MASS_CANCEL)
        if step.kind == "expire":
            return ExpireDayOrders(symbol_id, f"day {self.made}")
        active = step.kind == "resume"
        status = InstrumentStatus.ACTIVE if active else InstrumentStatus(2 + step.pick % 3)
        return SetInstrumentStatus(symbol_id, status, "operator")


def _broken(step: Step, instrument: Instrument, qty: int, px: int) -> tuple[int, int]:
    """Quantity and price that break one of the instrument's rules, if it has that rule."""
    wrong = [
        (qty + instrument.lot_size - 1, px),
        (qty, px + instrument.tick_size - 1),
        (0, px),
        (qty, 0),
        (instrument.max_qty + instrument.lot_size, px),
        (-qty, px),
        (qty, -px),
    ]
    return wrong[step.pick % len(wrong)]


def run_book(book: Book, command: AnyBookCommand) -> list[list[Event]]:
    """The records of ``command``: one, or several chunks."""
    if isinstance(command, NewOrder):
        return [book.new_order(command)]
    if isinstance(command, CancelOrder):
        return [book.cancel(command)]
    if isinstance(command, ReplaceOrder):
        return [book.replace(command)]
    if isinstance(command, SetInstrumentStatus):
        return [book.set_status(command)]
    records: list[list[Event]] = []
    done = False
    while not done:
        if isinstance(command, CancelAll):
            events, done = book.cancel_all(command, CHUNK)
        else:
            events, done = book.expire_day_orders(command, CHUNK)
        records.append(events)
    return records


def run_naive(book: NaiveBook, command: AnyBookCommand) -> list[list[Event]]:
    records = [book.handle(command, CHUNK)]
    if isinstance(command, CancelAll | ExpireDayOrders):
        while type(records[-1][-1]).__name__ not in ("MassCancelPartDone", "DayOrdersExpired"):
            records.append(book.handle(command, CHUNK))
    return records
