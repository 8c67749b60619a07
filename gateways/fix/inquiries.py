"""Status requests (H, AF, M): queries to the venue, and its answers as messages. Pure.

A query carries an id of the gateway's own; what the client's request said beside it (its ids, symbol and side) waits
here for the answer, bounded by ``queries_max``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.queries import (
    Answer,
    ListStatusAnswer,
    ListStatusQuery,
    OpenOrdersAnswer,
    OpenOrdersQuery,
    OrderStatusAnswer,
    OrderStatusQuery,
    Query,
)
from engine.types import OrdRejReason
from gateways.fix import groups
from gateways.fix.fields_in import ID_MAX, OUT_OF_RANGE, SIDES, check_required, identifier, order_id_of
from gateways.fix.list_status import ACK, RESPONSE, ListStatuses
from gateways.fix.mapping_out import ReportMapper
from gateways.fix.parties import with_account
from gateways.fix.plain_reports import avg_px_text
from gateways.fix.refusals import BusinessRefusal, FieldRefusal
from gateways.fix.terms_out import decimal
from gateways.fix.times import format_utc
from gateways.fix.vocabulary import CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.directory import Directory
    from engine.events import SessionOpened
    from engine.image import OrderImage
    from gateways.fix.codec import Message
    from gateways.fix.dialect import Dialect
    from gateways.fix.settings import FixSettings

_MASS_STATUS_NEEDS = {"1": "55", "7": "", "8": "1", "9": "1"}
"""MassStatusReqType (585): of a security, all, of a party, of an account; and what each must name. A party is one that
names an account (:mod:`gateways.fix.parties`)."""
_MASS_STATUS_DEFINED = frozenset("123456789") | {"10"}


class Asked(msgspec.Struct, frozen=True):
    """What a request said that its answer must repeat."""

    cl_ord_id: str = ""
    symbol: str = ""
    side: str = ""
    echo: str = ""
    """A ready field: 790 or 584, where the version has it."""


class Inquiries:
    """One session's queries under way."""

    def __init__(
        self,
        dialect: Dialect,
        session: SessionOpened,
        directory: Directory,
        settings: FixSettings,
        reports: ReportMapper,
    ) -> None:
        self._dialect = dialect
        self._session = session
        self._directory = directory
        self._settings = settings
        self._reports = reports
        self.lists = ListStatuses(dialect, settings.timestamp_digits)
        self._asked: dict[str, Asked] = {}
        self._last = 0
        self._reads: dict[str, Callable[[Message], list[Query]]] = {
            "H": self._order_status,
            "AF": self._mass_status,
            "L": self._list_execute,
            "M": self._list_status,
        }

    def ask_for(self, session: SessionOpened) -> None:
        """The session's accounts are these from now on."""
        self._session = session

    def handles(self, msg_type: str) -> bool:
        return msg_type in self._reads

    def read(self, msg_type: str, message: Message) -> list[Query]:
        """The queries that a request needs.

        Raises:
            FieldRefusal, BusinessRefusal: it can't be served.
        """
        fields = message.fields
        check_required(fields, self._dialect.required[msg_type])
        for tag in ("11", "584", "790"):
            if len(fields.get(tag, "")) > ID_MAX:
                raise FieldRefusal(5, tag, f"longer than {ID_MAX} characters")
        return self._reads[msg_type](message)

    def status_again(self, message: Message) -> list[Query]:
        """For an order message that came again and that the venue has already: the status of its order.

        After a crash with PossDupFlag (43) under its old number, or with PossResend (97) under a new one (FIX 4.2
        appendix D31, FIX 4.4 F.1.b). A list's orders are told one by one, and then as a whole.
        """
        fields = message.fields
        if "530" in fields:
            return []
        if fields["35"] == "E":
            legs = [query for leg in groups.group_of(message, "73") for query in self._status_of(leg)]
            return [*legs, self.acknowledge(fields["66"])]
        return [self.acknowledge(fields["66"])] if fields["35"] == "K" else self._status_of(fields)

    def acknowledge(self, list_id: str) -> ListStatusQuery:
        """What a list is after an E or a K that is on its way: the answer is the ListStatus that these get."""
        return self.lists.ask(self._session.session_id, list_id, ACK)

    def _status_of(self, fields: dict[str, str]) -> list[Query]:
        cl_ord_id = fields.get("41") or fields.get("11", "")
        if not cl_ord_id:
            return []
        side = fields.get("54", "")
        side = side if side in self._dialect.sides else ""
        asked = Asked(cl_ord_id=cl_ord_id, symbol=fields.get("55", ""), side=side)
        return [OrderStatusQuery(self._session.session_id, self._remember(asked, ""), cl_ord_id)]

    # ---- requests ---------------------------------------------------------------------------------------------

    def _order_status(self, message: Message) -> list[Query]:
        fields = message.fields
        if fields["54"] not in self._dialect.sides:
            raise FieldRefusal(5, "54", OUT_OF_RANGE)
        echo = f"790={fields['790']}\x01" if "790" in fields and self._dialect.status_fields else ""
        cl_ord_id, order_id = fields.get("11", ""), 0
        if not cl_ord_id:
            order_id = order_id_of(fields)
            if not order_id:
                raise BusinessRefusal(5, fields.get("790", ""), "ClOrdID (11) or OrderID (37) is required")
        asked = Asked(cl_ord_id=cl_ord_id, symbol=fields["55"], side=fields["54"], echo=echo)
        return [OrderStatusQuery(self._session.session_id, self._remember(asked, cl_ord_id), cl_ord_id, order_id)]

    def _mass_status(self, message: Message) -> list[Query]:
        fields, contradiction = with_account(message)
        request_id, kind = fields["584"], fields["585"]
        if kind not in _MASS_STATUS_DEFINED:
            raise FieldRefusal(5, "585", OUT_OF_RANGE)
        if kind not in _MASS_STATUS_NEEDS:
            raise BusinessRefusal(0, request_id, f"MassStatusReqType {kind} is not supported: use 1, 7 or 8")
        if contradiction:
            raise BusinessRefusal(1, request_id, contradiction)
        needed = _MASS_STATUS_NEEDS[kind]
        if needed and needed not in fields:
            raise BusinessRefusal(5, request_id, f"tag {needed} is required with MassStatusReqType {kind}")
        side = SIDES.get(fields["54"]) if "54" in fields else 0
        if side is None:
            raise FieldRefusal(5, "54", "Side must be 1 (buy) or 2 (sell)")
        symbol_id = account_id = 0
        if "55" in fields:
            instrument = self._directory.instrument_named(fields["55"])
            if instrument is None:
                raise BusinessRefusal(2, request_id, f"Unknown symbol {fields['55']}")
            symbol_id = instrument.symbol_id
        if "1" in fields:
            account = self._directory.account_named(fields["1"])
            if account is None or account.account_id not in self._session.account_ids:
                raise BusinessRefusal(1, request_id, f"Unknown account {fields['1']}")
            account_id = account.account_id
        echo = f"584={request_id}\x01" if self._dialect.status_fields else ""
        asked = Asked(symbol=fields.get("55", ""), side=fields.get("54", ""), echo=echo)
        query_id = self._remember(asked, request_id)
        return [OpenOrdersQuery(self._session.session_id, query_id, symbol_id, side, account_id)]

    def _list_status(self, message: Message) -> list[Query]:
        list_id = identifier(message.fields, "66")
        self._check_room(1, list_id)
        return [self.lists.ask(self._session.session_id, list_id, RESPONSE, int(message.fields["34"]))]

    def _list_execute(self, message: Message) -> list[Query]:
        text = "ListExecute (35=L) has nothing to start: a list works at once, as ListExecInstType (433) 1 says"
        raise BusinessRefusal(0, identifier(message.fields, "66"), text)

    def _check_room(self, count: int, ref_id: str) -> None:
        if len(self._asked) + len(self.lists) + count > self._settings.queries_max:
            raise BusinessRefusal(4, ref_id, f"More than {self._settings.queries_max} queries are under way")

    def _remember(self, asked: Asked, ref_id: str) -> str:
        self._check_room(1, ref_id)
        self._last += 1
        query_id = str(self._last)
        self._asked[query_id] = asked
        return query_id

    # ---- answers ----------------------------------------------------------------------------------------------

    def messages(self, answer: Answer, now_ns: int) -> list[tuple[str, str]]:
        """An answer as MsgType and body of each message it takes; none for a query that nobody remembers."""
        if isinstance(answer, ListStatusAnswer):
            return self.lists.answer(answer, now_ns)
        asked = self._asked.pop(answer.query.query_id, None)
        if asked is None:
            return []
        time_text = f"60={format_utc(now_ns, self._settings.timestamp_digits)}\x01"
        if isinstance(answer, OrderStatusAnswer):
            if answer.order is None:
                return [("8", self._no_order(asked, int(OrdRejReason.UNKNOWN_ORDER), "Unknown order", "", time_text))]
            return [("8", self._status(answer.order, asked, "", time_text))]
        if isinstance(answer, OpenOrdersAnswer):
            return self._mass_status_reports(answer, asked, time_text)
        return []

    def _mass_status_reports(self, answer: OpenOrdersAnswer, asked: Asked, time_text: str) -> list[tuple[str, str]]:
        """One report per order, the last flagged (911, 912); without any order one report that says so."""
        total = len(answer.orders)
        if not total:
            none = "911=0\x01912=Y\x01" if self._dialect.status_fields else ""
            reason = int(OrdRejReason.UNKNOWN_ORDER)
            return [("8", self._no_order(asked, reason, "No open orders match", none, time_text))]
        made: list[tuple[str, str]] = []
        for place, order in enumerate(answer.orders, 1):
            last = "Y" if place == total else "N"
            count = f"911={total}\x01912={last}\x01" if self._dialect.status_fields else ""
            made.append(("8", self._status(order, asked, count, time_text)))
        return made

    def _status(self, order: OrderImage, asked: Asked, count: str, time_text: str) -> str:
        status = CHARACTERS[order.status]
        return (
            f"37={order.order_id or 'NONE'}\x0111={order.cl_ord_id}\x0117=0\x01{self._kind(status)}39={status}\x01"
            f"{self._reports.common(order)}38={decimal(order.order_qty)}\x01{self._reports.terms(order)}{asked.echo}{count}"
            f"151={decimal(order.leaves_qty)}\x0114={decimal(order.cum_qty)}\x01"
            f"6={avg_px_text(order.cum_notional, order.cum_qty)}\x01{time_text}"
        )

    def _no_order(self, asked: Asked, reason: int, text: str, count: str, time_text: str) -> str:
        """150=I / 39=8 for what is not there; a symbol or side that the request did not name is N/A or undisclosed."""
        if reason not in self._dialect.ord_rej_reasons:
            reason = self._dialect.ord_rej_other
        cl_ord_id = f"11={asked.cl_ord_id}\x01" if asked.cl_ord_id else ""
        return (
            f"37=NONE\x01{cl_ord_id}17=0\x01{self._kind('8')}39=8\x0155={asked.symbol or '[N/A]'}\x01"
            f"54={asked.side or '7'}\x01{asked.echo}{count}103={reason}\x0158={text}\x01"
            f"151=0\x0114=0\x016=0\x01{time_text}"
        )

    def _kind(self, status: str) -> str:
        """150=I; in 4.2 ExecTransType 3 (Status) beside an ExecType that repeats the status."""
        return f"20=3\x01150={status}\x01" if self._dialect.exec_trans_type else "150=I\x01"
