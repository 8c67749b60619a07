"""How examples of the book's rules are told: commands and events in few words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from engine_builders import (
    BUY,
    SELL,
    new,
    special,
)

from engine.commands import NewOrder
from engine.decimals import format_decimal
from engine.events import (
    AuctionEnded,
    AuctionStarted,
    CancelRejected,
    Event,
    LimitStateChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeExecuted,
    TradingPhaseChanged,
)
from engine.image import OrderImage
from engine.types import (
    SCALE,
    Side,
    TradingPhase,
    Wait,
)

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Story(NamedTuple):
    name: str
    before: list[Any]
    """What has been done already."""
    command: Any
    says: list[str]
    terms: Mapping[str, Any] = NOTHING
    """Of the instrument."""
    now_ns: int = 0
    cascade_max: int = 100


# ---- events in few words ---------------------------------------------------------------------------------------------


def told(event: Event) -> str:
    match event:
        case OrderAccepted():
            return f"+{_order(event.order)}"
        case TradeExecuted():
            mine, theirs = event.aggressor.cl_ord_id, event.resting.cl_ord_id
            return f"{mine} trades {_number(event.qty)} at {_number(event.px)} with {theirs}"
        case OrderCanceled() | OrderExpired():
            return f"-{event.order.cl_ord_id} {event.reason.name}"
        case OrderRejected() | CancelRejected():
            return f"no: {event.text}"
        case OrderReplaced():
            return f"={_order(event.order)}{' keeps' if event.kept_priority else ''}"
        case OrderTriggered():
            return f"{event.activation.name} {_order(event.order)}"
        case OrderRestated():
            return f"{event.reason.name} {_order(event.order)}"
        case OrderUpdated():
            return f"{event.cause.name} {_order(event.order)}"
        case AuctionStarted():
            return f"uncross {_number(event.qty)} at {_number(event.px)}"
        case AuctionEnded():
            return f"auction {_number(event.qty)} at {_number(event.px)}"
        case LimitStateChanged():
            return f"limit state {Side(event.side).name if event.side else 'over'}"
        case TradingPhaseChanged():
            return f"{event.phase.name} {event.reason}".rstrip()
    return type(event).__name__


def _order(order: OrderImage) -> str:
    """``name leaves@price``, what is shown if that is not all, what it waits for."""
    working = order.working
    px = working.px or order.px if working else order.px
    words = [f"{order.cl_ord_id} {_number(order.leaves_qty)}@{_number(px)}"]
    if working and working.wait:
        words.append(working.wait.name)
        if working.wait is Wait.TRIGGER:
            words.append(_number(working.stop_px))
    elif order.leaves_qty and order.shown_qty != order.leaves_qty:
        words.append(f"shows {_number(order.shown_qty)}")
    return " ".join(words)


def _number(value: int) -> str:
    return format_decimal(value)


# ---- commands in few words: quantities and prices in whole units -----------------------------------------------------


def buy(name: str, qty: int, px: float, **fields: Any) -> NewOrder:
    return new(name, BUY, qty * SCALE, _px(px), **_numbered(fields))


def sell(name: str, qty: int, px: float, **fields: Any) -> NewOrder:
    return new(name, SELL, qty * SCALE, _px(px), **_numbered(fields))


def _numbered(fields: dict[str, Any]) -> dict[str, Any]:
    """Accounts other than 2 have their own session."""
    account_id = fields.get("account_id", 2)
    return {"session_id": account_id - 1, **fields}


def _px(px: float) -> int:
    return round(px * 100) * SCALE // 100


def qty(units: int) -> int:
    return units * SCALE


PX = SCALE
CLOSING, OPENING, CONTINUOUS = TradingPhase.CLOSING_AUCTION, TradingPhase.OPENING_AUCTION, TradingPhase.CONTINUOUS
AON = special(all_or_none=True)
HIDDEN = special(hidden=True)


def trade_at(px: float) -> list[NewOrder]:
    """A trade of others."""
    return [sell("s", 1, px, account_id=4), buy("b", 1, px, account_id=4)]
