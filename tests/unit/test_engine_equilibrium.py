"""The auction price where the published examples (tests/conformance/auctions) leave questions."""

from __future__ import annotations

import pytest

from engine.equilibrium import NO_TRADE, Equilibrium, equilibrium


@pytest.mark.parametrize(
    ("bids", "asks"),
    [
        ([], []),
        ([(100, 5)], []),
        ([], [(100, 5)]),
        ([(99, 5)], [(100, 5)]),
    ],
)
def test_nothing_trades(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
    assert equilibrium(bids, asks, 100, 1) == NO_TRADE


@pytest.mark.parametrize(
    ("reference_px", "px"),
    [
        (0, 90),
        (89, 90),
        (90, 90),
        (94, 90),
        (95, 100),
        (104, 100),
        (105, 110),
        (110, 110),
        (500, 110),
    ],
)
def test_reference_price_without_surplus(reference_px: int, px: int) -> None:
    """Inside the range it counts rounded to the tick, half up; outside it the nearest end does; none is the lowest."""
    assert equilibrium([(110, 7)], [(90, 7)], reference_px, 10) == Equilibrium(px, 7, 0)


def test_reference_price_between_limits_off_the_tick_stays_in_the_range() -> None:
    """Resting orders keep their prices when the tick changes."""
    assert equilibrium([(104, 7)], [(102, 7)], 103, 10) == Equilibrium(102, 7, 0)
    assert equilibrium([(108, 7)], [(106, 7)], 107, 10) == Equilibrium(108, 7, 0)


def test_surplus_on_either_side_is_no_pressure() -> None:
    """At 98 all 5 sold meet 8, at 101 all 5 bought meet 8: the reference price decides, and between them nothing is
    left over."""
    bids, asks = [(101, 5), (98, 3)], [(98, 5), (101, 3)]
    assert equilibrium(bids, asks, 90, 1) == Equilibrium(98, 5, 3)
    assert equilibrium(bids, asks, 99, 1) == Equilibrium(99, 5, 0)
    assert equilibrium(bids, asks, 105, 1) == Equilibrium(101, 5, -3)


def test_levels_that_do_not_cross_count_nothing() -> None:
    bids = [(101, 5), (99, 1000)]
    asks = [(100, 5), (102, 1000)]
    assert equilibrium(bids, asks, 101, 1) == Equilibrium(101, 5, 0)


def test_work_grows_with_the_levels_that_cross_only() -> None:
    """A book of many levels costs what its overlap does."""

    class Counted(list[tuple[int, int]]):
        seen = 0

        def __iter__(self):  # type: ignore[no-untyped-def]
            for level in super().__iter__():
                Counted.seen += 1
                yield level

    bids = Counted((1000 - n, 1) for n in range(900))
    asks = Counted((999 + n, 1) for n in range(900))
    assert equilibrium(bids, asks, 1000, 1) == Equilibrium(1000, 1, -1)
    assert Counted.seen <= 6
