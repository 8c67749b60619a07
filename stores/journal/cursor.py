"""Walking the commits of one segment, in order, verified."""

from __future__ import annotations

from enum import Enum

from stores.journal.disk import Disk
from stores.journal.frame import (
    COMMIT,
    COMMIT_HEADER_BYTES,
    EMPTY_SLOT,
    MARK,
    SEAL,
    SEGMENT_HEADER_BYTES,
    Commit,
    SegmentHeader,
    decode_commit,
)

READ_AHEAD_BYTES_MIN = 64 << 10
READ_AHEAD_BYTES_MAX = 1 << 20


class Stop(Enum):
    """Why a cursor found no further commit where it stands."""

    EMPTY = "no commit is there"
    MARK = "a mark is there"
    SEAL = "a seal is there"
    INVALID = "what is there is not a valid commit"
    MISPLACED = "the commit there has another sequence"


_MARKS = {MARK: Stop.MARK, SEAL: Stop.SEAL}


class CommitCursor:
    """Reads commit after commit. offset: of the next commit; seq: the sequence it must begin with.

    After `advance` returned None, `stop` says why; when it is MARK or SEAL, `durable_seq` is what that one states.
    """

    def __init__(
        self, disk: Disk, fd: int, header: SegmentHeader, offset: int = SEGMENT_HEADER_BYTES, seq: int | None = None
    ) -> None:
        self.offset = offset
        self.seq = header.first_seq if seq is None else seq
        self.stop: Stop | None = None
        self.durable_seq = 0
        self._disk = disk
        self._fd = fd
        self._seed = header.seed
        self._size = disk.size(fd)
        self._buffer = b""
        self._base = offset
        self._read_ahead = READ_AHEAD_BYTES_MIN

    @property
    def end(self) -> int:
        """Where all that the cursor saw ends, the mark at which it stopped included."""
        return self.offset + (COMMIT_HEADER_BYTES if self.stop in (Stop.MARK, Stop.SEAL) else 0)

    def refresh(self) -> None:
        """Forget what was read ahead: the file may have grown or changed since."""
        self._buffer = b""
        self._base = self.offset
        self._read_ahead = READ_AHEAD_BYTES_MIN

    def advance(self) -> Commit | None:
        """The next commit, or None where there is none (yet). Raises OSError."""
        commit = self._decode()
        if self._base != self.offset and (isinstance(commit, Stop) or commit.kind != COMMIT):
            self.refresh()  # that there is no commit is said only of what was read for it, not of what was read ahead
            commit = self._decode()
        if isinstance(commit, Stop):
            self.stop = commit
            return None
        if commit.kind != COMMIT:
            self.durable_seq = commit.durable_seq
            self.stop = _MARKS.get(commit.kind, Stop.INVALID)
            return None
        self.offset = commit.end
        self.seq += commit.count
        return commit

    def _decode(self) -> Commit | Stop:
        offset = self.offset
        found = decode_commit(self._buffer, offset - self._base, self._seed, offset)
        while isinstance(found, int):
            if found > self._size - offset and not self._has_grown_to(offset + found):
                return Stop.EMPTY if found == COMMIT_HEADER_BYTES else Stop.INVALID
            self._fetch(found)
            found = decode_commit(self._buffer, 0, self._seed, offset)
        if found is None:
            return Stop.EMPTY if self._buffer.startswith(EMPTY_SLOT, offset - self._base) else Stop.INVALID
        return found if found.first_seq == self.seq else Stop.MISPLACED

    def _has_grown_to(self, end: int) -> bool:
        """A segment grows while it is open, for a commit larger than the whole of it."""
        self._size = self._disk.size(self._fd)
        return end <= self._size

    def _fetch(self, length: int) -> None:
        """Read at least `length` bytes from the offset on, which the file has, and ahead: more the longer it goes."""
        wanted = min(max(length, self._read_ahead), self._size - self.offset)
        self._read_ahead = min(2 * self._read_ahead, READ_AHEAD_BYTES_MAX)
        self._base = self.offset
        self._buffer = self._disk.pread(self._fd, wanted, self._base)
        if len(self._buffer) < length:
            raise OSError(f"the file became shorter while it was read: no {length} bytes at offset {self._base}")
