"""What a book would make of the commands of a conformance case: their orders accepted as they were asked for, and the
events that a case names. No rule of the book is applied."""

from __future__ import annotations

from enum import IntEnum

import msgspec
from engine_builders import changed

from engine.commands import CancelList, ClientCommand, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.decimals import format_decimal, parse_decimal
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderRestated,
    OrderTriggered,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage, Working
from engine.rejections import list_rejected_whole, rejected_image
from engine.terms import NOTHING_SPECIAL, Link, OrderTerms
from engine.types import SCALE, Activation, CancelReason, Contingency, OrdStatus, RestateReason, Wait
from gateways.fix.times import format_utc

_TIMES = frozenset({"expire_ns"})
_COUNTS = frozenset({"leg", "first_order_id"})


def described(command: ClientCommand) -> str:
    """What a command asks for, in the engine's words: pricing, price, time in force and all that is special."""
    if isinstance(command, RejectCommand):
        return f"refused {command.reason} {command.text}"
    if isinstance(command, NewList):
        legs = " / ".join(map(described, command.legs))
        return f"{command.contingency.name} {command.list_id}: {legs}"
    if isinstance(command, NewOrder):
        words = [command.ord_type.name, format_decimal(command.px), command.tif.name]
        return " ".join(words + (_fields(command.special) if command.special else []))
    if isinstance(command, ReplaceOrder):
        words = [format_decimal(command.order_qty), format_decimal(command.px)]
        return " ".join(words + (_fields(command.changes) if command.changes else []))
    return ""


def _fields(struct: msgspec.Struct) -> list[str]:
    """The fields of a struct that are not as they are by default."""
    words = []
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if value != field.default:
            words.append(f"{field.name}={_value(field.name, value)}")
    return words


def _value(name: str, value: object) -> str:
    if isinstance(value, msgspec.Struct):
        return f"({' '.join(_fields(value))})"
    if isinstance(value, IntEnum):
        return value.name
    if isinstance(value, bool) or not isinstance(value, int) or name in _COUNTS:
        return str(value)
    return format_utc(value) if name in _TIMES else format_decimal(value)


