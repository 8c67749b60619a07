"""A participant's own view of its orders, and the reports of both protocols as the same updates."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clients.events import (
    Accepted,
    Canceled,
    CancelRejected,
    ExecId,
    Executed,
    Expired,
    Rejected,
    Replaced,
    UnknownReport,
)
from engine.types import SCALE, CancelReason, OrdStatus, OrdType, Side, TimeInForce
from tradeengine.demo_fix import fix_update
from tradeengine.demo_links import binary_update
from tradeengine.demo_orders import (
    Amend,
    Amended,
    Ended,
    Filled,
    Opened,
    Orders,
    Place,
    Pull,
    Refused,
    Update,
)

BUY = Side.BUY
PLACE = Place("AAPL", BUY, 10 * SCALE, 190 * SCALE, TimeInForce.GTC)
AT_NS = 1_700_000_000_123_000_000
D = Decimal


def one_open() -> Orders:
    orders = Orders()
    orders.sent(1, PLACE)
    orders.apply(Opened(1, 10 * SCALE))
    return orders


def test_an_order_is_busy_until_it_is_answered() -> None:
    orders = Orders()
    order = orders.sent(1, PLACE)
    assert order.busy
    orders.apply(Opened(1, 10 * SCALE))
    assert not order.busy
    assert orders.of("AAPL", BUY) == [order]
    assert orders.of("AAPL", Side.SELL) == []


def test_an_amended_order_has_its_new_name_price_and_quantity() -> None:
    orders = one_open()
    assert orders.sent(2, Amend(1, 20 * SCALE, 191 * SCALE)).busy
    orders.apply(Amended(2, 1, 191 * SCALE, 20 * SCALE, 15 * SCALE))
    assert orders.get(1) is None
    order = orders.get(2)
    assert order is not None
    assert (order.px, order.qty, order.leaves_qty, order.busy) == (191 * SCALE, 20 * SCALE, 15 * SCALE, False)
    assert orders.of("AAPL", BUY) == [order]


@pytest.mark.parametrize(
    "last", [Filled(1, "AAPL", BUY, 190 * SCALE, 10 * SCALE, 0, False, 0), Ended(2, 1), Ended(1, 1)]
)
def test_an_order_that_has_ended_is_forgotten(last: Update) -> None:
    orders = one_open()
    orders.apply(last)
    assert len(orders) == 0
    assert orders.of("AAPL", BUY) == []


def test_a_partial_fill_leaves_the_rest() -> None:
    orders = one_open()
    orders.apply(Filled(1, "AAPL", BUY, 190 * SCALE, 4 * SCALE, 6 * SCALE, False, 0))
    order = orders.get(1)
    assert order is not None
    assert order.leaves_qty == 6 * SCALE


def test_a_refused_order_is_gone_and_a_refused_change_leaves_it_free() -> None:
    orders = one_open()
    orders.sent(2, Pull(1))
    orders.apply(Refused(2, 1, "no"))
    assert not next(iter(orders.all())).busy
    orders.sent(3, PLACE)
    orders.apply(Refused(3, 0, "no"))
    assert [order.cl_ord_id for order in orders.all()] == [1]


@pytest.mark.parametrize(
    "update",
    [Opened(9, 1), Amended(9, 8, 1, 1, 1), Filled(9, "AAPL", BUY, 1, 1, 0, True, 0), Ended(9, 8), Refused(9, 8, "")],
)
def test_reports_on_orders_of_other_times_change_nothing(update: Update) -> None:
    orders = one_open()
    orders.apply(update)
    assert [order.cl_ord_id for order in orders.all()] == [1]


# ---- both protocols say the same ------------------------------------------------------------------------------------

HEAD = (3, ExecId(9, 0), AT_NS, 55)
LIMIT, GTC = OrdType.LIMIT, TimeInForce.GTC
COMMON = "35=8|11=55|55=AAPL|54=1|60=20231114-22:13:20.123|"


def fix(text: str) -> Update | None:
    return fix_update(dict(field.split("=", 1) for field in text.rstrip("|").split("|")))


@pytest.mark.parametrize(
    ("event", "text", "update"),
    [
        (
            Accepted(*HEAD, 17, D(190), D(10), D(10), D(0), 8, 1, BUY, LIMIT, GTC, OrdStatus.NEW),
            COMMON + "150=0|39=0|151=10",
            Opened(55, 10 * SCALE),
        ),
        (
            Executed(*HEAD, 17, 5, D("190.4"), D(4), D(6), D(4), D(0), 8, 1, BUY, OrdStatus.PARTIALLY_FILLED, False),
            COMMON + "150=F|39=1|31=190.4|32=4|151=6|851=2",
            Filled(55, "AAPL", BUY, 19_040_000_000, 4 * SCALE, 6 * SCALE, True, AT_NS),
        ),
        (
            Replaced(*HEAD, 54, 17, D(191), D(20), D(15), D(5), 8, 1, BUY, LIMIT, GTC, OrdStatus.NEW, False),
            COMMON + "150=5|39=1|41=54|44=191|38=20|151=15",
            Amended(55, 54, 191 * SCALE, 20 * SCALE, 15 * SCALE),
        ),
        (Canceled(*HEAD, 54, 17, D(0), 8, 1, BUY, CancelReason.REQUESTED), COMMON + "150=4|39=4|41=54", Ended(55, 54)),
        (Expired(*HEAD, 17, D(0), 8, 1, BUY, CancelReason.END_OF_DAY), COMMON + "150=C|39=C", Ended(55, 55)),
        (
            Rejected(*HEAD, D(1), D(1), 8, 1, BUY, LIMIT, GTC, 99, "no"),
            COMMON + "150=8|39=8|58=no",
            Refused(55, 0, "no"),
        ),
        (
            CancelRejected(*HEAD, 54, 17, 1, OrdStatus.FILLED, False, 0, "gone"),
            "35=9|11=55|41=54|58=gone",
            Refused(55, 54, "gone"),
        ),
    ],
)
def test_both_protocols_say_the_same(event: Accepted, text: str, update: Update) -> None:
    assert binary_update(event, lambda _: "AAPL") == update
    assert fix(text) == update


def test_reports_that_change_no_order_are_left_out() -> None:
    assert binary_update(UnknownReport(1, 140, b""), str) is None
    assert fix(COMMON + "150=I|39=0") is None
    assert fix("35=9|11=55|41=NONE") == Refused(55, 0, "")
