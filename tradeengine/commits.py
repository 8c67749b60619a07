"""How the journal's batches reach the disk: inline for ``os`` durability, through a thread for ``fsync``."""

from __future__ import annotations

from collections.abc import Callable

import trio

from actors.journal import JournalActor
from actors.runtime import Dispatcher
from stores.journal.commit_thread import CommitThread
from stores.journal.journal import Journal


class InlineCommits:
    """Writes in the caller's turn: 2 µs into the page cache, where a thread's hand-over would cost 50."""

    def __init__(self, journal: Journal, actor: JournalActor) -> None:
        self._journal = journal
        self._actor = actor
        self._marked = 0

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        try:
            last_seq = self._journal.commit(payloads)
        except Exception as error:
            self._actor.on_failed(str(error))
        else:
            self._actor.on_durable(last_seq)

    def idle(self) -> None:
        """Now and then: state that the last commit is complete, for readers in other processes and for recovery."""
        last_seq = self._journal.durable_seq
        if last_seq == self._marked or self._actor.failed:
            return
        try:
            self._journal.mark()
        except Exception as error:
            self._actor.on_failed(str(error))
        else:
            self._marked = last_seq

    def stop(self) -> None:
        """Nothing is ever under way."""


class ThreadCommits:
    """Group commit: the thread writes and syncs what gathered while it made the last group durable."""

    def __init__(self, journal: Journal, actor: JournalActor, dispatcher: Dispatcher) -> None:
        self._actor = actor
        self._dispatcher = dispatcher
        token = trio.lowlevel.current_trio_token()

        def in_trio(function: Callable[..., None], argument: object) -> None:
            try:
                token.run_sync_soon(function, argument)
            except trio.RunFinishedError:
                return  # the venue has stopped; the record is durable and will be found by replay

        self._thread = CommitThread(
            journal,
            lambda last_seq: in_trio(self._on_durable, last_seq),
            lambda error: in_trio(self._on_failed, error),
        )
        self._thread.start()

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        self._thread.submit(payloads, first_seq)

    def idle(self) -> None:
        """The thread marks by itself when it has nothing to do."""

    def stop(self) -> None:
        """Wait until all that was submitted is durable."""
        self._thread.stop()

    def _on_durable(self, last_seq: int) -> None:
        with self._dispatcher.turn():
            self._actor.on_durable(last_seq)

    def _on_failed(self, error: BaseException) -> None:
        with self._dispatcher.turn():
            self._actor.on_failed(str(error))
