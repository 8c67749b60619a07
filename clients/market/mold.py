"""The receiving end of MoldUDP64, pure: datagrams in any order, some twice, some never; messages once and in order."""

from __future__ import annotations

from typing import Final

from gateways.binary.market import mold

_ASKED_MAX: Final = mold.COUNT_MAX


class MoldReceiver:
    """Follows one session from the number on that :meth:`begin` says. Times in seconds of a monotonic clock.

    What comes before is kept, and so is what comes behind a gap, up to ``held_max`` messages; the gap is asked for
    every ``patience_s``, and given up after ``attempts_max`` times without any progress.
    """

    def __init__(self, *, held_max: int = 100_000, patience_s: float = 0.05, attempts_max: int = 10) -> None:
        self.next = 0
        """The number of the next message."""
        self.failure = ""
        """Why this can't go on; empty while it can."""
        self._session = ""
        self._held: dict[int, list[bytes]] = {}
        """Messages behind a gap, by the number of the first one of each datagram."""
        self._held_count = 0
        self._held_max = held_max
        self.patience_s = patience_s
        self._attempts_max = attempts_max
        self._upto = 0
        """What comes next at the venue, as far as is known."""
        self._attempts = 0
        self._asked_at_s: float | None = None

    def begin(self, session: str, next_number: int) -> list[tuple[int, bytes]]:
        """All before ``next_number`` is known. Returns what of it is held already, as :meth:`take` does."""
        if session != self._session:
            self._session = session
            self._forget()
        self.next = next_number
        self.failure = ""
        self._upto = max(self._upto, next_number)
        return self._continued()

    def take(self, datagram: bytes) -> list[tuple[int, bytes]]:
        """Numbers and messages that can be dealt with now, in order."""
        try:
            packet = mold.parse(datagram)
        except mold.MoldError:
            return []  # others may send to the same port
        if packet.session != self._session:
            if self.next:
                self.failure = f"the venue goes on with session {packet.session}"
                return []
            self._session = packet.session
            self._forget()
        if packet.ended and self.next:
            self.failure = "the venue has ended the session"
        self._upto = max(self._upto, packet.sequence + len(packet.messages))
        if not packet.messages or packet.sequence + len(packet.messages) <= self.next:
            return []
        if not self.next or packet.sequence > self.next:
            self._hold(packet.sequence, packet.messages)
            return []
        return self._delivered(packet.sequence, packet.messages) + self._continued()

    def ask(self, now_s: float) -> bytes:
        """A request packet for what is missing; empty where nothing is, or has just been asked for."""
        if not self.next or self.failure or self.next >= self._upto:
            self._asked_at_s = None
            return b""
        if self._asked_at_s is not None and now_s - self._asked_at_s < self.patience_s:
            return b""
        self._attempts += 1
        if self._attempts > self._attempts_max:
            self.failure = f"message {self.next} is missing, and is not sent again"
            return b""
        self._asked_at_s = now_s
        upto = min(self._held, default=self._upto)
        return mold.request(mold.session_field(self._session), self.next, min(upto - self.next, _ASKED_MAX))

    def _forget(self) -> None:
        self._held.clear()
        self._held_count = 0
        self._upto = 0
        self.next = 0

    def _hold(self, first: int, messages: list[bytes]) -> None:
        if first in self._held:
            return
        self._held[first] = messages
        self._held_count += len(messages)
        while self._held_count > self._held_max:
            if self.next:
                self.failure = f"more than {self._held_max} messages have come behind message {self.next}"
                return
            self._held_count -= len(self._held.pop(next(iter(self._held))))

    def _delivered(self, first: int, messages: list[bytes]) -> list[tuple[int, bytes]]:
        known = self.next - first
        delivered = list(enumerate(messages[known:], self.next))
        self.next = first + len(messages)
        self._attempts = 0
        self._asked_at_s = None
        return delivered

    def _continued(self) -> list[tuple[int, bytes]]:
        """What was held and follows now."""
        delivered: list[tuple[int, bytes]] = []
        while self._held:
            first = min(self._held)
            if first > self.next:
                break
            messages = self._held.pop(first)
            self._held_count -= len(messages)
            if first + len(messages) > self.next:
                delivered += self._delivered(first, messages)
        return delivered
