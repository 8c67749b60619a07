"""FIX tag=value: framed messages out of a byte stream, fields out of a frame, and messages into bytes.

A frame is ``8=FIX…|9=length|35=…|…|10=sum|`` with a right BodyLength and CheckSum; anything else is garbled and skipped
up to the next plausible start, without a sequence number being spent (FIX 4.4 vol. 2, "garbled message"). Pure and hot:
a NewOrderSingle is found in 0.4 µs and split into its fields in 2 to 3.
"""

from __future__ import annotations

import re
from functools import lru_cache
from sys import maxsize
from typing import TYPE_CHECKING
from zlib import adler32

import msgspec

from gateways.fix.groups import DATA_LENGTH_TAG, LENGTH_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable

SOH = "\x01"
_SOH_BYTE = 1
_START = b"8=FIX"
_HEADER = re.compile(rb"8=FIX[^\x01=]{0,12}\x019=(\d{1,7})\x0135=")
_HEADER_MAX = 40
"""More bytes than any header needs: a start that does not match with as many is garbled."""
_TRAILER = re.compile(rb"10=\d\d\d\x01")
_TRAILER_SIZE = 7
_NEXT = re.compile(rb"\x0110=\d\d\d\x01(?=8=FIX)")
"""One message's trailer with the start of the next one behind it."""
_TRAILERS = tuple(b"10=%03d\x01" % value for value in range(256))

_PLAIN_TAGS = frozenset(map(str, range(1, 10_000))) - LENGTH_TAGS
"""Tags that need no care: with one look-up each, no sign, leading zero, letter or data length slips through."""

# Adler-32's low half is 1 + the byte sum modulo 65521, so it ends in the FIX checksum while the sum stays below 65520.
_ADLER_ANY_MAX = 256
_ADLER_ASCII_MAX = 515


def checksum(data: bytes) -> int:
    """The sum of all bytes modulo 256 (tag 10), at the speed of C."""
    size = len(data)
    if size <= _ADLER_ANY_MAX or (size <= _ADLER_ASCII_MAX and data.isascii()):
        return (adler32(data) - 1) & 0xFF
    return sum(adler32(data[at : at + _ADLER_ANY_MAX]) - 1 for at in range(0, size, _ADLER_ANY_MAX)) & 0xFF


# A frame's own sum includes its trailer's, so what Adler-32 gives for a right frame follows from the end of it.
_ADLER_BY_END = {b"\x01%b" % trailer: (1 + value + sum(trailer)) & 0xFF for value, trailer in enumerate(_TRAILERS)}
_END_SIZE = 1 + _TRAILER_SIZE
_HEADER_SHORT = 20
"""Bytes of a header with FIXT.1.1 and three digits of BodyLength, of which clients send a few different ones."""


@lru_cache(maxsize=1024)
def _short_size(start: bytes) -> int:
    """The size of the frame that begins with ``start``; beyond all sizes unless it is short, and says so here."""
    header = _HEADER.match(start)
    if header is None:
        return maxsize
    size = header.end() - len(b"35=") + int(header[1]) + _TRAILER_SIZE
    return size if size <= _ADLER_ANY_MAX else maxsize


