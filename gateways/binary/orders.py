"""A client's SBE commands as the venue's, and why one is refused.

Every method takes a payload whose header is known to be that of its message and raises ``struct.error`` if the payload
ends too early, ``MessageRefused`` where there is nothing to answer to.
"""

from __future__ import annotations

from typing import Any

import msgspec

from engine.commands import (
    ANY,
    CancelOrder,
    Changes,
    ClientCommand,
    MassCancel,
    NewList,
    NewOrder,
    RejectCommand,
    ReplaceOrder,
)
from engine.directory import Directory
from engine.events import SessionOpened
from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import Contingency, CxlRejReason, OrdRejReason, OrdType, Side, TimeInForce, fix_code
from gateways.binary import codec
from gateways.binary.codec import HEADER_SIZE, NUL
from gateways.binary.rejects import MassCancelRejectReason, MessageRefused, MessageRejectReason
from gateways.binary.special import NO_NUMBER, NO_PX, Unsupported, decode_terms

_SIDES = {b"1": Side.BUY, b"2": Side.SELL}
_PLAIN_ORD_TYPES = {b"1": OrdType.MARKET, b"2": OrdType.LIMIT}
_PLAIN_TIMES_IN_FORCE = {b"0": TimeInForce.DAY, b"1": TimeInForce.GTC, b"3": TimeInForce.IOC, b"4": TimeInForce.FOK}
_ORD_TYPES = {fix_code(value).encode("ascii"): value for value in OrdType}
_TIMES_IN_FORCE = {fix_code(value).encode("ascii"): value for value in TimeInForce}
_CONTINGENCIES = {int(value): value for value in Contingency}
_UNPRICED = frozenset({OrdType.MARKET, OrdType.MARKET_TO_LIMIT})
SCOPES: dict[bytes, Side | int] = {NUL: ANY, **_SIDES}
"""What Side says where it may be absent."""

_OF_ACCOUNT, _OF_SESSION = 0, 1
"""MassCancelScope."""
_LEG_PLAIN_COUNT = 6
"""Values of a list's leg before its special terms."""

_NO_ACCOUNT = -1

_new_order = codec.NEW_ORDER.unpack
_replace_order = codec.REPLACE_ORDER.unpack
_cancel_order = codec.CANCEL_ORDER.unpack
_mass_cancel = codec.MASS_CANCEL.unpack


