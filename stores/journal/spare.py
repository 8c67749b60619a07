"""The segment that comes next, filled with zeros before it is needed."""

from __future__ import annotations

import threading
from pathlib import Path

from stores.journal.directory import SPARE_NAME, SPARE_PARTIAL_NAME
from stores.journal.disk import Disk, fill_with_zeros
from stores.journal.log import Log

# One sync of a whole segment would hold up the commits' own syncs three times as long.
SYNC_STEP_BYTES = 4 << 20

_HEAD_BYTES = 4096


class _Abandoned(Exception):
    """The journal closes: the rest of the file is not wanted any more."""


class SpareSegment:
    """Keeps one zero-filled, synced file of `capacity` bytes ready under the name `spare`.

    It reserves the space for the tail ahead: a full disk shows here, a segment before the journal has to stop.
    Filled by a short-lived thread, or in the caller's where `background` is false (a simulator's disk).
    """

    def __init__(self, disk: Disk, directory: Path, capacity: int, *, background: bool, log: Log) -> None:
        self._disk = disk
        self._directory = directory
        self._capacity = capacity
        self._background = background
        self._log = log
        self._thread: threading.Thread | None = None
        self._abandoned = False
        self._ready = False
        self.error: Exception | None = None

    def adopt(self) -> bool:
        """Use the spare that an earlier process left, if it has the right size and was never written to."""
        try:
            fd = self._disk.open(self._directory / SPARE_NAME)
        except FileNotFoundError:
            return False
        try:
            head = self._disk.pread(fd, _HEAD_BYTES, 0)
            self._ready = self._disk.size(fd) == self._capacity and not head.strip(b"\0")
        finally:
            self._disk.close(fd)
        return self._ready

    def prepare(self) -> None:
        """Begin to fill the next one, unless one is ready. A failure is logged now and raised by `take`."""
        if self._ready:
            return
        if self._background:
            self._thread = threading.Thread(target=self._fill, name="journal-spare", daemon=True)
            self._thread.start()
        else:
            self._fill()

    def take(self) -> Path:
        """The path of the ready file, which is the caller's from now on. Raises what filling it raised."""
        self._wait()
        if not self._ready and self.error is None:
            self._fill()
        if self.error is not None:
            raise self.error
        self._ready = False
        return self._directory / SPARE_NAME

    def close(self) -> None:
        """Stop filling. A ready file stays for the next process."""
        self._abandoned = True
        self._wait()

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _fill(self) -> None:
        try:
            self._create(self._directory / SPARE_PARTIAL_NAME)
            self._disk.rename(self._directory / SPARE_PARTIAL_NAME, self._directory / SPARE_NAME)
            self._ready = True
        except _Abandoned:
            pass
        except Exception as error:
            self.error = error
            self._log("journal.spare_failed", directory=str(self._directory), error=str(error))

    def _create(self, path: Path) -> None:
        fd = self._disk.create(path)
        try:
            for start in range(0, self._capacity, SYNC_STEP_BYTES):
                if self._abandoned:
                    raise _Abandoned
                fill_with_zeros(self._disk, fd, start, min(start + SYNC_STEP_BYTES, self._capacity))
                self._disk.fdatasync(fd)
        finally:
            self._disk.close(fd)
