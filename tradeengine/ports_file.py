"""``data_dir/ports.json``: on which ports the running venue listens, for scripts and for ``tradeengine admin``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

PORTS_NAME: Final = "ports.json"


def write_ports(data_dir: Path, ports: Mapping[str, int]) -> None:
    """Say that all listen: ``{"pid": 1, "admin": 9464, "fix": 9878, "binary": 9900}``; readers never see half of it."""
    partial = data_dir / f"{PORTS_NAME}.partial"
    partial.write_bytes(msgspec.json.encode({"pid": os.getpid(), **ports}) + b"\n")
    partial.rename(data_dir / PORTS_NAME)


def read_ports(data_dir: Path) -> dict[str, int]:
    """The ports by the service's name; empty where no venue has said any."""
    try:
        return msgspec.json.decode((data_dir / PORTS_NAME).read_bytes(), type=dict[str, int])
    except (OSError, msgspec.MsgspecError):
        return {}


def remove_ports(data_dir: Path) -> None:
    """Forget what this process, or one that is gone, has written; not what a venue that runs beside it has."""
    pid = read_ports(data_dir).get("pid")
    if pid is None or pid == os.getpid() or not _is_alive(pid):
        (data_dir / PORTS_NAME).unlink(missing_ok=True)


def local_address(host: str, port: int) -> str:
    """``host:port`` that reaches, from this machine, what listens on ``host``."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