class CommandReader:
    """Reads one session's commands."""

    def __init__(self, session: SessionOpened, directory: Directory) -> None:
        self._directory = directory
        self.self_trade: SpecialTerms | None = None
        """What orders that say nothing of self-trade prevention ask for."""
        self.learn(session)

    def learn(self, session: SessionOpened) -> None:
        """The session's rights from now on."""
        self._session = session
        self._session_id = session.session_id
        self._accounts = {account_id: account_id for account_id in session.account_ids}
        if session.default_account_id:
            self._accounts[0] = session.default_account_id

    # ---- new orders -----------------------------------------------------------------------------------------------

    def new_order(self, payload: bytes) -> ClientCommand:
        number, px, qty, security_id, account, side_code, type_code, tif_code = _new_order(payload, HEADER_SIZE)
        side = _SIDES.get(side_code)
        ord_type = _PLAIN_ORD_TYPES.get(type_code)
        tif = _PLAIN_TIMES_IN_FORCE.get(tif_code)
        account_id = self._accounts.get(account, _NO_ACCOUNT)
        if (
            side is None
            or ord_type is None
            or tif is None
            or account_id < 0
            or security_id not in self._directory.instruments
            or not number
        ):
            return self._new_order(_new_order(payload, HEADER_SIZE), NOTHING_SPECIAL, "")
        if ord_type is OrdType.MARKET:
            px = 0
        return NewOrder(self._session_id, str(number), account_id, security_id, side, ord_type, tif, qty, px)

    def new_guarded_order(self, payload: bytes) -> ClientCommand:
        """A plain order, while the session has configured what it asks for."""
        return self._new_order(_new_order(payload, HEADER_SIZE), NOTHING_SPECIAL, "")

    def new_special_order(self, payload: bytes) -> ClientCommand:
        values = codec.NEW_SPECIAL_ORDER.unpack(payload, HEADER_SIZE)
        special, text = _special(values[8:])
        return self._new_order(values[:8], special, text)

    def new_special_order_3(self, payload: bytes) -> ClientCommand:
        values = codec.NEW_SPECIAL_ORDER_3.unpack(payload, HEADER_SIZE)
        special, text = _special(values[8:])
        return self._new_order(values[:8], special, text)

    def _guarded(self, special: SpecialTerms) -> SpecialTerms:
        """With what the session has configured, where the order says nothing of it."""
        default = self.self_trade
        if default is None or special.self_trade:
            return special
        return msgspec.structs.replace(
            special,
            self_trade=default.self_trade,
            self_trade_scope=default.self_trade_scope,
            self_trade_id=default.self_trade_id,
        )

    def _new_order(self, values: tuple[Any, ...], special: SpecialTerms, unsupported_terms: str) -> ClientCommand:
        """An order that may be anything; ``unsupported_terms`` says what its special terms are refused for."""
        number, px, qty, security_id, account, side_code, type_code, tif_code = values
        cl_ord_id = _cl_ord_id(number)
        account_id, symbol_id, reason, text, symbol = self._whose(account, security_id)
        if not text:
            reason = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
            text = _unsupported_codes(side_code, type_code, tif_code) or unsupported_terms
        codes = side_code, type_code, tif_code
        special = self._guarded(special)
        order = _order(self._session_id, cl_ord_id, account_id, symbol_id, codes, qty, px, special)
        return RejectCommand(order, reason, text, symbol) if text else order

    def new_list(self, payload: bytes) -> ClientCommand:
        """One leg that cannot be refuses the list; the text says which, counted from 1."""
        number, security_id, account, code = codec.NEW_LIST.unpack(payload, HEADER_SIZE)
        entries = codec.read_legs(payload)
        list_id = _cl_ord_id(number, "ListID")
        if not entries:
            raise MessageRefused(MessageRejectReason.INVALID_VALUE, number, "a list has legs")
        names = [_cl_ord_id(entry[0]) for entry in entries]
        if len(set(names)) < len(names):
            raise MessageRefused(MessageRejectReason.INVALID_CL_ORD_ID, number, "two legs have the same ClOrdID")
        account_id, symbol_id, reason, text, symbol = self._whose(account, security_id)
        contingency = _CONTINGENCIES.get(code)
        if not text:
            reason = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
            text = "" if contingency else f"ContingencyType {code} is not supported"
        legs: list[NewOrder] = []
        for nth, (name, entry) in enumerate(zip(names, entries, strict=True), 1):
            _, px, qty, *codes = entry[:_LEG_PLAIN_COUNT]
            special, wrong = _special(entry[_LEG_PLAIN_COUNT:])
            wrong = _unsupported_codes(*codes) or wrong
            if wrong and not text:
                text = f"leg {nth}: {wrong}"
            special = self._guarded(special)
            legs.append(_order(self._session_id, name, account_id, symbol_id, codes, qty, px, special))
        command = NewList(self._session_id, list_id, account_id, symbol_id, contingency or Contingency.OCO, legs)
        return RejectCommand(command, reason, text, symbol) if text else command

    # ---- changes --------------------------------------------------------------------------------------------------

    def replace_order(self, payload: bytes) -> ClientCommand:
        return self._replace(_replace_order(payload, HEADER_SIZE), None)

    def replace_special(self, payload: bytes) -> ClientCommand:
        values = codec.REPLACE_SPECIAL.unpack(payload, HEADER_SIZE)
        stop_px, peg_offset, display_qty, min_qty, expire_ns = values[8:]
        changes = Changes(
            stop_px=None if stop_px == NO_PX else stop_px,
            display_qty=None if display_qty == NO_NUMBER else display_qty,
            min_qty=None if min_qty == NO_NUMBER else min_qty,
            peg_offset=None if peg_offset == NO_PX else peg_offset,
            expire_ns=None if expire_ns == NO_NUMBER else expire_ns,
        )
        return self._replace(values[:8], None if changes == _NO_CHANGES else changes)

    def _replace(self, values: tuple[Any, ...], changes: Changes | None) -> ClientCommand:
        number, orig, order_id, px, qty, security_id, account, side_code = values
        account_id, symbol_id, side, refusal = self._named(number, orig, order_id, security_id, account, side_code)
        named = optional(orig)
        command = ReplaceOrder(
            self._session_id, str(number), account_id, symbol_id, side, named, qty, px, order_id, 0, 0, changes
        )
        return RejectCommand(command, *refusal) if refusal else command

    def cancel_order(self, payload: bytes) -> ClientCommand:
        number, orig, order_id, security_id, account, side_code = _cancel_order(payload, HEADER_SIZE)
        account_id, symbol_id, side, refusal = self._named(number, orig, order_id, security_id, account, side_code)
        command = CancelOrder(self._session_id, str(number), account_id, symbol_id, side, optional(orig), order_id)
        return RejectCommand(command, *refusal) if refusal else command

    def mass_cancel(self, payload: bytes) -> ClientCommand:
        return self._mass_cancel(*_mass_cancel(payload, HEADER_SIZE))

    def mass_cancel_scoped(self, payload: bytes) -> ClientCommand:
        return self._mass_cancel(*codec.MASS_CANCEL_SCOPED.unpack(payload, HEADER_SIZE))

    def _mass_cancel(
        self, number: int, security_id: int, account: int, side_code: bytes, scope: int = _OF_ACCOUNT
    ) -> ClientCommand:
        cl_ord_id = _cl_ord_id(number)
        account_id, text = self._account(account)
        symbol_id, symbol = self._symbol(security_id)
        side = SCOPES.get(side_code, ANY)
        reason = MassCancelRejectReason.OTHER
        if not text and symbol:
            reason, text = MassCancelRejectReason.UNKNOWN_SECURITY, f"unknown SecurityID {security_id}"
        text = text or unsupported("Side", side_code, SCOPES)
        if not text and scope not in (_OF_ACCOUNT, _OF_SESSION):
            text = f"MassCancelScope {scope} is not supported"
        of_session = self._session_id if scope == _OF_SESSION else ANY
        command = MassCancel(self._session_id, cl_ord_id, account_id, symbol_id, side, of_session=of_session)
        return RejectCommand(command, reason, text, symbol) if text else command

    # ---- what they share ------------------------------------------------------------------------------------------

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
        text = text or unsupported("Side", side_code, _SIDES)
        return account_id, symbol_id, side or Side.BUY, (reason, text, symbol)

    def _whose(self, account: int, security_id: int) -> tuple[int, int, OrdRejReason, str, str]:
        """A new order's account and instrument, and the reason, text and symbol that it is refused with, if it is."""
        account_id, text = self._account(account)
        reason = OrdRejReason.UNKNOWN_ACCOUNT
        if not text and security_id not in self._directory.instruments:
            reason, text = OrdRejReason.UNKNOWN_SYMBOL, f"unknown SecurityID {security_id}"
        symbol_id, symbol = self._symbol(security_id)
        return account_id, symbol_id, reason, text, symbol

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


