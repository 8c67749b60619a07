"""Group commit on a thread of its own."""

from __future__ import annotations

import errno
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from stores.journal.commit_thread import CommitThread
from stores.journal.disk import RealDisk
from stores.journal.errors import JournalFailed
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions

HANG_S = 60  # a test that would wait longer than this has failed


class GatedDisk(RealDisk):
    """Its sync waits for permission once the gate is shut. `syncing` gets an entry as each one begins."""

    def __init__(self) -> None:
        self.syncing: SimpleQueue[None] = SimpleQueue()
        self.permits = threading.Semaphore(0)
        self.gated = False
        self.error: OSError | None = None

    def fdatasync(self, fd: int) -> None:
        if self.gated:
            self.syncing.put(None)
            self.permits.acquire(timeout=HANG_S)
            if self.error is not None:
                raise self.error
        super().fdatasync(fd)


class Owner:
    """A journal with its thread, and what the thread told."""

    def __init__(self, directory: Path) -> None:
        self.disk = GatedDisk()
        self.journal = Journal.open(
            JournalOptions(directory, segment_bytes=1 << 16, prepare_in_background=False), self.disk
        )
        self.disk.gated = True
        self.durable: SimpleQueue[int] = SimpleQueue()
        self.failures: list[BaseException] = []
        self.thread = CommitThread(self.journal, self.durable.put, self.failures.append)
        self.thread.start()

    def told(self) -> list[int]:
        return [self.durable.get() for _ in range(self.durable.qsize())]

    def finish(self) -> list[bytes]:
        """Close, and what a reader then finds."""
        self.disk.gated = False
        self.journal.close()
        journal = Journal.open(JournalOptions(self.journal._options.directory, segment_bytes=1 << 16))
        found = [payload for _, payload in journal.read(1)]
        journal.close()
        return found


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(tmp_path)


def test_what_gathers_during_a_sync_is_the_next_commit(owner: Owner) -> None:
    owner.thread.submit([b"1"], 1)
    owner.disk.syncing.get(timeout=HANG_S)
    assert owner.told() == []
    owner.thread.submit([b"2", b"3"], 2)
    owner.thread.submit([b"4"], 4)
    owner.disk.permits.release()
    owner.disk.syncing.get(timeout=HANG_S)
    assert owner.told() == [1], "acknowledged after its own sync"
    owner.disk.permits.release()
    owner.thread.stop()
    assert owner.told() == [4], "three records, one commit"
    assert not owner.failures
    assert owner.finish() == [b"1", b"2", b"3", b"4"]


def test_stop_drains_what_was_submitted(owner: Owner) -> None:
    for _ in range(10):
        owner.disk.permits.release()
    for seq in range(1, 6):
        owner.thread.submit([b"%d" % seq], seq)
    owner.thread.stop(drain=True)
    assert owner.told()[-1] == 5
    assert len(owner.finish()) == 5


def test_stop_without_drain_finishes_only_the_commit_it_is_in(owner: Owner) -> None:
    owner.thread.submit([b"1"], 1)
    owner.disk.syncing.get(timeout=HANG_S)
    owner.thread.submit([b"2"], 2)
    stopping = threading.Thread(target=owner.thread.stop, kwargs={"drain": False})
    stopping.start()
    while not owner.thread.stopping:
        pass
    owner.disk.permits.release()
    stopping.join()
    assert owner.told() == [1]
    assert owner.finish() == [b"1"]


def test_a_failure_is_told_once_and_nothing_is_acknowledged_any_more(owner: Owner) -> None:
    owner.disk.error = OSError(errno.EIO, "gone")
    owner.thread.submit([b"1"], 1)
    owner.disk.syncing.get(timeout=HANG_S)
    owner.thread.submit([b"2"], 2)
    owner.disk.permits.release()
    owner.thread.submit([b"3"], 3)
    owner.thread.stop()
    assert owner.told() == []
    (failure,) = owner.failures
    assert isinstance(failure, JournalFailed)
    owner.journal.close()


class MarkingJournal(Journal):
    """Tells of its marks."""

    marks: SimpleQueue[int]

    def mark(self) -> None:
        super().mark()
        if hasattr(self, "marks"):
            self.marks.put(self.durable_seq)


def marking(directory: Path) -> MarkingJournal:
    journal = MarkingJournal.open(JournalOptions(directory, segment_bytes=1 << 16))
    assert isinstance(journal, MarkingJournal)
    journal.marks = SimpleQueue()
    return journal


def test_an_idle_journal_is_marked_so_that_others_know(tmp_path: Path) -> None:
    journal = marking(tmp_path)
    thread = CommitThread(journal, lambda seq: None, lambda error: None)
    thread.start()
    thread.submit([b"1"], 1)
    assert journal.marks.get(timeout=HANG_S) == 1
    thread.stop()
    journal.close()


def test_a_busy_journal_is_not_marked_between_commits(tmp_path: Path) -> None:
    journal = marking(tmp_path)

    def follow(seq: int) -> None:
        if seq < 5:
            thread.submit([b"next"], seq + 1)

    thread = CommitThread(journal, follow, lambda error: None)
    thread.start()
    thread.submit([b"1"], 1)
    assert journal.marks.get(timeout=HANG_S) == 5
    thread.stop()
    journal.close()


def test_a_sequence_that_is_not_the_next_is_refused(owner: Owner) -> None:
    with pytest.raises(ValueError, match="submitted for sequence 2; the next one is 1"):
        owner.thread.submit([b"x"], 2)
    owner.thread.stop()
    assert owner.finish() == []


def test_a_thread_that_never_started_stops_at_once(tmp_path: Path) -> None:
    journal = Journal.open(JournalOptions(tmp_path, segment_bytes=1 << 16))
    CommitThread(journal, lambda seq: None, lambda error: None).stop()
    assert (journal.durable_seq, journal.failure) == (0, None)
    journal.close()
