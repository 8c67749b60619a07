"""Feeds one parser mutated messages and says what came of it, as one line of JSON.

    python tests/fuzz/fuzz.py TARGET [--messages N] [--seed N]      seeded mutations that know the protocol
    python tests/fuzz/fuzz.py TARGET --coverage [--runs N] [...]    libFuzzer, by coverage; needs PyPI's atheris

Status 0: nothing was found. Else the last lines say what, and the bytes that cause it: an exception, more than
``HANG_S`` of CPU time for one batch, or memory that grows with the number of messages.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

HANG_S = 5.0
STALL_S = 60
"""What libFuzzer gives an input. It goes by the clock on the wall, so a machine that is held up counts too."""
GROWTH_MAX = 8 * 1024 * 1024
"""Bytes that the process may grow by after its warm-up: what bounded caches take, and no more for more messages."""
_BATCH = 250
_FRAME = 40
"""Bytes that a frame adds to its content at the most."""
_WARM_UP = 0.25
VERSIONS = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")
BINARY = ("binary", "binary-logins", "binary-market")
MOLD = "mold-requests"
TARGETS = (
    *(f"{kind}/{version}" for kind in ("parsing", "session") for version in VERSIONS),
    "logon",
    "decode",
    *BINARY,
    MOLD,
)


class Hang(Exception):
    """A batch took more CPU time than any may."""


def make(name: str, seed: int) -> tuple[Any, Any]:
    """The target and what mutates its messages."""
    from fuzz_binary import BinaryLogins, BinarySessions
    from fuzz_binary_market import MarketConnections
    from fuzz_binary_mutator import BinaryMutator
    from fuzz_mold import MoldMutator, MoldRequests
    from fuzz_mutator import Mutator
    from fuzz_targets import Decoding, Logons, Parsing, Sessions

    kind, _, version = name.partition("/")
    if kind in BINARY:
        targets = {"binary": BinarySessions, "binary-logins": BinaryLogins, "binary-market": MarketConnections}
        return targets[kind](), BinaryMutator(seed)
    if kind == MOLD:
        return MoldRequests(), MoldMutator(seed)
    if kind == "logon":
        return Logons(), Mutator("FIX.4.4", seed, ("A",))
    if kind == "decode":
        return Decoding(), Mutator("FIX.4.4", seed)
    return {"parsing": Parsing, "session": Sessions}[kind](version), Mutator(version, seed)


def seeded(name: str, messages: int, seed: int) -> dict[str, object]:
    """The seeded run. Raises whatever the target does, Hang, and MemoryError for growth."""
    target, mutator = make(name, seed)
    signal.signal(signal.SIGVTALRM, _hang)
    started = time.monotonic()
    before = done = 0
    while done < messages:
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
        size = min(_BATCH, messages - done)
        try:
            target.consume(mutator, size)
        except BaseException:
            print(f"{name}: message {done} to {done + size}, seed {seed}", file=sys.stderr)
            raise
        done += size
        if not before and done >= messages * _WARM_UP:
            before = _resident()
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    grown = _resident() - before
    if grown > GROWTH_MAX:
        raise MemoryError(f"{name}: {grown:,} bytes more after {messages * (1 - _WARM_UP):,.0f} messages")
    seconds = round(time.monotonic() - started, 1)
    return {"target": name, "messages": done, "seconds": seconds, "grown_bytes": grown, **target.counts}


def _hang(signum: int, frame: FrameType | None) -> None:
    raise Hang(f"a batch of messages takes more than {HANG_S} s")


def _resident() -> int:
    """The process's memory in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def by_coverage(name: str, runs: int, seed: int) -> None:
    """Ends the process: libFuzzer does."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(
        include=["gateways.fix", "gateways.binary", "tradeengine.fix_log", "tradeengine.fix_decode"],
        enable_loader_override=False,
    ):
        target, mutator = make(name, seed)

    def one(data: bytes) -> None:
        target.restart()
        target.one(data)

    def change(data: bytes, size_max: int, seed: int) -> bytes:
        # libFuzzer knows no checksums: most of its changes are made within a frame that is right.
        def by_libfuzzer(content: bytes) -> bytes:
            return bytes(atheris.Mutate(content[: size_max - _FRAME], size_max - _FRAME))

        return by_libfuzzer(data) if seed % 8 == 0 else mutator.rewritten(data, by_libfuzzer)

    with tempfile.TemporaryDirectory() as corpus:
        for number in range(300):
            Path(corpus, str(number)).write_bytes(mutator.message(2))
        options = [f"-runs={runs}", f"-seed={seed}", "-max_len=4096", f"-timeout={STALL_S}", "-rss_limit_mb=1024"]
        quiet = ["-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={tempfile.gettempdir()}/"]
        atheris.Setup([sys.argv[0], *options, *quiet, corpus], one, custom_mutator=change)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.coverage:
        by_coverage(asked.target, asked.runs, asked.seed)
    else:
        print(json.dumps(seeded(asked.target, asked.messages, asked.seed)), flush=True)


if __name__ == "__main__":
    main()
