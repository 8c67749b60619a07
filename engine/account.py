"""A cash account: balances, holds and open orders, folded from what the journal says happened."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter

from engine.events import (
    AccountBlocked,
    AccountOpened,
    Deposited,
    Event,
    MassCancelCompleted,
    MassCancelPartDone,
    MassCancelRequested,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
    Withdrawn,
)
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.money import change_of
from engine.types import SCALE, Amount, Px, Qty, Side

OPEN_ORDERS_MAX = 100_000
"""Open orders that an account may have unless it is told otherwise."""

_BUY = Side.BUY
_FOLLOWED = frozenset({OrderCanceled, OrderExpired, OrderUpdated, OrderTriggered, OrderRestated})
"""Events after which the order goes by the name that it had."""
_order_id = attrgetter("terms.order_id")


class MassCancelProgress:
    """A mass cancel whose parts are not all done yet (design §7.6)."""

    __slots__ = ("canceled", "remaining", "request")

    def __init__(self, request: MassCancelRequested) -> None:
        self.request = request
        self.remaining = set(request.symbol_ids)
        self.canceled = 0

    def state(self) -> object:
        return (self.request, sorted(self.remaining), self.canceled)


class Account:
    """Balances and holds per asset at scale 10^-8. ``held`` is the sum of the open orders' holds, never more than the
    balance; what is in flight to a book is not here but in :class:`engine.risk.Reservations`."""

    def __init__(self, opened: AccountOpened, instruments: dict[int, Instrument]) -> None:
        self.opened = opened
        self.instruments = instruments
        self.blocked = False
        self.balances: dict[str, Amount] = {}
        self.held: dict[str, Amount] = {}
        self.orders: defaultdict[int, dict[str, OrderImage]] = defaultdict(dict)
        """Open orders by session and ClOrdID."""
        self.orders_open = 0
        self.mass_cancels: dict[int, MassCancelProgress] = {}
        self.mass_cancels_requested = 0
        self.open_orders_max = OPEN_ORDERS_MAX

    def apply(self, event: Event) -> None:
        """Fold one event of the journal in; of a trade, the sides that are this account's."""
        if type(event) is TradeExecuted:
            self.apply_trade(event)
        elif type(event) is OrderAccepted:
            self.apply_accepted(event.order)
        elif type(event) in _FOLLOWED:
            image: OrderImage = event.order  # type: ignore[union-attr, assignment]
            self._follow(image, image.terms.cl_ord_id)
            if type(event) is OrderCanceled and event.request_id:
                self.mass_cancels[event.request_id].canceled += 1
        elif type(event) is OrderReplaced:
            self._follow(event.order, event.orig_cl_ord_id)
        else:
            self._apply_rare(event)

    def apply_trade(self, trade: TradeExecuted) -> None:
        """As :meth:`apply`."""
        mine = self.opened.account_id
        image = trade.aggressor
        if image.terms.account_id == mine:
            self._settle(image, trade.px, trade.qty, trade.aggressor_fee)
        image = trade.resting
        if image.terms.account_id == mine:
            self._settle(image, trade.px, trade.qty, trade.resting_fee)

    def apply_accepted(self, image: OrderImage) -> None:
        """As :meth:`apply` of an ``OrderAccepted``."""
        terms = image.terms
        instrument = self.instruments[terms.symbol_id]
        asset = instrument.quote if terms.side is _BUY else instrument.base
        held = self.held
        held[asset] = held.get(asset, 0) + image.hold
        self.orders[terms.session_id][terms.cl_ord_id] = image
        self.orders_open += 1

    def _follow(self, image: OrderImage, known_as: str) -> None:
        """Set an order's hold to what the event says and remember or forget the order."""
        terms = image.terms
        orders = self.orders[terms.session_id]
        change = image.hold
        before = orders.pop(known_as, None)
        if before is not None:
            change -= before.hold
            self.orders_open -= 1
        if change:
            instrument = self.instruments[terms.symbol_id]
            asset = instrument.quote if terms.side is _BUY else instrument.base
            self.held[asset] = self.held.get(asset, 0) + change
        if image.leaves_qty:
            orders[terms.cl_ord_id] = image
            self.orders_open += 1

    def _settle(self, image: OrderImage, px: Px, qty: Qty, fee: Amount) -> None:
        terms = image.terms
        instrument = self.instruments[terms.symbol_id]
        base, quote = instrument.base, instrument.quote
        balances = self.balances
        cost = px * qty // SCALE
        if terms.side is _BUY:
            balances[base] = balances.get(base, 0) + qty
            balances[quote] = balances.get(quote, 0) - cost - fee
            asset = quote
        else:
            balances[base] = balances.get(base, 0) - qty
            balances[quote] = balances.get(quote, 0) + cost - fee
            asset = base
        orders = self.orders[terms.session_id]
        cl_ord_id = terms.cl_ord_id
        if image.leaves_qty:
            before = orders[cl_ord_id]
            orders[cl_ord_id] = image
        else:
            before = orders.pop(cl_ord_id)
            self.orders_open -= 1
        self.held[asset] += image.hold - before.hold

    # ---- what is rare ---------------------------------------------------------------------------------------------

    def _apply_rare(self, event: Event) -> None:
        if isinstance(event, Deposited):
            self.credit(event.asset, event.amount)
        elif isinstance(event, Withdrawn):
            self.credit(event.asset, -event.amount)
        elif isinstance(event, AccountBlocked):
            self.blocked = event.blocked
        elif isinstance(event, AccountOpened):
            self.opened = event
        elif isinstance(event, MassCancelRequested):
            self.mass_cancels_requested += 1
            self.mass_cancels[event.request_id] = MassCancelProgress(event)
        elif isinstance(event, MassCancelPartDone):
            progress = self.mass_cancels.get(event.request_id)
            if progress is not None:  # one that was driven twice is done once
                progress.remaining.discard(event.symbol_id)
        elif isinstance(event, MassCancelCompleted):
            del self.mass_cancels[event.request_id]
        elif isinstance(event, TradeBusted | TradeCorrected):
            self._unsettle(event)

    def _unsettle(self, event: TradeBusted | TradeCorrected) -> None:
        """Book the difference; what is spent already is owed, so a balance may fall below zero (design §7.14)."""
        change = change_of(event)
        mine = self.opened.account_id
        for image, fee in ((event.aggressor, change.aggressor_fee), (event.resting, change.resting_fee)):
            terms = image.terms
            if terms.account_id != mine:
                continue
            instrument = self.instruments[terms.symbol_id]
            sign = 1 if terms.side is _BUY else -1
            self.credit(instrument.base, sign * change.qty)
            self.credit(instrument.quote, -sign * change.cost - fee)
            known = self.orders[terms.session_id].get(terms.cl_ord_id)
            if known is not None and known.terms.order_id == terms.order_id:  # else the name is another order's by now
                self._follow(image, terms.cl_ord_id)

    def open_orders(self) -> list[OrderImage]:
        return [image for mine in self.orders.values() for image in mine.values()]

    def credit(self, asset: str, amount: Amount) -> None:
        """Add to a balance; a debit is negative."""
        self.balances[asset] = self.balances.get(asset, 0) + amount

    def available(self, asset: str) -> Amount:
        """Balance less holds; what is in flight is not considered."""
        return self.balances.get(asset, 0) - self.held.get(asset, 0)

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order (for the state hash)."""
        return (
            self.opened,
            self.blocked,
            sorted((asset, amount) for asset, amount in self.balances.items() if amount),
            sorted((asset, amount) for asset, amount in self.held.items() if amount),
            sorted(self.open_orders(), key=_order_id),
            [self.mass_cancels[key].state() for key in sorted(self.mass_cancels)],
            self.mass_cancels_requested,
        )
