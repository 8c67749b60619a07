"""A broker's QuickFIX with the dictionaries that the venue publishes: what the standard's lack is valid too."""

from __future__ import annotations

from fix_client import FixMessage
from quickfix_broker import QuickFix, QuickFixBroker
from quickfix_fixtures import needs_quickfix
from venue_process import VenueProcess

pytestmark = needs_quickfix
Pair = list[QuickFixBroker]
Extended = tuple[VenueProcess, QuickFix, Pair]


def fills(broker: QuickFixBroker) -> tuple[str, str]:
    """ExecType of a partial and of a full fill."""
    return ("1", "2") if broker.begin_string == "FIX.4.2" else ("F", "F")


def in_turn(broker: QuickFixBroker, count: int) -> list[tuple[str, ...]]:
    """ClOrdID, ExecType and OrdStatus of the next reports."""
    return [broker.receive("8").picked(11, 150, 39) for _ in range(count)]


def test_the_standard_flows_are_valid_too(extended_pair: Pair) -> None:
    maker, taker = extended_pair
    part, full = fills(maker)
    maker.order("S1", "SOL/USDT", "1", "10", "150")
    maker.market_data("SM", "SOL/USDT", kind="1", types="012")
    taker.order("S2", "SOL/USDT", "2", "4", "150", "3")
    assert in_turn(taker, 2) == [("S2", "0", "0"), ("S2", full, "2")]
    maker.replace("S3", "S1", "SOL/USDT", "1", "8", "150")
    maker.order("S1", "SOL/USDT", "1", "1", "150")
    maker.cancel("S4", "NONE", "SOL/USDT", "1")
    maker.send("c", (320, "C1"), (321, "0"), (55, "AAPL"))
    maker.send("g", (335, "G1"), (263, "0"))
    maker.send("e", (324, "E1"), (55, "AAPL"), (263, "0"))
    maker.send("D", (11, "S5"), (55, "SOL/USDT"))
    maker.until(lambda: sum(m.type == "h" for m in maker.inbox) == 10, "gets no states")
    maker.until(lambda: any(m.type == "f" for m in maker.inbox), "gets no state")
    kinds = {message.type for message in maker.inbox}
    assert kinds >= {"8", "9", "W", "X", "d", "h", "f"}
    reports = {m.picked(11, 150) for m in maker.inbox if m.type == "8"}
    assert reports == {("S1", "0"), ("S1", part), ("S3", "5"), ("S1", "8")}


def test_mass_cancel_and_mass_status(extended_pair: Pair) -> None:
    """FIX.4.2 has neither in its standard."""
    broker = extended_pair[0]
    for name in ("MA", "MB"):
        broker.order(name, "AAPL", "1", "10", "180")
        broker.receive("8")
    broker.send("AF", (584, "Q1"), (585, "7"))
    assert [broker.receive("8")[11] for _ in range(2)] == ["MA", "MB"]
    broker.mass_cancel("MX", "AAPL")
    assert [row[:2] for row in in_turn(broker, 2)] == [("MA", "4"), ("MB", "4")]
    assert broker.receive("r").picked(11, 530, 531, 533, 55) == ("MX", "1", "1", "2", "AAPL")


def test_post_only_orders(extended_pair: Pair) -> None:
    """PostOnlyInstruction (7001): refused, or repriced, where it would trade."""
    maker, taker = extended_pair
    maker.order("PA", "GOOG", "2", "10", "190")
    maker.receive("8")
    taker.order("PB", "GOOG", "1", "10", "190", "1", (7001, "1"))
    assert in_turn(taker, 1) == [("PB", "8", "8")]
    taker.order("PC", "GOOG", "1", "10", "190", "1", (7001, "2"))
    assert taker.receive("8").picked(11, 150, 44) == ("PC", "0", "189.99")


def test_self_trades_within_a_firm(extended_pair: Pair) -> None:
    """SelfTradeScope (7002): BROKER1 and BROKER2 are of one firm."""
    maker, taker = extended_pair
    maker.order("FA", "GOOG", "2", "10", "191")
    maker.receive("8")
    taker.order("FB", "GOOG", "1", "10", "191", "3", (2964, "1"), (7002, "1"))
    assert in_turn(taker, 2) == [("FB", "0", "0"), ("FB", "4", "4")]
    taker.order("FC", "GOOG", "1", "10", "191", "3", (2362, "DESK"), (2964, "1"))
    assert in_turn(taker, 2) == [("FC", "0", "0"), ("FC", fills(taker)[1], "2")]


