"""Telling a torn tail, which is cut off, from damage, which stops everything."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from google_crc32c import value as crc32c

from stores.journal.directory import IDENTITY_NAME
from stores.journal.errors import JournalDamaged, JournalForeign, JournalIncompatible
from stores.journal.faulty_disk import FaultyDisk
from stores.journal.frame import COMMIT_HEADER_BYTES, SEGMENT_HEADER_BYTES, encode_commit
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions
from stores.journal.segment import segment_name
from stores.journal.tail import inspect_directory, read_directory

DIRECTORY = Path("/journal")
OPTIONS = JournalOptions(DIRECTORY, segment_bytes=4096, prepare_in_background=False)


@dataclass(frozen=True)
class Place:
    """A commit of the written journal: its first sequence and where it lies."""

    segment: Path
    first_seq: int
    start: int
    end: int


class Written:
    """A journal on a disk in memory, with the place of each of its commits."""

    def __init__(self, sizes: list[list[int]], *, close: bool) -> None:
        self.disk = FaultyDisk()
        self.records: list[bytes] = []
        self.places: list[Place] = []
        random = Random(7)
        journal = Journal.open(OPTIONS, self.disk)
        for lengths in sizes:
            batch = [random.randbytes(length) for length in lengths]
            first_seq = journal.next_seq
            journal.commit(batch)
            self.records += batch
            tail = journal._writer.tail
            path = journal._writer.segment.path
            start = self.places[-1].end if self.places and self.places[-1].segment == path else SEGMENT_HEADER_BYTES
            self.places.append(Place(path, first_seq, start, tail))
        if close:
            journal.close()
        self.disk.kill_process()

    @property
    def segments(self) -> list[Path]:
        return sorted({place.segment for place in self.places})

    def open(self) -> Journal:
        return Journal.open(OPTIONS, self.disk)

    def snapshot(self, path: Path) -> bytes:
        return bytes(self.disk.content(path))

    def restore(self, path: Path, data: bytes) -> None:
        self.disk.kill_process()
        self.disk.truncate(path, 0)
        fd = self.disk.open(path, writable=True)
        self.disk.pwrite(fd, data, 0)
        self.disk.fdatasync(fd)
        self.disk.kill_process()

    def remove(self, path: Path) -> None:
        self.disk.remove(path)


def payloads(journal: Journal) -> list[bytes]:
    return [payload for _, payload in journal.read(1)]


TORN_SIZES = [[30, 31], [32], [50, 7, 90]]


@pytest.mark.parametrize("kind", ["zeroed", "garbage", "cut off", "start lost"])
def test_a_tail_torn_at_any_byte_is_cut_off_and_the_journal_goes_on(kind: str) -> None:
    written = Written(TORN_SIZES, close=False)
    last = written.places[-1]
    whole = written.snapshot(last.segment)
    kept = written.records[:3]
    random = Random(1)
    for at in range(last.start, last.end):
        torn = {
            "zeroed": whole[:at] + bytes(len(whole) - at),
            "garbage": whole[:at] + random.randbytes(last.end - at) + whole[last.end :],
            "cut off": whole[:at],
            "start lost": whole[: last.start] + bytes(at + 1 - last.start) + whole[at + 1 :],
        }[kind]
        written.restore(last.segment, torn)
        complete = torn[: last.end] == whole[: last.end]
        expected = written.records if complete else kept
        journal = written.open()
        assert payloads(journal) == expected
        report = journal.recovery
        assert report.truncated == (any(torn[last.start :]) and not complete)
        if report.torn is not None:
            assert (report.torn.segment, report.torn.offset, report.torn.after_seq) == (last.segment, last.start, 3)
        journal.commit([b"after"])
        written.disk.kill_process()
        journal = written.open()
        assert payloads(journal) == [*expected, b"after"]
        assert not journal.recovery.truncated
        assert len(written.disk.content(last.segment)) == 4096
        written.disk.kill_process()


def test_a_torn_tail_is_logged_with_its_place() -> None:
    written = Written(TORN_SIZES, close=False)
    last = written.places[-1]
    written.disk.overwrite(last.segment, last.end - 20, b"?")
    lines: list[tuple[str, dict[str, object]]] = []
    Journal.open(OPTIONS, written.disk, lambda event, **fields: lines.append((event, fields)))
    ((event, fields),) = lines
    assert event == "journal.torn_tail_truncated"
    assert fields["segment"] == str(last.segment)
    assert (fields["offset"], fields["after_seq"]) == (last.start, 3)


def test_the_same_tail_is_damage_once_a_mark_says_that_it_was_durable() -> None:
    written = Written(TORN_SIZES, close=True)
    last = written.places[-1]
    whole = written.snapshot(last.segment)
    for at in range(last.start, last.end):
        written.disk.overwrite(last.segment, at, bytes([whole[at] ^ 0xFF]))
        with pytest.raises(JournalDamaged) as caught:
            written.open()
        assert (caught.value.segment, caught.value.offset, caught.value.seq) == (last.segment, last.start, 4)
        assert str(last.segment) in str(caught.value)
        assert f"offset {last.start}, sequence 4" in str(caught.value)
        written.disk.overwrite(last.segment, at, whole[at : at + 1])
    assert payloads(written.open()) == written.records


def test_what_recovery_accepted_is_marked_as_durable_right_away() -> None:
    written = Written(TORN_SIZES, close=False)
    last = written.places[-1]
    written.open()
    written.disk.kill_process()
    written.disk.overwrite(last.segment, last.end - 20, b"?")
    with pytest.raises(JournalDamaged):
        written.open()


def test_a_zeroed_commit_is_damage_too() -> None:
    written = Written(TORN_SIZES, close=True)
    for place in written.places:
        whole = written.snapshot(place.segment)
        written.disk.overwrite(place.segment, place.start, bytes(place.end - place.start))
        with pytest.raises(JournalDamaged) as caught:
            written.open()
        assert (caught.value.offset, caught.value.seq) == (place.start, place.first_seq)
        written.restore(place.segment, whole)


def test_a_damaged_mark_costs_no_record() -> None:
    written = Written(TORN_SIZES, close=True)
    last = written.places[-1]
    for at in range(last.end, last.end + COMMIT_HEADER_BYTES):
        whole = written.snapshot(last.segment)
        written.disk.overwrite(last.segment, at, bytes([whole[at] ^ 1]))
        journal = written.open()
        assert payloads(journal) == written.records
        journal.close()
        written.disk.kill_process()


def test_a_flipped_bit_anywhere_in_what_was_durable_refuses_and_names_the_place() -> None:
    random = Random(3)
    sizes = [[random.randint(1, 400) for _ in range(random.randint(1, 4))] for _ in range(18)]
    written = Written(sizes, close=True)
    assert len(written.segments) > 2
    for path in written.segments:
        whole = written.snapshot(path)
        places = [place for place in written.places if place.segment == path]
        sealed = path != written.segments[-1]
        seal = range(places[-1].end, places[-1].end + COMMIT_HEADER_BYTES)
        for at in range(len(whole) if sealed else places[-1].end):
            if at in seal:
                continue
            written.disk.overwrite(path, at, bytes([whole[at] ^ (1 << random.randrange(8))]))
            with pytest.raises(JournalDamaged) as caught:
                inspect_directory(DIRECTORY, disk=written.disk)
            assert caught.value.segment == path
            for place in places:
                if place.start <= at < place.end:
                    assert (caught.value.offset, caught.value.seq) == (place.start, place.first_seq)
            written.disk.overwrite(path, at, whole[at : at + 1])
    assert inspect_directory(DIRECTORY, disk=written.disk).records == len(written.records)


def test_a_torn_seal_costs_no_record() -> None:
    written = Written([[400] * 3] * 12, close=True)
    place = [place for place in written.places if place.segment == written.segments[0]][-1]
    for at in range(place.end, place.end + COMMIT_HEADER_BYTES):
        written.disk.overwrite(place.segment, at, b"?")
        assert inspect_directory(DIRECTORY, disk=written.disk).records == len(written.records)
    assert payloads(written.open()) == written.records
    assert [payload for _, payload in read_directory(DIRECTORY, disk=written.disk)] == written.records


def test_reading_verifies_what_opening_did_not() -> None:
    written = Written([[400] * 3] * 12, close=True)
    first = written.places[0]
    written.disk.overwrite(first.segment, first.end - 50, b"?!")
    journal = Journal.open(
        JournalOptions(DIRECTORY, segment_bytes=4096, prepare_in_background=False, verify="tail"), written.disk
    )
    with pytest.raises(JournalDamaged) as caught:
        list(journal.read(1))
    assert (caught.value.segment, caught.value.offset, caught.value.seq) == (first.segment, first.start, 1)
    with pytest.raises(JournalDamaged):
        list(read_directory(DIRECTORY, disk=written.disk))


def test_a_missing_segment_is_named_wherever_it_was() -> None:
    sizes = [[400] * 3] * 12
    count = len(Written(sizes, close=True).segments)
    assert count >= 4
    for index in range(count):
        written = Written(sizes, close=True)
        path = written.segments[index]
        missing_seq = min(place.first_seq for place in written.places if place.segment == path)
        written.remove(path)
        with pytest.raises(JournalDamaged, match="missing") as caught:
            written.open()
        assert caught.value.seq == missing_seq


def test_a_journal_whose_every_segment_is_missing_is_not_a_new_one() -> None:
    written = Written([[10]], close=True)
    written.remove(written.segments[0])
    with pytest.raises(JournalDamaged, match="every segment is missing"):
        written.open()


def test_a_file_that_is_not_the_journals_is_named() -> None:
    written = Written([[10]], close=True)
    written.disk.close(written.disk.create(DIRECTORY / "notes.txt"))
    with pytest.raises(JournalForeign, match=r"notes\.txt.*does not belong"):
        written.open()


def test_a_file_system_of_its_own_is_fine() -> None:
    written = Written([[10]], close=True)
    written.disk.close(written.disk.create(DIRECTORY / "lost+found"))
    assert payloads(written.open()) == written.records


def test_a_segment_of_another_journal_is_refused() -> None:
    written, other = (Written([[400] * 3] * 12, close=True) for _ in range(2))
    path = written.segments[1]
    written.restore(path, other.snapshot(path))
    with pytest.raises(JournalForeign, match="another journal"):
        written.open()


def test_a_segment_under_another_name_is_refused() -> None:
    written = Written([[10]], close=True)
    written.disk.rename(written.segments[0], DIRECTORY / segment_name(2))
    with pytest.raises(JournalDamaged, match="begins with sequence 1"):
        Journal.open(
            JournalOptions(DIRECTORY, segment_bytes=4096, prepare_in_background=False, horizon_seq=2), written.disk
        )


def test_a_file_with_a_segments_name_that_is_none_is_refused() -> None:
    written = Written([[10]], close=True)
    written.restore(written.segments[0], b"To be, or not to be".ljust(4096))
    with pytest.raises(JournalDamaged, match="not a journal segment"):
        written.open()


def test_an_identity_that_cannot_be_read_is_refused() -> None:
    written = Written([[10]], close=True)
    written.restore(DIRECTORY / IDENTITY_NAME, b"whatever")
    with pytest.raises(JournalForeign, match="hexadecimal"):
        written.open()


def test_a_later_format_version_is_refused_by_its_number() -> None:
    written = Written([[10]], close=True)
    path = written.segments[0]
    packed = bytearray(written.snapshot(path)[:60])
    struct.pack_into("<H", packed, 8, 2)
    written.disk.overwrite(path, 0, bytes(packed) + struct.pack("<I", crc32c(bytes(packed))))
    with pytest.raises(JournalIncompatible, match="version 2; this code reads version 1") as caught:
        written.open()
    assert (caught.value.segment, caught.value.version) == (path, 2)


def test_a_valid_commit_with_the_wrong_sequence_is_damage() -> None:
    written = Written([[10]], close=False)
    path, end = written.segments[0], written.places[-1].end
    seed = struct.unpack_from("<I", written.snapshot(path), 60)[0]
    written.disk.overwrite(path, end, encode_commit([b"x"], 3, 1, seed))
    with pytest.raises(JournalDamaged, match="another sequence") as caught:
        written.open()
    assert (caught.value.offset, caught.value.seq) == (end, 2)


def test_a_record_that_holds_the_image_of_a_commit_proves_nothing() -> None:
    forged = encode_commit([b"forged"], 1000, 999, seed=0)
    written = Written([[10], [10]], close=False)
    journal = written.open()
    journal.commit([b"x" * pad + forged * 3 for pad in range(8)])
    place_end, path = journal._writer.tail, journal._writer.segment.path
    written.disk.kill_process()
    written.disk.overwrite(path, place_end - 8, b"torn")
    journal = written.open()
    assert payloads(journal) == written.records
    assert journal.recovery.truncated
