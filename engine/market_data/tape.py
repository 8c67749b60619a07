"""The trade tape: an instrument's newest trades, with busts and corrections applied to them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from itertools import chain, islice
from struct import Struct
from typing import Final, final

import msgspec
from msgspec import structs

from engine.events import TradeBusted, TradeCorrected, TradeExecuted
from engine.types import Px, Qty

NO_SIDE = 0
"""The aggressor of a trade in an auction."""


class TradeFlag(IntFlag):
    """What is to be known of a trade beyond its price and quantity."""

    NONE = 0
    AUCTION = 1
    """Made by an uncross; it has no aggressor. (``True`` of :attr:`TradeExecuted.uncross`.)"""
    BUSTED = 2
    """It never was; its price and quantity are what they were."""
    CORRECTED = 4
    """Its price or quantity is not that at which it was made."""


_BUSTED = int(TradeFlag.BUSTED)


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


_ROW: Final = Struct("<qqqqqq")
"""A trade, in the order of its fields."""


class Tape:
    """The last ``depth_max`` trades.

    They are kept as packed rows in a ring of bytes: 48 bytes each, and, what counts more, without holding on to objects
    of the events that they came from. Those would lie scattered through memory that a replay frees again at once.

    ``changed`` is None while nobody listens; else a list to which every new and every amended trade is appended.
    """

    __slots__ = ("_end", "_rows", "_size_max", "changed", "changes")

    def __init__(self, depth_max: int) -> None:
        self.changed: list[TapeTrade] | None = None
        self.changes = 0
        """New and amended trades since the tape began."""
        self._rows = bytearray()
        self._size_max = depth_max * _ROW.size
        self._end = 0
        """Where the newest row ends."""

    def __len__(self) -> int:
        """Trades retained."""
        return len(self._rows) // _ROW.size

    # ---- fold -----------------------------------------------------------------------------------------------------

    def add(self, event: TradeExecuted, time_ns: int) -> None:
        uncross = event.uncross
        side = NO_SIDE if uncross else event.aggressor.terms.side
        rows, end = self._rows, self._end
        if len(rows) < self._size_max:
            rows += _ROW.pack(event.trade_id, event.px, event.qty, side, time_ns, uncross)
        else:
            if end == self._size_max:
                end = 0
            _ROW.pack_into(rows, end, event.trade_id, event.px, event.qty, side, time_ns, uncross)
        self._end = end + _ROW.size
        self.changes += 1
        if self.changed is not None:
            self.changed.append(self._read(end))

    def amend(self, event: TradeBusted | TradeCorrected) -> None:
        """Mark a busted trade, change a corrected one; one that is no longer retained changes nothing."""
        for at in self._newest_first():
            trade = self._read(at)
            if trade.trade_id == event.trade_id:
                amended = _amended(trade, event)
                _ROW.pack_into(self._rows, at, *structs.astuple(amended))
                self.changes += 1
                if self.changed is not None:
                    self.changed.append(amended)
                return

    # ---- views ----------------------------------------------------------------------------------------------------

    def last(self) -> TapeTrade | None:
        """The newest retained trade that stands."""
        trades = map(self._read, self._newest_first())
        return next((trade for trade in trades if not trade.busted), None)

    def newest(self, limit: int) -> list[TapeTrade]:
        """At most ``limit`` trades, newest first, busted ones too."""
        return [self._read(at) for at in islice(self._newest_first(), limit)]

    def trades(self) -> list[TapeTrade]:
        """All that is retained, oldest first."""
        return self.newest(len(self))[::-1]

    def standing(self, first_id: int, end_id: int) -> list[TapeTrade] | None:
        """The trades ``first_id`` … before ``end_id`` that stand, oldest first; None where some are not retained."""
        trades = self.trades()
        if len(self._rows) == self._size_max and trades[0].trade_id > first_id:
            return None
        return [trade for trade in trades if first_id <= trade.trade_id < end_id and not trade.busted]

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order."""
        return self.trades()

    def _newest_first(self) -> Iterator[int]:
        """Where each row begins."""
        size = _ROW.size
        return chain(range(self._end - size, -1, -size), range(len(self._rows) - size, self._end - 1, -size))

    def _read(self, at: int) -> TapeTrade:
        return TapeTrade(*_ROW.unpack_from(self._rows, at))


def _amended(trade: TapeTrade, event: TradeBusted | TradeCorrected) -> TapeTrade:
    px, qty, flags = trade.px, trade.qty, trade.flags
    if isinstance(event, TradeBusted):
        flags |= TradeFlag.BUSTED
    else:
        px, qty, flags = event.px, event.qty, flags | TradeFlag.CORRECTED
    return TapeTrade(trade.trade_id, px, qty, trade.aggressor, trade.time_ns, int(flags))
