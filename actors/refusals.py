"""What a session is told when a command is refused before it reaches an account."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.commands import CancelOrder, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.events import CancelRejected, Event, MassCancelRejected, OrderRejected
from engine.image import OrderImage
from engine.rejections import cancel_rejected, rejected_image
from engine.reports import Report
from engine.session import SessionState
from engine.types import CxlRejReason, OrdRejReason

AnyCommand: TypeAlias = NewOrder | CancelOrder | ReplaceOrder | MassCancel

MASS_CANCEL_REJECTED_OTHER = 99
"""FIX tag 532."""


def refused(state: SessionState, refusal: RejectCommand) -> Event:
    """A refusal that a gateway has decided on."""
    command = refusal.command
    if isinstance(command, NewOrder):
        return OrderRejected(rejected_image(command), refusal.reason, refusal.text, refusal.symbol)
    return _refused(state, command, refusal.reason, refusal.text)


def duplicate(state: SessionState, command: AnyCommand) -> Event:
    """The ClOrdID has been used in this trading day, or by an order that is still open."""
    text = f"duplicate ClOrdID {command.cl_ord_id}"
    if isinstance(command, NewOrder):
        live = _accepted(state, command.cl_ord_id)
        return OrderRejected(rejected_image(command), OrdRejReason.DUPLICATE_ORDER, text, "", live)
    if isinstance(command, MassCancel):
        return _refused(state, command, MASS_CANCEL_REJECTED_OTHER, text)
    return _refused(state, command, CxlRejReason.DUPLICATE_CL_ORD_ID, text)


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
