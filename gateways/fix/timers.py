"""What a session does by itself as time passes: heartbeats and test requests, and the end of every waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.fix.liveness import Due
from gateways.fix.state import State

if TYPE_CHECKING:
    from gateways.fix.gap import Gap
    from gateways.fix.inbound import Inbound
    from gateways.fix.logout import Logout
    from gateways.fix.market_data_desk import MarketDesk
    from gateways.fix.ports import Port
    from gateways.fix.session import FixSession
    from gateways.fix.settings import FixSettings


class Timers:
    """One session's."""

    def __init__(
        self,
        owner: FixSession,
        inbound: Inbound,
        gap: Gap,
        port: Port,
        logout: Logout,
        desk: MarketDesk,
        settings: FixSettings,
    ) -> None:
        self._owner = owner
        self._inbound = inbound
        self._gap = gap
        self._port = port
        self._logout = logout
        self._desk = desk
        self._settings = settings
        self._tests = 0

    def tick(self, now_s: float, now_ns: int) -> None:
        """Does what is due by ``now_s``, of the time that the session's liveness has."""
        owner = self._owner
        if owner.state is State.ACTIVE:
            self._check_gap(now_s, now_ns)
            self._keep_alive(now_s, now_ns)
        elif owner.state is State.LOGOUT_SENT or owner.state is State.LOGOUT_RECEIVED:
            self._logout.wait(now_s, now_ns)
        self._desk.flush(now_ns)

    @property
    def waiting(self) -> bool:
        """Whether something is waited for that may come at any time or not at all (the rest of a gap, a Logout, room
        for market data), so that :meth:`tick` is wanted every ``tick_interval_s``, not only when it is due."""
        state = self._owner.state
        if state is State.ACTIVE:
            return self._gap.upto > 0 or self._desk.waits
        return state is State.LOGOUT_SENT or state is State.LOGOUT_RECEIVED

    def next_s(self, now_s: float) -> float:
        """When :meth:`tick` is wanted next; infinite where nothing ever falls due."""
        return now_s + self._settings.tick_interval_s if self.waiting else self._owner.liveness.next_s

    def _keep_alive(self, now_s: float, now_ns: int) -> None:
        owner = self._owner
        due = owner.liveness.due(now_s) if owner.state is State.ACTIVE else Due.NOTHING
        if due is Due.HEARTBEAT:
            if not owner.parked:  # what waits to be sent says as much, and one more at each tick would wait too
                owner.admin("0", "", now_ns)
        elif due is Due.TEST_REQUEST:
            self._tests += 1
            owner.admin("1", f"112=TEST-{self._tests}\x01", now_ns)
        elif due is Due.DISCONNECT:
            owner.end("No answer to the TestRequest", now_ns)

    def _check_gap(self, now_s: float, now_ns: int) -> None:
        """A gap that does not close is asked for again, but not for ever."""
        gap, expected = self._gap, self._port.in_next
        if gap.upto and gap.overdue(now_s, self._settings.resend_timeout_s):
            if gap.asks < self._settings.gap_asks_max:
                self._inbound.ask(now_ns)
            else:
                self._owner.end(f"No answer to {gap.asks} ResendRequests, expecting {expected}", now_ns)
