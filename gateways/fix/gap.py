"""A gap in what a client sends: what has been asked for, and what came beyond it, kept within a bound.

What comes beyond a gap is kept and acted on in its turn, so a client need not send it again; what has no room is
dropped, as the ResendRequest brings it again anyway. So a gap costs no more memory than its bound, however wide it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateways.fix.liveness import Time

_OVERHEAD = 128
"""Bytes that a kept message costs beside its own."""


class Gap:
    """One session's inbound gap. ``buffer_max``: bytes kept beyond it; ``chunk``: messages asked for at once, or 0."""

    __slots__ = ("_asked_upto", "_buffer_max", "_chunk", "_kept", "_room", "_since_s", "_time", "asks", "upto")

    def __init__(self, buffer_max: int, chunk: int, time: Time) -> None:
        self.upto = 0
        """The highest number seen beyond the gap; 0 = there is none."""
        self.asks = 0
        """How often the number that is expected has been asked for."""
        self._buffer_max = buffer_max
        self._chunk = chunk
        self._kept: dict[int, bytes] = {}
        self._room = buffer_max
        self._asked_upto = 0
        self._time = time
        self._since_s = time.now_s

    def keep(self, seq: int, frame: bytes = b"") -> None:
        """A message beyond the gap. Without a frame it has been acted on already, and only its number counts."""
        cost = len(frame) + _OVERHEAD
        if seq not in self._kept and cost <= self._room:
            self._kept[seq] = frame
            self._room -= cost

    def has(self, expected: int) -> bool:
        """Whether the message that is expected is one of those kept."""
        return expected in self._kept

    def take(self, expected: int) -> bytes | None:
        """The kept message of that number, once; None if there is none."""
        frame = self._kept.pop(expected, None)
        if frame is not None:
            self._room += len(frame) + _OVERHEAD
        return frame

    def moved(self, before: int, expected: int) -> None:
        """The number expected went on from ``before``: what is passed over is not wanted any more."""
        if expected != before:
            self._since_s = self._time.now_s
            self.asks = 0
        if expected > self.upto:
            self.upto = 0
            self._kept.clear()
            self._room = self._buffer_max
        elif expected - before <= len(self._kept):
            for seq in range(before, expected):
                self.take(seq)
        else:
            for seq in [seq for seq in self._kept if seq < expected]:
                self.take(seq)

    def request(self, expected: int) -> str:
        """Body of the ResendRequest (2) for what is missing from ``expected`` on, or for its first chunk."""
        self.asks += 1
        self._since_s = self._time.now_s
        self._asked_upto = 0
        if self._chunk and self.upto - expected >= self._chunk:
            self._asked_upto = expected + self._chunk - 1
        return f"7={expected}\x0116={self._asked_upto}\x01"

    def continues(self, expected: int) -> bool:
        """Whether the chunk that was asked for is complete and more is missing."""
        return 0 < self._asked_upto < expected and self.upto > 0

    def overdue(self, now_s: float, timeout_s: float) -> bool:
        """Whether the gap has not become smaller for so long that it is to be asked for again."""
        return now_s - self._since_s >= timeout_s
