"""An order's whole way in the log, at level debug only: what came in and what was journaled, under one correlation id.

The id is ``session:cl_ord_id``, which both sides know. Nothing of this is there, and nothing is paid, at other levels:
the port and the publisher are tapped from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from actors.boundary import Connection
from actors.door import Gate, PortChallenge
from actors.messages import Entry, ToPublisher
from actors.port import SessionPort
from actors.publisher import PublisherActor
from actors.signatures import SignedLogon
from engine.commands import ClientCommand, NewList, RejectCommand
from engine.directory import Directory
from engine.events import Event, Record, TradeBusted, TradeCorrected, TradeExecuted
from engine.image import OrderImage

Log = Callable[..., object]


def correlation_id(directory: Directory, session_id: int, cl_ord_id: str) -> str:
    """``FIX.4.4:BROKER1:order-17``: what names an order, from the gateway to its last report."""
    session = directory.session_ever(session_id)
    name = f"{session.protocol}:{session.comp_id}" if session is not None else "venue"
    return f"{name}:{cl_ord_id}"


class TracedGate:
    """A :class:`Gate` whose ports tell of every command that is submitted."""

    def __init__(self, gate: Gate, log: Log) -> None:
        self.directory = gate.directory
        self._gate = gate
        self._log = log

    async def admit(
        self,
        *,
        protocol: str,
        comp_id: str,
        target_comp_id: str,
        username: str,
        password: str,
        connection: Connection,
        remote: str,
        signed: SignedLogon | None = None,
        certificate: str = "",
        challenge: PortChallenge | None = None,
    ) -> SessionPort:
        port = await self._gate.admit(
            protocol=protocol,
            comp_id=comp_id,
            target_comp_id=target_comp_id,
            username=username,
            password=password,
            connection=connection,
            remote=remote,
            signed=signed,
            certificate=certificate,
            challenge=challenge,
        )
        self._tap(port)
        return port

    async def change_password(self, session_id: int, old: str, new: str) -> None:
        await self._gate.change_password(session_id, old, new)

    def _tap(self, port: SessionPort) -> None:
        submit = SessionPort.submit.__get__(port)

        def traced(commands: list[ClientCommand]) -> None:
            for command in commands:
                inner = command.command if isinstance(command, RejectCommand) else command
                for one in inner.legs if isinstance(inner, NewList) else [inner]:
                    order = correlation_id(self.directory, one.session_id, one.cl_ord_id)
                    self._log("command_received", order=order, command=type(inner).__name__)
            submit(commands)

        port.submit = traced  # type: ignore[method-assign]


def trace_outcomes(publisher: PublisherActor, log: Log) -> None:
    """Have ``publisher`` tell of every durable event about an order, before its reports leave."""
    on_batch = publisher.on_batch

    def traced(batch: Iterator[ToPublisher]) -> None:
        on_batch(_told(batch, publisher.directory, log))

    publisher.on_batch = traced  # type: ignore[method-assign]


def _told(batch: Iterator[ToPublisher], directory: Directory, log: Log) -> Iterator[ToPublisher]:
    for entry in batch:
        if isinstance(entry, Entry) and entry.record is not None:
            _tell(entry.seq, entry.record, directory, log)
        yield entry


def _tell(seq: int, record: Record, directory: Directory, log: Log) -> None:
    for event in record.events:
        for session_id, cl_ord_id, status in _subjects(event):
            order = correlation_id(directory, session_id, cl_ord_id)
            log("outcome_durable", order=order, outcome=type(event).__name__, sequence=seq, status=status)


def _subjects(event: Event) -> list[tuple[int, str, str]]:
    """Session, ClOrdID and order status of each order or request that the event is about."""
    if isinstance(event, TradeExecuted | TradeBusted | TradeCorrected):
        return [_of(event.aggressor), _of(event.resting)]
    order = getattr(event, "order", None)
    if isinstance(order, OrderImage):
        return [_of(order)]
    cl_ord_id = getattr(event, "cl_ord_id", "")
    return [(getattr(event, "session_id", 0), cl_ord_id, "")] if cl_ord_id else []


def _of(order: OrderImage) -> tuple[int, str, str]:
    return order.terms.session_id, order.terms.cl_ord_id, order.status.name
