"""How a participant of the demonstration is connected: actions out, updates in, by either protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Protocol

import msgspec

from clients import Accepted, Canceled, CancelRejected, Client, Event, Executed, Expired, Rejected, Replaced
from clients.numbers import to_decimal
from engine.types import SCALE
from tradeengine.demo_orders import (
    Action,
    Amend,
    Amended,
    Ended,
    Filled,
    Opened,
    Place,
    Refused,
    Update,
    Working,
)

NEW_ONLY = 0


class Address(msgspec.Struct, frozen=True):
    """Where a participant logs in, and as whom."""

    host: str
    port: int
    name: str
    password: str


class Link(Protocol):
    """A connection that is logged in. All its methods raise ``ClientError`` once it is gone."""

    protocol: str

    async def send(self, cl_ord_id: int, action: Action, order: Working) -> None:
        """Send a request on its way; ``order`` is the one it is about."""

    async def cancel_all(self, cl_ord_id: int) -> None:
        """Have every open order of the participant canceled."""

    async def follow(self, take: Callable[[Update], None]) -> None:
        """Hand over what the venue says until cancelled."""


class BinaryLink:
    """The binary protocol, through the client that algorithmic traders import."""

    protocol = "SBE"

    def __init__(self, client: Client) -> None:
        self.client = client

    async def send(self, cl_ord_id: int, action: Action, order: Working) -> None:
        client = self.client
        if isinstance(action, Place):
            price = to_decimal(action.px) if action.px else None
            await client.new_order(
                action.symbol, action.side, to_decimal(action.qty), price, tif=action.tif, cl_ord_id=cl_ord_id
            )
        elif isinstance(action, Amend):
            await client.replace(
                action.cl_ord_id,
                qty=to_decimal(action.qty),
                price=to_decimal(action.px),
                symbol=order.symbol,
                side=order.side,
                cl_ord_id=cl_ord_id,
            )
        else:
            await client.cancel(action.cl_ord_id, symbol=order.symbol, side=order.side, cl_ord_id=cl_ord_id)

    async def cancel_all(self, cl_ord_id: int) -> None:
        await self.client.mass_cancel(cl_ord_id=cl_ord_id)

    async def follow(self, take: Callable[[Update], None]) -> None:
        async for event in self.client:
            update = binary_update(event, self.client.symbol)
            if update is not None:
                take(update)


@asynccontextmanager
async def binary_link(address: Address) -> AsyncIterator[BinaryLink]:
    """Raises ``clients.ClientError`` if the venue does not let the user in."""
    async with Client(address.host, address.port, address.name, address.password, next_number=NEW_ONLY) as client:
        yield BinaryLink(client)


def binary_update(event: Event, symbol_of: Callable[[int], str]) -> Update | None:
    """A report of the binary protocol as an update; None where it changes no order."""
    if isinstance(event, Executed):
        return Filled(
            event.cl_ord_id,
            symbol_of(event.security_id),
            event.side,
            _scaled(event.last_px),
            _scaled(event.last_qty),
            _scaled(event.leaves_qty),
            not event.added_liquidity,
            event.transact_time_ns,
        )
    if isinstance(event, Accepted):
        return Opened(event.cl_ord_id, _scaled(event.leaves_qty))
    if isinstance(event, Replaced):
        px, qty, leaves = _scaled(event.price), _scaled(event.order_qty), _scaled(event.leaves_qty)
        return Amended(event.cl_ord_id, event.orig_cl_ord_id, px, qty, leaves)
    if isinstance(event, Canceled):
        return Ended(event.cl_ord_id, event.orig_cl_ord_id)
    if isinstance(event, Expired):
        return Ended(event.cl_ord_id, event.cl_ord_id)
    if isinstance(event, Rejected):
        return Refused(event.cl_ord_id, 0, event.text)
    if isinstance(event, CancelRejected):
        return Refused(event.cl_ord_id, event.orig_cl_ord_id, event.text)
    return None


def _scaled(value: Decimal) -> int:
    """Exact: the protocol carries no more than eight decimals."""
    return int(value * SCALE)
