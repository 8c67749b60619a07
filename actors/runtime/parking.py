"""A place where one trio task waits until it is woken."""

from __future__ import annotations

import trio


class Parking:
    """Holds at most one waiting task. `wake` costs a test when nobody waits; both must run in trio's thread."""

    __slots__ = ("_task",)

    def __init__(self) -> None:
        self._task: trio.lowlevel.Task | None = None

    async def park(self) -> None:
        """Waits for `wake`. Raises `trio.BusyResourceError` when another task waits here already."""
        if self._task is not None:
            raise trio.BusyResourceError("another task already waits here")
        self._task = trio.lowlevel.current_task()

        def abort(_: object) -> trio.lowlevel.Abort:
            self._task = None
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)

    def wake(self) -> None:
        """Lets the waiting task go on, if there is one."""
        task = self._task
        if task is not None:
            self._task = None
            trio.lowlevel.reschedule(task)
