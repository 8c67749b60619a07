"""The journal's actor: one sequence for all outcomes, outbound numbers stamped, commits in groups.

It runs as the last stage of a turn: whatever the turn's commands brought about is one commit (design §1.4). With
``os`` durability the commit is a write into the page cache, made at once; with ``fsync`` a thread writes and syncs
while the next group gathers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from actors.messages import Entry, JournalLost, Outcome, ToJournal, ToPublisher
from actors.runtime import Actor, Mailbox
from engine.drop_copy import DropCopies
from engine.events import (
    Event,
    Record,
    SessionLoggedOn,
    SessionLoggedOut,
    SessionOpened,
    SessionRemoved,
    TradingDayRolled,
)
from engine.reports import addressees, copied
from engine.session import SessionState
from engine.wire import encode_record


class OutNumbers:
    """A session's outbound numbering, live: ahead of what is durable; and counts of what is on its way.

    None of it can be rebuilt from the journal, so it outlives the crashes of the session's port. The counts run since
    the venue started.
    """

    __slots__ = ("delivered", "next", "resolved", "stamped", "submitted", "unconfirmed")

    def __init__(self, next_number: int, unconfirmed: int = 0) -> None:
        self.next = next_number
        self.stamped = 0
        """Reports that have got their number."""
        self.delivered = 0
        """Those of them that are durable and have come to the port."""
        self.submitted = 0
        """Commands that the port has sent on their way."""
        self.resolved = 0
        """Those of them whose outcome is durable and has come to the port."""
        self.unconfirmed = unconfirmed
        """Reports that a new epoch would send again."""

    @classmethod
    def resumed(cls, state: SessionState) -> OutNumbers:
        """Numbering that goes on after replay, past what may have been used without being journaled."""
        return cls(state.resume(), len(state.unconfirmed()))

    def log_on(self, event: SessionLoggedOn) -> int:
        """The number of a Logon's reply; a reset starts anew and leaves room for what is sent again."""
        if event.reset:
            again = self.unconfirmed if event.reissue_from else 0
            self.next = event.out_next + 1 + again
            self.unconfirmed = again
            self.stamped += 1
            return event.out_next
        number = self.next
        self.next = number + 1
        self.stamped += 1
        return number


class CommitLog(Protocol):
    """Where payloads become durable: :class:`stores.journal.Journal` inline, or its commit thread."""

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        """Take records over, the first of which has ``first_seq``; calls back when they are durable. Never raises."""


class JournalActor(Actor[ToJournal]):
    """Sequences, stamps and encodes outcomes; hands each turn's batch over; publishes what has become durable."""

    def __init__(
        self,
        next_seq: int,
        last_time_ns: int,
        numbers: dict[int, OutNumbers],
        clock_ns: Callable[[], int],
        publisher: Mailbox[ToPublisher],
        drop_copies: DropCopies | None = None,
    ) -> None:
        """``drop_copies``: as of the last record; None = there are none yet."""
        self.next_seq = next_seq
        self.time_ns = last_time_ns
        self.failed = ""
        self.numbers = numbers
        self.commits = 0
        self._clock_ns = clock_ns
        self._publisher = publisher
        self._drop_copies = drop_copies or DropCopies()
        self._log: CommitLog | None = None
        self._payloads: list[bytes] = []
        self._first_seq = next_seq
        self._waiting: deque[Entry] = deque()

    def bind(self, log: CommitLog) -> None:
        """Say where batches go; the log calls :meth:`on_durable` and :meth:`on_failed` in trio's thread."""
        self._log = log

    def on_batch(self, batch: Iterator[ToJournal]) -> None:
        now = self._clock_ns()
        if now < self.time_ns:
            now = self.time_ns
        self.time_ns = now
        waiting = self._waiting
        payloads = self._payloads
        for message in batch:
            if type(message) is Outcome:
                if self.failed:
                    continue
                session_id = message.session_id
                events = message.events if session_id else self._renumber(message.events)
                out = self._stamp(session_id, events)
                if self._drop_copies.any:
                    copies = self._stamp_copies(events)
                    record = Record(now, session_id, message.in_from, message.in_seq, out, events, copies=copies)
                else:
                    record = Record(now, session_id, message.in_from, message.in_seq, out, events)
                payloads.append(encode_record(record))
                waiting.append(Entry(self.next_seq, record, message.done))
                self.next_seq += 1
            elif not self.failed:
                waiting.append(Entry(self.next_seq - 1, None, message.pass_on))

    def _stamp(self, asker: int, events: list[Event]) -> list[int]:
        """One outbound number per report; what changes the numbering itself takes effect in its place."""
        numbers = self.numbers
        if not asker:
            first = events[0]
            if type(first) is SessionLoggedOn:
                return [numbers[first.session_id].log_on(first)]
        out: list[int] = []
        for session_id in addressees(events):
            if session_id:
                mine = numbers[session_id]
                number = mine.next
                mine.next = number + 1
                mine.stamped += 1
                mine.unconfirmed += 1
                out.append(number)
            else:
                out.append(0)
        return out

    def _stamp_copies(self, events: list[Event]) -> tuple[int, ...]:
        """What the record's drop copies are told, see :class:`engine.events.Record`. A session's own reports have their
        numbers by now: where one is both, they come before its copies."""
        numbers, readers_of = self.numbers, self._drop_copies.of
        copies: list[int] = []
        for position, session_id in enumerate(copied(events)):
            for reader in readers_of(session_id):
                theirs = numbers[reader]
                copies += (reader, position, theirs.next)
                theirs.next += 1
                theirs.stamped += 1
                theirs.unconfirmed += 1
        return tuple(copies)

    def _renumber(self, events: list[Event]) -> list[Event]:
        """What ends the chance of reports being sent again in a new epoch; a logout gets its exact number. Drop copies
        follow the sessions that are opened or removed.

        Where reports were stamped since the logout was told, the client has not confirmed those.
        """
        first = events[0]
        if type(first) is SessionOpened or type(first) is SessionRemoved:
            for event in events:
                self._drop_copies.follow(event)
        elif type(first) is SessionLoggedOut:
            mine = self.numbers[first.session_id]
            if first.out_next != mine.next:
                return [msgspec.structs.replace(first, out_next=mine.next, confirmed=False)]
            if first.confirmed:
                mine.unconfirmed = 0
        elif type(first) is TradingDayRolled:
            for mine in self.numbers.values():
                mine.unconfirmed = 0
        return events

    def flush(self) -> None:
        """End of a turn: hand over what has gathered; barriers with nothing before them pass at once."""
        payloads = self._payloads
        if payloads:
            self._payloads = []
            first_seq = self._first_seq
            self._first_seq = self.next_seq
            self.commits += 1
            assert self._log is not None
            self._log.submit(payloads, first_seq)
        elif self._waiting and self._waiting[0].record is None:
            self._publish(self._waiting[0].seq)

    def on_durable(self, last_seq: int) -> None:
        """Records up to ``last_seq`` survive a crash now."""
        self._publish(last_seq)

    def _publish(self, last_seq: int) -> None:
        waiting = self._waiting
        ready: list[ToPublisher] = []
        while waiting and waiting[0].seq <= last_seq:
            ready.append(waiting.popleft())
        if ready:
            self._publisher.tell_all(ready)

    def on_failed(self, reason: str) -> None:
        """A write or sync failed: nothing is appended or acknowledged any more (design §7.10)."""
        if not self.failed:
            self.failed = reason
            self._waiting.clear()
            self._payloads.clear()
            self._publisher.tell_first(JournalLost(reason))
