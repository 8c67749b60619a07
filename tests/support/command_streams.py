"""Random commands for one book: abstract steps (what hypothesis shrinks) made concrete against what is open.

A step is a kind of command and numbers; each choice that the command needs takes the next number, and the first of its
options where they have run out. So a step with fewer and smaller numbers is a simpler command.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st
from order_streams import LOTS_MAX, NEAR, Dice, OrderMaker

from engine.commands import (
    AdvanceTime,
    BustTrade,
    CancelAll,
    CancelBook,
    CancelList,
    CancelOrder,
    ChangeInstrument,
    Changes,
    CorrectTrade,
    ExpireDayOrders,
    NewList,
    NewOrder,
    ReplaceOrder,
    SetInstrumentStatus,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.events import CancelRejected, Event, OrderRejected, TradeBusted, TradeCorrected, TradeExecuted
from engine.image import OrderImage
from engine.instrument import Instrument, Protection
from engine.types import SCALE, CancelReason, InstrumentStatus, OrdType, Side, TimeInForce, TradingPhase

BookCommand = (
    NewOrder
    | NewList
    | CancelList
    | CancelOrder
    | ReplaceOrder
    | CancelAll
    | CancelBook
    | ExpireDayOrders
    | AdvanceTime
    | SetInstrumentStatus
    | SetTradingPhase
    | SetReferencePrice
    | ChangeInstrument
    | BustTrade
    | CorrectTrade
)

PLAIN_KINDS = [
    *["limit"] * 5,
    *["passive"] * 5,
    "market",
    *["cancel"] * 2,
    *["replace"] * 3,
    "ghost",
    "broken",
    "cancel_all",
]
"""What plain orders need."""
KINDS = [
    *["order"] * 24,
    *["list"] * 2,
    *["cancel"] * 3,
    *["replace"] * 5,
    *["limit"] * 4,
    "advance",
    "ghost",
    "broken",
]
RARE_KINDS = [
    "cancel_all", "expire", "cancel_book", "phase", "status", "reference", "amend_trade", "instrument", "cancel_list",
]  # fmt: skip
BACK_KINDS = ["open", "resume"]
"""Back to continuous trading, back to ACTIVE."""

FIRMS = {2: "RED", 3: "RED", 4: "BLUE"}
SESSIONS = 3
TRADES_KEPT = 30
A_SECOND = 1_000_000_000


class Step(NamedTuple):
    kind: str
    numbers: Sequence[int]


NUMBERS_MAX = 1000
numbers = st.lists(st.integers(0, NUMBERS_MAX), max_size=24)
plain_steps: st.SearchStrategy[Step] = st.builds(Step, st.sampled_from(PLAIN_KINDS), numbers)
steps: st.SearchStrategy[Step] = st.builds(Step, st.sampled_from(KINDS + RARE_KINDS + BACK_KINDS * 2), numbers)


def random_step(random: Random, kinds: Sequence[str]) -> Step:
    return Step(random.choice(kinds), [random.randrange(NUMBERS_MAX) for _ in range(24)])


class CommandStream:
    """Makes commands of steps; every ClOrdID is new, as a port guarantees it."""

    def __init__(self, instrument: Instrument, middle_ticks: int) -> None:
        self.instrument = instrument
        self.orders = OrderMaker(instrument, middle_ticks)
        self.made = 0
        self.now_ns = 0
        """The time at which the newest command arrives."""
        self.trades: list[TradeExecuted] = []
        self.newest: dict[int, OrderImage] = {}
        """The newest image of the parties of ``trades``."""

    def see(self, events: Sequence[Event]) -> None:
        """What has become of the commands so far."""
        for event in events:
            if isinstance(event, TradeExecuted):
                self.trades = [*self.trades, event][-TRADES_KEPT:]
            if isinstance(event, TradeExecuted | TradeBusted | TradeCorrected):
                for image in (event.aggressor, event.resting):
                    self.newest[image.order_id] = image
            elif not isinstance(event, OrderRejected | CancelRejected) and (order := getattr(event, "order", None)):
                self.newest[order.order_id] = order

    def command(self, step: Step, open_orders: Sequence[OrderImage]) -> BookCommand:
        self.made += 1
        self.now_ns += 1
        self.orders.now_ns = self.now_ns
        dice, name = Dice(step.numbers), f"c{self.made}"
        if step.kind == "order":
            return self.orders.order(dice, name, 1 + dice.up_to(SESSIONS - 1))
        if step.kind == "list":
            return self.orders.new_list(dice, name, 1 + dice.up_to(SESSIONS - 1))
        if step.kind in ("limit", "passive", "market", "broken"):
            return self._plain(step.kind, dice, name)
        if step.kind in ("cancel", "replace", "ghost"):
            return self._change(step.kind, dice, name, open_orders)
        if step.kind == "cancel_list":
            return self._cancel_list(dice, open_orders)
        return self._rare(step.kind, dice)

    def _plain(self, kind: str, dice: Dice, name: str) -> NewOrder:
        who, side, ticks = 1 + dice.up_to(SESSIONS - 1), dice.of(list(Side)), dice.around(NEAR)
        if kind == "passive":
            ticks = -abs(ticks) if side is Side.BUY else 1 + abs(ticks)
        qty, px = self.orders.lots(dice), self.orders.px(ticks)
        ord_type = OrdType.MARKET if kind == "market" else OrdType.LIMIT
        tif = dice.of([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK])
        if kind == "broken":
            qty, px = self._broken(dice, qty, px)
        return NewOrder(who, name, who + 1, self.instrument.symbol_id, side, ord_type, tif, qty, px)

    def _broken(self, dice: Dice, qty: int, px: int) -> tuple[int, int]:
        """Quantity and price that break one of the instrument's rules, if it has that rule."""
        rules = self.instrument
        wrong = [
            (qty + rules.lot_size - 1, px),
            (qty, px + rules.tick_size - 1),
            (0, px),
            (qty, 0),
            (rules.max_qty + rules.lot_size, px),
            (-qty, px),
            (qty, -px),
        ]
        return dice.of(wrong)

    def _change(
        self, kind: str, dice: Dice, name: str, open_orders: Sequence[OrderImage]
    ) -> CancelOrder | ReplaceOrder:
        symbol_id, side, who = self.instrument.symbol_id, dice.of(list(Side)), 1 + dice.up_to(SESSIONS - 1)
        by_order_id, nth = dice.once_in(3), dice.number()
        account_id, orig, order_id, target = who + 1, f"c{nth}", (symbol_id << 40) + nth, None
        if kind != "ghost" and open_orders:
            target = open_orders[nth % len(open_orders)]
            who, account_id, orig, order_id = target.session_id, target.account_id, target.cl_ord_id, target.order_id
            side = target.side if not dice.once_in(12) else side
        order_id = order_id if by_order_id else 0
        if kind != "replace":
            return CancelOrder(who, name, account_id, symbol_id, side, orig, order_id)
        qty, px = self._new_terms(dice, target)
        changes = self._changes(dice, target)
        return ReplaceOrder(who, name, account_id, symbol_id, side, orig, qty, px, order_id, changes=changes)

    def _cancel_list(self, dice: Dice, open_orders: Sequence[OrderImage]) -> CancelList:
        """A list that has an open leg, where there is one."""
        symbol_id = self.instrument.symbol_id
        legs = [order for order in open_orders if order.special is not None and order.special.link is not None]
        if not legs:
            return CancelList(1, "none", 2, symbol_id)
        leg = dice.of(legs)
        assert leg.special is not None
        assert leg.special.link is not None
        return CancelList(leg.session_id, leg.special.link.list_id, leg.account_id, symbol_id)

    def _new_terms(self, dice: Dice, target: OrderImage | None) -> tuple[int, int]:
        """Quantity and price of a replace: often those that the order has."""
        lot, qty, px = self.instrument.lot_size, self.orders.lots(dice), self.orders.px(dice.around(NEAR))
        if target is not None:
            qty = dice.of([target.order_qty, target.order_qty - lot, qty, target.order_qty + lot, target.cum_qty])
            px = dice.of([target.px, target.px, px, 0 if target.ord_type is not OrdType.LIMIT else px])
        return qty, px

    def _changes(self, dice: Dice, target: OrderImage | None) -> Changes | None:
        if not dice.once_in(2):
            return None
        special, lot = target.special if target else None, self.instrument.lot_size
        if special is not None and special.trigger is not None and dice.up_to(3):
            return Changes(stop_px=self.orders.px(dice.around(NEAR)))
        if special is not None and special.peg is not None and dice.up_to(3):
            return Changes(peg_offset=dice.around(2) * self.instrument.tick_size)
        if special is not None and special.expire_ns and dice.up_to(3):
            return Changes(expire_ns=self.now_ns + dice.up_to(30))
        return dice.of(
            [
                Changes(),
                Changes(display_qty=lot * dice.up_to(3)),
                Changes(min_qty=lot * dice.up_to(4)),
                Changes(expire_ns=self.now_ns + 5),
                Changes(stop_px=self.orders.px(2)),
                Changes(peg_offset=0),
            ]
        )

    # ---- operators and timers

    def _rare(self, kind: str, dice: Dice) -> BookCommand:
        symbol_id = self.instrument.symbol_id
        if kind == "advance":
            self.now_ns += dice.of([1, 5, 50, A_SECOND, 0])
            return AdvanceTime(symbol_id)
        if kind == "cancel_all":
            side = dice.of([0, Side.BUY, Side.SELL])
            account_id, session_id = 2 + dice.up_to(SESSIONS - 1), dice.of([0, 1, 2, 3])
            reason = dice.of([CancelReason.MASS_CANCEL, CancelReason.ACCOUNT_BLOCKED])
            return CancelAll(self.made, account_id, side, reason, session_id)
        if kind == "cancel_book":
            return CancelBook(symbol_id, "ops", CancelReason.OPERATOR)
        if kind == "expire":
            return ExpireDayOrders(symbol_id, f"day {self.made}")
        if kind in ("open", "phase"):
            phase = TradingPhase.CONTINUOUS if kind == "open" else dice.of(list(TradingPhase))
            return SetTradingPhase(symbol_id, phase, "ops", f"for {self.made}")
        if kind in ("resume", "status"):
            halted = dice.of([InstrumentStatus.HALTED, InstrumentStatus.MAINTENANCE])
            return SetInstrumentStatus(symbol_id, InstrumentStatus.ACTIVE if kind == "resume" else halted, "ops")
        if kind == "amend_trade" and self.trades:
            return self._amend_trade(dice)
        if kind == "instrument":
            return ChangeInstrument(self._other_rules(dice), "ops")
        return SetReferencePrice(symbol_id, self.orders.px(dice.around(NEAR)) + dice.of([0, 0, 1]), "ops")

    def _amend_trade(self, dice: Dice) -> BustTrade | CorrectTrade:
        trade = dice.of(self.trades)
        parties = self.newest[trade.aggressor.order_id], self.newest[trade.resting.order_id]
        if dice.once_in(3):
            return BustTrade(trade, *parties, "ops", "why")
        px = trade.px + dice.around(2) * self.instrument.tick_size
        lots = max(1, trade.qty // self.instrument.lot_size - dice.up_to(LOTS_MAX // 4))
        return CorrectTrade(trade, *parties, px, lots * self.instrument.lot_size, "ops", "why")

    def _other_rules(self, dice: Dice) -> Instrument:
        """The instrument as it was listed but for one rule."""
        first = self.instrument
        rules = [
            first,
            msgspec.structs.replace(first, maker_fee=first.taker_fee, taker_fee=first.maker_fee),
            msgspec.structs.replace(first, tick_size=2 * first.tick_size),
            msgspec.structs.replace(first, protection=Protection(volatility_rate=SCALE // 25, pause_ns=50)),
            msgspec.structs.replace(first, orders_per_side_max=12, orders_per_account_max=20),
        ]
        return dice.of(rules)
