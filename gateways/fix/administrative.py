"""The session's own messages from a client, Heartbeat to Logout, acted on in sequence (FIX 4.4 vol. 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.fix.numbers import NUMBER_DIGITS_MAX, is_too_long, read_int
from gateways.fix.refusals import MISSING, RANGE, FieldRefusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateways.fix.codec import Message
    from gateways.fix.inbound import Inbound
    from gateways.fix.ports import Port
    from gateways.fix.session import FixSession


class Administrative:
    """What each of them does. Handlers take the message, its number and the time, and may raise FieldRefusal."""

    def __init__(self, owner: FixSession, inbound: Inbound, port: Port) -> None:
        self._owner = owner
        self._inbound = inbound
        self._port = port
        self.handlers: dict[str, Callable[[Message, int, int], None]] = {
            "0": self._nothing,
            "1": self._test_request,
            "2": self._resend_request,
            "3": self._nothing,
            "4": self._gap_fill,
            "5": self._logout,
            "A": self._logon,
            "j": self._nothing,
        }

    def _nothing(self, message: Message, seq: int, now_ns: int) -> None:
        """Heartbeat, Reject, BusinessMessageReject: that it came is all that matters."""

    def _test_request(self, message: Message, seq: int, now_ns: int) -> None:
        if "112" not in message.fields:
            raise FieldRefusal(1, "112", MISSING)
        self._owner.admin("0", f"112={message.fields['112']}\x01", now_ns)

    def _resend_request(self, message: Message, seq: int, now_ns: int) -> None:
        begin, end = _number(message, "7"), _number(message, "16")
        last = self._owner.last_sent
        if not begin or begin > last:
            raise FieldRefusal(5, "7", f"{RANGE}: the last number sent is {last}")
        if end and end < begin:
            raise FieldRefusal(5, "16", f"{RANGE}: it is below BeginSeqNo")
        refusal = self._owner.want_resend(begin, end)
        if refusal:
            self._inbound.submit()
            self._owner.end(refusal, now_ns)

    def _gap_fill(self, message: Message, seq: int, now_ns: int) -> None:
        new = _number(message, "36")
        if new <= seq:
            text = f"Attempt to lower sequence number, invalid value NewSeqNo(36)={new}: expecting more than {seq}"
            raise FieldRefusal(5, "36", text)
        self._inbound.move(new)

    def reset(self, message: Message) -> None:
        """SequenceReset without GapFillFlag: its own number does not matter (FIX 4.4 vol. 2, Sequence Reset).

        Raises:
            FieldRefusal: it can't be acted on; the number expected stays.
        """
        if message.fault is not None:
            raise FieldRefusal(message.fault.reason, message.fault.tag, message.fault.text)
        new, expected = _number(message, "36"), self._port.in_next
        if new < expected:
            raise FieldRefusal(5, "36", f"{RANGE}: expecting at least {expected} but received {new}")
        self._inbound.move(new)

    def _logout(self, message: Message, seq: int, now_ns: int) -> None:
        self._inbound.submit()
        self._owner.client_logged_out()

    def _logon(self, message: Message, seq: int, now_ns: int) -> None:
        """A second Logon; one that is repeated with PossDupFlag to fill a gap was acted on when it came first."""
        if message.fields.get("43") != "Y":
            self._inbound.submit()
            self._owner.end("Already logged on", now_ns)

    def log_on_again(self, message: Message, seq: int, now_ns: int) -> None:
        """A Logon that resets a live session's numbers (24-hour connectivity). A resend that is under way ends."""
        self._inbound.submit()
        if seq != 1 or message.fault is not None:
            self._owner.end("A reset needs MsgSeqNum 1", now_ns)
        else:
            self._owner.log_on_again(now_ns)


def _number(message: Message, tag: str) -> int:
    """A required sequence number.

    Raises:
        FieldRefusal: it is missing, no number, or one that no message can have.
    """
    text = message.fields.get(tag)
    if text is None:
        raise FieldRefusal(1, tag, MISSING)
    value = read_int(text)
    if is_too_long(text):
        raise FieldRefusal(5, tag, f"{RANGE}: more than {NUMBER_DIGITS_MAX} digits")
    if value is None:
        raise FieldRefusal(6, tag, "Incorrect data format for value")
    return value
