"""Every kind of order in the whole venue, and a crash after any record: what was cut short is finished first, nothing is
overdrawn, and the state that goes on is the fold of the journal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from special_market import (
    Continuations,
    Records,
    SpecialMarket,
    assert_settled,
    assert_sound,
    crashed_after,
    entropy,
    special_settings,
    START_NS,
    symbol_of_record,
)
from trio.testing import MockClock
from venue_in_process import Clock, at_rest, check, folded, journaled_reports, records_in, running

STEPS = 150
CRASHES = 6


@pytest.fixture(autouse=True)
def _timers_stand_still(mock_clock: MockClock) -> None:
    """Timers fire when a venue starts and never by themselves, so that a seed is one course of events."""


class Lifetime:
    """One venue's life under load: its journal, and which of its records went on with what was cut short."""

    def __init__(self, directory: Path, seed: int, continuations: Continuations) -> None:
        self.random = Random(seed)
        self.clock = Clock(START_NS)
        self.settings = special_settings(directory, dispatch_budget=self.random.choice((1, 5, 1024)))
        self.continuations = continuations
        self.records: Records = []
        self.went_on: set[int] = set()

    async def live(self) -> None:
        async with running(self.settings, self.clock, entropy) as venue:
            market = SpecialMarket(venue, self.clock, self.random)
            for _ in range(STEPS):
                market.step()
                if self.random.random() < 0.2:
                    await at_rest(venue)
            await check(venue)
            self.records = records_in(venue.settings.journal_dir)
            for session_id, client in market.clients.items():
                journaled = journaled_reports(self.records, session_id)
                told = [(report.number, report.seq, report.position) for report in client.reports]
                assert told == [(report.number, report.seq, report.position) for report in journaled]
        self.went_on = self.continuations.found_in(self.records)

    def crashes(self) -> list[int]:
        """Sequences to crash after: where a book was about to go on, and anywhere."""
        first = 1 + max(seq for seq, record in self.records if type(record.events[0]).__name__ == "SessionOpened")
        cut = [seq - 1 for seq in sorted(self.went_on)]
        chosen = self.random.sample(cut, min(len(cut), CRASHES))
        return [*chosen, *(self.random.randint(first, len(self.records)) for _ in range(CRASHES - len(chosen) + 1))]

    def undone_after(self, last: int) -> dict[int, list[object]]:
        """By symbol id, the events of the records by which each book went on after ``last``, if at once."""
        undone: dict[int, list[object]] = {}
        for symbol_id in (1, 2):
            chain: list[object] = []
            for seq, record in self.records[last:]:
                if symbol_of_record(record) == symbol_id:
                    if seq not in self.went_on:
                        break
                    chain.append(record.events)
            undone[symbol_id] = chain
        return undone


@pytest.mark.parametrize("seed", range(40))
async def test_after_a_crash_anywhere_each_book_first_finishes_what_was_cut_short(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Lifetime(tmp_path / "live", seed, Continuations(monkeypatch))
    await life.live()
    assert_settled(life.records)
    for n, last in enumerate(life.crashes()):
        assert_sound(folded(life.records[:last]))
        crashed = crashed_after(life.settings, tmp_path / f"crash{n}", life.records, last)
        clock = Clock(life.records[last - 1][1].time_ns)
        async with running(crashed, clock, entropy) as venue:
            assert_sound(await check(venue))
            added = records_in(crashed.journal_dir)[last:]
            for symbol_id, chain in life.undone_after(last).items():
                done = [record.events for _, record in added if symbol_of_record(record) == symbol_id]
                assert done[: len(chain)] == chain, f"seed {seed}, after {last}: book {symbol_id} does not go on"
            assert_settled(records_in(crashed.journal_dir))
            market = SpecialMarket(venue, clock, life.random, names=1_000_000)
            for _ in range(10):
                market.step()
            await venue.hash_state()
            assert_sound(await check(venue))
