"""How a subscriber that is up to date is sent what comes next, and what is done when it reads too slowly. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gateways.binary.market.stream import Batch


class Outbox(Protocol):
    """The write side of a connection (:class:`gateways.transport.Outlet`)."""

    @property
    def backlog(self) -> int:
        """Bytes that wait for the client to read."""

    def write(self, data: bytes) -> None:
        """Never waits, never raises."""


class Delivery(Protocol):
    """One subscriber's policy."""

    def offer(self, batch: Batch) -> None:
        """What comes next of the stream; neither waits nor raises."""


class WholeStream:
    """Everything, or nothing more: a client for which more than ``buffer_max`` bytes would wait is cut."""

    __slots__ = ("_buffer_max", "_cut", "_outbox")

    def __init__(self, outbox: Outbox, buffer_max: int, cut: Callable[[str], object]) -> None:
        self._outbox = outbox
        self._buffer_max = buffer_max
        self._cut = cut

    def offer(self, batch: Batch) -> None:
        waiting = self._outbox.backlog
        if waiting and waiting + len(batch.packets) > self._buffer_max:
            self._cut(
                f"the client reads too slowly: more than {self._buffer_max} bytes wait for it from {batch.first} on"
            )
        else:
            self._outbox.write(batch.packets)
