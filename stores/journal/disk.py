"""The disk as the journal sees it: the few operations it needs, so that a test or a simulator can bring its own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol


class FileLocked(Exception):
    """The lock file is held by someone else. owner: what the holder wrote into it, possibly nothing."""

    def __init__(self, owner: bytes) -> None:
        super().__init__("lock held")
        self.owner = owner


class Disk(Protocol):
    """File operations with the semantics of POSIX. Every one raises OSError when the disk fails."""

    def make_directory(self, path: Path) -> None:
        """Create the directory and its parents; not an error if it is there."""

    def list(self, directory: Path) -> list[str]:
        """Names in the directory, in any order. FileNotFoundError if there is no such directory."""

    def create(self, path: Path) -> int:
        """Create an empty file (an existing one is emptied) and return a descriptor to read and write it."""

    def open(self, path: Path, *, writable: bool = False) -> int:
        """A descriptor of an existing file. FileNotFoundError if there is none."""

    def close(self, fd: int) -> None:
        """Give the descriptor back; syncs nothing."""

    def size(self, fd: int) -> int:
        """Length of the file in bytes."""

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        """Up to `length` bytes at `offset`: fewer only at the end of the file."""

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write at `offset`; returns how many bytes were taken, which may be fewer than given."""

    def fdatasync(self, fd: int) -> None:
        """Return when the file's bytes (and its length) are on stable storage."""

    def fsync_dir(self, directory: Path) -> None:
        """Return when the directory's entries (creations, renames, removals) are on stable storage."""

    def rename(self, source: Path, target: Path) -> None:
        """Rename atomically; replaces `target` if it is there."""

    def lock(self, path: Path, owner: bytes) -> int:
        """Take the exclusive lock that ends with this process. Raises FileLocked when another one holds it."""


class RealDisk:
    """The operating system's files."""

    def make_directory(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)

    def list(self, directory: Path) -> list[str]:
        return os.listdir(directory)

    def create(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)

    def open(self, path: Path, *, writable: bool = False) -> int:
        return os.open(path, os.O_RDWR if writable else os.O_RDONLY)

    def close(self, fd: int) -> None:
        os.close(fd)

    def size(self, fd: int) -> int:
        return os.fstat(fd).st_size

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        data = os.pread(fd, length, offset)
        while len(data) < length:  # one call moves 2 GiB at most, and a signal can cut it short
            more = os.pread(fd, length - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        return os.pwrite(fd, data, offset)

    def fdatasync(self, fd: int) -> None:
        os.fdatasync(fd)

    def fsync_dir(self, directory: Path) -> None:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def lock(self, path: Path, owner: bytes) -> int:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, owner, 0)
        except BlockingIOError:
            holder = b""
            with suppress(OSError):
                holder = os.pread(fd, 64, 0)
            os.close(fd)
            raise FileLocked(holder) from None
        except BaseException:
            os.close(fd)
            raise
        return fd


def write_all(disk: Disk, fd: int, data: bytes | memoryview, offset: int) -> None:
    """Write every byte, also when the disk takes them in several helpings."""
    if not data:
        return
    written = disk.pwrite(fd, data, offset)
    if written == len(data):
        return
    rest = memoryview(data)
    while written < len(data):
        taken = disk.pwrite(fd, rest[written:], offset + written)
        if taken <= 0:
            raise OSError(f"the disk took {written} of {len(data)} bytes at offset {offset} and then none")
        written += taken


@contextmanager
def opened(disk: Disk, path: Path, *, writable: bool = False) -> Iterator[int]:
    """The descriptor of an existing file for the length of a block."""
    fd = disk.open(path, writable=writable)
    try:
        yield fd
    finally:
        disk.close(fd)


ZEROS = bytes(1 << 20)


def fill_with_zeros(disk: Disk, fd: int, start: int, end: int) -> None:
    """Overwrite [start, end) with real zeros: reserved extents alone would make every later sync allocate."""
    for offset in range(start, end, len(ZEROS)):
        write_all(disk, fd, ZEROS[: end - offset], offset)
