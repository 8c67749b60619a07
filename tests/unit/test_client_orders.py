"""A client's own view of its orders, and its numbers."""

from __future__ import annotations

import doctest
from decimal import Decimal, localcontext

import pytest
from binary_samples import accepted, executed, image, one_of_each, report

from clients import orders as orders_module
from clients.decoding import report as decode
from clients.events import Event, OrderState
from clients.numbers import to_decimal, to_scaled
from clients.orders import OrderTracker, TrackedOrder
from engine.events import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    TradeExecuted,
)
from engine.reports import Report
from engine.types import SCALE, CancelReason, OrdStatus, OrdType, Side, TimeInForce
from gateways.binary import soup
from gateways.binary.outbound import encode_reports


def event_of(made: Report) -> Event:
    return decode(encode_reports([made])[soup.HEADER_SIZE :], made.number)


def sent(tracker: OrderTracker, cl_ord_id: int = 1001) -> TrackedOrder:
    return tracker.sent(cl_ord_id, 7, Side.BUY, 0, Decimal(60_000), Decimal(5))


def test_an_order_is_open_from_the_moment_it_is_sent() -> None:
    tracker = OrderTracker()
    order = sent(tracker)
    assert (order.status, order.is_open, 1001 in tracker) == (None, True, True)
    assert tracker.apply(event_of(accepted(1, 1001))) is order
    assert (order.status, order.order_id, order.leaves_qty, order.account_id) == (OrdStatus.NEW, 555, 5, 21)


def test_fills_add_up_until_the_order_is_filled() -> None:
    tracker = OrderTracker()
    order = sent(tracker)
    tracker.apply(event_of(executed(2)))
    assert (order.cum_qty, order.leaves_qty, order.cum_notional) == (2, 3, 2 * 59_999)
    assert order.fees == Decimal("0.01234567")
    filled = image(1001, OrdStatus.FILLED, cum=5 * SCALE)
    trade = TradeExecuted(43, 60_000 * SCALE, 3 * SCALE, filled, filled, 0, 0)
    assert tracker.apply(event_of(report(3, trade, filled))) is order
    assert (order.status, order.is_open, order.cum_notional) == (OrdStatus.FILLED, False, 2 * 59_999 + 3 * 60_000)
    assert tracker.open() == []


def test_a_replaced_order_goes_by_its_new_name() -> None:
    tracker = OrderTracker()
    order = sent(tracker)
    changed = image(1002, px=59_000 * SCALE)
    assert tracker.apply(event_of(report(4, OrderReplaced(changed, "1001", True), changed))) is order
    assert (tracker.get(1001), tracker.get(1002), order.price) == (None, order, 59_000)


def test_an_order_that_is_being_replaced_goes_by_both_names() -> None:
    tracker = OrderTracker()
    order = sent(tracker)
    tracker.replacing(1001, 1002)
    tracker.replacing(1002, 1003)
    assert tracker.get(1001) is tracker.get(1002) is tracker.get(1003) is order
    changed = image(1002)
    tracker.apply(event_of(report(1, OrderReplaced(changed, "1001", True), changed)))
    assert (tracker.get(1001), tracker.get(1002), tracker.get(1003)) == (None, order, order)
    refused = CancelRejected(3, 21, "1003", "1002", True, 0, "too late", changed)
    assert tracker.apply(event_of(report(2, refused))) is order
    assert tracker.get(1003) is None
    tracker.replacing(1002, 1004)
    canceled = image(1002, OrdStatus.CANCELED)
    tracker.apply(event_of(report(3, OrderCanceled(canceled, CancelReason.OPERATOR), canceled)))
    assert (tracker.get(1002), tracker.get(1004)) == (None, None)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (OrderCanceled(image(1001, OrdStatus.CANCELED), CancelReason.REQUESTED, "1010"), OrdStatus.CANCELED),
        (OrderExpired(image(1001, OrdStatus.EXPIRED), CancelReason.END_OF_DAY), OrdStatus.EXPIRED),
        (OrderRejected(image(1001, OrdStatus.REJECTED), 99, "no"), OrdStatus.REJECTED),
    ],
)
def test_an_order_that_ends_is_returned_a_last_time(
    made: OrderCanceled | OrderExpired | OrderRejected, status: OrdStatus
) -> None:
    tracker = OrderTracker()
    order = sent(tracker)
    event = event_of(report(5, made, made.order))
    assert tracker.apply(event) is order
    assert (order.status, order.leaves_qty, len(tracker)) == (status, 0, 0)
    assert tracker.apply(event) is None


