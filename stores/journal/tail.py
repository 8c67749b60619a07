"""What other processes read a journal with: all of it once, or live as it grows. Without a lock, changing nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from stores.journal.cursor import Stop
from stores.journal.disk import Disk, RealDisk
from stores.journal.follower import Follower
from stores.journal.frame import Commit
from stores.journal.options import JournalOptions
from stores.journal.recovery import RecoveryReport, survey


def read_directory(directory: Path, from_seq: int = 1, disk: Disk | None = None) -> Iterator[tuple[int, bytes]]:
    """(sequence, record) of everything that can be read from `from_seq` on, in order; it ends before a torn tail.

    The last records may be written but not yet durable if a venue is running. Raises SequenceUnavailable,
    JournalDamaged, JournalIncompatible, JournalForeign, FileNotFoundError (no such directory), OSError.
    """
    with closing(Follower(disk or RealDisk(), directory, from_seq)) as follower:
        while (commit := follower.next_commit() or follower.settle()) is not None:
            for seq, payload in enumerate(commit.payloads(), commit.first_seq):
                if seq >= from_seq:
                    yield seq, payload


def inspect_directory(directory: Path, horizon_seq: int = 1, disk: Disk | None = None) -> RecoveryReport:
    """Verify every byte of a journal that nobody is writing, repairing nothing; the report tells of a torn tail.

    Raises JournalDamaged, JournalIncompatible, JournalForeign, FileNotFoundError, OSError.
    """
    return survey(disk or RealDisk(), JournalOptions(directory, horizon_seq=horizon_seq)).report()


class JournalTail:
    """Follows a journal live by sequence from another process. Delivers only what is known to be durable.

    A record is known to be durable when a later commit, the mark of an idle journal, or a later segment says so.
    The directory may still be missing or empty. Not for use by several threads at once.
    """

    def __init__(self, directory: Path, from_seq: int = 1, disk: Disk | None = None) -> None:
        self._follower = Follower(disk or RealDisk(), directory, from_seq)
        self._from_seq = from_seq
        self._unproven: deque[Commit] = deque()
        self._ready: deque[tuple[int, bytes]] = deque()
        self._suspect: int | None = None

    def poll(self, max_records: int) -> list[tuple[int, bytes]]:
        """Up to `max_records` of the next (sequence, record), in order; empty if there is nothing new. Never waits.

        Raises SequenceUnavailable, JournalDamaged, JournalIncompatible, JournalForeign, OSError.
        """
        while len(self._ready) < max_records:
            commit = self._next_commit()
            self._release()
            if commit is None:
                break
            self._unproven.append(commit)
        return [self._ready.popleft() for _ in range(min(max_records, len(self._ready)))]

    def close(self) -> None:
        self._follower.close()

    def _next_commit(self) -> Commit | None:
        try:
            commit = self._follower.next_commit()
        except FileNotFoundError:
            return None
        if commit is not None or self._follower.stop is not Stop.INVALID:
            self._suspect = None
            return commit
        # A commit being written looks the same: only one that stays so is worth a search for what proves it durable.
        position = self._follower.offset
        if self._suspect != position:
            self._suspect = position
            return None
        return self._follower.settle()

    def _release(self) -> None:
        """Move what is now known to be durable to where `poll` takes it from."""
        while self._unproven and self._unproven[0].last_seq <= self._follower.proven_seq:
            commit = self._unproven.popleft()
            skip = max(0, self._from_seq - commit.first_seq)
            self._ready.extend(enumerate(commit.payloads()[skip:], commit.first_seq + skip))
