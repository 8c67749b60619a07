"""``/market/…``: what the public may see of each instrument, for all who can reach the port."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl

import msgspec

from engine.book import Book
from engine.market_data.levels import displayed_levels
from engine.market_data.orders import displayed_orders
from engine.market_data.series import INTERVALS
from engine.market_data.symbol import SymbolMarket
from gateways.http import market_views as views
from gateways.http.messages import HttpError, Problem, Request, Response, json_response
from gateways.http.routes import Route

T = TypeVar("T")

DEPTH_MAX = 1_000
"""Price levels of a side that one answer may hold."""
DEPTH_DEFAULT = 20
TRADES_MAX = 1_000
TRADES_DEFAULT = 100
CANDLES_MAX = 5_000
CANDLES_DEFAULT = 500

_NS = 1_000_000_000
_TIME_TEXT = "expected ISO 8601 with a zone (2026-01-02T10:00:00Z), a date, or seconds since 1970"


class MarketReading(msgspec.Struct, frozen=True):
    """An instrument's market as it stands now: to be read before anything else happens, not to be kept."""

    market: SymbolMarket
    seq: int
    """The last record that it shows."""
    now_ns: int
    """The venue's time, not before that record's."""


class MarketReads(Protocol):
    """What these routes need of the venue."""

    def market(self, symbol: str) -> MarketReading:
        """Raises OperationUnknown, VenueUnavailable."""

    async def inspect_book(self, symbol: str, read: Callable[[Book], T]) -> tuple[int, T]:
        """What ``read`` sees of an instrument's book, and the journal sequence as of which; only what is durable.
        Raises OperationUnknown, OperationRefused, VenueUnavailable."""


class MarketApi:
    """The routes and what they answer. Errors are those of :mod:`gateways.http.messages`."""

    def __init__(self, reads: MarketReads) -> None:
        self._reads = reads

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/market/{symbol}/book", self._book, protected=False),
            Route("GET", "/market/{symbol}/orders", self._orders, protected=False),
            Route("GET", "/market/{symbol}/top", self._top, protected=False),
            Route("GET", "/market/{symbol}/trades", self._trades, protected=False),
            Route("GET", "/market/{symbol}/candles", self._candles, protected=False),
            Route("GET", "/market/{symbol}/statistics", self._statistics, protected=False),
        ]

    async def _book(self, request: Request, symbol: str) -> Response:
        depth = Query(request, "depth").count("depth", DEPTH_DEFAULT, DEPTH_MAX)
        seq, shown = await self._reads.inspect_book(symbol, lambda book: displayed_levels(book, depth))
        return json_response(views.book_view(symbol, seq, shown))

    async def _orders(self, request: Request, symbol: str) -> Response:
        depth = Query(request, "depth").count("depth", DEPTH_DEFAULT, DEPTH_MAX)
        seq, shown = await self._reads.inspect_book(symbol, lambda book: displayed_orders(book, depth))
        return json_response(views.orders_view(symbol, seq, shown))

    async def _top(self, request: Request, symbol: str) -> Response:
        Query(request)
        seq, shown = await self._reads.inspect_book(symbol, lambda book: displayed_levels(book, 1))
        return json_response(views.top_view(self._reads.market(symbol).market, seq, shown))

    async def _trades(self, request: Request, symbol: str) -> Response:
        query = Query(request, "limit")
        limit = query.count("limit", TRADES_DEFAULT, TRADES_MAX)
        now = self._reads.market(symbol)
        trades = list(map(views.trade_view, now.market.tape.newest(limit)))
        return json_response(views.TradesView(now.market.instrument.symbol, now.seq, trades))

    async def _candles(self, request: Request, symbol: str) -> Response:
        query = Query(request, "interval", "from", "to", "limit", "fill")
        interval = query.choice("interval", "1m", INTERVALS)
        from_ns, to_ns = query.time("from"), query.time("to")
        limit = query.count("limit", CANDLES_DEFAULT, CANDLES_MAX)
        fill = query.choice("fill", "false", ("true", "false")) == "true"
        if from_ns is not None and to_ns is not None and from_ns >= to_ns:
            raise invalid("to", "must be after from")
        now = self._reads.market(symbol)
        until_ns = now.now_ns + 1 if to_ns is None else min(to_ns, now.now_ns + 1)
        found = now.market.candles.query(interval, from_ns, until_ns, limit, fill=fill)
        shown = list(map(views.candle_view, found))
        return json_response(views.CandlesView(now.market.instrument.symbol, now.seq, interval, shown))

    async def _statistics(self, request: Request, symbol: str) -> Response:
        Query(request)
        now = self._reads.market(symbol)
        return json_response(views.statistics_view(now.market, now.seq, now.now_ns))


class Query:
    """A request's parameters. Raises HttpError, here for one that is not ``known`` or comes twice."""

    def __init__(self, request: Request, *known: str) -> None:
        self._values: dict[str, str] = {}
        for key, value in parse_qsl(request.query, keep_blank_values=True):
            if key not in known:
                expected = ", ".join(known) or "none"
                raise invalid(key[:40], f"is no parameter of this path; there are: {expected}")
            if key in self._values:
                raise invalid(key, "must be given once")
            self._values[key] = value

    def count(self, key: str, default: int, most: int) -> int:
        """A whole number, 1 … ``most``."""
        text = self._values.get(key)
        if text is None:
            return default
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if not 1 <= value <= most:
            raise invalid(key, f"{text[:40]!r} is not allowed; expected 1 to {most}")
        return value

    def choice(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self._values.get(key, default)
        if text not in allowed:
            raise invalid(key, f"{text[:40]!r} is not allowed; expected one of {', '.join(allowed)}")
        return text

    def time(self, key: str) -> int | None:
        """Nanoseconds UTC; None where it is not given."""
        text = self._values.get(key)
        return None if text is None else _read(key, text, _time_ns)


def invalid(key: str, text: str) -> HttpError:
    """400 that names the parameter."""
    return HttpError(HTTPStatus.BAD_REQUEST, f"{key}: {text}", (Problem(key, text),))


def _read(key: str, text: str, parse: Callable[[str], int]) -> int:
    try:
        return parse(text)
    except (ValueError, OverflowError):
        raise invalid(key, f"{text[:40]!r} is not allowed; {_TIME_TEXT}") from None


def _time_ns(text: str) -> int:
    """Raises ValueError, OverflowError."""
    if text.isascii() and text.isdigit() and len(text) <= 11:
        return int(text) * _NS
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        if len(text) > len("2026-01-02"):
            raise ValueError(text)
        at = at.replace(tzinfo=UTC)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    time_ns = (since.days * 86_400 + since.seconds) * _NS + since.microseconds * 1_000
    if time_ns < 0:
        raise ValueError(text)
    return time_ns
