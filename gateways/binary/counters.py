"""What the binary ports count."""

from __future__ import annotations

import msgspec


class PortCounters(msgspec.Struct):
    """What a port has done since it started; read when metrics are scraped."""

    connections_opened: int = 0
    connections_refused: int = 0
    """Closed at once, because as many as there may be were open."""
    connections_displaced: int = 0
    """Closed before a login had come, because as many as there may be were open and another came."""
    logins_accepted: int = 0
    logins_rejected: int = 0
    protocol_violations: int = 0
    clients_timed_out: int = 0
    slow_clients_cut: int = 0


class BinaryCounters(PortCounters):
    """Of order entry."""

    messages_received: int = 0
    batches_throttled: int = 0
    """Reads that held more messages than their session's rate allowed."""
    reports_sent: int = 0
    reports_replayed: int = 0
    answers_sent: int = 0


class MarketCounters(PortCounters):
    """Of market data."""

    snapshots_sent: int = 0
    messages_rejected: int = 0
    batches_throttled: int = 0
    """Reads that held more messages than their session's rate allowed."""
