"""Whoever joins a relay, whenever and however often: its book is the venue's, whatever becomes of the relay's own
connections and however its reads are cut."""

from __future__ import annotations

from random import Random

import pytest
from book_world import MARKETS
from command_streams import BACK_KINDS, KINDS, RARE_KINDS, Step, random_step, steps
from hypothesis import given, settings
from hypothesis import strategies as st
from market_stage import Reader, Stage
from relay_stage import RelayStage

from engine.market_data.levels import displayed_levels
from gateways.binary.market.source import Kind

READERS = (Kind.ORDERS, Kind.ORDERS, Kind.LEVELS)


def check(venue: Stage, reader: Reader) -> None:
    assert reader.live
    (known,) = reader.book.instruments.values()
    if reader.kind is Kind.ORDERS:
        shown = venue.shown()
        for side, queue in ((b"1", shown.bids), (b"2", shown.asks)):
            assert known.queue(side) == [(order.order_id, order.px, order.qty) for order in queue]
    else:
        levels = displayed_levels(venue.book)
        for side, rows in ((b"1", levels.bids), (b"2", levels.asks)):
            assert known.depth(side) == [(row.px, row.qty, row.orders) for row in rows]
    assert known.status["TradingPhase"] == venue.book.phase
    assert reader.book.next == venue.feed.lines[reader.kind].stream.next


def some_happening(relay: RelayStage, readers: list[Reader], random: Random) -> None:
    """A reader comes, goes, or comes back for what it has missed."""
    reader = random.choice(readers)
    line = relay.feed.lines.get(reader.kind)
    if line is None or reader.waits:
        return
    if reader.live:
        if not random.randrange(3):
            reader.leave()
    elif reader.announced:
        reader.join_as_announced()
    elif not random.randrange(3):
        reader.announce()
    else:
        held = reader.name == line.stream.name and line.stream.holds(reader.book.next)
        reader.join(reader.book.next if held and random.randrange(2) else 0)


def play(relay: RelayStage, readers: list[Reader], chosen: list[Step], random: Random) -> None:
    venue = relay.venue
    for step in chosen:
        venue.play(step)
        if not random.randrange(3):
            venue.publish()
        for _ in range(random.randrange(4)):
            venue.crank(random)
        for _ in range(random.randrange(4)):
            relay.crank(random)
        if not random.randrange(4):
            some_happening(relay, readers, random)
    relay.rest(random)
    for reader in readers:
        if not reader.live:
            reader.announced = 0
            reader.join()
    relay.rest(random)


@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, max_size=60), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_book_built_from_a_relay_is_the_venues(market: str, chosen: list[Step], seed: int) -> None:
    random = Random(seed)
    relay = RelayStage(Stage(*MARKETS[market]), lag_max=30, backfill=random.choice((0, 10, 10**6)))
    readers = [relay.reader(kind) for kind in READERS]
    play(relay, readers, chosen, random)
    for reader in readers:
        check(relay.venue, reader)


@pytest.mark.parametrize("market", sorted(MARKETS)[::3])
def test_a_stream_goes_on_over_many_lost_connections(market: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots become too old many times over, and numbers are no longer held."""
    monkeypatch.setattr("gateways.binary.market.line.LAG_MAX", 40)
    monkeypatch.setattr("gateways.binary.market.relayed.LAG_MAX", 40)
    random = Random(market)
    relay = RelayStage(Stage(*MARKETS[market], checksum_every=7), lag_max=60, replay_bytes=4_000)
    faithful = [relay.reader(Kind.ORDERS), relay.reader(Kind.LEVELS)]
    relay.rest(random)
    for reader in faithful:
        reader.join()
    readers = [relay.reader(kind) for kind in READERS]
    kinds = [*KINDS * 8, *RARE_KINDS, *BACK_KINDS * 2]
    for _ in range(6):
        play(relay, readers, [random_step(random, kinds) for _ in range(100)], random)
        for reader in [*readers, *faithful]:
            check(relay.venue, reader)
    for reader, following in zip(faithful, relay.followings, strict=True):
        (known,) = reader.book.instruments.values()
        assert known.checked
        assert following.begun == 1
        assert following.lost > 5
        assert reader.line.stream.oldest > 1


def test_what_the_venue_no_longer_holds_begins_anew() -> None:
    random = Random(3)
    relay = RelayStage(Stage(*MARKETS[min(MARKETS)], replay_bytes=2_000), lag_max=60)
    relay.rest(random)
    reader = relay.reader(Kind.ORDERS)
    reader.join()
    relay.rest(random)
    for following in relay.followings:
        following.lose()
    for _ in range(150):
        relay.venue.play(random_step(random, KINDS))
        relay.venue.rest(random)
    relay.rest(random)
    assert not reader.live
    assert reader.ended == "market data begins anew: log in again"
    reader.join()
    relay.rest(random)
    check(relay.venue, reader)


def test_another_stream_of_the_venue_begins_anew() -> None:
    random = Random(4)
    relay = RelayStage(Stage(*MARKETS[min(MARKETS)]), lag_max=60)
    relay.rest(random)
    reader = relay.reader(Kind.LEVELS)
    reader.join()
    name = reader.name
    relay.venue.feed.renew("it has failed")
    relay.rest(random)
    assert reader.ended == "market data begins anew: log in again"
    reader.join()
    relay.rest(random)
    check(relay.venue, reader)
    assert reader.name != name
