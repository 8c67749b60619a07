"""Pre-trade checks: may this account send this order, and what must be set aside until the book has decided?

Free = balance − held − pending (design §7.3).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.account import Account
from engine.commands import NewList, NewOrder, ReplaceOrder
from engine.decimals import format_decimal
from engine.instrument import Instrument
from engine.list_holds import leg_needs
from engine.money import hold_asset, worst_hold
from engine.protection import NO_TOUCH, Touch, protected, reprotected
from engine.rejections import Refusal
from engine.reservations import NO_TERMS, Reservations
from engine.types import SCALE, Amount, CxlRejReason, OrdRejReason, OrdType, Px, Side

ListRefusal = tuple[int, int, str]
"""Which leg, from 0, with its refusal."""

NO_TOUCHES: Mapping[int, Touch] = {}

_BUY = Side.BUY
_LIMIT = OrdType.LIMIT


def admit_new(
    account: Account,
    reservations: Reservations,
    instrument: Instrument,
    command: NewOrder,
    touches: Mapping[int, Touch] = NO_TOUCHES,
) -> NewOrder | Refusal:
    """Check and reserve for a new order. One without a limit leaves with its protection price stamped, which comes
    from ``touches`` by symbol id."""
    if account.blocked or account.orders_open + reservations.count >= account.open_orders_max:
        return _may_not_send(account)
    if command.order_qty <= 0 or command.ord_type is not _LIMIT or command.special is not None or command.px <= 0:
        priced = _priced(instrument, command, touches)
        if type(priced) is not NewOrder:
            return priced
        command = priced
    limits = account.opened
    if limits.max_order_qty or limits.max_order_notional:
        refusal = _limits(account, command.order_qty, command.px)
        if refusal is not None:
            return refusal
    px, qty = command.px, command.order_qty
    rate = instrument.maker_fee if instrument.maker_fee > instrument.taker_fee else instrument.taker_fee
    if command.side is _BUY:  # engine.money.worst_hold, written out
        cost = px * qty // SCALE
        need, asset = cost - (-(cost * rate) // SCALE), instrument.quote
    else:
        need, asset = qty, instrument.base
    pending = reservations.pending.get(asset, 0)
    if need > account.balances.get(asset, 0) - account.held.get(asset, 0) - pending:
        return _too_poor(account, reservations, asset, need, command)
    reservations.add(command.session_id, command.cl_ord_id, asset, need, (need, qty, rate, px, command.ord_type))
    return command


def admit_list(
    account: Account,
    reservations: Reservations,
    instrument: Instrument,
    command: NewList,
    touches: Mapping[int, Touch] = NO_TOUCHES,
) -> NewList | ListRefusal:
    """Check and reserve for every leg of a list, or for none (docs/order-book.md §3)."""
    if account.blocked or account.orders_open + reservations.count + len(command.legs) > account.open_orders_max:
        return 0, *_may_not_send(account)
    legs: list[NewOrder] = []
    for nth, leg in enumerate(command.legs):
        priced = _priced(instrument, leg, touches)
        if type(priced) is not NewOrder:
            return nth, *priced
        refusal = _limits(account, priced.order_qty, priced.px)
        if refusal is not None:
            return nth, *refusal
        legs.append(priced)
    rate = instrument.worst_fee
    needs = leg_needs(command.contingency, legs, rate)
    added: dict[str, Amount] = {}
    for nth, (leg, need) in enumerate(zip(legs, needs, strict=True)):
        asset = hold_asset(leg.side, instrument)
        added[asset] = added.get(asset, 0) + need
        if need and added[asset] > _free(account, reservations, asset):
            return nth, *_too_poor(account, reservations, asset, added[asset], leg)
    for leg, need in zip(legs, needs, strict=True):
        asset = hold_asset(leg.side, instrument)
        terms = (need, leg.order_qty, rate, leg.px, leg.ord_type)
        reservations.add(leg.session_id, leg.cl_ord_id, asset, need, terms)
    return msgspec.structs.replace(command, legs=legs)


def admit_replace(
    account: Account, reservations: Reservations, instrument: Instrument, command: ReplaceOrder
) -> ReplaceOrder | Refusal:
    """Check and reserve for a replace: what the new terms can need beyond what the order holds or has in flight.

    Fills that race the replace spend from the old hold, at the old price. So what is added to the quantity must be
    there beside the old hold, even where a lower price makes the whole need less than before. Where the command names
    no price, and the order has no limit of its own, it leaves with its protection price.
    """
    if account.blocked:
        return CxlRejReason.BROKER_OPTION, f"account {account.opened.name} is blocked"
    live = account.orders[command.session_id].get(command.orig_cl_ord_id)
    if live is None:
        side, filled = command.side, 0
        in_flight = reservations.terms_of(command.session_id, command.orig_cl_ord_id)
        known, leaves, rate, px, ord_type = in_flight or (0, 0, instrument.worst_fee, 0, _LIMIT)
    else:
        terms = live.terms
        side, filled, px, ord_type = terms.side, live.cum_qty, terms.px, terms.ord_type
        known, leaves, rate = live.hold, live.leaves_qty, max(terms.maker_fee, terms.taker_fee)
    if not command.px:
        command = reprotected(command, side, ord_type, px, instrument)
    if command.order_qty <= 0 or command.px <= 0:
        return CxlRejReason.OTHER, "quantity and price must be positive"
    refusal = _limits(account, command.order_qty, command.px)
    if refusal is not None:
        return CxlRejReason.OTHER, refusal[1]
    qty = max(0, command.order_qty - filled)
    need = worst_hold(side, command.px, qty, rate)
    more = max(need - known, worst_hold(side, command.px, max(0, qty - leaves), rate))
    asset = hold_asset(side, instrument)
    refusal = _afford(account, reservations, asset, more)
    if refusal is not None:
        return CxlRejReason.OTHER, refusal[1]
    reservations.add_replace(command, side, asset, more, (need, qty, rate, command.px, ord_type))
    return command


def admit_withdrawal(
    account: Account, reservations: Reservations, name: str, asset: str, amount: Amount
) -> Refusal | None:
    """Check and reserve for a withdrawal, under a ``name`` of the venue's own (session 0)."""
    refusal = _afford(account, reservations, asset, amount)
    if refusal is None:
        reservations.add(0, name, asset, amount, NO_TERMS)
    return refusal


