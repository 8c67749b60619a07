"""What an account's commands in flight may still need.

It is *pending*: no part of the folded state, because the journal does not know of commands that have no outcome yet
(design §7.3).
"""

from __future__ import annotations

from collections import defaultdict

from engine.commands import ReplaceOrder
from engine.image import OrderImage
from engine.money import worst_hold
from engine.types import Amount, OrdType, Px, Qty, Rate, Side

Terms = tuple[Amount, Qty, Rate, Px, OrdType]
"""What an order will hold, the quantity that it may still trade, its worst fee, its worst price and its pricing."""

NO_TERMS: Terms = (0, 0, 0, 0, OrdType.LIMIT)
"""Of what is no order."""

_Reservation = tuple[str, Amount, Terms, str]
"""The asset, how much of it, the terms, and the ClOrdID of the order that the command replaces."""


class Reservations:
    """An account's, per command and in all."""

    __slots__ = ("_by_session", "count", "pending", "replacing")

    def __init__(self) -> None:
        self._by_session: defaultdict[int, dict[str, _Reservation]] = defaultdict(dict)
        self.count = 0
        self.pending: dict[str, Amount] = {}
        self.replacing: dict[tuple[int, str], dict[str, tuple[Side, Qty]]] = {}
        """By session and ClOrdID of an order: the replaces of it that are in flight, each with its new OrderQty and the
        side that it was reserved for."""

    def add(self, session_id: int, cl_ord_id: str, asset: str, amount: Amount, terms: Terms) -> None:
        """Set ``amount`` aside for a command whose order will have ``terms`` once it is accepted."""
        self._by_session[session_id][cl_ord_id] = (asset, amount, terms, "")
        self.count += 1
        self.pending[asset] = self.pending.get(asset, 0) + amount

    def add_replace(self, command: ReplaceOrder, side: Side, asset: str, amount: Amount, terms: Terms) -> None:
        """As :meth:`add`, for a replace of an order of ``side``: ``amount`` is beside what that order holds."""
        session_id, cl_ord_id, orig = command.session_id, command.cl_ord_id, command.orig_cl_ord_id
        self.add(session_id, cl_ord_id, asset, amount, terms)
        self._by_session[session_id][cl_ord_id] = (asset, amount, terms, orig)
        self.replacing.setdefault((session_id, orig), {})[cl_ord_id] = (side, command.order_qty)

    def drop(self, session_id: int, cl_ord_id: str) -> None:
        """The command has its outcome. A command that reserved nothing is none of ours."""
        reservation = self._by_session[session_id].pop(cl_ord_id, None)
        if reservation is not None:
            self.count -= 1
            self.pending[reservation[0]] -= reservation[1]
            if reservation[3]:
                replaces = self.replacing[session_id, reservation[3]]
                del replaces[cl_ord_id]
                if not replaces:
                    del self.replacing[session_id, reservation[3]]

    def follow(self, image: OrderImage) -> None:
        """The venue has changed an order (a cut, a decrement, another price): where it holds less than the replaces of
        it that are in flight were counting on, these reserve the difference."""
        terms = image.terms
        session_id = terms.session_id
        for cl_ord_id, (side, order_qty) in self.replacing.get((session_id, terms.cl_ord_id), {}).items():
            if side is not terms.side:  # one that was in flight when its replace came, which the book will refuse
                continue
            asset, amount, wanted, orig = self._by_session[session_id][cl_ord_id]
            _, _, rate, px, _ = wanted
            more = replace_need(image, order_qty, px, rate)
            if more > amount:
                self._by_session[session_id][cl_ord_id] = (asset, more, wanted, orig)
                self.pending[asset] += more - amount

    def terms_of(self, session_id: int, cl_ord_id: str) -> Terms | None:
        """The terms of a command in flight, None if there is none."""
        reservation = self._by_session[session_id].get(cl_ord_id)
        return None if reservation is None else reservation[2]

    def __len__(self) -> int:
        return self.count


def replace_need(image: OrderImage, order_qty: Qty, px: Px, rate: Rate) -> Amount:
    """What a replace to ``order_qty`` at ``px`` can need beside what the order holds, however fills race it."""
    side = image.terms.side
    qty = max(0, order_qty - image.cum_qty)
    return max(worst_hold(side, px, qty, rate) - image.hold, worst_hold(side, px, max(0, qty - image.leaves_qty), rate))
