"""Faults that users reported against other matching engines, each on both sides of the book.

``px(n)`` is a price n better for the side under test than ``px(0)``: higher for a buyer, lower for a seller.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from engine_builders import BUY, IOC, SELL, cancel, instrument, new, replace, stop

from engine.book import Book
from engine.events import CancelRejected, Event, OrderCanceled, OrderTriggered, TradeExecuted
from engine.types import SCALE, CxlRejReason, Px, Side

Price = Callable[[int], Px]


@pytest.fixture
def book() -> Book:
    return Book(instrument())


@pytest.fixture(params=[BUY, SELL], ids=["buy", "sell"])
def side(request: pytest.FixtureRequest) -> Side:
    chosen: Side = request.param
    return chosen


@pytest.fixture
def px(side: Side) -> Price:
    return lambda n: (100 + n if side is BUY else 100 - n) * SCALE


def rest(book: Book, side: Side, px: Px, *names: str, qty: int = 1) -> None:
    """Plain orders of ``qty`` each, in this order."""
    for name in names:
        assert len(book.new_order(new(name, side, qty * SCALE, px))) == 1


def trades(events: list[Event]) -> list[tuple[str, Px, int]]:
    """Of each trade: the resting order, the price, whole units."""
    made = [event for event in events if type(event) is TradeExecuted]
    return [(trade.resting.cl_ord_id, trade.px, trade.qty // SCALE) for trade in made]


def swept(book: Book, side: Side) -> list[str]:
    """The names of what rests on ``side``, in the order in which an incoming order meets it."""
    worst = SCALE if side is BUY else 1000 * SCALE
    return [name for name, _, _ in trades(book.new_order(new("sweep", side.opposite, 1000 * SCALE, worst, tif=IOC)))]


def touch(book: Book, side: Side) -> tuple[Px, int] | None:
    """Best price of ``side`` and whole units there; None when the side is empty."""
    levels = book.depth(1)[0 if side is BUY else 1]
    return (levels[0].px, levels[0].qty // SCALE) if levels else None


# ---- modify -------------------------------------------------------------------------------------------------------


def test_a_modify_that_crosses_trades(book: Book, side: Side, px: Price) -> None:
    """fasenderos/nodejs-order-book#336, dgtony/orderbook-rs#9: the book stayed crossed."""
    rest(book, side.opposite, px(2), "theirs")
    rest(book, side, px(0), "mine")
    events = book.replace(replace("mine2", "mine", SCALE, px(3), side))
    assert trades(events) == [("theirs", px(2), 1)]
    assert touch(book, BUY) is touch(book, SELL) is None


def test_what_a_crossing_modify_leaves_rests_uncrossed(book: Book, side: Side, px: Price) -> None:
    """The same reports: the remainder is at the new price, where the other side no longer is."""
    rest(book, side.opposite, px(2), "theirs")
    rest(book, side, px(0), "mine", qty=3)
    book.replace(replace("mine2", "mine", 3 * SCALE, px(2), side))
    assert touch(book, side) == (px(2), 2)
    assert touch(book, side.opposite) is None


def test_a_modify_counts_what_is_filled_once(book: Book, side: Side, px: Price) -> None:
    """enewhuis/liquibook#32, opexdev/core#688: after a part fill another quantity than the one asked for rested."""
    rest(book, side, px(0), "mine", qty=10)
    book.new_order(new("fill", side.opposite, 4 * SCALE, px(0)))
    book.replace(replace("mine2", "mine", 8 * SCALE, px(1), side))
    assert touch(book, side) == (px(1), 4)


def test_a_smaller_size_keeps_priority(book: Book, side: Side, px: Price) -> None:
    """econia-labs/econia#143, joaquinbejar/PriceLevel#64: the order went to the back of its queue."""
    rest(book, side, px(0), "first", "second", qty=5)
    book.replace(replace("smaller", "first", 2 * SCALE, px(0), side))
    assert swept(book, side) == ["smaller", "second"]


def test_a_larger_size_loses_priority(book: Book, side: Side, px: Price) -> None:
    """econia-labs/econia#143: a small order that holds a place grew in it."""
    rest(book, side, px(0), "first", "second")
    book.replace(replace("larger", "first", 2 * SCALE, px(0), side))
    assert swept(book, side) == ["second", "larger"]


