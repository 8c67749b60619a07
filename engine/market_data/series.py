"""The candles of one interval, bounded, oldest first. A stretch without trades has no candle."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, Protocol

from engine.instrument import Instrument
from engine.market_data.candle import Candle, flat
from engine.market_data.trading_day import TradingDay, trading_day

_S = 1_000_000_000
INTERVALS_NS: Final = {
    "1s": _S,
    "5s": 5 * _S,
    "15s": 15 * _S,
    "1m": 60 * _S,
    "5m": 300 * _S,
    "15m": 900 * _S,
    "1h": 3600 * _S,
    "4h": 14_400 * _S,
}
"""Stretches of fixed length, aligned to the Unix epoch."""

DAY: Final = "1d"
"""The instrument's trading day: from roll to roll."""

INTERVALS: Final = (*INTERVALS_NS, DAY)

_TRIM = 64
"""Candles beyond the bound that may gather before the oldest are dropped together."""


class Calendar(Protocol):
    """Where stretches begin."""

    def start(self, time_ns: int) -> int:
        """Of the stretch that a moment lies in."""

    def next(self, start_ns: int) -> int:
        """Of the one after that which starts at ``start_ns``."""

    def previous(self, start_ns: int) -> int:
        """Of the one before."""


class FixedStretches:
    """All of one length."""

    def __init__(self, length_ns: int) -> None:
        self._length_ns = length_ns

    def start(self, time_ns: int) -> int:
        return time_ns - time_ns % self._length_ns

    def next(self, start_ns: int) -> int:
        return start_ns + self._length_ns

    def previous(self, start_ns: int) -> int:
        return start_ns - self._length_ns


class TradingDays:
    """An instrument's trading days; the newest one asked for is remembered."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._day = TradingDay("", 0, 0)

    def day(self, time_ns: int) -> TradingDay:
        day = self._day
        if not day.start_ns <= time_ns < day.end_ns:
            day = self._day = trading_day(time_ns, self.instrument.daily_roll, self.instrument.time_zone)
        return day

    def change(self, instrument: Instrument) -> None:
        """The roll may be at another time from now on."""
        self.instrument = instrument
        self._day = TradingDay("", 0, 0)

    def start(self, time_ns: int) -> int:
        return self.day(time_ns).start_ns

    def next(self, start_ns: int) -> int:
        return self.day(start_ns).end_ns

    def previous(self, start_ns: int) -> int:
        return self.day(start_ns - 1).start_ns


class Series:
    """One interval's candles, the newest ``length_max`` at least."""

    __slots__ = ("_dropped", "calendar", "candles", "length_max")

    def __init__(self, calendar: Calendar, length_max: int) -> None:
        self.calendar = calendar
        self.length_max = length_max
        self.candles: list[Candle] = []
        self._dropped = False

    def take(self, piece: Candle) -> None:
        """Add what was traded within one second, not before what came last."""
        start_ns = self.calendar.start(piece.start_ns)
        candles = self.candles
        if candles and start_ns <= candles[-1].start_ns:
            candles[-1].merge(piece)
            return
        candles.append(piece.starting(start_ns))
        if len(candles) > self.length_max + _TRIM:
            del candles[:_TRIM]
            self._dropped = True

    # ---- a trade's candle -----------------------------------------------------------------------------------------

    def position_of(self, trade_id: int) -> int:
        """Where the candle stands in which a trade was made; -1 where it is no longer retained."""
        return bisect_right(self.candles, trade_id, key=_first_trade_id) - 1

    def end_id(self, position: int) -> int:
        """The TradeID before which the candle's trades end."""
        after = position + 1
        return self.candles[after].first_trade_id if after < len(self.candles) else 1 << 63

    def within(self, first_id: int, end_id: int) -> list[Candle] | None:
        """The candles whose first trade is ``first_id`` … before ``end_id``; None where some are no longer retained."""
        candles = self.candles
        if self._dropped and (not candles or candles[0].first_trade_id > first_id):
            return None
        return candles[
            bisect_left(candles, first_id, key=_first_trade_id) : bisect_left(candles, end_id, key=_first_trade_id)
        ]

    # ---- queries --------------------------------------------------------------------------------------------------

    def between(self, from_ns: int, to_ns: int) -> list[Candle]:
        """The retained candles that start from ``from_ns`` until before ``to_ns``."""
        candles = self.candles
        return candles[bisect_left(candles, from_ns, key=_start) : bisect_left(candles, to_ns, key=_start)]

    def filled(self, from_ns: int | None, to_ns: int, limit: int) -> list[Candle]:
        """As :meth:`between`, with a flat candle at the last close for each stretch without trades; none before the
        first retained candle. At most ``limit``: the first ones, or without ``from_ns`` the last ones."""
        candles = self.candles
        if not candles:
            return []
        starts = self._starts_from(max(from_ns, candles[0].start_ns), to_ns, limit) if from_ns is not None else (
            self._starts_back(to_ns, limit)
        )  # fmt: skip
        found: list[Candle] = []
        at = bisect_left(candles, starts[0], key=_start) if starts else 0
        for start_ns in starts:
            if at < len(candles) and candles[at].start_ns == start_ns:
                found.append(candles[at])
                at += 1
            else:
                found.append(flat(start_ns, candles[at - 1].close_px))
        return found

    def _starts_from(self, from_ns: int, to_ns: int, limit: int) -> list[int]:
        calendar = self.calendar
        start_ns = calendar.start(from_ns)
        if start_ns < from_ns:
            start_ns = calendar.next(start_ns)
        starts: list[int] = []
        while start_ns < to_ns and len(starts) < limit:
            starts.append(start_ns)
            start_ns = calendar.next(start_ns)
        return starts

    def _starts_back(self, to_ns: int, limit: int) -> list[int]:
        first_ns = self.candles[0].start_ns
        start_ns = self.calendar.start(to_ns - 1)
        starts: list[int] = []
        while start_ns >= first_ns and len(starts) < limit:
            starts.append(start_ns)
            start_ns = self.calendar.previous(start_ns)
        return starts[::-1]


def _first_trade_id(candle: Candle) -> int:
    return candle.first_trade_id


def _start(candle: Candle) -> int:
    return candle.start_ns
