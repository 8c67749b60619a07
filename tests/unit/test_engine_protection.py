"""The worst price of orders that name none, and what a lone quote can do to it."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import (
    BUY,
    SELL,
    TICK,
    changes,
    instrument,
    market,
    new,
    pegged,
    replace,
    special,
    stop,
    touched,
    trailing,
)

from engine.commands import NewOrder
from engine.protection import NO_TOUCH, Touch, protected, reprotected
from engine.types import SCALE, OrdRejReason, OrdType, Px, TriggerSource

LISTED = instrument(reference_px=0)
"""Its band is a tenth."""
TOUCH = Touch(98 * SCALE, 104 * SCALE, 100 * SCALE, 50 * SCALE)


def px_of(command: NewOrder, touch: Touch = TOUCH, **terms: Any) -> Px:
    priced = protected(command, instrument(**{"reference_px": 0, **terms}), touch)
    assert isinstance(priced, NewOrder)
    return priced.px


@pytest.mark.parametrize(
    ("touch", "buy", "sell"),
    [
        (Touch(9, 11, 0), 11, 9),
        (Touch(0, 0, 10, 7), 10, 10),
        (Touch(9, 0, 10, 7), 10, 9),
        (Touch(0, 0, 0, 7), 7, 7),
        (NO_TOUCH, 5, 5),
    ],
)
def test_a_band_is_measured_from_the_opposite_touch_else_the_last_price_else_the_reference(
    touch: Touch, buy: Px, sell: Px
) -> None:
    listed = instrument(reference_px=5)
    assert (touch.reference(BUY, listed), touch.reference(SELL, listed)) == (buy, sell)


@pytest.mark.parametrize(
    ("touch", "buy", "sell"),
    [
        (Touch(99 * SCALE, 101 * SCALE, 100 * SCALE), 101 * SCALE, 99 * SCALE),
        (Touch(90 * SCALE, 110 * SCALE, 100 * SCALE), 110 * SCALE, 90 * SCALE),
        (Touch(1 * SCALE, 900 * SCALE, 100 * SCALE), 110 * SCALE, 90 * SCALE),
        (Touch(900 * SCALE, 1 * SCALE, 100 * SCALE), 90 * SCALE, 110 * SCALE),
        (Touch(1 * SCALE, 900 * SCALE, 0), 900 * SCALE, 1 * SCALE),
    ],
)
def test_a_lone_quote_counts_only_as_far_as_the_band_reaches_from_the_last_price(
    touch: Touch, buy: Px, sell: Px
) -> None:
    assert (touch.reference(BUY, LISTED), touch.reference(SELL, LISTED)) == (buy, sell)


def test_orders_without_a_limit_get_a_band_around_what_they_will_meet() -> None:
    assert px_of(market("m", BUY)) == 114.4 * SCALE
    assert px_of(market("m", SELL)) == 88.2 * SCALE
    assert px_of(new("k", BUY, px=0, ord_type=OrdType.MARKET_TO_LIMIT)) == 114.4 * SCALE
    assert px_of(pegged("p", SELL)) == 88.2 * SCALE


def test_a_limit_stays_what_it_is() -> None:
    for order in (new("l", special=special(hidden=True)), pegged("p", BUY, px=90 * SCALE), stop("s", SELL, 95, px=90)):
        assert protected(order, LISTED, NO_TOUCH) == order


def test_a_triggered_orders_band_is_around_its_trigger() -> None:
    assert px_of(stop("s", BUY, 120 * SCALE)) == 132 * SCALE
    assert px_of(stop("s", SELL, 90 * SCALE), NO_TOUCH) == 81 * SCALE
    assert px_of(touched("t", SELL, 200 * SCALE)) == 180 * SCALE
    assert px_of(trailing("t", SELL, SCALE, start=80 * SCALE)) == 72 * SCALE


@pytest.mark.parametrize(
    ("source", "watched"),
    [
        (TriggerSource.LAST_TRADE, 100),
        (TriggerSource.BEST_BID, 98),
        (TriggerSource.BEST_OFFER, 104),
        (TriggerSource.REFERENCE, 50),
    ],
)
def test_a_trailing_orders_band_is_around_where_its_stop_starts(source: TriggerSource, watched: int) -> None:
    assert px_of(trailing("t", BUY, 10 * SCALE, source=source)) == (watched + 10) * 11 * SCALE // 10
    assert px_of(trailing("t", SELL, 10 * SCALE, source=source)) == (watched - 10) * 9 * SCALE // 10
    assert px_of(trailing("t", SELL, rate=SCALE // 2, source=source)) == watched * 45 * SCALE // 100


@pytest.mark.parametrize("px", [0, 90 * SCALE])
def test_what_there_is_no_price_of_cannot_be_trailed(px: Px) -> None:
    order = trailing("t", SELL, SCALE, px=px, source=TriggerSource.BEST_OFFER)
    assert protected(order, LISTED, Touch(9, 0, 9, 9)) == (OrdRejReason.OTHER, "no price to trail")
    assert isinstance(protected(order, LISTED, TOUCH), NewOrder)


def test_without_any_price_there_is_no_band() -> None:
    text = "no reference price for a market order in BTC/USDT"
    assert protected(market("m"), LISTED, NO_TOUCH) == (OrdRejReason.BROKER_OPTION, text)
    assert protected(pegged("p", BUY), LISTED, NO_TOUCH) == (OrdRejReason.BROKER_OPTION, text)


def test_reduce_only_is_for_sells() -> None:
    reason, text = protected(new("r", BUY, special=special(reduce_only=True)), LISTED, TOUCH)  # type: ignore[misc]
    assert reason == OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
    assert text.startswith("reduce-only is for sells")
    assert px_of(new("r", SELL, special=special(reduce_only=True))) == 100 * SCALE


# ---- replaces ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ord_type", [OrdType.MARKET, OrdType.MARKET_TO_LIMIT, OrdType.PEGGED])
def test_a_replace_keeps_the_worst_price_unless_the_stop_moves(ord_type: OrdType) -> None:
    kept = reprotected(replace("b", "a", px=0), BUY, ord_type, 132 * SCALE, LISTED)
    assert kept.px == 132 * SCALE
    moved = replace("b", "a", px=0, changes=changes(stop_px=100 * SCALE))
    assert reprotected(moved, BUY, ord_type, 132 * SCALE, LISTED).px == 110 * SCALE
    assert reprotected(moved, SELL, ord_type, 132 * SCALE, LISTED).px == 90 * SCALE
    other = replace("b", "a", px=0, changes=changes(display_qty=1))
    assert reprotected(other, BUY, ord_type, 132 * SCALE, LISTED).px == 132 * SCALE
    own = replace("b", "a", px=7 * TICK, changes=changes(stop_px=100 * SCALE))
    assert reprotected(own, BUY, ord_type, 132 * SCALE, LISTED) == own


def test_a_replace_of_a_limit_order_must_name_its_price() -> None:
    command = replace("b", "a", px=0, changes=changes(stop_px=100 * SCALE))
    assert reprotected(command, BUY, OrdType.LIMIT, 90 * SCALE, LISTED) == command
