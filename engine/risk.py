"""Pre-trade checks: may this account send this order, and what must be set aside until the book has decided?

What is set aside is *pending*: it is no part of the folded state, because the journal does not know of commands that
have no outcome yet (design §7.3). Free = balance − held − pending.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from engine.account import Account
from engine.commands import NewOrder, ReplaceOrder
from engine.decimals import format_decimal
from engine.instrument import Instrument
from engine.money import hold_asset, protection_px, worst_hold
from engine.types import Amount, CxlRejReason, OrdRejReason, OrdType, Px, Qty, Rate, Side

Refusal = tuple[int, str]
"""A FIX reason (OrdRejReason or CxlRejReason) and a text."""

Terms = tuple[Amount, Qty, Rate]
"""What an order will hold, the quantity that it may still trade, and its worst fee."""

_Reservation = tuple[str, Amount, Terms]

_BUY = Side.BUY
_MARKET = OrdType.MARKET


class Reservations:
    """What an account's commands in flight may still need, per command and in all."""

    __slots__ = ("_by_session", "count", "pending")

    def __init__(self) -> None:
        self._by_session: defaultdict[int, dict[str, _Reservation]] = defaultdict(dict)
        self.count = 0
        self.pending: dict[str, Amount] = {}

    def add(self, session_id: int, cl_ord_id: str, asset: str, amount: Amount, terms: Terms) -> None:
        """Set ``amount`` aside for a command whose order will have ``terms`` once it is accepted."""
        self._by_session[session_id][cl_ord_id] = (asset, amount, terms)
        self.count += 1
        self.pending[asset] = self.pending.get(asset, 0) + amount

    def drop(self, session_id: int, cl_ord_id: str) -> None:
        """The command has its outcome. A command that reserved nothing is none of ours."""
        reservation = self._by_session[session_id].pop(cl_ord_id, None)
        if reservation is not None:
            self.count -= 1
            self.pending[reservation[0]] -= reservation[1]

    def terms_of(self, session_id: int, cl_ord_id: str) -> Terms | None:
        """The terms of a command in flight, None if there is none."""
        reservation = self._by_session[session_id].get(cl_ord_id)
        return None if reservation is None else reservation[2]

    def __len__(self) -> int:
        return self.count


def admit_new(
    account: Account, reservations: Reservations, instrument: Instrument, command: NewOrder, reference_px: Px
) -> NewOrder | Refusal:
    """Check and reserve for a new order. A market order leaves with its protection price stamped.

    ``reference_px`` is what a market order's band is measured from: the opposite touch, else the last price; 0 = none.
    """
    if account.blocked:
        return OrdRejReason.BROKER_OPTION, f"account {account.opened.name} is blocked"
    if account.orders_open + reservations.count >= account.open_orders_max:
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, f"account {account.opened.name} has too many open orders"
    if command.order_qty <= 0:
        return OrdRejReason.INCORRECT_QUANTITY, "quantity must be positive"
    if command.ord_type is _MARKET:
        if reference_px <= 0:
            return OrdRejReason.BROKER_OPTION, f"no reference price for a market order in {instrument.symbol}"
        px = protection_px(command.side, reference_px, instrument)
        command = msgspec.structs.replace(command, px=px)
    elif command.px <= 0:
        return OrdRejReason.OTHER, "price must be positive"
    limits = account.opened
    if limits.max_order_qty or limits.max_order_notional:
        refusal = _limits(account, command.order_qty, command.px)
        if refusal is not None:
            return refusal
    side, qty, rate = command.side, command.order_qty, instrument.worst_fee
    need = worst_hold(side, command.px, qty, rate)
    asset = instrument.quote if side is _BUY else instrument.base
    pending = reservations.pending.get(asset, 0)
    if need > account.balances.get(asset, 0) - account.held.get(asset, 0) - pending:
        return _too_poor(account, reservations, asset, need)
    reservations.add(command.session_id, command.cl_ord_id, asset, need, (need, qty, rate))
    return command


def admit_replace(
    account: Account, reservations: Reservations, instrument: Instrument, command: ReplaceOrder
) -> Refusal | None:
    """Check and reserve for a replace: what the new terms can need beyond what the order holds or has in flight.

    Fills that race the replace spend from the old hold, at the old price. So what is added to the quantity must be
    there beside the old hold, even where a lower price makes the whole need less than before.
    """
    if account.blocked:
        return CxlRejReason.BROKER_OPTION, f"account {account.opened.name} is blocked"
    if command.order_qty <= 0 or command.px <= 0:
        return CxlRejReason.OTHER, "quantity and price must be positive"
    refusal = _limits(account, command.order_qty, command.px)
    if refusal is not None:
        return CxlRejReason.OTHER, refusal[1]
    live = account.orders[command.session_id].get(command.orig_cl_ord_id)
    if live is None:
        side, filled = command.side, 0
        known, leaves, rate = reservations.terms_of(command.session_id, command.orig_cl_ord_id) or (
            0,
            0,
            instrument.worst_fee,
        )
    else:
        side, filled = live.side, live.cum_qty
        known, leaves, rate = live.hold, live.leaves_qty, max(live.maker_fee, live.taker_fee)
    qty = max(0, command.order_qty - filled)
    need = worst_hold(side, command.px, qty, rate)
    more = max(need - known, worst_hold(side, command.px, max(0, qty - leaves), rate))
    asset = hold_asset(side, instrument)
    refusal = _afford(account, reservations, asset, more)
    if refusal is not None:
        return CxlRejReason.OTHER, refusal[1]
    reservations.add(command.session_id, command.cl_ord_id, asset, more, (need, qty, rate))
    return None


def admit_withdrawal(account: Account, reservations: Reservations, asset: str, amount: Amount) -> Refusal | None:
    """None when the account can spare ``amount``; nothing is reserved yet."""
    return _afford(account, reservations, asset, amount)


def _limits(account: Account, qty: int, px: Px) -> Refusal | None:
    limits = account.opened
    if limits.max_order_qty and qty > limits.max_order_qty:
        text = f"quantity {format_decimal(qty)} exceeds the account's limit {format_decimal(limits.max_order_qty)}"
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    if limits.max_order_notional and worst_hold(Side.BUY, px, qty, 0) > limits.max_order_notional:
        text = f"notional exceeds the account's limit {format_decimal(limits.max_order_notional)}"
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    return None


def _afford(account: Account, reservations: Reservations, asset: str, amount: Amount) -> Refusal | None:
    if amount <= account.available(asset) - reservations.pending.get(asset, 0):
        return None
    return _too_poor(account, reservations, asset, amount)


def _too_poor(account: Account, reservations: Reservations, asset: str, amount: Amount) -> Refusal:
    free = account.available(asset) - reservations.pending.get(asset, 0)
    text = f"insufficient {asset}: needs {format_decimal(amount)}, free {format_decimal(max(0, free))}"
    return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
