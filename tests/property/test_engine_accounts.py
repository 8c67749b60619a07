"""Accounts, books, journal and settlement in random interleavings: no balance is ever overdrawn, no asset appears or
vanishes, nothing stays reserved, and live state is the fold of the records."""

from __future__ import annotations

from random import Random

import pytest
from cranked_venue import CrankedVenue
from engine_builders import LOT, TICK, genesis, instrument, opened_session

from actors.messages import SetBlocked, Transfer
from engine.commands import CancelOrder, MassCancel, NewOrder, ReplaceOrder
from engine.events import Deposited, Withdrawn
from engine.instrument import Instrument
from engine.types import INT64_MAX, SCALE, OrdType, Side, TimeInForce

BTC = instrument(maker_fee=123_457, taker_fee=777_777)
ETH = instrument(symbol_id=2, symbol="ETH/BTC", base="ETH", quote="BTC", maker_fee=1, taker_fee=SCALE - 1)
FINE = instrument(symbol_id=2, symbol="F/USDT", base="F", quote="USDT", tick_size=1, lot_size=SCALE, taker_fee=3)
HUGE = instrument(
    symbol_id=2, symbol="H/USDT", base="H", quote="USDT", tick_size=SCALE, lot_size=SCALE, max_qty=INT64_MAX
)

