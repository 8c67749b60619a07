"""The trio client's connection: the protocol machine with a socket, its reports iterated over, its queries answered."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import trio

from clients.events import Event, Instrument
from clients.exceptions import ClientError, ConnectionLost, RequestRefused
from clients.orders import OrderTracker
from clients.protocol import Answered, LoggedIn, Result
from clients.state import ClientState
from gateways.binary import soup
from gateways.transport import Outlet, receive

_UNSENT_MAX = 64 * 1024 * 1024
_CLOSE_TIMEOUT_S = 1.0
_TICKS_PER_HEARTBEAT = 4


class _Waiter:
    """One query's place for its result."""

    def __init__(self) -> None:
        self.done = trio.Event()
        self.answered = False
        self.result: Result = None


class Connection:
    """One user's connections, one after the other; :class:`clients.client.Client` says what goes over them."""

    _outlet: Outlet

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        *,
        next_number: int = 1,
        first_cl_ord_id: int | None = None,
        heartbeat_interval_s: float = 1.0,
        server_timeout_s: float = 15.0,
        connect_timeout_s: float = 10.0,
        events_max: int = 1_000_000,
    ) -> None:
        """Connects nowhere yet.

        ``next_number``: the first report to be sent: 1 is all of the session's stream, 0 only what is new.
        ``first_cl_ord_id``: ClOrdIDs are counted from here; by default from the time, so that they stay unique.
        ``events_max``: events kept for a slow iteration; at that many the client reads no further until it goes on,
        and the venue will in the end disconnect it.
        """
        self._address = host, port
        self._credentials = username, password
        self._heartbeat_interval_s = heartbeat_interval_s
        self._server_timeout_s = server_timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._events_max = events_max
        self._state = ClientState(next_number, time.time_ns() if first_cl_ord_id is None else first_cl_ord_id)
        self._events: deque[Event] = deque()
        self._arrived = trio.Event()
        self._taken = trio.Event()
        self._waiters: dict[int, _Waiter] = {}
        self._failure: ClientError | None = ConnectionLost("not connected")
        self._sent_at = 0.0
        self._received_at = 0.0
        self._context: contextlib.AbstractAsyncContextManager[None] | None = None

    # ---- what it knows --------------------------------------------------------------------------------------------

    @property
    def next_number(self) -> int:
        """The number of the next report that the venue will send: where a later ``Client`` goes on, once the events
        that have come have been iterated over."""
        return self._state.protocol.next_number

    @property
    def session(self) -> str:
        """The SoupBinTCP session that the numbers belong to; empty before the first login."""
        return self._state.protocol.session

    @property
    def orders(self) -> OrderTracker:
        """This client's open orders, as of the last event received."""
        return self._state.orders

    @property
    def instruments(self) -> dict[str, Instrument]:
        """By symbol, as the venue listed them at the login or the last :meth:`load_instruments`."""
        return self._state.instruments

    def symbol(self, security_id: int) -> str:
        """The symbol for an event's ``security_id``; the number as text if it is not listed."""
        return self._state.symbol(security_id)

    # ---- the connection -------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Raises ``LoginRefused``, or ``ConnectionLost`` if the venue cannot be reached."""
        self._context = self._connected()
        await self._context.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._context is not None
        return await self._context.__aexit__(kind, error, traceback)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        raised: Exception | None = None
        sock = await self._connect()
        outlet = self._outlet = Outlet(sock, _UNSENT_MAX)
        try:
            await self._log_in(sock)
            # The background tasks never raise, so what the body raises reaches the caller as it is, in no group.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(outlet.run)
                nursery.start_soon(self._read, sock)
                nursery.start_soon(self._keep_time)
                try:
                    await self._ready()
                    yield
                except Exception as error:
                    raised = error
                else:
                    outlet.write(soup.LOGOUT_REQUEST_PACKET)
                nursery.cancel_scope.cancel()
        finally:
            self._lose(ConnectionLost("not connected"))
            await outlet.aclose_after_flush(_CLOSE_TIMEOUT_S)
        if raised is not None:
            raise raised

    async def _connect(self) -> trio.socket.SocketType:
        host, port = self._address
        try:
            with trio.fail_after(self._connect_timeout_s):
                return (await trio.open_tcp_stream(host, port)).socket
        except trio.TooSlowError:
            raise ConnectionLost(f"cannot connect to {host}:{port}: timed out") from None
        except OSError as error:
            raise ConnectionLost(f"cannot connect to {host}:{port}: {error}") from error

    async def _log_in(self, sock: trio.socket.SocketType) -> None:
        self._failure = None
        self._sent_at = self._received_at = trio.current_time()
        self._outlet.write(self._state.protocol.log_in(*self._credentials))
        with trio.move_on_after(self._server_timeout_s):
            while not self._state.protocol.logged_in:
                data = await receive(sock)
                if not data:
                    raise ConnectionLost("the venue closed the connection instead of answering the login")
                self._take(data)
            return
        raise ConnectionLost("the venue does not answer the login")

    async def _read(self, sock: trio.socket.SocketType) -> None:
        while self._failure is None:
            while len(self._events) >= self._events_max:
                self._taken = trio.Event()
                await self._taken.wait()
            data = await receive(sock)
            self._received_at = trio.current_time()
            if not data:
                said = self._state.protocol.last_debug
                self._lose(ConnectionLost(said or self._outlet.reason or "the venue closed the connection"))
                return
            try:
                self._take(data)
            except ClientError as error:
                self._lose(error)

    def _take(self, data: bytes) -> None:
        for item in self._state.receive(data):
            if isinstance(item, Answered):
                waiter = self._waiters.pop(item.request_id, None)
                if waiter is not None:
                    waiter.answered = True
                    waiter.result = item.result
                    waiter.done.set()
            elif not isinstance(item, LoggedIn):
                self._events.append(item)
        self._arrived.set()

    async def _keep_time(self) -> None:
        period_s = self._heartbeat_interval_s / _TICKS_PER_HEARTBEAT
        while self._failure is None:
            await trio.sleep(period_s)
            now_s = trio.current_time()
            if now_s - self._received_at >= self._server_timeout_s and len(self._events) < self._events_max:
                self._lose(ConnectionLost(f"nothing was heard of the venue for {self._server_timeout_s:g} s"))
            elif now_s + period_s - self._sent_at >= self._heartbeat_interval_s:
                self._sent_at = now_s
                self._outlet.write(soup.CLIENT_HEARTBEAT_PACKET)

    def _lose(self, failure: ClientError) -> None:
        """The first reason stands; whoever waits is told."""
        if self._failure is None:
            self._failure = failure
        self._arrived.set()
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters.values():
            waiter.done.set()

    # ---- events ---------------------------------------------------------------------------------------------------

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        await trio.lowlevel.checkpoint_if_cancelled()
        while not self._events:
            self._check()
            self._arrived = trio.Event()
            await self._arrived.wait()
        self._taken.set()
        return self._events.popleft()

    def _check(self) -> None:
        if self._failure is not None:
            raise ConnectionLost(str(self._failure)) from self._failure

    async def _ready(self) -> None:
        """What is asked of the venue before the connection is anybody's."""

    async def _send(self, packet: bytes) -> None:
        self._check()
        self._outlet.write(packet)
        self._sent_at = trio.current_time()
        if self._outlet.backlog:
            await self._outlet.flush()
        else:
            await trio.lowlevel.checkpoint_if_cancelled()

    async def _ask(self, request: tuple[int, bytes]) -> Result:
        request_id, packet = request
        waiter = self._waiters[request_id] = _Waiter()
        try:
            await self._send(packet)
            await waiter.done.wait()
        finally:
            self._waiters.pop(request_id, None)
        if not waiter.answered:
            self._check()
        if isinstance(waiter.result, RequestRefused):
            raise waiter.result
        return waiter.result
