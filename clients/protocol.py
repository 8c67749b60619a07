"""The client's end of the binary protocol as a pure state machine: bytes in, events out; requests in, bytes out.

The trio client and the synchronous one are this machine with a socket.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import msgspec

from clients import decoding
from clients.events import Book, Event, Instrument, MessageRejected, OrderState
from clients.exceptions import ConnectionLost, LoginRefused, ProtocolError, RequestRefused
from engine.commands import Changes
from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import Contingency, OrdType, Px, Qty, Side, TimeInForce, fix_code
from gateways.binary import codec, soup
from gateways.binary.codec import NUL
from gateways.binary.special import NO_NUMBER, NO_PX, encode_terms

Result: TypeAlias = OrderState | list[OrderState] | Book | list[Instrument] | RequestRefused | None
"""What a query is answered with."""

_ORDER, _ORDERS, _BOOK, _INSTRUMENTS = range(4)


class LoggedIn(msgspec.Struct, frozen=True):
    """The venue has accepted the login; report number ``sequence`` comes next."""

    session: str
    sequence: int


class Answered(msgspec.Struct, frozen=True):
    """A query has its result."""

    request_id: int
    result: Result


class Leg(NamedTuple):
    """One order of a list; prices and quantities are integers × 10^-8."""

    cl_ord_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    qty: Qty
    px: Px
    special: SpecialTerms = NOTHING_SPECIAL


Input: TypeAlias = LoggedIn | Answered | Event


class ClientProtocol:
    """One client over all its connections; ``next_number`` is what it will ask for when it logs in again."""

    def __init__(self, next_number: int = 1) -> None:
        self.next_number = next_number
        self.session = ""
        """The SoupBinTCP session, once logged in."""
        self.last_debug = ""
        """The venue's last words for people, such as why it closes the connection."""
        self._rest = b""
        self.logged_in = False
        self._request_id = 0
        self._kinds: dict[int, int] = {}
        self._parts: dict[int, list[OrderState]] = {}
        self._instrument_parts: dict[int, list[Instrument]] = {}
        self._books: dict[int, Book] = {}
        self._answers: dict[int, Callable[[bytes], list[Input]]] = {
            codec.ORDER_STATUS.template_id: self._on_order_state,
            codec.OPEN_ORDERS_END.template_id: self._on_open_orders_end,
            codec.BOOK_SNAPSHOT.template_id: self._on_book,
            codec.INSTRUMENT_DEFINITION.template_id: self._on_instrument,
            codec.INSTRUMENT_LIST_END.template_id: self._on_instrument_list_end,
            codec.MESSAGE_REJECT.template_id: self._on_message_reject,
        }

    # ---- the connection -------------------------------------------------------------------------------------------

    def log_in(self, username: str, password: str) -> bytes:
        """Starts a new connection: its first packet. The first time it asks for whichever session is current.

        Raises ``ValueError`` if the name or password doesn't fit SoupBinTCP's fields.
        """
        self._rest = b""
        self.logged_in = False
        self.last_debug = ""
        self._kinds.clear()
        self._parts.clear()
        self._instrument_parts.clear()
        self._books.clear()
        return soup.login_request(soup.LoginRequest(username, password, self.session, self.next_number))

    def receive(self, data: bytes) -> list[Input]:
        """What the venue's bytes say.

        Raises:
            LoginRefused: it doesn't let this user in.
            ConnectionLost: it has ended the session for good.
            ProtocolError: it sent what this client cannot read.
        """
        packets, self._rest, error = soup.split(self._rest + data, soup.PAYLOAD_MAX + 1)
        inputs: list[Input] = []
        try:
            for at, (kind, payload) in enumerate(packets):
                if kind == soup.SEQUENCED_DATA and self.logged_in:
                    inputs.append(decoding.report(payload, self.next_number))
                    self.next_number += 1
                elif kind == soup.UNSEQUENCED_DATA and self.logged_in:
                    answer = self._answers.get(decoding.template_of(payload))
                    if answer is not None:
                        inputs.extend(answer(payload))
                elif kind == soup.DEBUG:
                    self.last_debug = payload.decode("ascii", "replace")
                elif kind == soup.LOGIN_ACCEPTED and not self.logged_in:
                    inputs.append(self._on_login_accepted(payload))
                elif kind == soup.LOGIN_REJECTED:
                    raise self._login_refused(payload, packets[at + 1 :])
                elif kind == soup.END_OF_SESSION:
                    raise ConnectionLost("the venue has ended the session")
                elif kind != soup.SERVER_HEARTBEAT:
                    raise ProtocolError(f"unexpected packet type {chr(kind)!r}")
        except (struct.error, KeyError, soup.SoupError) as damage:
            raise ProtocolError(f"unreadable message: {damage!r}") from damage
        if error:
            raise ProtocolError(error)
        return inputs

    def _on_login_accepted(self, payload: bytes) -> LoggedIn:
        accepted = soup.parse_login_accepted(payload)
        self.logged_in = True
        self.session = accepted.session
        self.next_number = accepted.sequence
        return LoggedIn(accepted.session, accepted.sequence)

    def _login_refused(self, payload: bytes, behind: list[tuple[int, bytes]]) -> LoginRefused:
        text = next((said.decode("ascii", "replace") for kind, said in behind if kind == soup.DEBUG), "")
        return LoginRefused(payload.decode("ascii", "replace"), text)

    # ---- commands: prices and quantities are integers × 10^-8 here ---------------------------------------------------

    def new_order(
        self,
        cl_ord_id: int,
        security_id: int,
        side: Side,
        qty: Qty,
        px: Px | None,
        tif: TimeInForce = TimeInForce.GTC,
        account_id: int = 0,
    ) -> bytes:
        """Without a price it is a market order. This and the others raise ``ValueError`` for what no field can hold."""
        ord_type = OrdType.MARKET if px is None else OrdType.LIMIT
        codes = _code(side), _code(ord_type), _code(tif)
        return _packed(codec.NEW_ORDER, cl_ord_id, px or 0, qty, security_id, account_id, *codes)

    def new_special_order(self, security_id: int, order: Leg, account_id: int = 0) -> bytes:
        """An order with more than :meth:`new_order` can say."""
        codes = _code(order.side), _code(order.ord_type), _code(order.tif)
        plain = order.cl_ord_id, order.px, order.qty, security_id, account_id, *codes
        return _packed(codec.NEW_SPECIAL_ORDER, *plain, *encode_terms(order.special))

    def new_list(
        self, list_id: int, security_id: int, contingency: Contingency, legs: list[Leg], account_id: int = 0
    ) -> bytes:
        entries: list[tuple[int | bytes, ...]] = []
        for leg in legs:
            codes = _code(leg.side), _code(leg.ord_type), _code(leg.tif)
            entries.append((leg.cl_ord_id, leg.px, leg.qty, *codes, *encode_terms(leg.special)))
        try:
            return codec.new_list(list_id, security_id, account_id, contingency, entries)
        except struct.error as error:
            raise ValueError(f"NewList: {error}: {entries}") from None

    def replace(
        self,
        cl_ord_id: int,
        orig_cl_ord_id: int,
        security_id: int,
        side: Side,
        qty: Qty,
        px: Px,
        account_id: int = 0,
        order_id: int = 0,
        changes: Changes | None = None,
    ) -> bytes:
        """``order_id``, where it is not 0, names the order instead of ``orig_cl_ord_id``."""
        values = cl_ord_id, orig_cl_ord_id, order_id, px, qty, security_id, account_id, _code(side)
        if changes is None:
            return _packed(codec.REPLACE_ORDER, *values)
        return _packed(
            codec.REPLACE_SPECIAL,
            *values,
            NO_PX if changes.stop_px is None else changes.stop_px,
            NO_PX if changes.peg_offset is None else changes.peg_offset,
            NO_NUMBER if changes.display_qty is None else changes.display_qty,
            NO_NUMBER if changes.min_qty is None else changes.min_qty,
            NO_NUMBER if changes.expire_ns is None else changes.expire_ns,
        )

    def cancel(
        self,
        cl_ord_id: int,
        orig_cl_ord_id: int,
        security_id: int,
        side: Side,
        account_id: int = 0,
        order_id: int = 0,
    ) -> bytes:
        named = cl_ord_id, orig_cl_ord_id, order_id
        return _packed(codec.CANCEL_ORDER, *named, security_id, account_id, _code(side))

    def mass_cancel(self, cl_ord_id: int, security_id: int = 0, side: Side | None = None, account_id: int = 0) -> bytes:
        return _packed(codec.MASS_CANCEL, cl_ord_id, security_id, account_id, _code(side))

    # ---- queries: a request id that Answered will carry, and bytes --------------------------------------------------

    def order_status(self, cl_ord_id: int, order_id: int = 0) -> tuple[int, bytes]:
        return self._query(_ORDER, codec.ORDER_STATUS_REQUEST, cl_ord_id, order_id)

    def open_orders(self, security_id: int = 0, side: Side | None = None, account_id: int = 0) -> tuple[int, bytes]:
        return self._query(_ORDERS, codec.OPEN_ORDERS_REQUEST, security_id, account_id, _code(side))

    def book(self, security_id: int, levels: int) -> tuple[int, bytes]:
        return self._query(_BOOK, codec.BOOK_REQUEST, security_id, levels)

    def instruments(self) -> tuple[int, bytes]:
        return self._query(_INSTRUMENTS, codec.INSTRUMENT_LIST_REQUEST)

    def _query(self, kind: int, layout: codec.Layout, *fields: object) -> tuple[int, bytes]:
        request_id = self._request_id + 1
        packet = _packed(layout, request_id, *fields)
        self._request_id = request_id
        self._kinds[request_id] = kind
        return request_id, packet

    # ---- answers --------------------------------------------------------------------------------------------------

    def _answered(self, request_id: int, result: Result) -> list[Input]:
        self._kinds.pop(request_id, None)
        return [Answered(request_id, result)]

    def _on_order_state(self, payload: bytes) -> list[Input]:
        request_id, order = decoding.order_state(payload)
        if self._kinds.get(request_id) == _ORDER:
            return self._answered(request_id, order)
        if order is not None:
            self._parts.setdefault(request_id, []).append(order)
        return []

    def _on_open_orders_end(self, payload: bytes) -> list[Input]:
        request_id: int = codec.OPEN_ORDERS_END.unpack(payload, codec.HEADER_SIZE)[0]
        return self._answered(request_id, self._parts.pop(request_id, []))

    def _on_book(self, payload: bytes) -> list[Input]:
        request_id, part, last = decoding.book_fragment(payload)
        book = self._books.pop(request_id, None)
        if book is None:
            book = part
        else:
            book.bids.extend(part.bids)
            book.offers.extend(part.offers)
        if last:
            return self._answered(request_id, book)
        self._books[request_id] = book
        return []

    def _on_instrument(self, payload: bytes) -> list[Input]:
        request_id, instrument = decoding.instrument(payload)
        self._instrument_parts.setdefault(request_id, []).append(instrument)
        return []

    def _on_instrument_list_end(self, payload: bytes) -> list[Input]:
        request_id: int = codec.INSTRUMENT_LIST_END.unpack(payload, codec.HEADER_SIZE)[0]
        return self._answered(request_id, self._instrument_parts.pop(request_id, []))

    def _on_message_reject(self, payload: bytes) -> list[Input]:
        rejected: MessageRejected = decoding.message_rejected(payload)
        if rejected.ref_id in self._kinds:
            return self._answered(rejected.ref_id, RequestRefused(rejected.reason, rejected.text))
        return [rejected]


def _code(value: Side | OrdType | TimeInForce | None) -> bytes:
    return NUL if value is None else fix_code(value).encode("ascii")


def _packed(layout: codec.Layout, *fields: object) -> bytes:
    try:
        return layout.pack(*fields)
    except struct.error as error:
        raise ValueError(f"{layout.name}: {error}: {fields}") from None
