"""A receiver of MoldUDP64, as one of a group: counts what comes."""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType
from typing import Final, Self

from gateways.binary.market import mold

_QUIET_S: Final = 0.2
"""Nothing more comes when nothing has come for so long."""
_BUFFER: Final = 8 * 2**20
_DATAGRAM_MAX: Final = 65_535


class Receiver:
    """Reads on ``core`` until the block is left. ``port`` is where datagrams are to go, on this machine."""

    def __init__(self, core: int) -> None:
        self.messages = 0
        self.last_s = 0.0
        """When the last datagram with messages came, by the monotonic clock."""
        self._core = core
        self._ended = False
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._sock.settimeout(_QUIET_S)
        self._sock.bind(("127.0.0.1", 0))
        self.port: int = self._sock.getsockname()[1]
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended = True
        self._thread.join()
        self._sock.close()

    def settled(self) -> int:
        """How many messages have come, once no more do."""
        while time.monotonic() - self.last_s < _QUIET_S:
            time.sleep(_QUIET_S / 4)
        return self.messages

    def _read(self) -> None:
        os.sched_setaffinity(0, {self._core})
        while not self._ended:
            try:
                datagram = self._sock.recv(_DATAGRAM_MAX)
            except TimeoutError:
                continue
            count = mold.count_of(datagram)
            if 0 < count <= mold.COUNT_MAX:
                self.messages += count
                self.last_s = time.monotonic()
