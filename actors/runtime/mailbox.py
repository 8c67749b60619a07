"""Mailboxes: where messages wait, in two lanes, until their actor takes them all at once.

A `tell` never waits and never blocks. It belongs to trio's thread. A mailbox belongs to its child's specification,
so it outlives the actor's crashes together with the mail in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import trio

from actors.runtime.exceptions import MailboxOverflow
from actors.runtime.parking import Parking

M = TypeVar("M")


class Reader(Protocol):
    """Who is told, once, that mail has come into an empty mailbox."""

    def on_mail(self) -> None: ...


class Mailbox(Generic[M]):
    """A mailbox with a bounded normal lane and a priority lane that is drained before it.

    Each lane is first in, first out. `depth_max` counts the messages that wait in the normal lane. The priority lane
    has no bound of its own: what travels there is the consequence of messages that were admitted already.

    Made directly, it is a service's mailbox, read with `receive`. `Dispatcher.mailbox` makes those of actors.
    """

    __slots__ = (
        "_armed",
        "_first",
        "_high_water",
        "_on_mail",
        "_parking",
        "_taken_first",
        "_waiting",
        "depth_max",
        "name",
        "reader",
    )

    def __init__(self, name: str, depth_max: int, reader: Reader | None = None) -> None:
        if depth_max < 0:
            raise ValueError(f"mailbox {name!r}: depth_max must not be negative, got {depth_max}")
        self.name = name
        self.depth_max = depth_max
        self.reader = reader
        self._parking = Parking() if reader is None else None
        self._on_mail = reader.on_mail if reader is not None else self._wake
        # Invariant: an armed mailbox is empty. The first message after that rings, and disarms it.
        self._armed = True
        self._waiting: list[M] = []
        self._first: list[M] = []
        self._taken_first = 0
        self._high_water = 0

    def __len__(self) -> int:
        """How many messages wait, both lanes together."""
        return len(self._waiting) + len(self._first)

    def __repr__(self) -> str:
        return f"<Mailbox {self.name!r} depth={len(self)}/{self.depth_max}>"

    @property
    def depth_high_water(self) -> int:
        """The most messages that ever waited at one time, both lanes together."""
        return max(self._high_water, len(self))

    def tell(self, message: M) -> None:
        """Adds `message` to the normal lane. Raises `MailboxOverflow`, having kept it, when the bound is breached."""
        waiting = self._waiting
        waiting.append(message)
        if self._armed:
            self._ring()
        if len(waiting) > self.depth_max:
            raise MailboxOverflow(self.name, len(waiting))

    def tell_all(self, messages: Sequence[M]) -> None:
        """Adds `messages` to the normal lane, in order. Raises `MailboxOverflow` as `tell` does, having kept all."""
        waiting = self._waiting
        waiting.extend(messages)
        if self._armed and waiting:
            self._ring()
        if len(waiting) > self.depth_max:
            raise MailboxOverflow(self.name, len(waiting))

    def tell_first(self, message: M) -> None:
        """Adds `message` to the priority lane, behind what waits there."""
        self._first.append(message)
        if self._armed:
            self._ring()

    def tell_first_all(self, messages: Sequence[M]) -> None:
        """Adds `messages` to the priority lane, in order, behind what waits there."""
        self._first.extend(messages)
        if self._armed and self._first:
            self._ring()

    def put_back(self, messages: Sequence[M]) -> None:
        """Puts messages that were taken but not handled at the very front of the normal lane, in order.

        They were admitted before, so this never overflows.
        """
        self._waiting[:0] = messages
        if self._armed and self._waiting:
            self._ring()

    def restore(self, rest: Sequence[M], handled: int) -> None:
        """Puts the `rest` of the batch that was taken last back, at the front of the lanes that it came from.

        `handled` is how many messages of that batch came before `rest`.
        """
        first_left = max(0, self._taken_first - handled)
        self._first[:0] = rest[:first_left]
        self.put_back(rest[first_left:])
        if self._armed and self._first:
            self._ring()

    def take(self, limit: int | None = None) -> list[M]:
        """Takes everything that waits, or its `limit` first messages: the priority lane, then the normal lane."""
        first, waiting = self._first, self._waiting
        self._taken_first = len(first)
        depth = len(first) + len(waiting)
        if depth > self._high_water:
            self._high_water = depth
        self._waiting = []
        if first:
            self._first = []
            first.extend(waiting)
            batch = first
        else:
            batch = waiting
        self._armed = True
        if limit is not None and depth > limit:
            self.restore(batch[limit:], limit)
            del batch[limit:]
        return batch

    async def receive(self) -> list[M]:
        """Waits until there is mail and takes all of it; always a checkpoint, and nothing is lost when cancelled.

        For the one task of a service. Raises `trio.BusyResourceError` when another task waits here already, and
        `TypeError` on an actor's mailbox, which its dispatcher reads. What a service has taken is its own: when it
        must survive the service's crash, the service puts it back.
        """
        if self._parking is None:
            raise TypeError(f"mailbox {self.name!r} is read by its dispatcher")
        if self._waiting or self._first:
            await trio.lowlevel.checkpoint()
        while not (self._waiting or self._first):
            self._armed = True
            await self._parking.park()
        return self.take()

    def _ring(self) -> None:
        self._armed = False
        self._on_mail()

    def _wake(self) -> None:
        if self._parking is not None:
            self._parking.wake()
