"""The parts of a subscription: what each kind of entry (269) shows of an instrument, first and from then on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from engine.market_data.updates import Channel, Snapshot
from engine.types import Side
from gateways.fix.market_data_messages import TRADE
from gateways.fix.market_data_steps import CHANGE, DELETE, NEW
from gateways.fix.market_data_views import LevelView, QueueView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.market_data.levels import Levels
    from engine.market_data.orders import OrderDelta
    from engine.market_data.tape import TapeTrade
    from engine.market_data.updates import MarketMessage
    from engine.types import Px, Qty
    from gateways.fix.market_data_messages import EntryWriter
    from gateways.fix.market_data_replica import Replica
    from gateways.fix.market_data_request import MarketDataRequest

_SIDES = {"0": Side.BUY, "1": Side.SELL}
_OF_THE_DAY = frozenset("45789B")
_REFERENCE = "6"


class Section(Protocol):
    """One kind of entries. What :meth:`show` and :meth:`steps` return has been shown from then on."""

    channel: Channel

    def note(self, message: MarketMessage, market: Replica) -> None:
        """A message of the channel has been folded into the replica."""

    def show(self, market: Replica) -> list[str]:
        """Entries of a W."""

    def steps(self, market: Replica) -> list[str]:
        """Entries of an X, from what was shown last; none where that is what there is."""


def sections_of(request: MarketDataRequest, entries: EntryWriter, trades_max: int) -> list[Section]:
    """What a request consists of."""
    types = request.entry_types
    found: list[Section] = []
    if request.wants_book:
        sides = [kind for kind in ("0", "1") if kind in types]
        found.append((LevelSection if request.aggregated else OrderSection)(sides, request.depth, entries))
    if TRADE in types:
        found.append(TradeSection(entries, trades_max))
    if types & _OF_THE_DAY:
        found.append(DaySection(types & _OF_THE_DAY, entries))
    if _REFERENCE in types:
        found.append(ReferenceSection(entries))
    return found


class LevelSection:
    """Bids and offers by price."""

    channel = Channel.LEVELS

    def __init__(self, kinds: Iterable[str], depth: int, entries: EntryWriter) -> None:
        self._views = {kind: LevelView(depth) for kind in kinds}
        self._entries = entries

    def note(self, message: MarketMessage, market: Replica) -> None:
        levels = cast("Levels", message.content)
        for kind, view in self._views.items():
            if isinstance(message, Snapshot):
                view.touch_all()
            elif kind == "0":
                view.touch([-level.px for level in levels.bids])
            else:
                view.touch([level.px for level in levels.asks])

    def show(self, market: Replica) -> list[str]:
        write = self._entries.level
        return [
            write(kind, level, position)
            for kind, view in self._views.items()
            for position, level in enumerate(view.show(market.levels[_SIDES[kind]]), 1)
        ]

    def steps(self, market: Replica) -> list[str]:
        write = self._entries.level
        return [
            write(kind, step.level, step.position, step.action)
            for kind, view in self._views.items()
            for step in view.steps(market.levels[_SIDES[kind]])
        ]


class OrderSection:
    """Bids and offers order by order."""

    channel = Channel.ORDERS

    def __init__(self, kinds: Iterable[str], depth: int, entries: EntryWriter) -> None:
        self._views = {kind: QueueView(depth) for kind in kinds}
        self._entries = entries

    def note(self, message: MarketMessage, market: Replica) -> None:
        for kind, view in self._views.items():
            if isinstance(message, Snapshot):
                view.touch_all()
            else:
                side, sign = _SIDES[kind], -1 if kind == "0" else 1
                deltas = cast("list[OrderDelta]", message.content)
                view.touch([delta.px * sign for delta in deltas if delta.side is side])

    def show(self, market: Replica) -> list[str]:
        write = self._entries.order
        return [
            write(kind, step) for kind, view in self._views.items() for step in view.show(market.queues[_SIDES[kind]])
        ]

    def steps(self, market: Replica) -> list[str]:
        write = self._entries.order
        return [
            write(kind, step, step.action)
            for kind, view in self._views.items()
            for step in view.steps(market.queues[_SIDES[kind]])
        ]


class TradeSection:
    """Trades: at first the last one that stands, then every new one, busts (deleted) and corrections (changed).

    When more than ``trades_max`` wait, which only a client that reads too slowly brings about, they are dropped and
    :attr:`lost` says so: the client is to be shown the last one anew.
    """

    channel = Channel.TRADES

    def __init__(self, entries: EntryWriter, trades_max: int) -> None:
        self.lost = False
        self._entries = entries
        self._trades_max = trades_max
        self._waiting: list[tuple[str, TapeTrade]] = []

    def note(self, message: MarketMessage, market: Replica) -> None:
        self._waiting += market.trade_steps
        if len(self._waiting) > self._trades_max:
            self._waiting.clear()
            self.lost = True

    def show(self, market: Replica) -> list[str]:
        self.lost = False
        self._waiting.clear()
        last = market.last_trade
        return [] if last is None else [self._entries.trade(last)]

    def steps(self, market: Replica) -> list[str]:
        waiting, self._waiting = self._waiting, []
        return [self._entries.trade(trade, action) for action, trade in waiting]


class Figures:
    """Entries that there is at most one of: a price or a quantity each."""

    def __init__(self, entries: EntryWriter) -> None:
        self._entries = entries
        self._shown: dict[str, tuple[Px | None, Qty | None]] = {}

    def show(self, figures: dict[str, tuple[Px | None, Qty | None]]) -> list[str]:
        self._shown = figures
        return [self._entries.figure(kind, px, qty) for kind, (px, qty) in figures.items()]

    def steps(self, figures: dict[str, tuple[Px | None, Qty | None]]) -> list[str]:
        before, self._shown = self._shown, figures
        gone = [self._entries.figure(kind, None, None, DELETE) for kind in before if kind not in figures]
        return gone + [
            self._entries.figure(kind, px, qty, CHANGE if kind in before else NEW)
            for kind, (px, qty) in figures.items()
            if before.get(kind) != (px, qty)
        ]


class DaySection:
    """The trading day: 4 opening price, 5 the close of the day before, 7 high, 8 low, 9 VWAP, B volume."""

    channel = Channel.STATISTICS

    def __init__(self, kinds: frozenset[str], entries: EntryWriter) -> None:
        self._kinds = sorted(kinds)
        self._figures = Figures(entries)

    def note(self, message: MarketMessage, market: Replica) -> None:
        """The replica says it all."""

    def show(self, market: Replica) -> list[str]:
        return self._figures.show(self._present(market))

    def steps(self, market: Replica) -> list[str]:
        return self._figures.steps(self._present(market))

    def _present(self, market: Replica) -> dict[str, tuple[Px | None, Qty | None]]:
        day = market.day
        if day is None:
            return {}
        session = day.session
        prices = {
            "4": session.open_px,
            "5": day.previous_close_px,
            "7": session.high_px,
            "8": session.low_px,
            "9": session.vwap,
        }
        found: dict[str, tuple[Px | None, Qty | None]] = {}
        for kind in self._kinds:
            if kind == "B":
                found[kind] = None, session.volume
            elif prices[kind]:
                found[kind] = prices[kind], None
        return found


class ReferenceSection:
    """269=6: the reference price, of the last auction or set by an operator."""

    channel = Channel.STATE

    def __init__(self, entries: EntryWriter) -> None:
        self._figures = Figures(entries)

    def note(self, message: MarketMessage, market: Replica) -> None:
        """The replica says it all."""

    def show(self, market: Replica) -> list[str]:
        return self._figures.show(self._present(market))

    def steps(self, market: Replica) -> list[str]:
        return self._figures.steps(self._present(market))

    def _present(self, market: Replica) -> dict[str, tuple[Px | None, Qty | None]]:
        state = market.state
        return {_REFERENCE: (state.reference_px, None)} if state is not None and state.reference_px else {}
