"""Carries out a trader's requests over one connection, and says what came of each."""

from __future__ import annotations

from decimal import Decimal

import trio
from rich.console import Console, RenderableType
from rich.text import Text

from clients import (
    CancelRejected,
    Client,
    ClientError,
    ConnectionLost,
    Event,
    MassCancelReport,
    MessageRejected,
    OrderState,
    Rejected,
    RequestRefused,
)
from engine.types import OrdType
from tradeengine import trade_view as view
from tradeengine.trade_orders import Place, PlaceList
from tradeengine.trade_words import (
    Cancel,
    MassCancel,
    OrderRef,
    Replace,
    Request,
    ShowBook,
    ShowInstruments,
    ShowOrders,
    ShowStatus,
    Watch,
)

_NO_LIMIT = Decimal(0)
_ANY_ORDER = 1
"""Asked for only for the moment at which the answer comes."""

DONE, REJECTED, FAILED = 0, 1, 2
"""Exit codes: done; the venue said no; wrong usage or no connection."""


class Voice:
    """How a trader is told: results on one console, what is wrong on another (or the same)."""

    def __init__(self, out: Console, errors: Console) -> None:
        self._out = out
        self._errors = errors

    def say(self, what: RenderableType) -> None:
        self._out.print(what)
        self._out.file.flush()

    def complain(self, what: str) -> None:
        self._errors.print(Text(what, "bold red"))


