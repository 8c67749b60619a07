"""A whole venue in the test's process with the FIX acceptor in front of it, on sockets, plain and over TLS."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import simplefix
import trio
import venue_in_process as venues
from admin_desk import Desk
from venue_in_process import running

from gateways.fix.acceptor import FixAcceptor
from gateways.fix.settings import FixSettings

SOH = "\x01"


class Wire:
    """A FIX client of few words over any stream."""

    def __init__(self, stream: trio.abc.Stream, begin_string: str, comp_id: str) -> None:
        self.stream = stream
        self.begin_string = begin_string
        self.comp_id = comp_id
        self.number = 0
        self._parser = simplefix.FixParser()

    def encoded(self, msg_type: str, body: str = "", sending_time: str = "") -> bytes:
        """The next message; ``body`` has ``|`` for SOH."""
        self.number += 1
        sent = sending_time or now_text()
        header = f"35={msg_type}|34={self.number}|49={self.comp_id}|56=TRADEENGINE|52={sent}|"
        text = f"{header}{body}|".replace("||", "|").replace("|", SOH)
        head = f"8={self.begin_string}{SOH}9={len(text)}{SOH}"
        total = f"{sum((head + text).encode()) % 256:03}"
        return f"{head}{text}10={total}{SOH}".encode()

    async def send(self, msg_type: str, body: str = "", sending_time: str = "") -> None:
        await self.stream.send_all(self.encoded(msg_type, body, sending_time))

    async def get(self) -> dict[str, str]:
        """The next message; empty at the end of the stream."""
        with trio.fail_after(60):
            while (message := self._parser.get_message()) is None:
                try:
                    data = await self.stream.receive_some()
                except trio.BrokenResourceError:
                    data = b""
                if not data:
                    return {}
                self._parser.append_buffer(data)
        return {tag.decode(): value.decode("latin-1") for tag, value in message.pairs}

    async def log_on(self, body: str, sending_time: str = "") -> dict[str, str]:
        version = "1137=9|" if self.begin_string == "FIXT.1.1" else ""
        await self.send("A", f"98=0|108=30|{version}{body}", sending_time)
        return await self.get()

    async def order(self, cl_ord_id: str) -> None:
        body = f"11={cl_ord_id}|55=BTC/USDT|54=1|60={now_text()}|38=1|40=2|44=90|21=1|1=A2"
        await self.send("D", body)

    async def cancel(self, cl_ord_id: str, orig: str) -> None:
        await self.send("F", f"11={cl_ord_id}|41={orig}|55=BTC/USDT|54=1|60={now_text()}|38=1")


def now_text() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H:%M:%S.%f}"[:-3]


class Gateway:
    """Where it listens, and the operators' desk beside it."""

    def __init__(self, desk: Desk, acceptor: FixAcceptor, told: list[dict[str, Any]]) -> None:
        self.desk = desk
        self.acceptor = acceptor
        self.told = told
        self.port = 0
        self.tls_port = 0
        self._streams: list[trio.SocketStream] = []

    async def connect(self, begin_string: str = "FIX.4.4", comp_id: str = "NEW") -> Wire:
        return Wire(await self.stream(self.port), begin_string, comp_id)

    async def stream(self, port: int) -> trio.SocketStream:
        """A connection of which the test says all, closed at its end."""
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        self._streams.append(stream)
        return stream

    async def close(self) -> None:
        """Clients hang up, so that nobody waits for them."""
        for stream in self._streams:
            await trio.aclose_forcefully(stream)

    async def secure(self, context: ssl.SSLContext, begin_string: str = "FIX.4.4", comp_id: str = "NEW") -> Wire:
        tls = trio.SSLStream(
            await self.stream(self.tls_port), context, server_hostname="localhost", https_compatible=True
        )
        await tls.do_handshake()
        return Wire(tls, begin_string, comp_id)

    async def open_session(self, **entry: Any) -> int:
        plain = {
            "protocol": "FIX.4.4",
            "comp_id": "NEW",
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
async def gateway(directory: Path, tls: ssl.SSLContext | None = None, **settings: Any) -> AsyncIterator[Gateway]:
    """The venue of :func:`venue_in_process.settings` with its FIX port, and one over TLS with ``tls``."""
    chosen = venues.settings(directory)
    told: list[dict[str, Any]] = []
    async with running(chosen, time.time_ns) as venue, trio.open_nursery() as nursery:
        acceptor = FixAcceptor(
            venue.door, FixSettings(**settings), time.time_ns, lambda event, **fields: told.append(fields)
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
