"""Notionals, fees and holds: the exact arithmetic that accounts and books share.

Fees round up once, on an order's cumulative fee, so the sum of its fills' fees never exceeds the fee of the whole and a
hold taken for the worst case always suffices (design §7.5).
"""

from __future__ import annotations

import msgspec

from engine.events import TradeBusted, TradeCorrected
from engine.instrument import Instrument
from engine.types import SCALE, Amount, Px, Qty, Rate, Side

_BUY = Side.BUY


def notional(px: Px, qty: Qty) -> Amount:
    """Price × quantity at scale 10^-8; exact, because tick × lot is a multiple of 10^-8 for every instrument."""
    return px * qty // SCALE


def fee_due(raw: int) -> Amount:
    """The fee for ``raw`` = Σ notional × rate (scale 10^-16), rounded up to a unit."""
    return -(-raw // SCALE)


def worst_hold(side: Side, px: Px, qty: Qty, rate: Rate) -> Amount:
    """What an untouched order can cost at the most: quote for a buy (with its worst fee), base for a sell."""
    if side is not _BUY:
        return qty
    cost = px * qty // SCALE
    return cost - (-(cost * rate) // SCALE)


def remaining_hold(side: Side, px: Px, leaves: Qty, rate: Rate, fee_raw: int, fee_paid: Amount) -> Amount:
    """What the rest of a partly filled order can still cost at the most, its fees so far considered."""
    if side is not _BUY or not leaves:
        return leaves
    cost = px * leaves // SCALE
    return cost - (-(fee_raw + cost * rate) // SCALE) - fee_paid


def avg_px(cum_notional: Amount, cum_qty: Qty) -> Px:
    """AvgPx (FIX tag 6): Σ px × qty / Σ qty, rounded half up to 10^-8; 0 without fills."""
    return (2 * cum_notional * SCALE + cum_qty) // (2 * cum_qty) if cum_qty else 0


class TradeChange(msgspec.Struct, frozen=True, gc=False):
    """By how much more (less: negative) a bust or a correction settles a trade."""

    qty: Qty
    cost: Amount
    aggressor_fee: Amount
    resting_fee: Amount

    @property
    def fees(self) -> Amount:
        """What the venue's own account gets; negative when it pays back."""
        return self.aggressor_fee + self.resting_fee


def change_of(event: TradeBusted | TradeCorrected) -> TradeChange:
    if isinstance(event, TradeBusted):
        return TradeChange(-event.qty, -notional(event.px, event.qty), -event.aggressor_fee, -event.resting_fee)
    return TradeChange(
        event.qty - event.old_qty,
        notional(event.px, event.qty) - notional(event.old_px, event.old_qty),
        event.aggressor_fee - event.old_aggressor_fee,
        event.resting_fee - event.old_resting_fee,
    )


def hold_asset(side: Side, instrument: Instrument) -> str:
    return instrument.quote if side is _BUY else instrument.base


def protection_px(side: Side, reference: Px, instrument: Instrument) -> Px:
    """The worst price at which a market order may trade: the band around ``reference``, rounded inwards to the tick."""
    band = reference * instrument.protection_band // SCALE
    tick = instrument.tick_size
    if side is Side.BUY:
        return (reference + band) // tick * tick
    return max(tick, -(-(reference - band) // tick) * tick)
