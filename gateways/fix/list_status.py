"""ListStatus (N): how the orders of a list stand. It answers a ListStatusRequest (M), a NewOrderList (E) and a
ListCancelRequest (K), and tells unasked that a list has ended. Pure.

It is no part of the journal: it says what the journal's reports have said, and goes out after these. A list has at most
ten orders, so one message says all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.events import OrderRejected, TradeBusted, TradeCorrected
from engine.image import OrderImage
from engine.queries import ListStatusAnswer, ListStatusQuery
from engine.types import Contingency, OrdRejReason, OrdStatus
from gateways.fix.codec import printable
from gateways.fix.plain_reports import avg_px_text
from gateways.fix.refusals import BusinessRefusal, ListRefusal, business_reject_body
from gateways.fix.terms_out import decimal, working_indicator
from gateways.fix.times import format_utc
from gateways.fix.vocabulary import CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.reports import Report
    from engine.session_lists import ListLeg, ListState
    from gateways.fix.dialect import Dialect

ACK, RESPONSE, ALL_DONE = 1, 2, 5
"""ListStatusType (429): in answer to E and K, in answer to M, and of a list that has ended."""
_EXECUTING, _DONE, _REJECT = 3, 6, 7
"""ListOrderStatus (431)."""
_UNKNOWN_ID: Final = 1
"""BusinessRejectReason (380)."""
_NO_END: Final = frozenset({OrderRejected, TradeBusted, TradeCorrected})
"""Events that show an order that has ended and do not end one that was open."""
_ENDED_WITHOUT_TRADING = frozenset({OrdStatus.CANCELED, OrdStatus.EXPIRED})


class _Asked(msgspec.Struct, frozen=True):
    """What is to be told when the answer comes."""

    kind: int
    list_id: str
    ref_seq_num: int
    """MsgSeqNum of the M."""


class ListStatuses:
    """One session's questions about lists under way, and their answers."""

    def __init__(self, dialect: Dialect, timestamp_digits: int) -> None:
        self._dialect = dialect
        self._digits = timestamp_digits
        self._asked: dict[str, _Asked] = {}
        self._last = 0

    def __len__(self) -> int:
        """Questions under way."""
        return len(self._asked)

    def ask(self, session_id: int, list_id: str, kind: int, ref_seq_num: int = 0) -> ListStatusQuery:
        """The question; ``kind`` is the ListStatusType (429) of its answer."""
        self._last += 1
        query_id = f"N{self._last}"
        self._asked[query_id] = _Asked(kind, list_id, ref_seq_num)
        return ListStatusQuery(session_id, query_id, list_id)

    def answer(self, answer: ListStatusAnswer, now_ns: int) -> list[tuple[str, str]]:
        """MsgType and body of what the answer is; nothing if nobody remembers the question."""
        asked = self._asked.pop(answer.query.query_id, None)
        if asked is None:
            return []
        list_id = asked.list_id
        if answer.legs:
            return [("N", self._status(asked.kind, list_id, answer.legs, now_ns))]
        return [("j", business_reject_body(asked.ref_seq_num, "M", unknown_list(list_id)))]

    def ended(self, reports: Sequence[Report], lists: Mapping[str, ListState], now_ns: int) -> list[tuple[str, str]]:
        """For the lists that have ended with these reports, but for those about which an answer is to come: the ClOrdID
        of the order that was the last, and a body."""
        told: dict[str, tuple[str, str]] = {}
        for report in reports:
            order = report.order
            if order is None or order.leaves_qty or type(report.event) in _NO_END:
                continue
            special = order.terms.special
            if special is None or special.link is None or special.link.list_id in told:
                continue
            list_id = special.link.list_id
            known = lists.get(list_id)
            if known is None or known.may_be_in_book or known.first_order_id != special.link.first_order_id:
                continue
            if not any(asked.list_id == list_id and asked.kind == ACK for asked in self._asked.values()):
                told[list_id] = order.cl_ord_id, self._status(ALL_DONE, list_id, known.legs, now_ns)
        return list(told.values())

    # ---- the message ----------------------------------------------------------------------------------------------

    def _status(self, kind: int, list_id: str, legs: Sequence[ListLeg], now_ns: int) -> str:
        orders = "".join(map(self._leg, legs))
        time_text = format_utc(now_ns, self._digits)
        status, detail = _EXECUTING, ""
        if all(leg.order.status is OrdStatus.REJECTED for leg in legs):
            status, detail = _REJECT, self._why(legs)
        elif not any(leg.order.leaves_qty for leg in legs):
            status = _DONE
        if status is not _REJECT and self._dialect.list_reject_reasons:
            detail = _contingency(legs[0].order)
        return _body(list_id, kind, status, f"{detail}60={time_text}\x01", len(legs), orders)

    def _leg(self, leg: ListLeg) -> str:
        order, dialect = leg.order, self._dialect
        order_id = f"37={order.order_id or 'NONE'}\x01" if dialect.list_reject_reasons else ""
        works = working_indicator(order) if dialect.working_indicator else ""
        ended = order.status in _ENDED_WITHOUT_TRADING
        canceled = order.order_qty - order.cum_qty if ended else 0
        why = f"103={_reason(dialect, leg.reason)}\x0158={printable(leg.text)}\x01" if leg.text else ""
        return (
            f"11={order.cl_ord_id}\x01{order_id}14={decimal(order.cum_qty)}\x0139={CHARACTERS[order.status]}\x01{works}"
            f"151={decimal(order.leaves_qty)}\x0184={decimal(canceled)}\x01"
            f"6={avg_px_text(order.cum_notional, order.cum_qty)}\x01{why}"
        )

    def _why(self, legs: Sequence[ListLeg]) -> str:
        """ListRejectReason and ListStatusText of a list that was refused by the venue's rules."""
        reasons = {(leg.reason, leg.text) for leg in legs}
        if len(reasons) > 1:
            return reject_fields(self._dialect, OrdRejReason.OTHER, "An order of the list was refused")
        return reject_fields(self._dialect, *reasons.pop())


