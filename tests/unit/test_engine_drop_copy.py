"""Drop copies in the record: who is told of what under which number; nobody takes others' orders as its own."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import msgspec
import pytest
from engine_builders import changed, genesis, image, instrument, opened_session
from session_journal import seqs
from stamped_reports import report_at, reports_of

from actors.journal import JournalActor, OutNumbers
from actors.messages import Outcome
from actors.runtime import Mailbox
from engine import events as ev
from engine.drop_copy import DropCopies
from engine.fold import VenueState
from engine.reports import Copied, Report, collect_reports, copied
from engine.session import SessionState
from engine.session_profile import Rights, SessionProfile
from engine.types import CancelReason, OrdStatus, UpdateCause
from engine.wire import decode_record, encode_record
from tradeengine.dump import Describer


def session(session_id: int, firm: str, **profile: Any) -> ev.SessionOpened:
    return msgspec.structs.replace(opened_session(session_id), firm=firm, profile=SessionProfile(**profile))


def reader(session_id: int, firm: str, *firms: str, rights: int = Rights.DROP_COPY) -> ev.SessionOpened:
    return session(session_id, firm, rights=rights, copies_of=firms)


# ---- who reads whom ------------------------------------------------------------------------------------------------


def test_a_drop_copy_reads_its_own_firm_unless_it_names_others() -> None:
    sessions = [session(1, "A"), session(2, "B"), session(3, "C"), reader(7, "A"), reader(8, "CLEARER", "A", "B")]
    copies = DropCopies(sessions)
    assert copies.any
    assert [copies.of(session_id) for session_id in (1, 2, 3, 0)] == [(7, 8), (8,), (), ()]


def test_nobody_reads_itself_but_a_firms_readers_read_one_another() -> None:
    both = Rights.TRADE | Rights.DROP_COPY
    copies = DropCopies([reader(7, "A", rights=both), reader(8, "A", rights=both)])
    assert (copies.of(7), copies.of(8)) == ((8,), (7,))


def test_it_follows_what_is_opened_changed_and_removed() -> None:
    copies = DropCopies([session(1, "A")])
    assert not copies.any
    copies.follow(reader(7, "A"))
    assert (copies.any, copies.of(1)) == (True, (7,))
    copies.follow(session(2, "A"))
    assert copies.of(2) == (7,)
    copies.follow(session(2, "B"))
    assert copies.of(2) == ()
    copies.follow(ev.SessionRemoved(1))
    assert copies.of(1) == (7,)  # its orders may still be open
    copies.follow(session(7, "A"))  # without the right
    assert (copies.any, copies.of(1)) == (False, ())
    copies.follow(reader(7, "A"))
    copies.follow(ev.SessionRemoved(7))
    assert (copies.any, copies.of(1)) == (False, ())


def test_of_a_removed_session_the_firm_is_known_after_a_restart() -> None:
    assert DropCopies([reader(7, "A")], past=[session(1, "A")]).of(1) == (7,)


# ---- what is copied ------------------------------------------------------------------------------------------------

MINE, OTHERS = image("a"), image("b", session_id=2, order_id=9)
TRADE = ev.TradeExecuted(1, 5, 5, MINE, OTHERS, 0, 0)


def test_reports_about_orders_and_trades_are_copied_and_answers_are_not() -> None:
    events: list[ev.Event] = [
        ev.OrderAccepted(MINE),
        ev.CancelRejected(1, 2, "x", "a", False, 1, "no"),
        TRADE,
        ev.OrderRejected(OTHERS, 1, "no"),
        ev.MassCancelCompleted(7, 2, 3, "m", 0, 0, 5),
        ev.OrderUpdated(MINE, UpdateCause.PEG),
        ev.TradeBusted(1, 5, 5, OTHERS, MINE, 0, 0, "op", "error"),
    ]
    assert copied(events) == [1, 0, 1, 2, 2, 0, 2, 1]


def test_a_copy_holds_the_original_under_the_drop_copys_own_number() -> None:
    record = ev.Record(5, 1, 0, 0, [4, 9, 3], [TRADE, ev.OrderAccepted(MINE)], copies=(7, 0, 20, 8, 0, 1, 7, 2, 21))
    into: defaultdict[int, list[Report]] = defaultdict(list)
    collect_reports(40, record, into)
    first, resting, last = Report(4, 40, 0, 5, TRADE, MINE), Report(9, 40, 1, 5, TRADE, OTHERS, True), into[1][1]
    assert into == {
        1: [first, last],
        2: [resting],
        7: [Report(20, 40, 0, 5, Copied(1, first), None), Report(21, 40, 2, 5, Copied(1, last), None)],
        8: [Report(1, 40, 0, 5, Copied(1, first), None)],
    }
    assert [(to, report.number) for to, report in reports_of(40, record)] == [
        (1, 4), (2, 9), (1, 3), (7, 20), (8, 1), (7, 21),
    ]  # fmt: skip


def test_records_without_copies_are_as_they_were() -> None:
    plain = msgspec.msgpack.decode(encode_record(ev.Record(5, 1, 0, 0, [4], [ev.OrderAccepted(MINE)])))
    assert plain.pop() == []
    assert decode_record(msgspec.msgpack.encode(plain)).copies == ()


# ---- a drop copy's own state ---------------------------------------------------------------------------------------


def told(state: SessionState, seq: int, record: ev.Record) -> list[Report]:
    into: defaultdict[int, list[Report]] = defaultdict(list)
    collect_reports(seq, record, into)
    mine = into[state.opened.session_id]
    state.apply_reports(mine)
    return mine


def test_it_takes_numbers_and_nobodys_orders() -> None:
    state = SessionState(reader(7, "FIRM"))
    told(state, 3, ev.Record(5, 1, 0, 0, [4], [ev.OrderAccepted(MINE)], copies=(7, 0, 1)))
    told(state, 6, ev.Record(5, 1, 0, 0, [9, 5], [TRADE], copies=(7, 0, 4, 7, 1, 5)))  # 2 and 3 were heartbeats
    assert (seqs(state.sent), state.out_next) == ([3, 0, 0, 6, 6], 6)
    assert (state.orders, state.open) == ({}, {})


def test_who_trades_too_has_its_own_reports_before_its_copies() -> None:
    state = SessionState(reader(1, "FIRM", rights=Rights.TRADE | Rights.DROP_COPY))
    trade = ev.TradeExecuted(1, 5, 5, OTHERS, MINE, 0, 0)
    record = ev.Record(5, 2, 0, 0, [80, 3], [trade], copies=(1, 0, 4))
    state.out_next = 3
    state.sent.skip_to(3)
    told(state, 6, record)
    assert state.open == {MINE.order_id: MINE}
    own, copy = (report_at(state, number, record) for number in (3, 4))
    assert own is not None
    assert copy is not None
    assert (own.order, own.resting) == (MINE, True)
    assert copy.event == Copied(2, Report(80, 6, 0, 5, trade, OTHERS))


def test_each_number_is_read_again_also_in_a_new_epoch() -> None:
    state = SessionState(reader(7, "FIRM"))
    records = {3: ev.Record(5, 1, 0, 0, [9, 5], [TRADE], copies=(7, 0, 1, 7, 1, 2))}
    first = told(state, 3, records[3])
    assert [report_at(state, number, records[3]) for number in (1, 2)] == first
    reset = ev.Record(6, 0, 0, 0, [1], [ev.SessionLoggedOn(7, 1, True, 2, 1, 2)])
    told(state, 4, reset)
    assert seqs(state.sent) == [0, 3, 3]
    again = [report_at(state, number, records[3]) for number in (2, 3)]
    assert again == [msgspec.structs.replace(report, number=report.number + 1) for report in first]


# ---- stamped by the journal ----------------------------------------------------------------------------------------

TRADERS, READERS = (1, 2, 3), (4, 5, 6)


class Stamping:
    """A journal's actor, and sessions that come, change and go."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.numbers = {n: OutNumbers(1) for n in (*TRADERS, *READERS)}
        self.publisher: Mailbox[Any] = Mailbox("publisher", 1000)
        traders = [session(n, "FIRM") for n in TRADERS]
        self.start = genesis([instrument()], {2: {}, 3: {}}, traders)
        self.actor = JournalActor(len(self.start) + 1, 1, self.numbers, lambda: 5, self.publisher, DropCopies(traders))
        self.actor.bind(self)
        self.there: set[int] = set()
        self.orders = 0

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        self.actor.on_durable(first_seq + len(payloads) - 1)

    def step(self) -> None:
        dice = self.random.random()
        events: list[ev.Event] = self._order()
        if dice < 0.15:
            n = self.random.choice(READERS)
            self.there.add(n)
            events = [reader(n, "FIRM", *self.random.choice([(), ("FIRM",), ("OTHER",), ("FIRM", "X")]))]
        elif dice < 0.2 and self.there:
            events = [ev.SessionRemoved(self.there.pop())]
        elif dice < 0.3:
            events = [session(self.random.choice(TRADERS), self.random.choice(["FIRM", "X"]))]
        self.actor.on_batch(iter([Outcome(0, 0, 0, events)]))
        self.actor.flush()

    def _order(self) -> list[ev.Event]:
        self.orders += 1
        order = image(f"o{self.orders}", session_id=self.random.choice(TRADERS), order_id=self.orders)
        gone = changed(order, leaves_qty=0, status=OrdStatus.CANCELED)
        return [ev.OrderAccepted(order), ev.OrderCanceled(gone, CancelReason.OPERATOR)]

    def records(self) -> list[tuple[int, ev.Record]]:
        """Those of the start, and what has been written since, as it is read."""
        written = [(entry.seq, decode_record(encode_record(entry.record))) for entry in self.publisher.take()]
        return [*enumerate(self.start, 1), *written]


