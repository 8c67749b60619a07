"""The commands and programs that the documents show: run against a venue, in order, with the output that is shown."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, Block, agree, examples
from venue_process import MakeVenue, VenueProcess, command

LIMIT_S = 120.0
WITH_COMMANDS = tuple(path for path in DOCUMENTS if examples(path, "sh", "python"))
_METRIC = re.compile(r"\btradeengine_(?!sbe\b|soup\b)[a-z_]+")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory whose ``tradeengine`` is this checkout's, whatever is installed."""
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "tradeengine"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return directory


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_do_what_the_document_shows(document: Path, make_venue: MakeVenue, programs: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the examples use curl")
    shown = examples(document, "sh", "python")
    venue = make_venue()
    for block, output in shown:
        ran = run(block, venue, programs)
        said = ran.stdout.replace(str(venue.data_dir), "var")
        assert ran.returncode == 0, f"{block.place} ended with {ran.returncode}:\n{said}"
        if output is not None:
            assert agree(output, said), f"{block.place} shows\n{output}\nbut prints\n{said}"
    assert venue.running, venue.output


def run(block: Block, venue: VenueProcess, programs: Path) -> subprocess.CompletedProcess[str]:
    """Carry a block out as a reader would, but on the venue's real ports and directory."""
    text = adapted(block.text, venue)
    program = [sys.executable] if block.words[0] == "python" else ["bash", "-euo", "pipefail"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TRADE_")}
    environment |= {
        "PATH": f"{programs}:{environment.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
        "TRADE_ENGINE_DATA_DIR": str(venue.data_dir),
        "TRADE_PORT": str(venue.ports.binary),
    }
    return subprocess.run(
        [*program, "-c", text],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def adapted(text: str, venue: VenueProcess) -> str:
    ports = {"9878": venue.ports.fix, "9900": venue.ports.binary, "9464": venue.ports.admin}
    for usual, real in ports.items():
        text = re.sub(rf"(?<=[: ]){usual}\b", str(real), text)
    return re.sub(r"\bvar/", f"{venue.data_dir}/", text)


def test_metrics_that_the_documents_name_are_there(make_venue: MakeVenue) -> None:
    named = {name for document in DOCUMENTS for name in _METRIC.findall(document.read_text("utf-8"))}
    with urllib.request.urlopen(f"http://127.0.0.1:{make_venue().ports.admin}/metrics", timeout=LIMIT_S) as answer:
        there = set(_METRIC.findall(answer.read().decode()))
    assert named
    assert named <= there