_NO_CHANGES = Changes()


def _order(
    session_id: int,
    cl_ord_id: str,
    account_id: int,
    symbol_id: int,
    codes: tuple[bytes, ...] | list[bytes],
    qty: int,
    px: int,
    special: SpecialTerms,
) -> NewOrder:
    """What is unsupported is replaced by something the journal can hold: the text says what was asked for."""
    side_code, type_code, tif_code = codes
    is_plain = special == NOTHING_SPECIAL and type_code in _PLAIN_ORD_TYPES and tif_code in _PLAIN_TIMES_IN_FORCE
    ord_type = _ORD_TYPES.get(type_code, OrdType.LIMIT)
    return NewOrder(
        session_id,
        cl_ord_id,
        account_id,
        symbol_id,
        _SIDES.get(side_code, Side.BUY),
        ord_type,
        _TIMES_IN_FORCE.get(tif_code, TimeInForce.DAY),
        qty,
        0 if ord_type in _UNPRICED else px,
        special=None if is_plain else special,
    )


def _special(values: tuple[int, ...]) -> tuple[SpecialTerms, str]:
    """The special terms, or none and why they are refused."""
    try:
        return decode_terms(values), ""
    except Unsupported as refused:
        return NOTHING_SPECIAL, str(refused)


def _cl_ord_id(number: int, name: str = "ClOrdID") -> str:
    if not number:
        raise MessageRefused(MessageRejectReason.INVALID_CL_ORD_ID, 0, f"{name} must not be 0")
    return str(number)


def optional(number: int) -> str:
    """A number that may be absent, as the engine names things."""
    return str(number) if number else ""


def _unsupported_codes(side_code: bytes, type_code: bytes, tif_code: bytes) -> str:
    return (
        unsupported("Side", side_code, _SIDES)
        or unsupported("OrdType", type_code, _ORD_TYPES)
        or unsupported("TimeInForce", tif_code, _TIMES_IN_FORCE)
    )


def unsupported(name: str, code: bytes, known: object) -> str:
    """Why ``code`` is refused, empty if it is known."""
    assert isinstance(known, dict)
    if code in known:
        return ""
    if code == NUL:
        return f"{name} is required"
    return f"{name} {repr(code)[1:]} is not supported"
