"""Which instruments need every order looked at, and the counts that some of them limit."""

from __future__ import annotations

from collections import Counter

from engine.instrument import Instrument
from engine.terms import OrderTerms
from engine.types import Side


class Counts:
    """How many orders are open: by account, and resting by side."""

    def __init__(self) -> None:
        self.by_account: Counter[int] = Counter()
        self.resting: Counter[Side] = Counter()

    def add(self, terms: OrderTerms, *, resting: int) -> None:
        self.by_account[terms.account_id] += 1
        self.resting[terms.side] += resting

    def drop(self, terms: OrderTerms, *, resting: int) -> None:
        self.by_account[terms.account_id] -= 1
        self.resting[terms.side] -= resting


def is_guarded(instrument: Instrument) -> bool:
    """Whether the instrument has bands, limits or counts that every order must be held against."""
    rates = instrument.protection
    return bool(
        rates.collar_rate
        or rates.price_limit_rate
        or rates.dynamic_band_rate
        or rates.volatility_rate
        or instrument.orders_per_side_max
        or instrument.orders_per_account_max
    )
