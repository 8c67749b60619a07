"""What a client knows and decides without a socket: names, ClOrdIDs, its orders, and the packets for each request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from clients.events import Instrument
from clients.numbers import Number, to_decimal, to_scaled
from clients.orders import OrderTracker, TrackedOrder
from clients.protocol import Answered, ClientProtocol, Input, LoggedIn
from engine.types import Side, TimeInForce

Symbol: TypeAlias = str | int
"""An instrument by its symbol (``"BTC/USDT"``) or by its SecurityID."""


class ClientState:
    """Shared by the trio client and the synchronous one.

    Requests raise ``ValueError`` for unknown symbols, orders that cannot be identified, and numbers that no field can
    hold; nothing is sent then.
    """

    def __init__(self, next_number: int, first_cl_ord_id: int) -> None:
        self.protocol = ClientProtocol(next_number)
        self.orders = OrderTracker()
        self.instruments: dict[str, Instrument] = {}
        """By symbol."""
        self._symbols: dict[int, str] = {}
        self._next_cl_ord_id = first_cl_ord_id

    def receive(self, data: bytes) -> list[Input]:
        """See :meth:`ClientProtocol.receive`; keeps ``orders`` up to date."""
        inputs = self.protocol.receive(data)
        apply = self.orders.apply
        for item in inputs:
            if not isinstance(item, LoggedIn | Answered):
                apply(item)
        return inputs

    def learn_instruments(self, instruments: Iterable[Instrument]) -> None:
        for instrument in instruments:
            self.instruments[instrument.symbol] = instrument
            self._symbols[instrument.security_id] = instrument.symbol

    def security_id(self, symbol: Symbol) -> int:
        """Raises ``ValueError`` for a symbol that the venue doesn't list."""
        if isinstance(symbol, int):
            return symbol
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise ValueError(f"unknown symbol {symbol!r}: the venue lists {', '.join(self.instruments) or 'none'}")
        return instrument.security_id

    def symbol(self, security_id: int) -> str:
        """The symbol of ``security_id``, or the number as text if the venue doesn't list it."""
        return self._symbols.get(security_id, str(security_id))

    def new_order(
        self,
        symbol: Symbol,
        side: Side,
        qty: Number,
        price: Number | None,
        tif: TimeInForce,
        account_id: int,
        cl_ord_id: int | None,
    ) -> tuple[int, bytes]:
        """The ClOrdID and the packet."""
        security_id = self.security_id(symbol)
        scaled_qty = to_scaled(qty)
        px = None if price is None else to_scaled(price)
        chosen = self._choose(cl_ord_id)
        packet = self.protocol.new_order(chosen, security_id, side, scaled_qty, px, tif, account_id)
        if chosen not in self.orders:
            self.orders.sent(chosen, security_id, side, account_id, to_decimal(px or 0), to_decimal(scaled_qty))
        return chosen, packet

    def replace(
        self,
        orig_cl_ord_id: int,
        qty: Number | None,
        price: Number | None,
        symbol: Symbol | None,
        side: Side | None,
        account_id: int,
        cl_ord_id: int | None,
    ) -> tuple[int, bytes]:
        """What is not given stays as it is."""
        order = self.orders.get(orig_cl_ord_id)
        if order is None and (qty is None or price is None):
            raise ValueError(f"order {orig_cl_ord_id} is not known here: give both its quantity and its price")
        if order is not None:
            qty = order.order_qty if qty is None else qty
            price = order.price if price is None else price
        assert qty is not None
        assert price is not None
        security_id, side, account_id = self._identify(orig_cl_ord_id, order, symbol, side, account_id)
        scaled_qty, px = to_scaled(qty), to_scaled(price)
        chosen = self._choose(cl_ord_id)
        packet = self.protocol.replace(chosen, orig_cl_ord_id, security_id, side, scaled_qty, px, account_id)
        self.orders.replacing(orig_cl_ord_id, chosen)
        return chosen, packet

    def cancel(
        self,
        orig_cl_ord_id: int,
        symbol: Symbol | None,
        side: Side | None,
        account_id: int,
        cl_ord_id: int | None,
    ) -> tuple[int, bytes]:
        order = self.orders.get(orig_cl_ord_id)
        security_id, side, account_id = self._identify(orig_cl_ord_id, order, symbol, side, account_id)
        chosen = self._choose(cl_ord_id)
        return chosen, self.protocol.cancel(chosen, orig_cl_ord_id, security_id, side, account_id)

    def mass_cancel(
        self, symbol: Symbol | None, side: Side | None, account_id: int, cl_ord_id: int | None
    ) -> tuple[int, bytes]:
        security_id = 0 if symbol is None else self.security_id(symbol)
        chosen = self._choose(cl_ord_id)
        return chosen, self.protocol.mass_cancel(chosen, security_id, side, account_id)

    def _identify(
        self,
        cl_ord_id: int,
        order: TrackedOrder | None,
        symbol: Symbol | None,
        side: Side | None,
        account_id: int,
    ) -> tuple[int, Side, int]:
        if order is not None:
            return order.security_id, order.side, account_id or order.account_id
        if symbol is None or side is None:
            raise ValueError(f"order {cl_ord_id} is not known here: give its symbol and side")
        return self.security_id(symbol), side, account_id

    def _choose(self, cl_ord_id: int | None) -> int:
        if cl_ord_id is not None:
            return cl_ord_id
        chosen = self._next_cl_ord_id
        self._next_cl_ord_id = chosen + 1
        return chosen
