"""Children for the runtime's tests, and a log of what a supervisor tells about them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import trio

from actors.runtime import Actor, Cell, ChildSpec, Crash, Dispatcher, Mailbox, Supervisor, SupervisorFailed


class Poison(Exception):
    """Raised by a child because a message told it to."""


class Echo(Actor[str]):
    """Appends its name and each message to the log; a message that begins with "poison" raises."""

    def __init__(self, name: str, log: list[str]) -> None:
        self._name = name
        self._log = log

    def on_batch(self, batch: Iterator[str]) -> None:
        for message in batch:
            if message.startswith("poison"):
                raise Poison(message)
            self._log.append(f"{self._name}: {message}")


class Worker:
    """A service: logs its life and mail; "crash" raises, "return" returns, a stop request ends it after `linger_s`."""

    def __init__(self, name: str, log: list[str], linger_s: float = 0) -> None:
        self._name = name
        self._log = log
        self._linger_s = linger_s
        self._stop = trio.Event()

    async def run(self, mailbox: Mailbox[str], task_status: trio.TaskStatus[None]) -> None:
        self._log.append(f"{self._name} up")
        task_status.started()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._wait_for_stop, nursery.cancel_scope)
                await self._read(mailbox)
                nursery.cancel_scope.cancel()
        except* Poison:
            raise Poison(self._name) from None
        finally:
            self._log.append(f"{self._name} down")

    def request_stop(self) -> None:
        self._stop.set()

    async def _wait_for_stop(self, scope: trio.CancelScope) -> None:
        await self._stop.wait()
        await trio.sleep(self._linger_s)
        self._log.append(f"{self._name} finished")
        scope.cancel()

    async def _read(self, mailbox: Mailbox[str]) -> None:
        while True:
            batch = await mailbox.receive()
            for place, message in enumerate(batch):
                if message in ("crash", "return"):
                    mailbox.put_back(batch[place + 1 :])
                    if message == "return":
                        return
                    raise Poison(message)
                self._log.append(f"{self._name}: {message}")


@dataclass
class World:
    """A dispatcher, the log, and the children made so far."""

    dispatcher: Dispatcher = field(default_factory=Dispatcher)
    log: list[str] = field(default_factory=list)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    boxes: dict[str, Mailbox[str]] = field(default_factory=dict)

    def observe(self, event: str, /, **fields: object) -> None:
        self.events.append((event, fields))

    def seen(self, *events: str) -> list[str]:
        """The observed events of these kinds, as "event child"."""
        return [f"{event} {fields.get('child')}" for event, fields in self.events if event in events]

    def actor(self, name: str, rebuild: Callable[[], Awaitable[None]] | None = None, **options: Any) -> ChildSpec[str]:
        mailbox: Mailbox[str] = self.dispatcher.mailbox(name, depth_max=100)
        self.boxes[name] = mailbox

        async def start() -> Actor[str]:
            if rebuild is not None:
                await rebuild()
            self.log.append(f"{name} up")
            return Echo(name, self.log)

        return ChildSpec(name=name, start=start, mailbox=mailbox, **options)

    def worker(self, name: str, linger_s: float = 0, **options: Any) -> ChildSpec[str]:
        mailbox: Mailbox[str] = Mailbox(name, depth_max=100)
        self.boxes[name] = mailbox

        async def start() -> Worker:
            return Worker(name, self.log, linger_s)

        return ChildSpec(name=name, start=start, mailbox=mailbox, **options)

    def dispatch(self) -> ChildSpec[Any]:
        """The dispatcher itself as a child."""

        async def start() -> Dispatcher:
            return self.dispatcher

        return ChildSpec(name="dispatcher", start=start)


class Recorder(Actor[int]):
    """Keeps the batches that it is handed, and calls `on_message` for each message."""

    def __init__(self, on_message: Callable[[int], None] | None = None) -> None:
        self.batches: list[list[int]] = []
        self._on_message = on_message

    def on_batch(self, batch: Iterator[int]) -> None:
        mine: list[int] = []
        self.batches.append(mine)
        for message in batch:
            mine.append(message)
            if self._on_message is not None:
                self._on_message(message)

    @property
    def messages(self) -> list[int]:
        return [message for batch in self.batches for message in batch]


def place(
    dispatcher: Dispatcher, name: str, actor: Actor[int], on_crash: Callable[[Crash[int]], None] | None = None
) -> Mailbox[int]:
    mailbox: Mailbox[int] = dispatcher.mailbox(name, depth_max=1000)
    Cell.of(mailbox).install(actor, on_crash)
    return mailbox


def fail_on(poison: int) -> Callable[[int], None]:
    def check(message: int) -> None:
        if message == poison:
            raise ValueError(f"poison {message}")

    return check


def causes(error: BaseException) -> list[BaseException]:
    """What caused it, and what caused that, and so on."""
    chain: list[BaseException] = []
    while error.__cause__ is not None:
        error = error.__cause__
        chain.append(error)
    return chain


async def failure_of(root: Supervisor, provoke: Callable[[], Awaitable[None]] | None = None) -> SupervisorFailed:
    """Runs the tree, provokes its failure, and returns it."""
    with trio.fail_after(60):
        try:
            async with root.running():
                if provoke is not None:
                    await provoke()
                await trio.sleep_forever()
        except SupervisorFailed as error:
            return error
    raise AssertionError("unreachable")
