"""Instruments, accounts and commands with defaults, so that a test names only what it is about."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.commands import (
    AdvanceTime,
    CancelAll,
    CancelOrder,
    Changes,
    ExpireDayOrders,
    MassCancel,
    NewList,
    NewOrder,
    ReplaceOrder,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.events import AccountOpened, Deposited, InstrumentListed, Record, SessionOpened
from engine.image import OrderImage, Working
from engine.instrument import Instrument
from engine.terms import Link, OrderTerms, Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    CancelReason,
    Contingency,
    OrdStatus,
    OrdType,
    PegKind,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
    TriggerSource,
    Wait,
)

BUY, SELL = Side.BUY, Side.SELL
DAY, GTC, IOC, FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
TICK = SCALE // 100
LOT = SCALE // 1000


def instrument(**changes: Any) -> Instrument:
    """BTC/USDT, symbol id 1: tick 0.01, lot 0.001, maker 10 and taker 20 basis points."""
    terms: dict[str, Any] = {
        "symbol_id": 1,
        "symbol": "BTC/USDT",
        "base": "BTC",
        "quote": "USDT",
        "tick_size": TICK,
        "lot_size": LOT,
        "min_qty": LOT,
        "max_qty": 1_000_000 * SCALE,
        "min_notional": 0,
        "maker_fee": 100_000,
        "taker_fee": 200_000,
        "protection_band": SCALE // 10,
        "reference_px": 100 * SCALE,
        "daily_roll": "00:00",
        "time_zone": "UTC",
    }
    return Instrument(**{**terms, **changes})


def new(cl_ord_id: str, side: Side = BUY, qty: int = SCALE, px: int = 100 * SCALE, **changes: Any) -> NewOrder:
    """A limit order, GTC, of session 1 for account 2 in symbol 1."""
    terms: dict[str, Any] = {
        "session_id": 1,
        "cl_ord_id": cl_ord_id,
        "account_id": 2,
        "symbol_id": 1,
        "side": side,
        "ord_type": OrdType.LIMIT,
        "tif": GTC,
        "order_qty": qty,
        "px": px,
    }
    return NewOrder(**{**terms, **changes})


def market(cl_ord_id: str, side: Side = BUY, qty: int = SCALE, px: int = 0, **changes: Any) -> NewOrder:
    return new(cl_ord_id, side, qty, px, **{"ord_type": OrdType.MARKET, "tif": IOC, **changes})


# ---- special orders: the pricing is a limit's where a price is given, else a market order's ------------------------


def special(**fields: Any) -> SpecialTerms:
    """Instructions for ``new(…, special=…)``; a trigger and a peg may be among them."""
    return SpecialTerms(**fields)


def triggered(cl_ord_id: str, side: Side, trigger: Trigger, qty: int = SCALE, px: int = 0, **changes: Any) -> NewOrder:
    """An order behind ``trigger``; further fields of its special terms go in ``special`` as a dict."""
    ord_type = OrdType.LIMIT if px else OrdType.MARKET
    more = changes.pop("special", {})
    terms = special(trigger=trigger, **more)
    return new(cl_ord_id, side, qty, px, **{"ord_type": ord_type, "special": terms, **changes})


def stop(cl_ord_id: str, side: Side, stop_px: int, qty: int = SCALE, px: int = 0, **changes: Any) -> NewOrder:
    """A stop order, or with ``px`` a stop-limit; ``source`` says what it watches."""
    source = changes.pop("source", TriggerSource.LAST_TRADE)
    return triggered(cl_ord_id, side, Trigger(TriggerKind.STOP, stop_px, source), qty, px, **changes)


def touched(cl_ord_id: str, side: Side, px: int, qty: int = SCALE, limit: int = 0, **changes: Any) -> NewOrder:
    """A take-profit or if-touched order at ``px``, with a ``limit`` or as a market order."""
    source = changes.pop("source", TriggerSource.LAST_TRADE)
    return triggered(cl_ord_id, side, Trigger(TriggerKind.TOUCHED, px, source), qty, limit, **changes)


def trailing(
    cl_ord_id: str, side: Side, amount: int = 0, rate: int = 0, start: int = 0, qty: int = SCALE, **changes: Any
) -> NewOrder:
    """A trailing stop by ``amount`` or ``rate``, from its distance or from ``start``; ``px`` makes it a stop-limit."""
    source = changes.pop("source", TriggerSource.LAST_TRADE)
    px = changes.pop("px", 0)
    trigger = Trigger(TriggerKind.TRAILING, start, source, amount, rate)
    return triggered(cl_ord_id, side, trigger, qty, px, **changes)


def pegged(cl_ord_id: str, side: Side, kind: PegKind = PegKind.PRIMARY, offset: int = 0, **changes: Any) -> NewOrder:
    """A pegged order; ``px`` is its limit, 0 = none."""
    more = changes.pop("special", {})
    fields: dict[str, Any] = {"px": 0, "ord_type": OrdType.PEGGED, "special": special(peg=Peg(kind, offset), **more)}
    return new(cl_ord_id, side, **{**fields, **changes})


def reserve(
    cl_ord_id: str, side: Side, display_qty: int, qty: int = SCALE, px: int = 100 * SCALE, **changes: Any
) -> NewOrder:
    """An iceberg; ``display_range`` randomises its refreshes."""
    spread = changes.pop("display_range", 0)
    terms = special(display_qty=display_qty, display_range=spread)
    return new(cl_ord_id, side, qty, px, **{"special": terms, **changes})


def new_list(list_id: str, contingency: Contingency, *legs: NewOrder, **changes: Any) -> NewList:
    """A list of session 1 for account 2 in symbol 1; see :func:`oco`, :func:`oto` and :func:`bracket`."""
    terms: dict[str, Any] = {"session_id": 1, "account_id": 2, "symbol_id": 1}
    return NewList(list_id=list_id, contingency=contingency, legs=list(legs), **{**terms, **changes})


def oco(list_id: str, *legs: NewOrder, **changes: Any) -> NewList:
    return new_list(list_id, Contingency.OCO, *legs, **changes)


def oto(list_id: str, entry: NewOrder, *children: NewOrder, **changes: Any) -> NewList:
    return new_list(list_id, Contingency.OTO, entry, *children, **changes)


def bracket(list_id: str, entry: NewOrder, profit: NewOrder, loss: NewOrder, **changes: Any) -> NewList:
    return new_list(list_id, Contingency.BRACKET, entry, profit, loss, **changes)


def link(leg: int = 0, contingency: Contingency = Contingency.OCO, list_id: str = "L", first: int = 1) -> Link:
    """A leg's place, the OrderID of leg 0 being symbol 1's ``first``."""
    return Link(list_id, contingency, leg, (1 << 40) + first)


# ---- changes and cancels -------------------------------------------------------------------------------------------


def cancel(cl_ord_id: str, orig_cl_ord_id: str, **changes: Any) -> CancelOrder:
    terms: dict[str, Any] = {"session_id": 1, "account_id": 2, "symbol_id": 1, "side": BUY}
    return CancelOrder(cl_ord_id=cl_ord_id, orig_cl_ord_id=orig_cl_ord_id, **{**terms, **changes})


def replace(
    cl_ord_id: str, orig_cl_ord_id: str, qty: int = SCALE, px: int = 100 * SCALE, side: Side = BUY, **changes: Any
) -> ReplaceOrder:
    terms: dict[str, Any] = {"session_id": 1, "account_id": 2, "symbol_id": 1, "side": side}
    return ReplaceOrder(
        cl_ord_id=cl_ord_id, orig_cl_ord_id=orig_cl_ord_id, order_qty=qty, px=px, **{**terms, **changes}
    )


def changes(**fields: Any) -> Changes:
    """What a replace changes of the special terms: ``replace(…, changes=changes(stop_px=…))``."""
    return Changes(**fields)


def mass_cancel(cl_ord_id: str, **changes: Any) -> MassCancel:
    return MassCancel(**{"session_id": 1, "cl_ord_id": cl_ord_id, "account_id": 2, **changes})


def cancel_all(request_id: int = 7, account_id: int = 2, side: Side | int = 0) -> CancelAll:
    return CancelAll(request_id, account_id, side, CancelReason.MASS_CANCEL)


def expire(day: str = "2026-01-02") -> ExpireDayOrders:
    return ExpireDayOrders(1, day)


def phase(to: TradingPhase, operator: str = "", reason: str = "") -> SetTradingPhase:
    return SetTradingPhase(1, to, operator, reason)


def reference_price(px: int, operator: str = "ops") -> SetReferencePrice:
    return SetReferencePrice(1, px, operator)


def advance() -> AdvanceTime:
    return AdvanceTime(1)


# ---- what the journal says -----------------------------------------------------------------------------------------


def image(cl_ord_id: str = "a", **changes: Any) -> OrderImage:
    """An untouched open order of session 1 and account 2."""
    terms: dict[str, Any] = {
        "order_id": (1 << 40) + 1,
        "session_id": 1,
        "account_id": 2,
        "symbol_id": 1,
        "cl_ord_id": cl_ord_id,
        "side": BUY,
        "ord_type": OrdType.LIMIT,
        "tif": GTC,
        "order_qty": SCALE,
        "px": 100 * SCALE,
        "status": OrdStatus.NEW,
        "leaves_qty": SCALE,
        "cum_qty": 0,
        "cum_notional": 0,
        "fee_raw": 0,
        "hold": 0,
        "maker_fee": 0,
        "taker_fee": 0,
    }
    return image_of(**{**terms, **changes})


def image_of(**fields: Any) -> OrderImage:
    """An image of its own and its terms' fields alike."""
    asked = {name: fields.pop(name) for name in OrderTerms.__struct_fields__ if name in fields}
    return OrderImage(OrderTerms(**asked), **fields)


