"""What the venue tells a client: reports in their order, and answers.

Prices, quantities and fees are ``Decimal``; times are integer nanoseconds UTC. A report's ``number`` is its place in
the session's stream: numbers follow one another from 1, for ever, so a client that remembers the last one it has dealt
with can be given exactly the rest. See ``gateways/binary/venue.sbe.xml`` for what each field means.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, TypeAlias

import msgspec

from clients.terms import Peg, Trigger
from engine.session_profile import CancelOnDisconnect, Rights
from engine.types import (
    Activation,
    CancelReason,
    Contingency,
    InstrumentStatus,
    OrdStatus,
    OrdType,
    PostOnly,
    RestateReason,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TradingPhase,
    Wait,
)

_ZERO = Decimal(0)


class ExecId(NamedTuple):
    """Unique for ever: the venue's journal sequence and the place in its record. Later is greater."""

    sequence: int
    position: int


class Special(msgspec.Struct, frozen=True):
    """What makes an order more than a plain one, and where it stands. Bare numbers are values that this client is too
    old to know."""

    trigger: Trigger | None
    """With the stop price as it has trailed; also once it is triggered."""
    peg: Peg | None
    post_only: PostOnly | int
    display_qty: Decimal
    display_range: Decimal
    hidden: bool
    min_qty: Decimal
    all_or_none: bool
    reduce_only: bool
    self_trade: SelfTrade | int
    self_trade_scope: SelfTradeScope | int
    expire_ns: int
    working_px: Decimal
    """The price of the queue in which it stands; 0 while it waits."""
    shown_qty: Decimal
    """How much of what is left the market may see."""
    list_id: int
    """0 for an order that is no leg of a list."""
    contingency: Contingency | int | None
    wait: Wait | int
    """What it waits for. The turn of an order whose wait is ``TURN`` comes without a further report."""
    on_disconnect: CancelOnDisconnect | int | None = None
    """When the end of its session cancels it; None: as the session says."""
    self_trade_id: int = 0
    """The firm's number of those it must not trade with; 0 = none."""


class Report(msgspec.Struct, frozen=True):
    """What all reports have."""

    number: int
    exec_id: ExecId
    transact_time_ns: int
    cl_ord_id: int


class Accepted(Report, frozen=True):
    """The order is in the book, or about to trade. For a market order ``price`` is the worst it may trade at."""

    order_id: int
    price: Decimal
    order_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    status: OrdStatus
    special: Special | None = None
    """None for a plain order."""


class Rejected(Report, frozen=True):
    """The order was refused. ``reason`` is an ``OrdRejReason``, or a number that this client doesn't know."""

    price: Decimal
    order_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    reason: int
    text: str
    reject_reason: int = 0
    """The schema's RejectReason, which says exactly why; 0 where an older venue refused. The same below."""


class Replaced(Report, frozen=True):
    """The order has a new ClOrdID, price and quantity."""

    orig_cl_ord_id: int
    order_id: int
    price: Decimal
    order_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    status: OrdStatus
    kept_priority: bool
    special: Special | None = None


class Canceled(Report, frozen=True):
    """The order ``orig_cl_ord_id`` has ended. ``cl_ord_id`` is the request's, or the order's own if nobody asked."""

    orig_cl_ord_id: int
    order_id: int
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    reason: CancelReason | int


class Expired(Report, frozen=True):
    """The order's time was up."""

    order_id: int
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    reason: CancelReason | int


class Executed(Report, frozen=True):
    """A fill. ``fee`` is this fill's, in the quote asset; negative is a rebate. In an ``auction`` neither side
    adds liquidity or removes it."""

    order_id: int
    trade_id: int
    last_px: Decimal
    last_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    fee: Decimal
    security_id: int
    account_id: int
    side: Side
    status: OrdStatus
    added_liquidity: bool
    auction: bool = False


class Triggered(Report, frozen=True):
    """A waiting order is active: it is matched in its turn, or waits for its own trigger now (``special.wait``)."""

    order_id: int
    price: Decimal
    order_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    status: OrdStatus
    special: Special
    activation: Activation | int


class Restated(Report, frozen=True):
    """The venue changed the order: this is what it is now."""

    order_id: int
    price: Decimal
    order_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    status: OrdStatus
    special: Special
    reason: RestateReason | int


