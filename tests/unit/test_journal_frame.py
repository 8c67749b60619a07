"""The bytes of the journal."""

from __future__ import annotations

import struct

import pytest
from google_crc32c import value as crc32c

from stores.journal.frame import (
    COMMIT_HEADER_BYTES,
    MARK,
    SEGMENT_HEADER_BYTES,
    BadSegmentHeader,
    Commit,
    SegmentHeader,
    UnknownVersion,
    decode_commit,
    decode_segment_header,
    describe_damage,
    encode_commit,
    encode_mark,
    proves_durable,
)

HEADER = SegmentHeader(journal_id=bytes(range(16)), first_seq=7, capacity=4096, created_ns=1_700_000_000_000_000_000)
SEED = 0xC0FFEE


def decoded(frame: bytes, seed: int = SEED) -> Commit:
    commit = decode_commit(frame, 0, seed, 64)
    assert isinstance(commit, Commit)
    return commit


def test_segment_header_comes_back_and_its_checksum_is_the_seed() -> None:
    encoded = HEADER.encode()
    assert len(encoded) == SEGMENT_HEADER_BYTES
    header = decode_segment_header(encoded + b"what follows")
    assert (header.journal_id, header.first_seq, header.capacity) == (HEADER.journal_id, 7, 4096)
    assert header.created_ns == HEADER.created_ns
    assert header.seed == crc32c(encoded[:60])


def test_every_flipped_byte_of_a_segment_header_is_noticed() -> None:
    encoded = HEADER.encode()
    for at in range(len(encoded)):
        flipped = bytearray(encoded)
        flipped[at] ^= 0x10
        with pytest.raises(BadSegmentHeader):
            decode_segment_header(bytes(flipped))


def test_an_intact_header_of_another_version_is_told_from_a_damaged_one() -> None:
    packed = bytearray(HEADER.encode()[:60])
    struct.pack_into("<H", packed, 8, 2)
    with pytest.raises(UnknownVersion) as caught:
        decode_segment_header(bytes(packed) + struct.pack("<I", crc32c(bytes(packed))))
    assert caught.value.version == 2


def test_commit_layout_is_as_documented() -> None:
    frame = encode_commit([b"abc", b"de"], first_seq=5, durable_seq=4, seed=SEED)
    body = struct.pack("<4I", 3, 2, crc32c(b"abc"), crc32c(b"de")) + b"abcde" + bytes(3)
    assert frame[:4] == b"\xabTEC"
    assert frame[8:] == struct.pack("<QQIIII", 5, 4, 1, 2, len(body), 0) + body
    assert len(frame) % 8 == 0


def test_commit_comes_back() -> None:
    payloads = [b"a", b"bc" * 100, b"\0"]
    commit = decoded(encode_commit(payloads, 5, 4, SEED))
    assert commit.payloads() == payloads
    assert (commit.first_seq, commit.last_seq, commit.durable_seq) == (5, 7, 4)
    assert (commit.offset, commit.end) == (64, 64 + len(encode_commit(payloads, 5, 4, SEED)))


def test_a_commit_belongs_to_its_segment() -> None:
    assert decode_commit(encode_commit([b"a"], 5, 4, SEED), 0, SEED + 1, 64) is None


def test_an_empty_record_is_refused() -> None:
    with pytest.raises(ValueError, match="record 6 is empty"):
        encode_commit([b"a", b""], 5, 4, SEED)


def test_a_cut_commit_says_how_many_bytes_it_takes() -> None:
    frame = encode_commit([b"abc"], 5, 4, SEED)
    assert decode_commit(frame[:10], 0, SEED, 64) == COMMIT_HEADER_BYTES
    assert decode_commit(frame[:-1], 0, SEED, 64) == len(frame)


def test_a_mark_carries_the_watermark_and_no_record() -> None:
    mark = decoded(encode_mark(MARK, 9, 8, SEED))
    assert (mark.kind, mark.first_seq, mark.durable_seq, mark.count) == (MARK, 9, 8, 0)


def test_damage_is_described_by_the_record_it_hit() -> None:
    frame = bytearray(encode_commit([b"first", b"second"], 5, 4, SEED))
    frame[frame.index(b"second")] ^= 1
    assert "record 6" in describe_damage(bytes(frame), 0, 5)
    assert "file ends after" in describe_damage(bytes(frame[:-8]), 0, 5)
    assert "header is damaged" in describe_damage(b"x" * 64, 0, 5)


def test_only_valid_commits_of_the_segment_prove_something() -> None:
    rubbish = b"?" * 16
    proof = encode_commit([b"later"], 10, 9, SEED)
    assert proves_durable(rubbish + proof, SEED, 9)
    assert not proves_durable(rubbish + proof, SEED, 10)
    assert not proves_durable(b"?" + proof, SEED, 9), "commits are aligned"
    assert not proves_durable(rubbish + encode_commit([b"later"], 10, 9, SEED + 1), SEED, 9)
    assert not proves_durable(rubbish + proof[:-1], SEED, 9)
    assert proves_durable(rubbish + encode_mark(MARK, 10, 9, SEED), SEED, 9)
