"""A venue's streams of market data at second hand: the venue's own packets, handed on as they are. Pure.

Nothing here reads a message. A late joiner is shown a snapshot that the venue has made, shared by all who join while it
is young enough, and is then sent what has been told since from what is kept here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from actors.boundary import SessionUnavailable
from gateways.binary.market.codec import UNSEQUENCED
from gateways.binary.market.line import LAG_MAX
from gateways.binary.market.source import Kind, SourceLine, Subscriber, TakeSnapshot
from gateways.binary.market.stream import Stream

NOT_YET: Final = "market data has not come from the venue yet"


class VenueSnapshot(NamedTuple):
    """What the venue shows a joiner."""

    session: str
    """The stream's name."""
    number: int
    """From which the stream goes on behind it."""
    packets: bytes
    """Unsequenced Data, without SnapshotComplete."""
    instruments: int


class RelayedLine(SourceLine):
    """One stream of the venue, kept from ``stream.next`` on.

    ``ask`` has the venue asked for a snapshot, which comes by :meth:`show` or, if there is none, :meth:`miss`; it has
    been asked for a first one already. ``ready`` is called once, when joiners can be served. A snapshot that is more
    than ``lag_max`` packets old is not used for who joins.
    """

    follows = True

    def __init__(
        self,
        kind: Kind,
        stream: Stream,
        lag_max: int,
        ask: Callable[[], object],
        ready: Callable[[RelayedLine], object],
    ) -> None:
        super().__init__(kind, stream)
        self.suspended = ""
        """Why nobody is served now; empty while all are."""
        self._lag_max = lag_max
        self._ask = ask
        self._ready = ready
        self._asked = True
        self._shown: VenueSnapshot | None = None
        self._later: VenueSnapshot | None = None
        """One that goes on where the stream has not come to yet."""

    # ---- what the venue tells ---------------------------------------------------------------------------------------

    def take(self, count: int, packets: bytes) -> None:
        """The next ``count`` Sequenced Data packets: what one read has brought is one write for each subscriber."""
        self._hand_out(self.stream.take(count, packets))
        if self._later is not None:
            self.show(self._later)
        if self._ahead:
            self._tell_ahead()

    def show(self, snapshot: VenueSnapshot) -> None:
        """A newer snapshot; it is used from when the stream has come to it."""
        if snapshot.number > self.stream.next:
            self._later = snapshot
            return
        first = self._shown is None
        self._shown, self._later, self._asked = snapshot, None, False
        if first:
            self._ready(self)
        self._serve(snapshot)

    def miss(self) -> None:
        """There was no snapshot to be had."""
        self._asked = False
        self._fail_waiting()

    # ---- who joins --------------------------------------------------------------------------------------------------

    @property
    def joins_at(self) -> int:
        """See :class:`SourceLine`. No snapshot that the venue makes from now on is older than its own bound allows."""
        young = self._young
        return young.number if young is not None else max(self.stream.next - LAG_MAX, self.stream.oldest)

    def snapshot(self, take: TakeSnapshot, since: int = 0) -> None:
        """See :class:`SourceLine`."""
        self._waiting.append((take, since))
        young = self._young
        if young is not None:
            self._serve(young)
        elif not self._asked:
            self._asked = True
            self._ask()

    @property
    def _young(self) -> VenueSnapshot | None:
        shown, stream = self._shown, self.stream
        oldest = max(stream.next - self._lag_max, stream.oldest)
        return shown if shown is not None and shown.number >= oldest else None

    def _serve(self, shown: VenueSnapshot) -> None:
        """Those who wait. A stream can go on behind a snapshot from an earlier number too, not from a later one."""
        waiting, self._waiting = self._waiting, []
        for take, since in waiting:
            number = since or shown.number
            if number > shown.number or not self.stream.holds(number):
                take(0, [])
            else:
                take(number, [shown.packets, UNSEQUENCED.snapshot_complete.pack(number, shown.instruments)])

    # ---- outages ----------------------------------------------------------------------------------------------------

    def suspend(self, reason: str) -> None:
        """Nobody knows how the market is: who listens is told so, and may come back with its number after
        :meth:`resume`."""
        self.suspended = reason
        self._end_all(reason)
        self._fail_waiting()

    def resume(self) -> None:
        """The stream goes on."""
        self.suspended = ""

    def join(self, subscriber: Subscriber) -> None:
        """See :class:`SourceLine`."""
        if self.suspended and not self.ended:
            subscriber.end(self.suspended)
        else:
            super().join(subscriber)


class RelayedFeed:
    """Implements :class:`gateways.binary.market.source.Source`: a line of each kind that is relayed, once it is ready.

    ``kinds``: those that are relayed.
    """

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.lines: dict[Kind, RelayedLine] = {}
        self._kinds = kinds
        self._absent = NOT_YET

    def begin(self, line: RelayedLine) -> None:
        """It is ready. Who was sent another one of its kind is told that this begins anew."""
        before = self.lines.get(line.kind)
        self.lines[line.kind] = line
        if before is not None:
            before.close("market data begins anew: log in again")

    def end(self, kind: Kind, reason: str) -> None:
        """The venue has ended the stream."""
        line = self.lines.pop(kind, None)
        self._absent = reason
        if line is not None:
            line.over = True
            line.close(reason)

    def line_named(self, session: str) -> RelayedLine:
        """See :class:`gateways.binary.market.source.Source`."""
        wanted = session.upper() or Kind.ORDERS.value
        for kind in self._kinds:
            line = self.lines.get(kind)
            if line is None and wanted[0] == kind.value[0]:  # by its name, too: it may well be the one that comes
                raise SessionUnavailable(self._absent)
            if line is not None and wanted in (line.stream.name, kind.value):
                if line.suspended:
                    raise SessionUnavailable(line.suspended)
                return line
        raise SessionUnavailable(f"session {session!r} is not, or not any more")

    def start(self, line: SourceLine) -> None:
        """The venue's streams are followed whether anybody listens or not."""

    def finish(self) -> None:
        """They go on without this port."""
