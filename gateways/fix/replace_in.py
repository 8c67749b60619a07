"""OrderCancelReplaceRequest (G): what may be changed of an order, and what is refused because it may not. Pure.

What the message does not name stays as it is. OrdType, TimeInForce and ExecInst cannot be changed: a message that gives
others is refused, unless it overtakes the report on the order's acceptance; then they are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.commands import Changes, RejectCommand, ReplaceOrder
from engine.types import CxlRejReason, TriggerKind, Wait
from gateways.fix import vocabulary as words
from gateways.fix.display_in import display_qty_of, quantity
from gateways.fix.fields_in import check_handl_inst, order_id_of, orig_cl_ord_id_of, qty_of, side_of, unfit_qty
from gateways.fix.refusals import NotSupported
from gateways.fix.terms_in import (
    RESTING_MAY_HAVE_LIMIT,
    check_ord_type,
    exec_insts_of,
    expiry_of,
    limit_of,
)
from gateways.fix.triggers_in import is_trailing, offset_of, stop_px_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.directory import Directory
    from engine.image import OrderImage
    from engine.instrument import Instrument
    from engine.types import Px
    from gateways.fix.orders_in import OrderReader
    from gateways.fix.terms_in import EndOfDay

    OrderNamed = Callable[[str, int], OrderImage | None]
    """A ClOrdID, or an OrderID that is not 0 → the session's order as it was last told of it."""

_is_plain = words.SPECIAL_TAGS.isdisjoint


class ReplaceReader:
    """One session's replaces."""

    __slots__ = ("_directory", "_end_of_day", "_order_named", "_reader", "_session_id")

    def __init__(
        self,
        session_id: int,
        directory: Directory,
        reader: OrderReader,
        order_named: OrderNamed,
        end_of_day: EndOfDay,
    ) -> None:
        self._session_id = session_id
        self._directory = directory
        self._reader = reader
        self._order_named = order_named
        self._end_of_day = end_of_day

    def replace(self, fields: dict[str, str], in_from: int, in_seq: int) -> ReplaceOrder | RejectCommand:
        """The change that a message with its required tags asks for.

        Raises:
            FieldRefusal, BusinessRefusal: it can't be read.
        """
        if "21" in fields:
            check_handl_inst(fields)
        instrument = self._directory.instrument_named(fields["55"])
        side = side_of(fields)
        orig_cl_ord_id, order_id = orig_cl_ord_id_of(fields), order_id_of(fields)
        qty = qty_of(fields)
        order = self._order_named(orig_cl_ord_id, order_id)
        px, changes, against = 0, None, None
        try:
            if fields["40"] != "2":
                check_ord_type(fields["40"])
            px = limit_of(fields, RESTING_MAY_HAVE_LIMIT)
            if order is not None:
                _check_unchanged(fields, order)
            if not _is_plain(fields):
                changes = self._changes(fields, order, instrument)
            if qty <= 0:
                against = unfit_qty(fields, qty)
        except NotSupported as unsupported:
            against = unsupported
        command = ReplaceOrder(
            self._session_id,
            fields["11"],
            self._reader.account_changed(fields, order),
            instrument.symbol_id if instrument is not None else 0,
            side,
            orig_cl_ord_id,
            qty,
            px,
            order_id,
            in_from,
            in_seq,
            changes,
        )
        return self._reader.refused_change(command, fields) or (
            command if against is None else RejectCommand(command, CxlRejReason.OTHER, against.text)
        )

    def _changes(
        self, fields: dict[str, str], order: OrderImage | None, instrument: Instrument | None
    ) -> Changes | None:
        insts = exec_insts_of(fields)
        changes = Changes(
            stop_px=stop_px_of(fields),
            display_qty=_display_qty(fields, order),
            min_qty=quantity(fields, "110", "MinQty"),
            peg_offset=_peg_offset(fields, insts, order, instrument),
            expire_ns=expiry_of(fields, instrument, self._end_of_day, needed=False),
        )
        return None if changes == _NO_CHANGES else changes


_NO_CHANGES = Changes()


def _check_unchanged(fields: dict[str, str], order: OrderImage) -> None:
    terms = order.terms
    asked = words.ord_type_code(terms)
    if fields["40"] != asked and not (_is_active(order) and fields["40"] == _active_code(order)):
        raise NotSupported(f"OrdType can't be changed: the order's is {asked}")
    tif = words.CHARACTERS[terms.tif]
    if fields.get("59", tif) != tif:
        raise NotSupported(f"TimeInForce can't be changed: the order's is {tif}")
    if "18" in fields:
        asked_insts, insts = words.effective(exec_insts_of(fields)), words.exec_insts(terms.special)
        if asked_insts != insts:
            raise NotSupported("ExecInst can't be changed")


def _is_active(order: OrderImage) -> bool:
    """Whether an order that had a trigger is triggered, or a market-to-limit order may have its limit."""
    return order.working is None or order.working.wait not in (Wait.TRIGGER, Wait.ENTRY)


def _active_code(order: OrderImage) -> str:
    """OrdType of what an order is when nothing has to happen first."""
    return "2" if order.terms.ord_type is words.PRICINGS["K"] else words.CHARACTERS[order.terms.ord_type]


def _display_qty(fields: dict[str, str], order: OrderImage | None) -> int | None:
    """A hidden order says 0 again, and stays hidden; no other order can become so."""
    qty = display_qty_of(fields)
    if qty != 0:
        return qty
    if order is not None and not (order.terms.special is not None and order.terms.special.hidden):
        raise NotSupported("an order that is shown can't be hidden")
    return None


def _peg_offset(
    fields: dict[str, str], insts: frozenset[str], order: OrderImage | None, instrument: Instrument | None
) -> Px | None:
    """The new offset of a pegged order; the distance of a trailing stop stays as it is."""
    special = order.terms.special if order is not None else None
    trigger = special.trigger if special is not None else None
    if is_trailing(fields, insts) or (trigger is not None and trigger.kind is TriggerKind.TRAILING):
        return None
    return offset_of(fields, instrument)
