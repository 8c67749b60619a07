"""L1, the market's state, and which records concern which market."""

from __future__ import annotations

from engine_builders import BUY, SELL, changed, genesis, image, instrument, new, phase, reference_price

from engine import events as ev
from engine.book import Book
from engine.fold import VenueState
from engine.market_data.market import MarketData
from engine.market_data.orders import DisplayedOrders
from engine.market_data.top import Indicative, LimitState, Top
from engine.queries import DepthLevel
from engine.types import SCALE, CancelReason, InstrumentStatus, OrdStatus, TradingPhase

PX = 100 * SCALE
BUYER = image("b", order_id=1, side=BUY, leaves_qty=5)
SELLER = image("s", order_id=2, side=SELL, leaves_qty=5)


BTC = instrument()
ETH = instrument(symbol_id=2, symbol="ETH/USDT", phase=TradingPhase.PRE_OPEN)


class Venue:
    """Two markets whose displayed orders somebody needs."""

    def __init__(self) -> None:
        self.market = MarketData()
        for listed in (BTC, ETH):
            record = ev.Record(1, 0, 0, 0, [], [ev.InstrumentListed(listed)])
            self.market.apply(self.market.seq + 1, record)
            self.market.watched.add(listed.symbol_id)
            self.market.symbols[listed.symbol_id].orders = DisplayedOrders()

    def tell(self, *events: ev.Event) -> Top:
        """One more record; the top of symbol 1 after it."""
        self.market.apply(self.market.seq + 1, ev.Record(self.market.seq + 1, 0, 0, 0, [], list(events)))
        return self.top()

    def top(self) -> Top:
        orders = self.market.symbols[1].orders
        assert orders is not None
        bid, ask = orders.best(BUY), orders.best(SELL)
        return self.market.symbols[1].top(bid.summary() if bid else None, ask.summary() if ask else None)


def test_before_anything_happens_the_instrument_speaks() -> None:
    venue = Venue()
    empty = Top(None, None, None, InstrumentStatus.ACTIVE, TradingPhase.CONTINUOUS, 0, None, None, 100 * SCALE)
    assert venue.top() == empty
    assert venue.market.symbols[2].top(None, None).phase is TradingPhase.PRE_OPEN


def test_the_touch_and_the_last_trade() -> None:
    venue = Venue()
    venue.tell(ev.OrderAccepted(BUYER))
    top = venue.tell(ev.OrderAccepted(changed(SELLER, px=PX + 1)))
    assert (top.bid, top.ask) == (DepthLevel(PX, 5, 1), DepthLevel(PX + 1, 5, 1))
    filled = changed(BUYER, leaves_qty=0, status=OrdStatus.FILLED)
    taker = changed(SELLER, order_id=3, leaves_qty=0, status=OrdStatus.FILLED)
    top = venue.tell(ev.OrderAccepted(taker), ev.TradeExecuted(1, PX, 5, taker, filled, 0, 0))
    assert top.bid is None
    assert top.last is not None
    assert (top.last.px, top.last.qty, top.last.aggressor) == (PX, 5, SELL)
    top = venue.tell(ev.TradeBusted(1, PX, 5, taker, filled, 0, 0, "ops", ""))
    assert (top.bid, top.last) == (None, None)


def test_a_phase_ends_what_was_indicated() -> None:
    venue = Venue()
    top = venue.tell(ev.TradingPhaseChanged(1, TradingPhase.OPENING_AUCTION, 99))
    assert (top.phase, top.phase_until_ns) == (TradingPhase.OPENING_AUCTION, 99)
    assert venue.tell(ev.AuctionIndicated(1, PX, 7, -3)).indicative == Indicative(PX, 7, -3)
    assert venue.tell(ev.AuctionIndicated(1, 0, 0, 0)).indicative is None
    venue.tell(ev.AuctionIndicated(1, PX, 7, -3))
    top = venue.tell(
        ev.AuctionEnded(1, TradingPhase.OPENING_AUCTION, 98 * SCALE, 7),
        ev.TradingPhaseChanged(1, TradingPhase.CONTINUOUS, 0),
    )
    assert (top.phase, top.indicative, top.reference_px) == (TradingPhase.CONTINUOUS, None, 98 * SCALE)


def test_an_uncross_ends_what_was_indicated_and_one_without_trades_sets_no_reference() -> None:
    venue = Venue()
    venue.tell(ev.AuctionIndicated(1, PX, 7, -3))
    assert venue.tell(ev.AuctionStarted(1, PX, 7, TradingPhase.CONTINUOUS)).indicative is None
    assert venue.tell(ev.AuctionEnded(1, TradingPhase.OPENING_AUCTION, 0, 0)).reference_px == 100 * SCALE


