"""The journal's directory: which files are whose, and the chain of its segments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stores.journal.disk import Disk, opened, write_all
from stores.journal.errors import JournalDamaged, JournalForeign
from stores.journal.segment import parse_segment_name, segment_name

LOCK_NAME = "lock"
IDENTITY_NAME = "journal.id"
IDENTITY_PARTIAL_NAME = "journal.id.partial"
SPARE_NAME = "spare"
SPARE_PARTIAL_NAME = "spare.partial"
_OURS = frozenset({LOCK_NAME, IDENTITY_NAME, IDENTITY_PARTIAL_NAME, SPARE_NAME, SPARE_PARTIAL_NAME})
_TOLERATED = frozenset({"lost+found"})  # the directory may be a file system of its own

JOURNAL_ID_BYTES = 16
_IDENTITY_BYTES_MAX = 256


@dataclass(frozen=True)
class Listing:
    """What is in the directory. first_seqs: of the segments, ascending; names: of the journal's other files."""

    directory: Path
    first_seqs: tuple[int, ...]
    names: frozenset[str]

    def path(self, first_seq: int) -> Path:
        return self.directory / segment_name(first_seq)


def list_journal(disk: Disk, directory: Path) -> Listing:
    """Sort the directory's files. Raises JournalForeign for one that does not belong there."""
    first_seqs, names = [], set()
    for name in sorted(disk.list(directory)):
        first_seq = parse_segment_name(name)
        if first_seq is not None:
            first_seqs.append(first_seq)
        elif name in _OURS:
            names.add(name)
        elif name not in _TOLERATED:
            raise JournalForeign(directory / name, "this file does not belong to the journal; move it away")
    return Listing(directory, tuple(first_seqs), frozenset(names))


def check_oldest(listing: Listing, horizon_seq: int) -> None:
    """The journal must reach back to `horizon_seq`. Raises JournalDamaged naming the segment that is missing."""
    if listing.first_seqs:
        oldest = listing.first_seqs[0]
        if oldest > horizon_seq:
            reason = f"the segment with sequence {horizon_seq} is missing: the oldest one left begins with {oldest}"
            raise JournalDamaged(listing.path(oldest), 0, horizon_seq, reason)
    elif IDENTITY_NAME in listing.names:
        reason = f"every segment is missing, though {IDENTITY_NAME} says that there was a journal"
        raise JournalDamaged(listing.path(horizon_seq), 0, horizon_seq, reason)


def read_identity(disk: Disk, directory: Path) -> bytes:
    """The journal_id that the directory states. Raises JournalForeign if the file does not state one."""
    path = directory / IDENTITY_NAME
    with opened(disk, path) as fd:
        text = disk.pread(fd, _IDENTITY_BYTES_MAX, 0)
    try:
        journal_id = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        journal_id = b""
    if len(journal_id) != JOURNAL_ID_BYTES:
        raise JournalForeign(path, f"expected {JOURNAL_ID_BYTES} bytes in hexadecimal, found {text[:64]!r}")
    return journal_id


def write_identity(disk: Disk, directory: Path, journal_id: bytes) -> None:
    """State the journal_id, durably; from now on a directory without segments is damage, not a new journal."""
    partial = directory / IDENTITY_PARTIAL_NAME
    fd = disk.create(partial)
    try:
        write_all(disk, fd, journal_id.hex().encode() + b"\n", 0)
        disk.fdatasync(fd)
    finally:
        disk.close(fd)
    disk.rename(partial, directory / IDENTITY_NAME)
    disk.fsync_dir(directory)
