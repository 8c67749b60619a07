"""The binary port over loopback sockets, with a small venue behind it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
import trio.testing
from binary_venue import Venue, venue

from engine.commands import NewOrder
from engine.events import OrderAccepted
from gateways.binary import codec, soup
from gateways.binary.settings import BinarySettings

Packet = tuple[int, bytes]
HEARTBEAT: Packet = (soup.SERVER_HEARTBEAT, b"")


class RawClient:
    """A client that sees packets."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._rest = b""
        self._packets: list[Packet] = []

    async def send(self, *packets: bytes) -> None:
        await self.stream.send_all(b"".join(packets))

    async def log_in(
        self, sequence: int = 1, *, user: str = "TRADR1", password: str = "demo", session: str = ""
    ) -> None:
        await self.send(soup.login_request(soup.LoginRequest(user, password, session, sequence)))

    async def packet(self) -> Packet:
        """The next packet, or the end of the connection as an EOFError."""
        with trio.fail_after(10):
            while not self._packets:
                data = await self.stream.receive_some(65536)
                if not data:
                    raise EOFError
                packets, self._rest, error = soup.split(self._rest + data, 65_535)
                assert not error
                self._packets += packets
        return self._packets.pop(0)

    async def packets(self, count: int) -> list[Packet]:
        return [await self.packet() for _ in range(count)]

    async def reports(self, count: int) -> list[int]:
        """The journal sequences of the next ``count`` packets, which must be reports."""
        packets = await self.packets(count)
        assert {kind for kind, _ in packets} <= {soup.SEQUENCED_DATA}
        return [seq_of(payload) for _, payload in packets]

    async def logged_in(self, sequence: int = 1) -> int:
        """Logs in; the number of the report that comes next."""
        await self.log_in(sequence)
        kind, payload = await self.packet()
        assert kind == soup.LOGIN_ACCEPTED
        return soup.parse_login_accepted(payload).sequence

    async def rest(self) -> list[Packet]:
        """What comes before the end of the connection, which this side then ends too."""
        packets = []
        with contextlib.suppress(EOFError, trio.BrokenResourceError):
            while True:
                packets.append(await self.packet())
        await self.stream.aclose()
        return packets


@contextlib.asynccontextmanager
async def client_of(at: Venue) -> AsyncIterator[RawClient]:
    async with await trio.open_tcp_stream("127.0.0.1", at.port_number) as stream:
        yield RawClient(stream)


def seq_of(payload: bytes) -> int:
    return int.from_bytes(payload[codec.HEADER_SIZE : codec.HEADER_SIZE + 8], "little")


def new_order(cl_ord_id: int, price: int = 10**8) -> bytes:
    packet: bytes = codec.NEW_ORDER.pack(cl_ord_id, price, 10**8, 7, 0, b"1", b"2", b"1")
    return packet


def book_request(request_id: int) -> bytes:
    packet: bytes = codec.BOOK_REQUEST.pack(request_id, 7, 2)
    return packet


async def test_a_login_then_orders_and_their_reports() -> None:
    async with venue() as at, client_of(at) as client:
        assert await client.logged_in() == 1
        await client.send(*[new_order(n) for n in range(1, 101)])
        assert await client.reports(100) == list(range(9001, 9101))
        assert [c.cl_ord_id for c in at.port.submitted if isinstance(c, NewOrder)] == [str(n) for n in range(1, 101)]
        assert len(at.port.batches) < 100
        asked = at.gate.asked[0]
        assert asked.pop("remote").startswith("127.0.0.1:")
        assert asked == {"protocol": "SOUPBIN", "comp_id": "TRADR1", "target_comp_id": "", "username": "TRADR1"}


async def test_frames_that_come_byte_by_byte() -> None:
    async with venue() as at, client_of(at) as client:
        data = soup.login_request(soup.LoginRequest("TRADR1", "demo", "", 1)) + new_order(1) + new_order(2)
        for byte in data:
            await client.send(bytes((byte,)))
        assert (await client.packet())[0] == soup.LOGIN_ACCEPTED
        assert await client.reports(2) == [9001, 9002]


async def test_orders_may_be_sent_right_behind_the_login() -> None:
    async with venue() as at, client_of(at) as client:
        await client.send(soup.login_request(soup.LoginRequest("TRADR1", "demo", "", 1)), new_order(1))
        assert (await client.packet())[0] == soup.LOGIN_ACCEPTED
        assert await client.reports(1) == [9001]


