"""What fuzzing feeds of MoldUDP64's re-request port: requests that could be meant, changed and damaged, and noise.

Whatever comes, the answer is nothing, or one datagram with messages that were sent, from the one that was asked for on.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random
from typing import Any, Final, cast

from fuzz_targets import Violated

from gateways.binary import soup
from gateways.binary.market import mold
from gateways.binary.market.mold_fanout import MoldCounters, MoldFanout, Rerequests
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch

NAME: Final = "O0ABCDEFG1"
_SESSION: Final = mold.session_field(NAME)
_SESSIONS: Final = (
    b"O0ABCDEFG2",
    b"          ",
    b"O0ABCDEFG ",
    b" O0ABCDEFG",
    b"\x00" * 10,
    b"\xff" * 10,
    b"\xe4" * 10,
)
_MESSAGES: Final = 3000
_KEPT: Final = 60_000
"""Bytes: so that the oldest messages are gone."""
_SIZE_MAX: Final = 400
_NUMBERS: Final = (0, 1, 2, 1000, 1500, _MESSAGES, _MESSAGES + 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
_COUNTS: Final = (0, 1, 2, 3, 100, 0x7FFF, 0xFFFE, 0xFFFF)
_HOSTS: Final = 50
_BUSY: Final = 2
"""Hosts that ask more often than the others."""


class MoldMutator:
    """Datagrams that come to the re-request port, from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)

    def message(self, _: object = None) -> bytes:
        """One datagram."""
        rng = self.rng
        chance = rng.random()
        session = _SESSION if chance < 0.85 else rng.choice(_SESSIONS)
        number = rng.randrange(_MESSAGES + 10) if rng.random() < 0.8 else rng.choice(_NUMBERS)
        count = rng.randrange(40) if rng.random() < 0.6 else rng.choice(_COUNTS)
        asked = struct.pack(">10sQH", session, number, count)
        if chance < 0.9:
            return asked
        if chance < 0.94:
            at = rng.randrange(len(asked))
            return asked[:at] + bytes((rng.randrange(256),)) + asked[at + 1 :]
        if chance < 0.98:
            return asked[: rng.randrange(21)] + rng.randbytes(rng.randrange(3))
        return rng.randbytes(rng.randrange(64))

    def messages(self, count: int) -> list[bytes]:
        return [self.message() for _ in range(count)]

    def rewritten(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
        """With its numbers changed, its session left as it is."""
        return data[:10] + change(data[10:])


class MoldRequests:
    """A stream some of which is kept; what is asked for comes from there."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("requests", "accepted", "refused", "limited"), 0)
        self._sent = [b"%d." % number * (1 + number % 7) for number in range(1, _MESSAGES + 1)]
        self._fanout = MoldFanout(cast(Any, _Feed()), Kind.ORDERS, bool, _SIZE_MAX, _KEPT, MoldCounters())
        self._fanout.start()
        for first in range(1, _MESSAGES + 1, 17):
            part = self._sent[first - 1 : first + 16]
            packets = b"".join(soup.packet(soup.SEQUENCED_DATA, message) for message in part)
            self._fanout.offer(Batch(first, len(part), packets))
        self.restart()

    def restart(self) -> None:
        """No source is known. A request leaves nothing else behind."""
        self._rates = Rerequests(1000, 1 << 20, 20)
        self._now_ns = 0

    def consume(self, mutator: MoldMutator, count: int) -> None:
        for data in mutator.messages(count):
            self._now_ns += 10_000
            host = mutator.rng.randrange(_BUSY if mutator.rng.random() < 0.5 else _HOSTS)
            if self._rates.allows(f"10.0.0.{host}", self._now_ns):
                self.one(data)
            else:
                self.counts["limited"] += 1

    def one(self, data: bytes) -> None:
        self.counts["requests"] += 1
        answer = self._fanout.again(data)
        self.counts["accepted" if answer else "refused"] += 1
        if not answer:
            return
        asked, told = mold.parse_request(data), mold.parse(answer)
        if asked.session != NAME or told.session != NAME or told.sequence != asked.sequence or told.ended:
            raise Violated(f"{data!r} is answered by {answer!r}")
        begin = told.sequence - 1
        if not told.messages or told.messages != self._sent[begin : begin + len(told.messages)]:
            raise Violated(f"{data!r} is answered by what was never sent: {answer!r}")
        if len(told.messages) > asked.wanted or len(answer) > _SIZE_MAX:
            raise Violated(f"{data!r} is answered by more than was asked for, or than goes: {answer!r}")


class _Line:
    def __init__(self) -> None:
        self.stream = type("Stream", (), {"name": NAME, "unsent": 1})()
        self.subscribers: list[object] = []


class _Feed:
    """One that tells nothing."""

    def __init__(self) -> None:
        self.lines = {Kind.ORDERS: _Line()}
        self.start = _ignore


def _ignore(_: object) -> None:
    """Nothing has to be done."""
