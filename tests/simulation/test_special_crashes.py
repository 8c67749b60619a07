"""Every kind of order in the whole venue, and a crash after any record: what was cut short is finished first, nothing
is overdrawn, and the state that goes on is the fold of the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
from special_market import (
    START_NS,
    Continuations,
    Records,
    SpecialMarket,
    assert_settled,
    assert_sound,
    crashed_after,
    entropy,
    special_settings,
    symbol_of_record,
    timeless,
)
from trio.testing import MockClock
from venue_in_process import Clock, at_rest, check, folded, journaled_reports, records_in, running

from actors import account
from engine import lists, matching, reactions, uncross
from engine.events import Event, OrderUpdated, SessionOpened, TradeExecuted
from stores.journal.journal import Journal

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
            records = records_in(venue.settings.journal_dir)
            for session_id, client in market.clients.items():
                journaled = journaled_reports(records, session_id)
                told = [(report.number, report.seq, report.position) for report in client.reports]
                assert told == [(report.number, report.seq, report.position) for report in journaled]
        self.records = records_in(self.settings.journal_dir)  # with what its books do when it stops
        self.went_on = self.continuations.found_in(self.records)

    def crashes(self) -> list[int]:
        """Sequences to crash after: where a book was about to go on, and anywhere."""
        first = 1 + max(seq for seq, record in self.records if isinstance(record.events[0], SessionOpened))
        cut = [seq - 1 for seq in sorted(self.went_on)]
        chosen = self.random.sample(cut, min(len(cut), CRASHES))
        return [*chosen, *(self.random.randint(first, len(self.records)) for _ in range(CRASHES - len(chosen) + 1))]

    def undone_after(self, last: int) -> dict[int, list[list[Event]]]:
        """By symbol id, the events of the records by which each book went on after ``last``, if at once."""
        undone: dict[int, list[list[Event]]] = {}
        for symbol_id in (1, 2):
            chain: list[list[Event]] = []
            for seq, record in self.records[last:]:
                if symbol_of_record(record) == symbol_id:
                    if seq not in self.went_on:
                        break
                    chain.append(timeless(record.events))
            undone[symbol_id] = chain
        return undone


@pytest.mark.parametrize("seed", range(6))
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
                done = [timeless(record.events) for _, record in added if symbol_of_record(record) == symbol_id]
                assert done[: len(chain)] == chain, f"seed {seed}, after {last}: book {symbol_id} does not go on"
            assert_settled(records_in(crashed.journal_dir))
            market = SpecialMarket(venue, clock, life.random, names=1_000_000)
            for _ in range(10):
                market.step()
            await venue.hash_state()
            assert_sound(await check(venue))


async def test_what_is_cut_short_is_of_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The crashes above would prove nothing if there were nothing to go on with."""
    seen: set[str] = set()
    for seed in range(8):
        life = Lifetime(tmp_path / f"live{seed}", seed, Continuations(monkeypatch))
        await life.live()
        monkeypatch.undo()
        for seq, record in life.records:
            if seq in life.went_on:
                seen |= {_kind(event) for event in record.events}
    assert {"an auction's trade", "a trade", "AuctionEnded", "ENTERED", "PEG"} <= seen


def _kind(event: Event) -> str:
    if isinstance(event, TradeExecuted):
        return "an auction's trade" if event.uncross else "a trade"
    return event.cause.name if isinstance(event, OrderUpdated) else type(event).__name__


@pytest.mark.parametrize("seed", range(4))
async def test_what_a_failing_disk_did_not_take_was_told_to_nobody(tmp_path: Path, seed: int) -> None:
    random, clock = Random(seed), Clock(START_NS)
    chosen = special_settings(tmp_path, dispatch_budget=5)
    async with running(chosen, clock, entropy) as venue:
        market = SpecialMarket(venue, clock, random)
        fail_after(venue.journal, random.randint(20, 120))
        while not venue.failure:
            market.step()
            await trio.lowlevel.checkpoint()
        told = {n: list(client.reports) for n, client in market.clients.items()}
    journaled = records_in(chosen.journal_dir)
    assert_sound(folded(journaled))
    async with running(chosen, clock, entropy) as venue:
        assert_sound(await check(venue))
        for session_id, reports in told.items():
            kept = {report.number: (report.seq, report.position) for report in journaled_reports(journaled, session_id)}
            assert {report.number: (report.seq, report.position) for report in reports}.items() <= kept.items()
        market = SpecialMarket(venue, clock, random, names=1_000_000)
        for _ in range(20):
            market.step()
        assert_sound(await check(venue))
    assert_settled(records_in(chosen.journal_dir))


def fail_after(journal: Journal, commits: int) -> None:
    """The disk takes so many commits, and no more."""
    commit = journal.commit
    left = iter(range(commits))

    def failing(payloads: list[bytes]) -> int:
        if next(left, None) is None:
            raise OSError("no space left on device")
        return commit(payloads)

    journal.commit = failing  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("who", ["a book", "an account"])
@pytest.mark.parametrize("seed", range(3))
async def test_an_actor_that_crashes_in_the_middle_leaves_nothing_half_done(
    tmp_path: Path, seed: int, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, clock = Random(seed), Clock(START_NS)
    crashes = crash_now_and_then(monkeypatch, random, MIDDLES[who])
    chosen = special_settings(tmp_path, restart_intensity=1000, dispatch_budget=random.choice((1, 5, 1024)))
    async with running(chosen, clock, entropy) as venue:
        market = SpecialMarket(venue, clock, random)
        for _ in range(STEPS // 2):
            market.step()
            if random.random() < 0.1:
                await at_rest(venue)
        assert_sound(await check(venue))
        await venue.hash_state()
        records = records_in(chosen.journal_dir)
        for session_id, client in market.clients.items():
            journaled = [(r.number, r.seq, r.position) for r in journaled_reports(records, session_id)]
            assert [(r.number, r.seq, r.position) for r in client.reports] == journaled
    monkeypatch.undo()
    assert crashes
    assert_settled(records)


MIDDLES: dict[str, list[tuple[Any, str]]] = {
    "a book": [
        (reactions, "work"),
        (reactions, "look"),
        (lists, "on_fill"),
        (uncross, "_end_collected"),
        (uncross, "next_part"),
        (matching, "ended"),
    ],
    "an account": [
        (account, "admit_new"),
        (account, "admit_list"),
        (account, "admit_replace"),
        (account.AccountActor, "_fold"),
        (account.AccountActor, "_complete"),
    ],
}
"""Where an actor is in the midst of changing its state, or has changed it and told nobody."""


def crash_now_and_then(monkeypatch: pytest.MonkeyPatch, random: Random, places: list[tuple[Any, str]]) -> list[str]:
    """Any of the ``places`` raises now and then, before or after what it does; the names of those that did."""
    crashed: list[str] = []

    def make_crash(place: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(place, name)

        def crashing(*arguments: Any, **named: Any) -> Any:
            dice = random.random()
            result = None if dice < 0.02 else function(*arguments, **named)
            if dice < 0.04:
                crashed.append(name)
                raise RuntimeError("made to crash")
            return result

        monkeypatch.setattr(place, name, crashing)

    for place, name in places:
        make_crash(place, name)
    return crashed
