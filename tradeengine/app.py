"""The venue as a process: ports bound, operators answered, journal replayed, gateways opened, and all of it in reverse.

The operators' port is up before the replay, so that a supervisor of processes can tell a venue that is starting from
one that hangs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import structlog
import trio

from actors.door import Gate
from actors.runtime import ChildSpec, Mailbox, Restart, Supervisor
from config.settings import BinarySettings as BinaryPort
from config.settings import FixSettings as FixPort
from config.settings import Settings
from gateways.binary.acceptor import BinaryAcceptor
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.market.mold_server import MoldSettings
from gateways.binary.settings import BinarySettings
from gateways.fix.acceptor import FixAcceptor
from gateways.fix.settings import FixSettings
from gateways.http.api import AdminApi
from gateways.http.server import HttpServer
from gateways.http.settings import HttpSettings
from gateways.tls import TlsFiles, server_context
from stores.journal.directory import read_identity
from stores.journal.disk import RealDisk
from tradeengine.admin_token import admin_token
from tradeengine.banner import banner
from tradeengine.edge import DatagramEndpoint, Endpoint, service_spec
from tradeengine.market_fanout import MoldMember
from tradeengine.market_feed import MarketFeedMember
from tradeengine.open_files import allow_open_files
from tradeengine.operations import VenueOperations
from tradeengine.ports_file import remove_ports, write_ports
from tradeengine.recovery import Recovered, recover
from tradeengine.trace import TracedGate, trace_outcomes
from tradeengine.venue import Venue

log = structlog.get_logger("app")
S = TypeVar("S", bound=msgspec.Struct)

FIX_OVER_TLS: Final = "fix-tls"
"""The endpoint beside ``fix``."""
BINARY_OVER_TLS: Final = "binary-tls"
"""The endpoint beside ``binary``."""
MARKET_DATA: Final = "market-data"
"""The endpoint beside ``binary``."""
MARKET_DATA_OVER_TLS: Final = "market-data-tls"
MOLD: Final = "mold-requests"
"""The endpoint beside ``market-data``."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SWITCH_INTERVAL_S = 0.0001
"""How long the journal's thread waits for the interpreter after a sync, while matching is busy. Measured for 4 KiB
commits beside a busy thread: p50 10.5 ms with CPython's 5 ms, 1.5 ms with 0.5 ms, 0.49 ms with 0.1 ms, 0.40 ms with
0.02 ms; throughput is the same."""
_GC_THRESHOLDS = (50_000, 20, 50)
"""Measured for 100,000 orders that rest: 501 collections of 137 ms in all with CPython's (700, 10, 10), 6 of 47 to
112 ms with these. Events are invisible to the collector (``gc=False``); what it sees is live orders and their levels,
which are no garbage."""
_SOUP_SESSION_CHARS = 10


async def serve(
    settings: Settings, announce: Callable[[str], object] = print, signals: Sequence[signal.Signals] = STOP_SIGNALS
) -> str:
    """Run the venue until a signal stops it; why its journal failed, or nothing.

    Args:
        announce: told the banner once every port listens; ``ports.json`` is written after it.
        signals: those that stop it gracefully; another one after that has its usual effect.

    Raises:
        PortUnavailable, TokenUnusable, TlsUnusable, JournalError, ConfigurationConflict: it did not open.
        SupervisorFailed: it has stopped by itself; the next start replays the journal.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    operations = VenueOperations(settings)
    stop = trio.Event()
    tls = {name: _tls_context(service) for name, service in (("fix", settings.fix), ("binary", settings.binary))}
    missing = allow_open_files(settings)
    if missing:
        log.warning("open_files_limited", missing=missing, hint="raise `ulimit -n`, or lower connections_max")
    with _endpoints(settings) as endpoints:
        remove_ports(settings.data_dir)
        operators = Supervisor("operators", _operators(settings, operations, endpoints, stop, signals))
        async with operators.running():
            operations.phase = "the journal is being replayed"
            recovered = await _recover(settings, stop)
            if recovered is None:
                return ""
            venue = Venue(settings, recovered)
            specs, counters = _gateways(venue, endpoints, tls)
            _settle_memory()
            async with venue.running(specs):
                operations.attach(venue, counters)
                ports = {name: endpoint.port for name, endpoint in endpoints.items()}
                announce(banner(settings, endpoints, recovered, venue.directory))
                log.info("venue_open", **ports, replayed=recovered.replayed)
                write_ports(settings.data_dir, ports)
                await stop.wait()
                log.info("venue_stopping")
            failure = {"failure": venue.failure} if venue.failure else {}
            log.info("venue_stopped", sequence=venue.journal.durable_seq, **failure)
            return venue.failure


@contextlib.contextmanager
def _endpoints(settings: Settings) -> Iterator[dict[str, Endpoint]]:
    """The addresses of what is enabled, by the configuration's names. Raises PortUnavailable."""
    endpoints: dict[str, Endpoint] = {}
    try:
        for name, host, port in _addresses(settings):
            endpoints[name] = Endpoint(name, host, port)
        mold = settings.binary.mold
        if mold.enabled:
            endpoints[MOLD] = DatagramEndpoint(MOLD, mold.request_host, mold.request_port)
        yield endpoints
    finally:
        for endpoint in endpoints.values():
            endpoint.close()
        remove_ports(settings.data_dir)


