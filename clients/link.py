"""What all of this package's clients are between two sockets: logged in or not, with events that wait. No I/O.

A face (:mod:`clients.connection` with trio, :mod:`clients.blocking` without) moves bytes: it calls :meth:`Link.begin`
for a new connection and :meth:`Link.receive` with what comes, sends what :meth:`Link.take_unsent` has, and asks
:meth:`Link.lost` what to do when a connection is gone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from clients.backoff import Returning
from clients.exceptions import ClientError, ConnectionLost, anew
from clients.settings import Settings

E = TypeVar("E")

NOT_CONNECTED = "not connected"


class Link(ABC, Generic[E]):
    """``chance`` returns numbers from 0 to 1."""

    def __init__(self, settings: Settings, chance: Callable[[], float]) -> None:
        self.settings = settings
        self.events: deque[E] = deque()
        self.ready = False
        """Whether all that comes first on a connection has been said."""
        self.failure: ClientError | None = None
        """Why there is no connection, and will be none."""
        self.waits_for = ""
        """What the venue owes while it takes nothing yet."""
        self._down: ClientError | None = ConnectionLost(NOT_CONNECTED)
        """Why nothing can be sent now."""
        self._unsent: list[bytes] = []
        self._returning = Returning(settings.reconnect)
        self._chance = chance
        self._opened = False
        """Whether there has been a connection since the client was entered."""

    # ---- for the faces ----------------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """Whether so many events wait that nothing more should be read."""
        return len(self.events) >= self.settings.events_max > 0

    @property
    def opened(self) -> bool:
        """Whether there is a connection that can be used: all has been said that comes first, or so much of it that it
        has to be taken."""
        return self.ready or (self.full and self.accepted)

    @property
    def accepted(self) -> bool:
        """Whether the venue takes what is sent."""
        return self._down is None

    def enter(self) -> None:
        """The client is used from now on."""
        self.failure = None
        self._opened = False
        self._returning.succeeded()

    def begin(self) -> None:
        """There is a socket: what the client says first is to be sent."""
        self.ready = False
        self.waits_for = "an answer to the login"
        self._unsent.clear()
        self._greet()

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """What the venue's bytes say. Raises ``ClientError`` when the connection is of no use any more."""

    def lost(self, error: ClientError, now_s: float) -> float | None:
        """The connection is gone, or was not to be had: seconds until the next attempt; None: there is none, and
        :attr:`failure` says why. ``now_s`` is a monotonic clock's."""
        self.ready = False
        self._down = error
        delay_s = self._returning.delay_s(error, now_s, self._chance()) if self._opened else None
        if delay_s is None:
            self.failure = error
        self._dropped(error, final=delay_s is None)
        return delay_s

    def leave(self) -> None:
        """The client is not used any more."""
        if self.failure is None:
            self._opened = False
            self.lost(ConnectionLost(NOT_CONNECTED), 0.0)

    def take_unsent(self) -> bytes:
        """What is to be sent, once."""
        data = b"".join(self._unsent)
        self._unsent.clear()
        return data

    @property
    @abstractmethod
    def words(self) -> str:
        """What the venue said last for people: why it ends a connection."""

    # ---- for what this is the base of -------------------------------------------------------------------------------

    def check(self) -> None:
        """Raises why nothing can be sent now."""
        if self._down is not None:
            raise anew(self._down) from self._down

    @abstractmethod
    def _greet(self) -> None:
        """Has what a client says first sent."""

    def _up(self) -> None:
        """The venue takes what is sent."""
        self._down = None

    def _get_ready(self) -> None:
        self.ready = True
        self._opened = True
        self._returning.succeeded()

    def _dropped(self, error: ClientError, *, final: bool) -> None:
        """Whoever waits for the connection is told."""

    def _add(self, event: E) -> None:
        if self.settings.events_max:
            self.events.append(event)
