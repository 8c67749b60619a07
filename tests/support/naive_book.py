"""A book that is slow and obviously right: the commands. Its rules are in the modules naive_*, one subject each."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from engine_builders import image_of
from naive_amending import amend
from naive_matching import work
from naive_operators import OperatorCommand, operate
from naive_phases import go_on_to_next_phase, run_timers
from naive_prices import starting_stop
from naive_reactions import Loop, prepared, shown_anew
from naive_rules import check_leg, check_list, check_new
from naive_state import Open, State, need, with_wait
from naive_steps import cancel, expire, hold_of_leg

from engine.commands import (
    CancelAll,
    CancelBook,
    CancelList,
    CancelOrder,
    ExpireDayOrders,
    NewList,
    NewOrder,
    ReplaceOrder,
    SetInstrumentStatus,
)
from engine.events import (
    DayOrdersExpired,
    Event,
    ListCanceled,
    MassCancelPartDone,
    OrderAccepted,
    OrderRejected,
)
from engine.image import OrderImage
from engine.queries import DepthLevel
from engine.rejections import Refusal, cancel_rejected, list_rejected, rejected_image
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect
from engine.terms import NOTHING_SPECIAL, Link, SpecialTerms
from engine.types import CancelReason, Contingency, CxlRejReason, OrdRejReason, OrdStatus, Side, TimeInForce, Wait

TAKES = (OrdRejReason.OTHER, "post-only order would take")
AUCTION_OVER_DAY = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION)


class NaiveBook(State):
    """One record a command, or several where it is about many orders; ``unfinished``: :meth:`go_on` makes another."""

    def new_order(self, command: NewOrder) -> list[Event]:
        self._begin()
        refusal = check_new(self, command) or self._enter_new(command)
        if refusal is not None:
            return [OrderRejected(rejected_image(command), *refusal)]
        return self._settle()

    def new_list(self, command: NewList) -> list[Event]:
        self._begin()
        refusal = check_list(command)
        if refusal is not None:
            return list_rejected(command, {0: refusal})
        guilty: dict[int, Refusal] = {}
        for nth, leg in enumerate(command.legs):
            is_child = nth > 0 and command.contingency is not Contingency.OCO
            guilt = check_leg(leg) or check_new(self, leg, command.legs[:nth], is_child=is_child)
            if guilt is not None and not guilty:
                guilty[nth] = guilt
        if guilty:
            return list_rejected(command, guilty)
        self._accept_legs(command)
        return self._settle()

    def cancel_list(self, command: CancelList) -> list[Event]:
        self._begin()
        legs = [
            order
            for order in self.by_id()
            if order.image.session_id == command.session_id
            and order.special is not None
            and order.special.link is not None
            and order.special.link.list_id == command.list_id
        ]
        self.emit(ListCanceled(command.session_id, command.list_id, len(legs)))
        for leg in legs:
            cancel(self, leg, CancelReason.REQUESTED, alone=True)
        return self._settle()

    def cancel(self, command: CancelOrder) -> list[Event]:
        self._begin()
        order = self._find(command)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        cancel(self, order, CancelReason.REQUESTED, command.cl_ord_id)
        return self._settle()

    def replace(self, command: ReplaceOrder) -> list[Event]:
        self._begin()
        order = self._find(command)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        return self._settle() if amend(self, order, command) else self.events

    # ---- many orders at a time --------------------------------------------------------------------------------------

    def cancel_all(self, command: CancelAll, limit: int) -> tuple[list[Event], bool]:
        self._begin()
        reason = CancelReason(command.reason)
        mine = [
            order
            for order in self.by_id()
            if order.image.account_id == command.account_id
            and command.side in (0, order.side)
            and command.of_session in (0, order.image.session_id)
            and _ended(order.special, command.end)
        ]
        count, done = self._each(mine, limit, lambda order: cancel(self, order, reason, "", command.request_id))
        self._settle()
        if done:
            self.emit(MassCancelPartDone(command.request_id, self.instrument.symbol_id, count))
        return self.events, done

    def cancel_book(self, command: CancelBook, limit: int) -> tuple[list[Event], bool]:
        self._begin()
        reason = CancelReason(command.reason)
        _, done = self._each(self.by_id(), limit, lambda order: cancel(self, order, reason))
        return self._settle(), done

    def expire_day_orders(self, command: ExpireDayOrders, limit: int) -> tuple[list[Event], bool]:
        """DAY orders, and those that have missed their auction."""
        self._begin()
        due = [
            order for order in self.by_id() if order.image.tif is TimeInForce.DAY or order.image.tif in AUCTION_OVER_DAY
        ]
        _, done = self._each(due, limit, lambda order: expire(self, order, CancelReason.END_OF_DAY))
        self._settle()
        if done:
            self.last_day = command.day
            self.emit(DayOrdersExpired(command.symbol_id, command.day))
        return self.events, done

    def advance(self, limit: int) -> tuple[list[Event], bool]:
        """What is due at ``now_ns``."""
        self._begin()
        due = [order for order in self.orders if 0 < order.special.expire_ns <= self.now_ns]
        due.sort(key=lambda order: (order.special.expire_ns, order.id))
        _, done = self._each(due, limit, lambda order: expire(self, order, CancelReason.GOOD_TILL_DATE))
        if done and self.active:
            run_timers(self)
        return self._settle(), done

    def _each(self, orders: list[Open], limit: int, act: Callable[[Open], None]) -> tuple[int, bool]:
        """To the next ``limit`` of the orders that were chosen when the command began; who is gone by its turn needs
        nothing. On how many it acted, and whether that was all."""
        if self.chosen is None:
            self.chosen = [order.id for order in orders]
        count = 0
        for order_id in self.chosen[:limit]:
            order = self.find(order_id)
            if order is not None:
                act(order)
                count += 1
        self.chosen = self.chosen[limit:] or None
        return count, self.chosen is None

    # ---- operators, and what was left undone ------------------------------------------------------------------------

    def operate(self, command: OperatorCommand) -> list[Event]:
        self._begin()
        operate(self, command)
        return self._settle()

    def set_status(self, command: SetInstrumentStatus) -> list[Event]:
        return self.operate(command)

    def go_on(self) -> list[Event]:
        self._begin()
        if self.uncrossing is not None:
            go_on_to_next_phase(self)
        else:
            self.unfinished = False
        return self._settle()

    def _begin(self) -> None:
        self.events = []
        self.band_from = self.last_px or self.reference_px

    def _settle(self) -> list[Event]:
        Loop(self).run()
        return self.events

    # ---- acceptance -------------------------------------------------------------------------------------------------

    def _enter_new(self, command: NewOrder) -> Refusal | None:
        order = Open(self._image(command, self.orders_accepted + 1))
        if order.special.trigger is not None:
            order.image = with_wait(shown_anew(self, order.image), Wait.TRIGGER, stop_px=starting_stop(self, order))
            self._accept(order)
            return None
        image, obstacle = prepared(self, order)
        if obstacle is CancelReason.POST_ONLY:
            return TAKES
        order.image = msgspec.structs.replace(image, hold=need(image))
        self._accept(order)
        if obstacle is not None:
            cancel(self, order, obstacle)
        elif order.wait is Wait.NOTHING:
            work(self, order)
        return None

    def _accept(self, order: Open) -> None:
        self.orders_accepted += 1
        order.arrived = self.tick()
        order.fresh = True
        self.orders.append(order)
        self.emit(OrderAccepted(order.image))

    def _accept_legs(self, command: NewList) -> None:
        first_id = (self.instrument.symbol_id << 40) + self.orders_accepted + 1
        legs: list[Open] = []
        for nth, leg in enumerate(command.legs):
            link = Link(command.list_id, command.contingency, nth, first_id)
            special = msgspec.structs.replace(leg.special or NOTHING_SPECIAL, link=link)
            order = Open(self._image(msgspec.structs.replace(leg, special=special), self.orders_accepted + 1 + nth))
            order.image = shown_anew(self, order.image)
            if nth > 0 and command.contingency is not Contingency.OCO:
                order.image = with_wait(order.image, Wait.ENTRY)
            elif order.special.trigger is not None:
                order.image = with_wait(order.image, Wait.TRIGGER, stop_px=starting_stop(self, order))
            elif prepared(self, order)[0].working == with_wait(order.image, Wait.AUCTION).working:
                order.image = with_wait(order.image, Wait.AUCTION)
            else:
                order.image = with_wait(order.image, Wait.TURN)
                order.turn = self.tick()
            legs.append(order)
        self.orders += legs
        for order in legs:
            order.image = msgspec.structs.replace(order.image, hold=hold_of_leg(self, order, order.image))
        self.orders = [order for order in self.orders if order not in legs]
        for order in legs:
            self._accept(order)

    def _image(self, command: NewOrder, number: int) -> OrderImage:
        image = image_of(
            order_id=(self.instrument.symbol_id << 40) + number,
            session_id=command.session_id,
            account_id=command.account_id,
            symbol_id=command.symbol_id,
            cl_ord_id=command.cl_ord_id,
            side=command.side,
            ord_type=command.ord_type,
            tif=command.tif,
            order_qty=command.order_qty,
            px=command.px,
            special=command.special,
            status=OrdStatus.NEW,
            leaves_qty=command.order_qty,
            cum_qty=0,
            cum_notional=0,
            fee_raw=0,
            hold=0,
            maker_fee=self.instrument.maker_fee,
            taker_fee=self.instrument.taker_fee,
        )
        return msgspec.structs.replace(image, hold=need(image))

    def _find(self, command: CancelOrder | ReplaceOrder) -> Open | None:
        for order in self.orders:
            image = order.image
            if image.session_id != command.session_id:
                continue
            if command.order_id:
                if image.order_id == command.order_id and image.account_id == command.account_id:
                    return order
            elif image.cl_ord_id == command.orig_cl_ord_id:
                return order
        return None

    # ---- public views -----------------------------------------------------------------------------------------------

    def depth(self, levels: int) -> tuple[list[DepthLevel], list[DepthLevel]]:
        return self._depth(Side.BUY, levels), self._depth(Side.SELL, levels)

    def _depth(self, side: Side, levels: int) -> list[DepthLevel]:
        by_px: dict[int, list[Open]] = {}
        for order in self.queue(side):
            if order.shown:
                by_px.setdefault(order.px, []).append(order)
        found = [DepthLevel(px, sum(it.shown for it in level), len(level)) for px, level in by_px.items()]
        return found[:levels] if levels else found

    def open_orders(self, account_id: int) -> list[OrderImage]:
        return [order.image for order in self.by_id() if order.image.account_id == account_id]

    def __len__(self) -> int:
        return len(self.orders)


def _ended(special: SpecialTerms, end: SessionEnd | None) -> bool:
    """Whether the end of its session cancels the order: a table."""
    if end is None:
        return True
    asked = end.mode if special.on_disconnect is None else special.on_disconnect
    return {
        (CancelOnDisconnect.OFF, True): False,
        (CancelOnDisconnect.OFF, False): False,
        (CancelOnDisconnect.DISCONNECT, True): True,
        (CancelOnDisconnect.DISCONNECT, False): False,
        (CancelOnDisconnect.LOGOUT, True): True,
        (CancelOnDisconnect.LOGOUT, False): True,
    }[asked, end.lost]
