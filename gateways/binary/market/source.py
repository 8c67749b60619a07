"""What a market data port needs of whoever makes its streams. Pure.

The venue makes them of its own market data (:mod:`gateways.binary.market.feed`), a relay has them from a venue
(:mod:`gateways.binary.market.relayed`). What serves clients knows only what is here, so clients can't tell one from the
other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import Protocol, TypeAlias

from engine.market_data.updates import Channel
from gateways.binary.market.stream import Batch, Stream

TakeSnapshot: TypeAlias = Callable[[int, list[bytes]], object]
"""Takes the number from which the stream goes on behind a snapshot, and the snapshot's packets; 0 and nothing where
none can be had, such as when the stream has ended meanwhile."""


class Kind(Enum):
    """What a stream has; its first letter begins the stream's name."""

    ORDERS = "ORDERS"
    """Order by order: what a login gets that names no session."""
    LEVELS = "LEVELS"
    """By price."""

    @property
    def channel(self) -> Channel:
        """Of market data: where its images and the changes of its book come from."""
        return Channel.STEPS if self is Kind.ORDERS else Channel.LEVELS


class Subscriber(Protocol):
    """Who is sent a stream. Neither waits nor raises: what is done with a client that reads too slowly is decided
    here (:mod:`gateways.binary.market.delivery`)."""

    def offer(self, batch: Batch) -> None:
        """What comes next of the stream. The bytes are everybody's."""

    def end(self, reason: str) -> None:
        """There will be no more."""


class SourceLine(ABC):
    """One stream, and who is sent it."""

    follows = False
    """Whether it is made elsewhere, so that there may be clients who are ahead of what has come here."""

    def __init__(self, kind: Kind, stream: Stream) -> None:
        self.kind = kind
        self.stream = stream
        self.subscribers: list[Subscriber] = []
        """Those that are up to date."""
        self.ended = ""
        """Why the numbers are void; empty while they are not."""
        self.over = False
        """Whether it has ended in SoupBinTCP's sense: who is told so does not ask for this session again."""
        self._waiting: list[tuple[TakeSnapshot, int]] = []
        """For snapshots, and from which number on the stream is to go on behind them; 0 = wherever that is."""
        self._ahead: dict[Callable[[], object], int] = {}
        """Who waits for a number that has not come yet."""

    @property
    @abstractmethod
    def joins_at(self) -> int:
        """A number from which the stream can go on behind a snapshot that is taken soon; for who is to be told before
        there is any."""

    @abstractmethod
    def snapshot(self, take: TakeSnapshot, since: int = 0) -> None:
        """Calls ``take`` once, now or later. ``since``: what :attr:`joins_at` was; the stream goes on from there then,
        if it is still held."""

    def join(self, subscriber: Subscriber) -> None:
        """It has had all up to now, and is sent what comes next; or is told at once that nothing will."""
        if self.ended:
            subscriber.end(self.ended)
        else:
            self.subscribers.append(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        """It is sent nothing more. Whoever has not joined may leave too."""
        if subscriber in self.subscribers:
            self.subscribers.remove(subscriber)

    def await_number(self, number: int, reached: Callable[[], object]) -> None:
        """``reached`` is called when the stream has come to ``number``, or has ended."""
        self._ahead[reached] = number

    def await_no_more(self, reached: Callable[[], object]) -> None:
        """It need not be called any more, if it has not been."""
        self._ahead.pop(reached, None)

    def close(self, reason: str) -> None:
        """The numbers are void."""
        self.ended = reason
        self._end_all(reason)
        self._fail_waiting()
        self._tell_ahead()

    def _hand_out(self, batch: Batch) -> None:
        for subscriber in list(self.subscribers):
            subscriber.offer(batch)

    def _tell_ahead(self) -> None:
        for reached, number in list(self._ahead.items()):
            if self.ended or self.stream.next >= number:
                del self._ahead[reached]
                reached()

    def _end_all(self, reason: str) -> None:
        subscribers, self.subscribers = self.subscribers, []
        for subscriber in subscribers:
            subscriber.end(reason)

    def _fail_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for take, _ in waiting:
            take(0, [])


class Source(Protocol):
    """Where a port's lines come from."""

    def line_named(self, session: str) -> SourceLine:
        """The line that a login asks for: by its stream's name, by its kind, or (nothing) order by order.

        Raises ``actors.boundary.SessionUnavailable``: there is none, and why.
        """

    def start(self, line: SourceLine) -> None:
        """Somebody is about to listen. The same again changes nothing."""

    def finish(self) -> None:
        """The port closes for good. The same again changes nothing."""
