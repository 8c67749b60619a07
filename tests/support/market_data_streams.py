"""Random records of one book in which every kind of order appears: what market data must never show wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from engine_builders import (
    BUY,
    SELL,
    bracket,
    cancel,
    expire,
    instrument,
    market,
    new,
    oco,
    oto,
    pegged,
    phase,
    reference_price,
    replace,
    reserve,
    special,
    stop,
    touched,
    trailing,
)

from engine.book import Book
from engine.commands import BustTrade, NewList, NewOrder
from engine.events import Event, TradeExecuted
from engine.image import OrderImage
from engine.refused import CommandRefused
from engine.types import SCALE, OrdType, PegKind, PostOnly, SelfTrade, Side, TimeInForce, TradingPhase

LOT, TICK = SCALE // 1000, SCALE // 100
MIDDLE = 100 * SCALE
ACCOUNTS = (2, 3, 4)
PHASES = [TradingPhase.CONTINUOUS] * 3 + [
    TradingPhase.OPENING_AUCTION, TradingPhase.CLOSING_AUCTION, TradingPhase.VOLATILITY_PAUSE,
]  # fmt: skip


class EveryOrderStream:
    """A book and what happens to it; ``step`` yields its records, each as it is made."""

    def __init__(self, seed: int) -> None:
        self.book = Book(instrument())
        self._random = Random(seed)
        self._made = 0
        self._trades: list[TradeExecuted] = []
        kinds: dict[Callable[[], list[Event]], int] = {
            self._new: 60, self._cancel: 15, self._replace: 15, self._list: 6, self._phase: 3, self._bust: 2,
            self._reference: 1, self._expire: 1,
        }  # fmt: skip
        self._kinds, self._weights = list(kinds), list(kinds.values())

    def step(self) -> Iterator[list[Event]]:
        (act,) = self._random.choices(self._kinds, self._weights)
        yield from self._record(act())
        while self.book.unfinished:
            yield from self._record(self.book.go_on())

    def _record(self, events: list[Event]) -> Iterator[list[Event]]:
        self._trades += [event for event in events if isinstance(event, TradeExecuted)]
        if events:
            yield events

    # ---- commands -------------------------------------------------------------------------------------------------

    def _new(self) -> list[Event]:
        return self.book.new_order(self._order(self._random.choice((BUY, SELL))))

    def _order(self, side: Side, **more: Any) -> NewOrder:
        draw = self._random
        name, px = self._name(), MIDDLE + draw.randint(-8, 8) * TICK
        qty = draw.randint(1, 12) * LOT
        who: dict[str, Any] = {"account_id": draw.choice(ACCOUNTS), **more}
        prevention = special(self_trade=draw.choice(list(SelfTrade)))
        kinds: list[Callable[[], NewOrder]] = [
            lambda: new(name, side, qty, px, **who),
            lambda: new(name, side, qty, px, **who),
            lambda: new(name, side, qty, px, **{"tif": draw.choice(list(TimeInForce)), **who}),
            lambda: new(name, side, qty, px, special=prevention, **who),
            lambda: new(name, side, qty, px, special=special(hidden=True), **who),
            lambda: new(name, side, qty, px, special=special(all_or_none=True), **who),
            lambda: new(name, side, qty, px, special=special(min_qty=min(qty, 3 * LOT)), **who),
            lambda: new(name, side, qty, px, special=special(post_only=draw.choice(list(PostOnly))), **who),
            lambda: new(name, side, qty, px, ord_type=OrdType.MARKET_TO_LIMIT, **who),
            lambda: market(name, side, qty, px, **who),
            lambda: reserve(name, side, min(qty, 2 * LOT), qty, px, display_range=draw.choice((0, LOT)), **who),
            lambda: reserve(name, side, LOT, qty, px, **who),
            lambda: pegged(
                name, side, draw.choice(list(PegKind)), draw.randint(-1, 1) * TICK, order_qty=qty, **{**who, "px": px}
            ),
            lambda: stop(name, side, px, qty, px, **who),
            lambda: touched(name, side, px, qty, px, **who),
            lambda: trailing(name, side, draw.randint(1, 3) * TICK, qty=qty, px=px, **who),
        ]
        return draw.choice(kinds)()

    def _list(self) -> list[Event]:
        draw = self._random
        side, account_id = draw.choice((BUY, SELL)), draw.choice(ACCOUNTS)
        same: dict[str, Any] = {"account_id": account_id}
        legs = [self._order(side, **same), self._order(side.opposite, **same), self._order(side.opposite, **same)]
        make: Callable[..., NewList] = draw.choice((oco, oto, bracket))
        return self.book.new_list(make(self._name(), *legs[: 3 if make is bracket else 2], **same))

    def _cancel(self) -> list[Event]:
        target = self._target()
        if target is None:
            return []
        whose = {"account_id": target.account_id, "side": target.side}
        return self.book.cancel(cancel(self._name(), target.cl_ord_id, **whose))

    def _replace(self) -> list[Event]:
        target, draw = self._target(), self._random
        if target is None:
            return []
        qty = max(LOT, target.order_qty + draw.randint(-6, 3) * LOT)
        px = target.px if draw.random() < 0.5 else MIDDLE + draw.randint(-8, 8) * TICK
        whose = {"account_id": target.account_id, "side": target.side}
        return self.book.replace(replace(self._name(), target.cl_ord_id, qty, px, **whose))

    def _phase(self) -> list[Event]:
        return self.book.operate(phase(self._random.choice(PHASES), "ops"))

    def _reference(self) -> list[Event]:
        return self.book.operate(reference_price(MIDDLE + self._random.randint(-8, 8) * TICK))

    def _expire(self) -> list[Event]:
        events, done = self.book.expire_day_orders(expire(f"day {self._name()}"), 1000)
        assert done
        return events

    def _bust(self) -> list[Event]:
        if not self._trades:
            return []
        trade = self._random.choice(self._trades)
        try:
            return self.book.operate(BustTrade(trade, trade.aggressor, trade.resting, "ops", ""))
        except CommandRefused:
            return []

    # ---- names and targets ----------------------------------------------------------------------------------------

    def _name(self) -> str:
        self._made += 1
        return f"c{self._made}"

    def _target(self) -> OrderImage | None:
        orders = [order for account_id in ACCOUNTS for order in self.book.open_orders(account_id)]
        return self._random.choice(orders) if orders else None
