"""Status, phases, reference prices and cancels: what operators do to books, each with a name in the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import venue_in_process as venues
from admin_desk import Desk
from venue_in_process import BTC_USDT, ETH_USDT, Client, running

from engine.book import Book
from engine.commands import NewOrder
from engine.events import (
    AccountBlocked,
    AccountOpened,
    AuctionEnded,
    AuctionStarted,
    BookCanceled,
    InstrumentStatusChanged,
    MassCancelRequested,
    OrderCanceled,
    ReferencePriceSet,
    SessionOpened,
    TradingPhaseChanged,
)
from engine.types import SCALE, CancelReason, InstrumentStatus, OrdType, Side, TimeInForce, TradingPhase

BTC_PATH = "/admin/instruments/BTC%2FUSDT"
FIX1, FIX2 = 1, 2
A2, A3 = 2, 3


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = venues.settings(tmp_path)
    async with running(settings) as venue:
        yield Desk(venue, settings)
        await venues.check(venue)


def order(
    cl_ord_id: str, side: Side = Side.BUY, px: int = 100, session: int = FIX1, account: int = A2, symbol: int = BTC_USDT
) -> NewOrder:
    return NewOrder(
        session, cl_ord_id, account, symbol, side, OrdType.LIMIT, TimeInForce.GTC, SCALE, px * SCALE
    )  # fmt: skip


def open_orders(desk: Desk) -> set[str]:
    books = desk.running.books.values()
    return {each.image.cl_ord_id for actor in books for each in actor.book.everyone()}


# ---- status, phase, reference price -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["HALTED", "MAINTENANCE"])
async def test_a_status_is_undone_by_active(desk: Desk, status: str) -> None:
    client = Client(desk.running, FIX1).connect()
    for name, accepted in ((status, False), ("ACTIVE", True)):
        assert (await desk.post(f"{BTC_PATH}/status", {"status": name}))[0] == 200
        assert desk.journaled(InstrumentStatusChanged).status is InstrumentStatus[name]
        client.send(order(f"in-{name}"))
        await venues.at_rest(desk.running)
        assert (client.kinds[-1] == "OrderAccepted") is accepted


async def test_a_phase_of_an_operator_collects_and_its_end_uncrosses(desk: Desk) -> None:
    client = Client(desk.running, FIX1).connect()
    assert (await desk.post(f"{BTC_PATH}/phase", {"phase": "INTRADAY_AUCTION", "reason": "news"}))[0] == 200
    changed = desk.journaled(TradingPhaseChanged)
    assert changed == TradingPhaseChanged(BTC_USDT, TradingPhase.INTRADAY_AUCTION, 0, "ann", "news")
    assert (await desk.get("/admin/instruments"))[0]["phase"] == "INTRADAY_AUCTION"
    client.send(order("b", Side.BUY, 101), order("s", Side.SELL, 99))
    await venues.at_rest(desk.running)
    assert client.kinds == ["OrderAccepted", "OrderAccepted"]
    assert (await desk.post(f"{BTC_PATH}/phase", {"phase": "CONTINUOUS"}))[0] == 200
    assert desk.journaled(AuctionStarted).operator == "ann"
    assert desk.journaled(AuctionEnded).qty == SCALE
    assert client.kinds[2:] == ["TradeExecuted", "TradeExecuted"]
    assert (await desk.get("/admin/instruments"))[0]["phase"] == "CONTINUOUS"


async def test_a_phase_that_it_is_in_already_changes_nothing(desk: Desk) -> None:
    before = desk.running.journal.durable_seq
    assert await desk.post(f"{BTC_PATH}/phase", {"phase": "CONTINUOUS"}) == (200, {"sequence": before})
    assert desk.running.journal.durable_seq == before


async def test_a_reference_price_is_journaled_and_undone_by_another(desk: Desk) -> None:
    for px in ("105.5", "100"):
        assert (await desk.post(f"{BTC_PATH}/reference-price", {"px": px}))[0] == 200
        assert (await desk.get("/admin/instruments"))[0]["reference_px"] == px
        assert desk.journaled(ReferencePriceSet).operator == "ann"


@pytest.mark.parametrize(
    ("path", "body", "status", "key"),
    [
        (f"{BTC_PATH}/phase", {"phase": "OPEN"}, 400, "phase"),
        (f"{BTC_PATH}/phase", {"phase": "CLOSED", "reason": "x" * 129}, 400, "reason"),
        (f"{BTC_PATH}/phase", {"phase": "CLOSED", "reason": "a\nb"}, 400, "reason"),
        (f"{BTC_PATH}/phase", {}, 400, "phase"),
        ("/admin/instruments/XX/phase", {"phase": "CLOSED"}, 404, ""),
        (f"{BTC_PATH}/reference-price", {"px": "0"}, 400, "px"),
        (f"{BTC_PATH}/reference-price", {"px": "-1"}, 400, "px"),
        (f"{BTC_PATH}/reference-price", {"px": 1.5}, 400, "px"),
        (f"{BTC_PATH}/reference-price", {"px": "92233720368.54775808"}, 400, "px"),
        ("/admin/instruments/XX/reference-price", {"px": "1"}, 404, ""),
        ("/admin/instruments/XX/cancel-orders", None, 404, ""),
        ("/admin/accounts/A9/cancel-orders", None, 404, ""),
        ("/admin/sessions/99/cancel-orders", None, 404, ""),
        ("/admin/sessions/x/cancel-orders", None, 404, ""),
    ],
)
async def test_a_refusal_says_which_key_and_changes_nothing(
    desk: Desk, path: str, body: Any, status: int, key: str
) -> None:
    before = desk.running.journal.durable_seq
    answered, answer = await desk.post(path, body)
    assert answered == status, answer
    assert answer["error"]
    assert [problem["key"] for problem in answer.get("problems", [])][:1] == ([key] if key else [])
    assert desk.running.journal.durable_seq == before


# ---- cancels ------------------------------------------------------------------------------------------------------


async def _fill_the_books(desk: Desk) -> Client:
    """Orders of two sessions, two accounts and two symbols, each named by all three."""
    client = Client(desk.running, FIX1).connect()
    Client(desk.running, FIX2).connect()
    for session in (FIX1, FIX2):
        commands = [
            order(f"{session}-{account}-{symbol}", session=session, account=account, symbol=symbol)
            for account in (A2, A3)
            for symbol in (BTC_USDT, ETH_USDT)
        ]
        desk.running.ports[session].submit(list(commands))
    await venues.at_rest(desk.running)
    assert len(open_orders(desk)) == 8
    return client


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (f"{BTC_PATH}/cancel-orders", {"1-2-2", "1-3-2", "2-2-2", "2-3-2"}),
        ("/admin/accounts/A2/cancel-orders", {"1-3-1", "1-3-2", "2-3-1", "2-3-2"}),
        ("/admin/sessions/1/cancel-orders", {"2-2-1", "2-2-2", "2-3-1", "2-3-2"}),
        ("/admin/cancel-orders", set()),
    ],
)
async def test_cancels_take_out_what_they_name_and_nothing_else(desk: Desk, path: str, left: set[str]) -> None:
    client = await _fill_the_books(desk)
    assert (await desk.post(path))[0] == 200
    assert open_orders(desk) == left
    assert {event.reason for event in desk.all_journaled(OrderCanceled)} == {CancelReason.OPERATOR}
    asked = [*desk.all_journaled(BookCanceled), *desk.all_journaled(MassCancelRequested)]
    assert {event.operator for event in asked} == {"ann"}
    client.send(order("again"))
    await venues.at_rest(desk.running)
    assert client.kinds[-1] == "OrderAccepted"


async def test_a_cancel_that_finds_nothing_is_journaled_with_its_operator(desk: Desk) -> None:
    assert (await desk.post(f"{BTC_PATH}/cancel-orders"))[0] == 200
    assert desk.journaled(BookCanceled) == BookCanceled(BTC_USDT, "ann", CancelReason.OPERATOR)


async def test_a_sessions_cancel_goes_on_after_a_restart(tmp_path: Path) -> None:
    settings = venues.settings(tmp_path / "first")
    async with running(settings) as venue:
        desk = Desk(venue, settings)
        await _fill_the_books(desk)
        await venues.at_rest(venue)
        copied = venues.crash_copy(settings, tmp_path / "second")
    request = MassCancelRequested(A2 << 32 | 1, 0, A2, "", 0, 0, [1, 2], CancelReason.OPERATOR, "ann", FIX1)
    venues.append(copied, request)
    async with running(copied) as again:
        await venues.at_rest(again)
        assert open_orders(Desk(again, copied)) == {"1-3-1", "1-3-2", "2-2-1", "2-2-2", "2-3-1", "2-3-2"}
        await venues.check(again)


async def test_what_is_out_of_service_refuses_and_the_others_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = venues.settings(tmp_path, restart_intensity=0)
    async with running(settings) as venue:
        desk = Desk(venue, settings)
        await _fill_the_books(desk)
        cancel_book = Book.cancel_book

        def failing(book: Book, *arguments: Any) -> Any:
            if book.instrument.symbol_id == BTC_USDT:
                raise RuntimeError("a fault in the book")
            return cancel_book(book, *arguments)

        monkeypatch.setattr(Book, "cancel_book", failing)
        status, answer = await desk.post("/admin/cancel-orders")
        assert (status, answer["error"]) == (409, "system error in the book")
        await venues.at_rest(venue)
        assert len(venue.books[ETH_USDT].book) == 0
        status, answer = await desk.post(f"{BTC_PATH}/cancel-orders")
        assert status == 409
        assert answer["error"].startswith("BTC/USDT is out of service")


# ---- who did it ---------------------------------------------------------------------------------------------------


async def test_whoever_opens_and_blocks_is_named_in_the_journal(desk: Desk) -> None:
    await desk.post("/admin/accounts", {"name": "NEW", "firm": "F"})
    session = {"protocol": "SOUPBIN", "comp_id": "NEWBIE", "firm": "F", "accounts": ["NEW"], "password": "secret"}
    _, opened = await desk.post("/admin/sessions", session)
    assert (desk.journaled(AccountOpened).operator, desk.journaled(SessionOpened).operator) == ("ann", "ann")
    await desk.ask("POST", f"/admin/sessions/{opened['session_id']}/disable", operator="bob")
    disabled = desk.journaled(SessionOpened)
    assert (disabled.operator, disabled.enabled, disabled.comp_id) == ("bob", False, "NEWBIE")
    await desk.ask("POST", "/admin/accounts/NEW/block", operator="bob")
    assert (desk.journaled(AccountBlocked).operator, desk.journaled(MassCancelRequested).operator) == ("bob", "bob")
