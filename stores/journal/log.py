"""Where the journal's log lines go: whatever the composition root injects."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """One structured line: an event's name and its fields. A bound structlog method fits."""

    def __call__(self, event: str, **fields: object) -> object: ...


def silent(event: str, **fields: object) -> None:
    """Drop the line."""
