"""Which record of the journal each of a session's outbound numbers belongs to.

The outbox itself is the journal; this is an index into it (docs/adr/0003). Reports are numbered in runs, broken where
numbers went to messages that are not journaled (heartbeats, market data). So a report costs 8 bytes and a break 16,
however many numbers it skips.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

NO_REPORT = 0
"""The number belonged to a message that is not journaled, or has not been used."""


class Outbox:
    """Numbers count from 1."""

    __slots__ = ("_firsts", "_seqs", "_starts", "append")

    def __init__(self) -> None:
        self._seqs = array("Q")
        self._firsts = array("Q", [1])
        """The first number of each run."""
        self._starts = array("Q", [0])
        """Where in ``_seqs`` each run starts."""
        self.append = self._seqs.append
        """``append(seq)``: the next number is a report of the record with sequence ``seq``."""

    @property
    def next(self) -> int:
        """The number that is given next."""
        return self._firsts[-1] + len(self._seqs) - self._starts[-1]

    def skip_to(self, number: int) -> None:
        """Numbers below ``number`` that are not used yet carry no report."""
        if number <= self.next:
            return
        if self._starts[-1] == len(self._seqs):
            self._firsts[-1] = number
        else:
            self._firsts.append(number)
            self._starts.append(len(self._seqs))

    def seq_of(self, number: int) -> int:
        """The journal sequence of the record that reports under ``number``, or :data:`NO_REPORT`."""
        run = bisect_right(self._firsts, number) - 1
        if run < 0:
            return NO_REPORT
        at = self._starts[run] + number - self._firsts[run]
        return self._seqs[at] if at < self._end(run) else NO_REPORT

    def reports(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Number and sequence of each report numbered ``begin``..``end``, in order. It may grow meanwhile."""
        run = max(0, bisect_right(self._firsts, begin) - 1)
        while run < len(self._firsts) and self._firsts[run] <= end:
            first, start = self._firsts[run], self._starts[run]
            at = start + max(0, begin - first)
            while at < self._end(run) and first + at - start <= end:
                yield first + at - start, self._seqs[at]
                at += 1
            run += 1

    def _end(self, run: int) -> int:
        return self._starts[run + 1] if run + 1 < len(self._starts) else len(self._seqs)

    def state(self) -> tuple[bytes, bytes, bytes]:
        """Everything, in a canonical form."""
        return self._firsts.tobytes(), self._starts.tobytes(), self._seqs.tobytes()
