"""PyPI's ``nasdaq-protocols``, a SoupBinTCP client that is not ours: it logs in, trades and replays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import trio
from binary_venue import venue
from nasdaq_protocols import soup as nasdaq

from gateways.binary import codec, soup

ORDER = codec.NEW_ORDER.pack(1, 10**8, 10**8, 7, 0, b"1", b"2", b"1")[soup.HEADER_SIZE :]


async def connect(port: int, sequence: int, password: str = "demo") -> nasdaq.SoupClientSession:
    address = ("127.0.0.1", port)
    return await nasdaq.connect_async(address, "TRADR1", password, sequence=sequence, client_heartbeat_interval=1)


async def sequenced(session: nasdaq.SoupClientSession, count: int) -> list[int]:
    """The journal sequences of the next ``count`` Sequenced Data packets; heartbeats don't count."""
    found: list[int] = []
    while len(found) < count:
        message = await asyncio.wait_for(session.receive_msg(), 5)
        if isinstance(message, nasdaq.SequencedData):
            found.append(int.from_bytes(message.data[8:16], "little"))
    return found


def in_asyncio(function: Any, *arguments: Any) -> Any:
    return asyncio.run(function(*arguments))


async def test_it_trades_and_has_its_stream_replayed() -> None:
    async def trade(port: int) -> tuple[str, list[int]]:
        session = await connect(port, 1)
        for _ in range(3):
            session.send_unseq_data(ORDER)
        received = await sequenced(session, 5)
        name = session.session_id.session
        session.logout()
        return name, received

    async def come_again(port: int, sequence: int, count: int) -> list[int]:
        session = await connect(port, sequence)
        received = await sequenced(session, count)
        await session.close()
        return received

    async with venue() as at:
        at.port.accept_orders(2)
        name, received = await trio.to_thread.run_sync(in_asyncio, trade, at.port_number)
        assert name == "TRADEENG"
        assert received == [9001, 9002, 9003, 9004, 9005]
        await at.until(lambda: at.port.connection is None)
        assert at.port.logged_out == [True]
        at.port.accept_orders(1)
        assert await trio.to_thread.run_sync(in_asyncio, come_again, at.port_number, 4, 3) == [9004, 9005, 9006]


async def test_it_is_refused_with_a_wrong_password() -> None:
    async def try_to(port: int) -> None:
        with pytest.raises(ConnectionRefusedError, match="NOT_AUTHORIZED"):
            await connect(port, 1, "wrong")

    async with venue() as at:
        await trio.to_thread.run_sync(in_asyncio, try_to, at.port_number)
