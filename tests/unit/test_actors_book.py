"""A book's actor: one outcome per command, touches for market orders, big jobs in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from engine_builders import (
    BUY,
    DAY,
    SELL,
    advance,
    cancel,
    cancel_all,
    expire,
    image,
    instrument,
    mass_cancel,
    new,
    oco,
    phase,
    reference_price,
    replace,
    special,
)

from actors import book as module
from actors.book import BookActor
from actors.messages import Barrier, DepthRequest, Operate, Outcome
from actors.runtime import Mailbox
from actors.standins import HaltedBookActor, refuse
from engine.book import Book
from engine.commands import CancelBook, Continue, SetInstrumentStatus
from engine.events import (
    BookCanceled,
    DayOrdersExpired,
    Event,
    InstrumentStatusChanged,
    MassCancelPartDone,
    OrderAccepted,
    ReferencePriceSet,
)
from engine.order import Order
from engine.protection import Touch
from engine.queries import DepthAnswer, DepthQuery
from engine.types import SCALE, CancelReason, InstrumentStatus, TimeInForce, TradingPhase


class World:
    def __init__(self) -> None:
        self.mailbox: Mailbox[Any] = Mailbox("book", 1000)
        self.journal: Mailbox[Any] = Mailbox("journal", 1000)
        self.touches: dict[int, Touch] = {}
        self.deadlines: dict[int, int] = {}
        self.now_ns = 7
        self.actor = BookActor(
            Book(instrument()), self.mailbox, self.journal, self.touches, self.deadlines, lambda: self.now_ns
        )

    def run(self, *batch: Any) -> list[Any]:
        self.actor.on_batch(iter(batch))
        return self.journal.take()

    def drain(self) -> list[Any]:
        told: list[Any] = []
        while len(self.mailbox):
            told += self.run(*self.mailbox.take())
        return told


@pytest.fixture
def chunk(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "CHUNK", 2)
    return 2


def test_each_command_has_one_outcome_with_its_inbound_numbers() -> None:
    world = World()
    told = world.run(
        new("a", in_from=3, in_seq=4), replace("b", "a", in_from=5, in_seq=5), cancel("c", "b", in_from=6, in_seq=7)
    )
    assert [(o.session_id, o.in_from, o.in_seq) for o in told] == [(1, 3, 4), (1, 5, 5), (1, 6, 7)]
    assert [[type(event).__name__ for event in outcome.events] for outcome in told] == [
        ["OrderAccepted"], ["OrderReplaced"], ["OrderCanceled"],
    ]  # fmt: skip


def test_the_touch_is_shown_after_each_batch() -> None:
    world = World()
    assert world.touches == {1: Touch(0, 0, 0, 100 * SCALE)}
    world.run(new("a", BUY, px=90 * SCALE), new("b", SELL, px=110 * SCALE))
    assert world.touches[1] == Touch(90 * SCALE, 110 * SCALE, 0, 100 * SCALE)
    world.run(new("c", BUY, px=110 * SCALE))
    assert world.touches[1] == Touch(90 * SCALE, 0, 110 * SCALE, 100 * SCALE)


def test_big_cancels_go_in_chunks_and_let_others_through(chunk: int) -> None:
    world = World()
    world.run(*[new(f"o{n}") for n in range(5)])
    told = world.run(cancel_all(), new("late", account_id=3))
    assert [len(outcome.events) for outcome in told] == [chunk, 1]
    assert isinstance(told[1].events[0], OrderAccepted)
    told = world.drain()
    assert [len(outcome.events) for outcome in told] == [2, 2]
    assert isinstance(told[-1].events[-1], MassCancelPartDone)
    assert len(world.actor.book) == 1


def test_day_orders_expire_in_chunks_and_the_caller_hears_at_the_end(chunk: int) -> None:
    world = World()
    world.run(*[new(f"o{n}", tif=DAY) for n in range(3)])
    calls: list[int] = []
    (first,) = world.run(Operate(expire("2026-01-02"), calls.append))
    assert (len(first.events), first.done) == (2, None)
    (last,) = world.drain()
    assert last.events[-1] == DayOrdersExpired(1, "2026-01-02")
    assert last.done is not None
    assert world.actor.book.last_day == "2026-01-02"


def test_an_order_that_comes_during_an_expiry_belongs_to_the_new_day(chunk: int) -> None:
    """One that only changes by then does not."""
    world = World()
    world.run(*[new(f"o{n}", tif=DAY) for n in range(4)])
    world.run(
        Operate(expire("2026-01-02")),
        new("late", tif=DAY),
        cancel("c", "o2"),
        replace("moved", "o3", px=99 * SCALE),
    )
    expired = [event.order.cl_ord_id for outcome in world.drain() for event in outcome.events[:-1]]
    assert expired == ["moved"]
    assert [image.cl_ord_id for image in world.actor.book.open_orders(2)] == ["late"]
    world.run(Operate(expire("2026-01-03")))
    assert len(world.actor.book) == 0


def test_a_status_is_set_and_answered() -> None:
    world = World()
    calls: list[int] = []
    (told,) = world.run(Operate(SetInstrumentStatus(1, InstrumentStatus.HALTED, "op"), calls.append))
    assert told.events == [InstrumentStatusChanged(1, InstrumentStatus.HALTED, "op")]
    told.done(9)
    assert calls == [9]
    (rejected,) = world.run(new("a"))
    assert rejected.events[0].text == "BTC/USDT is HALTED"


def test_depth_is_answered_behind_the_outcomes_that_it_shows() -> None:
    world = World()
    answers: list[Any] = []
    query = DepthQuery(1, "q", 1, 5)
    accepted, barrier = world.run(new("a"), DepthRequest(query, answers.append))
    assert isinstance(accepted, Outcome)
    assert isinstance(barrier, Barrier)
    world.run(new("b"))
    barrier.pass_on(12)
    (answer,) = answers
    assert isinstance(answer, DepthAnswer)
    assert (answer.seq, [(level.px, level.orders) for level in answer.bids], answer.asks) == (
        12,
        [(100 * SCALE, 1)],
        [],
    )


# ---- what a bounded record leaves undone ---------------------------------------------------------------------------


class Unfinished:
    """A book of plain orders that owes ``pieces`` more records before any other command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, world: World, pieces: int) -> None:
        self.pieces = pieces
        self.halted = False
        self.book = world.actor.book
        self.book.orders[1] = Order(image())  # a book with special orders
        monkeypatch.setattr(Book, "unfinished", property(lambda book: self.pieces > 0))
        monkeypatch.setattr(Book, "go_on", self.go_on)

    def go_on(self, *book: Book) -> list[Event]:
        if self.halted:
            return []
        self.pieces -= 1
        return [ReferencePriceSet(1, self.pieces, "piece")]