WORLDS: dict[str, tuple[Instrument, int, int, dict[str, int]]] = {
    # second instrument, its middle price, its lot, everyone's opening balances
    "two markets of three assets": (ETH, 50 * TICK, LOT, {"BTC": SCALE // 40, "USDT": 2 * SCALE, "ETH": SCALE // 30}),
    "the finest tick": (FINE, 9, SCALE, {"BTC": SCALE // 60, "USDT": SCALE, "F": 40 * SCALE}),
    "beyond 64 bits": (HUGE, 90_000_000_000 * SCALE, 9_000_000_000 * SCALE, {"USDT": 10**30, "H": 2 * 10**18}),
}


class Traders:
    """Three sessions that send whatever comes to mind, for three accounts, without waiting for answers."""

    def __init__(self, venue: CrankedVenue, random: Random, world: str) -> None:
        self.venue = venue
        self.random = random
        self.second, middle, lot, _ = WORLDS[world]
        self.middles = {1: 100 * SCALE, 2: middle}
        self.lots = {1: LOT, 2: lot}
        self.sent = 0
        self.named: list[tuple[int, str, int, int, Side, int, int]] = []
        """Session, ClOrdID, account, symbol, side, price and quantity of what was sent."""

    def send(self) -> None:
        random = self.random
        self.sent += 1
        cl_ord_id = f"c{self.sent}"
        kind = random.choice(["new"] * 5 + ["replace"] * 5 + ["cancel", "market", "mass", "transfer", "block"])
        session_id = random.randint(1, 3)
        account_id = session_id + 1
        symbol_id = random.randint(1, 2)
        side = random.choice((Side.BUY, Side.SELL))
        if kind == "mass" and self.sent % 4 == 0:
            target = random.choice((0, symbol_id))
            command = MassCancel(session_id, cl_ord_id, account_id, target, random.choice((0, side)))
            self.venue.account_mail[account_id].tell(command)
        elif kind == "transfer":
            self._transfer(account_id)
        elif kind == "block":
            blocked = self.sent % 6 == 0
            self.venue.account_mail[account_id].tell(SetBlocked(blocked, "operator", lambda seq: None))
        elif kind in ("cancel", "replace") and self.named:
            self._change(kind, cl_ord_id)
        else:
            self._new(session_id, cl_ord_id, account_id, symbol_id, side, kind == "market")

    def _new(
        self, session_id: int, cl_ord_id: str, account_id: int, symbol_id: int, side: Side, is_market: bool
    ) -> None:
        ord_type = OrdType.MARKET if is_market else OrdType.LIMIT
        tif = self.random.choice(list(TimeInForce) + [TimeInForce.GTC] * 6)
        px, qty = self._terms(symbol_id)
        if side is Side.BUY and self.random.random() < 0.3:
            qty = self._all_in(account_id, symbol_id, px) or qty
        command = NewOrder(
            session_id, cl_ord_id, account_id, symbol_id, side, ord_type, tif, qty, 0 if is_market else px
        )
        self.named.append((session_id, cl_ord_id, account_id, symbol_id, side, px, qty))
        self.venue.account_mail[account_id].tell(command)

    def _all_in(self, account_id: int, symbol_id: int, px: int) -> int:
        """The quantity that spends about all that is free."""
        listed, lot = self.venue.directory.instruments[symbol_id], self.lots[symbol_id]
        free = self.venue.accounts[account_id].account.available(listed.quote)
        return free * SCALE // (px + px * listed.worst_fee // SCALE) // lot * lot

    def _change(self, kind: str, cl_ord_id: str) -> None:
        recent = self.named[-12:]
        session_id, orig, account_id, symbol_id, side, px, qty = self.random.choice(recent)
        if kind == "cancel":
            cancel = CancelOrder(session_id, cl_ord_id, account_id, symbol_id, side, orig)
            self.venue.account_mail[account_id].tell(cancel)
            return
        if self.random.random() < 0.5:  # as much money for twice the quantity, or half
            tick = self.venue.directory.instruments[symbol_id].tick_size
            px, qty = self.random.choice(((max(tick, px // 2 // tick * tick), qty * 2), (px * 2, qty)))
        else:
            px, qty = self._terms(symbol_id)
        self.named.append((session_id, cl_ord_id, account_id, symbol_id, side, px, qty))
        if not self.sent % 11:
            side = side.opposite
        replace = ReplaceOrder(session_id, cl_ord_id, account_id, symbol_id, side, orig, qty, px)
        self.venue.account_mail[account_id].tell(replace)

    def _terms(self, symbol_id: int) -> tuple[int, int]:
        tick = self.venue.directory.instruments[symbol_id].tick_size
        ticks = self.random.randint(-4, 4) * self.random.choice((1, 1, 500 if symbol_id == 1 else 1))
        px = max(tick, self.middles[symbol_id] + ticks * tick)
        return px, self.random.randint(1, 9) * self.lots[symbol_id]

    def _transfer(self, account_id: int) -> None:
        asset = self.random.choice(("BTC", "USDT"))
        amount = self.random.randint(-SCALE, SCALE) // 10 or 1
        self.venue.account_mail[account_id].tell(
            Transfer(asset, amount, "operator", lambda seq: None, lambda text: None)
        )


def opened(world: str) -> CrankedVenue:
    second, _, _, balances = WORLDS[world]
    accounts = {account_id: dict(balances) for account_id in (2, 3, 4)}
    return CrankedVenue(genesis([BTC, second], accounts, [opened_session(n) for n in (1, 2, 3)]))


def transferred(venue: CrankedVenue) -> dict[str, int]:
    """What deposits and withdrawals have added to each asset."""
    net: dict[str, int] = {}
    for record in venue.records:
        for event in record.events:
            if isinstance(event, Deposited | Withdrawn):
                sign = 1 if isinstance(event, Deposited) else -1
                net[event.asset] = net.get(event.asset, 0) + sign * event.amount
    return net


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("seed", range(100))
def test_no_interleaving_overdraws_loses_or_invents_money(world: str, seed: int) -> None:
    random = Random(f"{world} {seed}")
    venue = opened(world)
    before = venue.totals()
    traders = Traders(venue, random, world)
    haste = random.choice((0.1, 0.3, 0.5))
    for _ in range(100):
        if random.random() < haste:
            traders.send()
        else:
            venue.step(random)
        venue.check_accounts()
    while venue.step(random):
        venue.check_accounts()
    venue.check_at_rest()
    added = transferred(venue)
    after = venue.totals()
    assert after == {asset: before.get(asset, 0) + added.get(asset, 0) for asset in after}
    assert before.keys() <= after.keys()


@pytest.mark.parametrize("world", WORLDS)
def test_the_random_worlds_do_trade_replace_and_refuse(world: str) -> None:
    seen: dict[str, int] = {}
    for seed in range(6):
        random = Random(seed)
        venue = opened(world)
        traders = Traders(venue, random, world)
        for _ in range(300):
            traders.send()
            venue.step(random)
            venue.step(random)
        venue.drain()
        for record in venue.records:
            for event in record.events:
                name = type(event).__name__
                seen[name] = seen.get(name, 0) + 1
    for name in (
        "OrderAccepted", "TradeExecuted", "OrderCanceled", "OrderReplaced", "OrderRejected", "CancelRejected",
        "MassCancelCompleted", "AccountBlocked", "Deposited", "Withdrawn",
    ):  # fmt: skip
        assert seen.get(name, 0) > 3, f"only {seen.get(name, 0)} {name}"
