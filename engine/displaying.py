"""How much of an order the market sees: reserve orders and their refreshes, hidden orders."""

from __future__ import annotations

from engine.book_state import BookState
from engine.draws import draw
from engine.image import OrderImage
from engine.images import showing
from engine.terms import OrderTerms, SpecialTerms
from engine.types import Qty


def next_part(book: BookState, terms: OrderTerms, leaves: Qty, cum_qty: Qty) -> Qty:
    """What the order shows of ``leaves`` when it shows anew, ``cum_qty`` of it being filled: of a reserve order its
    display quantity, drawn where it has a range."""
    special = terms.special
    if special is None:
        return leaves
    if special.hidden:
        return 0
    if not special.display_qty:
        return leaves
    return min(leaves, _drawn(book, terms, special, cum_qty))


def showing_anew(book: BookState, image: OrderImage) -> OrderImage:
    """The order as it enters the book, for the first time or again."""
    return showing(image, next_part(book, image.terms, image.leaves_qty, image.cum_qty))


def part_left(special: SpecialTerms | None, shown: Qty, leaves: Qty) -> Qty:
    """What the order shows of ``leaves``, fewer than before, without showing anew."""
    if special is None or not (special.hidden or special.display_qty):
        return leaves
    return min(shown, leaves)


def _drawn(book: BookState, terms: OrderTerms, special: SpecialTerms, cum_qty: Qty) -> Qty:
    if not special.display_range:
        return special.display_qty
    lot = book.instrument.lot_size
    middle, away = special.display_qty // lot, special.display_range // lot
    return draw(book.entropy, terms.order_id, cum_qty, middle - away, middle + away) * lot
