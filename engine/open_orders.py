"""A book's open orders: what rests in queues and what waits, found by name and by what may have to be done with them.

:class:`OpenOrders` puts orders into their places and takes them out; who decides where an order belongs is not its
business.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappush
from operator import attrgetter

from engine.conditional import ConditionalOrders
from engine.guarding import Counts, is_guarded
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.ladder import Ladder
from engine.order import Order
from engine.triggers import TriggerBook
from engine.types import Side, TimeInForce, Wait

_BUY = Side.BUY
_order_id = attrgetter("image.terms.order_id")
_FOR_THE_DAY = (
    TimeInForce.DAY,
    TimeInForce.AT_THE_OPENING,
    TimeInForce.AT_THE_CLOSE,
    TimeInForce.GOOD_FOR_AUCTION,
)


class OpenOrders:
    """One instrument's open orders, resting or waiting.

    Slots, here and in the classes built on it: an object with more than 30 attributes of its own loses CPython's short
    way to them, which costs a plain order 6 % (3.11).
    """

    __slots__ = (
        "_by_ref",
        "_sessions_of",
        "asks",
        "auction_orders",
        "bids",
        "collected",
        "conditional",
        "counts",
        "due",
        "expiries",
        "fresh_pegs",
        "list_names",
        "lists",
        "orders",
        "pegs",
        "settled_touch",
        "triggers",
        "turns",
    )  # fmt: skip

    def __init__(self, instrument: Instrument) -> None:
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self.due: dict[object, list[Order]] = {}
        """What commands about many orders that are under way have still to do, the next order last; by command."""
        self.turns: deque[Order] = deque()
        """Active orders that wait to be matched, first come first served."""
        self.triggers = TriggerBook()
        self.pegs: dict[int, Order] = {}
        """Open pegged orders, resting or not."""
        self.conditional = ConditionalOrders()
        self.fresh_pegs: set[int] = set()
        """Pegged orders priced since all were last found in their places."""
        self.settled_touch: object = None
        """What pegged orders were last found in their places for; None = they must be looked at."""
        self.auction_orders: dict[int, Order] = {}
        """Orders that wait for their auction."""
        self.collected: dict[int, Order] = {}
        """Resting orders that the next uncross ends: market orders, and those for one auction."""
        self.lists: dict[int, dict[int, Order]] = {}
        """Open legs of each list, by the list's first OrderID and their own."""
        self.list_names: dict[tuple[int, str], int] = {}
        """The first OrderID of each list that has open legs, by session and ListID."""
        self.expiries: list[tuple[int, int]] = []
        """Heap of (expiry time, OrderID) of orders good till a date; ended orders stay until their time."""
        self.orders: dict[int, Order] = {}
        """Open orders with special terms, by OrderID."""
        self._by_ref: defaultdict[int, dict[str, Order]] = defaultdict(dict)
        """By session and ClOrdID: a dict of its own for each session, so that no key is made for an order."""
        self._sessions_of: defaultdict[int, set[int]] = defaultdict(set)
        """The sessions that have had orders of an account here."""
        self.counts = Counts() if is_guarded(instrument) else None
        """Open orders by account and resting ones by side, kept only where the instrument limits them."""

    # ---- places ---------------------------------------------------------------------------------------------------

    def side(self, side: Side) -> Ladder:
        return self.bids if side is _BUY else self.asks

    def rest(self, order: Order) -> None:
        """An order joins the end of its queue."""
        image = order.image
        terms = image.terms
        (self.bids if terms.side is _BUY else self.asks).rest(order)
        self._by_ref[terms.session_id][terms.cl_ord_id] = order
        self._sessions_of[terms.account_id].add(terms.session_id)
        if self.counts is not None:
            self.counts.add(terms, resting=1)
        if image.working is not None:
            self._remember(order)

    def unrest(self, order: Order) -> None:
        """A resting order leaves its queue and the book."""
        terms = order.image.terms
        (self.bids if terms.side is _BUY else self.asks).remove(order)
        del self._by_ref[terms.session_id][terms.cl_ord_id]
        if self.counts is not None:
            self.counts.drop(terms, resting=1)
        if self.collected:
            self.collected.pop(terms.order_id, None)
        if order.image.working is not None:
            self.forget_special(order.image)

    def wait(self, order: Order) -> None:
        """An order begins to wait for what its image says."""
        image = order.image
        terms = image.terms
        self._by_ref[terms.session_id][terms.cl_ord_id] = order
        self._sessions_of[terms.account_id].add(terms.session_id)
        if self.counts is not None:
            self.counts.add(terms, resting=0)
        self._remember(order)

    def unwait(self, order: Order) -> None:
        """A waiting order leaves its place and the book."""
        image = order.image
        terms = image.terms
        assert image.working is not None
        wait = image.working.wait
        if wait is Wait.TURN:
            self.turns.remove(order)
        elif wait is Wait.TRIGGER:
            self.triggers.remove(order)
        del self._by_ref[terms.session_id][terms.cl_ord_id]
        if self.counts is not None:
            self.counts.drop(terms, resting=0)
        self.forget_special(image)

    def take_out(self, order: Order) -> None:
        """An open order leaves the book, wherever it is."""
        if order.level is not None:
            self.unrest(order)
        else:
            self.unwait(order)

    def _remember(self, order: Order) -> None:
        """An order with a working state rests or waits: index it by what may have to be done with it."""
        image = order.image
        terms, working, special = image.terms, image.working, image.terms.special
        assert working is not None
        order_id = terms.order_id
        self.orders[order_id] = order
        if working.wait is Wait.TURN:
            self.turns.append(order)
        elif working.wait is Wait.TRIGGER:
            self.triggers.add(order)
        elif working.wait is Wait.AUCTION:
            self.auction_orders[order_id] = order
        if special is None:
            return
        if special.peg is not None:
            self.pegs[order_id] = order
        if not working.wait and (special.all_or_none or special.min_qty):
            self.conditional.add(order)
        if special.link is not None:
            link = special.link
            self.lists.setdefault(link.first_order_id, {})[order_id] = order
            self.list_names[terms.session_id, link.list_id] = link.first_order_id
        if special.expire_ns:
            self._time(special.expire_ns, order_id)

    def _time(self, expire_ns: int, order_id: int) -> None:
        """An order is to expire. One that has left, or comes again, leaves its entry behind: these are bounded."""
        expiries = self.expiries
        heappush(expiries, (expire_ns, order_id))
        if len(expiries) > 2 * len(self.orders) + 64:
            live = {key: order.image.terms.special for key, order in self.orders.items()}
            expiries[:] = [(special.expire_ns, key) for key, special in live.items() if special and special.expire_ns]
            heapify(expiries)

    def forget_special(self, image: OrderImage) -> None:
        """Undo :meth:`_remember` but for the place itself."""
        order_id = image.terms.order_id
        del self.orders[order_id]
        self.auction_orders.pop(order_id, None)
        special = image.terms.special
        if special is None:
            return
        self.pegs.pop(order_id, None)
        self.conditional.discard(order_id)
        if special.link is not None:
            link = special.link
            legs = self.lists[link.first_order_id]
            del legs[order_id]
            if not legs:
                del self.lists[link.first_order_id]
                name = image.terms.session_id, link.list_id
                if self.list_names.get(name) == link.first_order_id:
                    del self.list_names[name]

    def turn_to(self, order: Order, image: OrderImage) -> None:
        """An open order takes on ``image``, where it stands; its ClOrdID may be another."""
        before = order.image.terms
        if image.terms is not before and image.terms.cl_ord_id != before.cl_ord_id:
            del self._by_ref[before.session_id][before.cl_ord_id]
            self._by_ref[before.session_id][image.terms.cl_ord_id] = order
        if order.level is not None:
            order.level.turn_to(order, image)
        else:
            order.image = image

    def fill_resting(self, order: Order, image: OrderImage, *, keeps_place: bool = False) -> None:
        """A resting order, partly filled, takes on ``image``; one that shows its next part goes to the end."""
        level = order.level
        assert level is not None
        refreshed = not keeps_place and image.working is not None and image.shown_qty and _refreshes(order.image, image)
        level.turn_to(order, image)
        if refreshed:
            level.send_back(order)

    def keep_place(self, order: Order, image: OrderImage) -> None:
        """An order is amended and stays where it is."""
        special = image.terms.special
        moved = order.image.terms.special
        self.turn_to(order, image)
        if special is not None and moved is not None and special.expire_ns != moved.expire_ns:
            self._time(special.expire_ns, image.terms.order_id)

    def open_orders(self, account_id: int) -> list[OrderImage]:
        return [order.image for order in self.orders_of(account_id)]

    def __len__(self) -> int:
        """Open orders, resting or waiting."""
        return sum(len(mine) for mine in self._by_ref.values())

    # ---- many orders ----------------------------------------------------------------------------------------------

    def everyone(self) -> Iterator[Order]:
        """Every open order, in no order."""
        for mine in self._by_ref.values():
            yield from mine.values()

    def good_for_the_day(self) -> list[Order]:
        """The open orders that a trading day's end expires, those that have missed their auction among them."""
        return [order for order in self.everyone() if order.image.terms.tif in _FOR_THE_DAY]

    def orders_of(self, account_id: int) -> list[Order]:
        """An account's open orders, by session, oldest first."""
        return [
            order
            for session_id in sorted(self._sessions_of.get(account_id, ()))
            for order in self._by_ref[session_id].values()
            if order.image.terms.account_id == account_id
        ]

    def next_due(self, command: object, choose: Callable[[], Iterable[Order]], limit: int) -> tuple[list[Order], bool]:
        """The next orders, by OrderID, that a command about many is for, and whether they are the last ones.

        ``choose`` gives all of them, and is asked once: what comes in meanwhile is not the command's business.
        """
        due = self.due.get(command)
        if due is None:
            due = self.due[command] = sorted(choose(), key=_order_id, reverse=True)
        now = due[: -limit - 1 : -1]
        del due[-limit:]
        if not due:
            del self.due[command]
        return self._still_open(now), not due

    def _still_open(self, orders: list[Order]) -> list[Order]:
        """As they are now; one whose ClOrdID a replace has changed meanwhile is looked for among all."""
        found = [self.find_open(order.image) for order in orders]
        missing = {order.image.terms.order_id for order, now in zip(orders, found, strict=True) if now is None}
        still = [order for order in found if order is not None]
        if missing:
            still += [order for order in self.everyone() if order.image.terms.order_id in missing]
            still.sort(key=_order_id)
        return still

    def legs_named(self, session_id: int, list_id: str) -> list[Order]:
        """The open legs of a session's list, by OrderID; of several by that name those of one that came in last."""
        legs = self.lists.get(self.list_names.get((session_id, list_id), 0), {})
        return [legs[order_id] for order_id in sorted(legs)]

    def find_open(self, image: OrderImage) -> Order | None:
        """The order of which ``image`` is a state, unless it has ended or goes by another ClOrdID now."""
        terms = image.terms
        order = self._by_ref[terms.session_id].get(terms.cl_ord_id)
        return order if order is not None and order.image.terms.order_id == terms.order_id else None


def _refreshes(before: OrderImage, after: OrderImage) -> bool:
    """Whether a reserve order's fill used up what it showed."""
    filled = before.leaves_qty - after.leaves_qty
    special = after.terms.special
    return special is not None and special.display_qty > 0 and filled >= before.shown_qty
