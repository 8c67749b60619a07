"""A disk in memory that fails on purpose: for tests and for a simulator. Seeded, so every run can be repeated."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from stores.journal.disk import FileLocked

PAGE_BYTES = 4096


@dataclass(eq=False)
class _File:
    """cached: what a reader sees; stable: what a power cut leaves; dirty: pages written but not synced since."""

    cached: bytearray = field(default_factory=bytearray)
    stable: bytearray = field(default_factory=bytearray)
    dirty: set[int] = field(default_factory=set)


class FaultyDisk:
    """Files with a page cache, and the faults of real ones.

    fail_at: the number (from 1) of the operation that changes or syncs something and fails with `error`; only that one
    fails. A failed write may have written a part, and a failed sync loses some of what it should have written while the
    cache still shows it, as on Linux. short_writes: let writes take only a part now and then. page_bytes: what reaches
    the disk as a whole, or not at all, in a power cut.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        fail_at: int | None = None,
        error: int = errno.EIO,
        short_writes: bool = False,
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        self.operations = 0
        self.fail_at = fail_at
        self.error = error
        self.short_writes = short_writes
        self._random = Random(seed)  # noqa: S311  (faults to repeat, not secrets)
        self._page_bytes = page_bytes
        self._files: dict[Path, _File] = {}
        self._stable_names: dict[Path, _File] = {}
        self._unsynced_names: list[Callable[[dict[Path, _File]], object]] = []
        self._open: dict[int, _File] = {}
        self._locks: dict[int, tuple[Path, bytes]] = {}
        self._next_fd = 3

    # what a crash does

    def kill_process(self) -> None:
        """The process dies: its descriptors and locks are gone, what it wrote stays in the cache."""
        self._open.clear()
        self._locks.clear()

    def cut_power(self) -> None:
        """The machine dies: of what was not synced any page may have reached the disk or not, in any order.

        Names survive in the order in which they were made, up to some point (a file system's own journal).
        """
        self.kill_process()
        for file in {id(file): file for file in (*self._files.values(), *self._stable_names.values())}.values():
            self._lose_some(file)
            file.cached = bytearray(file.stable)
        for change in self._unsynced_names[: self._random.randint(0, len(self._unsynced_names))]:
            change(self._stable_names)
        self._unsynced_names.clear()
        self._files = dict(self._stable_names)

    def content(self, path: Path) -> bytearray:
        """The bytes of a file as a reader sees them; a test may look at them."""
        return self._files[path].cached

    def overwrite(self, path: Path, offset: int, data: bytes) -> None:
        """Damage a file, stable and cached alike."""
        file = self._files[path]
        for side in (file.cached, file.stable):
            side[offset : offset + len(data)] = data

    def truncate(self, path: Path, size: int) -> None:
        """Cut off the end of a file, stable and cached alike."""
        file = self._files[path]
        for side in (file.cached, file.stable):
            del side[size:]

    def remove(self, path: Path) -> None:
        """Take a file away, as an operator's mistake would."""
        del self._files[path]
        self._stable_names.pop(path, None)

    # Disk

    def make_directory(self, path: Path) -> None:
        """Directories are there always."""

    def list(self, directory: Path) -> list[str]:
        return [path.name for path in self._files if path.parent == directory]

    def create(self, path: Path) -> int:
        self._count()
        file = _File()
        self._rename_now(lambda names: names.__setitem__(path, file))
        return self._descriptor(file)

    def open(self, path: Path, *, writable: bool = False) -> int:
        if path not in self._files:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return self._descriptor(self._files[path])

    def close(self, fd: int) -> None:
        self._open.pop(fd, None)
        self._locks.pop(fd, None)

    def size(self, fd: int) -> int:
        return len(self._open[fd].cached)

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        return bytes(self._open[fd].cached[offset : offset + length])

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        try:
            self._count()
        except OSError:
            self._write(self._open[fd], data[: self._random.randint(0, len(data))], offset)
            raise
        if self.short_writes and self._random.random() < 0.3:
            data = data[: self._random.randint(1, len(data))]
        self._write(self._open[fd], data, offset)
        return len(data)

    def fdatasync(self, fd: int) -> None:
        file = self._open[fd]
        try:
            self._count()
        except OSError:
            self._lose_some(file)
            raise
        for page in file.dirty:
            self._make_stable(file, page)
        file.dirty.clear()

    def fsync_dir(self, directory: Path) -> None:
        self._count()
        for change in self._unsynced_names:
            change(self._stable_names)
        self._unsynced_names.clear()

    def rename(self, source: Path, target: Path) -> None:
        self._count()
        self._rename_now(lambda names: names.__setitem__(target, names.pop(source)))

    def lock(self, path: Path, owner: bytes) -> int:
        for held, holder in self._locks.values():
            if held == path:
                raise FileLocked(holder)
        file = self._files.setdefault(path, _File())
        fd = self._descriptor(file)
        self._locks[fd] = (path, owner)
        return fd

    def _count(self) -> None:
        self.operations += 1
        if self.operations == self.fail_at:
            raise OSError(self.error, f"operation {self.operations} fails as planned")

    def _descriptor(self, file: _File) -> int:
        self._next_fd += 1
        self._open[self._next_fd] = file
        return self._next_fd

    def _rename_now(self, change: Callable[[dict[Path, _File]], object]) -> None:
        change(self._files)
        self._unsynced_names.append(change)

    def _write(self, file: _File, data: bytes | memoryview, offset: int) -> None:
        if not data:
            return
        end = offset + len(data)
        if end > len(file.cached):
            file.cached.extend(bytes(end - len(file.cached)))
        file.cached[offset:end] = data
        file.dirty.update(range(offset // self._page_bytes, -(-end // self._page_bytes)))

    def _lose_some(self, file: _File) -> None:
        """Some of the pages that wait for the disk reach it, the others never will."""
        for page in sorted(file.dirty):
            if self._random.random() < 0.5:
                self._make_stable(file, page)
        file.dirty.clear()

    def _make_stable(self, file: _File, page: int) -> None:
        start = page * self._page_bytes
        data = file.cached[start : start + self._page_bytes]
        end = start + len(data)
        if end > len(file.stable):
            file.stable.extend(bytes(end - len(file.stable)))
        file.stable[start:end] = data