def names(told: list[Any]) -> list[str]:
    return [type(outcome.events[0]).__name__ for outcome in told]


def test_what_is_undone_is_done_before_the_rest_of_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    Unfinished(monkeypatch, world, 2)
    batch = iter([new("a"), new("b")])
    world.actor.on_batch(batch)
    assert names(world.journal.take()) == ["OrderAccepted"]
    (rest,) = batch
    world.mailbox.restore([rest], 1)
    turns: list[list[str]] = []
    while len(world.mailbox):
        mail = world.mailbox.take()
        unread = iter(mail)
        world.actor.on_batch(unread)
        left = list(unread)
        world.mailbox.restore(left, len(mail) - len(left))
        turns.append(names(world.journal.take()))
    assert turns == [["ReferencePriceSet"], ["ReferencePriceSet", "OrderAccepted"]]


def test_each_piece_is_a_record_of_the_venues_own(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    Unfinished(monkeypatch, world, 1)
    (told,) = world.run(Operate(Continue(1)))
    assert (told.session_id, told.in_seq, told.done) == (0, 0, None)
    assert world.run(Operate(Continue(1))) == []


def test_a_halted_book_waits_with_what_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not asked again and again."""
    world = World()
    undone = Unfinished(monkeypatch, world, 1)
    undone.halted = True
    assert world.run(Operate(Continue(1))) == []
    assert len(world.mailbox) == 0
    world.run(Operate(SetInstrumentStatus(1, InstrumentStatus.ACTIVE, "op")))
    undone.halted = False
    assert names(world.drain()) == ["ReferencePriceSet"]


def test_a_folded_book_that_is_not_finished_goes_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    undone = Unfinished(monkeypatch, world, 1)
    mailbox: Mailbox[Any] = Mailbox("book", 10)
    mailbox.tell(new("a"))
    BookActor(undone.book, mailbox, world.journal, world.touches, world.deadlines, lambda: 7)
    assert mailbox.take() == [Operate(Continue(1)), new("a")]


# ---- time ----------------------------------------------------------------------------------------------------------


def test_the_books_time_is_the_batchs_and_never_goes_back() -> None:
    world = World()
    for now, then in ((100, 100), (50, 100), (101, 101)):
        world.now_ns = now
        world.run(new(f"o{now}"))
        assert world.actor.book.now_ns == then


def test_the_schedule_can_read_when_the_book_has_something_to_do() -> None:
    world = World()
    assert world.deadlines == {1: 0}
    world.run(new("g", tif=TimeInForce.GTD, special=special(expire_ns=1000)))
    assert world.deadlines == {1: 1000}
    world.now_ns = 999
    assert world.run(Operate(advance())) == []
    world.now_ns = 1000
    calls: list[int] = []
    (told,) = world.run(Operate(advance(), calls.append))
    assert names([told]) == ["OrderExpired"]
    told.done(9)
    assert (calls, world.deadlines) == ([9], {1: 0})


def test_who_asked_for_what_needed_nothing_is_told_all_the_same() -> None:
    calls: list[int] = []
    (barrier,) = World().run(Operate(advance(), calls.append))
    assert isinstance(barrier, Barrier)
    barrier.pass_on(3)
    assert calls == [3]


# ---- lists and operators -------------------------------------------------------------------------------------------


def test_a_list_is_one_outcome_with_its_inbound_numbers() -> None:
    world = World()
    (told,) = world.run(oco("L", new("a", SELL), new("b", SELL, px=101 * SCALE), in_from=3, in_seq=4))
    assert (told.session_id, told.in_from, told.in_seq) == (1, 3, 4)
    assert [event.order.cl_ord_id for event in told.events if isinstance(event, OrderAccepted)] == ["a", "b"]


def test_delisting_cancels_everything_first_and_is_told_at_the_end(chunk: int) -> None:
    world = World()
    world.run(*[new(f"o{n}") for n in range(5)])
    calls: list[int] = []
    delist = Operate(SetInstrumentStatus(1, InstrumentStatus.DELISTED, "op"), calls.append)
    told = [*world.run(delist), *world.drain()]
    assert [len(outcome.events) for outcome in told] == [2, 2, 1, 1]
    assert {event.reason for outcome in told[:-1] for event in outcome.events} == {CancelReason.DELISTED}
    assert told[-1].events == [InstrumentStatusChanged(1, InstrumentStatus.DELISTED, "op")]
    assert [outcome.done is not None for outcome in told] == [False, False, False, True]


def test_an_operator_cancels_a_book_in_chunks(chunk: int) -> None:
    world = World()
    world.run(*[new(f"o{n}") for n in range(3)])
    calls: list[int] = []
    told = [*world.run(Operate(CancelBook(1, "op", CancelReason.OPERATOR), calls.append)), *world.drain()]
    assert [len(outcome.events) for outcome in told] == [2, 2]
    assert told[-1].events[-1] == BookCanceled(1, "op", CancelReason.OPERATOR)
    assert [outcome.done is not None for outcome in told] == [False, True]


def test_what_the_book_does_not_carry_out_is_told_to_who_asked() -> None:
    world = World()
    calls: list[Any] = []
    assert world.run(Operate(reference_price(-1), calls.append, calls.append)) == []
    assert calls == ["a reference price must be positive, and no more than a price can be"]
    assert world.run(Operate(reference_price(-1))) == []


@pytest.mark.parametrize("refused", [True, False])
def test_a_halted_books_operators_are_not_left_waiting(refused: bool) -> None:
    journal: Mailbox[Any] = Mailbox("journal", 10)
    calls: list[Any] = []
    request = Operate(phase(TradingPhase.CLOSED), calls.append, calls.append if refused else None)
    HaltedBookActor(journal, "BTC/USDT", 1).on_batch(iter([request]))
    for barrier in journal.take():
        barrier.pass_on(4)
    assert calls == ["BTC/USDT is halted: its book failed" if refused else 4]


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        (new("a"), ["OrderRejected"]),
        (cancel("b", "a"), ["CancelRejected"]),
        (replace("c", "a"), ["CancelRejected"]),
        (oco("L", new("d"), new("e")), ["OrderRejected", "OrderRejected"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_halted_book_refuses_every_command(command: Any, kinds: list[str]) -> None:
    journal: Mailbox[Any] = Mailbox("journal", 10)
    HaltedBookActor(journal, "BTC/USDT", 1).on_batch(iter([command]))
    (outcome,) = journal.take()
    assert [type(event).__name__ for event in outcome.events] == kinds
    assert {event.text for event in outcome.events} == {"BTC/USDT is halted: its book failed"}


def test_a_mass_cancel_is_refused_like_any_command_and_a_part_has_nobody_to_answer_to() -> None:
    journal: Mailbox[Any] = Mailbox("journal", 10)
    refuse(journal, mass_cancel("m", in_from=1, in_seq=2), "no")
    refuse(journal, cancel_all(), "no")
    (outcome,) = journal.take()
    assert (outcome.session_id, outcome.in_from, outcome.in_seq) == (1, 1, 2)
    assert (outcome.events[0].cl_ord_id, outcome.events[0].text) == ("m", "no")


def test_a_crash_leaves_the_outcomes_of_the_commands_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def crashing(self: Book, command: Any) -> Iterator[Any]:
        raise RuntimeError("made to crash")

    monkeypatch.setattr(Book, "cancel", crashing)
    commands: list[Any] = [new("a"), cancel("x", "a"), new("b")]
    batch = iter(commands)
    with pytest.raises(RuntimeError):
        world.actor.on_batch(batch)
    assert [outcome.events[0].order.cl_ord_id for outcome in world.journal.take()] == ["a"]
    assert [command.cl_ord_id for command in batch] == ["b"]
