"""Bytes from a client, who may have said that a message is longer than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from gateways.fix.codec import Framer
    from gateways.transport import Outlet


async def next_bytes(outlet: Outlet, framer: Framer, bytes_max: int, incomplete_timeout_s: float) -> bytes | None:
    """What comes next, at most ``bytes_max`` bytes; empty at the end of the stream.

    None where nothing came for ``incomplete_timeout_s``, and what waited behind a wrong BodyLength may be taken now.
    """
    if not framer.doubtful:
        return await outlet.receive(bytes_max)
    with trio.move_on_after(incomplete_timeout_s):
        return await outlet.receive(bytes_max)
    framer.resume()
    return None
