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

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Unpack

from clients.events import Book, Event, Instrument, OrderState
from clients.exceptions import ConnectionLost, RequestRefused
from clients.numbers import Number
from clients.orders import OrderTracker
from clients.protocol import Answered, LoggedIn, Result
from clients.state import ClientState, Symbol
from clients.terms import Amendments, Order, Terms
from engine.types import Contingency, Side, TimeInForce
from gateways.binary import soup

_RECEIVE_MAX = 65_536


class SyncClient:
    """The same as :class:`clients.client.Client` on a blocking socket; see there for commands and queries.

    Raises ``LoginRefused`` or ``ConnectionLost`` on entering, ``ConnectionLost`` later when the connection is gone.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        *,
        next_number: int = 1,
        first_cl_ord_id: int | None = None,
        heartbeat_interval_s: float = 1.0,
        server_timeout_s: float = 15.0,
        connect_timeout_s: float = 10.0,
    ) -> None:
        """Connects nowhere yet. ``next_number``: 1 is all of the session's stream, 0 only what is new."""
        self._address = host, port
        self._credentials = username, password
        self._heartbeat_interval_s = heartbeat_interval_s
        self._server_timeout_s = server_timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._state = ClientState(next_number, time.time_ns() if first_cl_ord_id is None else first_cl_ord_id)
        self._events: deque[Event] = deque()
        self._answers: dict[int, Result] = {}
        self._socket: socket.socket | None = None
        self._sending = threading.Lock()
        self._closing = threading.Event()

    @property
    def next_number(self) -> int:
        """The number of the next report that the venue will send."""
        return self._state.protocol.next_number

    @property
    def orders(self) -> OrderTracker:
        """This client's open orders, as of the last event received."""
        return self._state.orders

    @property
    def instruments(self) -> dict[str, Instrument]:
        """By symbol, as the venue listed them at the login."""
        return self._state.instruments

    def symbol(self, security_id: int) -> str:
        """The symbol for an event's ``security_id``; the number as text if it is not listed."""
        return self._state.symbol(security_id)

    # ---- the connection -------------------------------------------------------------------------------------------

    def __enter__(self) -> SyncClient:
        host, port = self._address
        try:
            sock = socket.create_connection(self._address, self._connect_timeout_s)
        except OSError as error:
            raise ConnectionLost(f"cannot connect to {host}:{port}: {error}") from error
        # Blocking from here on, as the heartbeats' thread sends on it too; the selector does the waiting.
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._selector = selectors.DefaultSelector()
        self._selector.register(sock, selectors.EVENT_READ)
        try:
            self._send(self._state.protocol.log_in(*self._credentials))
            while not self._state.protocol.logged_in:
                self._await_more()
            self._closing = threading.Event()
            threading.Thread(target=self._keep_alive, args=(self._closing,), daemon=True).start()
            self.load_instruments()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None and self._socket is not None:
            with contextlib.suppress(ConnectionLost):
                self._send(soup.LOGOUT_REQUEST_PACKET)
        self._close()

    def _close(self) -> None:
        self._closing.set()
        with self._sending:
            if self._socket is not None:
                self._selector.close()
                self._socket.close()
                self._socket = None

    def _keep_alive(self, closing: threading.Event) -> None:
        while not closing.wait(self._heartbeat_interval_s):
            with contextlib.suppress(ConnectionLost):
                self._send(soup.CLIENT_HEARTBEAT_PACKET)

    def _send(self, packet: bytes) -> None:
        with self._sending:
            if self._socket is None:
                raise ConnectionLost("not connected")
            try:
                self._socket.sendall(packet)
            except OSError as error:
                raise ConnectionLost(f"connection lost: {error}") from error

    def _receive(self, timeout_s: float) -> bool:
        """Takes in what comes within ``timeout_s``; False if nothing does."""
        if self._socket is None:
            raise ConnectionLost("not connected")
        if not self._selector.select(timeout_s):
            return False
        try:
            data = self._socket.recv(_RECEIVE_MAX)
        except OSError as error:
            raise ConnectionLost(f"connection lost: {error}") from error
        if not data:
            raise ConnectionLost(self._state.protocol.last_debug or "the venue closed the connection")
        for item in self._state.receive(data):
            if isinstance(item, Answered):
                self._answers[item.request_id] = item.result
            elif not isinstance(item, LoggedIn):
                self._events.append(item)
        return True

    def _await_more(self) -> None:
        """The venue's heartbeats come every second: a long silence is the connection's end."""
        if not self._receive(self._server_timeout_s):
            raise ConnectionLost(f"nothing was heard of the venue for {self._server_timeout_s:g} s")

    # ---- events ---------------------------------------------------------------------------------------------------

    def next_event(self, timeout_s: float) -> Event | None:
        """The next report; None if none comes within ``timeout_s`` seconds."""
        until = time.monotonic() + timeout_s
        while not self._events:
            left = until - time.monotonic()
            if not self._receive(max(0.0, left)) and left <= 0:
                return None
        return self._events.popleft()

    def events(self, timeout_s: float) -> Iterator[Event]:
        """Reports, until none has come for ``timeout_s`` seconds."""
        while (event := self.next_event(timeout_s)) is not None:
            yield event

    # ---- commands: each returns its ClOrdID -------------------------------------------------------------------------

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
        """A limit order, or a market order without ``price``; what ``terms`` may say stands in :mod:`clients.terms`."""
        chosen, packet = self._state.new_order(symbol, side, qty, price, tif, account_id, cl_ord_id, terms)
        self._send(packet)
        return chosen

    def place(self, symbol: Symbol, order: Order, *, account_id: int = 0) -> int:
        """The same for an order that is written down."""
        chosen, packet = self._state.place(symbol, order, account_id)
        self._send(packet)
        return chosen

    def new_list(
        self,
        symbol: Symbol,
        contingency: Contingency,
        orders: Sequence[Order],
        *,
        account_id: int = 0,
        list_id: int | None = None,
    ) -> list[int]:
        """Orders that hang together; the first is the entry of an OTO or a bracket. Returns their ClOrdIDs."""
        _, names, packet = self._state.new_list(symbol, contingency, orders, account_id, list_id)
        self._send(packet)
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
        """What is not given stays; ``qty`` is the new total, what has been filled included."""
        about = symbol, side, account_id, cl_ord_id
        chosen, packet = self._state.replace(orig_cl_ord_id, order_id, qty, price, *about, amendments)
        self._send(packet)
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
        """``symbol`` and ``side`` are needed only for orders that :attr:`orders` doesn't know."""
        chosen, packet = self._state.cancel(orig_cl_ord_id, order_id, symbol, side, account_id, cl_ord_id)
        self._send(packet)
        return chosen

    def mass_cancel(
        self,
        symbol: Symbol | None = None,
        side: Side | None = None,
        *,
        account_id: int = 0,
        cl_ord_id: int | None = None,
    ) -> int:
        """An account's orders, of one symbol and side or of all."""
        chosen, packet = self._state.mass_cancel(symbol, side, account_id, cl_ord_id)
        self._send(packet)
        return chosen

    # ---- queries --------------------------------------------------------------------------------------------------

    def order_status(self, cl_ord_id: int, *, order_id: int = 0) -> OrderState | None:
        """One order of the trading day; None if the session has no such order."""
        result = self._ask(self._state.protocol.order_status(cl_ord_id, order_id))
        assert result is None or isinstance(result, OrderState)
        return result

    def open_orders(
        self, symbol: Symbol | None = None, side: Side | None = None, *, account_id: int = 0
    ) -> list[OrderState]:
        """The session's open orders, of one symbol, side or account, or all."""
        security_id = 0 if symbol is None else self._state.security_id(symbol)
        result = self._ask(self._state.protocol.open_orders(security_id, side, account_id))
        assert isinstance(result, list)
        return result  # type: ignore[return-value]

    def book(self, symbol: Symbol, levels: int = 10) -> Book:
        """The best ``levels`` prices of each side; 0 = all."""
        result = self._ask(self._state.protocol.book(self._state.security_id(symbol), levels))
        assert isinstance(result, Book)
        return result

    def load_instruments(self) -> list[Instrument]:
        """What the venue lists now; also done at each login."""
        result = self._ask(self._state.protocol.instruments())
        assert isinstance(result, list)
        self._state.learn_instruments(result)  # type: ignore[arg-type]
        return result  # type: ignore[return-value]

    def _ask(self, request: tuple[int, bytes]) -> Result:
        request_id, packet = request
        self._send(packet)
        while request_id not in self._answers:
            self._await_more()
        result = self._answers.pop(request_id)
        if isinstance(result, RequestRefused):
            raise result
        return result
