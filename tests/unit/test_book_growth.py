"""What a command does not look at, however much of it there is: orders that it cannot concern.

Work is counted, not timed: how often the function that looks at an order is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from book_story import AON, CONTINUOUS, OPENING, PX, buy, sell
from book_world import run
from engine_builders import BUY, IOC, SELL, cancel, instrument, pegged, phase, trailing

from engine import electing, matching, reactions
from engine.book import Book
from engine.book_state import CASCADE_MAX
from engine.events import OrderUpdated, TradeExecuted

MANY = 2_000

Counter = Callable[[Any, str], Callable[[], int]]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """``counted(module, name)``: a function that says how often ``module.name`` has been called since."""

    def count(module: Any, name: str) -> Callable[[], int]:
        real, calls = getattr(module, name), [0]

        def counting(*arguments: Any, **more: Any) -> Any:
            calls[0] += 1
            return real(*arguments, **more)

        monkeypatch.setattr(module, name, counting)
        return lambda: calls[0]

    return count


@pytest.fixture
def book() -> Book:
    return Book(instrument())


def do(book: Book, *orders: Any) -> None:
    for order in orders:
        book.new_order(order)


def test_no_peg_is_repriced_when_no_touch_moves(counted: Counter) -> None:
    book = Book(instrument(phase=OPENING))
    do(book, buy("b", 1, 99), sell("s", 1, 101))
    do(book, *(pegged(f"p{n}", BUY, offset=-PX, px=110 * PX) for n in range(MANY)))
    run(book, phase(CONTINUOUS))
    assert book.depth(0)[0][1].orders == MANY
    repriced = counted(reactions, "peg_px")
    do(book, buy("c", 1, 98), sell("t", 1, 102), buy("d", 1, 99))
    book.cancel(cancel("x", "c"))
    assert repriced() == 0
    do(book, buy("better", 1, 100))
    assert repriced() == CASCADE_MAX, "they do follow when the touch moves"


def test_no_conditional_order_is_tried_that_the_other_side_does_not_reach(book: Book, counted: Counter) -> None:
    do(book, *(buy(f"b{n}", 2, 90, special=AON) for n in range(MANY)))
    do(book, *(sell(f"s{n}", 2, 110, special=AON) for n in range(MANY)))
    walked, tried = counted(reactions, "Walk"), counted(reactions, "clamped")
    do(book, buy("b", 1, 99), sell("s", 1, 101), buy("c", 1, 101), sell("t", 1, 100))
    assert (walked(), tried()) == (0, 0)


def test_an_order_at_the_head_of_its_level_is_passed_over_once(book: Book, counted: Counter) -> None:
    do(book, sell("all", 10 * MANY, 100, special=AON), *(sell(f"s{n}", 1, 100) for n in range(MANY)))
    looked = counted(matching, "least_fill")
    events = book.new_order(buy("sweep", MANY, 100, tif=IOC))
    assert sum(isinstance(event, TradeExecuted) for event in events) == MANY
    assert looked() == 1 + 1 + MANY, "the sweep's own, the passed-over order's, and one for each trade"


def test_no_trailing_stop_is_moved_without_a_trade(book: Book, counted: Counter) -> None:
    do(book, sell("s", 1, 100), buy("b", 1, 100))
    do(book, *(trailing(f"x{n}", SELL, 2 * PX, px=90 * PX) for n in range(MANY)))
    moved = counted(electing, "stop_of")
    do(book, buy("c", 1, 99), sell("t", 1, 103), buy("d", 1, 99.5))
    assert moved() == 0
    events = book.new_order(buy("e", 1, 103))
    assert sum(isinstance(event, OrderUpdated) for event in events) == MANY, "they do follow a trade"
