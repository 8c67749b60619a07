"""The order entry port: what its connections share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from actors.door import Gate
from gateways.binary.client_connection import ClientConnection, Shared
from gateways.binary.connection import BinaryConnection, OrderEntry
from gateways.binary.counters import BinaryCounters
from gateways.binary.settings import BinarySettings
from gateways.binary.soup_acceptor import SoupAcceptor, unobserved
from gateways.rates import RateDefaults, RateLimits
from gateways.transport import Outlet


class BinaryAcceptor(SoupAcceptor):
    """The venue's SoupBinTCP server of order entry and drop copies."""

    def __init__(
        self,
        gate: Gate,
        settings: BinarySettings,
        observe: Callable[..., None] = unobserved,
        clock: Callable[[], int] = time.time_ns,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.counters = BinaryCounters()
        super().__init__(
            settings, self.counters, settings.connections_max, settings.buffer_max, observe, clock, entropy
        )
        rates = RateLimits(RateDefaults(settings.rate_per_s, settings.rate_burst, settings.rate_action))
        self._order_entry = OrderEntry(gate, rates, self.counters)

    async def stop(self, reason: str) -> None:
        """Takes leave of every client, and waits until they have closed their ends, no longer than ``close_timeout_s``:
        who has then is logged out, who has not has lost its connection.

        New connections are closed from now on. :meth:`serve` has to be cancelled afterwards.
        """
        self._open.refuse_all()
        for connection in self._open:
            connection.leave(reason)
        await self._open.all_gone()

    def _connection(self, outlet: Outlet, remote: str, shared: Shared) -> ClientConnection:
        return BinaryConnection(outlet, remote, shared, self._order_entry)
