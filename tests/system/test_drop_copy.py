"""Drop copies and cancel on disconnect as brokers see them: over sockets, over the protocols, over kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fix_client import FixClient, FixMessage
from venue_process import DEMO, MakeVenue, VenueProcess

from clients import Canceled, ConnectionLost, Side, SyncClient

CANCELED = "Canceled on disconnect"
READERS = {"OLDDC": "FIX.4.2", "HARBORDC": "FIX.4.4", "CLEARDC": "FIXT.1.1"}
"""Drop copies of HARBOR; CLEARDC is the clearer's and reads SUMMIT too."""


MORE_SESSIONS = """
  - {protocol: FIX.4.2, comp_id: OLDDC, password: demo, firm: HARBOR, rights: [drop_copy]}
  - {protocol: FIXT.1.1, comp_id: CLEARDC, password: demo, firm: SUMMIT, rights: [drop_copy],
     copies_of: [HARBOR, SUMMIT]}
  - {protocol: FIX.4.4, comp_id: SAFE, password: demo, firm: HARBOR, accounts: [BROKER1], default_account: BROKER1,
     cancel_on_disconnect: {mode: disconnect}}
  - {protocol: SOUPBIN, comp_id: SAFEBN, password: demo, firm: HARBOR, accounts: [BROKER1], default_account: BROKER1,
     cancel_on_disconnect: {mode: disconnect}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The demonstration's, with drop copies in each version and sessions whose orders do not outlive them."""
    path = tmp_path / "venue.yaml"
    path.write_text(DEMO.read_text() + MORE_SESSIONS)
    return path


def logged_on(venue: VenueProcess, comp_id: str, begin_string: str = "FIX.4.4") -> FixClient:
    client = FixClient(comp_id, begin_string)
    log_on(venue, client)
    return client


def log_on(venue: VenueProcess, client: FixClient) -> None:
    client.log_on(venue.ports.fix)


@contextmanager
def binary(venue: VenueProcess, username: str, next_number: int = 1) -> Iterator[SyncClient]:
    with SyncClient("127.0.0.1", venue.ports.binary, username, "demo", next_number=next_number) as client:
        yield client


def reports(client: FixClient, count: int) -> list[FixMessage]:
    return [client.receive("8") for _ in range(count)]


def ids(messages: list[FixMessage]) -> list[tuple[str, ...]]:
    """What an original and its copies have in common: OrderID, ClOrdID, ExecID, OrdStatus, CumQty."""
    return [message.picked(37, 11, 17, 39, 14) for message in messages]


def test_a_firms_reports_come_to_its_drop_copies_in_each_version(make_venue: MakeVenue, config: Path) -> None:
    venue = make_venue(config=config)
    readers = {name: logged_on(venue, name, version) for name, version in READERS.items()}
    harbor, summit = logged_on(venue, "BROKER1"), logged_on(venue, "BROKER3", "FIX.4.2")
    harbor.new_order("h1", "AAPL", "1", "10", "230")
    originals = reports(harbor, 1)
    summit.new_order("s1", "AAPL", "2", "4", "230")
    theirs = reports(summit, 2)
    originals += reports(harbor, 1)
    harbor.new_order("h1", "AAPL", "1", "10", "230")  # a duplicate
    originals += reports(harbor, 1)
    for name, reader in readers.items():
        copies = reports(reader, 5 if name == "CLEARDC" else 3)
        assert ids([copy for copy in copies if copy[115] == "BROKER1"]) == ids(originals)
        assert ids([copy for copy in copies if copy[115] == "BROKER3"]) == (ids(theirs) if name == "CLEARDC" else [])
        for copy in copies:
            assert copy[116] == ("FIX.4.4" if copy[115] == "BROKER1" else "FIX.4.2")
            firm = "HARBOR" if copy[115] == "BROKER1" else "SUMMIT"
            if name == "OLDDC":
                assert (copy[76], 797 in copy) == (firm, False)
            else:
                assert copy.picked(797, 453, 448, 447, 452) == ("Y", "1", firm, "D", "1")
    reader = readers["HARBORDC"]
    reader.order_status("h1", "AAPL", "1")
    assert reader.receive("8")[39] == "8"  # it has no orders
    for client in (*readers.values(), harbor, summit):
        client.log_out()


def test_what_a_drop_copy_missed_is_sent_when_it_asks_also_after_kill_9(make_venue: MakeVenue, config: Path) -> None:
    venue = make_venue(config=config)
    reader, trader = logged_on(venue, "HARBORDC"), logged_on(venue, "BROKER1")
    for n in range(5):
        trader.new_order(f"a{n}", "AAPL", "1", "1", "200")
    originals = reports(trader, 5)
    copies = reports(reader, 5)
    reader.close()
    for n in range(20):
        trader.new_order(f"b{n}", "AAPL", "1", "1", "200")
    originals += reports(trader, 20)
    log_on(venue, reader)
    copies += reports(reader, 20)
    for n in range(20):
        trader.new_order(f"c{n}", "AAPL", "1", "1", "200")
    originals += reports(trader, 20)
    venue.kill()
    venue.start()
    log_on(venue, reader)
    copies += reports(reader, 20)
    log_on(venue, trader)
    trader.new_order("d", "AAPL", "1", "1", "200")
    originals += reports(trader, 1)
    copies += reports(reader, 1)
    assert ids(copies) == ids(originals)
    reader.send("2", [(7, "1"), (16, "0")])  # everything once more
    reader.sync()
    again = {message.number: message for message in reader.arrivals if message.poss_dup and message.type == "8"}
    assert ids([again[number] for number in sorted(again)]) == ids(originals)


