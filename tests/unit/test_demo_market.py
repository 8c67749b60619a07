"""The make-believe market: the same seed, the same prices; and nothing in it breaks an instrument's rules."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import config
from config.loader import load
from config.reference import InstrumentConfig
from engine.rules import check_order
from engine.types import SCALE, OrdType, Side, TimeInForce
from tradeengine.demo_market import Market, listing
from tradeengine.demo_orders import Amend, Amended, Ended, Opened, Orders, Place, Pull
from tradeengine.demo_strategies import Amender, Maker, Strategy, Taker

INSTRUMENTS = load(Path(config.__file__).parent / "demo.yaml", {}, {}).instruments
PARTS = (Maker, Taker, Amender)


def market(seed: int = 1) -> Market:
    return Market(INSTRUMENTS, seed)


def walked(seed: int, steps: int) -> list[int]:
    made = market(seed)
    for _ in range(steps):
        made.step()
    return [listed.px for listed in made.listings.values()]


def test_a_seed_gives_the_same_prices_again() -> None:
    assert walked(1, 500) == walked(1, 500)
    assert walked(1, 500) != walked(2, 500)


def test_prices_move_and_stay_near_where_they_began() -> None:
    made = market()
    strayed = dict.fromkeys(made.listings, 0)
    for _ in range(5000):
        made.step()
        for symbol, listed in made.listings.items():
            strayed[symbol] = max(strayed[symbol], abs(listed.px - listed.start_px) * 1000 // listed.start_px)
            assert listed.px > 0
            assert not listed.px % listed.tick
    assert all(0 < most < 40 for most in strayed.values()), strayed


def test_instruments_without_a_reference_price_are_left_out() -> None:
    unpriced = InstrumentConfig(
        symbol="X", base="X", quote="USD", tick_size=SCALE, lot_size=SCALE, min_qty=SCALE, max_qty=10 * SCALE
    )
    assert not Market([unpriced], 1).listings


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda instrument: instrument.symbol)
def test_sizes_are_round_and_worth_about_the_same(instrument: InstrumentConfig) -> None:
    listed = listing(instrument)
    random = Random(1)
    sizes = [listed.size(random) for _ in range(500)]
    assert all(size % listed.step == 0 and listed.step % instrument.lot_size == 0 for size in sizes)
    assert max(sizes) > min(sizes) * 3
    worth = sorted(sizes)[250] * listed.start_px // SCALE
    usual = {"BTC": SCALE * 3 // 10}.get(instrument.quote, 15_000 * SCALE)
    assert usual // 4 < worth < usual * 4


@pytest.mark.parametrize("part", PARTS)
def test_what_participants_send_keeps_the_instruments_rules(part: type[Maker] | type[Taker] | type[Amender]) -> None:
    world = market()
    strategy: Strategy = part(world, 7)
    rules = {instrument.symbol: instrument.to_instrument(1) for instrument in INSTRUMENTS}
    orders = Orders()
    sent = 0
    for cl_ord_id in range(1, 4000):
        world.step()
        action = strategy.decide(orders)
        if action is None:
            continue
        sent += 1
        order = orders.sent(cl_ord_id, action)
        if isinstance(action, Pull):
            orders.apply(Ended(cl_ord_id, action.cl_ord_id))
            continue
        rule = rules[order.symbol]
        px = action.px or rule.reference_px
        assert check_order(rule, rule.status, OrdType.LIMIT, TimeInForce.GTC, action.qty, px) is None
        if isinstance(action, Amend):
            orders.apply(Amended(cl_ord_id, action.cl_ord_id, action.px, action.qty, action.qty))
        elif action.tif in (TimeInForce.IOC, TimeInForce.FOK):
            orders.apply(Ended(cl_ord_id, cl_ord_id))
        else:
            orders.apply(Opened(cl_ord_id, action.qty))
    assert sent > 1000


def quoted(strategy: Maker, rounds: int) -> Orders:
    orders = Orders()
    for cl_ord_id in range(1, rounds):
        action = strategy.decide(orders)
        if action is None:
            continue
        orders.sent(cl_ord_id, action)
        if isinstance(action, Place):
            orders.apply(Opened(cl_ord_id, action.qty))
        elif isinstance(action, Amend):
            orders.apply(Amended(cl_ord_id, action.cl_ord_id, action.px, action.qty, action.qty))
    return orders


def test_a_maker_quotes_every_level_of_both_sides_without_crossing_itself() -> None:
    world = market()
    orders = quoted(Maker(world, 1, levels=4), 400)
    for symbol, listed in world.listings.items():
        bids = sorted((order.px for order in orders.of(symbol, Side.BUY)), reverse=True)
        offers = sorted(order.px for order in orders.of(symbol, Side.SELL))
        assert len(bids) == len(offers) == 4
        assert bids[0] < offers[0]
        assert bids[0] - bids[-1] == offers[-1] - offers[0] == 3 * listed.unit


def test_a_maker_moves_its_quotes_along() -> None:
    world = market()
    maker = Maker(world, 1, levels=3)
    orders = quoted(maker, 200)
    for listed in world.listings.values():
        listed.px += 10 * listed.unit
    for cl_ord_id in range(1000, 1400):
        action = maker.decide(orders)
        assert not isinstance(action, Place), "it amends what it has"
        if isinstance(action, Amend):
            orders.sent(cl_ord_id, action)
            orders.apply(Amended(cl_ord_id, action.cl_ord_id, action.px, action.qty, action.qty))
    for symbol, listed in world.listings.items():
        assert all(abs(order.px - listed.px) <= 4 * listed.unit for order in orders.of(symbol, Side.BUY))


@pytest.mark.parametrize("part", [Maker, Amender])
def test_orders_with_a_request_under_way_are_left_alone(part: type[Maker] | type[Amender]) -> None:
    world = market()
    strategy = part(world, 3)
    orders = Orders()
    for cl_ord_id in range(1, 2000):
        action = strategy.decide(orders)
        assert action is None or isinstance(action, Place)
        if action is not None:
            orders.sent(cl_ord_id, action)


def test_takers_leave_nothing_in_the_book() -> None:
    taker = Taker(market(), 1)
    for _ in range(300):
        action = taker.decide(Orders())
        assert isinstance(action, Place)
        assert action.tif in (TimeInForce.IOC, TimeInForce.FOK)
