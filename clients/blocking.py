"""The face without trio: a :class:`clients.link.Link` on a blocking socket, whose heartbeats a thread sends."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from clients.exceptions import ClientError, ConnectionLost, anew
from clients.link import Link
from clients.reply import Reply
from gateways.binary import soup

E = TypeVar("E")
L = TypeVar("L", bound=Link)  # type: ignore[type-arg]
T = TypeVar("T")

_RECEIVE_MAX = 65_536
_BUSY = BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError


class _Wire:
    """One connection's socket, which two threads write to. What can't be done raises ``OSError``."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._sending = threading.Lock()
        """Keeps what is sent at once together."""
        self._lock = threading.Lock()
        """TLS is not for two threads at a time; never held while anything is waited for."""
        self._reading = selectors.DefaultSelector()
        self._reading.register(sock, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        """Waits until all of it is on its way."""
        view = memoryview(data)
        with self._sending:
            while view:
                waits_for = selectors.EVENT_WRITE
                try:
                    with self._lock:
                        view = view[self._socket.send(view) :]
                    continue
                except ssl.SSLWantReadError:
                    waits_for = selectors.EVENT_READ
                except (BlockingIOError, ssl.SSLWantWriteError):
                    pass
                with selectors.DefaultSelector() as ready:
                    ready.register(self._socket, waits_for)
                    ready.select()

    def receive(self, timeout_s: float) -> bytes | None:
        """What has come; None if nothing comes in time, ``b""`` at the end."""
        if not self._pending and not self._reading.select(timeout_s):
            return None
        try:
            with self._lock:
                return self._socket.recv(_RECEIVE_MAX)
        except _BUSY:
            return None

    @property
    def _pending(self) -> int:
        """Bytes that TLS has decrypted already."""
        return self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0

    def abort(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            self._reading.close()
            self._socket.close()


class BlockingConnection(Generic[L, E]):
    """A client's connections, one after the other. All happens in the calls, but for the heartbeats; use one client
    from one thread. A connection that is lost is come back to in whichever call notices it."""

    def __init__(self, host: str, port: int, link: L) -> None:
        """Connects nowhere yet."""
        self._address = host, port
        self._link = link
        self._wire: _Wire | None = None
        self._closing = threading.Event()

    # ---- the connection -------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Raises ``LoginRefused``, or ``ConnectionLost`` if the venue cannot be reached."""
        self._link.enter()
        try:
            self._connect_until_ready()
        except BaseException:
            self._close()
            self._link.leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None and self._wire is not None:
            with contextlib.suppress(OSError):
                self._wire.send(soup.LOGOUT_REQUEST_PACKET)
        self._close()
        self._link.leave()

    def _connect_until_ready(self) -> None:
        """As often as the link wants. Raises what has ended the client."""
        link = self._link
        while not link.opened:
            try:
                self._connect()
                link.begin()
                self._flush()
                self._keep_alive()
                begun_s = time.monotonic()
                while not link.opened:
                    self._await_more()
                    if not link.accepted and time.monotonic() - begun_s >= link.settings.server_timeout_s:
                        raise ConnectionLost(f"waited in vain for {link.waits_for}")
            except ClientError as error:
                self._close()
                delay_s = link.lost(error, time.monotonic())
                if delay_s is None:
                    raise
                time.sleep(delay_s)

    def _connect(self) -> None:
        host, port = self._address
        settings = self._link.settings
        try:
            sock = socket.create_connection(self._address, settings.connect_timeout_s)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if settings.tls is not None:
                sock = settings.tls.wrap_socket(sock, server_hostname=settings.tls_hostname or host)
        except OSError as error:
            raise ConnectionLost(f"cannot connect to {host}:{port}: {error}") from error
        self._wire = _Wire(sock)

    def _keep_alive(self) -> None:
        self._closing = threading.Event()
        assert self._wire is not None
        about = self._wire, self._closing, self._link.settings.heartbeat_interval_s
        threading.Thread(target=_send_heartbeats, args=about, daemon=True).start()

    def _close(self) -> None:
        self._closing.set()
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def abort(self) -> None:
        """Ends the connection as a failure of the network would: without a Logout. The next call finds out."""
        if self._wire is not None:
            self._wire.abort()

    # ---- bytes ------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Sends what has been asked for. Raises ``ConnectionLost``."""
        data = self._link.take_unsent()
        if data and self._wire is not None:
            try:
                self._wire.send(data)
            except OSError as error:
                raise ConnectionLost(f"connection lost: {error}") from error

    def _receive(self, timeout_s: float) -> bool:
        """Takes in what has come, or comes in time. Raises ``ClientError``."""
        link = self._link
        if self._wire is None:
            link.check()
            raise ConnectionLost("not connected")
        try:
            data = self._wire.receive(timeout_s)
        except OSError as error:
            raise ConnectionLost(f"connection lost: {error}") from error
        if data is None:
            return False
        if not data:
            raise ConnectionLost(link.words or "the venue closed the connection")
        link.receive(data)
        self._flush()
        return True

    def _await_more(self) -> None:
        timeout_s = self._link.settings.server_timeout_s
        if not self._receive(timeout_s):
            raise ConnectionLost(f"nothing was heard of the venue for {timeout_s:g} s")

    def _recover(self, error: ClientError) -> None:
        """Comes back after a loss, or raises why not."""
        self._close()
        if self._link.failure is not None:
            raise anew(self._link.failure) from error
        delay_s = self._link.lost(error, time.monotonic())
        if delay_s is None:
            raise error
        time.sleep(delay_s)
        self._connect_until_ready()

    # ---- events ---------------------------------------------------------------------------------------------------

    def next_event(self, timeout_s: float) -> E | None:
        """The next event; None if none comes within ``timeout_s`` seconds. Coming back may take longer."""
        until_s = time.monotonic() + timeout_s
        events = self._link.events
        while not events:
            left_s = until_s - time.monotonic()
            try:
                if not self._receive(max(0.0, left_s)) and left_s <= 0:
                    return None
            except ClientError as error:
                if events:
                    break
                self._recover(error)
        return events.popleft()  # type: ignore[no-any-return]

    def events(self, timeout_s: float) -> Iterator[E]:
        """Events, until none has come for ``timeout_s`` seconds."""
        while (event := self.next_event(timeout_s)) is not None:
            yield event

    # ---- requests ---------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        try:
            self._flush()
        except ConnectionLost as error:
            self._recover(error)

    def _settled(self, reply: Reply[T]) -> T:
        self._send()
        while not reply.done:
            try:
                self._await_more()
            except ClientError as error:
                if not reply.done:
                    self._recover(error)
        return reply.get()


def _send_heartbeats(wire: _Wire, closing: threading.Event, interval_s: float) -> None:
    while not closing.wait(interval_s):
        try:
            wire.send(soup.CLIENT_HEARTBEAT_PACKET)
        except (OSError, ValueError):
            return  # the next call finds out why
