"""What the market data stream tells a client, beside its books.

Prices, quantities and amounts are ``Decimal``, times integer nanoseconds UTC. ``number`` is a message's place in the
stream, 0 for what is shown in a snapshot. See ``gateways/binary/market_data.sbe.xml`` for what each field means.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import msgspec

from engine.types import InstrumentStatus, Side, TradingPhase


class _Told(msgspec.Struct, frozen=True):
    number: int
    time_ns: int
    security_id: int


class BookChanged(_Told, frozen=True):
    """All that one event of the venue did to a book has been done; the book is to be looked at now."""


class Trade(_Told, frozen=True):
    """Every trade, once. ``aggressor`` is None in an auction."""

    trade_id: int
    price: Decimal
    qty: Decimal
    aggressor: Side | None


class TradeBust(_Told, frozen=True):
    """The trade never was."""

    trade_id: int
    price: Decimal
    qty: Decimal


class TradeCorrection(_Told, frozen=True):
    """The trade was at another price or quantity."""

    trade_id: int
    price: Decimal
    qty: Decimal
    old_price: Decimal
    old_qty: Decimal


class Listed(_Told, frozen=True):
    """What can be traded, and by which rules. Rates are fractions; 0 = no limit."""

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    collar_rate: Decimal
    price_limit_rate: Decimal
    dynamic_band_rate: Decimal
    volatility_rate: Decimal
    orders_per_side_max: int
    orders_per_account_max: int


class StatusChanged(_Told, frozen=True):
    """Whether and how the instrument trades. Times are 0 where there is none."""

    status: InstrumentStatus | int
    phase: TradingPhase | int
    phase_until_ns: int
    reference_px: Decimal
    limit_state_side: Side | None
    limit_state_until_ns: int


class Indicative(_Told, frozen=True):
    """What an uncross would do now; all 0 when nothing would trade."""

    price: Decimal
    qty: Decimal
    imbalance: Decimal


class AuctionOver(_Told, frozen=True):
    """0 where nothing traded."""

    price: Decimal
    qty: Decimal


class DayStatistics(_Told, frozen=True):
    """The trading day so far; prices are 0 before the first trade."""

    open_px: Decimal
    high_px: Decimal
    low_px: Decimal
    last_px: Decimal
    vwap_px: Decimal
    previous_close_px: Decimal
    volume: Decimal
    turnover: Decimal
    trades: int
    day_start_ns: int
    trade_date: str


class DayEnded(_Told, frozen=True):
    """The next trading day of the instrument is under way."""

    trade_date: str


class StreamEvent(msgspec.Struct, frozen=True):
    """``O``: the stream begins; ``C``: the venue stops, and says no more."""

    number: int
    time_ns: int
    code: str


class Resynchronising(msgspec.Struct, frozen=True):
    """The books can't be trusted any more, and are asked for anew; a ``BookChanged`` tells when each is there again."""

    reason: str


InstrumentEvent: TypeAlias = (
    Trade | TradeBust | TradeCorrection | Listed | StatusChanged | Indicative | AuctionOver | DayStatistics | DayEnded
)
MarketEvent: TypeAlias = BookChanged | InstrumentEvent | StreamEvent | Resynchronising
"""What iterating over a market data client yields."""
