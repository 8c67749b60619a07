"""Programs in C: compiled when they are needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.harness import Skipped

_FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra")


def compiled(source: Path, directory: Path) -> Path:
    """The program that ``source`` becomes, in ``directory``. Raises Skipped: there is no C compiler, or it fails."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Skipped(f"no C compiler: {source.name} needs cc (Debian: apt-get install gcc libc6-dev)")
    program = directory / source.stem
    command: list[str | Path] = [compiler, *_FLAGS, "-o", program, source]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise Skipped(f"{compiler} does not compile {source.name}: {built.stderr.strip()[:500]}")
    return program
