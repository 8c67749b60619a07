"""SBE payloads from the venue as this package's events and answers."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar

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
    Restated,
    TradeBusted,
    TradeCorrected,
    Triggered,
    UnknownReport,
)
from clients.numbers import to_decimal
from clients.special import known, special_of, standing
from engine.types import (
    Activation,
    CancelReason,
    InstrumentStatus,
    OrdStatus,
    OrdType,
    RestateReason,
    Side,
    TimeInForce,
    TradingPhase,
    fix_code,
)
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
_AUCTION = b"4"
_TO_REPLACE = b"2"
_MASS_CANCEL_REJECTED = b"0"
_BID = b"0"
_PLAIN_ACCEPTED_SIZE = HEADER_SIZE + codec.ACCEPTED.block_length


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
        None if len(payload) == _PLAIN_ACCEPTED_SIZE else special_of(payload, codec.ACCEPTED, codec.ACCEPTED_SPECIAL),
    )


def _triggered(payload: bytes, number: int) -> Triggered:
    fields = codec.TRIGGERED.unpack(payload, HEADER_SIZE)
    return Triggered(number, *(*_order(fields), standing(fields[15:35]), known(Activation, fields[35])))


def _restated(payload: bytes, number: int) -> Restated:
    fields = codec.RESTATED.unpack(payload, HEADER_SIZE)
    return Restated(number, *(*_order(fields), standing(fields[15:35]), known(RestateReason, fields[35])))


def _order(fields: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a report about an order as a whole begins with."""
    seq, pos, time_ns, cl_ord_id, order_id, px, qty, leaves, cum, security_id, account_id = fields[:11]
    side, ord_type, tif, status = fields[11:15]
    amounts = to_decimal(px), to_decimal(qty), to_decimal(leaves), to_decimal(cum)
    codes = _SIDE[side], _ORD_TYPE[ord_type], _TIF[tif], _STATUS[status]
    return ExecId(seq, pos), time_ns, cl_ord_id, order_id, *amounts, security_id, account_id, *codes


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
        special_of(payload, codec.REPLACED, codec.REPLACED_SPECIAL),
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
        known(CancelReason, reason),
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
        known(CancelReason, reason),
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
        liquidity == _AUCTION,
    )


def _busted(payload: bytes, number: int) -> TradeBusted:
    fields = codec.TRADE_BUSTED.unpack(payload, HEADER_SIZE)
    security_id, account_id, side, status, text = fields[12:]
    whose = security_id, account_id, _SIDE[side], _STATUS[status], codec.from_text(text)
    return TradeBusted(number, *(*_trade(fields), *whose))


def _corrected(payload: bytes, number: int) -> TradeCorrected:
    fields = codec.TRADE_CORRECTED.unpack(payload, HEADER_SIZE)
    old_px, old_qty, old_fee_low, old_fee_high, security_id, account_id, side, status, text = fields[12:]
    old = to_decimal(old_px), to_decimal(old_qty), to_decimal(old_fee_high << 64 | old_fee_low)
    whose = security_id, account_id, _SIDE[side], _STATUS[status], codec.from_text(text)
    return TradeCorrected(number, *(*_trade(fields), *old, *whose))


def _trade(fields: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a report about a trade begins with."""
    seq, pos, time_ns, cl_ord_id, order_id, trade_id, px, qty, leaves, cum, fee_low, fee_high = fields[:12]
    amounts = to_decimal(px), to_decimal(qty), to_decimal(leaves), to_decimal(cum)
    return ExecId(seq, pos), time_ns, cl_ord_id, order_id, trade_id, *amounts, to_decimal(fee_high << 64 | fee_low)


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
    codec.TRIGGERED.template_id: _triggered,
    codec.RESTATED.template_id: _restated,
    codec.TRADE_BUSTED.template_id: _busted,
    codec.TRADE_CORRECTED.template_id: _corrected,
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
        special_of(payload, codec.ORDER_STATUS, codec.ORDER_STATUS_SPECIAL),
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
    collar = price_limit = dynamic_band = volatility = side_max = account_max = 0
    phase = int(TradingPhase.CONTINUOUS)
    if codec.INSTRUMENT_RULES.fits(payload):
        added = codec.INSTRUMENT_RULES.unpack(payload, HEADER_SIZE)[14:]
        collar, price_limit, dynamic_band, volatility, side_max, account_max, phase = added
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
        known(InstrumentStatus, status),
        to_decimal(collar),
        to_decimal(price_limit),
        to_decimal(dynamic_band),
        to_decimal(volatility),
        side_max,
        account_max,
        known(TradingPhase, phase),
    )


def message_rejected(payload: bytes) -> MessageRejected:
    ref_seq_num, ref_id, template_id, reason, text = codec.MESSAGE_REJECT.unpack(payload, HEADER_SIZE)
    return MessageRejected(ref_seq_num, ref_id, template_id, reason, codec.from_text(text))
