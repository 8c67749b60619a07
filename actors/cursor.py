"""Reading single records of the journal, cheaply where they follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.events import Record


class RecordCursor:
    """Reads records by ascending sequence, going on from where it stands when the next one is near."""

    NEAR = 2000

    def __init__(self, read: Callable[[int, int], Iterator[tuple[int, Record]]]) -> None:
        self._read = read
        self._records: Iterator[tuple[int, Record]] = iter(())
        self._at = 0
        self._record: Record | None = None

    def record(self, seq: int) -> Record:
        if self._record is not None and seq == self._at:
            return self._record
        if self._record is None or not self._at < seq <= self._at + self.NEAR:
            self._records = self._read(seq, 2**63)
        for at, record in self._records:
            if at == seq:
                self._at, self._record = at, record
                return record
        raise LookupError(f"record {seq} is not in the journal")
