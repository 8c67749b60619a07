"""Reading a range of sequences out of known segments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from stores.journal.cursor import CommitCursor
from stores.journal.disk import Disk, opened
from stores.journal.errors import JournalDamaged, SequenceUnavailable
from stores.journal.recovery import explain_stop
from stores.journal.segment import Segment


def read_segments(
    disk: Disk, segments: Sequence[Segment], from_seq: int, last_seq: int
) -> Iterator[tuple[int, list[bytes]]]:
    """(first sequence, records) per commit of all records from `from_seq` to `last_seq`, which must be there.

    Raises SequenceUnavailable, JournalDamaged, OSError.
    """
    if from_seq > last_seq:
        return
    start = bisect_right(segments, from_seq, key=lambda segment: segment.first_seq) - 1
    if start < 0:
        raise SequenceUnavailable(from_seq, segments[0].first_seq)
    seq = from_seq
    for segment, successor in zip(segments[start:], (*segments[start + 1 :], None), strict=True):
        end_seq = last_seq if successor is None else min(last_seq, successor.first_seq - 1)
        if seq <= end_seq:
            yield from _read_segment(disk, segment, seq, end_seq)
            seq = end_seq + 1
        if seq > last_seq:
            return


def _read_segment(disk: Disk, segment: Segment, from_seq: int, end_seq: int) -> Iterator[tuple[int, list[bytes]]]:
    at_seq, offset = segment.locate(from_seq)
    with opened(disk, segment.path) as fd:
        cursor = CommitCursor(disk, fd, segment.header, offset, at_seq)
        while cursor.seq <= end_seq:
            commit = cursor.advance()
            if commit is None:
                raise JournalDamaged(segment.path, cursor.offset, cursor.seq, explain_stop(disk, fd, cursor))
            if commit.last_seq < from_seq:
                continue
            first_seq, payloads = commit.first_seq, commit.payloads()
            if first_seq < from_seq or commit.last_seq > end_seq:
                payloads = payloads[max(0, from_seq - first_seq) : end_seq + 1 - first_seq]
                first_seq = max(first_seq, from_seq)
            yield first_seq, payloads