def test_status_reference_and_limit_state() -> None:
    venue = Venue()
    assert venue.tell(ev.InstrumentStatusChanged(1, InstrumentStatus.HALTED, "ops")).status is InstrumentStatus.HALTED
    assert venue.tell(ev.ReferencePriceSet(1, 97 * SCALE, "ops")).reference_px == 97 * SCALE
    limit = ev.LimitStateChanged(symbol_id=1, side=BUY, until_ns=5, reference_px=PX)
    assert venue.tell(limit).limit_state == LimitState(BUY, 5)
    over = ev.LimitStateChanged(symbol_id=1, side=0, until_ns=0, reference_px=0)
    assert venue.tell(over).limit_state is None


def test_a_record_concerns_the_market_that_any_of_its_events_names() -> None:
    venue = Venue()
    eth = changed(BUYER, symbol_id=2)
    venue.tell(ev.OrderAccepted(eth))
    shown = {key: market.orders for key, market in venue.market.symbols.items()}
    assert [len(orders or ()) for orders in shown.values()] == [0, 1]
    canceled = changed(eth, leaves_qty=0, status=OrdStatus.CANCELED)
    record = [ev.OrderCanceled(canceled, CancelReason.MASS_CANCEL), ev.MassCancelPartDone(7, 2, 1)]
    venue.tell(*record)
    assert [len(orders or ()) for orders in shown.values()] == [0, 0]


def test_records_of_no_market_change_nothing_but_the_sequence() -> None:
    venue = Venue()
    before = venue.market.state()
    venue.tell(ev.Deposited(2, "USDT", 5, "ops"))
    venue.tell(ev.OrderRejected(BUYER, 0, "no"))
    venue.tell(ev.DayOrdersExpired(1, "2026-01-02"))
    venue.tell()
    assert venue.market.state() == before
    assert venue.market.seq == 6


def test_while_nobody_watches_orders_are_not_folded_and_everything_else_is() -> None:
    market, watched = MarketData(), Venue().market
    taker = changed(SELLER, order_id=3, leaves_qty=0, status=OrdStatus.FILLED)
    filled = changed(BUYER, leaves_qty=0, status=OrdStatus.FILLED)
    records: list[list[ev.Event]] = [
        [ev.InstrumentListed(BTC)],
        [ev.InstrumentListed(ETH)],
        [ev.OrderAccepted(BUYER)],
        [ev.OrderAccepted(taker), ev.TradeExecuted(1, PX, 5, taker, filled, 0, 0)],
        [ev.InstrumentStatusChanged(1, InstrumentStatus.HALTED, "ops")],
    ]
    for seq, events in enumerate(records, 1):
        record = ev.Record(seq, 0, 0, 0, [], events)
        market.apply(seq, record)
        if seq > 2:
            watched.apply(seq, record)
    assert market.state() == watched.state()
    assert market.symbols[1].orders is None
    assert (market.seq, market.time_ns) == (5, 5)


def test_apply_says_which_market_needs_to_hear() -> None:
    market = MarketData()
    market.apply(1, ev.Record(1, 0, 0, 0, [], [ev.InstrumentListed(BTC)]))
    plain = ev.Record(2, 0, 0, 0, [], [ev.OrderAccepted(BUYER)])
    assert market.apply(2, plain) is None
    market.watched.add(1)
    assert market.apply(3, plain) is market.symbols[1]
    assert market.apply(4, ev.Record(4, 0, 0, 0, [], [ev.Deposited(2, "USDT", 5, "ops")])) is None


def test_replayed_along_the_fold_it_is_what_it_was_live() -> None:
    state, replayed, live = VenueState(), MarketData(), MarketData()
    state.on_public = replayed.replay
    book = Book(BTC)
    records = genesis([BTC], {2: {"USDT": 10**15, "BTC": 10**15}, 3: {"USDT": 10**15, "BTC": 10**15}}, [])
    told = [
        book.new_order(new("a", BUY, session_id=0)),
        book.new_order(new("b", SELL, session_id=0, account_id=3)),
        book.operate(phase(TradingPhase.OPENING_AUCTION, "ops")),
        book.operate(reference_price(PX + 1)),
    ]
    records += [ev.Record(n, 0, 0, 0, [], events) for n, events in enumerate(told, 2)]
    for seq, record in enumerate(records, 1):
        state.apply(seq, record)
        live.apply(seq, record)
    assert len(live.symbols[1].tape) == 1
    assert replayed.state() == live.state()
