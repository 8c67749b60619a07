"""The acceptor over 127.0.0.1, with simplefix as the client and a venue in memory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import simplefix
import trio
import trio.testing
from fix_venue import NOW, FakePort, client_frame, order_image

from actors.boundary import AlreadyLoggedOn, Connection, LogonRefused
from engine.commands import ClientCommand
from engine.directory import Directory
from engine.events import OrderAccepted
from engine.queries import OrderStatusAnswer, Query
from engine.reports import Report
from gateways.fix.acceptor import FixAcceptor
from gateways.fix.settings import FixSettings

ORDER = "11={}|55=BTC/USD|54=1|60=20240101-00:00:00|38=1|40=2|44=100|21=1"


class LivePort(FakePort):
    """Everything is durable at once."""

    connection: Connection | None = None
    held_back = False
    beyond = 2
    """Cancels that may go beyond the credit."""

    def __init__(self, begin_string: str) -> None:
        super().__init__(begin_string)
        self.committed = 0
        self.credited = trio.Event()

    def log_on(self, *, reset: bool, first_out: int = 1, again: bool = True) -> None:
        super().log_on(reset=reset, first_out=first_out, again=again)
        assert self.connection is not None
        self.connection.deliver(self.logged_on())

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        super().log_out(confirmed=confirmed, completed=completed)
        self.connection = None

    def submit(self, commands: list[ClientCommand]) -> None:
        super().submit(commands)
        self.credit -= len(commands)
        if not self.held_back:
            self.commit()

    def commit(self) -> None:
        """All that was submitted and has no outcome yet is accepted."""
        commands = self.submitted[self.committed :]
        self.committed = len(self.submitted)
        reports = [self.accepted(command.cl_ord_id) for command in commands]  # type: ignore[union-attr]
        self.credit += len(reports)
        self.credited.set()
        if reports and self.connection is not None:
            self.connection.deliver(self.release(*reports))

    def query(self, query: Query) -> None:
        super().query(query)
        assert self.connection is not None
        self.connection.answer(OrderStatusAnswer(query, order_image()))  # type: ignore[arg-type]

    @property
    def cancel_credit(self) -> int:
        return self.credit + self.beyond

    async def wait_for_credit(self, *, cancel: bool = False) -> None:
        while (self.cancel_credit if cancel else self.credit) <= 0:
            self.credited = trio.Event()
            await self.credited.wait()


class Gate:
    """Lets BROKER1 in, with the password ``demo``."""

    def __init__(self, port: LivePort) -> None:
        self.port = port
        self.directory: Directory = port.directory
        self.directory.apply(port.session)

    async def admit(self, *, connection: Connection, password: str, comp_id: str, **_: str) -> LivePort:
        await trio.lowlevel.checkpoint()
        if (comp_id, password) != ("BROKER1", "demo"):
            raise LogonRefused("unknown session or wrong credentials")
        if self.port.connection is not None:
            raise AlreadyLoggedOn
        self.port.connection = connection
        return self.port


class Client:
    """A FIX client of few words."""

    def __init__(self, stream: trio.SocketStream, begin_string: str) -> None:
        self.stream = stream
        self.begin_string = begin_string
        self.parser = simplefix.FixParser()
        self.number = 1

    async def send(self, msg_type: str, body: str = "", number: int = 0) -> None:
        await self.send_bytes(client_frame(msg_type, number or self.number, body, begin_string=self.begin_string))
        self.number = (number or self.number) + 1

    async def send_bytes(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def get(self) -> dict[str, str]:
        """The next message; empty at the end of the stream."""
        with trio.fail_after(60):
            while (message := self.parser.get_message()) is None:
                data = await self.stream.receive_some()
                if not data:
                    return {}
                self.parser.append_buffer(data)
            return {tag.decode(): value.decode("latin-1") for tag, value in message.pairs}

    async def brief(self, count: int) -> list[str]:
        messages = [await self.get() for _ in range(count)]
        return [f"{m['35']}/{m['34']}" for m in messages]

    async def log_on(self, password: str = "demo", body: str = "") -> dict[str, str]:
        await self.send("A", f"98=0|108=30|554={password}|{body}")
        return await self.get()


class Stage:
    def __init__(self, port: LivePort, acceptor: FixAcceptor, told: list[dict[str, object]], address: str) -> None:
        self.port = port
        self.acceptor = acceptor
        self.told = told
        self.address = address
        self.tcp_port = 0

    async def connect(self, begin_string: str = "FIX.4.4", host: str = "127.0.0.1") -> Client:
        """From the client's ``host``."""
        stream = await trio.open_tcp_stream(self.address, self.tcp_port, local_address=host)
        return Client(stream, begin_string)

    async def until(self, true: Callable[[], bool]) -> None:
        with trio.fail_after(60):
            while not true():
                await trio.lowlevel.checkpoint()


