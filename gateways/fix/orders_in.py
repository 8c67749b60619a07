"""New orders: NewOrderSingle (D), and each leg of a list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.commands import CancelOrder, NewOrder, RejectCommand, ReplaceOrder
from engine.types import CxlRejReason, OrdRejReason, OrdType, TimeInForce
from gateways.fix import vocabulary as words
from gateways.fix.fields_in import OUT_OF_RANGE, check_handl_inst, qty_of, side_of, unfit_qty
from gateways.fix.refusals import FieldRefusal, NotSupported
from gateways.fix.terms_in import limit_of, read_terms

if TYPE_CHECKING:
    from engine.directory import Directory
    from engine.events import SessionOpened
    from engine.image import OrderImage
    from gateways.fix.terms_in import EndOfDay

_LIMIT, _GTD = OrdType.LIMIT, TimeInForce.GTD
_TIFS = words.TIFS
_is_plain = words.SPECIAL_TAGS.isdisjoint


class OrderReader:
    """One session's new orders."""

    __slots__ = ("_default", "_directory", "_end_of_day", "_session", "_session_id")

    def __init__(self, session: SessionOpened, directory: Directory, end_of_day: EndOfDay) -> None:
        self._directory = directory
        self._session = session
        self._session_id = session.session_id
        self._default = session.default_account_id
        self._end_of_day = end_of_day

    def order(self, fields: dict[str, str], in_from: int, in_seq: int) -> NewOrder | RejectCommand:
        """The order of a message that has its required tags.

        Raises:
            FieldRefusal, BusinessRefusal: it can't be read.
        """
        side = side_of(fields)
        code = fields["40"]
        tif = _TIFS.get(fields.get("59", "0"))
        if "21" in fields:
            check_handl_inst(fields)
        qty = qty_of(fields)
        instrument = self._directory.instrument_named(fields["55"])
        account_id = self._default if "1" not in fields else self.account_id(fields["1"])
        special = against = None
        try:
            if code == "2" and tif is not _GTD and _is_plain(fields):
                ord_type, px = _LIMIT, limit_of(fields)
            else:
                ord_type, px, special = read_terms(fields, side, tif, instrument, self._end_of_day)
        except NotSupported as unsupported:
            ord_type, px, against = words.PRICINGS.get(code, _LIMIT), 0, unsupported
        command = NewOrder(
            self._session_id,
            fields["11"],
            account_id,
            instrument.symbol_id if instrument is not None else 0,
            side,
            ord_type,
            tif if tif is not None else TimeInForce.DAY,
            qty,
            px,
            in_from,
            in_seq,
            special,
        )
        if against is None and instrument is not None and account_id and tif is not None and qty > 0:
            return command
        return _refused(command, fields, tif, against)

    def account_of(self, fields: dict[str, str]) -> int:
        """The account that a message names, or the session's default; 0 if the session may not trade for it."""
        return self._default if "1" not in fields else self.account_id(fields["1"])

    def account_changed(self, fields: dict[str, str], order: OrderImage | None) -> int:
        """The account of a cancel or replace, which needs to name none where its order is known."""
        if not self._default and order is not None and "1" not in fields:
            return order.account_id if order.account_id in self._session.account_ids else 0
        return self.account_of(fields)

    def refused_change(self, command: CancelOrder | ReplaceOrder, fields: dict[str, str]) -> RejectCommand | None:
        """Why a readable cancel or replace can't find its order; None if it may."""
        if not command.symbol_id:
            symbol = fields["55"]
            return RejectCommand(command, CxlRejReason.UNKNOWN_ORDER, f"Unknown symbol {symbol}", symbol)
        if not command.account_id:
            return RejectCommand(command, CxlRejReason.OTHER, unknown_account(fields))
        return None

    def account_id(self, name: str) -> int:
        """The account of that name, if the session may trade for it; else 0."""
        account = self._directory.account_named(name)
        if account is None or account.account_id not in self._session.account_ids:
            return 0
        return account.account_id


def unknown_account(fields: dict[str, str]) -> str:
    return f"Unknown account {fields['1']}" if "1" in fields else "Account is missing: the session has no default"


def _refused(
    command: NewOrder, fields: dict[str, str], tif: TimeInForce | None, against: NotSupported | None
) -> RejectCommand:
    """Which rule a readable order breaks; the first that applies is named."""
    symbol = fields["55"]
    if tif is None and fields["59"] not in words.TIFS_DEFINED:
        raise FieldRefusal(5, "59", OUT_OF_RANGE)
    if not command.symbol_id:
        return RejectCommand(command, OrdRejReason.UNKNOWN_SYMBOL, f"Unknown symbol {symbol}", symbol)
    if not command.account_id:
        return RejectCommand(command, OrdRejReason.UNKNOWN_ACCOUNT, unknown_account(fields))
    if against is not None:
        return RejectCommand(command, against.reason, against.text)
    if tif is None:
        text = f"TimeInForce {fields['59']} is not supported"
        return RejectCommand(command, OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, text)
    unfit = unfit_qty(fields, command.order_qty)
    return RejectCommand(command, unfit.reason, unfit.text)
