"""W, X and Y as each version writes them (FIX 4.2, 4.4, 5.0 SP2 vol. 3, Market Data): bodies of fields in order. Pure.

A price level is known by its type and price, an order by its OrderID (37, in X also 278), a trade by its TradeID (278,
in 5.0 also 1003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gateways.fix.market_data_steps import DELETE
from gateways.fix.terms_out import decimal
from gateways.fix.times import format_utc

if TYPE_CHECKING:
    from engine.market_data.tape import TapeTrade
    from engine.queries import DepthLevel
    from engine.types import Px, Qty
    from gateways.fix.market_data_request import MarketDataRequest
    from gateways.fix.market_data_views import OrderStep

TRADE = "2"
"""FIX 269 MDEntryType."""


class MarketDataVersion(msgspec.Struct, frozen=True):
    """What of market data differs between versions."""

    entry_types: frozenset[str]
    """Values of MDEntryType (269) that are served."""
    previous_day: bool
    """OpenCloseSettlFlag (286) can say that an entry is of the day before."""
    fix50: bool
    """W has MDBookType (1021), LastUpdateTime (779) and MDEntryID (278), trades in X have TradeID (1003), and there is
    an entry for an empty book (269=J)."""


_STANDARD = frozenset("012456789")
VERSIONS = {
    "FIX.4.2": MarketDataVersion(_STANDARD, previous_day=False, fix50=False),
    "FIX.4.4": MarketDataVersion(_STANDARD | {"B"}, previous_day=True, fix50=False),
    "FIXT.1.1": MarketDataVersion(_STANDARD | {"B"}, previous_day=True, fix50=True),
}
"""By BeginString."""


class EntryWriter:
    """Entries of one instrument: without an action for W, with one (279) for X."""

    __slots__ = ("_digits", "_fix50", "_in_x", "_previous_day")

    def __init__(self, version: MarketDataVersion, symbol: str, timestamp_digits: int) -> None:
        self._fix50 = version.fix50
        self._previous_day = version.previous_day
        self._in_x = f"55={symbol}\x01"
        self._digits = timestamp_digits

    def _head(self, kind: str, action: str, entry_id: str = "") -> str:
        named = f"278={entry_id}\x01" if entry_id and (action or self._fix50) else ""
        if action:
            return f"279={action}\x01269={kind}\x01{named}{self._in_x}"
        return f"269={kind}\x01{named}"

    def level(self, kind: str, level: DepthLevel, position: int, action: str = "") -> str:
        """A price level: quantity, number of orders (346) and place in the book (290)."""
        if action == DELETE:
            return f"{self._head(kind, action)}270={decimal(level.px)}\x01290={position}\x01"
        return (
            f"{self._head(kind, action)}270={decimal(level.px)}\x01271={decimal(level.qty)}\x01346={level.orders}\x01"
            f"290={position}\x01"
        )

    def order(self, kind: str, step: OrderStep, action: str = "") -> str:
        """A displayed order."""
        order_id = str(step.order_id)
        qty = "" if action == DELETE else f"271={decimal(step.qty)}\x01"
        return f"{self._head(kind, action, order_id)}270={decimal(step.px)}\x01{qty}37={order_id}\x01"

    def trade(self, trade: TapeTrade, action: str = "") -> str:
        """A trade, with its date and time (272, 273)."""
        trade_id = str(trade.trade_id)
        date, _, time = format_utc(trade.time_ns, self._digits).partition("-")
        more = ""
        if self._fix50:  # earlier dictionaries of 5.0 SP2 have it in X alone
            more = f"1003={trade_id}\x01" if action else ""
        return (
            f"{self._head(TRADE, action, trade_id)}270={decimal(trade.px)}\x01271={decimal(trade.qty)}\x01"
            f"272={date}\x01273={time}\x01{more}"
        )

    def figure(self, kind: str, px: Px | None, qty: Qty | None, action: str = "") -> str:
        """A price or a quantity of the trading day."""
        if action == DELETE:
            return self._head(kind, action)
        price = "" if px is None else f"270={decimal(px)}\x01"
        size = "" if qty is None else f"271={decimal(qty)}\x01"
        previous = "286=4\x01" if kind == "5" and self._previous_day else ""
        return f"{self._head(kind, action)}{price}{size}{previous}"


class MarketDataWriter:
    """Bodies of W and X in one session's version."""

    __slots__ = ("_digits", "version")

    def __init__(self, begin_string: str, timestamp_digits: int) -> None:
        self.version = VERSIONS[begin_string]
        self._digits = timestamp_digits

    def entries(self, symbol: str) -> EntryWriter:
        return EntryWriter(self.version, symbol, self._digits)

    def snapshot(self, request: MarketDataRequest, symbol: str, entries: list[str], time_ns: int) -> str:
        """MarketDataSnapshotFullRefresh (35=W): all that the request sees of one instrument."""
        if not self.version.fix50:
            return f"262={request.md_req_id}\x0155={symbol}\x01268={len(entries)}\x01{''.join(entries)}"
        book = ""
        if request.wants_book:
            kind = 3 if not request.aggregated else 1 if request.depth == 1 else 2
            book = f"1021={kind}\x01264={request.depth}\x01"
        entries = entries or ["269=J\x01"]
        return (
            f"{book}262={request.md_req_id}\x0155={symbol}\x01779={format_utc(time_ns, self._digits)}\x01"
            f"268={len(entries)}\x01{''.join(entries)}"
        )

    def increment(self, request: MarketDataRequest, entries: list[str]) -> str:
        """MarketDataIncrementalRefresh (35=X): steps, to be taken in order."""
        return f"262={request.md_req_id}\x01268={len(entries)}\x01{''.join(entries)}"
