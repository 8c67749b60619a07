"""The venue's market data as numbered streams: turns what the market data actor tells into packets, each of them once.

Pure but for being handed the clock and the way to the market data actor. A line is started by the first who asks for
it and then goes on for as long as the venue runs, so that who loses the connection finds what it has missed. Its name
holds the time of the start: after a restart of the venue nobody can go on with old numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, cast

from actors.boundary import SessionUnavailable
from actors.market_data import EVERY, Deliver, Subscribe, ToMarketData, Unsubscribe
from actors.runtime import Actor
from engine.instrument import Instrument
from engine.market_data.steps import RecordSteps, Shown
from engine.market_data.top import State
from engine.market_data.updates import Channel, MarketMessage, Snapshot, Update
from gateways.binary.market.codec import END_OF_EVENT, END_OF_MESSAGES, START_OF_MESSAGES
from gateways.binary.market.line import TELL, Line, Listed
from gateways.binary.market.source import Kind, SourceLine
from gateways.binary.market.stream import Stream

if TYPE_CHECKING:
    from engine.market_data.levels import Levels
    from engine.market_data.statistics import DayStatistics

_COMMON: Final = (Channel.STEPS, Channel.STATISTICS)
"""What every line needs."""
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NAME_DIGITS: Final = 9
_MS: Final = 1_000_000


class OutOfStep(Exception):
    """A message of market data is missing: what has been told is not the market any more."""


class MarketFeed:
    """The venue's :class:`gateways.binary.market.source.Source`. ``tell`` reaches the market data actor, and
    ``deliver`` brings what it answers back to :meth:`take`. ``listed`` gives the instruments that there are now."""

    def __init__(
        self,
        tell: Callable[[ToMarketData], object],
        deliver: Deliver,
        clock_ns: Callable[[], int],
        replay_bytes: int,
        checksum_every: int,
        listed: Callable[[], Iterable[int]],
    ) -> None:
        self._tell = tell
        self._all_listed = listed
        self._deliver = deliver
        self._clock_ns = clock_ns
        self._replay_bytes = replay_bytes
        self._checksum_every = checksum_every
        self._run = 0
        self._listed: dict[int, Listed] = {}
        self._follows = False
        """Whether what every line needs is subscribed to."""
        self._finished = False
        self.lines = self._new_lines()

    # ---- lines ------------------------------------------------------------------------------------------------------

    def line_named(self, session: str) -> Line:
        """See :class:`gateways.binary.market.source.Source`."""
        wanted = session.upper() or Kind.ORDERS.value
        for line in self.lines.values():
            if wanted in (line.stream.name, line.kind.value):
                return line
        raise SessionUnavailable(f"session {session!r} is not, or not any more")

    def start(self, line: SourceLine) -> None:
        """From now on the line tells what happens; what there is comes first."""
        self._start(self.lines[line.kind])

    def _start(self, line: Line) -> None:
        if line.started:
            return
        line.started = True
        line.expect(self._all_listed())
        line.stream.append(TELL.system_event(self._clock_ns(), START_OF_MESSAGES))
        line.flush()
        if not self._follows:
            self._follows = True
            self._tell(Subscribe(EVERY, _COMMON, self._deliver))
        elif line.kind is Kind.ORDERS:
            for symbol_id in self._listed:
                self._tell(Subscribe(symbol_id, (Channel.STEPS,), self._deliver))
        if line.kind is Kind.LEVELS:
            self._tell(Subscribe(EVERY, (Channel.LEVELS,), self._deliver))

    def renew(self, reason: str) -> None:
        """Everything begins anew, under other names; who was subscribed is told why."""
        if self._follows:
            self._tell(Unsubscribe(EVERY, (*_COMMON, Channel.LEVELS), self._deliver))
        lines, self.lines = self.lines, self._new_lines()
        self._listed.clear()
        self._follows = False
        for line in lines.values():
            line.close(reason)

    def finish(self) -> None:
        """The venue stops: nothing will be told any more, and every stream says so, once."""
        if self._finished:
            return
        self._finished = True
        for line in self.lines.values():
            line.over = True
            if line.started:
                line.stream.append(TELL.system_event(self._clock_ns(), END_OF_MESSAGES))
                line.flush()

    def _new_lines(self) -> dict[Kind, Line]:
        self._run = max(self._clock_ns() // _MS, self._run + 1)
        lines: dict[Kind, Line] = {}
        for kind in Kind:
            name = kind.value[0] + _base_36(self._run)
            lines[kind] = Line(kind, Stream(name, self._replay_bytes), self._asker(kind.channel))
        return lines

    def _asker(self, channel: Channel) -> Callable[[int], object]:
        return lambda symbol_id: self._tell(Subscribe(symbol_id, (channel,), self._deliver))

    # ---- what market data tells --------------------------------------------------------------------------------------

    def take(self, message: MarketMessage) -> None:
        """In the order in which it was told. Raises OutOfStep; nothing goes on then without :meth:`renew`."""
        listed = self._listed.get(message.symbol_id)
        if listed is None:
            listed = self._listed[message.symbol_id] = Listed()
        if type(message) is Update:
            known = listed.seqs.get(message.channel)
            if known is None:
                return  # told to whom was here before this began anew
            if known != message.prev_seq:
                raise OutOfStep(f"instrument {message.symbol_id}: {message.channel.name} after {known} is missing")
            listed.seqs[message.channel] = message.seq
            self._update(message, listed)
        else:
            assert type(message) is Snapshot
            self._show(message, listed)

    def flush(self) -> None:
        """The end of a turn: what has been taken leaves."""
        for line in self.lines.values():
            if line.started:
                line.flush()

    def _update(self, update: Update, listed: Listed) -> None:
        symbol_id, time_ns = update.symbol_id, update.time_ns
        if update.channel is Channel.STEPS:
            self._steps(symbol_id, listed, cast("list[RecordSteps]", update.content))
        elif update.channel is Channel.STATISTICS:
            listed.day = cast("DayStatistics", update.content)
            packet = TELL.statistics(time_ns, symbol_id, listed.day)
            for line in self.lines.values():
                line.tell(symbol_id, [packet])
        else:
            packets = TELL.levels(time_ns, symbol_id, cast("Levels", update.content))
            line = self.lines[Kind.LEVELS]
            line.tell(symbol_id, packets)
            listed.level_changes += len(packets)
            if listed.level_changes >= self._checksum_every > 0:
                listed.level_changes = 0
                line.check(symbol_id)

    def _steps(self, symbol_id: int, listed: Listed, records: list[RecordSteps]) -> None:
        everything: list[bytes] = []
        common: list[bytes] = []
        append = everything.append
        of_orders, of_all = TELL.of_orders, TELL.of_all
        for record in records:
            time_ns, steps = record.time_ns, record.steps
            last = steps[-1]
            for step in steps:
                flags = END_OF_EVENT if step is last else 0
                kind = type(step)
                if kind in of_orders:
                    append(of_orders[kind](time_ns, symbol_id, step, flags))
                elif kind is State:
                    state = cast("State", step)
                    packets = TELL.state(time_ns, symbol_id, state, listed.state, flags)
                    listed.state = state
                    everything += packets
                    common += packets
                else:
                    packet = of_all[kind](time_ns, symbol_id, step, flags)
                    append(packet)
                    common.append(packet)
                    if kind is Instrument:
                        listed.instrument = cast("Instrument", step)
        self.lines[Kind.ORDERS].tell(symbol_id, everything)
        self.lines[Kind.LEVELS].tell(symbol_id, common)

    def _show(self, snapshot: Snapshot, listed: Listed) -> None:
        channel, symbol_id, content = snapshot.channel, snapshot.symbol_id, snapshot.content
        known = listed.seqs.get(channel)
        listed.seqs[channel] = snapshot.seq
        if channel is Channel.STATISTICS:
            listed.day = cast("DayStatistics", content)
            return
        shown = cast("Shown | Levels", content)
        if isinstance(shown, Shown):
            listed.instrument, listed.state = shown.instrument, shown.state
        line = self.lines[Kind.ORDERS if channel is Channel.STEPS else Kind.LEVELS]
        if not line.started:
            return
        # Market data sends again what it has told up to the same record only if it was asked to.
        if known == snapshot.seq and line.shows(symbol_id):
            line.renew(symbol_id, snapshot.time_ns, listed, shown)
        else:
            line.begin(symbol_id, snapshot.time_ns, listed, shown)


class MarketFeedActor(Actor[MarketMessage]):
    """Takes what market data tells, in a turn of its own behind the one in which it was told."""

    def __init__(self, feed: MarketFeed) -> None:
        self._feed = feed

    def on_batch(self, batch: Iterator[MarketMessage]) -> None:
        feed = self._feed
        for message in batch:
            feed.take(message)
        feed.flush()


def _base_36(number: int) -> str:
    digits = ""
    for _ in range(_NAME_DIGITS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
