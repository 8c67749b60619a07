"""A whole venue in the test's process with the binary acceptor in front of it, on sockets, plain and over TLS."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
import venue_in_process as venues
from admin_desk import Desk
from venue_in_process import running

from gateways.binary.acceptor import BinaryAcceptor
from gateways.binary.settings import BinarySettings

NONCE = bytes(range(32))
"""What the venue's entropy gives."""


class Gateway:
    """Where it listens, and the operators' desk beside it."""

    def __init__(self, desk: Desk, acceptor: BinaryAcceptor, told: list[dict[str, Any]]) -> None:
        self.desk = desk
        self.acceptor = acceptor
        self.told = told
        self.port = 0
        self.tls_port = 0
        self._streams: list[trio.SocketStream] = []

    async def stream(self) -> trio.SocketStream:
        return await self._connected(self.port)

    async def secure(self, context: ssl.SSLContext) -> trio.SSLStream[trio.SocketStream]:
        tls = trio.SSLStream(
            await self._connected(self.tls_port), context, server_hostname="localhost", https_compatible=True
        )
        await tls.do_handshake()
        return tls

    async def _connected(self, port: int) -> trio.SocketStream:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        self._streams.append(stream)
        return stream

    async def close(self) -> None:
        """Clients hang up, so that nobody waits for them."""
        for stream in self._streams:
            await trio.aclose_forcefully(stream)

    async def open_session(self, **entry: Any) -> int:
        """User NEW1 with the password ``secret`` and the account A2."""
        plain = {
            "protocol": "SOUPBIN",
            "comp_id": "NEW1",
            "firm": "F",
            "accounts": ["A2"],
            "password": "secret",
            "default_account": "A2",
        }
        status, answer = await self.desk.post("/admin/sessions", plain | entry)
        assert status == 201, answer
        return int(answer["session_id"])

    async def change(self, session_id: int, **changes: Any) -> None:
        status, answer = await self.desk.post(f"/admin/sessions/{session_id}/changes", changes)
        assert status == 200, answer

    async def until_closed(self, *reasons: str) -> None:
        """Wait until a connection has ended for a reason that begins like one of these."""
        with trio.fail_after(60):
            while not any(str(it.get("reason", "")).startswith(reasons) for it in self.told):
                await trio.sleep(0.001)


@asynccontextmanager
async def gateway(
    directory: Path, tls: ssl.SSLContext | None = None, chosen: Any = None, **settings: Any
) -> AsyncIterator[Gateway]:
    """The venue of :func:`venue_in_process.settings` with its binary port, and one over TLS with ``tls``."""
    chosen = chosen or venues.settings(directory)
    told: list[dict[str, Any]] = []
    async with running(chosen, time.time_ns) as venue, trio.open_nursery() as nursery:
        acceptor = BinaryAcceptor(
            venue.door,
            BinarySettings(**settings),
            lambda event, **fields: told.append(fields),
            time.time_ns,
            lambda count: NONCE[:count],
        )
        it = Gateway(Desk(venue, chosen), acceptor, told)
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        it.port = listener.socket.getsockname()[1]
        await nursery.start(acceptor.serve, [listener])
        if tls is not None:
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            it.tls_port = listener.socket.getsockname()[1]
            await nursery.start(acceptor.over_tls(tls).serve, [listener])
        yield it
        await it.close()
        nursery.cancel_scope.cancel()
