"""The whole venue in process under seeded streams of many sessions: live state is the fold of the journal, every report
is delivered exactly once and in order, and what a crash leaves behind is carried on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from venue_in_process import (
    Client,
    Clock,
    append,
    at_rest,
    check,
    crash_copy,
    folded,
    journaled_reports,
    records_in,
    running,
    settings,
)  # fmt: skip

from engine.commands import CancelAll, CancelOrder, ClientCommand, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.events import MassCancelCompleted, MassCancelRequested
from engine.fold import request_id_of
from engine.queries import DepthQuery, OpenOrdersQuery, OrderStatusQuery
from engine.types import SCALE, CancelReason, OrdType, Side, TimeInForce


class Script:
    """Makes up commands for one session, duplicates and nonsense included."""

    def __init__(self, random: Random, session_id: int, prefix: str) -> None:
        self.random = random
        self.session_id = session_id
        self.prefix = prefix
        self.sent = 0
        self.in_seq = 0
        self.names: list[tuple[str, int, int, Side]] = []

    def commands(self, count: int) -> list[ClientCommand]:
        return [self._command() for _ in range(count)]

    def _command(self) -> ClientCommand:
        random = self.random
        self.sent += 1
        self.in_seq += 1
        cl_ord_id = f"{self.prefix}{self.sent}"
        if random.random() < 0.05:
            cl_ord_id = f"{self.prefix}{random.randint(1, self.sent)}"  # perhaps again
        account_id, symbol_id = random.randint(2, 4), random.randint(1, 2)
        side = random.choice((Side.BUY, Side.SELL))
        kind = random.choice(["new"] * 8 + ["cancel"] * 3 + ["replace"] * 3 + ["market", "mass", "refused"])
        numbers = {"in_from": self.in_seq, "in_seq": self.in_seq}
        qty, px = random.randint(1, 5) * SCALE // 10, 100 * SCALE + random.randint(-6, 6) * SCALE // 100
        if kind in ("cancel", "replace") and self.names:
            orig, account_id, symbol_id, side = random.choice(self.names[-20:])
            if kind == "cancel":
                return CancelOrder(self.session_id, cl_ord_id, account_id, symbol_id, side, orig, **numbers)
            self.names.append((cl_ord_id, account_id, symbol_id, side))
            return ReplaceOrder(self.session_id, cl_ord_id, account_id, symbol_id, side, orig, qty, px, **numbers)
        if kind == "mass":
            return MassCancel(
                self.session_id,
                cl_ord_id,
                account_id,
                random.choice((0, symbol_id)),
                random.choice((0, side)),
                **numbers,
            )
        tif = random.choice(list(TimeInForce) + [TimeInForce.GTC] * 4)
        is_market = kind == "market"
        order = NewOrder(
            self.session_id, cl_ord_id, account_id, symbol_id, side,
            OrdType.MARKET if is_market else OrdType.LIMIT, tif, qty, 0 if is_market else px, **numbers,
        )  # fmt: skip
        if kind == "refused":
            return RejectCommand(order, 1, "unknown symbol", "X/Y")
        self.names.append((cl_ord_id, account_id, symbol_id, side))
        return order


def check_deliveries(client: Client, directory: Path) -> None:
    """A client that was there all the time has had every report once, in the order of its numbers."""
    mine = journaled_reports(records_in(directory), client.session_id)
    assert [(r.number, r.seq, r.position) for r in client.reports] == [(r.number, r.seq, r.position) for r in mine]


@pytest.mark.parametrize("seed", range(4))
async def test_live_state_is_the_fold_and_each_report_comes_once(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    async with running(settings(tmp_path, dispatch_budget=random.choice((1, 3, 1024)))) as venue:
        clients = {n: Client(venue, n).connect() for n in (1, 2, 3)}
        scripts = {n: Script(random, n, f"s{n}-") for n in clients}
        for turn in range(60):
            n = random.randint(1, 3)
            clients[n].send(*scripts[n].commands(random.randint(1, 8)))
            if turn % 5 == 0:
                clients[n].port.query(OrderStatusQuery(n, "q", f"s{n}-1"))
                clients[n].port.query(OpenOrdersQuery(n, "q"))
                clients[n].port.query(DepthQuery(n, "q", 1, 5))
            if random.random() < 0.3:
                await at_rest(venue)
        state = await check(venue)
        for n, client in clients.items():
            check_deliveries(client, venue.settings.journal_dir)
            assert client.port.released == client.port.out_next - 1 == client.port.state.out_next - 1
            assert scripts[n].in_seq == client.port.state.inbound.next - 1
            assert not client.gone
        totals = state.totals()
        assert totals == {"BTC": 3000 * SCALE, "ETH": 3000 * SCALE, "USDT": 300_000 * SCALE}
        assert venue.publisher.counters.trades > 20


async def test_a_stopped_venue_comes_back_the_same(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    random = Random(1)
    script = Script(random, 1, "a")
    async with running(chosen) as venue:
        client = Client(venue, 1).connect()
        client.send(*script.commands(100))
        await check(venue)
        before = venue.digest()
        delivered = list(client.reports)
    hashed = records_in(chosen.journal_dir)[-1][1].events[0]
    assert type(hashed).__name__ == "StateHashed"
    assert hashed.digest == before  # type: ignore[union-attr]
    async with running(chosen) as venue:
        await check(venue)
        assert venue.digest() == before
        replayed = [report async for reports in venue.ports[1].replay(1, 10_000) for report in reports]
        assert [(r.number, r.event) for r in replayed] == [(r.number, r.event) for r in delivered]
        client = Client(venue, 1).connect()
        client.send(*script.commands(50))
        await check(venue)


@pytest.mark.parametrize("seed", range(3))
async def test_a_venue_that_died_under_load_comes_back_with_all_it_had_acknowledged(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    chosen = settings(tmp_path / "live", dispatch_budget=7)
    async with running(chosen) as venue:
        clients = {n: Client(venue, n).connect() for n in (1, 2, 3)}
        scripts = {n: Script(random, n, f"s{n}-") for n in clients}
        for _ in range(40):
            n = random.randint(1, 3)
            clients[n].send(*scripts[n].commands(random.randint(1, 8)))
        # Nothing has come to rest: with a budget of 7 the dispatcher has left most of it for later.
        copied = crash_copy(chosen, tmp_path / "copy")
        acknowledged = {n: list(client.reports) for n, client in clients.items()}
        await at_rest(venue)
    async with running(copied) as venue:
        await check(venue)
        for n, reports in acknowledged.items():
            replayed = {r.number: r.event async for chunk in venue.ports[n].replay(1, 10_000) for r in chunk}
            for report in reports:
                assert type(replayed[report.number]) is type(report.event)
            assert len(replayed) >= len(reports)
        for n in clients:
            script = Script(random, n, f"again{n}-")
            client = Client(venue, n).connect()
            client.send(*script.commands(20))
        await check(venue)


@pytest.mark.parametrize("parts_done", [0, 1, 2])
async def test_an_unfinished_mass_cancel_is_driven_on_after_a_crash(tmp_path: Path, parts_done: int) -> None:
    chosen = settings(tmp_path)
    async with running(chosen) as venue:
        client = Client(venue, 1).connect()
        client.send(
            *[
                NewOrder(1, f"o{n}", 2, 1 + n % 2, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, SCALE, 50 * SCALE)
                for n in range(10)
            ],
            NewOrder(1, "sell", 2, 1, Side.SELL, OrdType.LIMIT, TimeInForce.GTC, SCALE, 150 * SCALE),
        )
        await at_rest(venue)
    request_id = request_id_of(2, 1)
    request = MassCancelRequested(request_id, 1, 2, "m", 0, Side.BUY, [1, 2], CancelReason.MASS_CANCEL)
    append(chosen, request, session_id=1)
    book = folded(records_in(chosen.journal_dir)).books
    for symbol_id in range(1, parts_done + 1):
        events, done = book[symbol_id].cancel_all(CancelAll(request_id, 2, Side.BUY, CancelReason.MASS_CANCEL), 100)
        assert done
        append(chosen, *events, out=[100 + 10 * symbol_id + n for n in range(len(events) - 1)])
    async with running(chosen) as venue:
        state = await check(venue)
        assert not state.accounts[2].mass_cancels
        assert [order.cl_ord_id for order in state.accounts[2].open_orders()] == ["sell"]
        last = journaled_reports(records_in(chosen.journal_dir), 1)[-1].event
        assert isinstance(last, MassCancelCompleted)
        assert (last.cl_ord_id, last.total_affected) == ("m", 10)
        client = Client(venue, 1).connect()
        client.send(MassCancel(1, "m", 2), MassCancel(1, "m2", 2))
        await check(venue)
        assert client.kinds == ["MassCancelRejected", "OrderCanceled", "MassCancelCompleted"]


async def test_day_orders_expire_at_the_roll_also_when_the_venue_was_down(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    clock = Clock()

    def orders(prefix: str) -> list[ClientCommand]:
        return [
            NewOrder(1, f"{prefix}{tif.name}", 2, 1, Side.BUY, OrdType.LIMIT, tif, SCALE, 50 * SCALE)
            for tif in (TimeInForce.DAY, TimeInForce.GTC)
        ]

    async with running(chosen, clock) as venue:
        client = Client(venue, 1).connect()
        client.send(*orders("first"))
        await at_rest(venue)
        assert client.kinds == ["OrderAccepted", "OrderAccepted"]
        clock.now_ns += 86_400 * 10**9
        venue._schedule().fire()  # as the venue's own does once a second
        await at_rest(venue)
        assert client.kinds[2:] == ["OrderExpired"]
        assert "firstDAY" not in client.port.state.orders
        assert "firstGTC" in client.port.state.orders
        client.send(*orders("second"))
        await check(venue)
    clock.now_ns += 3 * 86_400 * 10**9
    async with running(chosen, clock) as venue:
        state = await check(venue)
        assert {order.cl_ord_id for order in state.sessions[1].open.values()} == {"firstGTC", "secondGTC"}
        assert state.day == "2026-01-06"
        assert state.books[1].last_day == "2026-01-06"
