"""A seeded simulation of a whole tree: senders, two layers of actors, a service, and crashes everywhere.

Whatever happens, every message ends exactly once: stored, answered as the poison of one crash, or refused by a
replacement. And what travels the same way in the same lane arrives in the order in which it was sent.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

import pytest
import trio
import trio._core._run as trio_run
import trio.testing

from actors.runtime import Actor, ChildSpec, Dispatcher, Mailbox, Restart, Strategy, Supervisor

SENDERS = 5
MESSAGES = 60
WIDTH = 3


class Message(NamedTuple):
    sender: int
    number: int
    account: int
    book: int
    first: bool

    @property
    def way(self) -> tuple[int, int, int, bool]:
        return self.sender, self.account, self.book, self.first


class Crashed(Exception):
    """The simulation's own failure."""


def forward(mailbox: Mailbox[Message], message: Message) -> None:
    (mailbox.tell_first if message.first else mailbox.tell)(message)


class Stage(Actor[Message]):
    """Forwards each message; raises before one, in the middle of one, or after the last one, by the dice."""

    def __init__(self, simulation: "Simulation", onward: Callable[[Message], Mailbox[Message]]) -> None:
        self._simulation = simulation
        self._onward = onward

    def on_batch(self, batch: Iterator[Message]) -> None:
        dice = self._simulation.dice
        if dice.random() < 0.01:
            raise Crashed("before the batch")
        for message in batch:
            if dice.random() < 0.02:
                raise Crashed(f"in {message}")
            forward(self._onward(message), message)
            if dice.random() < 0.05:
                return
        if dice.random() < 0.01:
            raise Crashed("after the batch")


class Refusing(Actor[Message]):
    """What takes the place of a stage that has used up its restarts."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation

    def on_batch(self, batch: Iterator[Message]) -> None:
        self._simulation.refused.extend(batch)


class Store:
    """A service that stores its batch as a whole after a while, and puts it back when it is ended before that."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation

    async def run(self, mailbox: Mailbox[Message], task_status: trio.TaskStatus[None]) -> None:
        dice = self._simulation.dice
        task_status.started()
        while True:
            batch = await mailbox.receive()
            stored = False
            try:
                await trio.sleep(dice.random())
                if dice.random() < 0.05:
                    raise Crashed("disk")
                self._simulation.stored.extend(batch)
                stored = True
            finally:
                if not stored:
                    mailbox.restore(batch, handled=0)


