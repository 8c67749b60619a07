"""What stands still while an instrument is halted, and goes on when it is active again (docs/order-book.md §7)."""

from __future__ import annotations

from typing import Any

import pytest
from book_story import CLOSING, CONTINUOUS, buy, sell, told
from book_world import ENTROPY, events_of, every_book, run
from engine_builders import BUY, advance, cancel, instrument, new, pegged, phase, special

from engine.commands import SetInstrumentStatus
from engine.instrument import Protection
from engine.types import SCALE, InstrumentStatus, TimeInForce, TradingPhase

HALT = SetInstrumentStatus(1, InstrumentStatus.HALTED, "ops")
RESUME = SetInstrumentStatus(1, InstrumentStatus.ACTIVE, "ops")
BANDS = Protection(dynamic_band_rate=SCALE // 20, limit_state_ns=10, pause_ns=10, reopening_ns=10)
STILL_COLLECTING = "BTC/USDT is HALTED: leaving this phase would trade"


class Halted:
    """A book to which things are done at a time, and what it says."""

    def __init__(self, book_type: type[Any], **terms: Any) -> None:
        self.book = book_type(instrument(**terms), {}, ENTROPY)

    def do(self, command: Any, now_ns: int = 0) -> list[str] | str:
        records = run(self.book, command, now_ns)
        return records if isinstance(records, str) else [told(event) for event in events_of(records)]


@every_book
def test_a_phase_that_collects_is_not_left(book_type: type[Any]) -> None:
    it = Halted(book_type, phase=CLOSING)
    for command in (buy("b", 1, 101), sell("s", 1, 99), HALT):
        it.do(command)
    assert it.do(phase(CONTINUOUS)) == STILL_COLLECTING
    assert it.do(phase(TradingPhase.CLOSED)) == STILL_COLLECTING
    assert it.do(phase(TradingPhase.PRE_OPEN)) == ["PRE_OPEN"]  # which collects as well
    it.do(RESUME)
    assert "b trades 1 at 100 with s" in it.do(phase(CONTINUOUS))


@every_book
def test_a_limit_state_lasts_until_the_book_is_active_again(book_type: type[Any]) -> None:
    it = Halted(book_type, protection=BANDS)
    assert it.do(buy("b", 1, 110)) == ["+b 1@105", "limit state BUY"]
    it.do(HALT)
    assert it.do(advance(), 50) == []
    assert it.do(RESUME, 60) == ["InstrumentStatusChanged"]
    assert it.do(advance(), 61) == ["limit state over", "VOLATILITY_PAUSE limit state"]


@every_book
def test_a_pause_and_its_auction_last_until_the_book_is_active_again(book_type: type[Any]) -> None:
    it = Halted(book_type, protection=BANDS)
    it.do(phase(TradingPhase.VOLATILITY_PAUSE))
    it.do(HALT)
    assert it.do(advance(), 50) == []
    it.do(RESUME)
    assert it.do(advance(), 60) == ["REOPENING_AUCTION", "AuctionIndicated"]
    it.do(HALT)
    assert it.do(advance(), 90) == []
    it.do(RESUME)
    assert it.do(advance(), 100) == ["uncross 0 at 0", "auction 0 at 0", "CONTINUOUS"]


@every_book
def test_orders_good_till_a_date_expire_all_the_same(book_type: type[Any]) -> None:
    it = Halted(book_type)
    it.do(new("x", tif=TimeInForce.GTD, special=special(expire_ns=20)))
    it.do(HALT)
    assert it.do(advance(), 20) == ["-x GOOD_TILL_DATE"]


@every_book
@pytest.mark.parametrize("status", [InstrumentStatus.HALTED, InstrumentStatus.MAINTENANCE])
def test_pegs_follow_when_the_book_is_active_again(book_type: type[Any], status: InstrumentStatus) -> None:
    it = Halted(book_type)
    for command in (buy("a", 1, 99), buy("b", 1, 100), pegged("p", BUY, px=110 * SCALE)):
        it.do(command)
    it.do(SetInstrumentStatus(1, status, "ops"))
    assert it.do(cancel("c", "b")) == ["-b REQUESTED"]
    assert it.do(RESUME) == ["InstrumentStatusChanged", "PEG p 1@99"]
