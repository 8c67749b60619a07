"""A disk that fails: the failure is final, and what was acknowledged is there afterwards."""

from __future__ import annotations

import errno
from itertools import count
from pathlib import Path

import pytest

from stores.journal.errors import JournalFailed
from stores.journal.faulty_disk import FaultyDisk
from stores.journal.journal import Journal
from stores.journal.options import Durability, JournalOptions

DIRECTORY = Path("/journal")


def options(durability: Durability = "fsync") -> JournalOptions:
    return JournalOptions(DIRECTORY, durability=durability, segment_bytes=4096, prepare_in_background=False)


def payloads(journal: Journal) -> list[bytes]:
    return [payload for _, payload in journal.read(1)]


def work(disk: FaultyDisk, durability: Durability, acknowledged: list[bytes]) -> Journal | None:
    """Open, commit over several segments, close. Returns the journal if it could be opened at all."""
    journal = None
    try:
        journal = Journal.open(options(durability), disk)
        for number in range(12):
            batch = [f"{number}.{index} ".encode() * 60 for index in range(4)]
            journal.commit(batch)
            acknowledged += batch
            journal.mark()
        journal.close()
    except JournalFailed:
        pass
    return journal


@pytest.mark.parametrize("durability", ["fsync", "os"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_failure_at_any_operation_is_final_and_loses_nothing(durability: Durability, error: int) -> None:
    faultless = FaultyDisk()
    work(faultless, durability, [])
    for fail_at in range(1, faultless.operations + 1):
        disk = FaultyDisk(seed=fail_at, fail_at=fail_at, error=error)
        acknowledged: list[bytes] = []
        journal = work(disk, durability, acknowledged)
        if journal is not None and journal.failure is not None and "closed" not in str(journal.failure):
            operations = disk.operations
            with pytest.raises(JournalFailed):
                journal.commit([b"more"])
            with pytest.raises(JournalFailed):
                journal.mark()
            assert payloads(journal) == acknowledged, "what was acknowledged can still be read"
            journal.close()
            assert disk.operations == operations, "nothing is written or synced any more"
        disk.kill_process()
        reopened = Journal.open(options(durability), disk)
        found = payloads(reopened)
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) - len(acknowledged) in (0, 4), "at most the commit that failed is there, as a whole"
        reopened.commit([b"on it goes"])
        reopened.close()


def test_the_error_names_its_cause() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    disk.fail_at, disk.error = disk.operations + 1, errno.ENOSPC
    with pytest.raises(JournalFailed, match="failed at sequence 1") as caught:
        journal.commit([b"x"])
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert journal.failure is caught.value.__cause__


def test_a_journal_that_cannot_be_opened_says_so() -> None:
    with pytest.raises(JournalFailed, match="cannot be opened"):
        Journal.open(options(), FaultyDisk(fail_at=1))


def test_what_a_failed_sync_left_readable_is_durable_before_it_is_read_again() -> None:
    """After a failed sync the cache shows what the disk does not have, and another sync alone would not write it."""
    shown = 0
    for seed in range(20):
        disk = FaultyDisk(seed)
        journal = Journal.open(options(), disk)
        journal.commit([b"first"])
        disk.fail_at = disk.operations + 2
        with pytest.raises(JournalFailed):
            journal.commit([b"second"])
        disk.kill_process()
        found = payloads(Journal.open(options(), disk))
        shown += len(found) == 2
        disk.cut_power()
        assert payloads(Journal.open(options(), disk)) == found
    assert shown


def test_a_segment_that_cannot_be_prepared_is_reported_at_once_and_final_when_needed() -> None:
    for fail_after in count(1):
        disk = FaultyDisk()
        lines: list[str] = []
        journal = Journal.open(options(), disk, lambda event, lines=lines, **fields: lines.append(event))
        journal.commit([b"x" * 3000])
        disk.fail_at = disk.operations + fail_after
        try:
            journal.commit([b"y" * 3000])
        except JournalFailed:
            continue
        if journal.reserve_failure is None:
            break
        assert lines == ["journal.spare_failed"]
        assert journal.commit([b"z"]) == 3, "the room that is left is used"
        with pytest.raises(JournalFailed):
            journal.commit([b"w" * 3000])
        assert len(payloads(journal)) == 3
        return
    pytest.fail("no operation belonged to the next segment's preparation")


def test_an_interrupted_commit_is_final_too() -> None:
    class Interrupted(FaultyDisk):
        def fdatasync(self, fd: int) -> None:
            if self.fail_at == -1:
                raise KeyboardInterrupt
            super().fdatasync(fd)

    disk = Interrupted()
    journal = Journal.open(options(), disk)
    disk.fail_at = -1
    with pytest.raises(KeyboardInterrupt):
        journal.commit([b"x"])
    with pytest.raises(JournalFailed):
        journal.commit([b"x"])
    assert journal.durable_seq == 0
