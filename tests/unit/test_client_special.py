"""Special orders, lists and amendments through the Python clients, and what their tracker makes of the reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import trio
from binary_samples import EVERYTHING, TIME_NS, image, one_of_each, report, special_image, special_reports
from binary_venue import Venue, venue
from engine_builders import changed

from clients import (
    Accepted,
    Activation,
    Client,
    Contingency,
    Event,
    Executed,
    Order,
    OrderTracker,
    OrdType,
    Peg,
    PegKind,
    PostOnly,
    Rejected,
    Replaced,
    Restated,
    RestateReason,
    SelfTrade,
    SelfTradeScope,
    Side,
    Special,
    SyncClient,
    TimeInForce,
    TradeBusted,
    TradeCorrected,
    Trigger,
    Triggered,
    TriggerKind,
    TriggerSource,
    Wait,
    decoding,
    peg,
    stop,
    touched,
    trailing,
)
from clients.requests import Requests
from clients.settings import Settings
from clients.terms import changes_of, to_ns
from engine import terms
from engine.commands import CancelOrder, Changes, NewList, NewOrder, ReplaceOrder
from engine.events import OrderReplaced
from engine.events import TradeBusted as Busted
from engine.reports import Report
from engine.types import SCALE, OrdStatus
from gateways.binary import codec, soup
from gateways.binary.outbound import encode_reports

D = Decimal


def event_of(made: Report) -> Event:
    return decoding.report(encode_reports([made])[soup.HEADER_SIZE :], made.number)


def requests() -> Requests:
    """Logged in, nowhere."""
    made = Requests("TRADR1", "demo", Settings(first_cl_ord_id=100), 0, lambda: 0.0)
    made.begin()
    made.receive(soup.login_accepted("TRADEENG", 1))
    return made


def client_of(at: Venue) -> Client:
    return Client("127.0.0.1", at.port_number, "TRADR1", "demo", first_cl_ord_id=100)


async def take(client: Client, count: int) -> list[Event]:
    with trio.fail_after(60):
        return [await client.__anext__() for _ in range(count)]


# ---- what is asked for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "given", "ord_type", "asked"),
    [
        (None, {"trigger": stop("231")}, OrdType.MARKET, {"trigger": terms.Trigger(TriggerKind.STOP, 231 * SCALE)}),
        (
            "230.5",
            {"trigger": touched(231, TriggerSource.BEST_BID)},
            OrdType.LIMIT,
            {"trigger": terms.Trigger(TriggerKind.TOUCHED, 231 * SCALE, TriggerSource.BEST_BID)},
        ),
        (
            None,
            {"trigger": trailing(rate="0.02", start=D(5))},
            OrdType.MARKET,
            {"trigger": terms.Trigger(TriggerKind.TRAILING, 5 * SCALE, trail_rate=SCALE // 50)},
        ),
        (
            None,
            {"peg": peg(PegKind.MIDPOINT, "-0.01")},
            OrdType.PEGGED,
            {"peg": terms.Peg(PegKind.MIDPOINT, -SCALE // 100)},
        ),
        ("5", {"peg": peg(PegKind.PRIMARY)}, OrdType.PEGGED, {"peg": terms.Peg(PegKind.PRIMARY)}),
        (None, {"ord_type": OrdType.MARKET_TO_LIMIT}, OrdType.MARKET_TO_LIMIT, {}),
        ("5", {"post_only": True}, OrdType.LIMIT, {"post_only": PostOnly.REJECT}),
        ("5", {"post_only": PostOnly.REPRICE}, OrdType.LIMIT, {"post_only": PostOnly.REPRICE}),
        (
            "5",
            {"display_qty": 2, "display_range": "0.5", "reduce_only": True},
            OrdType.LIMIT,
            {"display_qty": 2 * SCALE, "display_range": SCALE // 2, "reduce_only": True},
        ),
        (
            "5",
            {
                "hidden": True,
                "min_qty": 3,
                "self_trade": SelfTrade.CANCEL_BOTH,
                "self_trade_scope": SelfTradeScope.FIRM,
            },
            OrdType.LIMIT,
            {
                "hidden": True,
                "min_qty": 3 * SCALE,
                "self_trade": SelfTrade.CANCEL_BOTH,
                "self_trade_scope": SelfTradeScope.FIRM,
            },
        ),
        ("5", {"all_or_none": True}, OrdType.LIMIT, {"all_or_none": True}),
        ("5", {"min_qty": "0.5"}, OrdType.LIMIT, {"min_qty": SCALE // 2}),
    ],
)
async def test_keywords_are_special_terms(
    price: str | None, given: dict[str, Any], ord_type: OrdType, asked: dict[str, Any]
) -> None:
    async with venue() as at, client_of(at) as client:
        assert await client.new_order("BTC/USDT", Side.SELL, 10, price, tif=TimeInForce.DAY, **given) == 100
        (accepted,) = await take(client, 1)
        (command,) = at.port.submitted
    assert isinstance(command, NewOrder)
    assert (command.ord_type, command.tif, command.side) == (ord_type, TimeInForce.DAY, Side.SELL)
    assert command.special == terms.SpecialTerms(**asked)
    assert isinstance(accepted, Accepted)
    assert accepted.special is not None
    order = client.orders.get(100)
    assert order is not None
    assert (order.ord_type, order.special) == (ord_type, accepted.special)


def test_an_expiry_makes_an_order_good_till_date() -> None:
    when = datetime(2026, 12, 24, 16, tzinfo=timezone(timedelta(hours=1)))
    order = Order(Side.BUY, 1, 5, expire=when)
    assert (order.time_in_force, order.special().expire_ns) == (TimeInForce.GTD, to_ns(when))
    assert to_ns(datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) == 1000
    assert to_ns(5) == 5
    assert Order(Side.BUY, 1, 5, TimeInForce.DAY, expire=when).time_in_force is TimeInForce.DAY, "the venue refuses it"


def test_what_cannot_be_meant_is_refused_before_it_is_sent() -> None:
    state = requests()
    with pytest.raises(ValueError, match="needs its zone"):
        Order(Side.BUY, 1, 5, expire=datetime(2026, 1, 1)).special()
    with pytest.raises(ValueError, match="an amount or a rate"):
        trailing()
    with pytest.raises(ValueError, match="an amount or a rate"):
        trailing(amount=1, rate="0.1")
    with pytest.raises(TypeError, match="Decimal, int or str"):
        stop(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Decimal, int or str"):
        state.new_order(7, Side.BUY, 1, 5, display_qty=0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NewSpecialOrder"):
        state.new_order(7, Side.BUY, 1, 5, min_qty=-1)
    with pytest.raises(ValueError, match="NewList"):
        state.new_list(7, Contingency.OCO, [Order(Side.BUY, -1, 5)])
    with pytest.raises(ValueError, match="ClOrdID or by its OrderID"):
        state.cancel()
    with pytest.raises(ValueError, match="order #17 is not known here: give its symbol and side"):
        state.cancel(order_id=17)
    assert len(state.orders) == 0


async def test_a_list_is_one_command_and_its_legs_are_tracked() -> None:
    legs = [Order(Side.BUY, 10, "230"), Order(Side.SELL, 10, "240"), Order(Side.SELL, 10, trigger=stop("225"))]
    async with venue() as at, client_of(at) as client:
        assert await client.new_list("BTC/USDT", Contingency.BRACKET, legs) == [101, 102, 103]
        assert [order.cl_ord_id for order in client.orders.open()] == [101, 102, 103]
        events = await take(client, 3)
        (command,) = at.port.submitted
        refused = await client.new_list(8, Contingency.OCO, legs[1:], list_id=500)
        rejected = await take(client, 2)
        assert len(client.orders) == 3
    assert [type(event) for event in events] == [Accepted] * 3
    assert isinstance(command, NewList)
    assert (command.list_id, command.contingency, len(command.legs)) == ("100", Contingency.BRACKET, 3)
    assert [leg.ord_type for leg in command.legs] == [OrdType.LIMIT, OrdType.LIMIT, OrdType.MARKET]
    assert [leg.special is None for leg in command.legs] == [True, True, False]
    assert all(isinstance(event, Rejected) for event in rejected)
    assert [event.cl_ord_id for event in rejected if isinstance(event, Rejected)] == refused


async def test_a_replace_says_only_what_it_changes() -> None:
    async with venue() as at, client_of(at) as client:
        order = await client.new_order("BTC/USDT", Side.SELL, 10, trigger=stop("231"))
        await take(client, 1)
        changed_id = await client.replace(order, stop_px="232")
        await client.replace(changed_id, qty=5, display_qty=0, min_qty=1, peg_offset="-0.5", expire=7)
        await take(client, 2)
        _, first, second = at.port.submitted
    assert isinstance(first, ReplaceOrder)
    assert isinstance(second, ReplaceOrder)
    assert (first.changes, first.px, first.order_qty) == (Changes(stop_px=232 * SCALE), 0, 10 * SCALE)
    every = Changes(display_qty=0, min_qty=SCALE, peg_offset=-SCALE // 2, expire_ns=7)
    assert (second.changes, second.order_qty) == (every, 5 * SCALE)
    assert changes_of({}) is None


async def test_orders_can_be_named_by_the_venues_number() -> None:
    async with venue() as at, client_of(at) as client:
        await client.new_order("BTC/USDT", Side.BUY, 10, "230")
        (accepted,) = await take(client, 1)
        assert isinstance(accepted, Accepted)
        assert client.orders.by_order_id(accepted.order_id) is client.orders.get(100)
        replaced_id = await client.replace(order_id=accepted.order_id, price=231)
        assert client.orders.get(replaced_id) is client.orders.get(100)
        (replaced,) = await take(client, 1)
        assert isinstance(replaced, Replaced)
        await client.cancel(order_id=accepted.order_id)
        await take(client, 1)
        _, replace, cancel = at.port.submitted
        assert isinstance(replace, ReplaceOrder)
        assert isinstance(cancel, CancelOrder)
        assert (replace.order_id, replace.orig_cl_ord_id, replace.side) == (accepted.order_id, "", Side.BUY)
        assert (replace.order_qty, replace.px) == (10 * SCALE, 231 * SCALE)
        assert (cancel.order_id, cancel.orig_cl_ord_id) == (accepted.order_id, "")
        assert client.orders.by_order_id(accepted.order_id) is None


async def test_the_synchronous_client_takes_the_same_words() -> None:
    def trade(port: int) -> list[Event]:
        with SyncClient("127.0.0.1", port, "TRADR1", "demo") as client:
            first = client.new_order("BTC/USDT", Side.BUY, 10, "230", post_only=True)
            second = client.replace(first, display_qty=2)
            order = client.orders.get(second)
            assert order is not None
            client.new_list("BTC/USDT", Contingency.OCO, [Order(Side.SELL, 1, 240), Order(Side.SELL, 1, 250)])
            events = [event for _ in range(4) if (event := client.next_event(60))]
            client.cancel(order_id=order.order_id)
            return [*events, *([event] if (event := client.next_event(60)) else [])]

    async with venue() as at:
        events = await trio.to_thread.run_sync(trade, at.port_number)
        kinds = [type(command) for command in at.port.submitted]
    assert kinds == [NewOrder, ReplaceOrder, NewList, CancelOrder]
    assert [type(event).__name__ for event in events] == ["Accepted", "Replaced", "Accepted", "Accepted", "Canceled"]


# ---- what is reported ------------------------------------------------------------------------------------------------

SPECIAL = Special(
    trigger=Trigger(TriggerKind.TRAILING, D(59_123), TriggerSource.REFERENCE, D(500), D(0)),
    peg=Peg(PegKind.PRIMARY, D(-1)),
    post_only=PostOnly.REPRICE,
    display_qty=D(2),
    display_range=D(1),
    hidden=True,
    min_qty=D(3),
    all_or_none=True,
    reduce_only=True,
    self_trade=SelfTrade.DECREMENT,
    self_trade_scope=SelfTradeScope.FIRM,
    expire_ns=TIME_NS,
    working_px=D(0),
    shown_qty=D(0),
    list_id=77,
    contingency=Contingency.BRACKET,
    wait=Wait.TRIGGER,
)


def test_what_reports_of_special_orders_say() -> None:
    accepted, triggered, replaced, restated, executed, busted, _, corrected, _ = map(event_of, special_reports())
    assert isinstance(accepted, Accepted)
    assert accepted.special == SPECIAL
    assert isinstance(triggered, Triggered)
    assert (triggered.special, triggered.activation, triggered.cl_ord_id) == (SPECIAL, Activation.ENTRY, 1001)
    assert isinstance(replaced, Replaced)
    assert replaced.special is not None
    assert (replaced.special.wait, replaced.special.working_px) == (Wait.NOTHING, D(60_001))
    assert isinstance(restated, Restated)
    assert (restated.reason, restated.leaves_qty, restated.special.trigger) == (RestateReason.SELF_TRADE, D(3), None)
    assert isinstance(executed, Executed)
    assert (executed.auction, executed.added_liquidity) == (True, False)
    assert isinstance(busted, TradeBusted)
    assert (busted.trade_id, busted.last_px, busted.last_qty, busted.text) == (42, D(59_999), D(2), "fat finger")
    assert isinstance(corrected, TradeCorrected)
    assert (corrected.last_px, corrected.old_px, corrected.old_qty) == (D(59_000), D(59_999), D(2))
    assert (corrected.fee, corrected.old_fee) == (D("0.00000003"), D("0.00000007"))


def test_plain_orders_have_nothing_special() -> None:
    accepted, executed = event_of(one_of_each()[0]), event_of(one_of_each()[1])
    assert isinstance(accepted, Accepted)
    assert accepted.special is None
    assert isinstance(executed, Executed)
    assert not executed.auction


def test_what_a_newer_venue_says_is_a_bare_number() -> None:
    unknown = (0,) * 8 + (9, 9, 9, 9, 255, 9, 9) + (0, 0, 0, 9, 9)
    plain = codec.ACCEPTED.unpack(encode_reports(one_of_each()[:1]), soup.HEADER_SIZE + codec.HEADER_SIZE)
    packet = codec.ACCEPTED_SPECIAL.pack(*plain, *unknown)
    event = decoding.report(packet[soup.HEADER_SIZE :], 1)
    assert isinstance(event, Accepted)
    assert event.special is not None
    assert event.special.trigger is not None
    assert event.special.peg is not None
    assert (event.special.trigger.kind, event.special.peg.kind, event.special.wait) == (9, 9, 9)
    assert (event.special.contingency, event.special.hidden, event.special.all_or_none) == (9, True, True)


# ---- the tracker ---------------------------------------------------------------------------------------------------


def test_a_waiting_orders_state_follows_its_reports() -> None:
    tracker = OrderTracker()
    tracker.sent(1001, 7, Side.BUY, 0, D(60_000), D(5), OrdType.PEGGED)
    accepted, triggered, *_ = special_reports()
    order = tracker.apply(event_of(accepted))
    assert order is not None
    assert order.special == SPECIAL
    assert tracker.apply(event_of(triggered)) is order
    restated = tracker.apply(event_of(special_reports()[3]))
    assert restated is order
    assert (order.order_qty, order.leaves_qty, order.ord_type) == (D(5), D(3), OrdType.LIMIT)


def test_a_busted_trade_is_taken_off_what_was_filled() -> None:
    tracker = OrderTracker()
    tracker.apply(event_of(one_of_each()[0]))
    order = tracker.apply(event_of(one_of_each()[1]))
    assert order is not None
    assert (order.cum_qty, order.cum_notional, order.fees) == (D(2), 2 * D(59_999), D("0.01234567"))
    undone = changed(image(1001), order_qty=3 * SCALE, leaves_qty=3 * SCALE)
    bust = Busted(42, 59_999 * SCALE, 2 * SCALE, undone, undone, 1_234_567, 0, "ops", "")
    assert tracker.apply(event_of(report(3, bust, undone))) is order
    assert (order.cum_qty, order.leaves_qty, order.cum_notional, order.fees) == (D(0), D(3), D(0), D(0))
    assert order.is_open


def test_a_corrected_trade_counts_as_it_is_now() -> None:
    tracker = OrderTracker()
    tracker.apply(event_of(one_of_each()[0]))
    tracker.apply(event_of(one_of_each()[1]))
    order = tracker.apply(event_of(special_reports()[7]))
    assert order is not None
    assert (order.cum_notional, order.fees) == (D(59_000), D("0.01234567") - D("0.00000004"))


def test_an_order_with_nothing_left_is_not_open_whatever_its_status() -> None:
    tracker = OrderTracker()
    tracker.apply(event_of(one_of_each()[0]))
    spent = changed(image(1001, OrdStatus.PARTIALLY_FILLED, cum=SCALE), leaves_qty=0)
    bust = Busted(42, 59_999 * SCALE, 2 * SCALE, spent, spent, 0, 0, "ops", "")
    order = tracker.apply(event_of(report(2, bust, spent)))
    assert order is not None
    assert (order.is_open, len(tracker), tracker.by_order_id(555)) == (False, 0, None)
    assert tracker.apply(event_of(report(3, bust, spent))) is None


def test_an_order_reduced_to_what_was_filled_has_ended() -> None:
    tracker = OrderTracker()
    tracker.apply(event_of(one_of_each()[0]))
    filled = changed(image(1002, OrdStatus.FILLED, cum=5 * SCALE), leaves_qty=0)
    order = tracker.apply(event_of(report(2, OrderReplaced(filled, "1001", True), filled)))
    assert order is not None
    assert (order.status, order.is_open, len(tracker)) == (OrdStatus.FILLED, False, 0)


def test_a_program_that_comes_late_learns_of_an_order_when_it_is_triggered() -> None:
    tracker = OrderTracker()
    order = tracker.apply(event_of(special_reports()[1]))
    assert order is not None
    assert order is tracker.get(1001)
    assert special_image().special == EVERYTHING
