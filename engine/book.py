"""The order book of one instrument: price-time priority, commands in, events out.

A command is worked in stages: *check* the instrument's rules, *match* against the other side, then *rest* or *drop*
what is left. Each returns nothing but events; the book never waits, reads no clock and draws no ids that replay could
not draw again. :meth:`Book.apply` folds the same events, so a book is rebuilt from the journal without matching.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain

from engine.commands import ANY, CancelAll, CancelOrder, ExpireDayOrders, NewOrder, ReplaceOrder, SetInstrumentStatus
from engine.events import (
    DayOrdersExpired,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    MassCancelPartDone,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.images import ended, filled, replaced
from engine.instrument import Instrument
from engine.ladder import Ladder
from engine.lifecycle import Step
from engine.money import worst_hold
from engine.order import Order
from engine.queries import DepthLevel
from engine.rejections import cancel_rejected, rejected_image
from engine.rules import check_order
from engine.terms import OrderTerms
from engine.types import SCALE, CancelReason, CxlRejReason, OrdStatus, OrdType, Px, Side, TimeInForce

ID_BITS = 40
"""An order or trade id is ``symbol_id << 40 | n``: unique in the venue, and it tells the book."""

_BUY = Side.BUY
_MARKET = OrdType.MARKET
_FOK = TimeInForce.FOK
_NEW = OrdStatus.NEW
_DROPPED_AT_ONCE = {TimeInForce.IOC: CancelReason.IMMEDIATE_REMAINDER, TimeInForce.FOK: CancelReason.FILL_OR_KILL}


def symbol_of(order_id: int) -> int:
    """The symbol id of the book that gave out ``order_id``."""
    return order_id >> ID_BITS


class Book:
    """One instrument's resting orders and the rules by which they trade."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.status = instrument.status
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self.last_px: Px = 0
        self.last_day = ""
        self._by_ref: defaultdict[int, dict[str, Order]] = defaultdict(dict)
        """By session and ClOrdID: a dict of its own for each session, so that no key is made for an order."""
        self._by_account: dict[int, dict[int, Order]] = {}
        self._due: list[tuple[int, int]] = []
        """(OrderID, account id) of the DAY orders that an expiry under way has still to expire, the next one last."""
        self._base_id = instrument.symbol_id << ID_BITS
        self._orders_accepted = 0
        self._trades_made = 0

    # ---- counts, for metrics --------------------------------------------------------------------------------------

    @property
    def orders_accepted(self) -> int:
        """Orders that this book has taken in since the journal's beginning."""
        return self._orders_accepted

    @property
    def trades_made(self) -> int:
        """Trades since the journal's beginning."""
        return self._trades_made

    @property
    def orders_resting(self) -> int:
        return len(self)

    # ---- commands -------------------------------------------------------------------------------------------------

    def new_order(self, command: NewOrder) -> list[Event]:
        """Match a new order, rest what is left: ``OrderAccepted, TradeExecuted*, OrderCanceled?`` or a rejection."""
        refusal = check_order(
            self.instrument, self.status, command.ord_type, command.tif, command.order_qty, command.px
        )
        if refusal is not None:
            return [OrderRejected(rejected_image(command), refusal[0], refusal[1])]
        self._orders_accepted += 1
        instrument = self.instrument
        side, qty, px = command.side, command.order_qty, command.px
        terms = OrderTerms(
            self._base_id + self._orders_accepted,
            command.session_id,
            command.account_id,
            command.symbol_id,
            command.cl_ord_id,
            side,
            command.ord_type,
            command.tif,
            qty,
            px,
            instrument.maker_fee,
            instrument.taker_fee,
        )
        image = OrderImage(terms, _NEW, qty, 0, 0, 0, worst_hold(side, px, qty, instrument.worst_fee))
        events: list[Event] = [OrderAccepted(image)]
        self._place(image, events)
        return events

    def cancel(self, command: CancelOrder) -> list[Event]:
        """``OrderCanceled``, or ``CancelRejected`` when the order is no longer (or never was) in the book."""
        order = self._find(command)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        return [self._cancel_resting(order, CancelReason.REQUESTED, command.cl_ord_id)]

    def replace(self, command: ReplaceOrder) -> list[Event]:
        """Change price or quantity.

        Priority is kept only when the quantity falls at the same price; anything else joins the end of its queue, and
        may trade. A new quantity at or below what is filled cancels the rest (FIX 4.4 vol. 4, order cancel/replace).
        """
        order = self._find(command)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        image = order.image
        refusal = check_order(self.instrument, self.status, image.ord_type, image.tif, command.order_qty, command.px)
        if refusal is None and command.side is not image.side:
            refusal = (CxlRejReason.OTHER, "the side of an order cannot be changed")
        if refusal is not None:
            return [cancel_rejected(command, CxlRejReason.OTHER, refusal[1], image)]
        leaves = command.order_qty - image.cum_qty
        if leaves <= 0:
            return [self._cancel_resting(order, CancelReason.REDUCED_TO_FILLED, command.cl_ord_id)]
        return self._replace_resting(order, command, leaves)

    def cancel_all(self, command: CancelAll, limit: int) -> tuple[list[Event], bool]:
        """Cancel up to ``limit`` of an account's orders; True when this book's part of the request is done."""
        mine = self._by_account.get(command.account_id, {})
        chosen: list[Order] = []
        done = True
        for order in mine.values():
            if command.side in (ANY, order.image.side):
                if len(chosen) == limit:
                    done = False
                    break
                chosen.append(order)
        reason = CancelReason(command.reason)
        events: list[Event] = [self._cancel_resting(order, reason, "", command.request_id) for order in chosen]
        if done:
            events.append(MassCancelPartDone(command.request_id, self.instrument.symbol_id, len(chosen)))
        return events, done

    def expire_day_orders(self, command: ExpireDayOrders, limit: int) -> tuple[list[Event], bool]:
        """Expire up to ``limit`` DAY orders by OrderID; True (and ``DayOrdersExpired`` last) when none is left.

        The first call decides which: an order that comes before the last call belongs to the new day.
        """
        due = self._due
        if not due:
            resting = chain.from_iterable(mine.values() for mine in self._by_ref.values())
            day_orders = (order.image for order in resting if order.image.tif is TimeInForce.DAY)
            due += sorted(((image.order_id, image.account_id) for image in day_orders), reverse=True)
        events: list[Event] = []
        while due and len(events) < limit:
            order_id, account_id = due.pop()
            order = self._by_account[account_id].get(order_id)
            if order is not None:
                self._unrest(order)
                events.append(OrderExpired(ended(order.image, Step.EXPIRE), CancelReason.END_OF_DAY))
        done = not due
        if done:
            self.last_day = command.day
            events.append(DayOrdersExpired(self.instrument.symbol_id, command.day))
        return events, done

    def set_status(self, command: SetInstrumentStatus) -> list[Event]:
        self.status = command.status
        return [InstrumentStatusChanged(command.symbol_id, command.status, command.operator)]

    # ---- stages ---------------------------------------------------------------------------------------------------

    def _place(self, image: OrderImage, events: list[Event]) -> None:
        """Match an order that is not in the book, then rest or drop its remainder."""
        if image.side is _BUY:
            opposite, crossing_key = self.asks, -image.px
        else:
            opposite, crossing_key = self.bids, image.px
        keys = opposite.keys
        if keys and keys[-1] >= crossing_key:
            wanted = image.leaves_qty
            if image.tif is not _FOK or opposite.available(crossing_key, wanted) >= wanted:
                image = self._match(image, opposite, crossing_key, events)
                if not image.leaves_qty:
                    return
        if image.ord_type is _MARKET or image.tif in _DROPPED_AT_ONCE:
            reason = _DROPPED_AT_ONCE.get(image.tif, CancelReason.IMMEDIATE_REMAINDER)
            events.append(OrderCanceled(ended(image, Step.CANCEL), reason))
        else:
            self._rest(Order(image))

    def _match(self, taker: OrderImage, opposite: Ladder, crossing_key: int, events: list[Event]) -> OrderImage:
        """Trade ``taker`` against the other side, best price first and oldest first, each at the resting price.

        Returns what has become of it.
        """
        keys, levels = opposite.keys, opposite.levels
        leaves = taker.leaves_qty
        while leaves and keys and keys[-1] >= crossing_key:
            level = levels[keys[-1]]
            px = level.px
            while leaves and level.count:
                order = level.head()
                maker = order.image
                qty = maker.leaves_qty
                if qty > leaves:
                    qty = leaves
                leaves -= qty
                level.qty -= qty
                cost = px * qty // SCALE
                taker, taker_fee = filled(taker, qty, cost, taker.taker_fee)
                maker, maker_fee = filled(maker, qty, cost, maker.maker_fee)
                self._trades_made += 1
                trade_id = self._base_id + self._trades_made
                events.append(TradeExecuted(trade_id, px, qty, taker, maker, taker_fee, maker_fee))
                order.image = maker
                if not maker.leaves_qty:
                    level.queue.popleft()
                    level.count -= 1
                    order.level = None
                    self._forget(maker)
            self.last_px = px
            if not level.count:
                opposite.discard(level)
        return taker

    def _replace_resting(self, order: Order, command: ReplaceOrder, leaves: int) -> list[Event]:
        before = order.image
        keeps = command.px == before.px and leaves <= before.leaves_qty
        image = replaced(before, command, leaves)
        events: list[Event] = [OrderReplaced(image, before.cl_ord_id, keeps)]
        if keeps:
            self._shrink(order, image)
        else:
            self._unrest(order)
            # A new Order: the old one may still stand in its queue as a ghost and would come to life in its old place.
            self._place(image, events)
        return events

    def _shrink(self, order: Order, image: OrderImage) -> None:
        """A resting order takes on ``image``, with less left at the same price, and keeps its place."""
        before = order.image
        assert order.level is not None
        order.level.qty -= before.leaves_qty - image.leaves_qty
        del self._by_ref[before.session_id][before.cl_ord_id]
        order.image = image
        self._by_ref[image.session_id][image.cl_ord_id] = order

    def _cancel_resting(self, order: Order, reason: CancelReason, cl_ord_id: str, request_id: int = 0) -> OrderCanceled:
        self._unrest(order)
        return OrderCanceled(ended(order.image, Step.CANCEL), reason, cl_ord_id, request_id)

    # ---- what rests -----------------------------------------------------------------------------------------------

    def _rest(self, order: Order) -> None:
        image = order.image
        (self.bids if image.side is _BUY else self.asks).rest(order)
        self._by_ref[image.session_id][image.cl_ord_id] = order
        mine = self._by_account.get(image.account_id)
        if mine is None:
            mine = self._by_account[image.account_id] = {}
        mine[image.order_id] = order

    def _unrest(self, order: Order) -> None:
        (self.bids if order.image.side is _BUY else self.asks).remove(order)
        self._forget(order.image)

    def _forget(self, image: OrderImage) -> None:
        del self._by_ref[image.session_id][image.cl_ord_id]
        del self._by_account[image.account_id][image.order_id]

    def _find(self, command: CancelOrder | ReplaceOrder) -> Order | None:
        """The session's resting order that a command names, by OrderID where given, else by OrigClOrdID."""
        if not command.order_id:
            return self._by_ref[command.session_id].get(command.orig_cl_ord_id)
        order = self._by_account.get(command.account_id, {}).get(command.order_id)
        return order if order is not None and order.image.session_id == command.session_id else None

    # ---- fold -----------------------------------------------------------------------------------------------------

    def apply(self, events: list[Event]) -> None:
        """Fold one record's events: what a command did to this book, without matching again."""
        incoming: OrderImage | None = None
        for event in events:
            if type(event) is OrderAccepted:
                incoming = event.order
                self._orders_accepted = incoming.order_id - self._base_id
            elif type(event) is TradeExecuted:
                incoming = event.aggressor
                self._apply_fill(event.resting, event.qty)
                self.last_px = event.px
                self._trades_made = event.trade_id - self._base_id
            elif type(event) is OrderCanceled or type(event) is OrderExpired:
                if incoming is not None and incoming.order_id == event.order.order_id:
                    incoming = None
                else:
                    self._unrest(self._resting(event.order))
            elif type(event) is OrderReplaced:
                incoming = self._apply_replaced(event)
            elif isinstance(event, InstrumentStatusChanged):
                self.status = event.status
            elif isinstance(event, InstrumentListed):
                self.instrument = event.instrument
            elif isinstance(event, DayOrdersExpired):
                self.last_day = event.day
        if incoming is not None and incoming.leaves_qty:
            self._rest(Order(incoming))

    def _resting(self, image: OrderImage) -> Order:
        return self._by_account[image.account_id][image.order_id]

    def _apply_fill(self, image: OrderImage, qty: int) -> None:
        order = self._resting(image)
        level = order.level
        assert level is not None
        if image.leaves_qty:
            level.qty -= qty
            order.image = image
        else:
            self._unrest(order)

    def _apply_replaced(self, event: OrderReplaced) -> OrderImage | None:
        order = self._resting(event.order)
        if event.kept_priority:
            self._shrink(order, event.order)
            return None
        self._unrest(order)
        return event.order

    # ---- views ----------------------------------------------------------------------------------------------------

    def depth(self, levels: int) -> tuple[list[DepthLevel], list[DepthLevel]]:
        """Bids and asks, best first, at most ``levels`` a side (0 = all)."""
        return self.bids.depth(levels), self.asks.depth(levels)

    def open_orders(self, account_id: int) -> list[OrderImage]:
        return [order.image for order in self._by_account.get(account_id, {}).values()]

    def __len__(self) -> int:
        return sum(len(mine) for mine in self._by_ref.values())

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order (for the state hash)."""
        return (
            self.instrument.symbol_id,
            self.status,
            self.last_px,
            self.last_day,
            self._orders_accepted,
            self._trades_made,
            [[order.image for order in level.orders()] for level in self.bids],
            [[order.image for order in level.orders()] for level in self.asks],
        )
