"""What a program can ask of the venue. Both faces, with trio and without, have these methods: there with ``await``.

*Commands* return as soon as they are sent, with their ClOrdID: what comes of them is among the reports. The same
commands by another name wait for what comes of them, also over a lost connection if the client reconnects:
:meth:`Requests.place` (a new order), :meth:`Requests.amend` (a replace), :meth:`Requests.pull` (a cancel) and
:meth:`Requests.pull_all` (a mass cancel). *Queries* return their answers; where a connection is lost
meanwhile they are asked again on the next one.

All raise ``ConnectionLost`` where there is no connection, and ``ValueError`` for unknown symbols, orders that cannot be
identified, and numbers that no field can hold; nothing is sent then. Those that wait raise ``RequestRefused`` for what
the venue could not take, ``Undelivered`` for what it never got, and what ended the client if it is not to come back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar, Unpack

from clients.core import Core
from clients.events import (
    Accepted,
    Book,
    Canceled,
    CancelRejected,
    Instrument,
    MassCancelReport,
    OrderState,
    Rejected,
    Replaced,
    SessionConfiguration,
)
from clients.numbers import Number, to_decimal, to_scaled
from clients.orders import TrackedOrder
from clients.protocol import Leg
from clients.reply import Reply
from clients.terms import Amendments, MassCancelScope, Order, Terms, changes_of
from engine.session_profile import CancelOnDisconnect
from engine.terms import NOTHING_SPECIAL
from engine.types import Contingency, OrdType, SelfTrade, SelfTradeScope, Side, TimeInForce

Symbol: TypeAlias = str | int
"""An instrument by its symbol (``"BTC/USDT"``) or by its SecurityID."""

P = ParamSpec("P")
Q = ParamSpec("Q")
T = TypeVar("T")


def _outcome(
    command: Callable[Concatenate[Requests, P], int], place: Callable[[], Reply[T]]
) -> Callable[Concatenate[Requests, P], Reply[T]]:
    """The same command with a place for what comes of it."""

    @functools.wraps(command)
    def awaited(self: Requests, /, *args: P.args, **kwargs: P.kwargs) -> Reply[T]:
        reply = place()
        self._outcome(command(self, *args, **kwargs), reply)
        return reply

    return awaited


class Requests(Core):
    """Each method leaves its packet to be sent, and returns at once: a value, or a :class:`Reply` to wait for."""

    # ---- commands ---------------------------------------------------------------------------------------------------

    def new_order(
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
        if terms:
            return self.send_order(symbol, Order(side, qty, price, tif, cl_ord_id, **terms), account_id=account_id)
        self.check()
        security_id = self.security_id(symbol)
        scaled_qty = to_scaled(qty)
        px = None if price is None else to_scaled(price)
        chosen = self._choose(cl_ord_id)
        packet = self.protocol.new_order(chosen, security_id, side, scaled_qty, px, tif, account_id)
        self._command(packet, chosen)
        if chosen not in self.orders:
            ord_type = OrdType.MARKET if px is None else OrdType.LIMIT
            amounts = to_decimal(px or 0), to_decimal(scaled_qty)
            self.orders.sent(chosen, security_id, side, account_id, *amounts, ord_type)
        return chosen

    def send_order(self, symbol: Symbol, order: Order, *, account_id: int = 0) -> int:
        """The same for an order that is written down."""
        self.check()
        security_id = self.security_id(symbol)
        leg = self._leg(order)
        if leg.special == NOTHING_SPECIAL and leg.ord_type in (OrdType.MARKET, OrdType.LIMIT):
            px = leg.px if leg.ord_type is OrdType.LIMIT else None
            packet = self.protocol.new_order(leg.cl_ord_id, security_id, leg.side, leg.qty, px, leg.tif, account_id)
        else:
            packet = self.protocol.new_special_order(security_id, leg, account_id)
        self._command(packet, leg.cl_ord_id)
        self._sent(leg, security_id, account_id)
        return leg.cl_ord_id

    def new_list(
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
        self.check()
        security_id = self.security_id(symbol)
        chosen = self._choose(list_id)
        legs = [self._leg(order) for order in orders]
        names = [leg.cl_ord_id for leg in legs]
        self._command(self.protocol.new_list(chosen, security_id, contingency, legs, account_id), *names)
        self._lists[chosen] = names
        for leg in legs:
            self._sent(leg, security_id, account_id)
        return names

    def replace(
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
        ``price`` are needed only for orders that ``orders`` doesn't know."""
        self.check()
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
        self._command(self.protocol.replace(chosen, orig_cl_ord_id, *whose, order_id, changes), chosen)
        self.orders.replacing(order.cl_ord_id if order else orig_cl_ord_id, chosen)
        return chosen

    def cancel(
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
        ``symbol`` and ``side`` are needed only for orders that ``orders`` doesn't know."""
        self.check()
        order = self._find(orig_cl_ord_id, order_id)
        security_id, side, account_id = self._identify(orig_cl_ord_id, order_id, order, symbol, side, account_id)
        chosen = self._choose(cl_ord_id)
        self._command(self.protocol.cancel(chosen, orig_cl_ord_id, security_id, side, account_id, order_id), chosen)
        self.orders.canceling(order.cl_ord_id if order else orig_cl_ord_id, chosen)
        return chosen

    def mass_cancel(
        self,
        symbol: Symbol | None = None,
        side: Side | None = None,
        *,
        account_id: int = 0,
        scope: MassCancelScope = MassCancelScope.ACCOUNT,
        cl_ord_id: int | None = None,
    ) -> int:
        """An account's orders, of one symbol and side or of all, of this session or of all. Reported by a ``Canceled``
        for each, then ``MassCancelReport``."""
        self.check()
        security_id = 0 if symbol is None else self.security_id(symbol)
        chosen = self._choose(cl_ord_id)
        self._command(self.protocol.mass_cancel(chosen, security_id, side, account_id, scope), chosen)
        return chosen

    # ---- the same, and what comes of them ---------------------------------------------------------------------------

    place = _outcome(new_order, Reply[Accepted | Rejected])
    amend = _outcome(replace, Reply[Replaced | CancelRejected])
    pull = _outcome(cancel, Reply[Canceled | CancelRejected])
    pull_all = _outcome(mass_cancel, Reply[MassCancelReport])

    def ended(self, cl_ord_id: int) -> Reply[TrackedOrder]:
        """The order when it has ended, with what it has filled; at once if it has. Raises ``ValueError`` for an order
        that ``orders`` doesn't know (any more)."""
        order = self.orders.get(cl_ord_id)
        if order is not None:
            return self._ending(order)
        order = self.orders.ended(cl_ord_id)
        if order is None:
            raise ValueError(f"order {cl_ord_id} is not known here")
        reply: Reply[TrackedOrder] = Reply()
        reply.settle(order)
        return reply

    # ---- queries: answered after all that was sent before has been decided ------------------------------------------

    def order_status(self, cl_ord_id: int, *, order_id: int = 0) -> Reply[OrderState | None]:
        """One order of the trading day, open or ended; None if the session has no such order."""
        self.check()
        return self._asked(Reply[OrderState | None](), self.protocol.order_status, cl_ord_id, order_id)

    def open_orders(
        self, symbol: Symbol | None = None, side: Side | None = None, *, account_id: int = 0
    ) -> Reply[list[OrderState]]:
        """The session's open orders, of one symbol, side or account, or all."""
        self.check()
        security_id = 0 if symbol is None else self.security_id(symbol)
        return self._asked(Reply[list[OrderState]](), self.protocol.open_orders, security_id, side, account_id)

    def book(self, symbol: Symbol, levels: int = 10) -> Reply[Book]:
        """The best ``levels`` prices of each side; 0 = all."""
        self.check()
        return self._asked(Reply[Book](), self.protocol.book, self.security_id(symbol), levels)

    def load_instruments(self) -> Reply[list[Instrument]]:
        """What the venue lists now; also done at each login."""
        self.check()
        reply = Reply[list[Instrument]]()
        reply.first = self.learn_instruments
        return self._asked(reply, self.protocol.instruments)

    def configure(
        self,
        cancel_on_disconnect: CancelOnDisconnect | None = None,
        *,
        cancel_window_ms: int | None = None,
        self_trade: SelfTrade = SelfTrade.NONE,
        self_trade_scope: SelfTradeScope = SelfTradeScope.ACCOUNT,
        self_trade_id: int = 0,
    ) -> Reply[SessionConfiguration]:
        """What holds beyond the session's profile: when the end of the session cancels its orders (None: as the profile
        says), how long the venue waits for the client to come back before it does, and which self-trade prevention
        orders have that name none. In force until the session ends; asked for again on each further connection."""
        self.check()
        values = cancel_on_disconnect, cancel_window_ms, self_trade, self_trade_scope, self_trade_id
        request = functools.partial(self.protocol.configure, *values)
        reply = Reply[SessionConfiguration]()

        def remember(_: SessionConfiguration) -> None:
            self._configure = request

        reply.first = remember
        return self._asked(reply, request)

    # ---- names ------------------------------------------------------------------------------------------------------

    def security_id(self, symbol: Symbol) -> int:
        """Raises ``ValueError`` for a symbol that the venue doesn't list."""
        if isinstance(symbol, int):
            return symbol
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise ValueError(f"unknown symbol {symbol!r}: the venue lists {', '.join(self.instruments) or 'none'}")
        return instrument.security_id

    def _asked(
        self, reply: Reply[T], query: Callable[Q, tuple[int, bytes]], *args: Q.args, **kwargs: Q.kwargs
    ) -> Reply[T]:
        self._ask(functools.partial(query, *args, **kwargs), reply)
        return reply

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
