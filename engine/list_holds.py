"""What the legs of a list need before any of them has traded (docs/order-book.md §3)."""

from __future__ import annotations

from engine.commands import NewOrder
from engine.money import worst_hold
from engine.types import Amount, Contingency, Rate, Side

_BUY, _SELL = Side.BUY, Side.SELL
_OCO, _OTO = Contingency.OCO, Contingency.OTO


def leg_needs(contingency: Contingency, legs: list[NewOrder], rate: Rate) -> list[Amount]:
    """Each leg's need of its asset; ``rate`` is the worst fee.

    Legs that cancel one another share the largest need of a side, which the first of them carries. Children that sell
    what the entry buys need only what goes beyond it: those of a bracket each by itself, for only one is filled, others
    one after the other, for all may be.
    """
    needs = [worst_hold(leg.side, leg.px, leg.order_qty, rate) for leg in legs]
    if contingency is _OCO:
        return _shared(legs, needs)
    bought = legs[0].order_qty if legs[0].side is _BUY else 0
    for nth, leg in enumerate(legs[1:], 1):
        if leg.side is _SELL:
            covered = min(leg.order_qty, bought)
            needs[nth] -= covered
            if contingency is _OTO:
                bought -= covered
    return needs if contingency is _OTO else [needs[0], *_shared(legs[1:], needs[1:])]


def _shared(legs: list[NewOrder], needs: list[Amount]) -> list[Amount]:
    most: dict[Side, Amount] = {}
    for leg, need in zip(legs, needs, strict=True):
        most[leg.side] = max(need, most.get(leg.side, 0))
    return [most.pop(leg.side, 0) for leg in legs]
