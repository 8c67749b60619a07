"""Application messages of clients as the venue's commands, in each version's rules. Pure.

What can't be read is a session Reject (:class:`FieldRefusal`) or BusinessMessageReject (:class:`BusinessRefusal`).
What can be read but is against the venue's rules becomes a :class:`RejectCommand`, so that its refusal is journaled
and numbered like every other outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.commands import ANY, CancelList, CancelOrder, ClientCommand, MassCancel, NewList, RejectCommand
from engine.types import OrdRejReason
from gateways.fix.fields_in import ID_MAX, OUT_OF_RANGE, SIDES, order_id_of, orig_cl_ord_id_of, side_of
from gateways.fix.lists_in import read_cross, read_list, read_list_cancel
from gateways.fix.orders_in import OrderReader, unknown_account
from gateways.fix.parties import contradicted, with_account
from gateways.fix.refusals import BusinessRefusal, FieldRefusal
from gateways.fix.replace_in import ReplaceReader
from gateways.fix.times import check_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from engine.directory import Directory
    from engine.events import SessionOpened
    from gateways.fix.codec import Message
    from gateways.fix.dialect import Dialect
    from gateways.fix.replace_in import OrderNamed
    from gateways.fix.terms_in import EndOfDay

_LIST, _LIST_CANCEL, _CROSS = "E", "K", "s"
_OF_SEVERAL = (_LIST, _LIST_CANCEL, _CROSS)
_MASS_BY_SECURITY, _MASS_ALL = "1", "7"
_MASS_TYPES_DEFINED = frozenset("123456789ABC")
_ANY_SIDE = "1"
_OTHER = 99
"""In CxlRejReason (102) and MassCancelRejectReason (532) alike."""
_MASS_NOT_SUPPORTED, _MASS_UNKNOWN_SECURITY, _MASS_OTHER = 0, 1, 99
"""FIX 532 MassCancelRejectReason."""


class CommandMapper:
    """One session's order messages (D, E, F, G, K, q, s) as commands. ``lists`` are its ListIDs."""

    __slots__ = ("_dialect", "_directory", "_lists", "_maps", "_order_named", "_reader", "_session_id")

    def __init__(
        self,
        dialect: Dialect,
        session: SessionOpened,
        directory: Directory,
        order_named: OrderNamed,
        end_of_day: EndOfDay,
        lists: Container[str] = (),
    ) -> None:
        self._dialect = dialect
        self._lists = lists
        self._directory = directory
        self._order_named = order_named
        self._session_id = session.session_id
        self._reader = OrderReader(session, directory, end_of_day)
        replaces = ReplaceReader(session.session_id, directory, self._reader, order_named, end_of_day)
        self._maps: dict[str, Callable[[dict[str, str], int, int], ClientCommand]] = {
            "D": self._reader.order,
            "F": self._cancel,
            "G": replaces.replace,
            "q": self._mass_cancel,
        }

    def handles(self, msg_type: str) -> bool:
        return msg_type in self._maps or (msg_type in _OF_SEVERAL and msg_type in self._dialect.required)

    def command(self, msg_type: str, message: Message, in_from: int, in_seq: int) -> ClientCommand:
        """The command that a message asks for; ``in_from``..``in_seq`` are the inbound numbers it accounts for.

        Raises:
            FieldRefusal, BusinessRefusal, ListRefusal: the message can't be read.
        """
        fields = message.fields
        for tag in self._dialect.required[msg_type]:
            if tag not in fields:
                raise FieldRefusal(1, tag, "Required tag missing")
        if msg_type == _LIST:
            return read_list(message, self._reader, self._lists, in_from, in_seq)
        if msg_type == _LIST_CANCEL:
            return read_list_cancel(message, self._session_id, self._lists, in_from, in_seq)
        if msg_type == _CROSS:
            return read_cross(message, self._reader, in_from, in_seq)
        if len(fields["11"]) > ID_MAX:
            raise FieldRefusal(5, "11", f"ClOrdID is longer than {ID_MAX} characters")
        try:
            check_utc(fields["60"])
        except ValueError:
            raise FieldRefusal(6, "60", "TransactTime is no UTCTimestamp") from None
        if "453" not in fields:
            return self._read(msg_type, fields, in_from, in_seq)
        fields, contradiction = with_account(message)
        return contradicted(self._read(msg_type, fields, in_from, in_seq), contradiction)

    def _read(self, msg_type: str, fields: dict[str, str], in_from: int, in_seq: int) -> ClientCommand:
        """A command of an order or an account. A side that FIX has and the venue has not is the venue's to refuse."""
        side = fields.get("54", _ANY_SIDE)
        if side in SIDES or side not in self._dialect.sides:
            return self._maps[msg_type](fields, in_from, in_seq)
        command = self._maps[msg_type]({**fields, "54": _ANY_SIDE}, in_from, in_seq)
        if isinstance(command, RejectCommand):
            return msgspec.structs.replace(command, side=side)
        assert not isinstance(command, NewList | CancelList)
        reason = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC if msg_type == "D" else _OTHER
        return RejectCommand(command, reason, f"Side {side} is not supported", side=side)

    def _cancel(self, fields: dict[str, str], in_from: int, in_seq: int) -> CancelOrder | RejectCommand:
        instrument = self._directory.instrument_named(fields["55"])
        orig_cl_ord_id, order_id = orig_cl_ord_id_of(fields), order_id_of(fields)
        command = CancelOrder(
            self._session_id,
            fields["11"],
            self._reader.account_changed(fields, self._order_named(orig_cl_ord_id, order_id)),
            instrument.symbol_id if instrument is not None else 0,
            side_of(fields),
            orig_cl_ord_id,
            order_id,
            in_from,
            in_seq,
        )
        return self._reader.refused_change(command, fields) or command

    def _mass_cancel(self, fields: dict[str, str], in_from: int, in_seq: int) -> MassCancel | RejectCommand:
        kind = fields["530"]
        if kind not in _MASS_TYPES_DEFINED:
            raise FieldRefusal(5, "530", OUT_OF_RANGE)
        if kind == _MASS_BY_SECURITY and "55" not in fields:
            raise BusinessRefusal(5, fields["11"], "Symbol (55) is required to cancel by security")
        # A Symbol narrows "all orders" too: cancelling more than was named could not be undone.
        symbol = fields.get("55", "")
        instrument = self._directory.instrument_named(symbol) if symbol else None
        account_id = self._reader.account_of(fields)
        command = MassCancel(
            self._session_id,
            fields["11"],
            account_id,
            instrument.symbol_id if instrument is not None else ANY,
            side_of(fields) if "54" in fields else ANY,
            in_from,
            in_seq,
            request_type=kind,
        )
        if kind not in (_MASS_BY_SECURITY, _MASS_ALL):
            return RejectCommand(command, _MASS_NOT_SUPPORTED, f"MassCancelRequestType {kind} is not supported")
        if symbol and instrument is None:
            return RejectCommand(command, _MASS_UNKNOWN_SECURITY, f"Unknown symbol {symbol}", symbol)
        if not account_id:
            return RejectCommand(command, _MASS_OTHER, unknown_account(fields))
        return command
