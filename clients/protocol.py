"""The client's end of the binary protocol as a pure state machine: bytes in, events out; requests in, bytes out.

The trio client and the synchronous one are this machine with a socket.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import msgspec

from clients import answers, decoding
from clients.events import Book, Event, Instrument, MessageRejected, OrderState, SessionConfiguration
from clients.exceptions import ProtocolError, RequestRefused
from clients.session import LoggedIn, Message, Packet, SoupSession
from clients.terms import MassCancelScope
from engine.commands import Changes
from engine.session_profile import CancelOnDisconnect
from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import Contingency, OrdType, Px, Qty, SelfTrade, SelfTradeScope, Side, TimeInForce, fix_code
from gateways.binary import codec
from gateways.binary.authentication import read_challenge
from gateways.binary.codec import NUL
from gateways.binary.special import NO_NUMBER, NO_PX, encode_newest, encode_terms, on_wire

Result: TypeAlias = (
    OrderState | list[OrderState] | Book | list[Instrument] | SessionConfiguration | RequestRefused | None
)
"""What a query is answered with."""

_ORDER, _ORDERS, _BOOK, _INSTRUMENTS, _CONFIGURATION = range(5)
_COMMANDS = frozenset(
    layout.template_id
    for layout in (
        codec.NEW_ORDER,
        codec.REPLACE_ORDER,
        codec.CANCEL_ORDER,
        codec.MASS_CANCEL,
        codec.NEW_SPECIAL_ORDER,
        codec.NEW_LIST,
    )
)
_NOTHING_NEWER = 0, 0
_AS_PROFILE_SAYS = 2**32 - 1


class Challenged(msgspec.Struct, frozen=True):
    """The venue takes nothing before this has been signed: see :meth:`SoupSession.authenticate`."""

    nonce: str


class Answered(msgspec.Struct, frozen=True):
    """A query has its result. ``request_id`` 0 answers an Authenticate."""

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


Input: TypeAlias = LoggedIn | Challenged | Answered | Event


class ClientProtocol(SoupSession):
    """One client over all its connections: SoupBinTCP with order entry's messages in it."""

    def __init__(self, next_number: int = 1) -> None:
        super().__init__(next_number)
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
            codec.SESSION_CONFIGURATION_REPORT.template_id: self._on_configuration,
            codec.AUTHENTICATION_CHALLENGE.template_id: self._on_challenge,
        }

    # ---- the connection -------------------------------------------------------------------------------------------

    def log_in(self, username: str, password: str) -> bytes:
        """See :class:`SoupSession`. The first time it asks for whichever session is current."""
        self._kinds.clear()
        self._parts.clear()
        self._instrument_parts.clear()
        self._books.clear()
        return super().log_in(username, password)

    def read(self, data: bytes) -> list[Input]:
        """What the venue's bytes say: :meth:`SoupSession.receive`, decoded. ``ProtocolError`` is raised for messages
        that can't be read too."""
        inputs: list[Input] = []
        packets = self.receive(data)
        for at, packet in enumerate(packets):
            try:
                inputs += self._read(packet)
            except (struct.error, KeyError) as damage:
                unread = (each.number for each in packets[at:] if isinstance(each, Message) and each.number)
                self.fail(ProtocolError(f"unreadable message: {damage!r}"), next(unread, 0))
                if not inputs:
                    self.check()
                break
        return inputs

    def _read(self, packet: Packet) -> list[Input]:
        if isinstance(packet, LoggedIn):
            return [packet]
        number, payload = packet
        if number:
            return [decoding.report(payload, number)]
        answer = self._answers.get(decoding.template_of(payload))
        return [] if answer is None else answer(payload)

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
        newest = encode_newest(order.special)
        if newest is not None:
            return _packed(codec.NEW_SPECIAL_ORDER_3, *plain, *encode_terms(order.special), *newest)
        return _packed(codec.NEW_SPECIAL_ORDER, *plain, *encode_terms(order.special))

    def new_list(
        self, list_id: int, security_id: int, contingency: Contingency, legs: list[Leg], account_id: int = 0
    ) -> bytes:
        newest = [encode_newest(leg.special) for leg in legs]
        layout = codec.NEW_LIST_3 if any(newest) else codec.NEW_LIST
        entries: list[tuple[int | bytes, ...]] = []
        for leg, said in zip(legs, newest, strict=True):
            codes = _code(leg.side), _code(leg.ord_type), _code(leg.tif)
            end = (said or _NOTHING_NEWER) if layout is codec.NEW_LIST_3 else ()
            entries.append((leg.cl_ord_id, leg.px, leg.qty, *codes, *encode_terms(leg.special), *end))
        try:
            return codec.new_list(list_id, security_id, account_id, contingency, entries, layout)
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

    def mass_cancel(
        self,
        cl_ord_id: int,
        security_id: int = 0,
        side: Side | None = None,
        account_id: int = 0,
        scope: MassCancelScope = MassCancelScope.ACCOUNT,
    ) -> bytes:
        values = cl_ord_id, security_id, account_id, _code(side)
        if scope is not MassCancelScope.ACCOUNT:
            return _packed(codec.MASS_CANCEL_SCOPED, *values, scope)
        return _packed(codec.MASS_CANCEL, *values)

    # ---- queries: a request id that Answered will carry, and bytes --------------------------------------------------

    def order_status(self, cl_ord_id: int, order_id: int = 0) -> tuple[int, bytes]:
        return self._query(_ORDER, codec.ORDER_STATUS_REQUEST, cl_ord_id, order_id)

    def open_orders(self, security_id: int = 0, side: Side | None = None, account_id: int = 0) -> tuple[int, bytes]:
        return self._query(_ORDERS, codec.OPEN_ORDERS_REQUEST, security_id, account_id, _code(side))

    def book(self, security_id: int, levels: int) -> tuple[int, bytes]:
        return self._query(_BOOK, codec.BOOK_REQUEST, security_id, levels)

    def instruments(self) -> tuple[int, bytes]:
        return self._query(_INSTRUMENTS, codec.INSTRUMENT_LIST_REQUEST)

    def configure(
        self,
        mode: CancelOnDisconnect | None,
        window_ms: int | None,
        self_trade: SelfTrade,
        scope: SelfTradeScope,
        self_trade_id: int,
    ) -> tuple[int, bytes]:
        """None is whatever the profile says."""
        window = _AS_PROFILE_SAYS if window_ms is None else window_ms
        values = on_wire(mode), window, self_trade, scope, self_trade_id
        return self._query(_CONFIGURATION, codec.SESSION_CONFIGURATION, *values)

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
        request_id, order = answers.order_state(payload)
        if self._kinds.get(request_id) == _ORDER:
            return self._answered(request_id, order)
        if order is not None:
            self._parts.setdefault(request_id, []).append(order)
        return []

    def _on_open_orders_end(self, payload: bytes) -> list[Input]:
        request_id: int = codec.OPEN_ORDERS_END.unpack(payload, codec.HEADER_SIZE)[0]
        return self._answered(request_id, self._parts.pop(request_id, []))

    def _on_book(self, payload: bytes) -> list[Input]:
        request_id, part, last = answers.book_fragment(payload)
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
        request_id, instrument = answers.instrument(payload)
        self._instrument_parts.setdefault(request_id, []).append(instrument)
        return []

    def _on_instrument_list_end(self, payload: bytes) -> list[Input]:
        request_id: int = codec.INSTRUMENT_LIST_END.unpack(payload, codec.HEADER_SIZE)[0]
        return self._answered(request_id, self._instrument_parts.pop(request_id, []))

    def _on_message_reject(self, payload: bytes) -> list[Input]:
        rejected: MessageRejected = answers.message_rejected(payload)
        if rejected.ref_id in self._kinds and rejected.template_id not in _COMMANDS:
            return self._answered(rejected.ref_id, RequestRefused(rejected.reason, rejected.text))
        return [rejected]

    def _on_configuration(self, payload: bytes) -> list[Input]:
        return self._answered(*answers.session_configuration(payload))

    def _on_challenge(self, payload: bytes) -> list[Input]:
        return [Challenged(read_challenge(payload)[0])]


def _code(value: Side | OrdType | TimeInForce | None) -> bytes:
    return NUL if value is None else fix_code(value).encode("ascii")


def _packed(layout: codec.Layout, *fields: object) -> bytes:
    try:
        return layout.pack(*fields)
    except struct.error as error:
        raise ValueError(f"{layout.name}: {error}: {fields}") from None
