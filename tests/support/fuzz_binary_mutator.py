"""One binary client's packets: requests that could be taken, changed field by field, and now and then damaged.

A deck of packets is what changes are made to. It is made new bit by bit, so that no two runs of the deck are alike, and
a frame costs little more than two slices of bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from random import Random
from typing import Final, NamedTuple

from gateways.binary import codec, soup
from gateways.binary.codec import Layout

_DECK: Final = 400
_RENEWED: Final = 8
"""Packets of the deck that are made anew for each batch."""
_ONE_FIELD, _TWO_FIELDS, _ANY_BYTE, _OTHER_SIZE, _CUT = 0.72, 0.82, 0.93, 0.985, 0.988
"""Up to which chance a packet gets a change; beyond the last, another type."""
_SEGMENT_MAX: Final = 4000
_BYTE_BY_BYTE: Final = 0.01
"""How many streams come a byte at a time."""
_HEADER_CODES: Final = "4H"
_ODD: Final = (0, 1, 2, 3, 10, 11, 100, 10**8, 25 * 10**6, 10**10, 2**31, 2**32 - 1, 2**63 - 1, -1, -(2**63), 2**64 - 1)
_CODES: Final = b"0123456789ABCDGJKLPYN\x00 \xff"
_PLAUSIBLE: Final = 0.96
"""How many fields of the deck's packets hold what a client would send; others hold anything."""


class Field(NamedTuple):
    """Where a packet has one, and what it may be."""

    start: int
    end: int
    values: list[bytes]


class Seed(NamedTuple):
    packet: bytes
    fields: list[Field]


def _split(block_format: str) -> Iterator[str]:
    """A struct format's single codes; text (``32s``) stays together."""
    for count, code in re.findall(r"(\d*)([A-Za-z])", block_format):
        if code == "s":
            yield count + code
        else:
            yield from code * int(count or 1)


def _pool(code: str) -> list[bytes]:
    """Packed values that a field of this code may hold: small ones, round ones, and those at its edges."""
    if code.endswith("s"):
        size = int(code[:-1])
        return [text.ljust(size, b"\x00")[:size] for text in (b"", b"K1", b"9" * size, b"\xff" * size, b"\x00\x01")]
    if code == "c":
        return [bytes((each,)) for each in _CODES]
    bits = 8 * struct.calcsize("<" + code)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if code.islower() else (0, (1 << bits) - 1)
    values = [*(each for each in _ODD if low <= each <= high), low, high]
    return [struct.pack("<" + code, each) for each in values]


_SENT: Final = {
    "c": [b"1", b"1", b"2"],
    "q": [struct.pack("<q", 10**10)],
    "Q": [struct.pack("<Q", 10**8)],
    "I": [struct.pack("<I", each) for each in (1, 2)],
}
"""What a client would send: sides, types and times in force, prices, quantities, instruments."""
_ACCOUNTS: Final = [struct.pack("<I", each) for each in (0, 11, 12)]
"""The second number of four bytes in a block."""
_POOLS: Final = {code: _pool(code) for code in "cqQIHB"}


def _pool_of(code: str) -> list[bytes]:
    if code not in _POOLS:
        _POOLS[code] = _pool(code)
    return _POOLS[code]


def _login_fields() -> list[Field]:
    names = [b"TRADR1", b"tradr1", b"", b"\x00" * 6, b"\xff\xfe\xfd", b"      ", b"A B C"]
    sessions = [b"", b"TRADEENG", b" TRADEENG", b"ORDERS", b"LEVELS", b"0000000000", b"\xe4\xf6\xfc"]
    numbers = [b"0", b"1", b"2", b"99", b"9" * 20, b"", b"-1", b"+1", b"1.5", b"0x10", b"1 2", b"\xb2", b"1_0", b"1e3"]
    fields: list[Field] = []
    at = soup.HEADER_SIZE
    sizes = soup.USERNAME_SIZE, soup.PASSWORD_SIZE, soup.SESSION_SIZE, soup.SEQUENCE_SIZE
    for size, texts in zip(sizes, (names, [b"secret", b"", *names], sessions, numbers), strict=True):
        values = [text.ljust(size)[:size] for text in texts] + [text.rjust(size)[:size] for text in texts]
        fields.append(Field(at, at + size, values))
        at += size
    return fields


_LOGIN: Final = soup.login_request(soup.LoginRequest("TRADR1", "secret", "", 0))
_LOGIN_FIELDS: Final = _login_fields()
_BEFORE: Final = (
    soup.CLIENT_HEARTBEAT_PACKET,
    soup.debug("hello"),
    soup.LOGOUT_REQUEST_PACKET,
    soup.END_OF_SESSION_PACKET,
    soup.packet(soup.UNSEQUENCED_DATA, b"\x01"),
    b"\x00\x00",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00",
)


