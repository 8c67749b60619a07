"""Pre-trade checks: limits, what is reserved, and that it suffices however fills and replaces race."""

from __future__ import annotations

import pytest
from cranked_venue import CrankedVenue
from engine_builders import BUY, SELL, genesis, image, instrument, market, new, opened_session, replace

from engine.account import Account
from engine.commands import NewOrder, ReplaceOrder
from engine.events import AccountOpened, CancelRejected, Deposited, OrderAccepted, OrderReplaced
from engine.protection import NO_TOUCH, Touch
from engine.reservations import Reservations
from engine.risk import admit_new, admit_replace, admit_withdrawal
from engine.types import SCALE, CxlRejReason, OrdRejReason

NO_FEES = instrument(maker_fee=0, taker_fee=0)
NO_REFERENCE = instrument(maker_fee=0, taker_fee=0, reference_px=0)

UNLIMITED = AccountOpened(2, "ACC2", "FIRM")


def account(limits: AccountOpened = UNLIMITED, **balances: int) -> Account:
    opened = Account(limits, {1: NO_FEES})
    for asset, amount in balances.items():
        opened.apply(Deposited(2, asset, amount * SCALE, "test"))
    return opened


def admitted(outcome: ReplaceOrder | tuple[int, str]) -> bool:
    return isinstance(outcome, ReplaceOrder)


def refusal(mine: Account, command: NewOrder, touch: Touch = NO_TOUCH) -> tuple[int, str]:
    reservations = Reservations()
    refused = admit_new(mine, reservations, NO_REFERENCE, command, {1: touch})
    assert isinstance(refused, tuple)
    assert len(reservations) == 0
    return refused


# ---- new orders ----------------------------------------------------------------------------------------------------


def test_a_buy_reserves_quote_with_the_worst_fee_and_a_sell_base() -> None:
    mine, reservations = account(USDT=1000, BTC=5), Reservations()
    listed = instrument(maker_fee=300_000, taker_fee=200_000)
    assert admit_new(mine, reservations, listed, new("a", BUY, SCALE, 100 * SCALE)) == new("a", BUY)
    assert reservations.pending == {"USDT": 100 * SCALE + 30_000_000}
    admit_new(mine, reservations, listed, new("b", SELL, 2 * SCALE))
    assert reservations.pending["BTC"] == 2 * SCALE
    reservations.drop(1, "a")
    reservations.drop(1, "a")
    assert reservations.pending == {"USDT": 0, "BTC": 2 * SCALE}
    assert len(reservations) == 1


def test_what_is_free_is_the_balance_less_holds_less_what_is_in_flight() -> None:
    mine, reservations = account(USDT=300), Reservations()
    mine.apply(OrderAccepted(image("live", hold=100 * SCALE)))
    assert admit_new(mine, reservations, NO_FEES, new("a")) == new("a")
    assert admit_new(mine, reservations, NO_FEES, new("b")) == new("b")
    assert admit_new(mine, reservations, NO_FEES, new("c", px=SCALE)) == (
        OrdRejReason.ORDER_EXCEEDS_LIMIT,
        "insufficient USDT: needs 1, free 0",
    )
    assert admit_withdrawal(mine, reservations, "w", "USDT", 1) is not None
    reservations.drop(1, "a")
    assert admit_withdrawal(mine, reservations, "w", "USDT", 100 * SCALE + 1) is not None
    assert admit_withdrawal(mine, reservations, "w", "USDT", 100 * SCALE) is None
    assert admit_withdrawal(mine, reservations, "x", "USDT", 1) is not None


@pytest.mark.parametrize(
    ("command", "reason", "text"),
    [
        (new("a", qty=0), OrdRejReason.INCORRECT_QUANTITY, "quantity must be positive"),
        (new("a", px=0), OrdRejReason.OTHER, "price must be positive"),
        (new("a", qty=-SCALE), OrdRejReason.INCORRECT_QUANTITY, "quantity must be positive"),
        (market("a"), OrdRejReason.BROKER_OPTION, "no reference price for a market order in BTC/USDT"),
        (new("a"), OrdRejReason.ORDER_EXCEEDS_LIMIT, "insufficient USDT: needs 100, free 10"),
        (new("a", SELL), OrdRejReason.ORDER_EXCEEDS_LIMIT, "insufficient BTC: needs 1, free 0"),
    ],
)
def test_an_order_is_refused_with_its_reason(command: NewOrder, reason: OrdRejReason, text: str) -> None:
    assert refusal(account(USDT=10), command) == (reason, text)