def test_a_part_fill_keeps_priority(book: Book, side: Side, px: Price) -> None:
    """joaquinbejar/OrderBook-rs#88: what was left of the order went to the back of its queue."""
    rest(book, side, px(0), "first", "second", qty=5)
    book.new_order(new("fill", side.opposite, SCALE, px(0)))
    assert swept(book, side) == ["first", "second"]


# ---- the price and the reach of a trade ---------------------------------------------------------------------------


def test_a_trade_is_made_at_the_resting_price(book: Book, side: Side, px: Price) -> None:
    """robaho/cpp_orderbook#2, Kodoh/Orderbook#17: a sell was filled at its own limit, not at the better bid."""
    rest(book, side, px(3), "resting")
    events = book.new_order(new("incoming", side.opposite, SCALE, px(0)))
    assert trades(events) == [("resting", px(3), 1)]


def test_a_sweep_trades_at_each_level_s_price(book: Book, side: Side, px: Price) -> None:
    """psakoglou/Exchange-Matching-Engine-Emulation#1 (one average price), chronoxor/CppTrader#28 (one for all)."""
    rest(book, side, px(2), "best", qty=2)
    rest(book, side, px(1), "next", qty=3)
    events = book.new_order(new("incoming", side.opposite, 5 * SCALE, px(0)))
    assert trades(events) == [("best", px(2), 2), ("next", px(1), 3)]
    incoming = [event.aggressor for event in events if type(event) is TradeExecuted][-1]
    assert incoming.cum_notional == 2 * px(2) + 3 * px(1)


def test_a_sweep_ends_at_the_order_s_limit(book: Book, side: Side, px: Price) -> None:
    """geseq/orderbook#25, maringantis/OrderMatchingEngine#2: only the best price was compared with the limit."""
    rest(book, side, px(2), "within")
    rest(book, side, px(0), "beyond")
    events = book.new_order(new("incoming", side.opposite, 5 * SCALE, px(1), tif=IOC))
    assert trades(events) == [("within", px(2), 1)]


def test_the_best_price_trades_before_the_oldest_order(book: Book, side: Side, px: Price) -> None:
    """luo4neck/MatchingEngine#3 (the oldest that crosses), chessbr/rust-exchange#4 (the worst bid)."""
    rest(book, side, px(0), "oldest")
    rest(book, side, px(2), "best")
    rest(book, side, px(1), "between")
    assert swept(book, side) == ["best", "between", "oldest"]


def test_what_a_sweep_leaves_is_the_new_touch(book: Book, side: Side, px: Price) -> None:
    """KangOxford/AlphaTrade#49 (the sweep stopped early), osmosis-labs/orderbook#211 (a stale best price)."""
    rest(book, side.opposite, px(1), "a")
    rest(book, side.opposite, px(2), "b")
    rest(book, side.opposite, px(4), "far")
    rest(book, side, px(0), "behind")
    book.new_order(new("sweeper", side, 5 * SCALE, px(3)))
    assert touch(book, side) == (px(3), 3)
    assert touch(book, side.opposite) == (px(4), 1)


def test_a_sweep_that_comes_out_even_leaves_no_phantom(book: Book, side: Side, px: Price) -> None:
    """osmosis-labs/orderbook#211: the emptied level was still named as the best."""
    rest(book, side, px(1), "a")
    rest(book, side, px(0), "b")
    book.new_order(new("sweeper", side.opposite, SCALE, px(1)))
    assert touch(book, side) == (px(0), 1)
    assert touch(book, side.opposite) is None


# ---- what is over -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["resting", "incoming"])
def test_a_filled_order_cannot_be_cancelled(book: Book, side: Side, px: Price, who: str) -> None:
    """gavincyi/LightMatchingEngine#18, robaho/go-trader#23: a filled order was still known to the engine."""
    rest(book, side, px(0), "resting")
    book.new_order(new("incoming", side.opposite, SCALE, px(0)))
    (event,) = book.cancel(cancel("c", who, side=side))
    assert isinstance(event, CancelRejected)
    assert event.reason == CxlRejReason.TOO_LATE_TO_CANCEL


@pytest.mark.parametrize("who", ["resting", "incoming"])
def test_a_filled_order_cannot_be_modified(book: Book, side: Side, px: Price, who: str) -> None:
    """robaho/go-trader#23: the modify was acknowledged, and here nothing comes back to life."""
    rest(book, side, px(0), "resting")
    book.new_order(new("incoming", side.opposite, SCALE, px(0)))
    (event,) = book.replace(replace("r", who, 5 * SCALE, px(0), side))
    assert isinstance(event, CancelRejected)
    assert event.reason == CxlRejReason.TOO_LATE_TO_CANCEL
    assert book.orders_resting == 0