def _addresses(settings: Settings) -> Iterator[tuple[str, str, int]]:
    admin, fix, binary = settings.admin, settings.fix, settings.binary
    if admin.enabled:
        yield "admin", admin.host, admin.port
    if fix.enabled and fix.plain:
        yield "fix", fix.host, fix.port
    if fix.enabled and fix.tls.certificate:
        yield FIX_OVER_TLS, fix.host, fix.tls_port
    if binary.enabled and binary.plain:
        yield "binary", binary.host, binary.port
    if binary.enabled and binary.tls.certificate:
        yield BINARY_OVER_TLS, binary.host, binary.tls_port
    if binary.enabled and binary.market_data and binary.plain:
        yield MARKET_DATA, binary.host, binary.market_data_port
    if binary.enabled and binary.market_data and binary.tls.certificate:
        yield MARKET_DATA_OVER_TLS, binary.host, binary.market_data_tls_port


async def _recover(settings: Settings, stop: trio.Event) -> Recovered | None:
    """Replay off the loop, so that operators are answered meanwhile; None when it was stopped before it was through.

    A thread that is left behind ends with the process: until the venue runs there is nothing to be lost. The collector
    rests meanwhile, for nothing that replay builds is garbage: 164,000 events/s become 199,000.
    """
    gc.disable()
    journal_log = structlog.get_logger("journal").warning
    result: list[Recovered] = []
    failed: list[Exception] = []
    async with trio.open_nursery() as nursery:

        async def give_up() -> None:
            await stop.wait()
            nursery.cancel_scope.cancel()

        nursery.start_soon(give_up)
        try:
            result.append(await trio.to_thread.run_sync(recover, settings, journal_log, abandon_on_cancel=True))
        except Exception as error:
            failed.append(error)
        nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return result[0] if result else None


