"""What the binary port bounds, and how one client's trouble stays its own."""

from __future__ import annotations

import socket

import trio
import trio.testing
from binary_raw_client import HEARTBEAT, book_request, client_of, new_order
from binary_venue import venue

from engine.commands import NewOrder
from engine.events import OrderAccepted
from gateways.binary import codec, soup
from gateways.binary.settings import BinarySettings


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


async def test_cancels_go_beyond_the_credit_but_overtake_nothing() -> None:
    async with venue() as at, client_of(at) as client:
        at.port.credit = 1
        at.port.beyond = 2
        client_has = 0

        def cancel(cl_ord_id: int) -> bytes:
            packet: bytes = codec.CANCEL_ORDER.pack(cl_ord_id, 1, 0, 7, 0, b"1")
            return packet

        mass_cancel = codec.MASS_CANCEL.pack(3, 7, 0, b"\x00")
        await client.logged_in()
        await client.send(new_order(1), cancel(2), mass_cancel, cancel(4), new_order(5), cancel(6))
        for granted, batches in ((0, [1, 2]), (1, [1, 2, 1]), (2, [1, 2, 1]), (1, [1, 2, 1, 1, 1])):
            at.port.grant(granted)
            await client.reports(sum(batches) - client_has)
            client_has = sum(batches)
            await trio.testing.wait_all_tasks_blocked()
            assert at.port.batches == batches
        assert [command.cl_ord_id for command in at.port.submitted] == [str(n) for n in range(1, 7)]


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
        assert at.observed[-1][1]["reason"] == "the client does not read what it has asked for"


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


async def test_a_client_takes_the_place_of_who_has_sent_no_login() -> None:
    """Heartbeats are none, nor is the beginning of a login."""
    async with (
        venue(BinarySettings(connections_max=2)) as at,
        client_of(at) as first,
        client_of(at) as second,
        client_of(at) as client,
    ):
        await first.send(soup.CLIENT_HEARTBEAT_PACKET, b"\x00\x2f")
        await second.send(soup.CLIENT_HEARTBEAT_PACKET)
        await client.logged_in()
        async with client_of(at) as last:
            await last.log_in(user="TRADR2", password="wrong")
            assert (await last.packet())[0] == soup.LOGIN_REJECTED
        text = b"no logon had come, and a new connection took its place"
        for displaced in (first, second):
            assert await displaced.rest() in ([(soup.DEBUG, text)], [])
        assert at.acceptor.counters.connections_displaced == 2
        assert at.acceptor.counters.connections_refused == 0
        await client.send(new_order(1))
        assert await client.reports(1) == [9001]


async def test_a_login_that_is_being_checked_keeps_its_place() -> None:
    async with venue(BinarySettings(connections_max=1)) as at, client_of(at) as client:
        at.gate.slow = trio.Event()
        await client.log_in()
        await at.until(lambda: at.gate.asked)
        async with client_of(at) as other:
            assert await other.rest() == []
        at.gate.slow.set()
        assert (await client.packet())[0] == soup.LOGIN_ACCEPTED
        assert at.acceptor.counters.connections_displaced == 0


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
