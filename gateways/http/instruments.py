"""``/admin/instruments/…``, ``/admin/trades/…``: what operators do with instruments, their books and their trades."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol

from engine.types import InstrumentStatus, Px, Qty, TradingPhase
from gateways.http.bodies import decoded, decoded_entry, member, number, operator_of, price_or_qty, reason
from gateways.http.messages import Request, Response, json_response
from gateways.http.routes import Route
from gateways.http.views import (
    BustRequest,
    CorrectRequest,
    Done,
    Entry,
    InstrumentView,
    PhaseRequest,
    PriceRequest,
    StatusRequest,
    TradeView,
)


class InstrumentDesk(Protocol):
    """What these routes need of the venue; all raise :class:`gateways.http.operations.OperationError`."""

    def instruments(self) -> list[InstrumentView]: ...

    def instrument(self, symbol: str) -> Entry:
        """Its rules as they are in force."""

    async def list_instrument(self, entry: Entry, operator: str) -> Done: ...

    async def change_instrument(self, symbol: str, changes: Entry, operator: str) -> Done:
        """New rules for orders from now on; those that rest stay as they are."""

    async def set_status(self, symbol: str, status: InstrumentStatus, operator: str) -> Done:
        """DELISTED cancels every order, and is for ever."""

    async def set_phase(self, symbol: str, phase: TradingPhase, reason: str, operator: str) -> Done: ...

    async def set_reference_price(self, symbol: str, px: Px, operator: str) -> Done: ...

    async def cancel_book(self, symbol: str, operator: str) -> Done: ...

    async def cancel_everything(self, operator: str) -> Done: ...

    async def trade(self, trade_id: int) -> TradeView: ...

    async def bust_trade(self, trade_id: int, reason: str, operator: str) -> Done: ...

    async def correct_trade(self, trade_id: int, px: Px, qty: Qty, reason: str, operator: str) -> Done: ...


class InstrumentApi:
    """The routes and what they answer. Raises HttpError, OperationError."""

    def __init__(self, desk: InstrumentDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/admin/instruments", self._instruments),
            Route("POST", "/admin/instruments", self._list),
            Route("GET", "/admin/instruments/{symbol}", self._instrument),
            Route("POST", "/admin/instruments/{symbol}/changes", self._change),
            Route("POST", "/admin/instruments/{symbol}/status", self._set_status),
            Route("POST", "/admin/instruments/{symbol}/phase", self._set_phase),
            Route("POST", "/admin/instruments/{symbol}/reference-price", self._set_reference_price),
            Route("POST", "/admin/instruments/{symbol}/cancel-orders", self._cancel_book),
            Route("POST", "/admin/cancel-orders", self._cancel_everything),
            Route("GET", "/admin/trades/{trade_id}", self._trade),
            Route("POST", "/admin/trades/{trade_id}/bust", self._bust),
            Route("POST", "/admin/trades/{trade_id}/correct", self._correct),
        ]

    # ---- instruments ----------------------------------------------------------------------------------------------

    async def _instruments(self, request: Request) -> Response:
        return json_response(self._desk.instruments())

    async def _instrument(self, request: Request, symbol: str) -> Response:
        return json_response(self._desk.instrument(symbol))

    async def _list(self, request: Request) -> Response:
        done = await self._desk.list_instrument(decoded_entry(request), operator_of(request))
        return json_response(done, HTTPStatus.CREATED)

    async def _change(self, request: Request, symbol: str) -> Response:
        return json_response(await self._desk.change_instrument(symbol, decoded_entry(request), operator_of(request)))

    async def _set_status(self, request: Request, symbol: str) -> Response:
        status = member("status", InstrumentStatus, decoded(request, StatusRequest).status)
        return json_response(await self._desk.set_status(symbol, status, operator_of(request)))

    async def _set_phase(self, request: Request, symbol: str) -> Response:
        body = decoded(request, PhaseRequest)
        phase, why = member("phase", TradingPhase, body.phase), reason(body.reason)
        return json_response(await self._desk.set_phase(symbol, phase, why, operator_of(request)))

    async def _set_reference_price(self, request: Request, symbol: str) -> Response:
        px = price_or_qty("px", decoded(request, PriceRequest).px)
        return json_response(await self._desk.set_reference_price(symbol, px, operator_of(request)))

    async def _cancel_book(self, request: Request, symbol: str) -> Response:
        return json_response(await self._desk.cancel_book(symbol, operator_of(request)))

    async def _cancel_everything(self, request: Request) -> Response:
        return json_response(await self._desk.cancel_everything(operator_of(request)))

    # ---- trades ---------------------------------------------------------------------------------------------------

    async def _trade(self, request: Request, trade_id: str) -> Response:
        return json_response(await self._desk.trade(number("trade", trade_id)))

    async def _bust(self, request: Request, trade_id: str) -> Response:
        why = reason(decoded(request, BustRequest).reason)
        done = await self._desk.bust_trade(number("trade", trade_id), why, operator_of(request))
        return json_response(done)

    async def _correct(self, request: Request, trade_id: str) -> Response:
        body = decoded(request, CorrectRequest)
        px, qty, why = price_or_qty("px", body.px), price_or_qty("qty", body.qty), reason(body.reason)
        done = await self._desk.correct_trade(number("trade", trade_id), px, qty, why, operator_of(request))
        return json_response(done)
