"""The write and read sides of a connection, on real loopback sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import AsyncIterator

import pytest
import trio

from gateways.transport import Outlet, receive

MIB = 1 << 20


@contextlib.asynccontextmanager
async def connected(buffer_max: int = 64 * MIB) -> AsyncIterator[tuple[Outlet, trio.socket.SocketType, socket.socket]]:
    """An outlet, its own socket, and the peer's (blocking functions must not be used on it: it is in trio's thread)."""
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    peer = socket.socket()
    # A small receive buffer makes a peer that doesn't read look like one soon.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(listener.getsockname())
    peer.setblocking(False)
    sock, _ = await listener.accept()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    outlet = Outlet(sock, buffer_max)
    try:
        yield outlet, sock, peer
    finally:
        outlet.close()
        listener.close()
        peer.close()


async def read_exactly(peer: socket.socket, count: int) -> bytes:
    got = bytearray()
    while len(got) < count:
        await trio.lowlevel.wait_readable(peer)
        data = peer.recv(65536)
        if not data:
            break
        got += data
    return bytes(got)


def distinct(count: int) -> bytes:
    """Bytes whose order shows, 4 at a time."""
    return b"".join(struct.pack(">I", n) for n in range(count // 4))


async def test_what_fits_is_sent_without_the_writer_task() -> None:
    async with connected() as (outlet, _, peer):
        outlet.write(b"abc")
        outlet.write(b"def")
        assert outlet.backlog == 0
        assert await read_exactly(peer, 6) == b"abcdef"


async def test_what_does_not_fit_is_sent_in_order_by_the_writer_task() -> None:
    data = distinct(4 * MIB)
    async with connected() as (outlet, _, peer), trio.open_nursery() as nursery:
        nursery.start_soon(outlet.run)
        for at in range(0, len(data), 50_000):
            outlet.write(data[at : at + 50_000])
        assert outlet.backlog > 0
        assert await read_exactly(peer, len(data)) == data
        assert outlet.backlog == 0
        assert not outlet.closed
        # The writer task sleeps again, and wakes again.
        outlet.write(data)
        assert await read_exactly(peer, len(data)) == data
        outlet.close()


async def test_a_peer_that_does_not_read_is_reset_at_the_bound() -> None:
    async with connected(buffer_max=100_000) as (outlet, sock, peer), trio.open_nursery() as nursery:
        nursery.start_soon(outlet.run)
        writes = 0
        while not outlet.closed:
            outlet.write(bytes(10_000))
            writes += 1
            assert outlet.backlog <= 100_000
            assert writes < 10_000
        assert "100000 bytes" in outlet.reason
        assert outlet.overflowed
        assert outlet.backlog == 0
        outlet.write(b"dropped")
        assert sock.fileno() == -1
        with pytest.raises(ConnectionResetError):
            await read_exactly(peer, writes * 10_000)


async def test_one_write_larger_than_the_bound_is_judged_by_what_is_left_of_it() -> None:
    async with connected(buffer_max=1000) as (outlet, _, peer):
        outlet.write(bytes(2000))
        assert not outlet.closed
        assert await read_exactly(peer, 2000) == bytes(2000)
        outlet.write(bytes(64 * MIB))
        assert outlet.closed


async def test_a_peers_reset_ends_the_connection_with_its_reason() -> None:
    async with connected() as (outlet, _, peer), trio.open_nursery() as nursery:
        nursery.start_soon(outlet.run)
        outlet.write(bytes(8 * MIB))
        assert outlet.backlog > 0
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        # The nursery ends only because the writer task returns.
    assert outlet.closed
    assert not outlet.overflowed
    assert outlet.reason.startswith("connection lost: ")


async def test_a_reset_found_by_a_write_ends_the_connection() -> None:
    async with connected() as (outlet, sock, peer):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        await trio.lowlevel.wait_readable(sock)
        outlet.write(b"x")
        assert outlet.closed
        assert outlet.reason.startswith("connection lost: ")


async def test_closing_wakes_the_reader_and_the_writer_task() -> None:
    async with connected() as (outlet, sock, _):
        ended: list[bytes] = []

        async def reader() -> None:
            ended.append(await receive(sock))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader)
            nursery.start_soon(outlet.run)
            await trio.testing.wait_all_tasks_blocked()
            outlet.close("enough")
        assert ended == [b""]
        assert outlet.reason == "enough"
        outlet.close("again")
        outlet.abort("again")
        assert outlet.reason == "enough"


async def test_closing_after_a_flush_delivers_every_byte_then_end_of_file() -> None:
    data = distinct(2 * MIB)
    async with connected() as (outlet, _, peer), trio.open_nursery() as nursery:
        peer.send(b"never read by our side: must not turn the close into a reset")
        nursery.start_soon(outlet.run)
        outlet.write(data)
        nursery.start_soon(outlet.aclose_after_flush, 30.0, "goodbye")
        assert await read_exactly(peer, len(data) + 1) == data
        peer.close()
    assert outlet.reason == "goodbye"


async def test_closing_after_a_flush_needs_no_writer_task() -> None:
    data = distinct(2 * MIB)
    async with connected() as (outlet, _, peer), trio.open_nursery() as nursery:
        outlet.write(data)
        nursery.start_soon(outlet.aclose_after_flush, 30.0)
        assert await read_exactly(peer, len(data) + 1) == data
        peer.close()


async def test_flush_waits_until_the_kernel_has_everything() -> None:
    data = distinct(2 * MIB)
    async with connected() as (outlet, _, peer), trio.open_nursery() as nursery:
        nursery.start_soon(outlet.run)
        outlet.write(data)
        nursery.start_soon(read_exactly, peer, len(data))
        await outlet.flush()
        assert outlet.backlog == 0
        assert not outlet.closed
        outlet.close()


async def test_closing_after_a_flush_beside_another_reader_leaves_it_the_reading() -> None:
    async with connected() as (outlet, sock, peer), trio.open_nursery() as nursery:
        nursery.start_soon(receive, sock)
        await trio.testing.wait_all_tasks_blocked()
        outlet.write(b"last words")
        await outlet.aclose_after_flush(30.0)
        assert await read_exactly(peer, 100) == b"last words"


async def test_a_flush_to_a_peer_that_does_not_read_gives_up(mock_clock: trio.testing.MockClock) -> None:
    async with connected() as (outlet, _, _), trio.open_nursery() as nursery:
        nursery.start_soon(outlet.run)
        outlet.write(bytes(8 * MIB))
        nursery.start_soon(outlet.aclose_after_flush, 5.0)
        await trio.testing.wait_all_tasks_blocked()
        assert not outlet.closed
        mock_clock.jump(5.0)
    assert outlet.closed


async def test_a_cancelled_flush_closes() -> None:
    async with connected() as (outlet, _, _):
        with trio.CancelScope() as scope:
            scope.cancel()
            await outlet.aclose_after_flush(30.0)
        assert outlet.closed


async def test_receive_returns_what_has_come_up_to_the_limit() -> None:
    async with connected() as (_, sock, peer):
        peer.send(b"abcdef")
        assert await receive(sock, 4) == b"abcd"
        assert await receive(sock) == b"ef"


async def test_receive_returns_nothing_at_end_of_file_and_after_a_reset() -> None:
    async with connected() as (_, sock, peer):
        peer.shutdown(socket.SHUT_WR)
        assert await receive(sock) == b""
    async with connected() as (_, sock, peer):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        assert await receive(sock) == b""


async def test_batches_are_not_held_back_by_nagle() -> None:
    async with connected() as (_, sock, _):
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_bound_must_be_positive() -> None:
    async with connected() as (_, sock, _):
        with pytest.raises(ValueError, match="buffer_max: 0"):
            Outlet(sock, 0)
