"""The venue's words: scaled numbers, FIX enumerations, instruments.

Every price and quantity is an ``int`` scaled by 10^-8; a notional (price × quantity) is an ``int`` at the same scale
and may exceed 64 bits. Times are integer nanoseconds UTC. Enumerations carry FIX's values: a one-character FIX code is
read as a base-36 digit, so ``OrdStatus.EXPIRED`` (39=C) is 12 and :func:`fix_code` gives the character back.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

import msgspec

SCALE = 100_000_000
"""Units per whole: prices, quantities, amounts and rates are multiples of 10^-8."""

DECIMALS = 8
INT64_MAX = 2**63 - 1

Px: TypeAlias = int
Qty: TypeAlias = int
Amount: TypeAlias = int
"""Money or an asset's quantity at scale 10^-8; may exceed 64 bits."""

Rate: TypeAlias = int
"""A fraction at scale 10^-8: a fee of 10 basis points is 100_000."""


class Side(IntEnum):
    """FIX tag 54."""

    BUY = 1
    SELL = 2

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrdType(IntEnum):
    """FIX tag 40."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """FIX tag 59."""

    DAY = 0
    GTC = 1
    IOC = 3
    FOK = 4


class OrdStatus(IntEnum):
    """FIX tag 39."""

    NEW = 0
    PARTIALLY_FILLED = 1
    FILLED = 2
    CANCELED = 4
    REJECTED = 8
    EXPIRED = 12

    @property
    def is_open(self) -> bool:
        return self <= OrdStatus.PARTIALLY_FILLED


class ExecType(IntEnum):
    """FIX tag 150 as of FIX.4.4; FIX.4.2 reports ``TRADE`` as 1 or 2 after the order's status."""

    NEW = 0
    CANCELED = 4
    REPLACED = 5
    REJECTED = 8
    EXPIRED = 12
    TRADE = 15
    ORDER_STATUS = 18


class OrdRejReason(IntEnum):
    """FIX tag 103."""

    BROKER_OPTION = 0
    UNKNOWN_SYMBOL = 1
    EXCHANGE_CLOSED = 2
    ORDER_EXCEEDS_LIMIT = 3
    UNKNOWN_ORDER = 5
    DUPLICATE_ORDER = 6
    UNSUPPORTED_ORDER_CHARACTERISTIC = 11
    INCORRECT_QUANTITY = 13
    UNKNOWN_ACCOUNT = 15
    OTHER = 99


class CxlRejReason(IntEnum):
    """FIX tag 102."""

    TOO_LATE_TO_CANCEL = 0
    UNKNOWN_ORDER = 1
    BROKER_OPTION = 2
    DUPLICATE_CL_ORD_ID = 6
    OTHER = 99


class CancelReason(IntEnum):
    """Why an order left the book other than by a fill: what 58=Text says and what surveillance counts."""

    REQUESTED = 0
    MASS_CANCEL = 1
    IMMEDIATE_REMAINDER = 2
    FILL_OR_KILL = 3
    OPERATOR = 4
    ACCOUNT_BLOCKED = 5
    END_OF_DAY = 6
    REDUCED_TO_FILLED = 7


class InstrumentStatus(IntEnum):
    """Whether an instrument takes new orders. Cancels pass in every status."""

    ACTIVE = 1
    HALTED = 2
    MAINTENANCE = 3
    DELISTED = 4


_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def fix_code(value: IntEnum) -> str:
    """The FIX character of a one-character enumeration, e.g. ``OrdStatus.EXPIRED`` → ``"C"``."""
    return _BASE36[value]


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """What is traded and by which rules. Sizes, prices and rates at scale 10^-8."""

    symbol_id: int
    symbol: str
    base: str
    quote: str
    tick_size: Px
    lot_size: Qty
    min_qty: Qty
    max_qty: Qty
    min_notional: Amount
    maker_fee: Rate
    taker_fee: Rate
    protection_band: Rate
    """How far from the reference price a market order may trade, as a fraction of it."""
    reference_px: Px
    """The reference before anything has traded; 0 when there is none."""
    daily_roll: str
    """Local time ``HH:MM`` at which DAY orders expire."""
    time_zone: str
    """IANA name of the zone in which ``daily_roll`` is read."""
    status: InstrumentStatus = InstrumentStatus.ACTIVE

    @property
    def worst_fee(self) -> Rate:
        return self.taker_fee if self.taker_fee > self.maker_fee else self.maker_fee
