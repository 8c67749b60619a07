"""The HTTP port: accepts connections and bounds their number."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import trio

from gateways.http.connection import HttpConnection, Observe, Respond
from gateways.http.settings import HttpSettings

_BUSY_BODY = b'{"error":"too many connections; try again"}\n'
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BUSY_BODY), _BUSY_BODY)
)


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class HttpServer:
    """Answers requests with ``respond``; one connection's failure ends that connection only.

    ``observe`` is told of failures by name of event and details: ``request_failed``, ``connection_failed``.
    """

    def __init__(self, respond: Respond, settings: HttpSettings, observe: Observe = _unobserved) -> None:
        self.connections = 0
        """Connections that are open now."""
        self._respond = respond
        self._settings = settings
        self._observe = observe

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serves until cancelled."""
        await trio.serve_listeners(self._handle, list(listeners), task_status=task_status)

    async def _handle(self, stream: trio.SocketStream) -> None:
        remote = _remote(stream.socket)
        if self.connections >= self._settings.connections_max:
            with trio.move_on_after(self._settings.linger_timeout_s):
                with contextlib.suppress(trio.BrokenResourceError):
                    await stream.send_all(_BUSY)
            await trio.aclose_forcefully(stream)
            return
        self.connections += 1
        try:
            await HttpConnection(stream, remote, self._respond, self._settings, self._observe).run()
        except Exception as error:
            self._observe("connection_failed", protocol="HTTP", remote=remote, exc_info=error)
        finally:
            self.connections -= 1


def _remote(sock: trio.socket.SocketType) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "unknown"
    return f"{host}:{port}"