def test_the_refusal_of_a_duplicate_leaves_the_live_order_alone() -> None:
    tracker = OrderTracker()
    order = sent(tracker)
    tracker.apply(event_of(accepted(1, 1001)))
    rejected = image(1001, OrdStatus.REJECTED)
    assert tracker.apply(event_of(report(2, OrderRejected(rejected, 6, "duplicate"), rejected))) is None
    assert tracker.get(1001) is order
    assert order.is_open


def test_a_replay_builds_the_orders_of_a_program_that_remembers_nothing() -> None:
    tracker = OrderTracker()
    for made in (accepted(1, 1001), executed(2)):
        tracker.apply(event_of(made))
    (order,) = tracker.open()
    assert (order.cl_ord_id, order.side, order.order_qty, order.cum_qty) == (1001, Side.BUY, 5, 2)
    for made in one_of_each():
        tracker.apply(event_of(made))


def test_what_the_venue_answers_can_be_taken_over() -> None:
    tracker = OrderTracker()
    fill, rest = Decimal(2), Decimal(3)
    kind = Side.BUY, OrdType.LIMIT, TimeInForce.GTC, OrdStatus.PARTIALLY_FILLED
    tracker.learn([OrderState(1001, 555, Decimal(60), Decimal(59), fill + rest, rest, fill, 7, 21, *kind)])
    (order,) = tracker.open()
    assert (order.order_id, order.cum_notional, order.status) == (555, 118, OrdStatus.PARTIALLY_FILLED)


def test_order_book_keeping_survives_events_of_other_kinds() -> None:
    tracker = OrderTracker()
    accepted_order = image(3000)
    tracker.apply(event_of(report(1, OrderAccepted(accepted_order), accepted_order)))
    for made in one_of_each()[8:]:
        assert tracker.apply(event_of(made)) is None
    assert len(tracker) == 1


def test_the_documented_examples_run() -> None:
    assert doctest.testmod(orders_module).failed == 0


@pytest.mark.parametrize(
    ("given", "scaled"),
    [
        ("0.5", SCALE // 2),
        (Decimal("0.00000001"), 1),
        (Decimal("1E+3"), 1000 * SCALE),
        (Decimal("1.10000000000"), 110_000_000),
        (3, 3 * SCALE),
        (-3, -3 * SCALE),
    ],
)
def test_numbers_are_exact(given: Decimal | int | str, scaled: int) -> None:
    assert to_scaled(given) == scaled


@pytest.mark.parametrize("given", [Decimal("0.000000001"), Decimal("NaN"), Decimal("Infinity"), "1e5", "", "1,5"])
def test_what_is_no_exact_number_is_refused(given: Decimal | str) -> None:
    with pytest.raises(ValueError, match="not a"):
        to_scaled(given)


@pytest.mark.parametrize("given", [0.5, True, None])
def test_what_may_not_mean_what_it_shows_is_refused(given: object) -> None:
    with pytest.raises(TypeError, match="Decimal, int or str"):
        to_scaled(given)  # type: ignore[arg-type]


def test_decimals_are_exact_and_short_in_every_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert str(to_decimal(2**100)) == "12676506002282294014967.03205376"
    assert str(to_decimal(150_000_000)) == "1.5"
    assert str(to_decimal(-1)) == "-0.00000001" or to_decimal(-1) == Decimal("-0.00000001")
