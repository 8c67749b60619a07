"""How many files and sockets the process may have open."""

from __future__ import annotations

import resource

from config.settings import Settings

_BESIDES = 256
"""What is open beside the clients' connections: the journal, listeners, operators."""


def allow_open_files(settings: Settings) -> int:
    """Raises the process's limit to what the configured connections need, as far as the system allows.

    Returns how many are missing; 0 if all is well.
    """
    binary = settings.binary
    return allow_connections(settings.fix.connections_max + binary.connections_max + binary.market_data_connections_max)


def allow_connections(connections: int) -> int:
    """The same for so many of them."""
    needed = connections + _BESIDES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return 0
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    return needed - allowed