class Desk:
    """One trader at one connected client; :meth:`follow` must run beside :meth:`execute`.

    The venue answers queries after the reports of all that was sent before them, so a query sent behind a command
    tells when the command's reports have come: nothing here waits for a time.
    """

    def __init__(self, client: Client, voice: Voice) -> None:
        self._client = client
        self._names = view.Names(client.symbol, client.instruments)
        self._say = voice.say
        self._complain = voice.complain
        self._followed = client.next_number - 1
        """The number of the last report that was shown."""
        self._moved = trio.Event()
        self._executing = False
        self._rejected: dict[int, bool] = {}
        """By ClOrdID, since the present request began: True rejected, False a mass cancel that is done."""
        self.lost = ""
        """Why the connection is gone; empty while it is there."""

    async def follow(self) -> None:
        """Show reports as they come, until the connection is lost (which it says) or cancelled."""
        try:
            async for event in self._client:
                self._take(event)
        except ConnectionLost as lost:
            self.lost = str(lost)
            self._complain(f"connection lost: {lost}")
            self._moved.set()

    def _take(self, event: Event) -> None:
        self._say(view.report_line(event, self._names))
        if isinstance(event, MessageRejected):
            self._rejected[event.ref_id] = True
        else:
            self._followed = event.number
            if self._executing and isinstance(event, Rejected | CancelRejected):
                self._rejected[event.cl_ord_id] = True
            elif self._executing and isinstance(event, MassCancelReport):
                self._rejected[event.cl_ord_id] = event.rejected
        self._moved.set()
        self._moved = trio.Event()

    async def execute(self, request: Request) -> int:
        """Do what was asked and show what came of it.

        Returns ``DONE``, ``REJECTED`` or ``FAILED`` (said why). ``watch`` waits for what was missed; connecting from
        its number is the caller's, and so are requests that need no venue.
        """
        self._executing = True
        self._rejected.clear()
        try:
            return await self._execute(request)
        except RequestRefused as refused:
            self._complain(f"the venue refused: {refused}")
            return REJECTED
        except (ClientError, ValueError) as error:
            self._complain(str(error))
            return FAILED
        finally:
            self._executing = False

    async def _execute(self, request: Request) -> int:
        if isinstance(request, Place):
            return await self._place(request)
        if isinstance(request, PlaceList):
            return await self._place_list(request)
        if isinstance(request, Cancel | Replace):
            return await self._change(request)
        if isinstance(request, MassCancel):
            return await self._mass_cancel(request)
        if isinstance(request, ShowOrders):
            return await self._show_orders(request)
        if isinstance(request, ShowStatus):
            return await self._show_status(request.order)
        if isinstance(request, ShowBook):
            return await self._show_book(request)
        if isinstance(request, ShowInstruments):
            self._say(view.instruments_table(await self._client.load_instruments()))
            return DONE
        if isinstance(request, Watch):
            await self.catch_up()
            return DONE
        raise AssertionError(f"not for a desk: {request}")

    # ---- commands -------------------------------------------------------------------------------------------------

    async def _place(self, request: Place) -> int:
        cl_ord_id = await self._client.send_order(self._symbol(request.symbol), request.order)
        return await self._decided(cl_ord_id, f"order {cl_ord_id}")

    async def _place_list(self, request: PlaceList) -> int:
        symbol = self._symbol(request.symbol)
        names = await self._client.new_list(symbol, request.contingency, request.orders)
        return await self._decided(names[0], f"the list of order {names[0]}")

    async def _change(self, request: Cancel | Replace) -> int:
        order = await self._find(request.order)
        if order is None:
            return REJECTED
        client = self._client
        orig, symbol, side, account = order.cl_ord_id, order.security_id, order.side, order.account_id
        if isinstance(request, Cancel):
            cl_ord_id = await client.cancel(orig, symbol=symbol, side=side, account_id=account)
            return await self._decided(cl_ord_id, f"the cancel of {orig}")
        qty = order.order_qty if request.qty is None else request.qty
        price = request.price
        if price is None:
            price = _NO_LIMIT if order.ord_type is OrdType.MARKET else order.price
        cl_ord_id = await client.replace(
            orig, qty=qty, price=price, symbol=symbol, side=side, account_id=account, **request.amendments
        )
        return await self._decided(cl_ord_id, f"the replacement of {orig}")

    async def _decided(self, cl_ord_id: int, what: str) -> int:
        """Whether a command that was just sent was rejected, once its reports have been shown."""
        try:
            await self.catch_up()
        except ConnectionLost as lost:
            raise ConnectionLost(f"{lost}; {what} may have reached the venue: ask for its status") from lost
        return REJECTED if cl_ord_id in self._rejected else DONE

    async def catch_up(self) -> None:
        """Wait until the reports of all that was sent so far, and of all that was missed, have been shown.

        Raises:
            ConnectionLost: they will not come by this connection.
        """
        await self._client.order_status(_ANY_ORDER)
        while self._followed < self._client.next_number - 1:
            await self._news()

    async def _mass_cancel(self, request: MassCancel) -> int:
        symbol = None if request.symbol is None else self._symbol(request.symbol)
        cl_ord_id = await self._client.mass_cancel(symbol, request.side)
        while cl_ord_id not in self._rejected:
            await self._news()
        return REJECTED if self._rejected[cl_ord_id] else DONE

    async def _news(self) -> None:
        if self.lost:
            raise ConnectionLost(self.lost)
        await self._moved.wait()

    # ---- queries --------------------------------------------------------------------------------------------------

    async def _show_orders(self, request: ShowOrders) -> int:
        symbol = None if request.symbol is None else self._symbol(request.symbol)
        orders = await self._client.open_orders(symbol)
        self._say(view.orders_table(orders, self._names) if orders else Text("no open orders"))
        return DONE

    async def _show_status(self, ref: OrderRef) -> int:
        order = await self._find(ref)
        if order is None:
            return REJECTED
        self._say(view.orders_table([order], self._names))
        return DONE

    async def _show_book(self, request: ShowBook) -> int:
        book = await self._client.book(self._symbol(request.symbol), request.levels)
        self._say(view.book_table(book, self._names) if book.bids or book.offers else Text("the book is empty"))
        return DONE

    async def _find(self, ref: OrderRef) -> OrderState | None:
        """The order, also if it has ended; None, and says so, if the session has none such."""
        if ref.is_order_id:
            order = await self._client.order_status(0, order_id=ref.number)
        else:
            order = await self._client.order_status(ref.number)
        if order is None:
            self._complain(f"there is no order {ref} of this trading day")
        return order

    def _symbol(self, typed: str) -> str:
        """The listed symbol that was meant; capitals need not be typed."""
        listed = self._client.instruments
        return typed if typed in listed else typed.upper()
