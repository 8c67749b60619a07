"""What an operator can set about the binary gateway."""

from __future__ import annotations

import msgspec

from engine.session_profile import RateAction
from gateways.binary import soup

_LOGIN_REQUEST_LENGTH = 47


class BinarySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, sizes in bytes. Raises ``ValueError`` that names the setting, its value and what is allowed."""

    session: str = "TRADEENG"
    """The SoupBinTCP session that clients are in: 1 to 10 letters or digits. It stays the same across restarts; a venue
    that starts with a new journal takes another, so that no client goes on from numbers of the old one."""
    heartbeat_interval_s: float = 1.0
    """A Server Heartbeat is sent when nothing else was for so long."""
    client_timeout_s: float = 15.0
    """A client of which nothing is heard for so long is disconnected."""
    login_timeout_s: float = 10.0
    """A connection must log in within this time."""
    packet_length_max: int = 2048
    """The longest packet that a client may send, its type included."""
    connections_max: int = 1024
    """Connections at a time; more are closed at once."""
    buffer_max: int = 8 * 1024 * 1024
    """Bytes kept for a client that reads too slowly; one that needs more is disconnected."""
    replay_stall_timeout_s: float = 30.0
    """A client that reads nothing of its replay for so long is disconnected."""
    queries_in_flight_max: int = 64
    """Unanswered queries of one client; its next messages are read when one has been answered."""
    close_timeout_s: float = 1.0
    """How long a closing connection waits for the client to read what was sent."""
    cancel_window_max_s: float = 60.0
    """How long a client may have its orders outlive its lost connection, where its profile does not say."""
    rate_per_s: int = 0
    """Messages a second of sessions whose profile names no rate; 0 = no limit."""
    rate_burst: int = 0
    """Messages of theirs that may come at once after silence; 0 = a second's worth."""
    rate_action: RateAction = RateAction.REJECT
    """What is done with what goes beyond."""
    market_data_connections_max: int = 1024
    """Connections of the market data port at a time; more are closed at once."""
    market_data_connections_per_session_max: int = 64
    """How often one session may be logged in there."""
    conflation_interval_s: float = 0.25
    """Conflated market data tells of an instrument at most once in so long."""
    conflation_checksum_every: int = 16
    """Updates of an instrument's conflated book from one checksum to the next; 0 = none."""

    @property
    def cancel_window_max_ms(self) -> int:
        """As messages have it."""
        return int(self.cancel_window_max_s * 1000)

    def __post_init__(self) -> None:
        if not (self.session.isalnum() and self.session.isascii() and len(self.session) <= soup.SESSION_SIZE):
            raise ValueError(f"session: {self.session!r}: must be 1 to {soup.SESSION_SIZE} letters or digits")
        for name in (
            "heartbeat_interval_s",
            "client_timeout_s",
            "login_timeout_s",
            "replay_stall_timeout_s",
            "close_timeout_s",
            "connections_max",
            "buffer_max",
            "queries_in_flight_max",
            "market_data_connections_max",
            "market_data_connections_per_session_max",
            "conflation_interval_s",
        ):
            value = getattr(self, name)
            if value <= 0:
                raise ValueError(f"{name}: {value}: must be positive")
        for name in ("cancel_window_max_s", "rate_per_s", "rate_burst", "conflation_checksum_every"):
            value = getattr(self, name)
            if value < 0:
                raise ValueError(f"{name}: {value}: must not be negative")
        if not _LOGIN_REQUEST_LENGTH <= self.packet_length_max <= soup.PAYLOAD_MAX + 1:
            allowed = f"{_LOGIN_REQUEST_LENGTH} to {soup.PAYLOAD_MAX + 1}"
            raise ValueError(f"packet_length_max: {self.packet_length_max}: must be from {allowed}")
