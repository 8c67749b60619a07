"""A watchdog names the actor that does not return, from a thread of its own, since trio's is the one that is stuck."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from actors.runtime.dispatcher import Dispatcher


@dataclass(frozen=True, slots=True)
class Stuck:
    """An actor has been handling one batch for at least `seconds`."""

    name: str
    seconds: float
    stack: str
    """Where the dispatcher's thread is, as a traceback."""


class Watchdog:
    """Looks at the dispatcher every `limit_s / 4` and reports, once per batch, one that lasts longer than `limit_s`.

    It samples two attributes of the dispatcher and costs the hot path nothing. `on_stuck` is called in the watchdog's
    thread. Enter it as a context manager in the thread that runs trio.
    """

    def __init__(self, dispatcher: Dispatcher, limit_s: float, on_stuck: Callable[[Stuck], None]) -> None:
        if limit_s <= 0:
            raise ValueError(f"limit_s must be positive, got {limit_s}")
        self._dispatcher = dispatcher
        self._limit_s = limit_s
        self._on_stuck = on_stuck
        self._watched_thread = threading.get_ident()
        self._seen_batch = -1
        self._seen_at_s = 0.0
        self._reported = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def check(self, now_s: float) -> None:
        """Compares with the last look. `now_s` is any monotonic clock in seconds; the thread passes the machine's."""
        batch = self._dispatcher.batches
        cell = self._dispatcher.running
        if cell is None or batch != self._seen_batch:
            self._seen_batch = batch
            self._seen_at_s = now_s
            self._reported = False
            return
        seconds = now_s - self._seen_at_s
        if seconds >= self._limit_s and not self._reported:
            self._reported = True
            self._on_stuck(Stuck(cell.name, seconds, self._stack()))

    def __enter__(self) -> Watchdog:
        self._watched_thread = threading.get_ident()
        self._stop.clear()
        self._thread = threading.Thread(target=self._watch, name="actor-watchdog", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        while not self._stop.wait(self._limit_s / 4):
            self.check(time.monotonic())

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._watched_thread)
        return "".join(traceback.format_stack(frame)) if frame is not None else ""
