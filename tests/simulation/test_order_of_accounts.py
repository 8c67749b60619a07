"""A session's commands reach a book in the order in which they were sent, whichever of its accounts they are for."""

from __future__ import annotations

from pathlib import Path

from venue_in_process import Client, check, running, settings

from engine.commands import CancelOrder, NewOrder
from engine.events import OrderAccepted, OrderCanceled, TradeExecuted
from engine.types import SCALE, OrdType, Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL


def order(name: str, account_id: int, side: Side) -> NewOrder:
    return NewOrder(1, name, account_id, 1, side, OrdType.LIMIT, TimeInForce.GTC, SCALE // 10, 100 * SCALE)


async def test_orders_of_accounts_in_turns_keep_their_place(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        sent = [order(f"b{nth}", 2 + nth % 3, BUY) for nth in range(30)]
        client.send(*sent)
        await check(venue)
        accepted = [event.order for event in client.events if isinstance(event, OrderAccepted)]
        by_id = sorted(accepted, key=lambda image: image.order_id)
        assert [image.cl_ord_id for image in by_id] == [command.cl_ord_id for command in sent]


async def test_who_comes_first_trades_first(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("b2", 2, BUY), order("b3", 3, BUY), order("s4", 4, SELL), order("b2x", 2, BUY))
        await check(venue)
        (trade,) = {event.trade_id: event for event in client.events if isinstance(event, TradeExecuted)}.values()
        assert (trade.resting.cl_ord_id, trade.aggressor.cl_ord_id) == ("b2", "s4")


async def test_a_cancel_for_one_account_does_not_overtake_an_order_for_another(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        cancel = CancelOrder(1, "c", 3, 1, BUY, "b")
        client.send(order("x", 3, BUY), order("b", 2, BUY), cancel)
        await check(venue)
        (canceled,) = [event for event in client.events if isinstance(event, OrderCanceled)]
        assert canceled.order.cl_ord_id == "b"
