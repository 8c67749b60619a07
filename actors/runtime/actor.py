"""The two kinds of child that a supervisor runs: actors, which never wait, and services, which do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar, runtime_checkable

import trio

from actors.runtime.mailbox import Mailbox

M = TypeVar("M")


class Actor(ABC, Generic[M]):
    """A handler of message batches that never waits: a function of its state and the batch, run by a dispatcher.

    It needs no task of its own, so a hundred thousand actors are a hundred thousand objects.
    """

    __slots__ = ()

    @abstractmethod
    def on_batch(self, batch: Iterator[M]) -> None:
        """Handles the messages of `batch`, oldest first, consuming each as it begins with it.

        When it raises, the message consumed last is the one that it was handling, and those still in the iterator go
        back into the mailbox; so what a message brings about (what it tells to others) has to leave with that message.
        A raise after the iterator has ended blames no message. A return before the end leaves the rest of the batch
        for the next call, which comes after every other actor with mail: so is long work cut into chunks.
        """


class Service(Protocol[M]):
    """A child that waits for sockets, disks or time, and so runs in a task of its own."""

    async def run(self, mailbox: Mailbox[M], task_status: trio.TaskStatus[None]) -> None:
        """Calls `task_status.started()` when those that start after it may rely on it, and serves until cancelled."""


@runtime_checkable
class Stoppable(Protocol):
    """A service that can be asked to finish by itself. One that can't is cancelled at once when its time has come."""

    def request_stop(self) -> None:
        """Makes `run` return soon, of its own accord, with its work brought to an end."""
