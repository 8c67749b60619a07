"""A client's SBE messages as the venue's commands and queries.

What can be read but breaks the venue's rules becomes a :class:`RejectCommand`: it is journaled and answered by a
sequenced report like any command. What cannot be read, or names nothing to answer to, is answered by a MessageReject.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

from engine.commands import ANY, CancelOrder, ClientCommand, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.directory import Directory
from engine.events import SessionOpened
from engine.queries import DepthQuery, OpenOrdersQuery, OrderStatusQuery, Query
from engine.types import CxlRejReason, OrdRejReason, OrdType, Side, TimeInForce
from gateways.binary import codec, outbound
from gateways.binary.codec import HEADER_SIZE, NUL, Layout
from gateways.binary.rejects import MassCancelRejectReason, MessageRejectReason

Turn: TypeAlias = list[ClientCommand] | Query | bytes
"""Commands to submit together, a query to ask, or packets to send at once; in the order in which the client asked."""

_SIDES = {b"1": Side.BUY, b"2": Side.SELL}
_ORD_TYPES = {b"1": OrdType.MARKET, b"2": OrdType.LIMIT}
_TIMES_IN_FORCE = {b"0": TimeInForce.DAY, b"1": TimeInForce.GTC, b"3": TimeInForce.IOC, b"4": TimeInForce.FOK}
_SCOPES: dict[bytes, Side | int] = {NUL: ANY, **_SIDES}
_NO_ACCOUNT = -1

_new_order = codec.NEW_ORDER.unpack
_replace_order = codec.REPLACE_ORDER.unpack
_cancel_order = codec.CANCEL_ORDER.unpack
_mass_cancel = codec.MASS_CANCEL.unpack


class _Refused(Exception):
    """A message that becomes neither a command nor a query."""

    def __init__(self, reason: MessageRejectReason, ref_id: int, text: str) -> None:
        self.reason = reason
        self.ref_id = ref_id
        self.text = text


_TRUNCATED = _Refused(MessageRejectReason.TRUNCATED, 0, "the message ends within its header or block")


class RequestReader:
    """Reads one connection's messages for one session."""

    def __init__(self, session: SessionOpened, directory: Directory) -> None:
        self._directory = directory
        self._received = 0
        self._learn(session)
        commands: dict[Layout, Callable[[bytes], ClientCommand]] = {
            codec.NEW_ORDER: self._new_order,
            codec.REPLACE_ORDER: self._replace_order,
            codec.CANCEL_ORDER: self._cancel_order,
            codec.MASS_CANCEL: self._mass_cancel,
        }
        queries: dict[Layout, Callable[[bytes], Query | bytes]] = {
            codec.ORDER_STATUS_REQUEST: self._order_status,
            codec.OPEN_ORDERS_REQUEST: self._open_orders,
            codec.BOOK_REQUEST: self._book,
            codec.INSTRUMENT_LIST_REQUEST: self._instruments,
        }
        self._commands = {layout.header: read for layout, read in commands.items()}
        self._templates = {layout.template_id: (layout, read) for layout, read in (commands | queries).items()}

    def read(self, payloads: list[bytes]) -> list[Turn]:
        """Never raises, whatever the payloads hold."""
        current = self._directory.sessions.get(self._session.session_id, self._session)
        if current is not self._session:
            self._learn(current)
        turns: list[Turn] = []
        commands: list[ClientCommand] = []
        by_header = self._commands
        append = commands.append
        for number, payload in enumerate(payloads, self._received + 1):
            try:
                command = by_header.get(payload[:HEADER_SIZE])
                if command is not None:
                    append(command(payload))
                    continue
                turn: Turn | ClientCommand = self._read_any(payload)
            except _Refused as refused:
                turn = self._refusal(number, payload, refused)
            except struct.error:
                turn = self._refusal(
                    number, payload, _Refused(MessageRejectReason.TRUNCATED, 0, "ends within its block")
                )
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

    def _learn(self, session: SessionOpened) -> None:
        self._session = session
        self._session_id = session.session_id
        self._accounts = {account_id: account_id for account_id in session.account_ids}
        if session.default_account_id:
            self._accounts[0] = session.default_account_id

    def _read_any(self, payload: bytes) -> ClientCommand | Query | bytes:
        """A query, or a command whose header is not exactly this schema version's."""
        block_length, template_id, schema_id, _ = codec.HEADER.unpack_from(payload)
        if schema_id != codec.SCHEMA_ID:
            raise _Refused(MessageRejectReason.UNKNOWN_SCHEMA, 0, f"schema {schema_id}: this is {codec.SCHEMA_ID}")
        known = self._templates.get(template_id)
        if known is None:
            raise _Refused(MessageRejectReason.UNKNOWN_TEMPLATE, 0, f"template {template_id} is no request")
        layout, read = known
        if block_length < layout.block_length:
            text = f"{layout.name} block of {block_length} bytes: at least {layout.block_length}"
            raise _Refused(MessageRejectReason.BLOCK_TOO_SHORT, 0, text)
        if len(payload) < HEADER_SIZE + block_length:
            raise _TRUNCATED
        return read(payload)

    def _refusal(self, number: int, payload: bytes, refused: _Refused) -> bytes:
        template_id = codec.HEADER.unpack_from(payload)[1] if len(payload) >= HEADER_SIZE else 0
        return outbound.message_reject(number, refused.ref_id, template_id, refused.reason, refused.text)

    # ---- commands -------------------------------------------------------------------------------------------------

    def _new_order(self, payload: bytes) -> ClientCommand:
        number, px, qty, security_id, account, side_code, type_code, tif_code = _new_order(payload, HEADER_SIZE)
        side = _SIDES.get(side_code)
        ord_type = _ORD_TYPES.get(type_code)
        tif = _TIMES_IN_FORCE.get(tif_code)
        account_id = self._accounts.get(account, _NO_ACCOUNT)
        if (
            side is None
            or ord_type is None
            or tif is None
            or account_id < 0
            or security_id not in self._directory.instruments
            or not number
        ):
            return self._refuse_new_order(payload)
        if ord_type is OrdType.MARKET:
            px = 0
        return NewOrder(self._session_id, str(number), account_id, security_id, side, ord_type, tif, qty, px)

    def _refuse_new_order(self, payload: bytes) -> RejectCommand:
        """What is unsupported is replaced by something the journal can hold: the text says what was asked for."""
        number, px, qty, security_id, account, side_code, type_code, tif_code = _new_order(payload, HEADER_SIZE)
        cl_ord_id = _cl_ord_id(number)
        account_id, text = self._account(account)
        reason = OrdRejReason.UNKNOWN_ACCOUNT
        if not text and security_id not in self._directory.instruments:
            reason, text = OrdRejReason.UNKNOWN_SYMBOL, f"unknown SecurityID {security_id}"
        symbol_id, symbol = self._symbol(security_id)
        if not text:
            reason = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
            text = (
                _unsupported("Side", side_code, _SIDES)
                or _unsupported("OrdType", type_code, _ORD_TYPES)
                or _unsupported("TimeInForce", tif_code, _TIMES_IN_FORCE)
            )
        side = _SIDES.get(side_code, Side.BUY)
        ord_type = _ORD_TYPES.get(type_code, OrdType.LIMIT)
        tif = _TIMES_IN_FORCE.get(tif_code, TimeInForce.DAY)
        order = NewOrder(self._session_id, cl_ord_id, account_id, symbol_id, side, ord_type, tif, qty, px)
        return RejectCommand(order, reason, text, symbol)

    def _replace_order(self, payload: bytes) -> ClientCommand:
        number, orig, order_id, px, qty, security_id, account, side_code = _replace_order(payload, HEADER_SIZE)
        account_id, symbol_id, side, refusal = self._named(number, orig, order_id, security_id, account, side_code)
        command = ReplaceOrder(
            self._session_id, str(number), account_id, symbol_id, side, _optional(orig), qty, px, order_id
        )
        return RejectCommand(command, *refusal) if refusal else command

    def _cancel_order(self, payload: bytes) -> ClientCommand:
        number, orig, order_id, security_id, account, side_code = _cancel_order(payload, HEADER_SIZE)
        account_id, symbol_id, side, refusal = self._named(number, orig, order_id, security_id, account, side_code)
        command = CancelOrder(self._session_id, str(number), account_id, symbol_id, side, _optional(orig), order_id)
        return RejectCommand(command, *refusal) if refusal else command

    def _named(
        self, number: int, orig: int, order_id: int, security_id: int, account: int, side_code: bytes
    ) -> tuple[int, int, Side, tuple[int, str, str] | None]:
        """What a cancel and a replace have in common: account, instrument and side, and why they are refused."""
        side = _SIDES.get(side_code)
        account_id = self._accounts.get(account, _NO_ACCOUNT)
        if (
            side is not None
            and account_id >= 0
            and security_id in self._directory.instruments
            and number
            and (orig or order_id)
        ):
            return account_id, security_id, side, None
        _cl_ord_id(number)
        account_id, text = self._account(account)
        symbol_id, symbol = self._symbol(security_id)
        reason = CxlRejReason.OTHER
        if not text and not symbol_id:
            reason, text = CxlRejReason.UNKNOWN_ORDER, f"unknown SecurityID {security_id}"
        elif not text and not (orig or order_id):
            reason, text = CxlRejReason.UNKNOWN_ORDER, "neither OrigClOrdID nor OrderID names an order"
        text = text or _unsupported("Side", side_code, _SIDES)
        return account_id, symbol_id, side or Side.BUY, (reason, text, symbol)

    def _mass_cancel(self, payload: bytes) -> ClientCommand:
        number, security_id, account, side_code = _mass_cancel(payload, HEADER_SIZE)
        cl_ord_id = _cl_ord_id(number)
        account_id, text = self._account(account)
        symbol_id, symbol = self._symbol(security_id)
        side = _SCOPES.get(side_code, ANY)
        reason = MassCancelRejectReason.OTHER
        if not text and symbol:
            reason, text = MassCancelRejectReason.UNKNOWN_SECURITY, f"unknown SecurityID {security_id}"
        text = text or _unsupported("Side", side_code, _SCOPES)
        command = MassCancel(self._session_id, cl_ord_id, account_id, symbol_id, side)
        return RejectCommand(command, reason, text, symbol) if text else command

    # ---- queries --------------------------------------------------------------------------------------------------

    def _order_status(self, payload: bytes) -> Query:
        query_id, number, order_id = codec.ORDER_STATUS_REQUEST.unpack(payload, HEADER_SIZE)
        if not number and not order_id:
            text = "neither ClOrdID nor OrderID names an order"
            raise _Refused(MessageRejectReason.INVALID_CL_ORD_ID, query_id, text)
        return OrderStatusQuery(self._session_id, str(query_id), _optional(number), order_id)

    def _open_orders(self, payload: bytes) -> Query:
        query_id, security_id, account, side_code = codec.OPEN_ORDERS_REQUEST.unpack(payload, HEADER_SIZE)
        side = _SCOPES.get(side_code)
        if side is None:
            text = _unsupported("Side", side_code, _SCOPES)
            raise _Refused(MessageRejectReason.INVALID_VALUE, query_id, text)
        if security_id:
            self._check_security(security_id, query_id)
        if account and account not in self._accounts:
            raise _Refused(MessageRejectReason.UNKNOWN_ACCOUNT, query_id, f"unknown Account {account}")
        return OpenOrdersQuery(self._session_id, str(query_id), security_id, side, account)

    def _book(self, payload: bytes) -> Query:
        query_id, security_id, levels = codec.BOOK_REQUEST.unpack(payload, HEADER_SIZE)
        self._check_security(security_id, query_id)
        return DepthQuery(self._session_id, str(query_id), security_id, levels)

    def _instruments(self, payload: bytes) -> bytes:
        (query_id,) = codec.INSTRUMENT_LIST_REQUEST.unpack(payload, HEADER_SIZE)
        return outbound.instrument_list(query_id, self._directory)

    # ---- what they share ------------------------------------------------------------------------------------------

    def _account(self, account: int) -> tuple[int, str]:
        """The account's id and why it may not be used; the default account stands in for one that may not."""
        account_id = self._accounts.get(account)
        if account_id is None:
            text = f"unknown Account {account}" if account else "Account is missing: the session has no default"
            return self._session.default_account_id, text
        return account_id, ""

    def _symbol(self, security_id: int) -> tuple[int, str]:
        """The symbol's id, or 0 and what the client named."""
        if security_id in self._directory.instruments or not security_id:
            return security_id, ""
        return 0, str(security_id)

    def _check_security(self, security_id: int, query_id: int) -> None:
        if security_id not in self._directory.instruments:
            raise _Refused(MessageRejectReason.UNKNOWN_SECURITY, query_id, f"unknown SecurityID {security_id}")


_COMMANDS = (NewOrder, CancelOrder, ReplaceOrder, MassCancel, RejectCommand)


def _cl_ord_id(number: int) -> str:
    if not number:
        raise _Refused(MessageRejectReason.INVALID_CL_ORD_ID, 0, "ClOrdID must not be 0")
    return str(number)


def _optional(number: int) -> str:
    return str(number) if number else ""


def _unsupported(name: str, code: bytes, known: object) -> str:
    """Why ``code`` is refused, empty if it is known."""
    assert isinstance(known, dict)
    if code in known:
        return ""
    if code == NUL:
        return f"{name} is required"
    return f"{name} {repr(code)[1:]} is not supported"
