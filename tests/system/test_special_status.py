"""What a client is told when it asks where its orders are: pegs that moved, stops that trailed, legs that took their
turn. None of that is reported; the answers follow it all the same, also after ``kill -9``."""

from __future__ import annotations

from decimal import Decimal

from fix_client import FixClient
from special_orders import BUY, SELL, order_pairs, send_list, send_order, told, trader, verified
from venue_process import MakeVenue

from clients import Accepted, Contingency, Executed, Order, PegKind, Side, SyncClient, peg, trailing
from engine.types import Wait

PEG, TRAIL = "peg", "trail"
LEGS = {"leg": "253", "other leg": "254"}


def send_all(broker: FixClient) -> None:
    """A buy that is pegged to the best bid, a sell that trails the last trade by 3, and two sells that exclude one
    another."""
    send_order(broker, PEG, "AAPL", BUY, "1", "P", (18, "R"))
    send_order(broker, TRAIL, "AAPL", SELL, "1", "P", (18, "a"), (211, "-3"))
    legs = [order_pairs(name, "AAPL", SELL, "1", "2", (44, px)) for name, px in LEGS.items()]
    send_list(broker, "9", "1", *legs)


def place_all(owner: SyncClient) -> list[int]:
    """The same; their ClOrdIDs."""
    names = [
        owner.send_order("AAPL", Order(Side.BUY, 1, peg=peg(PegKind.PRIMARY))),
        owner.send_order("AAPL", Order(Side.SELL, 1, trigger=trailing(amount=3))),
        *owner.new_list("AAPL", Contingency.OCO, [Order(Side.SELL, 1, px) for px in LEGS.values()]),
    ]
    told(owner, *[Accepted] * 4)
    return names


def bid_and_trade(other: SyncClient, bid: str, trade: str) -> None:
    """The best bid and the last trade are these now."""
    other.new_order("AAPL", Side.BUY, 1, bid)
    other.new_order("AAPL", Side.SELL, 1, trade)
    other.new_order("AAPL", Side.BUY, 1, trade)
    told(other, Accepted, Accepted, Accepted, Executed, Executed)


def assert_in_fix(broker: FixClient, bid: str, stop: str) -> None:
    """Asked for one order or for all, the venue says where they are."""
    standing = {PEG: {839: bid, 636: "Y"}, TRAIL: {99: stop, 636: "N"}, **{name: {636: "Y"} for name in LEGS}}
    for name in standing:
        broker.order_status(name, "AAPL", BUY if name == PEG else SELL)
    one_by_one = [broker.receive("8") for _ in standing]
    broker.mass_status("all")
    for reports in (one_by_one, [broker.receive("8") for _ in standing]):
        assert {report[150] for report in reports} == {"I"}
        said = {report[11]: {tag: report[tag] for tag in (99, 839, 636) if report.get(tag)} for report in reports}
        assert said == standing


def assert_in_binary(owner: SyncClient, names: list[int], bid: str, stop: str) -> None:
    """As :func:`assert_in_fix`."""
    nowhere, nothing = Decimal(0), Decimal(0)
    standing = [
        (Decimal(bid), nothing, Wait.NOTHING),
        (nowhere, Decimal(stop), Wait.TRIGGER),
        *((Decimal(px), nothing, Wait.NOTHING) for px in LEGS.values()),
    ]
    listed = {state.cl_ord_id: state for state in owner.open_orders("AAPL")}
    for states in ([owner.order_status(name) for name in names], [listed[name] for name in names]):
        specials = [state.special for state in states if state is not None and state.special is not None]
        assert [
            (special.working_px, special.trigger.px if special.trigger else nothing, special.wait)
            for special in specials
        ] == standing


def test_whoever_asks_is_told_where_an_order_is_now(make_venue: MakeVenue) -> None:
    venue = make_venue()
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    with trader(venue, "TRADR1") as other, trader(venue, "TRADR3") as owner:
        bid_and_trade(other, "230", "230.5")
        send_all(broker)
        names = place_all(owner)
        assert_in_fix(broker, "230", "227.5")
        assert_in_binary(owner, names, "230", "227.5")
        bid_and_trade(other, "231", "231.5")
        assert_in_fix(broker, "231", "228.5")
        assert_in_binary(owner, names, "231", "228.5")
        assert owner.next_event(0.0) is None
        number = owner.next_number
    venue.kill()
    venue.restart()
    broker.log_on(venue.ports.fix)
    with trader(venue, "TRADR3", number) as owner:
        assert_in_fix(broker, "231", "228.5")
        assert_in_binary(owner, names, "231", "228.5")
    broker.log_out()
    assert venue.stop() == 0
    assert "state hashes: 1 compared, all equal" in verified(venue)
