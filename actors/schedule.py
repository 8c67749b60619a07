"""The venue's timers: daily rolls, the phases of each instrument's schedule, the books' own deadlines, and the end of
the trading day for sessions.

What fell due while the venue was down runs before it opens (design §7.11): of rolls and of phases the newest, in the
order of their times. An instrument's next roll and its next phase wait in a heap, so a look costs what is due, not what
is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import TypeAlias

import msgspec
import trio

from actors.messages import BookOperation, Operate, Outcome, ToBook, ToJournal
from actors.runtime import Dispatcher, Mailbox
from engine.calendar import PhaseChange, ended_day, last_change, next_change, next_roll_ns, phase_at, roll_ns
from engine.commands import AdvanceTime, ExpireDayOrders, SetTradingPhase
from engine.directory import Directory
from engine.events import TradingDayRolled
from engine.instrument import Instrument
from engine.types import InstrumentStatus, TradingPhase

_NS = 1_000_000_000
CHECK_INTERVAL_S = 1.0
"""How late anything may be; a suspended machine or a stepped clock is noticed as soon."""
_CHECK_NS = int(CHECK_INTERVAL_S * _NS)
PAUSE_S = 0.05
"""How long it sleeps at the least: deadlines that lie closer together are met together."""
CHUNK = 500
"""Commands that one turn may send: an opening of ten thousand instruments leaves room for others between."""
RETRY_MAX_S = 3600
"""What a book fails to do is asked for again after 1 s, 2 s, 4 s … up to this."""

PhaseEntered: TypeAlias = tuple[TradingPhase, int]
"""A book's phase, and when it was entered, nanoseconds UTC."""

_PHASE, _ROLL = 0, 1  # in this order where they are due together: an auction that ends with the day has its day orders


class _Timer(msgspec.Struct):
    """An instrument's next phase, or its next roll."""

    version: int = 0
    """Of its entries in the heap only the newest counts."""
    asked: bool = False
    """The book has been told, and has not answered."""
    retry_s: int = 1


class _Timetable(msgspec.Struct):
    """One instrument's times."""

    instrument: Instrument
    day: str
    """The last one that its book has ended."""
    timers: tuple[_Timer, _Timer] = msgspec.field(default_factory=lambda: (_Timer(), _Timer()))


