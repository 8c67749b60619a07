"""Fixtures of the tests that QuickFIX drives. A test may not leave QuickFIX with an objection to a message of ours."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from quickfix_broker import IS_OLD, VENUE_DICTIONARIES, VERSIONS, QuickFix, QuickFixBroker, interpreter
from venue_process import VenueProcess

needs_quickfix = pytest.mark.skipif(
    not interpreter(),
    reason="quickfix is not installed: scripts/install-quickfix.sh does; QUICKFIX_PYTHON can name a Python that has it",
)
Pair = list[QuickFixBroker]


@pytest.fixture
def quickfix(tmp_path: Path) -> Iterator[QuickFix]:
    """A process of QuickFIX for this test alone, with QuickFIX's dictionaries."""
    yield from _driver(tmp_path, "")


@pytest.fixture
def quickfix_extended(tmp_path: Path) -> Iterator[QuickFix]:
    """The same with the dictionaries that the venue publishes."""
    yield from _driver(tmp_path, VENUE_DICTIONARIES)


def _driver(directory: Path, dictionaries: Path | str) -> Generator[QuickFix, None, None]:
    brokers = QuickFix(directory / "quickfix", dictionaries)
    try:
        yield brokers
        assert brokers.objections() == []
    finally:
        brokers.close()


def _logged_on(
    begin_string: str, directory: Path, dictionaries: Path | str
) -> Iterator[tuple[VenueProcess, QuickFix, Pair]]:
    venue = VenueProcess(directory / "venue", {"JOURNAL__DURABILITY": "os"})
    driver = _driver(directory, dictionaries)
    brokers = next(driver)
    try:
        venue.start()
        pair = [brokers.broker(comp_id, begin_string) for comp_id in ("BROKER1", "BROKER2")]
        for broker in pair:
            broker.start(venue.ports.fix)
        for broker in pair:
            broker.await_logon()
        yield venue, brokers, pair
    finally:
        driver.close()
        venue.close()


def _cleared(logged_on: tuple[VenueProcess, QuickFix, Pair]) -> Iterator[Pair]:
    _, brokers, pair = logged_on
    yield pair
    for broker in pair:
        broker.clear()
    assert brokers.objections() == []


@pytest.fixture(scope="module", params=VERSIONS)
def standard(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[VenueProcess, QuickFix, Pair]]:
    if request.param == "FIXT.1.1" and IS_OLD:
        pytest.skip("QuickFIX 1.15's dictionary of FIX 5.0 SP2 is too old")
    yield from _logged_on(request.param, tmp_path_factory.mktemp("standard"), "")


@pytest.fixture(scope="module", params=VERSIONS)
def extended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[VenueProcess, QuickFix, Pair]]:
    yield from _logged_on(request.param, tmp_path_factory.mktemp("extended"), VENUE_DICTIONARIES)


@pytest.fixture
def pair(standard: tuple[VenueProcess, QuickFix, Pair]) -> Iterator[Pair]:
    """BROKER1 and BROKER2 with QuickFIX's dictionaries, at the module's venue of that version.

    The books are empty; ClOrdIDs must be others than those of the module's other tests.
    """
    yield from _cleared(standard)


@pytest.fixture
def extended_pair(extended: tuple[VenueProcess, QuickFix, Pair]) -> Iterator[Pair]:
    """The same with the dictionaries that the venue publishes."""
    yield from _cleared(extended)