@asynccontextmanager
async def stage(begin_string: str = "FIX.4.4", **limits: object) -> AsyncIterator[Stage]:
    port = LivePort(begin_string)
    told: list[dict[str, object]] = []
    settings = FixSettings(**({"logout_timeout_s": 0.2} | limits))  # type: ignore[arg-type]
    acceptor = FixAcceptor(
        Gate(port),  # type: ignore[arg-type]
        settings,
        lambda: NOW,
        lambda event, **details: told.append({"event": event} | details),
    )
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        made = Stage(port, acceptor, told, "127.0.0.1")
        made.tcp_port = listeners[0].socket.getsockname()[1]
        await nursery.start(acceptor.serve, listeners)
        yield made
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4"])
async def test_an_order_s_way(begin_string: str) -> None:
    async with stage(begin_string) as venue:
        client = await venue.connect(begin_string)
        reply = await client.log_on()
        assert (reply["35"], reply["34"], reply["108"], reply["8"]) == ("A", "1", "30", begin_string)
        await client.send("D", ORDER.format("C1"))
        report = await client.get()
        assert (report["35"], report["34"], report["11"], report["150"]) == ("8", "2", "C1", "0")
        await client.send("H", "11=C1|55=BTC/USD|54=1")
        assert (await client.get())["37"] == "501"
        await client.send("5")
        assert (await client.get())["35"] == "5"
        assert await client.get() == {}
        assert venue.port.logouts == [True]
    assert venue.told[0]["reason"] == "Logged out"
    assert venue.acceptor.counters.logons_accepted == 1
    assert venue.acceptor.counters.messages_received == 3


async def test_what_is_pipelined_behind_the_logon_is_served() -> None:
    async with stage() as venue:
        client = await venue.connect()
        frames = [client_frame("A", 1, "98=0|108=30|554=demo")]
        frames += [client_frame("D", n, ORDER.format(f"C{n}")) for n in range(2, 502)]
        await client.send_bytes(b"".join(frames))
        assert await client.brief(501) == ["A/1"] + [f"8/{n}" for n in range(2, 502)]


async def test_credit_bounds_what_is_submitted() -> None:
    async with stage() as venue:
        venue.port.credit = 10
        venue.port.held_back = True
        client = await venue.connect()
        await client.log_on()
        await client.send_bytes(b"".join(client_frame("D", n, ORDER.format(f"C{n}")) for n in range(2, 27)))
        await venue.until(lambda: len(venue.port.submitted) == 10)
        await trio.testing.wait_all_tasks_blocked(0.02)
        assert len(venue.port.submitted) == 10
        venue.port.commit()
        await venue.until(lambda: len(venue.port.submitted) == 20)
        venue.port.held_back = False
        venue.port.commit()
        assert await client.brief(25) == [f"8/{n}" for n in range(2, 27)]


