"""How a FIX connection stands, for operators."""

from __future__ import annotations

import msgspec


class ConnectionStatus(msgspec.Struct, frozen=True):
    """One look at a live connection."""

    state: str
    """A name of :class:`gateways.fix.state.State`."""
    remote: str
    """``host:port`` of the client."""
    heartbeat_s: int
    """HeartBtInt (108) as agreed."""
    backlog_bytes: int
    """What the client has not taken from us yet, beyond what the kernel keeps."""
    parked: int
    """Messages that wait for the reports numbered before them to become durable."""
    resends_waiting: int
    """ResendRequests of the client that wait while an earlier one is served."""
    resending: bool
    """Whether what the client asked for is being sent again."""
    rejects: int
    """Its messages that were answered by a reject of the protocol."""
