"""``tradeengine demo``: participants of both protocols trade with each other; it ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from terminal import run_in_terminal
from venue_process import ROOT, command, run_command

from tradeengine.ports_file import read_ports

PARTICIPANT = re.compile(r"^(\w+) +(SBE|FIX 4\.4) +(\w+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) +\S+ \S+ +\S+ \S+$")


def participants(summary: str) -> dict[str, tuple[str, int, int]]:
    """Protocol, requests and fills by name."""
    rows = (PARTICIPANT.match(line.rstrip()) for line in summary.splitlines())
    return {row[1]: (row[2], int(row[4].replace(",", "")), int(row[5].replace(",", ""))) for row in rows if row}


def counted(summary: str, what: str) -> int:
    found = re.search(rf"^{what}: (\d+)", summary, re.MULTILINE)
    assert found is not None, summary
    return int(found[1])


def test_five_seconds_of_trading_over_both_protocols(tmp_path: Path) -> None:
    ran = run_command("demo", "--plain", "--seconds", "5", "--seed", "7", "--data-dir", tmp_path / "kept")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert counted(ran.stdout, "trades") > 0
    rows = participants(ran.stdout)
    assert len(rows) == 8
    for protocol in ("SBE", "FIX 4.4"):
        mine = [row for row in rows.values() if row[0] == protocol]
        assert len(mine) == 4
        assert sum(fills for _, _, fills in mine) > 0
        assert all(requests > 0 for _, requests, _ in mine)
    assert sum(fills for _, _, fills in rows.values()) > counted(ran.stdout, "trades"), "a trade has two sides"
    refusals = re.findall(r"refused \d+ times: (.*)", ran.stdout)
    assert {text for text in refusals if not text.startswith("order is ")} == set(), "only races are lost"

    verified = run_command("journal", "verify", "--data-dir", tmp_path / "kept")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_an_interrupt_ends_it_in_order() -> None:
    process = subprocess.Popen(
        command("demo", "--plain", "--rate", "100"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("trading on 127.0.0.1: fix ")
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "trades: " in said
    assert errors == ""


def test_a_venue_that_dies_ends_it_with_its_last_words(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("demo", "--plain", "--data-dir", tmp_path),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("trading on")
    os.kill(read_ports(tmp_path)["pid"], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("tradeengine demo: ")
    assert "venue_open" in errors
    assert "Traceback" not in errors


def test_the_live_screen_comes_and_goes(tmp_path: Path) -> None:
    keys = [(b"participants, 1,000", b"8"), (b"AAPL, last", b"q")]
    said, status = run_in_terminal(command("demo", "--data-dir", tmp_path), keys)
    assert status == 0
    enter, leave = said.index(b"\x1b[?1049h"), said.index(b"\x1b[?1049l")
    assert enter < leave < said.index(b"trades: ")


def test_a_venue_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("not a directory")
    ran = run_command("demo", "--plain", "--seconds", "1", "--data-dir", tmp_path)
    assert ran.returncode == 1
    assert "the venue ended with status" in ran.stderr
    assert "journal" in ran.stderr
