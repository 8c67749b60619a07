"""How a client comes back when its connection is gone. Pure: time and chance are given."""

from __future__ import annotations

import msgspec

from clients.exceptions import ClientError, ConnectionLost, LoginRefused

SESSION_NOT_AVAILABLE = "S"


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. Raises ``ValueError`` for times that are not positive and a factor below 1."""

    first_s: float = 0.1
    """Before the first attempt."""
    factor: float = 2.0
    """Each delay is so many times the one before."""
    longest_s: float = 5.0
    spread: float = 0.5
    """The part of a delay that is left to chance, so that a thousand clients don't come back at once."""
    unavailable_s: float = 60.0
    """How long "session not available" is taken for something that passes: a venue that stops, or one that has not
    noticed yet that the connection before is gone. Later it is final, as "not authorised" is at once."""

    def __post_init__(self) -> None:
        for name in ("first_s", "longest_s", "unavailable_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: {getattr(self, name)}: must be positive")
        if self.factor < 1:
            raise ValueError(f"factor: {self.factor}: must be at least 1")
        if not 0 <= self.spread <= 1:
            raise ValueError(f"spread: {self.spread}: must be from 0 to 1")

    def delay_s(self, attempt: int, chance: float) -> float:
        """Before attempt number ``attempt``, from 0; ``chance`` is from 0 to 1."""
        longest = min(self.first_s * self.factor ** min(attempt, 64), self.longest_s)
        return longest * (1 - self.spread * chance)


class Returning:
    """The attempts to come back, from one loss of the connection to the next."""

    def __init__(self, backoff: Backoff | None) -> None:
        """None: there are none."""
        self._backoff = backoff
        self._attempt = 0
        self._unavailable_since_s: float | None = None

    def succeeded(self) -> None:
        """There is a connection again."""
        self._attempt = 0
        self._unavailable_since_s = None

    def delay_s(self, error: ClientError, now_s: float, chance: float) -> float | None:
        """How long to wait before the next attempt; None if there should be none."""
        backoff = self._backoff
        if backoff is None or not isinstance(error, ConnectionLost | LoginRefused):
            return None
        if isinstance(error, LoginRefused):
            if error.code != SESSION_NOT_AVAILABLE:
                return None
            since_s = self._unavailable_since_s
            if since_s is None:
                self._unavailable_since_s = now_s
            elif now_s - since_s >= backoff.unavailable_s:
                return None
        else:
            self._unavailable_since_s = None
        delay_s = backoff.delay_s(self._attempt, chance)
        self._attempt += 1
        return delay_s
