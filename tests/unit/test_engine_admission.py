"""What an account lets through of special orders and lists, and what it sets aside for them."""

from __future__ import annotations

import pytest
from cranked_venue import CrankedVenue
from engine_builders import (
    BUY,
    SELL,
    bracket,
    changed,
    changes,
    genesis,
    image,
    instrument,
    market,
    new,
    oco,
    opened_session,
    oto,
    replace,
    special,
    stop,
    touched,
    trailing,
)

from engine.account import Account
from engine.commands import NewList, NewOrder, ReplaceOrder
from engine.events import AccountOpened, Deposited, OrderAccepted, OrderReplaced, OrderRestated, TradeBusted
from engine.list_holds import leg_needs
from engine.protection import Touch
from engine.reservations import Reservations
from engine.risk import admit_list, admit_new, admit_replace, admit_withdrawal
from engine.types import SCALE, Contingency, CxlRejReason, OrdRejReason, OrdStatus, OrdType, RestateReason

LISTED = instrument(maker_fee=0, taker_fee=0)
TOO_MUCH = OrdRejReason.ORDER_EXCEEDS_LIMIT
TOUCHES = {1: Touch(100 * SCALE, 100 * SCALE, 100 * SCALE)}


class World:
    def __init__(self, max_order_qty: int = 0, max_order_notional: int = 0, **balances: int) -> None:
        opened = AccountOpened(2, "ACC2", "FIRM", max_order_qty, max_order_notional)
        self.account = Account(opened, {1: LISTED})
        self.reservations = Reservations()
        for asset, amount in balances.items():
            self.account.apply(Deposited(2, asset, amount * SCALE, "test"))

    def new(self, command: NewOrder) -> NewOrder | tuple[int, str]:
        return admit_new(self.account, self.reservations, LISTED, command, TOUCHES)

    def list(self, command: NewList) -> NewList | tuple[int, int, str]:
        return admit_list(self.account, self.reservations, LISTED, command, TOUCHES)

    def replace(self, command: ReplaceOrder) -> ReplaceOrder | tuple[int, str]:
        return admit_replace(self.account, self.reservations, LISTED, command)

    def pending(self) -> dict[str, float]:
        return {asset: amount / SCALE for asset, amount in self.reservations.pending.items() if amount}


# ---- orders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "need"),
    [
        (stop("s", BUY, 120 * SCALE), 132),
        (stop("s", BUY, 120 * SCALE, px=125 * SCALE), 125),
        (trailing("t", BUY, 20 * SCALE), 132),
        (touched("t", BUY, 80 * SCALE), 88),
    ],
)
def test_a_special_order_reserves_at_its_worst_price(command: NewOrder, need: int) -> None:
    world = World(USDT=need)
    admitted = world.new(command)
    assert isinstance(admitted, NewOrder)
    assert admitted.px == need * SCALE
    assert world.pending() == {"USDT": need}
    assert isinstance(World(USDT=need - 1).new(command), tuple)


def test_the_accounts_limits_count_at_the_worst_price() -> None:
    limited = World(max_order_notional=131 * SCALE, USDT=1000)
    assert limited.new(stop("s", BUY, 120 * SCALE)) == (
        OrdRejReason.ORDER_EXCEEDS_LIMIT,
        "notional exceeds the account's limit 131",
    )
    assert isinstance(limited.new(stop("s", BUY, 119 * SCALE)), NewOrder)


def test_a_distance_that_makes_no_price_reserves_as_if_there_were_none() -> None:
    """The book refuses it; meanwhile it must not give money away."""
    world = World(USDT=1000)
    assert isinstance(world.new(trailing("t", BUY, -500 * SCALE)), NewOrder)
    assert world.pending() == {"USDT": 110}


