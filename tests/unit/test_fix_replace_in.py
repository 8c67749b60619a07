"""Replaces: what they may change of an order, and what is refused because they may not."""

from __future__ import annotations

import pytest
from fix_asked import END_OF_DAY, REPLACE, read
from fix_venue import NOW, NOW_TEXT, order_image

from engine.commands import Changes, RejectCommand, ReplaceOrder
from engine.image import OrderImage, Working
from engine.terms import Peg, SpecialTerms, Trigger
from engine.types import SCALE, CxlRejReason, OrdType, PegKind, PostOnly, TimeInForce, TriggerKind, Wait
from gateways.fix.refusals import BusinessRefusal, FieldRefusal

MARKET, LIMIT = OrdType.MARKET, OrdType.LIMIT
STOP = Trigger(TriggerKind.STOP, 101 * SCALE)
TRAILING = Trigger(TriggerKind.TRAILING, trail_amount=SCALE)


def an_order(ord_type: OrdType = LIMIT, wait: Wait = Wait.NOTHING, **special: object) -> OrderImage:
    """The order C1 as the session was last told of it."""
    terms = SpecialTerms(**special) if special else None  # type: ignore[arg-type]
    return order_image(ord_type=ord_type, special=terms, working=Working(wait) if special else None)


WAITING_STOP = an_order(MARKET, Wait.TRIGGER, trigger=STOP)
WAITING_STOP_LIMIT = an_order(LIMIT, Wait.TRIGGER, trigger=STOP)
TRIGGERED_STOP_LIMIT = an_order(LIMIT, trigger=STOP)
WAITING_TRAILING = an_order(MARKET, Wait.TRIGGER, trigger=TRAILING)
PEGGED = an_order(OrdType.PEGGED, peg=Peg(PegKind.PRIMARY))
ICEBERG = an_order(display_qty=SCALE)
HIDDEN = an_order(hidden=True)
POST_ONLY = an_order(post_only=PostOnly.REJECT)
NEXT_TO_LIMIT = order_image(ord_type=OrdType.MARKET_TO_LIMIT)


def replaced(change: dict[str, str | None], order: OrderImage | None = None) -> ReplaceOrder | RejectCommand:
    command = read("G", REPLACE | {"59": "1"} | change, orders={"C1": order} if order else {})
    assert isinstance(command, ReplaceOrder | RejectCommand)
    return command


