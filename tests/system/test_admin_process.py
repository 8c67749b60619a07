"""Operators and the venue as a process: the command line, the HTTP port during replay, signals, and what goes wrong."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from held_ports import held_port
from venue_process import DEMO, ROOT, MakeVenue, VenueProcess, command, run_command

from clients.sync import SyncClient
from engine.events import AccountOpened, Deposited, Record
from engine.types import Side
from engine.wire import encode_record
from stores.journal.journal import Journal
from stores.journal.options import JournalOptions
from stores.journal.segment import segment_name
from tradeengine.cli import main

_UNTIL_S = 60.0


def get(port: int, path: str) -> tuple[int, Any]:
    """Status and decoded JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_UNTIL_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def admin(venue: VenueProcess, *arguments: str, status: int = 0) -> str:
    """What ``tradeengine admin`` prints; the venue is found by its data directory alone."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        ended = main(["admin", "--data-dir", str(venue.data_dir), "--operator", "ann", *arguments])
    assert ended == status, err.getvalue()
    return err.getvalue() if status else out.getvalue()


def test_an_operators_day(make_venue: MakeVenue) -> None:
    venue = make_venue()
    assert get(venue.ports.admin, "/health/ready") == (200, {"ready": True})
    assert "sequence" in admin(venue, "deposit", "TRADR1", "USD", "12.5")
    assert "10000000012.5" in admin(venue, "balances", "TRADR1")
    error = admin(venue, "withdraw", "TRADR1", "USD", "99999999999", status=1)
    assert error == "tradeengine: insufficient USD: needs 99999999999, free 10000000012.5\n"
    assert "sequence" in admin(venue, "halt", "BTC/USDT")
    assert "HALTED" in admin(venue, "instruments")
    assert "sequence" in admin(venue, "add-account", "NEW", "QUANTA", "--balance", "USD=5")
    assert json.loads(admin(venue, "--json", "balances", "NEW"))["balances"][0]["balance"] == "5"
    assert venue.stop() == 0

    verified = run_command("journal", "verify", "--data-dir", venue.data_dir)
    assert verified.returncode == 0, verified.stderr
    assert "state hashes: 1 compared, all equal" in verified.stdout
    dumped = run_command("journal", "dump", "--data-dir", venue.data_dir)
    assert "amount=12.5 operator=ann" in dumped.stdout

    venue.restart()
    assert "10000000012.5" in admin(venue, "balances", "TRADR1")
    assert "HALTED" in admin(venue, "instruments")


def test_an_operators_instruments(make_venue: MakeVenue, tmp_path: Path) -> None:
    venue = make_venue()
    rules = tmp_path / "rules.yaml"
    rules.write_text("tick_size: 0.05\nschedule:\n  - {at: '09:30', phase: CONTINUOUS, days: [mon, wed]}\n")
    listing = ("list-instrument", "MSFT", "--like", "AAPL", "--file", str(rules), "--set", "base=MSFT")
    assert "sequence" in admin(venue, *listing, "--set", "protection.collar_rate=0.1", "--set", "phase=PRE_OPEN")
    told = dict(line.split(" ", 1) for line in admin(venue, "rules", "MSFT").splitlines() if " " in line)
    assert {key: told[key] for key in ("tick_size", "lot_size", "protection.collar_rate")} == {
        "tick_size": "0.05", "lot_size": "1", "protection.collar_rate": "0.1",
    }  # fmt: skip
    assert "PRE_OPEN" in admin(venue, "instruments")
    assert told["schedule[0].days"] == "mon, wed"
    assert "sequence" in admin(venue, "change-instrument", "MSFT", "--set", "max_qty=5", "--set", "schedule=[]")
    assert json.loads(admin(venue, "--json", "rules", "MSFT"))["schedule"] == []
    error = admin(venue, "change-instrument", "MSFT", "--set", "max_qty=0", status=1)
    assert error.startswith("tradeengine: max_qty: '0' is not allowed; expected a number from")
    for wrong in ("max_qty", "schedule=[", "schedule=!!x"):
        assert "--set" in admin(venue, "change-instrument", "MSFT", "--set", wrong, status=1)
    assert "sequence" in admin(venue, "phase", "MSFT", "continuous", "--reason", "early")
    assert "sequence" in admin(venue, "reference-price", "MSFT", "401.5")
    assert "sequence" in admin(venue, "maintenance", "MSFT")
    assert "MAINTENANCE" in admin(venue, "instruments")
    for whose in (("--symbol", "MSFT"), ("--account", "TRADR1"), ("--session", "1"), ("--all",)):
        assert "sequence" in admin(venue, "cancel-orders", *whose)
    assert "sequence" in admin(venue, "delist", "MSFT")
    assert "sequence" in admin(venue, *listing)
    venue.kill()
    venue.restart()
    assert [line.split()[3] for line in admin(venue, "instruments").splitlines() if line.startswith("MSFT")] == [
        "DELISTED", "ACTIVE",
    ]  # fmt: skip
    assert venue.stop() == 0
    assert run_command("journal", "verify", "--data-dir", venue.data_dir).returncode == 0


def test_an_operator_busts_and_corrects_a_trade(make_venue: MakeVenue) -> None:
    venue = make_venue()
    before = admin(venue, "balances", "TRADR1")
    trade_id = ""
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR1", "demo", first_cl_ord_id=17) as client:
        for side in (Side.SELL, Side.BUY):
            client.new_order("AAPL", side, qty="2", price="200")
            assert client.next_event(_UNTIL_S) is not None
        trade_id = str((1 + [it["symbol"] for it in _instruments(venue)].index("AAPL") << 40) + 1)
        assert "sequence" in admin(venue, "correct", trade_id, "199", "1", "--reason", "typing error")
        shown = json.loads(admin(venue, "--json", "trade", trade_id))
        assert (shown["status"], shown["px"], shown["qty"]) == ("CORRECTED", "199", "1")
        assert "sequence" in admin(venue, "bust", trade_id, "--reason", "clearly erroneous")
        assert "has been busted" in admin(venue, "bust", trade_id, status=1)
    assert "aggressor.account TRADR1" in admin(venue, "trade", trade_id)
    assert admin(venue, "balances", "TRADR1") == before
    assert admin(venue, "bust", "5", status=1) == "tradeengine: there is no trade 5\n"


def _instruments(venue: VenueProcess) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = json.loads(admin(venue, "--json", "instruments"))
    return listed


def test_a_change_that_was_answered_survives_kill_9(make_venue: MakeVenue) -> None:
    venue = make_venue()
    admin(venue, "deposit", "TRADR1", "USD", "7")
    venue.kill()
    venue.restart()
    assert "10000000007" in admin(venue, "balances", "TRADR1")
    assert venue.stop() == 0
    assert run_command("journal", "verify", "--data-dir", venue.data_dir).returncode == 0


def test_the_journal_can_be_read_while_the_venue_runs(shared_venue: VenueProcess) -> None:
    lines = run_command(
        "journal", "dump", "--data-dir", shared_venue.data_dir, "--json", "--to", "5"
    ).stdout.splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3, 4, 5]
    assert run_command("journal", "verify", "--data-dir", shared_venue.data_dir).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(make_venue: MakeVenue, number: signal.Signals) -> None:
    venue = make_venue()
    os.kill(venue.pid, number)
    assert venue.wait() == 0
    assert "Traceback" not in venue.output
    assert not (venue.data_dir / "ports.json").exists()


def test_the_banner_says_where_and_who(shared_venue: VenueProcess) -> None:
    for expected in (
        f"127.0.0.1:{shared_venue.ports.fix}", f"127.0.0.1:{shared_venue.ports.binary}", f"http://127.0.0.1:{shared_venue.ports.admin}",
        "BROKER1, BROKER2, BROKER3, BROKER4", "TRADR1, TRADR2, TRADR3, TRADR4", "BTC/USDT", "TargetCompID TRADEENGINE",
    ):  # fmt: skip
        assert expected in shared_venue.output
    assert "demo.yaml" not in shared_venue.output


def test_a_second_venue_on_the_same_journal_is_refused_and_harms_nothing(shared_venue: VenueProcess) -> None:
    ports = ("--fix-port", "0", "--binary-port", "0", "--admin-port", "0")
    second = run_command("run", "--config", DEMO, "--data-dir", shared_venue.data_dir, *ports)
    assert second.returncode == 4
    assert second.stderr.splitlines()[-1].endswith(f"is in use by process {shared_venue.pid}")
    assert "Traceback" not in second.stderr
    assert (shared_venue.data_dir / "ports.json").exists()
    assert get(shared_venue.ports.admin, "/health/ready")[0] == 200


def test_a_port_in_use_is_told_before_anything_else(shared_venue: VenueProcess, tmp_path: Path) -> None:
    other = ("--fix-port", str(shared_venue.ports.fix), "--binary-port", "0", "--admin-port", "0")
    second = run_command("run", "--config", DEMO, "--data-dir", tmp_path / "other", *other)
    assert second.returncode == 4
    assert second.stderr == (
        f"tradeengine: fix.port: cannot listen on 127.0.0.1:{shared_venue.ports.fix}: it is in use\n"
    )
    assert not (tmp_path / "other" / "journal").exists()


def test_a_damaged_journal_is_refused_in_one_line(make_venue: MakeVenue) -> None:
    venue = make_venue()
    assert venue.stop() == 0
    segment = venue.data_dir / "journal" / segment_name(1)
    content = bytearray(segment.read_bytes())
    content[content.index(b"USDT")] ^= 1
    segment.write_bytes(content)
    refused = run_command(
        "run", "--data-dir", venue.data_dir, "--fix-port", "0", "--binary-port", "0", "--admin-port", "0"
    )  # fmt: skip
    assert refused.returncode == 3
    assert refused.stderr.splitlines()[-1].startswith("tradeengine: journal damaged in segment ")
    assert "Traceback" not in refused.stderr


def test_a_configuration_that_contradicts_the_journal_is_refused(make_venue: MakeVenue, tmp_path: Path) -> None:
    venue = make_venue()
    assert venue.stop() == 0
    changed = tmp_path / "changed.yaml"
    changed.write_text(DEMO.read_text().replace("base: XRP", "base: XPR", 1).replace("XRP:", "XPR:"))
    ports = ("--fix-port", "0", "--binary-port", "0", "--admin-port", "0")
    refused = run_command("run", "--config", changed, "--data-dir", venue.data_dir, *ports)
    assert refused.returncode == 2
    assert "XRP/USDT.base" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.fixture
def long_history(tmp_path: Path) -> Path:
    """A data directory whose replay takes a second or so."""
    journal = Journal.open(JournalOptions(directory=tmp_path / "data" / "journal", durability="os"))
    deposit = encode_record(Record(1, 0, 0, 0, [], [Deposited(2, "USD", 1, "test")]))
    journal.commit([encode_record(Record(1, 0, 0, 0, [], [AccountOpened(2, "BROKER1", "HARBOR")]))])
    for _ in range(100):
        journal.commit([deposit] * 4000)
    journal.close()
    return tmp_path / "data"


_HELD = """
import os, sys
import tradeengine.app as app
from tradeengine.cli import main