class Framer:
    """Finds frames in what a connection receives. Work is linear in the bytes fed, whatever they are."""

    __slots__ = ("_data", "_pos", "_size_max", "garbled")

    def __init__(self, size_max: int) -> None:
        self._data = b""
        self._pos = 0
        self._size_max = size_max
        self.garbled = 0
        """How often something had to be skipped."""

    def feed(self, data: bytes) -> None:
        self._data = self._data[self._pos :] + data if self._pos < len(self._data) else data
        self._pos = 0

    def take(self, count: int) -> list[bytes]:
        """Up to ``count`` complete frames, in order; fewer when the rest is incomplete."""
        frames: list[bytes] = []
        is_complete = True
        while is_complete and len(frames) < count and self._pos < len(self._data):
            if self._size_max >= _ADLER_ANY_MAX:
                self._take_short(frames, count)
            if len(frames) < count:
                is_complete = self._take_one(frames)
        return frames

    def _take_short(self, frames: list[bytes], count: int) -> None:
        """Right frames of few bytes, as nearly all are, up to the first that is anything else."""
        data, pos = self._data, self._pos
        size = len(data)
        keep, adler_by_end = frames.append, _ADLER_BY_END.get
        for _ in range(count - len(frames)):
            after = pos + _short_size(data[pos : pos + _HEADER_SHORT])
            if after > size:
                break
            frame = data[pos:after]
            if adler32(frame) & 0xFF != adler_by_end(frame[-_END_SIZE:]):
                break
            keep(frame)
            pos = after
        self._pos = pos

    def _take_one(self, frames: list[bytes]) -> bool:
        """Any frame, or over what is none. False if the rest is incomplete."""
        data, pos = self._data, self._pos
        size = len(data)
        header = _HEADER.match(data, pos)
        if header is None:
            if size - pos < _HEADER_MAX and (data.startswith(_START, pos) or _START.startswith(data[pos:])):
                return False
            self._pos = self._skip(pos)
            return True
        end = header.end() - len(b"35=") + int(header[1])
        after = end + _TRAILER_SIZE
        if after - pos > self._size_max:
            self._pos = self._skip(pos)
        elif after > size:
            return False
        elif not _TRAILER.match(data, end) or data[end - 1] != _SOH_BYTE:
            self._pos = self._skip(pos)
        else:
            # A wrong sum skips all that the length covers, so that no byte is summed up twice.
            if data[end:after] == _TRAILERS[checksum(data[pos:end])]:
                frames.append(data[pos:after])
            else:
                self.garbled += 1
            self._pos = after
        return True

    @property
    def doubtful(self) -> bool:
        """Whether a message whose end has not come holds a trailer and the start of another: its BodyLength may be too
        long, or its data be a message."""
        return self._pos < len(self._data) and _NEXT.search(self._data, self._pos) is not None

    def resume(self) -> None:
        """The rest of a doubtful message has not come for long. It is skipped if all behind its trailer is whole
        messages, for then they are the client's and not its data."""
        found = _NEXT.search(self._data, self._pos)
        if found is None:
            return
        behind = Framer(self._size_max)
        behind.feed(self._data[found.end() :])
        if behind.take(self._size_max) and not behind.garbled and behind.is_empty:
            self.garbled += 1
            self._pos = found.end()

    @property
    def is_empty(self) -> bool:
        """Whether all that was fed has been taken or skipped."""
        return self._pos == len(self._data)

    def _skip(self, pos: int) -> int:
        """Where the next message can start; what the end of the data may have begun is kept."""
        self.garbled += 1
        data = self._data
        found = data.find(_START, pos + 1)
        if found >= 0:
            return found
        for kept in range(min(len(_START) - 1, len(data) - pos - 1), 0, -1):
            if data.endswith(_START[:kept]):
                return len(data) - kept
        return len(data)


WITHOUT_A_VALUE = 4
"""SessionRejectReason (373) of the one fault that the dictionary may overrule: the field may be one to drop."""
WITH_DELIMITER = 'Non "data" value includes field delimiter (<SOH> character)'
"""What a field without ``=`` is (SessionRejectReason 17)."""
_NO_TAG = re.compile(r"0|-[1-9]\d{0,8}", re.ASCII).fullmatch
"""Integers that can be no tag; RefTagID (371) can name them."""


class Fault(msgspec.Struct, frozen=True):
    """Why a message can't be read: what a session Reject (35=3) says."""

    reason: int
    """SessionRejectReason (373)."""
    tag: str
    """RefTagID (371); empty where the tag is no number."""
    text: str


class Message(msgspec.Struct, gc=False):
    """A framed message's fields. Values are the bytes read as ISO 8859-1, so they go back out unchanged."""

    fields: dict[str, str]
    """Tag → value; for a tag that a repeating group repeats, the first."""
    pairs: list[list[str]]
    """``[tag, value]`` in the order received, BeginString to the last before CheckSum."""
    fault: Fault | None = None
    """What the syntax, or later the dictionary, finds wrong with it."""

    @property
    def msg_type(self) -> str:
        return self.fields["35"]


def parse(frame: bytes) -> Message:
    """A frame's fields in one pass; a syntax error is told by ``fault`` and leaves what could be read.

    Which tags may stand more than once is for the dictionary to say (:mod:`gateways.fix.validation`).
    """
    text = frame[:-8].decode("latin-1")
    pairs = [field.split("=", 1) for field in text.split(SOH)]
    try:
        fields: dict[str, str] = dict(pairs)
    except ValueError:
        return _parse_with_care(text)
    if not _PLAIN_TAGS.issuperset(fields) or "=\x01" in text or text[-1] == "=":
        return _parse_with_care(text)
    if len(fields) != len(pairs):
        fields = dict(reversed(pairs))  # the first of each tag counts
    return Message(fields, pairs)


