"""The HTTP port's limits and time-outs: a plain struct, so that whoever composes the venue fills it in."""

from __future__ import annotations

import msgspec


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, sizes in bytes. Raises ``ValueError`` that names the setting, its value and what is allowed."""

    connections_max: int = 64
    """Connections at a time; more are answered 503 and closed."""
    header_bytes_max: int = 16_384
    """Request line and headers together; more is answered 431."""
    body_bytes_max: int = 65_536
    """More is answered 413."""
    idle_timeout_s: float = 75.0
    """How long a kept-alive connection may stay without a request."""
    request_timeout_s: float = 10.0
    """How long a request may take to arrive, from its first byte; 408 then."""
    answer_timeout_s: float = 30.0
    """How long the venue may take to carry it out; 503 then."""
    write_timeout_s: float = 10.0
    """How long the client may take to read the answer; the connection is cut then."""
    linger_timeout_s: float = 1.0
    """How long a closing connection waits for the client to read what was sent."""

    def __post_init__(self) -> None:
        for key in self.__struct_fields__:
            value = getattr(self, key)
            if value <= 0:
                raise ValueError(f"{key}: {value}: must be positive")
