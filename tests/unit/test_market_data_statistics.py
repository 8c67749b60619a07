"""Rolling and session statistics."""

from __future__ import annotations

from test_market_data_candles import HOUR, MINUTE, NOON, Market, at

from engine.market_data.statistics import Period
from engine.types import SCALE

DAY = 24 * HOUR


def test_without_trades_everything_is_zero() -> None:
    found = Market().statistics(NOON)
    assert found.rolling == Period(NOON - DAY + MINUTE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert found.session == Period(at("2026-01-02T00:00:00"), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert (found.day, found.previous_close_px) == ("2026-01-03", 0)


def test_the_rolling_window_is_the_current_minute_and_those_before_it() -> None:
    market = Market()
    market.trade(NOON, 10, 1)
    market.trade(NOON + 90 * MINUTE, 20, 2)
    market.trade(NOON + DAY - MINUTE, 15, 1)
    all_of_it = market.statistics(NOON + DAY - 1).rolling
    assert (all_of_it.start_ns, all_of_it.trades, all_of_it.volume) == (NOON, 3, 4 * SCALE)
    assert (all_of_it.open_px, all_of_it.high_px) == (10 * SCALE, 20 * SCALE)
    assert (all_of_it.change, all_of_it.change_rate) == (5 * SCALE, SCALE // 2)
    assert all_of_it.vwap == 65 * SCALE // 4
    later = market.statistics(NOON + DAY).rolling
    assert (later.start_ns, later.trades, later.open_px) == (NOON + MINUTE, 2, 20 * SCALE)
    assert (later.change, later.change_rate) == (-5 * SCALE, -SCALE // 4)
    assert market.statistics(NOON + 3 * DAY).rolling.trades == 0


def test_the_session_is_the_trading_day_under_way() -> None:
    market = Market(daily_roll="17:00", time_zone="America/New_York")
    market.trade(NOON, 10)
    market.trade(at("2026-01-02T21:59:00"), 12)
    market.trade(at("2026-01-02T22:00:00"), 14, 3)
    found = market.statistics(at("2026-01-02T23:00:00"))
    assert (found.day, found.session.start_ns) == ("2026-01-03", at("2026-01-02T22:00:00"))
    assert (found.session.open_px, found.session.volume, found.session.trades) == (14 * SCALE, 3 * SCALE, 1)
    assert found.previous_close_px == 12 * SCALE
    assert found.rolling.trades == 3


def test_a_bust_is_taken_out() -> None:
    market = Market()
    market.trade(NOON, 10)
    wrong = market.trade(NOON + MINUTE, 99)
    market.bust(wrong, 99)
    found = market.statistics(NOON + 2 * MINUTE)
    assert found.rolling.high_px == found.session.high_px == 10 * SCALE
    assert found.rolling.trades == found.session.trades == 1
    assert found.session.change == 0
