"""One HTTP/1.1 connection: requests in, answers out, one after the other, within limits and time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import h11
import trio

from gateways.http.messages import HttpError, Request, Response
from gateways.http.settings import HttpSettings

Respond = Callable[[Request], Awaitable[Response]]
"""Carries a request out. Raises HttpError."""

Observe = Callable[..., object]

_RECEIVE_BYTES = 16_384
_CAN_STILL_ANSWER = (h11.IDLE, h11.SEND_RESPONSE)


class HttpConnection:
    """Serves one client. h11 keeps the protocol; this keeps the time and the sizes."""

    def __init__(
        self,
        stream: trio.abc.HalfCloseableStream,
        remote: str,
        respond: Respond,
        settings: HttpSettings,
        observe: Observe,
    ) -> None:
        self._stream = stream
        self._remote = remote
        self._respond = respond
        self._settings = settings
        self._observe = observe
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=settings.header_bytes_max)
        self._reading = trio.CancelScope()
        self._begun = False
        self._head = False

    async def run(self) -> None:
        """From the opened connection to the closed one."""
        try:
            while await self._serve_one():
                self._http.start_next_cycle()
            await self._linger()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client has gone; nobody is left to tell
        finally:
            await trio.aclose_forcefully(self._stream)

    async def _serve_one(self) -> bool:
        """One request and its answer; whether another may follow."""
        try:
            request = await self._receive()
            if request is None:
                return False
            response = await self._carry_out(request)
        except HttpError as error:
            response = error.response()
        except h11.RemoteProtocolError as error:
            if self._http.our_state not in _CAN_STILL_ANSWER:
                return False
            response = HttpError(error.error_status_hint, f"not a valid HTTP request: {error}").response()
        await self._send(response)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _carry_out(self, request: Request) -> Response:
        try:
            with trio.fail_after(self._settings.answer_timeout_s):
                return await self._respond(request)
        except trio.TooSlowError:
            text = f"not done within {self._settings.answer_timeout_s:g} s; look before you repeat it"
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, text) from None
        except HttpError:
            raise
        except Exception as error:
            self._observe("request_failed", method=request.method, path=request.path, exc_info=error)
            raise HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; the venue's log tells more") from error

    # ---- in -------------------------------------------------------------------------------------------------------

    async def _receive(self) -> Request | None:
        """The next request, whole; None when the client has no more. Raises HttpError, h11.RemoteProtocolError."""
        self._begun = self._head = False
        with trio.move_on_after(self._settings.idle_timeout_s) as self._reading:
            event = await self._next_event()
            if not isinstance(event, h11.Request):
                return None
            self._head = event.method == b"HEAD"
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
            body = await self._receive_body(headers)
            path, _, query = event.target.decode("ascii").partition("?")
            return Request(event.method.decode("ascii"), path, headers, body, self._remote, query)
        if not self._begun:
            return None
        raise HttpError(
            HTTPStatus.REQUEST_TIMEOUT, f"the request was not complete after {self._settings.request_timeout_s:g} s"
        )

    async def _receive_body(self, headers: dict[str, str]) -> bytes:
        limit = self._settings.body_bytes_max
        too_large = HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limit} bytes")
        if int(headers.get("content-length", "0")) > limit:
            raise too_large
        body = b""
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > limit:
                raise too_large
        return body

    async def _next_event(self) -> Any:
        http = self._http
        while (event := http.next_event()) is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                await self._write(http.send(h11.InformationalResponse(status_code=HTTPStatus.CONTINUE, headers=[])))
            data = await self._stream.receive_some(_RECEIVE_BYTES)
            if data and not self._begun:
                self._begun = True
                self._reading.deadline = trio.current_time() + self._settings.request_timeout_s
            http.receive_data(bytes(data))
        return event

    # ---- out ------------------------------------------------------------------------------------------------------

    async def _send(self, response: Response) -> None:
        http = self._http
        headers = [
            ("Date", formatdate(usegmt=True)),
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            ("Cache-Control", "no-store"),
            *response.headers,
        ]
        if http.their_state is not h11.DONE:  # the rest of its request will not be read
            headers.append(("Connection", "close"))
        data = (
            http.send(h11.Response(status_code=response.status, headers=headers, reason=_reason(response.status)))
            or b""
        )
        if http.our_state is h11.SEND_BODY:
            if response.body and not self._head:
                data += http.send(h11.Data(data=response.body)) or b""
            data += http.send(h11.EndOfMessage()) or b""
        await self._write(data)

    async def _write(self, data: bytes | None) -> None:
        with trio.move_on_after(self._settings.write_timeout_s) as patience:
            await self._stream.send_all(data or b"")
        if patience.cancelled_caught:
            raise trio.BrokenResourceError("the client does not read its answer")

    async def _linger(self) -> None:
        """Let the client read the last answer: closing on unread bytes would reset the connection under it."""
        with trio.move_on_after(self._settings.linger_timeout_s):
            await self._stream.send_eof()
            while await self._stream.receive_some(_RECEIVE_BYTES):
                pass


def _reason(status: int) -> bytes:
    return HTTPStatus(status).phrase.encode()