def _settle_memory() -> None:
    """What replay has built stays: it is taken out of the collector's sight, and the collector comes by less often."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


# ---- operators ----------------------------------------------------------------------------------------------------


def _operators(
    settings: Settings,
    operations: VenueOperations,
    endpoints: dict[str, Endpoint],
    stop: trio.Event,
    signals: Sequence[signal.Signals],
) -> list[ChildSpec[Any]]:
    async def listen_for_signals() -> _Signals:
        return _Signals(signals, stop)

    specs: list[ChildSpec[Any]] = []
    if signals:
        specs.append(ChildSpec(name="signals", start=listen_for_signals, restart=Restart.TEMPORARY))
    if "admin" in endpoints:
        api = AdminApi(operations, admin_token(settings), structlog.get_logger("operators").info)
        server = HttpServer(api.respond, HttpSettings(), _observe)
        specs.append(service_spec(endpoints["admin"], server, _observe))
    return specs


class _Signals:
    """A service that turns the first signal into a graceful stop; then the signals mean what they did before."""

    def __init__(self, signals: Sequence[signal.Signals], stop: trio.Event) -> None:
        self._signals = signals
        self._stop = stop

    async def run(self, mailbox: Mailbox[Any], task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(*self._signals) as received:
            task_status.started()
            async for number in received:
                log.info("signal_received", signal=signal.Signals(number).name)
                self._stop.set()
                return


def _observe(event: str, **details: object) -> None:
    """What the gateways tell of their connections."""
    logger = structlog.get_logger("gateways")
    (logger.error if event.endswith("_failed") else logger.info)(event, **details)


# ---- gateways -----------------------------------------------------------------------------------------------------


def _tls_context(service: FixPort | BinaryPort) -> ssl.SSLContext | None:
    """None where no certificate is configured. Raises TlsUnusable."""
    tls = service.tls
    if not (service.enabled and tls.certificate):
        return None
    client_ca = Path(tls.client_ca) if tls.client_ca else None
    return server_context(TlsFiles(Path(tls.certificate), Path(tls.key), client_ca, tls.client_certificates))


def _gateways(
    venue: Venue, endpoints: dict[str, Endpoint], tls: Mapping[str, ssl.SSLContext | None]
) -> tuple[list[ChildSpec[Any]], dict[str, object]]:
    """The acceptors' specifications, and their counters by name."""
    settings = venue.settings
    gate: Gate = venue.door
    if settings.log.level == "debug":
        tracer = structlog.get_logger("trace").debug
        gate = TracedGate(gate, tracer)
        trace_outcomes(venue.publisher, tracer)
    specs: list[ChildSpec[Any]] = []
    counters: dict[str, object] = {}
    if settings.fix.enabled:
        fix = FixAcceptor(gate, _same_named(FixSettings, settings.fix), time.time_ns, _observe)
        grace_s = settings.fix.logout_timeout_s + 1
        if "fix" in endpoints:
            specs.append(service_spec(endpoints["fix"], fix, _observe, fix.stop, grace_s))
        if (context := tls["fix"]) is not None:
            specs.append(service_spec(endpoints[FIX_OVER_TLS], fix.over_tls(context), _observe, fix.stop, grace_s))
        counters["fix"] = fix.counters
    if settings.binary.enabled:
        # Named after the journal, so that nobody takes the numbers of one venue for those of another.
        soup_session = read_identity(RealDisk(), settings.journal_dir).hex()[:_SOUP_SESSION_CHARS].upper()
        served = _same_named(BinarySettings, settings.binary, session=soup_session)
        binary = BinaryAcceptor(gate, served, _observe, time.time_ns, os.urandom)
        grace_s = served.close_timeout_s + 1
        if "binary" in endpoints:
            specs.append(service_spec(endpoints["binary"], binary, _observe, binary.stop, grace_s))
        if (context := tls["binary"]) is not None:
            over_tls = binary.over_tls(context)
            specs.append(service_spec(endpoints[BINARY_OVER_TLS], over_tls, _observe, binary.stop, grace_s))
        counters["binary"] = binary.counters
    if settings.binary.enabled and settings.binary.market_data:
        member = MarketFeedMember(venue, settings)
        served = _same_named(BinarySettings, settings.binary)
        market = MarketAcceptor(venue.door, member.feed, served, _observe, time.time_ns, os.urandom)
        specs.append(member.spec())
        if isinstance(requests := endpoints.get(MOLD), DatagramEndpoint):
            mold = MoldMember(member.feed, _same_named(MoldSettings, settings.binary.mold), requests, _observe)
            specs.append(mold.spec())
            counters["mold"] = mold.counters
        if MARKET_DATA in endpoints:
            specs.append(service_spec(endpoints[MARKET_DATA], market, _observe, market.stop))
        if (context := tls["binary"]) is not None:
            over_tls = market.over_tls(context)
            specs.append(service_spec(endpoints[MARKET_DATA_OVER_TLS], over_tls, _observe, market.stop))
        counters["market_data"] = market.counters
    return specs, counters


def _same_named(kind: type[S], section: msgspec.Struct, **more: object) -> S:
    """A gateway's settings: the configuration's fields of the same name."""
    values = {name: getattr(section, name) for name in kind.__struct_fields__ if hasattr(section, name)}
    return kind(**{**values, **more})
