"""A client's SBE messages as the venue's commands and queries.

What can be read but breaks the venue's rules becomes a :class:`RejectCommand`: it is journaled and answered by a
sequenced report like any command. What cannot be read, or names nothing to answer to, is answered by a MessageReject.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

from engine.commands import (
    CancelList,
    CancelOrder,
    ClientCommand,
    MassCancel,
    NewList,
    NewOrder,
    RejectCommand,
    ReplaceOrder,
)
from engine.directory import Directory
from engine.events import SessionOpened
from engine.queries import DepthQuery, OpenOrdersQuery, OrderStatusQuery, Query
from engine.session_profile import Rights
from gateways.binary import answers, codec
from gateways.binary.codec import HEADER_SIZE, Layout
from gateways.binary.configuration import Configuration, read_configuration
from gateways.binary.orders import SCOPES, CommandReader, optional, unsupported
from gateways.binary.rejects import MessageRefused, MessageRejectReason

Turn: TypeAlias = list[ClientCommand] | Query | Configuration | bytes
"""Commands to submit together, a query to ask, what is to hold from now on, or packets to send at once; in the order in
which the client asked."""

Refusal: TypeAlias = Callable[[bool], str]
"""Why the next message is refused, empty if it is not; told whether it is a cancel, which must get through."""


def _truncated() -> MessageRefused:
    # Never one that is kept: an exception collects a traceback, with the frames in it, each time that it is raised.
    return MessageRefused(MessageRejectReason.TRUNCATED, 0, "the message ends within its header or block")


def template_of(payload: bytes) -> int:
    """Its templateId; 0 where it ends before that does."""
    return int(codec.HEADER.unpack_from(payload)[1]) if len(payload) >= HEADER_SIZE else 0


def first_of(payload: bytes) -> int:
    """What the client calls it; 0 where that can't be read."""
    return int(_FIRST.unpack_from(payload, HEADER_SIZE)[0]) if len(payload) >= HEADER_SIZE + _FIRST.size else 0


def refusal_of(number: int, payload: bytes, reason: MessageRejectReason, text: str) -> bytes:
    """The MessageReject of the connection's ``number``-th message, whatever it is."""
    template_id = template_of(payload)
    ref_id = 0 if template_id == codec.AUTHENTICATE.template_id else first_of(payload)
    return answers.message_reject(number, ref_id, template_id, reason, text)


