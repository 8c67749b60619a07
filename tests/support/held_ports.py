"""Ports of the loopback interface that are known before somebody listens to them, and are nobody else's meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[int]:
    """A free port of 127.0.0.1, bound but not listened to: the system gives it to no other.

    Who binds it with SO_REUSEADDR, as servers do, gets it all the same, and what comes for it; until then connections
    are refused.
    """
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]