def test_the_accounts_limits_are_inclusive() -> None:
    limited = account(AccountOpened(2, "ACC2", "FIRM", 2 * SCALE, 300 * SCALE), USDT=100_000)
    fits = new("a", qty=2 * SCALE, px=150 * SCALE)
    assert admit_new(limited, Reservations(), NO_FEES, fits) == fits
    assert refusal(limited, new("a", qty=2 * SCALE + 1, px=1))[1] == "quantity 2.00000001 exceeds the account's limit 2"
    assert refusal(limited, new("a", qty=2 * SCALE, px=151 * SCALE)) == (
        OrdRejReason.ORDER_EXCEEDS_LIMIT,
        "notional exceeds the account's limit 300",
    )
    mine = admit_replace(limited, Reservations(), NO_FEES, replace("b", "a", qty=3 * SCALE))
    assert mine == (CxlRejReason.OTHER, "quantity 3 exceeds the account's limit 2")


def test_a_blocked_account_sends_nothing_new() -> None:
    mine = account(USDT=1000)
    mine.blocked = True
    assert refusal(mine, new("a")) == (OrdRejReason.BROKER_OPTION, "account ACC2 is blocked")
    replaced = admit_replace(mine, Reservations(), NO_FEES, replace("b", "a"))
    assert replaced == (CxlRejReason.BROKER_OPTION, "account ACC2 is blocked")


def test_open_orders_are_bounded_those_in_flight_included() -> None:
    mine, reservations = account(USDT=1000), Reservations()
    mine.open_orders_max = 2
    mine.apply(OrderAccepted(image("live")))
    assert admit_new(mine, reservations, NO_FEES, new("a")) == new("a")
    assert admit_new(mine, reservations, NO_FEES, new("b")) == (
        OrdRejReason.ORDER_EXCEEDS_LIMIT,
        "account ACC2 has too many open orders",
    )


def test_a_market_order_leaves_with_its_protection_price() -> None:
    mine, reservations = account(USDT=1000, BTC=1), Reservations()
    buy = admit_new(mine, reservations, NO_FEES, market("a", BUY))
    sell = admit_new(mine, reservations, NO_FEES, market("b", SELL))
    assert isinstance(buy, NewOrder)
    assert isinstance(sell, NewOrder)
    assert (buy.px, sell.px) == (110 * SCALE, 90 * SCALE)
    assert reservations.pending == {"USDT": 110 * SCALE, "BTC": SCALE}


# ---- replaces ------------------------------------------------------------------------------------------------------


def test_a_replace_reserves_only_what_it_adds() -> None:
    mine, reservations = account(USDT=150), Reservations()
    mine.apply(OrderAccepted(image("a", hold=100 * SCALE)))
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("b", "a", px=150 * SCALE)))
    assert reservations.pending == {"USDT": 50 * SCALE}
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("c", "b", px=120 * SCALE)))
    assert reservations.pending == {"USDT": 50 * SCALE}
    assert admit_replace(mine, reservations, NO_FEES, replace("d", "c", px=121 * SCALE)) == (
        CxlRejReason.OTHER,
        "insufficient USDT: needs 1, free 0",
    )


def test_a_replace_of_an_unknown_order_reserves_all_of_it() -> None:
    mine, reservations = account(USDT=150), Reservations()
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("b", "nothing")))
    assert reservations.pending == {"USDT": 100 * SCALE}


@pytest.mark.parametrize(("qty", "px"), [(0, SCALE), (SCALE, 0), (-1, SCALE), (SCALE, -1)])
def test_a_replace_needs_a_positive_quantity_and_price(qty: int, px: int) -> None:
    refused = admit_replace(account(USDT=150), Reservations(), NO_FEES, replace("b", "a", qty, px))
    assert refused == (CxlRejReason.OTHER, "quantity and price must be positive")


