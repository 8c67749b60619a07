"""The task that turns a gateway's timer wheel."""

from __future__ import annotations

from typing import Final

import trio

from gateways.timer_wheel import TimerWheel

CALLS_AT_ONCE: Final = 500
"""Connections that the timer serves before others have their turn."""


async def keep_time(wheel: TimerWheel) -> None:
    """Turns ``wheel`` until cancelled. Where several do, time passes no faster."""
    while True:
        await trio.sleep(wheel.resolution_s)
        while not wheel.advance(trio.current_time(), CALLS_AT_ONCE):
            await trio.lowlevel.checkpoint()
