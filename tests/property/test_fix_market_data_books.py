"""What a FIX client builds of W and X is the venue's book, at every depth, whatever happens and however slowly it
reads."""

from __future__ import annotations

from random import Random

import pytest
from book_world import MARKETS, events_of, open_orders, run
from command_streams import BACK_KINDS, KINDS, RARE_KINDS, CommandStream, Step, random_step, steps
from fix_market import VERSIONS, BookClient, FixMarket
from fix_venue import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.book import Book
from engine.decimals import format_decimal
from engine.market_data.levels import displayed_levels
from engine.market_data.orders import displayed_orders

DEPTHS = (0, 1, 2, 5, 10)


class Watching:
    """A client with a subscription for every depth, by price and by order, as X and as W."""

    def __init__(self, begin_string: str, market: str) -> None:
        listed, middle = MARKETS[market]
        self.fix = FixMarket(begin_string, listed)
        self.symbol = listed.symbol
        self.stream = CommandStream(listed, middle)
        self.clients: dict[str, tuple[int, BookClient]] = {}
        for depth in DEPTHS:
            self._subscribe(f"X{depth}", depth, "1", "Y")
            self._subscribe(f"O{depth}", depth, "1", "N")
        self._subscribe("W", 5, "0", "Y")
        self._subscribe("WO", 5, "0", "N")

    @property
    def book(self) -> Book:
        return self.fix.books[1]

    def _subscribe(self, name: str, depth: int, update: str, book: str) -> None:
        client = BookClient(book == "Y")
        self.clients[name] = depth, client
        client.take(self.fix.request(name, "01", self.symbol, depth=str(depth), update=update, book=book))
        assert client.snapshots == 1

    def play(self, step: Step) -> None:
        records = run(self.book, self.stream.command(step, open_orders(self.book)), self.stream.now_ns)
        self.stream.see(events_of(records))
        if not isinstance(records, str):
            self.fix.fold(records)

    def look(self) -> None:
        """The port's turn, and then a moment at which the client may have room again."""
        self.fix.deliver()
        self.fix.session.market([], NOW)
        for message in self.fix.messages():
            self.clients[message.fields["262"]][1].take([message])

    def check(self) -> None:
        for name, (depth, client) in self.clients.items():
            if client.aggregated:
                self._check_levels(name, depth, client)
            else:
                self._check_orders(name, depth, client)

    def _check_levels(self, name: str, depth: int, client: BookClient) -> None:
        levels = displayed_levels(self.book, depth)
        for kind, side in (("0", levels.bids), ("1", levels.asks)):
            shown = [(format_decimal(each.px), format_decimal(each.qty), str(each.orders)) for each in side]
            assert client.by_position[kind] == shown, name
            assert client.by_price[kind] == {px: (qty, count) for px, qty, count in shown}, name

    def _check_orders(self, name: str, depth: int, client: BookClient) -> None:
        orders = displayed_orders(self.book, depth)
        for kind, side in (("0", orders.bids), ("1", orders.asks)):
            shown: dict[str, list[str]] = {}
            for order_id, (px, qty) in client.orders[kind].items():
                shown.setdefault(px, []).append(f"{order_id}:{qty}")
            truth: dict[str, list[str]] = {}
            for each in side:
                truth.setdefault(format_decimal(each.px), []).append(f"{each.order_id}:{format_decimal(each.qty)}")
            assert shown == truth, name


@given(
    st.sampled_from(VERSIONS),
    st.sampled_from(sorted(MARKETS)),
    st.lists(st.tuples(steps, st.integers(0, 3)), max_size=40),
)
@settings(max_examples=30, deadline=None)
def test_every_book_is_the_venues(begin_string: str, market: str, chosen: list[tuple[Step, int]]) -> None:
    """Several steps may come to one turn, and several turns to one moment in which the client has room."""
    watching = Watching(begin_string, market)
    for step, look in chosen:
        watching.play(step)
        if look:
            watching.fix.backlog = 10**9 if look == 1 else 0
            watching.look()
        if look > 1:
            watching.check()


@pytest.mark.parametrize("market", ["usual", "guards"])
def test_a_long_day(market: str) -> None:
    random = Random(market)
    watching = Watching("FIX.4.4", market)
    kinds = [*KINDS * 8, *RARE_KINDS, *BACK_KINDS * 2]
    for _ in range(300):
        watching.play(random_step(random, kinds))
        if not random.randrange(3):
            watching.look()
            watching.check()
    _, client = watching.clients["X5"]
    assert (client.snapshots, client.increments > 20) == (1, True)
