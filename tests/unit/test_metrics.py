"""Metrics are what the actors' counters say at the moment of the scrape; Prometheus' linter accepts their names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import venue_in_process as venues
from prometheus_client.parser import text_string_to_metric_families
from venue_in_process import BTC_USDT, Client, running

from actors.runtime import Cell
from engine.commands import NewOrder
from engine.types import SCALE, OrdType, Side, TimeInForce
from gateways.binary.counters import BinaryCounters
from gateways.fix.counters import FixCounters
from tradeengine.metrics import Exposition
from tradeengine.venue import Venue

Sample = tuple[str, tuple[tuple[str, str], ...]]
GATEWAYS: dict[str, object] = {
    "fix": FixCounters(logons_accepted=3, connections_displaced=2),
    "binary": BinaryCounters(reports_sent=7),
}


def scrape(venue: Venue | None) -> dict[Sample, float]:
    """Every sample of the venue by name and labels."""
    exposition = Exposition()
    if venue is not None:
        exposition.attach(venue, GATEWAYS)
    text = exposition.render()[0].decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


def value(samples: dict[Sample, float], name: str, **labels: str) -> float:
    return samples[f"tradeengine_{name}", tuple(sorted(labels.items()))]


def _order(session_id: int, cl_ord_id: str, account_id: int, side: Side, px: int) -> NewOrder:
    return NewOrder(
        session_id, cl_ord_id, account_id, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC, SCALE, px * SCALE
    )  # fmt: skip


async def test_a_scrape_tells_what_has_happened(tmp_path: Path) -> None:
    async with running(venues.settings(tmp_path)) as venue:
        before = scrape(venue)
        client = Client(venue, 3).connect()
        client.send(_order(3, "b1", 2, Side.BUY, 100), _order(3, "b2", 2, Side.BUY, 99))
        client.send(_order(3, "s1", 3, Side.SELL, 100))
        await venues.at_rest(venue)
        after = scrape(venue)
        assert value(after, "orders_accepted_total", symbol="BTC/USDT") == 3
        assert value(after, "trades_total", symbol="BTC/USDT") == 1
        assert value(after, "open_orders", symbol="BTC/USDT") == 1
        assert value(after, "book_levels", symbol="BTC/USDT", side="buy") == 1
        assert value(after, "book_levels", symbol="BTC/USDT", side="sell") == 0
        assert value(after, "reports_total") - value(before, "reports_total") == 5
        assert value(after, "journal_records_total") - value(before, "journal_records_total") == 3
        assert value(after, "journal_commits_total") > value(before, "journal_commits_total")
        assert value(after, "journal_durable_sequence") == value(before, "journal_durable_sequence") + 3
        assert value(after, "journal_published_sequence") == value(after, "journal_sequence")
        assert value(after, "sessions_logged_on", protocol="SOUPBIN") == 1
        assert value(after, "sessions_logged_on", protocol="FIX.4.2") == 0
        assert value(after, "credits_used") == 0
        assert value(after, "accounts") == 4
        assert value(after, "mailbox_depth_high_water", kind="book") >= 2
        assert value(after, "ready") == 1
        assert value(after, "fix_logons_accepted_total") == 3
        assert value(after, "fix_connections_displaced_total") == 2
        assert value(after, "binary_reports_sent_total") == 7
        assert after["process_virtual_memory_bytes", ()] > 0


async def test_crashes_and_failures_show(tmp_path: Path) -> None:
    async with running(venues.settings(tmp_path)) as venue:
        client = Client(venue, 1).connect()
        venue.books[BTC_USDT].book._by_ref = None  # type: ignore[assignment]
        client.send(_order(1, "b1", 2, Side.BUY, 100))
        await venues.at_rest(venue)
        assert value(scrape(venue), "actor_restarts_total", supervisor="books") == 1
        assert Cell.of(venue.book_mail[BTC_USDT]).crashes == 1
        assert value(scrape(venue), "journal_failed") == 0
        venue._on_lost("No space left on device")
        assert value(scrape(venue), "journal_failed") == 1
        assert value(scrape(venue), "ready") == 0


def test_before_the_venue_is_there_a_scrape_says_that_it_is_not_ready() -> None:
    samples = scrape(None)
    assert value(samples, "ready") == 0
    assert not any(name.startswith("tradeengine_journal") for name, _ in samples)


def test_what_a_gateway_counts_is_numbers() -> None:
    """A counter of another type would make every scrape fail."""
    for counters in (FixCounters(), BinaryCounters()):
        assert all(type(number) is int for number in msgspec.structs.astuple(counters))


async def test_promtool_finds_nothing_to_say(tmp_path: Path) -> None:
    beside_python = Path(sys.executable).with_name("promtool")
    promtool = shutil.which("promtool") or (str(beside_python) if beside_python.exists() else "")
    if not promtool:
        pytest.skip("promtool is not there: scripts/install-test-tools.sh installs it on Debian and Ubuntu")
    async with running(venues.settings(tmp_path)) as venue:
        exposition = Exposition()
        exposition.attach(venue, GATEWAYS)
        judged = subprocess.run(
            [promtool, "check", "metrics"], input=exposition.render()[0], capture_output=True, check=False
        )
    assert (judged.returncode, judged.stdout + judged.stderr) == (0, b"")
