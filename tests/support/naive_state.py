"""What a naive book knows: one list of open orders, scanned and sorted anew for every question."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.draws import draw
from engine.events import AuctionIndicated, AuctionStarted, Event, LimitStateChanged, TradeBusted, TradeCorrected
from engine.image import OrderImage, Working
from engine.instrument import Instrument
from engine.money import fee_due, remaining_hold
from engine.terms import NOTHING_SPECIAL, Link, SpecialTerms
from engine.types import Contingency, InstrumentStatus, OrdType, Side, TimeInForce, TradingPhase, Wait

FOR_AUCTIONS = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION)
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


class Open:
    """An open order: its image, and its places in the orders that the rules speak of."""

    def __init__(self, image: OrderImage) -> None:
        self.image = image
        self.place = 0
        """Time priority in its queue."""
        self.arrived = 0
        """Among waiting triggers: acceptance, or the last amendment that counts."""
        self.turn = 0
        """Among those that wait for their turn."""
        self.fresh = False
        """Its trigger has not been looked at yet: it is, by the prices as they stand."""
        self.met = False
        """The price that a trailing stop watches has come back to it."""
        self.collected = False
        """A market or market-to-limit order that rests because the book collects."""

    def copy(self) -> Open:
        twin = Open(self.image)
        twin.__dict__.update(self.__dict__)
        return twin

    @property
    def id(self) -> int:
        return self.image.order_id

    @property
    def side(self) -> Side:
        return self.image.side

    @property
    def special(self) -> SpecialTerms:
        return self.image.special or NOTHING_SPECIAL

    @property
    def link(self) -> Link | None:
        return self.special.link

    @property
    def wait(self) -> Wait:
        return self.image.working.wait if self.image.working else Wait.NOTHING

    @property
    def rests(self) -> bool:
        return self.wait is Wait.NOTHING and self.place > 0

    @property
    def leaves(self) -> int:
        return self.image.leaves_qty

    @property
    def px(self) -> int:
        """Where it rests or would trade."""
        working = self.image.working
        return working.px or self.image.px if working else self.image.px

    @property
    def shown(self) -> int:
        return self.image.working.shown if self.image.working else self.leaves

    @property
    def stop_px(self) -> int:
        return self.image.working.stop_px if self.image.working else 0

    @property
    def least(self) -> int:
        """Its least fill."""
        if self.special.all_or_none or self.image.tif is TimeInForce.FOK:
            return self.leaves
        return min(self.special.min_qty, self.leaves) or 1

    @property
    def conditional(self) -> bool:
        return self.special.all_or_none or self.special.min_qty > 0

    @property
    def for_auction(self) -> bool:
        return self.image.tif in FOR_AUCTIONS

    @property
    def must_not_rest(self) -> bool:
        return self.image.tif in AT_ONCE or self.image.ord_type is OrdType.MARKET


class State:
    def __init__(
        self,
        instrument: Instrument,
        firms: Mapping[int, str] | None = None,
        entropy: int = 0,
        *,
        cascade_max: int = 100,
        uncross_max: int = 500,
    ) -> None:
        self.instrument = instrument
        self.firms = firms or {}
        self.entropy = entropy
        self.cascade_max = cascade_max
        self.uncross_max = uncross_max
        self.now_ns = 0
        self.status = instrument.status
        self.phase = instrument.phase
        self.phase_until_ns = 0
        self.orders: list[Open] = []
        self.last_px = 0
        self.reference_px = instrument.reference_px
        self.last_day = ""
        self.orders_accepted = 0
        self.trades_made = 0
        self.traded: list[int] = []
        """Prices traded at since triggers were last looked at."""
        self.band_from = 0
        """What the dynamic band is measured from during this record."""
        self.limit_state: LimitStateChanged | None = None
        self.uncrossing: AuctionStarted | None = None
        self.uncrossed = 0
        """What the uncross under way has traded."""
        self.indicated: AuctionIndicated | None = None
        self.indicated_ns = 0
        self.last_words: dict[int, TradeBusted | TradeCorrected] = {}
        """About trades that were busted or corrected."""
        self.chosen: list[int] | None = None
        """Of a command about many orders that is under way: those that are left, by OrderID."""
        self.unfinished = False
        self.events: list[Event] = []
        self._clock = 0

    def clone(self) -> State:
        """A book to try something on."""
        twin = State(self.instrument, self.firms, self.entropy)
        twin.__dict__.update(self.__dict__)
        twin.orders = [order.copy() for order in self.orders]
        twin.traded, twin.events = [], []
        return twin

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def tick(self) -> int:
        """The next place in any order of time."""
        self._clock += 1
        return self._clock

    # ---- questions --------------------------------------------------------------------------------------------------

    @property
    def matches(self) -> bool:
        return self.phase is TradingPhase.CONTINUOUS

    @property
    def active(self) -> bool:
        return self.status is InstrumentStatus.ACTIVE

    def by_id(self) -> list[Open]:
        return sorted(self.orders, key=lambda order: order.id)

    def find(self, order_id: int) -> Open | None:
        for order in self.orders:
            if order.id == order_id:
                return order
        return None

    def waiting(self, wait: Wait) -> list[Open]:
        return [order for order in self.by_id() if order.wait is wait]

    def queue(self, side: Side) -> list[Open]:
        """What rests on one side: by price, then displayed before hidden, then time."""
        sign = -1 if side is Side.BUY else 1
        mine = [order for order in self.orders if order.rests and order.side is side]
        return sorted(mine, key=lambda order: (sign * order.px, order.shown == 0, order.place))

    def best(self, side: Side, *, hidden: bool = False, pegged: bool = True) -> int:
        """The best price of one side's displayed orders (and hidden ones; and pegged ones), or 0."""
        for order in self.queue(side):
            if (hidden or order.shown) and (pegged or order.image.ord_type is not OrdType.PEGGED):
                return order.px
        return 0

    def legs(self, order: Open) -> list[Open]:
        """The open orders of its list, itself included, in order of OrderID."""
        link = order.link
        if link is None:
            return [order]
        return [leg for leg in self.by_id() if leg.link and leg.link.first_order_id == link.first_order_id]

    # ---- steps that every part of the book takes --------------------------------------------------------------------

    def rest(self, order: Open) -> None:
        order.place = self.tick()
        is_market = order.image.ord_type in (OrdType.MARKET, OrdType.MARKET_TO_LIMIT)
        order.collected = is_market and not self.matches

    def remove(self, order: Open) -> None:
        self.orders = [other for other in self.orders if other is not order]

    def draw_display(self, image: OrderImage) -> int:
        """How much of a reserve order is shown at its next refresh; all of a plain one, nothing of a hidden one."""
        special = image.special or NOTHING_SPECIAL
        if special.hidden:
            return 0
        if not special.display_qty:
            return image.leaves_qty
        qty = special.display_qty
        if special.display_range:
            lot = self.instrument.lot_size
            low, high = (qty - special.display_range) // lot, (qty + special.display_range) // lot
            qty = lot * draw(self.entropy, image.order_id, image.cum_qty, low, high)
        return min(qty, image.leaves_qty)


# ---- images ---------------------------------------------------------------------------------------------------------


def need(image: OrderImage) -> int:
    """What an open order must hold by itself, by :mod:`engine.money`."""
    rate = max(image.maker_fee, image.taker_fee)
    return remaining_hold(image.side, image.px, image.leaves_qty, rate, image.fee_raw, fee_due(image.fee_raw))


def with_wait(image: OrderImage, wait: Wait, px: int = 0, stop_px: int = 0) -> OrderImage:
    working = image.working or Working(shown=image.leaves_qty)
    return msgspec.structs.replace(image, working=Working(wait, px, working.shown, stop_px))


def with_shown(image: OrderImage, shown: int) -> OrderImage:
    if image.working is None:
        return image
    return msgspec.structs.replace(image, working=msgspec.structs.replace(image.working, shown=shown))


def is_bracket_child(link: Link) -> bool:
    return link.contingency is Contingency.BRACKET and link.leg > 0
