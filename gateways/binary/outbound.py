"""The venue's reports as SoupBinTCP packets with SBE messages.

Every report becomes exactly one Sequenced Data packet, so a session's stream has no gaps. Those of plain orders are
written as the schema's version 1; those of special orders say behind the same fields what makes them special, as
version 2 or, where that is what only version 3 can say, as that.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.directory import Directory
from engine.events import (
    CancelRejected,
    MassCancelCompleted,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.reports import Copied, Report
from gateways.binary import codec
from gateways.binary.codec import NO, UINT64_MAX, YES, Layout
from gateways.binary.drop_copy import CopiedReports, Encoders
from gateways.binary.fields import ORD_STATUS, ORD_TYPE, SIDE, TIME_IN_FORCE, number_of
from gateways.binary.refusals import encode_cancel_rejected, encode_mass_cancel_rejected, encode_rejected
from gateways.binary.rejects import MassCancelRejectReason
from gateways.binary.special import encode_newest, encode_standing

_ADDED_LIQUIDITY = b"1"
_REMOVED_LIQUIDITY = b"2"
_AUCTION = b"4"
_RESPONSE_SECURITY = b"1"
_RESPONSE_ALL = b"7"

_pack_accepted = codec.ACCEPTED.pack
_pack_executed = codec.EXECUTED.pack
_pack_canceled = codec.CANCELED.pack
_pack_replaced = codec.REPLACED.pack


def encoders_of(directory: Directory) -> Encoders:
    """For a session that may have copies of other sessions' reports; ``directory`` knows whose they are."""
    return {**_ENCODERS, Copied: CopiedReports(directory, _ENCODERS).report}


def encode_reports(reports: list[Report], encoders: Encoders | None = None) -> bytes:
    """Sequenced Data packets, one per report, in order."""
    encoders = encoders or _ENCODERS
    return b"".join([encoders[report.event.__class__](report) for report in reports])


def _accepted(report: Report) -> bytes:
    order = report.order
    assert order is not None
    terms = order.terms
    if terms.special is not None or order.working is not None:
        return _newest(order, codec.ACCEPTED_SPECIAL, codec.ACCEPTED_3, _order_values(report))
    return _pack_accepted(
        report.seq,
        report.position,
        report.time_ns,
        int(terms.cl_ord_id),
        terms.order_id,
        terms.px,
        terms.order_qty,
        order.leaves_qty,
        order.cum_qty,
        terms.symbol_id,
        terms.account_id,
        SIDE[terms.side],
        ORD_TYPE[terms.ord_type],
        TIME_IN_FORCE[terms.tif],
        ORD_STATUS[order.status],
    )


def _order_values(report: Report) -> tuple[int | bytes, ...]:
    """What Accepted, Triggered and Restated say of a special order."""
    order = report.order
    assert order is not None
    terms = order.terms
    return (
        report.seq,
        report.position,
        report.time_ns,
        int(terms.cl_ord_id),
        terms.order_id,
        terms.px,
        terms.order_qty,
        order.leaves_qty,
        order.cum_qty,
        terms.symbol_id,
        terms.account_id,
        SIDE[terms.side],
        ORD_TYPE[terms.ord_type],
        TIME_IN_FORCE[terms.tif],
        ORD_STATUS[order.status],
        *encode_standing(order),
    )


def _triggered(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderTriggered)
    return _newest(report.order, codec.TRIGGERED, codec.TRIGGERED_3, (*_order_values(report), event.activation))


def _restated(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderRestated)
    return _newest(report.order, codec.RESTATED, codec.RESTATED_3, (*_order_values(report), event.reason))


def _newest(order: OrderImage | None, known: Layout, newest: Layout, values: tuple[int | bytes, ...]) -> bytes:
    """A special order's report as version 3 where that alone can say it."""
    assert order is not None
    said = encode_newest(order.terms.special)
    return newest.pack(*values, *said) if said is not None else known.pack(*values)


def _executed(report: Report) -> bytes:
    event = report.event
    order = report.order
    assert isinstance(event, TradeExecuted)
    assert order is not None
    terms = order.terms
    resting = report.resting
    fee = event.resting_fee if resting else event.aggressor_fee
    return _pack_executed(
        report.seq,
        report.position,
        report.time_ns,
        int(terms.cl_ord_id),
        terms.order_id,
        event.trade_id,
        event.px,
        event.qty,
        order.leaves_qty,
        order.cum_qty,
        fee & UINT64_MAX,
        fee >> 64,
        terms.symbol_id,
        terms.account_id,
        SIDE[terms.side],
        ORD_STATUS[order.status],
        _AUCTION if event.uncross else _ADDED_LIQUIDITY if resting else _REMOVED_LIQUIDITY,
    )


