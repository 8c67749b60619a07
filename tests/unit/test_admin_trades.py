"""Busting and correcting trades: found in the journal by their id, undone by the book, told to the parties."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
import venue_in_process as venues
from admin_desk import Desk
from venue_in_process import BTC_USDT, Client, running

from engine.commands import CancelOrder, NewOrder, ReplaceOrder
from engine.events import TradeBusted, TradeCorrected, TradeExecuted
from engine.types import SCALE, OrdType, Side, TimeInForce
from tradeengine import trade_history
from tradeengine.dump import utc_text

FIX1, FIX2 = 1, 2
A2, A3 = 2, 3


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = venues.settings(tmp_path)
    async with running(settings) as venue:
        yield Desk(venue, settings)
        await venues.check(venue)


class Parties:
    """FIX1 buys for A2 what FIX2 sells for A3, at 100."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.buyer = Client(desk.running, FIX1).connect()
        self.seller = Client(desk.running, FIX2).connect()

    async def send(self, session: int, *commands: Any) -> None:
        (self.buyer if session == FIX1 else self.seller).send(*commands)
        await venues.at_rest(self.desk.running)

    async def trade(self, name: str = "o", bought: int = 2, sold: int = 2) -> int:
        """The seller rests, the buyer takes; returns the trade's id."""
        await self.send(FIX2, order(FIX2, f"{name}-s", A3, Side.SELL, sold))
        await self.send(FIX1, order(FIX1, f"{name}-b", A2, Side.BUY, bought))
        trade_id: int = self.desk.journaled(TradeExecuted).trade_id
        return trade_id

    async def balances(self) -> list[tuple[str, str]]:
        """(BTC, USDT) of buyer, seller and the venue's fees."""
        found = []
        for account in ("A2", "A3", "FEES"):
            answer = await self.desk.get(f"/admin/accounts/{account}/balances")
            amounts = {it["asset"]: it["balance"] for it in answer["balances"]}
            found.append((amounts.get("BTC", "0"), amounts.get("USDT", "0")))
        return found


def order(session: int, cl_ord_id: str, account: int, side: Side, qty: int) -> NewOrder:
    return NewOrder(
        session, cl_ord_id, account, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC, qty * SCALE, 100 * SCALE
    )  # fmt: skip


@pytest.fixture
def parties(desk: Desk) -> Parties:
    return Parties(desk)


async def test_a_bust_gives_everything_back_and_both_parties_are_told(desk: Desk, parties: Parties) -> None:
    before = await parties.balances()
    trade_id = await parties.trade()
    assert await parties.balances() != before
    status, answer = await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": "clearly erroneous"})
    assert status == 200
    event = desk.journaled(TradeBusted)
    assert (event.trade_id, event.operator, event.reason) == (trade_id, "ann", "clearly erroneous")
    assert answer == {"sequence": desk.running.journal.durable_seq}
    await venues.at_rest(desk.running)
    assert await parties.balances() == before
    assert (parties.buyer.kinds[-1], parties.seller.kinds[-1]) == ("TradeBusted", "TradeBusted")


async def test_a_trade_is_busted_once(desk: Desk, parties: Parties) -> None:
    trade_id = await parties.trade()
    await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": ""})
    for path, body in (("bust", {"reason": ""}), ("correct", {"px": "99", "qty": "1", "reason": ""})):
        status, answer = await desk.post(f"/admin/trades/{trade_id}/{path}", body)
        assert (status, answer["error"]) == (409, f"trade {trade_id} has been busted")
    assert len(desk.all_journaled(TradeBusted)) == 1


