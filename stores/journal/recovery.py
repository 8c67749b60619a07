"""What a journal's files hold when nobody has them open: reading them all, telling a torn tail from damage, repairing.

Pages of an unsynced write reach the disk in any order, so a crash may leave any part of the last commit. That commit
was never acknowledged, and its remains are zeroed. Damage is what something later proves to have been durable: a valid
commit or mark behind it whose watermark covers it, or a segment that follows. Then nothing is repaired or skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from stores.journal.cursor import CommitCursor, Stop
from stores.journal.directory import IDENTITY_NAME, Listing, check_oldest, list_journal, read_identity
from stores.journal.disk import ZEROS, Disk, fill_with_zeros, opened, write_all
from stores.journal.errors import JournalDamaged, JournalForeign
from stores.journal.frame import COMMIT_HEADER_BYTES, describe_damage, proves_durable
from stores.journal.options import JournalOptions
from stores.journal.segment import Segment, read_header


@dataclass(frozen=True)
class TornTail:
    """Remains of a commit that was never acknowledged. offset, length: bytes; after_seq: last record before them."""

    segment: Path
    offset: int
    length: int
    after_seq: int

    def fields(self) -> dict[str, object]:
        """For a log line."""
        return {
            "segment": str(self.segment),
            "offset": self.offset,
            "length": self.length,
            "after_seq": self.after_seq,
        }


@dataclass(frozen=True)
class RecoveryReport:
    """What the journal held when it was opened. first_seq..last_seq are its records, none if last_seq < first_seq."""

    first_seq: int
    last_seq: int
    segments: int
    torn: TornTail | None
    created: bool

    @property
    def records(self) -> int:
        return self.last_seq - self.first_seq + 1

    @property
    def truncated(self) -> bool:
        return self.torn is not None


@dataclass(frozen=True)
class Survey:
    """The state of the files, nothing changed yet.

    tail: offset in the last segment where free space begins; unproven: offset in it of what may not be durable.
    """

    listing: Listing
    journal_id: bytes | None
    segments: tuple[Segment, ...]
    unproven: int
    tail: int
    last_seq: int
    torn: TornTail | None

    def report(self) -> RecoveryReport:
        first_seq = self.segments[0].first_seq if self.segments else self.last_seq + 1
        return RecoveryReport(first_seq, self.last_seq, len(self.segments), self.torn, created=not self.segments)


def survey(disk: Disk, options: JournalOptions) -> Survey:
    """Read the journal and judge it; changes nothing.

    Raises JournalDamaged, JournalIncompatible, JournalForeign, OSError.
    """
    directory = options.directory
    listing = list_journal(disk, directory)
    check_oldest(listing, options.horizon_seq)
    journal_id = read_identity(disk, directory) if IDENTITY_NAME in listing.names else None
    segments = tuple(_load(disk, listing.path(seq), seq, options.index_bytes) for seq in listing.first_seqs)
    if not segments:
        return Survey(listing, journal_id, (), 0, 0, options.horizon_seq - 1, None)
    journal_id = journal_id or segments[0].header.journal_id
    for segment in segments:
        if segment.header.journal_id != journal_id:
            raise JournalForeign(segment.path, "this segment belongs to another journal")
    if options.verify == "all":
        for segment, successor in pairwise(segments):
            _verify_sealed(disk, segment, successor)
    return _survey_last(disk, listing, journal_id, segments)


def repair(disk: Disk, found: Survey) -> int:
    """Zero a torn tail, make the last segment whole, sync all that was read. Returns the last segment's descriptor.

    What can be read after a crash may be only in memory: without a sync it could be acted upon and then vanish. The
    last commit is even written again, for after a failed sync the system takes its pages for clean and would not.
    Raises OSError.
    """
    for segment in found.segments[:-1]:
        with opened(disk, segment.path) as fd:
            disk.fdatasync(fd)
    last = found.segments[-1]
    fd = disk.open(last.path, writable=True)
    try:
        if found.torn is not None:
            fill_with_zeros(disk, fd, found.torn.offset, found.torn.offset + found.torn.length)
        fill_with_zeros(disk, fd, disk.size(fd), last.header.capacity)
        write_all(disk, fd, disk.pread(fd, found.tail - found.unproven, found.unproven), found.unproven)
        disk.fdatasync(fd)
        disk.fsync_dir(found.listing.directory)
    except BaseException:
        disk.close(fd)
        raise
    return fd


def explain_stop(disk: Disk, fd: int, cursor: CommitCursor) -> str:
    """Why there is no valid commit where the cursor stands, in words."""
    if cursor.stop is Stop.INVALID:
        return describe_damage(disk.pread(fd, disk.size(fd) - cursor.offset, cursor.offset), 0, cursor.seq)
    return cursor.stop.value if cursor.stop else "nothing was read"


def nonzero_rest(disk: Disk, fd: int, offset: int) -> bytes:
    """All that the file holds from `offset` on, or nothing if that is only zeros."""
    size = disk.size(fd)
    for start in range(offset, size, len(ZEROS)):
        chunk = disk.pread(fd, min(len(ZEROS), size - start), start)
        if chunk != ZEROS[: len(chunk)]:
            return disk.pread(fd, size - offset, offset)
    return b""


def _load(disk: Disk, path: Path, first_seq: int, index_spacing: int) -> Segment:
    with opened(disk, path) as fd:
        return Segment(path, read_header(disk, fd, path, first_seq), index_spacing)


def _walk(cursor: CommitCursor, segment: Segment) -> int:
    """Verify commit after commit up to where there is none, and index them. Returns where the last one begins."""
    last = cursor.offset
    while (commit := cursor.advance()) is not None:
        segment.index.note(commit.first_seq, commit.offset)
        last = commit.offset
    return last


def _verify_sealed(disk: Disk, segment: Segment, successor: Segment) -> None:
    """A segment that has a successor was durable to its end. Raises JournalDamaged.

    Only its seal, which no sync waits for, may be torn: no record depends on it.
    """
    with opened(disk, segment.path) as fd:
        cursor = CommitCursor(disk, fd, segment.header)
        _walk(cursor, segment)
        offset, expected, found = cursor.offset, cursor.seq, successor.first_seq
        if cursor.stop is Stop.MISPLACED or (cursor.stop is Stop.INVALID and expected != found):
            raise JournalDamaged(segment.path, offset, expected, explain_stop(disk, fd, cursor))
        if expected < found:
            reason = f"sequences {expected} to {found - 1} are missing: the next segment begins with {found}"
            raise JournalDamaged(segment.path, offset, expected, reason)
        if expected > found:
            raise JournalDamaged(successor.path, 0, expected, f"this segment begins with {found} again")
        if nonzero_rest(disk, fd, offset + COMMIT_HEADER_BYTES):
            raise JournalDamaged(segment.path, offset, expected, "its unused end is not zero")


def _survey_last(disk: Disk, listing: Listing, journal_id: bytes, segments: tuple[Segment, ...]) -> Survey:
    """Judge the last segment, where alone a torn tail can be. Raises JournalDamaged."""
    segment = segments[-1]
    with opened(disk, segment.path) as fd:
        cursor = CommitCursor(disk, fd, segment.header)
        last_commit = _walk(cursor, segment)
        if cursor.stop is Stop.MISPLACED:
            raise JournalDamaged(segment.path, cursor.offset, cursor.seq, explain_stop(disk, fd, cursor))
        if cursor.stop is Stop.SEAL:
            reason = f"the segment that begins with sequence {cursor.seq} is missing"
            raise JournalDamaged(segment.path, cursor.offset, cursor.seq, reason)
        remains = nonzero_rest(disk, fd, cursor.end)
        if remains and proves_durable(remains, segment.header.seed, cursor.seq):
            raise JournalDamaged(segment.path, cursor.offset, cursor.seq, explain_stop(disk, fd, cursor))
    torn = TornTail(segment.path, cursor.end, len(remains.rstrip(b"\0")), cursor.seq - 1) if remains else None
    unproven = cursor.offset if cursor.stop is Stop.MARK else last_commit
    return Survey(listing, journal_id, segments, unproven, cursor.offset, cursor.seq - 1, torn)
