"""Random orders and lists of every pricing, trigger, time in force and instruction, also such as are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from engine.commands import NewList, NewOrder
from engine.instrument import Instrument
from engine.terms import Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    Contingency,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)

T = TypeVar("T")

NEAR = 5
"""Ticks around the middle in which most prices lie, so that orders meet."""
FAR = 30
LOTS_MAX = 12

USUAL_TIMES = [TimeInForce.GTC] * 4 + [TimeInForce.DAY]
EVERY_TIME = USUAL_TIMES * 2 + list(TimeInForce)
FEATURES = [
    *["plain"] * 10, "market", "market", "market_to_limit", "post_only", "post_only", "reserve", "reserve", "hidden",
    "min_qty", "min_qty", "all_or_none", "peg", "peg", "peg", *["self_trade"] * 4, "gtd", "anything",
]  # fmt: skip


class Dice:
    """The numbers of a step, one for each choice."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = iter(numbers)

    def number(self) -> int:
        return next(self._numbers, 0)

    def of(self, options: Sequence[T]) -> T:
        return options[self.number() % len(options)]

    def up_to(self, high: int) -> int:
        """From 0."""
        return self.number() % (high + 1)

    def around(self, reach: int) -> int:
        """0, 1, -1, 2, -2 …"""
        n = self.up_to(2 * reach)
        return (n + 1) // 2 if n % 2 else -n // 2

    def once_in(self, n: int) -> bool:
        return self.number() % n == n - 1


