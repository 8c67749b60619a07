"""A cell holds one actor, runs it over a batch of its mail, and says precisely what happened when it raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import length_hint
from typing import Any, Generic, Protocol, TypeVar

from actors.runtime.actor import Actor
from actors.runtime.exceptions import ChildSpecError
from actors.runtime.mailbox import Mailbox

M = TypeVar("M")


@dataclass(frozen=True)
class Crash(Generic[M]):
    """An actor raised. Its cell is parked, and what it had not begun with is back at the front of its mailbox."""

    error: Exception
    poison: M | None
    """The message that was being handled, which is not put back; None when the actor was between messages."""
    put_back: int
    """How many messages of the batch went back."""


OnCrash = Callable[[Crash[M]], None]


class Scheduler(Protocol):
    """What a cell needs of its dispatcher."""

    @property
    def failed(self) -> bool: ...

    def schedule(self, cell: Cell[Any]) -> None: ...

    def fail(self, error: Exception) -> None: ...

    def pump(self, budget: int | None = None) -> bool: ...


class Cell(Generic[M]):
    """One actor's place in the dispatcher. Parked, it gathers mail and isn't run; it is parked until it has an actor.

    The counters are plain integers, to be read by a collector: `batches`, `messages` (begun with, so a poison message
    counts) and `crashes`.
    """

    __slots__ = ("_actor", "_on_crash", "batches", "crashes", "mailbox", "messages", "parked", "queued", "scheduler")

    def __init__(self, scheduler: Scheduler, name: str, depth_max: int) -> None:
        self.scheduler = scheduler
        self.mailbox: Mailbox[M] = Mailbox(name, depth_max, reader=self)
        self.parked = True
        self.queued = False
        self.batches = 0
        self.messages = 0
        self.crashes = 0
        self._actor: Actor[M] | None = None
        self._on_crash: OnCrash[M] | None = None

    @classmethod
    def of(cls, mailbox: Mailbox[M] | None) -> Cell[M]:
        """The cell that reads `mailbox`. Raises `ChildSpecError` when no dispatcher made it."""
        if mailbox is None or not isinstance(mailbox.reader, cls):
            raise ChildSpecError("an actor needs a mailbox made by Dispatcher.mailbox")
        return mailbox.reader

    @property
    def name(self) -> str:
        return self.mailbox.name

    @property
    def actor(self) -> Actor[M] | None:
        return self._actor

    def install(self, actor: Actor[M], on_crash: OnCrash[M] | None = None) -> None:
        """Gives the cell its actor and resumes it. Without `on_crash` an exception fails the whole dispatcher."""
        self._actor = actor
        self._on_crash = on_crash
        self.resume()

    def remove(self) -> None:
        """Parks the cell and lets go of its actor; the mail stays."""
        self.parked = True
        self._actor = None
        self._on_crash = None

    def park(self) -> None:
        """Mail gathers and nothing is run until `resume`."""
        self.parked = True

    def resume(self) -> None:
        """Runs the actor again, beginning with the mail that has gathered. Raises `ChildSpecError` without an actor."""
        if self._actor is None:
            raise ChildSpecError(f"cell {self.name!r} has no actor to run")
        self.parked = False
        if len(self.mailbox):
            self.on_mail()

    def on_mail(self) -> None:
        """The mailbox's call when its first message comes."""
        if not self.parked and not self.queued:
            self.queued = True
            self.scheduler.schedule(self)

    def run(self, limit: int) -> int:
        """Runs the actor over up to `limit` messages; how much of the dispatcher's budget that took (at least 1)."""
        self.queued = False
        actor = self._actor
        if self.parked or actor is None:
            return 0
        mailbox = self.mailbox
        batch = mailbox.take(limit)
        messages = iter(batch)
        self.batches += 1
        try:
            actor.on_batch(messages)
        except Exception as error:
            return self._crash(batch, messages, error)
        except BaseException:
            # Someone stops the program: nobody restarts this actor, and no mail is lost meanwhile.
            self.parked = True
            self._give_back(batch, messages)
            raise
        left = length_hint(messages)
        if left:
            return self._give_back(batch, messages) or 1
        self.messages += len(batch)
        return len(batch)

    def _give_back(self, batch: list[M], messages: Iterator[M]) -> int:
        """Puts what is left of `batch` back; how many messages of it were consumed."""
        rest = list(messages)
        consumed = len(batch) - len(rest)
        self.messages += consumed
        self.mailbox.restore(rest, consumed)
        return consumed

    def _crash(self, batch: list[M], messages: Iterator[M], error: Exception) -> int:
        self.parked = True
        self.crashes += 1
        between = _has_ended(messages)
        consumed = self._give_back(batch, messages)
        poison = batch[consumed - 1] if consumed and not between else None
        try:
            if self._on_crash is None:
                raise error
            self._on_crash(Crash(error, poison, len(batch) - consumed))
        except Exception as unsupervised:
            self.scheduler.fail(unsupervised)
        return consumed or 1


def _has_ended(messages: Iterator[object]) -> bool:
    """Whether the iterator of a list has raised StopIteration, which the last item's delivery alone doesn't do.

    Its reduction has three parts (callable, arguments, index) until then, and two after.
    """
    reduced = messages.__reduce__()
    return len(reduced) == 2
