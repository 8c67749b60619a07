"""A session's reports read again from the journal: for a resend, or for what fell due meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import trio

from actors.cursor import RecordCursor
from actors.refusals import enriched
from engine.reports import Report
from engine.session import NO_REPORT, SessionState


async def replayed(
    state: SessionState, cursor: RecordCursor, begin: int, end: int, chunk_max: int
) -> AsyncIterator[list[Report]]:
    """Durable reports numbered ``begin``..``end``, in chunks; other numbers are left out. It ends with the epoch.

    A record that holds many of them (a mass cancel, an auction) is taken apart once.
    """
    chunk: list[Report] = []
    epoch = state.epoch
    taken_apart, mine, nth = NO_REPORT, [], 0
    number = begin
    while number <= min(end, len(state.sent)) and state.epoch == epoch:
        seq = state.sent[number - 1]
        if seq != NO_REPORT:
            if seq != taken_apart:
                taken_apart, mine, nth = seq, state.reports_in(seq, cursor.record(seq)), state.nth_of_record(number)
            if nth < len(mine):
                chunk.append(enriched(state, msgspec.structs.replace(mine[nth], number=number)))
            nth += 1
        number += 1
        if not number % chunk_max:
            if chunk:
                yield chunk
                chunk = []
            await trio.lowlevel.checkpoint()
    if chunk:
        yield chunk