def test_a_drop_copy_that_does_not_read_delays_nobody_and_loses_nothing(make_venue: MakeVenue, config: Path) -> None:
    venue = make_venue(config=config, FIX__WRITE_BUFFER_MAX="65536")
    reader, trader = logged_on(venue, "HARBORDC"), logged_on(venue, "BROKER1")
    originals: list[FixMessage] = []
    for block in range(30):
        packets = [
            trader.prepare("D", trader.new_order_pairs(f"{block}-{n}", "AAPL", "1", "1", "200"))[1] for n in range(400)
        ]
        trader.write(b"".join(packets))
        originals += reports(trader, 400)
    reader.await_end()
    log_on(venue, reader)
    assert ids(reports(reader, len(originals))) == ids(originals)


# ---- cancel on disconnect ------------------------------------------------------------------------------------------


def open_in(client: FixClient) -> list[str]:
    """ClOrdIDs of the session's open orders."""
    client.sync()
    client.inbox.clear()
    client.send("AF", [(584, f"M{client.out_next}"), (585, "7")])
    names: list[str] = []
    while True:
        message = client.receive()
        if message.type != "8" or message.get(911, "0") == "0" or message[39] == "8":
            return sorted(names)
        names.append(message[11])
        if len(names) == int(message[911]):
            return sorted(names)


def test_a_lost_connection_cancels_and_a_logout_does_not(make_venue: MakeVenue, config: Path) -> None:
    venue = make_venue(config=config)
    reader, safe = logged_on(venue, "HARBORDC"), logged_on(venue, "SAFE")
    safe.new_order("kept", "AAPL", "1", "1", "200", extra=((7003, "2"),))
    safe.new_order("lost", "AAPL", "1", "1", "200")
    reports(safe, 2)
    safe.log_out()
    log_on(venue, safe)
    assert open_in(safe) == ["kept", "lost"]
    safe.close()
    assert [copy.picked(11, 150, 58) for copy in reports(reader, 3)][2] == ("lost", "4", CANCELED)
    log_on(venue, safe)
    assert safe.receive("8").picked(11, 150, 39, 58) == ("lost", "4", "4", CANCELED)
    assert open_in(safe) == ["kept"]


@pytest.mark.parametrize(("begin_string", "flag"), [("FIX.4.4", (7003, "1")), ("FIXT.1.1", (18, "o"))])
def test_an_order_can_ask_for_it_itself(
    make_venue: MakeVenue, config: Path, begin_string: str, flag: tuple[int, str]
) -> None:
    venue = make_venue(config=config)
    reader, broker = logged_on(venue, "HARBORDC"), logged_on(venue, "BROKER1", begin_string)
    broker.new_order("stays", "AAPL", "1", "1", "200")
    broker.new_order("goes", "AAPL", "1", "1", "200", extra=(flag,))
    assert ("o" in reports(broker, 2)[1].get(18)) == (begin_string == "FIXT.1.1")
    broker.close()
    assert reports(reader, 3)[2].picked(11, 58) == ("goes", CANCELED)
    log_on(venue, broker)
    assert broker.receive("8").picked(11, 58) == ("goes", CANCELED)
    assert open_in(broker) == ["stays"]


def test_the_binary_protocols_sessions_too(make_venue: MakeVenue, config: Path) -> None:
    venue = make_venue(config=config)
    reader = logged_on(venue, "HARBORDC")
    with binary(venue, "SAFEBN") as client:
        client.new_order("AAPL", Side.BUY, 1, 200)
        assert client.next_event(60) is not None
    with binary(venue, "SAFEBN", 2) as client:  # it had logged out
        assert len(client.open_orders()) == 1
        client.abort()
        with pytest.raises(ConnectionLost):
            client.open_orders()
    copies: list[Any] = reports(reader, 2)
    assert copies[1].picked(115, 116, 150, 58) == ("SAFEBN", "SOUPBIN", "4", CANCELED)
    with binary(venue, "SAFEBN", 2) as client:
        event = client.next_event(60)
        assert isinstance(event, Canceled)
        assert event.reason == 17


def test_who_was_connected_at_a_kill_9_has_lost_its_connection(make_venue: MakeVenue, config: Path) -> None:
    venue = make_venue(config=config)
    safe, broker = logged_on(venue, "SAFE"), logged_on(venue, "BROKER1")
    for client in (safe, broker):
        client.new_order("a", "AAPL", "1", "1", "200")
        reports(client, 1)
    venue.kill()
    venue.start()
    log_on(venue, safe)
    assert safe.receive("8").picked(11, 150, 58) == ("a", "4", CANCELED)
    log_on(venue, broker)
    assert open_in(broker) == ["a"]
