"""``python -m benchmarks [NAME …] [--quick] [--directory DIR]``"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import msgspec

from benchmarks.harness import ROOT, Benchmark, Claim, Context, Skipped, skipped

NAMES = ("book", "book_growth", "runtime", "journal", "replay", "binary", "fanout", "fix", "resend")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 0 if each ran or said why it can't. What a target misses is told, and is no failure."""
    args = _parser().parse_args(argv)
    args.directory.mkdir(parents=True, exist_ok=True)
    system = f"{platform.system()} {platform.release()}"
    print(f"Python {platform.python_version()} on {system}, {_cores()}; journals on {_file_system(args.directory)}")
    for name in args.names or NAMES:
        benchmark = cast(Benchmark, importlib.import_module(f"benchmarks.bench_{name}"))
        print(f"\n== {name}: {(benchmark.__doc__ or '').splitlines()[0]}", flush=True)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", dir=args.directory) as directory:
            claims = _run(name, benchmark, Context(Path(directory), args.quick))
        print(f"  {time.monotonic() - started:.1f} s")
        for claim in claims:
            print(msgspec.json.encode(claim).decode(), flush=True)
    return 0


def _run(name: str, benchmark: Benchmark, context: Context) -> list[Claim]:
    try:
        return benchmark.run(context)
    except Skipped as reason:
        print(f"  skipped: {reason}")
        return [skipped(name, str(reason))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the venue, each figure beside its floor in the same run. Every claim ends as a line of "
        "JSON: claim, value, unit, beside (the floor's value), ratio (value / beside) and target.",
    )
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument("--quick", action="store_true", help="only prove that each runs: the figures mean nothing")
    parser.add_argument(
        "--directory",
        type=Path,
        default=ROOT / "var",
        metavar="DIR",
        help="where journals are written meanwhile: on a real disk, not in memory; default var/",
    )
    return parser


def _cores() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{cores} core{'s' if cores > 1 else ''}"


def _file_system(directory: Path) -> str:
    """The kind of file system that ``directory`` is on: in memory, a sync costs nothing and the figures mean little."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    parents = {str(parent) for parent in (directory.resolve(), *directory.resolve().parents)}
    # The innermost mount counts, and of several on one point the last.
    kind = max((len(point), nth, kind) for nth, (point, kind) in enumerate(mounts) if point in parents)[2]
    return f"{kind}, in memory: no measure of a disk" if kind in ("tmpfs", "ramfs") else kind


if __name__ == "__main__":
    sys.exit(main())