class OrderMaker:
    def __init__(self, instrument: Instrument, middle_ticks: int) -> None:
        self.instrument = instrument
        self.middle_ticks = middle_ticks
        self.now_ns = 0

    def px(self, ticks: int) -> int:
        """A price so many ticks from the middle; at least a tick."""
        return max(1, self.middle_ticks + ticks) * self.instrument.tick_size

    def lots(self, dice: Dice, most: int = LOTS_MAX) -> int:
        return (1 + dice.up_to(most - 1)) * self.instrument.lot_size

    def far_px(self, side: Side) -> int:
        """A limit that most of what happens does not reach, such as an account gives to orders without one."""
        return self.px(FAR if side is Side.BUY else -FAR)

    # ---- orders

    def order(self, dice: Dice, cl_ord_id: str, who: int, *, for_list: bool = False) -> NewOrder:
        """Of session ``who`` and its account."""
        feature = dice.of(FEATURES)
        side = dice.of(list(Side))
        ticks = dice.around(NEAR)
        if dice.once_in(2):  # half of them stay on their own side of the middle
            ticks = -abs(ticks) if side is Side.BUY else 1 + abs(ticks)
        fields: dict[str, Any] = {"order_qty": self.lots(dice), "px": self.px(ticks), "ord_type": OrdType.LIMIT}
        special = self.instructions(dice, feature, side, fields)
        tif = dice.of(USUAL_TIMES if for_list or dice.up_to(2) else EVERY_TIME)
        if feature == "gtd" or tif is TimeInForce.GTD:
            tif = TimeInForce.GTD
            special["expire_ns"] = self.now_ns + dice.of([20, 5, 1, 100, 0])
        if feature in ("min_qty", "all_or_none") and dice.once_in(4):
            tif = TimeInForce.IOC
        if feature == "market":
            tif = dice.of([TimeInForce.IOC, TimeInForce.DAY, TimeInForce.FOK, *EVERY_TIME])
        if dice.once_in(6):
            special["trigger"] = self.trigger(dice)
        terms = SpecialTerms(**special) if special else dice.of([None] * 9 + [SpecialTerms()])
        return NewOrder(
            session_id=who, cl_ord_id=cl_ord_id, account_id=who + 1, symbol_id=self.instrument.symbol_id, side=side,
            tif=tif, special=terms, **fields,
        )  # fmt: skip

    def instructions(self, dice: Dice, feature: str, side: Side, fields: dict[str, Any]) -> dict[str, Any]:
        """The special terms of an order with one feature; its pricing goes into ``fields``."""
        if feature in ("market", "market_to_limit"):
            fields["ord_type"] = OrdType.MARKET if feature == "market" else OrdType.MARKET_TO_LIMIT
            fields["px"] = self.far_px(side) if dice.up_to(2) else fields["px"]
            return {"self_trade": dice.of(list(SelfTrade))} if dice.once_in(4) else {}
        if feature == "peg":
            fields["ord_type"] = OrdType.PEGGED
            fields["px"] = self.far_px(side) if dice.up_to(2) else fields["px"]
            return {**self.one(dice, "peg"), **(self.one(dice, dice.of(MORE)) if dice.once_in(3) else {})}
        if feature == "anything":
            special: dict[str, Any] = {}
            for name in ("peg", *MORE):
                special |= self.one(dice, name) if dice.once_in(4) else {}
            fields["ord_type"] = dice.of(list(OrdType))
            return special
        if feature in MORE:
            return self.one(dice, feature)
        return {}

    def one(self, dice: Dice, feature: str) -> dict[str, Any]:
        """The terms of one instruction."""
        tick, lot = self.instrument.tick_size, self.instrument.lot_size
        if feature == "peg":
            kind = dice.of([PegKind.PRIMARY, PegKind.MIDPOINT, PegKind.MARKET])
            return {"peg": Peg(kind, dice.of([0, 0, -tick, tick, 2 * tick, -3 * tick, tick // 2]))}
        if feature == "post_only":
            return {"post_only": dice.of([PostOnly.REJECT, PostOnly.REPRICE])}
        if feature == "reserve":
            shown = lot * (1 + dice.up_to(3))
            return {"display_qty": shown, "display_range": dice.of([0, 0, lot, 2 * lot])}
        if feature == "min_qty":
            return {"min_qty": self.lots(dice, 6) if not dice.once_in(12) else lot + 1}
        if feature == "self_trade":
            terms = {
                "self_trade": dice.of(list(SelfTrade)),
                "self_trade_scope": dice.of(list(SelfTradeScope)),
                "self_trade_id": dice.of(["", "", "", "G", "H"]),
            }
            return {**terms, **(self.one(dice, dice.of(MORE[:5])) if dice.once_in(4) else {})}
        return {feature: True}

    def trigger(self, dice: Dice) -> Trigger:
        tick = self.instrument.tick_size
        source = dice.of([TriggerSource.LAST_TRADE] * 3 + list(TriggerSource))
        kind = dice.of([TriggerKind.STOP, TriggerKind.TOUCHED, TriggerKind.TRAILING])
        if kind is not TriggerKind.TRAILING:
            return Trigger(kind, self.px(dice.around(NEAR)) + dice.of([0] * 12 + [1]), source)
        start = self.px(dice.around(NEAR)) if dice.once_in(4) else 0
        if dice.once_in(3):
            return Trigger(kind, start, source, 0, dice.of([SCALE // 5000, SCALE // 1000, SCALE // 50, SCALE]))
        return Trigger(kind, start, source, tick * (1 + dice.up_to(3)), dice.of([0] * 12 + [SCALE // 10]))

    # ---- lists

    def new_list(self, dice: Dice, name: str, who: int) -> NewList:
        contingency = dice.of(list(Contingency))
        count = dice.of([2, 2, 3, 1, 4]) if contingency is not Contingency.BRACKET else dice.of([3] * 9 + [2])
        careful = not dice.once_in(8)
        legs = [self.order(dice, f"{name}-{leg}", who, for_list=careful) for leg in range(count)]
        if careful and contingency is not Contingency.OCO:
            legs[1:] = [self._child(dice, legs[0], leg) for leg in legs[1:]]
        return NewList(who, name, who + 1, self.instrument.symbol_id, contingency, legs)

    def _child(self, dice: Dice, entry: NewOrder, child: NewOrder) -> NewOrder:
        """Usually one that closes what the entry opens."""
        if dice.once_in(4):
            return child
        qty = entry.order_qty if not dice.once_in(3) else child.order_qty
        return msgspec.structs.replace(child, side=entry.side.opposite, order_qty=qty)


MORE = ["post_only", "reserve", "hidden", "min_qty", "all_or_none", "self_trade", "reduce_only"]
"""Instructions that an order may have beside another."""
