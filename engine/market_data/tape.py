"""The trade tape: an instrument's newest trades, with busts and corrections applied to them."""

from __future__ import annotations

from collections import deque
from enum import IntFlag
from typing import final

import msgspec

from engine.events import TradeBusted, TradeCorrected, TradeExecuted
from engine.types import Px, Qty

NO_SIDE = 0
"""The aggressor of a trade in an auction."""


class TradeFlag(IntFlag):
    """What is to be known of a trade beyond its price and quantity."""

    NONE = 0
    AUCTION = 1
    """Made by an uncross; it has no aggressor."""
    BUSTED = 2
    """It never was; its price and quantity are what they were."""
    CORRECTED = 4
    """Its price or quantity is not that at which it was made."""


_AUCTION, _BUSTED = int(TradeFlag.AUCTION), int(TradeFlag.BUSTED)


@final
class TapeTrade(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A trade as the public sees it. Price and quantity at scale 10^-8."""

    trade_id: int
    px: Px
    qty: Qty
    aggressor: int
    """Side, or ``NO_SIDE``."""
    time_ns: int
    flags: int = 0
    """Bits of :class:`TradeFlag`."""

    @property
    def busted(self) -> bool:
        return bool(self.flags & _BUSTED)


class Tape:
    """The last ``depth_max`` trades, oldest first.

    ``changed`` is None while nobody listens; else a list to which every new and every amended trade is appended.
    """

    __slots__ = ("changed", "trades")

    def __init__(self, depth_max: int) -> None:
        self.trades: deque[TapeTrade] = deque(maxlen=depth_max)
        self.changed: list[TapeTrade] | None = None

    def add(self, event: TradeExecuted, time_ns: int) -> None:
        if event.uncross:
            trade = TapeTrade(event.trade_id, event.px, event.qty, NO_SIDE, time_ns, _AUCTION)
        else:
            trade = TapeTrade(event.trade_id, event.px, event.qty, event.aggressor.terms.side, time_ns)
        self.trades.append(trade)
        if self.changed is not None:
            self.changed.append(trade)

    def amend(self, event: TradeBusted | TradeCorrected) -> None:
        """Mark a busted trade, change a corrected one; one that is no longer retained changes nothing."""
        trades = self.trades
        for back in range(1, len(trades) + 1):
            if trades[-back].trade_id == event.trade_id:
                trade = trades[-back] = _amended(trades[-back], event)
                if self.changed is not None:
                    self.changed.append(trade)
                return

    def last(self) -> TapeTrade | None:
        """The newest retained trade that stands."""
        return next((trade for trade in reversed(self.trades) if not trade.busted), None)

    def newest(self, limit: int) -> list[TapeTrade]:
        """At most ``limit`` trades, newest first, busted ones too."""
        found: list[TapeTrade] = []
        for trade in reversed(self.trades):
            if len(found) == limit:
                break
            found.append(trade)
        return found

    def standing(self, first_id: int, end_id: int) -> list[TapeTrade] | None:
        """The trades ``first_id`` … before ``end_id`` that stand, oldest first; None where some are not retained."""
        trades = self.trades
        if len(trades) == trades.maxlen and trades[0].trade_id > first_id:
            return None
        return [trade for trade in trades if first_id <= trade.trade_id < end_id and not trade.busted]

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order."""
        return list(self.trades)


def _amended(trade: TapeTrade, event: TradeBusted | TradeCorrected) -> TapeTrade:
    px, qty, flags = trade.px, trade.qty, trade.flags
    if isinstance(event, TradeBusted):
        flags |= TradeFlag.BUSTED
    else:
        px, qty, flags = event.px, event.qty, flags | TradeFlag.CORRECTED
    return TapeTrade(trade.trade_id, px, qty, trade.aggressor, trade.time_ns, int(flags))
