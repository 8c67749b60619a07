"""How much history market data keeps."""

from __future__ import annotations

import msgspec


class MarketDataLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Per instrument. Raises ``ValueError`` that names the limit, its value and what is allowed."""

    trades_per_symbol: int = 1_000
    """Trades on the tape, 48 bytes each. As far as it reaches, a bust repairs the prices of candles of 1 s."""
    candles_per_interval: int = 1_500
    """Candles of each interval, about 400 bytes each. Rolling statistics need 60; 1,440 minutes make a day's candle
    repairable."""

    checksum_every: int = 1_000
    """Changes of displayed orders after which a checksum follows, for who listens order by order; as many as there are
    orders where those are more; 0 = none."""

    def __post_init__(self) -> None:
        if self.trades_per_symbol < 1:
            raise ValueError(f"trades_per_symbol: {self.trades_per_symbol}: must be at least 1")
        if self.candles_per_interval < _CANDLES_MIN:
            raise ValueError(f"candles_per_interval: {self.candles_per_interval}: must be at least {_CANDLES_MIN}")
        if self.checksum_every < 0:
            raise ValueError(f"checksum_every: {self.checksum_every}: must not be negative")


_CANDLES_MIN = 60
"""Minutes, which the rolling statistics look at."""
