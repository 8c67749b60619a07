"""The books of all instruments, from the messages of one stream, however they have come. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from clients.decoding import SIDE, template_of
from clients.market.book import LocalBook
from clients.market.decoding import MESSAGES, event_of
from clients.market.events import BookChanged, Listed, MarketEvent, StreamEvent
from gateways.binary.codec import HEADER_SIZE, Layout
from gateways.binary.market.codec import END_OF_EVENT

ORDERS: Final = "ORDERS"
"""The stream order by order."""
LEVELS: Final = "LEVELS"
"""The stream by price."""
CONFLATED: Final = "CONFLATED"
"""By price, each instrument at most once in an interval of the venue's, without single trades: for slow readers."""

_Fields: TypeAlias = tuple[Any, ...]


def _added(book: LocalBook, fields: _Fields) -> None:
    _, order_id, px, qty, _, side, _ = fields
    book.add(order_id, SIDE[side], px, qty)


def _executed(book: LocalBook, fields: _Fields) -> None:
    book.modify(fields[1], fields[5])


def _modified(book: LocalBook, fields: _Fields) -> None:
    book.modify(fields[1], fields[2])


def _deleted(book: LocalBook, fields: _Fields) -> None:
    book.delete(fields[1])


def _replaced(book: LocalBook, fields: _Fields) -> None:
    _, order_id, px, qty, _, side, _ = fields
    book.requeue(order_id, SIDE[side], px, qty)


def _leveled(book: LocalBook, fields: _Fields) -> None:
    _, px, qty, _, count, side, _ = fields
    book.set_level(SIDE[side], px, qty, count)


def _checked(book: LocalBook, fields: _Fields) -> None:
    book.check(fields[1], fields[2])


_ON_BOOK: Final[dict[int, tuple[Layout, int, Callable[[LocalBook, _Fields], None]]]] = {
    layout.template_id: (layout, at, apply)
    for layout, at, apply in (
        (MESSAGES.order_added, 4, _added),
        (MESSAGES.order_executed, 6, _executed),
        (MESSAGES.order_modified, 3, _modified),
        (MESSAGES.order_deleted, 2, _deleted),
        (MESSAGES.order_replaced, 4, _replaced),
        (MESSAGES.price_level, 3, _leveled),
        (MESSAGES.book_checksum, 3, _checked),
    )
}
"""By templateId: the layout, at which of its fields the SecurityID stands, and what the message does to a book. The
first field is the time, the last one the MatchEventIndicator."""


class _Followed:
    """An instrument."""

    __slots__ = ("as_of", "book", "shown", "touched")

    def __init__(self, book: LocalBook) -> None:
        self.book = book
        self.as_of = 0
        """Messages up to this number are in the snapshot that was shown last."""
        self.shown = False
        """Whether a snapshot is under way."""
        self.touched = False
        """Whether the event under way has changed the book."""


class MarketBooks:
    """``tell`` is called with each event. Messages raise ``Damaged`` when the books are right no more, ``struct.error``
    and ``KeyError`` when they can't be read."""

    def __init__(self, tell: Callable[[MarketEvent], object], *, by_price: bool) -> None:
        self.books: dict[int, LocalBook] = {}
        """By SecurityID."""
        self.instruments: dict[str, Listed] = {}
        """By symbol."""
        self.complete = False
        """Whether all instruments have been shown."""
        self._tell = tell
        self._by_price = by_price
        self._followed: dict[int, _Followed] = {}

    def book(self, security_id: int) -> LocalBook:
        """Empty before it has been shown; the same object for ever."""
        return self._follow(security_id).book

    def distrust(self) -> None:
        """Nothing is right until it has been shown again."""
        self.complete = False
        for followed in self._followed.values():
            followed.book.whole = False

    def take(self, number: int, payload: bytes) -> None:
        """The next message of the stream, or one of a snapshot (``number`` 0)."""
        template_id = template_of(payload)
        if template_id in _ON_BOOK:
            self._change(template_id, number, payload)
        elif template_id == MESSAGES.snapshot_begin.template_id:
            self._begin(*MESSAGES.snapshot_begin.unpack(payload, HEADER_SIZE))
        elif template_id == MESSAGES.snapshot_end.template_id:
            self._end(number, *MESSAGES.snapshot_end.unpack(payload, HEADER_SIZE))
        elif template_id == MESSAGES.snapshot_complete.template_id:
            self.complete = True
        elif template_id == MESSAGES.system_event.template_id:
            time_ns, code = MESSAGES.system_event.unpack(payload, HEADER_SIZE)
            self._tell(StreamEvent(number, time_ns, code.decode("latin-1")))
        else:
            self._about(template_id, number, payload)

    def _about(self, template_id: int, number: int, payload: bytes) -> None:
        """Something about an instrument that is not its book."""
        event = event_of(template_id, number, payload)
        if event is None:
            return
        followed = self._follow(event.security_id)
        if 0 < number <= followed.as_of:
            return
        if isinstance(event, Listed):
            self.instruments[event.symbol] = event
            followed.book.symbol = event.symbol
        self._tell(event)
        if followed.touched and payload[-1] & END_OF_EVENT:
            self._changed(followed, number)

    def _change(self, template_id: int, number: int, payload: bytes) -> None:
        layout, at, apply = _ON_BOOK[template_id]
        fields = layout.unpack(payload, HEADER_SIZE)
        followed = self._follow(fields[at])
        if 0 < number <= followed.as_of:
            return
        book = followed.book
        apply(book, fields)
        if apply is not _checked:
            followed.touched = True
            book.number = number or book.number
            book.time_ns = fields[0]
        if followed.touched and fields[-1] & END_OF_EVENT and not followed.shown:
            self._changed(followed, number)

    def _changed(self, followed: _Followed, number: int) -> None:
        followed.touched = False
        book = followed.book
        self._tell(BookChanged(number, book.time_ns, book.security_id))

    def _begin(self, as_of: int, security_id: int, entries: int) -> None:
        followed = self._follow(security_id)
        followed.book.clear()
        followed.as_of = as_of
        followed.shown = True

    def _end(self, number: int, as_of: int, security_id: int, checksum: int) -> None:
        followed = self._follow(security_id)
        followed.shown = False
        book = followed.book
        book.check(checksum)
        book.whole = True
        book.number = number or as_of
        self._changed(followed, number)

    def _follow(self, security_id: int) -> _Followed:
        followed = self._followed.get(security_id)
        if followed is None:
            book = self.books[security_id] = LocalBook(security_id, by_price=self._by_price)
            followed = self._followed[security_id] = _Followed(book)
        return followed
