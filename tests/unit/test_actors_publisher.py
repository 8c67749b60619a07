"""The publisher: accounts first, then private reports, one message per addressee and batch."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import genesis, image, instrument, opened_session

from actors.messages import Collect, Delivery, Disconnect, Entry, JournalLost, SessionEvent, Settle, ToPublisher
from actors.publisher import LOST, PublisherActor
from actors.runtime import Mailbox
from engine import events as ev
from engine.fold import VenueState, request_id_of
from engine.reports import SILENT, Report
from engine.types import Activation, CancelReason, UpdateCause


class Heard(Mailbox[Any]):
    """A mailbox that notes the order in which everyone is told."""

    __slots__ = ("heard",)

    def __init__(self, name: str, heard: list[tuple[str, Any]]) -> None:
        super().__init__(name, 1000)
        self.heard = heard

    def tell_first(self, message: Any) -> None:
        self.heard.append((self.name, message))


class World:
    def __init__(self) -> None:
        state = VenueState()
        records = genesis([instrument()], {2: {}, 3: {}}, [opened_session(1), opened_session(2)])
        for seq, record in enumerate(records, 1):
            state.apply(seq, record)
        self.heard: list[tuple[str, Any]] = []
        self.lost: list[str] = []
        accounts: dict[int, Mailbox[Any]] = {key: Heard(f"account {key}", self.heard) for key in (1, 2, 3)}
        ports: dict[int, Mailbox[Any]] = {key: Heard(f"port {key}", self.heard) for key in (1, 2)}
        self.actor = PublisherActor(state.directory, accounts, ports, self.lost.append, 10)

    def publish(self, *batch: ToPublisher) -> list[tuple[str, Any]]:
        self.heard.clear()
        self.actor.on_batch(iter(batch))
        return list(self.heard)


def entry(seq: int, *events: ev.Event, session_id: int = 0, out: list[int] | None = None) -> Entry:
    return Entry(seq, ev.Record(1, session_id, 0, 0, out or [], list(events)), None)


BUY, SELL = image("b", account_id=2, session_id=1), image("s", account_id=3, session_id=2)
TRADE = ev.TradeExecuted(1, 5, 5, BUY, SELL, 7, 4)


def test_accounts_hear_before_sessions_and_each_once_a_batch() -> None:
    world = World()
    accepted = ev.OrderAccepted(BUY)
    heard = world.publish(
        entry(11, accepted, TRADE, session_id=1, out=[1, 2, 1]), entry(12, TRADE, session_id=1, out=[3, 2])
    )
    assert [name for name, _ in heard] == ["account 1", "account 2", "account 3", "port 1", "port 2"]
    told = dict(heard)
    assert told["account 1"] == Collect(12, "USDT", 22)
    assert told["account 2"] == Settle(12, [accepted, TRADE, TRADE])
    assert told["account 3"] == Settle(12, [TRADE, TRADE])
    assert [(report.number, report.seq) for report in told["port 1"].reports] == [(1, 11), (2, 11), (3, 12)]
    assert [record.session_id for record in told["port 1"].outcomes] == [1, 1]
    assert (told["port 2"].seq, len(told["port 2"].reports), told["port 2"].outcomes) == (12, 2, [])
    assert world.actor.published_seq == 12
    counters = world.actor.counters
    assert (counters.records, counters.reports, counters.trades) == (2, 5, 2)


def test_what_nobody_is_told_settles_and_reaches_the_port_all_the_same() -> None:
    world = World()
    updated = ev.OrderUpdated(BUY, UpdateCause.HOLD)
    silent = Report(SILENT, 11, 0, 1, updated, BUY)
    heard = world.publish(entry(11, updated))
    assert heard == [("account 2", Settle(11, [updated])), ("port 1", Delivery(11, [], [silent], 1))]
    assert world.actor.counters.reports == 0
    assert world.publish(entry(12, ev.OrderAccepted(BUY), out=[1]))[1][1].silent == 0


def test_silent_reports_keep_their_place_among_those_that_are_told() -> None:
    world = World()
    updated = ev.OrderUpdated(BUY, UpdateCause.PEG)
    heard = dict(world.publish(entry(11, updated, TRADE, updated, out=[1, 1]), entry(12, TRADE, updated, out=[2, 2])))
    assert [report.number for report in heard["port 1"].reports] == [SILENT, 1, SILENT, 2, SILENT]
    assert (heard["port 1"].silent, heard["port 1"].told) == (3, 2)
    assert (heard["port 2"].silent, heard["port 2"].told) == (0, 2)
    assert heard["account 2"].events == [updated, TRADE, updated, TRADE, updated]
    assert world.actor.counters.reports == 4


def test_an_update_of_an_order_that_no_session_owns_reaches_no_port() -> None:
    heard = World().publish(entry(11, ev.OrderUpdated(image(session_id=0), UpdateCause.PEG)))
    assert [name for name, _ in heard] == ["account 2"]


def test_what_the_venue_does_to_an_order_settles_and_is_told() -> None:
    triggered = ev.OrderTriggered(SELL, Activation.TRIGGER)
    heard = World().publish(entry(11, triggered, out=[4]))
    assert heard[0] == ("account 3", Settle(11, [triggered]))
    assert [(report.number, report.event) for report in heard[1][1].reports] == [(4, triggered)]


@pytest.mark.parametrize(
    ("event", "fees"),
    [
        (ev.TradeBusted(1, 5, 5, BUY, SELL, 7, 4, "op", "error"), -11),
        (ev.TradeCorrected(1, 5, 5, BUY, SELL, 8, 4, 4, 5, 7, 4, "op", "error"), 1),
    ],
    ids=["bust", "correction"],
)
def test_a_changed_trade_goes_to_both_parties_and_the_fees_account_pays_the_difference(
    event: ev.Event, fees: int
) -> None:
    world = World()
    heard = world.publish(entry(11, event, out=[1, 1]))
    settled = Settle(11, [event])
    assert heard[:3] == [("account 1", Collect(11, "USDT", fees)), ("account 2", settled), ("account 3", settled)]
    assert [name for name, _ in heard[3:]] == ["port 1", "port 2"]
    assert world.actor.counters.trades == 0


def test_a_trade_with_oneself_settles_once() -> None:
    heard = World().publish(entry(11, ev.TradeExecuted(1, 5, 5, BUY, BUY, 0, 0), session_id=1, out=[1, 2]))
    assert [name for name, _ in heard] == ["account 2", "port 1"]
    assert len(dict(heard)["port 1"].reports) == 2


@pytest.mark.parametrize(
    "event",
    [ev.SessionLoggedOut(2, 1, 1, True), ev.NumbersReserved(2, 50), ev.TradingDayRolled("d"), opened_session(2)],
    ids=lambda event: str(type(event).__name__),
)
def test_a_session_event_keeps_its_place_among_deliveries_and_accounts_still_hear_first(event: ev.Event) -> None:
    accepted = ev.OrderAccepted(BUY)
    heard = World().publish(
        entry(11, accepted, session_id=1, out=[1]), entry(12, event), entry(13, accepted, session_id=1, out=[2])
    )
    to = [1, 2] if isinstance(event, ev.TradingDayRolled) else [2]
    assert [(name, type(message), message.seq) for name, message in heard] == [
        ("account 2", Settle, 11),
        ("port 1", Delivery, 11),
        *((f"port {n}", SessionEvent, 12) for n in to),
        ("account 2", Settle, 13),
        ("port 1", Delivery, 13),
    ]


def test_a_mass_cancels_parts_go_to_its_account() -> None:
    request_id = request_id_of(3, 1)
    requested = ev.MassCancelRequested(request_id, 1, 3, "m", 0, 0, [1], CancelReason.MASS_CANCEL)
    part = ev.MassCancelPartDone(request_id, 1, 0)
    completed = ev.MassCancelCompleted(request_id, 1, 3, "m", 0, 0, 0)
    heard = World().publish(entry(11, requested, session_id=1), entry(12, part), entry(13, completed, out=[1]))
    assert heard[0] == ("account 3", Settle(13, [requested, part, completed]))
    assert [name for name, _ in heard] == ["account 3", "port 1"]


def test_what_no_session_sent_is_reported_to_none() -> None:
    heard = World().publish(entry(11, ev.OrderCanceled(image(session_id=0), CancelReason.OPERATOR), out=[0]))
    assert [name for name, _ in heard] == ["account 2"]


def test_a_refusal_for_an_account_that_does_not_exist_settles_with_nobody() -> None:
    rejected = ev.OrderRejected(image(account_id=0), 15, "unknown account")
    assert [name for name, _ in World().publish(entry(11, rejected, session_id=1, out=[1]))] == ["port 1"]


def test_callbacks_come_after_everyone_has_been_told() -> None:
    world = World()
    calls: list[tuple[int, int]] = []

    def done(seq: int) -> None:
        calls.append((seq, len(world.heard)))

    deposited = ev.Record(1, 0, 0, 0, [], [ev.Deposited(2, "BTC", 1, "op")])
    world.publish(Entry(11, deposited, done), Entry(11, None, done))
    assert calls == [(11, 1), (11, 1)]
    world.publish(Entry(11, None, done))
    assert calls[2] == (11, 0)
    assert world.actor.published_seq == 11


def test_reference_data_is_known_once_it_is_durable() -> None:
    world = World()
    listed = instrument(symbol_id=9, symbol="NEW/USDT", base="NEW")
    world.publish(entry(11, ev.InstrumentListed(listed)), entry(12, ev.AccountBlocked(2, True, "op")))
    assert world.actor.directory.instrument_named("NEW/USDT") == listed
    assert world.actor.directory.blocked == {2}


def test_when_the_journal_is_lost_every_session_is_told_why() -> None:
    world = World()
    heard = world.publish(JournalLost("disk full"))
    assert heard == [("port 1", Disconnect(LOST)), ("port 2", Disconnect(LOST))]
    assert world.lost == ["disk full"]