class FixBook:
    """The orders of one case, by ClOrdID."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderImage] = {}
        self._trade: TradeExecuted | None = None
        self._trades = 0
        self._revision = 0
        """How often the last trade has been corrected."""

    def accept(self, command: ClientCommand, words: str) -> list[Event]:
        """The acceptance of an order or of a list's orders, or its refusal. ``words``: a Wait to wait in."""
        if isinstance(command, RejectCommand):
            asked = command.command
            if isinstance(asked, NewList):
                return list_rejected_whole(asked, command.reason, command.text)
            assert isinstance(asked, NewOrder)
            return [OrderRejected(rejected_image(asked), command.reason, command.text)]
        if isinstance(command, CancelList):
            return self._cancel_list(command.list_id)
        wait = Wait[words or "NOTHING"]
        if isinstance(command, NewList):
            return [OrderAccepted(order) for order in self._legs(command, wait)]
        assert isinstance(command, NewOrder)
        return [OrderAccepted(self._image(command, wait, None))]

    def _cancel_list(self, list_id: str) -> list[Event]:
        """Its open orders are cancelled."""
        events: list[Event] = []
        for cl_ord_id, order in self.orders.items():
            link = None if order.special is None else order.special.link
            if link is not None and link.list_id == list_id and order.leaves_qty:
                event, self.orders[cl_ord_id] = self._canceled(order, "REQUESTED")
                events.append(event)
        return events

    def _legs(self, command: NewList, wait: Wait) -> list[OrderImage]:
        """The orders of a list, all but its entry waiting."""
        first = 501 + len(self.orders)
        has_entry = command.contingency is not Contingency.OCO
        return [
            self._image(
                leg,
                Wait.NOTHING if has_entry and not place else wait,
                Link(command.list_id, command.contingency, place, first),
            )
            for place, leg in enumerate(command.legs)
        ]

    def _image(self, command: NewOrder, wait: Wait, link: Link | None) -> OrderImage:
        special = command.special
        if link is not None:
            special = msgspec.structs.replace(special or NOTHING_SPECIAL, link=link)
        terms = OrderTerms(
            501 + len(self.orders),
            command.session_id,
            command.account_id,
            command.symbol_id,
            command.cl_ord_id,
            command.side,
            command.ord_type,
            command.tif,
            command.order_qty,
            command.px,
            0,
            0,
            special,
        )
        trigger = special.trigger if special is not None else None
        working = Working(wait, stop_px=trigger.px if trigger is not None else 0) if special or wait else None
        order = OrderImage(terms, OrdStatus.NEW, command.order_qty, 0, 0, 0, 0, working)
        self.orders[command.cl_ord_id] = order
        return order

    def happens(self, words: str) -> tuple[Event, OrderImage]:
        """The event ``NAME CLORDID …`` and the order after it, see tests/support/fix_player.py."""
        name, cl_ord_id, *rest = words.split()
        order = self.orders[cl_ord_id]
        event, order = getattr(self, f"_{name}")(order, *rest)
        self.orders[cl_ord_id] = order
        return event, order

    def _triggered(self, order: OrderImage, activation: str) -> tuple[Event, OrderImage]:
        order = changed(order, working=Working(Wait.TURN))
        return OrderTriggered(order, Activation[activation]), order

    def _restated(self, order: OrderImage, reason: str, qty: str) -> tuple[Event, OrderImage]:
        order = changed(order, order_qty=parse_decimal(qty), leaves_qty=parse_decimal(qty) - order.cum_qty)
        return OrderRestated(order, RestateReason[reason]), order

    def _expired(self, order: OrderImage, reason: str) -> tuple[Event, OrderImage]:
        order = changed(order, status=OrdStatus.EXPIRED, leaves_qty=0)
        return OrderExpired(order, CancelReason[reason]), order

    def _canceled(self, order: OrderImage, reason: str) -> tuple[Event, OrderImage]:
        order = changed(order, status=OrdStatus.CANCELED, leaves_qty=0)
        return OrderCanceled(order, CancelReason[reason]), order

    def _filled(self, order: OrderImage, qty: str, px: str) -> tuple[Event, OrderImage]:
        order = _with_fill(order, parse_decimal(qty), parse_decimal(px), order.leaves_qty - parse_decimal(qty))
        self._trades += 1
        self._trade = TradeExecuted(9000 + self._trades, parse_decimal(px), parse_decimal(qty), order, order, 0, 0)
        self._revision = 0
        return self._trade, order

    def _crossed(self, order: OrderImage, qty: str, px: str) -> tuple[Event, OrderImage]:
        """Filled by an auction."""
        event, order = self._filled(order, qty, px)
        return msgspec.structs.replace(event, uncross=True), order

    def _busted(self, order: OrderImage) -> tuple[Event, OrderImage]:
        trade = self._trade
        assert trade is not None
        order = _with_fill(order, -trade.qty, trade.px, order.leaves_qty)
        event = TradeBusted(
            trade.trade_id, trade.px, trade.qty, order, order, 0, 0, "ops", "typing error", self._revision
        )
        return event, order

    def _corrected(self, order: OrderImage, qty: str, px: str) -> tuple[Event, OrderImage]:
        trade = self._trade
        assert trade is not None
        order = _with_fill(order, -trade.qty, trade.px, order.leaves_qty)
        self._trade = msgspec.structs.replace(trade, px=parse_decimal(px), qty=parse_decimal(qty))
        order = _with_fill(order, self._trade.qty, self._trade.px, order.leaves_qty)
        event = TradeCorrected(
            trade.trade_id,
            self._trade.px,
            self._trade.qty,
            order,
            order,
            0,
            0,
            trade.px,
            trade.qty,
            0,
            0,
            "ops",
            "typing error",
            self._revision,
        )
        self._revision += 1
        return event, order


def _with_fill(order: OrderImage, qty: int, px: int, leaves_qty: int) -> OrderImage:
    cum_qty = order.cum_qty + qty
    status = OrdStatus.NEW if not cum_qty else OrdStatus.PARTIALLY_FILLED if leaves_qty else OrdStatus.FILLED
    notional = order.cum_notional + qty * px // SCALE
    return changed(order, status=status, leaves_qty=leaves_qty, cum_qty=cum_qty, cum_notional=notional)
