"""How a journal is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Durability = Literal["fsync", "os"]
Verify = Literal["all", "tail"]

PAGE_BYTES = 4096


@dataclass(frozen=True)
class JournalOptions:
    """Where and how a journal is kept. Raises ValueError for a value that is not allowed.

    durability: "fsync": a commit is on stable storage when `commit` returns; "os": it is with the operating system,
    so it survives the process but not the machine (after a power cut the journal may refuse to start, because what
    was acknowledged is gone). segment_bytes: size of a segment file, a multiple of 4096. horizon_seq: the journal
    must hold all from this sequence on; segments that end before it may have been archived. verify: "all": `open`
    reads every segment; "tail": only the last one, for an owner that replays the others, and so verifies them, before
    it acts. prepare_in_background: fill the next segment in a thread. index_bytes: spacing of the sparse index.
    """

    directory: Path
    durability: Durability = "fsync"
    segment_bytes: int = 64 << 20
    horizon_seq: int = 1
    verify: Verify = "all"
    prepare_in_background: bool = True
    index_bytes: int = 64 << 10

    def __post_init__(self) -> None:
        if self.durability not in ("fsync", "os"):
            raise ValueError(f"durability is {self.durability!r}; allowed are 'fsync' and 'os'")
        if self.segment_bytes < PAGE_BYTES or self.segment_bytes % PAGE_BYTES:
            raise ValueError(f"segment_bytes is {self.segment_bytes}; allowed are multiples of {PAGE_BYTES}")
        if self.horizon_seq < 1:
            raise ValueError(f"horizon_seq is {self.horizon_seq}; the first sequence is 1")
        if self.verify not in ("all", "tail"):
            raise ValueError(f"verify is {self.verify!r}; allowed are 'all' and 'tail'")
        if self.index_bytes < 1:
            raise ValueError(f"index_bytes is {self.index_bytes}; allowed are positive numbers")
