"""The actor of one symbol's book: matches ahead of the journal and tells it each command's outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from actors.messages import Barrier, Behind, DepthRequest, InspectBook, OnDurable, Operate, Outcome, ToBook, ToJournal
from actors.runtime import Actor, Mailbox
from engine.book import Book
from engine.commands import (
    AdvanceTime,
    CancelAll,
    CancelBook,
    CancelList,
    CancelOrder,
    Continue,
    ExpireDayOrders,
    NewList,
    NewOrder,
    ReplaceOrder,
    SetInstrumentStatus,
)
from engine.events import BookCanceled, Event
from engine.protection import Touch
from engine.queries import DepthAnswer
from engine.refused import CommandRefused
from engine.types import CancelReason, InstrumentStatus

CHUNK = 500
"""Orders that one record of a mass cancel or an expiry may hold: work per command is bounded."""


class BookActor(Actor[ToBook]):
    """Runs a :class:`Book`.

    ``touches`` is where accounts read each symbol's prices, ``deadlines`` where the schedule reads when its book has
    something to do next (nanoseconds UTC, 0 = never). Only this actor writes its own.
    """

    def __init__(
        self,
        book: Book,
        mailbox: Mailbox[ToBook],
        journal: Mailbox[ToJournal],
        touches: dict[int, Touch],
        deadlines: dict[int, int],
        clock_ns: Callable[[], int],
    ) -> None:
        self.book = book
        self._clock_ns = clock_ns
        self._mailbox = mailbox
        self._journal = journal
        self._touches = touches
        self._deadlines = deadlines
        self._symbol_id = book.instrument.symbol_id
        self._show()
        # The journal does not say whether the last record reached its bound with pegs or conditional orders left.
        book.cut_short = book.cut_short or bool(book.pegs or book.conditional)
        if book.unfinished:
            self._go_on_first()

    def on_batch(self, batch: Iterator[ToBook]) -> None:
        book = self.book
        book.now_ns = max(book.now_ns, self._clock_ns())
        journal = self._journal
        # Outcomes are told together: the journal's mailbox is rung once for them. What is done stays done if a later
        # command of the batch fails.
        outcomes: list[ToJournal] = []
        keep = outcomes.append
        try:
            for command in batch:
                if type(command) is NewOrder:
                    keep(Outcome(command.session_id, command.in_from, command.in_seq, book.new_order(command)))
                elif type(command) is CancelOrder:
                    keep(Outcome(command.session_id, command.in_from, command.in_seq, book.cancel(command)))
                elif type(command) is ReplaceOrder:
                    keep(Outcome(command.session_id, command.in_from, command.in_seq, book.replace(command)))
                else:
                    journal.tell_all(outcomes)
                    outcomes.clear()
                    if self._on_rare(command):
                        break
                    continue
                if book.orders and book.unfinished:  # a book of plain orders leaves nothing undone
                    self._go_on_first()
                    break
        finally:
            journal.tell_all(outcomes)
        self._show()

    def _show(self) -> None:
        book = self.book
        self._touches[self._symbol_id] = Touch(
            book.bids.best_px(), book.asks.best_px(), book.last_px, book.reference_px
        )
        self._deadlines[self._symbol_id] = book.next_deadline_ns

    def _go_on_first(self) -> None:
        """What a bounded record left undone comes before any other command, the rest of this batch included."""
        self._mailbox.tell_first(Operate(Continue(self._symbol_id)))

    # ---- what is rare ---------------------------------------------------------------------------------------------

    def _on_rare(
        self, command: NewList | CancelList | CancelAll | DepthRequest | InspectBook | Operate | Behind
    ) -> bool:
        """Handle it; True when the rest of the batch has to wait for what it left undone."""
        book = self.book
        if isinstance(command, NewList):
            outcome = Outcome(command.session_id, command.in_from, command.in_seq, book.new_list(command))
            self._journal.tell(outcome)
        elif isinstance(command, CancelList):
            outcome = Outcome(command.session_id, command.in_from, command.in_seq, book.cancel_list(command))
            self._journal.tell(outcome)
        elif isinstance(command, CancelAll):
            events, done = book.cancel_all(command, CHUNK)
            self._tell_chunk(command, events, done, None)
        elif isinstance(command, DepthRequest):
            self._depth(command)
            return False
        elif isinstance(command, Behind):
            self._journal.tell(command.outcome)
            return False
        elif isinstance(command, InspectBook):
            seen, answer = command.read(book), command.answer
            self._journal.tell(Barrier(lambda seq: answer(seq, seen)))
            return False
        elif isinstance(command.command, Continue):
            if not self._go_on():
                return False
        else:
            try:
                self._operate(command)
            except CommandRefused as refusal:
                if command.refused is not None:
                    command.refused(str(refusal))
        if book.unfinished:
            self._go_on_first()
            return True
        return False

    def _go_on(self) -> bool:
        """False when there was nothing to be done: a halted book waits with what it has left."""
        events = self.book.go_on() if self.book.unfinished else []
        if events:
            self._journal.tell(Outcome(0, 0, 0, events))
        return bool(events)

    def _operate(self, request: Operate) -> None:
        """Carry out an operator's or a timer's command, or a part of it. Raises CommandRefused."""
        command, book = request.command, self.book
        if isinstance(command, SetInstrumentStatus) and command.status is InstrumentStatus.DELISTED and len(book):
            everything = CancelBook(command.symbol_id, command.operator, CancelReason.DELISTED)
            events, _ = book.cancel_book(everything, CHUNK)
            self._tell_chunk(request, events, False, None)  # its status follows when no order is left
        elif isinstance(command, CancelBook):
            events, done = book.cancel_book(command, CHUNK)
            if done:
                events.append(BookCanceled(command.symbol_id, command.operator, CancelReason(command.reason)))
            self._tell_chunk(request, events, done, request.done)
        elif isinstance(command, ExpireDayOrders):
            self._tell_chunk(request, *book.expire_day_orders(command, CHUNK), request.done)
        elif isinstance(command, AdvanceTime):
            self._tell_chunk(request, *book.advance(CHUNK), request.done)
        elif not isinstance(command, Continue):
            self._tell_chunk(request, book.operate(command), True, request.done)

    def _tell_chunk(
        self, command: CancelAll | Operate, events: list[Event], done: bool, told: OnDurable | None
    ) -> None:
        """One record of what may take several; whoever waits is told with the last."""
        told = told if done else None
        if events:
            self._journal.tell(Outcome(0, 0, 0, events, told))
        elif told is not None:
            self._journal.tell(Barrier(told))
        if not done:
            self._mailbox.put_back([command])

    def _depth(self, request: DepthRequest) -> None:
        bids, asks = self.book.depth(request.query.levels)
        time_ns = self._clock_ns()

        def pass_on(seq: int) -> None:
            request.answer(DepthAnswer(request.query, seq, time_ns, bids, asks))

        self._journal.tell(Barrier(pass_on))
