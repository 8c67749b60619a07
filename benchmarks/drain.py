"""Subscribers of the market data port, logged in, and the program in C that reads for all of them."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.compiled import compiled
from benchmarks.harness import ROOT, on_core
from benchmarks.loadgen import LoadFailed

SOURCE = ROOT / "benchmarks" / "drain.c"
_POLL_S = 0.02
_QUIET_S = 0.2
"""Nothing more comes when nothing has come for so long."""
_TIMEOUT_S = 60.0


class Drained(msgspec.Struct, frozen=True):
    """What has come since the start."""

    packets: int
    """Of Sequenced Data, on all connections."""
    fewest: int
    most: int
    """On one connection, since the mark."""
    bytes: int
    closed: int
    last_ns: int
    """When the last packet came, by the monotonic clock."""
    cpu_seconds: float


class Drain:
    """Reads ``socks`` on ``core`` until the block is left; the caller must not read them. Raises Skipped."""

    def __init__(self, directory: Path, socks: Sequence[socket.socket], core: int) -> None:
        program = compiled(SOURCE, directory)
        numbers = [sock.fileno() for sock in socks]
        with on_core(core):
            self._process = subprocess.Popen(
                [program, *map(str, numbers)], pass_fds=numbers, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def mark(self) -> Drained:
        """From now on it is counted what each connection gets; waits until no more comes. Raises LoadFailed."""
        self._quiet()
        return self._ask(b"mark\n")

    def settled(self) -> Drained:
        """Once everybody has had the same since the mark, and no more comes. Raises LoadFailed."""
        drained = self._quiet()
        if drained.fewest != drained.most:
            raise LoadFailed(f"subscribers have had {drained.fewest} to {drained.most} packets")
        return drained

    def _quiet(self) -> Drained:
        deadline = time.monotonic() + _TIMEOUT_S
        while time.monotonic_ns() - (drained := self._ask(b"counts\n")).last_ns < _QUIET_S * 1e9:
            if time.monotonic() > deadline:
                raise LoadFailed(f"after {_TIMEOUT_S:g} s packets still come")
            time.sleep(_POLL_S)
        return drained

    def _ask(self, command: bytes) -> Drained:
        """As of now. Raises LoadFailed: it has ended, or a connection was closed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(command)
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise LoadFailed("drain has ended")
        drained = msgspec.json.decode(line, type=Drained)
        if drained.closed:
            raise LoadFailed(f"{drained.closed} subscribers were cut")
        return drained