def _may_not_send(account: Account) -> Refusal:
    name = account.opened.name
    if account.blocked:
        return OrdRejReason.BROKER_OPTION, f"account {name} is blocked"
    return OrdRejReason.ORDER_EXCEEDS_LIMIT, f"account {name} has too many open orders"


def _priced(instrument: Instrument, command: NewOrder, touches: Mapping[int, Touch]) -> NewOrder | Refusal:
    """The order with its worst price, quantity and price being positive."""
    if command.order_qty <= 0:
        return OrdRejReason.INCORRECT_QUANTITY, "quantity must be positive"
    priced = protected(command, instrument, touches.get(instrument.symbol_id, NO_TOUCH))
    if type(priced) is NewOrder and priced.px <= 0:
        return OrdRejReason.OTHER, "price must be positive"
    return priced


def _limits(account: Account, qty: int, px: Px) -> Refusal | None:
    limits = account.opened
    if limits.max_order_qty and qty > limits.max_order_qty:
        text = f"quantity {format_decimal(qty)} exceeds the account's limit {format_decimal(limits.max_order_qty)}"
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    if limits.max_order_notional and worst_hold(Side.BUY, px, qty, 0) > limits.max_order_notional:
        text = f"notional exceeds the account's limit {format_decimal(limits.max_order_notional)}"
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    return None


def _free(account: Account, reservations: Reservations, asset: str) -> Amount:
    """What may be promised: nothing, where a bust has left the account owing."""
    return max(0, account.available(asset) - reservations.pending.get(asset, 0))


def _afford(account: Account, reservations: Reservations, asset: str, amount: Amount) -> Refusal | None:
    if amount <= _free(account, reservations, asset):
        return None
    return _too_poor(account, reservations, asset, amount)


def _too_poor(
    account: Account, reservations: Reservations, asset: str, amount: Amount, command: NewOrder | None = None
) -> Refusal:
    free = format_decimal(_free(account, reservations, asset))
    text = f"insufficient {asset}: needs {format_decimal(amount)}, free {free}"
    if command is not None and command.special is not None and command.special.reduce_only:
        text = f"a reduce-only order sells at most what is free of {asset}: {free}, not {format_decimal(amount)}"
    return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
