"""What a client wants to be sent again: queued, within its quota, and served by the connection chunk by chunk.

Nothing live goes out meanwhile, as a client drops what comes before its gap is filled. What falls due in that time is
read from the journal afterwards, until nothing is left and the session goes live without a gap.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from gateways.fix.resend import Resend
from gateways.fix.resend_quota import ResendQuota
from gateways.fix.state import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from engine.reports import Report
    from gateways.fix.counters import FixCounters
    from gateways.fix.outbound import Outbound
    from gateways.fix.ports import Port
    from gateways.fix.session import FixSession
    from gateways.fix.settings import FixSettings

    Replay = Callable[[int, int], AsyncIterator[list[Report]]]
    """Durable reports of a range of numbers, both ends included, in chunks."""
    Drain = Callable[[], Awaitable[None]]
    """Returns when the client has read what was sent, or the connection has ended."""


class Resends:
    """One session's. ``make`` makes the messages of a range, both ends included."""

    def __init__(
        self,
        owner: FixSession,
        outbound: Outbound,
        port: Port,
        settings: FixSettings,
        make: Callable[[int, int], Resend],
    ) -> None:
        self._owner = owner
        self._outbound = outbound
        self._port = port
        self._max = settings.resends_max
        self._quota = ResendQuota(settings)
        self._make = make
        self._waiting: deque[tuple[int, int]] = deque()
        self._current: Resend | None = None
        self._epoch = 0
        """Counts the resets on this connection: what was being served of an older epoch goes no further."""

    @property
    def waiting(self) -> int:
        """ResendRequests that are not being served yet."""
        return len(self._waiting)

    def want(self, begin: int, end: int) -> str:
        """Queues a request, cut to what has been sent; ``end`` 0 is all. Returns why it is refused; else empty."""
        last, asked = self._outbound.next - 1, end
        end = min(end, last) if end else last
        if len(self._waiting) >= self._max:
            return f"Too many ResendRequests at once: {len(self._waiting)} wait, and now one for {begin} to {end}"
        refusal = self._quota.refuse(begin, end, asked, self._owner.now_s)
        if not refusal:
            self._waiting.append((begin, end))
            self._outbound.held = True
        return refusal

    def clear(self) -> None:
        """Nothing more is served of what has been asked for: what has not come yet the client can ask for again."""
        self._waiting.clear()
        self._current = None

    def forget(self) -> None:
        """The client has had the numbers start anew: it wants nothing more of the old ones."""
        self.clear()
        self._epoch += 1

    # ---- called by the connection -------------------------------------------------------------------------------

    async def serve(self, replay: Replay, drain: Drain, clock: Callable[[], int], counters: FixCounters) -> None:
        """Streams what the client asks for from the journal at the client's pace, then goes live without a gap."""
        epoch = self._epoch
        while epoch == self._epoch and not self._is_closed:
            resend = self.next()
            due = self.behind
            if resend is not None:
                async for reports in replay(resend.begin, resend.end):
                    if resend is not self._current:
                        break
                    self.send(resend, reports, clock())
                    counters.reports_resent += len(reports)
                    await drain()
                self.finish(resend, clock())
            elif due is not None:
                async for reports in replay(*due):
                    if epoch != self._epoch:
                        return
                    self.catch_up(reports, clock())
                    await drain()
                if epoch == self._epoch:
                    self.caught_up(due[1], clock())
            else:
                self.go_live(clock())
                break

    def next(self) -> Resend | None:
        """The next request to serve; its reports are the journal's."""
        self._current = self._make(*self._waiting.popleft()) if self._waiting and not self._is_closed else None
        return self._current

    def send(self, resend: Resend, reports: list[Report], now_ns: int) -> None:
        """A chunk of what is asked for."""
        if resend is self._current:
            self._send(resend.chunk(reports, self._port.reissued_upto, now_ns))

    def finish(self, resend: Resend, now_ns: int) -> None:
        """The journal has no more of what is asked for."""
        if resend is self._current:
            self._send(resend.finish(now_ns))

    @property
    def behind(self) -> tuple[int, int] | None:
        """Numbers that fell due while a resend was served; None when the session can go live."""
        first, last = self._outbound.next, self._port.released
        return (first, last) if first <= last else None

    def catch_up(self, reports: list[Report], now_ns: int) -> None:
        """Reports that fell due meanwhile, sent for the first time."""
        if not self._is_closed:
            self._outbound.reports(reports, now_ns)
            self._outbound.flush()

    def caught_up(self, upto: int, now_ns: int) -> None:
        """The journal has no more reports numbered up to ``upto``."""
        if not self._is_closed:
            self._outbound.release(upto, now_ns)
            self._outbound.flush()

    def go_live(self, now_ns: int) -> None:
        """Call with no wait after ``behind`` was None."""
        self._outbound.held = False
        if not self._is_closed:
            self._outbound.release(self._outbound.next - 1, now_ns)
            self._owner.went_live(now_ns)

    @property
    def _is_closed(self) -> bool:
        return self._owner.state is State.CLOSED

    def _send(self, contents: list[str]) -> None:
        if contents and not self._is_closed:
            self._outbound.resent(contents)
            self._outbound.flush()
