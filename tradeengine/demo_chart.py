"""A price's history as a small area chart of block characters. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def chart(values: Sequence[int], width: int, height: int) -> list[str]:
    """``height`` lines of ``width`` characters, the highest first: the last ``width`` values, the newest on the right.

    The lowest value is one eighth of a character high, the highest all of the height; equal ones half of it.
    """
    shown = list(values)[-width:]
    if not shown:
        return [" " * width] * height
    low, high = min(shown), max(shown)
    top = height * 8
    if low == high:
        heights = [top // 2] * len(shown)
    else:
        heights = [1 + (value - low) * (top - 1) // (high - low) for value in shown]
    return [
        "".join(_EIGHTHS[min(max(tall - row * 8, 0), 8)] for tall in heights).rjust(width)
        for row in range(height - 1, -1, -1)
    ]
