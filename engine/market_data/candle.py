"""One candle: what was traded in one stretch of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import msgspec

from engine.money import avg_px
from engine.types import Amount, Px, Qty


@final
class Candle(msgspec.Struct, array_like=True, gc=False):
    """Prices, quantities and amounts at scale 10^-8. ``trades`` 0: nothing traded, all prices are the last close."""

    start_ns: int
    open_px: Px
    high_px: Px
    low_px: Px
    close_px: Px
    volume: Qty
    notional: Amount
    trades: int
    first_trade_id: int
    """TradeID of the first trade made in it, busted or not: TradeIDs rise with time, so it finds a trade's candle."""

    @property
    def vwap(self) -> Px:
        """Volume-weighted average price, rounded half up; 0 without trades."""
        return avg_px(self.notional, self.volume)

    def merge(self, later: Candle) -> None:
        """Add what was traded right after."""
        if later.high_px > self.high_px:
            self.high_px = later.high_px
        if later.low_px < self.low_px:
            self.low_px = later.low_px
        self.close_px = later.close_px
        self.volume += later.volume
        self.notional += later.notional
        self.trades += later.trades

    def starting(self, start_ns: int) -> Candle:
        """A copy that starts at ``start_ns``."""
        return Candle(
            start_ns,
            self.open_px,
            self.high_px,
            self.low_px,
            self.close_px,
            self.volume,
            self.notional,
            self.trades,
            self.first_trade_id,
        )

    def take_prices(self, pieces: list[Candle]) -> None:
        """Open, high, low and close are those of ``pieces``, oldest first; at least one."""
        self.open_px = pieces[0].open_px
        self.high_px = max(piece.high_px for piece in pieces)
        self.low_px = min(piece.low_px for piece in pieces)
        self.close_px = pieces[-1].close_px


def flat(start_ns: int, close_px: Px) -> Candle:
    """A stretch in which nothing traded."""
    return Candle(start_ns, close_px, close_px, close_px, close_px, 0, 0, 0, 0)


def joined(pieces: Iterable[Candle]) -> Candle | None:
    """All of ``pieces``, oldest first, as one candle that starts with the first; None where there are none."""
    whole: Candle | None = None
    for piece in pieces:
        if whole is None:
            whole = piece.starting(piece.start_ns)
        else:
            whole.merge(piece)
    return whole
