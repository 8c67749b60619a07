"""Sockets as the gateways use them: reads of whatever has come, writes that never wait and never grow without bound.

A trio ``SocketStream`` costs about twice what the bare socket does, and its ``send_all`` makes a fast client wait for
a slow one. Here a report's bytes go to the kernel in the very call that delivers the report; what the kernel doesn't
take is kept, up to a bound, for the connection's own writer task; and a client that lets the bound overflow is cut.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct

import trio

RECEIVE_MAX = 16384
"""Bytes that one :func:`receive` takes at most: a few hundred orders, and the unit of fairness between clients.

More is slower: what a turn's orders bring about (commands, events, reports) should fit the processor's cache
(docs/adr/0006).
"""

_SEND_MAX = 262_144
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def receive(sock: trio.socket.SocketType, bytes_max: int = RECEIVE_MAX) -> bytes:
    """Waits for bytes and returns all that have come, up to ``bytes_max``.

    Returns ``b""`` once nothing more can come: the peer has finished or is gone, or this side closed the socket. Always
    a checkpoint, so a client that floods its connection still takes turns with the others.
    """
    while True:
        try:
            await trio.lowlevel.wait_readable(sock)
            return os.read(sock.fileno(), bytes_max)
        except (BlockingIOError, InterruptedError):
            continue
        except (OSError, trio.ClosedResourceError):
            return b""


async def _finished_too(sock: trio.socket.SocketType) -> bool:
    """Reads and discards until the peer has finished (True), or the connection is gone."""
    while True:
        try:
            await trio.lowlevel.wait_readable(sock)
            if not os.read(sock.fileno(), RECEIVE_MAX):
                return True
        except (BlockingIOError, InterruptedError):
            continue
        except (OSError, trio.ClosedResourceError):
            return False


class HandshakeFailed(Exception):
    """The peer does not speak what it should; says what it does instead."""


class Outlet:
    """The write side of a connection, bounded, for many callers of :meth:`write` and one task in :meth:`run`.

    The outlet owns the socket's life: whoever wants the connection to end calls one of the outlet's closing methods,
    and a task that waits in :func:`receive` wakes up with ``b""``.
    """

    closed: bool
    """Whether the connection has ended, from either side."""
    reason: str
    """Why it ended; empty while it is open."""
    overflowed: bool
    """Whether it ended because the peer read too slowly."""
    fault: str
    """Why nothing more can be read of what the peer sends, although it may still listen; empty while all is well."""
    certificate: str
    """SHA-256 of the certificate that the client has shown and that is trusted, hex; empty if there is none."""

    def __init__(self, sock: trio.socket.SocketType, buffer_max: int) -> None:
        """``buffer_max``: bytes kept for a peer that reads too slowly, beyond what the kernel keeps for it.

        Raises ``ValueError`` unless ``buffer_max`` is positive.
        """
        if buffer_max <= 0:
            raise ValueError(f"buffer_max: {buffer_max}: must be positive")
        self.closed = False
        self.reason = ""
        self.overflowed = False
        self.fault = ""
        self.certificate = ""
        self._sock = sock
        self._buffer_max = buffer_max
        self._backlog = bytearray()
        self._wake = trio.Event()
        self._drained = trio.Event()
        self._draining = False
        # Writes are already whole batches; Nagle would only hold back the last one. A Unix socket has no such option.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def backlog(self) -> int:
        """Bytes that wait for the peer to read."""
        return len(self._backlog)

    async def handshake(self) -> None:
        """What comes before the first byte of the protocol. Raises HandshakeFailed, whose text is for the log."""

    async def receive(self, bytes_max: int = RECEIVE_MAX) -> bytes:
        """See :func:`receive`. Where the peer's bytes can't be read, :attr:`fault` says why."""
        return await receive(self._sock, bytes_max)

    def write(self, data: bytes) -> None:
        """Sends ``data``, at once as far as the socket has room. Never waits, never raises.

        What has no room is sent by :meth:`run`, in order. If more than ``buffer_max`` bytes would then wait, the
        connection is reset; ``data`` is dropped, as it is on a connection that has ended.
        """
        if self.closed:
            return
        if not self._backlog:
            try:
                sent = os.write(self._sock.fileno(), data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                self._lost(error)
                return
            if sent == len(data):
                return
            data = data[sent:]
        if len(self._backlog) + len(data) > self._buffer_max:
            self.overflowed = True
            self.abort(f"the client reads too slowly: more than {self._buffer_max} bytes wait for it")
            return
        self._backlog += data
        self._wake.set()

    async def run(self) -> None:
        """The writer task: sends what :meth:`write` had to keep. Returns when the connection has ended."""
        while not self.closed:
            await self._wake.wait()
            await self.flush()
            if not self._backlog and not self.closed:
                self._wake = trio.Event()

    async def flush(self) -> None:
        """Waits until nothing waits here for the peer to read, or the connection has ended."""
        if self._draining:
            await self._drained.wait()
            return
        self._draining = True
        self._drained = trio.Event()
        try:
            while self._backlog and not self.closed:
                with contextlib.suppress(trio.ClosedResourceError):
                    await trio.lowlevel.wait_writable(self._sock)
                    self._send_backlog()
        finally:
            self._draining = False
            self._drained.set()

    def close(self, reason: str = "closed") -> None:
        """Ends the connection in order: what the kernel has is still sent, what waits here is dropped."""
        if not self.closed:
            self._end(reason)

    def abort(self, reason: str) -> None:
        """Ends the connection by a reset: nothing that is still unsent, here or in the kernel, is sent."""
        if not self.closed:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._end(reason)

    async def aclose_after_flush(self, timeout_s: float, reason: str = "closed") -> bool:
        """Sends what waits, then finishes: the peer reads everything, then end-of-file. Returns whether the peer has
        finished thereupon: if so, it was there to the end. One that resets the connection was not.

        Afterwards it reads and discards until the peer has finished too: closing a socket that holds unread bytes
        resets it, and a reset can overtake the last words (a Logout's text, a Login Rejected) on their way to the
        peer. Closes after ``timeout_s`` seconds in any case, and at once when cancelled.
        """
        finished = False
        try:
            with trio.move_on_after(timeout_s):
                await self.flush()
                if not self.closed:
                    self._finish_writing()
                    await self.flush()
                if not self.closed:
                    with contextlib.suppress(OSError):
                        self._sock.shutdown(socket.SHUT_WR)
                    # Another task that reads will see the end-of-file itself.
                    with contextlib.suppress(trio.BusyResourceError):
                        finished = await _finished_too(self._sock)
        finally:
            self.close(reason)
        return finished

    def _finish_writing(self) -> None:
        """The last that is said before the end of the stream."""

    def _send_backlog(self) -> None:
        try:
            with memoryview(self._backlog) as view, view[:_SEND_MAX] as head:
                sent = os.write(self._sock.fileno(), head)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lost(error)
            return
        del self._backlog[:sent]

    def _lost(self, error: OSError) -> None:
        self._end(f"connection lost: {error.strerror or error}")

    def _end(self, reason: str) -> None:
        self.closed = True
        self.reason = reason
        self._backlog.clear()
        self._sock.close()  # also wakes the tasks that wait for the socket
        self._wake.set()
