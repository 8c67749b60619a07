"""One timer for thousands of connections: a hashed wheel, whose cost is what falls due, not what waits.

Pure: time is handed in, monotonic seconds. A connection waits for one moment at a time, the next at which something of
it could be due. Traffic only makes that later, so nothing is moved as messages pass: who is called too early says when
to call again. 10,000 idle connections with a heartbeat each second cost 10,000 calls a second, and nothing between
them.
"""

from __future__ import annotations

from typing import Protocol

SLOTS = 512


class Timed(Protocol):
    """What waits; known by its identity."""

    def due(self, now_s: float) -> float | None:
        """Do what is due by now, if anything is. When to call again; None = never. Must not raise."""


class TimerWheel:
    """Calls come within ``resolution_s`` before the moment asked for, never after it but for the venue's own delay.

    Moments beyond the wheel's turn (``SLOTS`` × ``resolution_s``) wait at its far end and go round again.
    """

    def __init__(self, resolution_s: float, now_s: float) -> None:
        self.resolution_s = resolution_s
        self.now_s = now_s
        """When the wheel was last turned: the time, late by the resolution, without asking for it."""
        self._slots: list[dict[Timed, float]] = [{} for _ in range(SLOTS)]
        self._slot_of: dict[Timed, int] = {}
        self._emptied = self._now = int(now_s / resolution_s)
        """In ticks of the resolution: up to when all slots have been emptied, and are to be."""

    def __len__(self) -> int:
        return len(self._slot_of)

    def add(self, timed: Timed, at_s: float) -> None:
        """Wait for ``at_s``, in place of whatever it waited for before."""
        self.discard(timed)
        self._place(timed, at_s)

    def discard(self, timed: Timed) -> None:
        """Wait no longer."""
        slot = self._slot_of.pop(timed, None)
        if slot is not None:
            del self._slots[slot][timed]

    def advance(self, now_s: float, calls_max: int) -> bool:
        """Call whatever is due, at the most ``calls_max`` of them; True when these were all."""
        self.now_s = now_s
        self._now = int(now_s / self.resolution_s)
        self._emptied = max(self._emptied, self._now - SLOTS)  # after a long sleep one turn of the wheel is enough
        early_s = now_s + self.resolution_s
        while self._emptied < self._now:
            slot = self._slots[(self._emptied + 1) % SLOTS]
            while slot:
                if not calls_max:
                    return False
                calls_max -= 1
                timed, at_s = slot.popitem()
                del self._slot_of[timed]
                again_s = timed.due(now_s) if at_s < early_s else at_s
                if again_s is not None and timed not in self._slot_of:
                    self._place(timed, again_s)
            self._emptied += 1
        return True

    def _place(self, timed: Timed, at_s: float) -> None:
        tick = int(at_s / self.resolution_s)
        if tick <= self._now:
            tick = self._now + 1
        if tick > self._emptied + SLOTS:
            tick = self._emptied + SLOTS
        self._slot_of[timed] = slot = tick % SLOTS
        self._slots[slot][timed] = at_s
