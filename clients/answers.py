"""Answers: SBE payloads of Unsequenced Data as what the queries of this package return."""

from __future__ import annotations

from clients.decoding import ORD_TYPE, SIDE, STATUS, TIF
from clients.events import Book, Instrument, Level, MessageRejected, OrderState, SessionConfiguration
from clients.numbers import to_decimal
from clients.special import known, on_disconnect_of, special_of
from engine.session_profile import Rights
from engine.types import InstrumentStatus, SelfTrade, SelfTradeScope, TradingPhase
from gateways.binary import codec
from gateways.binary.codec import HEADER_SIZE, NUL

_BID = b"0"
_ORDER_STATUS = codec.ORDER_STATUS, codec.ORDER_STATUS_SPECIAL, codec.ORDER_STATUS_3


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
        SIDE[side],
        ORD_TYPE[ord_type],
        TIF[tif],
        STATUS[status],
        special_of(payload, *_ORDER_STATUS),
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


def session_configuration(payload: bytes) -> tuple[int, SessionConfiguration]:
    """The request's id, 0 after an Authenticate, and what is in force."""
    request_id, mode, window_ms, window_max_ms, self_trade, scope, self_trade_id, rights, rate, burst = (
        codec.SESSION_CONFIGURATION_REPORT.unpack(payload, HEADER_SIZE)
    )
    return request_id, SessionConfiguration(
        on_disconnect_of(mode),
        window_ms,
        window_max_ms,
        known(SelfTrade, self_trade),
        known(SelfTradeScope, scope),
        self_trade_id,
        Rights(rights),
        rate,
        burst,
    )
