"""Actors that crash: the command that did it is refused, everything else goes on, and rebuilt state is the fold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from venue_in_process import Client, at_rest, check, journaled_reports, records_in, running, settings

from engine.account import Account
from engine.book import Book
from engine.commands import CancelOrder, MassCancel, NewOrder, ReplaceOrder
from engine.events import CancelRejected, OrderAccepted, OrderRejected, StateHashed
from engine.queries import DepthQuery, OrderStatusQuery
from engine.session import SessionState
from engine.types import SCALE, OrdType, Side, TimeInForce
from tradeengine.wiring import VenueFailed

MARKER = "poison"


def order(cl_ord_id: str, session_id: int = 1, account_id: int = 2, symbol_id: int = 1, **terms: Any) -> NewOrder:
    chosen: dict[str, Any] = {"side": Side.BUY, "px": 100 * SCALE, "tif": TimeInForce.GTC, **terms}
    return NewOrder(
        session_id, cl_ord_id, account_id, symbol_id, chosen["side"], OrdType.LIMIT, chosen["tif"], SCALE, chosen["px"]
    )


def crash_on_marker(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, *, after: bool) -> None:
    """``owner.method`` raises for a command marked with a ClOrdID, before or after it has changed the state."""
    original: Callable[..., Any] = getattr(owner, method)

    def crashing(self: Any, command: Any, *rest: Any) -> Any:
        marked = getattr(command, "cl_ord_id", "").startswith(MARKER)
        result = None if marked and not after else original(self, command, *rest)
        if marked:
            raise RuntimeError("made to crash")
        return result

    monkeypatch.setattr(owner, method, crashing)


# ---- books ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True])
async def test_a_crashed_book_refuses_one_command_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    crash_on_marker(monkeypatch, Book, "new_order", after=after)
    async with running(settings(tmp_path)) as venue:
        client, other = Client(venue, 1).connect(), Client(venue, 3).connect()
        client.send(order("a"), order("b", side=Side.SELL, px=110 * SCALE))
        client.send(order(f"{MARKER}1"), order("c"), order("d", symbol_id=2), CancelOrder(1, "x", 2, 1, Side.BUY, "a"))
        other.send(order("o", session_id=3, account_id=3, side=Side.SELL, px=100 * SCALE))
        await check(venue)
        (rejected,) = [event for event in client.events if isinstance(event, OrderRejected)]
        assert rejected.order.cl_ord_id == f"{MARKER}1"
        assert rejected.text == "system error in the book"
        accepted = [event.order.cl_ord_id for event in client.events if isinstance(event, OrderAccepted)]
        assert sorted(accepted) == ["a", "b", "c", "d"]
        assert other.kinds == ["OrderAccepted", "TradeExecuted"]
        assert client.reports == journaled_reports(records_in(venue.settings.journal_dir), 1)
        assert venue.books[1].book.open_orders(2)[0].cl_ord_id == "b"
        client.send(order(f"{MARKER}1"))  # the same again is a duplicate, not a crash
        await check(venue)
        assert client.events[-1].text == f"duplicate ClOrdID {MARKER}1"


async def test_a_book_that_keeps_crashing_is_halted_and_the_rest_trades_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_on_marker(monkeypatch, Book, "new_order", after=False)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"))
        for n in range(3):  # two restarts are allowed
            client.send(order(f"{MARKER}{n}"))
            await at_rest(venue)
        client.reports.clear()
        client.send(
            order("b"), CancelOrder(1, "x", 2, 1, Side.BUY, "a"), ReplaceOrder(1, "y", 2, 1, Side.BUY, "a", 5, 5)
        )
        await at_rest(venue)
        assert [event.text for event in client.events] == ["BTC/USDT is halted: its book failed"] * 3
        assert client.kinds == ["OrderRejected", "CancelRejected", "CancelRejected"]
        client.send(order("c", symbol_id=2), order("d", symbol_id=2, side=Side.SELL, account_id=3))
        await at_rest(venue)
        assert client.kinds[3:] == ["OrderAccepted", "OrderAccepted", "TradeExecuted", "TradeExecuted"]
        assert client.port.submitted == client.port.resolved
        assert len(venue.members.reservations[2]) == 0


async def test_a_book_is_rebuilt_with_all_that_was_still_on_its_way_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_on_marker(monkeypatch, Book, "new_order", after=True)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(*[order(f"o{n}") for n in range(50)], order(f"{MARKER}"), *[order(f"p{n}") for n in range(50)])
        await check(venue)
        names = [image.cl_ord_id for image in venue.books[1].book.open_orders(2)]
        assert names == [f"o{n}" for n in range(50)] + [f"p{n}" for n in range(50)]


# ---- accounts ------------------------------------------------------------------------------------------------------


async def test_a_crashed_account_refuses_one_command_and_forgets_no_reservation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actors.account import AccountActor

    crash_on_marker(monkeypatch, AccountActor, "_admitted", after=False)
    async with running(settings(tmp_path, dispatch_budget=2)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"), order(f"{MARKER}"), order("b"), order("c", account_id=3))
        await check(venue)
        (rejected,) = [event for event in client.events if isinstance(event, OrderRejected)]
        assert (rejected.order.cl_ord_id, rejected.text) == (MARKER, "system error in the account")
        assert {event.order.cl_ord_id for event in client.events if isinstance(event, OrderAccepted)} == {"a", "b", "c"}


async def test_reservations_end_also_where_the_outcome_came_while_the_account_was_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Account.apply_accepted
    crashes: list[Any] = []

    def crashing(self: Account, image: Any) -> None:
        original(self, image)
        if image.cl_ord_id == MARKER and not crashes:
            crashes.append(image)
            raise RuntimeError("made to crash")

    monkeypatch.setattr(Account, "apply_accepted", crashing)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"), order(MARKER), order("b"))
        await check(venue)
        assert crashes
        assert venue.accounts[2].account.orders_open == 3


async def test_a_mass_cancel_that_crashes_its_account_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actors.account import AccountActor

    crash_on_marker(monkeypatch, AccountActor, "_mass_cancel", after=False)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"), MassCancel(1, MARKER, 2), order("b"))
        await check(venue)
        assert sorted(client.kinds) == ["MassCancelRejected", "OrderAccepted", "OrderAccepted"]


async def test_an_account_that_keeps_crashing_is_suspended_and_its_cancels_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actors.account import AccountActor

    crash_on_marker(monkeypatch, AccountActor, "_admitted", after=False)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"))
        for n in range(3):
            client.send(order(f"{MARKER}{n}"))
            await at_rest(venue)
        client.reports.clear()
        client.send(
            order("b"), CancelOrder(1, "x", 2, 1, Side.BUY, "a"), MassCancel(1, "m", 2), order("c", account_id=3)
        )
        await at_rest(venue)
        assert sorted(client.kinds) == ["MassCancelRejected", "OrderAccepted", "OrderCanceled", "OrderRejected"]
        texts = [event.text for event in client.events if isinstance(event, OrderRejected)]
        assert texts == ["account A2 is suspended: its risk state failed"]
        assert client.port.submitted == client.port.resolved


# ---- sessions ------------------------------------------------------------------------------------------------------


def crash_reports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Applying the report of a marked order crashes its port, once."""
    original = SessionState.apply_reports
    crashes: list[str] = []

    def crashing(self: SessionState, reports: Any) -> None:
        original(self, reports)
        marked = [r.order.cl_ord_id for r in reports if r.order is not None and r.order.cl_ord_id.startswith(MARKER)]
        for name in marked:
            if name not in crashes:
                crashes.append(name)
                raise RuntimeError("made to crash")

    monkeypatch.setattr(SessionState, "apply_reports", crashing)
    return crashes


