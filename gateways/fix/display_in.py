"""How much of an order is shown: MaxFloor (111) and DisplayInstruction (1138, 1083 to 1088). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.types import OrdRejReason
from gateways.fix import vocabulary as words
from gateways.fix.fields_in import OUT_OF_RANGE, optional_number
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, NotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.instrument import Instrument
    from engine.types import Qty

_METHODS_DEFINED = frozenset("1234")


def quantity(fields: Mapping[str, str], tag: str, name: str) -> Qty | None:
    """A part of the order's quantity; None where the field is not there."""
    value = optional_number(fields, tag)
    if value is not None and value < 0:
        raise NotSupported(f"{name} must not be negative", OrdRejReason.INCORRECT_QUANTITY)
    return value


def display_qty_of(fields: Mapping[str, str]) -> Qty | None:
    """DisplayQty (1138) or MaxFloor (111); 0 shows nothing."""
    floor, shown = quantity(fields, "111", "MaxFloor"), quantity(fields, "1138", "DisplayQty")
    if floor is not None and shown not in (None, floor):
        raise NotSupported("MaxFloor and DisplayQty differ")
    return shown if floor is None else floor


def display_of(fields: Mapping[str, str], instrument: Instrument | None) -> tuple[Qty, Qty, bool]:
    """How much is shown at a time, by how much that varies, and whether nothing is."""
    method = fields.get("1084", "1")
    if method not in _METHODS_DEFINED:
        raise FieldRefusal(5, "1084", OUT_OF_RANGE)
    if method == "2":
        raise NotSupported("DisplayMethod 2 is not supported: every refresh shows as much")
    if fields.get("1083", "2") != "2":
        raise NotSupported("DisplayWhen must be 2: a refresh follows when the shown part is used up")
    qty = display_qty_of(fields)
    if quantity(fields, "1088", "RefreshQty") not in (None, qty):
        raise NotSupported("RefreshQty must be DisplayQty: every refresh shows as much")
    if method == words.UNDISCLOSED or qty == 0:
        if qty:
            raise NotSupported("DisplayMethod 4 shows nothing, so there is no display quantity")
        return 0, 0, True
    if method == words.RANDOM_DISPLAY or "1085" in fields or "1086" in fields:
        return qty or 0, _display_range(fields, qty, method, instrument), False
    return qty or 0, 0, False


def _display_range(fields: Mapping[str, str], qty: Qty | None, method: str, instrument: Instrument | None) -> Qty:
    low, high = quantity(fields, "1085", "DisplayLowQty"), quantity(fields, "1086", "DisplayHighQty")
    if method != words.RANDOM_DISPLAY:
        raise NotSupported("DisplayLowQty and DisplayHighQty are for DisplayMethod 3")
    if qty is None or low is None or high is None:
        text = "DisplayMethod 3 needs DisplayQty (1138), DisplayLowQty (1085) and DisplayHighQty (1086)"
        raise BusinessRefusal(5, fields["11"], text)
    if high < qty or high - qty != qty - low:
        raise NotSupported("DisplayLowQty and DisplayHighQty must lie as far from DisplayQty, below and above it")
    step = quantity(fields, "1087", "DisplayMinIncr")
    if instrument is not None and step not in (None, instrument.lot_size):
        raise NotSupported("DisplayMinIncr must be the lot")
    return high - qty
