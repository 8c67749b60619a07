"""Refusals as events: what a client asked for, and why it was not done."""

from __future__ import annotations

from engine.commands import CancelOrder, NewOrder, ReplaceOrder
from engine.events import CancelRejected
from engine.image import OrderImage
from engine.terms import OrderTerms
from engine.types import OrdStatus


def rejected_image(command: NewOrder) -> OrderImage:
    """A refused order as reports show it: nothing of it is or was in a book."""
    terms = OrderTerms(
        0,
        command.session_id,
        command.account_id,
        command.symbol_id,
        command.cl_ord_id,
        command.side,
        command.ord_type,
        command.tif,
        command.order_qty,
        command.px,
        0,
        0,
        command.special,
    )
    return OrderImage(terms, OrdStatus.REJECTED, 0, 0, 0, 0, 0)


def cancel_rejected(
    command: CancelOrder | ReplaceOrder, reason: int, text: str, order: OrderImage | None = None
) -> CancelRejected:
    is_replace = isinstance(command, ReplaceOrder)
    return CancelRejected(
        command.session_id,
        command.account_id,
        command.cl_ord_id,
        command.orig_cl_ord_id,
        is_replace,
        reason,
        text,
        order,
    )
