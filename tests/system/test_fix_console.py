"""``tradeengine fix`` against a running venue with a FIX client logged on, and over its own traffic."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fix_client import FixClient
from venue_process import MakeVenue, VenueProcess, run_command

from tradeengine.cli import main

Rows = list[dict[str, Any]]


class Console:
    """An operator at the command line; the venue is found by its data directory alone."""

    def __init__(self, venue: VenueProcess) -> None:
        self.venue = venue

    def __call__(self, command: str, *arguments: str, status: int = 0) -> str:
        out, err = io.StringIO(), io.StringIO()
        where = ["--data-dir", str(self.venue.data_dir), "--operator", "ann"]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = main(["fix", command, *where, *arguments])
        assert ended == status, err.getvalue()
        return err.getvalue() if status else out.getvalue()

    def line(self, client: FixClient) -> dict[str, Any]:
        """A session's line of the table."""
        lines: Rows = json.loads(self("sessions", "--json"))
        named = (client.begin_string, client.comp_id)
        return next(line for line in lines if (line["begin_string"], line["comp_id"]) == named)


@contextlib.contextmanager
def leaving(client: FixClient) -> Iterator[None]:
    """The client answers a Logout meanwhile, and the connection ends."""
    thread = threading.Thread(target=client.await_end)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.fixture
def console(make_venue: MakeVenue) -> Console:
    return Console(make_venue())


def test_an_operators_console(console: Console) -> None:
    client = FixClient("BROKER1")
    client.log_on(console.venue.ports.fix)
    client.new_order("C1", "BTC/USDT", "1", "1", "100")
    assert client.receive().get(150) == "0"
    session_id = str(console.line(client)["session_id"])

    table = console("sessions").splitlines()
    assert table[0].startswith("ID  VERSION")
    mine = next(line for line in table if line.split()[0] == session_id)
    assert "logged on from 127.0.0.1:" in mine
    assert len([line for line in table if " logged out " in line]) == len(table) - 2
    line = console.line(client)
    assert (line["in_next"], line["out_next"], line["open_orders"]) == (3, 3, 1)
    page = console("show", session_id)
    assert "  comp id " in page
    assert "SETTINGS" in page
    assert "one of " in console("show", "BROKER1", status=1)  # it has one session for each version
    assert console("show", "NOBODY", status=1) == "tradeengine: there is no FIX session 'NOBODY'\n"

    assert "the session is logged on" in console("reset", session_id, status=1)
    with leaving(client):
        assert "sequence" in console("logout", session_id, "--reason", "maintenance tonight")
    assert client.logout_text == "maintenance tonight"
    assert console.line(client)["state"] == "logged out"
    assert "not logged on" in console("logout", session_id, status=1)

    number = client.out_next
    assert client.log_on(console.venue.ports.fix).number == number  # a logout resets nothing
    with leaving(client):
        assert "sequence" in console("reset", session_id, "--logout")
    assert client.logout_text == "sequence numbers are reset by an operator"
    console.venue.kill()
    console.venue.restart()
    again = FixClient("BROKER1")  # with numbers from 1
    assert again.log_on(console.venue.ports.fix).number == 1
    again.sync("BTC/USDT")


def test_a_reset_is_in_the_journal_and_starts_both_directions_anew(console: Console) -> None:
    client = FixClient("BROKER1", "FIX.4.2")
    client.log_on(console.venue.ports.fix)
    client.log_out()
    session_id = str(console.line(client)["session_id"])
    assert "sequence" in console("reset", session_id)
    dumped = run_command("journal", "dump", "--data-dir", console.venue.data_dir).stdout
    assert "SessionResetRequested" in dumped
    assert "operator=ann" in dumped
    again = FixClient("BROKER1", "FIX.4.2")
    logon = again.log_on(console.venue.ports.fix)
    assert (logon.number, 141 in logon) == (1, False)
    assert console.line(client)["in_next"] == 2
    again.log_out()
    assert console.venue.stop() == 0
    assert run_command("journal", "verify", "--data-dir", console.venue.data_dir).returncode == 0


def test_what_the_venue_sends_decodes_without_a_fault(console: Console, tmp_path: Path) -> None:
    client = FixClient("BROKER2")
    client.log_on(console.venue.ports.fix)
    client.new_order("C1", "BTC/USDT", "1", "1", "100")
    client.cancel("C2", "C1", "BTC/USDT", "1")
    client.sync("BTC/USDT")
    client.log_out()
    log = tmp_path / "venue.log"
    log.write_text("\n".join(f"12:00:00 < {message!r}|" for message in client.arrivals))
    shown = run_command("fix", "decode", log)
    assert shown.returncode == 0, shown.stderr
    assert "  39 OrdStatus                4 = CANCELED" in shown.stdout
    assert "!" not in shown.stdout
    compact = run_command("fix", "decode", "--compact", "--msg-type", "8", "--grep", "OrdStatus=NEW", log)
    assert compact.stdout.count("\n") == 1
    assert "ExecutionReport (8)" in compact.stdout
