"""Busts and corrections in the fold: who pays whom back, and what the parties' orders and accounts look like then."""

from __future__ import annotations

import pytest
from engine_builders import BUY, SELL, changed, genesis, image, instrument, opened_session

from engine import events as ev
from engine.directory import FEES_ACCOUNT_ID
from engine.fold import VenueState
from engine.image import OrderImage
from engine.money import TradeChange, change_of
from engine.types import SCALE, OrdStatus

FEE = 7
OPEN = image("b", side=BUY, order_qty=3 * SCALE, leaves_qty=3 * SCALE, hold=300 * SCALE)
SOLD = image("s", side=SELL, order_id=(1 << 40) + 2, session_id=2, account_id=3, hold=SCALE)
BOUGHT = changed(
    OPEN, status=OrdStatus.PARTIALLY_FILLED, leaves_qty=2 * SCALE, cum_qty=SCALE, hold=200 * SCALE, fee_raw=FEE
)
FILLED = changed(SOLD, status=OrdStatus.FILLED, leaves_qty=0, cum_qty=SCALE, hold=0)
BACK = changed(OPEN, order_qty=2 * SCALE, leaves_qty=2 * SCALE, hold=200 * SCALE)
GONE = changed(FILLED, status=OrdStatus.CANCELED, cum_qty=0)
BUST = ev.TradeBusted(7, 100 * SCALE, SCALE, GONE, BACK, FEE, 3, "op", "error")


class World:
    """Account 2 has bought one of account 3 at 100; account 2's order is still open for two."""

    def __init__(self) -> None:
        self.state = VenueState()
        self.seq = 0
        balances = {2: {"USDT": 1000 * SCALE}, 3: {"BTC": 5 * SCALE}}
        for record in genesis([instrument()], balances, [opened_session(1), opened_session(2)]):
            self.write(*record.events)
        self.write(ev.OrderAccepted(OPEN))
        self.write(ev.OrderAccepted(SOLD), ev.TradeExecuted(7, 100 * SCALE, SCALE, FILLED, BOUGHT, FEE, 3))

    def write(self, *events: ev.Event) -> None:
        self.seq += 1
        self.state.apply(self.seq, ev.Record(self.seq, 0, 0, 0, [], list(events)))

    def balance(self, account_id: int, asset: str) -> int:
        return self.state.accounts[account_id].balances.get(asset, 0)

    def open_orders(self, account_id: int) -> list[OrderImage]:
        return self.state.accounts[account_id].open_orders()


def test_a_bust_gives_everything_back_fees_too() -> None:
    world = World()
    assert (world.balance(2, "BTC"), world.balance(FEES_ACCOUNT_ID, "USDT")) == (SCALE, FEE + 3)
    world.write(BUST)
    assert [world.balance(2, asset) for asset in ("BTC", "USDT")] == [0, 1000 * SCALE]
    assert [world.balance(3, asset) for asset in ("BTC", "USDT")] == [5 * SCALE, 0]
    assert world.balance(FEES_ACCOUNT_ID, "USDT") == 0
    assert world.state.totals() == {"BTC": 5 * SCALE, "USDT": 1000 * SCALE}


def test_an_open_order_has_that_much_less_filled_and_a_closed_one_stays_closed() -> None:
    world = World()
    world.write(BUST)
    assert (world.open_orders(2), world.open_orders(3)) == ([BACK], [])
    assert world.state.accounts[2].held["USDT"] == 200 * SCALE
    assert world.state.books[1].open_orders(2) == [BACK]


def test_what_is_spent_already_is_owed() -> None:
    world = World()
    world.write(ev.Withdrawn(3, "USDT", 100 * SCALE - FEE, "op"))
    world.write(BUST)
    assert world.balance(3, "USDT") == -(100 * SCALE - FEE)
    assert world.state.accounts[3].available("USDT") < 0


def test_a_correction_settles_the_difference() -> None:
    world = World()
    cheaper = ev.TradeCorrected(
        7, 90 * SCALE, SCALE // 2, changed(FILLED, cum_qty=SCALE // 2), changed(BOUGHT, cum_qty=SCALE // 2), 5, 1,
        100 * SCALE, SCALE, FEE, 3, "op", "error",
    )  # fmt: skip
    world.write(cheaper)
    assert [world.balance(2, asset) for asset in ("BTC", "USDT")] == [SCALE // 2, 955 * SCALE - 1]
    assert [world.balance(3, asset) for asset in ("BTC", "USDT")] == [9 * SCALE // 2, 45 * SCALE - 5]
    assert world.balance(FEES_ACCOUNT_ID, "USDT") == 6
    (order,) = world.open_orders(2)
    assert order.cum_qty == SCALE // 2


def test_a_trade_with_oneself_is_undone_on_both_sides() -> None:
    world = World()
    mine = changed(FILLED, account_id=2, session_id=1, cum_qty=0)
    before = dict(world.state.accounts[2].balances)
    world.write(ev.TradeBusted(8, 100 * SCALE, SCALE, mine, BOUGHT, FEE, 3, "op", "error"))
    assert world.state.accounts[2].balances == {**before, "USDT": before["USDT"] + FEE + 3}


def test_the_name_of_an_order_that_is_gone_may_be_another_orders_by_now() -> None:
    world = World()
    world.write(ev.OrderAccepted(changed(SOLD, order_id=(1 << 40) + 3)))
    world.write(BUST)
    assert [order.order_id for order in world.open_orders(3)] == [(1 << 40) + 3]
    assert world.state.accounts[3].held["BTC"] == SCALE


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (BUST, TradeChange(-SCALE, -100 * SCALE, -FEE, -3)),
        (
            ev.TradeCorrected(7, 110 * SCALE, SCALE, GONE, BACK, 8, 4, 100 * SCALE, SCALE, FEE, 3, "op", "error"),
            TradeChange(0, 10 * SCALE, 1, 1),
        ),
    ],
    ids=["bust", "correction"],
)
def test_what_changes(event: ev.TradeBusted | ev.TradeCorrected, change: TradeChange) -> None:
    assert change_of(event) == change
    assert change.fees == change.aggressor_fee + change.resting_fee
