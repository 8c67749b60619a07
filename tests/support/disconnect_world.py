"""A session with an open order, whose client goes and comes back, and what cancel on disconnect does about it."""

from __future__ import annotations

from typing import Any

import msgspec
from engine_builders import image, new
from port_world import PortWorld

from actors.messages import CancelEnded, Outcome, SessionEvent
from engine import events as ev
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect, SessionProfile
from engine.terms import SpecialTerms

OFF, DISCONNECT, LOGOUT = CancelOnDisconnect
LOST = SessionEnd(True, DISCONNECT)


class World(PortWorld):
    """A session that is logged on and has an open order; ``window_s`` is its cancel window."""

    def __init__(
        self,
        mode: CancelOnDisconnect = DISCONNECT,
        window_s: int = 0,
        special: SpecialTerms | None = None,
        protocol: str = "FIX.4.4",
    ) -> None:
        super().__init__(protocol)
        profile = SessionProfile(cancel_on_disconnect=mode, cancel_window_ms=1000 * window_s)
        self.change(profile=profile)
        self.port.log_on(reset=False)
        self.port.submit([new("a", special=special)])
        self.publish(Outcome(1, 0, 0, [ev.OrderAccepted(image("a", special=special))]))
        self.journal_told()
        self.account.take()

    def change(self, **changes: Any) -> None:
        event = msgspec.structs.replace(self.port.session, **changes)
        self.directory.apply(event)
        self.seq += 1
        self.port.on_batch(iter([SessionEvent(self.seq, event)]))

    def end(self, *, completed: bool = False) -> None:
        self.port.log_out(confirmed=completed, completed=completed)

    def attach(self) -> None:
        """A client has connected, and is not logged on yet."""
        self.port.connection = self

    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        assert self.disconnects.fire()

    def told(self) -> list[type]:
        """The kinds of events that the journal was told; they are durable now."""
        return [type(event) for event in self.journal_told()]

    def cancels(self) -> list[SessionEnd]:
        return [message.end for message in self.account.take() if isinstance(message, CancelEnded)]


ENDED = [ev.SessionLoggedOut, ev.SessionLapsed]


def configured(world: World, mode: CancelOnDisconnect, window_s: int = 0) -> list[str]:
    done: list[str] = []
    world.port.configure(mode, 1000 * window_s, lambda: done.append("done"))
    return done
