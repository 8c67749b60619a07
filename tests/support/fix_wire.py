"""FIX clients of a venue in the test's process: real connections to its acceptor, the venue's clock set by hand."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import trio
import venue_in_process as venues
from fix_venue import frame
from venue_in_process import Clock, running

from actors.messages import Outcome
from config.credentials import hash_password
from engine.events import Event, SessionOpened
from engine.session_profile import SessionProfile
from gateways.fix.acceptor import FixAcceptor
from gateways.fix.codec import Framer, parse
from gateways.fix.settings import FixSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tradeengine.venue import Venue

SESSION_ID = 1
_COMP_ID, _PASSWORD = "FIX1", "demo"
_CREDENTIAL = hash_password(_PASSWORD, b"saltsaltsalt", n=2, r=1, p=1)
_SETTINGS = FixSettings(sending_time_accuracy_s=0)
ORDER = "55=BTC/USDT|54=1|60=20260102-10:00:00|38=1|40=2|44=100|59=1|1=A2"


class Wire:
    """One connection as its client sees it. ``wire.in_next`` is not kept: tests say which numbers they send."""

    def __init__(self, sock: trio.socket.SocketType) -> None:
        self._sock = sock
        self._framer = Framer(1 << 20)
        self._came: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        """As the venue sees it."""
        host, port = self._sock.getsockname()
        return f"{host}:{port}"

    async def send(self, msg_type: str, seq: int, body: str = "") -> None:
        header = f"35={msg_type}|34={seq}|49={_COMP_ID}|56=TRADEENGINE|52=20260102-10:00:00|"
        await self._sock.send(frame(header + body))

    async def log_on(self, seq: int, body: str = "") -> dict[str, str]:
        """Sends a Logon; what comes back first."""
        await self.send("A", seq, f"98=0|108=0|{body}553={_COMP_ID}|554={_PASSWORD}")
        return await self.next()

    async def log_out(self, seq: int) -> None:
        """A Logout, its answer, and the end of the connection."""
        await self.send("5", seq)
        assert (await self.next())["35"] == "5"
        assert await self.ended()

    async def next(self) -> dict[str, str]:
        """The next message."""
        while not self._came:
            data = await self._sock.recv(65_536)
            assert data, "the venue closed the connection"
            self._framer.feed(data)
            self._came += [parse(each).fields for each in self._framer.take(1000)]
        return self._came.pop(0)

    async def ended(self) -> bool:
        """Waits until the venue has closed the connection; whether nothing came before that."""
        return not self._came and not await self._sock.recv(65_536)

    def cut(self) -> None:
        """The connection breaks."""
        self._sock.close()


class World:
    """A venue whose session FIX1 has a profile."""

    def __init__(self, venue: Venue, clock: Clock, address: Any) -> None:
        self.venue = venue
        self.clock = clock
        self.wires: list[Wire] = []
        self._address = address

    @property
    def state(self) -> Any:
        return self.venue.ports[SESSION_ID].state

    async def journal(self, *events: Event) -> None:
        for event in events:
            with self.venue.dispatcher.turn():
                self.venue.journal_mail.tell(Outcome(0, 0, 0, [event]))
        await venues.at_rest(self.venue)

    async def profile(self, **changes: Any) -> None:
        """Gives the session a profile, and a password."""
        opened: SessionOpened = self.venue.directory.session(SESSION_ID)
        profile = SessionProfile(**changes)
        await self.journal(msgspec.structs.replace(opened, profile=profile, credential=_CREDENTIAL))

    async def connect(self) -> Wire:
        sock = trio.socket.socket()
        await sock.connect(self._address)
        self.wires.append(Wire(sock))
        return self.wires[-1]

    async def gone(self) -> None:
        """Until no connection is the session's, and that is durable."""
        while self.venue.ports[SESSION_ID].connection is not None:
            await trio.lowlevel.checkpoint()
        await venues.at_rest(self.venue)


@asynccontextmanager
async def world(directory: Path, clock: Clock | None = None, **profile: Any) -> AsyncIterator[World]:
    """The venue of a directory, running, with a profile for the session (the configuration gives it none)."""
    clock = clock or Clock()
    async with running(venues.settings(directory), clock) as venue, trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        await nursery.start(FixAcceptor(venue.door, _SETTINGS, clock).serve, listeners)
        it = World(venue, clock, listeners[0].socket.getsockname())
        await it.profile(**profile)
        yield it
        for wire in it.wires:
            wire.cut()
        nursery.cancel_scope.cancel()
