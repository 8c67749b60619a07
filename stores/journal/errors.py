"""What can go wrong with a journal, as one exception tree."""

from __future__ import annotations

from pathlib import Path


class JournalError(Exception):
    """Base of every error that the journal raises on purpose."""


class JournalDamaged(JournalError):
    """Records that were durable are missing or altered; the journal refuses to go on rather than skip them.

    segment: the segment file; offset: byte offset in it; seq: sequence of the first record that cannot be read.
    """

    def __init__(self, segment: Path, offset: int, seq: int, reason: str) -> None:
        super().__init__(f"journal damaged in segment {segment} at offset {offset}, sequence {seq}: {reason}")
        self.segment = segment
        self.offset = offset
        self.seq = seq
        self.reason = reason


class JournalIncompatible(JournalError):
    """A segment was written in a format version that this code does not read."""

    def __init__(self, segment: Path, version: int, supported: int) -> None:
        super().__init__(f"segment {segment} has format version {version}; this code reads version {supported}")
        self.segment = segment
        self.version = version


class JournalForeign(JournalError):
    """The directory holds a file that is not the journal's, or a segment of another journal."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class JournalLocked(JournalError):
    """Another live process has the journal open for writing. pid: that process, or None if unknown."""

    def __init__(self, directory: Path, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"journal {directory} is in use by {holder}")
        self.directory = directory
        self.pid = pid


class JournalFailed(JournalError):
    """A write or sync failed. Final: nothing is retried, appended or acknowledged any more; __cause__ says why."""


class SequenceUnavailable(JournalError):
    """The wanted sequence lies before the oldest segment that is still there (older ones were archived)."""

    def __init__(self, seq: int, oldest_seq: int) -> None:
        super().__init__(f"sequence {seq} is not in the journal any more; its oldest record is {oldest_seq}")
        self.seq = seq
        self.oldest_seq = oldest_seq
