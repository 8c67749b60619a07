"""FIX messages that are a little wrong: seeded mutations that know of fields, groups, headers, lengths and checksums.

Most keep the frame right, so that what is behind the framing gets to see them; some damage it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from fix_venue import NOW_TEXT
from fuzz_messages import BODIES, HEADER, TAGS, VALUES

_SOH = b"\x01"
_PLAIN = 0.3
"""Messages that are plain orders and cancels, all of one form: what an engine sends most of the time."""
_PLAIN_ODD = 0.05
"""Those of them that have one odd value."""
_RIGHT = 0.15
"""Of the others, those that are left as they are but for their number."""
_HEADER_WRONG = 0.02
_DAMAGED = 0.12
"""Messages whose bytes are changed after length and checksum have been written."""
_LEAVING = 0.05
"""How often a message that is to end the session stays one: a session that lives is seen more of."""
_PLAIN_FIELDS = (b"21=1", b"55=BTC/USD", b"54=1", b"60=" + NOW_TEXT.encode())
Fields = list[bytes]
T = TypeVar("T")


def framed(begin_string: bytes, content: bytes) -> bytes:
    """``content``, which ends with SOH, with BeginString, BodyLength and CheckSum around it."""
    data = b"8=%s\x019=%d\x01%s" % (begin_string, len(content), content)
    return b"%s10=%03d\x01" % (data, sum(data) & 255)


def is_sound(frame: bytes) -> bool:
    """Whether BodyLength (9) and CheckSum (10) are right: told here by the plainest means, as the oracle."""
    begin, length, _ = frame.split(_SOH, 2)
    trailer = frame[-7:]
    if not (begin.startswith(b"8=") and length.startswith(b"9=") and length[2:].isdigit()):
        return False
    if not (trailer.startswith(b"10=") and trailer[3:6].isdigit() and trailer.endswith(_SOH)):
        return False
    body_at = len(begin) + len(length) + 2
    return int(length[2:]) == len(frame) - 7 - body_at and sum(frame[:-7]) % 256 == int(trailer[3:6])


class Mutator:
    """An endless supply of one client's messages in one version; the same for the same ``seed``."""

    def __init__(self, begin_string: str, seed: int, msg_types: tuple[str, ...] = ()) -> None:
        """``msg_types``: only these kinds; empty: all."""
        self.rng = Random(seed)
        self._begin = begin_string.encode()
        self._header = [field.encode() for field in HEADER.split("|")]
        self._seeds = [
            (b"35=" + kind.encode(), [field.encode("latin-1") for field in body.split("|") if field])
            for kind, body in BODIES
            if not msg_types or kind in msg_types
        ]
        if begin_string == "FIXT.1.1":
            for kind, fields in self._seeds:
                if kind == b"35=A":
                    fields.append(b"1137=9")
        self._varied = len({kind for kind, _ in self._seeds}) > 2
        self._changes: tuple[Callable[[Fields], None], ...] = (
            self._drop, self._repeat, self._swap, self._other_value, self._other_value, self._other_value,
            self._other_tag, self._insert, self._flip, self._borrow, self._data_field,
        )  # fmt: skip

    def message(self, seq: int) -> bytes:
        """One message with MsgSeqNum ``seq``, most often."""
        chance = self.rng.random
        if chance() < _PLAIN:
            return self._plain(seq)
        kind, seed = self._pick(self._seeds)
        while kind in (b"35=5", b"35=A") and self._varied and chance() > _LEAVING:
            kind, seed = self._pick(self._seeds)
        header = [kind, b"34=%d" % seq, *self._header]
        if chance() < _RIGHT:
            return framed(self._begin, _SOH.join(header + seed) + _SOH)
        fields = seed.copy()
        for _ in range(1 + int(chance() ** 3 * 6)):
            self._pick(self._changes)(fields)
        if chance() < _HEADER_WRONG:
            self._pick(self._changes)(header)
        data = framed(self._begin, _SOH.join(header + fields) + _SOH)
        return self._damage(data) if chance() < _DAMAGED else data

    def _plain(self, seq: int) -> bytes:
        """An order, or one in four times a cancel, as an engine writes them."""
        if not self._varied:
            kind, fields = self._seeds[0]
        elif seq % 4:
            kind = b"35=D"
            fields = [b"11=P%d" % seq, *_PLAIN_FIELDS, b"38=%d" % (1 + seq % 900), b"40=2", b"44=%d.25" % (seq % 7000)]
        else:
            kind, fields = b"35=F", [b"11=F%d" % seq, b"41=P%d" % (seq - 1), *_PLAIN_FIELDS]
        if self.rng.random() < _PLAIN_ODD:
            fields = fields.copy()
            self._other_value(fields)
        return framed(self._begin, _SOH.join([kind, b"34=%d" % seq, *self._header, *fields]) + _SOH)

    def segments(self, data: bytes) -> list[bytes]:
        """``data`` as a socket may bring it: cut anywhere."""
        rng = self.rng
        cut: list[bytes] = []
        at = 0
        while at < len(data):
            size = 1 + int(rng.random() ** 4 * 4000)
            cut.append(data[at : at + size])
            at += size
        return cut

    def rewritten(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
        """The message in ``data`` with its content changed and a right frame around it."""
        start, end = data.find(b"35="), data.rfind(b"10=")
        return framed(self._begin, change(data[start:end])) if 0 <= start < end else change(data)

    def _pick(self, choices: Sequence[T]) -> T:
        # Random.choice takes five times as long.
        return choices[int(self.rng.random() * len(choices))]

    # ---- one change of a list of fields -----------------------------------------------------------------------------

    def _place(self, fields: Fields) -> int:
        return int(self.rng.random() * len(fields))

    def _drop(self, fields: Fields) -> None:
        if fields:
            del fields[self._place(fields)]

    def _repeat(self, fields: Fields) -> None:
        if fields:
            fields.insert(self._place(fields), self._pick(fields))

    def _swap(self, fields: Fields) -> None:
        if fields:
            one, other = self._place(fields), self._place(fields)
            fields[one], fields[other] = fields[other], fields[one]

    def _other_value(self, fields: Fields) -> None:
        if fields:
            at = self._place(fields)
            fields[at] = fields[at].partition(b"=")[0] + b"=" + self._pick(VALUES)

    def _other_tag(self, fields: Fields) -> None:
        if fields:
            at = self._place(fields)
            fields[at] = self._pick(TAGS) + b"=" + fields[at].partition(b"=")[2]

    def _insert(self, fields: Fields) -> None:
        at = self._place(fields) if fields else 0
        fields.insert(at, self._pick(TAGS) + b"=" + self._pick(VALUES))

    def _flip(self, fields: Fields) -> None:
        if fields:
            at = self._place(fields)
            changed = bytearray(fields[at])
            if changed:
                changed[self._place(fields) % len(changed)] = int(self.rng.random() * 256)
            fields[at] = bytes(changed)

    def _borrow(self, fields: Fields) -> None:
        """A run of another message's fields."""
        other = self._pick(self._seeds)[1]
        at = int(self.rng.random() * (len(other) + 1))
        fields[len(fields) :] = other[at : at + 4]

    def _data_field(self, fields: Fields) -> None:
        """A data field with SOH in it, its length right or nearly so."""
        value = self._pick((b"a\x01b", b"8=FIX.4.4\x019=5\x01", b"\x01", b"10=000\x01", b"x" * 40))
        length = len(value) + self._pick((0, 0, 0, 1, -1, 1000))
        tags = self._pick(((b"95", b"96"), (b"354", b"355"), (b"348", b"349"), (b"93", b"89"), (b"212", b"213")))
        at = self._place(fields) if fields else 0
        fields[at:at] = [b"%s=%d" % (tags[0], length), tags[1] + b"=" + value]

    # ---- after the checksum -----------------------------------------------------------------------------------------

    def _damage(self, data: bytes) -> bytes:
        rng = self.rng
        way = int(rng.random() * 6)
        at = int(rng.random() * len(data))
        if way == 0:
            return data[:at] + bytes((int(rng.random() * 256),)) + data[at + 1 :]
        if way == 1:
            return data[:at]
        if way == 2:
            return data[:at] + data[at + 1 + int(rng.random() * 9) :]
        if way == 3:
            return data[:at] + self._pick(VALUES) + data[at:]
        if way == 4:
            start = data.index(_SOH) + 1
            return data[:start] + b"9=" + self._pick(VALUES) + data[data.index(_SOH, start) :]
        return data[:-4] + b"%03d\x01" % int(rng.random() * 256)