def test_reduce_only_sells_at_most_what_is_free() -> None:
    world = World(BTC=3)
    order = new("r", SELL, 2 * SCALE, special=special(reduce_only=True))
    assert isinstance(world.new(order), NewOrder)
    again = new("q", SELL, 2 * SCALE, special=special(reduce_only=True))
    text = "a reduce-only order sells at most what is free of BTC: 1, not 2"
    assert world.new(again) == (OrdRejReason.ORDER_EXCEEDS_LIMIT, text)


# ---- lists ---------------------------------------------------------------------------------------------------------


def sell(name: str, qty: int, px: int = 100) -> NewOrder:
    return new(name, SELL, qty * SCALE, px * SCALE)


def buy(name: str, qty: int, px: int = 100) -> NewOrder:
    return new(name, BUY, qty * SCALE, px * SCALE)


@pytest.mark.parametrize(
    ("contingency", "legs", "needs"),
    [
        (Contingency.OCO, [sell("a", 2), sell("b", 3)], [3, 0]),
        (Contingency.OCO, [sell("a", 2), buy("b", 3), sell("c", 1), buy("d", 4)], [2, 400, 0, 0]),
        (Contingency.OTO, [buy("a", 5), sell("b", 5)], [500, 0]),
        (Contingency.OTO, [buy("a", 5), sell("b", 7)], [500, 2]),
        (Contingency.OTO, [buy("a", 5), sell("b", 3), sell("c", 4)], [500, 0, 2]),
        (Contingency.OTO, [buy("a", 5), buy("b", 3)], [500, 300]),
        (Contingency.OTO, [sell("a", 5), buy("b", 5)], [5, 500]),
        (Contingency.OTO, [sell("a", 5), sell("b", 5)], [5, 5]),
        (Contingency.BRACKET, [buy("a", 5), sell("b", 5), sell("c", 5)], [500, 0, 0]),
        (Contingency.BRACKET, [buy("a", 5), sell("b", 6), sell("c", 7)], [500, 2, 0]),
        (Contingency.BRACKET, [sell("a", 5), buy("b", 5, 90), buy("c", 5, 110)], [5, 550, 0]),
    ],
)
def test_what_the_legs_of_a_list_need(contingency: Contingency, legs: list[NewOrder], needs: list[int]) -> None:
    assert leg_needs(contingency, legs, 0) == [need * SCALE for need in needs]


