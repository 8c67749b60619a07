"""One supervised child through all its lives."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from typing import Any

import trio

from actors.runtime.actor import Actor
from actors.runtime.cell import Cell, Crash
from actors.runtime.exceptions import ChildStartFailed, MailboxOverflow
from actors.runtime.incarnation import ActorIncarnation, Incarnation, ServiceIncarnation
from actors.runtime.mailbox import Mailbox
from actors.runtime.spec import ChildExit, ChildSpec, Observer

OnExit = Callable[["Child", ChildExit], None]


class ChildState(enum.Enum):
    """Where a child stands."""

    STARTING = "starting"
    RUNNING = "running"
    CRASHED = "crashed"
    STOPPED = "stopped"


class Child:
    """A child's specification, its present life, and its history. For others to read; its supervisor changes it."""

    __slots__ = (
        "_making",
        "_observe",
        "_on_exit",
        "_supervisor",
        "crashes",
        "history",
        "incarnation",
        "leaving",
        "replaced",
        "restarts",
        "spec",
        "state",
    )

    def __init__(self, spec: ChildSpec[Any], supervisor: str, observer: Observer, on_exit: OnExit) -> None:
        self.spec = spec
        self.state = ChildState.STOPPED
        self.crashes = 0
        self.restarts = 0
        self.replaced = False
        """Whether `on_exhausted`'s replacement has taken its place."""
        self.history: deque[float] = deque()
        """When it was restarted, in trio's seconds, as far back as its own restart period reaches."""
        self.leaving = False
        """Whether its supervisor is letting go of it, so that it isn't restarted."""
        self.incarnation: Incarnation | None = None
        self._making: trio.CancelScope | None = None
        self._supervisor = supervisor
        self._observe = observer
        self._on_exit = on_exit

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def service(self) -> object | None:
        """The service that runs now; None for an actor and for a child that isn't there."""
        return self.incarnation.service if isinstance(self.incarnation, ServiceIncarnation) else None

    async def start(self, nursery: trio.Nursery) -> None:
        """Makes the actor or service and sets it going with the mail that waits. Raises `ChildStartFailed`."""
        self.state = ChildState.STARTING
        make = self.spec.on_exhausted if self.replaced and self.spec.on_exhausted else self.spec.start
        try:
            with trio.CancelScope() as self._making:
                made = await make()
            if self._making.cancel_called:
                raise ChildStartFailed(self._supervisor, self.name)
            if isinstance(made, Actor):
                self._resume(made)
            else:
                await self._launch(made, nursery)
        except Exception as error:
            self.state = ChildState.CRASHED
            self.report("child_start_failed", error=error)
            raise ChildStartFailed(self._supervisor, self.name) from error
        finally:
            self._making = None
        self.report("child_started")

    async def stop(self, grace_s: float, *, drain: bool = False) -> None:
        """Ends the present life, or its making. The mail stays; with `drain` an actor handles it first."""
        if self._making is not None:
            self._making.cancel()
        life = self.incarnation
        if life is not None:
            in_time = await life.stop(grace_s, drain=drain)
            if self.incarnation is life:
                self.incarnation = None
                depth = len(self.spec.mailbox) if self.spec.mailbox is not None else 0
                self.report("child_stopped", in_time=in_time, depth=depth, error=life.error)
        self.state = ChildState.STOPPED

    def report(self, event: str, **fields: object) -> None:
        """Reports an event of this child to the observer."""
        self._observe(event, supervisor=self._supervisor, child=self.name, **fields)

    def _resume(self, actor: Actor[Any]) -> None:
        cell = Cell.of(self.spec.mailbox)
        self.state = ChildState.RUNNING
        self.incarnation = ActorIncarnation(actor, cell, self._crashed)

    async def _launch(self, service: Any, nursery: trio.Nursery) -> None:
        mailbox = self.spec.mailbox if self.spec.mailbox is not None else Mailbox(self.name, depth_max=0)
        life = ServiceIncarnation(service, mailbox, self._ended)
        self.incarnation = life
        error = await life.start(nursery, f"{self._supervisor}/{self.name}")
        if error is not None:
            self.incarnation = None
            raise error
        if self.state is ChildState.STARTING:
            self.state = ChildState.RUNNING

    def _crashed(self, life: Incarnation, crash: Crash[Any]) -> None:
        """In the dispatcher's turn: the sender of the poison message has its answer before anything else happens."""
        error = crash.error
        if crash.poison is not None and self.spec.on_poison is not None:
            overflow = self._call("on_poison", self.spec.on_poison, crash.poison, error)
            error = overflow or error
        self._exit(life, ChildExit(self.name, error, crash.poison))

    def _ended(self, life: Incarnation, error: Exception | None) -> None:
        self._exit(life, ChildExit(self.name, error))

    def _exit(self, life: Incarnation, ended: ChildExit) -> None:
        if ended.error is not None:
            self.crashes += 1
        if self.incarnation is life:
            self.incarnation = None
            self.state = ChildState.CRASHED if ended.error is not None else ChildState.STOPPED
        self.report("child_exited", error=ended.error, poison=ended.poison)
        if self.spec.on_exit is not None:
            self._call("on_exit", self.spec.on_exit, ended)
        self._on_exit(self, ended)

    def _call(self, callback: str, function: Callable[..., None], *arguments: object) -> MailboxOverflow | None:
        """Calls what the specification brought along. Its failure is reported and stays here, but for an overflow."""
        try:
            function(*arguments)
        except Exception as error:
            self.report("callback_failed", callback=callback, error=error)
            return error if isinstance(error, MailboxOverflow) else None
        return None
