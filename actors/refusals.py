"""What a session is told when a command is refused before it reaches an account."""

from __future__ import annotations

from collections import Counter
from typing import Final, TypeAlias

import msgspec

from engine.commands import ANY, CancelOrder, MassCancel, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.events import CancelRejected, Event, OrderRejected
from engine.image import OrderImage
from engine.rejections import (
    Refusal,
    cancel_rejected,
    list_rejected,
    list_rejected_whole,
    mass_cancel_rejected,
    rejected_image,
)
from engine.reports import Report
from engine.session import SessionState
from engine.types import CxlRejReason, OrdRejReason

AnyCommand: TypeAlias = NewOrder | NewList | CancelOrder | ReplaceOrder | MassCancel

_UNKNOWN: Final = "unknown order"
_OTHER_SYMBOL: Final = "the order is of another symbol"

MASS_CANCEL_REJECTED_OTHER = 99
"""FIX tag 532."""


def names_of(command: AnyCommand) -> list[str]:
    """The ClOrdIDs that a command uses up; none may have been used in this trading day or be an open order's."""
    return [leg.cl_ord_id for leg in command.legs] if isinstance(command, NewList) else [command.cl_ord_id]


def are_new(state: SessionState, command: AnyCommand) -> bool:
    """Whether its ClOrdIDs may be used."""
    names = names_of(command)
    return len(set(names)) == len(names) and state.orders.keys().isdisjoint(names)


def use_up(state: SessionState, command: AnyCommand) -> None:
    """A command is refused: its ClOrdIDs and its ListID are taken, as far as they are not another's already."""
    if isinstance(command, NewList):
        state.lists.claim(command)
    for name in names_of(command):
        state.orders.setdefault(name, None)


def refused(state: SessionState, refusal: RejectCommand) -> list[Event]:
    """A refusal that a gateway has decided on."""
    command = refusal.command
    if isinstance(command, NewOrder):
        asked = rejected_image(command)
        return [OrderRejected(asked, refusal.reason, refusal.text, refusal.symbol, None, refusal.side)]
    if isinstance(command, NewList):
        return list_rejected_whole(command, refusal.reason, refusal.text, refusal.symbol)
    if isinstance(command, MassCancel):
        asked_for = msgspec.structs.replace(command, side=ANY) if refusal.side else command
        return [mass_cancel_rejected(asked_for, refusal.reason, refusal.text, refusal.symbol)]
    return [cancel_rejected(command, refusal.reason, refusal.text, state.order_named(command.orig_cl_ord_id))]


def duplicate(state: SessionState, command: AnyCommand) -> list[Event]:
    """A ClOrdID has been used before, or comes twice in a list."""
    text = f"duplicate ClOrdID {command.cl_ord_id}"
    if isinstance(command, NewOrder):
        live = _accepted(state, command.cl_ord_id)
        return [OrderRejected(rejected_image(command), OrdRejReason.DUPLICATE_ORDER, text, "", live)]
    if isinstance(command, NewList):
        return _duplicate_legs(state, command)
    if isinstance(command, MassCancel):
        return [mass_cancel_rejected(command, MASS_CANCEL_REJECTED_OTHER, text)]
    order = state.order_named(command.orig_cl_ord_id)
    return [cancel_rejected(command, CxlRejReason.DUPLICATE_CL_ORD_ID, text, order)]


def _duplicate_legs(state: SessionState, command: NewList) -> list[Event]:
    times = Counter(names_of(command))
    guilty: dict[int, Refusal] = {
        nth: (OrdRejReason.DUPLICATE_ORDER, f"duplicate ClOrdID {leg.cl_ord_id}")
        for nth, leg in enumerate(command.legs)
        if leg.cl_ord_id in state.orders or times[leg.cl_ord_id] > 1
    }
    return list_rejected(command, guilty)


def unchangeable(state: SessionState, command: CancelOrder | ReplaceOrder) -> Event:
    """The order named is unknown, known to have ended, or not as the command says."""
    order = state.order_named(command.orig_cl_ord_id)
    if order is None:
        return cancel_rejected(command, CxlRejReason.UNKNOWN_ORDER, _UNKNOWN)
    if order.status.is_open:
        return cancel_rejected(command, CxlRejReason.OTHER, misnamed(state, order, command), order)
    text = f"order is {order.status.name.replace('_', ' ').lower()}"
    return cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, text, order)


def misnamed(state: SessionState, order: OrderImage, command: CancelOrder | ReplaceOrder) -> str:
    """Why an open order is not the one that a command names; empty if it is. The side of a replace is for the book, and
    the default account may stand for any: who names none has it."""
    terms = order.terms
    if terms.cl_ord_id != command.orig_cl_ord_id:
        return _renamed(order)
    if terms.symbol_id != command.symbol_id:
        return _OTHER_SYMBOL
    if terms.side is not command.side and isinstance(command, CancelOrder):
        return "the order is of the other side"
    if command.account_id not in (terms.account_id, state.opened.default_account_id):
        return "the order is of another account"
    return ""


def enriched(state: SessionState, report: Report) -> Report:
    """A rejection with the order that it is about, where only the session's own view knows it by now."""
    event = report.event
    if isinstance(event, CancelRejected) and event.order is None:
        return msgspec.structs.replace(report, event=_explained(event, state.order_named(event.orig_cl_ord_id)))
    if isinstance(event, OrderRejected) and event.reason == OrdRejReason.DUPLICATE_ORDER and event.live is None:
        live = _accepted(state, event.order.cl_ord_id)
        if live is not None:
            return msgspec.structs.replace(report, event=msgspec.structs.replace(event, live=live))
    return report


def _explained(event: CancelRejected, order: OrderImage | None) -> CancelRejected:
    """With the order. A command that went to the book before its order's name was decided may have been wrong about it,
    where all that the book can say is that it has no such order."""
    reason, text = event.reason, event.text
    if reason == CxlRejReason.TOO_LATE_TO_CANCEL and order is None:
        reason, text = CxlRejReason.UNKNOWN_ORDER, _UNKNOWN
    elif reason == CxlRejReason.TOO_LATE_TO_CANCEL and order is not None and order.status.is_open:
        renamed = order.terms.cl_ord_id != event.orig_cl_ord_id
        reason, text = CxlRejReason.OTHER, _renamed(order) if renamed else _OTHER_SYMBOL
    return msgspec.structs.replace(event, reason=int(reason), text=text, order=order)


def _renamed(order: OrderImage) -> str:
    return f"the order has another ClOrdID by now, {order.terms.cl_ord_id}"


def _accepted(state: SessionState, cl_ord_id: str) -> OrderImage | None:
    order = state.order_named(cl_ord_id)
    return order if order is not None and order.order_id else None