def _parse_with_care(text: str) -> Message:
    """The same for everything unusual: data fields, high tags, errors. Reads on after an error."""
    pairs: list[list[str]] = []
    fields: dict[str, str] = {}
    fault: Fault | None = None
    pos = 0
    size = len(text)
    while pos <= size:  # one SOH too many at the end is an empty field too
        tag, value, pos, wrong = _field(text, pos, pairs[-1] if pairs else None)
        if wrong is not None and (fault is None or fault.reason == WITHOUT_A_VALUE):
            fault = wrong
        fields.setdefault(tag, value)
        pairs.append([tag, value])
    fields.setdefault("35", "")
    return Message(fields, pairs, fault)


def _field(text: str, pos: int, before: list[str] | None) -> tuple[str, str, int, Fault | None]:
    """One field at ``pos``: tag, value, where the next one starts, what is wrong with it."""
    end = text.find(SOH, pos)
    if end < 0:
        end = len(text)
    tag, equals, value = text[pos:end].partition("=")
    if not equals:  # the value before it went on behind its end
        return "", "", end + 1, Fault(17, before[0] if before else "", WITH_DELIMITER)
    if not (tag.isascii() and tag.isdigit()) or tag[0] == "0":
        return "", "", end + 1, Fault(0, tag if _NO_TAG(tag) else "", "Invalid tag number")
    length_tag = DATA_LENGTH_TAG.get(tag)
    if length_tag is not None and before is not None and before[0] == length_tag:
        length = before[1]
        start = pos + len(tag) + 1
        if not (length.isascii() and length.isdigit() and len(length) <= 7):
            return tag, value, end + 1, Fault(6, length_tag, "Incorrect data format for value")
        end = start + int(length)
        if end > len(text) or text[end : end + 1] not in ("", SOH):
            return tag, value, start + len(value) + 1, Fault(5, length_tag, "Data length is incorrect")
        value = text[start:end]
    if not value:
        return tag, value, end + 1, Fault(WITHOUT_A_VALUE, tag, "Tag specified without a value")
    return tag, value, end + 1, None


class Encoder:
    """Messages of one session into bytes: everything that never changes is put together once.

    A message's content is what BodyLength counts, MsgType to the last field before CheckSum: ``35=…|34=…``, what
    :meth:`header` gives, flags (43, 97, 122) and body, each of them fields that end with SOH.
    """

    __slots__ = ("_begin", "_comp_ids", "_header", "_sending_time")

    def __init__(self, begin_string: str, sender_comp_id: str, target_comp_id: str) -> None:
        self._begin = f"8={begin_string}\x019="
        self._comp_ids = f"\x0149={sender_comp_id}\x0156={target_comp_id}\x0152="
        self._sending_time = ""
        self._header = ""

    def header(self, sending_time: str) -> str:
        """What follows MsgSeqNum in every message: its SOH, the CompIDs and SendingTime."""
        if sending_time is not self._sending_time:  # messages of one batch share it
            self._sending_time = sending_time
            self._header = f"{self._comp_ids}{sending_time}\x01"
        return self._header

    def content(self, msg_type: str, number: int, sending_time: str, body: str, flags: str = "") -> str:
        """A message's content; who makes many of one SendingTime puts :meth:`header` into them himself."""
        return f"35={msg_type}\x0134={number}{self.header(sending_time)}{flags}{body}"

    def encode(self, msg_type: str, number: int, sending_time: str, body: str, flags: str = "") -> bytes:
        """A whole message."""
        return self.join((self.content(msg_type, number, sending_time, body, flags),))

    def join(self, contents: Iterable[str]) -> bytes:
        """Whole messages of these contents, one behind the other."""
        begin, trailers = self._begin, _TRAILERS
        parts: list[bytes] = []
        keep = parts.append
        for content in contents:
            text = f"{begin}{len(content)}\x01{content}"
            data = text.encode("latin-1", "replace")
            keep(data)
            if text.isascii() and len(data) <= _ADLER_ASCII_MAX:  # a string knows that of itself
                keep(trailers[(adler32(data) - 1) & 0xFF])
            else:
                keep(trailers[checksum(data)])
        return b"".join(parts)


def printable(text: str) -> str:
    """``text`` as it may stand in a field: without SOH, and never empty."""
    return text.replace(SOH, " ") or "-"