async def test_cancels_and_heartbeats_go_beyond_the_credit_but_overtake_nothing() -> None:
    async with stage() as venue:
        venue.port.credit = 1
        venue.port.held_back = True
        client = await venue.connect()
        await client.log_on()
        cancel = "11={}|41=C2|55=BTC/USD|54=1|60=20240101-00:00:00"
        frames = [client_frame("D", 2, ORDER.format("C2"))]
        frames += [client_frame("F", n, cancel.format(f"C{n}")) for n in (3, 4)]
        frames += [client_frame("1", 5, "112=there"), client_frame("F", 6, cancel.format("C6"))]
        frames += [client_frame("D", 7, ORDER.format("C7")), client_frame("F", 8, cancel.format("C8"))]
        await client.send_bytes(b"".join(frames))
        await venue.until(lambda: len(venue.port.submitted) == 3)
        await trio.testing.wait_all_tasks_blocked(0.02)
        assert [command.cl_ord_id for command in venue.port.submitted] == ["C2", "C3", "C4"]
        venue.port.commit()
        await venue.until(lambda: len(venue.port.submitted) == 4)
        venue.port.held_back = False
        venue.port.commit()
        await venue.until(lambda: len(venue.port.submitted) == 6)
        assert [command.cl_ord_id for command in venue.port.submitted] == ["C2", "C3", "C4", "C6", "C7", "C8"]


async def test_a_wrong_password_is_answered_with_the_reason() -> None:
    async with stage() as venue:
        client = await venue.connect()
        reply = await client.log_on("wrong")
        assert (reply["35"], reply["58"]) == ("5", "unknown session or wrong credentials")
        assert await client.get() == {}
        await venue.until(lambda: not venue.acceptor.connections)
    assert venue.acceptor.counters.logons_refused == 1


async def test_the_numbers_of_refusals_are_passed_over() -> None:
    """A client counts every Logout that it gets: a Logon numbered below what it expects then would end the session."""
    async with stage() as venue:
        for body in ("554=wrong", "554=demo|108=x", "554=wrong"):
            client = await venue.connect()
            await client.send("A", f"98=0|108=30|{body}" if "108" not in body else f"98=0|{body}")
            assert (await client.get())["35"] == "5"
        first = await venue.connect()
        assert (await first.log_on())["34"] == "4"
        second = await venue.connect()
        assert await second.log_on() == {}
        await first.send("1", "112=its numbers are its own")
        assert (await first.get())["34"] == "5"
        await first.send("5")
        assert (await first.get())["34"] == "6"
        assert await first.get() == {}
        third = await venue.connect()
        third.number = 4
        assert (await third.log_on())["34"] == "7"


async def test_nobody_moves_a_session_s_numbers_from_elsewhere() -> None:
    """Everybody on the loopback interface has 127.0.0.0/8 to come from."""
    async with stage() as venue:
        for host in ("127.0.0.2", "127.0.0.1", "127.0.0.2"):
            client = await venue.connect(host=host)
            assert (await client.log_on("wrong"))["35"] == "5"
        client = await venue.connect()
        assert (await client.log_on())["34"] == "2"


async def test_a_reset_forgets_refusals() -> None:
    async with stage() as venue:
        await (await venue.connect()).log_on("wrong")
        client = await venue.connect()
        assert (await client.log_on(body="141=Y"))["34"] == "1"


async def test_a_session_has_one_connection() -> None:
    """The second is closed without a word, which would cost a number (test case 1S b)."""
    async with stage() as venue:
        first, second = await venue.connect(), await venue.connect()
        await first.log_on()
        assert await second.log_on() == {}
        await first.send("1", "112=still here")
        assert (await first.get())["112"] == "still here"


async def test_a_first_message_that_is_no_logon_ends_the_connection() -> None:
    async with stage() as venue:
        client = await venue.connect()
        await client.send("D", ORDER.format("C1"))
        assert await client.get() == {}


def held_up(monkeypatch: pytest.MonkeyPatch) -> tuple[trio.Event, trio.Event]:
    """Logons are checked for as long as the test wants: when one is being checked, and what ends it."""
    checking, checked = trio.Event(), trio.Event()
    admit = Gate.admit

    async def slow(self: Gate, **details: Any) -> LivePort:
        checking.set()
        await checked.wait()
        return await admit(self, **details)

    monkeypatch.setattr(Gate, "admit", slow)
    return checking, checked