class TradeBusted(Report, frozen=True):
    """A trade never was: ``fee`` is paid back, the order has ``last_qty`` less filled, and no more to fill."""

    order_id: int
    trade_id: int
    last_px: Decimal
    last_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    fee: Decimal
    security_id: int
    account_id: int
    side: Side
    status: OrdStatus
    text: str


class TradeCorrected(Report, frozen=True):
    """A trade is settled at another price or quantity; ``fee`` is the new one."""

    order_id: int
    trade_id: int
    last_px: Decimal
    last_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    fee: Decimal
    old_px: Decimal
    old_qty: Decimal
    old_fee: Decimal
    security_id: int
    account_id: int
    side: Side
    status: OrdStatus
    text: str


class CancelRejected(Report, frozen=True):
    """A cancel or replace was refused. ``reason`` is a ``CxlRejReason``, or a number that this client doesn't know."""

    orig_cl_ord_id: int
    order_id: int
    account_id: int
    status: OrdStatus
    is_replace: bool
    reason: int
    text: str
    reject_reason: int = 0


class MassCancelReport(Report, frozen=True):
    """A mass cancel is done (a ``Canceled`` came before for each order), or was ``rejected`` with a text."""

    total_affected_orders: int
    security_id: int
    account_id: int
    side: Side | None
    rejected: bool
    reason: int
    text: str
    reject_reason: int = 0


class UnknownReport(msgspec.Struct, frozen=True):
    """A report of a kind that this client is too old to know. It counts in the stream."""

    number: int
    template_id: int
    payload: bytes


class MessageRejected(msgspec.Struct, frozen=True):
    """A message that the venue could not take: the ``ref_seq_num``-th that was sent on this connection."""

    ref_seq_num: int
    ref_id: int
    template_id: int
    reason: int
    text: str


class OrderState(msgspec.Struct, frozen=True):
    """An order as it stands: an answer, outside the stream of reports."""

    cl_ord_id: int
    order_id: int
    price: Decimal
    avg_px: Decimal
    order_qty: Decimal
    leaves_qty: Decimal
    cum_qty: Decimal
    security_id: int
    account_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    status: OrdStatus
    special: Special | None = None
    """None for a plain order."""


class SessionConfiguration(msgspec.Struct, frozen=True):
    """What is in force on a connection."""

    cancel_on_disconnect: CancelOnDisconnect | int | None
    cancel_window_ms: int
    """How long the venue waits for the client to come back before it cancels."""
    cancel_window_max_ms: int
    self_trade: SelfTrade | int
    """Of orders that name none; with its scope and number."""
    self_trade_scope: SelfTradeScope | int
    self_trade_id: int
    rights: Rights
    rate_per_second: int
    """Messages; 0 = no limit."""
    rate_burst: int
    """Messages at once after silence."""


class Level(NamedTuple):
    """A price of one side, with the sum of its orders' open quantities and their number."""

    price: Decimal
    qty: Decimal
    orders: int


class Book(msgspec.Struct, frozen=True):
    """An instrument's best prices, best first, after the venue's journal ``sequence``."""

    security_id: int
    sequence: int
    time_ns: int
    bids: list[Level]
    offers: list[Level]


class Instrument(msgspec.Struct, frozen=True):
    """What can be traded, and by which rules."""

    security_id: int
    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    status: InstrumentStatus | int
    collar_rate: Decimal = _ZERO
    """How far through the market a limit price may be, as a fraction; 0 = any distance, here and below."""
    price_limit_rate: Decimal = _ZERO
    """How far from the reference price a price may be."""
    dynamic_band_rate: Decimal = _ZERO
    """How far from the last price orders are priced and trades made."""
    volatility_rate: Decimal = _ZERO
    """A trade this far from the reference price brings a pause."""
    orders_per_side_max: int = 0
    """0 = any number."""
    orders_per_account_max: int = 0
    phase: TradingPhase | int = TradingPhase.CONTINUOUS


OrderReport: TypeAlias = (
    Accepted
    | Rejected
    | Replaced
    | Canceled
    | Expired
    | Executed
    | Triggered
    | Restated
    | TradeBusted
    | TradeCorrected
    | CancelRejected
    | MassCancelReport
)
Event: TypeAlias = OrderReport | UnknownReport | MessageRejected
"""What iterating over a client yields."""
