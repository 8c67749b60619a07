"""The exchange of Logouts (FIX 4.4 vol. 2, Logout): who began it, what goes out before it, and how long it may take.

A client's Logout is answered, and the session ended, when all that the client sent before it has its outcome and that
has been sent. A query tells, as the venue answers it after those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.queries import OrderStatusQuery
from gateways.fix.state import State

if TYPE_CHECKING:
    from gateways.fix.liveness import Time
    from gateways.fix.outbound import Outbound
    from gateways.fix.ports import Port
    from gateways.fix.session import FixSession

BARRIER = "logout"
"""Query id of the question whose answer says that all before it is done; others are numbers."""


class Logout:
    """One session's. ``timeout_s``: how long the client's answer, or the venue's own reports, are waited for."""

    def __init__(self, owner: FixSession, outbound: Outbound, port: Port, timeout_s: float, time: Time) -> None:
        self._owner = owner
        self._outbound = outbound
        self._port = port
        self._timeout_s = timeout_s
        self._time = time
        self._since_s = 0.0
        self._reply_due = False
        self.replied = False
        """Whether nothing that the client sent before its Logout is still to be answered."""

    def sent(self) -> None:
        """The venue's own Logout is on its way: the client has its time from now on."""
        self._since_s = self._time.now_s

    def received(self) -> None:
        """The client's Logout has come, asked for or not."""
        owner = self._owner
        self._reply_due = owner.state is State.ACTIVE
        owner.state = State.LOGOUT_RECEIVED
        self._since_s = self._time.now_s
        self._port.query(OrderStatusQuery(self._port.session.session_id, BARRIER, ""))

    def all_done(self, now_ns: int) -> None:
        """Everything that the client sent before its Logout has its outcome."""
        if self._owner.state is State.LOGOUT_RECEIVED:
            self.replied = True
            if self._reply_due:
                self._owner.admin("5", "", now_ns)
            self._outbound.flush()
            self.check()

    def check(self) -> None:
        """Ends a session whose Logouts have been exchanged; all has arrived if every number given has been sent."""
        owner = self._owner
        if owner.state is State.LOGOUT_RECEIVED and self.replied and not self._outbound.parked:
            owner.close(owner.close_reason or "Logged out", confirmed=self._outbound.next == self._port.out_next)

    def wait(self, now_s: float, now_ns: int) -> None:
        """After half the time the Logout waits no longer for a resend to end, or for reports that don't become durable,
        as the journal may have failed."""
        owner = self._owner
        age_s = now_s - self._since_s
        if age_s * 2 >= self._timeout_s:
            if self._reply_due and not self.replied:
                self.replied = True
                owner.admin("5", "", now_ns)
            self._overtake(now_ns)
        if age_s >= self._timeout_s:
            silent = "" if owner.state is State.LOGOUT_RECEIVED else "; the client did not answer the Logout"
            owner.close(f"{owner.close_reason or 'Logged out'}{silent}", confirmed=False)

    def _overtake(self, now_ns: int) -> None:
        """A resend that is not done ends where it is, so that none of it follows the Logout. No gap fill stands for the
        rest, which may be fills: the Logout's number tells the client that it lacks something. What it asks for after
        that is served."""
        outbound = self._outbound
        if outbound.held and outbound.has_parked("5"):
            self._owner.resends.clear()
            outbound.held = False
        if not outbound.held:
            outbound.force(now_ns)
            outbound.flush()