recover = app.recover

def held(*arguments):
    os.read(0, 1)
    return recover(*arguments)

app.recover = held
sys.exit(main())
"""
"""The command line, but that a replay waits for a byte from stdin before it begins."""


@pytest.fixture
def replaying(long_history: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A venue that has just been started on it, and its admin port. A byte lets its replay go on."""
    with held_port() as port:
        ports = ("--fix-port", "0", "--binary-port", "0", "--admin-port", str(port))
        with subprocess.Popen(
            [sys.executable, "-c", _HELD, "run", "--config", DEMO, "--data-dir", long_history, *ports],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            yield process, port
            if process.poll() is None:
                process.kill()


def _await_answer(process: subprocess.Popen[bytes], port: int, status: int) -> Any:
    """What ``/health/ready`` says with this status, which is waited for."""
    until = time.monotonic() + _UNTIL_S
    while True:
        assert process.poll() is None
        assert time.monotonic() < until
        with contextlib.suppress(OSError):
            found, body = get(port, "/health/ready")
            if found == status:
                return body
        time.sleep(0.01)


def test_operators_are_answered_during_the_replay(replaying: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = replaying
    reason = "the journal is being replayed"
    assert _await_answer(process, port, 503) == {"ready": False, "reason": reason}
    assert process.stdin is not None
    process.stdin.write(b"x")
    process.stdin.flush()
    assert _await_answer(process, port, 200) == {"ready": True}
    assert get(port, "/health/live") == (200, {"live": True})


def test_a_replay_can_be_stopped(replaying: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = replaying
    assert not _await_answer(process, port, 503)["ready"]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=_UNTIL_S)
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors


def test_a_journal_that_cannot_be_written_is_not_acknowledged_and_readiness_says_so(make_venue: MakeVenue) -> None:
    venue = make_venue()
    venue.limit_file_size(4096)
    error = admin(venue, "deposit", "TRADR1", "USD", "1", status=1)
    assert "the journal has failed" in error
    status, body = get(venue.ports.admin, "/health/ready")
    assert status == 503
    assert "the journal has failed" in body["reason"]
    assert venue.stop() == 1


def test_every_order_can_be_followed_in_the_log_at_level_debug_and_not_otherwise(make_venue: MakeVenue) -> None:
    for level, expected in (("debug", 1), ("info", 0)):
        venue = make_venue(LOG__LEVEL=level, LOG__FORMAT="json")
        _trade_once(venue)
        assert venue.stop() == 0
        told = [json.loads(line) for line in venue.output.splitlines() if line.startswith("{")]
        mine = [line["event"] for line in told if line.get("order") == "SOUPBIN:TRADR1:17"]
        assert mine == ["command_received", "outcome_durable"] * expected


def _trade_once(venue: VenueProcess) -> None:
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR1", "demo", first_cl_ord_id=17) as client:
        client.new_order("AAPL", Side.BUY, qty="1", price="200")
        assert client.next_event(_UNTIL_S) is not None


def test_version_is_told() -> None:
    assert run_command("version").stdout.startswith("tradeengine ")


def test_reading_only_a_part_of_the_output_is_no_error(shared_venue: VenueProcess) -> None:
    with subprocess.Popen(
        command("journal", "dump", "--data-dir", shared_venue.data_dir),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(_UNTIL_S) == 0
