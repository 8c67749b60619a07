"""ListStatus (N): how a list stands, as the bytes of each version."""

from __future__ import annotations

import msgspec
import pytest
from engine_builders import changed
from fix_fields import check
from fix_venue import NOW, frame, order_image, shown

from engine.events import Event, OrderAccepted, OrderCanceled, OrderRejected, TradeBusted
from engine.image import OrderImage, Working
from engine.queries import ListStatusAnswer, ListStatusQuery
from engine.reports import Report
from engine.session_lists import ListLeg, SessionLists
from engine.session_profile import UnknownTags
from engine.terms import Link, SpecialTerms
from engine.types import SCALE, CancelReason, Contingency, OrdRejReason, OrdStatus, Wait
from gateways.fix.codec import parse
from gateways.fix.dialect import DIALECTS
from gateways.fix.list_status import ACK, RESPONSE, ListStatuses, refused_list_body
from gateways.fix.refusals import ListRefusal
from gateways.fix.validation import validator_for

VERSIONS = pytest.mark.parametrize("begin_string", DIALECTS)
OLD = pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4"])
ENDED = {"status": OrdStatus.CANCELED, "leaves_qty": 0}


def leg(nth: int, kind: Contingency = Contingency.OCO, first: int = 501, **fields: object) -> OrderImage:
    """The ``nth`` order of list L, from 0; it rests."""
    special = SpecialTerms(link=Link("L", kind, nth, first))
    named: dict[str, object] = {"order_id": first + nth if first else 0, "cl_ord_id": f"C{nth + 1}", "special": special}
    return order_image(**{"working": Working(Wait.NOTHING), **named, **fields})


def told(begin_string: str, *legs: ListLeg, kind: int = RESPONSE) -> list[str]:
    """The one message about a list of these legs, field by field; it is valid by the standard's dictionary."""
    statuses = ListStatuses(DIALECTS[begin_string], 3)
    query = statuses.ask(7, "L", kind, 4)
    [(msg_type, body)] = statuses.answer(ListStatusAnswer(query, list(legs)), NOW)
    return fields_of(begin_string, msg_type, body)


def fields_of(begin_string: str, msg_type: str, body: str) -> list[str]:
    text = body.replace("\x01", "|")
    head = f"35={msg_type}|34=2|49=TRADEENGINE|56=BROKER1|52=20231114-22:13:20.000|"
    message = parse(frame(head + text, begin_string=begin_string))
    assert validator_for(begin_string, UnknownTags.REJECT).check(message) is None
    check(begin_string, message.fields)
    return text.removesuffix("|").split("|")


def in_groups(fields: list[str]) -> list[list[str]]:
    """What is before the group, and each entry."""
    starts = [at for at, field in enumerate(fields) if field.startswith("11=")]
    return [fields[begin:end] for begin, end in zip([0, *starts], [*starts, len(fields)], strict=True)]


# ---- the whole message -----------------------------------------------------------------------------------------------


def test_a_list_s_status_in_4_2() -> None:
    filled = leg(
        0, status=OrdStatus.PARTIALLY_FILLED, cum_qty=4 * SCALE, leaves_qty=6 * SCALE, cum_notional=400 * SCALE
    )
    assert "|".join(told("FIX.4.2", ListLeg(filled), ListLeg(leg(1)))) == (
        "66=L|429=2|82=1|431=3|83=1|60=20231114-22:13:20.000|68=2|73=2|"
        "11=C1|14=4|39=1|151=6|84=0|6=100|11=C2|14=0|39=0|151=10|84=0|6=0"
    )


def test_a_list_s_status_in_4_4_says_which_orders_wait() -> None:
    waiting = leg(1, Contingency.OTO, working=Working(Wait.ENTRY))
    assert "|".join(told("FIX.4.4", ListLeg(leg(0, Contingency.OTO)), ListLeg(waiting))) == (
        "66=L|429=2|82=1|431=3|83=1|60=20231114-22:13:20.000|68=2|73=2|"
        "11=C1|14=0|39=0|636=Y|151=10|84=0|6=0|11=C2|14=0|39=0|636=N|151=10|84=0|6=0"
    )


def test_a_list_s_status_in_5_0_says_its_contingency_and_the_order_ids() -> None:
    legs = [ListLeg(leg(nth, Contingency.BRACKET, **ENDED)) for nth in range(3)]
    assert "|".join(told("FIXT.1.1", *legs, kind=ACK)) == (
        "66=L|429=1|82=1|431=6|83=1|1385=2|60=20231114-22:13:20.000|68=3|73=3|"
        "11=C1|37=501|14=0|39=4|151=0|84=10|6=0|11=C2|37=502|14=0|39=4|151=0|84=10|6=0|"
        "11=C3|37=503|14=0|39=4|151=0|84=10|6=0"
    )


# ---- an order --------------------------------------------------------------------------------------------------------


@VERSIONS
@pytest.mark.parametrize(
    ("order", "canceled"),
    [
        (leg(0, status=OrdStatus.CANCELED, leaves_qty=0, cum_qty=4 * SCALE), "6"),
        (leg(0, status=OrdStatus.EXPIRED, leaves_qty=0), "10"),
        (leg(0, status=OrdStatus.FILLED, leaves_qty=0, cum_qty=10 * SCALE), "0"),
        (leg(0, status=OrdStatus.PARTIALLY_FILLED, leaves_qty=0, cum_qty=7 * SCALE), "0"),
    ],
    ids=["canceled", "expired", "filled", "busted"],
)
def test_what_was_cancelled_is_what_ended_unfilled(order: OrderImage, canceled: str, begin_string: str) -> None:
    entry = in_groups(told(begin_string, ListLeg(order), ListLeg(leg(1))))[1]
    assert f"84={canceled}" in entry
    assert "151=0" in entry


