"""Some million mutated messages for each parser of clients' bytes, and as many by coverage as its time allows.

No exception, no hang, no memory that grows, and never an order from bytes whose length or checksum is wrong: see
``fuzz_targets`` and ``fuzz_binary`` for what is held against what, ``fuzz.py`` to run one alone. All are started at
once, one a core; `-m "not fuzz"` leaves them out, and `make fuzz` runs ten million frames for the binary gateway.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from fuzz import TARGETS

pytestmark = pytest.mark.fuzz

PROGRAM = Path(__file__).with_name("fuzz.py")
ATHERIS = Path(sys.prefix) / "tools" / "atheris" / "bin" / "python"
MESSAGES = dict.fromkeys(TARGETS, 1_000_000) | {name: 350_000 for name in TARGETS if name.startswith("session/")}
"""The three versions of a session are one parser with three dictionaries."""
MESSAGES["decode"] = 200_000
"""It reads no client's bytes but logs, for people, and takes its time."""
WHOLE = os.environ.get("FUZZ") == "whole"
"""`make fuzz`: ten million frames for the binary gateway's parsers, a minute or two on two cores."""
MESSAGES |= (
    {"binary": 10_000_000, "binary-logins": 1_000_000, "binary-market": 1_000_000, "mold-requests": 1_000_000}
    if WHOLE
    else {"binary": 1_500_000, "binary-logins": 300_000, "binary-market": 300_000, "mold-requests": 300_000}
)
COVERAGE_RUNS = 30_000
_THROUGH = ("valid", "accepted", "orders", "refused orders", "whole")
"""Counts of what has got through all checks: without, it is the checks alone that are fuzzed."""
_TIMEOUT_S = 3600 if WHOLE else 900
Ran = subprocess.CompletedProcess[str]


def _run(arguments: list[str | Path], environment: dict[str, str]) -> Ran:
    command = [*arguments, "--seed", "1"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, env=os.environ | environment
    )


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Ran]]]:
    """Every run of a target that a test of this session asks for, by its name, with ``/coverage`` after it for those by
    coverage."""
    asked = {item.callspec.params["name"] for item in request.session.items if item.path == request.path}  # type: ignore[attr-defined]
    wanted = [name for name in TARGETS if name in asked]
    # libFuzzer ends a process without another word: what it leaves behind lies with the tests' own.
    ours = {"PYTHONPATH": sysconfig.get_path("purelib"), "TMPDIR": str(tmp_path_factory.mktemp("corpora"))}
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        started = {
            name: pool.submit(_run, [sys.executable, PROGRAM, name, "--messages", str(MESSAGES[name])], {})
            for name in wanted
        }
        if ATHERIS.exists():
            for name in wanted:
                options = [name, "--coverage", "--runs", str(COVERAGE_RUNS)]
                started[f"{name}/coverage"] = pool.submit(_run, [ATHERIS, PROGRAM, *options], ours)
        yield started
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_messages(name: str, runs: dict[str, Future[Ran]], capsys: pytest.CaptureFixture[str]) -> None:
    ran = runs[name].result()
    assert ran.returncode == 0, ran.stderr[-4000:]
    told = json.loads(ran.stdout)
    with capsys.disabled():
        print(f"\n  fuzz {ran.stdout.strip()}")
    assert told["messages"] == MESSAGES[name]
    reached = {key: count for key, count in told.items() if key in _THROUGH}
    assert min(reached.values()) > told["messages"] // 500, f"it does not get through: {told}"


@pytest.mark.skipif(not ATHERIS.exists(), reason="atheris is not there: scripts/install-test-tools.sh installs it")
@pytest.mark.parametrize("name", TARGETS)
def test_messages_by_coverage(name: str, runs: dict[str, Future[Ran]], capsys: pytest.CaptureFixture[str]) -> None:
    ran = runs[f"{name}/coverage"].result()
    assert ran.returncode == 0, ran.stderr[-4000:]
    told = dict(re.findall(r"^stat::(\w+): +(\d+)$", ran.stderr, re.MULTILINE))
    done, found = told["number_of_executed_units"], told["new_units_added"]
    with capsys.disabled():
        print(f"\n  fuzz {name} by coverage: {done} runs, {found} ways through the code not taken before")
    assert int(done) >= COVERAGE_RUNS
    assert int(found) > 0
