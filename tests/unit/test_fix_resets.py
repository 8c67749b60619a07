"""When a FIX session's numbers start from 1 unasked: ResetOnLogon, ResetOnLogout, ResetOnDisconnect, its schedule's
windows, an operator; over restarts and crashes of the venue, with nothing lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import venue_in_process as venues
from fix_wire import ORDER, SESSION_ID, Wire, World, world
from venue_in_process import Clock

from engine.events import SessionLoggedOn, SessionLoggedOut, SessionResetRequested, TradingDayRolled
from engine.session_profile import SessionSchedule, SessionWindow

NS = 10**9
WEEKLY = SessionSchedule("America/New_York", [SessionWindow([6], "17:00:00", "17:00:00", 5)])
DAILY = SessionSchedule("UTC", [SessionWindow(list(range(7)), "08:00:00", "08:00:00")])


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * NS


def picked(message: dict[str, str], *tags: str) -> list[str | None]:
    return [message.get(tag) for tag in tags]


async def with_an_order(it: World, seq: int = 1) -> Wire:
    """Logged on, with one order whose report has come; the client's next number is ``seq`` + 2."""
    wire = await it.connect()
    assert (await wire.log_on(seq))["35"] == "A"
    await wire.send("D", seq + 1, f"11=C{seq}|{ORDER}")
    assert (await wire.next())["35"] == "8"
    return wire


async def cut(it: World, wire: Wire) -> None:
    wire.cut()
    await it.gone()


async def log_out(it: World, wire: Wire, seq: int) -> None:
    await wire.log_out(seq)
    await it.gone()


# ---- ResetOnLogon ---------------------------------------------------------------------------------------------------


async def test_each_logon_starts_from_one_and_unconfirmed_reports_follow(tmp_path: Path) -> None:
    async with world(tmp_path, reset_on_logon=True) as it:
        await cut(it, await with_an_order(it))
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34", "141") == ["A", "1", None]
        assert picked(await wire.next(), "35", "34", "97", "11", "43") == ["8", "2", "Y", "C1", None]
        await wire.send("1", 2, "112=x")
        assert picked(await wire.next(), "35", "34") == ["0", "3"]
        await venues.check(it.venue)


async def test_a_client_that_asks_for_the_reset_has_nothing_sent_again_unless_it_is_to(tmp_path: Path) -> None:
    async with world(tmp_path / "plain") as it:
        await cut(it, await with_an_order(it))
        wire = await it.connect()
        assert picked(await wire.log_on(1, "141=Y|"), "35", "34", "141") == ["A", "1", "Y"]
        await wire.send("1", 2, "112=x")
        assert picked(await wire.next(), "35", "34") == ["0", "2"]
        await wire.send("A", 1, "98=0|108=30|141=Y|")  # on a live session too
        assert picked(await wire.next(), "35", "34", "141") == ["A", "1", "Y"]
        await wire.send("1", 2, "112=y")
        assert picked(await wire.next(), "35", "34") == ["0", "2"]
        await venues.check(it.venue)
    async with world(tmp_path / "again", reissue_on_reset=True) as it:
        await cut(it, await with_an_order(it))
        wire = await it.connect()
        assert picked(await wire.log_on(1, "141=Y|"), "35", "34", "141") == ["A", "1", "Y"]
        assert picked(await wire.next(), "35", "34", "97", "11", "43") == ["8", "2", "Y", "C1", None]
        await venues.check(it.venue)


async def test_a_client_that_asks_for_the_reset_is_told_so(tmp_path: Path) -> None:
    async with world(tmp_path, reset_on_logon=True) as it:
        assert picked(await (await it.connect()).log_on(1, "141=Y|"), "35", "34", "141") == ["A", "1", "Y"]


async def test_a_client_that_does_not_start_from_one_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path, reset_on_logon=True) as it:
        wire = await it.connect()
        refusal = await wire.log_on(5)
        assert picked(refusal, "35", "58") == ["5", "MsgSeqNum too high, expecting 1 but received 5"]


# ---- ResetOnLogout --------------------------------------------------------------------------------------------------


async def test_a_completed_logout_starts_both_directions_anew(tmp_path: Path) -> None:
    async with world(tmp_path, reset_on_logout=True) as it:
        await log_out(it, await with_an_order(it), 3)
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34", "141") == ["A", "1", None]
        await wire.send("1", 2, "112=nothing was unconfirmed")
        assert picked(await wire.next(), "35", "34") == ["0", "2"]


