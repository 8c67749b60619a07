"""What a client's session may do and how the venue treats it: part of :class:`engine.events.SessionOpened`.

Plain data that the journal holds and every gateway reads; nothing here is specific to one protocol unless it says so.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, unique

import msgspec


class Rights(IntFlag):
    """What a session is for."""

    TRADE = 1
    MARKET_DATA = 2
    DROP_COPY = 4
    """A read-only feed of all reports of the sessions of :attr:`SessionProfile.copies_of`."""


@unique
class CancelOnDisconnect(IntEnum):
    """When the venue cancels a session's open orders by itself."""

    OFF = 0
    DISCONNECT = 1
    """When the connection ends without a Logout."""
    LOGOUT = 2
    """When the session ends in whatever way, by a Logout too."""


@unique
class RateAction(IntEnum):
    """What is done with a message beyond the session's rate."""

    REJECT = 0
    DISCONNECT = 1


@unique
class UnknownTags(IntEnum):
    """What becomes of a field that the session's dictionary does not define (FIX)."""

    REJECT = 0
    """A session Reject, 373=0 or 2."""
    DROP = 1
    """It is taken off the message, which counts as if it had not been there."""
    PASS = 2
    """It is handed on: the venue understands what it can, whatever version defines it."""


class SessionWindow(msgspec.Struct, frozen=True, array_like=True):
    """Once a week, or each day of some, when a session may be logged on; in the schedule's zone."""

    days: list[int]
    """On which days it begins, 0 = Monday."""
    start: str
    """``HH:MM:SS``."""
    end: str
    """``HH:MM:SS``, exclusive; at or before ``start`` it lies on a later day."""
    end_days: int = 0
    """How many midnights lie between ``start`` and ``end``."""


class SessionSchedule(msgspec.Struct, frozen=True, array_like=True):
    """When a session may be logged on. Each window is a session of its own: it starts with numbers reset."""

    zone: str
    """An IANA name, e.g. ``America/New_York``."""
    windows: list[SessionWindow]


class SessionProfile(msgspec.Struct, frozen=True, array_like=True):
    """Everything beyond identity and accounts. The defaults are a session as simple as can be."""

    rights: int = Rights.TRADE | Rights.MARKET_DATA
    """Of :class:`Rights`."""
    cancel_on_disconnect: CancelOnDisconnect = CancelOnDisconnect.OFF
    cancel_window_ms: int = 0
    """How long the client may take to come back before its orders are cancelled."""
    rate_per_s: int = 0
    """Messages a second; 0 = no limit."""
    rate_burst: int = 0
    """Messages that may come at once after silence; 0 = a second's worth."""
    rate_action: RateAction = RateAction.REJECT
    copies_of: tuple[str, ...] = ()
    """Firms whose reports a drop copy carries; empty = the session's own."""
    public_keys: tuple[str, ...] = ()
    """Ed25519 keys, any of which may sign a logon: ``id:base64``."""
    hmac_keys: tuple[str, ...] = ()
    """Keys for HMAC-SHA-256, sealed with the venue's own key: ``id:base64``."""
    certificate: str = ""
    """SHA-256 of the client certificate (hex) that the connection must show; empty = none."""
    schedule: SessionSchedule | None = None
    """None: at any time, with numbers that go on until somebody resets them."""
    reset_on_logon: bool = False
    reset_on_logout: bool = False
    reset_on_disconnect: bool = False
    unknown_tags: UnknownTags = UnknownTags.REJECT
    last_processed: bool = False
    """Every outbound message says LastMsgSeqNumProcessed (FIX 369)."""
    reissue_on_reset: bool = False
    """After a reset that the client asks for (FIX 141=Y) too, reports that it is not known to have are sent again."""


PLAIN_PROFILE = SessionProfile()
