"""A session's lists of the trading day, leg by leg: a part of its folded state (FIX 35=N says how they stand).

An order knows its list by its link; a refused one has a link too, so that a list that was refused as a whole is known
by its ListID like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.events import OrderAccepted, OrderRejected
from engine.image import OrderImage
from engine.terms import NOT_IN_A_BOOK

if TYPE_CHECKING:
    from engine.commands import NewList
    from engine.reports import Report
    from engine.terms import Link

_BEGINS = frozenset({OrderAccepted, OrderRejected})


class ListLeg(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One order of a list, as its session was last told of it."""

    order: OrderImage
    reason: int = 0
    """OrdRejReason of a refused one."""
    text: str = ""
    """Why it was refused."""


class ListState:
    """One list. Before its outcome is known it has no legs."""

    __slots__ = ("account_id", "first_order_id", "legs", "symbol_id")

    def __init__(self, account_id: int, symbol_id: int, first_order_id: int = NOT_IN_A_BOOK) -> None:
        self.account_id = account_id
        self.symbol_id = symbol_id
        self.first_order_id = first_order_id
        self.legs: list[ListLeg] = []
        """In the list's order."""

    @property
    def in_flight(self) -> bool:
        return not self.legs

    @property
    def may_be_in_book(self) -> bool:
        """Whether a book may have something of it, now or when its outcome is known."""
        return bool(self.account_id and self.symbol_id) and (self.in_flight or self.is_open)

    @property
    def is_open(self) -> bool:
        """Whether a leg may trade, or may still come to."""
        return any(leg.order.leaves_qty for leg in self.legs)


class SessionLists(dict[str, ListState]):
    """By ListID (66). One that is used again, which only a protocol without a rule against it allows, names the list
    that came last."""

    def legs_of(self, list_id: str) -> list[ListLeg]:
        """A list's legs as they stand; empty if nobody knows of any."""
        known = self.get(list_id)
        return [] if known is None else list(known.legs)

    def claim(self, command: NewList) -> None:
        """A list is on its way: its ListID is taken, unless it is another's."""
        if command.list_id:
            self.setdefault(command.list_id, ListState(command.account_id, command.symbol_id))

    def follow(self, report: Report, order: OrderImage, link: Link) -> None:
        """A leg stands like that now."""
        event = report.event
        begins = type(event) in _BEGINS
        known = self.get(link.list_id)
        if begins and link.leg == 0:
            terms = order.terms
            known = self[link.list_id] = ListState(terms.account_id, terms.symbol_id, link.first_order_id)
        if known is None or known.first_order_id != link.first_order_id:
            return  # a leg of a list that has lost its name
        leg = ListLeg(order, event.reason, event.text) if type(event) is OrderRejected else ListLeg(order)
        if begins:
            known.legs.append(leg)
        elif link.leg < len(known.legs):
            known.legs[link.leg] = leg

    def roll(self) -> None:
        """The trading day is over: lists that have ended are forgotten."""
        for list_id in [name for name, known in self.items() if not (known.in_flight or known.is_open)]:
            del self[list_id]

    def state(self) -> object:
        """What replay must reproduce, in a canonical order."""
        return [
            (list_id, known.first_order_id, known.legs)
            for list_id, known in sorted(self.items(), key=lambda item: item[0])
            if not known.in_flight
        ]
