"""What the venue tells a client: reports in their order, and answers.

Prices, quantities and fees are ``Decimal``; times are integer nanoseconds UTC. A report's ``number`` is its place in
the session's stream: numbers follow one another from 1, for ever, so a client that remembers the last one it has dealt
with can be given exactly the rest. See ``gateways/binary/venue.sbe.xml`` for what each field means.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, TypeAlias

import msgspec

from engine.types import CancelReason, InstrumentStatus, OrdStatus, OrdType, Side, TimeInForce


class ExecId(NamedTuple):
    """Unique for ever: the venue's journal sequence and the place in its record. Later is greater."""

    sequence: int
    position: int


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
    """A fill. ``fee`` is this fill's, in the quote asset; negative is a rebate."""

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


class CancelRejected(Report, frozen=True):
    """A cancel or replace was refused. ``reason`` is a ``CxlRejReason``, or a number that this client doesn't know."""

    orig_cl_ord_id: int
    order_id: int
    account_id: int
    status: OrdStatus
    is_replace: bool
    reason: int
    text: str


class MassCancelReport(Report, frozen=True):
    """A mass cancel is done (a ``Canceled`` came before for each order), or was ``rejected`` with a text."""

    total_affected_orders: int
    security_id: int
    account_id: int
    side: Side | None
    rejected: bool
    reason: int
    text: str


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


OrderReport: TypeAlias = (
    Accepted | Rejected | Replaced | Canceled | Expired | Executed | CancelRejected | MassCancelReport
)
Event: TypeAlias = OrderReport | UnknownReport | MessageRejected
"""What iterating over a client yields."""
