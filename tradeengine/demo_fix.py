"""A small FIX 4.4 client for the demonstration: log on, trade, keep the session alive. No resends: every logon resets
the sequence numbers, as what was missed concerns nobody."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio

from clients import ConnectionLost, LoginRefused
from engine.decimals import format_decimal, parse_decimal
from engine.types import Side
from gateways.fix.codec import Encoder, Framer, parse
from gateways.fix.times import format_utc, parse_utc
from gateways.transport import Outlet, receive
from tradeengine.demo_links import Address
from tradeengine.demo_orders import Action, Amend, Amended, Ended, Filled, Opened, Place, Refused, Update, Working

BEGIN_STRING: Final = "FIX.4.4"
_FRAME_BYTES_MAX = 65_536
_FRAMES_MAX = 1000
_UNSENT_BYTES_MAX = 16 * 2**20
_HEARTBEAT_S = 30
_LOGON_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 1.0

_NEW, _CANCELED, _REPLACED, _REJECTED, _EXPIRED, _TRADE = "0", "4", "5", "8", "C", "F"
"""ExecType (150)."""
_REMOVED_LIQUIDITY = "2"
"""LastLiquidityInd (851)."""
_ALL_ORDERS = "7"
"""MassCancelRequestType (530)."""


class FixLink:
    """A FIX session over one connection, for :func:`fix_link` to open."""

    protocol = "FIX 4.4"

    def __init__(self, sock: trio.socket.SocketType, comp_id: str, target_comp_id: str) -> None:
        self._sock = sock
        self._outlet = Outlet(sock, _UNSENT_BYTES_MAX)
        self._encoder = Encoder(BEGIN_STRING, comp_id, target_comp_id)
        self._framer = Framer(_FRAME_BYTES_MAX)
        self._number = 1
        self._failure = ""

    # ---- the session ----------------------------------------------------------------------------------------------

    async def log_on(self, password: str) -> None:
        """Raises ``LoginRefused`` with the venue's reason, or ``ConnectionLost``."""
        self._write("A", f"98=0\x01108={_HEARTBEAT_S}\x01141=Y\x01554={password}\x01")
        with trio.move_on_after(_LOGON_TIMEOUT_S):
            answer = (await self._messages(1))[0]
            if answer["35"] != "A":
                raise LoginRefused("A", answer.get("58", ""))
            return
        raise ConnectionLost("the venue does not answer the logon")

    async def keep_alive(self) -> None:
        """A heartbeat in every interval; runs until cancelled."""
        while True:
            await trio.sleep(_HEARTBEAT_S / 2)
            self._write("0", "")

    async def log_out(self) -> None:
        self._write("5", "")
        with trio.CancelScope(shield=True):
            await self._outlet.aclose_after_flush(_CLOSE_TIMEOUT_S)

    async def follow(self, take: Callable[[Update], None]) -> None:
        """See :class:`tradeengine.demo_links.Link`."""
        while True:
            for fields in await self._messages(_FRAMES_MAX):
                msg_type = fields["35"]
                if msg_type == "8" or msg_type == "9":
                    update = fix_update(fields)
                    if update is not None:
                        take(update)
                elif msg_type == "1":
                    self._write("0", f"112={fields.get('112', '')}\x01")
                elif msg_type == "5":
                    raise ConnectionLost(f"logged out by the venue: {fields.get('58', 'no reason given')}")
                elif msg_type in ("3", "j"):
                    raise ConnectionLost(f"the venue could not read a message: {fields.get('58', '')}")

    async def _messages(self, count: int) -> list[dict[str, str]]:
        """Up to ``count`` messages as tag → value; waits for one."""
        while not (frames := self._framer.take(count)):
            data = await receive(self._sock)
            if not data:
                raise ConnectionLost(self._outlet.reason or "the venue closed the connection")
            self._framer.feed(data)
        return [parse(frame).fields for frame in frames]

    def _write(self, msg_type: str, body: str) -> None:
        now = format_utc(time.time_ns())
        self._outlet.write(self._encoder.encode(msg_type, self._number, now, body))
        self._number += 1

    # ---- requests -------------------------------------------------------------------------------------------------

    async def send(self, cl_ord_id: int, action: Action, order: Working) -> None:
        """See :class:`tradeengine.demo_links.Link`."""
        if self._outlet.closed:
            raise ConnectionLost(self._outlet.reason)
        now = format_utc(time.time_ns())
        named = f"55={order.symbol}\x0154={int(order.side)}\x0160={now}\x01"
        if isinstance(action, Place):
            priced = f"40=2\x0144={format_decimal(action.px)}\x01" if action.px else "40=1\x01"
            terms = f"38={format_decimal(action.qty)}\x01{priced}59={int(action.tif)}\x01"
            self._write("D", f"11={cl_ord_id}\x01{named}{terms}")
        elif isinstance(action, Amend):
            terms = f"40=2\x0138={format_decimal(action.qty)}\x0144={format_decimal(action.px)}\x01"
            self._write("G", f"11={cl_ord_id}\x0141={action.cl_ord_id}\x01{named}{terms}")
        else:
            self._write("F", f"11={cl_ord_id}\x0141={action.cl_ord_id}\x01{named}")
        await trio.lowlevel.checkpoint_if_cancelled()

    async def cancel_all(self, cl_ord_id: int) -> None:
        """See :class:`tradeengine.demo_links.Link`."""
        self._write("q", f"11={cl_ord_id}\x01530={_ALL_ORDERS}\x0160={format_utc(time.time_ns())}\x01")
        await trio.lowlevel.checkpoint_if_cancelled()

    async def run_writer(self) -> None:
        """Sends what the socket had no room for."""
        await self._outlet.run()


