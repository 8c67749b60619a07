"""What operators do with instruments, their books and their trades (docs/order-book.md §7)."""

from __future__ import annotations

from collections.abc import Callable

import trio

from actors.messages import Operate
from config.settings import Settings
from engine.book import symbol_of
from engine.commands import (
    BustTrade,
    CancelBook,
    ChangeInstrument,
    CorrectTrade,
    SetInstrumentStatus,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.instrument import Instrument
from engine.types import CancelReason, InstrumentStatus, Px, Qty, TradingPhase
from gateways.http import views
from gateways.http.operations import OperationRefused, OperationUnknown
from gateways.http.views import Done, Entry, TradeView
from tradeengine import inspection
from tradeengine.admission import changed_instrument, instrument_config, instrument_entry
from tradeengine.desk import Decision, Desk
from tradeengine.trade_history import TradeHistory, find_trade, follow_trade
from tradeengine.venue import Venue


class InstrumentOperations(Desk):
    """Listing, changing, halting, phases, prices, cancels, busts and corrections."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._amending = trio.Lock()
        """Trades are busted and corrected one at a time: what one does to an order, the next one has to know."""

    # ---- what there is --------------------------------------------------------------------------------------------

    def instruments(self) -> list[views.InstrumentView]:
        return inspection.instruments(self._present())

    def instrument(self, symbol: str) -> Entry:
        return instrument_entry(self._instrument_named(self._present(), symbol))

    # ---- rules ----------------------------------------------------------------------------------------------------

    async def list_instrument(self, entry: Entry, operator: str) -> Done:
        venue = self._working()
        wanted = instrument_config(entry)
        async with self._naming:
            known = venue.directory.instrument_named(wanted.symbol)
            if known is not None and venue.directory.statuses[known.symbol_id] is not InstrumentStatus.DELISTED:
                raise OperationRefused(f"there is an instrument {wanted.symbol} already")
            instrument = wanted.to_instrument(venue.directory.next_symbol_id())
            decision = Decision(1)
            listing = Operate(ChangeInstrument(instrument, operator), decision.done, decision.refused)
            await venue.members.add_book(instrument, listing)
            return await self._decided(venue, decision)

    async def change_instrument(self, symbol: str, changes: Entry, operator: str) -> Done:
        venue = self._working()
        async with self._naming:
            known = self._instrument_named(venue, symbol)
            wanted = changed_instrument(known, changes)
            return await self._operate(venue, [known], ChangeInstrument(wanted, operator))

    # ---- status, phase, prices ------------------------------------------------------------------------------------

    async def set_status(self, symbol: str, status: InstrumentStatus, operator: str) -> Done:
        venue = self._working()
        instrument = self._instrument_named(venue, symbol)
        return await self._operate(venue, [instrument], SetInstrumentStatus(instrument.symbol_id, status, operator))

    async def set_phase(self, symbol: str, phase: TradingPhase, reason: str, operator: str) -> Done:
        venue = self._working()
        instrument = self._instrument_named(venue, symbol)
        command = SetTradingPhase(instrument.symbol_id, phase, operator, reason)
        return await self._operate(venue, [instrument], command)

    async def set_reference_price(self, symbol: str, px: Px, operator: str) -> Done:
        venue = self._working()
        instrument = self._instrument_named(venue, symbol)
        return await self._operate(venue, [instrument], SetReferencePrice(instrument.symbol_id, px, operator))

    # ---- cancels --------------------------------------------------------------------------------------------------

    async def cancel_book(self, symbol: str, operator: str) -> Done:
        venue = self._working()
        return await self._cancel_books(venue, [self._instrument_named(venue, symbol)], operator)

    async def cancel_everything(self, operator: str) -> Done:
        venue = self._working()
        statuses = venue.directory.statuses
        listed = [
            instrument
            for symbol_id, instrument in sorted(venue.directory.instruments.items())
            if statuses[symbol_id] is not InstrumentStatus.DELISTED
        ]
        return await self._cancel_books(venue, listed, operator)

    async def _cancel_books(self, venue: Venue, instruments: list[Instrument], operator: str) -> Done:
        commands = [CancelBook(it.symbol_id, operator, CancelReason.OPERATOR) for it in instruments]
        return await self._operate(venue, instruments, *commands)

    # ---- trades ---------------------------------------------------------------------------------------------------

    async def trade(self, trade_id: int) -> TradeView:
        venue = self._present()
        return inspection.trade(venue, await self._history(venue, trade_id))

    async def bust_trade(self, trade_id: int, reason: str, operator: str) -> Done:
        def bust(known: TradeHistory) -> BustTrade:
            return BustTrade(known.trade, known.aggressor, known.resting, operator, reason)

        return await self._amend(trade_id, bust)

    async def correct_trade(self, trade_id: int, px: Px, qty: Qty, reason: str, operator: str) -> Done:
        def correct(known: TradeHistory) -> CorrectTrade:
            return CorrectTrade(known.trade, known.aggressor, known.resting, px, qty, operator, reason)

        return await self._amend(trade_id, correct)

    async def _amend(self, trade_id: int, command: Callable[[TradeHistory], BustTrade | CorrectTrade]) -> Done:
        """Have the trade's book change it, with the orders as they are then: one that changes between the search and
        the book's turn is looked up again."""
        venue = self._working()
        async with self._amending:
            known = await self._history(venue, trade_id)
            instrument = venue.directory.instruments[symbol_of(trade_id)]
            while True:
                try:
                    return await self._operate(venue, [instrument], command(known))
                except OperationRefused:
                    newer = await trio.to_thread.run_sync(
                        follow_trade, venue.journal.read, known, venue.journal.durable_seq, abandon_on_cancel=True
                    )
                    if (newer.aggressor, newer.resting) == (known.aggressor, known.resting):
                        raise
                    known = newer

    async def _history(self, venue: Venue, trade_id: int) -> TradeHistory:
        """Look the trade up in what is durable, in a thread: a long journal takes its time."""
        found = None
        if symbol_of(trade_id) in venue.directory.instruments:
            found = await trio.to_thread.run_sync(
                find_trade, venue.journal.read, trade_id, venue.journal.durable_seq, abandon_on_cancel=True
            )
        if found is None:
            raise OperationUnknown(f"there is no trade {trade_id}")
        return found