class RequestReader:
    """Reads one connection's messages for one session.

    ``received`` messages were refused before; a session may have its client awaited for ``cancel_window_max_ms``.
    ``open_orders`` tells how many the session has: without the right to trade it may still cancel them.
    """

    def __init__(
        self,
        session: SessionOpened,
        directory: Directory,
        received: int = 0,
        cancel_window_max_ms: int = 0,
        open_orders: Callable[[], int] = int,
    ) -> None:
        self._directory = directory
        self._session = session
        self._received = received
        self._cancel_window_max_ms = cancel_window_max_ms
        self._open_orders_now = open_orders
        orders = self._orders = CommandReader(session, directory)
        commands: dict[Layout, Callable[[bytes], ClientCommand]] = {
            codec.NEW_ORDER: orders.new_order,
            codec.REPLACE_ORDER: orders.replace_order,
            codec.REPLACE_SPECIAL: orders.replace_special,
            codec.CANCEL_ORDER: orders.cancel_order,
            codec.MASS_CANCEL: orders.mass_cancel,
            codec.MASS_CANCEL_SCOPED: orders.mass_cancel_scoped,
            codec.NEW_SPECIAL_ORDER: orders.new_special_order,
            codec.NEW_SPECIAL_ORDER_3: orders.new_special_order_3,
            codec.NEW_LIST: orders.new_list,
            codec.NEW_LIST_3: orders.new_list,
        }
        queries: dict[Layout, Callable[[bytes], Query | Configuration | bytes]] = {
            codec.SESSION_CONFIGURATION: self._configuration,
            codec.ORDER_STATUS_REQUEST: self._order_status,
            codec.OPEN_ORDERS_REQUEST: self._open_orders,
            codec.BOOK_REQUEST: self._book,
            codec.INSTRUMENT_LIST_REQUEST: self._instruments,
        }
        self._commands = {header: read for layout, read in commands.items() for header in layout.headers}
        self._templates: dict[
            int, list[tuple[Layout, Callable[[bytes], ClientCommand | Query | Configuration | bytes]]]
        ] = {}
        """By templateId, the longest block first."""
        for layout, read in (commands | queries).items():
            self._templates.setdefault(layout.template_id, []).insert(0, (layout, read))
        self._learn(session)

    def _learn(self, session: SessionOpened) -> None:
        """The session's rights from now on."""
        self._session = session
        self._orders.learn(session)
        self._at_once = self._commands if session.profile.rights & Rights.TRADE else {}

    def read(self, payloads: list[bytes]) -> list[Turn]:
        """Never raises, whatever the payloads hold."""
        current = self._directory.sessions.get(self._session.session_id, self._session)
        if current is not self._session:
            self._learn(current)
        turns: list[Turn] = []
        commands: list[ClientCommand] = []
        by_header = self._at_once
        append = commands.append
        for number, payload in enumerate(payloads, self._received + 1):
            try:
                command = by_header.get(payload[:HEADER_SIZE])
                if command is not None:
                    append(command(payload))
                    continue
                turn: Turn | ClientCommand = self._read_any(payload)
            except MessageRefused as refused:
                turn = self._refusal(number, payload, refused)
            except codec.EntryTooShort as short:
                turn = self._refusal(
                    number, payload, MessageRefused(MessageRejectReason.BLOCK_TOO_SHORT, 0, str(short))
                )
            except struct.error:
                turn = self._refusal(number, payload, _truncated())
            if isinstance(turn, _COMMANDS):
                append(turn)
                continue
            if commands:
                turns.append(commands)
                commands = []
                append = commands.append
            turns.append(turn)
        self._received += len(payloads)
        if commands:
            turns.append(commands)
        return turns

    def read_within(self, payloads: list[bytes], refusal: Refusal) -> list[Turn]:
        """As :meth:`read`, of messages of which ``refusal`` may refuse any."""
        turns: list[Turn] = []
        for payload in payloads:
            text = refusal(template_of(payload) in _CANCELS)
            if text:
                turns.append(self.refuse(payload, MessageRejectReason.RATE_EXCEEDED, text))
                continue
            (turn,) = self.read([payload])
            if isinstance(turn, list) and turns and isinstance(turns[-1], list):
                turns[-1] += turn
            else:
                turns.append(turn)
        return turns

    def refuse(self, payload: bytes, reason: MessageRejectReason, text: str) -> bytes:
        """The MessageReject of a message that is not even read."""
        self._received += 1
        return refusal_of(self._received, payload, reason, text)

    def _read_any(self, payload: bytes) -> ClientCommand | Query | Configuration | bytes:
        """A query, or a command whose header is not exactly one that the codec writes."""
        block_length, template_id, schema_id, _ = codec.HEADER.unpack_from(payload)
        if schema_id != codec.SCHEMA_ID:
            text = f"schema {schema_id}: this is {codec.SCHEMA_ID}"
            raise MessageRefused(MessageRejectReason.UNKNOWN_SCHEMA, 0, text)
        known = self._templates.get(template_id)
        if known is None:
            raise MessageRefused(MessageRejectReason.UNKNOWN_TEMPLATE, 0, f"template {template_id} is no request")
        layout, read = next((each for each in known if each[0].fits(payload)), known[-1])
        if block_length < layout.block_length:
            text = f"{layout.name} block of {block_length} bytes: at least {layout.block_length}"
            raise MessageRefused(MessageRejectReason.BLOCK_TOO_SHORT, 0, text)
        if len(payload) < HEADER_SIZE + block_length:
            raise _truncated()
        may_get_out = template_id in _CANCELS and self._open_orders_now()
        if layout.header in self._commands and not self._at_once and not may_get_out:
            text = "the session has no right to trade"
            raise MessageRefused(MessageRejectReason.NOT_AUTHORIZED, first_of(payload), text)
        return read(payload)

    def _refusal(self, number: int, payload: bytes, refused: MessageRefused) -> bytes:
        return answers.message_reject(number, refused.ref_id, template_of(payload), refused.reason, refused.text)

    # ---- queries --------------------------------------------------------------------------------------------------

    def _order_status(self, payload: bytes) -> Query:
        query_id, number, order_id = codec.ORDER_STATUS_REQUEST.unpack(payload, HEADER_SIZE)
        if not number and not order_id:
            text = "neither ClOrdID nor OrderID names an order"
            raise MessageRefused(MessageRejectReason.INVALID_CL_ORD_ID, query_id, text)
        return OrderStatusQuery(self._session.session_id, str(query_id), optional(number), order_id)

    def _open_orders(self, payload: bytes) -> Query:
        query_id, security_id, account, side_code = codec.OPEN_ORDERS_REQUEST.unpack(payload, HEADER_SIZE)
        side = SCOPES.get(side_code)
        if side is None:
            text = unsupported("Side", side_code, SCOPES)
            raise MessageRefused(MessageRejectReason.INVALID_VALUE, query_id, text)
        if security_id:
            self._check_security(security_id, query_id)
        if account and account not in self._session.account_ids:
            raise MessageRefused(MessageRejectReason.UNKNOWN_ACCOUNT, query_id, f"unknown Account {account}")
        return OpenOrdersQuery(self._session.session_id, str(query_id), security_id, side, account)

    def _configuration(self, payload: bytes) -> Configuration:
        """New orders ask for it from here on; the rest holds when it is journaled."""
        configuration = read_configuration(payload, self._session.profile, self._cancel_window_max_ms)
        orders = self._orders
        orders.self_trade = configuration.self_trade
        new_order = orders.new_order if orders.self_trade is None else orders.new_guarded_order
        self._commands.update(dict.fromkeys(codec.NEW_ORDER.headers, new_order))
        self._templates[codec.NEW_ORDER.template_id] = [(codec.NEW_ORDER, new_order)]
        return configuration

    def _book(self, payload: bytes) -> Query:
        query_id, security_id, levels = codec.BOOK_REQUEST.unpack(payload, HEADER_SIZE)
        if not self._session.profile.rights & Rights.MARKET_DATA:
            text = "the session has no right to market data"
            raise MessageRefused(MessageRejectReason.NOT_AUTHORIZED, query_id, text)
        self._check_security(security_id, query_id)
        return DepthQuery(self._session.session_id, str(query_id), security_id, levels)

    def _instruments(self, payload: bytes) -> bytes:
        (query_id,) = codec.INSTRUMENT_LIST_REQUEST.unpack(payload, HEADER_SIZE)
        return answers.instrument_list(query_id, self._directory)

    def _check_security(self, security_id: int, query_id: int) -> None:
        if security_id not in self._directory.instruments:
            raise MessageRefused(MessageRejectReason.UNKNOWN_SECURITY, query_id, f"unknown SecurityID {security_id}")


_FIRST = struct.Struct("<Q")
"""Of every message but Authenticate: its ClOrdID, its list's, or its request's id."""
_CANCELS = frozenset({codec.CANCEL_ORDER.template_id, codec.MASS_CANCEL.template_id})
_COMMANDS = (NewOrder, NewList, CancelList, CancelOrder, ReplaceOrder, MassCancel, RejectCommand)
