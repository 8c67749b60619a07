"""Where a FIX session stands."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    LOGGING_ON = 1
    """Welcome, but the logon is not durable yet: nothing is read, and nothing sent but an old epoch's reports."""
    ACTIVE = 2
    LOGOUT_SENT = 3
    """The venue wants to end the session and waits for the client's Logout; nothing else is acted on."""
    LOGOUT_RECEIVED = 4
    """The client wants to go, or has agreed to; what it sent before is still on its way, and its reports too."""
    CLOSED = 5
    """Nothing more is read or sent; what has been written may still be flushed."""
