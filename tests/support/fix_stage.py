"""The acceptor on 127.0.0.1 before a venue of nothing but memory, and TCP clients whose every byte a test decides."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection

import trio
from fix_venue import NOW, SECOND, FakePort, session_opened, shown
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.boundary import AlreadyLoggedOn, Connection, LogonRefused
from engine.commands import ClientCommand
from engine.directory import Directory
from engine.reports import Report
from gateways.fix.acceptor import FixAcceptor
from gateways.fix.codec import Framer
from gateways.fix.settings import FixSettings

_PATIENCE = 3
"""How often more than once a message is looked for that should have come; the loopback needs none."""


class StagePort(FakePort):
    """What is journaled becomes durable when a case says so; a logon at once, unless it is held."""

    connection: Connection | None

    def __init__(self, begin_string: str) -> None:
        super().__init__(begin_string)
        self.pending: list[Report] = []
        self.holding = False
        self._limited = False
        self._logging_on = False
        self._granted = trio.Event()

    def count_from(self, in_next: int, out_next: int) -> None:
        """The session's next numbers, in and out."""
        self.in_next = in_next
        self.out_next = out_next
        self.released = out_next - 1

    def grant(self, credit: int) -> None:
        """From now on, credit is what a case grants, less what is submitted."""
        self._limited = True
        self.credit = credit
        self._granted.set()

    def submit(self, commands: list[ClientCommand]) -> None:
        super().submit(commands)
        if self._limited:
            self.credit -= len(commands)
            assert self.credit >= 0, "more commands than there is credit for"

    async def wait_for_credit(self, *, cancel: bool = False) -> None:
        while self.credit <= 0:
            self._granted = trio.Event()
            await self._granted.wait()

    def log_on(self, *, reset: bool, first_out: int = 1, again: bool = True) -> None:
        super().log_on(reset=reset, first_out=first_out, again=again)
        self._logging_on = True
        if not self.holding:
            self.commit()

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        super().log_out(confirmed=confirmed, completed=completed)
        self.connection = None
        self._logging_on = False

    def commit(self) -> None:
        """All that waits is durable now."""
        if self._logging_on:
            self._logging_on = False
            self.pending.extend(self.logged_on())
        reports, self.pending = self.pending, []
        if reports:
            self.release(*reports)
            if self.connection is not None:
                self.connection.deliver(reports)


class StageGate:
    """Lets BROKER1 in, with the password ``demo`` or none."""

    def __init__(self, port: StagePort) -> None:
        self.port = port
        self.directory: Directory = port.directory
        self.directory.apply(session_opened(port.session.protocol))

    async def admit(
        self, *, protocol: str, comp_id: str, target_comp_id: str, password: str, connection: Connection, **_: object
    ) -> StagePort:
        await trio.lowlevel.checkpoint()
        known = self.directory.session_keyed(protocol, comp_id, target_comp_id)
        if known is None or password not in ("", "demo"):
            raise LogonRefused("unknown session or wrong credentials")
        if self.port.connection is not None:
            raise AlreadyLoggedOn
        self.port.connection = connection
        return self.port


class Received:
    """A message as it came."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.fields = [field.partition("=")[::2] for field in shown(data).split("|")]

    def __str__(self) -> str:
        return shown(self.data)

    def compare(self, expected: str, passed_over: Collection[str]) -> None:
        """Raises AssertionError unless the message says what is expected and nothing else."""
        left = [(tag, value) for tag, value in self.fields if tag not in passed_over]
        for field in expected.removesuffix("|*").split("|"):
            tag, _, value = field.partition("=")
            values = [found for name, found in self.fields if name == tag]
            assert values, f"no tag {tag} in {self}"
            if value.startswith("~"):
                assert any(re.fullmatch(value[1:], found) for found in values), f"expected {field} in {self}"
            else:
                assert value == "*" or value in values, f"expected {field} in {self}"
            left = [(name, found) for name, found in left if name != tag]
        assert not left or expected.endswith("|*"), f"more than expected: {left} in {self}"


class Peer:
    """A client's end of a connection."""

    def __init__(self, port: int) -> None:
        self.ended = False
        self._framer = Framer(1 << 20)
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def take(self) -> Received | None:
        """The next message, if it has come."""
        try:
            while not self.ended and (data := self._socket.recv(65_536)):
                self._framer.feed(data)
            self.ended = True
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.ended = True
        frames = self._framer.take(1)
        assert not self._framer.garbled, "the venue sent something garbled"
        return Received(frames[0]) if frames else None

    def close(self) -> None:
        self._socket.close()


class Stage:
    """An acceptor with one session's port behind it; time is the test's own. ``settings`` count when it is opened."""

    def __init__(self, begin_string: str, clock: MockClock) -> None:
        self.now_ns = NOW
        self.settings = FixSettings(resend_timeout_s=20.0, logout_timeout_s=4.0, resends_max=2)
        self.port = StagePort(begin_string)
        self.ends: list[str] = []
        """Why connections ended, in order."""
        self.is_open = False
        self._clock = clock
        self._tcp_port = 0

    async def open(self, nursery: trio.Nursery) -> None:
        acceptor = FixAcceptor(StageGate(self.port), self.settings, lambda: self.now_ns, self._observe)  # type: ignore[arg-type]
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self._tcp_port = listeners[0].socket.getsockname()[1]
        await nursery.start(acceptor.serve, listeners)
        self.is_open = True

    def _observe(self, event: str, **details: object) -> None:
        assert event == "connection_closed", details
        self.ends.append(str(details["reason"]))

    async def connect(self) -> Peer:
        return Peer(self._tcp_port)

    async def quiet(self) -> None:
        """Until every task waits for something that is not there."""
        await wait_all_tasks_blocked()

    async def pass_time(self, elapsed_s: float) -> None:
        self.now_ns += int(elapsed_s * SECOND)
        self._clock.jump(elapsed_s)
        await self.quiet()

    async def next_message(self, peer: Peer, *, wanted: bool) -> Received | None:
        """The next message that has come; None if none has."""
        for _ in range(_PATIENCE):
            found = peer.take()
            if found is not None or peer.ended or not wanted:
                return found
            await wait_all_tasks_blocked(0.01)
        return peer.take()
