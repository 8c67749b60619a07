"""A small venue behind the binary gateway: every command has an outcome at once, nothing ever trades."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import trio
from binary_samples import SESSION, TIME_NS, directory, image
from engine_builders import changed

from actors.boundary import Connection, LogonRefused, SessionUnavailable
from actors.door import PortChallenge
from engine.commands import CancelOrder, ClientCommand, MassCancel, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.directory import Directory
from engine.events import (
    CancelRejected,
    Event,
    MassCancelCompleted,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    SessionOpened,
)
from engine.image import OrderImage, Working
from engine.queries import (
    DepthAnswer,
    DepthLevel,
    DepthQuery,
    OpenOrdersAnswer,
    OpenOrdersQuery,
    OrderStatusAnswer,
    OrderStatusQuery,
    Query,
)
from engine.reports import Report
from engine.session_profile import CancelOnDisconnect
from engine.types import SCALE, CancelReason, OrdStatus, Wait
from gateways.binary.acceptor import BinaryAcceptor
from gateways.binary.settings import BinarySettings


class FakePort:
    """Stands for ``actors.port.SessionPort``: what tests look at is public."""

    def __init__(self, session: SessionOpened, known: Directory) -> None:
        self.session = session
        self.directory = known
        self._left = 1000
        self.beyond = 0
        """Cancels that may go beyond the credit."""
        self.more_credit = trio.Event()
        self.submitted: list[ClientCommand] = []
        self.batches: list[int] = []
        self.queries: list[Query] = []
        self.stream: list[Report] = []
        self.orders: dict[str, OrderImage] = {}
        self.connection: Connection | None = None
        self.logged_out: list[bool] = []
        self.configured: list[tuple[CancelOnDisconnect, int]] = []
        self.logged_on: list[bool] = []
        self.replay_chunk = 3
        self.between_chunks: list[Any] = []
        """Called one by one, between the chunks of a replay."""
        self.answers = True
        self.answered = 0
        self.orders_made = 0

    # ---- what the gateway uses --------------------------------------------------------------------------------------

    @property
    def released(self) -> int:
        return len(self.stream)

    @property
    def credit(self) -> int:
        return max(0, self._left)

    @credit.setter
    def credit(self, left: int) -> None:
        self._left = left

    @property
    def cancel_credit(self) -> int:
        return max(0, self._left + self.beyond)

    async def wait_for_credit(self, *, cancel: bool = False) -> None:
        while (self.cancel_credit if cancel else self.credit) <= 0:
            self.more_credit = trio.Event()
            await self.more_credit.wait()

    def submit(self, commands: list[ClientCommand]) -> None:
        cancels = all(isinstance(command, CancelOrder | MassCancel) for command in commands)
        assert 0 < len(commands) <= (self.cancel_credit if cancels else self.credit)
        self._left -= len(commands)
        self.submitted += commands
        self.batches.append(len(commands))
        self.publish([event for command in commands for event in self.outcomes(command)])

    def query(self, query: Query) -> None:
        self.queries.append(query)
        if self.answers:
            self.answer_oldest()

    def configure(self, mode: CancelOnDisconnect, window_ms: int, done: Callable[[], None]) -> None:
        self.configured.append((mode, window_ms))
        if self.answers:
            done()
        else:
            self.between_chunks.append(done)

    def order_named(self, cl_ord_id: str, order_id: int = 0) -> OrderImage | None:
        if order_id:
            return next((order for order in self.orders.values() if order.order_id == order_id), None)
        return self.orders.get(cl_ord_id)

    def log_on(self, *, reset: bool) -> None:
        self.logged_on.append(reset)

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        self.logged_out.append(confirmed)
        self.connection = None

    async def replay(self, begin: int, end: int) -> AsyncIterator[list[Report]]:
        reports = self.stream[begin - 1 : end]
        for at in range(0, len(reports), self.replay_chunk):
            await trio.lowlevel.checkpoint()
            yield reports[at : at + self.replay_chunk]
            if self.between_chunks:
                self.between_chunks.pop(0)()

    # ---- what tests do ----------------------------------------------------------------------------------------------

    def grant(self, credit: int) -> None:
        self._left += credit
        self.more_credit.set()

    def publish(self, events: list[Event]) -> None:
        """Makes events durable: they are in the stream, and delivered if somebody is there."""
        reports = []
        for event in events:
            number = len(self.stream) + 1
            order = getattr(event, "order", None) if not isinstance(event, CancelRejected) else None
            reports.append(Report(number, 9000 + number, 0, TIME_NS + number, event, order))
            self.stream.append(reports[-1])
        if self.connection is not None:
            self.connection.deliver(reports)

    def accept_orders(self, count: int) -> None:
        self.publish([OrderAccepted(image(5000 + len(self.stream) + nth)) for nth in range(count)])

    def answer_oldest(self) -> None:
        assert self.connection is not None
        query = self.queries.pop(0)
        self.answered += 1
        if isinstance(query, OrderStatusQuery):
            self.connection.answer(OrderStatusAnswer(query, self.orders.get(query.cl_ord_id)))
        elif isinstance(query, OpenOrdersQuery):
            is_open = [order for order in self.orders.values() if order.status.is_open]
            self.connection.answer(OpenOrdersAnswer(query, is_open))
        elif isinstance(query, DepthQuery):
            bids = [DepthLevel((100 - n) * SCALE, SCALE, 1) for n in range(query.levels)]
            self.connection.answer(DepthAnswer(query, 9000 + self.released, TIME_NS, bids, []))

    def outcomes(self, command: ClientCommand) -> list[Event]:
        if isinstance(command, NewList):
            return [self.outcome(leg) for leg in command.legs]
        if isinstance(command, RejectCommand) and isinstance(command.command, NewList):
            legs = [RejectCommand(leg, command.reason, command.text) for leg in command.command.legs]
            return [self.refusal(leg) for leg in legs]
        return [self.outcome(command)]

    def outcome(self, command: ClientCommand) -> Event:
        if isinstance(command, NewOrder):
            self.orders_made += 1
            order = image(
                command.cl_ord_id,
                order_id=self.orders_made,
                side=command.side,
                qty=command.order_qty,
                px=command.px,
                account_id=command.account_id,
            )
            special = command.special
            order = changed(order, ord_type=command.ord_type, tif=command.tif, special=special)
            if special is not None:
                wait = Wait.TRIGGER if special.trigger else Wait.NOTHING
                order = changed(order, working=Working(wait, 0, special.display_qty or command.order_qty))
            self.orders[command.cl_ord_id] = order
            return OrderAccepted(order)
        if isinstance(command, MassCancel):
            return MassCancelCompleted(
                1, 3, command.account_id, command.cl_ord_id, command.symbol_id, command.side, len(self.orders)
            )
        if isinstance(command, RejectCommand):
            return self.refusal(command)
        assert not isinstance(command, NewList)
        if command.order_id:
            orig = next(name for name, order in self.orders.items() if order.order_id == command.order_id)
            command = msgspec.structs.replace(command, orig_cl_ord_id=orig)
        order_or_none = self.orders.pop(command.orig_cl_ord_id, None)
        if order_or_none is None:
            is_replace = isinstance(command, ReplaceOrder)
            ids = command.cl_ord_id, command.orig_cl_ord_id
            return CancelRejected(3, command.account_id, *ids, is_replace, 1, "unknown order")
        if isinstance(command, CancelOrder):
            canceled = msgspec.structs.replace(order_or_none, status=OrdStatus.CANCELED, leaves_qty=0)
            return OrderCanceled(canceled, CancelReason.REQUESTED, command.cl_ord_id)
        qty = command.order_qty
        replaced = changed(order_or_none, cl_ord_id=command.cl_ord_id, order_qty=qty, px=command.px, leaves_qty=qty)
        self.orders[command.cl_ord_id] = replaced
        return OrderReplaced(replaced, command.orig_cl_ord_id, False)

    def refusal(self, refused: RejectCommand) -> Event:
        command = refused.command
        if isinstance(command, NewOrder):
            rejected = image(command.cl_ord_id, OrdStatus.REJECTED, order_id=0)
            return OrderRejected(rejected, refused.reason, refused.text, refused.symbol)
        if isinstance(command, MassCancel):
            return MassCancelRejected(3, command.account_id, command.cl_ord_id, refused.reason, refused.text)
        assert not isinstance(command, NewList)
        ids = command.cl_ord_id, command.orig_cl_ord_id
        is_replace = isinstance(command, ReplaceOrder)
        return CancelRejected(3, command.account_id, *ids, is_replace, refused.reason, refused.text)


class FakeGate:
    """Stands for ``actors.door.Door``: the password is ``demo``."""

    def __init__(self) -> None:
        self.directory = directory()
        second = msgspec.structs.replace(SESSION, session_id=4, comp_id="TRADR2", username="TRADR2")
        self.directory.apply(second)
        self.ports = {session.comp_id: FakePort(session, self.directory) for session in (SESSION, second)}
        self.asked: list[dict[str, Any]] = []
        self.slow: trio.Event | None = None
        self.secret = b""
        """With one, clients are challenged to sign by HMAC-SHA-256."""

    @property
    def port(self) -> FakePort:
        return self.ports["TRADR1"]

    async def admit(
        self, *, connection: Connection, password: str, comp_id: str, challenge: PortChallenge, **details: Any
    ) -> FakePort:
        self.asked.append({"comp_id": comp_id, **details})
        if self.slow is not None:
            with trio.CancelScope(shield=True):
                await self.slow.wait()
        port = self.ports.get(comp_id)
        if port is None or password != "demo":
            raise LogonRefused("unknown session or wrong credentials")
        if port.connection is not None:
            raise SessionUnavailable("the session is already logged on")
        if self.secret:
            _, signed = await challenge(port)  # type: ignore[arg-type]
            if not hmac.compare_digest(hmac.digest(self.secret, signed.payload, "sha256"), signed.signature):
                raise LogonRefused("unknown session or wrong credentials")
        port.connection = connection
        return port


class Venue:
    """An acceptor on a loopback port, and what stands behind it."""

    def __init__(self, acceptor: BinaryAcceptor, gate: FakeGate, port_number: int) -> None:
        self.acceptor = acceptor
        self.gate = gate
        self.port_number = port_number
        self.observed: list[tuple[str, dict[str, Any]]] = []
        self.scope = trio.CancelScope()

    @property
    def port(self) -> FakePort:
        return self.gate.port

    async def until(self, condition: Any) -> None:
        """Lets the others run until ``condition()`` is true."""
        with trio.fail_after(60):
            while not condition():
                await trio.lowlevel.checkpoint()


@contextlib.asynccontextmanager
async def venue(settings: BinarySettings | None = None) -> AsyncIterator[Venue]:
    gate = FakeGate()
    observed: list[tuple[str, dict[str, Any]]] = []
    acceptor = BinaryAcceptor(
        gate,  # type: ignore[arg-type]
        settings or BinarySettings(),
        lambda event, **details: observed.append((event, details)),
    )
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        at = Venue(acceptor, gate, listeners[0].socket.getsockname()[1])
        at.observed = observed
        nursery.start_soon(_serve, at, listeners)
        yield at
        at.scope.cancel()


async def _serve(at: Venue, listeners: list[trio.SocketListener]) -> None:
    with at.scope:
        await at.acceptor.serve(listeners)
