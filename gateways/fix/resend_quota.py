"""How much a client may ask to be sent again: enough for any recovery, not enough to be kept busy by.

An engine that never fills its gap asks for the same messages for ever; a day's history sent over and over costs the
venue more than a client's orders do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateways.fix.settings import FixSettings


class ResendQuota:
    """One connection's ResendRequests within the window that runs. Windows follow one another without overlap."""

    __slots__ = ("_began_s", "_messages", "_settings", "_times")

    def __init__(self, settings: FixSettings) -> None:
        self._settings = settings
        self._began_s = 0.0
        self._messages = 0
        self._times: dict[tuple[int, int], int] = {}

    def refuse(self, begin: int, end: int, asked: int, now_s: float) -> str:
        """Counts a request for ``begin``..``end``, both included. Returns why it is one too many; empty if it is not.

        However long it is, the first one is welcome. Requests are the same by the end that they name, ``asked``: one
        for all there is (0) would else be another whenever something has been sent in between.
        """
        settings, times = self._settings, self._times
        if not times or now_s - self._began_s >= settings.resend_window_s:
            self._began_s = now_s
            self._messages = 0
            times.clear()
        within = f"within {settings.resend_window_s:g} s"
        if times.get((begin, asked), 0) >= settings.resend_repeats_max:
            return f"More than {settings.resend_repeats_max} ResendRequests for {begin} to {end} {within}"
        if self._messages >= settings.resend_messages_max or len(times) >= settings.resend_requests_max:
            return f"ResendRequests for {self._messages} messages {within}, and now for {begin} to {end}"
        self._messages += end - begin + 1
        times[begin, asked] = times.get((begin, asked), 0) + 1
        return ""
