"""Conflated market data: for clients that want the newest prices, not every change. Pure.

Of each instrument the newest book by price is told, at most once per interval, and only where it differs from what was
told before; so are its definition, status, statistics and auction. Single trades are not told: the statistics add them
up. All is Unsequenced Data. A client that has not read what it was sent before is sent nothing; once it has, it is
shown the instruments that have changed meanwhile as they are then. So it costs a bounded amount of memory, and nobody
waits for it.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias

from engine.market_data.checksum import levels_checksum
from engine.market_data.levels import Levels
from engine.queries import DepthLevel
from engine.types import Px, Side
from gateways.binary import soup
from gateways.binary.codec import HEADER, HEADER_SIZE
from gateways.binary.fields import SIDE
from gateways.binary.market.codec import END_OF_EVENT, UNSEQUENCED
from gateways.binary.market.source import SourceLine
from gateways.binary.market.stream import Batch

NAME: Final = "CONFLATED"
"""What a login names as its session that wants this."""
_ALL: Final = 1 << 62
_UNSEQUENCED_DATA: Final = bytes((soup.UNSEQUENCED_DATA,))
_BUY: Final = SIDE[Side.BUY]
_PRICE_LEVEL: Final = UNSEQUENCED.price_level.template_id
_BEGIN: Final = UNSEQUENCED.snapshot_begin.template_id
_KEPT: Final = {
    layout.template_id: (layout.unpack, at)
    for layout, at in (
        (UNSEQUENCED.instrument_definition, 13),
        (UNSEQUENCED.instrument_status, 4),
        (UNSEQUENCED.auction_indicative, 4),
        (UNSEQUENCED.auction_result, 3),
        (UNSEQUENCED.statistics, 12),
        (UNSEQUENCED.trading_day_ended, 1),
    )
}
"""Messages of which the newest is told, beside the book: how to read them, and which field is the SecurityID."""

_LevelKey: TypeAlias = tuple[bytes, Px]
_Level: TypeAlias = tuple[int, int]
"""Displayed quantity and number of orders."""
_GONE: Final[_Level] = (0, 0)


class Client(Protocol):
    """Who is told. Neither waits nor raises."""

    @property
    def backlog(self) -> int:
        """Bytes that wait to be read."""

    def write(self, packets: bytes) -> object:
        """Sends them."""

    def end(self, reason: str) -> object:
        """There will be no more."""


class _Instrument:
    """The newest of everything, and what was told of it last."""

    __slots__ = ("before", "changed", "levels", "news", "security_id", "time_ns", "updates")

    def __init__(self, security_id: int) -> None:
        self.security_id = security_id
        self.time_ns = 0
        self.levels: dict[_LevelKey, _Level] = {}
        self.before: dict[_LevelKey, _Level] = {}
        """Levels that have changed, as they were told last."""
        self.news: dict[int, bytes] = {}
        """The newest message of each kind."""
        self.changed: set[int] = set()
        """The kinds that have not been told."""
        self.updates = 0

    @property
    def dirty(self) -> bool:
        return bool(self.before or self.changed)

    def set_level(self, key: _LevelKey, level: _Level) -> None:
        known = self.levels.get(key, _GONE)
        self.before.setdefault(key, known)
        if level[0]:
            self.levels[key] = level
        else:
            self.levels.pop(key, None)

    def clear(self) -> None:
        """The book is going to be shown again."""
        for key in list(self.levels):
            self.set_level(key, _GONE)

    def update(self, checksum_every: int) -> bytes:
        """What has changed since the last time."""
        packets = [self.news[kind] for kind in sorted(self.changed)]
        levels = self.levels
        rows = [
            (key, levels.get(key, _GONE)) for key, before in self.before.items() if levels.get(key, _GONE) != before
        ]
        self.changed.clear()
        self.before.clear()
        packets += self._packed(rows)
        if rows:
            self.updates += 1
            if checksum_every and not self.updates % checksum_every:
                values = self.time_ns, self._checksum(), len(self.levels), self.security_id, END_OF_EVENT
                packets.append(UNSEQUENCED.book_checksum.pack(*values))
        return b"".join(packets)

    def shown(self) -> bytes:
        """All of it."""
        begin = UNSEQUENCED.snapshot_begin.pack(0, self.security_id, len(self.levels))
        end = UNSEQUENCED.snapshot_end.pack(0, self.security_id, self._checksum())
        news = [self.news[kind] for kind in sorted(self.news)]
        return b"".join([begin, *news, *self._packed(list(self.levels.items())), end])

    def _packed(self, rows: list[tuple[_LevelKey, _Level]]) -> list[bytes]:
        pack = UNSEQUENCED.price_level.pack
        last = len(rows) - 1
        return [
            pack(self.time_ns, px, qty, self.security_id, orders, side, END_OF_EVENT if at == last else 0)
            for at, ((side, px), (qty, orders)) in enumerate(rows)
        ]

    def _checksum(self) -> int:
        sides: dict[bool, list[DepthLevel]] = {True: [], False: []}
        for (side, px), (qty, orders) in self.levels.items():
            sides[side == _BUY].append(DepthLevel(px, qty, orders))
        sides[True].sort(key=lambda level: -level.px)
        sides[False].sort(key=lambda level: level.px)
        return levels_checksum(Levels(sides[True], sides[False]))


class Conflation:
    """What all clients of conflated market data share. :meth:`tick` is to be called once per interval."""

    def __init__(self, checksum_every: int) -> None:
        """``checksum_every``: updates of an instrument's book from one checksum to the next; 0 = none."""
        self._checksum_every = checksum_every
        self._line: SourceLine | None = None
        self._following = False
        """Whether the line's messages come here."""
        self._instruments: dict[int, _Instrument] = {}
        self._behind: dict[Client, set[int]] = {}
        """Each client, and the instruments that it has to be shown."""
        self._new: set[Client] = set()
        """Those that have been shown nothing yet."""

    # ---- clients ----------------------------------------------------------------------------------------------------

    def join(self, client: Client, line: SourceLine) -> None:
        """``line`` is the stream by price; a new one is followed from now on, and ends whom the old one had."""
        if line is not self._line:
            self.end("market data has begun anew: log in again")
            self._line = line
            line.snapshot(self._begin)
        self._behind[client] = set(self._instruments)
        self._new.add(client)

    def leave(self, client: Client) -> None:
        """It is sent nothing more. Whoever has never joined may leave too."""
        if self._behind.pop(client, None) is not None and not self._behind:
            self._stop_following()
        self._new.discard(client)

    def tick(self) -> None:
        """The interval is over."""
        if not self._following:
            return
        updates = {key: it.update(self._checksum_every) for key, it in self._instruments.items() if it.dirty}
        together = b"".join(updates.values())
        shown: dict[int, bytes] = {}
        for client, behind in list(self._behind.items()):
            if client.backlog:
                behind.update(updates)
            elif behind or client in self._new:
                rest = [packets for key, packets in updates.items() if key not in behind]
                client.write(b"".join([*self._shown(client, behind, shown), *rest]))
                behind.clear()
            elif together:
                client.write(together)

    def _shown(self, client: Client, behind: set[int], shown: dict[int, bytes]) -> list[bytes]:
        """What a client has missed; ``shown`` is what others have been shown in this interval."""
        for key in behind:
            if key not in shown:
                shown[key] = self._instruments[key].shown()
        packets = [shown[key] for key in behind]
        if client in self._new:
            self._new.discard(client)
            packets.append(UNSEQUENCED.snapshot_complete.pack(0, len(behind)))
        return packets

    # ---- the stream: see gateways.binary.market.source.Subscriber ---------------------------------------------------

    def offer(self, batch: Batch) -> None:
        """What comes next of the stream."""
        self._take(batch.packets)

    def end(self, reason: str) -> None:
        """The stream is no more."""
        clients = list(self._behind)
        self._behind.clear()
        self._new.clear()
        self._stop_following()
        for client in clients:
            client.end(reason)

    def _begin(self, number: int, packets: list[bytes]) -> None:
        """A :data:`gateways.binary.market.source.TakeSnapshot`: from there on the stream is taken as it comes."""
        line = self._line
        if line is None or self._following:
            return
        if not number:
            self.end("no snapshot can be had now")
            return
        self._take(b"".join(packets))
        self._take(line.stream.since(number, _ALL).packets)
        self._following = True
        line.join(self)

    def _stop_following(self) -> None:
        if self._line is not None:
            self._line.leave(self)
        self._line = None
        self._following = False
        self._instruments.clear()

    def _take(self, packets: bytes) -> None:
        at, end = 0, len(packets)
        unpack_level = UNSEQUENCED.price_level.unpack
        while at < end:
            after = at + 2 + (packets[at] << 8 | packets[at + 1])
            begin = at + soup.HEADER_SIZE
            block = begin + HEADER_SIZE
            template_id: int = HEADER.unpack_from(packets, begin)[1]
            if template_id == _PRICE_LEVEL:
                time_ns, px, qty, security_id, orders, side, _ = unpack_level(packets, block)
                instrument = self._instrument(security_id)
                instrument.time_ns = time_ns
                instrument.set_level((side, px), (qty, orders))
            elif template_id == _BEGIN:
                self._instrument(UNSEQUENCED.snapshot_begin.unpack(packets, block)[1]).clear()
            elif template_id in _KEPT:
                unpack, which = _KEPT[template_id]
                instrument = self._instrument(unpack(packets, block)[which])
                instrument.news[template_id] = packets[at : at + 2] + _UNSEQUENCED_DATA + packets[begin:after]
                instrument.changed.add(template_id)
            at = after

    def _instrument(self, security_id: int) -> _Instrument:
        instrument = self._instruments.get(security_id)
        if instrument is None:
            instrument = self._instruments[security_id] = _Instrument(security_id)
            for behind in self._behind.values():
                behind.add(security_id)
        return instrument
