"""Cancel on disconnect when the venue ends a connection in order, as at a planned stop: over sockets."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from binary_gateway import Gateway, gateway
from binary_raw_client import RawClient, client_of, new_order
from binary_venue import venue

from engine.events import OrderCanceled, SessionLoggedOut
from engine.types import SCALE, CancelReason
from gateways.binary import codec, soup
from gateways.binary.settings import BinarySettings

BYE = "the venue is shutting down"
AT_ONCE = BinarySettings(close_timeout_s=0.01)
PATIENT = 60.0
"""Seconds that a client has for its leave, where it takes it."""


@pytest.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path, close_timeout_s=PATIENT) as it:
        yield it


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path, close_timeout_s=0.01) as it:
        yield it


async def with_order(whole: Gateway, mode: str) -> RawClient:
    """A client with an open order, whose session has this mode."""
    await whole.open_session(cancel_on_disconnect={"mode": mode})
    client = RawClient(await whole.stream())
    await client.log_in(user="NEW1", password="secret")
    await client.send(codec.NEW_ORDER.pack(1, 100 * SCALE, SCALE, 1, 0, b"1", b"2", b"1"))
    kinds = [kind for kind, _ in await client.packets(2)]
    assert kinds == [soup.LOGIN_ACCEPTED, soup.SEQUENCED_DATA]
    return client


def canceled(whole: Gateway) -> list[CancelReason]:
    return [it.reason for it in whole.desk.all_journaled(OrderCanceled)]


async def stop_of(acceptor: Any) -> None:
    await acceptor.stop(BYE)


async def test_a_client_that_closes_its_end_has_not_lost_its_connection() -> None:
    async with venue(BinarySettings(close_timeout_s=PATIENT)) as at, client_of(at) as client:
        await client.logged_in()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_of, at.acceptor)
            assert await client.rest() == [(soup.DEBUG, BYE.encode())]
        assert at.port.logged_out == [True]


async def test_a_client_that_does_not_has() -> None:
    async with venue(AT_ONCE) as at, client_of(at) as client:
        await client.logged_in()
        await at.acceptor.stop(BYE)
        assert at.port.logged_out == [False]


async def test_a_client_whose_connection_is_reset_has() -> None:
    """As by a machine that has started again meanwhile, or by a program that died before it had read everything."""
    async with venue(BinarySettings(close_timeout_s=PATIENT)) as at, client_of(at) as client:
        await client.logged_in()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_of, at.acceptor)
            assert await client.packet() == (soup.DEBUG, BYE.encode())
            client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await trio.aclose_forcefully(client.stream)
        assert at.port.logged_out == [False]


async def test_nobody_connects_any_more_once_the_venue_stops() -> None:
    async with venue(AT_ONCE) as at:
        await at.acceptor.stop(BYE)
        async with client_of(at) as client:
            await client.log_in()
            assert await client.rest() == []


async def test_what_came_before_the_end_has_its_outcome() -> None:
    async with venue() as at, client_of(at) as client, trio.open_nursery() as nursery:
        await client.logged_in()
        await client.send(new_order(1))
        assert await client.reports(1) == [9001]
        nursery.start_soon(stop_of, at.acceptor)
        await client.rest()
    assert len(at.port.submitted) == 1


@pytest.mark.parametrize(("mode", "goes"), [("off", False), ("disconnect", False), ("logout", True)])
async def test_a_planned_stop_is_no_lost_connection(whole: Gateway, mode: str, goes: bool) -> None:
    client = await with_order(whole, mode)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_of, whole.acceptor)
        await client.rest()
    await whole.desk.running.quiescent()
    assert not whole.desk.journaled(SessionLoggedOut).lost
    assert canceled(whole) == [CancelReason.CONNECTION_LOST] * goes


@pytest.mark.parametrize(("mode", "goes"), [("off", False), ("disconnect", True), ("logout", True)])
async def test_a_client_that_is_no_more_there_at_a_planned_stop_has_lost_it(
    hasty: Gateway, mode: str, goes: bool
) -> None:
    await with_order(hasty, mode)
    await hasty.acceptor.stop(BYE)
    await hasty.desk.running.quiescent()
    assert hasty.desk.journaled(SessionLoggedOut).lost
    assert canceled(hasty) == [CancelReason.CONNECTION_LOST] * goes


async def test_a_session_that_is_disabled_has_lost_its_connection_however_it_goes(whole: Gateway) -> None:
    client = await with_order(whole, "disconnect")
    sessions = whole.desk.running.directory.sessions.values()
    session_id = next(session.session_id for session in sessions if session.comp_id == "NEW1")
    status, _ = await whole.desk.post(f"/admin/sessions/{session_id}/disable")
    assert status == 200
    await client.rest()
    await whole.until_closed("the session has been disabled")
    await whole.desk.running.quiescent()
    assert canceled(whole) == [CancelReason.CONNECTION_LOST]


async def test_whom_the_gateway_cuts_off_has_lost_it(whole: Gateway) -> None:
    client = await with_order(whole, "disconnect")
    await client.send(b"\x00\x01?")
    await client.rest()
    await whole.until_closed("packet type")
    await whole.desk.running.quiescent()
    assert canceled(whole) == [CancelReason.CONNECTION_LOST]
