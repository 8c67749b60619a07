"""What answers a session's requests that are neither orders nor the session's own: one service per subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from gateways.fix.codec import Message

Send: TypeAlias = Callable[[str, str, int], None]
"""MsgType, body and the time: sends a message that is not journaled, in its turn. A resend fills its number's gap."""


class PasswordKept(NamedTuple):
    """A password was not changed."""

    text: str
    """Why, fit for the client's eyes."""
    is_wrong: bool = False
    """Whether the old password that was given is not the session's."""


ChangePassword: TypeAlias = Callable[[str, str, Callable[[PasswordKept | None, int], None]], None]
"""The old password, the new one, and who is told the end and its time: why it was refused, or None once the new one is
durable. Nobody is told when the connection ends before that. Returns at once."""


class Service(Protocol):
    """Requests of some MsgTypes, and what follows from them until the connection ends. Pure: no clock, no socket."""

    msg_types: frozenset[str]
    """The requests it takes."""

    def request(self, message: Message, now_ns: int) -> None:
        """Acts on a message that the dictionary finds nothing wrong with; commands before it are on their way.

        Raises:
            FieldRefusal, BusinessRefusal, MarketDataRefusal: it can't be served; the session sends the reject.
        """

    def close(self) -> None:
        """The connection is gone: nothing more may be sent, and nothing may be kept for it."""