@pytest.mark.parametrize(
    ("login", "code", "text"),
    [
        ({"password": "wrong"}, b"A", "wrong credentials"),
        ({"user": "NOBODY"}, b"A", "wrong credentials"),
        ({"session": "YESTERDAY"}, b"S", "'YESTERDAY' is not 'TRADEENG'"),
        ({"sequence": 7}, b"S", "sequence 7 is beyond 6"),
    ],
)
async def test_a_login_that_is_refused_is_told_why(login: dict[str, Any], code: bytes, text: str) -> None:
    async with venue() as at, client_of(at) as client:
        at.port.accept_orders(5)
        await client.log_in(**login)
        rejected, debug = await client.rest()
        assert rejected == (soup.LOGIN_REJECTED, code)
        assert debug[0] == soup.DEBUG
        assert text in debug[1].decode()
        await at.until(lambda: not at.acceptor.connections)
        assert at.acceptor.counters.logins_rejected == 1
        assert at.port.connection is None


async def test_a_session_has_one_connection_at_a_time() -> None:
    async with venue() as at, client_of(at) as first, client_of(at) as second:
        await first.logged_in()
        await second.log_in()
        assert await second.packet() == (soup.LOGIN_REJECTED, b"S")
        await first.send(new_order(1))
        assert await first.reports(1) == [9001]


async def test_the_current_session_may_be_named() -> None:
    async with venue(BinarySettings(session="DAY42")) as at, client_of(at) as client:
        await client.log_in(session="DAY42")
        _, payload = await client.packet()
        assert soup.parse_login_accepted(payload) == soup.LoginAccepted("DAY42", 1)


@pytest.mark.parametrize(("sequence", "first"), [(0, 11), (1, 1), (2, 2), (7, 7), (10, 10), (11, 11)])
async def test_the_stream_is_replayed_from_any_number_and_goes_on(sequence: int, first: int) -> None:
    async with venue() as at, client_of(at) as client:
        at.port.accept_orders(10)
        assert await client.logged_in(sequence) == first
        assert await client.reports(11 - first) == [9000 + n for n in range(first, 11)]
        await client.send(new_order(1))
        assert await client.reports(1) == [9011]
        assert at.acceptor.counters.reports_replayed == 11 - first
        assert at.acceptor.counters.reports_sent == 1


async def test_what_becomes_durable_during_a_replay_comes_once_and_in_its_place() -> None:
    async with venue() as at, client_of(at) as client:
        port = at.port
        port.accept_orders(8)
        port.between_chunks = [lambda: port.accept_orders(2), lambda: None, lambda: port.accept_orders(1)]
        await client.logged_in()
        assert await client.reports(11) == list(range(9001, 9012))
        port.accept_orders(1)
        assert await client.reports(1) == [9012]


async def test_a_delivery_that_overlaps_the_replay_is_cut_to_what_is_new() -> None:
    async with venue() as at, client_of(at) as client:
        at.port.accept_orders(4)
        await client.logged_in()
        assert await client.reports(4) == [9001, 9002, 9003, 9004]
        assert at.port.connection is not None
        at.port.connection.deliver(at.port.stream[1:4])
        at.port.connection.deliver([])
        at.port.accept_orders(1)
        at.port.connection.deliver(at.port.stream[3:5])
        at.port.accept_orders(1)
        assert await client.reports(2) == [9005, 9006]


async def test_a_gap_in_the_stream_is_never_sent() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        connection = at.port.connection
        assert connection is not None
        at.port.connection = None
        at.port.accept_orders(2)
        connection.deliver(at.port.stream[1:])
        ((kind, text),) = await client.rest()
        assert (kind, text) == (soup.DEBUG, b"report 1 is missing: log in again to have it replayed")


async def test_reports_that_are_no_longer_kept_end_the_connection() -> None:
    async with venue() as at, client_of(at) as client:
        at.port.accept_orders(3)

        async def nothing(begin: int, end: int) -> AsyncIterator[list[Any]]:
            for reports in ():
                yield reports

        at.port.replay = nothing  # type: ignore[assignment,method-assign]
        await client.logged_in()
        assert await client.rest() == [(soup.DEBUG, b"reports from 1 on are no longer kept")]


async def test_answers_are_unsequenced_and_wait_for_the_replay() -> None:
    async with venue() as at, client_of(at) as client:
        port = at.port
        port.accept_orders(9)
        hold, release = trio.Event(), trio.Event()
        original = port.replay

        async def held(begin: int, end: int) -> AsyncIterator[list[Any]]:
            hold.set()
            await release.wait()
            async for reports in original(begin, end):
                yield reports

        port.replay = held  # type: ignore[method-assign]
        await client.logged_in()
        await hold.wait()
        await client.send(book_request(5))
        await at.until(lambda: at.acceptor.counters.answers_sent)
        release.set()
        packets = await client.packets(10)
        assert [kind for kind, _ in packets] == [soup.SEQUENCED_DATA] * 9 + [soup.UNSEQUENCED_DATA]


