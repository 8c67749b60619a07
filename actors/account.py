"""The actor of one account: checks and reserves before the book, settles after the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actors.messages import (
    Barrier,
    Behind,
    CancelEnded,
    CancelOrders,
    Collect,
    OnDurable,
    Outcome,
    ResumeMassCancels,
    SetBlocked,
    Settle,
    ToAccount,
    ToBook,
    ToJournal,
    Transfer,
)
from actors.runtime import Actor, Mailbox
from engine.account import Account
from engine.commands import ANY, CancelAll, CancelList, CancelOrder, MassCancel, NewList, NewOrder, ReplaceOrder
from engine.events import (
    AccountBlocked,
    CancelRejected,
    Deposited,
    Event,
    MassCancelCompleted,
    MassCancelPartDone,
    MassCancelRequested,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeExecuted,
    Withdrawn,
)
from engine.fold import request_id_of
from engine.protection import Touch
from engine.rejections import cancel_rejected, list_rejected, rejected_image
from engine.reservations import Reservations
from engine.risk import admit_list, admit_new, admit_replace, admit_withdrawal
from engine.session_end import SessionEnd
from engine.types import CancelReason, CxlRejReason, OrdRejReason

_RESHAPING = frozenset({OrderReplaced, OrderTriggered, OrderRestated, OrderUpdated})
"""What is done to an open order; it may hold less afterwards."""


class AccountActor(Actor[ToAccount]):
    """Runs an :class:`Account`.

    ``reservations`` outlives the actor's crashes; ``settled_seq`` is the last journal sequence that is folded in.
    """

    def __init__(
        self,
        account: Account,
        reservations: Reservations,
        settled_seq: int,
        journal: Mailbox[ToJournal],
        books: Mapping[int, Mailbox[ToBook]],
        touches: Mapping[int, Touch],
    ) -> None:
        self.account = account
        self.reservations = reservations
        self.settled_seq = settled_seq
        self._journal = journal
        self._books = books
        self._touches = touches
        self._transfers = 0
        self._requests = account.mass_cancels_requested
        self._completing: set[int] = set()
        self._asked: dict[int, OnDurable] = {}
        """Who waits for a mass cancel's end."""

    def on_batch(self, batch: Iterator[ToAccount]) -> None:
        books = self._books
        # New orders of one instrument that follow one another are told at once, those before a failure too.
        run: list[ToBook] = []
        symbol_id = 0
        try:
            for message in batch:
                if type(message) is NewOrder:
                    if message.symbol_id != symbol_id:
                        if run:
                            books[symbol_id].tell_all(run)
                            run = []
                        symbol_id = message.symbol_id
                    run.append(self._admitted(message))
                    continue
                if run:
                    books[symbol_id].tell_all(run)
                    run = []
                if type(message) is Settle:
                    self._settle(message)
                elif type(message) is CancelOrder:
                    books[message.symbol_id].tell(message)
                elif type(message) is ReplaceOrder:
                    self._replace(message)
                else:
                    self._on_rare(message)
        finally:
            if run:
                books[symbol_id].tell_all(run)

    def _admitted(self, command: NewOrder) -> NewOrder | Behind:
        """The order as its book is to have it, or its refusal."""
        instrument = self.account.instruments[command.symbol_id]
        admitted = admit_new(self.account, self.reservations, instrument, command, self._touches)
        if type(admitted) is NewOrder:
            return admitted
        return self._refusal(command, [OrderRejected(rejected_image(command), admitted[0], admitted[1])])

    def _new_list(self, command: NewList) -> None:
        instrument = self.account.instruments[command.symbol_id]
        admitted = admit_list(self.account, self.reservations, instrument, command, self._touches)
        if type(admitted) is NewList:
            self._books[command.symbol_id].tell(admitted)
            return
        leg, reason, text = admitted
        self._reply(command, list_rejected(command, {leg: (reason, text)}))

    def _replace(self, command: ReplaceOrder) -> None:
        instrument = self.account.instruments[command.symbol_id]
        admitted = admit_replace(self.account, self.reservations, instrument, command)
        if type(admitted) is ReplaceOrder:
            self._books[command.symbol_id].tell(admitted)
            return
        live = self.account.orders[command.session_id].get(command.orig_cl_ord_id)
        self._reply(command, [cancel_rejected(command, admitted[0], admitted[1], live)])

    def _reply(self, command: NewList | ReplaceOrder, events: list[Event]) -> None:
        self._books[command.symbol_id].tell(self._refusal(command, events))

    def _refusal(self, command: NewOrder | NewList | ReplaceOrder, events: list[Event]) -> Behind:
        """What the account itself has to say, on the way of the orders before: it would overtake their outcomes."""
        return Behind(command.symbol_id, Outcome(command.session_id, command.in_from, command.in_seq, events))

    # ---- after the journal ----------------------------------------------------------------------------------------

    def _settle(self, message: Settle) -> None:
        if message.seq <= self.settled_seq:
            self._release(message.events)  # a rebuild has folded them; reservations are not rebuilt
            return
        try:
            self._fold(message.events)
        except Exception:
            self._release(message.events)
            raise
        self.settled_seq = message.seq

    def _release(self, events: list[Event]) -> None:
        for event in events:
            release(self.reservations, event)

    def _fold(self, events: list[Event]) -> None:
        account, reservations = self.account, self.reservations
        drop = reservations.drop
        for event in events:
            if type(event) is TradeExecuted:
                account.apply_trade(event)
            elif type(event) is OrderAccepted:
                image = event.order
                account.apply_accepted(image)
                drop(image.terms.session_id, image.terms.cl_ord_id)
                if reservations.replacing:
                    reservations.follow(image)
            else:
                self._fold_other(event)

    def _fold_other(self, event: Event) -> None:
        reservations = self.reservations
        if type(event) is not OrderRejected and type(event) is not CancelRejected:
            self.account.apply(event)
        release(reservations, event)
        if reservations.replacing and type(event) in _RESHAPING:
            reservations.follow(event.order)  # type: ignore[union-attr, arg-type]
        if isinstance(event, MassCancelPartDone | MassCancelRequested):
            self._complete(event.request_id)

    # ---- what is rare ---------------------------------------------------------------------------------------------

    def _on_rare(
        self,
        message: NewList
        | CancelList
        | MassCancel
        | Collect
        | Transfer
        | SetBlocked
        | CancelOrders
        | CancelEnded
        | ResumeMassCancels
        | Behind,
    ) -> None:
        if isinstance(message, NewList):
            self._new_list(message)
        elif isinstance(message, CancelList):
            self._books[message.symbol_id].tell(message)
        elif isinstance(message, MassCancel):
            self._mass_cancel(message, CancelReason.MASS_CANCEL, [], of_session=message.of_session)
        elif isinstance(message, Collect):
            if message.seq > self.settled_seq:
                self.account.credit(message.asset, message.amount)
        elif isinstance(message, Transfer):
            self._transfer(message)
        elif isinstance(message, SetBlocked):
            self._set_blocked(message)
        elif isinstance(message, CancelOrders):
            self._asked[request_id_of(self.account.opened.account_id, self._requests + 1)] = message.done
            command = MassCancel(0, "", self.account.opened.account_id)
            self._mass_cancel(command, CancelReason.OPERATOR, [], message.operator, message.of_session)
        elif isinstance(message, CancelEnded):
            self._cancel_ended(message.session_id, message.end)
        elif isinstance(message, Behind):
            if message.symbol_id in self._books:
                self._books[message.symbol_id].tell(message)
            else:
                self._journal.tell(message.outcome)
        else:
            for request_id in list(self.account.mass_cancels):
                self._resume(request_id)

    def _mass_cancel(
        self,
        command: MassCancel,
        reason: CancelReason,
        before: list[Event],
        operator: str = "",
        of_session: int = 0,
        end: SessionEnd | None = None,
        symbol_ids: list[int] | None = None,
    ) -> None:
        """Journal the request with its parts, then have each book do its own (design §7.6)."""
        self._requests += 1
        account_id = self.account.opened.account_id
        request_id = request_id_of(account_id, self._requests)
        if symbol_ids is None:
            symbol_ids = [command.symbol_id] if command.symbol_id != ANY else sorted(self.account.instruments)
        request = MassCancelRequested(
            request_id,
            command.session_id,
            account_id,
            command.cl_ord_id,
            command.symbol_id,
            command.side,
            symbol_ids,
            reason,
            operator,
            of_session,
            end,
        )
        self._journal.tell(Outcome(command.session_id, command.in_from, command.in_seq, [*before, request]))
        self._drive(request, symbol_ids)

    def _drive(self, request: MassCancelRequested, symbol_ids: list[int]) -> None:
        part = CancelAll(
            request.request_id, request.account_id, request.side, request.reason, request.of_session, request.end
        )
        for symbol_id in symbol_ids:
            self._books[symbol_id].tell(part)

    def _cancel_ended(self, session_id: int, end: SessionEnd) -> None:
        """Only books in which the session has such orders are asked: of thousands of sessions that end at once, each
        costs what it has."""
        orders = self.account.orders.get(session_id, {}).values()
        symbol_ids = sorted({order.symbol_id for order in orders if end.cancels(order.terms.special)})
        if symbol_ids:
            command = MassCancel(0, "", self.account.opened.account_id)
            self._mass_cancel(command, CancelReason.CONNECTION_LOST, [], "", session_id, end, symbol_ids)

    def _resume(self, request_id: int) -> None:
        progress = self.account.mass_cancels[request_id]
        if progress.remaining:
            self._drive(progress.request, sorted(progress.remaining))
        else:
            self._complete(request_id)

    def complete_finished(self) -> None:
        """After a rebuild: report the mass cancels whose last part came with the message that crashed the actor."""
        for request_id in list(self.account.mass_cancels):
            self._complete(request_id)

    def _complete(self, request_id: int) -> None:
        """Report a mass cancel once its last part is durable."""
        progress = self.account.mass_cancels.get(request_id)
        if progress is None or progress.remaining or request_id in self._completing:
            return
        self._completing.add(request_id)
        request = progress.request
        completed = MassCancelCompleted(
            request_id,
            request.session_id,
            request.account_id,
            request.cl_ord_id,
            request.symbol_id,
            request.side,
            progress.canceled,
        )

        def done(seq: int) -> None:
            self._completing.discard(request_id)
            told = self._asked.pop(request_id, None)
            if told is not None:
                told(seq)

        self._journal.tell(Outcome(0, 0, 0, [completed], done))

    def _transfer(self, request: Transfer) -> None:
        account_id = self.account.opened.account_id
        if request.amount > 0:
            deposited = Deposited(account_id, request.asset, request.amount, request.operator)
            self._journal.tell(Outcome(0, 0, 0, [deposited], request.done))
            return
        amount = -request.amount
        self._transfers += 1
        name = f"withdrawal {self._transfers}"
        refusal = admit_withdrawal(self.account, self.reservations, name, request.asset, amount)
        if refusal is not None:
            request.refused(refusal[1])
            return

        def done(seq: int) -> None:
            self.reservations.drop(0, name)
            request.done(seq)

        withdrawn = Withdrawn(account_id, request.asset, amount, request.operator)
        self._journal.tell(Outcome(0, 0, 0, [withdrawn], done))

    def _set_blocked(self, request: SetBlocked) -> None:
        account_id = self.account.opened.account_id
        event = AccountBlocked(account_id, request.blocked, request.operator)
        if request.blocked:
            self.account.blocked = True
            command = MassCancel(0, "", account_id)
            self._mass_cancel(command, CancelReason.ACCOUNT_BLOCKED, [event], request.operator)
            self._journal.tell(Barrier(request.done))
        else:
            self._journal.tell(Outcome(0, 0, 0, [event], request.done))


def release(reservations: Reservations, event: Event) -> None:
    """Drop what was reserved for the command whose outcome ``event`` is, if it is one's.

    A duplicate was refused before it could reserve anything: what its ClOrdID names is another command's.
    """
    if type(event) is OrderAccepted or type(event) is OrderReplaced:
        reservations.drop(event.order.terms.session_id, event.order.terms.cl_ord_id)
    elif type(event) is OrderCanceled:
        if event.cl_ord_id:
            reservations.drop(event.order.terms.session_id, event.cl_ord_id)
    elif type(event) is OrderRejected:
        if event.reason != OrdRejReason.DUPLICATE_ORDER:
            reservations.drop(event.order.terms.session_id, event.order.terms.cl_ord_id)
    elif type(event) is CancelRejected and event.reason != CxlRejReason.DUPLICATE_CL_ORD_ID:
        reservations.drop(event.session_id, event.cl_ord_id)
