"""When a FIX session's numbers start from 1 without its client asking for it: by its profile, its schedule, an
operator."""

from __future__ import annotations

from engine.session import SessionState
from engine.session_schedule import Window


class Epochs:
    """What a port remembers beside its folded state, to know whether the next logon begins a new epoch."""

    __slots__ = ("_cut_short", "_reset_next", "_state", "window")

    def __init__(self, state: SessionState) -> None:
        self.window: Window | None = None
        """In which the connection was admitted; None where the session has no schedule."""
        self._state = state
        self._cut_short = state.logged_on
        """The last connection went down with the venue, or with the port."""
        self._reset_next = False
        """As ``state.reset_next``, of an end that is not durable yet."""

    @property
    def window_ns(self) -> int:
        """When the connection's window began; 0 = the session has no schedule."""
        return 0 if self.window is None else self.window.start_ns

    @property
    def reset_next(self) -> bool:
        """Whether the next logon starts a new epoch because of how this connection, or an earlier one, ended."""
        return self._reset_next

    def starts_anew(self, msg_seq_num: int) -> bool:
        """Whether a Logon with this MsgSeqNum starts both directions from 1.

        Of two that say Logout each may believe that it was completed while the other does not, or the venue may have
        gone down before it was durable. So a client that starts from 1 after a Logout is believed.
        """
        state = self._state
        profile = state.opened.profile
        if profile.reset_on_logon or state.reset_next or self._reset_next or state.window_ns < self.window_ns:
            return True
        return (self._cut_short and profile.reset_on_disconnect) or (profile.reset_on_logout and msg_seq_num == 1)

    def begin(self, *, reset: bool) -> None:
        """A connection logs on."""
        self._cut_short = False
        self._reset_next &= not reset

    def end(self, *, completed: bool) -> None:
        """The connection is gone. ``completed``: both sides have said Logout."""
        profile = self._state.opened.profile
        self._reset_next |= profile.reset_on_disconnect or (completed and profile.reset_on_logout)
