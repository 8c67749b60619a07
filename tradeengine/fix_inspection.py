"""FIX sessions as operators see them: read from the live ports and connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.session_end import SessionEnd
from engine.session_profile import Rights
from engine.session_schedule import local_text, next_start_ns, nights_of, window_at
from gateways.fix.connection import FixConnection
from gateways.fix.state import State
from gateways.http.fix_sessions import (
    ActivityView,
    FixSessionDetailView,
    FixSessionView,
    NumbersView,
    ScheduleView,
    WindowView,
)
from tradeengine.dump import utc_text

if TYPE_CHECKING:
    from actors.port import SessionPort
    from engine.events import SessionOpened
    from engine.session import SessionState
    from engine.session_profile import SessionSchedule, SessionWindow
    from gateways.fix.status import ConnectionStatus
    from tradeengine.venue import Venue

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STATES: Final = {
    State.LOGGING_ON.name: "logging on",
    State.ACTIVE.name: "logged on",
    State.LOGOUT_SENT.name: "logging out",
    State.LOGOUT_RECEIVED.name: "logging out",
    State.CLOSED.name: "logging out",
}


def is_fix(opened: SessionOpened) -> bool:
    return opened.protocol.startswith("FIX")


def fix_sessions(venue: Venue) -> list[FixSessionView]:
    """Every FIX session, in order of their ids."""
    return [_view(venue, opened) for _, opened in sorted(venue.directory.sessions.items()) if is_fix(opened)]


def fix_session(venue: Venue, opened: SessionOpened) -> FixSessionDetailView:
    """One of them in full."""
    port = venue.ports.get(opened.session_id)
    status = None if port is None else _status(port)
    schedule = opened.profile.schedule
    return FixSessionDetailView(
        _view(venue, opened),
        NumbersView(0, 0, 0, False) if port is None else _numbers(port.state, port),
        None if schedule is None else _schedule(schedule, venue.clock_ns()),
        None if port is None or status is None else _activity(port, status),
    )


def _view(venue: Venue, opened: SessionOpened) -> FixSessionView:
    port = venue.ports.get(opened.session_id)
    status = None if port is None else _status(port)
    profile = opened.profile
    state = None if port is None else port.state
    return FixSessionView(
        opened.session_id,
        opened.protocol,
        opened.comp_id,
        opened.target_comp_id,
        opened.firm,
        [right.name.lower().replace("_", " ") for right in Rights if profile.rights & right and right.name],
        _state(venue, opened, port, status),
        "" if status is None else status.remote,
        0 if port is None else port.in_next,
        0 if port is None else port.out_next,
        0 if state is None else len(state.open),
        utc_text(state.logged_on_ns) if state is not None and state.logged_on_ns else "",
        0 if status is None else status.backlog_bytes,
        profile.cancel_on_disconnect.name.lower(),
        0 if state is None else _cancels(state),
    )


def _status(port: SessionPort) -> ConnectionStatus | None:
    connection = port.connection
    return connection.status() if isinstance(connection, FixConnection) else None


def _state(venue: Venue, opened: SessionOpened, port: SessionPort | None, status: ConnectionStatus | None) -> str:
    if port is None:
        return "failed"
    if status is not None:
        return _STATES[status.state]
    if not opened.enabled:
        return "disabled"
    schedule = opened.profile.schedule
    if schedule is not None and window_at(schedule, venue.clock_ns()) is None:
        return "outside schedule"
    return "logged out"


def _cancels(state: SessionState) -> int:
    end = SessionEnd(lost=True, mode=state.opened.profile.cancel_on_disconnect)
    return sum(end.cancels(order.terms.special) for order in state.open.values())


def _numbers(state: SessionState, port: SessionPort) -> NumbersView:
    resets = state.reset_next or port.epochs.reset_next
    return NumbersView(state.epoch, len(state.unconfirmed()), state.out_limit - 1, resets)


def _activity(port: SessionPort, status: ConnectionStatus) -> ActivityView:
    return ActivityView(
        status.heartbeat_s,
        status.parked,
        status.resends_waiting,
        status.resending,
        status.rejects,
        port.submitted - port.resolved,
    )


def _schedule(schedule: SessionSchedule, now_ns: int) -> ScheduleView:
    zone = schedule.zone
    window, start_ns = window_at(schedule, now_ns), next_start_ns(schedule, now_ns)
    current = None if window is None else WindowView(local_text(window.start_ns, zone), local_text(window.end_ns, zone))
    return ScheduleView(
        zone, list(map(window_text, schedule.windows)), current, local_text(start_ns, zone) if start_ns else ""
    )


def window_text(window: SessionWindow) -> str:
    """``mon-fri 08:00:00 to 17:00:00``, ``sun 17:00:00 to fri 17:00:00``, ``mon,wed 17:00:00 to 02:00:00 next day``."""
    nights = nights_of(window)
    if len(window.days) == 1 and nights > 1:
        return f"{_DAYS[window.days[0]]} {window.start} to {_DAYS[(window.days[0] + nights) % 7]} {window.end}"
    later = "" if nights == 0 else " next day" if nights == 1 else f" {nights} days later"
    return f"{_days_text(sorted(window.days))} {window.start} to {window.end}{later}"


def _days_text(days: list[int]) -> str:
    if days == list(range(7)):
        return "daily"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return ",".join(_DAYS[day] for day in days)
