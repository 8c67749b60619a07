"""What operators see of FIX sessions and do about them: the admin port's answers, and how they are printed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trio
from admin_desk import Desk
from fix_wire import ORDER, SESSION_ID, Wire, World, world
from venue_in_process import Client, Clock

from engine.events import SessionResetRequested
from engine.session_profile import CancelOnDisconnect, Rights, SessionSchedule, SessionWindow
from tradeengine.admin_client import AdminError
from tradeengine.cli_fix import _detail, _id_of, _table
from tradeengine.fix_inspection import window_text

NS = 10**9
PATH = f"/admin/fix-sessions/{SESSION_ID}"
OFFICE = SessionSchedule("Europe/London", [SessionWindow([0, 1, 2, 3, 4], "08:00:00", "17:00:00")])


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC")).timestamp()) * NS


class Console:
    """An operator, and the session's client."""

    def __init__(self, it: World) -> None:
        self.world = it
        self.desk = Desk(it.venue, it.venue.settings)

    async def line(self) -> dict[str, Any]:
        """The session's line of the table."""
        lines = await self.desk.get("/admin/fix-sessions")
        return next(line for line in lines if line["session_id"] == SESSION_ID)

    async def log_on(self, seq: int = 1) -> Wire:
        wire = await self.world.connect()
        assert (await wire.log_on(seq))["35"] == "A"
        return wire


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    async with world(tmp_path, Clock(at("2026-01-05T09:00:00"))) as it:
        yield Console(it)


async def test_the_table_has_every_fix_session(console: Console) -> None:
    lines = await console.desk.get("/admin/fix-sessions")
    assert [(line["session_id"], line["begin_string"], line["comp_id"]) for line in lines] == [
        (1, "FIX.4.4", "FIX1"),
        (2, "FIX.4.2", "FIX2"),
    ]
    assert lines[0] | {"last_logon": ""} == {
        "session_id": 1, "begin_string": "FIX.4.4", "comp_id": "FIX1", "target_comp_id": "TRADEENGINE", "firm": "F",
        "rights": ["trade", "market data"], "state": "logged out", "remote": "", "in_next": 1, "out_next": 1,
        "open_orders": 0, "last_logon": "", "backlog_bytes": 0, "cancel_on_disconnect": "off", "cancels": 0,
    }  # fmt: skip


async def test_a_session_that_is_logged_on(console: Console) -> None:
    await console.world.profile(
        cancel_on_disconnect=CancelOnDisconnect.DISCONNECT, rights=Rights.TRADE | Rights.DROP_COPY
    )
    wire = await console.log_on()
    await wire.send("D", 2, f"11=C1|{ORDER}")
    await wire.next()
    line = await console.line()
    assert (line["state"], line["in_next"], line["out_next"]) == ("logged on", 3, 3)
    assert line["remote"] == wire.address
    assert (line["open_orders"], line["cancels"], line["cancel_on_disconnect"]) == (1, 1, "disconnect")
    assert line["rights"] == ["trade", "drop copy"]
    assert line["last_logon"].endswith("Z")
    detail = await console.desk.get(PATH)
    assert detail["session"] == line
    assert detail["numbers"]["unconfirmed"] == 1
    assert detail["activity"] == {
        "heartbeat_s": 0, "parked": 0, "resends_waiting": 0, "resending": False, "rejects": 0, "commands_under_way": 0,
    }  # fmt: skip


async def test_states(console: Console) -> None:
    await console.world.profile(schedule=OFFICE)
    assert (await console.line())["state"] == "logged out"
    detail = await console.desk.get(PATH)
    assert detail["schedule"] == {
        "zone": "Europe/London",
        "windows": ["mon-fri 08:00:00 to 17:00:00"],
        "current": {"start": "2026-01-05 08:00:00 Europe/London", "end": "2026-01-05 17:00:00 Europe/London"},
        "next_start": "2026-01-06 08:00:00 Europe/London",
    }
    console.world.clock.now_ns = at("2026-01-05T17:00:00")
    assert (await console.line())["state"] == "outside schedule"
    assert (await console.desk.get(PATH))["schedule"]["current"] is None
    assert (await console.desk.post(f"/admin/sessions/{SESSION_ID}/disable"))[0] == 200
    assert (await console.line())["state"] == "disabled"


async def test_a_logout_says_why_and_returns_when_the_client_is_gone(console: Console) -> None:
    wire = await console.log_on()
    answers: list[tuple[int, Any]] = []

    async def ask() -> None:
        answers.append(await console.desk.post(f"{PATH}/logout", {"reason": "maintenance"}))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        logout = await wire.next()
        assert (logout["35"], logout["58"]) == ("5", "maintenance")
        assert (await console.line())["state"] == "logging out"
        await wire.send("5", 2)
    assert answers[0][0] == 200
    assert (await console.line())["state"] == "logged out"
    assert (await console.desk.post(f"{PATH}/logout", {}))[0] == 409
    await console.log_on(3)