# ---- refused ---------------------------------------------------------------------------------------------------------


def refused(nth: int, reason: OrdRejReason, text: str) -> ListLeg:
    return ListLeg(leg(nth, first=0, status=OrdStatus.REJECTED, leaves_qty=0, working=None), reason, text)


@VERSIONS
def test_a_refused_list_says_why(begin_string: str) -> None:
    legs = [refused(nth, OrdRejReason.EXCHANGE_CLOSED, "closed") for nth in range(2)]
    head, *entries = in_groups(told(begin_string, *legs, kind=ACK))
    assert {"429=1", "431=7", "444=closed"} <= set(head)
    assert ("1386=2" in head) is (begin_string == "FIXT.1.1")
    assert not any(field.startswith("1385=") for field in head)
    assert all({"39=8", "151=0", "84=0", "103=2"} <= set(entry) for entry in entries)
    assert ("37=NONE" in entries[0]) is (begin_string == "FIXT.1.1")


@VERSIONS
def test_orders_refused_for_reasons_of_their_own_keep_them(begin_string: str) -> None:
    legs = [refused(0, OrdRejReason.INCORRECT_QUANTITY, "too small"), refused(1, OrdRejReason.OTHER, "leg 1 was")]
    head, one, other = in_groups(told(begin_string, *legs))
    assert "444=An order of the list was refused" in head
    assert ("1386=99" in head) is (begin_string == "FIXT.1.1")
    assert {"103=0" if begin_string == "FIX.4.2" else "103=13", "58=too small"} <= set(one)
    assert {"103=0" if begin_string == "FIX.4.2" else "103=99", "58=leg 1 was"} <= set(other)


@VERSIONS
def test_a_list_that_is_none_is_refused_by_its_status_alone(begin_string: str) -> None:
    refusal = ListRefusal(OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "L", "too long", ["A", "B"])
    head, *entries = in_groups(fields_of(begin_string, "N", refused_list_body(DIALECTS[begin_string], refusal)))
    assert {"66=L", "429=1", "431=7", "444=too long", "68=2", "73=2"} <= set(head)
    assert ("1386=11" in head) is (begin_string == "FIXT.1.1")
    assert [entry[0] for entry in entries] == ["11=A", "11=B"]
    assert all("39=8" in entry for entry in entries)


@OLD
def test_without_a_list_the_question_is_rejected(begin_string: str) -> None:
    assert told(begin_string) == ["45=4", "372=M", "379=L", "380=1", "58=Unknown list L"]


def test_what_nobody_has_asked_has_no_answer() -> None:
    statuses = ListStatuses(DIALECTS["FIX.4.4"], 3)
    assert statuses.answer(ListStatusAnswer(ListStatusQuery(7, "N1", "L"), []), NOW) == []
    statuses.ask(7, "L", ACK)
    assert len(statuses) == 1


# ---- a list that ends ------------------------------------------------------------------------------------------------


class Told:
    """A session's lists, and what it is told of their ends."""

    def __init__(self) -> None:
        self.lists = SessionLists()
        self.statuses = ListStatuses(DIALECTS["FIX.4.4"], 3)

    def after(self, *events: Event) -> list[str]:
        reports = [Report(9, 1, 0, NOW, event, event.order) for event in events]  # type: ignore[union-attr]
        for report in reports:
            order = report.order
            assert order is not None
            assert order.special is not None
            assert order.special.link is not None
            self.lists.follow(report, order, order.special.link)
        return [shown(body.encode())[:21] for _, body in self.statuses.ended(reports, self.lists, NOW)]


OPEN = [OrderAccepted(leg(0)), OrderAccepted(leg(1))]
GONE = [OrderCanceled(leg(nth, **ENDED), CancelReason.OPERATOR) for nth in range(2)]


def test_a_list_s_end_is_told_once_it_is_whole() -> None:
    venue = Told()
    assert venue.after(*OPEN) == []
    assert venue.after(GONE[0]) == []
    assert venue.after(GONE[1]) == ["66=L|429=5|82=1|431=6"]


def test_two_orders_that_end_together_end_one_list() -> None:
    venue = Told()
    venue.after(*OPEN)
    assert len(venue.after(*GONE)) == 1


def test_an_end_that_an_answer_will_tell_is_not_told_beside_it() -> None:
    venue = Told()
    venue.after(*OPEN)
    venue.statuses.ask(7, "other", ACK)
    venue.statuses.ask(7, "L", RESPONSE)
    query = venue.statuses.ask(7, "L", ACK)
    assert venue.after(*GONE) == []
    [(_, body)] = venue.statuses.answer(ListStatusAnswer(query, venue.lists.legs_of("L")), NOW)
    assert "\x01431=6\x01" in body


def test_a_refused_list_has_not_ended() -> None:
    order = changed(leg(0, first=0), status=OrdStatus.REJECTED, leaves_qty=0)
    assert Told().after(OrderRejected(order, OrdRejReason.OTHER, "no")) == []


def test_what_becomes_of_a_trade_later_is_no_end() -> None:
    venue = Told()
    venue.after(*OPEN)
    venue.after(*GONE)
    order = leg(0, **ENDED)
    report = Report(9, 1, 0, NOW, TradeBusted(1, 1, 1, order, order, 0, 0, "ops", "why"), order)
    assert venue.statuses.ended([report], venue.lists, NOW) == []


def test_of_an_order_of_a_list_without_its_name_nothing_is_told() -> None:
    venue = Told()
    venue.after(*OPEN)
    others = [msgspec.structs.replace(event, order=leg(nth, first=601, **ENDED)) for nth, event in enumerate(GONE)]
    assert venue.after(*others) == []
