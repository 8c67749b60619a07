"""A relay in the test's process, beside a whole venue: both over real sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import trio
from market_venue import PASSWORD, MarketVenue

from config.credentials import hash_password
from config.relay import RelaySettings, SubscriberConfig, UpstreamSettings
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.market.relayed import RelayedFeed
from gateways.binary.market.source import Kind
from gateways.binary.settings import BinarySettings
from tradeengine.relay_subscribers import subscribers_door
from tradeengine.relay_upstream import Upstream, Venue

SUBSCRIBER = "SUB1"
SECRET = "quiet"
PATIENCE_S = 60


def relay_settings(**settings: Any) -> RelaySettings:
    """One subscriber; comes back to the venue at once."""
    upstream = UpstreamSettings(username="MDATA1", password=PASSWORD, retry_first_s=0.01, retry_longest_s=0.05)
    subscriber = SubscriberConfig(username=SUBSCRIBER, password_hash=hash_password(SECRET, bytes(16), n=2))
    return msgspec.structs.replace(RelaySettings(upstream=upstream, subscribers=[subscriber]), **settings)


class Relay(MarketVenue):
    """Clients of it keep the venue's books; ``closed`` says why they were let go."""

    def __init__(self, venue: MarketVenue, acceptor: MarketAcceptor, port: int, relayed: RelayedFeed) -> None:
        super().__init__(venue.venue, venue.feed, acceptor, port)
        self.upstreams: dict[Kind, Upstream] = {}
        self.relayed = relayed
        self.told: list[str] = []
        """What operators are."""

    async def connected(self, times: int = 1) -> None:
        """Until both streams come from the venue, for the time that ``times`` says, and joiners are served."""
        with trio.fail_after(PATIENCE_S):
            while len(self.relayed.lines) < len(Kind) or not all(
                upstream.connected and upstream.counters.connections_made >= times
                for upstream in self.upstreams.values()
            ):
                await trio.sleep(0.001)

    async def subscriber(self, **login: Any) -> Any:
        """A client of the relay."""
        return await self.client(**{"user": SUBSCRIBER, "password": SECRET, **login})


@asynccontextmanager
async def relaying(
    at: MarketVenue, relay: RelaySettings | None = None, *, venue_port: int = 0, **served: Any
) -> AsyncIterator[Relay]:
    """Both streams of ``at``. ``venue_port``: where the venue is to be found, if not where it is; ``served``: settings
    of the relay's port."""
    chosen = relay or relay_settings()
    upstream = msgspec.structs.replace(chosen.upstream, port=venue_port or at.port)
    feed = RelayedFeed(tuple(Kind))
    door = subscribers_door(chosen.subscribers, lambda event, **details: None, time.time_ns)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")

        def closed(event: str, **details: Any) -> None:
            assert event == "connection_closed", details
            running.closed.append(details["reason"])

        acceptor = MarketAcceptor(door, feed, BinarySettings(**served), closed)
        running = Relay(at, acceptor, listeners[0].socket.getsockname()[1], feed)
        for kind in Kind:
            running.upstreams[kind] = Upstream(
                kind, Venue(upstream), feed, chosen, lambda event, **details: running.told.append(event), time.time_ns
            )
            await nursery.start(running.upstreams[kind].run, None)
        await nursery.start(acceptor.serve, listeners)
        yield running
        nursery.cancel_scope.cancel()


def cut(at: MarketVenue) -> None:
    """The network takes the venue's connections of market data away."""
    for connection in at.acceptor._open:
        connection._outlet.abort("cut")
