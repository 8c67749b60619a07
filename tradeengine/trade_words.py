"""What people type to trade, as requests: ``buy AAPL 100 @ 190.50``. Pure: nothing here talks to a venue.

The command line and the prompt speak the same words. Options are words too (``--tif ioc`` is ``ioc``), so that what
was typed in one place works in the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from engine.types import INT64_MAX, Side
from tradeengine.trade_orders import SIDES, Place, PlaceList, good_till, place
from tradeengine.trade_reading import UsageError, Words

BOOK_LEVELS = 10
LEVELS_MAX = 65_535
"""What the protocol's field holds; the venue gives as many as it is configured to."""

_UINT64_MAX = 2**64 - 1


class OrderRef(msgspec.Struct, frozen=True):
    """An order as a person names it: by the client's ClOrdID, or by the venue's OrderID."""

    number: int
    is_order_id: bool = False

    def __str__(self) -> str:
        return f"#{self.number}" if self.is_order_id else str(self.number)


class Cancel(msgspec.Struct, frozen=True):
    order: OrderRef


class Replace(msgspec.Struct, frozen=True):
    """What is None, or not among the ``amendments``, stays as it is."""

    order: OrderRef
    qty: Decimal | None
    price: Decimal | None
    amendments: dict[str, Any] = {}
    """:class:`clients.terms.Amendments`."""


class MassCancel(msgspec.Struct, frozen=True):
    """None means all symbols, both sides."""

    symbol: str | None
    side: Side | None


class ShowOrders(msgspec.Struct, frozen=True):
    symbol: str | None


class ShowStatus(msgspec.Struct, frozen=True):
    order: OrderRef


class ShowBook(msgspec.Struct, frozen=True):
    symbol: str
    levels: int


class ShowInstruments(msgspec.Struct, frozen=True):
    pass


class Watch(msgspec.Struct, frozen=True):
    """``number`` is the first report wanted; 0 is what is new."""

    number: int


class Help(msgspec.Struct, frozen=True):
    pass


class Quit(msgspec.Struct, frozen=True):
    pass


Request: TypeAlias = (
    Place
    | PlaceList
    | Cancel
    | Replace
    | MassCancel
    | ShowOrders
    | ShowStatus
    | ShowBook
    | ShowInstruments
    | Watch
    | Help
    | Quit
)


def parse(words: list[str]) -> Request:
    """The request that ``words`` make.

    >>> parse("buy AAPL 100 @ 190.50 ioc".split()).order.price
    Decimal('190.5')

    Raises:
        UsageError: they make none.
    """
    if not words:
        raise UsageError("nothing to do; try: " + ", ".join(_COMMANDS))
    rest = Words(words)
    read = _COMMANDS.get(rest.command)
    if read is None:
        raise UsageError(f"unknown command {words[0]!r}; there are: {', '.join(_COMMANDS)}")
    request = read(rest)
    rest.finish()
    return request


def _cancel(words: Words) -> Cancel:
    return Cancel(_order(words))


def _replace(words: Words) -> Replace:
    order = _order(words)
    qty = words.qty("QTY") if words.next_is_number() else None
    changes: dict[str, Any] = {}
    while (word := words.take_if(tuple(_AMENDMENTS))) is not None:
        name, read = _AMENDMENTS[word]
        if name in changes:
            raise words.wrong(f"{word!r} is said twice")
        changes[name] = read(words)
    if qty is None and not changes:
        raise words.wrong("QTY is missing, or what else is to change")
    return Replace(order, qty, changes.pop("price", None), changes)


def _until(words: Words) -> datetime:
    until: datetime = good_till(words)["expire"]
    return until


_AMENDMENTS: dict[str, tuple[str, Callable[[Words], Any]]] = {
    "@": ("price", lambda words: words.price("PRICE")),
    "stop": ("stop_px", lambda words: words.price("PRICE")),
    "show": ("display_qty", lambda words: words.offset("QTY")),
    "min": ("min_qty", lambda words: words.offset("QTY")),
    "offset": ("peg_offset", lambda words: words.offset("OFFSET")),
    "gtd": ("expire", _until),
}


def _mass_cancel(words: Words) -> MassCancel:
    side = words.take_if(tuple(SIDES))
    symbol = None if side else words.take_any()
    side = side or words.take_if(tuple(SIDES)) or words.option("side", tuple(SIDES))
    return MassCancel(symbol, None if side is None else SIDES[side])


def _orders(words: Words) -> ShowOrders:
    return ShowOrders(words.take_any())


def _status(words: Words) -> ShowStatus:
    return ShowStatus(_order(words))


def _book(words: Words) -> ShowBook:
    symbol = words.take("SYMBOL")
    levels = words.take_any()
    return ShowBook(symbol, BOOK_LEVELS if levels is None else words.count("LEVELS", levels, 1, LEVELS_MAX))


def _watch(words: Words) -> Watch:
    number = words.take_any()
    return Watch(0 if number is None else words.count("NUMBER", number, 0, INT64_MAX))


_COMMANDS: dict[str, Callable[[Words], Request]] = {
    "buy": place,
    "sell": place,
    "cancel": _cancel,
    "replace": _replace,
    "mass-cancel": _mass_cancel,
    "orders": _orders,
    "status": _status,
    "book": _book,
    "instruments": lambda _: ShowInstruments(),
    "watch": _watch,
    "help": lambda _: Help(),
    "quit": lambda _: Quit(),
}
COMMANDS = tuple(_COMMANDS)
"""The first words that there are."""


def _order(words: Words) -> OrderRef:
    text = words.take("ID")
    digits = text.removeprefix("#")
    return OrderRef(words.count("ID", digits, 1, _UINT64_MAX), is_order_id=digits != text)
