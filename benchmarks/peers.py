"""Order books from PyPI in an environment of their own: installed on first use, run in processes of their own.

The environment lies in ``var/``, which nothing else looks at: remove it to have it made anew.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.harness import ROOT, Figures

VERSIONS = {
    "liquibook": "2.0.1",
    "lightmatchingengine": "2019.1.4",
    "pyorderbook": "0.4.9",
    "orderly-chaos": "0.2.0",
}
DIRECTORY = ROOT / "var" / f"peers-{sys.version_info.major}.{sys.version_info.minor}"

_RUNNER = Path(__file__).with_name("peer_runner.py")
_INSTALL_TIMEOUT_S = 180.0
_RUN_TIMEOUT_S = 120.0


class Unavailable(Exception):
    """A peer can't be run here; the message says why."""


class Peer:
    """A peer's process; a call is one run on the stream."""

    def __init__(self, name: str, python: Path, stream: Path, operations: int) -> None:
        self.name = name
        arguments = [str(python), str(_RUNNER), name, str(stream), str(operations)]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> Figures:
        """``operations/s``, and ``trades``, ``traded_qty`` and ``notional``, by which one tells that it is right.

        Raises:
            Unavailable: the process has ended.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it had to say is read below
            self._process.stdin.write("run\n")
            self._process.stdin.flush()
        figures: dict[str, float] = json.loads(self._line())
        return figures

    def wait_until_ready(self) -> None:
        """It has read the stream, and will do nothing until it is called. Raises Unavailable."""
        self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unavailable("its process has ended")
        return line

    def close(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def install(say: Callable[[str], None], *, quick: bool) -> dict[str, str]:
    """Make the environment, as far as it is not there; why each peer that is missing is, by its name.

    A quick run installs nothing. ``say`` is told what takes time.
    """
    missing: dict[str, str] = {}
    python = DIRECTORY / "bin" / "python"
    if not python.exists():
        if quick:
            return dict.fromkeys(VERSIONS, "not installed, and a quick run installs nothing")
        say(f"making an environment for the peers in {DIRECTORY.relative_to(ROOT)}")
        venv.create(DIRECTORY, with_pip=True, clear=True)
    for name, version in VERSIONS.items():
        if _installed(name, version):
            continue
        if quick:
            missing[name] = "not installed, and a quick run installs nothing"
            continue
        say(f"installing {name} {version}")
        reason = _pip_install(python, f"{name}=={version}")
        if reason:
            missing[name] = reason
    return missing


def _installed(name: str, version: str) -> bool:
    return any(DIRECTORY.glob(f"lib/*/site-packages/{name.replace('-', '_')}-{version}.dist-info"))


def _pip_install(python: Path, requirement: str) -> str:
    """Empty, or why it can't be installed."""
    arguments = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    try:
        ran = subprocess.run(arguments, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"pip does not end within {_INSTALL_TIMEOUT_S:g} s"
    errors = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
    return (errors[-1] if errors else f"pip ends with {ran.returncode}") if ran.returncode else ""


@contextlib.contextmanager
def started(names: list[str], stream: Path, operations: int, missing: dict[str, str]) -> Iterator[list[Peer]]:
    """The peers' processes, idle until they are called. One that does not start is added to ``missing``."""
    peers = [Peer(name, DIRECTORY / "bin" / "python", stream, operations) for name in names]
    ready: list[Peer] = []
    try:
        for peer in peers:
            try:
                peer.wait_until_ready()
                ready.append(peer)
            except Unavailable as reason:
                missing[peer.name] = str(reason)
        yield ready
    finally:
        for peer in peers:
            peer.close()
