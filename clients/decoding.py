"""Reports: SBE payloads of Sequenced Data as this package's events."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar

from clients.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    ExecId,
    Executed,
    Expired,
    MassCancelReport,
    Rejected,
    Replaced,
    Restated,
    TradeBusted,
    TradeCorrected,
    Triggered,
    UnknownReport,
)
from clients.numbers import to_decimal
from clients.special import known, own_end, special_of, standing
from engine.types import (
    Activation,
    CancelReason,
    OrdStatus,
    OrdType,
    RestateReason,
    Side,
    TimeInForce,
    fix_code,
)
from gateways.binary import codec
from gateways.binary.codec import HEADER_SIZE, NUL

_E = TypeVar("_E", bound=IntEnum)


def _by_code(enumeration: type[_E]) -> dict[bytes, _E]:
    return {fix_code(value).encode("ascii"): value for value in enumeration}


SIDE = _by_code(Side)
ORD_TYPE = _by_code(OrdType)
TIF = _by_code(TimeInForce)
STATUS = _by_code(OrdStatus)
_ADDED_LIQUIDITY = b"1"
_AUCTION = b"4"
_TO_REPLACE = b"2"
_MASS_CANCEL_REJECTED = b"0"
_PLAIN_ACCEPTED_SIZE = HEADER_SIZE + codec.ACCEPTED.block_length
_ACCEPTED = codec.ACCEPTED, codec.ACCEPTED_SPECIAL, codec.ACCEPTED_3
_REPLACED = codec.REPLACED, codec.REPLACED_SPECIAL, codec.REPLACED_3


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
        SIDE[side],
        ORD_TYPE[ord_type],
        TIF[tif],
        STATUS[status],
        None if len(payload) == _PLAIN_ACCEPTED_SIZE else special_of(payload, *_ACCEPTED),
    )


def _triggered(payload: bytes, number: int) -> Triggered:
    fields = codec.TRIGGERED.unpack(payload, HEADER_SIZE)
    special = standing(fields[15:35], own_end(payload, codec.TRIGGERED_3))
    return Triggered(number, *(*_order(fields), special, known(Activation, fields[35])))


def _restated(payload: bytes, number: int) -> Restated:
    fields = codec.RESTATED.unpack(payload, HEADER_SIZE)
    special = standing(fields[15:35], own_end(payload, codec.RESTATED_3))
    return Restated(number, *(*_order(fields), special, known(RestateReason, fields[35])))


def _order(fields: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a report about an order as a whole begins with."""
    seq, pos, time_ns, cl_ord_id, order_id, px, qty, leaves, cum, security_id, account_id = fields[:11]
    side, ord_type, tif, status = fields[11:15]
    amounts = to_decimal(px), to_decimal(qty), to_decimal(leaves), to_decimal(cum)
    codes = SIDE[side], ORD_TYPE[ord_type], TIF[tif], STATUS[status]
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
        SIDE[side],
        ORD_TYPE[ord_type],
        TIF[tif],
        reason,
        codec.from_text(text),
        _reject_reason(payload, codec.REJECTED_3),
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
        SIDE[side],
        ORD_TYPE[ord_type],
        TIF[tif],
        STATUS[status],
        kept == codec.YES,
        special_of(payload, *_REPLACED),
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
        SIDE[side],
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
        SIDE[side],
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
        SIDE[side],
        STATUS[status],
        liquidity == _ADDED_LIQUIDITY,
        liquidity == _AUCTION,
    )


def _busted(payload: bytes, number: int) -> TradeBusted:
    fields = codec.TRADE_BUSTED.unpack(payload, HEADER_SIZE)
    security_id, account_id, side, status, text = fields[12:]
    whose = security_id, account_id, SIDE[side], STATUS[status], codec.from_text(text)
    return TradeBusted(number, *(*_trade(fields), *whose))


def _corrected(payload: bytes, number: int) -> TradeCorrected:
    fields = codec.TRADE_CORRECTED.unpack(payload, HEADER_SIZE)
    old_px, old_qty, old_fee_low, old_fee_high, security_id, account_id, side, status, text = fields[12:]
    old = to_decimal(old_px), to_decimal(old_qty), to_decimal(old_fee_high << 64 | old_fee_low)
    whose = security_id, account_id, SIDE[side], STATUS[status], codec.from_text(text)
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
        STATUS[status],
        response_to == _TO_REPLACE,
        reason,
        codec.from_text(text),
        _reject_reason(payload, codec.CANCEL_REJECTED_3),
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
        None if side == NUL else SIDE[side],
        response == _MASS_CANCEL_REJECTED,
        reason,
        codec.from_text(text),
        _reject_reason(payload, codec.MASS_CANCEL_REPORT_3),
    )


def _reject_reason(payload: bytes, newest: codec.Layout) -> int:
    """The last field of a refusal since version 3; 0 where there is none."""
    if not newest.fits(payload):
        return 0
    reason: int = newest.unpack(payload, HEADER_SIZE)[-1]
    return reason


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
