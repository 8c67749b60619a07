"""The end of sessions' windows: a client that is still there is logged out, and told when it may come back.

Which window a connection belongs to the door has told its port (:attr:`actors.epochs.Epochs.window`). A session whose
schedule has been changed meanwhile is judged by the new one; where another window is under way by now (the machine was
suspended, or windows meet) the client has to log on to that one, with its numbers from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import trio

from actors.messages import Disconnect, ToPort
from actors.port import SessionPort
from actors.runtime import Dispatcher, Mailbox
from engine.session_profile import SessionSchedule
from engine.session_schedule import opening_text, window_at

_NS: Final = 1_000_000_000
CHECK_INTERVAL_S: Final = 1.0
"""How late an end may be noticed; a stepped clock, a suspended machine or a changed schedule is as soon."""
PAUSE_S: Final = 0.05
"""How long it sleeps at the least: ends that lie closer together are met together."""


class SessionTimes:
    """A service that ends sessions with their windows. A look costs what is connected and has a schedule."""

    def __init__(
        self,
        ports: Mapping[int, SessionPort],
        mailboxes: Mapping[int, Mailbox[ToPort]],
        dispatcher: Dispatcher,
        clock_ns: Callable[[], int],
    ) -> None:
        self._ports = ports
        self._mailboxes = mailboxes
        self._dispatcher = dispatcher
        self._clock_ns = clock_ns
        self._judged: dict[int, SessionSchedule] = {}
        """By session, the schedule that its connection's window was found to be of."""

    def fire(self) -> float:
        """Ends what has run out; seconds until there may be more to do."""
        now_ns = self._clock_ns()
        next_ns = now_ns + int(CHECK_INTERVAL_S * _NS)
        ended: list[tuple[int, SessionSchedule]] = []
        for session_id, port in self._ports.items():
            schedule = port.session.profile.schedule
            if schedule is None or port.connection is None:
                continue
            if self._may_stay(session_id, port, schedule, now_ns):
                assert port.epochs.window is not None
                next_ns = min(next_ns, port.epochs.window.end_ns)
            else:
                ended.append((session_id, schedule))
        if ended:
            self._end(ended, now_ns)
        return max((next_ns - now_ns) / _NS, PAUSE_S)

    def _may_stay(self, session_id: int, port: SessionPort, schedule: SessionSchedule, now_ns: int) -> bool:
        window = port.epochs.window
        judged = self._judged.get(session_id) is schedule
        if judged and window is not None and window.start_ns <= now_ns < window.end_ns:
            return True
        under_way = window_at(schedule, now_ns)
        if window is None:  # it logged on when it had no schedule yet
            port.epochs.window = window = under_way
        if window is None or under_way is None or under_way.start_ns != window.start_ns:
            return False
        port.epochs.window = under_way
        self._judged[session_id] = schedule
        return True

    def _end(self, ended: list[tuple[int, SessionSchedule]], now_ns: int) -> None:
        with self._dispatcher.turn():
            for session_id, schedule in ended:
                reason = f"the session's schedule has ended; {opening_text(schedule, now_ns)}"
                self._mailboxes[session_id].tell(Disconnect(reason))

    async def run(self, mailbox: object, task_status: trio.TaskStatus[None]) -> None:
        """Ends what runs out, for as long as the venue runs."""
        task_status.started()
        while True:
            wait_s = self.fire()
            await trio.sleep(wait_s)
