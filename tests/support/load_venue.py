"""A venue for very many binary sessions: what it is configured with, and what its process holds."""

from __future__ import annotations

import resource
from pathlib import Path

import msgspec
from binary_crowd import PASSWORD

from config.credentials import hash_password

_HEAD = """\
instruments:
  - {{symbol: LOAD, base: LOAD, quote: USD, tick_size: 0.01, lot_size: 1, min_qty: 1, max_qty: 1000000,
     maker_fee: 0, taker_fee: 0, reference_px: 100}}
firms:
  - name: LOADERS
accounts:
  - {{name: MANY, firm: LOADERS, balances: {{USD: 100000000000, LOAD: 1000000000}}}}
binary:
  connections_max: {connections}
log:
  level: warning
sessions:
"""
_SESSION = (
    "  - {{protocol: SOUPBIN, comp_id: {name}, password_hash: {secret}, firm: LOADERS, accounts: [MANY],"
    " default_account: MANY}}\n"
)
_BESIDES = 200
"""Files of a process beside its clients."""


_LOCAL, _STATE, _INODE = 1, 3, 9
"""Columns of ``/proc/net/tcp`` (proc(5))."""
_LISTENING = "0A"


class Held(msgspec.Struct, frozen=True):
    """What a process holds."""

    threads: int
    resident: int
    """Bytes."""


def write_config(path: Path, sessions: int, connections: int = 0) -> Path:
    """Sessions ``S00000`` … trade for one account. A password costs nothing to check here: how slow scrypt is by
    intent is no part of what a connection costs."""
    secret = hash_password(PASSWORD, b"load-test-salt-0", n=2)
    rows = [_SESSION.format(name=name(nth), secret=secret) for nth in range(sessions)]
    path.write_text(_HEAD.format(connections=connections or sessions + 100) + "".join(rows), encoding="utf-8")
    return path


def name(nth: int) -> str:
    return f"S{nth:05d}"


def sockets_allowed(wanted: int) -> int:
    """How many of ``wanted`` connections this process, and so the venue that it starts, may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + _BESIDES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted + _BESIDES, hard), hard))
    return min(wanted, hard - _BESIDES)


def held(pid: int) -> Held:
    directory = Path("/proc") / str(pid)
    pages = int((directory / "statm").read_text().split()[1])
    return Held(len(list((directory / "task").iterdir())), pages * resource.getpagesize())


def connections(port: int) -> int:
    """How many connections to a port of 127.0.0.1 its server has accepted and not closed.

    The kernel's table gives those no inode that are still to be accepted, and those that are closed but not forgotten.
    """
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(
        row[_LOCAL].endswith(f":{port:04X}") and row[_STATE] != _LISTENING and row[_INODE] != "0" for row in rows
    )
