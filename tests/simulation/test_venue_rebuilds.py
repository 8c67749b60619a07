"""While an actor is being rebuilt: nobody waits for ever, nothing is left half done, and no hash is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from test_venue_crashes import MARKER, crash_on_marker, crash_reports, order
from venue_in_process import Client, check, folded, records_in, running, settings

from actors.account import AccountActor
from actors.messages import SetBlocked, Transfer
from actors.port import SessionPort
from engine.account import Account
from engine.book import Book
from engine.commands import MassCancel
from engine.events import AccountBlocked, MassCancelPartDone, SessionLoggedOut, StateHashed
from engine.queries import OrderStatusQuery
from engine.types import SCALE
from tradeengine.members import Members


def crash_once(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, of: type) -> list[Any]:
    """``owner.method`` raises after it has handled its first ``of``."""
    original = getattr(owner, method)
    crashes: list[Any] = []

    def crashing(self: Any, message: Any) -> Any:
        result = original(self, message)
        if isinstance(message, of) and not crashes:
            crashes.append(message)
            raise RuntimeError("made to crash")
        return result

    monkeypatch.setattr(owner, method, crashing)
    return crashes


async def test_a_mass_cancel_whose_last_part_crashes_the_account_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashes = crash_once(monkeypatch, Account, "apply", MassCancelPartDone)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"), MassCancel(1, "m", 2))
        await check(venue)
        assert crashes
        assert client.kinds == ["OrderAccepted", "OrderCanceled", "MassCancelCompleted"]


async def test_an_operator_is_told_when_a_transfer_crashes_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(self: AccountActor, request: Transfer) -> None:
        raise RuntimeError("made to crash")

    monkeypatch.setattr(AccountActor, "_transfer", crashing)
    async with running(settings(tmp_path)) as venue:
        told: list[Any] = []
        with venue.dispatcher.turn():
            venue.account_mail[2].tell(Transfer("USDT", SCALE, "ann", told.append, told.append))
        await check(venue)
        assert told == ["system error in the account"]


async def test_a_block_that_crashes_the_account_holds_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(self: AccountActor, request: SetBlocked) -> None:
        raise RuntimeError("made to crash")

    monkeypatch.setattr(AccountActor, "_set_blocked", crashing)
    async with running(settings(tmp_path)) as venue:
        told: list[int] = []
        with venue.dispatcher.turn():
            venue.account_mail[2].tell(SetBlocked(True, "ann", told.append))
        await check(venue)
        (event,) = [e for seq, r in records_in(venue.settings.journal_dir) if seq in told for e in r.events]
        assert event == AccountBlocked(2, True, "ann")
        assert venue.accounts[2].account.blocked


async def test_a_session_that_crashes_between_messages_is_cut_off_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"))
        await check(venue)
        answer = SessionPort._answer_queries

        def crashing(self: SessionPort) -> None:
            if self.resolved == 2:
                monkeypatch.setattr(SessionPort, "_answer_queries", answer)
                raise RuntimeError("made to crash")

        monkeypatch.setattr(SessionPort, "_answer_queries", crashing)
        with venue.dispatcher.turn():
            client.send(order("b"))
            client.port.query(OrderStatusQuery(1, "q", "b"))
        await check(venue)
        assert client.gone == "system error in the session"


async def test_a_crashed_sessions_connection_has_no_word_in_the_next_ones_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_reports(monkeypatch)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        crashed = client.port
        client.send(order(MARKER))
        await check(venue)
        again = Client(venue, 1).connect()
        again.port.log_on(reset=False)
        crashed.log_out(confirmed=False)  # the gateway takes its time
        await check(venue)
        events = [event for _, record in records_in(venue.settings.journal_dir) for event in record.events]
        assert not any(isinstance(event, SessionLoggedOut) for event in events)


async def test_a_rebuilt_session_expects_the_first_number_that_has_no_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_reports(monkeypatch)
    async with running(settings(tmp_path, dispatch_budget=1)) as venue:
        client = Client(venue, 1).connect()
        names = [f"a{n}" if n != 3 else MARKER for n in range(10)]
        for number, name in enumerate(names, 1):
            client.send(msgspec.structs.replace(order(name), in_from=number, in_seq=number))
        await check(venue)
        assert client.gone
        assert venue.ports[1].in_next == 11


async def test_no_hash_is_taken_while_a_book_is_being_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crash_on_marker(monkeypatch, Book, "new_order", after=True)
    may_rebuild = trio.Event()
    rebuilt = Members._rebuilt

    async def waiting(self: Members, last: int) -> Any:
        await may_rebuild.wait()
        return await rebuilt(self, last)

    monkeypatch.setattr(Members, "_rebuilt", waiting)
    async with running(settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        client.send(order("a"), order(MARKER), order("b"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(venue.hash_state)
            for _ in range(20):
                await trio.lowlevel.checkpoint()
            may_rebuild.set()
        records = records_in(venue.settings.journal_dir)
        hashed = records[-1][1].events[0]
        assert isinstance(hashed, StateHashed)
        assert hashed.digest == folded(records[:-1]).digest()
        await check(venue)
