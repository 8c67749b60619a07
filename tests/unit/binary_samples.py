"""Instruments, a session, orders and reports for the tests of the binary gateway and its client."""

from __future__ import annotations

import msgspec

from engine.directory import Directory
from engine.events import (
    AccountOpened,
    CancelRejected,
    Event,
    InstrumentListed,
    MassCancelCompleted,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    SessionOpened,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage, Working
from engine.instrument import Instrument
from engine.reports import Report
from engine.terms import Link, OrderTerms, Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    Activation,
    CancelReason,
    Contingency,
    OrdStatus,
    OrdType,
    PegKind,
    PostOnly,
    RestateReason,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
    Wait,
)

TIME_NS = 1_750_000_000_123_456_789
SESSION = SessionOpened(3, "SOUPBIN", "TRADR1", "", "TRADR1", "hash", "ALPHA", [21, 22], 21)


def instrument(symbol_id: int, symbol: str) -> Instrument:
    base, _, quote = symbol.partition("/")
    return Instrument(
        symbol_id=symbol_id,
        symbol=symbol,
        base=base,
        quote=quote or "USD",
        tick_size=SCALE // 100,
        lot_size=SCALE // 10_000,
        min_qty=SCALE // 1000,
        max_qty=1000 * SCALE,
        min_notional=5 * SCALE,
        maker_fee=-10_000,
        taker_fee=50_000,
        protection_band=SCALE // 10,
        reference_px=60_000 * SCALE,
        daily_roll="00:00",
        time_zone="UTC",
    )


def directory() -> Directory:
    known = Directory()
    for symbol_id, symbol in ((7, "BTC/USDT"), (9, "AAPL")):
        known.apply(InstrumentListed(instrument(symbol_id, symbol)))
    for account_id in (21, 22, 23):
        known.apply(AccountOpened(account_id, f"ACC{account_id}", "ALPHA"))
    known.apply(SESSION)
    return known


