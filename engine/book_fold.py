"""A book rebuilt by results alone: each record's events folded in, without matching anything (design §7.2)."""

from __future__ import annotations

from engine.book_state import BookState
from engine.events import (
    AuctionEnded,
    AuctionStarted,
    DayOrdersExpired,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitStateChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    ReferencePriceSet,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
    TradingPhaseChanged,
)
from engine.guarding import is_guarded
from engine.image import OrderImage
from engine.order import Order
from engine.types import RestateReason, UpdateCause


class BookFold(BookState):
    """The journal's side of a book."""

    __slots__ = ()

    def apply(self, events: list[Event]) -> None:
        """Fold one record's events: what a command did to this book, without matching again.

        An order that comes in stays apart until the next one does or the record ends: then what is left of it rests.
        """
        incoming: OrderImage | None = None
        for event in events:
            if type(event) is OrderAccepted:
                if incoming is not None:
                    self._settle_in(incoming)
                incoming = event.order
                number = incoming.terms.order_id - self._base_id
                if number > self._orders_accepted:
                    self._orders_accepted = number
                if incoming.working is not None and incoming.working.wait:
                    self.wait(Order(incoming))
                    incoming = None
            elif type(event) is TradeExecuted:
                incoming = self._apply_trade(event, incoming)
            elif type(event) is OrderCanceled or type(event) is OrderExpired:
                image = event.order
                if incoming is not None and incoming.terms.order_id == image.terms.order_id:
                    incoming = None
                else:
                    self.take_out(self._open(image))
            elif type(event) is OrderReplaced:
                self._settle_in(incoming)
                incoming = self._apply_replaced(event)
            elif type(event) is OrderUpdated or type(event) is OrderTriggered or type(event) is OrderRestated:
                incoming = self._apply_change(event, incoming)
            else:
                self._settle_in(incoming)
                incoming = None
                self._apply_rare(event)
        if incoming is not None and incoming.leaves_qty:
            self.settle_order(incoming)

    def _settle_in(self, incoming: OrderImage | None) -> None:
        if incoming is not None and incoming.leaves_qty:
            self.settle_order(incoming)

    def _open(self, image: OrderImage) -> Order:
        return self._by_ref[image.terms.session_id][image.terms.cl_ord_id]

    def _apply_trade(self, trade: TradeExecuted, incoming: OrderImage | None) -> OrderImage | None:
        self.last_px = trade.px
        self._trades_made = trade.trade_id - self._base_id
        self._apply_fill(trade.resting, uncross=trade.uncross)
        if not trade.uncross:
            return trade.aggressor
        self.uncrossed += trade.qty
        self._apply_fill(trade.aggressor, uncross=True)
        return incoming

    def _apply_fill(self, image: OrderImage, *, uncross: bool) -> None:
        terms = image.terms
        order = self._by_ref[terms.session_id][terms.cl_ord_id]
        if not image.leaves_qty:
            self.unrest(order)
        elif image.working is None:
            level = order.level
            assert level is not None
            level.qty -= order.image.leaves_qty - image.leaves_qty
            order.image = image
        else:
            self.fill_resting(order, image, keeps_place=uncross)

    def _apply_replaced(self, event: OrderReplaced) -> OrderImage | None:
        image = event.order
        order = self._by_ref[image.terms.session_id][event.orig_cl_ord_id]
        if event.kept_priority:
            self.keep_place(order, image)
            return None
        self.take_out(order)
        if not image.leaves_qty:
            return None
        if image.working is not None and image.working.wait:
            self.wait(Order(image))
            return None
        return image

    def _apply_change(
        self, event: OrderUpdated | OrderTriggered | OrderRestated, incoming: OrderImage | None
    ) -> OrderImage | None:
        image = event.order
        if incoming is not None and incoming.terms.order_id == image.terms.order_id:
            if type(event) is OrderUpdated and event.cause is UpdateCause.PARKED:
                self.wait(Order(image))
                return None
            return image
        order = self._open(image)
        if type(event) is OrderRestated:
            if event.reason is RestateReason.MARKET_TO_LIMIT:
                self.take_out(order)
                self.rest(Order(image))
            else:
                self.turn_to(order, image)
        elif type(event) is OrderTriggered or event.cause is UpdateCause.PARKED:
            self.take_out(order)
            self.wait(Order(image))
        elif event.cause in (UpdateCause.TRAIL, UpdateCause.HOLD):
            self.turn_to(order, image)
        else:
            self._settle_in(incoming)
            self.take_out(order)
            return image
        return incoming

    def _apply_rare(self, event: Event) -> None:
        if isinstance(event, InstrumentStatusChanged):
            self.status = event.status
        elif isinstance(event, InstrumentListed):
            self.instrument = event.instrument
            self.triggers.looked_at = {}  # distances may be rounded to another tick
            self.guarded = is_guarded(event.instrument)
            self.count_anew()
        elif isinstance(event, DayOrdersExpired):
            self.last_day = event.day
        elif isinstance(event, TradingPhaseChanged):
            self.phase = event.phase
            self.phase_until_ns = event.until_ns
        elif isinstance(event, AuctionStarted):
            if self.uncrossing is None:
                self.uncrossed = 0
            self.uncrossing = event
        elif isinstance(event, AuctionEnded):
            self.uncrossing = None
            self.collected.clear()
            if event.px:
                self.reference_px = event.px
        elif isinstance(event, ReferencePriceSet):
            self.reference_px = event.px
        elif isinstance(event, LimitStateChanged):
            self.limit_state = event if event.side else None
        elif isinstance(event, TradeBusted | TradeCorrected):
            self.amended_trades[event.trade_id] = event
            for image in (event.aggressor, event.resting):
                order = self.find_open(image)
                if order is not None:
                    self.turn_to(order, image)
