"""What becomes of an order: each step from one image to the next."""

from __future__ import annotations

import msgspec

from engine.commands import ReplaceOrder
from engine.image import OrderImage, Working
from engine.lifecycle import Step, next_status
from engine.money import fee_due, remaining_hold
from engine.terms import OrderTerms
from engine.types import SCALE, Amount, OrdStatus, Qty, Rate, Side

_BUY = Side.BUY
_FILLED, _PARTIALLY_FILLED = OrdStatus.FILLED, OrdStatus.PARTIALLY_FILLED


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
        status = _FILLED  # what lifecycle.NEXT says of an open order; looking it up there costs more than the fill
    else:
        status = _PARTIALLY_FILLED
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
    working = image.working
    if working is not None:
        working = Working()
    return OrderImage(image.terms, status, 0, image.cum_qty, image.cum_notional, image.fee_raw, 0, working)


def replaced(image: OrderImage, command: ReplaceOrder, leaves: Qty) -> OrderImage:
    """The plain order with the terms of ``command``, ``leaves`` of which are still to trade."""
    terms = msgspec.structs.replace(
        image.terms, cl_ord_id=command.cl_ord_id, order_qty=command.order_qty, px=command.px
    )
    return with_terms(image, terms, leaves, next_status(image.status, Step.REPLACE))


# ---- special terms ------------------------------------------------------------------------------------------------


def need(terms: OrderTerms, leaves: Qty, fee_raw: int) -> Amount:
    """What an order must hold for ``leaves``, its fees so far considered."""
    worst = terms.maker_fee if terms.maker_fee > terms.taker_fee else terms.taker_fee
    return remaining_hold(terms.side, terms.px, leaves, worst, fee_raw, fee_due(fee_raw))


def with_terms(image: OrderImage, terms: OrderTerms, leaves: Qty, status: OrdStatus) -> OrderImage:
    """The order under other terms, with the hold that follows from them."""
    hold = need(terms, leaves, image.fee_raw)
    return OrderImage(terms, status, leaves, image.cum_qty, image.cum_notional, image.fee_raw, hold, image.working)


def with_working(image: OrderImage, working: Working) -> OrderImage:
    return OrderImage(
        image.terms,
        image.status,
        image.leaves_qty,
        image.cum_qty,
        image.cum_notional,
        image.fee_raw,
        image.hold,
        working,
    )


def with_hold(image: OrderImage, hold: Amount) -> OrderImage:
    return OrderImage(
        image.terms,
        image.status,
        image.leaves_qty,
        image.cum_qty,
        image.cum_notional,
        image.fee_raw,
        hold,
        image.working,
    )


def showing(image: OrderImage, shown: Qty) -> OrderImage:
    """The order with another displayed part."""
    working = image.working
    if working is None or working.shown == shown:
        return image
    return with_working(image, Working(working.wait, working.px, shown, working.stop_px))


def on_other_terms(image: OrderImage, terms: OrderTerms, leaves: Qty) -> OrderImage:
    """The order as the venue itself changes it: it never holds more than before, and a leg whose hold is its list's
    (docs/adr/0013) as much as before."""
    after = with_terms(image, terms, leaves, image.status)
    special = terms.special
    if special is not None and special.link is not None and special.link.is_exclusive:
        return with_hold(after, image.hold)
    return with_hold(after, min(after.hold, image.hold))


def decremented(image: OrderImage, qty: Qty) -> OrderImage:
    """The order with ``qty`` less of what was asked for and of what is left; some must be left."""
    terms = msgspec.structs.replace(image.terms, order_qty=image.terms.order_qty - qty)
    leaves = image.leaves_qty - qty
    after = on_other_terms(image, terms, leaves)
    working = image.working
    return after if working is None else showing(after, min(working.shown, leaves))
