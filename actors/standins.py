"""Who answers for a part that has crashed too often: everything is refused in the protocol's terms, nothing hangs, and
the rest of the venue trades on (design §4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actors.boundary import CreditPool
from actors.journal import OutNumbers
from actors.messages import (
    Barrier,
    Behind,
    CancelEnded,
    CancelOrders,
    Delivery,
    DepthRequest,
    InspectBook,
    Operate,
    Outcome,
    SetBlocked,
    ToAccount,
    ToBook,
    ToJournal,
    ToPort,
    Transfer,
)
from actors.refusals import MASS_CANCEL_REJECTED_OTHER
from actors.runtime import Actor, Mailbox
from engine.commands import CancelAll, CancelList, CancelOrder, MassCancel, NewList, NewOrder, ReplaceOrder
from engine.events import AccountBlocked, Event, ListCanceled, MassCancelPartDone, OrderRejected
from engine.queries import DepthAnswer
from engine.rejections import cancel_rejected, list_rejected_whole, mass_cancel_rejected, rejected_image
from engine.types import CxlRejReason, OrdRejReason


def refuse(journal: Mailbox[ToJournal], command: ToBook | ToAccount, text: str) -> None:
    """Answer a client's command with a system rejection; other messages have no client to answer to."""
    events: list[Event]
    if isinstance(command, NewOrder):
        events = [OrderRejected(rejected_image(command), OrdRejReason.OTHER, text)]
    elif isinstance(command, NewList):
        events = list_rejected_whole(command, OrdRejReason.OTHER, text)
    elif isinstance(command, CancelList):
        events = [ListCanceled(command.session_id, command.list_id, 0)]
    elif isinstance(command, CancelOrder | ReplaceOrder):
        events = [cancel_rejected(command, CxlRejReason.OTHER, text)]
    elif isinstance(command, MassCancel):
        events = [mass_cancel_rejected(command, MASS_CANCEL_REJECTED_OTHER, text)]
    else:
        return
    journal.tell(Outcome(command.session_id, command.in_from, command.in_seq, events))


def refuse_in_book(journal: Mailbox[ToJournal], symbol_id: int, command: ToBook, text: str) -> None:
    """As :func:`refuse`, and also what others wait for: a mass cancel's part is done with nothing cancelled, a depth is
    empty, an operator is told why nothing was done, or that it is over."""
    if isinstance(command, CancelAll):
        journal.tell(Outcome(0, 0, 0, [MassCancelPartDone(command.request_id, symbol_id, 0)]))
    elif isinstance(command, DepthRequest):
        request = command
        journal.tell(Barrier(lambda seq: request.answer(DepthAnswer(request.query, seq, 0, [], []))))
    elif isinstance(command, InspectBook):
        answer = command.answer
        journal.tell(Barrier(lambda seq: answer(seq, None)))
    elif isinstance(command, Operate):
        if command.refused is not None:
            command.refused(text)
        elif command.done is not None:
            journal.tell(Barrier(command.done))
    elif isinstance(command, Behind):
        journal.tell(command.outcome)
    else:
        refuse(journal, command, text)


def refuse_in_account(journal: Mailbox[ToJournal], account_id: int, message: ToAccount, text: str) -> None:
    """As :func:`refuse`, and also what operators wait for: a transfer or a cancel is refused; a block is recorded all
    the same, since it holds for whoever comes after."""
    if isinstance(message, Transfer | CancelOrders | CancelEnded):
        message.refused(text)
    elif isinstance(message, SetBlocked):
        event = AccountBlocked(account_id, message.blocked, message.operator)
        journal.tell(Outcome(0, 0, 0, [event], message.done))
    elif isinstance(message, Behind):
        journal.tell(message.outcome)
    elif isinstance(message, NewOrder | NewList | CancelList | CancelOrder | ReplaceOrder | MassCancel):
        refuse(journal, message, text)


class HaltedBookActor(Actor[ToBook]):
    """Stands in for a book."""

    def __init__(self, journal: Mailbox[ToJournal], symbol: str, symbol_id: int) -> None:
        self._journal = journal
        self._symbol_id = symbol_id
        self._text = f"{symbol} is halted: its book failed"

    def on_batch(self, batch: Iterator[ToBook]) -> None:
        for command in batch:
            refuse_in_book(self._journal, self._symbol_id, command, self._text)


class SuspendedAccountActor(Actor[ToAccount]):
    """Stands in for an account: its cancels still pass."""

    def __init__(
        self, journal: Mailbox[ToJournal], books: Mapping[int, Mailbox[ToBook]], name: str, account_id: int
    ) -> None:
        self._journal = journal
        self._books = books
        self._account_id = account_id
        self._text = f"account {name} is suspended: its risk state failed"

    def on_batch(self, batch: Iterator[ToAccount]) -> None:
        for message in batch:
            if isinstance(message, CancelOrder | CancelList):
                self._books[message.symbol_id].tell(message)
            else:
                refuse_in_account(self._journal, self._account_id, message, self._text)


class LostPortActor(Actor[ToPort]):
    """Stands in for a session's port: nobody can log on to it, what it should be told stays in the journal, and its
    credits return."""

    def __init__(self, numbers: OutNumbers, credits: CreditPool) -> None:
        self._numbers = numbers
        self._credits = credits

    def on_batch(self, batch: Iterator[ToPort]) -> None:
        for message in batch:
            if isinstance(message, Delivery):
                resolved = len(message.outcomes)
                self._numbers.delivered += message.told
                self._numbers.resolved += resolved
                self._credits.left += resolved
