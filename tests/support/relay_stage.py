"""A relay without sockets, cranked by hand: a staged venue's streams, cut into reads anywhere, and connections that get
lost."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import cast

from market_stage import Reader, Stage

from clients.market.packets import SnapshotLink, StreamLink
from clients.settings import Settings
from gateways.binary import soup
from gateways.binary.market.relayed import RelayedFeed, RelayedLine, VenueSnapshot
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch, Stream

LOGIN = "SUB1", "secret"


class Following:
    """One stream of the venue's; a :class:`gateways.binary.market.source.Subscriber` there."""

    def __init__(self, stage: RelayStage, kind: Kind) -> None:
        self.stage = stage
        self.kind = kind
        self.line: RelayedLine | None = None
        self.link: StreamLink | None = None
        """None while there is no connection."""
        self.begun = 0
        self.lost = 0
        self._coming = b""
        self._asked = True

    def offer(self, batch: Batch) -> None:
        self._coming += batch.packets

    def end(self, reason: str) -> None:
        self.lose()

    # ---- what may happen --------------------------------------------------------------------------------------------

    def read(self, random: Random) -> None:
        """Some of what is on its way arrives."""
        assert self.link is not None
        size = random.randint(1, max(1, len(self._coming)))
        data, self._coming = self._coming[:size], self._coming[size:]
        self.link.receive(data)

    def lose(self) -> None:
        """The connection, and whatever was on its way."""
        venue = self.stage.venue.feed.lines[self.kind]
        venue.leave(self)
        self.lost += 1
        self.link, self._coming = None, b""

    def find(self, random: Random) -> None:
        """There is a connection again, or one for the first time."""
        venue = self.stage.venue.feed.lines[self.kind]
        self.stage.venue.feed.start(venue)
        line = self.line
        if line is None or line.stream.name != venue.stream.name or not venue.stream.holds(line.stream.next):
            self._ask(random)
        else:
            self._listen(line)

    def answer(self, random: Random) -> None:
        """The snapshot that has been asked for, if one has, comes."""
        if self._asked and self.line is not None:
            self._asked = False
            self._ask(random)

    @property
    def idle(self) -> bool:
        return self.link is not None and not self._coming and not self._asked

    # ---- how --------------------------------------------------------------------------------------------------------

    def _ask(self, random: Random) -> None:
        venue = self.stage.venue.feed.lines[self.kind]

        def take(number: int, packets: list[bytes]) -> None:
            link = SnapshotLink(*LOGIN, self.kind.value, Settings())
            link.begin()
            data = soup.login_accepted(venue.stream.name, number) + b"".join(packets)
            while data:
                size = random.randint(1, len(data))
                link.receive(data[:size])
                data = data[size:]
            assert link.ready
            self._show(VenueSnapshot(link.session.session, link.number, link.packets, link.instruments))

        venue.snapshot(take)

    def _show(self, snapshot: VenueSnapshot) -> None:
        stream = self.stage.venue.feed.lines[self.kind].stream
        line = self.line
        if line is not None and line.stream.name == snapshot.session and (self.link or stream.holds(line.stream.next)):
            line.show(snapshot)
            return
        first = max(1, stream.oldest, snapshot.number - self.stage.backfill)
        made = Stream(snapshot.session, self.stage.replay_bytes, first)
        line = RelayedLine(self.kind, made, self.stage.lag_max, self._on_asked, self.stage.feed.begin)
        self.line, self._asked = line, False
        self.begun += 1
        line.show(snapshot)
        self._listen(line)

    def _on_asked(self) -> None:
        self._asked = True

    def _listen(self, line: RelayedLine) -> None:
        venue = self.stage.venue.feed.lines[self.kind]
        name, number = line.stream.name, line.stream.next
        link = StreamLink(*LOGIN, name, number, Settings(), line.take)
        link.begin()
        self._coming = soup.login_accepted(name, number)
        while number < venue.stream.unsent:
            batch = venue.stream.since(number, 500)
            self._coming += batch.packets
            number = batch.next
        venue.join(self)
        self.link = link


class RelayStage:
    def __init__(self, venue: Stage, *, lag_max: int, replay_bytes: int = 1 << 20, backfill: int = 0) -> None:
        self.venue = venue
        self.lag_max = lag_max
        self.replay_bytes = replay_bytes
        self.backfill = backfill
        self.feed = RelayedFeed(tuple(Kind))
        self.followings = [Following(self, kind) for kind in Kind]

    def reader(self, kind: Kind) -> Reader:
        """A client of the relay."""
        return Reader(cast(Stage, SimpleNamespace(feed=self.feed)), kind)

    def crank(self, random: Random, *, losing: bool = True) -> None:
        """Something happens to one of the streams."""
        following = random.choice(self.followings)
        if following.link is None:
            following.find(random)
        elif losing and not random.randrange(12):
            following.lose()
        elif not random.randrange(3):
            following.answer(random)
        else:
            following.read(random)

    def rest(self, random: Random) -> None:
        """All that is on its way arrives."""
        self.venue.rest(random)
        while not all(following.idle for following in self.followings):
            self.crank(random, losing=False)
            self.venue.rest(random)
