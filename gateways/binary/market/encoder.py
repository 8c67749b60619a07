"""Market data as packets. Pure.

Each message is encoded once, whoever reads it: Sequenced Data packets don't carry their number, so the same bytes serve
every stream and every subscriber.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from engine.instrument import Instrument
from engine.market_data.levels import Levels
from engine.market_data.orders import OrderAdded, OrderDeleted, OrderModified, Orders
from engine.market_data.statistics import DayStatistics
from engine.market_data.steps import (
    AuctionResult,
    BookChecksum,
    DayEnded,
    OrderExecuted,
    OrderRequeued,
    TradeAmended,
    Traded,
)
from engine.market_data.top import State
from gateways.binary.codec import NUL, UINT64_MAX, text
from gateways.binary.fields import SIDE
from gateways.binary.market.codec import END_OF_EVENT, Messages

Encode: TypeAlias = Callable[[int, int, Any, int], bytes]
"""(time, SecurityID, step, flags) → its packet."""


class Encoder:
    """Packets of one kind. Prices and quantities as they come; ``flags`` is the MatchEventIndicator."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._added = messages.order_added.pack
        self._executed = messages.order_executed.pack
        self._deleted = messages.order_deleted.pack
        self._trade = messages.trade.pack
        self._level = messages.price_level.pack
        self.of_orders: dict[type, Encode] = {
            OrderAdded: self._order_added,
            OrderExecuted: self._order_executed,
            OrderModified: self._order_modified,
            OrderDeleted: self._order_deleted,
            OrderRequeued: self._order_replaced,
            BookChecksum: self._checksum,
        }
        """By the type of a step: those that only the stream order by order has."""
        self.of_all: dict[type, Encode] = {
            Traded: self._traded,
            TradeAmended: self._amended,
            Instrument: self.definition,
            AuctionResult: self._auction_result,
            DayEnded: self._day_ended,
        }
        """Those that every stream has. A change of state has its own method."""

    # ---- orders ---------------------------------------------------------------------------------------------------

    def _order_added(self, time_ns: int, security_id: int, step: OrderAdded, flags: int) -> bytes:
        return self._added(time_ns, step.order_id, step.px, step.qty, security_id, SIDE[step.side], flags)

    def _order_executed(self, time_ns: int, security_id: int, step: OrderExecuted, flags: int) -> bytes:
        return self._executed(
            time_ns, step.order_id, step.trade_id, step.px, step.qty, step.shown_qty, security_id, flags
        )

    def _order_modified(self, time_ns: int, security_id: int, step: OrderModified, flags: int) -> bytes:
        return self._messages.order_modified.pack(time_ns, step.order_id, step.qty, security_id, flags)

    def _order_deleted(self, time_ns: int, security_id: int, step: OrderDeleted, flags: int) -> bytes:
        return self._deleted(time_ns, step.order_id, security_id, flags)

    def _order_replaced(self, time_ns: int, security_id: int, step: OrderRequeued, flags: int) -> bytes:
        side = SIDE[step.side]
        return self._messages.order_replaced.pack(time_ns, step.order_id, step.px, step.qty, security_id, side, flags)

    def _checksum(self, time_ns: int, security_id: int, step: BookChecksum, flags: int) -> bytes:
        return self.book_checksum(time_ns, security_id, step.checksum, step.orders, flags)

    def book_checksum(self, time_ns: int, security_id: int, checksum: int, entries: int, flags: int) -> bytes:
        return self._messages.book_checksum.pack(time_ns, checksum, entries, security_id, flags)

    # ---- trades ---------------------------------------------------------------------------------------------------

    def _traded(self, time_ns: int, security_id: int, step: Traded, flags: int) -> bytes:
        side = SIDE[step.aggressor] if step.aggressor else NUL
        return self._trade(time_ns, step.trade_id, step.px, step.qty, security_id, side, flags)

    def _amended(self, time_ns: int, security_id: int, step: TradeAmended, flags: int) -> bytes:
        trade = step.trade_id, step.px, step.qty
        if step.busted:
            return self._messages.trade_busted.pack(time_ns, *trade, security_id, flags)
        return self._messages.trade_corrected.pack(time_ns, *trade, step.old_px, step.old_qty, security_id, flags)

    # ---- what is about the instrument -----------------------------------------------------------------------------

    def definition(self, time_ns: int, security_id: int, instrument: Instrument, flags: int) -> bytes:
        protection = instrument.protection
        return self._messages.instrument_definition.pack(
            time_ns,
            instrument.tick_size,
            instrument.lot_size,
            instrument.min_qty,
            instrument.max_qty,
            instrument.min_notional & UINT64_MAX,
            instrument.min_notional >> 64,
            instrument.maker_fee,
            instrument.taker_fee,
            protection.collar_rate,
            protection.price_limit_rate,
            protection.dynamic_band_rate,
            protection.volatility_rate,
            security_id,
            instrument.orders_per_side_max,
            instrument.orders_per_account_max,
            text(instrument.symbol, 32),
            text(instrument.base, 16),
            text(instrument.quote, 16),
            flags,
        )

    def state(self, time_ns: int, security_id: int, state: State, before: State | None, flags: int) -> list[bytes]:
        """InstrumentStatus and AuctionIndicative, as far as they differ from ``before`` (None: the first is told, the
        second where there is one)."""
        packets: list[bytes] = []
        indicative = state.indicative != (before.indicative if before is not None else None)
        if before is None or _status(state) != _status(before):
            packets.append(self._status(time_ns, security_id, state, 0 if indicative else flags))
        if indicative:
            told = state.indicative
            values = (told.px, told.qty, told.surplus) if told is not None else (0, 0, 0)
            packets.append(self._messages.auction_indicative.pack(time_ns, *values, security_id, flags))
        return packets

    def _status(self, time_ns: int, security_id: int, state: State, flags: int) -> bytes:
        limit = state.limit_state
        return self._messages.instrument_status.pack(
            time_ns,
            state.phase_until_ns,
            limit.until_ns if limit is not None else 0,
            state.reference_px,
            security_id,
            state.status,
            state.phase,
            SIDE[limit.side] if limit is not None else NUL,
            flags,
        )

    def _auction_result(self, time_ns: int, security_id: int, step: AuctionResult, flags: int) -> bytes:
        return self._messages.auction_result.pack(time_ns, step.px, step.qty, security_id, flags)

    def _day_ended(self, time_ns: int, security_id: int, step: DayEnded, flags: int) -> bytes:
        return self._messages.trading_day_ended.pack(time_ns, security_id, text(step.day, 10), flags)

    def statistics(self, time_ns: int, security_id: int, day: DayStatistics) -> bytes:
        session = day.session
        return self._messages.statistics.pack(
            time_ns,
            session.open_px,
            session.high_px,
            session.low_px,
            session.close_px,
            session.vwap,
            day.previous_close_px,
            min(session.volume, UINT64_MAX),
            session.notional & UINT64_MAX,
            session.notional >> 64,
            session.trades,
            session.start_ns,
            security_id,
            text(day.day, 10),
        )

    # ---- levels ---------------------------------------------------------------------------------------------------

    def levels(self, time_ns: int, security_id: int, levels: Levels) -> list[bytes]:
        """A PriceLevel for each; the last one ends the event."""
        pack = self._level
        rows = [(SIDE[1], level) for level in levels.bids]
        rows += [(SIDE[2], level) for level in levels.asks]
        last = len(rows) - 1
        return [
            pack(
                time_ns,
                level.px,
                min(level.qty, UINT64_MAX),
                security_id,
                level.orders,
                side,
                END_OF_EVENT if at == last else 0,
            )
            for at, (side, level) in enumerate(rows)
        ]

    def orders(self, time_ns: int, security_id: int, orders: Orders) -> Iterator[bytes]:
        """An OrderAdded for each, in priority order."""
        pack = self._added
        for side, queue in ((SIDE[1], orders.bids), (SIDE[2], orders.asks)):
            for order in queue:
                yield pack(time_ns, order.order_id, order.px, order.qty, security_id, side, 0)

    # ---- what frames the rest -------------------------------------------------------------------------------------

    def snapshot_begin(self, as_of: int, security_id: int, entries: int) -> bytes:
        return self._messages.snapshot_begin.pack(as_of, security_id, entries)

    def snapshot_end(self, as_of: int, security_id: int, checksum: int) -> bytes:
        return self._messages.snapshot_end.pack(as_of, security_id, checksum)

    def snapshot_complete(self, next_number: int, instruments: int) -> bytes:
        return self._messages.snapshot_complete.pack(next_number, instruments)

    def system_event(self, time_ns: int, code: bytes) -> bytes:
        return self._messages.system_event.pack(time_ns, code)


def _status(state: State) -> object:
    return state.status, state.phase, state.phase_until_ns, state.limit_state, state.reference_px
