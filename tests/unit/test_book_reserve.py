"""Random refreshes of reserve orders (docs/order-book.md §2, rule 1)."""

from __future__ import annotations

from typing import Any

from book_story import buy, qty
from book_world import every_book, open_orders, run
from engine_builders import SELL, instrument, reserve

from engine.types import SCALE

DISPLAYED, RANGE, ORDERS = 10, 4, 25


def shown(book_type: type[Any], entropy: int) -> list[int]:
    """What a reserve order of 10 ± 4 lots shows at first and after each of its refreshes, in lots."""
    book = book_type(instrument(lot_size=SCALE, min_qty=SCALE), {}, entropy)
    run(book, reserve("ice", SELL, qty(DISPLAYED), qty(500), display_range=qty(RANGE)))
    parts = [open_orders(book)[0].shown_qty]
    for n in range(ORDERS):
        run(book, buy(f"b{n}", parts[-1] // SCALE, 100, account_id=4))
        parts.append(open_orders(book)[0].shown_qty)
    assert not any(part % SCALE for part in parts), "parts are whole lots"
    return [part // SCALE for part in parts]


@every_book
def test_parts_are_drawn_within_the_range(book_type: type[Any]) -> None:
    parts = shown(book_type, 1)
    assert min(parts) >= DISPLAYED - RANGE
    assert max(parts) <= DISPLAYED + RANGE
    assert len(set(parts)) > RANGE, "hardly drawn at random"


@every_book
def test_draws_can_be_made_again_by_who_knows_the_entropy(book_type: type[Any]) -> None:
    assert shown(book_type, 1) == shown(book_type, 1)
    assert shown(book_type, 1) != shown(book_type, 2)


@every_book
def test_the_last_part_is_what_is_left(book_type: type[Any]) -> None:
    book = book_type(instrument(lot_size=SCALE, min_qty=SCALE), {}, 1)
    run(book, reserve("ice", SELL, qty(DISPLAYED), qty(20), display_range=qty(RANGE)))
    first = open_orders(book)[0].shown_qty
    run(book, buy("b", 19, 100, account_id=4))
    assert first < qty(19)
    assert open_orders(book)[0].shown_qty == qty(1)
