"""Power cuts and dying processes at any operation, again and again, on one disk."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from stores.journal.errors import JournalDamaged, JournalFailed
from stores.journal.faulty_disk import FaultyDisk
from stores.journal.journal import Journal
from stores.journal.options import Durability, JournalOptions

DIRECTORY = Path("/journal")


def options(durability: Durability) -> JournalOptions:
    return JournalOptions(DIRECTORY, durability=durability, segment_bytes=8192, prepare_in_background=False)


class Life:
    """A journal's life on a faulty disk. acknowledged: what readers may rely on; in_flight: what may be there too."""

    def __init__(self, seed: int, durability: Durability) -> None:
        self.random = Random(seed)
        page_bytes = self.random.choice([512, 4096])
        self.disk = FaultyDisk(seed, short_writes=self.random.random() < 0.5, page_bytes=page_bytes)
        self.options = options(durability)
        self.acknowledged: list[bytes] = []
        self.in_flight: list[bytes] = []

    def run_until_it_fails(self) -> None:
        """Open, check what is there, and commit until the disk fails at a random operation."""
        self.disk.fail_at = self.disk.operations + self.random.randint(1, 60)
        try:
            journal = Journal.open(self.options, self.disk)
            self.check(journal)
            while True:
                self.in_flight = [
                    self.random.randbytes(self.random.choice([3, 60, 400, 5000]))
                    for _ in range(self.random.randint(1, 6))
                ]
                journal.commit(self.in_flight)
                self.acknowledged += self.in_flight
                self.in_flight = []
                if self.random.random() < 0.5:
                    journal.mark()
        except JournalFailed:
            self.disk.fail_at = None

    def check(self, journal: Journal) -> None:
        """What was acknowledged is there, and at most the one commit more that was being written; now it counts."""
        found = [payload for _, payload in journal.read(1)]
        assert found in (self.acknowledged, self.acknowledged + self.in_flight)
        self.acknowledged, self.in_flight = found, []


@pytest.mark.parametrize("seed", range(120))
def test_with_fsync_nothing_acknowledged_is_lost_and_the_journal_always_starts(seed: int) -> None:
    life = Life(seed, "fsync")
    for _ in range(8):
        life.run_until_it_fails()
        if life.random.random() < 0.7:
            life.disk.cut_power()
        else:
            life.disk.kill_process()
    life.check(Journal.open(life.options, life.disk))


@pytest.mark.parametrize("seed", range(40))
def test_with_os_nothing_acknowledged_is_lost_while_the_machine_lives(seed: int) -> None:
    life = Life(seed, "os")
    for _ in range(8):
        life.run_until_it_fails()
        life.disk.kill_process()
    life.check(Journal.open(life.options, life.disk))


@pytest.mark.parametrize("seed", range(20))
def test_what_was_read_at_a_start_survives_the_next_power_cut(seed: int) -> None:
    life = Life(seed, "os")
    life.run_until_it_fails()
    life.disk.kill_process()
    life.check(Journal.open(options("fsync"), life.disk))
    life.disk.cut_power()
    life.check(Journal.open(options("fsync"), life.disk))


def test_with_os_a_power_cut_gives_a_prefix_or_a_refusal_never_a_gap() -> None:
    outcomes = set()
    for seed in range(150):
        life = Life(seed, "os")
        life.run_until_it_fails()
        life.disk.cut_power()
        try:
            journal = Journal.open(life.options, life.disk)
        except JournalDamaged:
            outcomes.add("refused")
            continue
        found = [payload for _, payload in journal.read(1)]
        whole = life.acknowledged + life.in_flight
        assert found == whole[: len(found)]
        outcomes.add("prefix")
    assert outcomes == {"refused", "prefix"}