async def test_the_time_that_the_venue_takes_to_check_is_not_the_client_s(
    mock_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand clients that come back at once wait for one another's passwords, and none is cut off for it."""
    checking, checked = held_up(monkeypatch)
    async with stage(logon_timeout_s=10.0) as venue:
        client = await venue.connect()
        await client.send("A", "98=0|108=30|554=demo|")
        await checking.wait()
        mock_clock.jump(100)
        await trio.testing.wait_all_tasks_blocked()
        checked.set()
        assert (await client.get())["35"] == "A"
        await client.stream.aclose()


async def test_a_silent_connection_is_closed(mock_clock: trio.testing.MockClock) -> None:
    async with stage(logon_timeout_s=10.0) as venue:
        client = await venue.connect()
        await venue.until(lambda: venue.acceptor.connections == 1)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(9.5)
        await client.send_bytes(b"8=FIX.4.4\x01")
        await trio.testing.wait_all_tasks_blocked()
        assert venue.acceptor.connections == 1
        mock_clock.jump(0.5)
        assert await client.get() == {}
        await client.stream.aclose()
        await venue.until(lambda: bool(venue.told))
    assert venue.told[0]["reason"] == "no logon within 10 s"
    assert venue.acceptor.counters.logons_timed_out == 1


async def test_connections_are_bounded() -> None:
    async with stage(connections_max=1) as venue:
        first = await venue.connect()
        await first.log_on()
        second = await venue.connect()
        with pytest.raises((trio.BrokenResourceError, AssertionError)):
            assert await second.get() != {}
    assert venue.acceptor.counters.connections_refused == 1


async def test_a_client_takes_the_place_of_who_keeps_silent() -> None:
    """Nobody locks the clients out by connections without a logon, silent or with the beginning of one."""
    async with stage(connections_max=2) as venue:
        silent = await venue.connect()
        await venue.until(lambda: venue.acceptor.connections == 1)
        dribbling = await venue.connect()
        await dribbling.send_bytes(b"8=FIX.4.4\x019=70\x0135=A\x01")
        await venue.until(lambda: venue.acceptor.connections == 2)
        client = await venue.connect()
        assert (await client.log_on())["35"] == "A"
        assert await silent.get() == {}
        other = await venue.connect()
        await other.send("A", "98=0|108=30|554=wrong")
        assert (await other.get())["35"] == "5"
        with contextlib.suppress(trio.BrokenResourceError):  # a reset, if what it had sent was not read yet
            assert await dribbling.get() == {}
        await client.send("1", "112=still here")
        assert (await client.get())["112"] == "still here"
        assert venue.acceptor.counters.connections_displaced == 2
        assert venue.acceptor.counters.connections_refused == 0
    reasons = [str(end["reason"]) for end in venue.told]
    assert reasons[:2] == ["no logon had come, and a new connection took its place"] * 2


async def test_a_logon_that_is_being_checked_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    checking, checked = held_up(monkeypatch)
    async with stage(connections_max=1) as venue:
        client = await venue.connect()
        await client.send("A", "98=0|108=30|554=demo|")
        await checking.wait()
        await venue.connect()
        await venue.until(lambda: venue.acceptor.counters.connections_refused == 1)
        checked.set()
        assert (await client.get())["35"] == "A"
        assert venue.acceptor.counters.connections_displaced == 0


async def test_a_lost_connection_logs_the_session_out_unconfirmed() -> None:
    async with stage() as venue:
        client = await venue.connect()
        await client.log_on()
        await client.stream.aclose()
        await venue.until(lambda: bool(venue.port.logouts))
        assert venue.port.logouts == [False]
        again = await venue.connect()
        again.number = 2
        assert (await again.log_on())["34"] == "2"


async def test_missed_reports_are_resent_and_new_ones_follow() -> None:
    async with stage() as venue:
        client = await venue.connect()
        await client.log_on()
        await client.stream.aclose()
        await venue.until(lambda: bool(venue.port.logouts))
        venue.port.release(*(venue.port.accepted(f"M{n}") for n in range(300)))  # 2..301
        client = await venue.connect()
        client.number = 2
        assert (await client.log_on())["34"] == "302"
        await client.send("2", "7=2|16=0")
        await client.send("D", ORDER.format("C1"))
        messages = [await client.get() for _ in range(302)]
        assert [m["34"] for m in messages] == [str(n) for n in range(2, 304)]
        assert {m["43"] for m in messages[:301]} == {"Y"}
        assert (messages[300]["35"], messages[300]["36"]) == ("4", "303")
        assert (messages[301]["11"], messages[301].get("43")) == ("C1", None)


async def test_the_venue_s_stop_logs_everybody_out_and_waits_for_the_answer() -> None:
    async with stage(logout_timeout_s=5.0) as venue:
        client = await venue.connect()
        await client.log_on()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(venue.acceptor.stop, "The venue closes for the day")
            logout = await client.get()
            assert (logout["35"], logout["58"]) == ("5", "The venue closes for the day")
            await client.send("5")
            assert await client.get() == {}
            await client.stream.aclose()
        assert venue.port.logouts == [True]
        assert venue.acceptor.connections == 0


async def test_a_cancelled_acceptor_still_says_good_bye() -> None:
    async with stage() as venue:
        client = await venue.connect()
        await client.log_on()
    logout = await client.get()
    assert (logout["35"], logout["58"]) == ("5", "The venue is stopping")
    assert venue.port.logouts == [False]


async def test_heartbeats_are_kept_by_one_timer(mock_clock: trio.testing.MockClock) -> None:
    async with stage() as venue:
        client = await venue.connect()
        await client.log_on()
        mock_clock.jump(0.25)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(30)
        heartbeat = await client.get()
        assert (heartbeat["35"], heartbeat["34"]) == ("0", "2")
        await client.stream.aclose()


async def test_time_passes_once_for_connections_of_two_ports(mock_clock: trio.testing.MockClock) -> None:
    """As there are with TLS: the ports' timers don't add up."""
    async with stage() as venue, trio.open_nursery() as nursery:
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(0.1)
        await nursery.start(venue.acceptor.serve, await trio.open_tcp_listeners(0, host="127.0.0.1"))
        client = await venue.connect()
        await client.log_on()
        for _ in range(116):
            mock_clock.jump(0.25)
            await trio.testing.wait_all_tasks_blocked()
        await client.send("1", "112=at 29 s")
        assert (await client.get())["112"] == "at 29 s"
        await client.stream.aclose()
        nursery.cancel_scope.cancel()


async def test_one_connection_s_failure_is_its_own() -> None:
    async with stage() as venue:
        client = await venue.connect()
        await client.log_on()
        assert venue.port.connection is not None
        order = order_image(side=None)  # what no report can show
        broken = Report(2, 2, 0, NOW, OrderAccepted(order), order)
        venue.port.connection.deliver([broken])
        assert await client.get() == {}
        await venue.until(lambda: not venue.acceptor.connections)
        assert "internal error" in str(venue.told[0]["reason"])
        again = await venue.connect()
        again.number = 2
        assert (await again.log_on())["35"] == "A"


async def test_a_client_that_does_not_read_is_cut() -> None:
    async with stage(write_buffer_max=20_000) as venue:
        client = await venue.connect()
        await client.log_on()
        assert venue.port.connection is not None
        # More than the kernel's buffers of both ends hold, without a read in between.
        while venue.port.connection is not None and len(venue.port.sent) < 200_000:
            venue.port.connection.deliver(venue.port.release(*(venue.port.accepted(f"C{n}") for n in range(500))))
            await trio.lowlevel.checkpoint()
        assert venue.port.connection is None
        await venue.until(lambda: not venue.acceptor.connections)
    assert venue.acceptor.counters.slow_clients_cut == 1
