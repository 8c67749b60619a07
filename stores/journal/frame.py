"""The bytes of the journal: segment header, commit and mark. All integers little-endian; every part 8-byte aligned.

Segment header, 64 bytes at offset 0:

    magic 8s | version u16 | reserved u16 | reserved u32 | journal_id 16s | first_seq u64 | capacity u64
    | created_ns u64 | reserved u32 | crc u32 (CRC32C of the 60 bytes before it)

Commit, what one write carries and one sync makes durable:

    header   magic 4s | crc u32 | first_seq u64 | durable_seq u64 | kind u32 | count u32 | body_length u32
             | reserved u32
    body     lengths u32 x count | checksums u32 x count | the records, back to back | zeros to a multiple of 8

`crc` is the CRC32C of all that follows it, header and body, so a commit is verified by one call. It is seeded with the
CRC of the segment's header, which holds a random journal_id: a record that carries the image of a commit (a client
chose its bytes) is never taken for one. The lengths and the CRC32C of each record stand together at the head of the
body instead of before each record: framing and reading then need one pack, one join and one unpack a commit, which
measures four times faster. A length of 0 is no record.

`durable_seq` is the watermark: the last sequence that was known to be durable before these bytes were written. A mark
is a commit without records, written over the free space at the tail only to state the watermark; the next commit
overwrites it. A seal is a mark that also says: a later segment exists.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from google_crc32c import extend as crc32c_extend
from google_crc32c import value as crc32c

FORMAT_VERSION = 1
SEGMENT_MAGIC = b"TEJOURNL"
COMMIT_MAGIC = b"\xabTEC"

COMMIT, MARK, SEAL = 1, 2, 3

_SEGMENT_HEADER = struct.Struct("<8sHHI16sQQQI")
_COMMIT_PREFIX = struct.Struct("<4sI")
_COMMIT_FIELDS = struct.Struct("<QQIIII")
_COMMIT_HEADER = struct.Struct("<4sIQQIIII")
_CRC = struct.Struct("<I")

SEGMENT_HEADER_BYTES = _SEGMENT_HEADER.size + _CRC.size
COMMIT_HEADER_BYTES = _COMMIT_HEADER.size
RECORD_OVERHEAD_BYTES = 8
ALIGNMENT = 8
BODY_BYTES_MAX = 2**32 - ALIGNMENT
EMPTY_SLOT = bytes(COMMIT_HEADER_BYTES)

_PADDING = tuple(bytes(n) for n in range(ALIGNMENT))


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a segment says of itself. capacity: bytes it is made with; created_ns: UTC; seed: starts the CRCs."""

    journal_id: bytes
    first_seq: int
    capacity: int
    created_ns: int
    seed: int = 0

    def encode(self) -> bytes:
        fields = (SEGMENT_MAGIC, FORMAT_VERSION, 0, 0, self.journal_id, self.first_seq, self.capacity, self.created_ns)
        packed = _SEGMENT_HEADER.pack(*fields, 0)
        return packed + _CRC.pack(crc32c(packed))


class BadSegmentHeader(Exception):
    """The first bytes of a segment are not a valid header; the message says why."""


class UnknownVersion(Exception):
    """The header is intact, but of another format version."""

    def __init__(self, version: int) -> None:
        super().__init__(f"format version {version}")
        self.version = version


def decode_segment_header(data: bytes) -> SegmentHeader:
    """Read the first SEGMENT_HEADER_BYTES of a segment. Raises BadSegmentHeader or UnknownVersion."""
    if len(data) < SEGMENT_HEADER_BYTES:
        raise BadSegmentHeader(f"the file ends after {len(data)} bytes, inside the segment header")
    packed = data[: _SEGMENT_HEADER.size]
    magic, version, _, _, journal_id, first_seq, capacity, created_ns, _ = _SEGMENT_HEADER.unpack(packed)
    if magic != SEGMENT_MAGIC:
        raise BadSegmentHeader(f"not a journal segment: it begins with {magic!r}")
    (seed,) = _CRC.unpack_from(data, _SEGMENT_HEADER.size)
    if crc32c(packed) != seed:
        raise BadSegmentHeader("checksum of the segment header is wrong")
    if version != FORMAT_VERSION:
        raise UnknownVersion(version)
    return SegmentHeader(journal_id, first_seq, capacity, created_ns, seed)


