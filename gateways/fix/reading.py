"""Bytes from a client, who may have said that a message is longer than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from gateways.fix.codec import Framer
    from gateways.transport import Outlet

STALL_S = 1.0
"""How long a message that may have a wrong BodyLength waits for its end. A message's parts come closer together, and
for nothing else is there a limit but the client's silence."""


async def next_bytes(outlet: Outlet, framer: Framer, bytes_max: int) -> bytes | None:
    """What comes next, at most ``bytes_max`` bytes; empty at the end of the stream.

    None where nothing came for ``STALL_S``, and what waited behind a wrong BodyLength may be taken now.
    """
    if not framer.doubtful:
        return await outlet.receive(bytes_max)
    with trio.move_on_after(STALL_S):
        return await outlet.receive(bytes_max)
    framer.resume()
    return None
