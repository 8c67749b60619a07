"""Sessions opened, changed and removed while the venue runs: in force at once, journaled, kept over a restart."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import venue_in_process as venues
from admin_desk import Desk
from venue_in_process import BTC_USDT, Client, running

from actors.boundary import LogonRefused
from actors.passwords import PasswordRefused
from actors.port import SessionPort
from config.keys import owner_of
from config.reference import SessionConfig
from engine.commands import NewOrder
from engine.events import SessionOpened, SessionRemoved
from engine.session_profile import CancelOnDisconnect, RateAction, Rights
from engine.types import SCALE, OrdType, Side, TimeInForce

PUBLIC = base64.b64encode(bytes(range(32))).decode()
SECRET = base64.b64encode(b"a secret of the client's, 32 byt").decode()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = venues.settings(tmp_path)
    async with running(settings) as venue:
        yield Desk(venue, settings)
        await venues.check(venue)


def _buy(session_id: int, cl_ord_id: str, side: Side = Side.BUY) -> NewOrder:
    return NewOrder(
        session_id, cl_ord_id, 2, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC, SCALE, 100 * SCALE
    )  # fmt: skip


async def _open(desk: Desk, **entry: Any) -> int:
    plain = {"protocol": "FIX.4.4", "comp_id": "NEW", "firm": "F", "accounts": ["A2"], "password": "secret"}
    status, answer = await desk.post("/admin/sessions", plain | entry)
    assert status == 201, answer
    return int(answer["session_id"])


async def _log_on(desk: Desk, client: Client, password: str = "secret", comp_id: str = "NEW") -> SessionPort:
    return await desk.running.door.admit(
        protocol="FIX.4.4", comp_id=comp_id, target_comp_id="TRADEENGINE", username="", password=password,
        connection=client, remote="test",
    )  # fmt: skip


async def test_a_session_is_opened_with_its_whole_profile(desk: Desk) -> None:
    session_id = await _open(
        desk,
        rights=["trade", "drop_copy"],
        copies_of=["F"],
        cancel_on_disconnect={"mode": "disconnect", "window_s": 1.5},
        rate={"per_second": 10, "action": "disconnect"},
        public_keys=[f"laptop:{PUBLIC}"],
        hmac_keys=[f"server:{SECRET}"],
        schedule={"zone": "UTC", "windows": [{"days": "mon-fri", "start": "08:00", "end": "17:00"}]},
        reset_on_logout=True,
    )
    event = desk.journaled(SessionOpened)
    profile = event.profile
    assert profile.rights == Rights.TRADE | Rights.DROP_COPY
    assert (profile.copies_of, profile.cancel_on_disconnect) == (("F",), CancelOnDisconnect.DISCONNECT)
    assert (profile.cancel_window_ms, profile.rate_per_s, profile.rate_action) == (1500, 10, RateAction.DISCONNECT)
    assert profile.reset_on_logout
    assert profile.schedule is not None
    assert SECRET not in str(event)
    opened = desk.running.seal.open(profile.hmac_keys[0], owner_of("FIX.4.4", "NEW", "TRADEENGINE"))
    assert opened.data == base64.b64decode(SECRET)
    shown = await desk.get(f"/admin/sessions/{session_id}")
    assert shown["rights"] == ["trade", "drop_copy"]
    assert (shown["password_hash"], shown["hmac_keys"], shown["logged_on"]) == ("***", ["server"], False)
    assert "password" not in shown
    assert shown["schedule"]["windows"][0]["days"] == "mon-fri"


async def test_changed_keys_alone_change(desk: Desk) -> None:
    session_id = await _open(desk, rate={"per_second": 10, "burst": 20}, hmac_keys=[f"server:{SECRET}"])
    before = desk.journaled(SessionOpened)
    changes = {"rate": {"per_second": "30"}, "accounts": ["A2", "A3"], "rights": ["market_data"]}
    status, answer = await desk.post(f"/admin/sessions/{session_id}/changes", changes)
    assert status == 200, answer
    after = desk.journaled(SessionOpened)
    assert (after.profile.rate_per_s, after.profile.rate_burst) == (30, 20)
    assert (after.account_ids, after.profile.rights, after.operator) == ([2, 3], Rights.MARKET_DATA, "ann")
    same = {"account_ids": before.account_ids, "profile": before.profile}
    assert msgspec.structs.replace(after, **same) == before
    assert after.profile.hmac_keys == before.profile.hmac_keys
    assert desk.running.ports[session_id].session == after


async def test_a_changed_password_is_the_only_one(desk: Desk) -> None:
    session_id = await _open(desk)
    assert (await desk.post(f"/admin/sessions/{session_id}/changes", {"password": "better"}))[0] == 200
    client = Client(desk.running, session_id)
    with pytest.raises(LogonRefused):
        await _log_on(desk, client)
    (await _log_on(desk, client, "better")).log_out(confirmed=True)
    assert "better" not in str(desk.all_journaled(SessionOpened))


@pytest.mark.parametrize(
    ("changes", "key", "text"),
    [
        ({"comp_id": "X"}, "comp_id", "is not a setting; another CompID is another session"),
        ({"enabled": False}, "enabled", "is not a setting; it is set by an action of its own"),
        ({"hmac_keys": []}, "hmac_keys", "is not a setting; keys are added and revoked one by one"),
        ({"rate": {"per_second": "x"}}, "rate.per_second", "'x' is not allowed; expected a whole number"),
        ({"accounts": ["A9"]}, "accounts[0]", "unknown account 'A9'"),
        ({"colour": 1}, "colour", "unknown key"),
        ({"rate": 1}, "rate", "is a single value, but keys with values in what is in force"),
        ({}, "body", "names nothing to change"),
    ],
)
async def test_what_can_not_be_changed_is_told_with_its_key(desk: Desk, changes: Any, key: str, text: str) -> None:
    status, answer = await desk.post("/admin/sessions/1/changes", changes)
    assert status == 400
    (problem,) = answer["problems"]
    assert problem["key"] == key
    assert problem["text"].startswith(text)


async def test_keys_are_added_and_revoked(desk: Desk) -> None:
    path = f"/admin/sessions/{await _open(desk)}/keys"
    assert (await desk.post(path, {"key_id": "laptop", "kind": "ed25519", "key": PUBLIC}))[0] == 201
    status, made = await desk.post(path, {"key_id": "server", "kind": "hmac"})
    assert (status, len(base64.b64decode(made["secret"]))) == (201, 32)
    event = desk.journaled(SessionOpened)
    assert event.profile.public_keys == (f"laptop:{PUBLIC}",)
    assert made["secret"] not in str(event)
    owner = owner_of("FIX.4.4", "NEW", "TRADEENGINE")
    assert desk.running.seal.open(event.profile.hmac_keys[0], owner).data == base64.b64decode(made["secret"])
    assert await desk.post(path, {"key_id": "third", "kind": "hmac", "key": SECRET}) == (
        201, {"key_id": "third", "sequence": desk.running.journal.durable_seq},
    )  # fmt: skip
    assert (await desk.post(f"{path}/server/revoke"))[0] == 200
    assert [it.partition(":")[0] for it in desk.journaled(SessionOpened).profile.hmac_keys] == ["third"]
    assert (await desk.post(f"{path}/server/revoke"))[0] == 404


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"key_id": "a", "kind": "rsa"}, 400, "kind: 'rsa' is not allowed; expected one of ed25519, hmac"),
        ({"key_id": "a b", "kind": "hmac"}, 400, "key_id: 'a b' is not allowed; expected 1 to 32 of A-Z"),
        ({"key_id": "a", "kind": "ed25519"}, 400, "key: is not allowed; expected 32 bytes in base64"),
        ({"key_id": "a", "kind": "hmac", "key": "c2hvcnQ="}, 400, "key: is not allowed; expected 16 to 64 bytes"),
        ({"key_id": "NEW", "kind": "hmac"}, 409, "the name 'NEW' is taken"),
    ],
)
async def test_keys_that_are_none_are_refused(desk: Desk, body: Any, status: int, text: str) -> None:
    session_id = await _open(desk)
    refused = await desk.post(f"/admin/sessions/{session_id}/keys", body)
    assert refused[0] == status
    assert refused[1]["error"].startswith(text)


async def test_a_session_has_eight_keys_of_a_kind_at_most(desk: Desk) -> None:
    path = f"/admin/sessions/{await _open(desk)}/keys"
    answers = [await desk.post(path, {"key_id": f"k{n}", "kind": "hmac"}) for n in range(9)]
    assert [status for status, _ in answers] == [201] * 8 + [409]


async def test_removing_logs_out_cancels_and_gives_the_identity_free(desk: Desk, tmp_path: Path) -> None:
    venue = desk.running
    first = await _open(desk)
    client = Client(venue, first)
    port = await _log_on(desk, client)
    client.send(_buy(first, "o1"), _buy(first, "o2"))
    await venues.at_rest(venue)
    async with trio.open_nursery() as nursery:

        async def leave() -> None:
            while not client.gone:
                await trio.lowlevel.checkpoint()
            port.log_out(confirmed=True)

        nursery.start_soon(leave)
        assert (await desk.post(f"/admin/sessions/{first}/remove"))[0] == 200
    assert client.gone == "the session has been disabled"
    assert desk.journaled(SessionRemoved) == SessionRemoved(first, "ann")
    assert venue.accounts[2].account.orders_open == 0
    assert first not in [it["session_id"] for it in await desk.get("/admin/sessions")]
    assert (await desk.post(f"/admin/sessions/{first}/enable"))[0] == 404
    with pytest.raises(LogonRefused):
        await _log_on(desk, client)
    again = await _open(desk, password="other")
    assert again > first
    newcomer = Client(venue, again)
    (await _log_on(desk, newcomer, "other")).log_on(reset=False)
    newcomer.send(_buy(again, "o1"))
    await venues.check(venue)
    assert newcomer.kinds[-1] == "OrderAccepted"
    async with running(venues.crash_copy(venue.settings, tmp_path / "again")) as restarted:
        assert restarted.directory.session_keyed("FIX.4.4", "NEW", "TRADEENGINE") is restarted.directory.sessions[again]
        assert first not in restarted.directory.sessions
        assert restarted.ports[again].state.open.keys() == venue.ports[again].state.open.keys()
        await venues.check(restarted)


async def test_what_becomes_of_a_removed_session_s_trades_is_still_journaled(desk: Desk) -> None:
    venue = desk.running
    session_id = await _open(desk)
    client = Client(venue, session_id)
    port = await _log_on(desk, client)
    client.send(_buy(session_id, "o1"), _buy(session_id, "o2", Side.SELL))
    await venues.at_rest(venue)
    port.log_out(confirmed=True)
    trade = next(event for event in client.events if type(event).__name__ == "TradeExecuted")
    assert (await desk.post(f"/admin/sessions/{session_id}/remove"))[0] == 200
    status, answer = await desk.post(f"/admin/trades/{trade.trade_id}/bust", {"reason": "clearly erroneous"})
    assert status == 200, answer
    shown = await desk.get(f"/admin/trades/{trade.trade_id}")
    assert shown["aggressor"]["session"] == "FIX.4.4:NEW"


async def test_a_client_that_does_not_leave_keeps_its_session_disabled(desk: Desk, autojump_clock: Any) -> None:
    session_id = await _open(desk)
    client = Client(desk.running, session_id)
    port = await _log_on(desk, client)
    status, answer = await desk.post(f"/admin/sessions/{session_id}/remove")
    assert (status, answer["error"]) == (409, "the client has not left; the session is disabled: try again")
    port.log_out(confirmed=False)
    assert (await desk.post(f"/admin/sessions/{session_id}/remove"))[0] == 200


async def test_a_configured_session_that_was_removed_stays_away(desk: Desk, tmp_path: Path) -> None:
    assert (await desk.post("/admin/sessions/2/remove"))[0] == 200
    copy = venues.crash_copy(desk.running.settings, tmp_path / "again")
    async with running(copy) as restarted:
        assert sorted(restarted.directory.sessions) == [1, 3]
        again = {"protocol": "FIX.4.2", "comp_id": "FIX2", "firm": "F", "password": "x"}
        assert (await Desk(restarted, copy).post("/admin/sessions", again))[0] == 201
        await venues.check(restarted)


async def test_what_operators_changed_of_a_configured_session_stays_until_its_configuration_changes(
    desk: Desk, tmp_path: Path
) -> None:
    assert (await desk.post("/admin/sessions/1/changes", {"rights": ["market_data"]}))[0] == 200
    copy = venues.crash_copy(desk.running.settings, tmp_path / "again")
    async with running(copy) as restarted:
        assert restarted.directory.sessions[1].profile.rights == Rights.MARKET_DATA
    session: SessionConfig = msgspec.structs.replace(copy.sessions[0], last_processed=True)
    async with running(msgspec.structs.replace(copy, sessions=[session, *copy.sessions[1:]])) as restarted:
        profile = restarted.directory.sessions[1].profile
        assert profile.rights == Rights.TRADE | Rights.MARKET_DATA
        assert profile.last_processed


async def test_configured_secrets_are_sealed_once(tmp_path: Path) -> None:
    plain = venues.settings(tmp_path)
    session: SessionConfig = msgspec.structs.replace(plain.sessions[0], hmac_keys=[f"server:{SECRET}"])
    settings = msgspec.structs.replace(plain, sessions=[session, *plain.sessions[1:]])
    async with running(settings) as venue:
        (sealed,) = venue.directory.sessions[1].profile.hmac_keys
        assert SECRET not in sealed
    assert (tmp_path / "venue.key").stat().st_mode & 0o777 == 0o600
    async with running(settings) as venue:
        assert venue.directory.sessions[1].profile.hmac_keys == (sealed,)


async def test_a_client_changes_its_own_password_for_good(desk: Desk, tmp_path: Path) -> None:
    session_id = await _open(desk)
    venue = desk.running
    with pytest.raises(PasswordRefused, match="the password is not the session's"):
        await venue.door.change_password(session_id, "wrong", "better")
    with pytest.raises(PasswordRefused, match="a password has 1 to 64 ASCII characters"):
        await venue.door.change_password(session_id, "secret", "bett er")
    await venue.door.change_password(session_id, "secret", "better")
    assert desk.journaled(SessionOpened).operator == "client"
    (await _log_on(desk, Client(venue, session_id), "better")).log_out(confirmed=True)
    async with running(venues.crash_copy(venue.settings, tmp_path / "again")) as restarted:
        await restarted.door.change_password(session_id, "better", "best")


async def test_changes_at_the_same_time_are_all_made(desk: Desk) -> None:
    session_id = await _open(desk)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.running.door.change_password, session_id, "secret", "better")
        nursery.start_soon(desk.post, f"/admin/sessions/{session_id}/changes", {"rights": ["trade"]})
        nursery.start_soon(desk.post, f"/admin/sessions/{session_id}/keys", {"key_id": "k", "kind": "hmac"})
    session = desk.running.directory.sessions[session_id]
    assert session.profile.rights == Rights.TRADE
    assert len(session.profile.hmac_keys) == 1
    (await _log_on(desk, Client(desk.running, session_id), "better")).log_out(confirmed=True)
