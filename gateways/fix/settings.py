"""The FIX gateway's limits and time-outs: a plain struct, so that whoever composes the venue fills it in."""

from __future__ import annotations

import msgspec

from engine.session_profile import RateAction


class FixSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the FIX acceptor. Seconds, bytes and counts as the names say.

    Raises ``ValueError`` with the key, the value and what is allowed.
    """

    connections_max: int = 1000
    """Connections, logged on or not; further ones are closed as they come."""
    logon_timeout_s: float = 10.0
    """How long a new connection may stay without a completed logon."""
    logout_timeout_s: float = 5.0
    """How long the venue waits for the answer to its Logout, and for last words to be read."""
    heartbeat_interval_max_s: int = 3600
    """The largest HeartBtInt (108) that a Logon may ask for; 0 asks for no heartbeats and is always allowed."""
    silence_factor: float = 1.2
    """A TestRequest follows silence of this many heartbeat intervals, a disconnect as much silence again."""
    resend_timeout_s: float = 30.0
    """A ResendRequest that brings no progress is repeated after this time; a client that reads nothing of what it asked
    to be resent for as long is cut off."""
    gap_asks_max: int = 10
    """ResendRequests of the venue for the same gap that may bring no progress; after one more ``resend_timeout_s`` the
    session ends: what is missing can't come, being too large or garbled itself."""
    sending_time_accuracy_s: int = 120
    """How far SendingTime (52) may be from the venue's clock; 0 = any."""
    timestamp_digits: int = 3
    """Fraction digits of outbound UTCTimestamps: 0, 3 (milliseconds), 6 or 9."""
    message_size_max: int = 8192
    """The largest inbound message, 8= to the end of 10=; longer ones count as garbled."""
    incomplete_timeout_s: float = 1.0
    """How long a message that may have a wrong BodyLength waits for its end, when a whole message stands in it. For
    nothing else is there a limit but the client's silence: a message's parts come closer together."""
    write_buffer_max: int = 8 * 1024 * 1024
    """Bytes that may wait for a client that reads too slowly, before it is cut off."""
    parked_messages_max: int = 10_000
    """Messages that may wait for the reports numbered before them."""
    gap_buffer_max: int = 262_144
    """Bytes of one client's messages beyond a gap that are kept until it closes; what has no room is dropped, as it is
    sent again. 0 keeps none."""
    resend_request_chunk: int = 0
    """Messages that the venue's ResendRequest asks for at once; 0 = all that are missing (EndSeqNo 0)."""
    resends_max: int = 8
    """ResendRequests of one client that may wait while an earlier one is served."""
    resend_window_s: float = 60.0
    """The time within which ResendRequests are counted."""
    resend_repeats_max: int = 20
    """ResendRequests for the same messages within ``resend_window_s``; one more ends the session."""
    resend_requests_max: int = 1000
    """ResendRequests for different messages within ``resend_window_s``."""
    resend_messages_max: int = 5_000_000
    """Messages asked for within ``resend_window_s``, after which no further ResendRequest is served."""
    routes_max: int = 10_000
    """Orders of one session whose routing fields (OnBehalfOf…, DeliverTo…, Sub- and LocationIDs) its reports carry."""
    test_system: bool = False
    """What is traded here is not real: a Logon may say so (TestMessageIndicator 464=Y), and may not deny it."""
    queries_max: int = 256
    """Status and market-data queries of one client that may be under way."""
    trade_requests_max: int = 16
    """TradeCaptureReportRequests of one client that may be under way, subscriptions included."""
    trade_reports_max: int = 10_000
    """Trades that one TradeCaptureReportRequest is answered with."""
    symbols_per_request_max: int = 100
    """Symbols in one MarketDataRequest."""
    market_depth_max: int = 1000
    """Price levels per side in market data; MarketDepth (264) of 0 gives this many."""
    subscriptions_max: int = 1000
    """Instruments that one client may listen to at a time, counted once for each request."""
    trades_waiting_max: int = 10_000
    """Trades of one instrument that may wait for a client that reads too slowly; beyond, it gets a new snapshot."""
    conflation_backlog_max: int = 262_144
    """Unsent bytes of one client at which its market data waits, and its later changes join what waits."""
    rate_per_s: int = 0
    """Messages a second of sessions whose profile names no rate; 0 = no limit."""
    rate_burst: int = 0
    """Messages of theirs that may come at once after silence; 0 = a second's worth."""
    rate_action: RateAction = RateAction.REJECT
    """What is done with what goes beyond."""
    tick_interval_s: float = 0.25
    """Resolution of the heartbeat timers."""

    def __post_init__(self) -> None:
        if self.timestamp_digits not in (0, 3, 6, 9):
            raise ValueError(f"timestamp_digits: {self.timestamp_digits}: must be 0, 3, 6 or 9")
        if self.silence_factor < 1:
            raise ValueError(f"silence_factor: {self.silence_factor}: must be at least 1")
        for key in _POSITIVE:
            value = getattr(self, key)
            if value <= 0:
                raise ValueError(f"{key}: {value}: must be positive")
        for key in _NOT_NEGATIVE:
            value = getattr(self, key)
            if value < 0:
                raise ValueError(f"{key}: {value}: must not be negative")


_POSITIVE = (
    "connections_max",
    "logon_timeout_s",
    "logout_timeout_s",
    "resend_timeout_s",
    "gap_asks_max",
    "message_size_max",
    "incomplete_timeout_s",
    "write_buffer_max",
    "parked_messages_max",
    "resends_max",
    "resend_window_s",
    "resend_repeats_max",
    "resend_requests_max",
    "resend_messages_max",
    "routes_max",
    "queries_max",
    "trade_requests_max",
    "trade_reports_max",
    "symbols_per_request_max",
    "market_depth_max",
    "subscriptions_max",
    "trades_waiting_max",
    "conflation_backlog_max",
    "tick_interval_s",
)
_NOT_NEGATIVE = (
    "rate_per_s",
    "rate_burst",
    "heartbeat_interval_max_s",
    "sending_time_accuracy_s",
    "gap_buffer_max",
    "resend_request_chunk",
)
