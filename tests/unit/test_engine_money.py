"""Notionals, fees, holds and protection prices."""

from __future__ import annotations

import pytest
from engine_builders import BUY, SELL, instrument
from hypothesis import given
from hypothesis import strategies as st

from engine.money import fee_due, hold_asset, notional, protection_px, remaining_hold, worst_hold
from engine.types import SCALE

ticks_and_lots = st.sampled_from([(1, SCALE), (SCALE, 1), (SCALE // 100, SCALE // 1000), (25 * SCALE // 1000, SCALE)])


@pytest.mark.parametrize(("raw", "fee"), [(0, 0), (1, 1), (SCALE - 1, 1), (SCALE, 1), (SCALE + 1, 2)])
def test_fees_round_up(raw: int, fee: int) -> None:
    assert fee_due(raw) == fee


def test_a_buy_holds_notional_and_worst_fee_a_sell_its_quantity() -> None:
    assert worst_hold(BUY, 100 * SCALE, 2 * SCALE, 100_000) == 200 * SCALE + 20_000_000
    assert worst_hold(SELL, 100 * SCALE, 2 * SCALE, 100_000) == 2 * SCALE
    assert worst_hold(BUY, 1, SCALE, 1) == 2  # one unit, and a fee that rounds up to one
    assert hold_asset(BUY, instrument()) == "USDT"
    assert hold_asset(SELL, instrument()) == "BTC"


def test_what_remains_considers_the_fee_that_was_already_rounded_up() -> None:
    assert remaining_hold(BUY, 1, SCALE, 1, fee_raw=1, fee_paid=1) == 1
    assert remaining_hold(SELL, 1, 5, 1, fee_raw=1, fee_paid=1) == 5
    assert remaining_hold(BUY, 1, 0, 1, fee_raw=1, fee_paid=1) == 0


@given(
    ticks_and_lots,
    st.integers(0, SCALE - 1),
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, SCALE - 1)), max_size=8),
)
def test_a_hold_suffices_however_an_order_is_filled(
    tick_and_lot: tuple[int, int], rate: int, fills: list[tuple[int, int, int]]
) -> None:
    """Fills at or below the limit, at or below the worst rate."""
    tick, lot = tick_and_lot
    px = max([price for price, _, _ in fills], default=1) * tick
    leaves = sum(lots for _, lots, _ in fills) * lot + lot
    hold = worst_hold(BUY, px, leaves, rate)
    assert hold == remaining_hold(BUY, px, leaves, rate, 0, 0)
    raw = spent = 0
    for price, lots, own_rate in fills:
        cost = notional(price * tick, lots * lot)
        assert cost * SCALE == price * tick * lots * lot, "a notional is exact"
        paid = fee_due(raw)
        raw += cost * min(own_rate, rate)
        spent += cost + fee_due(raw) - paid
        leaves -= lots * lot
        rest = remaining_hold(BUY, px, leaves, rate, raw, fee_due(raw))
        assert spent + rest <= hold
        assert rest > 0
    assert fee_due(raw) <= sum(fee_due(notional(p * tick, n * lot) * min(r, rate)) for p, n, r in fills)


@given(st.integers(1, 10**14), st.integers(0, SCALE - 1), st.sampled_from([1, 5, SCALE // 100, SCALE]))
def test_a_protection_price_lies_within_the_band_and_on_a_tick(reference: int, band: int, tick: int) -> None:
    listed = instrument(tick_size=tick, protection_band=band)
    buy, sell = protection_px(BUY, reference, listed), protection_px(SELL, reference, listed)
    assert buy % tick == sell % tick == 0
    assert buy * SCALE <= reference * SCALE + reference * band
    assert buy > reference + reference * band // SCALE - tick
    assert sell >= tick
    assert sell * SCALE >= reference * SCALE - reference * band
