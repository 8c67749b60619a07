"""The order book of one instrument: price-time priority, commands in, events out.

A command is worked in stages: *check* the instrument's rules, *match* against the other side, *rest* or *drop* what is
left, then *settle* what the change sets off (docs/order-book.md). Each returns nothing but events; the book never
waits, reads no clock and draws no ids that replay could not draw again.

Plain orders among plain orders, which is nearly all there ever is, go a short way (:mod:`engine.short_way`); everything
else goes the general one through :mod:`engine.entry` and :mod:`engine.matching`, with the same results.
"""

from __future__ import annotations

from engine import amending, entry, lists, matching, operating, reactions, uncross
from engine.book_state import symbol_of
from engine.commands import (
    ANY,
    CancelAll,
    CancelBook,
    CancelList,
    CancelOrder,
    ExpireDayOrders,
    NewList,
    NewOrder,
    ReplaceOrder,
)
from engine.events import (
    CancelRejected,
    DayOrdersExpired,
    Event,
    MassCancelPartDone,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
)
from engine.image import OrderImage
from engine.operating import BookCommand
from engine.order import Order
from engine.pricing import begin
from engine.rejections import cancel_rejected, rejected_image
from engine.rules import check_order
from engine.short_way import ShortWay
from engine.terms import OrderTerms
from engine.types import (
    INT64_MAX,
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

__all__ = ["Book", "symbol_of"]

_BUY = Side.BUY
_MARKET, _LIMIT = OrdType.MARKET, OrdType.LIMIT
_DAY, _GTC, _IOC, _FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
_NEW, _PARTIALLY_FILLED, _FILLED = OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED
_CANCELED = OrdStatus.CANCELED
_REQUESTED = CancelReason.REQUESTED
_ACTIVE = InstrumentStatus.ACTIVE
_CONTINUOUS = TradingPhase.CONTINUOUS


class Book(ShortWay):
    """One instrument's open orders and the rules by which they trade."""

    __slots__ = ()

    # ---- clients' commands ----------------------------------------------------------------------------------------

    def new_order(self, command: NewOrder) -> list[Event]:
        """Match a new order, rest what is left: ``OrderAccepted, TradeExecuted*, OrderCanceled?`` or a rejection."""
        tif, ord_type = command.tif, command.ord_type
        if (
            command.special is not None
            or (ord_type is not _LIMIT and ord_type is not _MARKET)
            or (tif is not _GTC and tif is not _DAY and tif is not _IOC and tif is not _FOK)
            or self.phase is not _CONTINUOUS
            or self.guarded
        ):
            return self._new_special(command)
        instrument = self.instrument
        side, qty, px = command.side, command.order_qty, command.px
        cost = px * qty // SCALE
        if (  # engine.rules.check_order, written out
            self.status is not _ACTIVE
            or not 0 < px <= INT64_MAX
            or qty % instrument.lot_size
            or px % instrument.tick_size
            or not instrument.min_qty <= qty <= instrument.max_qty
            or cost < instrument.min_notional
        ):
            refusal = check_order(instrument, self.status, ord_type, tif, qty, px)
            assert refusal is not None
            return [OrderRejected(rejected_image(command), refusal[0], refusal[1])]
        self._orders_accepted += 1
        maker_fee, taker_fee = instrument.maker_fee, instrument.taker_fee
        terms = OrderTerms(
            self._base_id + self._orders_accepted,
            command.session_id,
            command.account_id,
            command.symbol_id,
            command.cl_ord_id,
            side,
            ord_type,
            tif,
            qty,
            px,
            maker_fee,
            taker_fee,
        )
        if side is _BUY:  # engine.money.worst_hold, written out
            hold = cost - (-(cost * (taker_fee if taker_fee > maker_fee else maker_fee)) // SCALE)
            own, opposite, crossing_key = self.bids, self.asks, -px
        else:
            hold = qty
            own, opposite, crossing_key = self.asks, self.bids, px
        image = OrderImage(terms, _NEW, qty, 0, 0, 0, hold)
        events: list[Event] = [OrderAccepted(image)]
        keys = opposite.keys
        if (tif is _GTC or tif is _DAY) and (not keys or keys[-1] < crossing_key) and ord_type is _LIMIT:
            order = Order(image)
            own.rest_plain(order, -crossing_key, px, qty)
            self._by_ref[terms.session_id][terms.cl_ord_id] = order
            self._sessions_of[terms.account_id].add(terms.session_id)
        else:
            self._place(image, events)
        if self.orders:
            self._react(events)
        return events

    def new_list(self, command: NewList) -> list[Event]:
        """Every leg's ``OrderAccepted`` and what comes of them, or every leg's ``OrderRejected``."""
        begin(self)
        events: list[Event] = []
        entry.enter_list(self, command, events)
        if type(events[0]) is not OrderRejected:
            self._react(events)
        return events

    def cancel_list(self, command: CancelList) -> list[Event]:
        """``ListCanceled``, then the ``OrderCanceled`` of each leg that was open."""
        events: list[Event] = []
        lists.cancel_list(self, command.session_id, command.list_id, events)
        begin(self)
        self._react(events)
        return events

    def cancel(self, command: CancelOrder) -> list[Event]:
        """``OrderCanceled``, or ``CancelRejected`` when the order is no longer (or never was) in the book."""
        order = self._find(command)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        image = order.image
        if image.working is None and not self.guarded:
            terms = image.terms
            (self.bids if terms.side is _BUY else self.asks).remove_plain(order, image.leaves_qty)
            del self._by_ref[terms.session_id][terms.cl_ord_id]
            if self.collected:
                self.collected.pop(terms.order_id, None)
            after = OrderImage(terms, _CANCELED, 0, image.cum_qty, image.cum_notional, image.fee_raw, 0)
            events: list[Event] = [OrderCanceled(after, _REQUESTED, command.cl_ord_id)]
            if not self.orders:
                return events
        else:
            events = []
            matching.cancel(self, order, CancelReason.REQUESTED, events, command.cl_ord_id)
        begin(self)
        self._react(events)
        return events

    def replace(self, command: ReplaceOrder) -> list[Event]:
        """Change price, quantity or special terms; docs/amend.md says what keeps its place in the queue."""
        order = self._find(command)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        image = order.image
        if image.working is None and command.changes is None and self.phase is _CONTINUOUS and not self.guarded:
            events = self._replace_plain(order, command)
        else:
            begin(self)
            events = []
            amending.replace(self, order, command, events)
        if (self.orders or self.guarded) and type(events[0]) is not CancelRejected:
            self._react(events)
        return events

    def cancel_all(self, command: CancelAll, limit: int) -> tuple[list[Event], bool]:
        """Cancel about ``limit`` of an account's orders; True when this book's part of the request is done."""

        def chosen() -> list[Order]:
            mine = self.orders_of(command.account_id)
            side, session_id, end = command.side, command.of_session, command.end
            return [
                order
                for order in mine
                if side in (ANY, order.image.terms.side)
                and session_id in (ANY, order.image.terms.session_id)
                and (end is None or end.cancels(order.image.terms.special))
            ]

        orders, done = self.next_due(command.request_id, chosen, limit)
        events: list[Event] = []
        canceled = 0
        for order in orders:
            still = self.find_open(order.image)
            if still is not None:  # not cancelled with another leg of its list
                canceled += 1
                matching.cancel(self, still, CancelReason(command.reason), events, "", command.request_id)
        self._after_many(events)
        if done:
            events.append(MassCancelPartDone(command.request_id, self.instrument.symbol_id, canceled))
        return events, done

    # ---- operators' and timers' commands --------------------------------------------------------------------------

    def cancel_book(self, command: CancelBook, limit: int) -> tuple[list[Event], bool]:
        """Cancel about ``limit`` orders, whoever's, by OrderID; True when none is left."""
        orders, done = self.next_due(CancelBook, self.everyone, limit)
        events: list[Event] = []
        for order in orders:
            still = self.find_open(order.image)
            if still is not None:
                matching.cancel(self, still, CancelReason(command.reason), events)
        self._after_many(events)
        return events, done and not len(self)

    def expire_day_orders(self, command: ExpireDayOrders, limit: int) -> tuple[list[Event], bool]:
        """Expire about ``limit`` DAY orders by OrderID; True (and ``DayOrdersExpired`` last) when none is left.

        The first call decides which: an order that comes before the last call belongs to the new day.
        """
        events: list[Event] = []
        done = operating.expire_day(self, limit, events)
        self._after_many(events)
        if done:
            self.last_day = command.day
            events.append(DayOrdersExpired(self.instrument.symbol_id, command.day))
        return events, done

    def operate(self, command: BookCommand) -> list[Event]:
        """Carry out an operator's or the schedule's command.

        Raises:
            CommandRefused: it cannot be done; nothing has changed.
        """
        begin(self)
        events = operating.operate(self, command)
        self._react(events, triggers=isinstance(command, operating.MOVES_REFERENCE))
        return events

    def advance(self, limit: int) -> tuple[list[Event], bool]:
        """Do what is due at :attr:`now_ns`, at most ``limit`` expiries of it; True when nothing more is due."""
        begin(self)
        events: list[Event] = []
        done = operating.advance(self, limit, events)
        self._react(events)
        return events, done

    @property
    def unfinished(self) -> bool:
        """Whether :meth:`go_on` must be called before any other command: a bounded record left work undone."""
        if self.uncrossing is not None:
            return True
        return self.status is _ACTIVE and (self.next_turn() is not None or (self.cut_short and self._trades))

    @property
    def _trades(self) -> bool:
        return self.phase is _CONTINUOUS or self.phase.collects

    def go_on(self) -> list[Event]:
        """The next record of what the last one left undone; may be empty."""
        begin(self)
        self.cut_short = False
        events: list[Event] = []
        if self.uncrossing is not None:
            uncross.go_on_uncrossing(self, events)
        self._react(events)
        return events

    @property
    def next_deadline_ns(self) -> int:
        """When :meth:`advance` has something to do; 0 = never, as things stand."""
        return operating.next_deadline_ns(self)

    # ---- the short way --------------------------------------------------------------------------------------------

    def _new_special(self, command: NewOrder) -> list[Event]:
        begin(self)
        events: list[Event] = []
        entry.enter_new(self, command, events)
        if type(events[0]) is not OrderRejected:
            self._react(events)
        return events

    def _react(self, events: list[Event], *, triggers: bool = False) -> None:
        """What the events set off."""
        if self.uncrossing is None and self.status is _ACTIVE:
            reactions.settle(self, events, everything=triggers)
            if self.guarded or self.limit_state is not None:
                reactions.watch_band(self, events)

    def _after_many(self, events: list[Event]) -> None:
        """As after any command; a chunk of many is one."""
        if self.orders or self.guarded:
            begin(self)
            self._react(events)

    def _find(self, command: CancelOrder | ReplaceOrder) -> Order | None:
        """The session's order that a command names, by OrderID where given, else by OrigClOrdID."""
        mine = self._by_ref[command.session_id]
        order = mine.get(command.orig_cl_ord_id)
        order_id = command.order_id
        if not order_id or (order is not None and order.image.terms.order_id == order_id):
            return order
        # The name is missing, or a replace under way has changed it: look through what the session has here.
        return next((each for each in mine.values() if each.image.terms.order_id == order_id), None)
