"""How a client keeps its connection."""

from __future__ import annotations

import ssl
from typing import TypedDict

import msgspec

from clients.backoff import Backoff
from clients.credentials import SigningKey


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds."""

    next_number: int = 1
    """The first report to be sent: 1 is all of the session's stream, 0 only what is new. Of market data it is only for
    who has the books of before."""
    first_cl_ord_id: int | None = None
    """ClOrdIDs are counted from here; None: from the time, so that they stay unique."""
    heartbeat_interval_s: float = 1.0
    server_timeout_s: float = 15.0
    """The venue's heartbeats come every second: a longer silence is the connection's end."""
    connect_timeout_s: float = 10.0
    events_max: int = 1_000_000
    """Events kept for a slow iteration; at that many the client reads no further until it goes on, and the venue will
    in the end disconnect it. 0: none are kept, for programs that don't iterate."""
    reconnect: Backoff | None = None
    """How to come back when a connection is lost; None: not. The first one is not tried twice."""
    key: SigningKey | None = None
    """Signs what the venue wants signed at the login."""
    tls: ssl.SSLContext | None = None
    """With the client's certificate, if the venue wants one; None: no TLS."""
    tls_hostname: str | None = None
    """The name on the venue's certificate; None: the host that is connected to."""


class Options(TypedDict, total=False):
    """The same as keywords."""

    next_number: int
    first_cl_ord_id: int | None
    heartbeat_interval_s: float
    server_timeout_s: float
    connect_timeout_s: float
    events_max: int
    reconnect: Backoff | None
    key: SigningKey | None
    tls: ssl.SSLContext | None
    tls_hostname: str | None
