"""The auction price against the rules of docs/order-book.md §5, word for word and slowly."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.equilibrium import NO_TRADE, Equilibrium, equilibrium

TICK = 5
LEVELS = st.dictionaries(st.integers(1, 24).map(lambda n: n * TICK), st.integers(1, 4), max_size=8)


def at(px: int, bids: dict[int, int], asks: dict[int, int]) -> Equilibrium:
    demand = sum(qty for limit, qty in bids.items() if limit >= px)
    supply = sum(qty for limit, qty in asks.items() if limit <= px)
    return Equilibrium(px, min(demand, supply), demand - supply)


def by_the_rules(bids: dict[int, int], asks: dict[int, int], reference_px: int) -> Equilibrium:
    left = [at(px, bids, asks) for px in sorted(bids.keys() | asks.keys())]
    largest = max((each.qty for each in left), default=0)
    if not largest:
        return NO_TRADE
    left = [each for each in left if each.qty == largest]
    smallest = min(abs(each.surplus) for each in left)
    left = [each for each in left if abs(each.surplus) == smallest]
    if all(each.surplus > 0 for each in left):
        return left[-1]
    if all(each.surplus < 0 for each in left):
        return left[0]
    if reference_px <= left[0].px:
        return left[0]
    if reference_px >= left[-1].px:
        return left[-1]
    half_up, rest = divmod(reference_px, TICK)
    return at((half_up + (2 * rest >= TICK)) * TICK, bids, asks)


@settings(max_examples=600)
@given(LEVELS, LEVELS, st.integers(0, 25 * TICK))
@example({100: 25, 95: 25}, {90: 25, 105: 25}, 97)
def test_agrees_with_the_rules(bids: dict[int, int], asks: dict[int, int], reference_px: int) -> None:
    found = equilibrium(sorted(bids.items(), reverse=True), sorted(asks.items()), reference_px, TICK)
    assert found == by_the_rules(bids, asks, reference_px)


@settings(max_examples=200)
@given(LEVELS, LEVELS, st.integers(0, 25 * TICK))
def test_no_price_trades_more(bids: dict[int, int], asks: dict[int, int], reference_px: int) -> None:
    found = equilibrium(sorted(bids.items(), reverse=True), sorted(asks.items()), reference_px, TICK)
    assert found.qty == max(at(px, bids, asks).qty for px in range(1, 26 * TICK))
    if found.qty:
        assert found.px % TICK == 0
        assert at(found.px, bids, asks) == found