async def test_an_instrument_list_and_a_refusal_come_at_once() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        await client.send(codec.INSTRUMENT_LIST_REQUEST.pack(1), soup.packet(soup.UNSEQUENCED_DATA, b"junk"))
        packets = await client.packets(4)
        assert [codec.HEADER.unpack_from(payload)[1] for _, payload in packets] == [154, 154, 155, 156]
        await client.send(new_order(1))
        assert await client.reports(1) == [9001]


async def test_without_credit_the_venue_stops_reading_and_loses_nothing() -> None:
    async with venue() as at, client_of(at) as client:
        at.port.credit = 2
        await client.logged_in()
        await client.send(*[new_order(n) for n in range(1, 8)])
        assert await client.reports(2) == [9001, 9002]
        await trio.testing.wait_all_tasks_blocked()
        assert len(at.port.submitted) == 2
        at.port.grant(1)
        assert await client.reports(1) == [9003]
        at.port.grant(100)
        assert await client.reports(4) == [9004, 9005, 9006, 9007]
        assert at.port.batches == [2, 1, 4]


async def test_a_client_that_is_not_read_is_not_timed_out(mock_clock: trio.testing.MockClock) -> None:
    async with venue() as at, client_of(at) as client:
        at.port.credit = 1
        await client.logged_in()
        await client.send(new_order(1), new_order(2))
        assert await client.reports(1) == [9001]
        await at.until(lambda: not at.port.more_credit.is_set())
        for _ in range(4):
            mock_clock.jump(10.0)
            assert await client.packet() == HEARTBEAT
        at.port.grant(1)
        assert await client.reports(1) == [9002]


async def test_unanswered_queries_are_bounded() -> None:
    async with venue(BinarySettings(queries_in_flight_max=2)) as at, client_of(at) as client:
        at.port.answers = False
        await client.logged_in()
        await client.send(*[book_request(n) for n in range(1, 6)], new_order(1))
        await at.until(lambda: len(at.port.queries) == 2)
        await trio.testing.wait_all_tasks_blocked()
        assert len(at.port.queries) == 2
        assert at.port.submitted == []
        at.port.answers = True
        at.port.answer_oldest()
        at.port.answer_oldest()
        packets = await client.packets(6)
        assert [kind for kind, _ in packets] == [soup.UNSEQUENCED_DATA] * 5 + [soup.SEQUENCED_DATA]


async def test_a_client_that_does_not_read_is_cut_and_harms_nobody() -> None:
    async with (
        venue(BinarySettings(buffer_max=50_000)) as at,
        client_of(at) as slow,
        client_of(at) as other,
    ):
        slow.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await slow.logged_in()
        await other.log_in(user="TRADR2")
        assert (await other.packet())[0] == soup.LOGIN_ACCEPTED
        port = at.port
        for _ in range(10_000):
            if port.connection is None:
                break
            port.accept_orders(100)
            await trio.lowlevel.checkpoint()
        assert port.connection is None
        assert at.acceptor.counters.slow_clients_cut == 1
        await other.send(new_order(1))
        assert (await other.packet())[0] == soup.SEQUENCED_DATA
        closed = [details for event, details in at.observed if event == "connection_closed"]
        assert [(each["comp_id"], each["protocol"]) for each in closed] == [("TRADR1", "SOUPBIN")]
        assert "more than 50000 bytes" in closed[0]["reason"]


async def test_a_replay_goes_at_the_clients_pace_and_a_bounded_buffer_suffices() -> None:
    async with venue(BinarySettings(buffer_max=2000)) as at, client_of(at) as client:
        client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        at.port.replay_chunk = 10
        at.port.accept_orders(30_000)
        await client.logged_in()
        assert await client.reports(30_000) == list(range(9001, 39_001))
        assert at.acceptor.counters.slow_clients_cut == 0


async def test_a_client_that_does_not_read_its_replay_is_cut(mock_clock: trio.testing.MockClock) -> None:
    settings = BinarySettings(buffer_max=2000, client_timeout_s=1000.0, close_timeout_s=0.001)
    async with venue(settings) as at, client_of(at) as client:
        client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        at.port.replay_chunk = 10
        at.port.accept_orders(100_000)
        await client.log_in()
        await at.until(lambda: at.acceptor.counters.reports_replayed > 10)
        await trio.testing.wait_all_tasks_blocked(0.01)
        mock_clock.jump(31.0)
        await at.until(lambda: at.acceptor.counters.slow_clients_cut)
        await at.until(lambda: not at.acceptor.connections)
        assert at.observed[-1][1]["reason"] == "the client does not read its replay"


async def test_silence_on_both_sides(mock_clock: trio.testing.MockClock) -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        for _ in range(14):
            mock_clock.jump(1.0)
            assert await client.packet() == HEARTBEAT
        await client.send(soup.CLIENT_HEARTBEAT_PACKET)
        await trio.testing.wait_all_tasks_blocked(0.01)
        for _ in range(14):
            mock_clock.jump(1.0)
            assert await client.packet() == HEARTBEAT
        mock_clock.jump(1.0)
        assert await client.rest() == [(soup.DEBUG, b"nothing was heard for 15 s")]
        assert at.acceptor.counters.clients_timed_out == 1


