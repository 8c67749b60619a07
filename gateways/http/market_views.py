"""The JSON of market data. Prices, quantities and amounts are decimal strings, exact to 10^-8; times ISO 8601, UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from engine.decimals import format_decimal
from engine.market_data.candle import Candle
from engine.market_data.levels import Levels
from engine.market_data.orders import DisplayedOrder, Orders
from engine.market_data.statistics import Period
from engine.market_data.symbol import SymbolMarket
from engine.market_data.tape import TapeTrade, TradeFlag
from engine.queries import DepthLevel
from engine.types import Px, Side

_NS = 1_000_000_000


class LevelView(msgspec.Struct, frozen=True):
    px: str
    qty: str
    orders: int


class BookView(msgspec.Struct, frozen=True):
    """L2, best price first."""

    symbol: str
    sequence: int
    """The journal sequence that it shows everything up to."""
    bids: list[LevelView]
    asks: list[LevelView]


class DisplayedOrderView(msgspec.Struct, frozen=True):
    order_id: int
    px: str
    qty: str
    """Displayed."""


class OrdersView(msgspec.Struct, frozen=True):
    """L3, best price first, in priority order within it."""

    symbol: str
    sequence: int
    bids: list[DisplayedOrderView]
    asks: list[DisplayedOrderView]


class TradeView(msgspec.Struct, frozen=True):
    trade_id: int
    time: str
    px: str
    qty: str
    aggressor: str
    """BUY, SELL, or empty in an auction."""
    auction: bool
    busted: bool
    corrected: bool


class IndicativeView(msgspec.Struct, frozen=True):
    px: str
    qty: str
    surplus: str
    """Buy minus sell quantity left over."""


class LimitStateView(msgspec.Struct, frozen=True):
    side: str
    until: str


class TopView(msgspec.Struct, frozen=True):
    """L1. What there is none of is null or empty."""

    symbol: str
    sequence: int
    status: str
    phase: str
    phase_until: str
    bid: LevelView | None
    ask: LevelView | None
    last: TradeView | None
    indicative: IndicativeView | None
    limit_state: LimitStateView | None
    reference_px: str


class TradesView(msgspec.Struct, frozen=True):
    """Newest first."""

    symbol: str
    sequence: int
    trades: list[TradeView]


class CandleView(msgspec.Struct, frozen=True):
    time: str
    """When it starts."""
    open: str
    high: str
    low: str
    close: str
    volume: str
    notional: str
    trades: int
    vwap: str
    """Empty without trades."""


class CandlesView(msgspec.Struct, frozen=True):
    """Oldest first; the last one may still change."""

    symbol: str
    sequence: int
    interval: str
    candles: list[CandleView]


class PeriodView(msgspec.Struct, frozen=True):
    """Prices are empty where nothing traded."""

    since: str
    open: str
    high: str
    low: str
    close: str
    change: str
    change_percent: str
    volume: str
    notional: str
    trades: int
    vwap: str


class StatisticsView(msgspec.Struct, frozen=True):
    symbol: str
    sequence: int
    time: str
    rolling_24h: PeriodView
    day: str
    session: PeriodView
    previous_close: str


def time_text(time_ns: int) -> str:
    """``2026-01-02T10:00:00Z``, with as many decimals as the nanoseconds need; empty for 0."""
    if not time_ns:
        return ""
    seconds, ns = divmod(time_ns, _NS)
    fraction = f".{ns:09d}".rstrip("0") if ns else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def price_text(px: Px) -> str:
    """Empty where there is none."""
    return format_decimal(px) if px else ""


def book_view(symbol: str, seq: int, shown: Levels) -> BookView:
    return BookView(symbol, seq, _levels(shown.bids), _levels(shown.asks))


def orders_view(symbol: str, seq: int, shown: Orders) -> OrdersView:
    return OrdersView(symbol, seq, _orders(shown.bids), _orders(shown.asks))


def top_view(market: SymbolMarket, seq: int, shown: Levels) -> TopView:
    """``shown``: the best level of each side."""
    top = market.top(*(levels[0] if levels else None for levels in (shown.bids, shown.asks)))
    indicative, limit = top.indicative, top.limit_state
    return TopView(
        market.instrument.symbol,
        seq,
        top.status.name,
        top.phase.name,
        time_text(top.phase_until_ns),
        _level(top.bid) if top.bid is not None else None,
        _level(top.ask) if top.ask is not None else None,
        trade_view(top.last) if top.last is not None else None,
        IndicativeView(*map(format_decimal, (indicative.px, indicative.qty, indicative.surplus)))
        if indicative is not None
        else None,
        LimitStateView(limit.side.name, time_text(limit.until_ns)) if limit is not None else None,
        price_text(top.reference_px),
    )


def trade_view(trade: TapeTrade) -> TradeView:
    flags = TradeFlag(trade.flags)
    return TradeView(
        trade.trade_id,
        time_text(trade.time_ns),
        format_decimal(trade.px),
        format_decimal(trade.qty),
        Side(trade.aggressor).name if trade.aggressor else "",
        TradeFlag.AUCTION in flags,
        TradeFlag.BUSTED in flags,
        TradeFlag.CORRECTED in flags,
    )


def candle_view(candle: Candle) -> CandleView:
    return CandleView(
        time_text(candle.start_ns),
        format_decimal(candle.open_px),
        format_decimal(candle.high_px),
        format_decimal(candle.low_px),
        format_decimal(candle.close_px),
        format_decimal(candle.volume),
        format_decimal(candle.notional),
        candle.trades,
        price_text(candle.vwap),
    )


def statistics_view(market: SymbolMarket, seq: int, now_ns: int) -> StatisticsView:
    found = market.statistics(now_ns)
    return StatisticsView(
        market.instrument.symbol,
        seq,
        time_text(found.time_ns),
        _period(found.rolling),
        found.day,
        _period(found.session),
        price_text(found.previous_close_px),
    )


def _period(period: Period) -> PeriodView:
    traded = bool(period.trades)
    return PeriodView(
        time_text(period.start_ns),
        price_text(period.open_px),
        price_text(period.high_px),
        price_text(period.low_px),
        price_text(period.close_px),
        format_decimal(period.change) if traded else "",
        format_decimal(100 * period.change_rate) if traded else "",
        format_decimal(period.volume),
        format_decimal(period.notional),
        period.trades,
        price_text(period.vwap),
    )


def _level(level: DepthLevel) -> LevelView:
    return LevelView(format_decimal(level.px), format_decimal(level.qty), level.orders)


def _levels(shown: Iterable[DepthLevel]) -> list[LevelView]:
    return [_level(level) for level in shown]


def _orders(shown: Iterable[DisplayedOrder]) -> list[DisplayedOrderView]:
    return [DisplayedOrderView(each.order_id, format_decimal(each.px), format_decimal(each.qty)) for each in shown]
