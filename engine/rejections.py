"""Refusals as events: what a client asked for, and why it was not done."""

from __future__ import annotations

import msgspec

from engine.commands import CancelOrder, MassCancel, NewList, NewOrder, ReplaceOrder
from engine.events import CancelRejected, Event, MassCancelRejected, OrderRejected
from engine.image import OrderImage
from engine.terms import NOT_IN_A_BOOK, NOTHING_SPECIAL, Link, OrderTerms
from engine.types import OrdRejReason, OrdStatus

Refusal = tuple[int, str]
"""A FIX reason (OrdRejReason or CxlRejReason) and a text."""


def rejected_image(command: NewOrder, link: Link | None = None) -> OrderImage:
    """A refused order as reports show it: nothing of it is or was in a book. ``link``: its place in a refused list."""
    special = command.special
    if link is not None:
        special = msgspec.structs.replace(special or NOTHING_SPECIAL, link=link)
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
        special,
    )
    return OrderImage(terms, OrdStatus.REJECTED, 0, 0, 0, 0, 0)


def list_rejected(command: NewList, guilty: dict[int, Refusal], symbol: str = "") -> list[Event]:
    """Every leg of a list refused: the ``guilty`` ones (from 0, at least one) each with its reason, the others for the
    sake of the first of them. People count legs from 1, as FIX's ListSeqNo does."""
    others = (OrdRejReason.OTHER, f"leg {min(guilty) + 1} of the list was refused")
    events: list[Event] = []
    for nth, leg in enumerate(command.legs):
        link = Link(command.list_id, command.contingency, nth, NOT_IN_A_BOOK) if command.list_id else None
        events.append(OrderRejected(rejected_image(leg, link), *guilty.get(nth, others), symbol))
    return events


def list_rejected_whole(command: NewList, reason: int, text: str, symbol: str = "") -> list[Event]:
    """Every leg of a list refused for the same reason."""
    return list_rejected(command, dict.fromkeys(range(len(command.legs)), (reason, text)), symbol)


def mass_cancel_rejected(command: MassCancel, reason: int, text: str, symbol: str = "") -> MassCancelRejected:
    """``reason`` is FIX 532; ``symbol`` what the client named where it is no listed one."""
    return MassCancelRejected(
        command.session_id,
        command.account_id,
        command.cl_ord_id,
        reason,
        text,
        command.request_type,
        command.symbol_id,
        symbol,
        int(command.side),
    )


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
