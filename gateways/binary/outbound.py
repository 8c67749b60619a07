"""The venue's reports and answers as SoupBinTCP packets with SBE messages.

Every report becomes exactly one Sequenced Data packet, so a session's stream has no gaps; answers become Unsequenced
Data.
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
    TradeExecuted,
)
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.money import avg_px
from engine.queries import Answer, DepthAnswer, OpenOrdersAnswer, OrderStatusAnswer
from engine.reports import Report
from engine.types import OrdRejReason, OrdStatus, OrdType, Side, TimeInForce, fix_code
from gateways.binary import codec
from gateways.binary.codec import NO, NUL, UINT64_MAX, YES
from gateways.binary.rejects import MassCancelRejectReason, MessageRejectReason


def _codes(enumeration: type[Side | OrdType | TimeInForce | OrdStatus]) -> tuple[bytes, ...]:
    """FIX characters by value: indexing a tuple costs a third of what looking up an enumeration in a dict does."""
    codes = [NUL] * (max(enumeration) + 1)
    for value in enumeration:
        codes[value] = fix_code(value).encode("ascii")
    return tuple(codes)


_SIDE = _codes(Side)
_ORD_TYPE = _codes(OrdType)
_TIME_IN_FORCE = _codes(TimeInForce)
_ORD_STATUS = _codes(OrdStatus)
_REJECTED = _ORD_STATUS[OrdStatus.REJECTED]
_ADDED_LIQUIDITY = b"1"
_REMOVED_LIQUIDITY = b"2"
_TO_CANCEL = b"1"
_TO_REPLACE = b"2"
_RESPONSE_REJECTED = b"0"
_RESPONSE_SECURITY = b"1"
_RESPONSE_ALL = b"7"
_BID = b"0"
_OFFER = b"1"

_pack_accepted = codec.ACCEPTED.pack
_pack_executed = codec.EXECUTED.pack
_pack_canceled = codec.CANCELED.pack
_pack_replaced = codec.REPLACED.pack


def encode_reports(reports: list[Report]) -> bytes:
    """Sequenced Data packets, one per report, in order."""
    encoders = _ENCODERS
    return b"".join([encoders[report.event.__class__](report) for report in reports])


def encode_answer(answer: Answer) -> bytes:
    """Unsequenced Data packets."""
    if isinstance(answer, OrderStatusAnswer):
        return _order_status(_number(answer.query.query_id), answer.order)
    if isinstance(answer, OpenOrdersAnswer):
        query_id = _number(answer.query.query_id)
        packets = [_order_status(query_id, order) for order in answer.orders]
        packets.append(codec.OPEN_ORDERS_END.pack(query_id, len(answer.orders)))
        return b"".join(packets)
    return _book(answer)


def message_reject(ref_seq_num: int, ref_id: int, template_id: int, reason: MessageRejectReason, text: str) -> bytes:
    """Says why a message was not taken: the client's ``ref_seq_num``-th of this connection."""
    return codec.MESSAGE_REJECT.pack(ref_seq_num, ref_id, template_id, reason, codec.text(text))


def instrument_list(request_id: int, directory: Directory) -> bytes:
    """An InstrumentDefinition for every instrument, by id, then InstrumentListEnd."""
    instruments = [directory.instruments[symbol_id] for symbol_id in sorted(directory.instruments)]
    packets = [_instrument(request_id, instrument, directory) for instrument in instruments]
    packets.append(codec.INSTRUMENT_LIST_END.pack(request_id, len(instruments)))
    return b"".join(packets)


# ---- reports --------------------------------------------------------------------------------------------------------


def _accepted(report: Report) -> bytes:
    order = report.order
    assert order is not None
    return _pack_accepted(
        report.seq,
        report.position,
        report.time_ns,
        int(order.cl_ord_id),
        order.order_id,
        order.px,
        order.order_qty,
        order.leaves_qty,
        order.cum_qty,
        order.symbol_id,
        order.account_id,
        _SIDE[order.side],
        _ORD_TYPE[order.ord_type],
        _TIME_IN_FORCE[order.tif],
        _ORD_STATUS[order.status],
    )


def _executed(report: Report) -> bytes:
    event = report.event
    order = report.order
    assert isinstance(event, TradeExecuted)
    assert order is not None
    resting = report.resting
    fee = event.resting_fee if resting else event.aggressor_fee
    return _pack_executed(
        report.seq,
        report.position,
        report.time_ns,
        int(order.cl_ord_id),
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
        _SIDE[order.side],
        _ORD_STATUS[order.status],
        _ADDED_LIQUIDITY if resting else _REMOVED_LIQUIDITY,
    )


def _rejected(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderRejected)
    order = event.order
    return codec.REJECTED.pack(
        report.seq,
        report.position,
        report.time_ns,
        _number(order.cl_ord_id),
        order.px,
        order.order_qty,
        order.symbol_id,
        order.account_id,
        _SIDE[order.side],
        _ORD_TYPE[order.ord_type],
        _TIME_IN_FORCE[order.tif],
        event.reason,
        codec.text(event.text),
    )


