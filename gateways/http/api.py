"""The operators' port: metrics and health for all who can reach it, administration for those with the token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from http import HTTPStatus

from engine.types import Amount
from gateways.http.bodies import decoded, operator_of, positive
from gateways.http.fix_sessions import FixSessionApi
from gateways.http.instruments import InstrumentApi
from gateways.http.market import MarketApi
from gateways.http.messages import HttpError, Request, Response, Unauthorized, json_response
from gateways.http.operations import (
    OperationError,
    OperationInvalid,
    OperationRefused,
    Operations,
    OperationUnknown,
    VenueUnavailable,
)
from gateways.http.routes import Route, Router
from gateways.http.sessions import SessionApi
from gateways.http.views import AccountRequest, HealthView, TransferRequest

_STATUS: dict[type[OperationError], HTTPStatus] = {
    OperationInvalid: HTTPStatus.BAD_REQUEST,
    OperationUnknown: HTTPStatus.NOT_FOUND,
    OperationRefused: HTTPStatus.CONFLICT,
    VenueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class AdminApi:
    """Answers each request of the port. ``observe`` is told of every change that an operator made or tried."""

    def __init__(self, operations: Operations, token: str, observe: Callable[..., object]) -> None:
        self._operations = operations
        self._token = token.encode()
        self._observe = observe
        self._router = Router(self._routes())

    def _routes(self) -> list[Route]:
        return [
            Route("GET", "/", self._index, protected=False),
            Route("GET", "/metrics", self._metrics, protected=False),
            Route("GET", "/health/live", self._live, protected=False),
            Route("GET", "/health/ready", self._ready, protected=False),
            *MarketApi(self._operations).routes(),
            Route("GET", "/admin/accounts", self._accounts),
            Route("POST", "/admin/accounts", self._open_account),
            Route("GET", "/admin/accounts/{name}/balances", self._balances),
            Route("GET", "/admin/accounts/{name}/orders", self._orders),
            Route("POST", "/admin/accounts/{name}/deposits", self._deposit),
            Route("POST", "/admin/accounts/{name}/withdrawals", self._withdraw),
            Route("POST", "/admin/accounts/{name}/block", self._block),
            Route("POST", "/admin/accounts/{name}/unblock", self._unblock),
            Route("POST", "/admin/accounts/{name}/cancel-orders", self._cancel_account),
            *SessionApi(self._operations).routes(),
            *FixSessionApi(self._operations).routes(),
            *InstrumentApi(self._operations).routes(),
            Route("POST", "/admin/state-hashes", self._hash_state),
        ]

    async def respond(self, request: Request) -> Response:
        """Carry a request out. Raises HttpError."""
        if request.path.startswith("/admin") and not self._knows_token(request):
            raise Unauthorized
        route, values = self._router.find(request)
        try:
            response = await route.handler(request, *values)
        except OperationError as error:
            problems = error.problems if isinstance(error, OperationInvalid) else ()
            refusal = HttpError(_STATUS[type(error)], str(error), problems)
            self._tell(request, refusal.status, refusal.text)
            raise refusal from error
        self._tell(request, response.status)
        return response

    def _tell(self, request: Request, status: int, error: str = "") -> None:
        if request.method == "POST":
            details = {"error": error} if error else {}
            operator = operator_of(request)
            self._observe("operated", operator=operator, path=request.path, status=int(status), **details)

    def _knows_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip().encode("latin-1")
        return hmac.compare_digest(given, self._token) and scheme.lower() == "bearer"

    # ---- for everyone ---------------------------------------------------------------------------------------------

    async def _index(self, request: Request) -> Response:
        return json_response({"paths": [f"{route.method} {route.pattern}" for route in self._routes()]})

    async def _metrics(self, request: Request) -> Response:
        body, content_type = self._operations.metrics()
        return Response(HTTPStatus.OK, body, content_type)

    async def _live(self, request: Request) -> Response:
        return json_response({"live": True})

    async def _ready(self, request: Request) -> Response:
        reason = self._operations.unready_reason()
        if reason:
            return json_response(HealthView(False, reason), HTTPStatus.SERVICE_UNAVAILABLE)
        return json_response(HealthView(True))

    # ---- accounts -------------------------------------------------------------------------------------------------

    async def _accounts(self, request: Request) -> Response:
        return json_response(self._operations.accounts())

    async def _open_account(self, request: Request) -> Response:
        wanted = decoded(request, AccountRequest)
        return json_response(await self._operations.open_account(wanted, operator_of(request)), HTTPStatus.CREATED)

    async def _balances(self, request: Request, name: str) -> Response:
        return json_response(self._operations.balances(name))

    async def _orders(self, request: Request, name: str) -> Response:
        return json_response(self._operations.open_orders(name))

    async def _deposit(self, request: Request, name: str) -> Response:
        asset, amount = _transfer(request)
        return json_response(await self._operations.deposit(name, asset, amount, operator_of(request)))

    async def _withdraw(self, request: Request, name: str) -> Response:
        asset, amount = _transfer(request)
        return json_response(await self._operations.withdraw(name, asset, amount, operator_of(request)))

    async def _block(self, request: Request, name: str) -> Response:
        return json_response(await self._operations.set_blocked(name, True, operator_of(request)))

    async def _unblock(self, request: Request, name: str) -> Response:
        return json_response(await self._operations.set_blocked(name, False, operator_of(request)))

    async def _cancel_account(self, request: Request, name: str) -> Response:
        return json_response(await self._operations.cancel_account(name, operator_of(request)))

    # ---- the state ------------------------------------------------------------------------------------------------

    async def _hash_state(self, request: Request) -> Response:
        return json_response(await self._operations.hash_state(), HTTPStatus.CREATED)


def _transfer(request: Request) -> tuple[str, Amount]:
    body = decoded(request, TransferRequest)
    return body.asset, positive("amount", body.amount)
