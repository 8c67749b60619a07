"""The venue's answers and refusals as Unsequenced Data packets with SBE messages: never replayed."""

from __future__ import annotations

from engine.directory import Directory
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.money import avg_px
from engine.queries import Answer, DepthAnswer, OpenOrdersAnswer, OpenOrdersQuery, OrderStatusAnswer
from engine.types import OrdRejReason, OrdStatus
from gateways.binary import codec
from gateways.binary.codec import NUL, UINT64_MAX
from gateways.binary.fields import ORD_STATUS, ORD_TYPE, SIDE, TIME_IN_FORCE, number_of
from gateways.binary.rejects import MessageRejectReason
from gateways.binary.special import encode_newest, encode_standing

_BID = b"0"
_OFFER = b"1"


def encode_answer(answer: Answer) -> bytes:
    """Unsequenced Data packets."""
    if isinstance(answer, OrderStatusAnswer):
        return _order_status(number_of(answer.query.query_id), answer.order)
    if isinstance(answer, OpenOrdersAnswer):
        return order_statuses(answer.query, answer.orders) + open_orders_end(answer.query, len(answer.orders))
    assert isinstance(answer, DepthAnswer), "no other query has a message"
    return _book(answer)


def order_statuses(query: OpenOrdersQuery, orders: list[OrderImage]) -> bytes:
    """An OrderStatus for each, with the query's id."""
    query_id = number_of(query.query_id)
    return b"".join([_order_status(query_id, order) for order in orders])


def open_orders_end(query: OpenOrdersQuery, total: int) -> bytes:
    """What follows the last of ``total`` OrderStatus."""
    packet: bytes = codec.OPEN_ORDERS_END.pack(number_of(query.query_id), total)
    return packet


def message_reject(ref_seq_num: int, ref_id: int, template_id: int, reason: MessageRejectReason, text: str) -> bytes:
    """Says why a message was not taken: the client's ``ref_seq_num``-th of this connection."""
    packet: bytes = codec.MESSAGE_REJECT.pack(ref_seq_num, ref_id, template_id, reason, codec.text(text))
    return packet


def instrument_list(request_id: int, directory: Directory) -> bytes:
    """An InstrumentDefinition for every instrument, by id, then InstrumentListEnd."""
    instruments = [directory.instruments[symbol_id] for symbol_id in sorted(directory.instruments)]
    packets = [_instrument(request_id, instrument, directory) for instrument in instruments]
    packets.append(codec.INSTRUMENT_LIST_END.pack(request_id, len(instruments)))
    return b"".join(packets)


def _order_status(query_id: int, order: OrderImage | None) -> bytes:
    if order is None:
        nothing = (0,) * 9
        rest = NUL, NUL, NUL, ORD_STATUS[OrdStatus.REJECTED], OrdRejReason.UNKNOWN_ORDER
        return codec.ORDER_STATUS.pack(query_id, *nothing, *rest)
    values = (
        query_id,
        number_of(order.cl_ord_id),
        order.order_id,
        order.px,
        avg_px(order.cum_notional, order.cum_qty),
        order.order_qty,
        order.leaves_qty,
        order.cum_qty,
        order.symbol_id,
        order.account_id,
        SIDE[order.side],
        ORD_TYPE[order.ord_type],
        TIME_IN_FORCE[order.tif],
        ORD_STATUS[order.status],
        0,
    )
    if order.special is None and order.working is None:
        return codec.ORDER_STATUS.pack(*values)
    standing = encode_standing(order)
    said = encode_newest(order.special)
    if said is not None:
        return codec.ORDER_STATUS_3.pack(*values, *standing, *said)
    return codec.ORDER_STATUS_SPECIAL.pack(*values, *standing)


def _book(answer: DepthAnswer) -> bytes:
    entries = [(level.px, min(level.qty, UINT64_MAX), level.orders, _BID) for level in answer.bids]
    entries += [(level.px, min(level.qty, UINT64_MAX), level.orders, _OFFER) for level in answer.asks]
    query = answer.query
    return codec.book_snapshot(number_of(query.query_id), answer.seq, answer.time_ns, query.symbol_id, entries)


def _instrument(request_id: int, instrument: Instrument, directory: Directory) -> bytes:
    protection = instrument.protection
    return codec.INSTRUMENT_RULES.pack(
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
        protection.collar_rate,
        protection.price_limit_rate,
        protection.dynamic_band_rate,
        protection.volatility_rate,
        instrument.orders_per_side_max,
        instrument.orders_per_account_max,
        directory.phases[instrument.symbol_id],
    )
