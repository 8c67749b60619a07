"""What is about several orders: NewOrderList (E), for one-cancels-the-other, one-triggers-the-other and bracket lists,
its ListCancelRequest (K), and NewOrderCross (s), which is always refused. Pure.

ContingencyType (1385) is of FIX 5.0; in FIX.4.2 and FIX.4.4 it is understood as an extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.commands import CancelList, NewList, NewOrder, RejectCommand
from engine.types import Contingency, OrdRejReason
from gateways.fix import vocabulary as words
from gateways.fix.fields_in import OUT_OF_RANGE, check_count, check_required, identifier
from gateways.fix.groups import Entry, group_of
from gateways.fix.list_status import unknown_list
from gateways.fix.numbers import read_int
from gateways.fix.parties import account_among
from gateways.fix.refusals import FieldRefusal, ListRefusal, NotSupported
from gateways.fix.times import check_utc

if TYPE_CHECKING:
    from collections.abc import Container

    from gateways.fix.codec import Message
    from gateways.fix.orders_in import OrderReader

LEGS_MAX = 10
"""Legs of a list (docs/order-book.md §3)."""

_LEG_TAGS = ("11", "67", "55", "54", "40")
_BID_TYPES = frozenset("123")
_NOT_HERE = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
_BRACKET_LEGS = 3
_SIDES_MAX = 2
_CROSS_TAGS = ("55", "60", "21", "40", "44", "59", "99", "18", "110", "111", "126", "432", "211", "836")
"""What the sides of a cross have in common."""
_Legs = list[dict[str, str]]


def read_list(
    message: Message, reader: OrderReader, known: Container[str], in_from: int, in_seq: int
) -> NewList | RejectCommand:
    """The list of a message that has its required tags. Its legs stand in the order of ListSeqNo (67); ``known`` are
    the ListIDs that are taken.

    Raises:
        FieldRefusal: it can't be read.
        ListRefusal: it is no list that could be one here.
    """
    fields = message.fields
    list_id = identifier(fields, "66")
    if fields["394"] not in _BID_TYPES:
        raise FieldRefusal(5, "394", OUT_OF_RANGE)
    legs, contradiction = _with_accounts(_entries(message, "73"))
    for leg in legs:
        check_required(leg, _LEG_TAGS)
        identifier(leg, "11")
    names = [leg["11"] for leg in legs]
    if list_id in known:
        raise ListRefusal(OrdRejReason.DUPLICATE_ORDER, list_id, f"duplicate ListID {list_id}", names)
    _check_whole(fields, list_id, names)
    legs = _in_order(legs)
    against = None
    try:
        contingency = _contingency(fields, legs, list_id)
    except NotSupported as unsupported:
        contingency, against = Contingency.OCO, unsupported
    read = [reader.order(leg, 0, 0) for leg in legs]
    orders = [_order_of(order) for order in read]
    first = orders[0]
    command = NewList(
        first.session_id,
        list_id,
        first.account_id,
        first.symbol_id,
        contingency,
        orders,
        in_from,
        in_seq,
    )
    for place, refused in enumerate(read, 1):
        if isinstance(refused, RejectCommand):
            return RejectCommand(command, refused.reason, f"leg {place}: {refused.text}", refused.symbol)
    if contradiction:
        return RejectCommand(command, OrdRejReason.UNKNOWN_ACCOUNT, contradiction)
    against = against or _apart(command)
    if against is not None:
        return RejectCommand(command, against.reason, against.text)
    return command


def read_list_cancel(message: Message, session_id: int, known: Container[str], in_from: int, in_seq: int) -> CancelList:
    """The cancel of a message that has its required tags; ``known`` are the session's ListIDs.

    Raises:
        FieldRefusal: it can't be read.
        BusinessRefusal: there is no such list.
    """
    fields = message.fields
    list_id = identifier(fields, "66")
    try:
        check_utc(fields["60"])
    except ValueError:
        raise FieldRefusal(6, "60", "TransactTime is no UTCTimestamp") from None
    if list_id not in known:
        raise unknown_list(list_id)
    return CancelList(session_id, list_id, in_from=in_from, in_seq=in_seq)


def read_cross(message: Message, reader: OrderReader, in_from: int, in_seq: int) -> RejectCommand:
    """The refusal of a cross: one ExecutionReport for each of its sides, as its acceptance would be.

    Raises:
        FieldRefusal: it can't be read.
    """
    identifier(message.fields, "548")
    sides = _entries(message, "552")
    if len(sides) > _SIDES_MAX:
        raise FieldRefusal(5, "552", OUT_OF_RANGE)
    common = {tag: message.fields[tag] for tag in _CROSS_TAGS if tag in message.fields}
    legs: list[NewOrder] = []
    for side in sides:
        check_required(side, ("11",))
        identifier(side, "11")
        legs.append(_order_of(reader.order({**common, **side}, 0, 0)))
    first = legs[0]
    command = NewList(first.session_id, "", first.account_id, first.symbol_id, Contingency.OCO, legs, in_from, in_seq)
    text, symbol = "Crosses are not supported", "" if first.symbol_id else message.fields["55"]
    return RejectCommand(command, OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, text, symbol)


def _order_of(read: NewOrder | RejectCommand) -> NewOrder:
    """The order, refused or not."""
    order = read.command if isinstance(read, RejectCommand) else read
    assert isinstance(order, NewOrder)
    return order


def _entries(message: Message, count_tag: str) -> list[Entry]:
    found = group_of(message, count_tag)
    check_count(message.fields, count_tag, len(found))
    return found


def _with_accounts(legs: list[Entry]) -> tuple[_Legs, str]:
    """The legs with the accounts that their parties name, and the first contradiction among those."""
    told = [account_among(leg, leg.group("453")) for leg in legs]
    contradictions = (f"leg {place}: {against}" for place, (_, against) in enumerate(told, 1) if against)
    return [leg for leg, _ in told], next(contradictions, "")


def _check_whole(fields: dict[str, str], list_id: str, names: list[str]) -> None:
    """The list comes in one message, is not too long, and works at once."""
    if fields.get("433", "1") != "1":
        raise ListRefusal(_NOT_HERE, list_id, "ListExecInstType (433) must be 1: the list works at once", names)
    total = read_int(fields["68"])
    if total is None:
        raise FieldRefusal(6, "68", "Incorrect data format for value")
    if total != len(names) or fields.get("893", "Y") != "Y":
        text = "a list comes in one message: TotNoOrders (68) must be NoOrders (73)"
        raise ListRefusal(_NOT_HERE, list_id, text, names)
    if len(names) > LEGS_MAX:
        raise ListRefusal(_NOT_HERE, list_id, f"a list has at most {LEGS_MAX} legs", names)


def _in_order(legs: _Legs) -> _Legs:
    places = [read_int(leg["67"]) for leg in legs]
    if sorted(place or 0 for place in places) != list(range(1, len(legs) + 1)):
        raise FieldRefusal(5, "67", "ListSeqNo must count the legs from 1")
    return sorted(legs, key=lambda leg: int(leg["67"]))


def _contingency(fields: dict[str, str], legs: _Legs, list_id: str) -> Contingency:
    """How the legs hang together. An OTO whose children share a ClOrdLinkID (583) of their own is a bracket."""
    code = fields.get("1385")
    if code is None:
        text = "ContingencyType (1385) is missing: orders without one come one by one"
        raise ListRefusal(_NOT_HERE, list_id, text, [leg["11"] for leg in legs])
    if code not in words.CONTINGENCIES_DEFINED:
        raise FieldRefusal(5, "1385", OUT_OF_RANGE)
    kind = words.CONTINGENCIES.get(code)
    if kind is None:
        raise NotSupported(f"ContingencyType {code} is not supported")
    if len(legs) < 2:
        raise NotSupported("a list has at least 2 legs")
    if kind is Contingency.OTO and _linked(legs):
        kind = Contingency.BRACKET
    if kind is Contingency.BRACKET and len(legs) != _BRACKET_LEGS:
        raise NotSupported(f"a bracket has {_BRACKET_LEGS} legs: the entry and its two children")
    return kind


def _linked(legs: _Legs) -> bool:
    links = [leg.get("583") for leg in legs]
    return len(links) > 2 and links[1] is not None and len(set(links[1:])) == 1 and links[0] != links[1]


def _apart(command: NewList) -> NotSupported | None:
    if any(leg.symbol_id != command.symbol_id for leg in command.legs):
        return NotSupported("the legs of a list have one symbol")
    if any(leg.account_id != command.account_id for leg in command.legs):
        return NotSupported("the legs of a list have one account", OrdRejReason.OTHER)
    return None
