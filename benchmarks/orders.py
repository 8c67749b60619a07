"""Orders as bytes, encoded before the clock runs, and the log-ons before them.

In BENCH, buys and sells at one price and of one size, so that every order either rests or fills whole: half of them
cross. Each order has one report of its acceptance, and each trade one for either side. In REST everybody buys, so that
every order rests.
"""

from __future__ import annotations

import socket
import time
from typing import Protocol

from benchmarks.servers import PASSWORD
from engine.types import SCALE, Side
from gateways.binary import codec, soup
from gateways.fix.codec import Encoder
from gateways.fix.times import format_utc

CROSSING, RESTING = "BENCH", "REST"
"""The symbols, by what becomes of their orders; their ids are 1 and 2."""
_IDS = {CROSSING: 1, RESTING: 2}
PX = 100 * SCALE
QTY = 10 * SCALE
REPORTS_PER_ORDER = 2
"""On average, once every order is filled: its acceptance and its fill."""
ALTERNATING = (Side.BUY, Side.SELL)
ALTERNATING_REPLIES = (1, 3)
"""A buy that rests is accepted; the sell that crosses it is accepted, and the one session has both sides' fills."""

_TIMEOUT_S = 30.0


class Orders(Protocol):
    """What one participant sends."""

    def log_in(self, port: int) -> socket.socket:
        """A connection to the venue that is ready for orders. Raises ConnectionError."""

    def encode(self, count: int, *sides: Side, symbol: str = CROSSING) -> bytes:
        """``count`` new orders, their sides in turns; to be sent in the order in which they were asked for."""


class BinaryOrders:
    """SBE in SoupBinTCP. ``user`` is BUYER or SELLER."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._cl_ord_id = 0

    def log_in(self, port: int) -> socket.socket:
        sock = connect(port)
        sock.sendall(soup.login_request(soup.LoginRequest(self._user, PASSWORD, "", 0)))
        reply = _receive(sock, soup.HEADER_SIZE)
        reply += _receive(sock, int.from_bytes(reply[:2], "big") - 1)
        if reply[2] != soup.LOGIN_ACCEPTED:
            raise ConnectionError(f"login refused: {reply!r}")
        return sock

    def encode(self, count: int, *sides: Side, symbol: str = CROSSING) -> bytes:
        pack = codec.NEW_ORDER.pack
        security_id = _IDS[symbol]
        first = self._cl_ord_id + 1
        self._cl_ord_id += count
        codes = [b"%d" % side for side in sides]
        return b"".join(
            [pack(first + nth, PX, QTY, security_id, 0, codes[nth % len(codes)], b"2", b"0") for nth in range(count)]
        )


class FixOrders:
    """FIX.4.4 without heartbeats. ``comp_id`` is BUYER or SELLER."""

    def __init__(self, comp_id: str) -> None:
        self._comp_id = comp_id
        self._encoder = Encoder("FIX.4.4", comp_id, "TRADEENGINE")
        self._cl_ord_id = 0

    def log_in(self, port: int) -> socket.socket:
        sock = connect(port)
        body = f"98=0\x01108=0\x01553={self._comp_id}\x01554={PASSWORD}\x01"
        sock.sendall(self._encoder.encode("A", 1, _now(), body))
        reply = b""
        while not reply.endswith(b"\x01") or b"\x0110=" not in reply:
            reply += _receive(sock, 1)
        if b"\x0135=A\x01" not in reply:
            raise ConnectionError(f"logon refused: {reply!r}")
        return sock

    def encode(self, count: int, *sides: Side, symbol: str = CROSSING) -> bytes:
        encode = self._encoder.encode
        now = _now()
        first = self._cl_ord_id + 1
        self._cl_ord_id += count
        bodies = [f"55={symbol}\x0154={side:d}\x0160={now}\x0138=10\x0140=2\x0144=100\x0159=0\x01" for side in sides]
        # Every message is an order but the Logon, which is number 1.
        return b"".join(
            [
                encode("D", 1 + n, now, f"11=o{n}\x01{bodies[(n - first) % len(bodies)]}")
                for n in range(first, first + count)
            ]
        )


def connect(port: int) -> socket.socket:
    """A TCP connection to this machine, without Nagle's delays."""
    sock = socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _now() -> str:
    return format_utc(time.time_ns())


def _receive(sock: socket.socket, size: int) -> bytes:
    """Exactly ``size`` bytes, so that what follows is the load generator's to read."""
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise ConnectionError("the venue closed the connection")
        data += more
    return data
