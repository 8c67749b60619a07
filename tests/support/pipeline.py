"""The binary protocol without waiting: many packets in one write; what comes back, as reports and answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from types import TracebackType

from clients import Event
from clients.exceptions import ConnectionLost
from clients.protocol import Answered, ClientProtocol, Result
from clients.session import LoggedIn
from gateways.binary import soup

_RECEIVE_MAX = 262_144


class Pipeline:
    """One user's connection; packets are made by :attr:`protocol`. ``timeout_s`` bounds every wait."""

    def __init__(
        self, port: int, username: str, *, next_number: int = 1, receive_buffer: int = 0, timeout_s: float = 60.0
    ) -> None:
        """``receive_buffer``: bytes that the kernel may keep unread; 0 = as it likes."""
        self.protocol = ClientProtocol(next_number)
        self.events: list[Event] = []
        self.answers: dict[int, Result] = {}
        self.securities: dict[str, int] = {}
        self._timeout_s = timeout_s
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout_s)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.write(self.protocol.log_in(username, "demo"))
        self.await_(lambda: self.protocol.logged_in)
        listed = self.ask(self.protocol.instruments())
        assert isinstance(listed, list)
        self.securities = {instrument.symbol: instrument.security_id for instrument in listed}  # type: ignore[union-attr]

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.socket.close()

    def write(self, packets: bytes) -> None:
        self.socket.sendall(packets)

    def ask(self, request: tuple[int, bytes], before: bytes = b"") -> Result:
        """Writes what is to come ``before`` and the request at once; the answer."""
        request_id, packet = request
        self.write(before + packet)
        self.await_(lambda: request_id in self.answers)
        return self.answers.pop(request_id)

    def await_(self, done: Callable[[], bool]) -> None:
        """Receives until it is done. Raises ConnectionLost, TimeoutError."""
        until = time.monotonic() + self._timeout_s
        while not done():
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.events)} reports have come, the last is {self.events[-1:]}")
            self.receive()

    def receive(self) -> None:
        """Waits for bytes and takes them in. Raises ConnectionLost, TimeoutError."""
        data = self.socket.recv(_RECEIVE_MAX)
        if not data:
            raise ConnectionLost(self.protocol.last_debug or "the venue closed the connection")
        for item in self.protocol.read(data):
            if isinstance(item, Answered):
                self.answers[item.request_id] = item.result
            elif not isinstance(item, LoggedIn):
                self.events.append(item)

    def log_out(self) -> None:
        self.write(soup.LOGOUT_REQUEST_PACKET)
        self.socket.close()
