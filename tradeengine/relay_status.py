"""What a relay tells of itself over HTTP: metrics for Prometheus, whether it lives, whether it serves."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from gateways.binary import soup
from gateways.binary.codec import HEADER, HEADER_SIZE
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.market.codec import SEQUENCED
from gateways.http.messages import Request, Response, json_response
from gateways.http.routes import Route, Router
from gateways.http.views import HealthView
from tradeengine.metric_families import counter_family, counters_of, gauge, gauge_family, labelled_gauge
from tradeengine.relay_upstream import Upstream, UpstreamCounters
from tradeengine.versions import package_version

_WITHOUT_TIME: Final = frozenset({SEQUENCED.snapshot_begin.template_id, SEQUENCED.snapshot_end.template_id})
_TIME_BYTES: Final = 8
_SECOND_NS: Final = 1_000_000_000


class RelayStatus:
    """Answers the requests of its port."""

    def __init__(self, upstreams: Sequence[Upstream], acceptor: MarketAcceptor) -> None:
        self._upstreams = upstreams
        self._registry = CollectorRegistry()
        self._registry.register(_RelayCollector(upstreams, acceptor))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._router = Router([
            Route("GET", "/metrics", self._metrics, protected=False),
            Route("GET", "/health/live", self._live, protected=False),
            Route("GET", "/health/ready", self._ready, protected=False),
        ])  # fmt: skip

    async def respond(self, request: Request) -> Response:
        """Raises HttpError."""
        route, values = self._router.find(request)
        return await route.handler(request, *values)

    async def _metrics(self, request: Request) -> Response:
        return Response(HTTPStatus.OK, generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4)

    async def _live(self, request: Request) -> Response:
        return json_response({"live": True})

    async def _ready(self, request: Request) -> Response:
        """Whether all streams come from the venue now."""
        missing = [upstream.kind.value for upstream in self._upstreams if not upstream.connected]
        if missing:
            reason = f"{', '.join(missing)}: not connected to the venue"
            return json_response(HealthView(False, reason), HTTPStatus.SERVICE_UNAVAILABLE)
        return json_response(HealthView(True))


class _RelayCollector(Collector):
    def __init__(self, upstreams: Sequence[Upstream], acceptor: MarketAcceptor) -> None:
        self._upstreams = upstreams
        self._acceptor = acceptor

    def describe(self) -> Iterable[Metric]:
        """Nothing before it is scraped."""
        return []

    def collect(self) -> Iterator[Metric]:
        build = {"version": package_version() or "unknown", "python": platform.python_version()}
        yield labelled_gauge("build_info", "What runs; the value is always 1.", [(build, 1)])
        yield from self._streams()
        yield gauge("relay_connections", "Connections that are open, logged in or not.", self._acceptor.connections)
        yield from counters_of("relay", self._acceptor.counters)

    def _streams(self) -> Iterator[Metric]:
        connected = gauge_family("relay_venue_connected", "1 while the stream comes from the venue.", "stream")
        sequence = gauge_family("relay_sequence", "Number of the last message that was relayed.", "stream")
        subscribers = gauge_family("relay_subscribers", "Clients that are sent the stream as it comes.", "stream")
        lag = gauge_family(
            "relay_lag_seconds", "From the newest message's TransactTime to when it was relayed.", "stream"
        )
        counts = [
            counter_family(f"relay_venue_{field}", f"{field.capitalize().replace('_', ' ')} since the start.", "stream")
            for field in UpstreamCounters.__struct_fields__
        ]
        for upstream in self._upstreams:
            name, line = [upstream.kind.value], upstream.line
            connected.add_metric(name, int(upstream.connected))
            sequence.add_metric(name, line.stream.next - 1 if line is not None else 0)
            subscribers.add_metric(name, len(line.subscribers) if line is not None else 0)
            lag.add_metric(name, lag_s(*upstream.newest))
            for field, family in zip(UpstreamCounters.__struct_fields__, counts, strict=True):
                family.add_metric(name, getattr(upstream.counters, field))
        yield from (connected, sequence, subscribers, lag, *counts)


def lag_s(packets: bytes, received_ns: int) -> float:
    """How old the newest of ``packets`` that says when it happened was at ``received_ns``; 0 where none does."""
    time_ns, at = received_ns, 0
    while at < len(packets):
        begin = at + soup.HEADER_SIZE
        after = at + 2 + int.from_bytes(packets[at : at + 2], "big")
        if after - begin >= HEADER_SIZE + _TIME_BYTES and HEADER.unpack_from(packets, begin)[1] not in _WITHOUT_TIME:
            time_ns = int.from_bytes(packets[begin + HEADER_SIZE : begin + HEADER_SIZE + _TIME_BYTES], "little")
        at = after
    return (received_ns - time_ns) / _SECOND_NS
