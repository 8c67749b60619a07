"""Reports of refusals: Rejected, CancelRejected, MassCancelReport of what was refused."""

from __future__ import annotations

from engine.events import CancelRejected, MassCancelRejected, OrderRejected
from engine.reports import Report
from engine.types import OrdStatus
from gateways.binary import codec
from gateways.binary.codec import NUL
from gateways.binary.fields import ORD_STATUS, ORD_TYPE, SIDE, TIME_IN_FORCE, number_of
from gateways.binary.reject_reasons import reject_reason

_NO_ORDER = ORD_STATUS[OrdStatus.REJECTED]
_TO_CANCEL = b"1"
_TO_REPLACE = b"2"
_RESPONSE_REJECTED = b"0"


def encode_rejected(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderRejected)
    order = event.order
    return codec.REJECTED_3.pack(
        report.seq,
        report.position,
        report.time_ns,
        number_of(order.cl_ord_id),
        order.px,
        order.order_qty,
        order.symbol_id,
        order.account_id,
        SIDE[order.side],
        ORD_TYPE[order.ord_type],
        TIME_IN_FORCE[order.tif],
        event.reason,
        codec.text(event.text),
        reject_reason(event.text),
    )


def encode_cancel_rejected(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, CancelRejected)
    order = event.order
    return codec.CANCEL_REJECTED_3.pack(
        report.seq,
        report.position,
        report.time_ns,
        number_of(event.cl_ord_id),
        number_of(event.orig_cl_ord_id),
        order.order_id if order else 0,
        event.account_id,
        ORD_STATUS[order.status] if order else _NO_ORDER,
        _TO_REPLACE if event.is_replace else _TO_CANCEL,
        event.reason,
        codec.text(event.text),
        reject_reason(event.text),
    )


def encode_mass_cancel_rejected(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, MassCancelRejected)
    return codec.MASS_CANCEL_REPORT_3.pack(
        report.seq,
        report.position,
        report.time_ns,
        number_of(event.cl_ord_id),
        0,
        0,
        event.account_id,
        NUL,
        _RESPONSE_REJECTED,
        event.reason,
        codec.text(event.text),
        reject_reason(event.text),
    )
