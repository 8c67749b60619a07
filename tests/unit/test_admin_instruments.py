"""Listing, changing and delisting instruments while the venue runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import venue_in_process as venues
from admin_desk import Desk
from venue_in_process import BTC_USDT, Client, running

from actors.messages import Operate
from config.settings import MarketDataSettings
from engine.commands import AdvanceTime, NewOrder
from engine.directory import CONFIGURATION
from engine.events import (
    AuctionIndicated,
    InstrumentListed,
    InstrumentStatusChanged,
    OrderCanceled,
    OrderRejected,
)
from engine.types import SCALE, CancelReason, InstrumentStatus, OrdType, Side, TimeInForce, TradingPhase

SOL_USDT = 3
SOL = {
    "symbol": "SOL/USDT", "base": "SOL", "quote": "USDT", "tick_size": "0.01", "lot_size": 0.001, "min_qty": "0.001",
    "max_qty": 1000, "reference_px": "100", "protection": {"collar_rate": "0.1"},
}  # fmt: skip
BTC_PATH = "/admin/instruments/BTC%2FUSDT"
SOL_PATH = "/admin/instruments/SOL%2FUSDT"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = venues.settings(tmp_path)
    async with running(settings) as venue:
        yield Desk(venue, settings)
        await venues.check(venue)


def order(cl_ord_id: str, side: Side, symbol_id: int, px: int = 100 * SCALE, qty: int = SCALE) -> NewOrder:
    return NewOrder(1, cl_ord_id, 2, symbol_id, side, OrdType.LIMIT, TimeInForce.GTC, qty, px)


# ---- listing ------------------------------------------------------------------------------------------------------


async def test_a_listed_instrument_trades_at_once_and_survives_a_restart(desk: Desk, tmp_path: Path) -> None:
    venue = desk.running
    status, answer = await desk.post("/admin/instruments", SOL)
    assert status == 201
    event = desk.journaled(InstrumentListed)
    assert (event.instrument.symbol_id, event.instrument.symbol, event.operator) == (SOL_USDT, "SOL/USDT", "ann")
    assert event.instrument.protection.collar_rate == SCALE // 10
    assert answer == {"sequence": venue.journal.durable_seq}
    assert (await desk.post("/admin/accounts/A2/deposits", {"asset": "SOL", "amount": "5"}))[0] == 200
    client = Client(venue, 1).connect()
    client.send(order("s", Side.SELL, SOL_USDT), order("b", Side.BUY, SOL_USDT))
    await venues.at_rest(venue)
    assert client.kinds == ["OrderAccepted", "OrderAccepted", "TradeExecuted", "TradeExecuted"]
    assert (await desk.get("/admin/instruments"))[-1]["last_px"] == "100"
    await venues.check(venue)
    async with running(venues.crash_copy(venue.settings, tmp_path / "again")) as again:
        assert again.books[SOL_USDT].book.last_px == 100 * SCALE
        assert again.directory.instrument_named("SOL/USDT") == event.instrument


async def test_a_listed_instrument_may_begin_with_its_auction(desk: Desk) -> None:
    clock = desk.running.clock_ns
    assert isinstance(clock, venues.Clock)
    assert (await desk.post("/admin/instruments", SOL | {"phase": "OPENING_AUCTION"}))[0] == 201
    assert (await desk.post("/admin/accounts/A2/deposits", {"asset": "SOL", "amount": "5"}))[0] == 200
    client = Client(desk.running, 1).connect()
    client.send(order("s", Side.SELL, SOL_USDT), order("b", Side.BUY, SOL_USDT))
    await venues.at_rest(desk.running)
    assert client.kinds == ["OrderAccepted", "OrderAccepted"]
    clock.now_ns += 2 * 10**9
    with desk.running.dispatcher.turn():
        desk.running.book_mail[SOL_USDT].tell(Operate(AdvanceTime(SOL_USDT)))
    await venues.at_rest(desk.running)
    assert desk.journaled(AuctionIndicated) == AuctionIndicated(SOL_USDT, 100 * SCALE, SCALE, 0)


async def test_a_books_own_listing_comes_before_all_else_that_it_does(desk: Desk) -> None:
    """A timer may look at the book as soon as it is there."""
    venue = desk.running
    told: list[str] = []
    deadlines = venue.deadlines

    class Eager(dict[int, int]):
        def __setitem__(self, symbol_id: int, deadline_ns: int) -> None:
            super().__setitem__(symbol_id, deadline_ns)
            if symbol_id == SOL_USDT and not told:
                told.append("timer")
                venue.book_mail[symbol_id].tell(Operate(AdvanceTime(symbol_id)))

    venue.deadlines = Eager(deadlines)
    assert (await desk.post("/admin/instruments", SOL | {"phase": "OPENING_AUCTION"}))[0] == 201
    assert told == ["timer"]
    await venues.check(venue)


async def test_symbols_that_are_listed_at_the_same_time_get_ids_of_their_own(desk: Desk) -> None:
    answers: list[int] = []

    async def add(symbol: str) -> None:
        answers.append((await desk.post("/admin/instruments", SOL | {"symbol": symbol}))[0])

    async with trio.open_nursery() as nursery:
        for symbol in ("S1", "S2", "S1"):
            nursery.start_soon(add, symbol)
    assert sorted(answers) == [201, 201, 409]
    listed = [event.instrument for event in desk.all_journaled(InstrumentListed) if event.operator == "ann"]
    assert [it.symbol_id for it in listed] == [3, 4]
    assert {it.symbol for it in listed} == {"S1", "S2"}


@pytest.mark.parametrize(
    ("body", "status", "key", "text"),
    [
        (SOL | {"symbol": "BTC/USDT", "base": "BTC"}, 409, "", "there is an instrument BTC/USDT already"),
        (SOL | {"tick_size": "0"}, 400, "tick_size", "'0' is not allowed"),
        (SOL | {"tick_size": 1e-9}, 400, "tick_size", "'1e-09' is not allowed"),
        (SOL | {"min_qty": None}, 400, "min_qty", "'' is not allowed"),
        (SOL | {"status": "DELISTED"}, 400, "status", "not allowed for a new instrument"),
        (SOL | {"phase": "VOLATILITY_PAUSE"}, 400, "phase", "is not allowed"),
        (SOL | {"protection": {"collar": "0.1"}}, 400, "protection.collar", "did you mean collar_rate?"),
        (SOL | {"reference_px": "1.005"}, 400, "reference_px", "expected a multiple of tick_size"),
        (SOL | {"schedule": [{"at": "09:00"}]}, 400, "schedule[0].phase", "is missing"),
        ({"symbol": "X"}, 400, "base", "is missing"),
        ([], 400, "body", "Expected `object`"),
        (b"[" * 50_000, 400, "body", ""),
    ],
)
async def test_a_listing_that_is_refused_says_why_and_changes_nothing(
    desk: Desk, body: Any, status: int, key: str, text: str
) -> None:
    before = desk.running.journal.durable_seq
    answered, answer = await desk.post("/admin/instruments", body)
    assert answered == status, answer
    assert text in answer["error"]
    assert [problem["key"] for problem in answer.get("problems", [])][:1] == ([key] if key else [])
    assert desk.running.journal.durable_seq == before
    assert len(desk.running.books) == 2


async def test_nobody_operates_in_the_configurations_name(desk: Desk) -> None:
    status, answer = await desk.ask("POST", "/admin/instruments", SOL, operator=CONFIGURATION)
    assert (status, answer["problems"][0]["key"]) == (400, "X-Operator")


# ---- changing -----------------------------------------------------------------------------------------------------


async def test_changed_rules_hold_for_orders_from_now_on_and_resting_ones_stay(desk: Desk, tmp_path: Path) -> None:
    venue = desk.running
    client = Client(venue, 1).connect()
    client.send(order("fine", Side.BUY, BTC_USDT, px=99_990_000_000))
    await venues.at_rest(venue)
    changes = {"tick_size": "1", "max_qty": "10", "taker_fee": "0.01", "protection": {"price_limit_rate": "0.5"}}
    assert (await desk.post(f"{BTC_PATH}/changes", changes))[0] == 200
    event = desk.journaled(InstrumentListed)
    assert (event.operator, event.instrument.tick_size, event.instrument.symbol_id) == ("ann", SCALE, BTC_USDT)
    assert event.instrument.protection.price_limit_rate == SCALE // 2
    client.send(
        order("coarse", Side.BUY, BTC_USDT, px=99_990_000_000),
        order("large", Side.BUY, BTC_USDT, qty=11 * SCALE),
    )
    await venues.check(venue)
    assert client.kinds[:1] == ["OrderAccepted"]
    assert [type(it) for it in client.events[1:3]] == [OrderRejected, OrderRejected]
    async with running(venues.crash_copy(venue.settings, tmp_path / "again")) as again:
        assert again.directory.instrument(BTC_USDT) == event.instrument


async def test_the_rules_in_force_are_told_in_the_words_in_which_they_are_given(desk: Desk) -> None:
    rules = await desk.get(BTC_PATH)
    assert (rules["symbol"], rules["tick_size"], rules["protection"]["pause_s"]) == ("BTC/USDT", "0.01", "300")
    assert not rules.keys() & {"status", "phase", "reference_px"}
    schedule = [{"at": "09:30", "phase": "CONTINUOUS", "days": "mon-fri", "random_end_s": "30"}]
    assert (await desk.post(f"{BTC_PATH}/changes", {"schedule": schedule, "time_zone": "Europe/Berlin"}))[0] == 200
    changed = await desk.get(BTC_PATH)
    assert changed == rules | {"schedule": schedule, "time_zone": "Europe/Berlin"}
    new = changed | {"symbol": "B2", "base": "B2"}
    assert (await desk.post("/admin/instruments", new))[0] == 201
    assert await desk.get("/admin/instruments/B2") == new


@pytest.mark.parametrize(
    ("path", "body", "status", "key", "text"),
    [
        (BTC_PATH, {}, 400, "body", "names nothing to change"),
        (BTC_PATH, {"symbol": "X"}, 400, "symbol", "another symbol is another instrument"),
        (BTC_PATH, {"quote": "USD"}, 400, "quote", "another asset"),
        (BTC_PATH, {"status": "HALTED"}, 400, "status", "an action of its own"),
        (BTC_PATH, {"reference_px": "5"}, 400, "reference_px", "an action of its own"),
        (BTC_PATH, {"taker_fee": "1"}, 400, "taker_fee", "'1' is not allowed"),
        (BTC_PATH, {"protection": "0.1"}, 400, "protection", "is a single value, but keys with values"),
        (BTC_PATH, {"lot_size": "1"}, 400, "min_qty", "expected a multiple of lot_size"),
        (BTC_PATH, {"tick_size": "0.000001", "lot_size": "1", "min_qty": "1"}, 400, "tick_size", "while orders rest"),
        (BTC_PATH, {"holidays": ["2026-12-25"]}, 400, "holidays", "means nothing without a schedule"),
        ("/admin/instruments/XX", {"taker_fee": "0"}, 404, "", "there is no instrument 'XX'"),
    ],
)
async def test_a_change_that_is_refused_says_why_and_changes_nothing(
    desk: Desk, path: str, body: Any, status: int, key: str, text: str
) -> None:
    before = desk.running.journal.durable_seq
    answered, answer = await desk.post(f"{path}/changes", body)
    assert answered == status, answer
    assert text in answer["error"]
    assert [problem["key"] for problem in answer.get("problems", [])][:1] == ([key] if key else [])
    assert desk.running.journal.durable_seq == before


async def test_changes_at_the_same_time_lose_none_of_each_other(desk: Desk) -> None:
    async with trio.open_nursery() as nursery:
        for changes in ({"taker_fee": "0.5"}, {"maker_fee": "0.4"}):
            nursery.start_soon(desk.post, f"{BTC_PATH}/changes", changes)
    instrument = desk.running.directory.instrument(BTC_USDT)
    assert (instrument.taker_fee, instrument.maker_fee) == (SCALE // 2, 4 * SCALE // 10)


# ---- delisting ----------------------------------------------------------------------------------------------------


async def test_delisting_cancels_every_order_and_is_for_ever(desk: Desk) -> None:
    client = Client(desk.running, 1).connect()
    client.send(order("b", Side.BUY, BTC_USDT), order("s", Side.SELL, BTC_USDT, px=101 * SCALE))
    await venues.at_rest(desk.running)
    assert (await desk.post(f"{BTC_PATH}/status", {"status": "DELISTED"}))[0] == 200
    assert desk.journaled(InstrumentStatusChanged) == InstrumentStatusChanged(
        BTC_USDT, InstrumentStatus.DELISTED, "ann"
    )
    assert [event.reason for event in client.events if isinstance(event, OrderCanceled)] == [CancelReason.DELISTED] * 2
    client.send(order("late", Side.BUY, BTC_USDT))
    await venues.at_rest(desk.running)
    assert client.kinds[-1] == "OrderRejected"
    for path, body in (
        ("status", {"status": "ACTIVE"}),
        ("phase", {"phase": "CLOSED"}),
    ):
        status, answer = await desk.post(f"{BTC_PATH}/{path}", body)
        assert (status, answer["error"]) == (409, "BTC/USDT is delisted")


async def test_a_delisted_symbol_can_be_listed_again_as_another_instrument(desk: Desk, tmp_path: Path) -> None:
    venue = desk.running
    assert (await desk.post(f"{BTC_PATH}/status", {"status": "DELISTED"}))[0] == 200
    again = SOL | {"symbol": "BTC/USDT", "base": "BTC", "tick_size": "1"}
    assert (await desk.post("/admin/instruments", again))[0] == 201
    new_id = desk.journaled(InstrumentListed).instrument.symbol_id
    assert new_id == 3
    client = Client(venue, 1).connect()
    client.send(order("b", Side.BUY, new_id))
    await venues.at_rest(venue)
    assert client.kinds == ["OrderAccepted"]
    shown = [(it["symbol"], it["status"]) for it in await desk.get("/admin/instruments")]
    assert shown == [("BTC/USDT", "DELISTED"), ("ETH/USDT", "ACTIVE"), ("BTC/USDT", "ACTIVE")]
    metrics = desk.operations.metrics()[0].decode()
    assert 'tradeengine_instrument_active{symbol="BTC/USDT"} 1.0' in metrics
    assert 'tradeengine_instrument_active{symbol="BTC/USDT#1"} 0.0' in metrics
    assert (await desk.post(f"{BTC_PATH}/status", {"status": "HALTED"}))[0] == 200
    assert desk.journaled(InstrumentStatusChanged).symbol_id == new_id
    account = {"name": "NEW", "firm": "F", "balances": {"BTC": "1"}}
    assert (await desk.post("/admin/accounts", account))[0] == 201
    await venues.check(venue)
    async with running(venues.crash_copy(venue.settings, tmp_path / "again")) as restarted:
        assert restarted.directory.instrument_named("BTC/USDT") == venue.directory.instruments[new_id]
        assert restarted.directory.phases[new_id] is TradingPhase.CONTINUOUS
        assert len(restarted.books[new_id].book) == 1


# ---- limits -------------------------------------------------------------------------------------------------------


async def test_configured_limits_hold_for_every_book_and_for_market_data(tmp_path: Path) -> None:
    limits = {"list_legs_max": 4, "cascade_max": 7, "uncross_max": 8}
    settings = venues.settings(tmp_path, **limits)
    keeps = MarketDataSettings(trades_kept=2, candles_kept=60)
    settings = msgspec.structs.replace(settings, market_data=keeps)
    async with running(settings) as venue:
        desk = Desk(venue, settings)
        assert (await desk.post("/admin/instruments", SOL))[0] == 201
        for actor in venue.books.values():
            assert {name: getattr(actor.book, name) for name in limits} == limits
        client = Client(venue, 1).connect()
        for n in range(3):
            client.send(order(f"s{n}", Side.SELL, BTC_USDT), order(f"b{n}", Side.BUY, BTC_USDT))
        await venues.at_rest(venue)
        assert venue.market_data.market is not None
        assert len(list(venue.market_data.market.symbols[BTC_USDT].tape.newest(9))) == 2
