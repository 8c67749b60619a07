"""How many messages a session may send: a token bucket each, that outlives its connections.

Pure: time is handed in, monotonic nanoseconds. A batch within its limit costs one comparison and one subtraction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from engine.events import SessionOpened
from engine.session_profile import RateAction

_NS: Final = 1_000_000_000
URGENT_FACTOR: Final = 2
"""What must get through, such as cancels, may go this many bursts deep."""


class TokenBucket:
    """``per_s`` messages a second, and up to ``burst`` (0 = a second's worth) at once after silence."""

    __slots__ = ("_at_ns", "_level", "_most", "_urgent", "burst", "per_s")

    def __init__(self, per_s: int, burst: int, now_ns: int) -> None:
        self.per_s = per_s
        self.burst = burst or per_s
        self._most = self.burst * _NS
        self._urgent = -(URGENT_FACTOR - 1) * self._most
        self._level = self._most
        """What is left, in 10^-9 messages; below 0 after what was urgent."""
        self._at_ns = now_ns

    def take(self, count: int, now_ns: int) -> bool:
        """Whether ``count`` messages are within the limit; none is counted unless all are."""
        self._fill(now_ns)
        need = count * _NS
        if need > self._level:
            return False
        self._level -= need
        return True

    def take_urgent(self, now_ns: int) -> bool:
        """The same for one message that may use up what comes in later, up to a bound."""
        self._fill(now_ns)
        if self._level - _NS < self._urgent:
            return False
        self._level -= _NS
        return True

    def room(self, now_ns: int) -> int:
        """Messages that are within the limit now."""
        self._fill(now_ns)
        return max(0, self._level // _NS)

    def inherit(self, before: TokenBucket) -> None:
        """Another limit gives no fresh burst."""
        self._level = min(self._most, before._level)
        self._at_ns = before._at_ns

    def _fill(self, now_ns: int) -> None:
        self._level = min(self._most, self._level + (now_ns - self._at_ns) * self.per_s)
        self._at_ns = now_ns


class RateDefaults(msgspec.Struct, frozen=True):
    """Of sessions whose profile names no rate."""

    per_s: int = 0
    """0 = no limit."""
    burst: int = 0
    action: RateAction = RateAction.REJECT


class RateLimit(msgspec.Struct):
    """One session's."""

    bucket: TokenBucket
    action: RateAction

    @property
    def text(self) -> str:
        """Why a message beyond it is refused."""
        return f"Message rate exceeded: {self.bucket.per_s} a second"


class SessionRate:
    """One connection's view of its session's rate, which operators may change. ``clock_ns`` is monotonic."""

    __slots__ = ("_clock_ns", "_limit", "_limits", "_session")

    def __init__(self, limits: RateLimits, clock_ns: Callable[[], int]) -> None:
        self._limits = limits
        self._clock_ns = clock_ns
        self._session: SessionOpened | None = None
        self._limit: RateLimit | None = None

    def now(self, session: SessionOpened) -> RateLimit | None:
        """As the session's profile is now; None where it has none."""
        if session is not self._session:
            self._session = session
            self._limit = self._limits.of(session, self._clock_ns())
        return self._limit


class RateLimits:
    """Every session's, kept while the gateway runs: coming back gives no fresh burst."""

    def __init__(self, defaults: RateDefaults) -> None:
        self._defaults = defaults
        self._buckets: dict[int, TokenBucket] = {}

    def of(self, session: SessionOpened, now_ns: int) -> RateLimit | None:
        """The session's, as its profile says now; None where it has none."""
        profile, defaults = session.profile, self._defaults
        if profile.rate_per_s:
            per_s, burst, action = profile.rate_per_s, profile.rate_burst, profile.rate_action
        else:
            per_s, burst, action = defaults.per_s, defaults.burst, defaults.action
        known = self._buckets.get(session.session_id)
        if not per_s:
            self._buckets.pop(session.session_id, None)
            return None
        bucket = TokenBucket(per_s, burst, now_ns)
        if known is not None:
            if (known.per_s, known.burst) == (bucket.per_s, bucket.burst):
                bucket = known
            else:
                bucket.inherit(known)
        self._buckets[session.session_id] = bucket
        return RateLimit(bucket, action)
