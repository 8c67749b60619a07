"""The half of a session's port that knows whether its client is there, and under which numbers it is told."""

from __future__ import annotations

from collections.abc import Callable

from actors.boundary import Connection, PortLimits, Routes
from actors.epochs import Epochs
from actors.journal import OutNumbers
from actors.messages import Outcome, ToPort
from actors.runtime import Actor
from engine.events import (
    NumbersReserved,
    SessionConfigured,
    SessionConnected,
    SessionLoggedOn,
    SessionLoggedOut,
    SessionOpened,
)
from engine.session import SessionState
from engine.session_profile import CancelOnDisconnect


class PortPresence(Actor[ToPort]):
    """Logon, logout and outbound numbers. What changes them is journaled once nothing of the session is in flight."""

    def __init__(self, state: SessionState, numbers: OutNumbers, routes: Routes, limits: PortLimits) -> None:
        self.state = state
        self.connection: Connection | None = None
        self.in_next = state.inbound.next
        self.epochs = Epochs(state)
        self._is_fix = state.opened.protocol.startswith("FIX")
        self._numbers = numbers
        self._routes = routes
        self._limits = limits
        self._when_quiet: list[Callable[[], None]] = []
        self._reserving = False

    @property
    def session(self) -> SessionOpened:
        return self.state.opened

    @property
    def submitted(self) -> int:
        """Commands sent on their way since the venue started."""
        return self._numbers.submitted

    @property
    def resolved(self) -> int:
        """Those of them whose outcome is durable."""
        return self._numbers.resolved

    # ---- outbound numbers -------------------------------------------------------------------------------------------

    @property
    def out_next(self) -> int:
        """The next outbound number that will be given."""
        return self._numbers.next

    @property
    def released(self) -> int:
        """The highest outbound number whose turn has come: every report up to it is durable."""
        if self._numbers.delivered == self._numbers.stamped:
            return self._numbers.next - 1
        return self.state.out_next - 1

    @property
    def reissued_upto(self) -> int:
        """Reports up to this number repeat an earlier epoch's and carry PossResend; 0 = none."""
        return self.state.reissued_upto

    def allot(self) -> int:
        """An outbound number for a message that the journal does not hold; it may go out once it is sendable."""
        number = self._numbers.next
        self._numbers.next = number + 1
        self._reserve()
        return number

    def sendable(self, number: int) -> bool:
        """Whether the journal knows that ``number`` may have been used, so that it is never given twice."""
        return number < self.state.out_limit or number < self.state.out_next

    def already_done(self, in_seq: int) -> bool:
        """Whether the journal holds the outcome of this inbound number."""
        return self.state.inbound.has(in_seq)

    # ---- logon and logout -------------------------------------------------------------------------------------------

    def starts_anew(self, msg_seq_num: int) -> bool:
        """Whether a Logon with this MsgSeqNum starts both directions from 1 without asking for it."""
        return self.epochs.starts_anew(msg_seq_num)

    def log_on(self, *, reset: bool, first_out: int = 1, again: bool = True) -> None:
        """Journal the logon once nothing of an earlier connection is in flight; its report, in FIX, is the Logon's
        reply.

        With ``reset`` that reply is numbered ``first_out``, and with ``again`` what the client is not known to have is
        sent again behind it.
        """
        self.epochs.begin(reset=reset)
        self._once_quiet(lambda: self._journal_log_on(reset, first_out, again))

    def configure(self, mode: CancelOnDisconnect, window_ms: int, done: Callable[[], None]) -> None:
        """What the end of this connection means, from now on until then; ``done`` once that is durable."""
        event = SessionConfigured(self.session.session_id, mode, window_ms)

        def journal() -> None:
            self._routes.disconnects.configured(event)
            self._routes.journal.tell(Outcome(0, 0, 0, [event], lambda _seq: done()))

        with self._routes.dispatcher.turn():
            if self._when_quiet:  # the logon itself is not journaled yet
                self._when_quiet.append(journal)
            else:
                journal()

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        """The connection is gone, which is journaled once nothing is in flight, with the exact numbers.

        Args:
            confirmed: the client is known to have everything.
            completed: both sides have said Logout; else the connection was lost.
        """
        connection, self.connection = self.connection, None
        if connection is not None:
            self.epochs.end(completed=completed)
            self._once_quiet(lambda: self._journal_log_out(confirmed, lost=not completed))

    def abandon(self) -> None:
        """After a crash of the port that has cost the client its connection."""
        self.epochs.end(completed=False)
        self._once_quiet(lambda: self._journal_log_out(confirmed=False, lost=True))

    def _journal_log_on(self, reset: bool, first_out: int, again: bool) -> None:
        session_id = self.session.session_id
        self._routes.disconnects.back(session_id)
        if not self._is_fix:
            self._routes.journal.tell(Outcome(0, 0, 0, [SessionConnected(session_id)]))
            return
        epoch = self.state.epoch + reset
        first_out = first_out if reset else self._numbers.next
        again = again and reset
        limit = first_out + self._numbers.unconfirmed * again + self._limits.numbers_reserved
        again_from = first_out + 1 if again else 0
        window_ns = self.epochs.window_ns
        logged_on = SessionLoggedOn(session_id, epoch, reset, self.in_next, first_out, again_from, window_ns)
        self._routes.journal.tell(Outcome(0, 0, 0, [logged_on]))
        self._routes.journal.tell(Outcome(0, 0, 0, [NumbersReserved(session_id, limit)]))

    def _journal_log_out(self, confirmed: bool, lost: bool) -> None:
        session_id, disconnects = self.session.session_id, self._routes.disconnects
        if self.connection is None and (self._is_fix or disconnects.is_here(session_id)):
            numbers = self.in_next, self._numbers.next
            event = SessionLoggedOut(session_id, *numbers, confirmed and self._is_fix, self.epochs.reset_next, lost)
            self._routes.journal.tell(Outcome(0, 0, 0, [event]))
            disconnects.gone(self.state, lost=lost)

    def _once_quiet(self, action: Callable[[], None]) -> None:
        with self._routes.dispatcher.turn():
            if self.submitted == self.resolved and not self._when_quiet:
                action()
            else:
                self._when_quiet.append(action)

    def _reserve(self, needed: int = 0) -> None:
        """Have the journal know of more numbers when half of what it knows of is used, or ``needed`` are wanted."""
        limits = self._limits
        left = self.state.out_limit - self._numbers.next
        if self._reserving or left > max(needed, limits.numbers_reserved // 2):
            return
        self._reserving = True
        limit = self._numbers.next + needed + limits.numbers_reserved
        with self._routes.dispatcher.turn():
            event = NumbersReserved(self.session.session_id, limit)
            self._routes.journal.tell(Outcome(0, 0, 0, [event]))

    def _on_resolved(self) -> None:
        """What waited for this goes."""
        if self._when_quiet and self.submitted == self.resolved:
            actions, self._when_quiet = self._when_quiet, []
            for action in actions:
                action()
