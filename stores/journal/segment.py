"""A segment file: its name, its place in the journal, the sparse index into it, and writing at its tail."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from stores.journal.disk import Disk, fill_with_zeros, write_all
from stores.journal.errors import JournalDamaged, JournalIncompatible
from stores.journal.frame import (
    COMMIT_HEADER_BYTES,
    FORMAT_VERSION,
    SEGMENT_HEADER_BYTES,
    BadSegmentHeader,
    SegmentHeader,
    UnknownVersion,
    decode_segment_header,
)

SUFFIX = ".segment"
_DIGITS = 20


def segment_name(first_seq: int) -> str:
    """File name of the segment that begins with `first_seq`; names sort like their sequences."""
    return f"{first_seq:0{_DIGITS}d}{SUFFIX}"


def parse_segment_name(name: str) -> int | None:
    """The sequence that a segment's file name states, or None if it is not such a name."""
    digits = name.removesuffix(SUFFIX)
    if name != digits + SUFFIX or len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits)


def read_header(disk: Disk, fd: int, path: Path, first_seq: int) -> SegmentHeader:
    """The header of an open segment that its name says begins at `first_seq`.

    Raises JournalDamaged or JournalIncompatible.
    """
    try:
        header = decode_segment_header(disk.pread(fd, SEGMENT_HEADER_BYTES, 0))
    except BadSegmentHeader as bad:
        raise JournalDamaged(path, 0, first_seq, str(bad)) from None
    except UnknownVersion as unknown:
        raise JournalIncompatible(path, unknown.version, FORMAT_VERSION) from None
    if header.first_seq != first_seq:
        raise JournalDamaged(path, 0, first_seq, f"its header says that it begins with sequence {header.first_seq}")
    return header


class SparseIndex:
    """Where to start reading for a sequence: one entry per `spacing` bytes. Appended by one thread, read by any."""

    def __init__(self, spacing: int) -> None:
        self._spacing = spacing
        self._seqs: list[int] = []
        self._offsets: list[int] = []
        self._next_offset = 0

    def note(self, seq: int, offset: int) -> None:
        """A commit that begins with `seq` lies at `offset`; called in ascending order."""
        if offset >= self._next_offset:
            self._offsets.append(offset)  # before its sequence: a reader that finds the sequence finds the offset
            self._seqs.append(seq)
            self._next_offset = offset + self._spacing

    def locate(self, seq: int) -> tuple[int, int] | None:
        """(sequence, offset) of the last known commit that begins at or before `seq`."""
        at = bisect_right(self._seqs, seq) - 1
        return (self._seqs[at], self._offsets[at]) if at >= 0 else None


class Segment:
    """One segment as the journal knows it while it is open."""

    def __init__(self, path: Path, header: SegmentHeader, index_spacing: int) -> None:
        self.path = path
        self.header = header
        self.index = SparseIndex(index_spacing)

    @property
    def first_seq(self) -> int:
        return self.header.first_seq

    def locate(self, seq: int) -> tuple[int, int]:
        """(sequence, offset) of a commit at which reading for `seq` can start."""
        return self.index.locate(seq) or (self.first_seq, SEGMENT_HEADER_BYTES)


class SegmentWriter:
    """The open tail of the journal: the last segment and where its free space begins. Used by one thread at a time."""

    def __init__(self, disk: Disk, segment: Segment, fd: int, tail: int) -> None:
        self._disk = disk
        self.segment = segment
        self.seed = segment.header.seed
        self.tail = tail
        self._fd = fd
        self._size = disk.size(fd)

    def has_room(self, length: int) -> bool:
        """Whether `length` bytes fit and leave room for a mark behind them."""
        return self.tail + length + COMMIT_HEADER_BYTES <= self._size

    def make_room(self, length: int) -> None:
        """Grow the file if `length` bytes, a commit larger than a whole segment, do not fit. Raises OSError."""
        needed = self.tail + length + COMMIT_HEADER_BYTES
        if needed > self._size:
            fill_with_zeros(self._disk, self._fd, self._size, needed)
            self._size = needed

    def append(self, frame: bytes, seq: int, *, sync: bool) -> None:
        """Write a commit that begins with `seq` at the tail, and sync it if told. Raises OSError."""
        offset = self.tail
        write_all(self._disk, self._fd, frame, offset)
        if sync:
            self._disk.fdatasync(self._fd)
        self.segment.index.note(seq, offset)
        self.tail = offset + len(frame)

    def write_mark(self, frame: bytes) -> None:
        """Write a mark or seal at the tail, where the next commit will overwrite it. Raises OSError."""
        write_all(self._disk, self._fd, frame, self.tail)

    def sync(self) -> None:
        self._disk.fdatasync(self._fd)

    def close(self) -> None:
        self._disk.close(self._fd)
