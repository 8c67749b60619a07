"""Application messages of clients as the venue's commands and queries, in either version's rules. Pure.

What can't be read is a session Reject (:class:`FieldRefusal`) or BusinessMessageReject (:class:`BusinessRefusal`).
What can be read but is against the venue's rules becomes a :class:`RejectCommand`, so that its refusal is journaled
and numbered like every other outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.commands import ANY, CancelOrder, ClientCommand, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.decimals import parse_decimal
from engine.types import INT64_MAX, CxlRejReason, OrdRejReason, OrdType, Side, TimeInForce
from gateways.fix.refusals import BusinessRefusal, FieldRefusal
from gateways.fix.times import check_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.directory import Directory
    from engine.events import SessionOpened
    from gateways.fix.codec import Message
    from gateways.fix.dialect import Dialect

ID_MAX = 64
"""Characters that a ClOrdID, or another identifier that is kept, may have."""

SIDES = {"1": Side.BUY, "2": Side.SELL}
_ORD_TYPES = {"1": OrdType.MARKET, "2": OrdType.LIMIT}
_ORD_TYPES_DEFINED = frozenset("123456789ABCDEFGHIJKLMP")
_TIFS = {"0": TimeInForce.DAY, "1": TimeInForce.GTC, "3": TimeInForce.IOC, "4": TimeInForce.FOK}
_TIFS_DEFINED = frozenset("01234567")
_HANDL_INSTS = frozenset("123")

_MASS_BY_SECURITY, _MASS_ALL = "1", "7"
_MASS_TYPES_DEFINED = frozenset("1234567")
_MASS_NOT_SUPPORTED, _MASS_UNKNOWN_SECURITY, _MASS_OTHER = 0, 1, 99
"""FIX 532 MassCancelRejectReason."""


class CommandMapper:
    """One session's order messages (D, F, G, q) as commands."""

    __slots__ = ("_default", "_dialect", "_directory", "_maps", "_session", "_session_id")

    def __init__(self, dialect: Dialect, session: SessionOpened, directory: Directory) -> None:
        self._dialect = dialect
        self._directory = directory
        self._session = session
        self._session_id = session.session_id
        self._default = session.default_account_id
        self._maps: dict[str, Callable[[dict[str, str], int, int], ClientCommand]] = {
            "D": self._new_order,
            "F": self._cancel,
            "G": self._replace,
            "q": self._mass_cancel,
        }

    def handles(self, msg_type: str) -> bool:
        return msg_type in self._maps

    def command(self, msg_type: str, message: Message, in_from: int, in_seq: int) -> ClientCommand:
        """The command that a message asks for; ``in_from``..``in_seq`` are the inbound numbers it accounts for.

        Raises:
            FieldRefusal, BusinessRefusal: the message can't be read.
        """
        fields = message.fields
        for tag in self._dialect.required[msg_type]:
            if tag not in fields:
                raise FieldRefusal(1, tag, "Required tag missing")
        if len(fields["11"]) > ID_MAX:
            raise FieldRefusal(5, "11", f"ClOrdID is longer than {ID_MAX} characters")
        try:
            check_utc(fields["60"])
        except ValueError:
            raise FieldRefusal(6, "60", "TransactTime is no UTCTimestamp") from None
        return self._maps[msg_type](fields, in_from, in_seq)

    # ---- one method per message -------------------------------------------------------------------------------

    def _new_order(self, fields: dict[str, str], in_from: int, in_seq: int) -> NewOrder | RejectCommand:
        side = _side(fields)
        ord_type = _ORD_TYPES.get(fields["40"])
        tif = _TIFS.get(fields.get("59", "0"))
        _check_handl_inst(fields)
        qty = _qty(fields)
        px = _price(fields, needed=ord_type is OrdType.LIMIT) if ord_type is not OrdType.MARKET else 0
        instrument = self._directory.instrument_named(fields["55"])
        account_id = self._default if "1" not in fields else self._account_id(fields["1"])
        command = NewOrder(
            self._session_id,
            fields["11"],
            account_id,
            instrument.symbol_id if instrument is not None else 0,
            side,
            ord_type or OrdType.LIMIT,
            tif if tif is not None else TimeInForce.DAY,
            qty,
            px,
            in_from,
            in_seq,
        )
        if instrument is not None and account_id and ord_type and tif is not None and qty > 0:
            if px > 0 or ord_type is OrdType.MARKET:
                return command
            return RejectCommand(command, OrdRejReason.OTHER, "Price must be positive")
        return self._refused_order(command, fields, ord_type, tif)

    def _refused_order(
        self, command: NewOrder, fields: dict[str, str], ord_type: OrdType | None, tif: TimeInForce | None
    ) -> RejectCommand:
        """Which rule a readable order breaks; the first that applies is named."""
        symbol = fields["55"]
        if not command.symbol_id:
            return RejectCommand(command, OrdRejReason.UNKNOWN_SYMBOL, f"Unknown symbol {symbol}", symbol)
        if not command.account_id:
            return RejectCommand(command, OrdRejReason.UNKNOWN_ACCOUNT, _unknown_account(fields))
        unsupported = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
        if ord_type is None:
            if fields["40"] not in _ORD_TYPES_DEFINED:
                raise FieldRefusal(5, "40", "Value is incorrect (out of range) for this tag")
            return RejectCommand(command, unsupported, f"OrdType {fields['40']} is not supported")
        if tif is None:
            if fields["59"] not in _TIFS_DEFINED:
                raise FieldRefusal(5, "59", "Value is incorrect (out of range) for this tag")
            return RejectCommand(command, unsupported, f"TimeInForce {fields['59']} is not supported")
        return RejectCommand(command, OrdRejReason.INCORRECT_QUANTITY, "OrderQty must be positive")

    def _cancel(self, fields: dict[str, str], in_from: int, in_seq: int) -> CancelOrder | RejectCommand:
        instrument = self._directory.instrument_named(fields["55"])
        account_id = self._default if "1" not in fields else self._account_id(fields["1"])
        command = CancelOrder(
            self._session_id,
            fields["11"],
            account_id,
            instrument.symbol_id if instrument is not None else 0,
            _side(fields),
            _identifier(fields, "41"),
            _order_id(fields),
            in_from,
            in_seq,
        )
        return self._refused_cancel(command, fields) or command

    def _replace(self, fields: dict[str, str], in_from: int, in_seq: int) -> ReplaceOrder | RejectCommand:
        if fields["40"] not in _ORD_TYPES_DEFINED:
            raise FieldRefusal(5, "40", "Value is incorrect (out of range) for this tag")
        _check_handl_inst(fields)
        is_limit = fields["40"] == "2"
        instrument = self._directory.instrument_named(fields["55"])
        account_id = self._default if "1" not in fields else self._account_id(fields["1"])
        command = ReplaceOrder(
            self._session_id,
            fields["11"],
            account_id,
            instrument.symbol_id if instrument is not None else 0,
            _side(fields),
            _identifier(fields, "41"),
            _qty(fields),
            _price(fields, needed=is_limit),
            _order_id(fields),
            in_from,
            in_seq,
        )
        refused = self._refused_cancel(command, fields)
        if refused is not None:
            return refused
        if not is_limit:
            return RejectCommand(command, CxlRejReason.OTHER, "Only limit orders rest, so OrdType must be 2")
        if fields.get("59", "0") not in ("0", "1"):
            return RejectCommand(command, CxlRejReason.OTHER, "TimeInForce can't be changed")
        if command.order_qty <= 0:
            return RejectCommand(command, CxlRejReason.OTHER, "OrderQty must be positive")
        if command.px <= 0:
            return RejectCommand(command, CxlRejReason.OTHER, "Price must be positive")
        return command

    def _refused_cancel(self, command: CancelOrder | ReplaceOrder, fields: dict[str, str]) -> RejectCommand | None:
        if not command.symbol_id:
            symbol = fields["55"]
            return RejectCommand(command, CxlRejReason.UNKNOWN_ORDER, f"Unknown symbol {symbol}", symbol)
        if not command.account_id:
            return RejectCommand(command, CxlRejReason.OTHER, _unknown_account(fields))
        return None

    def _mass_cancel(self, fields: dict[str, str], in_from: int, in_seq: int) -> MassCancel | RejectCommand:
        kind = fields["530"]
        if kind not in _MASS_TYPES_DEFINED:
            raise FieldRefusal(5, "530", "Value is incorrect (out of range) for this tag")
        if kind == _MASS_BY_SECURITY and "55" not in fields:
            raise BusinessRefusal(5, fields["11"], "Symbol (55) is required to cancel by security")
        # A Symbol narrows "all orders" too: cancelling more than was named could not be undone.
        symbol = fields.get("55", "")
        instrument = self._directory.instrument_named(symbol) if symbol else None
        account_id = self._default if "1" not in fields else self._account_id(fields["1"])
        command = MassCancel(
            self._session_id,
            fields["11"],
            account_id,
            instrument.symbol_id if instrument is not None else ANY,
            _side(fields) if "54" in fields else ANY,
            in_from,
            in_seq,
        )
        if kind not in (_MASS_BY_SECURITY, _MASS_ALL):
            return RejectCommand(command, _MASS_NOT_SUPPORTED, f"MassCancelRequestType {kind} is not supported")
        if symbol and instrument is None:
            return RejectCommand(command, _MASS_UNKNOWN_SECURITY, f"Unknown symbol {symbol}", symbol)
        if not account_id:
            return RejectCommand(command, _MASS_OTHER, _unknown_account(fields))
        return command

    def _account_id(self, name: str) -> int:
        """The account of that name, if the session may trade for it; else 0."""
        account = self._directory.account_named(name)
        if account is None or account.account_id not in self._session.account_ids:
            return 0
        return account.account_id