@pytest.mark.parametrize(
    ("change", "px", "changes"),
    [
        ({}, 100_25000000, None),
        ({"40": "3", "99": "102"}, 0, Changes(stop_px=102 * SCALE)),
        ({"40": "4", "99": "102"}, 100_25000000, Changes(stop_px=102 * SCALE)),
        ({"40": "J", "1102": "102"}, 0, Changes(stop_px=102 * SCALE)),
        ({"40": "K"}, 100_25000000, None),
        ({"40": "K", "44": None}, 0, None),
        ({"40": "1"}, 0, None),
        ({"40": "P", "18": "R", "44": None, "211": "-0.5"}, 0, Changes(peg_offset=-SCALE // 2)),
        ({"40": "P", "18": "R", "211": "5", "836": "2"}, 100_25000000, Changes(peg_offset=5 * SCALE // 100)),
        ({"40": "P", "18": "a", "44": None, "211": "2"}, 0, None),
        ({"40": "P", "18": "a", "44": None, "99": "90"}, 0, Changes(stop_px=90 * SCALE)),
        ({"111": "0.5"}, 100_25000000, Changes(display_qty=SCALE // 2)),
        ({"1138": "0.5"}, 100_25000000, Changes(display_qty=SCALE // 2)),
        ({"111": "0"}, 100_25000000, None),
        ({"110": "0.5"}, 100_25000000, Changes(min_qty=SCALE // 2)),
        ({"110": "0"}, 100_25000000, Changes(min_qty=0)),
        ({"59": "6", "126": NOW_TEXT}, 100_25000000, Changes(expire_ns=NOW)),
        ({"59": "6", "432": "20260329"}, 100_25000000, Changes(expire_ns=END_OF_DAY + 1)),
        ({"18": "6 G", "77": "C", "2964": "1"}, 100_25000000, None),
    ],
)
def test_changes_of_an_order_that_the_session_has_not_been_told_of_yet(
    change: dict[str, str | None], px: int, changes: Changes | None
) -> None:
    command = replaced(change)
    assert isinstance(command, ReplaceOrder), command
    assert (command.px, command.changes) == (px, changes)


@pytest.mark.parametrize(
    ("order", "change"),
    [
        (WAITING_STOP, {"40": "3", "99": "102"}),
        (WAITING_STOP_LIMIT, {"40": "4", "99": "102"}),
        (TRIGGERED_STOP_LIMIT, {"40": "4"}),
        (TRIGGERED_STOP_LIMIT, {"40": "2"}),
        (WAITING_TRAILING, {"40": "P", "44": None, "18": "a", "211": "1"}),
        (WAITING_TRAILING, {"40": "P", "44": None}),
        (PEGGED, {"40": "P", "18": "R"}),
        (PEGGED, {"40": "P", "18": "1 R"}),
        (PEGGED, {"40": "P", "211": "1"}),
        (ICEBERG, {"111": "0.5"}),
        (HIDDEN, {"111": "0"}),
        (POST_ONLY, {"18": "6"}),
        (POST_ONLY, {}),
        (NEXT_TO_LIMIT, {"40": "K"}),
        (NEXT_TO_LIMIT, {"40": "2"}),
        (order_image(), {"59": None}),
        (order_image(tif=TimeInForce.AT_THE_CLOSE), {"59": "7"}),
    ],
)
def test_what_an_order_is_may_be_said_again(order: OrderImage, change: dict[str, str | None]) -> None:
    assert isinstance(replaced(change, order), ReplaceOrder)


@pytest.mark.parametrize(
    ("order", "change", "text"),
    [
        (order_image(), {"40": "1"}, "OrdType can't be changed: the order's is 2"),
        (order_image(), {"40": "4", "99": "5"}, "OrdType can't be changed: the order's is 2"),
        (WAITING_STOP, {"40": "4", "99": "5"}, "OrdType can't be changed: the order's is 3"),
        (WAITING_STOP, {"40": "1"}, "OrdType can't be changed: the order's is 3"),
        (WAITING_STOP_LIMIT, {"40": "2"}, "OrdType can't be changed: the order's is 4"),
        (WAITING_TRAILING, {"40": "3", "99": "5"}, "OrdType can't be changed: the order's is P"),
        (order_image(), {"59": "0"}, "TimeInForce can't be changed: the order's is 1"),
        (order_image(), {"59": "6", "126": NOW_TEXT}, "TimeInForce can't be changed: the order's is 1"),
        (POST_ONLY, {"18": "1"}, "ExecInst can't be changed"),
        (order_image(), {"18": "6"}, "ExecInst can't be changed"),
        (PEGGED, {"40": "P", "18": "M"}, "ExecInst can't be changed"),
        (order_image(), {"111": "0"}, "an order that is shown can't be hidden"),
        (ICEBERG, {"111": "0"}, "an order that is shown can't be hidden"),
        (order_image(), {"111": "-1"}, "MaxFloor must not be negative"),
        (order_image(), {"38": "0"}, "OrderQty must be positive"),
        (order_image(), {"44": "0"}, "Price must be positive"),
        (None, {"40": "5"}, "OrdType 5 is not supported"),
    ],
)
def test_what_can_t_be_changed_is_refused(order: OrderImage | None, change: dict[str, str | None], text: str) -> None:
    command = replaced(change, order)
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.text) == (CxlRejReason.OTHER, text)
    assert (command.command.cl_ord_id, command.command.in_from, command.command.in_seq) == ("C2", 6, 9)


def test_an_unknown_symbol_is_named_first() -> None:
    command = replaced({"55": "GOLD", "40": "5"})
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.symbol) == (CxlRejReason.UNKNOWN_ORDER, "GOLD")


def test_what_can_t_be_read() -> None:
    with pytest.raises(FieldRefusal):
        replaced({"40": "3", "99": "x"})
    with pytest.raises(FieldRefusal):
        replaced({"40": "z"})
    with pytest.raises(BusinessRefusal):
        replaced({"40": "4", "44": None})
