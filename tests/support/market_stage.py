"""Market data's actors around one book, cranked by hand: from the book's records to packets, and clients of them."""

from __future__ import annotations

from collections import deque
from random import Random

from book_world import open_orders, run
from command_streams import CommandStream, Step
from market_book import MarketBook

from actors.market_data import BookShown, Feed, MarketDataActor, Subscribers, ToMarketData
from actors.messages import Entry
from engine import events as ev
from engine.book import Book
from engine.instrument import Instrument
from engine.market_data.limits import MarketDataLimits
from engine.market_data.market import MarketData
from engine.market_data.orders import Orders, displayed_orders
from engine.market_data.updates import MarketMessage
from gateways.binary import soup
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.line import Line
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch

S = 1_000_000_000
START_NS = 1_700_000_000 * S


class Reader:
    """A client without a socket. It can be cut and join again at any point, by a snapshot or by a number."""

    def __init__(self, stage: Stage, kind: Kind) -> None:
        self.stage = stage
        self.kind = kind
        self.book = MarketBook(by_price=kind is Kind.LEVELS)
        self.ended = ""
        self.live = False
        self.waits = False
        self.name = ""
        self.announced = 0
        """From where the stream is to go on, as it was told before there was a snapshot."""

    @property
    def line(self) -> Line:
        return self.stage.feed.lines[self.kind]

    def join(self, number: int = 0) -> None:
        self.stage.feed.start(self.line)
        self.ended, self.name = "", self.line.stream.name
        if number:
            self.book.next = number
            self._catch_up()
        else:
            self.book = MarketBook(by_price=self.kind is Kind.LEVELS)
            self.waits = True
            self.line.snapshot(self._take_snapshot)

    def announce(self) -> None:
        """As one who has yet to prove who it is."""
        self.name, self.announced = self.line.stream.name, self.line.joins_at

    def join_as_announced(self) -> None:
        """If that can still be had."""
        number, self.announced = self.announced, 0
        same = self.name == self.line.stream.name
        self.stage.feed.start(self.line)
        if not same or not self.line.stream.holds(number):
            return
        self.ended, self.waits = "", True
        self.book = MarketBook(by_price=self.kind is Kind.LEVELS)

        def take(told: int, packets: list[bytes]) -> None:
            assert told in (number, 0)
            self._take_snapshot(told, packets)

        self.line.snapshot(take, number)

    def leave(self) -> None:
        if self.live:
            self.line.subscribers.remove(self)
            self.live = False

    def _take_snapshot(self, number: int, packets: list[bytes]) -> None:
        self.waits = False
        if not number:
            self.ended = "no snapshot"
            return
        self.book.next = number
        self._packets(b"".join(packets))
        assert self.book.complete
        self._catch_up()

    def _catch_up(self) -> None:
        stream = self.line.stream
        while self.book.next < stream.next:
            batch = stream.since(self.book.next, 500)
            assert batch.count
            self._packets(batch.packets)
            assert self.book.next == batch.next
        self.live = True
        self.line.subscribers.append(self)

    def offer(self, batch: Batch) -> None:
        assert batch.first == self.book.next
        self._packets(batch.packets)
        assert self.book.next == batch.next

    def end(self, reason: str) -> None:
        self.ended, self.live = reason, False

    def _packets(self, data: bytes) -> None:
        packets, rest, error = soup.split(data, soup.PAYLOAD_MAX + 1)
        assert not rest
        assert not error
        for kind, payload in packets:
            self.book.take(kind, payload)


class Stage:
    """``checksum_every`` and ``replay_bytes`` as the venue's settings."""

    def __init__(
        self, listed: Instrument, middle: int, *, checksum_every: int = 5, replay_bytes: int = 1 << 20
    ) -> None:
        self.book = Book(listed)
        self.stream = CommandStream(listed, middle)
        self.market = MarketData(MarketDataLimits(checksum_every=checksum_every))
        self.subscribers = Subscribers()
        self.faults: list[Exception] = []
        self.to_market: deque[ToMarketData] = deque()
        self.to_feed: deque[MarketMessage] = deque()
        self.asked: deque[int] = deque()
        self.now_ms = START_NS // 1_000_000
        self.seq = 0
        self.actor = self._successor()
        self.feed = MarketFeed(
            self.to_market.append, self.to_feed.append, self._clock, replay_bytes, checksum_every,
            lambda: [listed.symbol_id],
        )  # fmt: skip
        self.records: list[Entry] = []
        self.journal: list[Entry] = []
        self._record([ev.InstrumentListed(listed)])

    def _clock(self) -> int:
        return self.now_ms * 1_000_000

    def _successor(self) -> MarketDataActor:
        return MarketDataActor(self.market, self.subscribers, self.asked.append, self.faults.append)

    def play(self, step: Step) -> None:
        """One command; its records wait for :meth:`publish`."""
        records = run(self.book, self.stream.command(step, open_orders(self.book)), self.stream.now_ns)
        for events in records if not isinstance(records, str) else []:
            self.stream.see(events)
            self._record(events)

    def _record(self, events: list[ev.Event]) -> None:
        self.seq += 1
        entry = Entry(self.seq, ev.Record(START_NS + self.seq, 0, 0, 0, [], events), None)
        self.records.append(entry)
        self.journal.append(entry)

    def publish(self) -> None:
        """What waits becomes durable, as one batch."""
        if self.records:
            self.to_market.append(Feed(self.records))
            self.records = []

    def crank(self, random: Random) -> bool:
        """Something that is on its way arrives; False when nothing is."""
        ready = [queue for queue in (self.to_market, self.to_feed, self.asked) if queue]
        if not ready:
            return False
        queue = random.choice(ready)
        if queue is self.to_market:
            self.actor.on_batch(iter([self.to_market.popleft()]))
        elif queue is self.to_feed:
            for _ in range(random.randint(1, len(self.to_feed))):
                self.feed.take(self.to_feed.popleft())
            self.feed.flush()
        else:
            self.publish()  # what the book has done before it is asked is durable before it answers
            symbol_id = self.asked.popleft()
            self.to_market.append(BookShown(symbol_id, self.seq, displayed_orders(self.book)))
        return True

    def rest(self, random: Random) -> None:
        """All that is on its way arrives."""
        self.publish()
        while self.crank(random):
            pass
        assert not self.faults

    def crash_market_data(self) -> None:
        """The actor is rebuilt from the journal, as of the last record that was published."""
        rebuilt = MarketData(MarketDataLimits(checksum_every=self.market._limits.checksum_every))
        for entry in self.journal[: self.market.seq]:
            assert entry.record is not None
            rebuilt.apply(entry.seq, entry.record)
        self.market = rebuilt
        self.asked.clear()
        self.actor = self._successor()

    def shown(self) -> Orders:
        return displayed_orders(self.book)