def changed(image: OrderImage, **fields: Any) -> OrderImage:
    """``image`` with other fields, its own and its terms'."""
    asked = {name: fields.pop(name) for name in OrderTerms.__struct_fields__ if name in fields}
    return msgspec.structs.replace(image, terms=msgspec.structs.replace(image.terms, **asked), **fields)


def waiting(cl_ord_id: str = "a", wait: Wait = Wait.TRIGGER, stop_px: int = 0, **changes: Any) -> OrderImage:
    """An open order that is in no queue."""
    return image(cl_ord_id, working=Working(wait, stop_px=stop_px), **changes)


def opened_session(session_id: int = 1, protocol: str = "FIX.4.4") -> SessionOpened:
    return SessionOpened(session_id, protocol, f"C{session_id}", "VENUE", f"C{session_id}", "", "FIRM", [2, 3], 2)


def genesis(
    instruments: list[Instrument], balances: dict[int, dict[str, int]], sessions: list[SessionOpened]
) -> list[Record]:
    """The records with which a journal begins: what is listed, who has what, who may log on."""
    events: list[Any] = [InstrumentListed(listed) for listed in instruments]
    for account_id, amounts in balances.items():
        events.append(AccountOpened(account_id, f"ACC{account_id}", "FIRM"))
        events += [Deposited(account_id, asset, amount, "test") for asset, amount in amounts.items()]
    events += sessions
    return [Record(1, 0, 0, 0, [], [event]) for event in events]
