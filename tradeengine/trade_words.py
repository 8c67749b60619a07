"""What people type to trade, as requests: ``buy AAPL 100 @ 190.50``. Pure: nothing here talks to a venue.

The command line and the prompt speak the same words. Options are words too (``--tif ioc`` is ``ioc``), so that what
was typed in one place works in the other.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from clients.numbers import to_decimal, to_scaled
from engine.types import INT64_MAX, SCALE, Side, TimeInForce
from tradeengine.trade_usage import USAGE

BOOK_LEVELS = 10
LEVELS_MAX = 65_535
"""What the protocol's field holds; the venue gives as many as it is configured to."""

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_TIFS = {tif.name.lower(): tif for tif in TimeInForce}
_UINT64_MAX = 2**64 - 1


class UsageError(ValueError):
    """What was typed is no request; the text says what would be one."""


class OrderRef(msgspec.Struct, frozen=True):
    """An order as a person names it: by the client's ClOrdID, or by the venue's OrderID."""

    number: int
    is_order_id: bool = False

    def __str__(self) -> str:
        return f"#{self.number}" if self.is_order_id else str(self.number)


class Place(msgspec.Struct, frozen=True):
    """A new order; without a price it is a market order."""

    side: Side
    symbol: str
    qty: Decimal
    price: Decimal | None
    tif: TimeInForce


class Cancel(msgspec.Struct, frozen=True):
    order: OrderRef


class Replace(msgspec.Struct, frozen=True):
    """Without a price it stays as it is."""

    order: OrderRef
    qty: Decimal
    price: Decimal | None


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
    Place | Cancel | Replace | MassCancel | ShowOrders | ShowStatus | ShowBook | ShowInstruments | Watch | Help | Quit
)


def parse(words: list[str]) -> Request:
    """The request that ``words`` make.

    >>> parse("buy AAPL 100 @ 190.50 ioc".split()).price
    Decimal('190.5')

    Raises:
        UsageError: they make none.
    """
    if not words:
        raise UsageError("nothing to do; try: " + ", ".join(_COMMANDS))
    rest = _Words(words)
    read = _COMMANDS.get(rest.command)
    if read is None:
        raise UsageError(f"unknown command {words[0]!r}; there are: {', '.join(_COMMANDS)}")
    request = read(rest)
    rest.finish()
    return request


class _Words:
    """The words after the command, taken one by one; options may stand anywhere among them."""

    def __init__(self, words: list[str]) -> None:
        self.command = words[0].lower()
        self._options: dict[str, str] = {}
        self._rest: list[str] = []
        pending = iter(words[1:])
        for word in pending:
            if word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                self._options[name] = value if equals else next(pending, "")
            elif word.startswith("@") and len(word) > 1:
                self._rest += ["@", word[1:]]
            else:
                self._rest.append(word)

    def take(self, what: str) -> str:
        if not self._rest:
            raise self.wrong(f"{what} is missing")
        return self._rest.pop(0)

    def take_any(self) -> str | None:
        return self._rest.pop(0) if self._rest else None

    def take_if(self, choices: tuple[str, ...]) -> str | None:
        """The next word in lower case, if it is one of ``choices``."""
        return self._rest.pop(0).lower() if self._rest and self._rest[0].lower() in choices else None

    def option(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self._options.pop(name, None)
        if value is None:
            return None
        if value.lower() not in choices:
            raise self.wrong(f"--{name} {value!r}: must be one of {', '.join(choices)}")
        return value.lower()

    def finish(self) -> None:
        """Nothing may be left over: an order that was not wholly understood is not sent."""
        if self._rest:
            raise self.wrong(f"{' '.join(self._rest)!r} is more than expected")
        if self._options:
            raise self.wrong(f"--{next(iter(self._options))} is more than expected")

    def wrong(self, what: str) -> UsageError:
        shape = next((words for words, _ in USAGE if words.split()[0] == self.command), self.command)
        return UsageError(f"{what}; usage: {shape}")


def _place(words: _Words) -> Place:
    symbol = words.take("SYMBOL")
    qty = _amount(words, "QTY", words.take("QTY"))
    price = _price(words)
    kind = words.take_if(("market", "limit")) or words.option("type", ("market", "limit"))
    if price is None and kind != "market":
        raise words.wrong("PRICE is missing: give one (@ 190.50), or say market")
    if price is not None and kind == "market":
        raise words.wrong("a market order has no price")
    tif = words.take_if(tuple(_TIFS)) or words.option("tif", tuple(_TIFS)) or "gtc"
    return Place(_SIDES[words.command], symbol, qty, price, _TIFS[tif])


def _cancel(words: _Words) -> Cancel:
    return Cancel(_order(words))


def _replace(words: _Words) -> Replace:
    return Replace(_order(words), _amount(words, "QTY", words.take("QTY")), _price(words))


def _mass_cancel(words: _Words) -> MassCancel:
    side = words.take_if(tuple(_SIDES))
    symbol = None if side else words.take_any()
    side = side or words.take_if(tuple(_SIDES)) or words.option("side", tuple(_SIDES))
    return MassCancel(symbol, None if side is None else _SIDES[side])


def _orders(words: _Words) -> ShowOrders:
    return ShowOrders(words.take_any())


def _status(words: _Words) -> ShowStatus:
    return ShowStatus(_order(words))


def _book(words: _Words) -> ShowBook:
    symbol = words.take("SYMBOL")
    levels = words.take_any()
    return ShowBook(symbol, BOOK_LEVELS if levels is None else _count(words, "LEVELS", levels, 1, LEVELS_MAX))


def _watch(words: _Words) -> Watch:
    number = words.take_any()
    return Watch(0 if number is None else _count(words, "NUMBER", number, 0, INT64_MAX))


_COMMANDS: dict[str, Callable[[_Words], Request]] = {
    "buy": _place,
    "sell": _place,
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


def _order(words: _Words) -> OrderRef:
    text = words.take("ID")
    digits = text.removeprefix("#")
    return OrderRef(_count(words, "ID", digits, 1, _UINT64_MAX), is_order_id=digits != text)


def _price(words: _Words) -> Decimal | None:
    return None if words.take_if(("@",)) is None else _amount(words, "PRICE", words.take("PRICE"))


def _amount(words: _Words, name: str, text: str) -> Decimal:
    try:
        scaled = to_scaled(text.replace("_", ""))
    except ValueError:
        raise words.wrong(f"{name} {text!r}: must be a number with at most 8 decimals") from None
    if not 0 < scaled <= INT64_MAX:
        raise words.wrong(f"{name} {text}: must be more than 0 and at most {INT64_MAX // SCALE}")
    return to_decimal(scaled)


def _count(words: _Words, name: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most or len(text) > 20:
        raise words.wrong(f"{name} {text!r}: must be a whole number from {least} to {most}")
    return int(text)
