"""Thousands of binary clients in one thread: each counts what it is sent and says in time that it is still there."""

from __future__ import annotations

import errno
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from gateways.binary import soup

PASSWORD = "load"
_IN_FLIGHT = 200
"""Connections that are being made at a time, fewer than a listener's backlog."""
_PER_ADDRESS = 20_000
"""Connections from one source address, fewer than it has ephemeral ports."""
_RECEIVE_MAX = 65_536


class Member:
    """One client and what has come for it."""

    __slots__ = ("connected", "ended", "held", "login", "packets", "rest", "sock", "to_send")

    def __init__(self, sock: socket.socket, login: bytes) -> None:
        self.sock = sock
        self.login = login
        self.connected = False
        self.packets: Counter[int] = Counter()
        """By type; a login's answer among them."""
        self.held = bytearray()
        """Debug packets: the venue's last words."""
        self.rest = b""
        self.to_send = b""
        self.ended = ""
        """How the connection ended; empty while it lasts."""


class Crowd:
    """``heartbeat_s``: how often each client is heard of; 0 = it is left to the test."""

    def __init__(self, port: int, *, heartbeat_s: float = 5.0, timeout_s: float = 60.0) -> None:
        self.members: list[Member] = []
        self._port = port
        self._heartbeat_s = heartbeat_s
        self._timeout_s = timeout_s
        self._epoll = select.epoll()
        self._by_fd: dict[int, Member] = {}
        self._opening = 0
        self._beat_at = time.monotonic() + heartbeat_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for member in self.members:
            member.sock.close()
        self._epoll.close()

    # ---- coming and going -------------------------------------------------------------------------------------------

    def join(self, usernames: Iterable[str]) -> list[Member]:
        """One connection each, logged in when this returns; an empty name is nobody's, and does not log in: it may
        have been ended for that by then.

        Raises:
            AssertionError: one was refused, or it took too long.
        """
        joined: list[Member] = []
        for username in usernames:
            self.until(lambda: self._opening < _IN_FLIGHT)
            joined.append(self._open(username))
        self.until(lambda: not self._opening)
        named = [member for member in joined if member.login]
        refused = [member for member in named if member.ended or member.packets[soup.LOGIN_REJECTED]]
        assert not refused, f"{len(refused)} of {len(named)} could not log in: {last_words(refused[0])}"
        return joined

    def leave(self, member: Member) -> None:
        """Closes without a word."""
        if member.sock.fileno() >= 0:
            self._forget(member, "left")
            member.sock.close()

    def vanish(self, member: Member, vanish: Callable[[socket.socket], object]) -> None:
        """As :meth:`leave`, but for how the socket is closed."""
        self._forget(member, "vanished")
        vanish(member.sock)

    def send(self, member: Member, data: bytes) -> None:
        """Sends as the venue reads; what it does not take yet goes when it does."""
        member.to_send += data
        self._flush(member)

    def _open(self, username: str) -> Member:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.bind((f"127.0.0.{2 + len(self.members) // _PER_ADDRESS}", 0))
        login = soup.login_request(soup.LoginRequest(username, PASSWORD, "", 0)) if username else b""
        member = Member(sock, login)
        self.members.append(member)
        status = sock.connect_ex(("127.0.0.1", self._port))
        assert status in (0, errno.EINPROGRESS), errno.errorcode[status]
        self._by_fd[sock.fileno()] = member
        self._epoll.register(sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        self._opening += 1
        return member

    # ---- what comes -------------------------------------------------------------------------------------------------

    def until(self, done: Callable[[], bool]) -> None:
        """Plays all clients until it is so. Raises AssertionError after ``timeout_s``."""
        limit = time.monotonic() + self._timeout_s
        while not done():
            assert time.monotonic() < limit, f"it is not so after {self._timeout_s:g} s: {self.summary()}"
            self.play(0.1)

    def play(self, wait_s: float = 0.0) -> None:
        """What has come, and heartbeats where they are due."""
        for fd, event in self._epoll.poll(wait_s, 4096):
            member = self._by_fd.get(fd)
            if member is None:
                continue
            if event & select.EPOLLOUT:
                self._flush(member)
            if event & ~select.EPOLLOUT:
                self._receive(member)
        now = time.monotonic()
        if self._heartbeat_s and now >= self._beat_at:
            self._beat_at = now + self._heartbeat_s
            for member in self.members:
                if member.packets[soup.LOGIN_ACCEPTED] and not member.ended and not member.to_send:
                    self._write(member, soup.CLIENT_HEARTBEAT_PACKET)

    def ended(self) -> list[Member]:
        return [member for member in self.members if member.ended]

    def summary(self) -> str:
        """For people: packets by type, and how connections ended."""
        packets: Counter[str] = Counter()
        for member in self.members:
            packets.update({chr(kind): count for kind, count in member.packets.items()})
        return f"{dict(packets)}, {Counter(member.ended for member in self.members)}, {self._opening} opening"

    def _receive(self, member: Member) -> None:
        try:
            data = member.sock.recv(_RECEIVE_MAX)
        except BlockingIOError:
            return
        except OSError as error:
            self._forget(member, errno.errorcode.get(error.errno or 0, "error"))
            return
        if not data:
            self._forget(member, "closed by the venue")
            return
        found = soup.split(member.rest + data, soup.PAYLOAD_MAX + 1)
        assert not found.error, found.error
        member.rest = found.rest
        for kind, payload in found.packets:
            member.packets[kind] += 1
            if kind == soup.DEBUG:
                member.held += payload
            elif kind in (soup.LOGIN_ACCEPTED, soup.LOGIN_REJECTED):
                self._opening -= 1

    def _flush(self, member: Member) -> None:
        if not member.connected:
            member.connected = True
            member.to_send = member.login + member.to_send
            if not member.login:
                self._opening -= 1
        if member.to_send:
            member.to_send = member.to_send[self._write(member, member.to_send) :]
        if not member.ended:
            events = select.EPOLLIN | (select.EPOLLOUT if member.to_send else 0)
            self._epoll.modify(member.sock.fileno(), events)

    def _write(self, member: Member, data: bytes) -> int:
        try:
            return member.sock.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._forget(member, errno.errorcode.get(error.errno or 0, "error"))
            return len(data)

    def _forget(self, member: Member, reason: str) -> None:
        if member.ended:
            return
        answered = member.packets[soup.LOGIN_ACCEPTED] + member.packets[soup.LOGIN_REJECTED]
        self._opening -= not (answered or (member.connected and not member.login))
        member.ended = reason
        self._by_fd.pop(member.sock.fileno(), None)
        self._epoll.unregister(member.sock.fileno())


def last_words(member: Member) -> str:
    """How a connection ended, and what the venue said to that."""
    return f"{member.ended}; {member.held.decode('ascii', 'replace')}"
