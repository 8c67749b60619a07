"""The journal cannot grow any more: everybody is told so, nothing is acknowledged, and with room again nothing that was
acknowledged is missing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from fix_client import ConnectionEnded, FixClient
from journal_view import JournalView, is_report, told_by_binary, told_by_fix, told_by_journal
from order_flow import BinaryTrader, FixTrader, OrderFlow, VenueGone
from venue_process import DEMO, MakeVenue, VenueProcess, run_command

SEGMENT_BYTES = 1 << 20
QUICK = {"JOURNAL__SEGMENT_BYTES": str(SEGMENT_BYTES), "FIX__LOGOUT_TIMEOUT_S": "6"}
"""Small segments fill soon. A Logout waits half of its time-out for reports that do not come, and half for its answer,
which comes also where the machine is held up."""


def is_ready(venue: VenueProcess) -> bool:
    """What ``/health/ready`` says."""
    connection = HTTPConnection("127.0.0.1", venue.ports.admin, timeout=60)
    connection.request("GET", "/health/ready")
    status = connection.getresponse().status
    connection.close()
    assert status in (200, 503)
    return status == 200


class Pair:
    """A broker and a trader who trade until the journal's end, and then see who misses what."""

    def __init__(self, venue: VenueProcess) -> None:
        self.venue = venue
        self.broker = FixTrader("BROKER1", "FIX.4.4")
        self.trader = BinaryTrader("TRADR1")
        self.flows = [OrderFlow(7, 1), OrderFlow(8, 10**6)]
        self.connect()

    def connect(self) -> None:
        self.broker.port, self.trader.port = self.venue.ports.fix, self.venue.ports.binary
        self.broker.connect()
        self.trader.connect()

    def trade(self, rounds: int) -> None:
        for _ in range(rounds):
            self.broker.send(self.flows[0].take(20))
            self.trader.send(self.flows[1].take(20))
            self.broker.poll()
            self.trader.poll()

    def settle(self) -> None:
        for _ in range(2):
            self.broker.client.sync()
            self.trader.client.open_orders()
            self.trader.poll()

    def read_to_the_end(self) -> str:
        """What both are sent until the venue closes their connections; the broker's Logout's text."""
        with suppress(VenueGone):
            while True:
                self.trader.poll(60.0)
        return self.broker.client.await_end()

    def assert_told_is_journaled(self, view: JournalView, *, all_of_it: bool) -> None:
        for_broker = view.reports(view.session_id("FIX.4.4", "BROKER1"))
        arrivals = list(filter(is_report, self.broker.client.arrivals))
        for message in arrivals:
            assert told_by_fix(message) == told_by_journal(for_broker[message.number])
        for_trader = view.reports(view.session_id("SOUPBIN", "TRADR1"))
        for number, event in enumerate(self.trader.events, 1):
            assert told_by_binary(event) == told_by_journal(for_trader[number])
        if all_of_it:
            assert {message.number for message in arrivals} == set(for_broker)
            assert len(self.trader.events) == len(for_trader)
        view.assert_conserved()


def assert_lost_in_order(venue: VenueProcess, pair: Pair) -> None:
    """The journal has just failed: told why, not ready, nobody let in, nothing acknowledged that it does not hold."""
    reason = pair.read_to_the_end()
    assert reason
    assert "shutting down" not in reason
    assert not is_ready(venue)
    late = FixClient("BROKER3")
    with pytest.raises(ConnectionEnded, match="record"):
        late.log_on(venue.ports.fix)
    pair.assert_told_is_journaled(JournalView(venue.data_dir), all_of_it=False)


@pytest.mark.parametrize("durability", ["os", "fsync"])
def test_a_journal_that_may_not_grow_ends_all_acknowledgement(make_venue: MakeVenue, durability: str) -> None:
    venue = make_venue(JOURNAL__DURABILITY=durability, **QUICK)
    pair = Pair(venue)
    pair.trade(3)
    pair.settle()
    assert is_ready(venue)
    venue.limit_file_size(4096)
    with suppress(VenueGone):
        pair.trade(1)
    assert_lost_in_order(venue, pair)
    venue.ask_to_stop()
    venue.wait()
    venue.start()
    assert is_ready(venue)
    pair.connect()
    pair.trade(2)
    pair.settle()
    pair.assert_told_is_journaled(JournalView(venue.data_dir), all_of_it=True)
    pair.broker.client.log_out()
    pair.trader.close()
    assert venue.stop() == 0
    assert run_command("journal", "verify", "--config", DEMO, "--data-dir", venue.data_dir).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three segments' size."""
    path = tmp_path / "disk"
    path.mkdir()
    options = f"size={3 * SEGMENT_BYTES + SEGMENT_BYTES // 2}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a file system of its own needs the right to mount one")
    yield path
    subprocess.run(["umount", "-l", path], check=False)


def test_a_full_disk_ends_all_acknowledgement_until_there_is_room(make_venue: MakeVenue, small_disk: Path) -> None:
    venue = make_venue(small_disk / "venue", **QUICK)
    pair = Pair(venue)
    with suppress(VenueGone):
        pair.trade(2000)
    assert_lost_in_order(venue, pair)
    venue.kill()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    venue.start()
    pair.connect()
    pair.settle()
    pair.assert_told_is_journaled(JournalView(venue.data_dir), all_of_it=True)
