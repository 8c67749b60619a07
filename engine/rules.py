"""An instrument's rules for orders: which are refused, with which FIX reason and in which words."""

from __future__ import annotations

from engine.decimals import format_decimal
from engine.instrument import Instrument
from engine.types import INT64_MAX, SCALE, InstrumentStatus, OrdRejReason, OrdType, Px, Qty, TimeInForce

_ACTIVE = InstrumentStatus.ACTIVE


def check_order(
    instrument: Instrument, status: InstrumentStatus, ord_type: OrdType, tif: TimeInForce, qty: Qty, px: Px
) -> tuple[int, str] | None:
    """None if the book takes such an order, else (OrdRejReason, text)."""
    if (
        status is _ACTIVE
        and 0 < px <= INT64_MAX
        and instrument.min_qty <= qty <= instrument.max_qty
        and not qty % instrument.lot_size
        and not px % instrument.tick_size
        and px * qty // SCALE >= instrument.min_notional
    ):
        return None
    return _refusal(instrument, status, ord_type, qty, px)


def _refusal(
    instrument: Instrument, status: InstrumentStatus, ord_type: OrdType, qty: Qty, px: Px
) -> tuple[int, str] | None:
    symbol = instrument.symbol
    if status is not _ACTIVE:
        return OrdRejReason.EXCHANGE_CLOSED, f"{symbol} is {status.name}"
    if qty <= 0 or qty % instrument.lot_size:
        return (
            OrdRejReason.INCORRECT_QUANTITY,
            f"quantity {format_decimal(qty)} is not a positive multiple of the lot "
            f"{format_decimal(instrument.lot_size)}",
        )
    if not instrument.min_qty <= qty <= instrument.max_qty:
        return (
            OrdRejReason.INCORRECT_QUANTITY,
            f"quantity {format_decimal(qty)} is outside {format_decimal(instrument.min_qty)} to "
            f"{format_decimal(instrument.max_qty)}",
        )
    if not 0 < px <= INT64_MAX or px % instrument.tick_size:
        return (
            OrdRejReason.OTHER,
            f"price {format_decimal(px)} is not a positive multiple of the tick {format_decimal(instrument.tick_size)}",
        )
    if px * qty // SCALE < instrument.min_notional:
        return (
            OrdRejReason.OTHER,
            f"notional {format_decimal(px * qty // SCALE)} is below the minimum "
            f"{format_decimal(instrument.min_notional)}",
        )
    raise AssertionError("refused an order that no rule refuses")