class Schedule:
    """A service that fires timers.

    Args:
        draw_s: ``draw_s(n)`` gives a number of seconds from 0 to n, an auction's random end.
        day_roll: the venue's own roll, local time and zone.
        last_days, last_day: the rolls that the journal says were done, by symbol and for the venue.
        phases: by symbol, what phase the journal says its book is in and since when. Where it has none an instrument
            is in the phase in which it was listed. One that was entered after the schedule's last change (by an
            operator, or by the book to protect itself) stays until the next change.
        deadlines: by symbol, when its book has something to do; absent or 0 = never. Kept up to date by the books.
        on_tick: called at every look.
    """

    def __init__(
        self,
        directory: Directory,
        books: Mapping[int, Mailbox[ToBook]],
        journal: Mailbox[ToJournal],
        dispatcher: Dispatcher,
        clock_ns: Callable[[], int],
        draw_s: Callable[[int], float],
        day_roll: tuple[str, str],
        last_days: Mapping[int, str],
        last_day: str,
        phases: Mapping[int, PhaseEntered],
        deadlines: Mapping[int, int],
        on_tick: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._books = books
        self._journal = journal
        self._dispatcher = dispatcher
        self._clock_ns = clock_ns
        self._draw_s = draw_s
        self._day_roll = day_roll
        self._last_days = last_days
        self._day = last_day
        self._phases = phases
        self._deadlines = deadlines
        self._on_tick = on_tick
        self._timetables: dict[int, _Timetable] = {}
        self._heap: list[tuple[int, int, int, int]] = []
        """(due_ns, kind, symbol id, version)"""
        self._held: set[int] = set()
        """Instruments that are not active, whose change of phase is due: halted, an auction stands still."""
        self._advanced: dict[int, tuple[int, int]] = {}
        """Of which deadline a book was told last, and when."""

    # ---- what there is to time ------------------------------------------------------------------------------------

    def watch(self, symbol_id: int) -> None:
        """Time an instrument that is new, or whose rules have changed. Those that the directory lists are noticed at
        the next look without being told."""
        instrument = self._directory.instruments[symbol_id]
        known = self._timetables.get(symbol_id)
        now_ns = self._clock_ns()
        if known is None:
            known = self._timetables[symbol_id] = _Timetable(instrument, self._last_days.get(symbol_id, ""))
            phase, entered_ns = self._phases.get(symbol_id, (instrument.phase, 0))
        elif _times_of(known.instrument) == _times_of(instrument):
            known.instrument = instrument
            return
        else:
            phase, entered_ns = phase_at(known.instrument, now_ns) or instrument.phase, 0
            known.instrument = instrument
        roll, change = known.timers[_ROLL], known.timers[_PHASE]
        if not roll.asked:
            self._queue_roll(symbol_id, known)
        if not change.asked:
            due = last_change(instrument, now_ns)
            if due is not None and (phase is due.phase or entered_ns >= due.at_ns):
                due = next_change(instrument, now_ns)
            self._queue_change(symbol_id, known, due)

    def _queue_roll(self, symbol_id: int, known: _Timetable) -> None:
        """The newest roll that was missed, else the next one."""
        now_ns, roll, zone = self._clock_ns(), known.instrument.daily_roll, known.instrument.time_zone
        day = ended_day(now_ns, roll, zone)
        due_ns = roll_ns(day, roll, zone) if day > known.day else next_roll_ns(now_ns, roll, zone)
        self._push(_ROLL, symbol_id, due_ns)

    def _queue_change(self, symbol_id: int, known: _Timetable, change: PhaseChange | None) -> None:
        self._held.discard(symbol_id)
        if change is None:
            known.timers[_PHASE].version += 1
            return
        random_ns = int(self._draw_s(change.random_end_s) * _NS) if change.random_end_s else 0
        self._push(_PHASE, symbol_id, change.at_ns + random_ns)

    def _push(self, kind: int, symbol_id: int, due_ns: int) -> None:
        timer = self._timetables[symbol_id].timers[kind]
        timer.version += 1
        heappush(self._heap, (due_ns, kind, symbol_id, timer.version))

    # ---- firing ---------------------------------------------------------------------------------------------------

    def fire(self) -> bool:
        """Fire what is due now, a bounded number; True when that was all. An instrument or a venue without history
        starts with the day that is under way."""
        now_ns = self._clock_ns()
        self._notice_changes()
        heap = self._heap
        with self._dispatcher.turn():
            self._advance_books(now_ns)  # first: what has expired by now does not trade in an auction that ends now
            self._release_held(now_ns)
            for _ in range(CHUNK):
                if not heap or heap[0][0] > now_ns:
                    break
                self._fire_next(now_ns)
            more = bool(heap) and heap[0][0] <= now_ns
        if not more:
            self._roll_venue(now_ns)
        return not more

    def _notice_changes(self) -> None:
        timetables = self._timetables
        for symbol_id, instrument in self._directory.instruments.items():
            known = timetables.get(symbol_id)
            if (known is None or known.instrument is not instrument) and symbol_id in self._books:
                self.watch(symbol_id)

    def _fire_next(self, now_ns: int) -> None:
        _, kind, symbol_id, version = heappop(self._heap)
        known = self._timetables[symbol_id]
        if version != known.timers[kind].version or self._status(symbol_id) is InstrumentStatus.DELISTED:
            return
        if kind == _PHASE:
            self._change_phase(symbol_id, known, now_ns)
        else:
            self._roll(symbol_id, known, now_ns)

    def _change_phase(self, symbol_id: int, known: _Timetable, now_ns: int) -> None:
        """Enter the phase that the schedule gives now: where the clock has jumped, changes passed over are left out."""
        if self._status(symbol_id) is not InstrumentStatus.ACTIVE:
            self._held.add(symbol_id)
            return
        change = last_change(known.instrument, now_ns)
        assert change is not None
        at_ns = change.at_ns

        def entered() -> None:
            self._queue_change(symbol_id, known, next_change(known.instrument, at_ns))

        self._ask(_PHASE, symbol_id, SetTradingPhase(symbol_id, change.phase), entered)

    def _release_held(self, now_ns: int) -> None:
        """Instruments that are active again enter the phase that it is time for."""
        for symbol_id in [each for each in self._held if self._status(each) is InstrumentStatus.ACTIVE]:
            self._held.discard(symbol_id)
            self._change_phase(symbol_id, self._timetables[symbol_id], now_ns)

    def _roll(self, symbol_id: int, known: _Timetable, now_ns: int) -> None:
        """End the trading day; days that passed unseen are one. It is done when the book has journaled it."""
        day = ended_day(now_ns, known.instrument.daily_roll, known.instrument.time_zone)
        if day <= known.day:  # the clock has stepped back
            self._queue_roll(symbol_id, known)
            return

        def rolled() -> None:
            known.day = day
            self._queue_roll(symbol_id, known)

        self._ask(_ROLL, symbol_id, ExpireDayOrders(symbol_id, day), rolled)

    def _ask(self, kind: int, symbol_id: int, command: BookOperation, on_done: Callable[[], None]) -> None:
        """Have a book do something; where it fails it is asked again, but never twice at a time."""
        timer = self._timetables[symbol_id].timers[kind]
        timer.asked = True

        def done(seq: int) -> None:
            timer.asked = False
            timer.retry_s = 1
            on_done()

        def refused(reason: str) -> None:
            timer.asked = False
            self._push(kind, symbol_id, self._clock_ns() + timer.retry_s * _NS)
            timer.retry_s = min(2 * timer.retry_s, RETRY_MAX_S)

        self._books[symbol_id].tell(Operate(command, done, refused))

    def _advance_books(self, now_ns: int) -> None:
        """Tell the time to books that wait for it. One whose deadline stays is told again a check later."""
        advanced = self._advanced
        for symbol_id, deadline_ns in self._deadlines.items():
            if 0 < deadline_ns <= now_ns:
                told_of, told_ns = advanced.get(symbol_id, (0, 0))
                if told_of != deadline_ns or not 0 <= now_ns - told_ns < _CHECK_NS:
                    advanced[symbol_id] = (deadline_ns, now_ns)
                    self._books[symbol_id].tell(Operate(AdvanceTime(symbol_id)))

    def _roll_venue(self, now_ns: int) -> None:
        day = ended_day(now_ns, *self._day_roll)
        if day > self._day:
            self._day = day
            # In a turn of its own, so that the orders that expire with the day leave their ClOrdIDs behind with it.
            with self._dispatcher.turn():
                self._journal.tell(Outcome(0, 0, 0, [TradingDayRolled(day)]))

    def _status(self, symbol_id: int) -> InstrumentStatus:
        return self._directory.statuses[symbol_id]

    # ---- life -----------------------------------------------------------------------------------------------------

    async def run(self, mailbox: object, task_status: trio.TaskStatus[None]) -> None:
        """Fire what is due, whenever something is, for as long as the venue runs."""
        await self._fire_all()
        task_status.started()
        while True:
            await trio.sleep(self._sleep_s())
            await self._fire_all()
            self._on_tick()

    async def _fire_all(self) -> None:
        while not self.fire():
            await trio.lowlevel.checkpoint()

    def _sleep_s(self) -> float:
        """Until the next event, but not longer than a check's interval."""
        now_ns = self._clock_ns()
        next_ns = min((at for at in self._deadlines.values() if at > now_ns), default=now_ns + _CHECK_NS)
        if self._heap:
            next_ns = min(next_ns, self._heap[0][0])
        return min(max((next_ns - now_ns) / _NS, PAUSE_S), CHECK_INTERVAL_S)


def _times_of(instrument: Instrument) -> tuple[object, ...]:
    return instrument.daily_roll, instrument.time_zone, instrument.schedule, instrument.holidays
