"""What a session is told when a command is refused before it reaches an account."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

import msgspec

from engine.commands import CancelOrder, MassCancel, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.events import CancelRejected, Event, MassCancelRejected, OrderRejected
from engine.image import OrderImage
from engine.rejections import Refusal, cancel_rejected, list_rejected, list_rejected_whole, rejected_image
from engine.reports import Report
from engine.session import SessionState
from engine.types import CxlRejReason, OrdRejReason

AnyCommand: TypeAlias = NewOrder | NewList | CancelOrder | ReplaceOrder | MassCancel

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
        return [OrderRejected(rejected_image(command), refusal.reason, refusal.text, refusal.symbol)]
    if isinstance(command, NewList):
        return list_rejected_whole(command, refusal.reason, refusal.text, refusal.symbol)
    return [_refused(state, command, refusal.reason, refusal.text)]


def duplicate(state: SessionState, command: AnyCommand) -> list[Event]:
    """A ClOrdID has been used before, or comes twice in a list."""
    text = f"duplicate ClOrdID {command.cl_ord_id}"
    if isinstance(command, NewOrder):
        live = _accepted(state, command.cl_ord_id)
        return [OrderRejected(rejected_image(command), OrdRejReason.DUPLICATE_ORDER, text, "", live)]
    if isinstance(command, NewList):
        return _duplicate_legs(state, command)
    if isinstance(command, MassCancel):
        return [_refused(state, command, MASS_CANCEL_REJECTED_OTHER, text)]
    return [_refused(state, command, CxlRejReason.DUPLICATE_CL_ORD_ID, text)]


def _duplicate_legs(state: SessionState, command: NewList) -> list[Event]:
    times = Counter(names_of(command))
    guilty: dict[int, Refusal] = {
        nth: (OrdRejReason.DUPLICATE_ORDER, f"duplicate ClOrdID {leg.cl_ord_id}")
        for nth, leg in enumerate(command.legs)
        if leg.cl_ord_id in state.orders or times[leg.cl_ord_id] > 1
    }
    return list_rejected(command, guilty)


def unchangeable(state: SessionState, command: CancelOrder | ReplaceOrder) -> Event:
    """The order named is unknown, or known to have ended."""
    order = state.order_named(command.orig_cl_ord_id)
    if order is None:
        return cancel_rejected(command, CxlRejReason.UNKNOWN_ORDER, "unknown order")
    text = f"order is {order.status.name.replace('_', ' ').lower()}"
    return cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, text, order)


def enriched(state: SessionState, report: Report) -> Report:
    """A rejection with the order that it is about, where only the session's own view knows it by now."""
    event = report.event
    if isinstance(event, CancelRejected) and event.order is None:
        order = state.order_named(event.orig_cl_ord_id)
        if order is not None:
            return msgspec.structs.replace(report, event=msgspec.structs.replace(event, order=order))
    elif isinstance(event, OrderRejected) and event.reason == OrdRejReason.DUPLICATE_ORDER and event.live is None:
        live = _accepted(state, event.order.cl_ord_id)
        if live is not None:
            return msgspec.structs.replace(report, event=msgspec.structs.replace(event, live=live))
    return report


def _accepted(state: SessionState, cl_ord_id: str) -> OrderImage | None:
    order = state.order_named(cl_ord_id)
    return order if order is not None and order.order_id else None


def _refused(state: SessionState, command: CancelOrder | ReplaceOrder | MassCancel, reason: int, text: str) -> Event:
    if isinstance(command, MassCancel):
        return MassCancelRejected(command.session_id, command.account_id, command.cl_ord_id, reason, text)
    return cancel_rejected(command, reason, text, state.order_named(command.orig_cl_ord_id))
