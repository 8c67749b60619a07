"""Following a journal's files by sequence, from any process, without a lock, while they may be written to."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from stores.journal.cursor import CommitCursor, Stop
from stores.journal.directory import list_journal
from stores.journal.disk import Disk
from stores.journal.errors import JournalDamaged, SequenceUnavailable
from stores.journal.frame import SEGMENT_HEADER_BYTES, Commit, proves_durable
from stores.journal.recovery import explain_stop, nonzero_rest
from stores.journal.segment import read_header, segment_name


class Follower:
    """Walks commit after commit from the one that holds `from_seq`, over segments.

    proven_seq: the last sequence that anything read so far states to be durable.
    """

    def __init__(self, disk: Disk, directory: Path, from_seq: int) -> None:
        self.proven_seq = 0
        self._disk = disk
        self._directory = directory
        self._from_seq = from_seq
        self._fd: int | None = None
        self._path = directory
        self._cursor: CommitCursor | None = None
        self._seed = 0

    def next_commit(self) -> Commit | None:
        """The next commit, or None if there is none yet.

        Raises SequenceUnavailable, JournalDamaged (the segment's header), FileNotFoundError (no directory), OSError.
        """
        while self._cursor is not None or self._open_holding(self._from_seq):
            assert self._cursor is not None
            commit = self._cursor.advance()
            if commit is not None:
                self.proven_seq = max(self.proven_seq, commit.durable_seq)
                if commit.last_seq >= self._from_seq:
                    return commit
            elif not self._move_on(self._cursor):
                return None
        return None

    @property
    def stop(self) -> Stop | None:
        """Why next_commit gave None; None where no segment is open."""
        return self._cursor.stop if self._cursor else None

    @property
    def offset(self) -> int:
        """Where in the open segment the next commit is expected."""
        return self._cursor.offset if self._cursor else 0

    def settle(self) -> Commit | None:
        """Call after next_commit gave None: is that the end, or is something missing there?

        Returns a commit that has been completed meanwhile, if so. Raises JournalDamaged if what should be there was
        durable; returns None at the end, a torn tail included.
        """
        cursor = self._cursor
        if cursor is None or self._fd is None:
            return None
        offset, seq = cursor.offset, cursor.seq
        later = any(first_seq > seq for first_seq in list_journal(self._disk, self._directory).first_seqs)
        if not later and not proves_durable(nonzero_rest(self._disk, self._fd, offset), self._seed, seq):
            return None
        # What follows was written after what is missing here: if this was only a race, it is here now.
        cursor.refresh()
        commit = self.next_commit()
        if commit is None and self._cursor is cursor and cursor.offset == offset:
            raise JournalDamaged(self._path, offset, seq, explain_stop(self._disk, self._fd, cursor))
        return commit

    def close(self) -> None:
        if self._fd is not None:
            self._disk.close(self._fd)
            self._fd = None
        self._cursor = None

    def _open_holding(self, seq: int) -> bool:
        """Open the segment in which `seq` lies or will lie."""
        first_seqs = list_journal(self._disk, self._directory).first_seqs
        at = bisect_right(first_seqs, seq) - 1
        if at >= 0:
            return self._open(first_seqs[at])
        if first_seqs:
            raise SequenceUnavailable(seq, first_seqs[0])
        return False

    def _open(self, first_seq: int) -> bool:
        path = self._directory / segment_name(first_seq)
        try:
            fd = self._disk.open(path)
        except FileNotFoundError:
            return False
        try:
            header = read_header(self._disk, fd, path, first_seq)
        except BaseException:
            self._disk.close(fd)
            raise
        self.close()
        self._fd, self._path, self._seed = fd, path, header.seed
        self._cursor = CommitCursor(self._disk, fd, header)
        return True

    def _move_on(self, cursor: CommitCursor) -> bool:
        """Where the cursor found no commit: whether another segment goes on there and now is open."""
        if cursor.stop in (Stop.MARK, Stop.SEAL):
            self.proven_seq = max(self.proven_seq, cursor.durable_seq)
        cursor.refresh()
        if cursor.offset == SEGMENT_HEADER_BYTES or not self._open(cursor.seq):
            return False
        self.proven_seq = max(self.proven_seq, cursor.seq - 1)
        return True