async def test_a_crashed_session_is_cut_off_and_comes_back_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashes = crash_reports(monkeypatch)
    async with running(settings(tmp_path)) as venue:
        client, other = Client(venue, 1).connect(), Client(venue, 3).connect()
        client.port.log_on(reset=False)
        client.send(order("a"), order(MARKER), order("b"))
        other.send(order("o", session_id=3, account_id=3, side=Side.SELL, px=120 * SCALE))
        await at_rest(venue)
        assert crashes
        assert client.gone == "system error in the session"
        assert other.kinds == ["OrderAccepted"]
        assert not other.gone
        await check(venue)
        again = Client(venue, 1).connect()
        again.port.log_on(reset=False)
        again.send(order("c"))
        again.port.query(OrderStatusQuery(1, "q", MARKER))
        await check(venue)
        assert again.kinds == ["SessionLoggedOn", "OrderAccepted"]
        assert len(again.answers) == 1
        assert again.port.credit == venue.port_limits.credits_per_session
        assert again.port.released == again.port.out_next - 1
        replayed = [report async for chunk in again.port.replay(1, 1000) for report in chunk]
        expected = journaled_reports(records_in(venue.settings.journal_dir), 1)
        assert [report.number for report in replayed] == [
            report.number for report in expected if type(report.event).__name__ != "SessionLoggedOn"
        ]


async def test_a_session_that_crashes_with_commands_in_flight_resolves_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_reports(monkeypatch)
    async with running(settings(tmp_path, dispatch_budget=1)) as venue:
        client = Client(venue, 1).connect()
        for n in range(20):
            client.send(order(f"a{n}") if n != 7 else order(MARKER))
        await check(venue)
        again = Client(venue, 1).connect()
        again.port.log_on(reset=True)
        await check(venue)
        assert again.kinds[0] == "SessionLoggedOn"


# ---- all together --------------------------------------------------------------------------------------------------


async def test_a_depth_query_on_a_halted_book_does_not_hold_up_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_on_marker(monkeypatch, Book, "new_order", after=False)
    async with running(settings(tmp_path, restart_intensity=0)) as venue:
        client = Client(venue, 1).connect()
        client.send(order(MARKER))
        await at_rest(venue)
        client.port.query(DepthQuery(1, "d", 1, 5))
        client.port.query(OrderStatusQuery(1, "q", MARKER))
        await at_rest(venue)
        assert len(client.answers) >= 1
        rejections = [event for event in client.events if isinstance(event, OrderRejected | CancelRejected)]
        assert len(rejections) == 1


async def test_a_venue_with_a_halted_book_does_not_vouch_for_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_on_marker(monkeypatch, Book, "new_order", after=True)
    chosen = settings(tmp_path)
    async with running(chosen) as venue:
        client = Client(venue, 1).connect()
        for n in range(3):
            client.send(order(f"{MARKER}{n}"))
            await at_rest(venue)
        with pytest.raises(VenueFailed, match="book/"):
            await venue.hash_state()
    assert not any(
        isinstance(event, StateHashed) for _, record in records_in(chosen.journal_dir) for event in record.events
    )


async def test_a_session_that_keeps_crashing_is_lost_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crash_reports(monkeypatch)
    async with running(settings(tmp_path)) as venue:
        for n in range(3):
            client = Client(venue, 1).connect()
            client.send(order(f"{MARKER}{n}"))
            await at_rest(venue)
        assert 1 not in venue.ports
        assert venue.credits.left == venue.credits.total
        other = Client(venue, 3).connect()
        other.send(order("x", session_id=3))
        await at_rest(venue)
        assert other.kinds == ["OrderAccepted"]