async def test_a_broken_connection_is_no_logout(tmp_path: Path) -> None:
    async with world(tmp_path, reset_on_logout=True) as it:
        await cut(it, await with_an_order(it))
        assert picked(await (await it.connect()).log_on(3), "35", "34") == ["A", "3"]


async def test_a_client_that_believes_its_logout_completed_is_believed(tmp_path: Path) -> None:
    async with world(tmp_path, reset_on_logout=True) as it:
        await cut(it, await with_an_order(it))
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34") == ["A", "1"]
        assert picked(await wire.next(), "35", "34", "97") == ["8", "2", "Y"]


async def test_without_a_setting_numbers_go_on(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        await log_out(it, await with_an_order(it), 3)
        assert (await (await it.connect()).log_on(1))["58"] == "MsgSeqNum too low, expecting 4 but received 1"


# ---- ResetOnDisconnect ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("politely", [False, True])
async def test_any_end_starts_both_directions_anew(tmp_path: Path, politely: bool) -> None:
    async with world(tmp_path, reset_on_disconnect=True) as it:
        wire = await with_an_order(it)
        await (log_out(it, wire, 3) if politely else cut(it, wire))
    async with world(tmp_path, reset_on_disconnect=True) as it:  # the journal tells
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34") == ["A", "1"]
        await venues.check(it.venue)


@pytest.mark.parametrize(("setting", "seq"), [("reset_on_disconnect", 1), ("reset_on_disconnect", 3), ("", 3)])
async def test_a_crash_of_the_venue_is_a_disconnect(tmp_path: Path, setting: str, seq: int) -> None:
    settings = venues.settings(tmp_path / "before")
    async with world(tmp_path / "before", **{setting: True} if setting else {}) as it:
        await with_an_order(it)
        await venues.at_rest(it.venue)
        venues.crash_copy(settings, tmp_path / "after")
    async with world(tmp_path / "after", **{setting: True} if setting else {}) as it:
        wire = await it.connect()
        reply = await wire.log_on(seq)
        assert reply["35"] == "A"
        assert (reply["34"] == "1") is bool(setting)
        if setting and seq == 3:  # what it has sent before is asked for, as in any gap
            assert {(await wire.next())["35"], (await wire.next())["35"]} == {"2", "8"}
        await venues.check(it.venue)


async def test_a_crash_before_the_logout_was_durable_leaves_it_to_the_client(tmp_path: Path) -> None:
    settings = venues.settings(tmp_path / "before")
    async with world(tmp_path / "before", reset_on_logout=True) as it:
        await with_an_order(it)
        await venues.at_rest(it.venue)
        for target in ("one", "on"):
            venues.crash_copy(settings, tmp_path / target)
    async with world(tmp_path / "one", reset_on_logout=True) as it:
        assert picked(await (await it.connect()).log_on(1), "35", "34") == ["A", "1"]
    async with world(tmp_path / "on", reset_on_logout=True) as it:
        reply = await (await it.connect()).log_on(3)
        assert reply["35"] == "A"
        assert int(reply["34"]) > 2


# ---- schedules ------------------------------------------------------------------------------------------------------


async def test_outside_of_its_schedule_a_logon_is_refused_with_the_next_opening(tmp_path: Path) -> None:
    async with world(tmp_path, Clock(at("2026-01-09T17:00", "America/New_York")), schedule=WEEKLY) as it:
        wire = await it.connect()
        opening = "it opens again at 2026-01-11 17:00:00 America/New_York"
        refusal = await wire.log_on(1)
        assert picked(refusal, "35", "34", "58") == ["5", "1", f"the session is outside its schedule; {opening}"]
        assert await wire.ended()


async def test_numbers_go_on_within_a_window_and_start_anew_in_the_next(tmp_path: Path) -> None:
    clock = Clock(at("2026-01-05T08:00"))
    async with world(tmp_path, clock, schedule=DAILY) as it:
        await log_out(it, await with_an_order(it), 3)
        clock.now_ns = at("2026-01-06T07:59:59")
        wire = await it.connect()
        assert picked(await wire.log_on(4), "35", "34") == ["A", "4"]
        await log_out(it, wire, 5)
    async with world(tmp_path, clock, schedule=DAILY) as it:  # it follows from the journal
        wire = await it.connect()
        assert picked(await wire.log_on(6), "35", "34") == ["A", "6"]
        await cut(it, wire)
        clock.now_ns = at("2026-01-06T08:00")
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34", "141") == ["A", "1", None]
        await cut(it, wire)
        wire = await it.connect()
        assert picked(await wire.log_on(2), "35", "34") == ["A", "2"]
        await venues.check(it.venue)


async def test_unconfirmed_reports_of_an_earlier_window_follow_unless_their_day_is_over(tmp_path: Path) -> None:
    clock = Clock(at("2026-01-05T09:00"))
    async with world(tmp_path, clock, schedule=DAILY) as it:
        await cut(it, await with_an_order(it))
        await it.journal(TradingDayRolled("2026-01-05"))
        await cut(it, await with_an_order(it, seq=3))
        clock.now_ns = at("2026-01-06T09:00")
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34") == ["A", "1"]
        assert picked(await wire.next(), "34", "97", "11") == ["2", "Y", "C3"]
        await wire.send("1", 2, "112=x")
        assert picked(await wire.next(), "35", "34") == ["0", "3"]


async def test_a_client_that_has_not_started_anew_is_asked_for_what_is_missing(tmp_path: Path) -> None:
    async with world(tmp_path, Clock(at("2026-01-05T09:00")), schedule=DAILY) as it:
        wire = await it.connect()
        assert picked(await wire.log_on(7), "35", "34") == ["A", "1"]
        assert picked(await wire.next(), "35", "34", "7", "16") == ["2", "2", "1", "0"]


async def test_refusals_that_the_client_has_counted_are_passed_over_in_a_new_window(tmp_path: Path) -> None:
    """As QuickFIX does whose clock is ahead: it starts anew, is refused twice, and counts both Logouts."""
    clock = Clock(at("2026-01-11T16:59:59", "America/New_York"))
    async with world(tmp_path, clock, schedule=WEEKLY) as it:
        for seq in (1, 2):
            assert (await (await it.connect()).log_on(seq))["35"] == "5"
        clock.now_ns += NS
        wire = await it.connect()
        assert picked(await wire.log_on(3), "35", "34") == ["A", "3"]
        assert picked(await wire.next(), "35", "34", "7") == ["2", "4", "1"]
        await wire.send("4", 1, "43=Y|122=20260102-10:00:00|123=Y|36=4")
        await wire.send("D", 4, f"11=C1|{ORDER}")
        assert picked(await wire.next(), "35", "34") == ["8", "5"]
        await cut(it, wire)
        clock.now_ns += 7 * 86_400 * NS
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34") == ["A", "1"]  # nothing refused since: nothing passed over
        assert picked(await wire.next(), "34", "11", "97") == ["2", "C1", "Y"]
        await venues.check(it.venue)


async def test_a_schedule_that_a_session_is_given_starts_its_numbers_anew(tmp_path: Path) -> None:
    async with world(tmp_path, Clock(at("2026-01-05T09:00"))) as it:
        await log_out(it, await with_an_order(it), 3)
        await it.profile(schedule=DAILY)
        assert picked(await (await it.connect()).log_on(1), "35", "34") == ["A", "1"]


# ---- operators ------------------------------------------------------------------------------------------------------


async def test_an_operators_reset_holds_for_the_next_logon_alone(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        await log_out(it, await with_an_order(it), 3)
        await it.journal(SessionResetRequested(SESSION_ID, "ann"))
    async with world(tmp_path) as it:
        wire = await it.connect()
        assert picked(await wire.log_on(1), "35", "34", "141") == ["A", "1", None]
        await log_out(it, wire, 2)
        assert picked(await (await it.connect()).log_on(3), "35", "34") == ["A", "3"]
        await venues.check(it.venue)


async def test_what_the_journal_says(tmp_path: Path) -> None:
    async with world(tmp_path, Clock(at("2026-01-05T09:00")), schedule=DAILY, reset_on_disconnect=True) as it:
        await cut(it, await with_an_order(it))
        records = venues.records_in(it.venue.settings.journal_dir)
        told = [event for _, record in records for event in record.events]
    assert [event for event in told if isinstance(event, SessionLoggedOn)] == [
        SessionLoggedOn(SESSION_ID, 1, True, 2, 1, 2, at("2026-01-05T08:00"))
    ]
    assert [event for event in told if isinstance(event, SessionLoggedOut)] == [
        SessionLoggedOut(SESSION_ID, 3, 3, confirmed=False, reset_next=True, lost=True)
    ]
