"""The relay as its clients know it: a process whose life may end at any time, like the venue's."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from nasdaq_protocols import soup as nasdaq
from venue_process import VenueProcess, command

SUBSCRIBER = "SUB1"
SECRET = "quiet"


def relay_file(path: Path, **settings: Any) -> Path:
    """A configuration: one subscriber, and TRADR1 of the demo's venue upstream."""
    upstream = {"username": "TRADR1", "password": "demo", "retry_first_s": 0.05, "retry_longest_s": 0.1}
    relay = {"upstream": upstream, "subscribers": [{"username": SUBSCRIBER, "password": SECRET}], **settings}
    path.write_text(yaml.safe_dump({"relay": relay}))
    return path


class RelayProcess(VenueProcess):
    """``venue_port``: where market data comes from; ``port`` stays the same over restarts once it is known."""

    def __init__(self, data_dir: Path, config: Path, venue_port: int) -> None:
        super().__init__(data_dir, config=config)
        self.venue_port = venue_port
        self.port = 0
        self.metrics_port = 0

    @property
    def _ports_file(self) -> Path:
        return self.data_dir / "relay" / "ports.json"

    def _command(self) -> list[str]:
        ports = ("--port", str(self.port), "--metrics-port", "0")
        venue = f"127.0.0.1:{self.venue_port}"
        return command("relay", "--config", self.config, "--data-dir", self.data_dir, "--venue", venue, *ports)

    def _listens(self, told: dict[str, int]) -> None:
        self.port, self.metrics_port = told["relay"], told["metrics"]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of what it says over HTTP."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def is_ready(self) -> bool:
        """Whether all streams come from the venue."""
        return self.get("/health/ready")[0] == 200


def sequenced_by_third_party(port: int, user: str, password: str, count: int) -> list[bytes]:
    """The first ``count`` messages of the stream order by order, as PyPI's ``nasdaq-protocols`` gets them."""

    async def read() -> list[bytes]:
        session = await nasdaq.connect_async(("127.0.0.1", port), user, password, sequence=1)
        payloads: list[bytes] = []
        while len(payloads) < count:
            message = await asyncio.wait_for(session.receive_msg(), 60)
            if isinstance(message, nasdaq.SequencedData):
                payloads.append(bytes(message.data))
        await session.close()
        return payloads

    return asyncio.run(read())


__all__ = ["SECRET", "SUBSCRIBER", "RelayProcess", "relay_file", "sequenced_by_third_party"]
