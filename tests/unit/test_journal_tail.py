"""Reading from outside: once, or following live."""

from __future__ import annotations

from pathlib import Path

import pytest

from stores.journal.errors import JournalDamaged, SequenceUnavailable
from stores.journal.faulty_disk import FaultyDisk
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions
from stores.journal.tail import JournalTail, inspect_directory, read_directory

DIRECTORY = Path("/journal")


def options(directory: Path = DIRECTORY) -> JournalOptions:
    return JournalOptions(directory, segment_bytes=4096, prepare_in_background=False)


def batch(first_seq: int, count: int = 5) -> list[bytes]:
    return [f"record {seq}".encode().ljust(90, b".") for seq in range(first_seq, first_seq + count)]


def test_a_tail_follows_over_segments_and_delivers_each_record_once() -> None:
    disk = FaultyDisk()
    tail = JournalTail(DIRECTORY, disk=disk)
    assert tail.poll(10) == []
    journal = Journal.open(options(), disk)
    assert tail.poll(10) == []
    received: list[tuple[int, bytes]] = []
    for round_number in range(60):
        journal.commit(batch(journal.next_seq))
        if round_number % 3 == 0:
            journal.mark()
        received += tail.poll(7)
    journal.mark()
    while got := tail.poll(7):
        assert len(got) <= 7
        received += got
    assert received == list(journal.read(1))
    assert len(received) == 300
    tail.close()


def test_a_tail_may_start_anywhere() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    for _ in range(40):
        journal.commit(batch(journal.next_seq))
    journal.mark()
    for from_seq in (1, 3, 99, 100, 101, 200):
        tail = JournalTail(DIRECTORY, from_seq, disk)
        assert tail.poll(1000) == list(journal.read(from_seq))
        assert list(read_directory(DIRECTORY, from_seq, disk)) == list(journal.read(from_seq))
    ahead = JournalTail(DIRECTORY, 203, disk)
    assert ahead.poll(10) == []
    journal.commit(batch(201))
    journal.mark()
    assert [seq for seq, _ in ahead.poll(10)] == [203, 204, 205]


def test_a_tail_holds_back_what_is_not_known_to_be_durable() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    tail = JournalTail(DIRECTORY, disk=disk)
    journal.commit([b"1"])
    assert tail.poll(10) == []
    assert [seq for seq, _ in read_directory(DIRECTORY, disk=disk)] == [1], "it can be read, though"
    journal.commit([b"2"])
    assert tail.poll(10) == [(1, b"1")]
    journal.mark()
    assert tail.poll(10) == [(2, b"2")]


def test_a_tail_sees_at_once_that_its_segment_has_grown() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    tail = JournalTail(DIRECTORY, disk=disk)
    assert tail.poll(10) == []
    journal.commit([b"x" * 3945])  # fits, but only a grown file has room for a mark behind it
    journal.mark()
    assert [seq for seq, _ in tail.poll(10)] == [1]


def test_a_tail_never_says_that_there_is_nothing_from_what_it_read_ahead() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    tail = JournalTail(DIRECTORY, disk=disk)
    journal.commit(batch(1))
    journal.commit(batch(6))
    assert [seq for seq, _ in tail.poll(5)] == [1, 2, 3, 4, 5]
    journal.mark()
    assert [seq for seq, _ in tail.poll(5)] == [6, 7, 8, 9, 10]


def test_a_tail_goes_on_when_the_journal_is_reopened() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    tail = JournalTail(DIRECTORY, disk=disk)
    journal.commit([b"1"])
    assert tail.poll(10) == []
    journal.close()
    journal = Journal.open(options(), disk)
    journal.commit([b"2"])
    journal.mark()
    assert tail.poll(10) == [(1, b"1"), (2, b"2")]


def test_a_commit_that_is_being_written_is_waited_for() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    tail = JournalTail(DIRECTORY, disk=disk)
    journal.commit([b"1"])
    path, start = journal._writer.segment.path, journal._writer.tail
    journal.commit([b"2" * 100])
    journal.mark()
    whole = bytes(disk.content(path))
    disk.overwrite(path, start + 40, bytes(len(whole) - start - 40))
    for _ in range(3):
        tail.poll(10)
    disk.overwrite(path, 0, whole)
    assert tail.poll(10)[-1] == (2, b"2" * 100)


def test_damage_stops_a_tail_and_a_reader() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    journal.commit([b"1"])
    path, start = journal._writer.segment.path, journal._writer.tail
    journal.commit([b"2" * 100])
    journal.commit([b"3"])
    journal.mark()
    disk.overwrite(path, start + 60, b"?")
    tail = JournalTail(DIRECTORY, disk=disk)
    assert tail.poll(10) == [], "a damaged commit may still be a half written one"
    with pytest.raises(JournalDamaged) as caught:
        tail.poll(10)
    assert (caught.value.segment, caught.value.offset, caught.value.seq) == (path, start, 2)
    with pytest.raises(JournalDamaged):
        list(read_directory(DIRECTORY, disk=disk))


def test_a_torn_tail_ends_a_reading_quietly_and_is_reported_by_an_inspection() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    journal.commit([b"1"])
    path, start = journal._writer.segment.path, journal._writer.tail
    journal.commit([b"2"])
    disk.kill_process()
    disk.overwrite(path, start + 50, b"?")
    assert list(read_directory(DIRECTORY, disk=disk)) == [(1, b"1")]
    before = bytes(disk.content(path))
    report = inspect_directory(DIRECTORY, disk=disk)
    assert (report.records, report.truncated) == (1, True)
    assert bytes(disk.content(path)) == before, "nothing is repaired"


def test_archived_sequences_are_named() -> None:
    disk = FaultyDisk()
    journal = Journal.open(options(), disk)
    for _ in range(20):
        journal.commit(batch(journal.next_seq))
    journal.close()
    disk.remove(journal._segments[0].path)
    oldest = journal._segments[1].first_seq
    with pytest.raises(SequenceUnavailable, match=f"oldest record is {oldest}"):
        next(read_directory(DIRECTORY, 1, disk))
    with pytest.raises(SequenceUnavailable):
        JournalTail(DIRECTORY, 1, disk).poll(1)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert JournalTail(tmp_path / "none").poll(1) == []
    with pytest.raises(FileNotFoundError):
        next(read_directory(tmp_path / "none"))
