"""The binary port over loopback sockets: logins, orders, the stream and its replay, and how connections end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from binary_raw_client import book_request, client_of, new_order
from binary_venue import venue

from engine.commands import NewOrder
from gateways.binary import codec, soup
from gateways.binary.settings import BinarySettings


async def test_a_login_then_orders_and_their_reports() -> None:
    async with venue() as at, client_of(at) as client:
        assert await client.logged_in() == 1
        await client.send(*[new_order(n) for n in range(1, 101)])
        assert await client.reports(100) == list(range(9001, 9101))
        assert [c.cl_ord_id for c in at.port.submitted if isinstance(c, NewOrder)] == [str(n) for n in range(1, 101)]
        assert len(at.port.batches) < 100
        asked = at.gate.asked[0]
        assert asked.pop("remote").startswith("127.0.0.1:")
        who = {"protocol": "SOUPBIN", "comp_id": "TRADR1", "target_comp_id": "", "username": "TRADR1"}
        assert asked == {**who, "certificate": ""}


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
        await at.until(lambda: port.answered)
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


async def test_a_logout_ends_the_connection_after_what_was_sent_before_it() -> None:
    async with venue() as at, client_of(at) as client:
        await client.logged_in()
        await client.send(new_order(1), soup.LOGOUT_REQUEST_PACKET, new_order(2))
        ((kind, _),) = await client.rest()
        assert kind == soup.SEQUENCED_DATA
        await at.until(lambda: at.port.logged_out)
        assert (at.port.logged_on, at.port.logged_out) == ([False], [True])
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