def two_traders(usdt: int, **terms: int) -> CrankedVenue:
    """Account 2 has ``usdt`` and nothing else, account 3 plenty of BTC."""
    listed = instrument(**{"maker_fee": 0, "taker_fee": 0, **terms})
    balances = {2: {"USDT": usdt * SCALE}, 3: {"BTC": 1000 * SCALE}}
    return CrankedVenue(genesis([listed], balances, [opened_session(1), opened_session(2)]))


def send(venue: CrankedVenue, *commands: NewOrder) -> None:
    for command in commands:
        venue.account_mail[command.account_id].tell(command)
        venue.run(f"account {command.account_id}")


def sell(cl_ord_id: str, qty: int, px: int) -> NewOrder:
    return new(cl_ord_id, SELL, qty * SCALE, px * SCALE, session_id=2, account_id=3)


@pytest.mark.parametrize("is_live", [True, False])
def test_fills_at_the_old_price_that_race_a_larger_cheaper_replace_are_paid_for(is_live: bool) -> None:
    """10 at 10 become 20 at 5: no more in all, unless the first trade at 10 while the replace is on its way."""
    venue = two_traders(usdt=100)
    send(venue, new("a", BUY, 10 * SCALE, 10 * SCALE))
    venue.run("book 1")
    if is_live:
        venue.drain()
    send(venue, sell("s", 5, 10))
    venue.run("book 1")
    venue.account_mail[2].tell(replace("b", "a", 20 * SCALE, 5 * SCALE))
    venue.drain()
    send(venue, sell("t", 15, 5))
    venue.drain()
    venue.check_accounts()
    venue.check_at_rest()
    assert any(isinstance(event, CancelRejected) for record in venue.records for event in record.events)


def test_a_larger_cheaper_replace_passes_where_the_money_for_the_race_is_there() -> None:
    venue = two_traders(usdt=150)
    send(venue, new("a", BUY, 10 * SCALE, 10 * SCALE))
    venue.drain()
    send(venue, sell("s", 5, 10))
    venue.run("book 1")
    venue.account_mail[2].tell(replace("b", "a", 20 * SCALE, 5 * SCALE))
    venue.drain()
    assert any(isinstance(event, OrderReplaced) for record in venue.records for event in record.events)
    send(venue, sell("t", 15, 5))
    venue.drain()
    venue.check_accounts()
    venue.check_at_rest()
    assert venue.accounts[2].account.balances == {"USDT": 25 * SCALE, "BTC": 20 * SCALE}


def test_a_chain_of_replaces_reserves_for_each_of_its_links() -> None:
    mine, reservations = account(USDT=10_000), Reservations()
    admit_new(mine, reservations, NO_FEES, new("a", BUY, 10 * SCALE, 10 * SCALE))
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("b", "a", 20 * SCALE, 1 * SCALE)))
    assert reservations.pending == {"USDT": 110 * SCALE}  # 10 at 10, then 10 at 1
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("c", "b", 20 * SCALE, 9 * SCALE)))
    assert reservations.pending["USDT"] >= 190 * SCALE  # 10 at 10, then 10 at 9


def test_a_replace_is_reserved_at_the_fee_that_the_order_was_accepted_with() -> None:
    """The instrument's fees may have fallen since; the order's stay."""
    mine, reservations = account(USDT=1000), Reservations()
    mine.apply(OrderAccepted(image("a", maker_fee=SCALE // 10, taker_fee=SCALE // 5, hold=120 * SCALE)))
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("b", "a", 2 * SCALE)))
    assert reservations.pending == {"USDT": 120 * SCALE}
    assert admitted(admit_replace(mine, reservations, NO_FEES, replace("c", "b", 3 * SCALE)))
    assert reservations.pending == {"USDT": 240 * SCALE}


# ---- what ends a reservation ---------------------------------------------------------------------------------------


def test_a_replace_that_finds_its_quantity_filled_leaves_nothing_reserved() -> None:
    venue = two_traders(usdt=1000)
    send(venue, new("a", BUY, 10 * SCALE, 10 * SCALE))
    venue.drain()
    send(venue, sell("s", 5, 10))
    venue.run("book 1")
    venue.account_mail[2].tell(replace("b", "a", 5 * SCALE, 30 * SCALE))
    venue.drain()
    venue.check_at_rest()
    assert venue.accounts[2].account.available("USDT") == 950 * SCALE
