"""What is traded, and by which rules."""

from __future__ import annotations

import msgspec

from engine.types import Amount, InstrumentStatus, Px, Qty, Rate, TradingPhase


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """Guards against prices that nobody means. Rates are fractions at scale 10^-8, times nanoseconds; 0 = off."""

    collar_rate: Rate = 0
    """Fat finger: a limit price this far through the opposite touch (else the last, else the reference price) is
    rejected."""
    price_limit_rate: Rate = 0
    """Static band: a price this far from the reference price is rejected, on either side."""
    dynamic_band_rate: Rate = 0
    """Limit-up/limit-down: no order is priced, and no trade made, further than this from the last price."""
    limit_state_ns: int = 15_000_000_000
    """How long the touch may stay at the band's edge before the pause."""
    volatility_rate: Rate = 0
    """A trade further than this from the reference price is not made but brings the pause at once."""
    pause_ns: int = 300_000_000_000
    reopening_ns: int = 30_000_000_000
    """The call phase of the auction that ends a pause."""
    reopening_random_ns: int = 0
    """Up to this much longer, drawn."""


NO_PROTECTION = Protection()


class Session(msgspec.Struct, frozen=True, array_like=True):
    """One entry of an instrument's weekly schedule: from ``at`` on ``days`` the book is in ``phase``."""

    at: str
    """Local time ``HH:MM`` or ``HH:MM:SS`` in the instrument's zone."""
    phase: TradingPhase
    days: list[int] = []
    """ISO weekdays, 1 = Monday; empty = every day."""
    random_end_s: int = 0
    """The phase *before* this one lasts up to this many seconds longer, drawn: an auction's random end."""


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes, prices and rates at scale 10^-8."""

    symbol_id: int
    symbol: str
    base: str
    quote: str
    tick_size: Px
    lot_size: Qty
    min_qty: Qty
    max_qty: Qty
    min_notional: Amount
    maker_fee: Rate
    taker_fee: Rate
    protection_band: Rate
    """How far from the reference price a market order may trade, as a fraction of it."""
    reference_px: Px
    """The reference before anything has traded; 0 when there is none."""
    daily_roll: str
    """Local time ``HH:MM`` at which DAY orders expire."""
    time_zone: str
    """IANA name of the zone in which ``daily_roll`` is read."""
    status: InstrumentStatus = InstrumentStatus.ACTIVE
    phase: TradingPhase = TradingPhase.CONTINUOUS
    """The phase in which it is listed; without a schedule it stays there until an operator says otherwise."""
    schedule: list[Session] = []
    """Ordered by time of day; empty = no schedule."""
    holidays: list[str] = []
    """ISO dates, in the instrument's zone, on which it stays closed; DAY orders expire all the same."""
    protection: Protection = NO_PROTECTION
    orders_per_side_max: int = 0
    """Orders that may rest on one side of the book; 0 = any number."""
    orders_per_account_max: int = 0
    """Open orders that one account may have in the book; 0 = any number."""

    @property
    def worst_fee(self) -> Rate:
        return self.taker_fee if self.taker_fee > self.maker_fee else self.maker_fee
