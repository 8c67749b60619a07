"""The trio face of this package's clients: a :class:`clients.link.Link` with a socket, its events iterated over."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

import trio

from clients.exceptions import ClientError, ConnectionLost, anew
from clients.link import Link
from clients.reply import Reply
from gateways.binary import soup
from gateways.tls import TlsOutlet
from gateways.transport import RECEIVE_MAX, HandshakeFailed, Outlet

E = TypeVar("E")
L = TypeVar("L", bound=Link)  # type: ignore[type-arg]
T = TypeVar("T")

_UNSENT_MAX = 64 * 1024 * 1024
_CLOSE_TIMEOUT_S = 1.0
_TICKS_PER_HEARTBEAT = 4


class Connection(Generic[L, E]):
    """A client's connections, one after the other.

    Iterating yields every event once and in order, whatever connection it came by, then raises ``ConnectionLost`` or
    ``LoginRefused`` when the connection is gone and not to come back.
    """

    def __init__(self, host: str, port: int, link: L, receive_max: int = RECEIVE_MAX) -> None:
        """Connects nowhere yet. ``receive_max``: bytes that are read at a time."""
        self._address = host, port
        self._link = link
        self._receive_max = receive_max
        self._outlet: Outlet | None = None
        self._changed = trio.Event()
        """Events have come, or the connection is another, or gone."""
        self._taken = trio.Event()
        self._leaving = False
        """Whether the program has finished with the client in order."""
        self._sent_at = 0.0
        self._received_at = 0.0
        self._context: contextlib.AbstractAsyncContextManager[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection that takes requests now."""
        return self._link.opened

    async def until_connected(self) -> None:
        """Returns when there is a connection that takes requests. Raises what has ended the client."""
        while not self._link.opened:
            self._check()
            await self._change()

    # ---- the connection -------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Raises ``LoginRefused``, or ``ConnectionLost`` if the venue cannot be reached."""
        self._context = self._running()
        await self._context.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._context is not None
        return await self._context.__aexit__(kind, error, traceback)

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        raised: Exception | None = None
        link = self._link
        link.enter()
        self._leaving = False
        try:
            # The background tasks never raise, so what the body raises reaches the caller as it is, in no group.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._stay_connected)
                try:
                    await self.until_connected()
                    yield
                except Exception as error:
                    raised = error
                else:
                    if self._outlet is not None:
                        self._outlet.write(soup.LOGOUT_REQUEST_PACKET)
                self._leaving = True
                nursery.cancel_scope.cancel()
        finally:
            link.leave()
            self._tell()
        if raised is not None:
            raise raised

    async def _stay_connected(self) -> None:
        link = self._link
        while True:
            failure = await self._connect_once()
            delay_s = link.lost(failure, trio.current_time())
            self._tell()
            if delay_s is None:
                return
            await trio.sleep(delay_s)

    async def _connect_once(self) -> ClientError:
        """From the attempt to connect to the end of the connection, and why it ended."""
        link = self._link
        try:
            outlet = await self._connect()
        except ClientError as error:
            return error
        ends: list[ClientError] = []
        try:
            self._sent_at = self._received_at = trio.current_time()
            link.begin()
            self._outlet = outlet
            self._write_unsent()
            async with trio.open_nursery() as nursery:

                def end(failure: ClientError) -> None:
                    ends.append(failure)
                    nursery.cancel_scope.cancel()

                nursery.start_soon(outlet.run)
                nursery.start_soon(self._keep_time, outlet, end)
                end(await self._read(outlet))
        finally:
            self._outlet = None
            with trio.CancelScope(shield=self._leaving):
                await outlet.aclose_after_flush(_CLOSE_TIMEOUT_S)
        return ends[0]

    async def _connect(self) -> Outlet:
        host, port = self._address
        settings = self._link.settings
        try:
            with trio.fail_after(settings.connect_timeout_s):
                sock = (await trio.open_tcp_stream(host, port)).socket
                if settings.tls is None:
                    return Outlet(sock, _UNSENT_MAX)
                name = settings.tls_hostname or host
                outlet = TlsOutlet(sock, _UNSENT_MAX, settings.tls, server_hostname=name)
                try:
                    await outlet.handshake()
                except BaseException:
                    outlet.close()
                    raise
                return outlet
        except trio.TooSlowError:
            raise ConnectionLost(f"cannot connect to {host}:{port}: timed out") from None
        except (OSError, HandshakeFailed) as error:
            raise ConnectionLost(f"cannot connect to {host}:{port}: {error}") from error

    async def _read(self, outlet: Outlet) -> ClientError:
        """To the connection's end, and why it came."""
        failure = None
        while failure is None:
            failure = await self._read_once(outlet)
        return failure

    async def _read_once(self, outlet: Outlet) -> ClientError | None:
        """What has come, or comes next; why nothing more will."""
        link = self._link
        await self._room()
        data = await outlet.receive(self._receive_max)
        self._received_at = trio.current_time()
        if not data:
            return ConnectionLost(link.words or outlet.fault or outlet.reason or "the venue closed the connection")
        try:
            link.receive(data)
        except ClientError as error:
            return error
        finally:
            self._write_unsent()
            self._tell()
        return None

    async def _room(self) -> None:
        """Waits while too many events wait to be taken."""
        while self._link.full:
            self._taken = trio.Event()
            await self._taken.wait()

    async def _keep_time(self, outlet: Outlet, end: Callable[[ClientError], object]) -> None:
        link, settings = self._link, self._link.settings
        period_s = settings.heartbeat_interval_s / _TICKS_PER_HEARTBEAT
        begun_s = trio.current_time()
        while True:
            await trio.sleep(period_s)
            now_s = trio.current_time()
            if now_s - self._received_at >= settings.server_timeout_s and not link.full:
                end(ConnectionLost(f"nothing was heard of the venue for {settings.server_timeout_s:g} s"))
            elif not link.accepted and now_s - begun_s >= settings.server_timeout_s:
                end(ConnectionLost(f"waited in vain for {link.waits_for}"))
            elif now_s + period_s - self._sent_at >= settings.heartbeat_interval_s:
                self._sent_at = now_s
                outlet.write(soup.CLIENT_HEARTBEAT_PACKET)

    def abort(self) -> None:
        """Ends the connection as a failure of the network would: without a Logout."""
        if self._outlet is not None:
            self._outlet.abort("aborted")

    # ---- events ---------------------------------------------------------------------------------------------------

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        await trio.lowlevel.checkpoint_if_cancelled()
        events = self._link.events
        while not events:
            self._check()
            await self._change()
        self._taken.set()
        return events.popleft()  # type: ignore[no-any-return]

    async def _change(self) -> None:
        await self._changed.wait()

    def _tell(self) -> None:
        changed, self._changed = self._changed, trio.Event()
        changed.set()

    def _check(self) -> None:
        """Raises what has ended the client."""
        failure = self._link.failure
        if failure is not None:
            raise anew(failure) from failure

    # ---- requests ---------------------------------------------------------------------------------------------------

    def _write_unsent(self) -> None:
        data = self._link.take_unsent()
        if data and self._outlet is not None:
            self._outlet.write(data)
            self._sent_at = trio.current_time()

    async def _flush(self) -> None:
        """Sends what has been asked for; waits while too much waits to be sent."""
        self._write_unsent()
        if self._outlet is not None and self._outlet.backlog:
            await self._outlet.flush()
        else:
            await trio.lowlevel.checkpoint_if_cancelled()

    async def _settled(self, reply: Reply[T]) -> T:
        await self._flush()
        if not reply.done:
            woken = trio.Event()
            reply.wake = woken.set
            await woken.wait()
        return reply.get()
