"""The demonstration's make-believe: what each instrument is worth at the moment, and what a fair order in it is.

Pure and seeded: a seed and a sequence of calls give the same prices. All prices and quantities are integers × 10^-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import msgspec

from config.reference import InstrumentConfig
from engine.types import SCALE, Px, Qty

_ORDER_NOTIONAL = {"BTC": SCALE * 3 // 10}
_ORDER_NOTIONAL_OTHERWISE = 15_000 * SCALE
"""A usual order's worth, in the quote asset."""
_STEPS_PER_ORDER = 20
"""Quantities are multiples of a round step, this fine or up to ten times finer."""
_UNIT_BASIS_POINTS = 1
_LEASH_PER_MILLE = 20
"""How far a price may stray from where it began before it is drawn back."""
_NOTIONAL_MARGIN = 2


class Listing(msgspec.Struct):
    """An instrument, and what its walk has come to."""

    symbol: str
    tick: Px
    step: Qty
    """Orders' quantities are multiples of this; a multiple of the lot."""
    steps: int
    """How many of them make a usual order."""
    unit: Px
    """The distance of neighbouring quotes: a basis point or a tick."""
    start_px: Px
    px: Px
    drift: int = 0

    def on_grid(self, px: Px) -> Px:
        """The quotes' price at or below ``px``."""
        return px // self.unit * self.unit

    def size(self, random: Random) -> Qty:
        """A quantity as people send them: mostly usual, sometimes large."""
        usual = random.randint(self.steps // 5 + 1, self.steps * 2)
        return self.step * (usual * random.randint(2, 6) if random.random() < 0.05 else usual)


def listing(instrument: InstrumentConfig) -> Listing:
    """What trading around the instrument's reference price looks like; its rules are kept by every size and price."""
    reference = instrument.reference_px
    notional = max(
        _ORDER_NOTIONAL.get(instrument.quote, _ORDER_NOTIONAL_OTHERWISE),
        instrument.min_notional * 5 * _NOTIONAL_MARGIN,
    )
    usual = max(notional * SCALE // reference, instrument.min_qty * 5, instrument.lot_size)
    step = instrument.lot_size
    while step * 10 * _STEPS_PER_ORDER <= usual:
        step *= 10
    tick = instrument.tick_size
    unit = max(reference * _UNIT_BASIS_POINTS // 10_000 // tick, 1) * tick
    start = reference // tick * tick
    return Listing(instrument.symbol, tick, step, max(usual // step, 1), unit, start, start)


class Market:
    """Every instrument's present worth: a random walk with some momentum, on a leash."""

    def __init__(self, instruments: Iterable[InstrumentConfig], seed: int) -> None:
        """Instruments without a reference price are left out."""
        self._random = Random(seed)  # noqa: S311
        self.listings = {
            instrument.symbol: listing(instrument) for instrument in instruments if instrument.reference_px
        }

    def step(self) -> None:
        """Let a tenth of a second or so go by."""
        random = self._random
        for listed in self.listings.values():
            if random.random() < 0.04:
                listed.drift = random.choice((-1, 0, 0, 1))
            strayed = listed.px - listed.start_px
            if abs(strayed) * 1000 > listed.start_px * _LEASH_PER_MILLE:
                listed.drift = -1 if strayed > 0 else 1
            reach = max(listed.unit // listed.tick, 2)
            moved = random.randint(-reach, reach) // 2 + listed.drift * random.randint(0, reach) // 2
            listed.px = max(listed.px + moved * listed.tick, listed.unit * 50)
