"""SBE payloads from the venue as this package's events and answers."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

from clients.events import (
    Accepted,
    Book,
    Canceled,
    CancelRejected,
    Event,
    ExecId,
    Executed,
    Expired,
    Instrument,
    Level,
    MassCancelReport,
    MessageRejected,
    OrderState,
    Rejected,
    Replaced,
    UnknownReport,
)
from clients.numbers import to_decimal
from engine.types import CancelReason, InstrumentStatus, OrdStatus, OrdType, Side, TimeInForce, fix_code
from gateways.binary import codec
from gateways.binary.codec import HEADER_SIZE, NUL

_E = TypeVar("_E", bound=IntEnum)


def _by_code(enumeration: type[_E]) -> dict[bytes, _E]:
    return {fix_code(value).encode("ascii"): value for value in enumeration}


_SIDE = _by_code(Side)
_ORD_TYPE = _by_code(OrdType)
_TIF = _by_code(TimeInForce)
_STATUS = _by_code(OrdStatus)
_ADDED_LIQUIDITY = b"1"
_TO_REPLACE = b"2"
_MASS_CANCEL_REJECTED = b"0"
_BID = b"0"


def _known(enumeration: type[_E], value: int) -> _E | int:
    """The enumeration's member, or the bare number of one that a newer venue knows."""
    try:
        return enumeration(value)
    except ValueError:
        return value


def template_of(payload: bytes) -> int:
    """The message's templateId. Raises ``struct.error`` if the payload holds no SBE header."""
    template_id: int = codec.HEADER.unpack_from(payload)[1]
    return template_id


def report(payload: bytes, number: int) -> Event:
    """A Sequenced Data payload. Raises ``struct.error`` or ``KeyError`` if it is not what the schema says."""
    template_id = template_of(payload)
    decode = _REPORTS.get(template_id)
    return UnknownReport(number, template_id, payload) if decode is None else decode(payload, number)


def _accepted(payload: bytes, number: int) -> Accepted:
    (
        seq,
        pos,
        time_ns,
        cl_ord_id,
        order_id,
        px,
        qty,
        leaves,
        cum,
        security_id,
        account_id,
        side,
        ord_type,
        tif,
        status,
    ) = codec.ACCEPTED.unpack(payload, HEADER_SIZE)
    return Accepted(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        order_id,
        to_decimal(px),
        to_decimal(qty),
        to_decimal(leaves),
        to_decimal(cum),
        security_id,
        account_id,
        _SIDE[side],
        _ORD_TYPE[ord_type],
        _TIF[tif],
        _STATUS[status],
    )


def _rejected(payload: bytes, number: int) -> Rejected:
    (seq, pos, time_ns, cl_ord_id, px, qty, security_id, account_id, side, ord_type, tif, reason, text) = (
        codec.REJECTED.unpack(payload, HEADER_SIZE)
    )
    return Rejected(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        to_decimal(px),
        to_decimal(qty),
        security_id,
        account_id,
        _SIDE[side],
        _ORD_TYPE[ord_type],
        _TIF[tif],
        reason,
        codec.from_text(text),
    )


def _replaced(payload: bytes, number: int) -> Replaced:
    fields = codec.REPLACED.unpack(payload, HEADER_SIZE)
    (seq, pos, time_ns, cl_ord_id, orig, order_id, px, qty, leaves, cum, security_id, account_id) = fields[:12]
    side, ord_type, tif, status, kept = fields[12:]
    return Replaced(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        orig,
        order_id,
        to_decimal(px),
        to_decimal(qty),
        to_decimal(leaves),
        to_decimal(cum),
        security_id,
        account_id,
        _SIDE[side],
        _ORD_TYPE[ord_type],
        _TIF[tif],
        _STATUS[status],
        kept == codec.YES,
    )


def _canceled(payload: bytes, number: int) -> Canceled:
    (seq, pos, time_ns, cl_ord_id, orig, order_id, cum, security_id, account_id, side, reason) = codec.CANCELED.unpack(
        payload, HEADER_SIZE
    )
    return Canceled(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        orig,
        order_id,
        to_decimal(cum),
        security_id,
        account_id,
        _SIDE[side],
        _known(CancelReason, reason),
    )


def _expired(payload: bytes, number: int) -> Expired:
    (seq, pos, time_ns, cl_ord_id, order_id, cum, security_id, account_id, side, reason) = codec.EXPIRED.unpack(
        payload, HEADER_SIZE
    )
    return Expired(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        order_id,
        to_decimal(cum),
        security_id,
        account_id,
        _SIDE[side],
        _known(CancelReason, reason),
    )


