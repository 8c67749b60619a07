"""The journal: one sequence of records in segment files, appended by commits. Synchronous, no thread of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import chain

from stores.journal import directory as layout
from stores.journal.disk import Disk, FileLocked, RealDisk, write_all
from stores.journal.errors import JournalFailed, JournalLocked
from stores.journal.frame import (
    MARK,
    SEAL,
    SEGMENT_HEADER_BYTES,
    SegmentHeader,
    decode_segment_header,
    encode_commit,
    encode_mark,
)
from stores.journal.log import Log, silent
from stores.journal.options import JournalOptions
from stores.journal.reader import read_segments
from stores.journal.recovery import RecoveryReport, Survey, repair, survey
from stores.journal.segment import Segment, SegmentWriter, segment_name
from stores.journal.spare import SpareSegment


class Journal:
    """An open journal, held by one process. `commit`, `mark` and `close` are called by one thread at a time.

    next_seq: sequence of the next record; durable_seq: last one that is acknowledged; recovery: what `open` found.
    """

    def __init__(
        self,
        options: JournalOptions,
        disk: Disk,
        log: Log,
        found: Survey,
        clock_ns: Callable[[], int],
        entropy: Callable[[int], bytes],
    ) -> None:
        """Not called directly: see `open`."""
        self.recovery: RecoveryReport = found.report()
        self.next_seq = found.last_seq + 1
        self.durable_seq = found.last_seq
        self._options = options
        self._disk = disk
        self._log = log
        self._clock_ns = clock_ns
        self._sync = options.durability == "fsync"
        self._failure: BaseException | None = None
        self._journal_id = found.journal_id or entropy(layout.JOURNAL_ID_BYTES)
        self._segments: tuple[Segment, ...] = found.segments
        self._spare = SpareSegment(
            disk, options.directory, options.segment_bytes, background=options.prepare_in_background, log=log
        )
        self._writer: SegmentWriter
        self._held = ExitStack()

    @classmethod
    def open(
        cls,
        options: JournalOptions,
        disk: Disk | None = None,
        log: Log = silent,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> Journal:
        """Lock the directory, recover what it holds (or begin a new journal) and make it durable.

        clock_ns: UTC nanoseconds, entropy: n random bytes; both only for the headers of new segments. Raises
        JournalLocked, JournalDamaged, JournalIncompatible, JournalForeign; JournalFailed when the disk fails.
        """
        disk = disk or RealDisk()
        with ExitStack() as held:
            try:
                disk.make_directory(options.directory)
                held.callback(disk.close, disk.lock(options.directory / layout.LOCK_NAME, str(os.getpid()).encode()))
                found = survey(disk, options)
                journal = cls(options, disk, log, found, clock_ns, entropy)
                journal._start(found, held)
            except FileLocked as lock:
                pid = int(lock.owner) if lock.owner.isdigit() else None
                raise JournalLocked(options.directory, pid) from None
            except OSError as error:
                raise JournalFailed(f"journal {options.directory} cannot be opened: {error}") from error
            journal._held = held.pop_all()
        return journal

    @property
    def failure(self) -> BaseException | None:
        """What ended the journal's life, or None while it takes commits."""
        return self._failure

    @property
    def reserve_failure(self) -> Exception | None:
        """Why the next segment could not be prepared, if so: the journal will fail when the current one is full."""
        return self._spare.error

    def commit(self, payloads: Sequence[bytes]) -> int:
        """Append the records as one commit, durable (as the option says) on return. Returns the last sequence.

        Raises ValueError for an empty record or too large a commit, with nothing written; JournalFailed when the disk
        fails, and from then on always.
        """
        if self._failure is not None:
            raise self._refusal()
        if not payloads:
            return self.next_seq - 1
        first_seq = self.next_seq
        frame = encode_commit(payloads, first_seq, self.durable_seq, self._writer.seed)
        try:
            if not self._writer.has_room(len(frame)):
                if self._writer.tail > SEGMENT_HEADER_BYTES:
                    self._rotate()
                self._writer.make_room(len(frame))
                frame = encode_commit(payloads, first_seq, self.durable_seq, self._writer.seed)
            self._writer.append(frame, first_seq, sync=self._sync)
        except BaseException as error:
            raise self._fail(error) from error
        last_seq = first_seq + len(payloads) - 1
        self.next_seq = last_seq + 1
        self.durable_seq = last_seq
        return last_seq

    def mark(self) -> None:
        """State the watermark behind the last commit, without a sync; for the owner to call when it is idle.

        It lets damage to the last commit be told from a torn tail, and tells readers in other processes that the
        commit is durable. Raises JournalFailed.
        """
        if self._failure is not None:
            raise self._refusal()
        try:
            self._writer.write_mark(encode_mark(MARK, self.next_seq, self.durable_seq, self._writer.seed))
        except BaseException as error:
            raise self._fail(error) from error

    def close(self) -> None:
        """Mark, sync, and let go of the files. Idempotent. Raises JournalFailed if the disk fails now."""
        with self._held:
            if self._failure is not None:
                return
            self.mark()
            try:
                self._writer.sync()
            except BaseException as error:
                raise self._fail(error) from error
            self._failure = JournalFailed("the journal is closed")

    def read(self, from_seq: int, to_seq: int | None = None) -> Iterator[tuple[int, bytes]]:
        """(sequence, record) from `from_seq` to `to_seq` or the last one that is durable now, in order.

        Any thread may read while another commits. Raises SequenceUnavailable, JournalDamaged, OSError.
        """
        batches = self.read_batches(from_seq, to_seq)
        return chain.from_iterable(enumerate(payloads, first_seq) for first_seq, payloads in batches)

    def read_batches(self, from_seq: int, to_seq: int | None = None) -> Iterator[tuple[int, list[bytes]]]:
        """Like `read`, but (first sequence, records) per commit: the fastest way to replay."""
        last_seq = self.durable_seq if to_seq is None else min(to_seq, self.durable_seq)
        return read_segments(self._disk, self._segments, from_seq, last_seq)

    def _start(self, found: Survey, held: ExitStack) -> None:
        """Bring the files into order and the tail to where the next commit goes; `held` gets what closing undoes."""
        held.callback(self._spare.close)
        if found.torn is not None:
            self._log("journal.torn_tail_truncated", **found.torn.fields())
        if layout.SPARE_NAME in found.listing.names:
            self._spare.adopt()
        if found.segments:
            self._writer = SegmentWriter(self._disk, found.segments[-1], repair(self._disk, found), found.tail)
        else:
            self._writer = self._begin_segment()
        held.callback(self._close_writer)
        if layout.IDENTITY_NAME not in found.listing.names:
            layout.write_identity(self._disk, self._options.directory, self._journal_id)
        self._spare.prepare()
        self.mark()

    def _close_writer(self) -> None:
        with suppress(OSError):
            self._writer.close()

    def _refusal(self) -> JournalFailed:
        refusal = JournalFailed(f"the journal takes nothing any more: {self._failure}")
        refusal.__cause__ = self._failure
        return refusal

    def _fail(self, error: BaseException) -> BaseException:
        """Make the failure final. Returns what to raise: not JournalFailed where the program was interrupted."""
        self._failure = error
        self._log("journal.failed", directory=str(self._options.directory), seq=self.next_seq, error=str(error))
        if not isinstance(error, Exception):
            return error
        return JournalFailed(f"journal {self._options.directory} failed at sequence {self.next_seq}: {error}")

    def _rotate(self) -> None:
        """Go on in a new segment. That it exists proves the old one complete, and the old one's seal says that it must.

        The seal is written last, so that no crash leaves one without a successor.
        """
        old = self._writer
        self._writer = self._begin_segment()
        old.write_mark(encode_mark(SEAL, self.next_seq, self.durable_seq, old.seed))
        old.close()
        self._spare.prepare()

    def _begin_segment(self) -> SegmentWriter:
        """A new segment at next_seq; its header is durable before it gets its name."""
        disk, directory = self._disk, self._options.directory
        header = SegmentHeader(self._journal_id, self.next_seq, self._options.segment_bytes, self._clock_ns()).encode()
        path = directory / segment_name(self.next_seq)
        spare = self._spare.take()
        fd = disk.open(spare, writable=True)
        try:
            write_all(disk, fd, header, 0)
            disk.fdatasync(fd)
            disk.rename(spare, path)
            disk.fsync_dir(directory)
        except BaseException:
            disk.close(fd)
            raise
        segment = Segment(path, decode_segment_header(header), self._options.index_bytes)
        self._segments = (*self._segments, segment)
        return SegmentWriter(disk, segment, fd, SEGMENT_HEADER_BYTES)