async def test_a_connection_that_does_not_log_in_is_closed(mock_clock: trio.testing.MockClock) -> None:
    async with venue() as at, client_of(at) as client:
        await at.until(lambda: at.acceptor.connections)
        await trio.testing.wait_all_tasks_blocked(0.01)
        mock_clock.jump(10.0)
        assert await client.rest() == [(soup.DEBUG, b"no login within 10 s")]


async def test_a_login_that_comes_through_too_late_leaves_no_session_behind(
    mock_clock: trio.testing.MockClock,
) -> None:
    async with venue() as at, client_of(at) as client:
        at.gate.slow = trio.Event()
        await client.log_in()
        await at.until(lambda: at.gate.asked)
        mock_clock.jump(10.0)
        await trio.testing.wait_all_tasks_blocked(0.01)
        at.gate.slow.set()
        assert await client.rest() == [(soup.DEBUG, b"no login within 10 s")]
        await at.until(lambda: not at.acceptor.connections)
        assert at.port.connection is None


async def test_connections_are_bounded() -> None:
    async with venue(BinarySettings(connections_max=1)) as at, client_of(at) as first:
        await first.logged_in()
        async with client_of(at) as second:
            assert await second.rest() == []
        assert at.acceptor.counters.connections_refused == 1
        await first.send(new_order(1))
        assert await first.reports(1) == [9001]


async def test_a_logout_ends_the_connection_after_what_was_sent_before_it() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        await client.send(new_order(1), soup.LOGOUT_REQUEST_PACKET, new_order(2))
        ((kind, _),) = await client.rest()
        assert kind == soup.SEQUENCED_DATA
        await at.until(lambda: at.port.logged_out)
        assert at.port.logged_out == [True]
        assert len(at.port.submitted) == 1


async def test_a_client_that_goes_may_come_again_for_what_it_missed() -> None:
    async with venue() as at:
        async with client_of(at) as client:
            await client.logged_in()
            await client.send(new_order(1))
            assert await client.reports(1) == [9001]
        await at.until(lambda: at.port.connection is None)
        assert at.port.logged_out == [False]
        at.port.accept_orders(3)
        async with client_of(at) as client:
            await client.logged_in(2)
            assert await client.reports(3) == [9002, 9003, 9004]


async def test_a_violation_is_named_and_ends_the_connection() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        await client.send(new_order(1), b"\x00\x01Z", new_order(2))
        (report, debug) = await client.rest()
        assert report[0] == soup.SEQUENCED_DATA
        assert debug == (soup.DEBUG, b"packet type 'Z' after the login")
        assert at.acceptor.counters.protocol_violations == 1


async def test_when_the_venue_disconnects_the_session_does_not_end() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        at.port.accept_orders(2)
        assert at.port.connection is not None
        at.port.connection.disconnect("the journal has failed")
        at.port.accept_orders(1)
        packets = await client.rest()
        assert [kind for kind, _ in packets] == [soup.SEQUENCED_DATA] * 2 + [soup.DEBUG]
        assert packets[-1][1] == b"the journal has failed"
        await at.until(lambda: at.port.connection is None)


async def test_a_stop_sends_what_was_written_and_closes() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        at.port.accept_orders(2)
        at.scope.cancel()
        assert [kind for kind, _ in await client.rest()] == [soup.SEQUENCED_DATA] * 2
        await at.until(lambda: not at.acceptor.connections)
        assert at.port.connection is None


async def test_one_connections_failure_is_its_own() -> None:
    async with venue() as at, client_of(at) as client, client_of(at) as other:
        await client.logged_in()
        await other.log_in(user="TRADR2")
        at.port.credit = -1  # the fake port's own assertion fails
        at.port.wait_for_credit = None  # type: ignore[assignment,method-assign]
        await client.send(new_order(1))
        assert await client.rest() == []
        await at.until(lambda: at.observed)
        assert at.port.connection is None
        assert [event for event, _ in at.observed] == ["connection_failed", "connection_closed"]
        assert (await other.packet())[0] == soup.LOGIN_ACCEPTED
        await other.send(new_order(1))
        assert (await other.packet())[0] == soup.SEQUENCED_DATA


async def test_a_report_that_cannot_be_encoded_ends_only_its_connection() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        order = at.port.outcome(NewOrder(3, "1", 21, 7, 1, 2, 1, 2**64, 1))  # type: ignore[arg-type]
        assert isinstance(order, OrderAccepted)
        at.port.publish([order])
        ((kind, text),) = await client.rest()
        assert kind == soup.DEBUG
        assert text.startswith(b"internal error")
