"""Every order type, lists, auctions, bands and busts in random interleavings of the actors: nothing is overdrawn but by
a bust, no asset appears or vanishes, nothing stays reserved, and live state is the fold of the records."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from cranked_venue import CrankedVenue
from engine_builders import TICK, genesis, instrument, opened_session

from actors.messages import Operate
from engine.commands import (
    AdvanceTime,
    BustTrade,
    CancelBook,
    CancelOrder,
    Changes,
    CorrectTrade,
    ExpireDayOrders,
    MassCancel,
    NewList,
    NewOrder,
    ReplaceOrder,
    SetInstrumentStatus,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.directory import FEES_ACCOUNT_ID
from engine.events import TradeExecuted
from engine.image import OrderImage
from engine.instrument import Protection
from engine.terms import Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    CancelReason,
    Contingency,
    InstrumentStatus,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
    TriggerSource,
)

LOT = SCALE // 10
MIDDLE = 100 * SCALE
STEP = SCALE // 2
"""Prices are few, so that orders meet."""
LISTED = instrument(
    tick_size=TICK,
    lot_size=LOT,
    min_qty=LOT,
    maker_fee=123_457,
    taker_fee=777_777,
    protection_band=SCALE // 20,
    protection=Protection(dynamic_band_rate=SCALE // 25, volatility_rate=SCALE // 20),
)
FREE = instrument(tick_size=TICK, lot_size=LOT, min_qty=LOT, maker_fee=3, taker_fee=0)
PLACES = {"bands": LISTED, "no bands": FREE}


class Traders:
    """Three sessions, each with an account of its own, two of one firm; and an operator."""

    def __init__(self, venue: CrankedVenue, random: Random, *, busts: bool) -> None:
        self.venue = venue
        self.random = random
        self.busts = busts
        self.sent = 0
        self.named: list[tuple[int, str, Side]] = []

    def send(self) -> None:
        random = self.random
        self.sent += 1
        kind = random.choice(["new"] * 12 + ["list"] * 4 + ["replace"] * 4 + ["cancel"] * 2 + ["mass", "operator"])
        session_id = random.randint(1, 3)
        command: Any
        if kind == "operator":
            self._operate()
            return
        if kind == "mass":
            command = MassCancel(session_id, f"m{self.sent}", session_id + 1)
        elif kind == "list":
            command = self._list(session_id)
        elif kind != "new" and self.named:
            command = self._change(kind)
        else:
            command = self._new(session_id, f"c{self.sent}")
        self.venue.account_mail[command.account_id].tell(command)

    # ---- orders

    def _new(self, session_id: int, cl_ord_id: str, side: Side | None = None, *, leg: bool = False) -> NewOrder:
        random = self.random
        side = side or random.choice((Side.BUY, Side.SELL))
        ord_type = random.choice((OrdType.LIMIT,) * 6 + (OrdType.MARKET, OrdType.MARKET_TO_LIMIT, OrdType.PEGGED))
        tifs = [TimeInForce.GTC] * 4 if leg else list(TimeInForce)
        tif = random.choice([TimeInForce.GTC] * 8 + tifs)
        px = 0 if ord_type is not OrdType.LIMIT and random.random() < 0.8 else self._px()
        special = self._special(side, ord_type, tif) if random.random() < 0.7 else None
        if ord_type is OrdType.PEGGED and special is None:
            special = SpecialTerms(peg=self._peg())
        self.named.append((session_id, cl_ord_id, side))
        qty = random.randint(1, 12) * LOT
        return NewOrder(session_id, cl_ord_id, session_id + 1, 1, side, ord_type, tif, qty, px, special=special)

    def _px(self) -> int:
        return MIDDLE + self.random.randint(-6, 6) * STEP

    def _peg(self) -> Peg:
        return Peg(self.random.choice(list(PegKind)), self.random.randint(-2, 2) * STEP)

    def _trigger(self) -> Trigger:
        random = self.random
        source = random.choice(list(TriggerSource))
        kind = random.choice(list(TriggerKind))
        if kind is not TriggerKind.TRAILING:
            return Trigger(kind, self._px(), source)
        start = random.choice((0, self._px()))
        if random.random() < 0.5:
            return Trigger(kind, start, source, trail_amount=random.randint(1, 4) * STEP)
        return Trigger(kind, start, source, trail_rate=SCALE // random.randint(20, 100))

    def _special(self, side: Side, ord_type: OrdType, tif: TimeInForce) -> SpecialTerms:
        random = self.random
        fields: dict[str, Any] = {}
        if random.random() < 0.4:
            fields["trigger"] = self._trigger()
        if ord_type is OrdType.PEGGED:
            fields["peg"] = self._peg()
        more: list[dict[str, Any]] = [
            {"post_only": random.choice(list(PostOnly))},
            {"display_qty": LOT * random.randint(1, 3), "display_range": random.choice((0, 0, LOT))},
            {"hidden": True},
            {"min_qty": LOT * random.randint(1, 6)},
            {"all_or_none": True},
            {"reduce_only": side is Side.SELL or random.random() < 0.1},
            {},
        ]
        fields.update(random.choice(more))
        if tif is TimeInForce.GTD:
            fields["expire_ns"] = self.venue.now_ns + random.randint(1, 40)
        fields["self_trade"] = random.choice(list(SelfTrade))
        fields["self_trade_scope"] = random.choice(list(SelfTradeScope))
        fields["self_trade_id"] = random.choice(["", "", "G"])
        return SpecialTerms(**fields)

    def _list(self, session_id: int) -> NewList:
        random = self.random
        contingency = random.choice(list(Contingency))
        entry_side = random.choice((Side.BUY, Side.BUY, Side.SELL))
        count = 3 if contingency is Contingency.BRACKET else random.randint(2, 4)
        choices = (entry_side.opposite, entry_side.opposite, entry_side)
        sides = [entry_side, *(random.choice(choices) for _ in range(count - 1))]
        legs = [self._new(session_id, f"c{self.sent}.{n}", side, leg=True) for n, side in enumerate(sides)]
        return NewList(session_id, f"L{self.sent}", session_id + 1, 1, contingency, legs)

    def _change(self, kind: str) -> CancelOrder | ReplaceOrder:
        random = self.random
        session_id, orig, side = random.choice(self.named[-20:])
        cl_ord_id = f"c{self.sent}"
        if kind == "cancel":
            return CancelOrder(session_id, cl_ord_id, session_id + 1, 1, side, orig)
        self.named.append((session_id, cl_ord_id, side))
        changes = random.choice(
            (
                None,
                None,
                Changes(stop_px=self._px()),
                Changes(display_qty=LOT),
                Changes(min_qty=LOT),
                Changes(peg_offset=STEP),
            )
        )
        qty, px = random.randint(1, 14) * LOT, random.choice((0, self._px(), self._px()))
        return ReplaceOrder(session_id, cl_ord_id, session_id + 1, 1, side, orig, qty, px, changes=changes)

    # ---- the operator

    def _operate(self) -> None:
        random = self.random
        self.venue.now_ns += random.randint(1, 30)
        phases = (TradingPhase.CONTINUOUS,) * 4 + (TradingPhase.OPENING_AUCTION, TradingPhase.INTRADAY_AUCTION,
            TradingPhase.CLOSING_AUCTION, TradingPhase.PRE_OPEN)  # fmt: skip
        choices: list[Any] = [AdvanceTime(1)] * 4
        choices += [SetTradingPhase(1, random.choice(phases), "op") for _ in range(4)]
        choices += [
            SetReferencePrice(1, self._px(), "op"),
            ExpireDayOrders(1, f"day {self.sent}"),
            SetInstrumentStatus(1, random.choice((InstrumentStatus.ACTIVE,) * 3 + (InstrumentStatus.HALTED,)), "op"),
        ]
        if self.sent % 3 == 0:
            choices.append(CancelBook(1, "op", CancelReason.OPERATOR))
        trade = self._trade() if self.busts else None
        if trade is not None:
            choices += [trade] * 8
        self.venue.book_mail[1].tell(Operate(random.choice(choices)))

    def _trade(self) -> BustTrade | CorrectTrade | None:
        newest: dict[int, OrderImage] = {}
        trades: list[TradeExecuted] = []
        for record in self.venue.records:
            for event in record.events:
                if isinstance(event, TradeExecuted):
                    trades.append(event)
                for image in (getattr(event, name, None) for name in ("order", "aggressor", "resting")):
                    if isinstance(image, OrderImage):
                        newest[image.order_id] = image
        if not trades:
            return None
        trade = self.random.choice(trades)
        parties = newest[trade.aggressor.order_id], newest[trade.resting.order_id]
        self.venue.debtors |= {FEES_ACCOUNT_ID, *(party.account_id for party in parties)}
        if self.random.random() < 0.5:
            return BustTrade(trade, *parties, "op", "error")
        return CorrectTrade(trade, *parties, trade.px + TICK, max(LOT, trade.qty // LOT // 2 * LOT), "op", "error")


def opened(place: str) -> CrankedVenue:
    balances = {account_id: {"BTC": 4 * SCALE, "USDT": 400 * SCALE} for account_id in (2, 3, 4)}
    return CrankedVenue(genesis([PLACES[place]], balances, [opened_session(n) for n in (1, 2, 3)]))


@pytest.mark.parametrize("busts", [False, True], ids=["no busts", "busts"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(60))
def test_no_order_type_overdraws_loses_or_invents_money(place: str, seed: int, busts: bool) -> None:
    random = Random(f"{place} {seed} {busts}")
    venue = opened(place)
    before = venue.totals()
    traders = Traders(venue, random, busts=busts)
    haste = random.choice((0.2, 0.4, 0.6))
    for _ in range(200):
        if random.random() < haste:
            traders.send()
        else:
            venue.step(random)
            venue.check_accounts()
    while venue.step(random):
        venue.check_accounts()
    venue.check_at_rest()
    assert venue.totals() == before


def test_the_random_worlds_show_every_kind_of_event() -> None:
    seen: dict[str, int] = {}
    for seed in range(16):
        random = Random(seed)
        venue = opened("bands" if seed % 2 else "no bands")
        traders = Traders(venue, random, busts=True)
        for _ in range(300):
            traders.send()
            venue.step(random)
            venue.step(random)
        venue.drain()
        for record in venue.records:
            for event in record.events:
                seen[type(event).__name__] = seen.get(type(event).__name__, 0) + 1
    for name in (
        "OrderAccepted", "TradeExecuted", "OrderCanceled", "OrderExpired", "OrderReplaced", "OrderRejected",
        "OrderTriggered", "OrderRestated", "OrderUpdated", "TradeBusted", "TradeCorrected", "CancelRejected",
        "AuctionStarted", "AuctionEnded", "TradingPhaseChanged", "ReferencePriceSet",
    ):  # fmt: skip
        assert seen.get(name, 0) > 3, f"only {seen.get(name, 0)} {name}"
