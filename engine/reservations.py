"""What an account's commands in flight may still need.

It is *pending*: no part of the folded state, because the journal does not know of commands that have no outcome yet
(design §7.3).
"""

from __future__ import annotations

from collections import defaultdict

from engine.types import Amount, OrdType, Px, Qty, Rate

Terms = tuple[Amount, Qty, Rate, Px, OrdType]
"""What an order will hold, the quantity that it may still trade, its worst fee, its worst price and its pricing."""

NO_TERMS: Terms = (0, 0, 0, 0, OrdType.LIMIT)
"""Of what is no order."""

_Reservation = tuple[str, Amount, Terms]


class Reservations:
    """An account's, per command and in all."""

    __slots__ = ("_by_session", "count", "pending")

    def __init__(self) -> None:
        self._by_session: defaultdict[int, dict[str, _Reservation]] = defaultdict(dict)
        self.count = 0
        self.pending: dict[str, Amount] = {}

    def add(self, session_id: int, cl_ord_id: str, asset: str, amount: Amount, terms: Terms) -> None:
        """Set ``amount`` aside for a command whose order will have ``terms`` once it is accepted."""
        self._by_session[session_id][cl_ord_id] = (asset, amount, terms)
        self.count += 1
        self.pending[asset] = self.pending.get(asset, 0) + amount

    def drop(self, session_id: int, cl_ord_id: str) -> None:
        """The command has its outcome. A command that reserved nothing is none of ours."""
        reservation = self._by_session[session_id].pop(cl_ord_id, None)
        if reservation is not None:
            self.count -= 1
            self.pending[reservation[0]] -= reservation[1]

    def terms_of(self, session_id: int, cl_ord_id: str) -> Terms | None:
        """The terms of a command in flight, None if there is none."""
        reservation = self._by_session[session_id].get(cl_ord_id)
        return None if reservation is None else reservation[2]

    def __len__(self) -> int:
        return self.count
