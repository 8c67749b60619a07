"""What becomes of lists whose fills are taken back (docs/order-book.md §3, §7)."""

from __future__ import annotations

from typing import Any

from book_story import buy, qty, sell, told
from book_world import events_of, every_book, open_orders, run
from engine_builders import instrument, oto

from engine.commands import BustTrade, CorrectTrade
from engine.events import TradeExecuted
from engine.image import OrderImage


class Book:
    """A book of one list, an entry that buys 4 and a child that sells them, and the newest trade in it."""

    def __init__(self, book_type: type[Any]) -> None:
        self.book = book_type(instrument())
        self.do(oto("L", buy("in", 4, 100), sell("out", 4, 105)))

    def do(self, command: Any) -> list[str]:
        events = events_of(run(self.book, command))
        for event in events:
            if isinstance(event, TradeExecuted):
                self.trade = event
        return [told(event) for event in events]

    def bust(self) -> list[str]:
        return self.do(BustTrade(self.trade, self.trade.aggressor, self.trade.resting, "ops", "why"))

    def correct(self, units: int) -> list[str]:
        trade = self.trade
        return self.do(CorrectTrade(trade, trade.aggressor, trade.resting, trade.px, qty(units), "ops", "why"))

    def order(self, name: str) -> OrderImage:
        return next(image for image in open_orders(self.book) if image.cl_ord_id == name)


@every_book
def test_a_waiting_child_holds_no_more_than_was_bought(book_type: type[Any]) -> None:
    it = Book(book_type)
    it.do(sell("s", 3, 100, account_id=4))
    assert it.order("out").hold == qty(3)
    assert it.correct(2) == ["TradeCorrected", "HOLD out 4@105 ENTRY"]
    assert it.order("out").hold == qty(2)
    assert it.bust() == ["TradeBusted", "HOLD out 4@105 ENTRY"]
    assert it.order("out").hold == 0


@every_book
def test_nor_does_it_sell_more(book_type: type[Any]) -> None:
    """Of the entry's 4, 3 were busted: they do not come back, and 1 is all that its child sells."""
    it = Book(book_type)
    it.do(sell("s", 3, 100, account_id=4))
    it.bust()
    entry = it.order("in")
    assert (entry.leaves_qty, entry.cum_qty) == (qty(1), 0)
    assert it.do(sell("t", 1, 100, account_id=4)) == [
        "+t 1@100",
        "t trades 1 at 100 with in",
        "ENTRY_CUT out 1@105 ENTRY",
        "ENTRY out 1@105 TURN",
        "ENTERED out 1@105",
    ]
    assert it.order("out").hold == qty(1)


@every_book
def test_a_released_child_asks_for_that_much_less(book_type: type[Any]) -> None:
    it = Book(book_type)
    it.do(sell("s", 4, 100, account_id=4))
    it.do(buy("b", 1, 105, account_id=4))
    assert it.bust() == ["TradeBusted"]
    child = it.order("out")
    assert (child.order_qty, child.leaves_qty, child.cum_qty, child.hold) == (qty(3), qty(3), 0, qty(3))
