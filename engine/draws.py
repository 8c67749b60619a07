"""Draws that can be made again: what is random for everybody who does not know the venue's entropy."""

from __future__ import annotations

import hashlib


def draw(entropy: int, order_id: int, n: int, low: int, high: int) -> int:
    """A number from ``low`` to ``high``, both included, that follows from the other three alone.

    ``entropy`` comes from the composition root, so that nobody outside can foretell a draw. Replay needs none of this:
    events carry what was drawn.
    """
    digest = hashlib.blake2b(f"{entropy}:{order_id}:{n}".encode(), digest_size=16).digest()
    return low + int.from_bytes(digest, "big") % (high - low + 1)
