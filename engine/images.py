"""What becomes of an order: each step from one image to the next."""

from __future__ import annotations

import msgspec

from engine.commands import ReplaceOrder
from engine.events import OrderImage
from engine.lifecycle import NEXT, Step, next_status
from engine.money import fee_due, remaining_hold
from engine.types import SCALE, Amount, Qty, Rate, Side

_BUY = Side.BUY
_FILL_PART, _FILL_REST = Step.FILL_PART, Step.FILL_REST


def filled(image: OrderImage, qty: Qty, cost: Amount, rate: Rate) -> tuple[OrderImage, Amount]:
    """The order after a fill of ``qty`` for ``cost``, and the fill's fee at ``rate``.

    The hold shrinks to what the rest can still cost; the fee rounds on the order's sum (docs/adr/0008).
    """
    leaves = image.leaves_qty - qty
    raw_before = image.fee_raw
    raw = raw_before + cost * rate
    due = -(-raw // SCALE)
    side = image.side
    if not leaves:
        hold = 0
        status = NEXT[image.status][_FILL_REST]
    else:
        status = NEXT[image.status][_FILL_PART]
        if side is _BUY:
            rest = image.px * leaves // SCALE
            worst = image.maker_fee if image.maker_fee > image.taker_fee else image.taker_fee
            hold = rest - (-(raw + rest * worst) // SCALE) - due
        else:
            hold = leaves
    after = OrderImage(
        image.order_id,
        image.session_id,
        image.account_id,
        image.symbol_id,
        image.cl_ord_id,
        side,
        image.ord_type,
        image.tif,
        image.order_qty,
        image.px,
        status,
        leaves,
        image.cum_qty + qty,
        image.cum_notional + cost,
        raw,
        hold,
        image.maker_fee,
        image.taker_fee,
    )
    return after, due + (-raw_before // SCALE)


def ended(image: OrderImage, step: Step) -> OrderImage:
    """The order after a cancel or an expiry: nothing is left and nothing is held."""
    return msgspec.structs.replace(image, status=next_status(image.status, step), leaves_qty=0, hold=0)


def replaced(image: OrderImage, command: ReplaceOrder, leaves: Qty) -> OrderImage:
    """The order with the terms of ``command``, ``leaves`` of which are still to trade."""
    worst = max(image.maker_fee, image.taker_fee)
    fee_paid = fee_due(image.fee_raw)
    return msgspec.structs.replace(
        image,
        cl_ord_id=command.cl_ord_id,
        order_qty=command.order_qty,
        px=command.px,
        leaves_qty=leaves,
        status=next_status(image.status, Step.REPLACE),
        hold=remaining_hold(image.side, command.px, leaves, worst, image.fee_raw, fee_paid),
    )
