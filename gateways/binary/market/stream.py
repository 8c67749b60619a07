"""One numbered stream of packets: what its subscribers are sent, and how much of it can be sent again. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import final

import msgspec

from gateways.binary import soup

_OVERHEAD = 200
"""Bytes that a batch takes beside its packets."""
_TIDY = 1024
"""From how many on it is worth to let go of the places of what is no longer kept."""


@final
class Batch(msgspec.Struct, frozen=True, gc=False):
    """Sequenced Data packets that were sent at once."""

    first: int
    """The number of the first one."""
    count: int
    packets: bytes

    @property
    def next(self) -> int:
        return self.first + self.count


_GONE = Batch(0, 0, b"")


class Stream:
    """Numbers packets from 1 and keeps the newest ``bytes_max`` bytes of them, in the batches in which they left.

    ``name`` is its SoupBinTCP session: 10 letters or digits, another one each time that the numbers begin again.
    ``first`` is the number to begin with where those before it are not known here.
    """

    def __init__(self, name: str, bytes_max: int, first: int = 1) -> None:
        self.name = name
        self.next = first
        """The number of the next packet."""
        self._open: list[bytes] = []
        self._batches: list[Batch] = []
        """A list and no deque, whose middle is far from both ends: replays begin anywhere."""
        self._begin = 0
        """How many at the front of the list are no longer kept."""
        self._bytes = 0
        self._bytes_max = bytes_max

    @property
    def oldest(self) -> int:
        """The first number that can be sent again; :attr:`next` where none can."""
        return self._batches[self._begin].first if self._begin < len(self._batches) else self.unsent

    @property
    def unsent(self) -> int:
        """The number of the first packet that has not left yet; :attr:`next` where all have."""
        return self.next - len(self._open)

    def append(self, packet: bytes) -> None:
        self._open.append(packet)
        self.next += 1

    def extend(self, packets: list[bytes]) -> None:
        self._open += packets
        self.next += len(packets)

    def close(self) -> Batch | None:
        """What was appended since the last time; None if nothing was."""
        packets = self._open
        if not packets:
            return None
        batch = Batch(self.next - len(packets), len(packets), b"".join(packets))
        self._open = []
        self._keep(batch)
        return batch

    def take(self, count: int, packets: bytes) -> Batch:
        """The next ``count`` packets, that were joined elsewhere and leave as they are."""
        batch = Batch(self.next, count, packets)
        self.next = batch.next
        self._keep(batch)
        return batch

    def _keep(self, batch: Batch) -> None:
        batches = self._batches
        batches.append(batch)
        self._bytes += len(batch.packets) + _OVERHEAD
        while self._bytes > self._bytes_max:
            self._bytes -= len(batches[self._begin].packets) + _OVERHEAD
            batches[self._begin] = _GONE
            self._begin += 1
        if self._begin > len(batches) // 2 > _TIDY:
            del batches[: self._begin]
            self._begin = 0

    def holds(self, number: int) -> bool:
        """Whether all from ``number`` on can be sent; what comes next always can."""
        return self.oldest <= number <= self.next

    def since(self, number: int, bytes_max: int) -> Batch:
        """Packets from ``number`` on, of closed batches, until there are ``bytes_max`` bytes or all that there are.

        Raises ``LookupError`` if the packet is not kept any more or was never sent.
        """
        if not self.holds(number):
            raise LookupError(f"packet {number}: those from {self.oldest} to {self.next - 1} are kept")
        batches = self._batches
        parts: list[bytes] = []
        size, upto = 0, number
        begin = bisect_right(batches, number, lo=self._begin, key=lambda batch: batch.first) - 1
        for at in range(max(begin, self._begin), len(batches)):
            batch = batches[at]
            if batch.next <= number:
                continue
            packets = batch.packets[_offset(batch.packets, number - batch.first) :] if not parts else batch.packets
            parts.append(packets)
            upto = batch.next
            size += len(packets)
            if size >= bytes_max:
                break
        return Batch(number, upto - number, b"".join(parts))


def _offset(packets: bytes, count: int) -> int:
    """Where the packet after the first ``count`` ones begins."""
    at = 0
    for _ in range(count):
        at += soup.HEADER_SIZE - 1 + int.from_bytes(packets[at : at + 2], "big")
    return at
