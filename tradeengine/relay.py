"""The relay as a process: a venue's market data on a port of its own, for any number of subscribers.

The venue writes each packet once, to the relay; what a subscriber more costs, it costs here. See docs/adr/0018.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
import trio

from actors.runtime import ChildExit, ChildSpec, Supervisor
from config.relay import RelaySettings
from config.settings import Settings
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.market.relayed import RelayedFeed
from gateways.binary.market.source import Kind
from gateways.binary.settings import BinarySettings
from gateways.http.server import HttpServer
from gateways.http.settings import HttpSettings
from gateways.tls import TlsFiles, server_context
from tradeengine.edge import Endpoint, service_spec
from tradeengine.open_files import allow_connections
from tradeengine.ports_file import remove_ports, write_ports
from tradeengine.relay_status import RelayStatus
from tradeengine.relay_subscribers import subscribers_door
from tradeengine.relay_upstream import Upstream, Venue

log = structlog.get_logger("relay")

RELAY: Final = "relay"
"""The endpoint, and the directory in data_dir where the ports are told."""
RELAY_OVER_TLS: Final = "relay-tls"
METRICS: Final = "metrics"
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_EXPECTED: Final = frozenset({"relaying", "venue_reached"})
_INTENSITY: Final = 5
_PERIOD_S: Final = 10.0
_NAMED_MAX: Final = 12
"""Subscribers that the banner names."""


async def serve(
    settings: Settings, announce: Callable[[str], object] = print, signals: Sequence[signal.Signals] = STOP_SIGNALS
) -> None:
    """Relay until a signal comes.

    Args:
        announce: told where it listens, once it does; ``relay/ports.json`` in ``data_dir`` is written after it.
        signals: those that stop it gracefully; another one after that has its usual effect.

    Raises:
        PortUnavailable, TlsUnusable: it did not open.
        SupervisorFailed: a part of it has failed again and again.
    """
    relay, directory = settings.relay, settings.data_dir / RELAY
    missing = allow_connections(relay.connections_max)
    if missing:
        log.warning("open_files_limited", missing=missing, hint="raise `ulimit -n`, or lower relay.connections_max")
    tls = _tls_context(relay)
    venue = Venue(relay.upstream)
    door = await trio.to_thread.run_sync(subscribers_door, relay.subscribers, log.debug, time.time_ns)
    feed = RelayedFeed(tuple(Kind(name) for name in relay.streams))
    acceptor = MarketAcceptor(door, feed, _served(relay), _observe, time.time_ns, os.urandom)
    upstreams = [Upstream(Kind(name), venue, feed, relay, follow, time.time_ns) for name in relay.streams]
    gc.freeze()
    with _endpoints(relay, directory) as endpoints:
        specs = [_upstream_spec(upstream) for upstream in upstreams]
        specs += _port_specs(endpoints, acceptor, tls)
        status = HttpServer(RelayStatus(upstreams, acceptor).respond, HttpSettings(), _observe)
        specs.append(service_spec(endpoints[METRICS], status, _observe))
        supervisor = Supervisor("relay", specs, intensity=_INTENSITY, period_s=_PERIOD_S)
        async with supervisor.running():
            with trio.open_signal_receiver(*signals) as received:
                announce(_banner(settings, endpoints))
                directory.mkdir(parents=True, exist_ok=True)
                write_ports(directory, {name: endpoint.port for name, endpoint in endpoints.items()})
                async for number in received:
                    log.info("signal_received", signal=signal.Signals(number).name)
                    break
    log.info("relay_stopped")


@contextlib.contextmanager
def _endpoints(relay: RelaySettings, directory: Path) -> Iterator[dict[str, Endpoint]]:
    """What is listened on, by name. Raises PortUnavailable."""
    wanted = {METRICS: (relay.metrics_host, relay.metrics_port)}
    if relay.plain:
        wanted[RELAY] = relay.host, relay.port
    if relay.tls.certificate:
        wanted[RELAY_OVER_TLS] = relay.host, relay.tls_port
    endpoints: dict[str, Endpoint] = {}
    try:
        remove_ports(directory)
        for name, (host, port) in wanted.items():
            endpoints[name] = Endpoint(name, host, port)
        yield endpoints
    finally:
        for endpoint in endpoints.values():
            endpoint.close()
        remove_ports(directory)


def _served(relay: RelaySettings) -> BinarySettings:
    """The port's settings, as the gateway has them."""
    return BinarySettings(
        heartbeat_interval_s=relay.heartbeat_interval_s,
        client_timeout_s=relay.client_timeout_s,
        login_timeout_s=relay.login_timeout_s,
        packet_length_max=relay.packet_length_max,
        buffer_max=relay.buffer_max,
        replay_stall_timeout_s=relay.replay_stall_timeout_s,
        close_timeout_s=relay.close_timeout_s,
        market_data_connections_max=relay.connections_max,
        market_data_connections_per_session_max=relay.connections_per_subscriber_max,
        conflation_interval_s=relay.conflation_interval_s,
        conflation_checksum_every=relay.conflation_checksum_every,
    )


def _port_specs(
    endpoints: dict[str, Endpoint], acceptor: MarketAcceptor, tls: ssl.SSLContext | None
) -> list[ChildSpec[Any]]:
    async def take_leave(_: str) -> None:
        await acceptor.stop("the relay is shutting down")

    specs: list[ChildSpec[Any]] = []
    if RELAY in endpoints:
        specs.append(service_spec(endpoints[RELAY], acceptor, _observe, take_leave))
    if tls is not None:
        specs.append(service_spec(endpoints[RELAY_OVER_TLS], acceptor.over_tls(tls), _observe, take_leave))
    return specs


def _upstream_spec(upstream: Upstream) -> ChildSpec[Any]:
    async def start() -> Upstream:
        return upstream

    def on_exit(ended: ChildExit) -> None:
        log.error("upstream_failed", kind=upstream.kind.value, exc_info=ended.error)

    return ChildSpec(name=f"upstream {upstream.kind.value}", start=start, on_exit=on_exit)


def _tls_context(relay: RelaySettings) -> ssl.SSLContext | None:
    """None where no certificate is configured. Raises TlsUnusable."""
    tls = relay.tls
    if not tls.certificate:
        return None
    client_ca = Path(tls.client_ca) if tls.client_ca else None
    return server_context(TlsFiles(Path(tls.certificate), Path(tls.key), client_ca, tls.client_certificates))


def follow(event: str, **details: object) -> None:
    """What the followers tell of the venue: a warning where something of it is missing."""
    (log.info if event in _EXPECTED else log.warning)(event, **details)


def _observe(event: str, **details: object) -> None:
    """What the ports tell of their connections."""
    logger = structlog.get_logger("gateways")
    (logger.error if event.endswith("_failed") else logger.info)(event, **details)


def _banner(settings: Settings, endpoints: dict[str, Endpoint]) -> str:
    relay = settings.relay
    lines = [
        f"  market data of {relay.upstream.host}:{relay.upstream.port}, relayed",
        "",
        *(f"  {name:<10} {endpoint.address}" for name, endpoint in endpoints.items()),
        f"  {'streams':<10} {', '.join(relay.streams)}",
        f"  {'clients':<10} {', '.join(one.username for one in relay.subscribers[:_NAMED_MAX])}",
    ]
    return "\n".join(["", *lines, ""])
