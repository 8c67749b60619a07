"""A session follows what its orders do silently: pegs that move, stops that trail, legs that take their turn."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import image
from session_journal import Journal, accepted, seqs
from stamped_reports import report_at

from engine import events as ev
from engine.image import OrderImage, Working
from engine.outbox import NO_REPORT
from engine.reports import SILENT
from engine.types import OrdStatus, UpdateCause, Wait


def pegged_at(px: int, cl_ord_id: str = "a", order_id: int = 1, **changes: Any) -> OrderImage:
    return image(cl_ord_id, order_id=order_id, working=Working(px=px), **changes)


def moved(to: OrderImage) -> ev.OrderUpdated:
    return ev.OrderUpdated(to, UpdateCause.PEG)


def test_an_open_order_is_where_it_moved_to_and_no_number_is_spent() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    told = journal.state.state()
    (silent,) = journal.write(moved(pegged_at(7)), session_id=0)
    assert silent.number == SILENT
    assert journal.state.order_named("a") == journal.state.open[1] == pegged_at(7)
    assert (journal.state.out_next, seqs(journal.state.sent)) == (2, [1])
    journal.write(moved(image("a", order_id=1)), session_id=0)
    assert journal.state.state() == told


OTHER = image("s", session_id=0, order_id=9)
PART = pegged_at(7, status=OrdStatus.PARTIALLY_FILLED, leaves_qty=3)
AGAIN = pegged_at(8, status=OrdStatus.PARTIALLY_FILLED, leaves_qty=3)


@pytest.mark.parametrize("one_record", [True, False])
@pytest.mark.parametrize(
    ("events", "newest"),
    [
        ([moved(pegged_at(7)), ev.TradeExecuted(1, 5, 5, PART, OTHER, 0, 0)], PART),
        ([ev.TradeExecuted(1, 5, 5, PART, OTHER, 0, 0), moved(AGAIN)], AGAIN),
        ([ev.TradeExecuted(1, 5, 5, OTHER, PART, 0, 0), moved(pegged_at(9)), moved(AGAIN)], AGAIN),
    ],
    ids=["moved, then filled", "filled, then moved", "filled, then moved twice"],
)
def test_the_newest_image_stays(events: list[ev.Event], newest: OrderImage, one_record: bool) -> None:
    journal = Journal()
    journal.write(accepted("a"))
    for record in [events] if one_record else [[event] for event in events]:
        journal.write(*record, session_id=0)
    assert journal.state.orders == {"a": newest}
    assert journal.state.open == {1: newest}


def test_an_order_that_moved_and_was_filled_is_closed() -> None:
    journal = Journal()
    full = pegged_at(7, status=OrdStatus.FILLED, leaves_qty=0)
    trade = ev.TradeExecuted(1, 5, 5, full, image("s", session_id=0, order_id=9), 0, 0)
    journal.write(accepted("a"), moved(pegged_at(7)), trade)
    assert journal.state.orders == {"a": full}
    assert journal.state.open == {}


def test_a_leg_whose_turn_came_waits_for_nothing() -> None:
    journal = Journal()
    waiting = image("leg", order_id=2, working=Working(wait=Wait.TURN))
    journal.write(accepted("a"), ev.OrderAccepted(waiting))
    journal.write(ev.OrderUpdated(resting := image("leg", order_id=2, working=Working()), UpdateCause.ENTERED))
    assert journal.state.order_named("leg") == resting


def test_an_order_that_was_replaced_is_known_where_it_moved_by_all_its_names() -> None:
    journal = Journal()
    journal.write(accepted("a"))
    journal.write(ev.OrderReplaced(pegged_at(7, "b"), "a", True))
    journal.write(moved(pegged_at(9, "b")), session_id=0)
    assert [journal.state.order_named(name) for name in "ab"] == [pegged_at(9, "b")] * 2
    journal.state.roll()
    journal.write(moved(pegged_at(10, "b")), session_id=0)
    assert journal.state.orders == {"b": pegged_at(10, "b")}


def event_at(journal: Journal, number: int) -> ev.Event | None:
    """What outbound ``number`` carries."""
    report = report_at(journal.state, number, journal.records[journal.state.sent.seq_of(number)])
    assert report is None or report.number == number
    return None if report is None else report.event


def test_silent_reports_do_not_count_when_a_report_is_read_again() -> None:
    journal = Journal()
    journal.write(moved(pegged_at(9)), accepted("a"), moved(pegged_at(8)), accepted("b", 2), session_id=0)
    journal.write(moved(pegged_at(7)), accepted("c", 3), skip=1, session_id=0)
    state = journal.state
    assert seqs(state.sent) == [1, 1, NO_REPORT, 2]
    told = [accepted("a"), accepted("b", 2), accepted("c", 3)]
    assert [event_at(journal, number) for number in (1, 2, 4)] == told
    journal.log_on(reset=True)
    assert [event_at(journal, number) for number in (2, 3, 4)] == told
    assert state.open[1] == pegged_at(7)
