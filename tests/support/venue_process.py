"""The venue as its clients know it: a process with ports and a data directory, whose life may end at any time."""

from __future__ import annotations

import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config" / "demo.yaml"
_MAIN = "import sys; from tradeengine.cli import main; sys.exit(main())"
_POLL_S = 0.01


def command(*arguments: str | Path) -> list[str]:
    """``tradeengine`` of this checkout, or the one that TRADEENGINE_COMMAND names."""
    named = os.environ.get("TRADEENGINE_COMMAND")
    program = shlex.split(named) if named else [sys.executable, "-c", _MAIN]
    return [*program, *map(str, arguments)]


class Ports(msgspec.Struct, frozen=True):
    """What the venue says that it listens on; 0 = it does not."""

    fix: int
    binary: int
    admin: int = 0


class VenueProcess:
    """One data directory and the processes that serve it, one after the other.

    ``settings`` are environment variables without their prefix, such as ``{"JOURNAL__DURABILITY": "fsync"}``.
    """

    def __init__(
        self, data_dir: Path, settings: dict[str, str] | None = None, *, config: Path = DEMO, timeout_s: float = 120.0
    ) -> None:
        self.data_dir = data_dir
        self.config = config
        self.settings = settings or {}
        self.timeout_s = timeout_s
        self.ports = Ports(0, 0)
        self._log = data_dir.with_name(data_dir.name + ".log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        """What all the processes have written to stdout and stderr."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns once the venue listens.

        Raises:
            AssertionError: it ended, or did not listen in time; with its output.
        """
        assert not self.running
        self.data_dir.mkdir(parents=True, exist_ok=True)
        told = self._ports_file
        told.unlink(missing_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TRADE_ENGINE_")}
        environment |= {f"TRADE_ENGINE_{key}": value for key, value in self.settings.items()}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + self.timeout_s
        while not told.exists():
            assert self.running, f"the venue ended with {self._process.returncode}:\n{self.output}"
            if time.monotonic() > until:
                self.kill()
                raise AssertionError(f"the venue does not listen after {self.timeout_s:g} s:\n{self.output}")
            time.sleep(_POLL_S)
        self._listens(json.loads(told.read_text()))

    @property
    def _ports_file(self) -> Path:
        return self.data_dir / "ports.json"

    def _command(self) -> list[str]:
        ports = ("--fix-port", "0", "--binary-port", "0", "--admin-port", "0")
        return command("run", "--config", self.config, "--data-dir", self.data_dir, *ports)

    def _listens(self, told: dict[str, int]) -> None:
        self.ports = msgspec.convert(told, Ports)

    def kill(self) -> None:
        """``kill -9``: whatever it was doing, it does no more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(self.timeout_s)

    def stop(self) -> int:
        """Asks it to stop and waits until it has; its exit status."""
        self.ask_to_stop()
        return self.wait()

    def ask_to_stop(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status of a process that is ending.

        Raises:
            AssertionError: it goes on; with its output.
        """
        assert self._process is not None
        try:
            return self._process.wait(self.timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the venue does not stop:\n{self.output}") from None

    def restart(self) -> None:
        """After a kill or a stop: the same directory, new ports."""
        assert not self.running
        self.start()

    def limit_file_size(self, size: int) -> None:
        """From now on no file of the process may grow beyond ``size`` bytes: a write there fails (EFBIG)."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def close(self) -> None:
        if self.running:
            self.kill()


def run_command(*arguments: str | Path, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
    """A ``tradeengine`` command that ends by itself, with its output."""
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False)


MakeVenue = Callable[..., VenueProcess]
"""The fixture ``make_venue``: settings as keywords, and a venue that listens."""
