"""The dispatcher: one run queue of actors with mail, run synchronously, from its own task or from whoever has the turn.

A task that reads a socket tells what it decoded and pumps at once, so that one read flows through every actor that it
concerns in one turn, without a scheduling pass of trio between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import trio

from actors.runtime.cell import Cell
from actors.runtime.exceptions import DispatcherFailed
from actors.runtime.mailbox import Mailbox
from actors.runtime.parking import Parking

M = TypeVar("M")

BUDGET_DEFAULT = 1024


class Dispatcher:
    """Runs actors, each with its whole batch, in the order in which mail came to them.

    `budget` is how many messages are handled before trio's other tasks have their turn. `after_turn` holds the hooks
    that are called, in order, each time the queue has run empty, before `pump` returns; what they tell is pumped as
    well. A hook has to be cheap when it has nothing to do, and must not raise: that fails the dispatcher.

    It is a service: `run` keeps what nobody pumps moving.
    """

    def __init__(self, budget: int = BUDGET_DEFAULT) -> None:
        if budget < 1:
            raise ValueError(f"budget must be at least 1 message, got {budget}")
        self.budget = budget
        self.after_turn: list[Callable[[], None]] = []
        self.batches = 0
        """Batches handed over so far; with `running` this tells a watchdog from outside whether a batch still lasts."""
        self.running: Cell[Any] | None = None
        """The cell whose actor has the turn."""
        self._ready: deque[Cell[Any]] = deque()
        self._parking = Parking()
        self._pumping = False
        self._turns = 0
        self._has_task = False
        self._failure: Exception | None = None
        self._turn = _Turn(self)

    def mailbox(self, name: str, depth_max: int) -> Mailbox[M]:
        """A new mailbox (and cell) for one actor. It gathers mail from now on, until there is an actor to handle it."""
        cell: Cell[M] = Cell(self, name, depth_max)
        return cell.mailbox

    @property
    def ready(self) -> int:
        """How many actors have mail and wait for their turn."""
        return len(self._ready)

    @property
    def failed(self) -> bool:
        """Whether an error that is nobody's has ended it: nothing is run any more."""
        return self._failure is not None

    def pump(self, budget: int | None = None) -> bool:
        """Runs actors until none has mail, and returns True, or until `budget` messages are handled, and returns False.

        What is left then is run by the dispatcher's own task. A call from within a turn (from an actor or a hook)
        returns False at once: what they tell is handled by the turn that runs already.
        """
        if self._pumping or self._failure is not None:
            return False
        left = self.budget if budget is None else budget
        ready = self._ready
        self._pumping = True
        try:
            while True:
                while ready:
                    if left <= 0 or self._failure is not None:
                        return False
                    cell = ready.popleft()
                    self.batches += 1
                    self.running = cell
                    left -= cell.run(left)
                    self.running = None
                self._call_hooks()
                if not ready:
                    return True
        finally:
            self.running = None
            self._pumping = False
            if ready:
                self._parking.wake()

    def run_now(self, mailbox: Mailbox[Any]) -> None:
        """Within a turn: has an actor handle its mail at once, so that what it tells comes before what others will.

        From within a batch or a hook it does nothing: that actor's turn comes.
        """
        if self._pumping or self._failure is not None or not len(mailbox):
            return
        cell = Cell.of(mailbox)
        if cell.queued:
            self._ready.remove(cell)
        self._pumping = True
        self.batches += 1
        self.running = cell
        try:
            cell.run(self.budget)
        finally:
            self.running = None
            self._pumping = False

    def turn(self) -> _Turn:
        """A context in which to tell a socket read's worth of messages; the outermost one pumps when it is left.

        Cheaper than a bare `pump`: the dispatcher's task isn't woken only to find that all is done. Don't await in it.
        """
        return self._turn

    async def run(
        self, mailbox: Mailbox[Any] | None = None, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Pumps, a budget at a time, and parks while there is nothing to do. Raises `DispatcherFailed`."""
        self._has_task = True
        self._failure = None
        try:
            task_status.started()
            while self._failure is None:
                idle = self.pump()
                if self._failure is not None:
                    break
                if idle:
                    await self._parking.park()
                else:
                    await trio.lowlevel.checkpoint()
            raise DispatcherFailed(f"{type(self._failure).__name__} in the dispatcher") from self._failure
        finally:
            self._has_task = False

    def schedule(self, cell: Cell[Any]) -> None:
        """Queues a cell that has mail; its own business, called at most once until it is run."""
        self._ready.append(cell)
        if not self._pumping and not self._turns:
            self._parking.wake()

    def fail(self, error: Exception) -> None:
        """An error that is no supervised child's: ends `run`, or is raised here when nobody runs it.

        It never surfaces in the task that happened to pump, which has nothing to do with it.
        """
        if not self._has_task:
            raise error
        self._failure = error
        self._parking.wake()

    def _call_hooks(self) -> None:
        for hook in self.after_turn:
            try:
                hook()
            except Exception as error:
                self.fail(error)

    def _enter_turn(self) -> None:
        self._turns += 1

    def _leave_turn(self, *, pump: bool) -> None:
        self._turns -= 1
        if self._turns == 0:
            if pump:
                self.pump()
            if self._ready:
                self._parking.wake()


class _Turn:
    """`Dispatcher.turn`'s context; one object serves all turns, since it holds no state of its own."""

    __slots__ = ("_dispatcher",)

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def __enter__(self) -> None:
        self._dispatcher._enter_turn()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dispatcher._leave_turn(pump=kind is None)
