"""What becomes of an order: each step from one image to the next."""

from __future__ import annotations

import msgspec

from engine.commands import ReplaceOrder
from engine.image import OrderImage
from engine.lifecycle import NEXT, Step, next_status
from engine.money import fee_due, remaining_hold
from engine.types import SCALE, Amount, Qty, Rate, Side

_BUY = Side.BUY
_FILL_PART, _FILL_REST = Step.FILL_PART, Step.FILL_REST


def filled(image: OrderImage, qty: Qty, cost: Amount, rate: Rate) -> tuple[OrderImage, Amount]:
    """A plain order after a fill of ``qty`` for ``cost``, and the fill's fee at ``rate``.

    The hold shrinks to what the rest can still cost; the fee rounds on the order's sum (docs/adr/0008).
    """
    terms = image.terms
    leaves = image.leaves_qty - qty
    raw_before = image.fee_raw
    raw = raw_before + cost * rate
    due = -(-raw // SCALE)
    if not leaves:
        hold = 0
        status = NEXT[image.status][_FILL_REST]
    else:
        status = NEXT[image.status][_FILL_PART]
        if terms.side is _BUY:
            rest = terms.px * leaves // SCALE
            worst = terms.maker_fee if terms.maker_fee > terms.taker_fee else terms.taker_fee
            hold = rest - (-(raw + rest * worst) // SCALE) - due
        else:
            hold = leaves
    after = OrderImage(terms, status, leaves, image.cum_qty + qty, image.cum_notional + cost, raw, hold)
    return after, due + (-raw_before // SCALE)


def ended(image: OrderImage, step: Step) -> OrderImage:
    """The order after a cancel or an expiry: nothing is left and nothing is held."""
    status = next_status(image.status, step)
    return OrderImage(image.terms, status, 0, image.cum_qty, image.cum_notional, image.fee_raw, 0)


def replaced(image: OrderImage, command: ReplaceOrder, leaves: Qty) -> OrderImage:
    """The plain order with the terms of ``command``, ``leaves`` of which are still to trade."""
    before = image.terms
    terms = msgspec.structs.replace(before, cl_ord_id=command.cl_ord_id, order_qty=command.order_qty, px=command.px)
    worst = max(before.maker_fee, before.taker_fee)
    hold = remaining_hold(before.side, command.px, leaves, worst, image.fee_raw, fee_due(image.fee_raw))
    status = next_status(image.status, Step.REPLACE)
    return OrderImage(terms, status, leaves, image.cum_qty, image.cum_notional, image.fee_raw, hold)
