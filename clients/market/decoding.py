"""Market data's SBE payloads as this package's events; what is about books goes into them instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from clients.decoding import SIDE
from clients.market.events import (
    AuctionOver,
    DayEnded,
    DayStatistics,
    Indicative,
    InstrumentEvent,
    Listed,
    StatusChanged,
    Trade,
    TradeBust,
    TradeCorrection,
)
from clients.numbers import to_decimal
from clients.special import known
from engine.types import InstrumentStatus, TradingPhase
from gateways.binary.codec import HEADER_SIZE, from_text
from gateways.binary.market.codec import SEQUENCED
from gateways.binary.market.codec import Messages as _Messages

MESSAGES: Final[_Messages] = SEQUENCED
"""Layouts; payloads are the same in packets of each kind."""


def _trade(number: int, fields: tuple[Any, ...]) -> Trade:
    time_ns, trade_id, px, qty, security_id, side, _ = fields
    return Trade(number, time_ns, security_id, trade_id, to_decimal(px), to_decimal(qty), SIDE.get(side))


def _bust(number: int, fields: tuple[Any, ...]) -> TradeBust:
    time_ns, trade_id, px, qty, security_id, _ = fields
    return TradeBust(number, time_ns, security_id, trade_id, to_decimal(px), to_decimal(qty))


def _correction(number: int, fields: tuple[Any, ...]) -> TradeCorrection:
    time_ns, trade_id, px, qty, old_px, old_qty, security_id, _ = fields
    amounts = to_decimal(px), to_decimal(qty), to_decimal(old_px), to_decimal(old_qty)
    return TradeCorrection(number, time_ns, security_id, trade_id, *amounts)


def _listed(number: int, fields: tuple[Any, ...]) -> Listed:
    time_ns, tick, lot, min_qty, max_qty, notional_low, notional_high, maker, taker, *rates = fields[:13]
    security_id, per_side, per_account, symbol, base, quote, _ = fields[13:]
    collar, price_limit, dynamic_band, volatility = map(to_decimal, rates)
    return Listed(
        number,
        time_ns,
        security_id,
        from_text(symbol),
        from_text(base),
        from_text(quote),
        to_decimal(tick),
        to_decimal(lot),
        to_decimal(min_qty),
        to_decimal(max_qty),
        to_decimal(notional_high << 64 | notional_low),
        to_decimal(maker),
        to_decimal(taker),
        collar,
        price_limit,
        dynamic_band,
        volatility,
        per_side,
        per_account,
    )


def _status(number: int, fields: tuple[Any, ...]) -> StatusChanged:
    time_ns, until_ns, limit_until_ns, reference_px, security_id, status, phase, side, _ = fields
    return StatusChanged(
        number,
        time_ns,
        security_id,
        known(InstrumentStatus, status),
        known(TradingPhase, phase),
        until_ns,
        to_decimal(reference_px),
        SIDE.get(side),
        limit_until_ns,
    )


def _indicative(number: int, fields: tuple[Any, ...]) -> Indicative:
    time_ns, px, qty, imbalance, security_id, _ = fields
    return Indicative(number, time_ns, security_id, to_decimal(px), to_decimal(qty), to_decimal(imbalance))


def _auction_over(number: int, fields: tuple[Any, ...]) -> AuctionOver:
    time_ns, px, qty, security_id, _ = fields
    return AuctionOver(number, time_ns, security_id, to_decimal(px), to_decimal(qty))


def _statistics(number: int, fields: tuple[Any, ...]) -> DayStatistics:
    time_ns, *prices = fields[:7]
    volume, turnover_low, turnover_high, trades, day_start_ns, security_id, date = fields[7:]
    opened, high, low, last, vwap, previous_close = map(to_decimal, prices)
    amounts = to_decimal(volume), to_decimal(turnover_high << 64 | turnover_low)
    day = day_start_ns, from_text(date)
    return DayStatistics(
        number, time_ns, security_id, opened, high, low, last, vwap, previous_close, *amounts, trades, *day
    )


def _day_ended(number: int, fields: tuple[Any, ...]) -> DayEnded:
    time_ns, security_id, date, _ = fields
    return DayEnded(number, time_ns, security_id, from_text(date))


DECODERS: Final[dict[int, tuple[Callable[..., tuple[Any, ...]], Callable[[int, tuple[Any, ...]], InstrumentEvent]]]] = {
    layout.template_id: (layout.unpack, decode)
    for layout, decode in (
        (MESSAGES.trade, _trade),
        (MESSAGES.trade_busted, _bust),
        (MESSAGES.trade_corrected, _correction),
        (MESSAGES.instrument_definition, _listed),
        (MESSAGES.instrument_status, _status),
        (MESSAGES.auction_indicative, _indicative),
        (MESSAGES.auction_result, _auction_over),
        (MESSAGES.statistics, _statistics),
        (MESSAGES.trading_day_ended, _day_ended),
    )
}
"""By templateId: a payload's fields, and the event of a number and fields."""


def event_of(template_id: int, number: int, payload: bytes) -> InstrumentEvent | None:
    """None for a message that this client is too old to know. Raises ``struct.error``, ``KeyError``."""
    found = DECODERS.get(template_id)
    if found is None:
        return None
    unpack, decode = found
    return decode(number, unpack(payload, HEADER_SIZE))
