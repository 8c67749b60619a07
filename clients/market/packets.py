"""Market data as the venue's packets, unread: for who hands them on or records them. No I/O.

Packets are found, counted and given on in the runs in which they came; the messages in them are nobody's business
here, but for those that are about the login and for the end of a snapshot.
"""

from __future__ import annotations

import random
import struct
from abc import abstractmethod
from collections.abc import Callable
from typing import Final

from clients.exceptions import ProtocolError
from clients.market.admission import AdmittedLink
from clients.session import LoggedIn, SoupSession
from clients.settings import Settings
from gateways.binary import soup
from gateways.binary.codec import AUTHENTICATION_CHALLENGE, HEADER, HEADER_SIZE, MESSAGE_REJECT
from gateways.binary.market.codec import UNSEQUENCED

_COMPLETE: Final = UNSEQUENCED.snapshot_complete
_NOT_SHOWN: Final = frozenset({
    _COMPLETE.template_id, AUTHENTICATION_CHALLENGE.template_id, MESSAGE_REJECT.template_id
})  # fmt: skip
_FROM_SNAPSHOT: Final = 0


class _PacketLink(AdmittedLink[None]):
    """There are no events. ``session``: the stream's name or kind; ``number``: the first packet that is wanted, 0 = a
    snapshot."""

    def __init__(self, username: str, password: str, session: str, number: int, settings: Settings) -> None:
        super().__init__(username, password, SoupSession(number, session), settings, random.random)
        self._rest = b""

    @abstractmethod
    def _run(self, data: bytes, at: int) -> int:
        """Takes as many packets of ``data`` from ``at`` on as are of use unread; where they end."""

    @abstractmethod
    def _on_logged_in(self) -> None:
        """The venue has accepted the login."""

    @abstractmethod
    def _on_message(self, payload: bytes) -> None:
        """Unsequenced Data that no run takes, and that is not about the login."""

    def _greet(self) -> None:
        self._rest = b""
        super()._greet()

    def receive(self, data: bytes) -> None:
        """See :class:`clients.link.Link`."""
        if self._rest:
            data = self._rest + data
        at = 0
        while True:
            if self.session.logged_in:
                at = self._run(data, at)
            after = at + 2 + int.from_bytes(data[at : at + 2], "big")
            if after > len(data) or len(data) - at < soup.HEADER_SIZE - 1:
                break
            # A refusal's reason comes behind it.
            refused = data[at + 2 : at + 3] in (b"J", b"Z")
            self._take(data[at:] if refused else data[at:after])
            at = after
        self._rest = data[at:]

    def _take(self, packet: bytes) -> None:
        for received in self.session.receive(packet):
            if isinstance(received, LoggedIn):
                self._up()
                self._on_logged_in()
            elif not received.number and not self._on_admission(received.payload):
                self._on_message(received.payload)
        self.session.check()


class StreamLink(_PacketLink):
    """A stream from ``number`` on; :attr:`clients.session.SoupSession.next_number` is what comes next. ``take`` is
    called with runs of Sequenced Data, as (how many packets, their bytes)."""

    def __init__(
        self,
        username: str,
        password: str,
        session: str,
        number: int,
        settings: Settings,
        take: Callable[[int, bytes], object],
    ) -> None:
        """Raises ``ValueError`` unless ``number`` is positive."""
        if number < 1:
            raise ValueError(f"number: {number}: must be positive")
        super().__init__(username, password, session, number, settings)
        self._take_run = take

    def _on_logged_in(self) -> None:
        self._get_ready()

    def _run(self, data: bytes, at: int) -> int:
        count, after = soup.run(data, at, soup.SEQUENCED_DATA)
        if count:
            self.session.next_number += count
            self._take_run(count, data[at:after])
        return after

    def _on_message(self, payload: bytes) -> None:
        """Nothing is shown to who wants no snapshot."""


class SnapshotLink(_PacketLink):
    """A snapshot of all instruments; ready when it is complete. ``session`` of :attr:`session` is then its stream's
    name."""

    def __init__(self, username: str, password: str, kind: str, settings: Settings) -> None:
        super().__init__(username, password, kind, _FROM_SNAPSHOT, settings)
        self.number = 0
        """From which the stream goes on behind it."""
        self.instruments = 0
        self._parts: list[bytes] = []

    @property
    def packets(self) -> bytes:
        """Unsequenced Data, as it came, without SnapshotComplete."""
        return b"".join(self._parts)

    def _greet(self) -> None:
        self._parts.clear()
        super()._greet()

    def _on_logged_in(self) -> None:
        self.waits_for = "a snapshot"

    def _run(self, data: bytes, at: int) -> int:
        if self.ready:
            return soup.run(data, at, soup.SEQUENCED_DATA)[1]
        begin, end = at, len(data) - soup.HEADER_SIZE - HEADER_SIZE
        while at <= end and data[at + 2] == soup.UNSEQUENCED_DATA:
            after = at + 2 + (data[at] << 8 | data[at + 1])
            if after > len(data) or HEADER.unpack_from(data, at + soup.HEADER_SIZE)[1] in _NOT_SHOWN:
                break
            at = after
        if at > begin:
            self._parts.append(data[begin:at])
        return at

    def _on_message(self, payload: bytes) -> None:
        try:
            self.number, self.instruments = _COMPLETE.unpack(payload, HEADER_SIZE)
        except struct.error as error:
            raise ProtocolError(f"unreadable SnapshotComplete: {error!r}") from error
        self._get_ready()
