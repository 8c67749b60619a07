"""The trade tape: bounded, with busts and corrections applied."""

from __future__ import annotations

from engine_builders import BUY, SELL, image

from engine import events as ev
from engine.market_data.tape import NO_SIDE, Tape, TapeTrade, TradeFlag
from engine.types import SCALE

PX = 100 * SCALE
BUYER, SELLER = image("b", side=BUY), image("s", order_id=9, side=SELL)


def executed(trade_id: int, px: int = PX, uncross: bool = False) -> ev.TradeExecuted:
    return ev.TradeExecuted(trade_id, px, SCALE, SELLER, BUYER, 0, 0, uncross)


def busted(trade_id: int) -> ev.TradeBusted:
    return ev.TradeBusted(trade_id, PX, SCALE, SELLER, BUYER, 0, 0, "ops", "clearly erroneous")


def corrected(trade_id: int, px: int, qty: int) -> ev.TradeCorrected:
    return ev.TradeCorrected(trade_id, px, qty, SELLER, BUYER, 0, 0, PX, SCALE, 0, 0, "ops", "fat finger")


def tape_of(*trade_ids: int, depth_max: int = 10) -> Tape:
    tape = Tape(depth_max)
    for trade_id in trade_ids:
        tape.add(executed(trade_id), trade_id * 1000)
    return tape


def test_a_trade_shows_its_aggressor_and_one_in_an_auction_has_none() -> None:
    tape = tape_of(1)
    tape.add(executed(2, uncross=True), 2000)
    assert tape.trades() == [
        TapeTrade(1, PX, SCALE, SELL, 1000, TradeFlag.NONE),
        TapeTrade(2, PX, SCALE, NO_SIDE, 2000, TradeFlag.AUCTION),
    ]


def test_the_tape_is_bounded_and_read_from_its_newest_end() -> None:
    tape = tape_of(1, 2, 3, 4, depth_max=3)
    assert [trade.trade_id for trade in tape.newest(2)] == [4, 3]
    assert [trade.trade_id for trade in tape.newest(100)] == [4, 3, 2]


def test_a_busted_trade_is_marked_and_no_longer_the_last() -> None:
    tape = tape_of(1, 2)
    tape.amend(busted(2))
    assert tape.trades()[1] == TapeTrade(2, PX, SCALE, SELL, 2000, TradeFlag.BUSTED)
    last = tape.last()
    assert last is not None
    assert last.trade_id == 1
    tape.amend(busted(1))
    assert tape.last() is None


def test_a_corrected_trade_shows_its_new_terms_also_when_it_is_busted_later() -> None:
    tape = tape_of(1, 2)
    tape.amend(corrected(1, 2 * PX, SCALE // 2))
    assert tape.trades()[0] == TapeTrade(1, 2 * PX, SCALE // 2, SELL, 1000, TradeFlag.CORRECTED)
    tape.amend(busted(1))
    assert tape.trades()[0].flags == TradeFlag.CORRECTED | TradeFlag.BUSTED
    assert tape.trades()[0].px == 2 * PX


def test_an_amendment_of_a_trade_that_is_no_longer_there_changes_nothing() -> None:
    tape = tape_of(1, 2, 3, depth_max=2)
    before = tape.state()
    tape.amend(busted(1))
    assert tape.state() == before


def test_what_stands_is_known_only_as_far_as_it_is_retained() -> None:
    tape = tape_of(1, 2, 3, 4, depth_max=3)
    tape.amend(busted(3))
    assert [trade.trade_id for trade in tape.standing(2, 5) or []] == [2, 4]
    assert tape.standing(1, 5) is None


def test_changes_are_noted_while_somebody_listens() -> None:
    tape = tape_of(1)
    tape.changed = []
    tape.add(executed(2), 2000)
    tape.amend(busted(1))
    assert [trade.trade_id for trade in tape.changed] == [2, 1]
