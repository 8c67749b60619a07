"""Group commit: a thread that makes durable whatever gathered while it made the last group durable."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from stores.journal.journal import Journal

_STOP = None
_IDLE_S = 0.002
"""After so long without a commit the last one is marked as durable, for readers in other processes."""


class CommitThread:
    """Commits to a journal in a thread of its own, which is the only one to call the journal's `commit` and `mark`.

    on_durable(last_seq) after each commit, and on_failed(error) once, are called in that thread: the composition
    root injects functions that hand over to its own. The queue is not bounded here; the owner's credits bound it.
    """

    def __init__(
        self, journal: Journal, on_durable: Callable[[int], object], on_failed: Callable[[BaseException], object]
    ) -> None:
        self._journal = journal
        self._on_durable = on_durable
        self._on_failed = on_failed
        self._queue: SimpleQueue[list[bytes] | None] = SimpleQueue()
        self._next_seq = journal.next_seq
        self.stopping = False
        self._discard = False
        self._marked = True
        """Whether the journal says itself that its last commit is durable."""
        self._thread = threading.Thread(target=self._run, name="journal-commit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        """Hand over records, the first of which has `first_seq`; the list is the thread's from now on. Never waits.

        Raises ValueError if the sequence is not the next one, with nothing handed over.
        """
        if first_seq != self._next_seq:
            raise ValueError(f"records submitted for sequence {first_seq}; the next one is {self._next_seq}")
        self._next_seq = first_seq + len(payloads)
        self._queue.put(payloads)

    def stop(self, drain: bool = True) -> None:
        """End the thread and wait for it: after all that was submitted (drain), or after the commit it is in."""
        self._discard = not drain
        self._queue.put(_STOP)
        self.stopping = True
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while self._commit_group(self._next()):
                pass
        except BaseException as error:
            self._on_failed(error)

    def _next(self) -> list[bytes] | None:
        """What is to be committed next. Between commits that follow one another a mark would say what the next one
        says anyway."""
        if not self._marked:
            try:
                return self._queue.get(timeout=_IDLE_S)
            except Empty:
                self._journal.mark()
                self._marked = True
        return self._queue.get()

    def _commit_group(self, first: list[bytes] | None) -> bool:
        """Commit `first` and all else that waits. Returns whether to go on."""
        group: list[bytes] = []
        waiting: list[bytes] | None = first
        while waiting is not None and not self._discard:
            group += waiting
            if self._queue.empty():
                break
            waiting = self._queue.get()
        if group and not self._discard:
            self._marked = False
            self._on_durable(self._journal.commit(group))
        return waiting is not None and not self._discard
