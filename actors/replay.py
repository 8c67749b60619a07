"""A session's reports read again from the journal: for a resend, what fell due meanwhile, or the day's trades."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import trio

from actors.cursor import RecordCursor
from actors.pace import Pace
from actors.refusals import enriched
from engine.outbox import NO_REPORT
from engine.reports import TRADES, Report
from engine.session import SessionState


async def replayed(
    state: SessionState, cursor: RecordCursor, begin: int, end: int, pace: Pace, chunk_max: int
) -> AsyncIterator[list[Report]]:
    """Durable reports numbered ``begin``..``end``, in chunks, at the venue's pace; other numbers are left out. It ends
    with the epoch.

    A record that holds many of them (a mass cancel, an auction) is taken apart once.
    """
    chunk: list[Report] = []
    epoch = state.epoch
    taken_apart, mine, nth = NO_REPORT, [], 0
    over_s, looked_at, now = await pace.turn(), 0, trio.current_time
    for number, seq in state.sent.reports(begin, end):
        if state.epoch != epoch:
            break
        if seq != taken_apart:
            taken_apart, mine, nth = seq, state.reports_in(seq, cursor.record(seq)), state.nth_of_record(number)
        if nth < len(mine):
            chunk.append(enriched(state, msgspec.structs.replace(mine[nth], number=number)))
        nth += 1
        looked_at += 1
        if looked_at >= chunk_max or now() >= over_s:
            if chunk:
                yield chunk
                chunk = []
            over_s, looked_at = await pace.turn(), 0
    if chunk:
        yield chunk


async def traded(
    state: SessionState, cursor: RecordCursor, records: list[int], pace: Pace, chunk_max: int
) -> AsyncIterator[list[Report]]:
    """The reports of a session's trades in ``records``, which ascend, in chunks of at most so many records."""
    chunk: list[Report] = []
    over_s, looked_at, now = await pace.turn(), 0, trio.current_time
    for seq in records:
        found = state.reports_in(seq, cursor.record(seq))
        chunk += [report for report in found if type(report.event) in TRADES]
        looked_at += 1
        if looked_at >= chunk_max or now() >= over_s:
            yield chunk
            chunk = []
            over_s, looked_at = await pace.turn(), 0
    if chunk:
        yield chunk
