"""The C example, compiled from the header that the schemas make, trades with a venue."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from venue_process import ROOT, VenueProcess

GCC = shutil.which("gcc")
pytestmark = pytest.mark.skipif(GCC is None, reason="no C compiler here")
SOURCE = ROOT / "examples" / "c" / "trader.c"
WAIT_S = 60.0


@pytest.fixture(scope="module")
def trader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert GCC is not None
    program = tmp_path_factory.mktemp("c") / "trader"
    options = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2")
    ran = subprocess.run([GCC, *options, "-o", program, SOURCE], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return program


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=WAIT_S)


def test_a_program_in_c_trades(trader: Path, shared_venue: VenueProcess) -> None:
    port = str(shared_venue.ports.binary)
    for first in (1, 6):
        ran = run(trader, "127.0.0.1", port, "TRADR1", "demo", "8", "230.50")
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
        login, *reports, logout = ran.stdout.splitlines()
        assert re.fullmatch(r"logged in, session .{10}", login)
        assert [re.sub(r"order \d+", "order N", line) for line in reports] == [
            f"{first} Accepted: order N, buy 10.00000000 at 230.50000000",
            f"{first + 1} Accepted: order N, sell 4.00000000 at 230.50000000",
            f"{first + 1} Executed: 4.00000000 at 230.50000000, 0.00000000 left, taker",
            f"{first} Executed: 4.00000000 at 230.50000000, 6.00000000 left, maker",
            f"{first + 2} Canceled: order N, 4.00000000 had been filled",
        ]
        assert logout == "logged out, 5 reports"


@pytest.mark.parametrize(
    ("password", "security_id", "price", "told"),
    [
        ("wrong", "8", "230.50", "trader: the venue refused the login"),
        ("demo", "8", "230.501", "trader: price 230.501 is not a positive multiple of the tick 0.01"),
        ("demo", "8", "much", "trader: a price such as 230.50"),
        ("demo", "4000000000", "230.50", "trader: "),
    ],
)
def test_what_the_venue_refuses_is_told(
    trader: Path, shared_venue: VenueProcess, password: str, security_id: str, price: str, told: str
) -> None:
    ran = run(trader, "127.0.0.1", str(shared_venue.ports.binary), "TRADR2", password, security_id, price)
    assert ran.returncode == 1
    assert ran.stderr.startswith(told)
    assert len(ran.stderr.splitlines()) == 1
