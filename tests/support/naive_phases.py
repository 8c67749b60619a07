"""Trading phases: what happens when one begins, and when one ends by itself (docs/order-book.md §5, §6)."""

from __future__ import annotations

from naive_auction import begin_uncross, equilibrium, go_on_uncrossing
from naive_prices import band_edge
from naive_state import Open, State, with_wait
from naive_steps import park, update

from engine.draws import draw
from engine.events import AuctionIndicated, LimitStateChanged, TradingPhaseChanged
from engine.types import OrdType, Side, TimeInForce, TradingPhase, UpdateCause, Wait

A_SECOND = 1_000_000_000
AUCTIONS = (
    TradingPhase.OPENING_AUCTION,
    TradingPhase.INTRADAY_AUCTION,
    TradingPhase.CLOSING_AUCTION,
    TradingPhase.REOPENING_AUCTION,
)
JOINED_BY = {
    TimeInForce.AT_THE_OPENING: (TradingPhase.OPENING_AUCTION,),
    TimeInForce.AT_THE_CLOSE: (TradingPhase.CLOSING_AUCTION,),
    TimeInForce.GOOD_FOR_AUCTION: AUCTIONS,
}


def takes_part(book: State, order: Open) -> bool:
    """Whether an order for an auction belongs in the book now."""
    return book.phase in JOINED_BY[order.image.tif]


def change_phase(book: State, phase: TradingPhase, operator: str = "", reason: str = "") -> None:
    if book.phase.collects and not phase.collects:
        begin_uncross(book, phase, operator, reason)
        go_on_to_next_phase(book)
    else:
        begin_phase(book, phase, operator, reason)


def go_on_to_next_phase(book: State) -> None:
    started = book.uncrossing
    assert started is not None
    book.unfinished = not go_on_uncrossing(book)
    if not book.unfinished:
        begin_phase(book, started.phase, started.operator, started.reason)


def pause(book: State, reason: str) -> None:
    """A protection stops continuous trading."""
    begin_phase(book, TradingPhase.VOLATILITY_PAUSE, "", reason)


def begin_phase(book: State, phase: TradingPhase, operator: str, reason: str) -> None:
    book.phase, book.phase_until_ns = phase, ends_at(book, phase)
    if book.limit_state is not None:
        book.limit_state = None
        book.emit(LimitStateChanged(book.instrument.symbol_id, 0, 0, 0))
    book.indicated, book.indicated_ns = None, 0
    book.emit(TradingPhaseChanged(book.instrument.symbol_id, phase, book.phase_until_ns, operator, reason))
    if book.matches:
        book.band_from = book.last_px or book.reference_px
        book.traded = [book.last_px] if book.last_px else []
        for order in book.waiting(Wait.TRIGGER):
            order.fresh = True
    if phase.collects:
        for order in book.by_id():
            find_place_while_collecting(book, order)


def find_place_while_collecting(book: State, order: Open) -> None:
    if order.image.ord_type is OrdType.PEGGED and order.rests:
        park(book, order, Wait.TOUCH)
    elif order.for_auction and order.rests and not takes_part(book, order):
        park(book, order, Wait.AUCTION)
    elif order.wait is Wait.AUCTION and takes_part(book, order):
        update(book, order, with_wait(order.image, Wait.NOTHING), UpdateCause.ENTERED)
        book.rest(order)


def ends_at(book: State, phase: TradingPhase) -> int:
    rules = book.instrument.protection
    if phase is TradingPhase.VOLATILITY_PAUSE:
        return book.now_ns + rules.pause_ns
    if phase is TradingPhase.REOPENING_AUCTION:
        until = book.now_ns + rules.reopening_ns
        return until + draw(book.entropy, book.instrument.symbol_id, until, 0, rules.reopening_random_ns)
    return 0


# ---- the timer ------------------------------------------------------------------------------------------------------


def run_timers(book: State) -> None:
    """What is due of limit states, phases that end by themselves and indicative prices."""
    state = book.limit_state
    if state is not None and state.until_ns <= book.now_ns:
        pause(book, "limit state")
    elif book.phase_until_ns and book.phase_until_ns <= book.now_ns:
        reopening = book.phase is TradingPhase.VOLATILITY_PAUSE
        change_phase(book, TradingPhase.REOPENING_AUCTION if reopening else TradingPhase.CONTINUOUS)
    is_time = book.indicated is None or book.now_ns - book.indicated_ns >= A_SECOND
    if book.phase in AUCTIONS and book.uncrossing is None and is_time:
        indicate(book)


def indicate(book: State) -> None:
    indicated = AuctionIndicated(book.instrument.symbol_id, *equilibrium(book))
    if indicated != book.indicated:
        book.indicated, book.indicated_ns = indicated, book.now_ns
        book.emit(indicated)


# ---- limit up, limit down -------------------------------------------------------------------------------------------


def watch_limits(book: State) -> None:
    """At the end of every command in continuous trading: does the touch stand at the edge of the band?"""
    if not book.matches or not book.active:
        return
    upper, lower = band_edge(book, Side.BUY), band_edge(book, Side.SELL)
    bid, offer = book.best(Side.BUY), book.best(Side.SELL)
    side = 0
    if upper and bid >= upper:
        side = Side.BUY
    elif lower and 0 < offer <= lower:
        side = Side.SELL
    before = book.limit_state
    if side == (before.side if before else 0):
        return
    middle = before.reference_px if before else book.band_from
    until = book.now_ns + book.instrument.protection.limit_state_ns if side else 0
    event = LimitStateChanged(book.instrument.symbol_id, side, until, middle if side else 0)
    book.limit_state = event if side else None
    book.emit(event)
