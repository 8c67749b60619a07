"""Reading single records of the journal, cheaply where they follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.events import Record
from engine.wire import decode_record

Stored = Callable[[int, int], Iterator[tuple[int, list[bytes]]]]
"""Durable records from one sequence to another, both included, as they are stored: the first one's sequence, and those
that were committed with it."""


class RecordCursor:
    """Reads records by ascending sequence, going on from where it stands when the next one is near.

    What lies in between, other sessions' mostly, is passed over as bytes.
    """

    NEAR = 500
    """Passing over so many records takes about as long as finding a place in the journal."""

    def __init__(self, read: Stored) -> None:
        self._read = read
        self._commits: Iterator[tuple[int, list[bytes]]] = iter(())
        self._first = 0
        self._payloads: list[bytes] = []

    def record(self, seq: int) -> Record:
        """The record of that sequence. Raises LookupError."""
        nth = seq - self._first
        if not self._payloads or not 0 <= nth < len(self._payloads) + self.NEAR:
            self._commits = self._read(seq, 2**63)
            self._first, self._payloads = seq, []
        while (nth := seq - self._first) >= len(self._payloads):
            commit = next(self._commits, None)
            if commit is None:
                self._first, self._payloads = seq, []
                raise LookupError(f"record {seq} is not in the journal")
            self._first, self._payloads = commit
        if nth < 0:
            raise LookupError(f"record {seq} is not in the journal")
        return decode_record(self._payloads[nth])
