"""Reasons that only this protocol gives; their numbers are stable."""

from __future__ import annotations

from enum import IntEnum


class MessageRejectReason(IntEnum):
    """Why a message never became a command or query; BusinessRejectReason of MessageReject."""

    TRUNCATED = 1
    """It ends before its header or block does."""
    UNKNOWN_SCHEMA = 2
    UNKNOWN_TEMPLATE = 3
    """No message has this templateId, or the venue sends it."""
    BLOCK_TOO_SHORT = 4
    """blockLength is less than the message's first version has."""
    INVALID_CL_ORD_ID = 5
    UNKNOWN_SECURITY = 6
    UNKNOWN_ACCOUNT = 7
    INVALID_VALUE = 8
    NOT_AUTHORIZED = 9
    """The session has no right to it."""
    RATE_EXCEEDED = 10
    NOT_AUTHENTICATED = 11
    """Authenticate has to come first."""
    AUTHENTICATION_FAILED = 12
    """The connection ends."""
    CONFIGURATION_REFUSED = 13
    """Less careful than the session's profile, or beyond a limit."""
    SESSION_NOT_AVAILABLE = 14
    """Authenticated, but the session cannot be had now. The connection ends."""


class MassCancelRejectReason(IntEnum):
    """FIX tag 532."""

    MASS_CANCEL_NOT_SUPPORTED = 0
    UNKNOWN_SECURITY = 1
    OTHER = 99


class MessageRefused(Exception):
    """A message that becomes neither a command nor a query."""

    def __init__(self, reason: MessageRejectReason, ref_id: int, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.ref_id = ref_id
        self.text = text
