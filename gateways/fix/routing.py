"""Routing fields turned round: what came on behalf of somebody is answered for delivery to him.

FIX 4.4 vol. 2, Standard Message Header: SenderSubID and -LocationID (50, 142) answer TargetSubID and -LocationID (57,
143) and the other way round; so do OnBehalfOfCompID, -SubID, -LocationID (115, 116, 144) and DeliverToCompID, -SubID,
-LocationID (128, 129, 145).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import CancelRejected, MassCancelCompleted, MassCancelRejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.reports import Report

_PAIRS = {"50": "57", "142": "143", "115": "128", "116": "129", "144": "145"}
_REVERSED = _PAIRS | {there: back for back, there in _PAIRS.items()}
ROUTING_TAGS = frozenset(_REVERSED)


def reverse_route(fields: dict[str, str]) -> str:
    """The routing fields of a reply to a message of these fields; those without a value are left out."""
    return "".join(f"{_REVERSED[tag]}={value}\x01" for tag, value in fields.items() if tag in ROUTING_TAGS and value)


class Routes:
    """Where the reports of one session's orders go, by ClOrdID: kept in memory over its connections, within a bound.

    A restart of the venue forgets them, as does an order that is older than ``routes_max`` later ones with a route.
    """

    __slots__ = ("_max", "by_cl_ord_id")

    def __init__(self, routes_max: int) -> None:
        self._max = routes_max
        self.by_cl_ord_id: dict[str, str] = {}

    def keep(self, cl_ord_ids: Iterable[str], route: str) -> None:
        routes = self.by_cl_ord_id
        for cl_ord_id in cl_ord_ids:
            routes[cl_ord_id] = route
            if len(routes) > self._max:
                del routes[next(iter(routes))]

    def of(self, report: Report) -> str:
        """The routing fields of a report; empty if its request had none."""
        order = report.order
        if order is not None:
            return self.by_cl_ord_id.get(order.terms.cl_ord_id, "")
        event = report.event
        if isinstance(event, CancelRejected | MassCancelCompleted | MassCancelRejected):
            return self.by_cl_ord_id.get(event.cl_ord_id, "")
        return ""
