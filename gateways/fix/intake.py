"""Which of a client's messages may be acted on now: as many as the venue has credit for, and cancels beyond that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from actors.port import SessionPort
    from gateways.fix.codec import Framer
    from gateways.fix.liveness import Liveness

_SOH: Final = b"\x01"
_CANCELS: Final = frozenset({b"35=F", b"35=K", b"35=q"})
"""OrderCancelRequest, ListCancelRequest, OrderMassCancelRequest."""
_NO_COMMANDS: Final = frozenset({b"35=0", b"35=1", b"35=2", b"35=3", b"35=4", b"35=5"})
"""Of the session level: they take no credit."""


class Intake:
    """One connection's. What waits for credit is the next message; nothing overtakes it."""

    def __init__(self, framer: Framer) -> None:
        self._framer = framer
        self._held: list[bytes] = []
        """The next message, where it has been looked at and has to wait."""

    def take(self, port: SessionPort) -> list[bytes] | None:
        """The next messages; none where more has to be read first, None where the next one has to wait for credit."""
        credit = port.credit
        held = self._held
        if credit > 0:
            self._held = []
            return held + self._framer.take(credit - len(held))
        held = held or self._framer.take(1)
        passes = not held or _kind(held[0]) in _NO_COMMANDS or (self._is_cancel(held) and port.cancel_credit > 0)
        self._held = [] if passes else held
        return held if passes else None

    async def wait(self, port: SessionPort, liveness: Liveness) -> None:
        """Until what waits may be acted on. Meanwhile nothing is read, so the client's silence does not count."""
        liveness.paused = True
        await port.wait_for_credit(cancel=self._is_cancel(self._held))
        liveness.paused = False

    @staticmethod
    def _is_cancel(frames: list[bytes]) -> bool:
        return bool(frames) and _kind(frames[0]) in _CANCELS


def _kind(frame: bytes) -> bytes:
    """Its third field, MsgType (35)."""
    return frame.split(_SOH, 3)[2]
