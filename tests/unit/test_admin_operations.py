"""What operators ask of a running venue, without sockets: every change is an event in the journal."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
import venue_in_process as venues
from admin_desk import TOKEN, Desk
from venue_in_process import BTC_USDT, Client, running

from actors.boundary import LogonRefused
from engine.commands import NewOrder
from engine.events import (
    AccountBlocked,
    AccountOpened,
    Deposited,
    InstrumentStatusChanged,
    SessionOpened,
    StateHashed,
    Withdrawn,
)
from engine.types import SCALE, InstrumentStatus, OrdType, Side, TimeInForce
from tradeengine.venue import Venue


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = venues.settings(tmp_path)
    async with running(settings) as venue:
        yield Desk(venue, settings)
        if not venue.failure:
            await venues.check(venue)


def _buy(cl_ord_id: str, qty: int = 2) -> NewOrder:
    return NewOrder(
        1, cl_ord_id, 2, BTC_USDT, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, qty * SCALE, 100 * SCALE
    )  # fmt: skip


async def test_a_deposit_is_durable_with_the_operators_name_when_it_is_answered(desk: Desk) -> None:
    status, answer = await desk.post("/admin/accounts/A2/deposits", {"asset": "USDT", "amount": "0.00000001"})
    assert status == 200
    event = desk.journaled(Deposited)
    assert (event.account_id, event.asset, event.amount, event.operator) == (2, "USDT", 1, "ann")
    assert desk.venue is not None
    assert answer == {"sequence": desk.venue.journal.durable_seq}
    balances = (await desk.get("/admin/accounts/A2/balances"))["balances"]
    assert next(it for it in balances if it["asset"] == "USDT")["balance"] == "100000.00000001"


async def test_only_what_is_free_can_be_withdrawn(desk: Desk) -> None:
    assert desk.venue is not None
    Client(desk.venue, 1).connect().send(_buy("o1"))
    await venues.at_rest(desk.venue)
    usdt = next(it for it in (await desk.get("/admin/accounts/A2/balances"))["balances"] if it["asset"] == "USDT")
    assert usdt == {"asset": "USDT", "balance": "100000", "held": "200.4", "pending": "0", "free": "99799.6"}
    too_much = {"asset": "USDT", "amount": "99799.60000001"}
    status, answer = await desk.post("/admin/accounts/A2/withdrawals", too_much)
    assert status == 409
    assert answer["error"] == "insufficient USDT: needs 99799.60000001, free 99799.6"
    status, _ = await desk.post("/admin/accounts/A2/withdrawals", {"asset": "USDT", "amount": "99799.6"})
    assert status == 200
    assert desk.journaled(Withdrawn).operator == "ann"


async def test_open_orders_are_listed_with_names(desk: Desk) -> None:
    assert desk.venue is not None
    Client(desk.venue, 1).connect().send(_buy("o1"))
    await venues.at_rest(desk.venue)
    (order,) = await desk.get("/admin/accounts/A2/orders")
    shown = {key: order[key] for key in ("session", "cl_ord_id", "symbol", "side", "px", "leaves_qty", "status")}
    assert shown == {
        "session": "FIX.4.4:FIX1", "cl_ord_id": "o1", "symbol": "BTC/USDT", "side": "BUY", "px": "100",
        "leaves_qty": "2", "status": "NEW",
    }  # fmt: skip


async def test_a_blocked_account_loses_its_orders_and_takes_no_new_ones(desk: Desk) -> None:
    assert desk.venue is not None
    client = Client(desk.venue, 1).connect()
    client.send(_buy("o1"))
    assert (await desk.post("/admin/accounts/A2/block"))[0] == 200
    assert desk.journaled(AccountBlocked).operator == "ann"
    client.send(_buy("o2"))
    await venues.at_rest(desk.venue)
    assert client.kinds == ["OrderAccepted", "OrderCanceled", "OrderRejected"]
    assert (await desk.get("/admin/accounts/A2/balances"))["blocked"] is True
    assert (await desk.post("/admin/accounts/A2/unblock"))[0] == 200
    client.send(_buy("o3"))
    await venues.at_rest(desk.venue)
    assert client.kinds[-1] == "OrderAccepted"


async def test_a_halted_symbol_refuses_orders_until_it_resumes(desk: Desk) -> None:
    assert desk.venue is not None
    client = Client(desk.venue, 1).connect()
    path = "/admin/instruments/BTC%2FUSDT/status"
    assert (await desk.post(path, {"status": "HALTED"}))[0] == 200
    assert desk.journaled(InstrumentStatusChanged) == InstrumentStatusChanged(BTC_USDT, InstrumentStatus.HALTED, "ann")
    client.send(_buy("o1"))
    await venues.at_rest(desk.venue)
    assert client.kinds == ["OrderRejected"]
    assert (await desk.get("/admin/instruments"))[0]["status"] == "HALTED"
    assert (await desk.post(path, {"status": "ACTIVE"}))[0] == 200
    client.send(_buy("o2"))
    await venues.at_rest(desk.venue)
    assert client.kinds[-1] == "OrderAccepted"


async def test_an_account_and_a_session_that_are_added_can_trade_and_survive_a_restart(
    desk: Desk, tmp_path: Path
) -> None:
    assert desk.venue is not None
    account = {"name": "NEW", "firm": "F", "balances": {"USDT": "1000"}, "max_order_qty": "5"}
    assert (await desk.post("/admin/accounts", account))[0] == 201
    session = {"protocol": "SOUPBIN", "comp_id": "NEWBIE", "firm": "F", "accounts": ["NEW"], "password": "secret"}
    status, opened = await desk.post("/admin/sessions", session)
    assert status == 201
    assert "secret" not in str(desk.journaled(SessionOpened))
    client = Client(desk.venue, opened["session_id"])
    port = await _log_on(desk.venue, client, "secret")
    account_id = port.session.account_ids[0]
    client.send(
        NewOrder(
            opened["session_id"], "o1", account_id, BTC_USDT, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, SCALE,
            100 * SCALE,
        )
    )  # fmt: skip
    await venues.check(desk.venue)
    assert client.kinds == ["OrderAccepted"]
    async with running(venues.crash_copy(desk.venue.settings, tmp_path / "again")) as again:
        assert again.accounts[account_id].account.balances == {"USDT": 1000 * SCALE}
        assert again.accounts[account_id].account.orders_open == 1


async def _log_on(venue: Venue, client: Client, password: str) -> Any:
    return await venue.door.admit(
        protocol="SOUPBIN", comp_id="NEWBIE", target_comp_id="", username="NEWBIE", password=password,
        connection=client, remote="test",
    )  # fmt: skip


async def test_a_disabled_session_is_logged_out_and_stays_out(desk: Desk) -> None:
    assert desk.venue is not None
    session = {"protocol": "SOUPBIN", "comp_id": "NEWBIE", "firm": "F", "accounts": ["A2"], "password": "secret"}
    _, opened = await desk.post("/admin/sessions", session)
    client = Client(desk.venue, opened["session_id"])
    port = await _log_on(desk.venue, client, "secret")
    assert (await desk.get("/admin/sessions"))[-1]["logged_on"] is True
    assert (await desk.post(f"/admin/sessions/{opened['session_id']}/disable"))[0] == 200
    await venues.at_rest(desk.venue)
    assert client.gone == "the session has been disabled"
    port.log_out(confirmed=False)
    with pytest.raises(LogonRefused):
        await _log_on(desk.venue, client, "secret")
    assert (await desk.post(f"/admin/sessions/{opened['session_id']}/enable"))[0] == 200
    assert await _log_on(desk.venue, client, "secret") is port


async def test_a_session_that_is_disabled_while_its_password_is_checked_stays_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.venue is not None
    session = {"protocol": "SOUPBIN", "comp_id": "NEWBIE", "firm": "F", "accounts": ["A2"], "password": "secret"}
    _, opened = await desk.post("/admin/sessions", session)
    checking, disabled = threading.Event(), threading.Event()

    def slow_check(password: str, credential: str) -> bool:
        checking.set()
        return disabled.wait(60)

    monkeypatch.setattr("actors.door.verify", slow_check)
    refused: list[LogonRefused] = []

    async def log_on() -> None:
        assert desk.venue is not None
        try:
            await _log_on(desk.venue, Client(desk.venue, opened["session_id"]), "secret")
        except LogonRefused as refusal:
            refused.append(refusal)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(log_on)
        await trio.to_thread.run_sync(checking.wait)
        await desk.post(f"/admin/sessions/{opened['session_id']}/disable")
        disabled.set()
    assert len(refused) == 1
    assert desk.venue.ports[opened["session_id"]].connection is None


async def test_the_states_hash_is_journaled(desk: Desk) -> None:
    status, answer = await desk.post("/admin/state-hashes")
    assert status == 201
    assert desk.journaled(StateHashed).digest == answer["digest"]


async def test_accounts_that_are_added_at_the_same_time_get_ids_of_their_own(desk: Desk) -> None:
    answers: list[tuple[int, Any]] = []

    async def add(name: str) -> None:
        answers.append(await desk.post("/admin/accounts", {"name": name, "firm": "F"}))

    async with trio.open_nursery() as nursery:
        for name in ("N1", "N2", "N1"):
            nursery.start_soon(add, name)
    assert sorted(status for status, _ in answers) == [201, 201, 409]
    assert {"N1", "N2"} <= {account["name"] for account in await desk.get("/admin/accounts")}
    assert desk.journaled(AccountOpened).account_id == 6


@pytest.mark.parametrize(
    ("path", "body", "status", "key"),
    [
        ("/admin/accounts/A2/deposits", {"asset": "USDT", "amount": 1}, 400, "amount"),
        ("/admin/accounts/A2/deposits", {"asset": "USDT", "amount": "1e3"}, 400, "amount"),
        ("/admin/accounts/A2/deposits", {"asset": "USDT", "amount": "-1"}, 400, "amount"),
        ("/admin/accounts/A2/deposits", {"asset": "USDT", "amount": "0"}, 400, "amount"),
        ("/admin/accounts/A2/deposits", {"asset": "USDT"}, 400, "amount"),
        ("/admin/accounts/A2/deposits", {"asset": "USDT", "amount": "1", "memo": ""}, 400, "memo"),
        ("/admin/accounts/A2/deposits", b"{", 400, "body"),
        ("/admin/accounts/A2/deposits", b"\xff", 400, "body"),
        ("/admin/accounts/A2/deposits", {"asset": "EUR", "amount": "1"}, 404, ""),
        ("/admin/accounts/A9/deposits", {"asset": "USDT", "amount": "1"}, 404, ""),
        ("/admin/accounts/A9/block", None, 404, ""),
        ("/admin/accounts/FEES/block", None, 409, ""),
        ("/admin/accounts", {"name": "A2", "firm": "F"}, 409, ""),
        ("/admin/accounts", {"name": "FEES", "firm": "F"}, 400, "name"),
        ("/admin/accounts", {"name": "no spaces", "firm": "F"}, 400, "name"),
        ("/admin/accounts", {"name": "N", "firm": "Q"}, 400, "firm"),
        ("/admin/accounts", {"name": "N", "firm": "F", "balances": {"USDT": "x"}}, 400, "balances.USDT"),
        ("/admin/instruments/BTC%2FUSDT/status", {"status": "PAUSED"}, 400, "status"),
        ("/admin/instruments/XX/status", {"status": "HALTED"}, 404, ""),
        ("/admin/sessions/99/enable", None, 404, ""),
        ("/admin/sessions/x/enable", None, 404, ""),
        ("/admin/sessions", {"protocol": "X", "comp_id": "C", "firm": "F", "accounts": []}, 400, "protocol"),
        ("/admin/nothing", None, 404, ""),
    ],
)
async def test_a_refusal_says_which_key_and_changes_nothing(
    desk: Desk, path: str, body: Any, status: int, key: str
) -> None:
    assert desk.venue is not None
    before = desk.venue.journal.durable_seq
    answered, answer = await desk.post(path, body)
    assert answered == status, answer
    assert answer["error"]
    assert [problem["key"] for problem in answer.get("problems", [])][:1] == ([key] if key else [])
    assert desk.venue.journal.durable_seq == before


async def test_a_session_obeys_the_configurations_rules(desk: Desk) -> None:
    wrong = {
        "protocol": "SOUPBIN", "comp_id": "TOOLONGNAME", "firm": "F", "accounts": ["A2", "A9"],
        "password": "longer-than-ten",
    }  # fmt: skip
    status, answer = await desk.post("/admin/sessions", wrong)
    assert status == 400
    assert {problem["key"] for problem in answer["problems"]} == {"comp_id", "password", "accounts[1]"}
    assert "longer-than-ten" not in json.dumps(answer)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
async def test_administration_needs_the_token(desk: Desk, token: str) -> None:
    for method, path in (("GET", "/admin/accounts"), ("POST", "/admin/accounts/A2/block"), ("GET", "/admin/nothing")):
        status, _ = await desk.ask(method, path, token=token)
        assert status == 401
    for path in ("/health/live", "/health/ready"):
        assert (await desk.ask("GET", path, token=token))[0] == 200


async def test_the_operators_name_must_be_one(desk: Desk) -> None:
    body = {"asset": "USDT", "amount": "1"}
    status, answer = await desk.ask("POST", "/admin/accounts/A2/deposits", body, operator="two words")
    assert (status, answer["problems"][0]["key"]) == (400, "X-Operator")


async def test_every_change_is_told_to_the_log(desk: Desk) -> None:
    await desk.post("/admin/accounts/A2/block")
    await desk.post("/admin/accounts/A9/block")
    assert [(it["operator"], it["status"]) for it in desk.told] == [("ann", 200), ("ann", 404)]


async def test_before_the_replay_is_through_nothing_can_be_done_and_the_reason_is_told(tmp_path: Path) -> None:
    desk = Desk(None, venues.settings(tmp_path))
    desk.operations.phase = "the journal is being replayed"
    assert await desk.ask("GET", "/health/live") == (200, {"live": True})
    assert await desk.ask("GET", "/health/ready") == (
        503, {"ready": False, "reason": "the journal is being replayed"},
    )  # fmt: skip
    assert (await desk.ask("GET", "/admin/accounts"))[0] == 503
    assert (await desk.post("/admin/accounts/A2/block"))[0] == 503


async def test_when_the_journal_fails_a_change_under_way_is_not_acknowledged(tmp_path: Path) -> None:
    settings = venues.settings(tmp_path)
    async with running(settings) as venue:
        desk = Desk(venue, settings)

        def fail(payloads: list[bytes]) -> int:
            raise OSError("No space left on device")

        venue.journal.commit = fail  # type: ignore[method-assign,assignment]
        body = {"asset": "USDT", "amount": "1"}
        status, answer = await desk.post("/admin/accounts/A2/deposits", body)
        assert (status, answer["error"]) == (503, "the journal has failed: No space left on device")
        assert (await desk.ask("GET", "/health/ready"))[0] == 503
        assert (await desk.post("/admin/accounts/A2/deposits", body))[0] == 503
        assert (await desk.post("/admin/state-hashes"))[0] == 503
        balances = (await desk.get("/admin/accounts/A2/balances"))["balances"]
        assert next(it for it in balances if it["asset"] == "USDT")["balance"] == "100000"