def test_a_list_reserves_for_each_leg_and_leaves_with_its_worst_prices() -> None:
    world = World(USDT=500)
    entry = new("e", BUY, 4 * SCALE)
    command = bracket("L", entry, touched("p", SELL, 120 * SCALE, 4 * SCALE), stop("s", SELL, 90 * SCALE, 4 * SCALE))
    admitted = world.list(command)
    assert isinstance(admitted, NewList)
    assert [leg.px // SCALE for leg in admitted.legs] == [100, 108, 81]
    assert world.pending() == {"USDT": 400}
    assert len(world.reservations) == 3
    for leg in admitted.legs:
        world.reservations.drop(1, leg.cl_ord_id)
    assert (world.pending(), len(world.reservations)) == ({}, 0)


@pytest.mark.parametrize(
    ("command", "leg", "reason", "text"),
    [
        (oco("L", sell("a", 3), sell("b", 11)), 0, TOO_MUCH, "insufficient BTC: needs 11, free 10"),
        (oto("L", buy("a", 9), sell("b", 20)), 1, TOO_MUCH, "insufficient BTC: needs 11, free 10"),
        (oto("L", buy("a", 9), buy("b", 2)), 1, TOO_MUCH, "insufficient USDT: needs 1100, free 1000"),
        (oco("L", sell("a", 1), sell("b", 0)), 1, OrdRejReason.INCORRECT_QUANTITY, "quantity must be positive"),
        (oco("L", sell("a", 1), sell("b", 1, 0)), 1, OrdRejReason.OTHER, "price must be positive"),
        (oco("L", sell("a", 1), sell("b", 16)), 1, TOO_MUCH, "quantity 16 exceeds the account's limit 15"),
        (
            oto("L", buy("a", 1), new("b", BUY, special=special(reduce_only=True))),
            1,
            OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC,
            "reduce-only is for sells: a cash account has no short position that a buy could reduce",
        ),
    ],
)
def test_a_list_is_refused_as_a_whole_because_of_one_leg(command: NewList, leg: int, reason: int, text: str) -> None:
    world = World(max_order_qty=15 * SCALE if "15" in text else 0, USDT=1000, BTC=10)
    assert world.list(command) == (leg, reason, text)
    assert (world.pending(), len(world.reservations)) == ({}, 0)


def test_every_leg_counts_as_an_open_order() -> None:
    world = World(BTC=10)
    world.account.open_orders_max = 3
    assert isinstance(world.list(oco("L", sell("a", 1), sell("b", 1))), NewList)
    assert world.list(oco("M", sell("c", 1), sell("d", 1))) == (
        0,
        OrdRejReason.ORDER_EXCEEDS_LIMIT,
        "account ACC2 has too many open orders",
    )
    assert isinstance(world.new(sell("e", 1)), NewOrder)


def test_a_blocked_account_sends_no_list() -> None:
    world = World(BTC=10)
    world.account.blocked = True
    refused = world.list(oco("L", sell("a", 1), sell("b", 1)))
    assert refused == (0, OrdRejReason.BROKER_OPTION, "account ACC2 is blocked")


# ---- replaces ------------------------------------------------------------------------------------------------------


def live_stop(world: World, px: int = 132) -> None:
    world.account.apply(OrderAccepted(image("s", ord_type=OrdType.MARKET, px=px * SCALE, hold=px * SCALE)))


def test_a_market_stop_keeps_its_worst_price_until_its_stop_moves() -> None:
    world = World(USDT=300)
    live_stop(world)
    kept = world.replace(replace("t", "s", 2 * SCALE, 0))
    assert isinstance(kept, ReplaceOrder)
    assert (kept.px, world.pending()) == (132 * SCALE, {"USDT": 132})
    world.reservations.drop(1, "t")
    moved = world.replace(replace("u", "s", SCALE, 0, changes=changes(stop_px=130 * SCALE)))
    assert isinstance(moved, ReplaceOrder)
    assert (moved.px, world.pending()) == (143 * SCALE, {"USDT": 11})


def test_one_in_flight_keeps_the_price_that_it_left_with() -> None:
    world = World(USDT=300)
    assert isinstance(world.new(stop("s", BUY, 120 * SCALE)), NewOrder)
    kept = world.replace(replace("t", "s", 2 * SCALE, 0))
    assert isinstance(kept, ReplaceOrder)
    assert (kept.px, world.pending()) == (132 * SCALE, {"USDT": 264})
    chained = world.replace(replace("u", "t", 2 * SCALE, 0))
    assert isinstance(chained, ReplaceOrder)
    assert chained.px == 132 * SCALE


def test_a_limit_order_must_name_its_price() -> None:
    world = World(USDT=300)
    world.account.apply(OrderAccepted(image("a", hold=100 * SCALE)))
    assert world.replace(replace("b", "a", SCALE, 0)) == (CxlRejReason.OTHER, "quantity and price must be positive")


def test_a_replace_down_to_what_is_filled_reserves_nothing_and_ends_the_order() -> None:
    world = World(USDT=300)
    partly = image("a", cum_qty=SCALE, leaves_qty=SCALE, order_qty=2 * SCALE, hold=100 * SCALE)
    world.account.apply(OrderAccepted(partly))
    assert isinstance(world.replace(replace("b", "a", SCALE)), ReplaceOrder)
    assert world.pending() == {}
    ended = changed(partly, cl_ord_id="b", order_qty=SCALE, status=OrdStatus.FILLED, leaves_qty=0, hold=0)
    world.account.apply(OrderReplaced(ended, "a", True))
    assert (world.account.orders_open, world.account.available("USDT")) == (0, 300 * SCALE)


@pytest.mark.parametrize("px", [20, 50, 100, 150])
def test_what_the_venue_takes_off_an_order_stays_set_aside_for_a_replace_in_flight(px: int) -> None:
    """Two at 100 become four; meanwhile one is decremented, and then the order is filled or not."""
    world = World(USDT=1000)
    order = image("a", order_qty=2 * SCALE, leaves_qty=2 * SCALE, hold=200 * SCALE)
    world.account.apply(OrderAccepted(order))
    assert isinstance(world.replace(replace("b", "a", 4 * SCALE, px * SCALE)), ReplaceOrder)
    before = world.reservations.pending["USDT"]
    less = changed(order, order_qty=SCALE, leaves_qty=SCALE, hold=100 * SCALE)
    world.account.apply(OrderRestated(less, RestateReason.SELF_TRADE))
    world.reservations.follow(less)
    freed = 100 * SCALE
    assert world.reservations.pending["USDT"] == max(4 * px * SCALE - freed, 3 * px * SCALE)
    assert before <= world.reservations.pending["USDT"] <= before + freed
    world.reservations.drop(1, "b")
    assert (world.pending(), world.reservations.replacing) == ({}, {})


def test_a_replace_that_was_reserved_for_the_other_side_follows_nothing() -> None:
    world = World(USDT=1000, BTC=10)
    world.new(buy("a", 1))
    assert isinstance(world.replace(replace("b", "a", 4 * SCALE, side=SELL)), ReplaceOrder)
    before = world.pending()
    world.reservations.follow(image("a", hold=0))
    assert world.pending() == before


# ---- owing ---------------------------------------------------------------------------------------------------------


def test_an_account_that_owes_can_reduce_and_nothing_else() -> None:
    world = World(USDT=150, BTC=5)
    world.account.apply(OrderAccepted(image("a", hold=100 * SCALE)))
    sold = image("z", side=SELL, order_id=9, leaves_qty=0, status=OrdStatus.CANCELED)
    other = image("y", account_id=3, order_id=8, leaves_qty=0, status=OrdStatus.CANCELED)
    world.account.apply(TradeBusted(7, 200 * SCALE, SCALE, sold, other, 0, 0, "op", "error"))
    assert world.account.available("USDT") == -150 * SCALE
    assert world.new(buy("b", 1, 1)) == (OrdRejReason.ORDER_EXCEEDS_LIMIT, "insufficient USDT: needs 1, free 0")
    assert admit_withdrawal(world.account, world.reservations, "w", "USDT", 1) is not None
    assert isinstance(world.replace(replace("c", "a", SCALE // 2)), ReplaceOrder)
    assert isinstance(world.new(market("m", SELL, SCALE)), NewOrder)


# ---- what a list's legs hold as its entry fills --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("children", "holds"),
    [
        ((sell("p", 4, 120), buy("b", 1, 90)), {"e": 300, "p": 1, "b": 90}),
        ((buy("p", 1, 80), buy("b", 1, 90)), {"e": 300, "p": 90, "b": 0}),
        ((sell("p", 4, 120), sell("b", 4, 110)), {"e": 300, "p": 1, "b": 0}),
    ],
)
def test_a_resting_entry_and_its_children_hold_apart(
    children: tuple[NewOrder, NewOrder], holds: dict[str, int]
) -> None:
    """The children of a bracket share what only one of them can need, and nothing of the entry's."""
    balances = {2: {"USDT": 1000 * SCALE}, 3: {"BTC": 10 * SCALE}}
    venue = CrankedVenue(genesis([LISTED], balances, [opened_session(1), opened_session(2)]))
    venue.account_mail[2].tell(bracket("L", buy("e", 4), *children))
    venue.account_mail[3].tell(new("s", SELL, SCALE, 100 * SCALE, session_id=2, account_id=3))
    venue.drain()
    assert {it.cl_ord_id: it.hold // SCALE for it in venue.accounts[2].account.open_orders()} == holds
    venue.check_accounts()
    venue.check_at_rest()
