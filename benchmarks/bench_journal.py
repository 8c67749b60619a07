"""The journal's commits: latency by size, and records/s through its thread, beside raw writes of the same bytes.

The floor is the least that makes bytes durable: pwrite and fdatasync, one after the other, into a file that was filled
with zeros beforehand.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Claim, Context, Figures, claim, interleaved
from stores.journal.commit_thread import CommitThread
from stores.journal.frame import encode_commit
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions

COMMIT_RECORDS = (1, 8, 64, 512)
RECORD_BYTES = 200
"""About what an accepted order that fills takes: see ``tradeengine journal dump``."""
IN_FLIGHT_RECORDS = 4096
"""A session's credits: as much as one client can have on its way to the disk."""
_TURN_RECORDS = 150
"""What one read of a socket brings."""
_SEGMENT_BYTES = 64 << 20


def run(context: Context) -> list[Claim]:
    # No background work while single commits are timed; with the thread, the next segment is prepared as in a venue.
    with contextlib.closing(_open(context.directory, prepare_in_background=False)) as journal:
        claims = [one for records in COMMIT_RECORDS for one in _latency(context, journal, records)]
    with contextlib.closing(_open(context.directory, prepare_in_background=True)) as journal:
        return [*claims, *_group_commit(context, journal)]


def _record(nth: int) -> bytes:
    return nth.to_bytes(8, "little") + b"\xa5" * (RECORD_BYTES - 8)


# ---- latency ------------------------------------------------------------------------------------------------------


def _latency(context: Context, journal: Journal, records: int) -> list[Claim]:
    commits = context.scale(400, 5)
    payloads = [_record(nth) for nth in range(records)]
    ours, floor = f"commit of {records}", f"raw write of {records}"
    variants: dict[str, Callable[[], Figures]] = {
        ours: lambda: _time_journal(journal, payloads, commits),
        floor: lambda: _time_raw(context.directory, [len(encode_commit(payloads, 1, 0, 0))] * commits),
    }
    samples = interleaved(context.rounds, variants)
    samples.show({"p50": "µs", "p99": "µs"})
    size = f"{records} record{'s' if records > 1 else ''}"
    return [
        claim(
            f"journal: {figure} until a commit of {size} is durable; beside raw pwrite + fdatasync",
            samples.median(ours, figure),
            "µs",
            samples.median(floor, figure),
        )
        for figure in ("p50", "p99")
    ]


def _time_journal(journal: Journal, payloads: list[bytes], commits: int) -> Figures:
    times: list[float] = []
    for _ in range(commits):
        started = time.perf_counter()
        journal.commit(payloads)
        times.append(time.perf_counter() - started)
    return _quantiles(times)


def _time_raw(directory: Path, sizes: list[int]) -> Figures:
    return _quantiles(_write_raw(directory, sizes))


def _quantiles(seconds: list[float]) -> Figures:
    ordered = sorted(seconds)
    return {"p50": statistics.median(ordered) * 1e6, "p99": ordered[len(ordered) * 99 // 100] * 1e6}


# ---- throughput ---------------------------------------------------------------------------------------------------


def _group_commit(context: Context, journal: Journal) -> list[Claim]:
    """The floor writes the groups that the thread has just made, so that it syncs as often and as much."""
    records = context.scale(200_000, 2_000)
    groups: list[int] = []

    def ours() -> Figures:
        seconds, groups[:] = _through_thread(journal, records)
        return {"records/s": records / seconds, "records/commit": records / len(groups)}

    def floor() -> Figures:
        sizes = [len(encode_commit([_record(0)] * group, 1, 0, 0)) for group in groups]
        return {"records/s": records / sum(_write_raw(context.directory, sizes))}

    variants = {"group commit": ours, "raw write of groups": floor}
    samples = interleaved(context.rounds, variants, warm_up=not context.quick)
    samples.show()
    return [
        claim(
            f"journal: durable records/s of {RECORD_BYTES} bytes, group commit; beside raw pwrite + fdatasync of them",
            samples.median("group commit", "records/s"),
            "records/s",
            samples.median("raw write of groups", "records/s"),
        )
    ]


class _Progress:
    """What the thread has made durable, for the one that waits for it."""

    def __init__(self, durable_seq: int) -> None:
        self.durable_seq = durable_seq
        self.groups: list[int] = []
        """Records of each commit."""
        self._failure: BaseException | None = None
        self._moved = threading.Condition()

    def on_durable(self, last_seq: int) -> None:
        with self._moved:
            self.groups.append(last_seq - self.durable_seq)
            self.durable_seq = last_seq
            self._moved.notify()

    def on_failed(self, error: BaseException) -> None:
        with self._moved:
            self._failure = error
            self._moved.notify()

    def wait_until(self, seq: int) -> None:
        """``seq`` is durable. Raises what the journal failed with."""
        with self._moved:
            while self.durable_seq < seq:
                if self._failure is not None:
                    raise self._failure
                self._moved.wait()


def _through_thread(journal: Journal, records: int) -> tuple[float, list[int]]:
    """Seconds, and the size of each group, with ``IN_FLIGHT_RECORDS`` at most on their way."""
    first = journal.next_seq
    last = first + records - 1
    progress = _Progress(first - 1)
    thread = CommitThread(journal, progress.on_durable, progress.on_failed)
    thread.start()
    payloads = [_record(nth) for nth in range(_TURN_RECORDS)]
    started = time.perf_counter()
    for seq in range(first, last + 1, _TURN_RECORDS):
        turn = min(_TURN_RECORDS, last + 1 - seq)
        progress.wait_until(seq + turn - 1 - IN_FLIGHT_RECORDS)
        thread.submit(payloads[:turn], seq)
    progress.wait_until(last)
    seconds = time.perf_counter() - started
    thread.stop()
    return seconds, progress.groups


# ---- disk ---------------------------------------------------------------------------------------------------------


def _open(directory: Path, *, prepare_in_background: bool) -> Journal:
    options = JournalOptions(
        directory=directory / "journal", segment_bytes=_SEGMENT_BYTES, prepare_in_background=prepare_in_background
    )
    return Journal.open(options)


def _write_raw(directory: Path, sizes: list[int]) -> list[float]:
    """Seconds of each write and sync, of ``sizes`` bytes in turn, into space that holds zeros already."""
    total = sum(sizes)
    zeros = bytes(1 << 20)
    data = memoryview(b"\xa5" * max(sizes))
    fd = os.open(directory / "raw", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for offset in range(0, total, len(zeros)):
            os.pwrite(fd, zeros, offset)
        os.fsync(fd)
        times: list[float] = []
        offset = 0
        for size in sizes:
            started = time.perf_counter()
            os.pwrite(fd, data[:size], offset)
            os.fdatasync(fd)
            times.append(time.perf_counter() - started)
            offset += size
        return times
    finally:
        os.close(fd)
