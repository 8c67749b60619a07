"""One field of a client's message at a time: read, or refused in the protocol's own words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from engine.decimals import MAX_DIGITS, parse_decimal
from engine.types import INT64_MAX, OrdRejReason, Side
from gateways.fix import groups
from gateways.fix.business_ids import business_id
from gateways.fix.numbers import BEYOND, read_int
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, NotSupported
from gateways.fix.times import parse_utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateways.fix.codec import Message

ID_MAX = 64
"""Characters that a ClOrdID, or another identifier that is kept, may have."""

OUT_OF_RANGE = "Value is incorrect (out of range) for this tag"
SIDES = {"1": Side.BUY, "2": Side.SELL}
NO_CL_ORD_ID = "NONE"
"""OrigClOrdID (41) of a request that names its order by OrderID (37)."""
_HANDL_INSTS = frozenset("123")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)").fullmatch
_Value = TypeVar("_Value")


def side_of(fields: Mapping[str, str]) -> Side:
    side = SIDES.get(fields["54"])
    if side is None:
        raise FieldRefusal(5, "54", "Side must be 1 (buy) or 2 (sell)")
    return side


def check_handl_inst(fields: Mapping[str, str]) -> None:
    """HandlInst (21) says how a broker's desk handles the order; without effect here."""
    if fields.get("21", "1") not in _HANDL_INSTS:
        raise FieldRefusal(5, "21", OUT_OF_RANGE)


def check_required(fields: Mapping[str, str], tags: tuple[str, ...]) -> None:
    for tag in tags:
        if tag not in fields:
            raise FieldRefusal(1, tag, "Required tag missing")


def check_conditional(fields: Mapping[str, str], tag: str, name: str) -> None:
    """A field that the standard leaves optional, and that what is asked for needs."""
    if tag not in fields:
        raise BusinessRefusal(5, business_id(fields), f"{name} ({tag}) is required for what is asked for")


def identifier(fields: Mapping[str, str], tag: str) -> str:
    value = fields[tag]
    if len(value) > ID_MAX:
        raise FieldRefusal(5, tag, f"longer than {ID_MAX} characters")
    return value


def orig_cl_ord_id_of(fields: Mapping[str, str]) -> str:
    """OrigClOrdID (41); from FIX 5.0 on an OrderID (37) may stand for it, which reads as 41=NONE.

    Raises:
        FieldRefusal, BusinessRefusal: it is too long, or nothing names the order.
    """
    if "41" in fields:
        return identifier(fields, "41")
    if "37" in fields:
        return NO_CL_ORD_ID
    raise BusinessRefusal(5, fields["11"], "OrigClOrdID (41) or OrderID (37) is required")


def order_id_of(fields: Mapping[str, str]) -> int:
    """OrderID (37) for an order that has no ClOrdID of this session's: then 41 is NONE. Otherwise 41 names it."""
    text = fields.get("37", "")
    if fields.get("41", NO_CL_ORD_ID) != NO_CL_ORD_ID or not (text.isascii() and text.isdigit()) or len(text) > 18:
        return 0
    return int(text)


def qty_of(fields: Mapping[str, str]) -> int:
    """OrderQty (38); :data:`BEYOND` where the venue's numbers can't say it."""
    text = fields.get("38")
    if text is None:
        raise BusinessRefusal(5, fields["11"], "OrderQty (38) is missing; CashOrderQty is not supported")
    try:
        return number(text, "38")
    except NotSupported:
        return BEYOND


def unfit_qty(fields: Mapping[str, str], qty: int) -> NotSupported:
    """Why a quantity of :func:`qty_of` that is not positive is refused."""
    text = _beyond(fields["38"]) if qty == BEYOND else "OrderQty must be positive"
    return NotSupported(text, OrdRejReason.INCORRECT_QUANTITY)


def limit_px_of(fields: Mapping[str, str]) -> int:
    text = fields.get("44")
    if text is None:
        raise BusinessRefusal(5, fields["11"], "Price (44) is missing on a limit order")
    return number(text, "44")


def number(text: str, tag: str) -> int:
    """Decimal text at scale 10^-8, within 64 bits.

    Raises:
        FieldRefusal: it is no number.
        NotSupported: it is one to FIX, and beyond what the venue can say.
    """
    try:
        value = parse_decimal(text)
    except ValueError:
        if not _DECIMAL(text):
            raise FieldRefusal(6, tag, "Incorrect data format for value") from None
        raise NotSupported(_beyond(text), OrdRejReason.OTHER) from None
    if not -INT64_MAX <= value <= INT64_MAX:
        raise NotSupported(_beyond(text), OrdRejReason.OTHER)
    return value


def _beyond(text: str) -> str:
    return f"{text[:MAX_DIGITS]} has more than 8 decimals or is too large"


def optional_number(fields: Mapping[str, str], tag: str) -> int | None:
    return number(fields[tag], tag) if tag in fields else None


def coded(fields: Mapping[str, str], tag: str, values: Mapping[str, _Value], default: _Value) -> _Value:
    """What an enumerated field's value stands for."""
    if tag not in fields:
        return default
    value = values.get(fields[tag])
    if value is None:
        raise FieldRefusal(5, tag, OUT_OF_RANGE)
    return value


def utc_time(text: str, tag: str, name: str) -> int:
    """A UTCTimestamp as nanoseconds that fit into 64 bits."""
    try:
        time_ns = parse_utc(text)
    except ValueError:
        raise FieldRefusal(6, tag, f"{name} is no UTCTimestamp") from None
    if not 0 <= time_ns <= INT64_MAX:
        raise FieldRefusal(5, tag, OUT_OF_RANGE)
    return time_ns


def group_of(message: Message, count_tag: str, first_tag: str) -> list[groups.Entry]:
    """A repeating group whose entries are as many as its count says. Each starts with ``first_tag``."""
    found = groups.group_of(message, count_tag)
    check_count(message.fields, count_tag, len(found))
    return found


def check_count(fields: Mapping[str, str], count_tag: str, found: int) -> None:
    """A group's count says how many entries it has, and it has some."""
    count = read_int(fields[count_tag])
    if count is None:
        raise FieldRefusal(6, count_tag, "Incorrect data format for value")
    if count != found or not found:
        raise FieldRefusal(16 if count else 5, count_tag, "Incorrect NumInGroup count for repeating group")
