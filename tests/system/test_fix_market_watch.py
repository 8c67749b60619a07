"""Market data over FIX from a venue in a process of its own: a client that watches while others trade."""

from __future__ import annotations

from fix_client import FixClient, FixMessage
from venue_process import VenueProcess

SYMBOL, ANOTHER = "AMZN", "GOOG"


def request(client: FixClient, md_req_id: str, kind: str, types: str, depth: str = "0", symbol: str = SYMBOL) -> None:
    wanted = [(267, str(len(types))), *((269, each) for each in types)]
    pairs = [(262, md_req_id), (263, kind), (264, depth), (265, "1"), *wanted, (146, "1"), (55, symbol)]
    client.send("V", pairs)


def entries(message: FixMessage) -> list[tuple[str, str, str]]:
    """Action, type and price of each."""
    return list(zip(message.all(279) or [""] * 99, message.all(269), message.all(270), strict=False))


def clients(venue: VenueProcess, *comp_ids: str) -> list[FixClient]:
    found = [FixClient(comp_id) for comp_id in comp_ids]
    for client in found:
        client.log_on(venue.ports.fix)
    return found


def test_a_client_sees_what_others_trade_until_it_has_had_enough(shared_venue: VenueProcess) -> None:
    watcher, trader = clients(shared_venue, "BROKER1", "BROKER2")
    request(watcher, "M1", "1", "012")
    assert watcher.receive("W").picked(262, 55, 268) == ("M1", SYMBOL, "0")

    trader.new_order("B1", SYMBOL, "1", "10", "180")
    assert entries(watcher.receive("X")) == [("0", "0", "180")]
    trader.new_order("B2", SYMBOL, "1", "5", "181")
    assert entries(watcher.receive("X")) == [("0", "0", "181")]
    trader.new_order("S1", SYMBOL, "2", "5", "181", tif="3")
    seen = watcher.receive("X")
    assert entries(seen) == [("2", "0", "181"), ("0", "2", "181")]
    report = next(each for each in iter(lambda: trader.receive("8"), None) if each.get(150) == "F")
    assert seen[278] == report[527], "the parties know the trade by the same number"

    request(watcher, "M2", "0", "01", depth="1")
    assert watcher.receive("W").picked(262, 270, 271, 346, 290) == ("M2", "180", "10", "1", "1")
    request(watcher, "M1", "2", "0")
    watcher.sync(SYMBOL)
    trader.cancel("C1", "B1", SYMBOL, "1")
    trader.sync(SYMBOL)
    watcher.sync(SYMBOL)
    assert [message for message in watcher.inbox if message.type in "WX"] == []
    request(watcher, "M1", "2", "0")
    assert watcher.receive("Y").picked(262, 58) == ("M1", "Unknown MDReqID M1")


def test_subscriptions_end_with_the_connection_and_their_numbers_are_gap_filled(shared_venue: VenueProcess) -> None:
    watcher, trader = clients(shared_venue, "BROKER3", "BROKER4")
    request(watcher, "M1", "1", "0", symbol=ANOTHER)
    first = watcher.receive("W")
    watcher.close()
    for n in range(20):
        trader.new_order(f"B{n}", ANOTHER, "1", "10", str(160 + n))
    trader.sync(ANOTHER)

    watcher.in_next = first.number  # as if the snapshot had been lost with the connection
    watcher.log_on(shared_venue.ports.fix)
    watcher.sync(ANOTHER)
    assert [message.type for message in watcher.inbox] == [], "nothing of the old subscription is sent"
    request(watcher, "M1", "1", "0", symbol=ANOTHER)
    assert watcher.receive("W").picked(262, 268) == ("M1", "20"), "the identifier is free again"


def test_what_is_traded_and_whether_it_is_open(shared_venue: VenueProcess) -> None:
    (watcher,) = clients(shared_venue, "MDATA1")
    watcher.send("x", [(320, "L1"), (559, "4")])
    listed = watcher.receive("y")
    assert SYMBOL in listed.all(55)
    assert listed[393] == str(len(listed.all(55)))
    watcher.send("c", [(320, "D1"), (321, "0"), (55, SYMBOL)])
    assert watcher.receive("d").picked(320, 323, 55) == ("D1", "1", SYMBOL)
    watcher.send("g", [(335, "T1"), (336, SYMBOL), (263, "1")])
    assert watcher.receive("h").picked(335, 336, 340) == ("T1", SYMBOL, "2")
    watcher.send("e", [(324, "S1"), (55, SYMBOL), (263, "0")])
    assert watcher.receive("f").picked(324, 55, 326) == ("S1", SYMBOL, "17")
