"""A broker's QuickFIX, with its own dictionaries, sends a list, asks how it stands, and cancels it."""

from __future__ import annotations

from fix_client import FixMessage
from quickfix_broker import QuickFixBroker
from quickfix_fixtures import needs_quickfix

pytestmark = needs_quickfix
Pair = list[QuickFixBroker]
NOW = "20261121-12:00:00"


def leg(name: str, place: int, px: str) -> list[tuple[int, str]]:
    return [(11, name), (67, str(place)), (55, "GOOG"), (54, "2"), (38, "10"), (40, "2"), (44, px), (59, "1")]


def send_list(broker: QuickFixBroker, list_id: str, *legs: list[tuple[int, str]]) -> None:
    head = [(66, list_id), (394, "3"), (68, str(len(legs))), (1385, "1")]
    broker.send("E", *head, groups=((73, list(legs)),))


def stands(status: FixMessage) -> tuple[str, ...]:
    """ListID, ListStatusType, ListOrderStatus, and each order's name, state and quantities."""
    return (
        *status.picked(66, 429, 431),
        *(" ".join(entry) for entry in zip(*map(status.all, (11, 39, 151, 84)), strict=True)),
    )


def reported(broker: QuickFixBroker, count: int = 2) -> list[tuple[str, ...]]:
    """ClOrdID, ExecType and OrdStatus of the next reports."""
    return [broker.receive("8").picked(11, 150, 39) for _ in range(count)]


def test_a_list_is_sent_asked_for_and_cancelled(pair: Pair) -> None:
    broker = pair[0]
    send_list(broker, "QL1", leg("QA", 1, "205"), leg("QB", 2, "206"))
    assert reported(broker) == [("QA", "0", "0"), ("QB", "0", "0")]
    assert stands(broker.receive("N")) == ("QL1", "1", "3", "QA 0 10 0", "QB 0 10 0")
    broker.send("M", (66, "QL1"))
    assert stands(broker.receive("N")) == ("QL1", "2", "3", "QA 0 10 0", "QB 0 10 0")
    broker.send("K", (66, "QL1"), (60, NOW))
    assert reported(broker) == [("QA", "4", "4"), ("QB", "4", "4")]
    assert stands(broker.receive("N")) == ("QL1", "1", "6", "QA 4 0 10", "QB 4 0 10")


def test_a_list_that_ends_is_told_of(pair: Pair) -> None:
    broker, taker = pair
    full = "2" if broker.begin_string == "FIX.4.2" else "F"
    send_list(broker, "QL2", leg("QC", 1, "205"), leg("QD", 2, "206"))
    reported(broker)
    assert stands(broker.receive("N"))[:3] == ("QL2", "1", "3")
    taker.order("QT", "GOOG", "1", "10", "205", "3")
    assert reported(taker) == [("QT", "0", "0"), ("QT", full, "2")]
    assert reported(broker) == [("QC", full, "2"), ("QD", "4", "4")]
    assert stands(broker.receive("N")) == ("QL2", "5", "6", "QC 2 0 0", "QD 4 0 10")


def test_lists_that_are_refused(pair: Pair) -> None:
    broker = pair[0]
    send_list(broker, "QL3", leg("QE", 1, "205"), leg("QF", 2, "206.001"))
    assert reported(broker) == [("QE", "8", "8"), ("QF", "8", "8")]
    assert stands(broker.receive("N")) == ("QL3", "1", "7", "QE 8 0 0", "QF 8 0 0")
    send_list(broker, "QL3", leg("QG", 1, "205"), leg("QH", 2, "206"))
    refused = broker.receive("N")
    assert (*stands(refused)[:3], refused[444]) == ("QL3", "1", "7", "duplicate ListID QL3")
    broker.send("M", (66, "QL9"))
    assert broker.receive("j").picked(372, 379, 58) == ("M", "QL9", "Unknown list QL9")
    broker.send("K", (66, "QL9"), (60, NOW))
    assert broker.receive("j").picked(372, 379, 58) == ("K", "QL9", "Unknown list QL9")
    broker.send("L", (66, "QL3"), (60, NOW))
    assert broker.receive("j").picked(372, 379, 380) == ("L", "QL3", "0")
