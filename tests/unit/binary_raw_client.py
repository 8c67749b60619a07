"""A client of the binary port that sees packets, for tests of the port itself."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import trio
from binary_venue import Venue
from trio.testing import MockClock

from gateways.binary import codec, soup

Packet = tuple[int, bytes]
HEARTBEAT: Packet = (soup.SERVER_HEARTBEAT, b"")


class RawClient:
    """A client that sees packets; heartbeats only where the clock is the test's own, for a real one brings them at any
    moment."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._rest = b""
        self._packets: list[Packet] = []
        self._sees_heartbeats = isinstance(trio.lowlevel.current_clock(), MockClock)

    async def send(self, *packets: bytes) -> None:
        await self.stream.send_all(b"".join(packets))

    async def log_in(
        self, sequence: int = 1, *, user: str = "TRADR1", password: str = "demo", session: str = ""
    ) -> None:
        await self.send(soup.login_request(soup.LoginRequest(user, password, session, sequence)))

    async def packet(self) -> Packet:
        """The next packet, or the end of the connection as an EOFError."""
        with trio.fail_after(60):
            while not self._packets:
                data = await self.stream.receive_some(65536)
                if not data:
                    raise EOFError
                packets, self._rest, error = soup.split(self._rest + data, 65_535)
                assert not error
                self._packets += [it for it in packets if self._sees_heartbeats or it != HEARTBEAT]
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
