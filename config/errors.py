"""What is wrong with a configuration, said so that it can be put right without reading code."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    key: str
    """Dotted path of the setting, e.g. ``fix.port`` or ``instruments[2].tick_size``; for a file as a whole its name."""
    text: str
    """The value as it was given (secrets left out) and what is allowed."""
    origin: str = ""
    """Where the value was given: file and line, environment variable, or command line."""

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" + (f" [{self.origin}]" if self.origin else "")


class ConfigError(Exception):
    """A configuration that the venue does not start with: every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        heading = f"invalid configuration, {count} problem{'' if count == 1 else 's'}:"
        return "\n".join([heading, *(f"  {problem}" for problem in self.problems)])
