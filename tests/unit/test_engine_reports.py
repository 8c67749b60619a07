"""Who is told of what: the numbers that are stamped and the reports that are made agree."""

from __future__ import annotations

from collections import defaultdict

import pytest
from engine_builders import changed, genesis, image, instrument, opened_session
from stamped_reports import reports_of

from engine import events as ev
from engine.reports import SILENT, Report, addressees, collect_reports
from engine.session_profile import CancelOnDisconnect
from engine.types import Activation, CancelReason, RestateReason, TradingPhase, UpdateCause

MINE, OTHERS = image(session_id=1), image(session_id=2, order_id=9)
TRADE = ev.TradeExecuted(1, 5, 5, MINE, OTHERS, 0, 0)
REPORTED: list[tuple[ev.Event, list[int]]] = [
    (ev.OrderAccepted(MINE), [1]),
    (TRADE, [1, 2]),
    (ev.TradeExecuted(1, 5, 5, MINE, MINE, 0, 0), [1, 1]),
    (ev.OrderCanceled(MINE, CancelReason.REQUESTED, "c"), [1]),
    (ev.OrderExpired(OTHERS, CancelReason.END_OF_DAY), [2]),
    (ev.OrderReplaced(MINE, "a", True), [1]),
    (ev.OrderTriggered(OTHERS, Activation.TRIGGER), [2]),
    (ev.OrderRestated(MINE, RestateReason.SELF_TRADE), [1]),
    (ev.TradeBusted(1, 5, 5, MINE, OTHERS, 0, 0, "op", "error"), [1, 2]),
    (ev.TradeCorrected(1, 5, 5, OTHERS, MINE, 0, 0, 4, 5, 0, 0, "op", "error"), [2, 1]),
    (ev.OrderRejected(MINE, 1, "no"), [1]),
    (ev.CancelRejected(2, 3, "x", "a", False, 1, "no"), [2]),
    (ev.MassCancelCompleted(7, 2, 3, "m", 0, 0, 5), [2]),
    (ev.MassCancelCompleted(7, 0, 3, "", 0, 0, 5), [0]),
    (ev.MassCancelRejected(1, 3, "m", 1, "no"), [1]),
    (ev.SessionLoggedOn(2, 0, False, 1, 1), [2]),
]
UNTOLD: list[ev.Event] = [
    ev.OrderUpdated(MINE, UpdateCause.PEG),
    ev.TradingPhaseChanged(1, TradingPhase.CONTINUOUS, 0),
    ev.AuctionIndicated(1, 5, 5, -1),
    ev.AuctionStarted(1, 5, 5, TradingPhase.CONTINUOUS),
    ev.AuctionEnded(1, TradingPhase.OPENING_AUCTION, 5, 5),
    ev.ReferencePriceSet(1, 5, "op"),
    ev.LimitStateChanged(1, 1, 5, 5),
    ev.BookCanceled(1, "op", CancelReason.OPERATOR),
    ev.MassCancelRequested(7, 1, 2, "m", 0, 0, [1], CancelReason.MASS_CANCEL),
    ev.ListCanceled(7, "L1", 2),
    ev.MassCancelPartDone(7, 1, 2),
    ev.InstrumentListed(instrument()),
    ev.DayOrdersExpired(1, "d"),
    ev.AccountOpened(2, "A", "F"),
    ev.AccountBlocked(2, True, "op"),
    ev.Deposited(2, "BTC", 1, "op"),
    ev.Withdrawn(2, "BTC", 1, "op"),
    opened_session(),
    ev.SessionLoggedOut(1, 1, 1, True),
    ev.SessionConnected(1),
    ev.SessionConfigured(1, CancelOnDisconnect.LOGOUT, 5),
    ev.SessionLapsed(1, True),
    ev.SessionResetRequested(1, "op"),
    ev.SessionRemoved(1, "op"),
    ev.NumbersReserved(1, 9),
    ev.TradingDayRolled("d"),
    ev.StateHashed("x"),
]


@pytest.mark.parametrize(("event", "sessions"), REPORTED, ids=lambda value: type(value).__name__)
def test_each_event_is_reported_to_its_sessions(event: ev.Event, sessions: list[int]) -> None:
    assert addressees([event]) == sessions
    made = reports_of(40, ev.Record(7, 0, 0, 0, list(range(10, 10 + len(sessions))), [event]))
    assert [to for to, _ in made] == sessions
    assert [(r.number, r.seq, r.position, r.time_ns) for _, r in made] == [(10 + n, 40, n, 7) for n in range(len(made))]
    assert all(report.event is event for _, report in made)


@pytest.mark.parametrize("event", UNTOLD, ids=lambda event: type(event).__name__)
def test_other_events_are_reported_to_nobody(event: ev.Event) -> None:
    assert addressees([event]) == []
    assert reports_of(40, ev.Record(7, 0, 0, 0, [], [event])) == []


def test_an_update_makes_a_silent_report_in_its_place() -> None:
    update, theirs = ev.OrderUpdated(MINE, UpdateCause.PEG), ev.OrderUpdated(OTHERS, UpdateCause.TRAIL)
    into: defaultdict[int, list[Report]] = defaultdict(list)
    record = ev.Record(7, 0, 0, 0, [8, 3, 9], [update, TRADE, theirs, update, ev.OrderAccepted(MINE)])
    collect_reports(40, record, into)
    assert [(report.number, report.position) for report in into[1]] == [(SILENT, 0), (8, 0), (SILENT, 2), (9, 2)]
    assert [(report.number, report.order) for report in into[2]] == [(3, OTHERS), (SILENT, OTHERS)]
    assert [(to, report.number, report.position) for to, report in reports_of(40, record)] == [
        (1, 8, 0), (2, 3, 1), (1, 9, 2),
    ]  # fmt: skip


def test_every_event_is_reported_or_silent() -> None:
    covered = {type(event) for event, _ in REPORTED} | {type(event) for event in UNTOLD}
    missing = set(ev.Event.__args__) - covered - {ev.InstrumentStatusChanged}
    assert not missing


@pytest.mark.parametrize(
    "trade",
    [
        TRADE,
        ev.TradeBusted(1, 5, 5, MINE, OTHERS, 0, 0, "op", "error"),
        ev.TradeCorrected(1, 5, 5, MINE, OTHERS, 0, 0, 4, 5, 0, 0, "op", "error"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_trade_and_its_changes_report_to_the_aggressor_then_to_the_resting_order(trade: ev.Event) -> None:
    (_, first), (_, second) = reports_of(1, ev.Record(1, 0, 0, 0, [5, 6], [trade]))
    assert (first.order, first.resting) == (MINE, False)
    assert (second.order, second.resting) == (OTHERS, True)


def test_a_whole_record_takes_its_numbers_in_order() -> None:
    events = [event for event, _ in REPORTED] + UNTOLD
    to = addressees(events)
    record = ev.Record(1, 0, 0, 0, list(range(100, 100 + len(to))), events)
    made = reports_of(3, record)
    assert [session for session, _ in made] == to
    assert [report.number for _, report in made] == record.out
    assert [report.position for _, report in made] == list(range(len(to)))


def test_the_builders_records_make_no_reports() -> None:
    for record in genesis([instrument()], {2: {"BTC": 1}}, [opened_session()]):
        assert addressees(record.events) == []
    assert changed(MINE, session_id=2).session_id == 2
