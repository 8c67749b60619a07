"""Serving a ResendRequest (35=2): reports again with PossDupFlag, gap fills for everything that is not journaled.

A :class:`Resend` is fed the journal's reports in chunks, so that a day's history never stands in memory at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import SessionLoggedOn
from gateways.fix.times import format_utc

if TYPE_CHECKING:
    from engine.reports import Report
    from gateways.fix.codec import Encoder
    from gateways.fix.mapping_out import ReportMapper
    from gateways.fix.routing import Routes


class Resend:
    """Messages ``begin``..``end`` (both included), all of which have been sent before."""

    __slots__ = ("_digits", "_encoder", "_mapper", "_next", "_routes", "begin", "end")

    def __init__(
        self, encoder: Encoder, mapper: ReportMapper, digits: int, routes: Routes, begin: int, end: int
    ) -> None:
        self._encoder = encoder
        self._mapper = mapper
        self._digits = digits
        self._routes = routes
        self._next = begin
        self.begin = begin
        self.end = end

    def chunk(self, reports: list[Report], reissued_upto: int, now_ns: int) -> list[str]:
        """The contents of the next reports in order of their numbers; holes between them become gap fills."""
        sending_time = format_utc(now_ns, self._digits)
        contents: list[str] = []
        for report in reports:
            number = report.number
            if not self._next <= number <= self.end or type(report.event) is SessionLoggedOn:
                continue
            if number > self._next:
                contents.append(self._gap_fill(number, sending_time))
            msg_type, body = self._mapper.report(report)
            orig_sending_time = format_utc(report.time_ns, self._digits)
            flags = f"43=Y\x01122={orig_sending_time}\x01{self._routes.of(report)}"
            if number <= reissued_upto:
                flags += "97=Y\x01"
            contents.append(self._encoder.content(msg_type, number, sending_time, body, flags))
            self._next = number + 1
        return contents

    def finish(self, now_ns: int) -> list[str]:
        """The gap fill for what is left after the last report, if anything is."""
        if self._next > self.end:
            return []
        return [self._gap_fill(self.end + 1, format_utc(now_ns, self._digits))]

    def _gap_fill(self, new_seq_no: int, sending_time: str) -> str:
        """SequenceReset-GapFill: 122 equals 52, as the original time of what is left out is not kept."""
        flags = f"43=Y\x01122={sending_time}\x01"
        number = self._next
        self._next = new_seq_no
        return self._encoder.content("4", number, sending_time, f"123=Y\x0136={new_seq_no}\x01", flags)
