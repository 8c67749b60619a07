"""Appending, rotating, reading, reopening."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from stores.journal.directory import SPARE_NAME
from stores.journal.disk import RealDisk
from stores.journal.errors import JournalFailed, JournalLocked, SequenceUnavailable
from stores.journal.faulty_disk import FaultyDisk
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions

DIRECTORY = Path("/journal")
SMALL = 4096


def options(directory: Path = DIRECTORY, **changes: object) -> JournalOptions:
    values: dict[str, object] = {"segment_bytes": SMALL, "prepare_in_background": False, "index_bytes": 256}
    return JournalOptions(directory, **{**values, **changes})  # type: ignore[arg-type]


def records(first: int, count: int, length: int = 40) -> list[bytes]:
    return [f"record {seq} ".encode().ljust(length, b".") for seq in range(first, first + count)]


def fill(journal: Journal, commits: int, count: int = 3) -> list[bytes]:
    everything: list[bytes] = []
    for _ in range(commits):
        batch = records(journal.next_seq, count)
        assert journal.commit(batch) == journal.next_seq - 1
        everything += batch
    return everything


def read_all(journal: Journal) -> list[bytes]:
    pairs = list(journal.read(1))
    assert [seq for seq, _ in pairs] == list(range(1, len(pairs) + 1))
    return [payload for _, payload in pairs]


@pytest.mark.parametrize("durability", ["fsync", "os"])
def test_what_is_committed_is_read_back_also_after_reopening(tmp_path: Path, durability: str) -> None:
    journal = Journal.open(options(tmp_path / "deep" / "er", durability=durability))
    assert (journal.next_seq, journal.durable_seq, journal.recovery.created) == (1, 0, True)
    written = fill(journal, 50)
    assert (journal.next_seq, journal.durable_seq) == (151, 150)
    assert read_all(journal) == written
    journal.close()
    journal = Journal.open(options(tmp_path / "deep" / "er", durability=durability))
    report = journal.recovery
    assert (report.first_seq, report.last_seq, report.records, report.truncated) == (1, 150, 150, False)
    assert report.segments > 1
    written += fill(journal, 1)
    assert read_all(journal) == written
    journal.close()


def test_an_empty_commit_changes_nothing() -> None:
    journal = Journal.open(options(), FaultyDisk())
    fill(journal, 1)
    assert journal.commit([]) == 3
    assert journal.next_seq == 4


def test_an_empty_record_is_refused_and_the_journal_goes_on() -> None:
    journal = Journal.open(options(), FaultyDisk())
    with pytest.raises(ValueError, match="record 1 is empty"):
        journal.commit([b""])
    assert read_all(journal) == [] == fill(journal, 0)
    assert journal.commit([b"x"]) == 1


def test_every_range_can_be_read() -> None:
    journal = Journal.open(options(), FaultyDisk())
    written = fill(journal, 60)
    for first in range(1, 181, 7):
        for last in range(first, 181, 13):
            assert [p for _, p in journal.read(first, last)] == written[first - 1 : last]
        assert list(journal.read(first, first - 1)) == []
    assert list(journal.read(181)) == []
    assert next(journal.read_batches(5, 5)) == (5, [written[4]])


def test_a_reading_sees_only_what_was_durable_when_it_began() -> None:
    journal = Journal.open(options(), FaultyDisk())
    fill(journal, 2)
    reading = journal.read(1)
    fill(journal, 40)
    assert [seq for seq, _ in reading] == [1, 2, 3, 4, 5, 6]


def test_segments_are_named_by_their_first_sequence_and_filled_ahead() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    fill(journal, 60)
    names = sorted(name for name in disk.list(DIRECTORY) if name.endswith(".segment"))
    assert names[0] == "00000000000000000001.segment"
    assert len(names) > 2
    for name in names:
        assert len(disk.content(DIRECTORY / name)) == SMALL
    assert disk.content(DIRECTORY / SPARE_NAME) == bytes(SMALL), "the next one is ready"


def test_a_commit_larger_than_a_segment_gets_one_of_its_own_size() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    large = [b"L" * 3 * SMALL, b"M" * SMALL]
    for batch in (large, records(3, 2), large, large, records(9, 1)):
        journal.commit(batch)
    expected = [*large, *records(3, 2), *large, *large, *records(9, 1)]
    assert read_all(journal) == expected
    journal.close()
    journal = Journal.open(options(), disk)
    assert read_all(journal) == expected
    assert journal.recovery.segments == 5


def test_an_idle_journal_does_not_grow_by_marks_or_by_being_reopened() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    written = fill(journal, 2)
    for _ in range(500):
        journal.mark()
    journal.close()
    for _ in range(5):
        journal = Journal.open(options(), disk)
        assert not journal.recovery.truncated
        journal.close()
    journal = Journal.open(options(), disk)
    assert journal.recovery.segments == 1
    assert read_all(journal) == written


def test_a_prepared_segment_is_used_by_the_next_process() -> None:
    disk = FaultyDisk()
    Journal.open(options(), disk).close()
    before = disk.operations
    Journal.open(options(), disk).close()
    # zero-length repairs, the mark and its sync; nothing is filled anew
    assert disk.operations - before < 6
    Journal.open(options(segment_bytes=2 * SMALL), disk).close()
    assert len(disk.content(DIRECTORY / SPARE_NAME)) == 2 * SMALL, "one of another size is not"


def test_segment_size_may_change_between_runs() -> None:
    disk = FaultyDisk()
    written: list[bytes] = []
    for size in (SMALL, 4 * SMALL, 2 * SMALL, SMALL):
        journal = Journal.open(options(segment_bytes=size), disk)
        written += fill(journal, 45)
        assert read_all(journal) == written
        journal.close()


def test_preparing_in_the_background_gives_the_same_journal(tmp_path: Path) -> None:
    journal = Journal.open(options(tmp_path, prepare_in_background=True))
    written = fill(journal, 200)
    assert read_all(journal) == written
    journal.close()
    assert (tmp_path / SPARE_NAME).stat().st_size == SMALL


def test_the_directory_is_locked_while_the_journal_is_open(tmp_path: Path) -> None:
    journal = Journal.open(options(tmp_path))
    with pytest.raises(JournalLocked, match=f"process {os.getpid()}") as caught:
        Journal.open(options(tmp_path))
    assert caught.value.pid == os.getpid()
    journal.close()
    Journal.open(options(tmp_path)).close()


def test_a_journal_that_refuses_to_open_leaves_no_lock_and_no_descriptor(tmp_path: Path) -> None:
    Journal.open(options(tmp_path)).close()
    (tmp_path / "stray").touch()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(Exception, match="stray"):
            Journal.open(options(tmp_path))
    assert len(os.listdir("/proc/self/fd")) == before
    (tmp_path / "stray").unlink()
    Journal.open(options(tmp_path)).close()


def test_closing_twice_is_fine_and_a_closed_journal_takes_nothing() -> None:
    journal = Journal.open(options(), FaultyDisk())
    fill(journal, 1)
    journal.close()
    journal.close()
    with pytest.raises(JournalFailed, match="closed"):
        journal.commit([b"x"])
    with pytest.raises(JournalFailed, match="closed"):
        journal.mark()


def test_archived_segments_need_not_be_there_before_the_horizon(tmp_path: Path) -> None:
    journal = Journal.open(options(tmp_path))
    fill(journal, 60)
    journal.close()
    names = sorted(path.name for path in tmp_path.glob("*.segment"))
    (tmp_path / names[0]).unlink()
    oldest = int(names[1].removesuffix(".segment"))
    journal = Journal.open(options(tmp_path, horizon_seq=oldest + 1))
    assert journal.recovery.first_seq == oldest
    assert next(journal.read(oldest))[0] == oldest
    with pytest.raises(SequenceUnavailable) as caught:
        next(journal.read(oldest - 1))
    assert (caught.value.seq, caught.value.oldest_seq) == (oldest - 1, oldest)
    journal.close()


def test_without_reading_all_segments_the_same_records_are_there() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    written = fill(journal, 60)
    journal.close()
    journal = Journal.open(options(verify="tail"), disk)
    assert read_all(journal) == written
    for first, second in pairwise(range(1, 181, 40)):
        assert [p for _, p in journal.read(first, second)] == written[first - 1 : second]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"durability": "maybe"}, "durability is 'maybe'; allowed are 'fsync' and 'os'"),
        ({"segment_bytes": 4095}, "segment_bytes is 4095; allowed are multiples of 4096"),
        ({"segment_bytes": 0}, "segment_bytes is 0"),
        ({"horizon_seq": 0}, "horizon_seq is 0"),
        ({"verify": "none"}, "verify is 'none'"),
        ({"index_bytes": 0}, "index_bytes is 0"),
    ],
)
def test_options_are_checked(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        options(DIRECTORY, **change)


class ShortDisk(RealDisk):
    """Takes at most 100 bytes a write."""

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        return super().pwrite(fd, data[:100], offset)


def test_short_writes_are_completed(tmp_path: Path) -> None:
    journal = Journal.open(options(tmp_path), ShortDisk())
    written = fill(journal, 20)
    assert read_all(journal) == written
    journal.close()