@pytest.mark.parametrize("seed", range(20))
def test_numbers_have_no_gap_and_the_fold_has_them_as_they_were_given(seed: int) -> None:
    world = Stamping(seed)
    for _ in range(60):
        world.step()
    state = VenueState()
    given: defaultdict[int, list[int]] = defaultdict(list)
    for seq, record in world.records():
        state.apply(seq, record)
        for to, report in reports_of(seq, record):
            given[to].append(report.number)
    assert given.keys() & set(READERS)
    for session_id, numbers in given.items():
        assert numbers == list(range(1, len(numbers) + 1))
        assert world.numbers[session_id].next == state.sessions[session_id].out_next == len(numbers) + 1
        assert session_id in TRADERS or not (state.sessions[session_id].open or state.sessions[session_id].orders)


def test_a_dump_says_who_was_told_of_what() -> None:
    describer = Describer()
    for session_id in (1, 2):
        describer.follow(ev.Record(5, 0, 0, 0, [], [opened_session(session_id)]))
    describer.follow(ev.Record(5, 0, 0, 0, [], [reader(7, "FIRM")]))
    record = ev.Record(5, 1, 0, 0, [9, 5], [TRADE], copies=(7, 0, 4, 7, 1, 5))
    assert describer.describe(6, record)["copies"] == [
        {"session": "FIX.4.4:C7", "report": 0, "outbound": 4},
        {"session": "FIX.4.4:C7", "report": 1, "outbound": 5},
    ]
    assert next(describer.lines(6, record)).endswith(" copy FIX.4.4:C7 0 4 copy FIX.4.4:C7 1 5")
    assert "copies" not in describer.describe(7, ev.Record(5, 1, 0, 0, [9], [ev.OrderAccepted(MINE)]))
