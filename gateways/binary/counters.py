"""What the order entry gateway counts."""

from __future__ import annotations

import msgspec


class BinaryCounters(msgspec.Struct):
    """What the gateway has done since it started; read when metrics are scraped."""

    connections_opened: int = 0
    connections_refused: int = 0
    """Closed at once, because ``connections_max`` were open."""
    logins_accepted: int = 0
    logins_rejected: int = 0
    messages_received: int = 0
    batches_throttled: int = 0
    """Reads that held more messages than their session's rate allowed."""
    reports_sent: int = 0
    reports_replayed: int = 0
    answers_sent: int = 0
    protocol_violations: int = 0
    clients_timed_out: int = 0
    slow_clients_cut: int = 0
