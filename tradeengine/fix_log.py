"""Finds FIX messages in logs: raw files of an engine, console output, e-mails; whatever stands around them.

Fields end with SOH or with what logs put in its place (``|``, ``^A``, ``<SOH>``, ``\\x01``), told by the first of each
message. Data fields may hold anything, as their length is said before. A message ends with its CheckSum; one that has
none ends where the next begins or, if that comes first, with its line. Memory is bounded by :data:`MESSAGE_MAX`, work
is linear in the input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from gateways.fix.groups import DATA_LENGTH_TAG

MESSAGE_MAX: Final = 1 << 20
"""Bytes of one message; at more it counts as cut short."""
_START: Final = re.compile(rb"(?<![0-9])8=FIX[.T][0-9A-Z.]{0,10}(\x01|\||\^A|<SOH>|\\x01|\\u0001)")
_START_MAX: Final = 32
"""More bytes than any start has: so many are kept at the end of what has come."""
_TAG: Final = re.compile(rb"([0-9]{1,9})=")
_CHECKSUM: Final = re.compile(rb"10=([0-9]{1,9}|[^\s\x01|^<\\]{0,9})")
_LENGTH: Final = re.compile(r"[0-9]{1,7}")


class RawMessage(msgspec.Struct, frozen=True):
    """A message as it stands in the log."""

    line: int
    """Where it begins, from 1."""
    pairs: list[tuple[str, str]]
    """Tag and value in order, read as ISO 8859-1; the tag is empty for what is no ``tag=value``."""
    complete: bool
    """Whether it ends with a CheckSum."""


class LogScanner:
    """Takes a log in pieces of any size and gives its messages."""

    def __init__(self) -> None:
        self._data = b""
        self._begin = 0
        """Where in the data to go on; a byte before it stays, as it says whether a start is one."""
        self._line = 1
        """Of the byte there."""
        self._misled_upto = 0
        """Up to here in the data lengths of data fields are not believed: they have led past a message's end."""

    def feed(self, data: bytes) -> Iterator[RawMessage]:
        """The messages that are complete by now."""
        self._data += data
        yield from self._messages(final=False)

    def finish(self) -> Iterator[RawMessage]:
        """The log has ended: what is left."""
        yield from self._messages(final=True)

    def _messages(self, *, final: bool) -> Iterator[RawMessage]:
        data = self._data
        pos = counted = self._begin
        while (start := _START.search(data, pos)) is not None:
            begin = start.start()
            walk = self._walked(data, begin, start[1], final)
            if not walk.ended:
                self._keep(begin, counted)
                return
            self._line += data.count(b"\n", counted, begin)
            counted = begin
            yield RawMessage(self._line, walk.pairs, walk.complete)
            pos = max(walk.at, begin + 1)
        self._keep(len(data) if final else max(pos, len(data) - _START_MAX), counted)

    def _keep(self, pos: int, counted: int) -> None:
        self._line += self._data.count(b"\n", counted, pos)
        kept = max(0, pos - 1)
        self._misled_upto = max(0, self._misled_upto - kept)
        self._data = self._data[kept:]
        self._begin = pos - kept

    def _walked(self, data: bytes, begin: int, delimiter: bytes, final: bool) -> _Walk:
        walk = _Walk(data, begin, delimiter, final, believing=begin >= self._misled_upto)
        if walk.ended and not walk.complete and walk.jumped:
            self._misled_upto = walk.at
            walk = _Walk(data, begin, delimiter, final, believing=False)
        if walk.ended and not walk.complete:
            walk.cut()
        return walk


class _Walk:
    """Reads on from a message's start, field by field, until its end is known or more must come."""

    def __init__(self, data: bytes, begin: int, delimiter: bytes, final: bool, *, believing: bool) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.at = begin
        """How far it has come; at last, the first byte after the message."""
        self.ended = False
        self.complete = False
        self.jumped = False
        """A data field's length has been believed."""
        self._data = data
        self._limit = begin + MESSAGE_MAX
        self._delimiter = delimiter
        self._final = final
        self._next_start = _start_with(delimiter)
        self._line_end = -1
        """The first one inside of a value; -1 = there is none."""
        self._line_pairs = 0
        """How many fields came before that value."""
        moved = True
        while moved and not self.ended and self.at < len(data):
            before = self.at
            if data.startswith(b"10=", before):
                self._take_checksum()
            elif not (believing and self._take_data()):
                self._take_plain()
            moved = self.at > before
        self.ended |= final

    def cut(self) -> None:
        """A message without CheckSum ends with its line."""
        if self._line_end >= 0:
            tag, value = self.pairs[self._line_pairs]
            value = value.partition("\n")[0].rstrip("\r")
            self.pairs[self._line_pairs :] = [(tag, value)] if tag or value else []
            self.at = self._line_end

    def _take_checksum(self) -> None:
        data, delimiter = self._data, self._delimiter
        found = _CHECKSUM.match(data, self.at)
        assert found is not None
        after = data[found.end() : found.end() + len(delimiter)]
        if after != delimiter and delimiter.startswith(after) and not self._final:
            return
        self.pairs.append(("10", found[1].decode("latin-1")))
        self.at = found.end() + len(delimiter) * (after == delimiter)
        self.ended = self.complete = True

    def _take_data(self) -> bool:
        """Whether this is a data field, or may be one when more has come."""
        found = _TAG.match(self._data, self.at)
        if found is None or not self.pairs:
            return False
        tag = found[1].decode()
        length_tag, length = self.pairs[-1]
        if DATA_LENGTH_TAG.get(tag) != length_tag or not _LENGTH.fullmatch(length):
            return False
        end = found.end() + int(length)
        after = end + len(self._delimiter)
        if end > self._limit or after > len(self._data):
            return end <= self._limit and not self._final
        if not self._data.startswith(self._delimiter, end):
            return False
        self.pairs.append((tag, self._data[found.end() : end].decode("latin-1")))
        self.at = after
        self.jumped = True
        return True

    def _take_plain(self) -> None:
        """Any other field, or what stands in place of one."""
        data, at = self._data, self.at
        end = data.find(self._delimiter, at)
        if end < 0 and not self._final:
            self.ended = len(data) > self._limit
            return
        after = len(data) if end < 0 else end + len(self._delimiter)
        start = self._next_start.search(data, at if self.pairs else at + 1, after)
        if start is not None:
            end = after = start.start()
            self.ended = True
        elif after > self._limit:
            self.ended = True
            return
        piece = data[at : after if end < 0 else end].decode("latin-1")
        if not piece and self.ended:
            return
        if "\n" in piece and self._line_end < 0:
            self._line_end, self._line_pairs = at + piece.index("\n"), len(self.pairs)
        found = _TAG.match(data, at, at + len(piece))
        if found is None:
            self.pairs.append(("", piece))
            self.ended |= self._line_end >= 0
        else:
            self.pairs.append((found[1].decode(), piece[len(found[0]) :]))
        self.at = after


@cache
def _start_with(delimiter: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![0-9])8=FIX[.T][0-9A-Z.]{0,10}" + re.escape(delimiter))
