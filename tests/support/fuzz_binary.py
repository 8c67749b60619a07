"""The binary gateway's bytes: SoupBinTCP packets that hold SBE requests, mutated, and the session that reads them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fix_venue import directory
from fuzz_targets import Violated

from engine.commands import RejectCommand
from engine.events import SessionOpened
from gateways.binary import codec, soup
from gateways.binary.inbound import RequestReader
from gateways.binary.session import LoginRequested, MessagesReceived, ServerSession, State
from gateways.binary.settings import BinarySettings

_SESSION = SessionOpened(3, "SOUPBIN", "TRADR1", "", "TRADR1", "-", "FIRM", [11, 12], 11)
_LOGIN = soup.login_request(soup.LoginRequest("TRADR1", "demo", "", 0))
_ODD = (0, 1, 2, 3, 10, 11, 100, 10**8, 25 * 10**6, 10**10, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
_SIGNED = _ODD.index(2**63)
_CODES = b"0123456789ABCDGPYN\x00\xff"
_NULLS = (-(2**63), 2**64 - 1, 255)
"""What stands for "not there" in SBE: int64, uint64 and uint8."""
_SETTINGS = BinarySettings()


class BinaryMutator:
    """One client's packets; the same for the same ``seed``."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self._layouts = (*codec.REQUESTS, codec.NEW_ORDER, codec.NEW_ORDER, codec.CANCEL_ORDER)

    def message(self, number: int) -> bytes:
        """A request, most often with plausible fields, now and then damaged."""
        rng = self.rng
        layout = self._layouts[int(rng.random() * len(self._layouts))]
        packet = layout.pack(*[self._value(code, number) for code in _codes(layout.block_format)])
        if layout is codec.NEW_LIST:
            packet = self._with_legs(packet, number)
        chance = rng.random()
        if chance < 0.75:
            return packet
        at = int(rng.random() * len(packet))
        if chance < 0.9:
            return packet[: max(at, 2)] + bytes((int(rng.random() * 256),)) + packet[max(at, 2) + 1 :]
        if chance < 0.97:
            return soup.packet(soup.UNSEQUENCED_DATA, packet[soup.HEADER_SIZE : soup.HEADER_SIZE + at])
        if chance < 0.985:
            return soup.packet(int(rng.random() * 256), packet[soup.HEADER_SIZE :])
        return packet[:at]

    def segments(self, data: bytes) -> list[bytes]:
        """``data`` as a socket may bring it: cut anywhere."""
        cut: list[bytes] = []
        while data:
            size = 1 + int(self.rng.random() ** 4 * 4000)
            cut.append(data[:size])
            data = data[size:]
        return cut

    def rewritten(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
        """The packet in ``data`` with its payload changed and a right length."""
        return soup.packet(soup.UNSEQUENCED_DATA, change(data[soup.HEADER_SIZE :])[: soup.PAYLOAD_MAX])

    def _with_legs(self, packet: bytes, number: int) -> bytes:
        rng = self.rng
        count = 1 + int(rng.random() * 3)
        said = count if rng.random() < 0.9 else int(rng.random() * 70_000) % 65_536
        legs = b"".join(
            codec.LEG.pack(*[self._value(code, number) for code in _codes(codec.LEG.format[1:])]) for _ in range(count)
        )
        block_length = codec.LEG.size if rng.random() < 0.95 else int(rng.random() * 300)
        group = codec.GROUP_HEADER.pack(block_length, said) + legs
        return soup.packet(soup.UNSEQUENCED_DATA, packet[soup.HEADER_SIZE :] + group)

    def _value(self, code: str, number: int) -> int | bytes:
        rng = self.rng
        chance = rng.random()
        if code == "c":
            return b"1" if chance < 0.5 else b"2" if chance < 0.85 else _CODES[(at := int(chance * 20)) : at + 1]
        if code == "q":
            return 10**10 if chance < 0.6 else _NULLS[0] if chance < 0.8 else _ODD[int(rng.random() * _SIGNED)]
        if code == "Q":
            if chance < 0.8:
                return number + 10**8 if chance < 0.7 else _NULLS[1]
            return _ODD[int(rng.random() * len(_ODD))]
        if code == "I":
            return (1, 2, 0, 11)[int(chance * 4.4) % 4] if chance < 0.9 else 2**32 - 1
        return _NULLS[2] if chance < 0.7 else int(rng.random() * 256)


def _codes(block_format: str) -> str:
    """A struct format without its repeat counts."""
    spelt = count = ""
    for character in block_format:
        if character.isdigit():
            count += character
        else:
            spelt += character * int(count or 1)
            count = ""
    return spelt


class BinarySessions:
    """Packets, logins and SBE requests; a connection that ends is followed by a new one."""

    _LIFE = 3000

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("payloads", "sessions", "orders", "refused orders", "queries", "answers"), 0)
        self._open()

    def consume(self, mutator: BinaryMutator, count: int) -> None:
        while count > 0:
            size = min(count, 1 + int(mutator.rng.random() * 12))
            count -= size
            for segment in mutator.segments(b"".join([mutator.message(count + nth) for nth in range(size)])):
                self.one(segment)

    def one(self, data: bytes) -> None:
        if self._session.state is State.ENDED or self._life > self._LIFE:
            self._open()
        for event in self._session.receive(data, 0.0):
            if isinstance(event, MessagesReceived):
                self._life += len(event.payloads)
                self._read(event.payloads)
            elif isinstance(event, LoginRequested):
                raise Violated(f"a second login: {data!r}")
            else:
                self._session.end()

    def _read(self, payloads: list[bytes]) -> None:
        counts = self.counts
        counts["payloads"] += len(payloads)
        for turn in self._reader.read(payloads):
            if isinstance(turn, bytes):
                counts["answers"] += 1
                if soup.split(turn, 65_535).error or soup.split(turn, 65_535).rest:
                    raise Violated(f"an answer that is no packet: {turn!r}")
            elif isinstance(turn, list):
                refused = sum(type(command) is RejectCommand for command in turn)
                counts["refused orders"] += refused
                counts["orders"] += len(turn) - refused
            else:
                counts["queries"] += 1

    def restart(self) -> None:
        """Forget what has come."""
        self._open()

    def _open(self) -> None:
        self.counts["sessions"] += 1
        self._life = 0
        self._session = ServerSession(_SETTINGS, 0.0)
        self._reader = RequestReader(_SESSION, directory())
        (event,) = self._session.receive(_LOGIN, 0.0)
        if not isinstance(event, LoginRequested):
            raise Violated("no login")
        self._session.accept(1)
