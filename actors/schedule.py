"""The venue's timers: each instrument's daily roll, and the end of the trading day for sessions.

What fell due while the venue was down runs before it opens (design §7.11): the days are compared, not the times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import trio

from actors.messages import Operate, Outcome, ToBook, ToJournal
from actors.runtime import Dispatcher, Mailbox
from engine.commands import ExpireDayOrders
from engine.directory import Directory
from engine.events import TradingDayRolled

_NS = 1_000_000_000
CHECK_INTERVAL_S = 1.0
"""How late a roll may be; a suspended machine or a stepped clock is noticed as soon."""


def ended_day(now_ns: int, roll: str, time_zone: str) -> str:
    """The last trading day that has ended: ISO date of the newest roll that lies in the past, in the zone.

    A roll that falls into a gap of local time (daylight saving) happens when the clock has passed it.
    """
    zone = ZoneInfo(time_zone)
    local = datetime.fromtimestamp(now_ns // _NS, zone)
    today: date = local.date()
    hour, minute = roll.split(":")
    due = datetime.combine(today, time(int(hour), int(minute)), zone)
    return (today if local.timestamp() >= due.timestamp() else today - timedelta(days=1)).isoformat()


class Schedule:
    """A service that fires rolls. ``last_days`` and ``last_day`` are what the journal says has been done already."""

    def __init__(
        self,
        directory: Directory,
        books: Mapping[int, Mailbox[ToBook]],
        journal: Mailbox[ToJournal],
        dispatcher: Dispatcher,
        clock_ns: Callable[[], int],
        day_roll: tuple[str, str],
        last_days: Mapping[int, str],
        last_day: str,
        on_tick: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._books = books
        self._journal = journal
        self._dispatcher = dispatcher
        self._clock_ns = clock_ns
        self._day_roll = day_roll
        self._fired: dict[int, str] = dict(last_days)
        self._day = last_day
        self._on_tick = on_tick

    def fire(self) -> None:
        """Fire what is due now. An instrument or a venue without history starts with the day that is under way."""
        now_ns = self._clock_ns()
        with self._dispatcher.turn():
            for symbol_id, instrument in list(self._directory.instruments.items()):
                day = ended_day(now_ns, instrument.daily_roll, instrument.time_zone)
                if day > self._fired.get(symbol_id, "") and symbol_id in self._books:
                    self._fired[symbol_id] = day
                    self._books[symbol_id].tell(Operate(ExpireDayOrders(symbol_id, day)))
        day = ended_day(now_ns, *self._day_roll)
        if day > self._day:
            self._day = day
            # In a turn of its own, so that the orders that expire with the day leave their ClOrdIDs behind with it.
            with self._dispatcher.turn():
                self._journal.tell(Outcome(0, 0, 0, [TradingDayRolled(day)]))

    async def run(self, mailbox: object, task_status: trio.TaskStatus[None]) -> None:
        """Check once a second, for as long as the venue runs."""
        self.fire()
        task_status.started()
        while True:
            await trio.sleep(CHECK_INTERVAL_S)
            self.fire()
            self._on_tick()
