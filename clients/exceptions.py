"""What can go wrong for a client.

    ClientError
    ├── LoginRefused      the venue does not let this user in, or not at this place in its stream
    ├── ConnectionLost    there was a connection, and it is gone: connect again to get what was missed
    ├── ProtocolError     the venue sent bytes that this client cannot read
    ├── RequestRefused    a query or message that the venue could not take; nothing of it happened
    └── Undelivered       a command that was lost with its connection; nothing of it happened

Refusals of orders, replaces and cancels are no exceptions: they are events (``Rejected``, ``CancelRejected``), because
they come when the venue has decided, in their place in the stream. Numbers that cannot be exact raise ``ValueError``.
"""

from __future__ import annotations


class ClientError(Exception):
    """The base of all of this module."""


class LoginRefused(ClientError):
    """``code`` is SoupBinTCP's: ``"A"`` not authorised, ``"S"`` session not available; ``text`` may say more."""

    def __init__(self, code: str, text: str) -> None:
        meaning = {"A": "not authorised", "S": "session not available"}.get(code, f"code {code!r}")
        super().__init__(f"{meaning}: {text}" if text else meaning)
        self.code = code
        self.text = text


class ConnectionLost(ClientError):
    """The connection ended; the client knows the number of the next report and asks for it when it connects again."""


class ProtocolError(ClientError):
    """Bytes that are neither SoupBinTCP nor this protocol's messages."""


class RequestRefused(ClientError):
    """``reason`` is a number of the schema's MessageRejectReason."""

    def __init__(self, reason: int, text: str) -> None:
        super().__init__(text or f"reason {reason}")
        self.reason = reason
        self.text = text


class Undelivered(ClientError):
    """The venue never got this command: the connection broke first. It may be sent again, under the same ClOrdID."""

    def __init__(self, cl_ord_id: int) -> None:
        super().__init__(f"{cl_ord_id}: the connection broke before the venue got it")
        self.cl_ord_id = cl_ord_id


def anew(error: ClientError) -> ClientError:
    """The same error once more, for another who waits: an exception that is raised twice has a muddled traceback."""
    if isinstance(error, LoginRefused):
        return LoginRefused(error.code, error.text)
    return ConnectionLost(str(error))