def encode_commit(payloads: Sequence[bytes], first_seq: int, durable_seq: int, seed: int) -> bytes:
    """One commit of at least one record. Raises ValueError for an empty record or a body of 4 GiB or more."""
    lengths = [*map(len, payloads)]
    if not all(lengths):
        raise ValueError(f"record {first_seq + lengths.index(0)} is empty: a length of 0 is no record")
    count = len(lengths)
    unpadded = sum(lengths) + RECORD_OVERHEAD_BYTES * count
    padding = -unpadded % ALIGNMENT
    if unpadded > BODY_BYTES_MAX:
        raise ValueError(f"a commit of {unpadded} bytes is larger than {BODY_BYTES_MAX}")
    fields = _COMMIT_FIELDS.pack(first_seq, durable_seq, COMMIT, count, unpadded + padding, 0)
    table = struct.pack(f"<{2 * count}I", *lengths, *map(crc32c, payloads))
    covered = b"".join((fields, table, *payloads, _PADDING[padding]))
    return _COMMIT_PREFIX.pack(COMMIT_MAGIC, crc32c_extend(seed, covered)) + covered


def encode_mark(kind: int, next_seq: int, durable_seq: int, seed: int) -> bytes:
    """A commit without records (kind MARK or SEAL): all before `next_seq` is written, up to `durable_seq` durable."""
    covered = _COMMIT_FIELDS.pack(next_seq, durable_seq, kind, 0, 0, 0)
    return _COMMIT_PREFIX.pack(COMMIT_MAGIC, crc32c_extend(seed, covered)) + covered


class Commit:
    """A commit whose CRC was verified. offset and end: where it lies in the segment."""

    __slots__ = ("_covered", "count", "durable_seq", "end", "first_seq", "kind", "offset")

    def __init__(
        self, offset: int, end: int, first_seq: int, durable_seq: int, kind: int, count: int, covered: bytes
    ) -> None:
        self.offset = offset
        self.end = end
        self.first_seq = first_seq
        self.durable_seq = durable_seq
        self.kind = kind
        self.count = count
        self._covered = covered

    @property
    def last_seq(self) -> int:
        return self.first_seq + self.count - 1

    def payloads(self) -> list[bytes]:
        """The records in order. The commit's CRC covers them, so their own are not looked at again."""
        covered, count = self._covered, self.count
        start = _COMMIT_FIELDS.size + RECORD_OVERHEAD_BYTES * count
        lengths = struct.unpack_from(f"<{count}I", covered, _COMMIT_FIELDS.size)
        if count == 1:
            return [covered[start : start + lengths[0]]]
        return [covered[a:b] for a, b in pairwise(accumulate(lengths, initial=start))]


def decode_commit(data: bytes, at: int, seed: int, offset: int) -> Commit | int | None:
    """The commit that stands at `at` in `data` (at `offset` in its segment).

    None if what stands there is not a valid commit; a number where `data` ends too early: the bytes that it takes.
    """
    have = len(data) - at
    if have < COMMIT_HEADER_BYTES:
        return COMMIT_HEADER_BYTES
    magic, crc, first_seq, durable_seq, kind, count, body_length, _ = _COMMIT_HEADER.unpack_from(data, at)
    if magic != COMMIT_MAGIC or body_length % ALIGNMENT:
        return None
    length = COMMIT_HEADER_BYTES + body_length
    if length > have:
        return int(length)
    covered = data[at + _COMMIT_PREFIX.size : at + length]
    if crc32c_extend(seed, covered) != crc:
        return None
    return Commit(offset, offset + length, first_seq, durable_seq, kind, count, covered)


def describe_damage(data: bytes, at: int, first_seq: int) -> str:
    """Why there is no valid commit at `at`, in words; the records' own checksums tell which one is damaged."""
    needed = decode_commit(data, at, 0, 0)
    if isinstance(needed, int):
        return f"a commit of {needed} bytes should be there, but the file ends after {len(data) - at}"
    magic, _, _, _, _, count, body_length, _ = _COMMIT_HEADER.unpack_from(data, at)
    start = COMMIT_HEADER_BYTES + RECORD_OVERHEAD_BYTES * count
    if magic != COMMIT_MAGIC or body_length % ALIGNMENT or start > COMMIT_HEADER_BYTES + body_length:
        return "the commit's header is damaged"
    table = struct.unpack_from(f"<{2 * count}I", data, at + COMMIT_HEADER_BYTES)
    bounds = pairwise(accumulate(table[:count], initial=at + start))
    for seq, ((a, b), checksum) in enumerate(zip(bounds, table[count:], strict=True), first_seq):
        if crc32c(data[a:b]) != checksum:
            return f"the commit's checksum is wrong, and so is that of its record {seq}"
    return "the commit's checksum is wrong"


def proves_durable(data: bytes, seed: int, seq: int) -> bool:
    """Whether any valid commit or mark in `data` (8-byte aligned in its segment) states that `seq` was durable."""
    at = data.find(COMMIT_MAGIC)
    while 0 <= at <= len(data) - COMMIT_HEADER_BYTES:
        durable_seq = _COMMIT_HEADER.unpack_from(data, at)[3]
        if at % ALIGNMENT == 0 and durable_seq >= seq and isinstance(decode_commit(data, at, seed, at), Commit):
            return True
        at = data.find(COMMIT_MAGIC, at + 1)
    return False
