"""The trio client: what an algorithmic trader imports.

Trade, and follow what comes of it::

    import trio
    from clients import Client, Executed, Side

    async def main() -> None:
        async with Client("127.0.0.1", 9900, "TRADR1", "demo") as client:
            await client.new_order("BTC/USDT", Side.BUY, qty="0.5", price="60000")
            async for event in client:
                print(event)
                if isinstance(event, Executed) and not event.leaves_qty:
                    break

    trio.run(main)

Or wait for what comes of one order::

    outcome = await client.place("BTC/USDT", Side.BUY, qty="0.5", price="60000", tif=TimeInForce.IOC)
    order = await client.ended(outcome.cl_ord_id)
    print(order.cum_qty, order.avg_px)

More than a plain order (see :mod:`clients.terms`)::

    await client.new_order("AAPL", Side.SELL, 10, "224.5", trigger=stop("225"), tif=TimeInForce.DAY)
    await client.new_list("AAPL", Contingency.BRACKET, [
        Order(Side.BUY, 10, "230"), Order(Side.SELL, 10, "240"), Order(Side.SELL, 10, trigger=stop("225")),
    ])

Stay connected, and miss nothing: whatever the network does, each report is there once, and in order::

    async with Client("127.0.0.1", 9900, "TRADR1", "demo", reconnect=Backoff(), next_number=last_number + 1) as client:
        async for event in client:
            deal_with(event)
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar, Unpack

from clients.connection import Connection
from clients.events import Event, Instrument
from clients.orders import OrderTracker
from clients.reply import Reply
from clients.requests import Requests
from clients.settings import Options, Settings

P = ParamSpec("P")
T = TypeVar("T")


def _sends(
    request: Callable[Concatenate[Requests, P], T],
) -> Callable[Concatenate[Client, P], Coroutine[Any, Any, T]]:
    @functools.wraps(request)
    async def send(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        value = request(self._link, *args, **kwargs)
        await self._flush()
        return value

    return send


def _waits(
    request: Callable[Concatenate[Requests, P], Reply[T]],
) -> Callable[Concatenate[Client, P], Coroutine[Any, Any, T]]:
    @functools.wraps(request)
    async def wait(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._settled(request(self._link, *args, **kwargs))

    return wait


class Client(Connection[Requests, Event]):
    """One user's client; ``async with`` it. :class:`clients.requests.Requests` says what each method does,
    :class:`clients.settings.Settings` what the options are."""

    def __init__(self, host: str, port: int, username: str, password: str, **options: Unpack[Options]) -> None:
        """Connects nowhere yet."""
        super().__init__(
            host,
            port,
            Requests(username, password, Settings(**options), time.time_ns(), random.random),
        )

    new_order = _sends(Requests.new_order)
    send_order = _sends(Requests.send_order)
    new_list = _sends(Requests.new_list)
    replace = _sends(Requests.replace)
    cancel = _sends(Requests.cancel)
    mass_cancel = _sends(Requests.mass_cancel)

    place = _waits(Requests.place)
    amend = _waits(Requests.amend)
    pull = _waits(Requests.pull)
    pull_all = _waits(Requests.pull_all)
    ended = _waits(Requests.ended)

    order_status = _waits(Requests.order_status)
    open_orders = _waits(Requests.open_orders)
    book = _waits(Requests.book)
    load_instruments = _waits(Requests.load_instruments)
    configure = _waits(Requests.configure)

    @property
    def next_number(self) -> int:
        """The number of the next report that the venue will send: where a later ``Client`` goes on, once the events
        that have come have been iterated over."""
        return self._link.protocol.next_number

    @property
    def session(self) -> str:
        """The SoupBinTCP session that the numbers belong to; empty before the first login."""
        return self._link.protocol.session

    @property
    def orders(self) -> OrderTracker:
        """This client's open orders, as of the last event received."""
        return self._link.orders

    @property
    def instruments(self) -> dict[str, Instrument]:
        """By symbol, as the venue listed them at the login or the last :meth:`load_instruments`."""
        return self._link.instruments

    def symbol(self, security_id: int) -> str:
        """The symbol for an event's ``security_id``; the number as text if it is not listed."""
        return self._link.symbol(security_id)
