"""A book's actor: one outcome per command, touches for market orders, big jobs in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from engine_builders import BUY, DAY, SELL, cancel, cancel_all, expire, instrument, mass_cancel, new, replace

from actors import book as module
from actors.book import BookActor
from actors.messages import Barrier, DepthRequest, Operate, Outcome
from actors.runtime import Mailbox
from actors.standins import HaltedBookActor, refuse
from engine.book import Book
from engine.commands import SetInstrumentStatus
from engine.events import DayOrdersExpired, InstrumentStatusChanged, MassCancelPartDone, OrderAccepted
from engine.protection import Touch
from engine.queries import DepthAnswer, DepthQuery
from engine.types import SCALE, InstrumentStatus


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
    assert world.touches == {1: Touch(0, 0, 0)}
    world.run(new("a", BUY, px=90 * SCALE), new("b", SELL, px=110 * SCALE))
    assert world.touches[1] == Touch(90 * SCALE, 110 * SCALE, 0)
    world.run(new("c", BUY, px=110 * SCALE))
    assert world.touches[1] == Touch(90 * SCALE, 0, 110 * SCALE)


def test_a_market_order_is_measured_from_the_opposite_touch_else_the_last_price_else_the_reference() -> None:
    touch = Touch(9, 11, 10)
    assert (touch.reference(BUY, 5), touch.reference(SELL, 5)) == (11, 9)
    assert (Touch(9, 0, 10).reference(BUY, 5), Touch(0, 0, 0).reference(SELL, 5)) == (10, 5)


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


@pytest.mark.parametrize(
    ("command", "kind"),
    [(new("a"), "OrderRejected"), (cancel("b", "a"), "CancelRejected"), (replace("c", "a"), "CancelRejected")],
)
def test_a_halted_book_refuses_every_command(command: Any, kind: str) -> None:
    journal: Mailbox[Any] = Mailbox("journal", 10)
    HaltedBookActor(journal, "BTC/USDT", 1).on_batch(iter([command]))
    (outcome,) = journal.take()
    assert type(outcome.events[0]).__name__ == kind
    assert outcome.events[0].text == "BTC/USDT is halted: its book failed"


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
