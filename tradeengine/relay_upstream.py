"""The venue's side of a relay: a stream that is followed for as long as the relay runs, whatever becomes of the venue.

A connection that is lost is come back to, and the stream goes on at the next number: who listens to the relay sees
nothing of it. Where it cannot go on, because the venue has begun another one or keeps too little of this one, it begins
anew from a snapshot, and who listens is told.
"""

from __future__ import annotations

import base64
import random
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec
import trio

from actors.runtime import Mailbox
from clients.backoff import Backoff
from clients.connection import Connection
from clients.credentials import Ed25519Key, HmacKey, SigningKey
from clients.exceptions import ClientError, ConnectionLost, LoginRefused
from clients.link import Link
from clients.market.packets import SnapshotLink, StreamLink
from clients.settings import Settings as ClientSettings
from config.keys import read_key
from config.relay import RelaySettings, UpstreamSettings
from gateways.binary import soup
from gateways.binary.market.relayed import RelayedFeed, RelayedLine, VenueSnapshot
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Stream
from gateways.tls import TlsUnusable, client_context

L = TypeVar("L", bound=Link[None])

_RECEIVE_MAX: Final = 65_536
"""Bytes that are read at once, and written at once to each subscriber: at the usual pace less, and when the relay is
behind fewer and larger writes."""


class UpstreamCounters(msgspec.Struct):
    """What one stream's following has seen since the start; read when metrics are scraped."""

    connections_made: int = 0
    connections_lost: int = 0
    streams_begun: int = 0
    snapshots_taken: int = 0
    messages_relayed: int = 0


class Venue:
    """Where the venue is, and who the relay is there. Raises TlsUnusable."""

    def __init__(self, upstream: UpstreamSettings) -> None:
        self.address = f"{upstream.host}:{upstream.port}"
        self.credentials = upstream.username, upstream.password
        self.client = ClientSettings(
            connect_timeout_s=upstream.connect_timeout_s,
            server_timeout_s=upstream.silence_max_s,
            key=_signing_key(upstream),
            tls=_tls_context(upstream) if upstream.tls else None,
            tls_hostname=upstream.tls_hostname or None,
        )
        self._host, self._port = upstream.host, upstream.port

    def connection(self, link: L) -> Connection[L, None]:
        """Not connected yet."""
        return Connection(self._host, self._port, link, _RECEIVE_MAX)