def _replaced(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderReplaced)
    order = event.order
    return _pack_replaced(
        report.seq,
        report.position,
        report.time_ns,
        int(order.cl_ord_id),
        int(event.orig_cl_ord_id),
        order.order_id,
        order.px,
        order.order_qty,
        order.leaves_qty,
        order.cum_qty,
        order.symbol_id,
        order.account_id,
        _SIDE[order.side],
        _ORD_TYPE[order.ord_type],
        _TIME_IN_FORCE[order.tif],
        _ORD_STATUS[order.status],
        YES if event.kept_priority else NO,
    )


def _canceled(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, OrderCanceled)
    order = event.order
    own = int(order.cl_ord_id)
    return _pack_canceled(
        report.seq,
        report.position,
        report.time_ns,
        int(event.cl_ord_id) if event.cl_ord_id else own,
        own,
        order.order_id,
        order.cum_qty,
        order.symbol_id,
        order.account_id,
        _SIDE[order.side],
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
        _SIDE[order.side],
        event.reason,
    )


def _cancel_rejected(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, CancelRejected)
    order = event.order
    return codec.CANCEL_REJECTED.pack(
        report.seq,
        report.position,
        report.time_ns,
        _number(event.cl_ord_id),
        _number(event.orig_cl_ord_id),
        order.order_id if order else 0,
        event.account_id,
        _ORD_STATUS[order.status] if order else _REJECTED,
        _TO_REPLACE if event.is_replace else _TO_CANCEL,
        event.reason,
        codec.text(event.text),
    )


def _mass_cancel_completed(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, MassCancelCompleted)
    return codec.MASS_CANCEL_REPORT.pack(
        report.seq,
        report.position,
        report.time_ns,
        _number(event.cl_ord_id),
        event.total_affected,
        event.symbol_id,
        event.account_id,
        _SIDE[event.side],
        _RESPONSE_SECURITY if event.symbol_id else _RESPONSE_ALL,
        MassCancelRejectReason.MASS_CANCEL_NOT_SUPPORTED,
        b"",
    )


def _mass_cancel_rejected(report: Report) -> bytes:
    event = report.event
    assert isinstance(event, MassCancelRejected)
    return codec.MASS_CANCEL_REPORT.pack(
        report.seq,
        report.position,
        report.time_ns,
        _number(event.cl_ord_id),
        0,
        0,
        event.account_id,
        NUL,
        _RESPONSE_REJECTED,
        event.reason,
        codec.text(event.text),
    )


_ENCODERS: dict[type, Callable[[Report], bytes]] = {
    OrderAccepted: _accepted,
    TradeExecuted: _executed,
    OrderCanceled: _canceled,
    OrderExpired: _expired,
    OrderReplaced: _replaced,
    OrderRejected: _rejected,
    CancelRejected: _cancel_rejected,
    MassCancelCompleted: _mass_cancel_completed,
    MassCancelRejected: _mass_cancel_rejected,
}


# ---- answers --------------------------------------------------------------------------------------------------------


def _order_status(query_id: int, order: OrderImage | None) -> bytes:
    if order is None:
        nothing = (0,) * 9
        return codec.ORDER_STATUS.pack(query_id, *nothing, NUL, NUL, NUL, _REJECTED, OrdRejReason.UNKNOWN_ORDER)
    return codec.ORDER_STATUS.pack(
        query_id,
        _number(order.cl_ord_id),
        order.order_id,
        order.px,
        avg_px(order.cum_notional, order.cum_qty),
        order.order_qty,
        order.leaves_qty,
        order.cum_qty,
        order.symbol_id,
        order.account_id,
        _SIDE[order.side],
        _ORD_TYPE[order.ord_type],
        _TIME_IN_FORCE[order.tif],
        _ORD_STATUS[order.status],
        0,
    )


def _book(answer: DepthAnswer) -> bytes:
    entries = [(level.px, min(level.qty, UINT64_MAX), level.orders, _BID) for level in answer.bids]
    entries += [(level.px, min(level.qty, UINT64_MAX), level.orders, _OFFER) for level in answer.asks]
    query = answer.query
    return codec.book_snapshot(_number(query.query_id), answer.seq, answer.time_ns, query.symbol_id, entries)


def _instrument(request_id: int, instrument: Instrument, directory: Directory) -> bytes:
    return codec.INSTRUMENT_DEFINITION.pack(
        request_id,
        instrument.tick_size,
        instrument.lot_size,
        instrument.min_qty,
        instrument.max_qty,
        instrument.min_notional & UINT64_MAX,
        instrument.min_notional >> 64,
        instrument.maker_fee,
        instrument.taker_fee,
        instrument.symbol_id,
        directory.statuses[instrument.symbol_id],
        codec.text(instrument.symbol, 32),
        codec.text(instrument.base, 16),
        codec.text(instrument.quote, 16),
    )


def _number(cl_ord_id: str) -> int:
    """A ClOrdID or request id as the client sent it; 0 where the venue acts on its own account."""
    return int(cl_ord_id) if cl_ord_id.isdecimal() else 0
