"""Mailboxes and cells against models that are too simple to be wrong."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.runtime import Actor, Cell, Crash, Dispatcher, Mailbox

OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, 3)),
        st.tuples(st.just("tell_first"), st.integers(0, 3)),
        st.tuples(st.just("take"), st.one_of(st.none(), st.integers(1, 5))),
        st.tuples(st.just("restore"), st.integers(0, 5)),
    ),
    max_size=40,
)


@given(OPERATIONS)
@settings(max_examples=200)
def test_a_mailbox_is_two_queues(operations: list[tuple[str, int | None]]) -> None:
    mailbox: Mailbox[int] = Mailbox("m", depth_max=1000)
    first: list[int] = []
    normal: list[int] = []
    taken: list[int] = []
    taken_first = 0
    number = 0
    for operation, argument in operations:
        match operation:
            case "tell" | "tell_first":
                messages = list(range(number, number + (argument or 0)))
                number += len(messages)
                (first if operation == "tell_first" else normal).extend(messages)
                (mailbox.tell_first_all if operation == "tell_first" else mailbox.tell_all)(messages)
            case "take":
                size = len(first) + len(normal) if argument is None else argument
                taken, taken_first = (first + normal)[:size], min(len(first), size)
                normal = normal[max(0, size - len(first)) :]
                first = first[size:]
                assert mailbox.take(argument) == taken
            case _:
                handled = min(argument or 0, len(taken))
                mailbox.restore(taken[handled:], handled)
                first = taken[handled:taken_first] + first
                normal = taken[max(handled, taken_first) :] + normal
                taken = []
        assert len(mailbox) == len(first) + len(normal)
    assert mailbox.take() == first + normal


class Fragile(Actor[int]):
    """Raises on the messages that it is told to, and leaves the batch early after others."""

    def __init__(self, poisons: set[int], pauses: set[int]) -> None:
        self.handled: list[int] = []
        self._poisons = poisons
        self._pauses = pauses

    def on_batch(self, batch: Iterator[int]) -> None:
        for message in batch:
            if message in self._poisons:
                raise ValueError(message)
            self.handled.append(message)
            if message in self._pauses:
                return


@given(
    sizes=st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=12),
    poisons=st.sets(st.integers(0, 40)),
    pauses=st.sets(st.integers(0, 40)),
    budget=st.integers(1, 8),
)
@settings(max_examples=200)
def test_every_message_is_handled_once_in_its_lanes_order_or_is_the_poison_of_one_crash(
    sizes: list[tuple[bool, int]], poisons: set[int], pauses: set[int], budget: int
) -> None:
    dispatcher = Dispatcher(budget)
    mailbox: Mailbox[int] = dispatcher.mailbox("fragile", depth_max=1000)
    cell = Cell.of(mailbox)
    actor = Fragile(poisons, pauses)
    crashes: list[Crash[int]] = []
    cell.install(actor, crashes.append)
    lanes: dict[bool, list[int]] = {True: [], False: []}
    for is_first, size in sizes:
        start = len(lanes[True]) + len(lanes[False])
        messages = list(range(start, start + size))
        lanes[is_first].extend(messages)
        (mailbox.tell_first_all if is_first else mailbox.tell_all)(messages)
        dispatcher.pump()
        cell.resume()
    while not dispatcher.pump():
        cell.resume()
    while len(mailbox):
        cell.resume()
        dispatcher.pump()
    everything = lanes[True] + lanes[False]
    assert sorted(actor.handled + [crash.poison for crash in crashes if crash.poison is not None]) == sorted(everything)
    assert {crash.poison for crash in crashes} == poisons & set(everything)
    for lane in lanes.values():
        assert [message for message in actor.handled if message in lane] == [m for m in lane if m not in poisons]
    assert (cell.messages, cell.crashes) == (len(everything), len(crashes))
