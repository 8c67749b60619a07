"""The servers under load, each a process of its own on the core that it is given."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from benchmarks.harness import ROOT, on_core
from tradeengine.ports_file import read_ports

CONFIG = ROOT / "benchmarks" / "venue.yaml"
PASSWORD = "bench"
_START_S = 60.0
_STOP_S = 60.0
_POLL_S = 0.02

T = TypeVar("T")


class ServerFailed(Exception):
    """It did not start, or ended; with its last words."""


class Server:
    """A child process that is stopped, by SIGTERM, when the block is left."""

    def __init__(
        self,
        command: list[str],
        core: int,
        log: Path,
        environment: dict[str, str] | None = None,
        python: str | Path = sys.executable,
    ) -> None:
        """``command``: what ``python`` is to run. ``log`` gets all that it prints."""
        self._log = log
        # A setting that happens to stand in the caller's environment must not change what is measured.
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("TRADE_ENGINE_")}
        with log.open("wb") as output, on_core(core):
            self._process = subprocess.Popen(
                [python, *command],
                cwd=ROOT,
                env=inherited | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def run_on(self, cores: set[int]) -> None:
        """Let all its threads run on ``cores`` from now on."""
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await(self, started: Callable[[], T | None]) -> T:
        """What ``started`` returns once it returns something. Raises ServerFailed."""
        deadline = time.monotonic() + _START_S
        while (found := started()) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                words = self._log.read_text(errors="replace")[-2000:]
                raise ServerFailed(f"{self._process.args!r} does not listen:\n{words}")
            time.sleep(_POLL_S)
        return found

    def _printed_port(self) -> int | None:
        """The number that is all the server prints, once it is there."""
        text = self._log.read_text(errors="replace")
        return int(text) if text.endswith("\n") and text.strip().isdigit() else None


class EchoServer(Server):
    """See :mod:`benchmarks.echo_server`."""

    def __init__(self, core: int, directory: Path) -> None:
        super().__init__(["-m", "benchmarks.echo_server"], core, directory / "echo.log")
        self.port = self._await(self._printed_port)


class VenueServer(Server):
    """``tradeengine run`` on an empty journal in ``directory``. ``durability`` is ``fsync`` or ``os``."""

    def __init__(self, core: int, directory: Path, durability: str, config: Path = CONFIG) -> None:
        name = durability if config == CONFIG else f"{durability}-{config.stem}"
        data = directory / name
        data.mkdir(parents=True)
        ports = [f"--{name}-port=0" for name in ("fix", "binary", "admin")]
        super().__init__(
            ["-m", "tradeengine.cli", "run", "--config", str(config), "--data-dir", str(data), *ports],
            core,
            directory / f"{name}.log",
            {"TRADE_ENGINE_JOURNAL__DURABILITY": durability},
        )
        found = self._await(lambda: read_ports(data) or None)
        self.fix_port = found["fix"]
        self.binary_port = found["binary"]
        self.market_data_port = found["market-data"]


class RelayServer(Server):
    """``tradeengine relay`` by the configuration ``config``, of the venue whose market data port that is."""

    def __init__(self, core: int, directory: Path, config: Path, market_data_port: int) -> None:
        data = directory / "relay-data"
        data.mkdir(parents=True)
        venue = ["--venue", f"127.0.0.1:{market_data_port}", "--port=0", "--metrics-port=0"]
        super().__init__(
            ["-m", "tradeengine.cli", "relay", "--config", str(config), "--data-dir", str(data), *venue],
            core,
            directory / "relay.log",
        )
        found = self._await(lambda: read_ports(data / "relay") or None)
        self.market_data_port = found["relay"]
        ready = f"http://127.0.0.1:{found['metrics']}/health/ready"
        self._await(lambda: _answers(ready) or None)


def _answers(url: str) -> bool:
    """Whether the answer is 200."""
    try:
        with urllib.request.urlopen(url) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False
