"""The live screen: draws the floor's picture a few times a second, and obeys keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import trio
from rich.console import Console
from rich.live import Live

from clients import ClientError
from tradeengine.demo_floor import Floor
from tradeengine.demo_keys import LEFT, RIGHT, key_presses, unbuffered_keys
from tradeengine.demo_screen import levels_that_fit, screen
from tradeengine.demo_stats import Picture

_FRAME_S = 0.15
RATE_MIN, RATE_MAX = 10, 20_000
_FASTER = 1.25


class Controls:
    """What keys have chosen."""

    def __init__(self, floor: Floor, symbol: str) -> None:
        self.symbol = symbol
        self.held = False
        self.done = False
        self._floor = floor

    def press(self, key: str) -> None:
        """Obey one key; unknown ones do nothing."""
        symbols = self._floor.symbols
        if key in (RIGHT, LEFT, "n", "p"):
            step = 1 if key in (RIGHT, "n") else -1
            self.symbol = symbols[(symbols.index(self.symbol) + step) % len(symbols)]
        elif key.isascii() and key.isdigit():
            place = (int(key) - 1) % 10
            if place < len(symbols):
                self.symbol = symbols[place]
        elif key in "+=":
            self._floor.rate = min(int(self._floor.rate * _FASTER) + 1, RATE_MAX)
        elif key in "-_":
            self._floor.rate = max(int(self._floor.rate / _FASTER), RATE_MIN)
        elif key == " ":
            self.held = not self.held
        elif key in "qQ":
            self.done = True


async def show(floor: Floor, controls: Controls, console: Console, ports: Mapping[str, int]) -> None:
    """Until ``q`` is pressed. Raises ``clients.ClientError`` when the books cannot be had any more.

    Frames are laid out in a thread, so that the participants' round trips are not measured while they wait for it.
    """
    with (
        Live(console=console, screen=True, auto_refresh=False, transient=True) as live,
        unbuffered_keys() as descriptor,
    ):
        pressed = trio.Event()
        failures: list[ClientError] = []

        async def obey() -> None:
            assert descriptor is not None
            async for key in key_presses(descriptor):
                controls.press(key)
                pressed.set()

        async def draw() -> None:
            nonlocal pressed
            picture: Picture | None = None
            while not controls.done:
                pressed = trio.Event()
                width, height = console.size
                if picture is None or not controls.held or picture.ladder.symbol != controls.symbol:
                    picture = await floor.picture(controls.symbol, levels_that_fit(height))
                layout = screen(picture, width, height, ports, held=controls.held)
                await trio.to_thread.run_sync(partial(live.update, layout, refresh=True))
                with trio.move_on_after(_FRAME_S):
                    await pressed.wait()

        async with trio.open_nursery() as nursery:
            if descriptor is not None:
                nursery.start_soon(obey)
            try:
                await draw()
            except ClientError as failure:
                failures.append(failure)
            nursery.cancel_scope.cancel()
    if failures:
        raise failures[0]
