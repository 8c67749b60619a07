"""What happened to accounts, sessions and the venue."""

from __future__ import annotations

from typing import final

from engine.event_base import EventBase
from engine.session_profile import PLAIN_PROFILE, CancelOnDisconnect, SessionProfile
from engine.types import (
    Amount,
    Qty,
)


@final
class AccountOpened(EventBase, frozen=True, tag=30):
    """A new account, or (same ``account_id``) an existing one with changed limits. 0 = no limit."""

    account_id: int
    name: str
    firm: str
    max_order_qty: Qty = 0
    max_order_notional: Amount = 0
    operator: str = ""


@final
class AccountBlocked(EventBase, frozen=True, tag=31):
    """``blocked`` accounts send no new orders; their cancels still pass."""

    account_id: int
    blocked: bool
    operator: str


@final
class Deposited(EventBase, frozen=True, tag=32):
    account_id: int
    asset: str
    amount: Amount
    operator: str


@final
class Withdrawn(EventBase, frozen=True, tag=33):
    account_id: int
    asset: str
    amount: Amount
    operator: str


@final
class SessionOpened(EventBase, frozen=True, tag=40):
    """A client's session, or (same ``session_id``) an existing one with changed rights.

    ``protocol`` is ``FIX.4.2``, ``FIX.4.4``, ``FIXT.1.1`` or ``SOUPBIN``: BeginString is part of a FIX session's
    identity, and FIXT.1.1 carries FIX 5.0 SP2.
    ``credential`` is a salted hash, never a password.
    """

    session_id: int
    protocol: str
    comp_id: str
    target_comp_id: str
    username: str
    credential: str
    firm: str
    account_ids: list[int]
    default_account_id: int
    enabled: bool = True
    operator: str = ""
    profile: SessionProfile = PLAIN_PROFILE


@final
class SessionRemoved(EventBase, frozen=True, tag=45):
    """A session that is no more: its identity may be given again, to a session with another ``session_id``."""

    session_id: int
    operator: str = ""


@final
class SessionLoggedOn(EventBase, frozen=True, tag=41):
    """The session's client is there. ``reset``: both directions count from 1 again (FIX 141=Y), a new ``epoch``."""

    session_id: int
    epoch: int
    reset: bool
    in_next: int
    out_next: int
    reissue_from: int = 0
    """With ``reset``: reports of the old epoch numbered from here on were never confirmed and are sent again as new
    messages, PossResend=Y, numbered from ``out_next`` on; 0 = none."""
    window_ns: int = 0
    """When the window of the session's schedule began in which this is, nanoseconds UTC; 0 = it has no schedule."""


@final
class SessionLoggedOut(EventBase, frozen=True, tag=42):
    """Exact numbers when a connection has ended. ``confirmed``: the client answered the Logout, so all that was sent
    has arrived."""

    session_id: int
    in_next: int
    out_next: int
    confirmed: bool
    reset_next: bool = False
    """By the session's profile its next logon starts both directions from 1."""
    lost: bool = False
    """The connection ended without a Logout of the client's."""


@final
class SessionConnected(EventBase, frozen=True, tag=47):
    """The client of a session whose protocol answers no logon in its numbered stream (SoupBinTCP) is there."""

    session_id: int


@final
class SessionLapsed(EventBase, frozen=True, tag=48):
    """The session ended and its client was not back in time: the orders that this cancels are being cancelled, also
    where it comes back by now or the venue is restarted."""

    session_id: int
    lost: bool


@final
class SessionConfigured(EventBase, frozen=True, tag=49):
    """What the client of the connection that is there now wants its end to mean, in place of what the profile says;
    the next connection starts with the profile again."""

    session_id: int
    cancel_on_disconnect: CancelOnDisconnect
    cancel_window_ms: int


@final
class SessionResetRequested(EventBase, frozen=True, tag=46):
    """An operator wants the session's next logon to start both directions from 1."""

    session_id: int
    operator: str = ""


@final
class NumbersReserved(EventBase, frozen=True, tag=43):
    """Outbound numbers below ``out_limit`` may be used by messages that are not journaled (design §7.8)."""

    session_id: int
    out_limit: int


@final
class TradingDayRolled(EventBase, frozen=True, tag=44):
    """The venue's trading day that the roll of date ``day`` ends is over: its ClOrdIDs may be used again, but those of
    open orders."""

    day: str


@final
class StateHashed(EventBase, frozen=True, tag=50):
    """The live state's digest at this point; ``journal verify`` compares it with the fold's."""

    digest: str
    version: int = 1
    """The :data:`engine.fold.STATE_VERSION` by which it was made: only those of one version can be compared."""