def image(
    cl_ord_id: int | str = 1001,
    status: OrdStatus = OrdStatus.NEW,
    *,
    order_id: int = 555,
    side: Side = Side.BUY,
    qty: int = 5 * SCALE,
    cum: int = 0,
    px: int = 60_000 * SCALE,
    account_id: int = 21,
) -> OrderImage:
    terms = OrderTerms(
        order_id,
        SESSION.session_id,
        account_id,
        7,
        str(cl_ord_id),
        side,
        OrdType.LIMIT,
        TimeInForce.GTC,
        qty,
        px,
        -10_000,
        50_000,
    )
    return OrderImage(terms, status, qty - cum if status.is_open else 0, cum, px * cum // SCALE, 0, 0)


def report(number: int, event: Event, order: OrderImage | None = None, *, resting: bool = False) -> Report:
    """A report as the venue makes it; ``seq`` and ``position`` tell reports apart."""
    return Report(number, 9000 + number, number % 3, TIME_NS + number, event, order, resting)


def accepted(number: int, cl_ord_id: int | None = None) -> Report:
    order = image(1000 + number if cl_ord_id is None else cl_ord_id)
    return report(number, OrderAccepted(order), order)


def executed(number: int, *, resting: bool = False, fee: int = 1_234_567) -> Report:
    order = image(1001, OrdStatus.PARTIALLY_FILLED, cum=2 * SCALE)
    other = image(2002, OrdStatus.FILLED, order_id=556, side=Side.SELL, cum=5 * SCALE)
    aggressor, passive = (other, order) if resting else (order, other)
    fees = (7, fee) if resting else (fee, 7)
    event = TradeExecuted(42, 59_999 * SCALE, 2 * SCALE, aggressor, passive, *fees)
    return report(number, event, order, resting=resting)


def one_of_each() -> list[Report]:
    """A stream with every kind of report, numbered from 1."""
    canceled = image(1001, OrdStatus.CANCELED, cum=SCALE)
    expired = image(1001, OrdStatus.EXPIRED, cum=SCALE)
    replaced = image(1002, OrdStatus.PARTIALLY_FILLED, cum=SCALE)
    rejected = image(1003, OrdStatus.REJECTED, order_id=0)
    return [
        accepted(1),
        executed(2),
        executed(3, resting=True),
        report(4, OrderReplaced(replaced, "1001", True), replaced),
        report(5, OrderCanceled(canceled, CancelReason.REQUESTED, "1010"), canceled),
        report(6, OrderCanceled(canceled, CancelReason.OPERATOR), canceled),
        report(7, OrderExpired(expired, CancelReason.END_OF_DAY), expired),
        report(8, OrderRejected(rejected, 3, "the order exceeds the account's limit"), rejected),
        report(9, CancelRejected(3, 21, "1011", "999", False, 1, "unknown order")),
        report(10, CancelRejected(3, 21, "1012", "1001", True, 0, "order is filled", image(1001, OrdStatus.FILLED))),
        report(11, MassCancelCompleted(77, 3, 21, "1013", 7, 1, 12)),
        report(12, MassCancelCompleted(78, 3, 21, "1014", 0, 0, 0)),
        report(13, MassCancelRejected(3, 21, "1015", 1, "unknown SecurityID 8")),
    ]


EVERYTHING = SpecialTerms(
    trigger=Trigger(TriggerKind.TRAILING, 59_000 * SCALE, TriggerSource.REFERENCE, 500 * SCALE, 0),
    peg=Peg(PegKind.PRIMARY, -SCALE),
    post_only=PostOnly.REPRICE,
    display_qty=2 * SCALE,
    display_range=SCALE,
    hidden=True,
    min_qty=3 * SCALE,
    all_or_none=True,
    reduce_only=True,
    self_trade=SelfTrade.DECREMENT,
    self_trade_scope=SelfTradeScope.FIRM,
    expire_ns=TIME_NS,
    link=Link("77", Contingency.BRACKET, 2, 553),
)
"""What no order could have at once, every field of it different from none."""

WORKING = Working(Wait.TRIGGER, 0, 2 * SCALE, 59_123 * SCALE)


def special_image(cl_ord_id: int = 1001, status: OrdStatus = OrdStatus.NEW, **fields: object) -> OrderImage:
    """An order with :data:`EVERYTHING` that waits; ``fields`` are of its image."""
    plain = image(cl_ord_id, status)
    terms = msgspec.structs.replace(plain.terms, ord_type=OrdType.PEGGED, tif=TimeInForce.GTD, special=EVERYTHING)
    return msgspec.structs.replace(plain, **{"terms": terms, "working": WORKING, **fields})


def special_reports() -> list[Report]:
    """A stream of what only special orders, auctions and operators bring, numbered from 1."""
    waiting, order = special_image(), special_image(working=Working(Wait.NOTHING, 60_001 * SCALE, SCALE, 0))
    plain = image(1001, OrdStatus.PARTIALLY_FILLED, cum=2 * SCALE)
    other = image(2002, OrdStatus.FILLED, order_id=556, side=Side.SELL, cum=5 * SCALE)
    uncross = TradeExecuted(42, 59_999 * SCALE, 2 * SCALE, plain, other, 7, 8, True)
    busted = TradeBusted(42, 59_999 * SCALE, 2 * SCALE, plain, other, 7, -(2**64), "ops", "fat finger")
    px, old_px = 59_000 * SCALE, 59_999 * SCALE
    corrected = TradeCorrected(42, px, SCALE, plain, other, 3, 4, old_px, 2 * SCALE, 7, 8, "ops", "wrong price")
    return [
        report(1, OrderAccepted(waiting), waiting),
        report(2, OrderTriggered(waiting, Activation.ENTRY), waiting),
        report(3, OrderReplaced(order, "1000", False), order),
        report(4, OrderRestated(plain, RestateReason.SELF_TRADE), plain),
        report(5, uncross, plain),
        report(6, busted, plain),
        report(7, busted, other, resting=True),
        report(8, corrected, plain),
        report(9, corrected, other, resting=True),
    ]
