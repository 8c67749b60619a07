"""The actor of one symbol's book: matches ahead of the journal and tells it each command's outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from actors.messages import Barrier, DepthRequest, Operate, Outcome, ToBook, ToJournal
from actors.runtime import Actor, Mailbox
from engine.book import Book
from engine.commands import CancelAll, CancelOrder, NewOrder, ReplaceOrder, SetInstrumentStatus
from engine.queries import DepthAnswer
from engine.types import Px, Side

CHUNK = 500
"""Orders that one record of a mass cancel or an expiry may hold: work per command is bounded."""


class Touch(msgspec.Struct, frozen=True, gc=False):
    """What a market order's protection band is measured from; 0 = none."""

    bid_px: Px
    ask_px: Px
    last_px: Px

    def reference(self, side: Side, fallback: Px) -> Px:
        """The opposite touch, else the last price, else the instrument's reference price."""
        return (self.ask_px if side is Side.BUY else self.bid_px) or self.last_px or fallback


NO_TOUCH = Touch(0, 0, 0)


class BookActor(Actor[ToBook]):
    """Runs a :class:`Book`. ``touches`` is where accounts read each symbol's touch; only this actor writes its own."""

    def __init__(
        self,
        book: Book,
        mailbox: Mailbox[ToBook],
        journal: Mailbox[ToJournal],
        touches: dict[int, Touch],
        clock_ns: Callable[[], int],
    ) -> None:
        self.book = book
        self._clock_ns = clock_ns
        self._mailbox = mailbox
        self._journal = journal
        self._touches = touches
        self._show_touch()

    def on_batch(self, batch: Iterator[ToBook]) -> None:
        book = self.book
        tell = self._journal.tell
        for command in batch:
            if type(command) is NewOrder:
                tell(Outcome(command.session_id, command.in_from, command.in_seq, book.new_order(command)))
            elif type(command) is CancelOrder:
                tell(Outcome(command.session_id, command.in_from, command.in_seq, book.cancel(command)))
            elif type(command) is ReplaceOrder:
                tell(Outcome(command.session_id, command.in_from, command.in_seq, book.replace(command)))
            elif isinstance(command, CancelAll):
                self._cancel_all(command)
            elif isinstance(command, DepthRequest):
                self._depth(command)
            else:
                self._operate(command)
        self._show_touch()

    def _show_touch(self) -> None:
        book = self.book
        self._touches[book.instrument.symbol_id] = Touch(book.bids.best_px(), book.asks.best_px(), book.last_px)

    def _cancel_all(self, command: CancelAll) -> None:
        events, done = self.book.cancel_all(command, CHUNK)
        self._journal.tell(Outcome(0, 0, 0, events))
        if not done:
            self._mailbox.put_back([command])

    def _operate(self, request: Operate) -> None:
        command = request.command
        if isinstance(command, SetInstrumentStatus):
            self._journal.tell(Outcome(0, 0, 0, self.book.set_status(command), request.done))
            return
        events, done = self.book.expire_day_orders(command, CHUNK)
        self._journal.tell(Outcome(0, 0, 0, events, request.done if done else None))
        if not done:
            self._mailbox.put_back([request])

    def _depth(self, request: DepthRequest) -> None:
        bids, asks = self.book.depth(request.query.levels)
        time_ns = self._clock_ns()

        def pass_on(seq: int) -> None:
            request.answer(DepthAnswer(request.query, seq, time_ns, bids, asks))

        self._journal.tell(Barrier(pass_on))