class Upstream:
    """One stream of ``venue``, for ``feed``; a service. ``observe`` is told what operators should know."""

    def __init__(
        self,
        kind: Kind,
        venue: Venue,
        feed: RelayedFeed,
        relay: RelaySettings,
        observe: Callable[..., object],
        clock_ns: Callable[[], int],
    ) -> None:
        self.kind = kind
        self.connected = False
        self.counters = UpstreamCounters()
        self.line: RelayedLine | None = None
        """The one that is followed; joiners are served once it is ready."""
        self.newest = b"", 0
        """The packets that have come last, and when, nanoseconds UTC."""
        self._venue = venue
        self._feed = feed
        self._relay = relay
        self._observe = observe
        self._clock_ns = clock_ns
        self._backoff = Backoff(first_s=relay.upstream.retry_first_s, longest_s=relay.upstream.retry_longest_s)
        self._chance = random.random
        self._attempts = 0
        self._nursery: trio.Nursery | None = None
        self._scope = trio.CancelScope()
        self._outage: trio.CancelScope | None = None
        """While there is no connection, and who listens does not know."""

    # ---- a service of the supervisor's ------------------------------------------------------------------------------

    async def run(
        self, mailbox: Mailbox[None] | None = None, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Until asked to stop, or cancelled. Run again, it trusts nothing of before."""
        self._scope, self._outage = trio.CancelScope(), None
        self.connected, self.line = False, None
        task_status.started()
        with self._scope:
            async with trio.open_nursery() as self._nursery:
                await self._follow()

    def request_stop(self) -> None:
        """Ends :meth:`run`."""
        self._scope.cancel()

    # ---- connections ------------------------------------------------------------------------------------------------

    async def _follow(self) -> NoReturn:
        while True:
            try:
                await self._connect()
            except ClientError as error:
                self._lost(error)
            await trio.sleep(self._backoff.delay_s(self._attempts, self._chance()))
            self._attempts += 1

    async def _connect(self) -> NoReturn:
        """Raises ClientError once there is no connection, or if there is none."""
        if self.line is not None:
            await self._listen(self.line)
        snapshot = await self._snapshot()
        for backfill in (self._relay.backfill_max, 0):
            await self._listen(self._begin(snapshot, backfill))
        raise ConnectionLost("the venue refuses the number that its own snapshot names")

    async def _listen(self, line: RelayedLine) -> None:
        """Takes the stream from where the line has come to; returns if the venue refuses that number. Raises
        ClientError."""

        def take(count: int, packets: bytes) -> None:
            self.counters.messages_relayed += count
            self.newest = packets, self._clock_ns()
            line.take(count, packets)

        name, number = line.stream.name, line.stream.next
        link = StreamLink(*self._venue.credentials, name, number, self._venue.client, take)
        try:
            async with self._venue.connection(link) as connection:
                self._found(line)
                async for _ in connection:
                    pass
        except LoginRefused as refused:
            if refused.code != soup.SESSION_NOT_AVAILABLE:
                raise
            self._observe("venue_refused_number", stream=name, number=number, reason=str(refused))
        except ConnectionLost as lost:
            if link.session.ended:
                self.line = None
                self._feed.end(self.kind, str(lost))
            raise

    def _begin(self, snapshot: VenueSnapshot, backfill: int) -> RelayedLine:
        """A line that joiners get when it has come to where the snapshot is. ``backfill``: messages of before that it
        is to have."""
        relay = self._relay
        stream = Stream(snapshot.session, relay.replay_bytes, max(1, snapshot.number - backfill))
        line = RelayedLine(self.kind, stream, relay.snapshot_lag_max, lambda: self._ask(line), self._ready)
        line.show(snapshot)
        self.line = line
        return line

    def _ready(self, line: RelayedLine) -> None:
        self.counters.streams_begun += 1
        self._observe("relaying", stream=line.stream.name, kind=self.kind.value, number=line.stream.next)
        self._feed.begin(line)

    # ---- snapshots --------------------------------------------------------------------------------------------------

    async def _snapshot(self) -> VenueSnapshot:
        """On a connection of its own. Raises ClientError."""
        link = SnapshotLink(*self._venue.credentials, self.kind.value, self._venue.client)
        with trio.move_on_after(self._relay.upstream.snapshot_timeout_s):
            async with self._venue.connection(link):
                snapshot = VenueSnapshot(link.session.session, link.number, link.packets, link.instruments)
            self.counters.snapshots_taken += 1
            return snapshot
        raise ConnectionLost(f"no snapshot came within {self._relay.upstream.snapshot_timeout_s:g} s")

    def _ask(self, line: RelayedLine) -> None:
        assert self._nursery is not None
        self._nursery.start_soon(self._renew, line)

    async def _renew(self, line: RelayedLine) -> None:
        try:
            snapshot = await self._snapshot()
        except ClientError as error:
            self._observe("venue_snapshot_missed", stream=line.stream.name, reason=str(error))
            line.miss()
            return
        if snapshot.session == line.stream.name:
            line.show(snapshot)
        else:
            line.miss()

    # ---- outages ----------------------------------------------------------------------------------------------------

    def _found(self, line: RelayedLine) -> None:
        """There is a connection, and the stream goes on."""
        self.connected = True
        self.counters.connections_made += 1
        self._attempts = 0
        if self._outage is not None:
            self._outage.cancel()
            self._outage = None
        line.resume()
        self._observe("venue_reached", stream=line.stream.name, venue=self._venue.address, number=line.stream.next)

    def _lost(self, error: ClientError) -> None:
        if self.connected or not self._attempts:
            self._observe("venue_lost", kind=self.kind.value, venue=self._venue.address, reason=str(error))
        self.counters.connections_lost += self.connected
        self.connected = False
        line = self._feed.lines.get(self.kind)
        if line is None:
            return
        if isinstance(error, LoginRefused) and error.code != soup.SESSION_NOT_AVAILABLE:
            line.suspend("the venue does not let the relay in")
        elif self._outage is None:
            assert self._nursery is not None
            self._outage = trio.CancelScope()
            self._nursery.start_soon(self._lose_patience, line, self._outage)

    async def _lose_patience(self, line: RelayedLine, outage: trio.CancelScope) -> None:
        """A market that nobody hears of must not look like one in which nothing happens."""
        with outage:
            await trio.sleep(self._relay.outage_max_s)
            reason = f"the venue has not been reached for {self._relay.outage_max_s:g} s"
            self._observe("venue_given_up_for_now", stream=line.stream.name, reason=reason)
            line.suspend(reason)


def _signing_key(upstream: UpstreamSettings) -> SigningKey | None:
    if upstream.private_key:
        key_id, _, text = upstream.private_key.partition(":")
        return Ed25519Key(base64.b64decode(text), key_id)
    if upstream.hmac_key:
        key = read_key(upstream.hmac_key)
        return HmacKey(key.data, key.key_id)
    return None


def _tls_context(upstream: UpstreamSettings) -> ssl.SSLContext:
    """Raises TlsUnusable."""
    authorities, certificate, key = (
        Path(name) if name else None for name in (upstream.tls_ca, upstream.tls_certificate, upstream.tls_key)
    )
    try:
        return client_context(authorities, certificate, key)
    except TlsUnusable as error:
        raise TlsUnusable(f"relay.upstream: {error}") from None
