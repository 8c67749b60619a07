"""A book that is slow and obviously right: one list of orders, sorted anew for every command."""

from __future__ import annotations

from typing import Any

import msgspec
from engine_builders import changed, image_of

from engine.commands import CancelAll, CancelOrder, ExpireDayOrders, NewOrder, ReplaceOrder, SetInstrumentStatus
from engine.events import (
    DayOrdersExpired,
    Event,
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
from engine.instrument import Instrument
from engine.money import fee_due, notional, remaining_hold, worst_hold
from engine.rejections import cancel_rejected, rejected_image
from engine.rules import check_order
from engine.types import CancelReason, CxlRejReason, OrdStatus, OrdType, Side, TimeInForce

AnyBookCommand = NewOrder | CancelOrder | ReplaceOrder | CancelAll | SetInstrumentStatus | ExpireDayOrders


class Resting:
    """An order in the book. ``since`` is its time priority."""

    def __init__(self, image: OrderImage, now: int) -> None:
        self.image = image
        self.since = now


class NaiveBook:
    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.status = instrument.status
        self.resting: list[Resting] = []
        self.last_px = 0
        self.last_day = ""
        self.orders_accepted = 0
        self.trades_made = 0
        self._now = 0

    def handle(self, command: AnyBookCommand, limit: int = 1_000_000) -> list[Event]:
        """The events of ``command``; ``limit`` is the chunk of commands about many orders."""
        self._now += 1
        if isinstance(command, NewOrder):
            return self._new_order(command)
        if isinstance(command, CancelOrder):
            return self._cancel(command)
        if isinstance(command, ReplaceOrder):
            return self._replace(command)
        if isinstance(command, CancelAll):
            return self._cancel_all(command, limit)
        if isinstance(command, ExpireDayOrders):
            return self._expire(command, limit)
        self.status = command.status
        return [InstrumentStatusChanged(command.symbol_id, command.status, command.operator)]

    # ---- what rests, in every order that somebody asks for ---------------------------------------------------------

    def queue(self, side: Side) -> list[Resting]:
        """One side by price, then time."""
        sign = -1 if side is Side.BUY else 1
        mine = [rest for rest in self.resting if rest.image.side is side]
        return sorted(mine, key=lambda rest: (sign * rest.image.px, rest.since))

    def levels(self, side: Side) -> list[list[OrderImage]]:
        levels: dict[int, list[OrderImage]] = {}
        for rest in self.queue(side):
            levels.setdefault(rest.image.px, []).append(rest.image)
        return list(levels.values())

    def _find(self, command: CancelOrder | ReplaceOrder) -> Resting | None:
        for rest in self.resting:
            image = rest.image
            if image.session_id != command.session_id:
                continue
            if command.order_id:
                if image.order_id == command.order_id and image.account_id == command.account_id:
                    return rest
            elif image.cl_ord_id == command.orig_cl_ord_id:
                return rest
        return None

    # ---- commands --------------------------------------------------------------------------------------------------

    def _new_order(self, command: NewOrder) -> list[Event]:
        instrument = self.instrument
        qty, px, side = command.order_qty, command.px, command.side
        refusal = check_order(instrument, self.status, command.ord_type, command.tif, qty, px)
        if refusal is not None:
            return [OrderRejected(rejected_image(command), *refusal)]
        self.orders_accepted += 1
        order = image_of(
            order_id=(instrument.symbol_id << 40) + self.orders_accepted,
            session_id=command.session_id,
            account_id=command.account_id,
            symbol_id=command.symbol_id,
            cl_ord_id=command.cl_ord_id,
            side=side,
            ord_type=command.ord_type,
            tif=command.tif,
            order_qty=qty,
            px=px,
            status=OrdStatus.NEW,
            leaves_qty=qty,
            cum_qty=0,
            cum_notional=0,
            fee_raw=0,
            hold=worst_hold(side, px, qty, max(instrument.maker_fee, instrument.taker_fee)),
            maker_fee=instrument.maker_fee,
            taker_fee=instrument.taker_fee,
        )
        return [OrderAccepted(order), *self._work(order)]

    def _cancel(self, command: CancelOrder) -> list[Event]:
        rest = self._find(command)
        if rest is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        self.resting.remove(rest)
        return [OrderCanceled(ended(rest.image, OrdStatus.CANCELED), CancelReason.REQUESTED, command.cl_ord_id)]

    def _replace(self, command: ReplaceOrder) -> list[Event]:
        rest = self._find(command)
        if rest is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        order = rest.image
        qty, px = command.order_qty, command.px
        refusal = check_order(self.instrument, self.status, order.ord_type, order.tif, qty, px)
        text = refusal[1] if refusal is not None else ""
        if not text and command.side is not order.side:
            text = "the side of an order cannot be changed"
        if text:
            return [cancel_rejected(command, CxlRejReason.OTHER, text, order)]
        leaves = qty - order.cum_qty
        if leaves <= 0:
            self.resting.remove(rest)
            canceled = ended(order, OrdStatus.CANCELED)
            return [OrderCanceled(canceled, CancelReason.REDUCED_TO_FILLED, command.cl_ord_id)]
        keeps = px == order.px and leaves <= order.leaves_qty
        changed = changed_to(order, cl_ord_id=command.cl_ord_id, order_qty=qty, px=px, leaves_qty=leaves)
        event = OrderReplaced(changed, order.cl_ord_id, keeps)
        if keeps:
            rest.image = changed
            return [event]
        self.resting.remove(rest)
        return [event, *self._work(changed)]

    def _cancel_all(self, command: CancelAll, limit: int) -> list[Event]:
        mine = [
            rest
            for rest in sorted(self.resting, key=lambda rest: rest.since)
            if rest.image.account_id == command.account_id and command.side in (0, rest.image.side)
        ]
        events: list[Event] = []
        for rest in mine[:limit]:
            self.resting.remove(rest)
            canceled = ended(rest.image, OrdStatus.CANCELED)
            events.append(OrderCanceled(canceled, CancelReason(command.reason), "", command.request_id))
        if len(mine) <= limit:
            events.append(MassCancelPartDone(command.request_id, self.instrument.symbol_id, len(mine)))
        return events

    def _expire(self, command: ExpireDayOrders, limit: int) -> list[Event]:
        by_id = sorted(self.resting, key=lambda rest: rest.image.order_id)
        due = [rest for rest in by_id if rest.image.tif is TimeInForce.DAY]
        events: list[Event] = []
        for rest in due[:limit]:
            self.resting.remove(rest)
            events.append(OrderExpired(ended(rest.image, OrdStatus.EXPIRED), CancelReason.END_OF_DAY))
        if len(due) <= limit:
            self.last_day = command.day
            events.append(DayOrdersExpired(command.symbol_id, command.day))
        return events

    # ---- matching --------------------------------------------------------------------------------------------------

    def _work(self, order: OrderImage) -> list[Event]:
        events: list[Event] = []
        buys = order.side is Side.BUY
        rivals = [
            rest
            for rest in self.queue(order.side.opposite)
            if (rest.image.px <= order.px if buys else rest.image.px >= order.px)
        ]
        if order.tif is TimeInForce.FOK and sum(rest.image.leaves_qty for rest in rivals) < order.leaves_qty:
            rivals = []
        for rest in rivals:
            if not order.leaves_qty:
                break
            qty, px = min(order.leaves_qty, rest.image.leaves_qty), rest.image.px
            order, taker_fee = filled(order, qty, px, order.taker_fee)
            rest.image, maker_fee = filled(rest.image, qty, px, rest.image.maker_fee)
            if not rest.image.leaves_qty:
                self.resting.remove(rest)
            self.trades_made += 1
            self.last_px = px
            trade_id = (self.instrument.symbol_id << 40) + self.trades_made
            events.append(TradeExecuted(trade_id, px, qty, order, rest.image, taker_fee, maker_fee))
        if not order.leaves_qty:
            return events
        if order.ord_type is OrdType.MARKET or order.tif in (TimeInForce.IOC, TimeInForce.FOK):
            fok = order.tif is TimeInForce.FOK
            reason = CancelReason.FILL_OR_KILL if fok else CancelReason.IMMEDIATE_REMAINDER
            return [*events, OrderCanceled(ended(order, OrdStatus.CANCELED), reason)]
        self.resting.append(Resting(order, self._now))
        return events

    def state(self) -> object:
        """As :meth:`engine.book.Book.state`."""
        return (
            self.instrument.symbol_id,
            self.status,
            self.last_px,
            self.last_day,
            self.orders_accepted,
            self.trades_made,
            self.levels(Side.BUY),
            self.levels(Side.SELL),
        )


def ended(order: OrderImage, status: OrdStatus) -> OrderImage:
    return msgspec.structs.replace(order, status=status, leaves_qty=0, hold=0)


def changed_to(order: OrderImage, **changes: Any) -> OrderImage:
    """``order`` with changes, and the hold that follows from them."""
    order = changed(order, **changes)
    return changed(order, hold=hold_of(order))


def filled(order: OrderImage, qty: int, px: int, rate: int) -> tuple[OrderImage, int]:
    """``order`` after a fill, and the fill's fee."""
    raw = order.fee_raw + notional(px, qty) * rate
    leaves = order.leaves_qty - qty
    order_after = changed_to(
        order,
        leaves_qty=leaves,
        cum_qty=order.cum_qty + qty,
        cum_notional=order.cum_notional + notional(px, qty),
        fee_raw=raw,
        status=OrdStatus.PARTIALLY_FILLED if leaves else OrdStatus.FILLED,
    )
    return order_after, fee_due(raw) - fee_due(order.fee_raw)


def hold_of(order: OrderImage) -> int:
    """What an open order must hold, by :mod:`engine.money`."""
    rate = max(order.maker_fee, order.taker_fee)
    return remaining_hold(order.side, order.px, order.leaves_qty, rate, order.fee_raw, fee_due(order.fee_raw))
