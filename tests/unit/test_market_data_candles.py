"""Candles: intervals, gaps, trading days, bounds, busts and corrections."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from engine_builders import BUY, SELL, image, instrument

from engine import events as ev
from engine.market_data.candle import Candle
from engine.market_data.candles import Candles
from engine.market_data.limits import MarketDataLimits
from engine.market_data.series import INTERVALS
from engine.market_data.symbol import SymbolMarket
from engine.market_data.trading_day import TradingDay, trading_day
from engine.types import SCALE

S = 1_000_000_000
MINUTE, HOUR = 60 * S, 3600 * S
BUYER, SELLER = image("b", side=BUY), image("s", order_id=9, side=SELL)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


NOON = at("2026-01-02T12:00:00")
FAR = at("2100-01-01T00:00:00")


class Market(SymbolMarket):
    """A market whose trades a test writes down: time, price and quantity in whole units."""

    def __init__(self, limits: MarketDataLimits | None = None, **terms: Any) -> None:
        super().__init__(instrument(**terms), limits or MarketDataLimits())
        self.made = 0

    def trade(self, time_ns: int, px: int, qty: int = 1) -> int:
        self.made += 1
        self.apply([ev.TradeExecuted(self.made, px * SCALE, qty * SCALE, SELLER, BUYER, 0, 0)], time_ns)
        return self.made

    def bust(self, trade_id: int, px: int, qty: int = 1) -> None:
        event = ev.TradeBusted(trade_id, px * SCALE, qty * SCALE, SELLER, BUYER, 0, 0, "ops", "")
        self.apply([event], FAR)

    def correct(self, trade_id: int, old: tuple[int, int], new: tuple[int, int]) -> None:
        terms = [value * SCALE for value in (*new, *old)]
        event = ev.TradeCorrected(
            trade_id, terms[0], terms[1], SELLER, BUYER, 0, 0, terms[2], terms[3], 0, 0, "ops", ""
        )  # fmt: skip
        self.apply([event], FAR)

    def shown(self, interval: str, from_ns: int | None = None, limit: int = 10_000, **more: Any) -> list[Any]:
        """(start, open, high, low, close, volume, trades) in whole units."""
        to_ns = more.pop("to_ns", FAR)
        found = self.candles.query(interval, from_ns, to_ns, limit, **more)
        return [
            (
                candle.start_ns,
                *(
                    value // SCALE
                    for value in (candle.open_px, candle.high_px, candle.low_px, candle.close_px, candle.volume)
                ),
                candle.trades,
            )
            for candle in found
        ]


def test_trades_of_one_stretch_are_one_candle_of_every_interval() -> None:
    market = Market()
    for px, qty in ((10, 1), (12, 2), (9, 3), (11, 4)):
        market.trade(NOON + px, px, qty)
    day = at("2026-01-02T00:00:00")
    for interval in INTERVALS:
        start = day if interval == "1d" else NOON
        assert market.shown(interval) == [(start, 10, 12, 9, 11, 10, 4)], interval
    (candle,) = market.candles.series("1m").candles
    assert candle.notional == (10 + 24 + 27 + 44) * SCALE
    assert candle.vwap == 1_050_000_000


def test_looking_in_the_middle_of_a_second_changes_nothing() -> None:
    market, seldom = Market(), Market()
    for n, px in enumerate((10, 12, 9, 11)):
        market.trade(NOON + n, px)
        seldom.trade(NOON + n, px)
        market.shown("1s")
    assert market.state() == seldom.state()


def test_each_interval_begins_at_a_multiple_of_its_length() -> None:
    market = Market()
    for second in (0, 4, 5, 14, 15, 59, 60, 299, 300, 899, 900, 3599, 3600, 14_399, 14_400):
        market.trade(NOON + second * S, 10)
    starts = {
        interval: [(start - NOON) // S for start, *_ in market.shown(interval)]
        for interval in INTERVALS
        if interval != "1d"
    }
    assert starts["5s"] == [0, 5, 10, 15, 55, 60, 295, 300, 895, 900, 3595, 3600, 14_395, 14_400]
    assert starts["15s"] == [0, 15, 45, 60, 285, 300, 885, 900, 3585, 3600, 14_385, 14_400]
    assert starts["1m"] == [0, 60, 240, 300, 840, 900, 3540, 3600, 14_340, 14_400]
    assert starts["5m"] == [0, 300, 600, 900, 3300, 3600, 14_100, 14_400]
    assert starts["15m"] == [0, 900, 2700, 3600, 13_500, 14_400]
    assert starts["1h"] == [0, 3600, 10_800, 14_400]
    assert starts["4h"] == [0, 14_400]


def test_a_stretch_without_trades_has_no_candle_and_is_flat_when_filled() -> None:
    market = Market()
    market.trade(NOON, 10)
    market.trade(NOON + 3 * MINUTE, 14)
    assert [start for start, *_ in market.shown("1m")] == [NOON, NOON + 3 * MINUTE]
    assert market.shown("1m", fill=True, to_ns=NOON + 5 * MINUTE) == [
        (NOON, 10, 10, 10, 10, 1, 1),
        (NOON + MINUTE, 10, 10, 10, 10, 0, 0),
        (NOON + 2 * MINUTE, 10, 10, 10, 10, 0, 0),
        (NOON + 3 * MINUTE, 14, 14, 14, 14, 1, 1),
        (NOON + 4 * MINUTE, 14, 14, 14, 14, 0, 0),
    ]


def test_a_limit_keeps_the_first_ones_of_a_range_with_a_start_and_else_the_last_ones() -> None:
    market = Market()
    for minute in (0, 1, 4):
        market.trade(NOON + minute * MINUTE, 10 + minute)

    def minutes(**asked: Any) -> list[int]:
        return [(start - NOON) // MINUTE for start, *_ in market.shown("1m", to_ns=NOON + 6 * MINUTE, **asked)]

    assert minutes(limit=2) == [1, 4]
    assert minutes(limit=2, from_ns=NOON) == [0, 1]
    assert minutes(limit=3, fill=True) == [3, 4, 5]
    assert minutes(limit=3, from_ns=NOON + MINUTE, fill=True) == [1, 2, 3]
    assert minutes(limit=9, from_ns=NOON + 1, fill=True) == [1, 2, 3, 4, 5]
    assert minutes(limit=9, from_ns=0, fill=True) == [0, 1, 2, 3, 4, 5]


def test_nothing_traded_means_no_candles_filled_or_not() -> None:
    market = Market()
    assert market.shown("1h") == market.shown("1h", fill=True) == []
    market.trade(NOON, 10)
    assert market.shown("1m", fill=True, to_ns=NOON) == []


def test_days_end_at_the_roll_in_the_instruments_zone_also_when_clocks_change() -> None:
    """New York, 17:00: on 8 March 2026 the clocks go forward, on 1 November back."""
    market = Market(daily_roll="17:00", time_zone="America/New_York")
    market.trade(at("2026-03-06T21:59:59"), 10)
    market.trade(at("2026-03-06T22:00:00"), 11)
    market.trade(at("2026-03-08T20:59:59"), 12)
    market.trade(at("2026-03-08T21:00:00"), 13)
    starts = [start for start, *_ in market.shown("1d")]
    expected = ["2026-03-05T22:00:00", "2026-03-06T22:00:00", "2026-03-07T22:00:00", "2026-03-08T21:00:00"]
    assert starts == list(map(at, expected))
    assert [start for start, *_ in market.shown("1d", fill=True, to_ns=at("2026-03-09T22:00:00"))] == [
        *map(at, expected),
        at("2026-03-09T21:00:00"),
    ]
    assert trading_day(at("2026-03-08T12:00:00"), "17:00", "America/New_York") == TradingDay(
        "2026-03-08", at("2026-03-07T22:00:00"), at("2026-03-08T21:00:00")
    )
    long_day = trading_day(at("2026-11-01T12:00:00"), "17:00", "America/New_York")
    assert long_day.end_ns - long_day.start_ns == 25 * HOUR


def test_a_new_roll_holds_from_the_next_trade_on() -> None:
    market = Market()
    market.trade(NOON, 10)
    market.apply([ev.InstrumentListed(instrument(daily_roll="18:00"))], NOON + 1)
    market.trade(at("2026-01-02T18:30:00"), 11)
    assert [start for start, *_ in market.shown("1d")] == [at("2026-01-02T00:00:00"), at("2026-01-02T18:00:00")]


def test_a_day_that_begins_before_the_last_one_did_goes_on_with_it() -> None:
    market = Market(daily_roll="12:00")
    market.trade(NOON + HOUR, 10)
    market.apply([ev.InstrumentListed(instrument(daily_roll="00:00"))], NOON + HOUR)
    market.trade(NOON + 2 * HOUR, 12)
    assert market.shown("1d") == [(NOON, 10, 12, 10, 12, 2, 2)]


def test_each_intervals_candles_are_bounded() -> None:
    market = Market(MarketDataLimits(candles_per_interval=60))
    for second in range(500):
        market.trade(NOON + second * S, 10)
    candles = market.candles.series("1s").candles
    assert 60 <= len(candles) < 60 + 65
    assert candles[-1].start_ns == NOON + 499 * S
    assert len(market.candles.series("1m").candles) == 9


@pytest.mark.parametrize("limits", [{"trades_per_symbol": 0}, {"candles_per_interval": 59}])
def test_limits_are_checked(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        MarketDataLimits(**limits)


# ---- busts and corrections ----------------------------------------------------------------------------------------


def test_a_bust_repairs_every_interval() -> None:
    market, never = Market(), Market()
    for n, px in enumerate((10, 12, 9, 11)):
        market.trade(NOON + n * 20 * S, px)
        if px != 12:
            never.trade(NOON + n * 20 * S, px)
    market.bust(2, 12)
    for interval in INTERVALS:
        assert market.shown(interval) == never.shown(interval), interval


@pytest.mark.parametrize(("trade_id", "px"), [(1, 10), (2, 12), (3, 9), (4, 11)])
def test_whichever_trade_of_a_second_is_busted_the_rest_makes_the_candle(trade_id: int, px: int) -> None:
    prices = [10, 12, 9, 11]
    market = Market()
    for n, each in enumerate(prices):
        market.trade(NOON + n, each)
    market.bust(trade_id, px)
    prices.remove(px)
    assert market.shown("1s") == [(NOON, prices[0], max(prices), min(prices), prices[-1], 3, 3)]
    assert market.shown("4h") == market.shown("1s")


def test_a_candle_whose_only_trade_is_busted_is_gone() -> None:
    market = Market()
    market.trade(NOON, 10)
    trade_id = market.trade(NOON + MINUTE, 12)
    market.trade(NOON + 2 * MINUTE, 11)
    market.bust(trade_id, 12)
    assert [start for start, *_ in market.shown("1m")] == [NOON, NOON + 2 * MINUTE]
    assert market.shown("1h") == [(NOON, 10, 11, 10, 11, 2, 2)]


def test_a_correction_may_be_corrected_and_busted() -> None:
    market = Market()
    market.trade(NOON, 10)
    wrong = market.trade(NOON + 1, 90, 5)
    market.trade(NOON + 2, 11)
    market.correct(wrong, (90, 5), (9, 5))
    assert market.shown("1d")[0][1:] == (10, 11, 9, 11, 7, 3)
    market.correct(wrong, (9, 5), (12, 2))
    assert market.shown("1s") == [(NOON, 10, 12, 10, 11, 4, 3)]
    (candle,) = market.candles.series("5m").candles
    assert candle.notional == (10 + 24 + 11) * SCALE
    market.bust(wrong, 12, 2)
    assert market.shown("1m") == [(NOON, 10, 11, 10, 11, 2, 2)]


def test_beyond_the_tape_a_bust_repairs_quantities_and_leaves_prices() -> None:
    market = Market(MarketDataLimits(trades_per_symbol=2))
    for px in (50, 10, 11):
        market.trade(NOON, px)
    market.bust(1, 50)
    assert market.shown("1s") == [(NOON, 50, 50, 10, 11, 2, 2)]


def test_beyond_what_is_retained_a_bust_changes_nothing() -> None:
    market = Market(MarketDataLimits(candles_per_interval=60))
    for second in range(200):
        market.trade(NOON + second * S, 10)
    before = list(map(Candle.__repr__, market.candles.series("1s").candles))
    market.bust(1, 10)
    assert list(map(Candle.__repr__, market.candles.series("1s").candles)) == before
    assert market.shown("1d")[0][-1] == 199


def test_an_unknown_interval_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Candles(instrument(), 60).series("2m")
