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

More than a plain order (see :mod:`clients.terms`)::

    await client.new_order("AAPL", Side.SELL, 10, "224.5", trigger=stop("225"), tif=TimeInForce.DAY)
    await client.new_list("AAPL", Contingency.BRACKET, [
        Order(Side.BUY, 10, "230"), Order(Side.SELL, 10, "240"), Order(Side.SELL, 10, trigger=stop("225")),
    ])

Stay connected, and miss nothing::

    client = Client("127.0.0.1", 9900, "TRADR1", "demo", next_number=last_number_dealt_with + 1)
    while True:
        try:
            async with client:
                async for event in client:
                    deal_with(event)
        except ConnectionLost:
            await trio.sleep(1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from clients.connection import Connection
from clients.events import Book, Instrument, OrderState
from clients.numbers import Number
from clients.state import Symbol
from clients.terms import Amendments, Order, Terms
from engine.types import Contingency, Side, TimeInForce


class Client(Connection):
    """One user's client; ``async with`` it for each connection, one after the other.

    Iterating yields every report once and in order, whatever connection it came by, then raises ``ConnectionLost``
    when the connection is gone. Commands return as soon as they are sent: what came of them is among the reports.
    Queries return their answers; they raise ``RequestRefused`` if the venue cannot take them. All of them raise
    ``ConnectionLost`` where there is no connection (any more), and ``ValueError`` for what cannot be sent.
    """

    async def _ready(self) -> None:
        await self.load_instruments()

    # ---- commands: each returns its ClOrdID -------------------------------------------------------------------------

    async def new_order(
        self,
        symbol: Symbol,
        side: Side,
        qty: Number,
        price: Number | None = None,
        *,
        tif: TimeInForce = TimeInForce.GTC,
        account_id: int = 0,
        cl_ord_id: int | None = None,
        **terms: Unpack[Terms],
    ) -> int:
        """A limit order, or a market order without ``price``; what ``terms`` may say stands in :mod:`clients.terms`.
        Reported by ``Accepted`` or ``Rejected``, by ``Triggered``, by ``Executed`` for each fill, by ``Restated`` where
        the venue changes it, and by ``Canceled`` or ``Expired`` for what is left."""
        chosen, packet = self._state.new_order(symbol, side, qty, price, tif, account_id, cl_ord_id, terms)
        await self._send(packet)
        return chosen

    async def place(self, symbol: Symbol, order: Order, *, account_id: int = 0) -> int:
        """The same for an order that is written down."""
        chosen, packet = self._state.place(symbol, order, account_id)
        await self._send(packet)
        return chosen

    async def new_list(
        self,
        symbol: Symbol,
        contingency: Contingency,
        orders: Sequence[Order],
        *,
        account_id: int = 0,
        list_id: int | None = None,
    ) -> list[int]:
        """Orders that hang together; the first is the entry of an OTO or a bracket. All are reported by ``Accepted``,
        or all by ``Rejected``. Returns their ClOrdIDs."""
        _, names, packet = self._state.new_list(symbol, contingency, orders, account_id, list_id)
        await self._send(packet)
        return names

    async def replace(
        self,
        orig_cl_ord_id: int = 0,
        *,
        order_id: int = 0,
        qty: Number | None = None,
        price: Number | None = None,
        symbol: Symbol | None = None,
        side: Side | None = None,
        account_id: int = 0,
        cl_ord_id: int | None = None,
        **amendments: Unpack[Amendments],
    ) -> int:
        """Change the order that has this ClOrdID or this OrderID; what is not given stays. ``qty`` is the new total,
        what has been filled included. Reported by ``Replaced`` or ``CancelRejected``. ``symbol``, ``side``, ``qty`` and
        ``price`` are needed only for orders that :attr:`orders` doesn't know."""
        about = symbol, side, account_id, cl_ord_id
        chosen, packet = self._state.replace(orig_cl_ord_id, order_id, qty, price, *about, amendments)
        await self._send(packet)
        return chosen

    async def cancel(
        self,
        orig_cl_ord_id: int = 0,
        *,
        order_id: int = 0,
        symbol: Symbol | None = None,
        side: Side | None = None,
        account_id: int = 0,
        cl_ord_id: int | None = None,
    ) -> int:
        """End the order that has this ClOrdID or this OrderID. Reported by ``Canceled`` or ``CancelRejected``.
        ``symbol`` and ``side`` are needed only for orders that :attr:`orders` doesn't know."""
        chosen, packet = self._state.cancel(orig_cl_ord_id, order_id, symbol, side, account_id, cl_ord_id)
        await self._send(packet)
        return chosen

    async def mass_cancel(
        self,
        symbol: Symbol | None = None,
        side: Side | None = None,
        *,
        account_id: int = 0,
        cl_ord_id: int | None = None,
    ) -> int:
        """An account's orders, of one symbol and side or of all. Reported by a ``Canceled`` for each, then
        ``MassCancelReport``."""
        chosen, packet = self._state.mass_cancel(symbol, side, account_id, cl_ord_id)
        await self._send(packet)
        return chosen

    # ---- queries: answered after all that was sent before has been decided -------------------------------------------

    async def order_status(self, cl_ord_id: int, *, order_id: int = 0) -> OrderState | None:
        """One order of the trading day, open or ended; None if the session has no such order."""
        result = await self._ask(self._state.protocol.order_status(cl_ord_id, order_id))
        assert result is None or isinstance(result, OrderState)
        return result

    async def open_orders(
        self, symbol: Symbol | None = None, side: Side | None = None, *, account_id: int = 0
    ) -> list[OrderState]:
        """The session's open orders, of one symbol, side or account, or all."""
        security_id = 0 if symbol is None else self._state.security_id(symbol)
        result = await self._ask(self._state.protocol.open_orders(security_id, side, account_id))
        assert isinstance(result, list)
        return result  # type: ignore[return-value]

    async def book(self, symbol: Symbol, levels: int = 10) -> Book:
        """The best ``levels`` prices of each side; 0 = all."""
        result = await self._ask(self._state.protocol.book(self._state.security_id(symbol), levels))
        assert isinstance(result, Book)
        return result

    async def load_instruments(self) -> list[Instrument]:
        """What the venue lists now; also done at each login."""
        result = await self._ask(self._state.protocol.instruments())
        assert isinstance(result, list)
        self._state.learn_instruments(result)  # type: ignore[arg-type]
        return result  # type: ignore[return-value]
