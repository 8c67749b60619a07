"""When an instrument trades, and what guards it: tables of their own within an instrument's configuration.

Times are local and in seconds; the engine counts nanoseconds.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec

from config.kinds import Fixed, Integer, Member, Number, TimeOfDay, Weekdays
from engine.instrument import Protection, Session
from engine.types import SCALE, TradingPhase

RateSetting: TypeAlias = Annotated[int, Fixed(0, SCALE - 1, "a fraction from 0 to below 1, e.g. 0.001")]
SecondsSetting: TypeAlias = Annotated[float, Number(0, 86_400)]

_OF_THE_BOOK: Final = (TradingPhase.VOLATILITY_PAUSE, TradingPhase.REOPENING_AUCTION)
"""Phases that the book enters by itself, to protect itself."""
SCHEDULED_PHASES: Final = tuple(phase for phase in TradingPhase if phase not in _OF_THE_BOOK)
PhaseSetting: TypeAlias = Annotated[TradingPhase, Member(TradingPhase, SCHEDULED_PHASES)]

_NS: Final = 1_000_000_000


class ProtectionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Guards against prices that nobody means; 0 = off."""

    collar_rate: RateSetting = 0
    """Fat finger: a limit price this far through the market is rejected."""
    price_limit_rate: RateSetting = 0
    """Price limits: a price this far from the reference price, on either side, is rejected."""
    dynamic_band_rate: RateSetting = 0
    """Limit-up/limit-down: nothing is priced or traded further than this from the last price."""
    limit_state_s: SecondsSetting = 15.0
    """How long the touch may stay at the band's edge before trading pauses."""
    volatility_rate: RateSetting = 0
    """A trade further than this from the reference price is not made but pauses trading at once."""
    pause_s: SecondsSetting = 300.0
    reopening_s: SecondsSetting = 30.0
    """The call phase of the auction that ends a pause."""
    reopening_random_s: SecondsSetting = 0.0
    """Up to this much longer, drawn."""

    def to_protection(self) -> Protection:
        """The engine's."""
        return Protection(
            collar_rate=self.collar_rate,
            price_limit_rate=self.price_limit_rate,
            dynamic_band_rate=self.dynamic_band_rate,
            limit_state_ns=_nanoseconds(self.limit_state_s),
            volatility_rate=self.volatility_rate,
            pause_ns=_nanoseconds(self.pause_s),
            reopening_ns=_nanoseconds(self.reopening_s),
            reopening_random_ns=_nanoseconds(self.reopening_random_s),
        )

    @classmethod
    def of(cls, protection: Protection) -> ProtectionConfig:
        """The configuration that gives ``protection``."""
        return cls(
            collar_rate=protection.collar_rate,
            price_limit_rate=protection.price_limit_rate,
            dynamic_band_rate=protection.dynamic_band_rate,
            limit_state_s=protection.limit_state_ns / _NS,
            volatility_rate=protection.volatility_rate,
            pause_s=protection.pause_ns / _NS,
            reopening_s=protection.reopening_ns / _NS,
            reopening_random_s=protection.reopening_random_ns / _NS,
        )


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NS)


class ScheduleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """From a time of day on, the book is in a phase."""

    at: Annotated[str, TimeOfDay(seconds=True)]
    """Local time, in the instrument's zone."""
    phase: PhaseSetting
    days: Annotated[list[int], Weekdays()] = msgspec.field(default_factory=list)
    """On which days of the week."""
    random_end_s: Annotated[int, Integer(0, 3600)] = 0
    """The phase before this one lasts up to this many seconds longer, drawn: an auction's random end."""

    def to_session(self) -> Session:
        """The engine's."""
        return Session(self.at, self.phase, self.days, self.random_end_s)

    @classmethod
    def of(cls, session: Session) -> ScheduleEntry:
        """The configuration that gives ``session``."""
        return cls(at=session.at, phase=session.phase, days=session.days, random_end_s=session.random_end_s)
