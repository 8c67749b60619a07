"""What all benchmarks share: how much to do, medians of interleaved runs, and claims that end as lines of JSON.

Ours and the floor take turns, round after round, so that what else the machine does meets both; the median of the
rounds is what counts, and every single figure is printed.
"""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import msgspec

ROOT = Path(__file__).resolve().parents[1]

Figures: TypeAlias = Mapping[str, float]
"""What one run measured, by name."""


class Skipped(Exception):
    """The benchmark can't be run here; the message says why, and what is missing."""


class Target(msgspec.Struct, frozen=True):
    """What is promised of a claim's ``value``, or of its ``ratio`` to what it is held against."""

    of: Literal["value", "ratio"]
    relation: Literal[">=", "<="]
    bound: float

    def __str__(self) -> str:
        return f"{self.of} {self.relation} {self.bound:g}"


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured sentence. ``beside`` is the floor's figure in the same unit and ``ratio`` is value / beside."""

    claim: str
    value: float | None
    unit: str
    beside: float | None
    ratio: float | None
    target: str | None
    skipped: str = ""
    """Why there is no value."""


def claim(text: str, value: float, unit: str, beside: float, target: Target | None = None) -> Claim:
    """A claim with figures rounded to what they are worth: four significant digits or whole units."""
    wanted = None if target is None else str(target)
    return Claim(
        claim=text,
        value=rounded(value),
        unit=unit,
        beside=rounded(beside),
        ratio=rounded(value / beside),
        target=wanted,
    )


def skipped(text: str, reason: str) -> Claim:
    return Claim(claim=text, value=None, unit="", beside=None, ratio=None, target=None, skipped=reason)


def rounded(value: float) -> float:
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")


class Context(msgspec.Struct, frozen=True):
    """What a benchmark gets: where it may write, and how much it should do."""

    directory: Path
    """An empty directory of its own, on a real disk."""
    quick: bool = False
    """Only prove that it runs: the figures mean nothing."""

    def scale(self, full: int, quick: int) -> int:
        """How much to do of something."""
        return quick if self.quick else full

    @property
    def rounds(self) -> int:
        """How often each variant is run; odd, so that the median is a run that happened."""
        return self.scale(5, 1)


class Benchmark(Protocol):
    """A module ``bench_NAME``; its docstring's first line is its title."""

    def run(self, context: Context) -> list[Claim]:
        """Measure, print every raw figure, and return the claims. Raises Skipped."""


class Samples:
    """The figures of interleaved runs, by variant."""

    def __init__(self, runs: Mapping[str, list[Figures]]) -> None:
        self._runs = runs

    def median(self, variant: str, figure: str) -> float:
        return statistics.median(run[figure] for run in self._runs[variant])

    def show(self, units: Mapping[str, str] | None = None) -> None:
        """Print every run's figures, one line per variant and figure."""
        for variant, runs in self._runs.items():
            for figure in runs[0]:
                values = "  ".join(f"{run[figure]:,.{0 if abs(run[figure]) >= 1000 else 2}f}" for run in runs)
                unit = (units or {}).get(figure, "")
                print(f"  {variant:<22} {figure:<18} {values} {unit}".rstrip(), flush=True)


def interleaved(rounds: int, variants: Mapping[str, Callable[[], Figures]], *, warm_up: bool = False) -> Samples:
    """Run each variant ``rounds`` times, in turns. ``warm_up`` runs each once beforehand, and forgets it."""
    if warm_up:
        for variant in variants.values():
            variant()
    runs: dict[str, list[Figures]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, variant in variants.items():
            runs[name].append(variant())
    return Samples(runs)


class Placement(msgspec.Struct, frozen=True):
    """On which core the server runs, and on which its client."""

    name: str
    server: int
    client: int


def placements() -> list[Placement]:
    """Client and server on two cores, where there are two, and on one."""
    cores = sorted(os.sched_getaffinity(0))
    one = Placement("one core", cores[0], cores[0])
    return [Placement("two cores", cores[0], cores[1]), one] if len(cores) > 1 else [one]


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes that are started in the block stay on ``core``: affinity is inherited."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
