"""QuickFIX, from PyPI, as a peer: its Python package, and its C++ without a line of Python on an order's way.

The C++ acceptor is compiled against the headers in the package's source, once: the result lies in ``var/``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import ROOT
from benchmarks.servers import Server

PYTHON = Path(sys.prefix) / "tools" / "quickfix" / "bin" / "python"
"""Where scripts/install-quickfix.sh has installed it."""
CPLUSPLUS, PACKAGE = "QuickFIX C++", "QuickFIX Python"
_PROGRAM = ROOT / "benchmarks" / "quickfix_acceptor.py"
_SOURCE = _PROGRAM.with_suffix(".cpp")
_REQUIREMENT = ROOT / "tests" / "tools" / "quickfix.txt"
_DIRECTORY = ROOT / "var" / "quickfix"
_LIBRARY = _DIRECTORY / "quickfix_acceptor.so"
_FLAGS = ("-std=c++17", "-O2", "-w", "-shared", "-fPIC", "-D__cpp_noexcept_function_type")
_TIMEOUT_S = 300


class Unavailable(Exception):
    """The peer can't be run here; the message says why."""


class QuickFixServer(Server):
    """An acceptor that accepts every order of BUYER and SELLER, over FIX.4.4. ``name``: CPLUSPLUS or PACKAGE."""

    def __init__(self, core: int, directory: Path, name: str) -> None:
        library = str(_LIBRARY) if name == CPLUSPLUS else "-"
        super().__init__([str(_PROGRAM), library], core, directory / f"{name}.log", python=PYTHON)
        self.port = self._await(self._printed_port)


def prepare(say: Callable[[str], None], *, quick: bool) -> dict[str, str]:
    """Why which peers can't be run; empty if all can. ``quick``: nothing is fetched or compiled."""
    if not PYTHON.exists():
        reason = "PyPI's quickfix is not installed: scripts/install-quickfix.sh"
        return dict.fromkeys((CPLUSPLUS, PACKAGE), reason)
    if _LIBRARY.exists() and _LIBRARY.stat().st_mtime >= _SOURCE.stat().st_mtime:
        return {}
    if quick:
        return {CPLUSPLUS: "not compiled yet"}
    try:
        say("  compiling QuickFIX's acceptor")
        _compile(_headers())
    except Unavailable as reason:
        return {CPLUSPLUS: str(reason)}
    return {}


def _headers() -> Path:
    """The folder with QuickFIX's headers, out of the package's source. Raises Unavailable."""
    found = list(_DIRECTORY.glob("quickfix-*/C++"))
    if not found:
        _DIRECTORY.mkdir(parents=True, exist_ok=True)
        options = [
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-binary",
            ":all:",
            "--no-build-isolation",
        ]
        _run(PYTHON, "-m", "pip", "download", *options, "--require-hashes", "-r", _REQUIREMENT, "-d", _DIRECTORY)
        (archive,) = _DIRECTORY.glob("quickfix-*.tar.gz")
        with tarfile.open(archive) as source:
            source.extractall(_DIRECTORY, filter="data")
        found = list(_DIRECTORY.glob("quickfix-*/C++"))
    return found[0]


def _compile(headers: Path) -> None:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        raise Unavailable("no C++ compiler")
    _run(compiler, *_FLAGS, f"-I{headers}", _SOURCE, "-o", _LIBRARY)


def _run(*command: str | Path) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, cwd=ROOT)
    if ran.returncode:
        raise Unavailable(f"{command[0]}: {ran.stderr.strip()[-500:]}")
