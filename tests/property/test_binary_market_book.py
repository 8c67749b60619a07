"""Whoever joins the market data streams, whenever and however often: its book is the venue's, at every checksum."""

from __future__ import annotations

from random import Random

import pytest
from book_world import MARKETS
from command_streams import BACK_KINDS, KINDS, RARE_KINDS, Step, random_step, steps
from hypothesis import given, settings
from hypothesis import strategies as st
from market_stage import Reader, Stage

from actors.boundary import SessionUnavailable
from engine import events as ev
from engine.market_data.levels import displayed_levels
from gateways.binary.market.source import Kind

READERS = (Kind.ORDERS, Kind.ORDERS, Kind.LEVELS)


def check(stage: Stage, reader: Reader) -> None:
    """At rest, a live reader knows all that is displayed, and every trade since it joined."""
    assert reader.live
    (known,) = reader.book.instruments.values()
    shown = stage.shown()
    if reader.kind is Kind.ORDERS:
        assert not reader.book.open_event
        for side, queue in ((b"1", shown.bids), (b"2", shown.asks)):
            assert known.queue(side) == [(order.order_id, order.px, order.qty) for order in queue]
    else:
        levels = displayed_levels(stage.book)
        for side, rows in ((b"1", levels.bids), (b"2", levels.asks)):
            assert known.depth(side) == [(row.px, row.qty, row.orders) for row in rows]
    assert known.status["TradingPhase"] == stage.book.phase
    assert known.status["SecurityTradingStatus"] == stage.book.status
    assert set(known.executed) <= set(known.trades)


def trades_of(stage: Stage) -> dict[int, tuple[int, int]]:
    """By the records."""
    made: dict[int, tuple[int, int]] = {}
    for entry in stage.journal:
        assert entry.record is not None
        for event in entry.record.events:
            if isinstance(event, ev.TradeExecuted | ev.TradeCorrected):
                made[event.trade_id] = (event.px, event.qty)
            elif isinstance(event, ev.TradeBusted):
                made[event.trade_id] = (event.px, 0)
    return made


def some_happening(stage: Stage, readers: list[Reader], random: Random) -> None:
    """A reader comes, goes, or comes back for what it has missed."""
    reader = random.choice(readers)
    if reader.live and random.randrange(3):
        reader.leave()
    elif reader.announced:
        reader.join_as_announced()
    elif not reader.live and not reader.waits and not random.randrange(3):
        reader.announce()
    elif not reader.live and not reader.waits:
        held = reader.name == reader.line.stream.name and reader.line.stream.holds(reader.book.next)
        reader.join(reader.book.next if held and random.randrange(2) else 0)


def play(stage: Stage, readers: list[Reader], chosen: list[Step], random: Random) -> None:
    for step in chosen:
        stage.play(step)
        if not random.randrange(3):
            stage.publish()
        for _ in range(random.randrange(4)):
            stage.crank(random)
        if not random.randrange(6):
            some_happening(stage, readers, random)
    stage.rest(random)
    for reader in readers:
        if not reader.live:
            reader.announced = 0
            reader.join()
    stage.rest(random)


@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, max_size=60), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_a_book_built_from_any_point_on_is_the_venues(market: str, chosen: list[Step], random: Random) -> None:
    stage = Stage(*MARKETS[market])
    readers = [Reader(stage, kind) for kind in READERS]
    play(stage, readers, chosen, random)
    for reader in readers:
        check(stage, reader)


@pytest.mark.parametrize("market", sorted(MARKETS))
def test_long_streams_with_a_short_memory(market: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images become too old, and numbers are no longer held, many times over. One reader stays from the beginning."""
    monkeypatch.setattr("gateways.binary.market.line.LAG_MAX", 40)
    random = Random(market)
    stage = Stage(*MARKETS[market], checksum_every=7, replay_bytes=4_000)
    faithful = [Reader(stage, Kind.ORDERS), Reader(stage, Kind.LEVELS)]
    for reader in faithful:
        reader.join()
    stage.rest(random)
    readers = [Reader(stage, kind) for kind in READERS]
    kinds = [*KINDS * 8, *RARE_KINDS, *BACK_KINDS * 2]
    for _ in range(6):
        play(stage, readers, [random_step(random, kinds) for _ in range(100)], random)
        for reader in [*readers, *faithful]:
            check(stage, reader)
    for reader in faithful:
        (known,) = reader.book.instruments.values()
        assert known.trades == trades_of(stage)
        assert known.checked
        assert reader.line.stream.oldest > 1


def test_a_crash_of_market_data_is_told_to_who_listens() -> None:
    """The rebuilt actor sends its snapshots again; what was missed is not, but the book is right again."""
    random = Random(5)
    stage = Stage(*MARKETS[min(MARKETS)])
    readers = [Reader(stage, Kind.ORDERS), Reader(stage, Kind.LEVELS)]
    for reader in readers:
        reader.join()
    for crash in range(5):
        for _ in range(60):
            stage.play(random_step(random, KINDS))
            if not random.randrange(4):
                stage.publish()
            stage.crank(random)
        stage.crash_market_data()
        stage.rest(random)
        for reader in readers:
            check(stage, reader)
            assert reader.book.names.count("SnapshotBegin") >= 1 + crash


def test_a_crash_of_the_feed_ends_the_streams() -> None:
    random = Random(6)
    stage = Stage(*MARKETS[min(MARKETS)])
    reader = Reader(stage, Kind.ORDERS)
    reader.join()
    stage.play(random_step(random, KINDS))
    stage.rest(random)
    name = reader.name
    stage.feed.renew("it has failed")
    assert reader.ended == "it has failed"
    with pytest.raises(SessionUnavailable, match="not any more"):
        stage.feed.line_named(name)
    for _ in range(30):
        stage.play(random_step(random, KINDS))
    reader.join()
    assert reader.name != name
    stage.rest(random)
    check(stage, reader)