def refused_list_body(dialect: Dialect, refusal: ListRefusal) -> str:
    """The ListStatus that refuses a list of which nothing has been taken."""
    order_id = "37=NONE\x01" if dialect.list_reject_reasons else ""
    reason = _reason(dialect, refusal.reason)
    orders = "".join(
        f"11={printable(cl_ord_id)}\x01{order_id}14=0\x0139=8\x01151=0\x0184=0\x016=0\x01103={reason}\x01"
        for cl_ord_id in refusal.cl_ord_ids
    )
    why = reject_fields(dialect, refusal.reason, refusal.text)
    return _body(refusal.list_id, ACK, _REJECT, why, len(refusal.cl_ord_ids), orders)


def unknown_list(list_id: str) -> BusinessRefusal:
    """What an M or a K about it is answered with."""
    return BusinessRefusal(_UNKNOWN_ID, list_id, f"Unknown list {list_id}")


def _body(list_id: str, kind: int, status: int, detail: str, count: int, orders: str) -> str:
    return (
        f"66={printable(list_id)}\x01429={kind}\x0182=1\x01431={status}\x0183=1\x01{detail}"
        f"68={count}\x0173={count}\x01{orders}"
    )


def reject_fields(dialect: Dialect, reason: int, text: str) -> str:
    """ListRejectReason (1386), where the version has it, and ListStatusText (444)."""
    told = f"444={printable(text)}\x01"
    if not dialect.list_reject_reasons:
        return told
    return f"1386={reason if reason in dialect.list_reject_reasons else int(OrdRejReason.OTHER)}\x01{told}"


def _reason(dialect: Dialect, reason: int) -> int:
    """OrdRejReason (103) as the version has it."""
    return int(reason) if reason in dialect.ord_rej_reasons else dialect.ord_rej_other


def _contingency(order: OrderImage) -> str:
    """ContingencyType (1385); a bracket is an OTO to the standard."""
    special = order.terms.special
    assert special is not None
    assert special.link is not None
    kind = special.link.contingency
    return f"1385={int(Contingency.OTO if kind is Contingency.BRACKET else kind)}\x01"
