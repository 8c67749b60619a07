"""Plain orders among plain orders: the short way of matching, written out because it is where a venue's time goes.

The general way, :mod:`engine.matching`, has the same results; this one is left for it as soon as a price that crosses
holds an order with special terms.
"""

from __future__ import annotations

from engine import amending, matching
from engine.book_fold import BookFold
from engine.commands import (
    ReplaceOrder,
)
from engine.events import (
    Event,
    OrderCanceled,
    OrderReplaced,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.images import ended, filled, replaced
from engine.ladder import Ladder
from engine.lifecycle import Step
from engine.order import Order
from engine.rejections import cancel_rejected
from engine.rules import check_order
from engine.types import (
    SCALE,
    CancelReason,
    CxlRejReason,
    InstrumentStatus,
    OrdStatus,
    OrdType,
    Side,
    TimeInForce,
    TradingPhase,
)

_BUY = Side.BUY
_MARKET, _LIMIT = OrdType.MARKET, OrdType.LIMIT
_DAY, _GTC, _IOC, _FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
_NEW, _PARTIALLY_FILLED, _FILLED = OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED
_CANCELED = OrdStatus.CANCELED
_REQUESTED = CancelReason.REQUESTED
_ACTIVE = InstrumentStatus.ACTIVE
_CONTINUOUS = TradingPhase.CONTINUOUS


class ShortWay(BookFold):
    """Matching and replacing plain orders."""

    __slots__ = ()

    def _place(self, image: OrderImage, events: list[Event]) -> None:
        """Match a plain order that is not in the book, then rest or drop its remainder."""
        terms = image.terms
        if terms.side is _BUY:
            opposite, crossing_key = self.asks, -terms.px
        else:
            opposite, crossing_key = self.bids, terms.px
        tif = terms.tif
        keys = opposite.keys
        if keys and keys[-1] >= crossing_key:
            if self.orders and opposite.has_specials(crossing_key):
                matching.work(self, image, events)
                return
            wanted = image.leaves_qty
            if tif is not _FOK or opposite.available(crossing_key, wanted) >= wanted:
                image = self._match(image, opposite, crossing_key, events)
                if not image.leaves_qty:
                    return
        if tif is _FOK:
            events.append(OrderCanceled(ended(image, Step.CANCEL), CancelReason.FILL_OR_KILL))
        elif tif is _IOC or terms.ord_type is _MARKET:
            events.append(OrderCanceled(ended(image, Step.CANCEL), CancelReason.IMMEDIATE_REMAINDER))
        else:
            self.rest(Order(image))

    def _match(self, taker: OrderImage, opposite: Ladder, crossing_key: int, events: list[Event]) -> OrderImage:
        """Trade ``taker`` against plain orders, best price first and oldest first, each at the resting price.

        :func:`engine.images.filled` is written out here for both sides of a trade: it is where a venue's time goes.
        Returns what has become of the taker.
        """
        keys, levels = opposite.keys, opposite.levels
        by_ref = self._by_ref
        terms = taker.terms
        buys = terms.side is _BUY
        limit, rate = terms.px, terms.taker_fee
        worst = terms.maker_fee if terms.maker_fee > rate else rate
        leaves, cum, paid, raw = taker.leaves_qty, taker.cum_qty, taker.cum_notional, taker.fee_raw
        due = -(-raw // SCALE) if raw else 0
        trade_id = self._base_id + self._trades_made
        while leaves and keys and keys[-1] >= crossing_key:
            level = levels[keys[-1]]
            px, queue = level.px, level.queue
            while leaves and level.count:
                order = queue[0]
                if order.level is not level:
                    queue.popleft()
                    continue
                maker = order.image
                of_maker = maker.terms
                qty = maker.leaves_qty
                if qty > leaves:
                    maker_leaves = qty - leaves
                    qty = leaves
                    leaves = 0
                else:
                    maker_leaves = 0
                    leaves -= qty
                level.qty -= qty
                cost = px * qty // SCALE

                cum += qty
                paid += cost
                raw += cost * rate
                taker_fee = -due
                due = -(-raw // SCALE)
                taker_fee += due
                if not leaves:
                    hold, status = 0, _FILLED
                elif buys:
                    rest = limit * leaves // SCALE
                    hold, status = rest - (-(raw + rest * worst) // SCALE) - due, _PARTIALLY_FILLED
                else:
                    hold, status = leaves, _PARTIALLY_FILLED
                taker = OrderImage(terms, status, leaves, cum, paid, raw, hold)

                if maker_leaves:
                    maker, maker_fee = filled(maker, qty, cost, of_maker.maker_fee)
                    order.image = maker
                else:
                    maker_raw = maker.fee_raw
                    maker_fee = -maker_raw // SCALE if maker_raw else 0
                    maker_raw += cost * of_maker.maker_fee
                    maker_fee -= -maker_raw // SCALE
                    maker = OrderImage(
                        of_maker, _FILLED, 0, maker.cum_qty + qty, maker.cum_notional + cost, maker_raw, 0
                    )
                    queue.popleft()
                    level.count -= 1
                    order.level = None
                    del by_ref[of_maker.session_id][of_maker.cl_ord_id]
                trade_id += 1
                events.append(TradeExecuted(trade_id, px, qty, taker, maker, taker_fee, maker_fee))
            self.last_px = px
            if not level.count:
                opposite.discard(level)
        self._trades_made = trade_id - self._base_id
        return taker

    def _replace_plain(self, order: Order, command: ReplaceOrder) -> list[Event]:
        """As :func:`engine.amending.replace`, for a plain order that stays one."""
        before = order.image
        terms = before.terms
        named = command.side is terms.side and command.account_id == terms.account_id
        if not named or command.order_qty <= before.cum_qty or not command.px:
            events: list[Event] = []
            amending.replace(self, order, command, events)
            return events
        refusal = check_order(self.instrument, self.status, terms.ord_type, terms.tif, command.order_qty, command.px)
        if refusal is not None:
            return [cancel_rejected(command, CxlRejReason.OTHER, refusal[1], before)]
        leaves = command.order_qty - before.cum_qty
        keeps = command.px == terms.px and leaves <= before.leaves_qty
        image = replaced(before, command, leaves)
        events = [OrderReplaced(image, terms.cl_ord_id, keeps)]
        if keeps:
            self.turn_to(order, image)
        else:
            self.unrest(order)
            # A new Order: the old one may still stand in its queue as a ghost and would come to life in its old place.
            self._place(image, events)
        return events
