"""A trade and what has become of it since, found in the journal. Reads files and decodes: off the venue's loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, final

import msgspec

from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    Record,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.wire import decode_record

Read: TypeAlias = Callable[[int, int], Iterable[tuple[int, bytes]]]
"""Sequences and records from one sequence to another, both included."""

WINDOW = 65_536
"""Records that are looked through at first; each further window is twice as long."""

_ORDER_EVENTS = (
    OrderAccepted, OrderReplaced, OrderUpdated, OrderCanceled, OrderExpired, OrderTriggered, OrderRestated,
)  # fmt: skip


@final
class TradeHistory(msgspec.Struct, frozen=True):
    """A trade as of record ``last_seq``."""

    seq: int
    time_ns: int
    trade: TradeExecuted
    aggressor: OrderImage
    """The newest state of the order."""
    resting: OrderImage
    amended: TradeBusted | TradeCorrected | None
    """The last word on it, where it has been busted or corrected."""
    last_seq: int


def find_trade(read: Read, trade_id: int, last: int) -> TradeHistory | None:
    """Look for a trade among records 1..``last``, the newest first: what is busted is seldom old.

    Only records that hold the id's bytes are decoded. Raises what ``read`` does.
    """
    needle = msgspec.msgpack.encode(trade_id)
    end, window = last, WINDOW
    while end > 0:
        first = max(1, end - window + 1)
        for seq, record in _holding(read(first, end), [needle]):
            for event in record.events:
                if type(event) is TradeExecuted and event.trade_id == trade_id:
                    found = TradeHistory(seq, record.time_ns, event, event.aggressor, event.resting, None, seq - 1)
                    return follow_trade(read, found, last)
        end, window = first - 1, 2 * window
    return None


def follow_trade(read: Read, known: TradeHistory, last: int) -> TradeHistory:
    """The same trade as of record ``last``. Raises what ``read`` does."""
    trade = known.trade
    newest = {image.terms.order_id: image for image in (known.aggressor, known.resting)}
    amended = known.amended
    needles = list(map(msgspec.msgpack.encode, newest))
    for _, record in _holding(read(known.last_seq + 1, last), needles):
        for event in record.events:
            newest.update((id_, image) for id_, image in _images(event) if id_ in newest)
            if isinstance(event, TradeBusted | TradeCorrected) and event.trade_id == trade.trade_id:
                amended = event
    return msgspec.structs.replace(
        known,
        aggressor=newest[trade.aggressor.terms.order_id],
        resting=newest[trade.resting.terms.order_id],
        amended=amended,
        last_seq=last,
    )


def _holding(payloads: Iterable[tuple[int, bytes]], needles: list[bytes]) -> Iterator[tuple[int, Record]]:
    for seq, payload in payloads:
        if any(needle in payload for needle in needles):
            yield seq, decode_record(payload)


def _images(event: Event) -> Iterator[tuple[int, OrderImage]]:
    """The orders that an event changed, by OrderID."""
    if isinstance(event, _ORDER_EVENTS):
        yield event.order.terms.order_id, event.order
    elif isinstance(event, TradeExecuted | TradeBusted | TradeCorrected):
        yield event.aggressor.terms.order_id, event.aggressor
        yield event.resting.terms.order_id, event.resting