def _unknown_account(fields: dict[str, str]) -> str:
    return f"Unknown account {fields['1']}" if "1" in fields else "Account is missing: the session has no default"


def _side(fields: dict[str, str]) -> Side:
    side = SIDES.get(fields["54"])
    if side is None:
        raise FieldRefusal(5, "54", "Side must be 1 (buy) or 2 (sell)")
    return side


def _check_handl_inst(fields: dict[str, str]) -> None:
    if "21" in fields and fields["21"] not in _HANDL_INSTS:
        raise FieldRefusal(5, "21", "Value is incorrect (out of range) for this tag")


def _identifier(fields: dict[str, str], tag: str) -> str:
    value = fields[tag]
    if len(value) > ID_MAX:
        raise FieldRefusal(5, tag, f"longer than {ID_MAX} characters")
    return value


def _order_id(fields: dict[str, str]) -> int:
    """OrderID (37) for an order that has no ClOrdID of this session's: then 41 is NONE. Otherwise 41 names it."""
    text = fields.get("37", "")
    if fields["41"] != "NONE" or not (text.isascii() and text.isdigit()) or len(text) > 18:
        return 0
    return int(text)


def _qty(fields: dict[str, str]) -> int:
    text = fields.get("38")
    if text is None:
        raise BusinessRefusal(5, fields["11"], "OrderQty (38) is missing; CashOrderQty is not supported")
    return _number(text, "38")


def _price(fields: dict[str, str], *, needed: bool) -> int:
    text = fields.get("44")
    if text is not None:
        return _number(text, "44")
    if needed:
        raise BusinessRefusal(5, fields["11"], "Price (44) is missing on a limit order")
    return 0


def _number(text: str, tag: str) -> int:
    try:
        value = parse_decimal(text)
    except ValueError as error:
        raise FieldRefusal(6, tag, f"Incorrect data format for value: {error}") from None
    if not -INT64_MAX <= value <= INT64_MAX:
        raise FieldRefusal(5, tag, "Value is incorrect (out of range) for this tag")
    return value
