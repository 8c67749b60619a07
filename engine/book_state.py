"""What a book holds: what rests, what waits, and the prices and phase that decide about both.

:class:`engine.book_fold.BookFold` brings it about from events, :class:`engine.book.Book` by commands.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.draws import draw
from engine.events import (
    AuctionIndicated,
    AuctionStarted,
    LimitStateChanged,
    TradeBusted,
    TradeCorrected,
)
from engine.guarding import Counts, is_guarded
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.open_orders import OpenOrders
from engine.order import Order
from engine.queries import DepthLevel
from engine.types import OrdType, Px, Qty, Side, TimeInForce, TradingPhase

ID_BITS = 40
"""An order or trade id is ``symbol_id << 40 | n``: unique in the venue, and it tells the book."""

CASCADE_MAX = 100
"""Orders that one record may bring into the book by reaction."""

UNCROSS_MAX = 500
"""Trades and endings that one record of an uncross may hold."""

LIST_LEGS_MAX = 10

NO_FIRMS: Mapping[int, str] = {}

_BUY = Side.BUY
_CONTINUOUS = TradingPhase.CONTINUOUS
_IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)
_FOR_ONE_AUCTION = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION)


def symbol_of(order_id: int) -> int:
    """The symbol id of the book that gave out ``order_id``."""
    return order_id >> ID_BITS


class BookState(OpenOrders):
    """One instrument's open orders and what the book knows of its market."""

    __slots__ = (
        "_base_id", "_orders_accepted", "_trades_made", "amended_trades", "band_px", "cascade_max", "cut_short",
        "entropy", "firms", "guarded", "indicated", "indicated_ns", "instrument", "last_day", "last_px",
        "limit_state", "list_legs_max", "looked_ns", "now_ns", "phase", "phase_until_ns", "reference_px", "status",
        "uncross_max", "uncrossed", "uncrossing",
    )  # fmt: skip

    def __init__(
        self,
        instrument: Instrument,
        firms: Mapping[int, str] = NO_FIRMS,
        entropy: int = 0,
        *,
        cascade_max: int = CASCADE_MAX,
        uncross_max: int = UNCROSS_MAX,
    ) -> None:
        super().__init__(instrument)
        self.instrument = instrument
        self.firms = firms
        """Each account's firm, for self-trade prevention."""
        self.entropy = entropy
        """What draws are made of: nobody outside may know it. Replay needs none, for events carry results."""
        self.cascade_max = cascade_max
        self.uncross_max = uncross_max
        self.list_legs_max = LIST_LEGS_MAX
        self.now_ns = 0
        """The time, UTC, as whoever gives the commands tells it."""
        self.cut_short = False
        """Whether the last record reached a bound with work left."""
        self.band_px: Px = 0
        """What the dynamic band is measured from during a command."""
        self.status = instrument.status
        self.phase = instrument.phase
        self.phase_until_ns = 0
        """When the book itself ends the phase; 0 = when it is told to."""
        self.guarded = is_guarded(instrument)
        """Whether every order must go the way that knows bands, limits and counts."""
        self.last_px: Px = 0
        self.reference_px: Px = instrument.reference_px
        self.last_day = ""
        self.limit_state: LimitStateChanged | None = None
        self.uncrossing: AuctionStarted | None = None
        """The auction whose uncross is under way."""
        self.uncrossed: Qty = 0
        """What it has traded so far."""
        self.amended_trades: dict[int, TradeBusted | TradeCorrected] = {}
        """By trade id, the last word on trades that were busted or corrected."""
        self.indicated: AuctionIndicated | None = None
        """What was last published of the auction that is being collected."""
        self.indicated_ns = 0
        self.looked_ns = 0
        """When the timer last looked for something to publish."""
        self._base_id = instrument.symbol_id << ID_BITS
        self._orders_accepted = 0
        self._trades_made = 0

    # ---- counts, for metrics --------------------------------------------------------------------------------------

    @property
    def orders_accepted(self) -> int:
        """Orders that this book has taken in since the journal's beginning."""
        return self._orders_accepted

    @property
    def trades_made(self) -> int:
        """Trades since the journal's beginning."""
        return self._trades_made

    @property
    def orders_resting(self) -> int:
        return len(self)

    def next_trade_id(self) -> int:
        self._trades_made += 1
        return self._base_id + self._trades_made

    def peek_order_id(self) -> int:
        """The OrderID that :meth:`next_order_id` will give."""
        return self._base_id + self._orders_accepted + 1

    def next_order_id(self) -> int:
        self._orders_accepted += 1
        return self._base_id + self._orders_accepted

    def ends_itself_at(self, phase: TradingPhase) -> int:
        """When a phase that begins now is over without being told; 0 = never."""
        protection = self.instrument.protection
        if phase is TradingPhase.VOLATILITY_PAUSE:
            return self.now_ns + protection.pause_ns
        if phase is TradingPhase.REOPENING_AUCTION:
            until_ns = self.now_ns + protection.reopening_ns
            random_ns = protection.reopening_random_ns
            return until_ns + draw(self.entropy, self.instrument.symbol_id, until_ns, 0, random_ns)
        return 0

    def next_turn(self) -> Order | None:
        """Who enters next of those whose turn it is; while the book collects none that may not rest."""
        if self.phase is TradingPhase.CONTINUOUS:
            return self.turns[0] if self.turns else None
        if self.phase.collects:
            return next((order for order in self.turns if order.image.terms.tif not in _IMMEDIATE), None)
        return None

    def count_anew(self) -> None:
        self.counts = Counts() if self.guarded else None
        if self.counts is not None:
            for order in self.everyone():
                self.counts.add(order.image.terms, resting=order.level is not None)

    def settle_order(self, image: OrderImage) -> Order:
        """What is left of an order that came in gets its place."""
        order = Order(image)
        self.rest(order)
        if self.phase is not _CONTINUOUS and self.phase.collects and ends_with_auction(image):
            self.collected[image.terms.order_id] = order
        return order

    # ---- views ----------------------------------------------------------------------------------------------------

    def depth(self, levels: int) -> tuple[list[DepthLevel], list[DepthLevel]]:
        """Displayed bids and asks, best first, at most ``levels`` a side (0 = all)."""
        return self.bids.depth(levels), self.asks.depth(levels)

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order (for the state hash)."""
        waiting = [order.image for order in self.orders.values() if order.level is None]
        return (
            self.instrument.symbol_id,
            (self.status, self.phase, self.phase_until_ns, self.limit_state, self.uncrossing, self.uncrossed),
            (self.last_px, self.reference_px),
            self.last_day,
            self._orders_accepted,
            self._trades_made,
            [[order.image for order in level.orders()] for level in self.bids],
            [[order.image for order in level.orders()] for level in self.asks],
            sorted(waiting, key=lambda image: image.terms.order_id),
            [order.image.terms.order_id for order in self.turns],
            list(self.triggers.orders),
            sorted(self.collected),
            [self.amended_trades[key] for key in sorted(self.amended_trades)],
        )


def ends_with_auction(image: OrderImage) -> bool:
    """Whether an order that rests in an auction does not outlive it as it is."""
    terms = image.terms
    return terms.ord_type in (OrdType.MARKET, OrdType.MARKET_TO_LIMIT) or terms.tif in _FOR_ONE_AUCTION
