"""One session's journal: records that are numbered as the venue would, and the state that they fold to."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from engine_builders import image, opened_session

from engine import events as ev
from engine.outbox import Outbox
from engine.reports import Report, addressees, collect_reports
from engine.session import SessionState


class Journal:
    """Records of one session, numbered as the venue would, and their fold."""

    def __init__(self) -> None:
        self.state = SessionState(opened_session())
        self.records: dict[int, ev.Record] = {}
        self.number = 1

    def write(self, *events: ev.Event, skip: int = 0, session_id: int = 1, in_seq: int = 0) -> list[Report]:
        """One record whose reports are all this session's."""
        self.number += skip
        count = len(addressees(list(events)))
        first = events[0]
        if isinstance(first, ev.MassCancelRequested | ev.NumbersReserved):
            count = 0
        if isinstance(first, ev.SessionLoggedOn) and first.reset:
            self.number = 1
        seq = len(self.records) + 1
        record = ev.Record(seq, session_id, in_seq, in_seq, list(range(self.number, self.number + count)), list(events))
        self.number += count
        self.records[seq] = record
        into: defaultdict[int, list[Report]] = defaultdict(list)
        collect_reports(seq, record, into)
        reports = into[1]
        self.state.apply_reports(reports)
        if session_id:
            self.state.apply_outcomes([record])
        return reports

    def log_on(self, *, reset: bool = False, in_next: int = 1) -> None:
        state = self.state
        again = len(state.unconfirmed()) if reset else 0
        event = ev.SessionLoggedOn(
            1, state.epoch + reset, reset, in_next, 1 if reset else self.number, 2 if reset else 0
        )
        self.write(event, session_id=0)
        self.number += again


def accepted(cl_ord_id: str, order_id: int = 1, **changes: Any) -> ev.OrderAccepted:
    return ev.OrderAccepted(image(cl_ord_id, order_id=order_id, **changes))


def seqs(sent: Outbox) -> list[int]:
    """The journal sequence behind each outbound number from 1 on."""
    return [sent.seq_of(number) for number in range(1, sent.next)]