def test_triggers_displays_and_pegs(extended_pair: Pair) -> None:
    """FIX 5.0's TriggeringInstructions, DisplayInstruction and PegInstructions in every version."""
    maker, taker = extended_pair
    maker.order("TA", "AMZN", "1", "10", "200", "1", (1138, "2"), (1084, "1"))
    assert maker.receive("8").picked(11, 150) == ("TA", "0")
    taker.order("TB", "AMZN", "2", "10", "201", "1", (1100, "4"), (1101, "1"), (1102, "199"), (1107, "2"), (1109, "D"))
    assert taker.receive("8").picked(11, 150, 39) == ("TB", "0", "0")
    taker.order("TC", "AMZN", "1", "10", "199", "1", (40, "P"), (1094, "5"))
    assert taker.receive("8").picked(11, 150) == ("TC", "0")
    taker.market_data("TM", "AMZN")
    assert taker.receive("W")[268] == "2"


def test_orders_that_name_their_account_by_parties(extended_pair: Pair) -> None:
    broker = extended_pair[0]
    named = [(11, "YA"), (55, "AAPL"), (54, "1"), (60, "20261121-12:00:00"), (21, "1")]
    party = [(448, "BROKER1"), (447, "D"), (452, "24")]
    broker.send("D", *named, (38, "1"), (40, "2"), (44, "200"), groups=((453, [party]),))
    assert broker.receive("8").picked(11, 150, 1) == ("YA", "0", "BROKER1")


def bracket(name: str, place: int, side: str, kind: str, tag: int, px: str) -> list[tuple[int, str]]:
    return [(11, name), (67, str(place)), (55, "GOOG"), (54, side), (38, "10"), (40, kind), (tag, px), (59, "1")]


def test_brackets(extended_pair: Pair) -> None:
    """An entry, its take-profit and its stop-loss, of which the second's fill cancels the third."""
    maker, taker = extended_pair
    _, full = fills(maker)
    released = "L" if maker.begin_string == "FIXT.1.1" else "D"
    orders = [
        bracket("E1", 1, "1", "2", 44, "188"),
        bracket("E2", 2, "2", "2", 44, "200"),
        bracket("E3", 3, "2", "3", 99, "180"),
    ]
    maker.send("E", (66, "L1"), (394, "3"), (68, "3"), (1385, "100"), groups=((73, orders),))
    assert [maker.receive("8").picked(11, 66, 150) for _ in range(3)] == [(f"E{n}", "L1", "0") for n in (1, 2, 3)]
    assert maker.receive("N").picked(66, 429, 431) == ("L1", "1", "3")
    taker.order("ET1", "GOOG", "2", "10", "188", "3")
    assert in_turn(maker, 3) == [("E1", full, "2"), ("E2", released, "0"), ("E3", released, "0")]
    taker.order("ET2", "GOOG", "1", "10", "200", "3")
    assert in_turn(maker, 2) == [("E2", full, "2"), ("E3", "4", "4")]
    assert maker.receive("N").picked(66, 429, 431) == ("L1", "5", "6")


def test_copies_of_a_firms_reports(extended: Extended, quickfix_extended: QuickFix) -> None:
    """HARBOR's drop copy session, over FIX.4.4, and BROKER1's trading in whatever version."""
    venue, _, (broker, _) = extended
    copies = quickfix_extended.broker("HARBORDC")
    copies.log_on(venue.ports.fix)
    broker.order("DA", "ADA/USDT", "1", "100", "0.44", "3")
    original = broker.receive("8")

    def copied() -> list[FixMessage]:
        return [message for message in copies.inbox if message.get(17) == original[17]]

    copies.until(lambda: bool(copied()), "gets no copy")
    (copy,) = copied()
    assert copy.picked(11, 37, 115, 116, 797) == ("DA", original[37], "BROKER1", broker.begin_string, "Y")
    copies.log_out()
    broker.clear()
