"""OHLCV candles of one instrument, from one second to a trading day, made of its trades.

A trade costs two appends: what is traded within a second waits, and joins every interval's candle in one piece when the
next second trades or somebody looks.
"""

from __future__ import annotations

from operator import mul
from typing import Final

from engine.events import TradeBusted, TradeCorrected
from engine.instrument import Instrument
from engine.market_data.candle import Candle
from engine.market_data.series import DAY, INTERVALS, INTERVALS_NS, FixedStretches, Series, TradingDays
from engine.market_data.tape import Tape
from engine.types import SCALE, Px, Qty

_SECOND = 1_000_000_000
_FINER: Final = {"5s": "1s", "15s": "5s", "1m": "15s", "5m": "1m", "15m": "5m", "1h": "15m", "4h": "1h", DAY: "1m"}
"""What an interval's candles are made of anew after a bust: the longest interval that divides them."""


class Candles:
    """Every interval's candles; of each the newest ``length_max`` at least are retained."""

    __slots__ = ("_end_ns", "_first_trade_id", "_prices", "_quantities", "_series", "days")

    def __init__(self, instrument: Instrument, length_max: int) -> None:
        self.days = TradingDays(instrument)
        self._series = {name: Series(FixedStretches(length), length_max) for name, length in INTERVALS_NS.items()}
        self._series[DAY] = Series(self.days, length_max)
        self._prices: list[Px] = []
        self._quantities: list[Qty] = []
        self._first_trade_id = 0
        self._end_ns = 0
        """Of the second that the waiting trades were made in; 0 while none wait."""

    # ---- fold -----------------------------------------------------------------------------------------------------

    def add(self, trade_id: int, px: Px, qty: Qty, time_ns: int) -> None:
        """Fold a trade in; neither TradeIDs nor times go back."""
        if time_ns >= self._end_ns:
            self._settle()
            self._first_trade_id = trade_id
            self._end_ns = time_ns - time_ns % _SECOND + _SECOND
        self._prices.append(px)
        self._quantities.append(qty)

    def _settle(self) -> None:
        """The waiting trades join every interval's candle."""
        prices, quantities = self._prices, self._quantities
        if not prices:
            return
        piece = Candle(
            self._end_ns - _SECOND,
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            sum(quantities),
            sum(map(mul, prices, quantities)) // SCALE,  # each product is a multiple of the scale (design §7.5)
            len(prices),
            self._first_trade_id,
        )
        prices.clear()
        quantities.clear()
        self._end_ns = 0
        for series in self._series.values():
            series.take(piece)

    def change(self, instrument: Instrument) -> None:
        """Days end at another time from now on."""
        self._settle()
        self.days.change(instrument)

    def amend(self, event: TradeBusted | TradeCorrected, tape: Tape) -> None:
        """Repair every retained candle that a busted or corrected trade is in.

        Volume, notional and number of trades always; open, high, low and close as far as the tape (1 s) and each next
        finer interval still hold all of a candle's parts. ``tape`` shows the trade as amended.
        """
        self._settle()
        trade_id = event.trade_id
        if isinstance(event, TradeBusted):
            volume, notional, trades = -event.qty, -(event.px * event.qty // SCALE), -1
        else:
            volume = event.qty - event.old_qty
            notional = event.px * event.qty // SCALE - event.old_px * event.old_qty // SCALE
            trades = 0
        for name in INTERVALS:
            series = self._series[name]
            position = series.position_of(trade_id)
            if position < 0:
                continue
            candle = series.candles[position]
            candle.volume += volume
            candle.notional += notional
            candle.trades += trades
            if not candle.trades:
                del series.candles[position]
            else:
                pieces = self._pieces(name, candle.first_trade_id, series.end_id(position), tape)
                if pieces:
                    candle.take_prices(pieces)

    def _pieces(self, name: str, first_id: int, end_id: int, tape: Tape) -> list[Candle] | None:
        finer = _FINER.get(name)
        if finer is not None:
            return self._series[finer].within(first_id, end_id)
        trades = tape.standing(first_id, end_id)
        if trades is None:
            return None
        return [Candle(0, each.px, each.px, each.px, each.px, each.qty, 0, 1, each.trade_id) for each in trades]

    # ---- queries --------------------------------------------------------------------------------------------------

    def series(self, interval: str) -> Series:
        """One interval's candles as they stand now. Raises KeyError for what is not one of ``INTERVALS``."""
        self._settle()
        return self._series[interval]

    def query(self, interval: str, from_ns: int | None, to_ns: int, limit: int, *, fill: bool = False) -> list[Candle]:
        """The candles that start from ``from_ns`` until before ``to_ns``, oldest first; at most ``limit``: the first
        ones, or without ``from_ns`` the last ones. ``fill`` puts flat candles where nothing traded."""
        series = self.series(interval)
        if fill:
            return series.filled(from_ns, to_ns, limit)
        found = series.between(from_ns or 0, to_ns)
        return found[-limit:] if from_ns is None else found[:limit]

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order."""
        return [self.series(name).candles for name in INTERVALS]
