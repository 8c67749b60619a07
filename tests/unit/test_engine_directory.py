"""Reference data folded from events, found by id and by name."""

from __future__ import annotations

import msgspec
from engine_builders import image, instrument, opened_session

from engine.directory import FEES_ACCOUNT_ID, Directory
from engine.events import (
    AccountBlocked,
    AccountOpened,
    InstrumentListed,
    InstrumentStatusChanged,
    OrderAccepted,
    TradingPhaseChanged,
)
from engine.fold import VenueState
from engine.types import InstrumentStatus, TradingPhase

BTC = instrument()
ETH = instrument(symbol_id=2, symbol="ETH/BTC", base="ETH", quote="BTC", status=InstrumentStatus.HALTED)


def known() -> Directory:
    directory = Directory()
    for event in (InstrumentListed(BTC), InstrumentListed(ETH), AccountOpened(2, "A", "F"), opened_session(5)):
        directory.apply(event)
    return directory


def test_everything_is_found_by_id_and_by_name() -> None:
    directory = known()
    assert directory.instrument(1) == directory.instrument_named("BTC/USDT") == BTC
    assert directory.account(2) == directory.account_named("A") == AccountOpened(2, "A", "F")
    assert directory.session(5) == directory.session_keyed("FIX.4.4", "C5", "VENUE") == opened_session(5)
    assert directory.instrument_named("BTC") is None
    assert directory.account_named("B") is None
    assert directory.session_keyed("FIX.4.2", "C5", "VENUE") is None
    assert directory.assets == ["BTC", "ETH", "USDT"]


def test_ids_go_on_where_they_stand() -> None:
    assert (Directory().next_symbol_id(), Directory().next_session_id()) == (1, 1)
    assert Directory().next_account_id() == FEES_ACCOUNT_ID + 1
    directory = known()
    assert (directory.next_symbol_id(), directory.next_account_id(), directory.next_session_id()) == (3, 3, 6)


def test_an_operators_status_outlives_changed_rules() -> None:
    directory = known()
    assert directory.statuses == {1: InstrumentStatus.ACTIVE, 2: InstrumentStatus.HALTED}
    directory.apply(InstrumentStatusChanged(1, InstrumentStatus.MAINTENANCE, "op"))
    directory.apply(InstrumentListed(msgspec.structs.replace(BTC, min_notional=7)))
    assert directory.statuses[1] is InstrumentStatus.MAINTENANCE
    assert directory.instrument(1).min_notional == 7


def test_accounts_are_blocked_and_unblocked() -> None:
    directory = known()
    directory.apply(AccountBlocked(2, True, "op"))
    assert directory.blocked == {2}
    directory.apply(AccountBlocked(2, False, "op"))
    directory.apply(AccountBlocked(2, False, "op"))
    assert directory.blocked == set()


def test_other_events_change_nothing() -> None:
    directory = known()
    before = directory.state()
    directory.apply(OrderAccepted(image()))
    assert directory.state() == before


def test_the_venue_begins_with_its_fees_account() -> None:
    state = VenueState()
    assert state.directory.account(FEES_ACCOUNT_ID).name == "FEES"
    assert state.totals() == {}
    assert state.digest() == VenueState().digest()


def test_accounts_firms_are_known() -> None:
    directory = known()
    assert directory.firms == {2: "F"}
    directory.apply(AccountOpened(3, "B", "G"))
    directory.apply(AccountOpened(2, "A", "H"))
    assert directory.firms == {2: "H", 3: "G"}


def test_the_phase_is_the_one_listed_until_another_begins() -> None:
    directory = known()
    assert directory.phases == {1: TradingPhase.CONTINUOUS, 2: TradingPhase.CONTINUOUS}
    before = directory.state()
    directory.apply(TradingPhaseChanged(1, TradingPhase.CLOSED, 0))
    directory.apply(InstrumentListed(BTC))
    assert directory.phases == {1: TradingPhase.CLOSED, 2: TradingPhase.CONTINUOUS}
    assert directory.state() != before
