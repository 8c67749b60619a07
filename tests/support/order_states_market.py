"""The others in an order-state case: who trades with the client's order, and the venue's timers and operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from venue_in_process import BTC_USDT, Client, Clock, at_rest

from actors.messages import Operate
from engine.commands import BustTrade, CancelBook, CorrectTrade, ExpireDayOrders, NewOrder, SetInstrumentStatus
from engine.decimals import parse_decimal
from engine.events import TradeCorrected, TradeExecuted
from engine.image import OrderImage
from engine.reports import Report
from engine.terms import SpecialTerms
from engine.types import (
    SCALE,
    CancelReason,
    InstrumentStatus,
    OrdType,
    SelfTrade,
    Side,
    TimeInForce,
)
from tradeengine.venue import Venue

_SESSION_ID, _THEIR_ACCOUNT, _CLIENTS_ACCOUNT = 3, 3, 2
_OPERATOR = "ops"


class Market:
    """``act`` does what a case's ``market`` line says; see :mod:`order_states_player`."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self.clock = clock
        self._venue = venue
        self._client = Client(venue, _SESSION_ID).connect()
        self._sent = 0
        self._days = 0
        self._words: dict[str, Callable[..., None]] = {
            r"fill (\d+)(?: at (\d+))?": self._fill,
            r"offer (\d+) at (\d+)": self._offer,
            r"own offer (\d+)": self._own_offer,
            r"day ends": self._day_ends,
            r"halt": lambda: self._status(InstrumentStatus.HALTED),
            r"resume": lambda: self._status(InstrumentStatus.ACTIVE),
            r"cancel book": self._cancel_book,
            r"bust (\d+)": self._bust,
            r"correct (\d+) to (\d+) at (\d+)": self._correct,
        }
        self._told: list[Report] = []

    async def act(self, words: str, told: list[Report]) -> None:
        """``told``: every report that the client has had so far."""
        self._told = told
        for pattern, act in self._words.items():
            found = re.fullmatch(pattern, words)
            if found is not None:
                act(*found.groups())
                await at_rest(self._venue)
                return
        raise AssertionError(f"no market action: {words}")

    # ---- others' orders -------------------------------------------------------------------------------------------

    def _fill(self, qty: str, px: str | None) -> None:
        self._sell(qty, px or "100", TimeInForce.IOC)

    def _offer(self, qty: str, px: str) -> None:
        self._sell(qty, px, TimeInForce.GTC)

    def _own_offer(self, qty: str) -> None:
        self._sell(
            qty,
            "100",
            TimeInForce.GTC,
            account_id=_CLIENTS_ACCOUNT,
            special=SpecialTerms(self_trade=SelfTrade.DECREMENT),
        )

    def _sell(self, qty: str, px: str, tif: TimeInForce, account_id: int = _THEIR_ACCOUNT, **more: Any) -> None:
        self._sent += 1
        order = NewOrder(
            _SESSION_ID,
            f"M{self._sent}",
            account_id,
            BTC_USDT,
            Side.SELL,
            OrdType.LIMIT,
            tif,
            int(qty) * SCALE,
            parse_decimal(px),
            **more,
        )
        self._client.send(order)

    # ---- timers and operators -------------------------------------------------------------------------------------

    def _operate(self, command: Any) -> None:
        with self._venue.dispatcher.turn():
            self._venue.book_mail[BTC_USDT].tell(Operate(command))

    def _day_ends(self) -> None:
        self._days += 1
        self._operate(ExpireDayOrders(BTC_USDT, f"2026-01-{self._days + 2:02}"))

    def _status(self, status: InstrumentStatus) -> None:
        self._operate(SetInstrumentStatus(BTC_USDT, status, _OPERATOR))

    def _cancel_book(self) -> None:
        self._operate(CancelBook(BTC_USDT, _OPERATOR, CancelReason.OPERATOR))

    def _bust(self, nth: str) -> None:
        trade = self._trade(int(nth))
        self._operate(BustTrade(trade, *self._parties(trade), _OPERATOR, "clearly erroneous"))

    def _correct(self, nth: str, qty: str, px: str) -> None:
        trade = self._trade(int(nth))
        images = self._parties(trade)
        self._operate(CorrectTrade(trade, *images, parse_decimal(px), int(qty) * SCALE, _OPERATOR, "wrong price"))

    def _trade(self, nth: int) -> TradeExecuted:
        """The client's ``nth`` trade as it stands, corrections included."""
        trade = [report.event for report in self._told if type(report.event) is TradeExecuted][nth - 1]
        assert type(trade) is TradeExecuted
        for event in (report.event for report in self._told):
            if isinstance(event, TradeCorrected) and event.trade_id == trade.trade_id:
                now = (event.px, event.qty, event.aggressor, event.resting)
                trade = TradeExecuted(trade.trade_id, *now, event.aggressor_fee, event.resting_fee, trade.uncross)
        return trade

    def _parties(self, trade: TradeExecuted) -> tuple[OrderImage, OrderImage]:
        """The newest images of both orders."""
        newest = {order.order_id: order for order in (trade.aggressor, trade.resting)}
        for report in (*self._told, *self._client.reports):
            if report.order is not None and report.order.order_id in newest:
                newest[report.order.order_id] = report.order
        return newest[trade.aggressor.order_id], newest[trade.resting.order_id]
