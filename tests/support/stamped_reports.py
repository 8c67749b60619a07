"""A record's reports one by one, as tests look at them; the venue collects them by session, a batch at a time."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from engine.events import OrderUpdated, Record
from engine.reports import Copied, Report, collect_reports
from engine.session import SessionState


def reports_of(seq: int, record: Record) -> list[tuple[int, Report]]:
    """Every report of a stamped record with the session that is told, in the record's order; copies come last."""
    into: defaultdict[int, list[Report]] = defaultdict(list)
    collect_reports(seq, record, into)
    made = [
        (session_id, report)
        for session_id, reports in into.items()
        for report in reports
        if type(report.event) is not OrderUpdated
    ]
    return sorted(made, key=lambda addressed: (type(addressed[1].event) is Copied, addressed[1].position))


def report_at(state: SessionState, number: int, record: Record) -> Report | None:
    """The report that the session's outbound ``number`` carries, read from its record.

    Numbers of one record follow one another, so a number's distance from the record's first tells which report of the
    record it is, also where a new epoch has sent it again under another number.
    """
    nth = state.nth_of_record(number)
    mine = state.reports_in(state.sent.seq_of(number), record)
    return msgspec.structs.replace(mine[nth], number=number) if nth < len(mine) else None
