"""What a supervisor is told about its children, and what it tells about them."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from actors.runtime.actor import Actor, Service
from actors.runtime.mailbox import Mailbox

M = TypeVar("M")


class Restart(enum.Enum):
    """When a child that has exited is started again."""

    PERMANENT = "permanent"
    """Always."""
    TRANSIENT = "transient"
    """After an exception only."""
    TEMPORARY = "temporary"
    """Never, and its failure touches no other child."""


class Strategy(enum.Enum):
    """Which children are started again when one has failed."""

    ONE_FOR_ONE = "one_for_one"
    """That child."""
    REST_FOR_ONE = "rest_for_one"
    """That child and those that were started after it."""
    ONE_FOR_ALL = "one_for_all"
    """All of them."""


@dataclass(frozen=True, slots=True)
class ChildExit:
    """A child's end that its supervisor did not ask for."""

    name: str
    error: Exception | None
    """None when a service returned."""
    poison: object | None = None
    """The message that an actor was handling, when there was one."""


class Observer(Protocol):
    """Hears of every start, exit, restart and stop; a structured logger's method will do.

    Events and their fields, beside `supervisor` and `child`: `child_started`; `child_exited` (`error`, `poison`);
    `child_restarted` (`restarts`); `child_start_failed` (`error`); `child_replaced` (by `on_exhausted`);
    `child_stopped` (`in_time`, `depth`: the mail left, `error`: what it raised while it stopped);
    `callback_failed` (`callback`, `error`); `supervisor_failed` (`reason`). It must not raise.
    """

    def __call__(self, event: str, /, **fields: object) -> None: ...


def unobserved(event: str, /, **fields: object) -> None:
    """The observer that takes no notice."""


@dataclass(frozen=True, kw_only=True)  # without slots: CPython 3.11 can't make `ChildSpec[M](...)` of a class with them
class ChildSpec(Generic[M]):
    """How one child is started, restarted, replaced and stopped. It outlives the child's crashes, with the mail."""

    name: str
    """Unique among the supervisor's children."""
    start: Callable[[], Awaitable[Actor[M] | Service[M]]]
    """Makes the child, on start and on every restart; it may take its time to rebuild state."""
    mailbox: Mailbox[M] | None = None
    """An actor needs one that `Dispatcher.mailbox` made. A service may do without."""
    restart: Restart = Restart.PERMANENT
    on_poison: Callable[[M, Exception], None] | None = None
    """Answers for the message that crashed an actor, before anything else happens; that message is never retried."""
    on_exhausted: Callable[[], Awaitable[Actor[M] | Service[M]]] | None = None
    """Makes the replacement of a child that has used up its restarts. Such a child's restarts are counted by itself."""
    on_exit: Callable[[ChildExit], None] | None = None
    """Hears of each end that the supervisor did not ask for."""
    shutdown_s: float = 5.0
    """How many seconds a stopping child may take to finish its work (an actor: its mail) before it is cancelled."""
