"""One stream of the venue's market data, and how a late joiner gets to where it is. Pure.

A line keeps an image of each instrument as of a number of its stream. Shown the images and then sent the stream from
the oldest of them on, a joiner has the live market. Images are shared by all who join while they are young enough; an
instrument of which nothing has been sent since stays as its image is, however old that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from engine.instrument import Instrument
from engine.market_data.checksum import levels_checksum
from engine.market_data.levels import Levels
from engine.market_data.statistics import DayStatistics
from engine.market_data.steps import Shown
from engine.market_data.top import State
from engine.market_data.updates import Channel
from gateways.binary.market.codec import END_OF_EVENT, SEQUENCED, UNSEQUENCED
from gateways.binary.market.encoder import Encoder
from gateways.binary.market.source import Kind, SourceLine, TakeSnapshot
from gateways.binary.market.stream import Stream

LAG_MAX: Final = 20_000
"""Packets that a joiner may have to be sent again after an image; beyond, a new one is made."""
TELL: Final = Encoder(SEQUENCED)
_SHOW: Final = Encoder(UNSEQUENCED)

Content: TypeAlias = Shown | Levels


class Listed:
    """What all lines know of an instrument."""

    __slots__ = ("day", "instrument", "level_changes", "seqs", "state")

    def __init__(self) -> None:
        self.instrument: Instrument | None = None
        self.state: State | None = None
        self.day: DayStatistics | None = None
        self.seqs: dict[Channel, int] = {}
        """The journal's sequence that each channel's last message showed."""
        self.level_changes = 0
        """Since the last checksum by price."""


class _Image:
    """An instrument as of a number of the stream; encoded when somebody needs it, and once for all."""

    __slots__ = ("_body", "_content", "_day", "_state", "_time_ns", "as_of", "changed", "checksum", "instrument")

    def __init__(self, as_of: int, time_ns: int, listed: Listed, content: Content) -> None:
        assert listed.instrument is not None
        assert listed.state is not None
        self.as_of = as_of
        self.changed = as_of
        """The number of the last packet that was about the instrument."""
        self.instrument = listed.instrument
        self.checksum = content.checksum if isinstance(content, Shown) else levels_checksum(content)
        self._time_ns = time_ns
        self._state = listed.state
        self._day = listed.day
        self._content = content
        self._body = b""

    def shown(self, as_of: int) -> list[bytes]:
        """For a joiner; ``as_of`` is a number up to which it holds."""
        self._body = self._body or b"".join(self._packets(_SHOW))
        return self._frame(_SHOW, as_of, [self._body])

    def told(self, as_of: int) -> list[bytes]:
        """For all, packet by packet."""
        return self._frame(TELL, as_of, self._packets(TELL))

    @property
    def entries(self) -> int:
        """Orders or levels."""
        book = self._content.orders if isinstance(self._content, Shown) else self._content
        return len(book.bids) + len(book.asks)

    def _frame(self, encoder: Encoder, as_of: int, packets: list[bytes]) -> list[bytes]:
        key = self.instrument.symbol_id
        begin = encoder.snapshot_begin(as_of, key, self.entries)
        return [begin, *packets, encoder.snapshot_end(as_of, key, self.checksum)]

    def _packets(self, encoder: Encoder) -> list[bytes]:
        key, time_ns, content = self.instrument.symbol_id, self._time_ns, self._content
        packets = [encoder.definition(time_ns, key, self.instrument, 0)]
        packets += encoder.state(time_ns, key, self._state, None, 0)
        if self._day is not None:
            packets.append(encoder.statistics(time_ns, key, self._day))
        if isinstance(content, Shown):
            packets += encoder.orders(time_ns, key, content.orders)
        else:
            packets += encoder.levels(time_ns, key, content)
        return packets


class Line(SourceLine):
    """``ask`` has market data send an instrument's snapshot again, in its place among the updates."""

    def __init__(self, kind: Kind, stream: Stream, ask: Callable[[int], object]) -> None:
        super().__init__(kind, stream)
        self.started = False
        self._ask = ask
        self._images: dict[int, _Image] = {}
        self._asked: set[int] = set()
        self._checked: set[int] = set()
        """Instruments whose next image is to be followed by its checksum."""

    # ---- what market data brings -----------------------------------------------------------------------------------

    def expect(self, symbol_ids: Iterable[int]) -> None:
        """These will begin without being asked for: nobody is shown the market before it has them all."""
        self._asked.update(symbol_ids)

    def tell(self, symbol_id: int, packets: list[bytes]) -> None:
        """Something has happened to an instrument. Before its first image nobody knows of it."""
        image = self._images.get(symbol_id)
        if image is not None and packets:
            stream = self.stream
            if image.changed <= image.as_of:  # all that has been told since was of others
                image.as_of = stream.next - 1
            stream.extend(packets)
            image.changed = stream.next - 1

    def begin(self, symbol_id: int, time_ns: int, listed: Listed, content: Content) -> None:
        """An instrument is new here, or something of it may have been missed: all are told how it stands."""
        stream = self.stream
        stream.extend(_Image(0, time_ns, listed, content).told(stream.next - 1))
        self._keep(symbol_id, time_ns, listed, content)

    def renew(self, symbol_id: int, time_ns: int, listed: Listed, content: Content) -> None:
        """An image that was asked for: it shows what has been told."""
        if symbol_id in self._checked:
            self._checked.discard(symbol_id)
            image = _Image(0, time_ns, listed, content)
            self.stream.append(TELL.book_checksum(time_ns, symbol_id, image.checksum, image.entries, END_OF_EVENT))
        self._keep(symbol_id, time_ns, listed, content)

    def shows(self, symbol_id: int) -> bool:
        """Whether the stream has begun with an instrument."""
        return symbol_id in self._images

    def _keep(self, symbol_id: int, time_ns: int, listed: Listed, content: Content) -> None:
        self._images[symbol_id] = _Image(self.stream.next - 1, time_ns, listed, content)
        self._asked.discard(symbol_id)

    def check(self, symbol_id: int) -> None:
        """Have a checksum of what the book is told to be now."""
        self._checked.add(symbol_id)
        self._ask_for(symbol_id)

    def flush(self) -> None:
        """Sends what has been told to everybody, then snapshots to those who wait for one that can be had now."""
        batch = self.stream.close()
        if batch is not None:
            self._hand_out(batch)
        if self._waiting and not self._asked:
            waiting, self._waiting = self._waiting, []
            newest, packets = self._snapshot()
            for take, since in waiting:
                number = since or newest
                take(number, [*packets, _SHOW.snapshot_complete(number, len(self._images))])

    # ---- who joins --------------------------------------------------------------------------------------------------

    @property
    def joins_at(self) -> int:
        """The number from which the stream would go on behind a snapshot that uses what images are young enough now;
        for who is to be told before there is any."""
        oldest = self._oldest()
        return min((image.as_of for image in self._behind() if image.as_of >= oldest), default=self.stream.next - 1) + 1

    def snapshot(self, take: TakeSnapshot, since: int = 0) -> None:
        """Calls ``take`` once with a snapshot: now, or when images that have become too old have been made again.

        ``since``: what :attr:`joins_at` was; the stream goes on from there then, if it is still held. Images have only
        become younger.
        """
        oldest = self._oldest()
        for image in self._behind():
            if image.as_of < oldest:
                self._ask_for(image.instrument.symbol_id)
        self._waiting.append((take, since))
        if not self._asked:
            self.flush()

    def _oldest(self) -> int:
        """As of which number an image is not too old yet."""
        return max(self.stream.next - LAG_MAX, self.stream.oldest)

    def _behind(self) -> list[_Image]:
        """Images of instruments of which more has been told since."""
        return [image for image in self._images.values() if image.as_of < image.changed]

    def _ask_for(self, symbol_id: int) -> None:
        if symbol_id not in self._asked:
            self._asked.add(symbol_id)
            self._ask(symbol_id)

    def _snapshot(self) -> tuple[int, list[bytes]]:
        """From which number the stream goes on, and the images. All that has been told has left."""
        newest = self.stream.next - 1
        packets: list[bytes] = []
        number = newest
        for image in self._images.values():
            as_of = newest if image.changed <= image.as_of else image.as_of
            number = min(number, as_of)
            packets += image.shown(as_of)
        return number + 1, packets
