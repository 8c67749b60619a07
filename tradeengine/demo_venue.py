"""The venue of the demonstration: a process of its own, on free ports, in a directory of its own or a given one."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trio

from tradeengine.ports_file import read_ports

_ROOT = Path(__file__).resolve().parents[1]
_POLL_S = 0.02
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 15.0
_LOG_NAME = "venue.log"
_LINES_SHOWN = 15


class VenueNotRunning(Exception):
    """The venue did not start, or has ended; the text has its last words."""


@contextmanager
def data_directory(given: Path | None) -> Iterator[Path]:
    """``given``, made if need be and kept; otherwise a temporary directory."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="tradeengine-demo-", ignore_cleanup_errors=True) as made:
            yield Path(made)


@asynccontextmanager
async def running_venue(config: Path, data_dir: Path) -> AsyncIterator[dict[str, int]]:
    """Ports by name (``fix``, ``binary``, ``admin``) of a venue that listens; on leaving it is stopped in order.

    Both paths are absolute.

    It leads a process group of its own, so that Ctrl-C in the terminal reaches the demonstration only, which then logs
    everybody out before it stops the venue.

    Raises:
        VenueNotRunning: it ended instead of listening, or did not listen within a minute.
    """
    command = [sys.executable, "-m", "tradeengine.cli", "run", "--config", str(config)]
    command += ["--data-dir", str(data_dir), "--fix-port", "0", "--binary-port", "0", "--admin-port", "0"]
    with (data_dir / _LOG_NAME).open("wb") as log:
        process = await trio.lowlevel.open_process(
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield await _listening(process, data_dir)
    finally:
        with trio.CancelScope(shield=True):
            await _stop(process)


async def _listening(process: trio.Process, data_dir: Path) -> dict[str, int]:
    with trio.move_on_after(_START_TIMEOUT_S):
        while process.poll() is None:
            ports = read_ports(data_dir)
            if ports.get("pid") == process.pid:
                return ports
            await trio.sleep(_POLL_S)
        raise VenueNotRunning(f"the venue ended with status {process.returncode}:\n{last_words(data_dir)}")
    raise VenueNotRunning(f"the venue does not listen after {_START_TIMEOUT_S:g} s:\n{last_words(data_dir)}")


async def _stop(process: trio.Process) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with trio.move_on_after(_STOP_TIMEOUT_S):
            await process.wait()
            return
        process.kill()
        await process.wait()


def last_words(data_dir: Path) -> str:
    """The end of what the venue has printed and logged."""
    text = (data_dir / _LOG_NAME).read_text("utf-8", "replace")
    return "\n".join(text.rstrip().splitlines()[-_LINES_SHOWN:])
