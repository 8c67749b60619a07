"""Rows as aligned text columns, numbers to the right."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def columns(rows: Sequence[dict[str, str]]) -> str:
    """A heading and one line for each row; all rows have the same keys."""
    if not rows:
        return "(none)"
    names = list(rows[0])
    shown = [[name.upper() for name in names], *([row[name] for name in names] for row in rows)]
    right = [all(_NUMBER.fullmatch(row[name]) for row in rows if row[name]) for name in names]
    widths = [max(len(line[i]) for line in shown) for i in range(len(names))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in shown
    )
