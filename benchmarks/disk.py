"""What the disk takes by itself: a write of 4 KiB into a file that is filled already, and fdatasync, one at a time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchmarks.harness import Figures, on_core

SYNC_P50, SYNC_P99 = "sync p50", "sync p99"
_BLOCK = 4096
_FILE_BLOCKS = 2048
"""The file is written round and round, as a journal's segment is from its first block to its last."""


class SyncedWrites:
    """The least that a commit can take. ``directory`` is on the disk that is measured, ``count`` how many in a run."""

    def __init__(self, directory: Path, count: int) -> None:
        self._path = directory / "synced-writes"
        self._count = count
        self._written = 0
        with self._path.open("wb") as file:
            file.write(bytes(_BLOCK * _FILE_BLOCKS))
            file.flush()
            os.fsync(file.fileno())

    def run(self, core: int) -> Figures:
        """Microseconds of a write with its sync, on ``core``."""
        block = os.urandom(_BLOCK)
        times: list[int] = []
        with on_core(core), self._path.open("r+b", buffering=0) as file:
            number = file.fileno()
            for _ in range(self._count):
                at = self._written % _FILE_BLOCKS * _BLOCK
                self._written += 1
                started = time.perf_counter_ns()
                os.pwrite(number, block, at)
                os.fdatasync(number)
                times.append(time.perf_counter_ns() - started)
        times.sort()
        return {SYNC_P50: times[len(times) // 2] / 1e3, SYNC_P99: times[len(times) * 99 // 100] / 1e3}
