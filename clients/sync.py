"""The synchronous client, for scripts and notebooks.

    from clients.sync import SyncClient
    from clients import Executed, Side

    with SyncClient("127.0.0.1", 9900, "TRADR1", "demo") as client:
        client.new_order("BTC/USDT", Side.BUY, qty="0.5", price="60000")
        for event in client.events(timeout_s=5):
            print(event)
        print(client.book("BTC/USDT", levels=5))

A background thread sends the heartbeats, so a script may sleep as long as it likes. All else happens in the calls; use
one client from one thread.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, Unpack

from clients.blocking import BlockingConnection
from clients.events import Event, Instrument
from clients.orders import OrderTracker
from clients.reply import Reply
from clients.requests import Requests
from clients.settings import Options, Settings

P = ParamSpec("P")
T = TypeVar("T")


def _sends(request: Callable[Concatenate[Requests, P], T]) -> Callable[Concatenate[SyncClient, P], T]:
    @functools.wraps(request)
    def send(self: SyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        value = request(self._link, *args, **kwargs)
        self._send()
        return value

    return send


def _waits(request: Callable[Concatenate[Requests, P], Reply[T]]) -> Callable[Concatenate[SyncClient, P], T]:
    @functools.wraps(request)
    def wait(self: SyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._settled(request(self._link, *args, **kwargs))

    return wait


class SyncClient(BlockingConnection[Requests, Event]):
    """The same as :class:`clients.client.Client` on a blocking socket; see there and in :mod:`clients.requests`.

    Raises ``LoginRefused`` or ``ConnectionLost`` on entering, and later when the connection is gone.
    """

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
        """The number of the next report that the venue will send."""
        return self._link.protocol.next_number

    @property
    def orders(self) -> OrderTracker:
        """This client's open orders, as of the last event received."""
        return self._link.orders

    @property
    def instruments(self) -> dict[str, Instrument]:
        """By symbol, as the venue listed them at the login."""
        return self._link.instruments

    def symbol(self, security_id: int) -> str:
        """The symbol for an event's ``security_id``; the number as text if it is not listed."""
        return self._link.symbol(security_id)
