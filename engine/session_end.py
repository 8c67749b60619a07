"""How a session ended, and which of its orders that cancels."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import msgspec

from engine.session_profile import CancelOnDisconnect

if TYPE_CHECKING:
    from engine.terms import SpecialTerms


@final
class SessionEnd(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An end of a session, and what the session's profile says about its orders then."""

    lost: bool
    """Without a Logout; else the client has taken its leave."""
    mode: CancelOnDisconnect

    def cancels(self, special: SpecialTerms | None) -> bool:
        """Whether an order with these terms is cancelled: what it says itself comes before the session's mode."""
        mode = self.mode if special is None or special.on_disconnect is None else special.on_disconnect
        return mode is CancelOnDisconnect.LOGOUT or (mode is CancelOnDisconnect.DISCONNECT and self.lost)
