"""L1: the touch, the last trade, and what the market is doing."""

from __future__ import annotations

from typing import final

import msgspec

from engine.events import (
    AuctionEnded,
    AuctionIndicated,
    AuctionStarted,
    Event,
    InstrumentStatusChanged,
    LimitStateChanged,
    ReferencePriceSet,
    TradingPhaseChanged,
)
from engine.instrument import Instrument
from engine.market_data.tape import TapeTrade
from engine.queries import DepthLevel
from engine.types import InstrumentStatus, Px, Qty, Side, TradingPhase


@final
class Indicative(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an uncross would do now."""

    px: Px
    qty: Qty
    surplus: int
    """Buy minus sell quantity left over; signed."""


@final
class LimitState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The touch of ``side`` stands at the edge of the dynamic band."""

    side: Side
    until_ns: int


@final
class Top(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The best displayed price of each side, the last trade that stands, and the instrument's state. None = there is
    none."""

    bid: DepthLevel | None
    ask: DepthLevel | None
    last: TapeTrade | None
    status: InstrumentStatus
    phase: TradingPhase
    phase_until_ns: int
    """When the book itself ends the phase; 0 = when it is told to."""
    indicative: Indicative | None
    limit_state: LimitState | None
    reference_px: Px
    """0 = none."""


@final
class State(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the market is doing, apart from its orders and trades. Fields as in :class:`Top`."""

    status: InstrumentStatus
    phase: TradingPhase
    phase_until_ns: int
    indicative: Indicative | None
    limit_state: LimitState | None
    reference_px: Px


class MarketState:
    """What the market is doing, folded from its events."""

    __slots__ = ("indicative", "limit_state", "phase", "phase_until_ns", "reference_px", "status")

    def __init__(self, instrument: Instrument) -> None:
        self.status = instrument.status
        self.phase = instrument.phase
        self.phase_until_ns = 0
        self.indicative: Indicative | None = None
        self.limit_state: LimitState | None = None
        self.reference_px = instrument.reference_px

    def apply(self, event: Event) -> None:
        """Fold one event in; those that don't change the market's state change nothing."""
        if isinstance(event, TradingPhaseChanged):
            self.phase, self.phase_until_ns = event.phase, event.until_ns
            self.indicative = None
        elif isinstance(event, AuctionIndicated):
            self.indicative = Indicative(event.px, event.qty, event.surplus) if event.qty else None
        elif isinstance(event, AuctionStarted):
            self.indicative = None
        elif isinstance(event, InstrumentStatusChanged):
            self.status = event.status
        elif isinstance(event, LimitStateChanged):
            self.limit_state = LimitState(Side(event.side), event.until_ns) if event.side else None
        elif isinstance(event, ReferencePriceSet | AuctionEnded) and event.px:  # an auction without trades says 0
            self.reference_px = event.px

    def top(self, bid: DepthLevel | None, ask: DepthLevel | None, last: TapeTrade | None) -> Top:
        return Top(
            bid,
            ask,
            last,
            self.status,
            self.phase,
            self.phase_until_ns,
            self.indicative,
            self.limit_state,
            self.reference_px,
        )

    def present(self) -> State:
        return State(self.status, self.phase, self.phase_until_ns, self.indicative, self.limit_state, self.reference_px)

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order."""
        return (
            self.status,
            self.phase,
            self.phase_until_ns,
            self.indicative,
            self.limit_state,
            self.reference_px,
        )
