"""Outbound numbers of messages that the journal does not hold: it knows of them before they can be used."""

from __future__ import annotations

from pathlib import Path

from venue_in_process import BTC_USDT, Client, running, settings

from engine.commands import NewOrder
from engine.queries import OpenOrdersAnswer, OpenOrdersQuery
from engine.types import SCALE, OrdType, Side, TimeInForce

FIX = 1


def buy(n: int) -> NewOrder:
    px = 50 * SCALE
    return NewOrder(FIX, f"C{n}", 2, BTC_USDT, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, SCALE // 1000, px)


class Reader(Client):
    """Takes a number for each order of an answer, as a FIX gateway does."""

    def __init__(self, venue: object) -> None:
        super().__init__(venue, FIX)  # type: ignore[arg-type]
        self.allotted: list[int] = []

    def answer(self, answer: object) -> None:
        assert isinstance(answer, OpenOrdersAnswer)
        self.answers.append(answer)
        for _ in answer.orders:
            number = self.port.allot()
            assert self.port.sendable(number)
            self.allotted.append(number)


async def test_an_answer_of_many_messages_waits_for_its_numbers(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Reader(venue)
        client.connect()
        client.port.log_on(reset=False)
        await venue.quiescent()
        orders = 1500
        for n in range(orders):
            client.send(buy(n))
        client.port.query(OpenOrdersQuery(FIX, "Q"))
        await venue.quiescent()
        assert len(client.allotted) == orders
        used = client.allotted[-1]
        assert client.port.state.out_limit > used


async def test_reports_move_the_reserve_along(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, FIX).connect()
        client.port.log_on(reset=False)
        await venue.quiescent()
        for n in range(3000):
            client.send(buy(n))
        await venue.quiescent()
        assert client.port.sendable(client.port.out_next)
        assert client.port.sendable(client.port.allot())
