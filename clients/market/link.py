"""A market data client without its socket: its books, and how they get right again when they are not. No I/O.

After a lost connection the stream goes on where it broke off. Where the venue does not keep that any more, where it has
begun another stream, and where a book is not the venue's, everything is shown anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from clients.exceptions import ClientError, ConnectionLost, LoginRefused, ProtocolError, anew
from clients.market.admission import AdmittedLink
from clients.market.book import Damaged, LocalBook
from clients.market.events import Listed, MarketEvent, Resynchronising
from clients.market.feed import CONFLATED, ORDERS, MarketBooks
from clients.reply import Reply
from clients.session import LoggedIn, Packet, SoupSession
from clients.settings import Settings
from gateways.binary import soup

_FROM_SNAPSHOT = 0


class MarketLink(AdmittedLink[MarketEvent]):
    """``stream`` is what is listened to: one of the names in :mod:`clients.market.feed`. Unless it ``resumes``, a new
    connection begins with a snapshot."""

    def __init__(
        self,
        username: str,
        password: str,
        stream: str,
        settings: Settings,
        chance: Callable[[], float],
        *,
        resumes: bool = True,
    ) -> None:
        super().__init__(username, password, SoupSession(_FROM_SNAPSHOT, stream), settings, chance)
        self.market = MarketBooks(self._add, by_price=stream != ORDERS)
        self._stream = stream
        self._resumes = resumes and stream != CONFLATED
        self._resuming = False
        """Whether the stream is to go on where it was."""
        self._waiting: list[tuple[str | int, Reply[LocalBook]]] = []

    def book(self, symbol: str | int) -> LocalBook:
        """By symbol or SecurityID. Raises ``ValueError`` for a symbol that the venue doesn't list."""
        if isinstance(symbol, int):
            return self.market.book(symbol)
        listed = self.market.instruments.get(symbol)
        if listed is None:
            known = ", ".join(self.market.instruments) or "none"
            raise ValueError(f"unknown symbol {symbol!r}: the venue lists {known}")
        return self.market.book(listed.security_id)

    def shown(self, symbol: str | int) -> Reply[LocalBook]:
        """The book once it is whole, which may be now."""
        reply: Reply[LocalBook] = Reply()
        self._waiting.append((symbol, reply))
        self.settle()
        if not reply.done and self.failure is not None:
            self._waiting.pop()
            reply.fail(anew(self.failure))
        return reply

    def settle(self) -> None:
        """Whoever waits for a book that is whole now is told."""
        waiting, self._waiting = self._waiting, []
        for symbol, reply in waiting:
            listed = self.market.instruments.get(symbol) if isinstance(symbol, str) else None
            security_id = listed.security_id if listed is not None else symbol
            book = self.market.books.get(security_id) if isinstance(security_id, int) else None
            if book is not None and book.whole:
                reply.settle(book)
            else:
                self._waiting.append((symbol, reply))

    def _dropped(self, error: ClientError, *, final: bool) -> None:
        if final:
            waiting, self._waiting = self._waiting, []
            for _, reply in waiting:
                reply.fail(anew(error))

    @property
    def instruments(self) -> dict[str, Listed]:
        """By symbol."""
        return self.market.instruments

    def receive(self, data: bytes) -> None:
        """See :class:`Link`."""
        for packet in self.session.receive(data):
            self._take(packet)
        if self._waiting:
            self.settle()
        self.session.check()

    def lost(self, error: ClientError, now_s: float) -> float | None:
        """See :class:`Link`."""
        if self._resuming and isinstance(error, LoginRefused) and error.code == soup.SESSION_NOT_AVAILABLE:
            error = ConnectionLost(str(error))
            self.distrust(str(error))
        elif self._resuming and self.session.ended:
            self.distrust(str(error))
        return super().lost(error, now_s)

    def _greet(self) -> None:
        if not self._resuming:
            self.market.distrust()
            self.session.session = self._stream
            self.session.next_number = _FROM_SNAPSHOT
        super()._greet()

    def _take(self, packet: Packet) -> None:
        if isinstance(packet, LoggedIn):
            self._up()
            if self._resuming:
                self._get_ready()
            return
        number, payload = packet
        if not number and self._on_admission(payload):
            return
        self.take(number, payload)
        if not self.ready and self.market.complete:
            self._resuming = self._resumes
            self._get_ready()

    def take(self, number: int, payload: bytes) -> None:
        """A message of the stream, or of a snapshot (0). Raises ``ConnectionLost`` where the books are not the venue's
        any more."""
        try:
            self.market.take(number, payload)
        except Damaged as damage:
            self.distrust(str(damage))
            raise ConnectionLost(f"the books are not the venue's: {damage}") from None
        except (struct.error, KeyError) as error:
            raise ProtocolError(f"unreadable message: {error!r}") from error

    def distrust(self, reason: str) -> None:
        """Everything has to be shown anew."""
        self._resuming = False
        self.market.distrust()
        self._add(Resynchronising(reason))
