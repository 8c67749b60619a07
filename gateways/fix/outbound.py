"""The outbound half of a session: every message leaves in the order of its MsgSeqNum, whoever gave it its number.

Reports are numbered by the journal before they are durable; heartbeats, rejects and answers take theirs at once. So
such a message may have to wait ("parked") for the reports numbered before it (design §7.8). Bytes are gathered and
written once per wake-up.
"""

from __future__ import annotations

from collections import deque
from sys import maxsize
from typing import TYPE_CHECKING

from gateways.fix.codec import Encoder
from gateways.fix.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.reports import Report
    from gateways.fix.mapping_out import ReportMapper
    from gateways.fix.ports import Port
    from gateways.fix.routing import Routes


class Outbound:
    """Numbers, encodes, orders and writes. ``next`` is the number that is to be sent next; 0 before the Logon reply."""

    __slots__ = (
        "_contents", "_digits", "_encoder", "_mapper", "_parked", "_port", "_routes", "_write", "held", "next", "route",
    )  # fmt: skip

    def __init__(
        self,
        encoder: Encoder,
        mapper: ReportMapper,
        port: Port,
        write: Callable[[bytes], None],
        digits: int,
        routes: Routes,
    ) -> None:
        self._encoder = encoder
        self._mapper = mapper
        self._port = port
        self._write = write
        self._digits = digits
        self._routes = routes
        self._parked: deque[tuple[int, str, str, str]] = deque()
        self._contents: list[str] = []
        """Of this wake-up's messages: see :class:`gateways.fix.codec.Encoder`. They get their bytes in one go."""
        self.next = 0
        self.held = True
        """While true nothing live is sent: no Logon reply yet, or a resend is being served."""
        self.route = ""
        """Routing fields that :meth:`admin` puts into the header."""

    @property
    def parked(self) -> int:
        return len(self._parked)

    def has_parked(self, msg_type: str) -> bool:
        """Whether a message of that type waits."""
        return any(parked[1] == msg_type for parked in self._parked)

    def begin(self, number: int, body: str, now_ns: int) -> None:
        """The Logon reply: the first message of the connection (or of a new epoch), numbered by the journal."""
        self._parked.clear()
        self.held = False
        self.next = number
        self._keep(number, "A", body, format_utc(now_ns, self._digits))

    def admin(self, msg_type: str, body: str, now_ns: int) -> None:
        """A message that is not journaled: sent now, or as soon as all numbered before it have been."""
        number = self._port.allot()
        if number == self.next and not self.held and self._port.sendable(number):
            self._keep(number, msg_type, body, format_utc(now_ns, self._digits), self.route)
        else:
            self._parked.append((number, msg_type, body, self.route))

    def reports(self, reports: list[Report], now_ns: int) -> None:
        """Durable reports, for the first time. Those numbered before ``next`` have been sent and are passed over."""
        sending_time = format_utc(now_ns, self._digits)
        body_of = self._mapper.body_of
        header = self._encoder.header(sending_time)
        keep = self._contents.append
        flagged_upto = maxsize if self._routes.by_cl_ord_id else self._port.reissued_upto
        parked = self._parked
        expected = self.next
        for report in reports:
            number = report.number
            if number < expected:
                continue
            if parked and parked[0][0] < number:
                self.next = expected
                self._unpark(number, sending_time)
            msg_type, body = body_of[type(report.event)](report)
            flags = self._flags(report) if number <= flagged_upto else ""
            keep(f"35={msg_type}\x0134={number}{header}{flags}{body}")
            expected = number + 1
        self.next = max(self.next, expected)
        if parked and not self.held:
            self._unpark(self.next, sending_time)

    def _flags(self, report: Report) -> str:
        """PossResend (97) of what an old epoch has sent before, and the route of its order."""
        flags = "97=Y\x01" if report.number <= self._port.reissued_upto else ""
        return flags + self._routes.of(report)

    def release(self, upto: int, now_ns: int) -> None:
        """Every report numbered up to ``upto`` has been sent: what waited for them goes."""
        self.next = max(self.next, upto + 1)
        if self._parked:
            self._unpark(self.next, format_utc(now_ns, self._digits))

    def force(self, now_ns: int) -> None:
        """Sends what is parked although reports before it never came: for a last Logout, when the journal fails."""
        if self._parked:
            self._unpark(self._parked[-1][0] + 1, format_utc(now_ns, self._digits))

    def resent(self, contents: list[str]) -> None:
        """What has been sent before goes again, with the numbers that it had."""
        self._contents += contents

    def flush(self) -> None:
        """Writes all that has gathered at once."""
        if self._contents:
            data = self._encoder.join(self._contents)
            self._contents.clear()
            self._write(data)

    def _unpark(self, before: int, sending_time: str) -> None:
        """Parked messages numbered below ``before``, and those that follow without a gap as far as they may go out."""
        parked, sendable = self._parked, self._port.sendable
        while parked and (parked[0][0] < before or (parked[0][0] == self.next and sendable(self.next))):
            number, msg_type, body, route = parked.popleft()
            self._keep(number, msg_type, body, sending_time, route)

    def _keep(self, number: int, msg_type: str, body: str, sending_time: str, route: str = "") -> None:
        self._contents.append(self._encoder.content(msg_type, number, sending_time, body, route))
        self.next = max(self.next, number + 1)