async def test_a_correction_may_be_corrected_and_busted(desk: Desk, parties: Parties) -> None:
    before = await parties.balances()
    trade_id = await parties.trade()
    as_traded = await parties.balances()
    for px, qty in (("90", "2"), ("100", "2")):
        body = {"px": px, "qty": qty, "reason": "price"}
        assert (await desk.post(f"/admin/trades/{trade_id}/correct", body))[0] == 200
        assert (desk.journaled(TradeCorrected).operator, desk.journaled(TradeCorrected).px) == ("ann", int(px) * SCALE)
    assert await parties.balances() == as_traded
    assert (await desk.post(f"/admin/trades/{trade_id}/correct", {"px": "100", "qty": "1", "reason": ""}))[0] == 200
    assert (await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": ""}))[0] == 200
    await venues.at_rest(desk.running)
    assert await parties.balances() == before


async def test_trades_of_one_order_are_busted_at_the_same_time_and_none_is_lost(desk: Desk, parties: Parties) -> None:
    before = await parties.balances()
    await parties.send(FIX2, order(FIX2, "s", A3, Side.SELL, 3))
    for n in range(3):
        await parties.send(FIX1, order(FIX1, f"b{n}", A2, Side.BUY, 1))
    async with trio.open_nursery() as nursery:
        for trade in desk.all_journaled(TradeExecuted):
            nursery.start_soon(desk.post, f"/admin/trades/{trade.trade_id}/bust", {"reason": ""})
    await venues.at_rest(desk.running)
    assert await parties.balances() == before
    assert min(event.resting.cum_qty for event in desk.all_journaled(TradeBusted)) == 0


@pytest.mark.parametrize("bought", [1, 2, 3], ids=["resting open", "both filled", "aggressor open"])
async def test_open_orders_stay_open_with_what_is_left_of_them(desk: Desk, parties: Parties, bought: int) -> None:
    trade_id = await parties.trade(bought=bought)
    book = desk.running.books[BTC_USDT].book
    left = [each.image.leaves_qty for each in book.everyone()]
    assert (await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": ""}))[0] == 200
    assert [each.image.leaves_qty for each in book.everyone()] == left


def replaced(parties: Parties) -> ReplaceOrder:
    return ReplaceOrder(FIX2, "r", A3, BTC_USDT, Side.SELL, "o-s", 4 * SCALE, 101 * SCALE)


def canceled(parties: Parties) -> CancelOrder:
    return CancelOrder(FIX2, "c", A3, BTC_USDT, Side.SELL, "o-s")


def filled(parties: Parties) -> NewOrder:
    return order(FIX2, "own", A3, Side.BUY, 1)


@pytest.mark.parametrize("meanwhile", [replaced, canceled, filled], ids=lambda what: what.__name__)
async def test_an_order_that_changes_between_the_search_and_the_bust_is_looked_up_again(
    desk: Desk, parties: Parties, meanwhile: Callable[[Parties], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    trade_id = await parties.trade(bought=1)
    history = desk.operations._history

    async def slow(venue: Any, wanted: int) -> Any:
        known = await history(venue, wanted)
        await parties.send(FIX2, meanwhile(parties))
        return known

    monkeypatch.setattr(desk.operations, "_history", slow)
    assert (await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": ""}))[0] == 200
    event = desk.journaled(TradeBusted)
    newest = {each.image.order_id: each.image for each in desk.running.books[BTC_USDT].book.everyone()}
    if event.resting.leaves_qty:
        assert newest[event.resting.order_id] == event.resting
    else:
        assert event.resting.order_id not in newest


async def test_a_trade_can_be_looked_up_as_it_is_settled_now(desk: Desk, parties: Parties) -> None:
    trade_id = await parties.trade(bought=1)
    shown = await desk.get(f"/admin/trades/{trade_id}")
    made = next(
        (seq, record)
        for seq, record in venues.records_in(desk.running.settings.journal_dir)
        if any(isinstance(event, TradeExecuted) for event in record.events)
    )
    assert (shown["sequence"], shown["time"]) == (made[0], utc_text(made[1].time_ns))
    assert {key: shown[key] for key in ("trade_id", "symbol", "status", "px", "qty")} == {
        "trade_id": trade_id, "symbol": "BTC/USDT", "status": "EXECUTED", "px": "100", "qty": "1",
    }  # fmt: skip
    assert shown["aggressor"] == {
        "account": "A2", "session": "FIX.4.4:FIX1", "side": "BUY", "order_id": BTC_USDT << 40 | 2,
        "cl_ord_id": "o-b", "order_status": "FILLED", "fee": "0.2",
    }  # fmt: skip
    await desk.post(f"/admin/trades/{trade_id}/correct", {"px": "90", "qty": "1", "reason": ""})
    assert (await desk.get(f"/admin/trades/{trade_id}"))["px"] == "90"
    await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": ""})
    shown = await desk.get(f"/admin/trades/{trade_id}")
    assert (shown["status"], shown["resting"]["order_status"]) == ("BUSTED", "NEW")


async def test_old_trades_are_found_after_a_restart_and_when_their_instrument_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = venues.settings(tmp_path / "first")
    async with running(settings) as venue:
        parties = Parties(Desk(venue, settings))
        before = await parties.balances()
        trade_id = await parties.trade()
        await parties.desk.post("/admin/instruments/BTC%2FUSDT/status", {"status": "DELISTED"})
        copied = venues.crash_copy(settings, tmp_path / "second")
    monkeypatch.setattr(trade_history, "WINDOW", 2)
    async with running(copied) as again:
        desk = Desk(again, copied)
        assert (await desk.post(f"/admin/trades/{trade_id}/bust", {"reason": ""}))[0] == 200
        await venues.check(again)
        assert await Parties(desk).balances() == before


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("bust", {"reason": "x" * 129}, 400, "reason: expected at most 128"),
        ("bust", {}, 400, "missing required field `reason`"),
        ("correct", {"px": "0", "qty": "1", "reason": ""}, 400, "px: '0' is not allowed"),
        ("correct", {"px": "1", "qty": "x", "reason": ""}, 400, "qty: 'x' is not allowed"),
        ("correct", {"px": "100", "qty": "3", "reason": ""}, 409, "quantity must be above 0 and at most 2"),
        ("correct", {"px": "0.00000001", "qty": "0.5", "reason": ""}, 409, "no more than eight decimals"),
    ],
)
async def test_a_refusal_says_why_and_changes_nothing(
    desk: Desk, parties: Parties, path: str, body: Any, status: int, text: str
) -> None:
    trade_id = await parties.trade()
    before = desk.running.journal.durable_seq
    answered, answer = await desk.post(f"/admin/trades/{trade_id}/{path}", body)
    assert answered == status, answer
    assert text in answer["error"]
    assert desk.running.journal.durable_seq == before


@pytest.mark.parametrize("trade_id", ["0", "1", str(BTC_USDT << 40 | 99), str(9 << 40 | 1), "x", "9" * 19, "-1"])
async def test_a_trade_that_is_not_there_is_unknown(desk: Desk, trade_id: str) -> None:
    for method, path, body in (("GET", "", None), ("POST", "/bust", {"reason": ""})):
        status, answer = await desk.ask(method, f"/admin/trades/{trade_id}{path}", body)
        assert (status, answer["error"].split(":")[0].replace("'", "")) == (404, f"there is no trade {trade_id}")