class Simulation:
    """One seeded world. `run` returns what an observer saw and where every message ended."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.dispatcher = Dispatcher(budget=self.dice.choice([1, 3, 50]))
        self.trace: list[tuple[object, ...]] = []
        self.sent: list[Message] = []
        self.stored: list[Message] = []
        self.answered: list[Message] = []
        self.refused: list[Message] = []
        self.turns = 0
        self.dispatcher.after_turn.append(self._count_turn)
        bound = SENDERS * MESSAGES
        self.store: Mailbox[Message] = Mailbox("store", bound)
        self.books: list[Mailbox[Message]] = [self.dispatcher.mailbox(f"book {i}", bound) for i in range(WIDTH)]
        self.accounts: list[Mailbox[Message]] = [self.dispatcher.mailbox(f"account {i}", bound) for i in range(WIDTH)]
        self.root = self._tree()

    def run(self) -> None:
        trio.run(self._main, clock=trio.testing.MockClock(autojump_threshold=0))

    def _count_turn(self) -> None:
        self.turns += 1

    def _tree(self) -> Supervisor:
        async def dispatch() -> Dispatcher:
            return self.dispatcher

        async def store() -> Store:
            return Store(self)

        async def refuse() -> Refusing:
            return Refusing(self)

        books = [self._stage(box, lambda _: self.store, on_exhausted=refuse) for box in self.books]
        accounts = [self._stage(box, lambda message: self.books[message.book]) for box in self.accounts]
        group = self.dice.choice(list(Strategy))
        return Supervisor(
            "root",
            [
                ChildSpec(name="dispatcher", start=dispatch),
                ChildSpec(name="store", start=store, mailbox=self.store),
                self._group("books", books, Strategy.ONE_FOR_ONE),
                self._group("accounts", accounts, group),
            ],
            strategy=Strategy.REST_FOR_ONE,
            intensity=1_000_000,
            observer=self._observe,
        )

    def _group(self, name: str, specs: list[ChildSpec[Message]], strategy: Strategy) -> ChildSpec[Message]:
        group = Supervisor(name, specs, strategy=strategy, intensity=3, period_s=10, observer=self._observe)
        return group.as_child(shutdown_s=5)

    def _stage(
        self,
        mailbox: Mailbox[Message],
        onward: Callable[[Message], Mailbox[Message]],
        on_exhausted: Callable[[], Awaitable[Actor[Message]]] | None = None,
    ) -> ChildSpec[Message]:
        async def start() -> Stage:
            await trio.sleep(self.dice.random() * 3)
            if trio.current_time() > 20 and self.dice.random() < 0.1:
                raise Crashed("rebuild")
            return Stage(self, onward)

        return ChildSpec(
            name=mailbox.name,
            start=start,
            mailbox=mailbox,
            on_poison=lambda message, _: self.answered.append(message),
            on_exhausted=on_exhausted,
        )

    def _observe(self, event: str, /, **fields: object) -> None:
        self.trace.append((event, fields.get("supervisor"), fields.get("child"), trio.current_time()))

    async def _main(self) -> None:
        with trio.fail_after(100_000):
            async with self.root.running(), trio.open_nursery() as nursery:
                for sender in range(SENDERS):
                    nursery.start_soon(self._send, sender)
                nursery.start_soon(self._connections)
                while self._ended() < SENDERS * MESSAGES:
                    await trio.sleep(10)

    def _ended(self) -> int:
        return len(self.stored) + len(self.answered) + len(self.refused)

    async def _send(self, sender: int) -> None:
        dice = self.dice
        number = 0
        while number < MESSAGES:
            count = min(dice.randint(1, 8), MESSAGES - number)
            batch = [
                Message(sender, n, dice.randrange(WIDTH), dice.randrange(WIDTH), dice.random() < 0.3)
                for n in range(number, number + count)
            ]
            number += count
            self.sent.extend(batch)
            if dice.random() < 0.5:
                with self.dispatcher.turn():
                    self._tell(batch)
            else:
                self._tell(batch)
                if dice.random() < 0.5:
                    self.dispatcher.pump()
            await trio.sleep(dice.random() * 8)

    def _tell(self, batch: list[Message]) -> None:
        for message in batch:
            forward(self.accounts[message.account], message)

    async def _connections(self) -> None:
        """Temporary children that come, fail and go beside the rest."""

        class Connection:
            async def run(self, mailbox: Mailbox[Message], task_status: trio.TaskStatus[None]) -> None:
                task_status.started()
                await trio.sleep(3)
                raise Crashed("connection")

        async def start() -> Connection:
            return Connection()

        for number in range(10):
            await self.root.start_child(
                ChildSpec[Message](name=f"connection {number}", start=start, restart=Restart.TEMPORARY)
            )
            await trio.sleep(self.dice.random() * 4)


def simulate(seed: int) -> Simulation:
    trio_run._r.seed(seed)
    simulation = Simulation(seed)
    simulation.run()
    return simulation


@pytest.fixture(autouse=True)
def _deterministic_scheduling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trio_run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)


@pytest.mark.parametrize("seed", range(40))
def test_no_message_is_lost_or_doubled_and_each_way_keeps_its_order(seed: int) -> None:
    simulation = simulate(seed)
    ended = Counter(simulation.stored + simulation.answered + simulation.refused)
    assert ended == Counter(simulation.sent)
    last: dict[tuple[int, int, int, bool], int] = {}
    for message in simulation.stored:
        assert last.get(message.way, -1) < message.number, f"seed {seed}: {message} came late"
        last[message.way] = message.number
    assert not simulation.dispatcher.failed
    assert simulation.turns > 0


def test_the_simulation_reaches_every_kind_of_failure() -> None:
    events: Counter[str] = Counter()
    restarted: set[str] = set()
    outcomes: Counter[str] = Counter()
    for seed in range(40):
        simulation = simulate(seed)
        events.update(str(event) for event, *_ in simulation.trace)
        restarted.update(str(child) for event, _, child, _ in simulation.trace if event == "child_restarted")
        outcomes["stored"] += len(simulation.stored)
        outcomes["answered"] += len(simulation.answered)
        outcomes["refused"] += len(simulation.refused)
    assert {"child_exited", "child_restarted", "child_start_failed", "child_replaced", "supervisor_failed"} <= set(
        events
    )
    assert {"store", "books", "accounts", "book 0", "account 0"} <= restarted
    assert not {child for child in restarted if child.startswith("connection")}
    assert min(outcomes.values()) > 0


def test_a_seed_gives_the_same_run_every_time() -> None:
    first, second = simulate(7), simulate(7)
    assert first.trace == second.trace
    assert first.stored == second.stored
