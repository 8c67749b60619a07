"""A session's lists folded from its reports: their legs, why one was refused, and what a trading day's end leaves."""

from __future__ import annotations

from engine_builders import BUY, SELL, bracket, cancel, image, instrument, link, new, oco, special
from session_journal import Journal

from engine import events as ev
from engine.book import Book
from engine.commands import CancelList, NewList
from engine.rejections import list_rejected
from engine.types import SCALE, OrdRejReason, OrdStatus, UpdateCause

PX = 100 * SCALE
LIST = oco("L", new("a", SELL, SCALE, PX + SCALE), new("b", SELL, SCALE, PX + 2 * SCALE))
BRACKET = bracket("B", new("in", BUY), new("up", SELL, SCALE, 2 * PX), new("down", SELL, SCALE, 3 * PX))


class Venue:
    """A book, and what it says to session 1."""

    def __init__(self) -> None:
        self.book = Book(instrument())
        self.journal = Journal()
        self.lists = self.journal.state.lists

    def enter(self, command: NewList) -> None:
        self.journal.write(*self.book.new_list(command))

    def cancel(self, list_id: str) -> None:
        self.journal.write(*self.book.cancel_list(CancelList(1, list_id, 2, 1)))

    def legs(self, list_id: str) -> list[tuple[str, OrdStatus]]:
        return [(leg.order.cl_ord_id, leg.order.status) for leg in self.lists[list_id].legs]


def test_a_list_is_known_leg_by_leg_as_they_stand() -> None:
    venue = Venue()
    venue.enter(LIST)
    assert venue.legs("L") == [("a", OrdStatus.NEW), ("b", OrdStatus.NEW)]
    assert venue.lists["L"].is_open
    assert (venue.lists["L"].account_id, venue.lists["L"].symbol_id) == (2, 1)
    venue.cancel("L")
    assert venue.legs("L") == [("a", OrdStatus.CANCELED), ("b", OrdStatus.CANCELED)]
    assert not venue.lists["L"].may_be_in_book


def test_a_leg_that_works_otherwise_is_followed_silently() -> None:
    venue = Venue()
    venue.enter(BRACKET)
    before = venue.lists["B"].legs[1].order
    venue.journal.write(
        ev.OrderUpdated(image("up", order_id=before.order_id, special=before.special, hold=7), UpdateCause.HOLD)
    )
    assert venue.lists["B"].legs[1].order.hold == 7


def test_of_a_refused_list_it_is_known_why_each_leg_was() -> None:
    journal = Journal()
    journal.write(*list_rejected(LIST, {1: (OrdRejReason.INCORRECT_QUANTITY, "too small")}))
    known = journal.state.lists["L"]
    assert [(leg.reason, leg.text) for leg in known.legs] == [
        (OrdRejReason.OTHER, "leg 2 of the list was refused"),
        (OrdRejReason.INCORRECT_QUANTITY, "too small"),
    ]
    assert all(leg.order.status is OrdStatus.REJECTED for leg in known.legs)
    assert not known.may_be_in_book


def test_a_name_that_is_used_again_is_that_of_the_list_that_came_last() -> None:
    """As the binary protocol allows: what becomes of the first one's legs is none of the second one's."""
    venue = Venue()
    venue.enter(LIST)
    first = venue.lists["L"].legs[0].order
    venue.enter(oco("L", new("c", BUY), new("d", BUY, SCALE, PX - SCALE)))
    venue.journal.write(ev.OrderUpdated(image("a", order_id=first.order_id, special=first.special), UpdateCause.HOLD))
    assert venue.legs("L") == [("c", OrdStatus.NEW), ("d", OrdStatus.NEW)]


def test_a_taken_name_stays_its_list_s() -> None:
    venue = Venue()
    venue.enter(LIST)
    venue.lists.claim(oco("L", new("c", BUY), new("d", BUY)))
    assert len(venue.legs("L")) == 2
    venue.lists.claim(oco("M", new("c", BUY), new("d", BUY), symbol_id=3))
    assert (venue.lists["M"].in_flight, venue.lists["M"].symbol_id) == (True, 3)


def test_the_day_s_end_leaves_lists_that_are_open_or_under_way() -> None:
    venue = Venue()
    venue.enter(BRACKET)
    venue.journal.write(*venue.book.cancel(cancel("x", "up", side=SELL)))
    venue.enter(oco("L2", new("a", SELL, SCALE, PX + SCALE), new("b", SELL, SCALE, PX + SCALE)))
    venue.cancel("L2")
    venue.lists.claim(oco("L3", new("x", BUY), new("y", BUY)))
    venue.journal.state.roll()
    assert set(venue.lists) == {"B", "L3"}
    assert venue.legs("B")[1] == ("up", OrdStatus.CANCELED)


def test_what_is_under_way_is_no_part_of_the_state_that_replay_reproduces() -> None:
    venue = Venue()
    venue.enter(LIST)
    before = venue.lists.state()
    venue.lists.claim(oco("L9", new("x", BUY), new("y", BUY)))
    assert venue.lists.state() == before != []


def test_a_leg_of_a_list_that_nobody_knows_is_passed_over() -> None:
    journal = Journal()
    order = image("b", special=special(link=link(leg=1)))
    journal.write(ev.OrderAccepted(order))
    assert not journal.state.lists