def test_a_second_cancel_hits_nobody_else(book: Book, side: Side, px: Price) -> None:
    """enewhuis/liquibook#12: cancelling what was gone took an order at the next price with it."""
    rest(book, side, px(1), "gone")
    rest(book, side, px(0), "a", "b")
    assert isinstance(book.cancel(cancel("c1", "gone", side=side))[0], OrderCanceled)
    assert isinstance(book.cancel(cancel("c2", "gone", side=side))[0], CancelRejected)
    assert swept(book, side) == ["a", "b"]


def test_a_name_is_free_again_once_its_order_is_over(book: Book, side: Side, px: Price) -> None:
    """paritytrading/parity#122, JiangYongKang/FastMatchingEngine#3: the index kept what had left the book."""
    rest(book, side, px(0), "again")
    book.new_order(new("fill", side.opposite, SCALE, px(0)))
    rest(book, side, px(0), "again")
    assert swept(book, side) == ["again"]


# ---- cancelling within a level ------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", [0, 1, 2, 3], ids=["head", "second", "third", "tail"])
def test_a_cancel_loses_nobody_else_in_the_level(book: Book, side: Side, px: Price, gone: int) -> None:
    """mh2rashi/Trading-Engine#4 (the survivor lost), jmcph4/PyOBSim#2 (only the head could be cancelled)."""
    names = ["a", "b", "c", "d"]
    rest(book, side, px(0), *names)
    book.cancel(cancel("x", names[gone], side=side))
    assert touch(book, side) == (px(0), 3)
    assert swept(book, side) == [name for name in names if name != names[gone]]


def test_who_comes_after_a_cancel_is_last(book: Book, side: Side, px: Price) -> None:
    """StockSharp/StockSharp#681: a new order took the freed place in the queue."""
    rest(book, side, px(0), "a", "b", "c")
    book.cancel(cancel("x", "a", side=side))
    rest(book, side, px(0), "d")
    assert swept(book, side) == ["b", "c", "d"]


def test_cancelling_a_whole_level_leaves_nothing_of_it(book: Book, side: Side, px: Price) -> None:
    """glinscott/JSOrderbook#2: the empty level behind the best one stayed, and a later sweep crashed on it."""
    rest(book, side, px(2), "best")
    rest(book, side, px(1), "middle")
    rest(book, side, px(0), "last")
    book.cancel(cancel("x", "middle", side=side))
    assert len(book.depth(0)[0 if side is BUY else 1]) == 2
    assert swept(book, side) == ["best", "last"]


# ---- stops --------------------------------------------------------------------------------------------------------


def trade_at(book: Book, px: Px) -> list[Event]:
    """Two orders make a trade of one unit; what it brought about."""
    book.new_order(new("there", SELL, SCALE, px, session_id=7))
    return book.new_order(new("taker", BUY, SCALE, px, session_id=7))


def test_an_untriggered_stop_can_be_cancelled(book: Book, side: Side, px: Price) -> None:
    """enewhuis/liquibook#25: the cancel looked among the resting orders only."""
    book.new_order(stop("stop", side, px(2), px=px(3)))
    (event,) = book.cancel(cancel("c", "stop", side=side))
    assert isinstance(event, OrderCanceled)
    assert not any(type(event) is OrderTriggered for event in trade_at(book, px(2)))


@pytest.mark.parametrize("limit", [0, 3], ids=["stop", "stop-limit"])
def test_a_stop_watches_the_side_that_hurts(book: Book, side: Side, px: Price, limit: int) -> None:
    """enewhuis/liquibook#23, chronoxor/CppTrader#8, quantopian/zipline#217: the comparison was inverted.

    A buy stop stands above the market and triggers at or above its price, a sell stop below and at or below.
    """
    trade_at(book, px(0))
    order = stop("stop", side, px(2), px=px(limit) if limit else 0)
    # A stop without a limit comes from its account with its protection price.
    book.new_order(order if limit else msgspec.structs.replace(order, px=px(10)))
    for quiet in (px(1), px(-5)):
        assert not any(type(event) is OrderTriggered for event in trade_at(book, quiet))
    triggered = [event.order.cl_ord_id for event in trade_at(book, px(2)) if type(event) is OrderTriggered]
    assert triggered == ["stop"]
