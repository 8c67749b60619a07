"""The load generator in C: compiled when it is needed, run on sockets that are logged in already."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from benchmarks.compiled import compiled
from benchmarks.harness import ROOT, on_core

SOURCE = ROOT / "benchmarks" / "loadgen.c"
_TIMEOUT_S = 120

Wire = Literal["soup", "fix"]
R = TypeVar("R", bound=msgspec.Struct)


class LoadFailed(Exception):
    """The peer closed, fell silent or sent no protocol; the text is the load generator's."""


class Pipelined(msgspec.Struct, frozen=True):
    """Everything sent, every reply counted."""

    frames: int
    replies: int
    others: int
    """Frames that were no reply, e.g. heartbeats."""
    seconds: float
    """From before the first byte sent to the last reply."""
    cpu_seconds: float
    """What the load generator itself used: near ``seconds`` it would be the bottleneck."""


class PingPong(msgspec.Struct, frozen=True):
    """One frame at a time, each timed to its last reply."""

    round_trips: int
    p50_us: list[float]
    """One for each kind of frame: those that share a place in the pattern of replies."""
    p99_us: float
    min_us: float
    mean_us: float


class Stream(msgspec.Struct, frozen=True):
    """What one connection is to send, and what comes back."""

    sock: socket.socket
    frames: bytes
    replies: int | tuple[int, ...]
    """Pipelined: in all. Ping-pong: per frame, repeating."""


class LoadGenerator:
    """Compiles ``loadgen.c`` into ``directory``.

    Raises:
        Skipped: there is no C compiler, or it fails.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._program = compiled(SOURCE, directory)

    def pipelined(
        self, wire: Wire, streams: Sequence[Stream], core: int, *, count_all: bool = False, window: int = 0
    ) -> Pipelined:
        """Send all streams at once. ``window`` bounds the unanswered frames of each, 0: none. Raises LoadFailed."""
        options = [f"--count={'all' if count_all else 'reports'}", f"--window={window}"]
        return self._run("pipelined", wire, streams, core, options, Pipelined)

    def ping_pong(
        self, wire: Wire, stream: Stream, core: int, *, count_all: bool = False, warm_up: int = 0
    ) -> PingPong:
        """Send a stream frame by frame. The first ``warm_up`` round trips are not counted. Raises LoadFailed."""
        options = [f"--count={'all' if count_all else 'reports'}", f"--warm-up={warm_up}"]
        return self._run("pingpong", wire, [stream], core, options, PingPong)

    def _run(
        self, mode: str, wire: Wire, streams: Sequence[Stream], core: int, options: list[str], result: type[R]
    ) -> R:
        arguments: list[str] = []
        for nth, stream in enumerate(streams):
            path = self._directory / f"frames-{nth}"
            path.write_bytes(stream.frames)
            replies = (stream.replies,) if isinstance(stream.replies, int) else stream.replies
            arguments.append(f"{stream.sock.fileno()}:{path}:{','.join(map(str, replies))}")
        with on_core(core):
            ran = subprocess.Popen(
                [self._program, *options, mode, wire, *arguments],
                pass_fds=[stream.sock.fileno() for stream in streams],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        try:
            out, err = ran.communicate(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            ran.kill()
            out, err = ran.communicate()
            err = f"it did not end within {_TIMEOUT_S} s\n{err}"
        if ran.returncode:
            raise LoadFailed(err.strip())
        return msgspec.json.decode(out, type=result)
