"""Prometheus metrics, read from the actors' counters when they are scraped: the hot path pays nothing for them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from actors.runtime import Mailbox
from engine.instrument import Instrument
from engine.types import InstrumentStatus
from tradeengine.metric_families import (
    counter,
    counter_family,
    counters_of,
    gauge,
    gauge_family,
    labelled_gauge,
)
from tradeengine.venue import Venue
from tradeengine.versions import package_version


class Exposition:
    """A registry of its own, so that two venues in one process don't meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._collector = VenueCollector()
        self._registry.register(self._collector)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def attach(self, venue: Venue, gateways: dict[str, object]) -> None:
        self._collector.venue = venue
        self._collector.gateways = gateways

    def render(self) -> tuple[bytes, str]:
        """The text format (version 0.0.4) and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4


class VenueCollector(Collector):
    """Metrics of one venue; before it is there only whether it is ready and what was built."""

    def __init__(self) -> None:
        self.venue: Venue | None = None
        self.gateways: dict[str, object] = {}
        """A struct of counters by the gateway's name."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not read a venue that isn't there yet."""
        return []

    def collect(self) -> Iterator[Metric]:
        venue = self.venue
        build = {"version": package_version() or "unknown", "python": platform.python_version()}
        yield labelled_gauge("build_info", "What runs; the value is always 1.", [(build, 1)])
        yield gauge("ready", "1 while orders are taken, else 0.", int(venue is not None and venue.ready))
        if venue is None:
            return
        yield from _journal(venue)
        yield from _flow(venue)
        yield from _symbols(venue)
        yield from _mailboxes(venue)
        yield from _supervision(venue)
        for name, counters in self.gateways.items():
            if isinstance(counters, msgspec.Struct):
                yield from counters_of(name, counters)


def _journal(venue: Venue) -> Iterator[Metric]:
    journal = venue.journal_actor
    records = venue.publisher.counters.records
    yield gauge("journal_failed", "1 once the journal could not write: nothing is acknowledged.", bool(venue.failure))
    yield counter("journal_records", "Records made durable since the start.", records)
    yield counter("journal_commits", "Groups of records handed over to be written since the start.", journal.commits)
    yield gauge("journal_sequence", "Sequence of the last record that was given one.", journal.next_seq - 1)
    yield gauge("journal_durable_sequence", "Sequence of the last durable record.", venue.journal.durable_seq)
    yield gauge("journal_published_sequence", "Sequence of the last record told to all.", venue.publisher.published_seq)
    reserve = venue.journal.reserve_failure
    yield gauge("journal_reserve_failed", "1 when room for the next segment can't be had.", int(reserve is not None))


def _flow(venue: Venue) -> Iterator[Metric]:
    counters = venue.publisher.counters
    yield counter("reports", "Reports made for sessions since the start.", counters.reports)
    used = venue.credits.total - venue.credits.left
    yield gauge("credits_used", "Commands on their way to the journal.", used)
    yield gauge("credits_limit", "Commands that may be on their way.", venue.credits.total)
    counts: dict[str, int] = {}
    for port in venue.ports.values():
        protocol = port.session.protocol
        counts[protocol] = counts.get(protocol, 0) + (port.connection is not None)
    samples = [({"protocol": protocol}, count) for protocol, count in sorted(counts.items())]
    yield labelled_gauge("sessions_logged_on", "Sessions whose client is there.", samples)
    yield gauge("sessions", "Sessions known, there or not.", len(venue.directory.sessions))
    yield gauge("accounts", "Accounts, the venue's own included.", len(venue.accounts))
    yield gauge("accounts_blocked", "Accounts that may not send new orders.", len(venue.directory.blocked))


def _symbols(venue: Venue) -> Iterator[Metric]:
    orders = counter_family("orders_accepted", "Orders that books took in, since the journal's beginning.", "symbol")
    trades = counter_family("trades", "Trades, since the journal's beginning.", "symbol")
    resting = gauge_family("open_orders", "Orders that rest in the book.", "symbol")
    levels = gauge_family("book_levels", "Price levels of the book.", "symbol", "side")
    active = gauge_family("instrument_active", "1 while the instrument takes new orders.", "symbol")
    for _, actor in sorted(venue.books.items()):
        book = actor.book
        symbol = _symbol(venue, book.instrument)
        orders.add_metric([symbol], book.orders_accepted)
        trades.add_metric([symbol], book.trades_made)
        resting.add_metric([symbol], book.orders_resting)
        levels.add_metric([symbol, "buy"], len(book.bids.keys))
        levels.add_metric([symbol, "sell"], len(book.asks.keys))
        active.add_metric([symbol], int(book.status is InstrumentStatus.ACTIVE))
    yield from (orders, trades, resting, levels, active)


def _symbol(venue: Venue, instrument: Instrument) -> str:
    """Its symbol, unless that is another instrument's since this one was delisted."""
    symbol, symbol_id = instrument.symbol, instrument.symbol_id
    named = venue.directory.instrument_named(symbol)
    return symbol if named is None or named.symbol_id == symbol_id else f"{symbol}#{symbol_id}"


def _mailboxes(venue: Venue) -> Iterator[Metric]:
    """Of accounts, books and ports, of which there may be many, the fullest mailbox stands for all."""
    kinds: dict[str, Iterable[Mailbox[object]]] = {
        "journal": [venue.journal_mail],  # type: ignore[list-item]
        "publisher": [venue.publisher_mail],  # type: ignore[list-item]
        "account": venue.account_mail.values(),  # type: ignore[dict-item]
        "book": venue.book_mail.values(),  # type: ignore[dict-item]
        "port": venue.port_mail.values(),  # type: ignore[dict-item]
    }
    depth = gauge_family("mailbox_depth", "Messages waiting in the fullest mailbox of its kind.", "kind")
    high = gauge_family("mailbox_depth_high_water", "The most messages that ever waited in one mailbox.", "kind")
    for kind, mailboxes in kinds.items():
        depth.add_metric([kind], max(map(len, mailboxes), default=0))
        high.add_metric([kind], max((mailbox.depth_high_water for mailbox in mailboxes), default=0))
    yield from (depth, high)
    yield counter("actor_batches", "Batches that actors have handled since the start.", venue.dispatcher.batches)
    yield gauge("actors_ready", "Actors that have mail and wait for their turn.", venue.dispatcher.ready)


def _supervision(venue: Venue) -> Iterator[Metric]:
    restarts = counter_family("actor_restarts", "Children started again after a failure.", "supervisor")
    replaced = gauge_family("actors_out_of_service", "Children that failed too often and are halted.", "supervisor")
    for supervisor in venue.supervisors:
        restarts.add_metric([supervisor.name], supervisor.restarts)
        replaced.add_metric([supervisor.name], sum(child.replaced for child in supervisor.children.values()))
    yield from (restarts, replaced)
