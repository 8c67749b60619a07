"""The price at which an order enters the book: market-to-limit, pegs, bands and post-only move it."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from engine.book_state import BookState
from engine.image import OrderImage, Working
from engine.images import on_other_terms, with_working
from engine.pricing import clamped, passive_px, peg_px, would_take
from engine.types import OrdType, PostOnly, Px, Side


class Verdict(IntEnum):
    """What an order's price lets it do."""

    ENTERS = 0
    TAKES = 1
    """It must not take, and would."""
    NOTHING_TO_TAKE = 2
    """Market-to-limit, and the other side shows no price within its own."""
    WAITS = 3
    """Pegged, and there is no price to follow."""


def prepare(book: BookState, image: OrderImage) -> tuple[OrderImage, Verdict]:
    """The order with the price at which it enters now. While the book collects, prices are as they are."""
    special, ord_type = image.terms.special, image.terms.ord_type
    if ord_type is OrdType.PEGGED:
        return _pegged(book, image)
    if book.phase.collects:
        return image, Verdict.ENTERS
    asked, side = image, image.terms.side
    if ord_type is OrdType.MARKET_TO_LIMIT:
        touch = (book.asks if side is Side.BUY else book.bids).best_px()
        if not touch or (touch > image.terms.px if side is Side.BUY else touch < image.terms.px):
            return image, Verdict.NOTHING_TO_TAKE
        image = priced(image, touch)
    if book.instrument.protection.dynamic_band_rate:
        image = priced(image, clamped(book, side, image.terms.px))
    if special is not None and special.post_only and would_take(book, side, image.terms.px):
        px = passive_px(book, side, image.terms.px)
        if special.post_only is PostOnly.REJECT or px <= 0:
            return asked, Verdict.TAKES
        image = priced(image, px)
    return image, Verdict.ENTERS


def _pegged(book: BookState, image: OrderImage) -> tuple[OrderImage, Verdict]:
    special, working = image.terms.special, image.working
    assert special is not None
    assert special.peg is not None
    assert working is not None
    if book.phase.collects:
        return image, Verdict.WAITS
    book.fresh_pegs.add(image.terms.order_id)  # what else this record does may move it again
    px = peg_px(book, image.terms, special.peg)
    if not px:
        return image, Verdict.WAITS
    return with_working(image, Working(working.wait, px, working.shown)), Verdict.ENTERS


def priced(image: OrderImage, px: Px) -> OrderImage:
    """The order at another price than it asked for, never one for which it holds too little."""
    if px == image.terms.px:
        return image
    return on_other_terms(image, msgspec.structs.replace(image.terms, px=px), image.leaves_qty)