def _executed(payload: bytes, number: int) -> Executed:
    fields = codec.EXECUTED.unpack(payload, HEADER_SIZE)
    seq, pos, time_ns, cl_ord_id, order_id, trade_id, px, qty, leaves, cum, fee_low, fee_high = fields[:12]
    security_id, account_id, side, status, liquidity = fields[12:]
    return Executed(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        order_id,
        trade_id,
        to_decimal(px),
        to_decimal(qty),
        to_decimal(leaves),
        to_decimal(cum),
        to_decimal(fee_high << 64 | fee_low),
        security_id,
        account_id,
        _SIDE[side],
        _STATUS[status],
        liquidity == _ADDED_LIQUIDITY,
    )


def _cancel_rejected(payload: bytes, number: int) -> CancelRejected:
    (seq, pos, time_ns, cl_ord_id, orig, order_id, account_id, status, response_to, reason, text) = (
        codec.CANCEL_REJECTED.unpack(payload, HEADER_SIZE)
    )
    return CancelRejected(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        orig,
        order_id,
        account_id,
        _STATUS[status],
        response_to == _TO_REPLACE,
        reason,
        codec.from_text(text),
    )


def _mass_cancel_report(payload: bytes, number: int) -> MassCancelReport:
    (seq, pos, time_ns, cl_ord_id, total, security_id, account_id, side, response, reason, text) = (
        codec.MASS_CANCEL_REPORT.unpack(payload, HEADER_SIZE)
    )
    return MassCancelReport(
        number,
        ExecId(seq, pos),
        time_ns,
        cl_ord_id,
        total,
        security_id,
        account_id,
        None if side == NUL else _SIDE[side],
        response == _MASS_CANCEL_REJECTED,
        reason,
        codec.from_text(text),
    )


_REPORTS: dict[int, Callable[[bytes, int], Event]] = {
    codec.ACCEPTED.template_id: _accepted,
    codec.REJECTED.template_id: _rejected,
    codec.REPLACED.template_id: _replaced,
    codec.CANCELED.template_id: _canceled,
    codec.EXPIRED.template_id: _expired,
    codec.EXECUTED.template_id: _executed,
    codec.CANCEL_REJECTED.template_id: _cancel_rejected,
    codec.MASS_CANCEL_REPORT.template_id: _mass_cancel_report,
}


def order_state(payload: bytes) -> tuple[int, OrderState | None]:
    """The request's id and the order; None if the session has no such order."""
    fields = codec.ORDER_STATUS.unpack(payload, HEADER_SIZE)
    request_id, cl_ord_id, order_id, px, avg_px, qty, leaves, cum, security_id, account_id = fields[:10]
    side, ord_type, tif, status, _reason = fields[10:]
    if side == NUL:
        return request_id, None
    return request_id, OrderState(
        cl_ord_id,
        order_id,
        to_decimal(px),
        to_decimal(avg_px),
        to_decimal(qty),
        to_decimal(leaves),
        to_decimal(cum),
        security_id,
        account_id,
        _SIDE[side],
        _ORD_TYPE[ord_type],
        _TIF[tif],
        _STATUS[status],
    )


def book_fragment(payload: bytes) -> tuple[int, Book, bool]:
    """The request's id, the levels of this packet, and whether it is the last one."""
    request_id, seq, time_ns, security_id, last = codec.BOOK_SNAPSHOT.unpack(payload, HEADER_SIZE)
    book = Book(security_id, seq, time_ns, [], [])
    for px, qty, orders, kind in codec.read_book_entries(payload):
        side = book.bids if kind == _BID else book.offers
        side.append(Level(to_decimal(px), to_decimal(qty), orders))
    return request_id, book, last == codec.YES


def instrument(payload: bytes) -> tuple[int, Instrument]:
    """The request's id and one instrument."""
    fields = codec.INSTRUMENT_DEFINITION.unpack(payload, HEADER_SIZE)
    request_id, tick, lot, min_qty, max_qty, notional_low, notional_high, maker_fee, taker_fee = fields[:9]
    security_id, status, symbol, base, quote = fields[9:]
    return request_id, Instrument(
        security_id,
        codec.from_text(symbol),
        codec.from_text(base),
        codec.from_text(quote),
        to_decimal(tick),
        to_decimal(lot),
        to_decimal(min_qty),
        to_decimal(max_qty),
        to_decimal(notional_high << 64 | notional_low),
        to_decimal(maker_fee),
        to_decimal(taker_fee),
        _known(InstrumentStatus, status),
    )


def message_rejected(payload: bytes) -> MessageRejected:
    ref_seq_num, ref_id, template_id, reason, text = codec.MESSAGE_REJECT.unpack(payload, HEADER_SIZE)
    return MessageRejected(ref_seq_num, ref_id, template_id, reason, codec.from_text(text))
