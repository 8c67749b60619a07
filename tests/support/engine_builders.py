"""Instruments, accounts and commands with defaults, so that a test names only what it is about."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.commands import CancelAll, CancelOrder, ExpireDayOrders, MassCancel, NewOrder, ReplaceOrder
from engine.events import AccountOpened, Deposited, InstrumentListed, Record, SessionOpened
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.terms import OrderTerms
from engine.types import SCALE, CancelReason, OrdStatus, OrdType, Side, TimeInForce

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


def mass_cancel(cl_ord_id: str, **changes: Any) -> MassCancel:
    return MassCancel(**{"session_id": 1, "cl_ord_id": cl_ord_id, "account_id": 2, **changes})


def cancel_all(request_id: int = 7, account_id: int = 2, side: Side | int = 0) -> CancelAll:
    return CancelAll(request_id, account_id, side, CancelReason.MASS_CANCEL)


def expire(day: str = "2026-01-02") -> ExpireDayOrders:
    return ExpireDayOrders(1, day)


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
