"""Supervisors after Erlang/OTP: ordered start, reverse stop, restart strategies with an intensity, escalation."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import groupby
from types import MappingProxyType
from typing import Any

import trio

from actors.runtime.child import Child
from actors.runtime.exceptions import (
    ChildSpecError,
    ChildStartFailed,
    SupervisorFailed,
    SupervisorNotRunning,
    is_fatal,
)
from actors.runtime.mailbox import Mailbox
from actors.runtime.parking import Parking
from actors.runtime.spec import ChildExit, ChildSpec, Observer, Restart, Strategy, unobserved


class Supervisor:
    """Starts its children in order, restarts those that fail, stops them in reverse order.

    When one child fails, `strategy` says which are restarted. When that happens more than `intensity` times within
    `period_s` seconds the supervisor gives up: it stops its children and raises `SupervisorFailed`. A child that has an
    `on_exhausted` counts its restarts by itself and is replaced instead. A mailbox overflow is never restarted away.

    It is itself a service, so a supervisor supervises supervisors: see `as_child`. Stopped by `request_stop` it gives
    each child its `shutdown_s`; cancelled, it cancels them, one after another, in the same order. It can be run again.
    """

    def __init__(
        self,
        name: str,
        children: Iterable[ChildSpec[Any]] = (),
        *,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        intensity: int = 3,
        period_s: float = 5.0,
        observer: Observer = unobserved,
    ) -> None:
        self.name = name
        self.strategy = strategy
        self.intensity = intensity
        self.period_s = period_s
        self.restarts = 0
        """Restarts of children so far, those that a strategy drew in included."""
        self._observe = observer
        self._children: dict[str, Child] = {}
        self._history: deque[float] = deque()
        self._exits: deque[tuple[Child, ChildExit]] = deque()
        self._parking = Parking()
        self._nursery: trio.Nursery | None = None
        self._changing: trio.CancelScope | None = None
        self._stopping = False
        self._stopped: trio.Event | None = None
        for spec in children:
            self._add(spec)

    @property
    def children(self) -> Mapping[str, Child]:
        """The children by name, in the order of their start."""
        return MappingProxyType(self._children)

    def walk(self) -> Iterator[tuple[str, Child]]:
        """Every child of the tree below, as (name of its supervisor, child), for a metrics collector."""
        for child in self._children.values():
            yield self.name, child
            if isinstance(child.service, Supervisor):
                yield from child.service.walk()

    def as_child(self, *, restart: Restart = Restart.PERMANENT, shutdown_s: float = math.inf) -> ChildSpec[Any]:
        """The specification under which another supervisor runs this one."""

        async def start() -> Supervisor:
            return self

        return ChildSpec(name=self.name, start=start, restart=restart, shutdown_s=shutdown_s)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Supervisor]:
        """Runs the tree around a block: started when the block is entered, stopped gracefully when it is left.

        Raises `SupervisorFailed` when the tree fails; the block is cancelled then.
        """
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(self.run)
                try:
                    yield self
                finally:
                    with trio.CancelScope(shield=True):
                        await self.stop()
        except BaseExceptionGroup as group:
            if len(group.exceptions) == 1:
                raise group.exceptions[0] from group.exceptions[0].__cause__
            raise

    async def run(
        self, mailbox: Mailbox[Any] | None = None, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Runs the children until it is asked to stop. Raises `SupervisorFailed`; the mailbox is not used."""
        failure: SupervisorFailed | None = None
        graceful = True
        self._stopping = False
        self._stopped = trio.Event()
        self._exits.clear()
        self._history.clear()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                with trio.CancelScope() as self._changing:
                    await self._start_all(nursery)
                self._changing = None
                task_status.started()
                await self._supervise(nursery)
            except SupervisorFailed as error:
                failure = error
                self._observe("supervisor_failed", supervisor=self.name, child=error.child, reason=error.reason)
            except BaseException:
                graceful = False
                raise
            finally:
                self._stopping = True
                try:
                    if graceful:
                        await self._stop_children(self._children.values(), graceful=True, drain=True)
                finally:
                    # Whatever still lives, after a cancellation, perhaps amid a graceful stop.
                    with trio.CancelScope(shield=True):
                        await self._stop_children(self._children.values(), graceful=False, drain=False)
                    self._nursery = None
                    self._stopped.set()
        if failure is not None:
            raise failure from failure.__cause__

    def request_stop(self) -> None:
        """Makes `run` stop the children, in reverse order, each with its `shutdown_s`, and return."""
        self._stopping = True
        if self._changing is not None:
            self._changing.cancel()
        self._parking.wake()

    async def stop(self) -> None:
        """Requests the stop and waits until every child has stopped."""
        self.request_stop()
        if self._stopped is not None:
            await self._stopped.wait()

    async def start_child(self, spec: ChildSpec[Any]) -> Child:
        """Adds a child to the running supervisor, after the others: a connection's session, or an account that is new.

        Raises `SupervisorNotRunning`, `ChildSpecError` when the name is taken, and `ChildStartFailed`; the child has
        not been added then. All but temporary children are started again whenever the supervisor itself is.
        """
        nursery = self._nursery
        if nursery is None or self._stopping:
            raise SupervisorNotRunning(self.name)
        child = self._add(spec)
        try:
            await child.start(nursery)
        except BaseException:
            child.leaving = True
            with trio.CancelScope(shield=True):
                await child.stop(0)
            self._forget(child)
            raise
        return child

    async def stop_child(self, name: str) -> None:
        """Stops the child, within its `shutdown_s`, and forgets it. Raises `ChildSpecError` when there is none."""
        child = self._children.get(name)
        if child is None:
            raise ChildSpecError(f"{self.name}: no child {name!r}")
        child.leaving = True
        await child.stop(child.spec.shutdown_s, drain=True)
        self._forget(child)

    def _add(self, spec: ChildSpec[Any]) -> Child:
        if spec.name in self._children:
            raise ChildSpecError(f"{self.name}: two children are named {spec.name!r}")
        child = Child(spec, self.name, self._observe, self._on_exit)
        self._children[spec.name] = child
        return child

    def _forget(self, child: Child) -> None:
        if self._children.get(child.name) is child:
            del self._children[child.name]

    def _keeps(self, child: Child) -> bool:
        return self._children.get(child.name) is child and not child.leaving

    def _on_exit(self, child: Child, ended: ChildExit) -> None:
        """Called synchronously, where the child ended."""
        if child.spec.restart is Restart.TEMPORARY:
            self._forget(child)
            if not is_fatal(ended.error):
                return
        self._exits.append((child, ended))
        self._parking.wake()

    async def _start_all(self, nursery: trio.Nursery) -> None:
        for child in list(self._children.values()):
            child.replaced = False
            child.history.clear()
            try:
                await child.start(nursery)
            except ChildStartFailed as error:
                raise SupervisorFailed(self.name, child.name, "failed to start") from error

    async def _supervise(self, nursery: trio.Nursery) -> None:
        while not self._stopping:
            if not self._exits:
                await self._parking.park()
                continue
            child, ended = self._exits.popleft()
            if is_fatal(ended.error):
                raise SupervisorFailed(self.name, child.name, "a mailbox overflowed") from ended.error
            normal = ended.error is None and child.spec.restart is Restart.TRANSIENT
            revived = child.incarnation is not None  # by a strategy, since it ended
            if normal or revived or not self._keeps(child):
                continue
            with trio.CancelScope() as self._changing:
                await self._restart(child, ended.error, nursery)
            self._changing = None

    async def _restart(self, failed: Child, reason: Exception | None, nursery: trio.Nursery) -> None:
        """Restarts the group that goes down with `failed`, again and again if need be, until it runs or gives up."""
        while True:
            self._count_restart(failed, reason)
            group = self._group(failed)
            await self._stop_children(group, graceful=True, drain=False)
            failure = await self._start_again(group, nursery)
            if failure is None:
                return
            failed, reason = failure

    async def _start_again(self, group: list[Child], nursery: trio.Nursery) -> tuple[Child, ChildStartFailed] | None:
        """Starts the stopped `group` in order; the first that couldn't be started, and why."""
        for child in group:
            if not self._keeps(child):
                continue
            try:
                await child.start(nursery)
            except ChildStartFailed as error:
                if is_fatal(error):
                    raise SupervisorFailed(self.name, child.name, "a mailbox overflowed") from error
                if self._keeps(child):
                    return child, error
                continue
            child.restarts += 1
            self.restarts += 1
            child.report("child_restarted", restarts=child.restarts)
        return None

    def _count_restart(self, child: Child, reason: Exception | None) -> None:
        """Counts a restart within the period. Past the allowed number: replaces the child, or raises."""
        own = child.spec.on_exhausted is not None
        history = child.history if own else self._history
        now = trio.current_time()
        while history and now - history[0] > self.period_s:
            history.popleft()
        if len(history) < self.intensity:
            history.append(now)
        elif own and not child.replaced:
            history.clear()
            child.replaced = True
            child.report("child_replaced")
        else:
            raise SupervisorFailed(
                self.name, child.name, f"more than {self.intensity} restarts in {self.period_s} s"
            ) from reason

    def _group(self, failed: Child) -> list[Child]:
        children = list(self._children.values())
        match self.strategy:
            case Strategy.ONE_FOR_ONE:
                return [failed]
            case Strategy.REST_FOR_ONE:
                return children[children.index(failed) :]
            case Strategy.ONE_FOR_ALL:
                return children

    async def _stop_children(self, children: Iterable[Child], *, graceful: bool, drain: bool) -> None:
        """Stops them in reverse order; neighbours that are temporary, which depend on nobody, all at once."""

        async def stop(child: Child) -> None:
            await child.stop(child.spec.shutdown_s if graceful else 0, drain=drain)
            if child.spec.restart is Restart.TEMPORARY:
                self._forget(child)

        newest_first = reversed(list(children))
        for restart, neighbours in groupby(newest_first, key=lambda child: child.spec.restart):
            if restart is Restart.TEMPORARY:
                async with trio.open_nursery() as together:
                    for child in neighbours:
                        together.start_soon(stop, child)
            else:
                for child in neighbours:
                    await stop(child)
