"""Special orders at a venue's ports: what a broker writes in FIX, what a trader sees, what an operator and a journal's
reader do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fix_client import FixClient, FixMessage, utc_now
from venue_process import VenueProcess, run_command

from clients import SyncClient
from clients.events import Report
from tradeengine.admin_client import AdminClient
from tradeengine.admin_token import read_token, token_path

BUY, SELL = "1", "2"
WAIT_S = 60.0

Pairs = list[tuple[int, str]]
_IN_A_LEG = (11, 67, 583, 21, 18, 110, 111, 55, 54, 38, 40, 44, 99, 59, 126, 432)
"""The order that FIX gives the fields of a list's order."""


def utc_text(time_ns: int) -> str:
    """A UTCTimestamp with milliseconds."""
    return datetime.fromtimestamp(time_ns / 10**9, UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def order_pairs(name: str, symbol: str, side: str, qty: str, ord_type: str, *more: tuple[int, str]) -> Pairs:
    """A good-till-cancel order of any OrdType, unless ``more`` has another TimeInForce."""
    tif = [] if any(tag == 59 for tag, _ in more) else [(59, "1")]
    return [(11, name), (55, symbol), (54, side), (38, qty), (40, ord_type), *tif, *more]


def send_order(
    client: FixClient, name: str, symbol: str, side: str, qty: str, ord_type: str, *more: tuple[int, str]
) -> FixMessage:
    """NewOrderSingle; returns the first report on it."""
    pairs = order_pairs(name, symbol, side, qty, ord_type, *more)
    client.send("D", [*pairs, *client.handl_inst(), (60, utc_now())])
    report = client.receive("8")
    assert report[11] == name
    return report


def send_list(client: FixClient, list_id: str, contingency: str, *legs: Pairs) -> list[FixMessage]:
    """NewOrderList, which is accepted; returns the first report on each leg."""
    count = str(len(legs))
    head = [(66, list_id), (394, "3"), (1385, contingency), (68, count), (73, count)]
    body: Pairs = []
    for n, leg in enumerate(legs, 1):
        body += sorted([*leg, (67, str(n)), *client.handl_inst()], key=lambda pair: _IN_A_LEG.index(pair[0]))
    client.send("E", [*head, *body])
    reports = [client.receive("8") for _ in legs]
    assert client.receive("N").picked(66, 429, 431) == (list_id, "1", "3")
    return reports


def shown_levels(client: FixClient, symbol: str) -> list[tuple[str, ...]]:
    """Type, price, size and number of orders of each entry in a snapshot (35=W)."""
    client.market_data(f"MD-{client.out_next}", symbol, 5)
    answer = client.receive("W")
    return list(zip(*(answer.all(tag) for tag in (269, 270, 271, 346)), strict=True))


def trader(venue: VenueProcess, name: str, next_number: int = 0) -> SyncClient:
    """A binary client, to be entered."""
    return SyncClient("127.0.0.1", venue.ports.binary, name, "demo", next_number=next_number)


def told(client: SyncClient, *kinds: type[Report]) -> list[Any]:
    """The next reports, which must be of these kinds."""
    events = [client.next_event(WAIT_S) for _ in kinds]
    assert [type(event) for event in events] == list(kinds), events
    return events


def operator(venue: VenueProcess) -> AdminClient:
    return AdminClient(f"http://127.0.0.1:{venue.ports.admin}", read_token(token_path(venue.data_dir)), "ann")


def verified(venue: VenueProcess) -> str:
    """What ``journal verify`` says of a directory whose journal it passes."""
    ran = run_command("journal", "verify", "--config", venue.config, "--data-dir", venue.data_dir)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def dumped(venue: VenueProcess) -> str:
    """What ``journal dump`` shows, in text."""
    ran = run_command("journal", "dump", "--config", venue.config, "--data-dir", venue.data_dir)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
