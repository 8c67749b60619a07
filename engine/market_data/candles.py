"""OHLCV candles of one instrument, from one second to a trading day, made of its trades.

A trade costs one update: what is traded within a second is one piece, which joins every interval's candle when the next
second trades or somebody looks. (To keep a second's trades and sum them up then would be slower: what is held on to of
events that are freed again costs a replay more than the sums.)
"""

from __future__ import annotations

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

    __slots__ = ("_piece", "_piece_end_ns", "_series", "days")

    def __init__(self, instrument: Instrument, length_max: int) -> None:
        self.days = TradingDays(instrument)
        self._series = {name: Series(FixedStretches(length), length_max) for name, length in INTERVALS_NS.items()}
        self._series[DAY] = Series(self.days, length_max)
        self._piece: Candle | None = None
        self._piece_end_ns = 0

    # ---- fold -----------------------------------------------------------------------------------------------------

    def add(self, trade_id: int, px: Px, qty: Qty, time_ns: int) -> None:
        """Fold a trade in; neither TradeIDs nor times go back."""
        piece = self._piece
        if piece is None or time_ns >= self._piece_end_ns:
            self._settle()
            start_ns = time_ns - time_ns % _SECOND
            self._piece_end_ns = start_ns + _SECOND
            self._piece = Candle(start_ns, px, px, px, px, qty, px * qty // SCALE, 1, trade_id)
            return
        piece.close_px = px
        piece.volume += qty
        piece.notional += px * qty // SCALE
        piece.trades += 1
        if px > piece.high_px:
            piece.high_px = px
        elif px < piece.low_px:
            piece.low_px = px

    def _settle(self) -> None:
        """The piece joins every interval's candle."""
        piece = self._piece
        if piece is not None:
            self._piece = None
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