@asynccontextmanager
async def fix_link(address: Address, target_comp_id: str) -> AsyncIterator[FixLink]:
    """Raises ``clients.ClientError`` if the venue cannot be reached or does not let the participant in."""
    try:
        stream = await trio.open_tcp_stream(address.host, address.port)
    except OSError as error:
        raise ConnectionLost(f"cannot connect to {address.host}:{address.port}: {error}") from error
    link = FixLink(stream.socket, address.name, target_comp_id)
    try:
        await link.log_on(address.password)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(link.run_writer)
            nursery.start_soon(link.keep_alive)
            yield link
            nursery.cancel_scope.cancel()
    finally:
        await link.log_out()


def fix_update(fields: dict[str, str]) -> Update | None:
    """An ExecutionReport (8) or OrderCancelReject (9) as an update; None where it changes no order."""
    cl_ord_id = int(fields["11"])
    if fields["35"] == "9":
        orig = fields.get("41", "")
        return Refused(cl_ord_id, int(orig) if orig.isdigit() else 0, fields.get("58", ""))
    exec_type = fields["150"]
    if exec_type == _TRADE:
        return Filled(
            cl_ord_id,
            fields["55"],
            Side(int(fields["54"])),
            parse_decimal(fields["31"]),
            parse_decimal(fields["32"]),
            parse_decimal(fields["151"]),
            fields.get("851") == _REMOVED_LIQUIDITY,
            parse_utc(fields["60"]),
        )
    if exec_type == _NEW:
        return Opened(cl_ord_id, parse_decimal(fields["151"]))
    if exec_type == _REPLACED:
        px, qty, leaves = (parse_decimal(fields[tag]) for tag in ("44", "38", "151"))
        return Amended(cl_ord_id, int(fields["41"]), px, qty, leaves)
    if exec_type in (_CANCELED, _EXPIRED):
        return Ended(cl_ord_id, int(fields.get("41", fields["11"])))
    if exec_type == _REJECTED:
        return Refused(cl_ord_id, 0, fields.get("58", ""))
    return None