class BinaryMutator:
    """The same packets for the same ``seed``."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self._layouts = (*codec.REQUESTS, *(codec.NEW_ORDER,) * 4, codec.CANCEL_ORDER, codec.REPLACE_ORDER)
        self._deck = [self._seed(number) for number in range(1, _DECK + 1)]

    # ---- what the targets ask for -----------------------------------------------------------------------------------

    def message(self, number: int) -> bytes:
        """One packet, most often whole."""
        self._deck[number % _DECK] = self._seed(number)
        return self.messages(1)[0]

    def messages(self, count: int) -> list[bytes]:
        """Packets as one client may send them in a row."""
        deck, random = self._deck, self.rng.random
        for _ in range(_RENEWED * count // 250 + 1):
            deck[int(random() * _DECK)] = self._seed(int(random() * 2**40))
        packets: list[bytes] = []
        for _ in range(count):
            packet, fields = deck[int(random() * _DECK)]
            start, end, values = fields[int(random() * len(fields))]
            packet = packet[:start] + values[int(random() * len(values))] + packet[end:]
            chance = random()
            if chance > _ONE_FIELD:
                packet = self._changed(packet, fields, chance)
            packets.append(packet)
        return packets

    def login(self) -> bytes:
        """The first bytes of a connection: a Login Request, most often with a field or a few bytes changed."""
        random = self.rng.random
        start, end, values = _LOGIN_FIELDS[int(random() * len(_LOGIN_FIELDS))]
        packet = _LOGIN[:start] + values[int(random() * len(values))] + _LOGIN[end:]
        chance = random()
        if chance > 0.9:
            packet = _BEFORE[int(random() * len(_BEFORE))] + packet
        elif chance > 0.6:
            at = int(random() * len(packet))
            packet = packet[:at] + bytes((int(random() * 256),)) + packet[at + 1 + (chance > 0.8) :]
        return packet

    def segments(self, data: bytes) -> list[bytes]:
        """``data`` as a socket may bring it: cut anywhere, now and then everywhere."""
        random = self.rng.random
        if random() < _BYTE_BY_BYTE:
            return [data[at : at + 1] for at in range(len(data))]
        cut: list[bytes] = []
        at = 0
        while at < len(data):
            size = 1 + int(random() ** 4 * _SEGMENT_MAX)
            cut.append(data[at : at + size])
            at += size
        return cut

    def rewritten(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
        """The packet in ``data`` with its payload changed and a right length."""
        return soup.packet(soup.UNSEQUENCED_DATA, change(data[soup.HEADER_SIZE :])[: soup.PAYLOAD_MAX])

    # ---- changes ----------------------------------------------------------------------------------------------------

    def _changed(self, packet: bytes, fields: list[Field], chance: float) -> bytes:
        random = self.rng.random
        if chance < _TWO_FIELDS:
            start, end, values = fields[int(random() * len(fields))]
            return packet[:start] + values[int(random() * len(values))] + packet[end:]
        if chance < _ANY_BYTE:
            at = soup.HEADER_SIZE + int(random() * (len(packet) - soup.HEADER_SIZE))
            return packet[:at] + bytes((int(random() * 256),)) + packet[at + 1 :]
        payload = packet[soup.HEADER_SIZE :]
        if chance < _OTHER_SIZE:
            size = int(random() * (len(payload) + 40))
            return soup.packet(soup.UNSEQUENCED_DATA, payload[:size].ljust(size, b"\x07"))
        if chance < _CUT:
            return packet[: int(random() * len(packet))]
        return soup.packet(int(random() * 256), payload)

    # ---- the deck ---------------------------------------------------------------------------------------------------

    def _seed(self, number: int) -> Seed:
        layout = self._layouts[int(self.rng.random() * len(self._layouts))]
        codes = list(_split(layout.block_format))
        payload = layout.header + self._block(codes, number, _plain_count(layout))
        if layout.template_id == codec.NEW_LIST.template_id:
            legs, leg_codes = self._legs(layout, number)
            payload += legs
            codes += leg_codes
        return Seed(soup.packet(layout.kind, payload), _fields(codes))

    def _block(self, codes: list[str], number: int, plain: int) -> bytes:
        """ClOrdID (or whatever comes first) is the number; behind ``plain`` fields most are 0, as special terms are."""
        random = self.rng.random
        parts = [struct.pack("<Q", number)] if codes[0] == "Q" else []
        for nth, code in enumerate(codes[len(parts) :], len(parts)):
            values = _pool_of(code)
            if random() < _PLAUSIBLE:
                values = [bytes(len(values[0]))] if nth >= plain else _SENT.get(code, values)
                if code == "I" and "I" in codes[:nth]:
                    values = _ACCOUNTS
            parts.append(values[int(random() * len(values))])
        return b"".join(parts)

    def _legs(self, layout: Layout, number: int) -> tuple[bytes, list[str]]:
        """A list's group, most often as it should be, and the codes of all that is in it."""
        entry = codec.LEG_3 if layout.version >= 3 else codec.LEG
        codes = list(_split(entry.format[1:]))
        count = 1 + int(self.rng.random() * 3)
        head = codec.GROUP_HEADER.pack(entry.size, count)
        return head + b"".join([self._block(codes, number + nth, 6) for nth in range(count)]), [
            "H",
            "H",
            *codes * count,
        ]


def _plain_count(layout: Layout) -> int:
    """How many of its first fields are no special terms."""
    plain = {codec.NEW_SPECIAL_ORDER.template_id: 8, codec.REPLACE_ORDER.template_id: 8}
    return plain.get(layout.template_id, 100)


def _fields(codes: list[str]) -> list[Field]:
    """Of a packet: those of the SBE header once, the others thrice, so that they change more often."""
    fields: list[Field] = []
    at = soup.HEADER_SIZE
    for code in [*_split(_HEADER_CODES), *codes]:
        end = at + struct.calcsize("<" + code)
        fields += [Field(at, end, _pool_of(code))] * (1 if at < soup.HEADER_SIZE + codec.HEADER_SIZE else 3)
        at = end
    return fields
