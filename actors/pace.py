"""Who reads history gives way to those who trade: short slices of the thread's time, one reader at a time.

A client may ask for all that it was ever told, and a hundred may ask at once. A slice is what somebody else's order may
find in its way; after a slice during which others had work, readers rest, so that most orders find nothing in their
way. Where nobody else has any, slices follow one another; where the loop's turns are long with others' work, slices are
longer too, so that readers get on.
"""

from __future__ import annotations

from typing import Final

import trio

from actors.runtime import Dispatcher

SLICE_S: Final = 100e-6
"""Reading. What the reader does with it, encoding and sending, takes about as long again."""
SLICE_MAX_S: Final = 500e-6
PART: Final = 0.1
"""A slice is at least as much of the time that has passed since the last one, up to ``SLICE_MAX_S``."""
REST_S: Final = 1e-3
"""The least that the loop can wait for, and ten times what an order takes."""


class Pace:
    """The venue's. ``dispatcher`` tells whether others have had work: it has handed batches over."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        slice_s: float = SLICE_S,
        rest_s: float = REST_S,
        slice_max_s: float = SLICE_MAX_S,
    ) -> None:
        self._dispatcher = dispatcher
        self._slice_s = slice_s
        self._slice_max_s = slice_max_s
        self._rest_s = rest_s
        self._one = trio.Lock()
        """Who waits for the next slice; the others wait behind it, first come, first served."""
        self._batches = dispatcher.batches
        self._began_s = 0.0
        self._rested_at_s = 0.0

    async def turn(self) -> float:
        """Waits for a slice; returns when it is over, by trio's clock. Others have had their turn in any case."""
        async with self._one:
            now_s = trio.current_time()
            if self._dispatcher.batches != self._batches and now_s < self._rested_at_s:
                await trio.sleep_until(self._rested_at_s)
                now_s = trio.current_time()
            self._batches = self._dispatcher.batches
            slice_s = max(self._slice_s, min((now_s - self._began_s) * PART, self._slice_max_s))
            self._began_s = now_s
            self._rested_at_s = now_s + 2 * slice_s + self._rest_s
            return now_s + slice_s
