"""Cancel on disconnect: the open orders of sessions whose clients are gone, cancelled unless they come back in time.

A port tells when its client logs on and when it has gone, each at the moment at which it tells the journal. So whoever
is back by then has stopped the clock, and what is decided here stands in the journal in the same order. The clock runs
anew after a restart; a cancel that has begun (``SessionLapsed``) goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from heapq import heappop, heappush

import msgspec
import trio

from actors.messages import CancelEnded, Outcome, ToAccount, ToJournal
from actors.runtime import Dispatcher, Mailbox
from engine.directory import Directory
from engine.events import SessionConfigured, SessionLapsed
from engine.session import SessionState
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect

CHUNK = 100
"""Sessions whose orders one turn begins to cancel."""
RETRY_S = 1.0
RETRY_MAX_S = 3600.0
"""What an account fails to do is asked for again after 1 s, 2 s, 4 s … up to this."""


class _Absence(msgspec.Struct):
    """A session whose client is awaited."""

    state: SessionState
    end: SessionEnd
    since_s: float
    due_s: float
    begun: bool = False
    """Whether the cancel has been asked for: an account that failed at it is asked again."""
    retry_s: float = RETRY_S


class Disconnects:
    """A service, and what the ports tell it. ``clock_s`` is monotonic, in seconds."""

    def __init__(
        self,
        directory: Directory,
        accounts: Mapping[int, Mailbox[ToAccount]],
        journal: Mailbox[ToJournal],
        dispatcher: Dispatcher,
        clock_s: Callable[[], float] = trio.current_time,
    ) -> None:
        self._directory = directory
        self._accounts = accounts
        self._journal = journal
        self._dispatcher = dispatcher
        self._clock_s = clock_s
        self._here: set[int] = set()
        self._lost: dict[int, bool] = {}
        """Of sessions whose client is away: whether the connection was lost."""
        self._configured: dict[int, SessionConfigured] = {}
        self._absent: dict[int, _Absence] = {}
        self._heap: list[tuple[float, int]] = []
        """(when, session id); it counts if the session's absence says the same time."""
        self._sooner = trio.Event()

    # ---- told by ports ----------------------------------------------------------------------------------------------

    def back(self, session_id: int) -> None:
        """The client's logon is on its way to the journal."""
        self._here.add(session_id)
        self._lost.pop(session_id, None)
        self._absent.pop(session_id, None)
        self._configured.pop(session_id, None)

    def configured(self, event: SessionConfigured) -> None:
        """The client says what the end of its connection is to mean."""
        self._configured[event.session_id] = event

    def is_here(self, session_id: int) -> bool:
        return session_id in self._here

    def gone(self, state: SessionState, *, lost: bool) -> None:
        """The connection has ended, and all that came over it has its outcome. One that never was logged on ends
        nothing."""
        session_id = state.opened.session_id
        if session_id in self._here:
            self._here.discard(session_id)
            self._lost[session_id] = lost
            self._judge(state)
        elif self._is_barred(state):
            self._judge(state)

    def changed(self, state: SessionState) -> None:
        """The session has another profile, or is disabled, enabled or removed. While its client is away that counts at
        once: the window is the new one, and runs from when there was something to be cancelled."""
        if state.opened.session_id not in self._here:
            self._judge(state)

    # ---- the venue starts -------------------------------------------------------------------------------------------

    def resume(self, states: Iterable[SessionState]) -> None:
        """Who was logged on, or was awaited, when the venue ended is awaited now."""
        for state in states:
            if state.configured is not None:
                self.configured(state.configured)
            lost = state.logged_on or state.lost
            self._lost[state.opened.session_id] = lost
            if state.lapsed:
                self._cancel(_Absence(state, self._end(state), 0.0, 0.0))
            else:
                self._judge(state)

    # ---- the clock --------------------------------------------------------------------------------------------------

    def _is_barred(self, state: SessionState) -> bool:
        session = self._directory.sessions.get(state.opened.session_id)
        return session is None or not session.enabled

    def _end(self, state: SessionState) -> SessionEnd:
        """A session that is disabled or removed has lost its connection, however that ended."""
        lost = self._lost.get(state.opened.session_id, False)
        return SessionEnd(lost or self._is_barred(state), self._terms(state)[0])

    def _terms(self, state: SessionState) -> tuple[CancelOnDisconnect, int]:
        """What the session's end cancels, and how long its client is awaited, in milliseconds. A profile that asks for
        more, by now, comes before what the client has configured."""
        profile = state.opened.profile
        configured = self._configured.get(state.opened.session_id)
        if configured is None or configured.cancel_on_disconnect < profile.cancel_on_disconnect:
            return profile.cancel_on_disconnect, profile.cancel_window_ms
        return configured.cancel_on_disconnect, configured.cancel_window_ms

    def _judge(self, state: SessionState) -> None:
        """What becomes of the orders of a client that is away, as things stand now."""
        session_id = state.opened.session_id
        awaited = self._absent.get(session_id)
        end = self._end(state)
        if awaited is not None and awaited.begun:  # what has begun goes on; there may be more to cancel
            awaited.end = SessionEnd(awaited.end.lost or end.lost, max(awaited.end.mode, end.mode))
            return
        self._absent.pop(session_id, None)
        now_s = self._clock_s()
        since_s = now_s if awaited is None else awaited.since_s
        absence = _Absence(state, end, since_s, since_s + self._terms(state)[1] / 1000)
        if not _is_any_canceled(absence):
            return
        if absence.due_s <= now_s:
            self._cancel(absence)
        else:
            self._time(absence)

    def _time(self, absence: _Absence) -> None:
        session_id = absence.state.opened.session_id
        self._absent[session_id] = absence
        heappush(self._heap, (absence.due_s, session_id))
        self._sooner.set()

    def fire(self) -> bool:
        """Cancel for those whose time is up, a bounded number; True when these were all."""
        heap = self._heap
        now_s = self._clock_s()
        with self._dispatcher.turn():
            for _ in range(CHUNK):
                if not heap or heap[0][0] > now_s:
                    return True
                due_s, session_id = heappop(heap)
                absence = self._absent.get(session_id)
                if absence is not None and absence.due_s == due_s:
                    del self._absent[session_id]
                    self._cancel(absence)
        return False

    def _cancel(self, absence: _Absence) -> None:
        """Through the accounts, as any mass cancel, so that a crash in the middle leaves nothing undone."""
        state, end = absence.state, absence.end
        if not _is_any_canceled(absence):
            return
        session_id = state.opened.session_id
        self._journal.tell(Outcome(0, 0, 0, [SessionLapsed(session_id, end.lost)]))
        account_ids = {order.account_id for order in state.open.values()} | set(state.opened.account_ids)
        for account_id in sorted(account_ids):
            self._accounts[account_id].tell(CancelEnded(session_id, end, partial(self._refused, absence)))

    def _refused(self, absence: _Absence, reason: str) -> None:
        """An account failed at it; the others do nothing when they are asked again."""
        session_id = absence.state.opened.session_id
        if session_id not in self._here and session_id not in self._absent:
            retry_s = min(2 * absence.retry_s, RETRY_MAX_S)
            due_s = self._clock_s() + absence.retry_s
            self._time(_Absence(absence.state, absence.end, absence.since_s, due_s, True, retry_s))

    # ---- life -------------------------------------------------------------------------------------------------------

    async def run(self, mailbox: object, task_status: trio.TaskStatus[None]) -> None:
        """Cancel what is due, whenever something is, for as long as the venue runs."""
        task_status.started()
        while True:
            self._sooner = trio.Event()
            if not self.fire():
                await trio.lowlevel.checkpoint()
            elif self._heap:
                with trio.move_on_at(self._heap[0][0]):
                    await self._sooner.wait()
            else:
                await self._sooner.wait()


def _is_any_canceled(absence: _Absence) -> bool:
    cancels = absence.end.cancels
    return any(cancels(order.terms.special) for order in absence.state.open.values())
