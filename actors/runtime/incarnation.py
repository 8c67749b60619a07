"""One life of a child, from a start to its exit or stop: of an actor in its cell, or of a service in its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import trio

from actors.runtime.actor import Actor, Service, Stoppable
from actors.runtime.cell import Cell, Crash
from actors.runtime.mailbox import Mailbox


class Incarnation(Protocol):
    """What both kinds have in common."""

    error: Exception | None
    """What it raised before it had started, or while it was stopped."""

    async def stop(self, grace_s: float, *, drain: bool) -> bool:
        """Ends it, after up to `grace_s` seconds to finish; whether it finished in time.

        `drain` is true when its mail should be handled first, since it won't be started again.
        """


class ActorIncarnation:
    """An actor installed in its cell."""

    __slots__ = ("_cell", "_on_crash", "error")

    def __init__(self, actor: Actor[Any], cell: Cell[Any], on_crash: Callable[[Incarnation, Crash[Any]], None]) -> None:
        self._cell = cell
        self._on_crash = on_crash
        self.error: Exception | None = None
        cell.install(actor, self._crashed)

    async def stop(self, grace_s: float, *, drain: bool) -> bool:
        cell = self._cell
        if drain and grace_s > 0:
            with trio.move_on_after(grace_s):
                while len(cell.mailbox) and not cell.parked and not cell.scheduler.failed:
                    cell.scheduler.pump()
                    await trio.lowlevel.checkpoint()
        cell.remove()
        return not drain or not len(cell.mailbox)

    def _crashed(self, crash: Crash[Any]) -> None:
        self._cell.remove()  # frees the broken state before it is rebuilt
        self._on_crash(self, crash)


class ServiceIncarnation:
    """A service's task, and the task status that the service reports itself started to.

    The task is shielded from cancellation from without: its supervisor stops it when its turn in the order has come.
    """

    __slots__ = (
        "_begun",
        "_ended",
        "_mailbox",
        "_on_exit",
        "_ready",
        "_scope",
        "_started",
        "_stopping",
        "error",
        "service",
    )

    def __init__(
        self,
        service: Service[Any],
        mailbox: Mailbox[Any],
        on_exit: Callable[[Incarnation, Exception | None], None],
    ) -> None:
        self.service = service
        self.error: Exception | None = None
        self._mailbox = mailbox
        self._on_exit = on_exit
        self._scope = trio.CancelScope(shield=True)
        self._ready = trio.Event()
        self._ended = trio.Event()
        self._begun = False
        self._started = False
        self._stopping = False

    def started(self, value: None = None) -> None:
        """The service's word that it is ready (`trio.TaskStatus`)."""
        self._started = True
        self._ready.set()

    async def start(self, nursery: trio.Nursery, name: str) -> Exception | None:
        """Runs the service in `nursery` and waits until it is ready; what it raised if it never came so far."""
        nursery.start_soon(self._run, name=name)
        await self._ready.wait()
        return None if self._started else self.error

    async def stop(self, grace_s: float, *, drain: bool) -> bool:
        self._stopping = True
        in_time = True
        if grace_s > 0 and self._begun and isinstance(self.service, Stoppable):
            in_time = await self._finish(self.service, grace_s)
        self._scope.cancel()
        await self._ended.wait()
        return in_time

    async def _finish(self, service: Stoppable, grace_s: float) -> bool:
        with trio.move_on_after(grace_s):
            try:
                service.request_stop()
            except Exception as error:
                self.error = error
                return False
            await self._ended.wait()
        return self._ended.is_set()

    async def _run(self) -> None:
        self._begun = True
        try:
            with self._scope:
                await self.service.run(self._mailbox, self)
        except Exception as error:
            self.error = error
        finally:
            self._ended.set()
            self._ready.set()
        if not self._stopping and (self._started or self.error is None):
            self._on_exit(self, self.error)
