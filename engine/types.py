"""The venue's words: scaled numbers and FIX enumerations.

Every price and quantity is an ``int`` scaled by 10^-8; a notional (price × quantity) is an ``int`` at the same scale
and may exceed 64 bits. Times are integer nanoseconds UTC. Enumerations carry FIX's values: a one-character FIX code is
read as a base-36 digit, so ``OrdStatus.EXPIRED`` (39=C) is 12 and :func:`fix_code` gives the character back.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

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
    """An order's pricing: FIX tag 40 less the trigger that may stand before it (:class:`engine.terms.Trigger`)."""

    MARKET = 1
    LIMIT = 2
    MARKET_TO_LIMIT = 20
    """40=K: takes the best opposite price only; what is left rests there as a limit order."""
    PEGGED = 25
    """40=P: follows the touch."""


class TimeInForce(IntEnum):
    """FIX tag 59."""

    DAY = 0
    GTC = 1
    AT_THE_OPENING = 2
    IOC = 3
    FOK = 4
    GTD = 6
    AT_THE_CLOSE = 7
    GOOD_FOR_AUCTION = 11


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
    RESTATED = 13
    TRADE = 15
    TRADE_CORRECT = 16
    TRADE_CANCEL = 17
    ORDER_STATUS = 18
    TRIGGERED = 21


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
    GOOD_TILL_DATE = 8
    AUCTION_OVER = 9
    """An order for one auction, after it."""
    POST_ONLY = 10
    """A triggered post-only order would have taken."""
    SELF_TRADE = 11
    PRICE_BAND = 12
    """What is left of an order that may not rest, at the edge of the band."""
    LIST = 13
    """Another leg of its list was filled, cancelled or has expired."""
    NO_LIQUIDITY = 14
    """A market-to-limit order met no opposite price."""
    DELISTED = 15
    MINIMUM_QUANTITY = 16
    """The order may not rest and its MinQty could not be met."""
    CONNECTION_LOST = 17
    """Its session ended, and it was not to outlive that."""


class RestateReason(IntEnum):
    """Why the venue changed an order, which its owner is told (FIX 150=D)."""

    SELF_TRADE = 1
    """Its quantity was decremented in place of a trade with its own firm or account."""
    MARKET_TO_LIMIT = 2
    """An auction's remainder of a market-to-limit order is now a limit order at the auction's price."""
    ENTRY_CUT = 3
    """A list's child was cut to what its entry had filled when it ended."""
    TRADE_BUSTED = 4
    TRADE_CORRECTED = 5


class UpdateCause(IntEnum):
    """Why the book changed an order's working state; nobody is told, replay needs it."""

    ENTERED = 1
    """The order's turn to be matched has come, or has come again: it leaves its place and joins as incoming."""
    PEG = 2
    """ENTERED at the price that the touch gives."""
    PARKED = 3
    """It leaves its place and waits, for an auction or for a touch to follow."""
    TRAIL = 4
    """Its stop price followed the market."""
    HOLD = 5
    """A waiting child holds what its entry has bought so far."""


class Activation(IntEnum):
    """What made a waiting order active."""

    TRIGGER = 1
    ENTRY = 2
    """The entry of its list is filled."""


class TriggerKind(IntEnum):
    """When an order becomes active. STOP: a buy when the watched price is at or above ``px``, a sell at or below.
    TOUCHED: the other way round (take-profit, if-touched). TRAILING: a stop whose price follows the market."""

    STOP = 1
    TOUCHED = 2
    TRAILING = 3


class TriggerSource(IntEnum):
    """Which price a trigger watches: FIX tag 1107, and 100 for the instrument's reference price."""

    BEST_OFFER = 1
    LAST_TRADE = 2
    BEST_BID = 3
    REFERENCE = 100


class PegKind(IntEnum):
    """FIX tag 1094 PegPriceType: the price that a pegged order follows."""

    MIDPOINT = 2
    MARKET = 4
    """The opposite side's best."""
    PRIMARY = 5
    """Its own side's best."""


class PostOnly(IntEnum):
    """What becomes of an order that must not take when it would."""

    NO = 0
    REJECT = 1
    REPRICE = 2
    """It rests one tick short of the opposite touch."""


class SelfTrade(IntEnum):
    """Self-trade prevention, as the incoming order asks for it (FIX 2964): who gives way."""

    NONE = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 100
    """The smaller quantity is taken off both."""


class SelfTradeScope(IntEnum):
    """Whose orders an order must not trade with."""

    ACCOUNT = 0
    FIRM = 1


class Contingency(IntEnum):
    """How a list's legs hang together: FIX tag 1385, and 100 for a bracket."""

    OCO = 1
    """Any fill, cancel or expiry of a leg cancels the others."""
    OTO = 2
    """The first leg's complete fill releases the others."""
    BRACKET = 100
    """OTO whose children are OCO among themselves (OTOCO)."""


class Wait(IntEnum):
    """What an open order that is in no queue waits for."""

    NOTHING = 0
    TURN = 1
    """It is active, and matched when those before it have been."""
    TRIGGER = 2
    ENTRY = 3
    """Its list's entry to be filled."""
    AUCTION = 4
    TOUCH = 5
    """A pegged order while the price that it follows is absent, and during auctions."""


class TradingPhase(IntEnum):
    """What the book does with orders."""

    CLOSED = 1
    PRE_OPEN = 2
    OPENING_AUCTION = 3
    CONTINUOUS = 4
    INTRADAY_AUCTION = 5
    CLOSING_AUCTION = 6
    POST_CLOSE = 7
    VOLATILITY_PAUSE = 8
    REOPENING_AUCTION = 9

    @property
    def collects(self) -> bool:
        """Orders gather without being matched; leaving such a phase for one that does not collect uncrosses."""
        return self in _COLLECTING

    @property
    def takes_orders(self) -> bool:
        return self not in (TradingPhase.CLOSED, TradingPhase.POST_CLOSE)


_COLLECTING = frozenset({
    TradingPhase.PRE_OPEN,
    TradingPhase.OPENING_AUCTION,
    TradingPhase.INTRADAY_AUCTION,
    TradingPhase.CLOSING_AUCTION,
    TradingPhase.VOLATILITY_PAUSE,
    TradingPhase.REOPENING_AUCTION,
})  # fmt: skip


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
