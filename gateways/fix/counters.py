"""What the FIX gateway has done, for metrics read at scrape time."""

from __future__ import annotations

import msgspec


class FixCounters(msgspec.Struct):
    """What the gateway has done since it started; read when metrics are scraped."""

    connections_opened: int = 0
    connections_refused: int = 0
    """Closed at once, because ``connections_max`` were open, or the venue was stopping."""
    connections_displaced: int = 0
    """Closed before a logon had come, because ``connections_max`` were open and another came."""
    logons_accepted: int = 0
    logons_refused: int = 0
    logons_timed_out: int = 0
    messages_received: int = 0
    messages_garbled: int = 0
    """Skipped as no message at all; counted when the connection ends."""
    rejects_sent: int = 0
    """Session Rejects, BusinessMessageRejects and MarketDataRequestRejects."""
    reports_sent: int = 0
    reports_resent: int = 0
    slow_clients_cut: int = 0
    batches_throttled: int = 0
    """Reads that held more messages than their session's rate allowed."""
