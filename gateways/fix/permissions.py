"""What a session may send: by its rights, and by its rate. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.session_profile import Rights
from gateways.fix.business_ids import business_id
from gateways.fix.refusals import BusinessRefusal

if TYPE_CHECKING:
    from engine.events import SessionOpened
    from gateways.fix.codec import Message
    from gateways.rates import RateLimit

ORDERS: Final = frozenset({"D", "E", "F", "G", "K", "q", "s"})
"""What needs the right to trade."""
_CANCELS: Final = frozenset({"F", "K", "q"})
_NEVER_REFUSED: Final = frozenset({"0", "1", "2", "3", "4", "5", "A", "j"})
"""The session's own messages: they count, but a session that could not answer a TestRequest would be no session."""
_OTHER: Final = 0
_NOT_AUTHORIZED: Final = {"FIX.4.4": 6, "FIXT.1.1": 6}
_THROTTLE_LIMIT_EXCEEDED: Final = {"FIXT.1.1": 8}
"""BusinessRejectReason (380), in the versions that have these."""


class Throttle:
    """Counts the messages of a batch that goes beyond its session's rate, one by one."""

    __slots__ = ("_limit", "_now_ns")

    def __init__(self, limit: RateLimit, now_ns: int) -> None:
        self._limit = limit
        self._now_ns = now_ns

    def refusal(self, msg_type: str) -> str:
        """Why a message is refused; empty if it is within the limit. Cancels have twice the burst: who is in trouble
        must get out."""
        bucket = self._limit.bucket
        if msg_type in _NEVER_REFUSED:
            bucket.take_urgent(self._now_ns)
            return ""
        urgent = msg_type in _CANCELS
        taken = bucket.take_urgent(self._now_ns) if urgent else bucket.take(1, self._now_ns)
        return "" if taken else self._limit.text


def may_trade(session: SessionOpened) -> bool:
    return bool(session.profile.rights & Rights.TRADE)


def check_permitted(
    session: SessionOpened, msg_type: str, message: Message, throttle: Throttle | None, open_orders: int
) -> None:
    """Raises BusinessRefusal where the session may not send the message, or not now.

    Who has lost the right to trade and has open orders may cancel them.
    """
    begin_string = session.protocol
    reference = business_id(message.fields)
    if throttle is not None and (text := throttle.refusal(msg_type)):
        raise BusinessRefusal(_THROTTLE_LIMIT_EXCEEDED.get(begin_string, _OTHER), reference, text)
    if msg_type in ORDERS and not may_trade(session) and not (open_orders and msg_type in _CANCELS):
        reason = _NOT_AUTHORIZED.get(begin_string, _OTHER)
        raise BusinessRefusal(reason, reference, "Not authorized: the session has no right to trade")
