"""System tests: the venue as a subprocess on free loopback ports, with a data directory of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from quickfix_fixtures import extended, extended_pair, pair, quickfix, quickfix_extended, standard
from venue_process import DEMO, MakeVenue, VenueProcess

__all__ = ["extended", "extended_pair", "pair", "quickfix", "quickfix_extended", "standard"]

_VENUES = pytest.StashKey[list[VenueProcess]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever the venue said belongs to a failure's report."""
    report = yield
    if report.failed:
        for venue in item.stash.get(_VENUES, []):
            report.sections.append((f"venue {venue.data_dir.name}", venue.output))
    return report


@pytest.fixture
def make_venue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeVenue]:
    """Venues of this test alone, started; ``make_venue(JOURNAL__DURABILITY="fsync")`` sets settings."""
    venues: list[VenueProcess] = []
    request.node.stash[_VENUES] = venues

    def make(data_dir: Path | None = None, config: Path = DEMO, **settings: str) -> VenueProcess:
        directory = data_dir or tmp_path / f"venue{len(venues)}"
        venue = VenueProcess(directory, {"JOURNAL__DURABILITY": "os", **settings}, config=config)
        venues.append(venue)
        venue.start()
        return venue

    yield make
    for venue in venues:
        venue.close()


@pytest.fixture(scope="module")
def module_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    """One venue for a module's tests, which keep to their own symbols and ClOrdIDs."""
    venue = VenueProcess(tmp_path_factory.mktemp("system") / "venue", {"JOURNAL__DURABILITY": "os"})
    venue.start()
    yield venue
    venue.close()


@pytest.fixture
def shared_venue(request: pytest.FixtureRequest, module_venue: VenueProcess) -> VenueProcess:
    """The module's venue; its output is shown where this test fails."""
    request.node.stash[_VENUES] = [module_venue]
    return module_venue