async def test_a_reset_is_journaled_with_the_operators_name_and_holds_for_the_next_logon(console: Console) -> None:
    await (await console.log_on()).log_out(2)
    await console.world.gone()
    status, _ = await console.desk.post(f"{PATH}/reset", {})
    assert status == 200
    assert console.desk.journaled(SessionResetRequested) == SessionResetRequested(SESSION_ID, "ann")
    assert (await console.desk.get(PATH))["numbers"]["resets_at_next_logon"]
    await console.log_on(1)
    assert not (await console.desk.get(PATH))["numbers"]["resets_at_next_logon"]


async def test_a_reset_waits_for_nobody_who_is_there(console: Console) -> None:
    wire = await console.log_on()
    status, answer = await console.desk.post(f"{PATH}/reset", {})
    assert (status, answer["error"]) == (409, "the session is logged on: log it out first, or with --logout")
    answers: list[tuple[int, Any]] = []

    async def ask() -> None:
        answers.append(await console.desk.post(f"{PATH}/reset", {"logout": True}))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        assert (await wire.next())["58"] == "sequence numbers are reset by an operator"
        await wire.send("5", 2)
    assert answers[0][0] == 200
    await console.log_on(1)


async def test_a_client_that_does_not_leave(console: Console, autojump_clock: Any) -> None:
    client = Client(console.world.venue, SESSION_ID).connect()
    status, answer = await console.desk.post(f"{PATH}/logout", {})
    assert (status, answer["error"]) == (409, "the client has not left")
    assert client.gone == "logged out by an operator"


async def test_what_is_refused(console: Console) -> None:
    for path in ("/admin/fix-sessions/3", "/admin/fix-sessions/77"):  # a binary one, and none
        assert (await console.desk.ask("GET", path))[0] == 404
        for action in ("logout", "reset"):
            assert (await console.desk.post(f"{path}/{action}", {}))[0] == 404
    assert (await console.desk.post(f"{PATH}/logout", {"reason": "a\nb"}))[0] == 400
    assert (await console.desk.post(f"{PATH}/reset", {"logout": 3}))[0] == 400
    assert (await console.desk.ask("GET", "/admin/fix-sessions", token="Bearer no"))[0] == 401


# ---- text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (SessionWindow([0, 1, 2, 3, 4], "08:00:00", "17:00:00"), "mon-fri 08:00:00 to 17:00:00"),
        (SessionWindow([6], "17:00:00", "17:00:00", 5), "sun 17:00:00 to fri 17:00:00"),
        (SessionWindow([2, 0], "17:00:00", "02:00:00"), "mon,wed 17:00:00 to 02:00:00 next day"),
        (SessionWindow(list(range(7)), "00:00:00", "00:00:00"), "daily 00:00:00 to 00:00:00 next day"),
        (SessionWindow([0, 3], "09:00:00", "12:00:00", 2), "mon,thu 09:00:00 to 12:00:00 2 days later"),
    ],
)
def test_windows_as_people_write_them(window: SessionWindow, text: str) -> None:
    assert window_text(window) == text


async def test_the_table_and_the_page(console: Console) -> None:
    await console.world.profile(schedule=OFFICE, cancel_on_disconnect=CancelOnDisconnect.LOGOUT)
    wire = await console.log_on()
    await wire.send("D", 2, f"11=C1|{ORDER}")
    await wire.next()
    heading, first, _ = _table(await console.desk.get("/admin/fix-sessions")).splitlines()
    assert heading.split() == [
        "ID", "VERSION", "COMP", "ID", "FIRM", "RIGHTS", "STATE", "IN", "OUT", "ORDERS", "LAST", "LOGON", "BACKLOG",
        "CANCEL", "ON",
    ]  # fmt: skip
    told = f"FIX.4.4 FIX1 F trade,market data logged on from {wire.address} 3 3 1 "
    assert " ".join(first.split()).startswith(f"1 {told}")
    assert first.endswith(" 0  logout (1)")
    page = _detail(await console.desk.get(PATH) | {"settings": {"reset_on_logon": True}})
    assert [line for line in page.splitlines() if line.isupper()] == [
        "SESSION", "NUMBERS", "SCHEDULE", "ACTIVITY", "SETTINGS",
    ]  # fmt: skip
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "current.end 2026-01-05 17:00:00 Europe/London" in lines
    assert "reset on logon yes" in lines


def test_a_session_is_named_by_its_id_or_its_comp_id() -> None:
    class Venue:
        def get(self, *segments: str) -> Any:
            return [{"session_id": n, "comp_id": comp_id} for n, comp_id in ((1, "A"), (2, "B"), (5, "B"), (7, "5"))]

    venue: Any = Venue()
    assert (_id_of(venue, "1"), _id_of(venue, "A"), _id_of(venue, "5")) == ("1", "1", "5")
    with pytest.raises(AdminError, match="there is no FIX session 'C'"):
        _id_of(venue, "C")
    with pytest.raises(AdminError, match="one of 2, 5"):
        _id_of(venue, "B")