def _busted(report: Report) -> bytes:
    event = report.event
    order = report.order
    assert isinstance(event, TradeBusted)
    assert order is not None
    fee = event.resting_fee if report.resting else event.aggressor_fee
    return codec.TRADE_BUSTED.pack(
        report.seq,
        report.position,
        report.time_ns,
        number_of(order.cl_ord_id),
        order.order_id,
        event.trade_id,
        event.px,
        event.qty,
        order.leaves_qty,
        order.cum_qty,
        fee & UINT64_MAX,
        fee >> 64,
        order.symbol_id,
        order.account_id,
        SIDE[order.side],
        ORD_STATUS[order.status],
        codec.text(event.reason),
    )


def _corrected(report: Report) -> bytes:
    event = report.event
    order = report.order
    assert isinstance(event, TradeCorrected)
    assert order is not None
    fee, old_fee = event.aggressor_fee, event.old_aggressor_fee
    if report.resting:
        fee, old_fee = event.resting_fee, event.old_resting_fee
    return codec.TRADE_CORRECTED.pack(
        report.seq,
        report.position,
        report.time_ns,
        number_of(order.cl_ord_id),
        order.order_id,
        event.trade_id,
        event.px,
        event.qty,
        order.leaves_qty,
        order.cum_qty,
        fee & UINT64_MAX,
        fee >> 64,
        event.old_px,
        event.old_qty,
        old_fee & UINT64_MAX,
        old_fee >> 64,
        order.symbol_id,
        order.account_id,
        SIDE[order.side],
        ORD_STATUS[order.status],
        codec.text(event.reason),
    )


def _replaced(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderReplaced)
    order = event.order
    terms = order.terms
    values = (
        report.seq,
        report.position,
        report.time_ns,
        int(terms.cl_ord_id),
        int(event.orig_cl_ord_id),
        terms.order_id,
        terms.px,
        terms.order_qty,
        order.leaves_qty,
        order.cum_qty,
        terms.symbol_id,
        terms.account_id,
        SIDE[terms.side],
        ORD_TYPE[terms.ord_type],
        TIME_IN_FORCE[terms.tif],
        ORD_STATUS[order.status],
        YES if event.kept_priority else NO,
    )
    if terms.special is not None or order.working is not None:
        return _newest(order, codec.REPLACED_SPECIAL, codec.REPLACED_3, (*values, *encode_standing(order)))
    return _pack_replaced(*values)


def _canceled(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderCanceled)
    order = event.order
    terms = order.terms
    own = int(terms.cl_ord_id)
    return _pack_canceled(
        report.seq,
        report.position,
        report.time_ns,
        int(event.cl_ord_id) if event.cl_ord_id else own,
        own,
        terms.order_id,
        order.cum_qty,
        terms.symbol_id,
        terms.account_id,
        SIDE[terms.side],
        event.reason,
    )


def _expired(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderExpired)
    order = event.order
    return codec.EXPIRED.pack(
        report.seq,
        report.position,
        report.time_ns,
        int(order.cl_ord_id),
        order.order_id,
        order.cum_qty,
        order.symbol_id,
        order.account_id,
        SIDE[order.side],
        event.reason,
    )


def _mass_cancel_completed(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, MassCancelCompleted)
    return codec.MASS_CANCEL_REPORT.pack(
        report.seq,
        report.position,
        report.time_ns,
        number_of(event.cl_ord_id),
        event.total_affected,
        event.symbol_id,
        event.account_id,
        SIDE[event.side],
        _RESPONSE_SECURITY if event.symbol_id else _RESPONSE_ALL,
        MassCancelRejectReason.MASS_CANCEL_NOT_SUPPORTED,
        b"",
    )


_ENCODERS: dict[type, Callable[[Report], bytes]] = {
    OrderAccepted: _accepted,
    TradeExecuted: _executed,
    OrderCanceled: _canceled,
    OrderExpired: _expired,
    OrderReplaced: _replaced,
    OrderRejected: encode_rejected,
    CancelRejected: encode_cancel_rejected,
    MassCancelCompleted: _mass_cancel_completed,
    MassCancelRejected: encode_mass_cancel_rejected,
    OrderTriggered: _triggered,
    OrderRestated: _restated,
    TradeBusted: _busted,
    TradeCorrected: _corrected,
}
