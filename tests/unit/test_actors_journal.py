"""The journal's actor: one sequence, stamped numbers, commits in groups, barriers in their place, failure for good."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from engine_builders import genesis, image, instrument, opened_session

from actors.journal import JournalActor, OutNumbers
from actors.messages import Barrier, Entry, JournalLost, Outcome, ToJournal
from actors.runtime import Mailbox
from engine import events as ev
from engine.fold import VenueState
from engine.types import CancelReason
from engine.wire import decode_record


class World:
    """A journal actor with a log that keeps what it is given, and syncs when it is told to."""

    def __init__(self, next_seq: int = 1, last_time_ns: int = 0) -> None:
        self.publisher: Mailbox[Any] = Mailbox("publisher", 1000)
        self.numbers = {1: OutNumbers(1), 2: OutNumbers(50)}
        self.now_ns = 100
        self.submitted: list[tuple[int, list[ev.Record]]] = []
        self.passed: list[tuple[str, int]] = []
        self.actor = JournalActor(next_seq, last_time_ns, self.numbers, lambda: self.now_ns, self.publisher)
        self.actor.bind(self)

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        self.submitted.append((first_seq, [decode_record(payload) for payload in payloads]))

    def turn(self, *messages: ToJournal) -> None:
        self.actor.on_batch(iter(messages))
        self.actor.flush()

    def note(self, name: str) -> Callable[[int], None]:
        return lambda seq: self.passed.append((name, seq))

    def published(self) -> list[Any]:
        return self.publisher.take()


def outcome(*events: ev.Event, session_id: int = 1) -> Outcome:
    return Outcome(session_id, 4, 5, list(events))


ACCEPTED = ev.OrderAccepted(image("a"))


def test_outcomes_are_sequenced_timed_and_stamped() -> None:
    world = World(next_seq=8)
    trade = ev.TradeExecuted(1, 5, 5, image(session_id=1), image(session_id=2), 0, 0)
    world.turn(outcome(ACCEPTED, trade), outcome(ev.MassCancelCompleted(7, 0, 2, "", 0, 0, 0), session_id=0))
    ((first_seq, (first, second)),) = world.submitted
    assert first_seq == 8
    assert first == ev.Record(100, 1, 4, 5, [1, 2, 50], [ACCEPTED, trade])
    assert second.out == [0]
    assert (world.numbers[1].next, world.numbers[2].next) == (3, 51)
    assert (world.numbers[1].stamped, world.numbers[2].stamped) == (2, 1)
    assert world.actor.next_seq == 10


def test_a_turn_is_one_commit_and_an_empty_turn_is_none() -> None:
    world = World()
    world.actor.on_batch(iter([outcome(ACCEPTED)]))
    world.actor.on_batch(iter([outcome(ACCEPTED)]))
    assert world.submitted == []
    world.actor.flush()
    world.actor.flush()
    assert [(first, len(records)) for first, records in world.submitted] == [(1, 2)]
    world.turn(outcome(ACCEPTED))
    assert [first for first, _ in world.submitted] == [1, 3]
    assert world.actor.commits == 2


def test_time_never_steps_back() -> None:
    world = World(last_time_ns=500)
    world.turn(outcome(ACCEPTED))
    world.now_ns = 600
    world.turn(outcome(ACCEPTED))
    world.now_ns = 550
    world.turn(outcome(ACCEPTED))
    assert [records[0].time_ns for _, records in world.submitted] == [500, 600, 600]


def test_only_what_is_durable_is_published_and_in_order() -> None:
    world = World()
    world.turn(outcome(ACCEPTED), Barrier(world.note("mid")), outcome(ACCEPTED))
    world.turn(outcome(ACCEPTED))
    assert world.published() == []
    world.actor.on_durable(2)
    entries = world.published()
    assert [(entry.seq, entry.record is not None) for entry in entries] == [(1, True), (1, False), (2, True)]
    entries[1].done(entries[1].seq)
    assert world.passed == [("mid", 1)]
    world.actor.on_durable(3)
    assert [entry.seq for entry in world.published()] == [3]
    assert world.published() == []


def test_a_barrier_waits_for_all_before_it_and_passes_at_once_when_there_is_nothing() -> None:
    world = World(next_seq=5)
    world.turn(Barrier(world.note("idle")))
    assert [entry.seq for entry in world.published()] == [4]
    world.turn(outcome(ACCEPTED))
    world.turn(Barrier(world.note("busy")))
    assert world.published() == []
    world.actor.on_durable(5)
    assert [(entry.seq, entry.record is None) for entry in world.published()] == [(5, False), (5, True)]


def test_after_a_failure_nothing_is_sequenced_acknowledged_or_passed() -> None:
    world = World()
    world.turn(outcome(ACCEPTED), Barrier(world.note("before")))
    world.actor.on_failed("disk full")
    world.actor.on_failed("again")
    assert world.published() == [JournalLost("disk full")]
    world.turn(outcome(ACCEPTED), Barrier(world.note("after")))
    world.turn(Barrier(world.note("later")))
    world.actor.on_durable(1)
    assert world.published() == []
    assert len(world.submitted) == 1
    assert world.actor.failed == "disk full"


def test_a_callback_travels_with_its_record() -> None:
    world = World()
    world.turn(Outcome(0, 0, 0, [ev.Deposited(2, "BTC", 1, "op")], world.note("done")))
    world.actor.on_durable(1)
    (entry,) = world.published()
    assert isinstance(entry, Entry)
    assert entry.done is not None
    entry.done(entry.seq)
    assert world.passed == [("done", 1)]


# ---- numbers: what is stamped ahead of the disk agrees with what the fold makes of it -------------------------------


def logged_on(world: World, *, reset: bool) -> ev.SessionLoggedOn:
    return ev.SessionLoggedOn(1, 1, reset, 1, 1 if reset else world.numbers[1].next, 2 if reset else 0)


def test_a_logon_takes_a_number_and_a_reset_leaves_room_for_what_is_sent_again() -> None:
    world = World()
    world.turn(outcome(ACCEPTED), outcome(ACCEPTED))
    world.turn(Outcome(0, 0, 0, [logged_on(world, reset=False)]))
    world.turn(Outcome(0, 0, 0, [logged_on(world, reset=True)]), outcome(ACCEPTED))
    assert [record.out for _, records in world.submitted for record in records] == [[1], [2], [3], [1], [4]]


@pytest.mark.parametrize("seed", range(60))
def test_numbering_agrees_with_the_fold_whatever_happens(seed: int) -> None:
    """A logout's numbers are taken before it is stamped; reports may come between."""
    random = Random(seed)
    state = VenueState()
    records = genesis([instrument()], {2: {"USDT": 1}}, [opened_session(1), opened_session(2)])
    for seq, record in enumerate(records, 1):
        state.apply(seq, record)
    world = World(next_seq=len(records) + 1)
    mine = world.numbers[1]
    world.numbers[2] = OutNumbers(1)
    for step in range(40):
        messages: list[ToJournal] = []
        for n in range(random.randint(1, 3)):
            kind = random.choice(["report", "report", "logout", "logon", "reset", "roll", "allot"])
            if kind == "report":
                rejected = ev.OrderRejected(image(f"o{step}-{n}", order_id=0), 99, "no")
                messages.append(Outcome(1, 0, 0, [rejected]))
            elif kind == "logout":
                confirmed = random.random() < 0.5
                messages.append(Outcome(0, 0, 0, [ev.SessionLoggedOut(1, 1, mine.next, confirmed)]))
            elif kind == "roll":
                messages.append(Outcome(0, 0, 0, [ev.TradingDayRolled("d")]))
            elif kind == "allot":
                mine.next += 1
            else:
                messages.append(Outcome(0, 0, 0, [logged_on(world, reset=kind == "reset")]))
        world.turn(*messages)
    for first_seq, batch in world.submitted:
        for seq, record in enumerate(batch, first_seq):
            state.apply(seq, record)
    session = state.sessions[1]
    assert mine.unconfirmed == len(session.unconfirmed())
    assert mine.next >= session.out_next


def test_reports_between_a_confirmed_logout_and_its_record_are_sent_again() -> None:
    world = World()
    stale = ev.SessionLoggedOut(1, 1, 1, confirmed=True)  # told when 1 was the next number
    world.turn(outcome(ACCEPTED), Outcome(0, 0, 0, [stale]))
    world.turn(
        Outcome(0, 0, 0, [logged_on(world, reset=True)]), outcome(ev.OrderExpired(image(), CancelReason.END_OF_DAY))
    )
    assert [record.out for _, records in world.submitted for record in records] == [[1], [], [1], [3]]
