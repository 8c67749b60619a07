"""What happened to an instrument and its book as a whole."""

from __future__ import annotations

from typing import final

from engine.event_base import EventBase
from engine.instrument import Instrument
from engine.types import (
    CancelReason,
    InstrumentStatus,
    Px,
    Qty,
    TradingPhase,
)


@final
class InstrumentListed(EventBase, frozen=True, tag=20):
    """A new instrument, or (same ``symbol_id``) an existing one with changed rules."""

    instrument: Instrument
    operator: str = ""


@final
class InstrumentStatusChanged(EventBase, frozen=True, tag=21):
    symbol_id: int
    status: InstrumentStatus
    operator: str


@final
class DayOrdersExpired(EventBase, frozen=True, tag=22):
    """A trading day of the instrument is over, the one that the roll of date ``day`` ends; the ``OrderExpired`` events
    stand before it."""

    symbol_id: int
    day: str


@final
class TradingPhaseChanged(EventBase, frozen=True, tag=23):
    symbol_id: int
    phase: TradingPhase
    until_ns: int
    """When the book itself ends the phase; 0 = when it is told to."""
    operator: str = ""
    """Empty where the schedule or the book's own protection changed it."""
    reason: str = ""


@final
class AuctionIndicated(EventBase, frozen=True, tag=24):
    """What an uncross would do now (FIX 269=Q): ``qty`` at ``px``, both 0 when nothing would trade."""

    symbol_id: int
    px: Px
    qty: Qty
    surplus: int
    """Buy minus sell quantity left over at ``px``; signed."""


@final
class AuctionStarted(EventBase, frozen=True, tag=25):
    """The uncross: trades of ``qty`` in all at ``px`` (0: none) follow, in this record and in those right after it."""

    symbol_id: int
    px: Px
    qty: Qty
    phase: TradingPhase
    """The phase that begins when it is done."""
    operator: str = ""
    reason: str = ""


@final
class AuctionEnded(EventBase, frozen=True, tag=26):
    """The uncross is complete: every order that was for this auction only is gone. ``px`` is the new reference price;
    0 = nothing traded."""

    symbol_id: int
    phase: TradingPhase
    """The phase that it ended."""
    px: Px
    qty: Qty


@final
class ReferencePriceSet(EventBase, frozen=True, tag=27):
    symbol_id: int
    px: Px
    operator: str


@final
class LimitStateChanged(EventBase, frozen=True, tag=28):
    """The touch of ``side`` stands at the edge of the dynamic band until ``until_ns``, or (side 0) no longer does."""

    symbol_id: int
    side: int
    until_ns: int
    reference_px: Px
    """What the band is measured from meanwhile."""


@final
class BookCanceled(EventBase, frozen=True, tag=29):
    """An operator has had every order of the book cancelled; the ``OrderCanceled`` events stand before it, in this
    record and in those right before it."""

    symbol_id: int
    operator: str
    reason: CancelReason
