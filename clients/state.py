"""What a client knows and decides without a socket: names, ClOrdIDs, its orders, and the packets for each request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from clients.events import Instrument
from clients.numbers import Number, to_decimal, to_scaled
from clients.orders import OrderTracker, TrackedOrder
from clients.protocol import Answered, ClientProtocol, Input, Leg, LoggedIn
from clients.terms import Amendments, Order, Terms, changes_of
from engine.terms import NOTHING_SPECIAL
from engine.types import Contingency, OrdType, Side, TimeInForce

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
        terms: Terms,
    ) -> tuple[int, bytes]:
        """The ClOrdID and the packet."""
        if terms:
            return self.place(symbol, Order(side, qty, price, tif, cl_ord_id, **terms), account_id)
        security_id = self.security_id(symbol)
        scaled_qty = to_scaled(qty)
        px = None if price is None else to_scaled(price)
        chosen = self._choose(cl_ord_id)
        packet = self.protocol.new_order(chosen, security_id, side, scaled_qty, px, tif, account_id)
        if chosen not in self.orders:
            price, qty = to_decimal(px or 0), to_decimal(scaled_qty)
            ord_type = OrdType.MARKET if px is None else OrdType.LIMIT
            self.orders.sent(chosen, security_id, side, account_id, price, qty, ord_type)
        return chosen, packet

    def place(self, symbol: Symbol, order: Order, account_id: int) -> tuple[int, bytes]:
        """The ClOrdID and the packet of an order that may be special."""
        security_id = self.security_id(symbol)
        leg = self._leg(order)
        if leg.special == NOTHING_SPECIAL and leg.ord_type in (OrdType.MARKET, OrdType.LIMIT):
            px = leg.px if leg.ord_type is OrdType.LIMIT else None
            packet = self.protocol.new_order(leg.cl_ord_id, security_id, leg.side, leg.qty, px, leg.tif, account_id)
        else:
            packet = self.protocol.new_special_order(security_id, leg, account_id)
        self._sent(leg, security_id, account_id)
        return leg.cl_ord_id, packet

    def new_list(
        self, symbol: Symbol, contingency: Contingency, orders: Sequence[Order], account_id: int, list_id: int | None
    ) -> tuple[int, list[int], bytes]:
        """The ListID, the legs' ClOrdIDs and the packet."""
        security_id = self.security_id(symbol)
        chosen = self._choose(list_id)
        legs = [self._leg(order) for order in orders]
        packet = self.protocol.new_list(chosen, security_id, contingency, legs, account_id)
        for leg in legs:
            self._sent(leg, security_id, account_id)
        return chosen, [leg.cl_ord_id for leg in legs], packet

    def _leg(self, order: Order) -> Leg:
        qty = to_scaled(order.qty)
        px = 0 if order.price is None else to_scaled(order.price)
        special = order.special()
        chosen = self._choose(order.cl_ord_id)
        return Leg(chosen, order.side, order.pricing, order.time_in_force, qty, px, special)

    def _sent(self, leg: Leg, security_id: int, account_id: int) -> None:
        if leg.cl_ord_id not in self.orders:
            amounts = to_decimal(leg.px), to_decimal(leg.qty)
            self.orders.sent(leg.cl_ord_id, security_id, leg.side, account_id, *amounts, leg.ord_type)

    def replace(
        self,
        orig_cl_ord_id: int,
        order_id: int,
        qty: Number | None,
        price: Number | None,
        symbol: Symbol | None,
        side: Side | None,
        account_id: int,
        cl_ord_id: int | None,
        amendments: Amendments,
    ) -> tuple[int, bytes]:
        """What is not given stays as it is."""
        order = self._find(orig_cl_ord_id, order_id)
        if order is not None:
            qty = order.order_qty if qty is None else qty
            if price is None:
                price = 0 if order.ord_type is OrdType.MARKET else order.price
        if qty is None or price is None:
            named = orig_cl_ord_id or f"#{order_id}"
            raise ValueError(f"order {named} is not known here: give both its quantity and its price")
        named_by = orig_cl_ord_id, order_id
        security_id, side, account_id = self._identify(*named_by, order, symbol, side, account_id)
        scaled_qty, px, changes = to_scaled(qty), to_scaled(price), changes_of(amendments)
        chosen = self._choose(cl_ord_id)
        whose = security_id, side, scaled_qty, px, account_id
        packet = self.protocol.replace(chosen, orig_cl_ord_id, *whose, order_id, changes)
        self.orders.replacing(order.cl_ord_id if order else orig_cl_ord_id, chosen)
        return chosen, packet

    def cancel(
        self,
        orig_cl_ord_id: int,
        order_id: int,
        symbol: Symbol | None,
        side: Side | None,
        account_id: int,
        cl_ord_id: int | None,
    ) -> tuple[int, bytes]:
        order = self._find(orig_cl_ord_id, order_id)
        security_id, side, account_id = self._identify(orig_cl_ord_id, order_id, order, symbol, side, account_id)
        chosen = self._choose(cl_ord_id)
        return chosen, self.protocol.cancel(chosen, orig_cl_ord_id, security_id, side, account_id, order_id)

    def mass_cancel(
        self, symbol: Symbol | None, side: Side | None, account_id: int, cl_ord_id: int | None
    ) -> tuple[int, bytes]:
        security_id = 0 if symbol is None else self.security_id(symbol)
        chosen = self._choose(cl_ord_id)
        return chosen, self.protocol.mass_cancel(chosen, security_id, side, account_id)

    def _find(self, cl_ord_id: int, order_id: int) -> TrackedOrder | None:
        """The order as the venue will find it: by its OrderID where one is given."""
        if order_id:
            return self.orders.by_order_id(order_id)
        if not cl_ord_id:
            raise ValueError("an order is named by its ClOrdID or by its OrderID")
        return self.orders.get(cl_ord_id)

    def _identify(
        self,
        cl_ord_id: int,
        order_id: int,
        order: TrackedOrder | None,
        symbol: Symbol | None,
        side: Side | None,
        account_id: int,
    ) -> tuple[int, Side, int]:
        if order is not None:
            return order.security_id, order.side, account_id or order.account_id
        if symbol is None or side is None:
            raise ValueError(f"order {cl_ord_id or f'#{order_id}'} is not known here: give its symbol and side")
        return self.security_id(symbol), side, account_id

    def _choose(self, cl_ord_id: int | None) -> int:
        if cl_ord_id is not None:
            return cl_ord_id
        chosen = self._next_cl_ord_id
        self._next_cl_ord_id = chosen + 1
        return chosen
