"""What a changed configuration means for instruments that the journal knows already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from venue_in_process import BTC_USDT, settings

from config.reference import InstrumentConfig
from config.trading import ProtectionConfig, ScheduleEntry
from engine.directory import CONFIGURATION, Directory
from engine.events import Event, InstrumentListed, InstrumentStatusChanged
from engine.types import SCALE, InstrumentStatus, TradingPhase
from tradeengine.seed import ConfigurationConflict, events_for


class Venue:
    """A directory that has been started with a configuration, again and again."""

    def __init__(self, directory: Path) -> None:
        self.settings = settings(directory)
        self.directory = Directory()
        self.start()

    def start(self) -> list[Event]:
        """What the configuration adds."""
        events = events_for(self.settings, self.directory, lambda count: bytes(count))
        for event in events:
            self.directory.apply(event)
        return events

    def configure(self, **changes: Any) -> None:
        """Change the first instrument's entry."""
        first, *others = self.settings.instruments
        entries = [msgspec.structs.replace(first, **changes), *others]
        self.settings = msgspec.structs.replace(self.settings, instruments=entries)

    def operate(self, **changes: Any) -> None:
        """An operator changes the first instrument."""
        changed = msgspec.structs.replace(self.directory.instrument(BTC_USDT), **changes)
        self.directory.apply(InstrumentListed(changed, "ann"))


@pytest.fixture
def venue(tmp_path: Path) -> Venue:
    return Venue(tmp_path)


def test_a_new_instrument_says_that_the_configuration_listed_it(venue: Venue) -> None:
    extra = msgspec.structs.replace(venue.settings.instruments[0], symbol="SOL/USDT", base="SOL")
    venue.settings = msgspec.structs.replace(venue.settings, instruments=[*venue.settings.instruments, extra])
    (event,) = venue.start()
    assert event == InstrumentListed(extra.to_instrument(3), CONFIGURATION)
    assert venue.start() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"taker_fee": 1},
        {"tick_size": SCALE},
        {"lot_size": SCALE // 10_000},
        {"protection": ProtectionConfig(collar_rate=SCALE // 20)},
        {"schedule": [ScheduleEntry(at="09:30", phase=TradingPhase.CONTINUOUS, days=[1, 2])]},
        {"schedule": [ScheduleEntry(at="09:30", phase=TradingPhase.CLOSED)], "holidays": ["2026-12-25"]},
        {"orders_per_side_max": 5},
        {"orders_per_account_max": 5},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_changed_rule_is_an_event_once(venue: Venue, changes: dict[str, Any]) -> None:
    venue.configure(**changes)
    (event,) = venue.start()
    assert isinstance(event, InstrumentListed)
    assert (event.instrument.symbol_id, event.operator) == (BTC_USDT, CONFIGURATION)
    for name in changes:
        assert getattr(InstrumentConfig.of(event.instrument), name) == changes[name]
    assert venue.start() == []


@pytest.mark.parametrize(
    "changes",
    [{"status": InstrumentStatus.HALTED}, {"phase": TradingPhase.CLOSED}, {"reference_px": 5 * SCALE}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_an_instrument_begins_with_is_not_the_configurations_any_more(
    venue: Venue, changes: dict[str, Any]
) -> None:
    venue.configure(**changes)
    assert venue.start() == []


def test_what_an_operator_changed_stays_while_the_configuration_does(venue: Venue) -> None:
    venue.operate(tick_size=SCALE // 1000, orders_per_side_max=7)
    assert venue.start() == []
    assert venue.directory.instrument(BTC_USDT).orders_per_side_max == 7


def test_a_configuration_that_changes_is_in_force_as_it_is(venue: Venue) -> None:
    venue.operate(taker_fee=1, orders_per_side_max=7)
    venue.configure(taker_fee=2)
    (event,) = venue.start()
    assert isinstance(event, InstrumentListed)
    assert (event.instrument.taker_fee, event.instrument.orders_per_side_max) == (2, 0)
    assert venue.start() == []


def test_a_configuration_that_comes_to_say_what_an_operator_did_is_noted(venue: Venue) -> None:
    venue.operate(taker_fee=1)
    venue.configure(taker_fee=1)
    assert len(venue.start()) == 1
    venue.operate(taker_fee=3)
    assert venue.start() == []
    assert venue.directory.instrument(BTC_USDT).taker_fee == 3


def test_an_instrument_that_is_delisted_is_left_alone(venue: Venue) -> None:
    venue.directory.apply(InstrumentStatusChanged(BTC_USDT, InstrumentStatus.DELISTED, "ann"))
    venue.configure(taker_fee=1)
    assert venue.start() == []


def test_an_instrument_that_is_listed_again_by_other_rules_keeps_them(venue: Venue) -> None:
    venue.directory.apply(InstrumentStatusChanged(BTC_USDT, InstrumentStatus.DELISTED, "ann"))
    other = msgspec.structs.replace(venue.directory.instrument(BTC_USDT), symbol_id=9, quote="USD", tick_size=SCALE)
    venue.directory.apply(InstrumentListed(other, "ann"))
    assert venue.start() == []
    assert venue.directory.instrument_named("BTC/USDT") == other


def test_an_instrument_that_an_operator_listed_is_the_configurations_once_it_is_named_there(venue: Venue) -> None:
    config = msgspec.structs.replace(venue.settings.instruments[0], symbol="SOL/USDT", base="SOL")
    venue.directory.apply(InstrumentListed(msgspec.structs.replace(config, taker_fee=9).to_instrument(3), "ann"))
    venue.settings = msgspec.structs.replace(venue.settings, instruments=[*venue.settings.instruments, config])
    assert venue.start() == [InstrumentListed(config.to_instrument(3), CONFIGURATION)]
    assert venue.start() == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quote": "USD"}, "BTC/USDT.quote is USD in the configuration and USDT in the journal"),
        (
            {"tick_size": SCALE // 10**6, "lot_size": SCALE, "min_qty": SCALE},
            "BTC/USDT.tick_size: 0.000001 is not allowed while orders rest by the present rules",
        ),
    ],
)
def test_a_contradiction_is_refused(venue: Venue, changes: dict[str, Any], text: str) -> None:
    venue.configure(**changes)
    with pytest.raises(ConfigurationConflict, match=text.replace(".", r"\.")):
        venue.start()


def test_an_account_or_session_that_an_operator_opened_is_the_same_in_the_configuration(venue: Venue) -> None:
    directory = venue.directory
    for event in (directory.account(2), directory.session(1)):
        directory.apply(msgspec.structs.replace(event, operator="ann"))
    assert venue.start() == []
