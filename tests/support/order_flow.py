"""Seeded order flow: the same seed sends the same orders, over either protocol."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple, Protocol

from fix_client import ConnectionEnded, FixClient, utc_now

from clients import Event, Side, SyncClient, TimeInForce
from clients.exceptions import ConnectionLost

SYMBOLS: Final = ("BTC/USDT", "ETH/USDT", "AAPL")
_MIDDLE = {"BTC/USDT": 6_500_000, "ETH/USDT": 325_000, "AAPL": 23_000}
_LOT = {"BTC/USDT": "0.{:05d}", "ETH/USDT": "0.{:04d}", "AAPL": "{:d}"}
_SPREAD_CENTS = 20
_KINDS = (
    *("new",) * 36, *("cancel",) * 6, *("replace",) * 6, *("market", "ioc") * 3, *("status", "test") * 4,
    "cancel unknown", "off tick", "mass cancel",
)  # fmt: skip
ASKING: Final = ("status", "test")
"""Kinds that change nothing: their answers take numbers that the journal does not hold."""


class Order(NamedTuple):
    """One thing to send. ``number`` is its ClOrdID, ``orig`` that of the order that it is about."""

    kind: str
    number: int
    symbol: str
    side: int
    qty: str
    price: str
    orig: int = 0


class OrderFlow:
    """An endless stream of a client's orders; each is numbered upwards from ``first_number``."""

    def __init__(self, seed: int, first_number: int) -> None:
        self._random = Random(seed)
        self._next = first_number
        self._live: list[Order] = []

    def take(self, count: int) -> list[Order]:
        return [self._one() for _ in range(count)]

    def _one(self) -> Order:
        random = self._random
        kind = random.choice(_KINDS)
        number = self._next
        self._next += 1
        symbol = random.choice(SYMBOLS)
        side = random.choice((1, 2))
        cents = _MIDDLE[symbol] + random.randint(-_SPREAD_CENTS, _SPREAD_CENTS)
        price = f"{cents // 100}.{cents % 100:02d}" + ("5" if kind == "off tick" else "")
        qty = _LOT[symbol].format(random.randint(100, 999))
        if kind == "cancel unknown":
            return Order("cancel", number, symbol, side, qty, price, number + 10**9)
        if kind in ("cancel", "replace") and self._live:
            known = self._live.pop(random.randrange(len(self._live)))
            order = Order(kind, number, known.symbol, known.side, qty, price, known.number)
        elif kind in ("cancel", "replace"):
            order = Order("new", number, symbol, side, qty, price)
        else:
            order = Order(kind, number, symbol, side, qty, price)
        if kind == "mass cancel":
            self._live.clear()
        elif order.kind in ("new", "replace"):
            self._live.append(order)
        return order


class Trader(Protocol):
    """A client that sends an order flow and keeps what it is told."""

    protocol: str
    comp_id: str

    def connect(self) -> None: ...
    def send(self, orders: list[Order]) -> None: ...
    def poll(self, wait_s: float = 0.0) -> int:
        """Takes in what comes within ``wait_s``; how many reports came. Raises VenueGone."""
        ...


class VenueGone(Exception):
    """The connection has ended."""


class FixTrader:
    """A broker: its client keeps both numbers and all messages over its connections."""

    def __init__(self, comp_id: str, begin_string: str) -> None:
        self.protocol, self.comp_id = begin_string, comp_id
        self.client = FixClient(comp_id, begin_string)
        self.port = 0

    def connect(self) -> None:
        self.client.log_on(self.port)

    def send(self, orders: list[Order]) -> None:
        packets = [self.client.prepare(*self._message(order))[1] for order in orders]
        try:
            self.client.write(b"".join(packets))
        except ConnectionEnded as end:
            raise VenueGone(str(end)) from end

    def _message(self, order: Order) -> tuple[str, list[tuple[int, str]]]:
        client, name, side = self.client, str(order.number), str(order.side)
        if order.kind in ("cancel", "replace"):
            pairs = client.change_pairs(name, str(order.orig), order.symbol, side)
            if order.kind == "cancel":
                return "F", pairs
            return "G", [*pairs, *client.handl_inst(), (38, order.qty), (40, "2"), (44, order.price)]
        if order.kind == "mass cancel":
            return "q", [(11, name), (530, "7"), (60, utc_now())]
        if order.kind == "status":
            return "H", [(11, str(order.number - 1)), (55, order.symbol), (54, side)]
        if order.kind == "test":
            return "1", [(112, name)]
        price = None if order.kind == "market" else order.price
        tif = "3" if order.kind in ("ioc", "market") else "1"
        return "D", client.new_order_pairs(name, order.symbol, side, order.qty, price, tif)

    def poll(self, wait_s: float = 0.0) -> int:
        before = len(self.client.inbox)
        try:
            self.client.poll(wait_s)
        except ConnectionEnded as end:
            raise VenueGone(str(end)) from end
        return len(self.client.inbox) - before


class BinaryTrader:
    """An algorithmic trader: after a crash it asks for the number after the last that it has."""

    protocol = "SOUPBIN"

    def __init__(self, comp_id: str) -> None:
        self.comp_id = comp_id
        self.events: list[Event] = []
        self.port = 0
        self._client: SyncClient | None = None

    @property
    def client(self) -> SyncClient:
        assert self._client is not None
        return self._client

    def connect(self) -> None:
        self.close()
        client = SyncClient("127.0.0.1", self.port, self.comp_id, "demo", next_number=len(self.events) + 1)
        client.__enter__()
        self._client = client

    def close(self) -> None:
        """Drops the connection without a word."""
        if self._client is not None:
            self._client.__exit__(ConnectionLost, ConnectionLost(), None)
            self._client = None

    def send(self, orders: list[Order]) -> None:
        try:
            for order in orders:
                self._send(order)
        except ConnectionLost as end:
            raise VenueGone(str(end)) from end

    def _send(self, order: Order) -> None:
        client, side = self.client, Side(order.side)
        if order.kind == "cancel":
            client.cancel(order.orig, symbol=order.symbol, side=side, cl_ord_id=order.number)
        elif order.kind == "replace":
            qty, price, symbol = order.qty, order.price, order.symbol
            client.replace(order.orig, qty=qty, price=price, symbol=symbol, side=side, cl_ord_id=order.number)
        elif order.kind == "mass cancel":
            client.mass_cancel(cl_ord_id=order.number)
        elif order.kind not in ASKING:
            tif = TimeInForce.IOC if order.kind in ("ioc", "market") else TimeInForce.GTC
            limit = None if order.kind == "market" else order.price
            client.new_order(order.symbol, side, order.qty, limit, tif=tif, cl_ord_id=order.number)

    def poll(self, wait_s: float = 0.0) -> int:
        before = len(self.events)
        try:
            event = self.client.next_event(wait_s)
            while event is not None:
                self.events.append(event)
                event = self.client.next_event(0.0)
        except ConnectionLost as end:
            raise VenueGone(str(end)) from end
        return len(self.events) - before
