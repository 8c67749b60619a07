"""Back-pressure: who does not read is cut at a bounded buffer and slows nobody; who sends more than there are credits
for is read more slowly, and loses nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from itertools import count

import pytest
from fix_client import ConnectionEnded, FixClient
from pipeline import Pipeline
from venue_process import MakeVenue

from clients import Accepted, Canceled, Executed, Side, SyncClient
from clients.exceptions import ConnectionLost
from engine.types import SCALE

FLOOD = 3000
CUT_WITHIN_S = 120.0
PX = 60_000 * SCALE
LOT = SCALE // 1000


def order(client: Pipeline, number: int, side: Side = Side.BUY, px: int = PX, qty: int = LOT) -> bytes:
    return client.protocol.new_order(number, client.securities["BTC/USDT"], side, qty, px)


def ask_without_reading(client: Pipeline) -> None:
    """Is answered with all the client's open orders, which wait for somebody to read them."""
    client.write(client.protocol.open_orders()[1])


def until_cut(send: Callable[[], object]) -> None:
    """Sends until the venue has cut the connection, however far behind the venue is. Raises AssertionError."""
    until = time.monotonic() + CUT_WITHIN_S
    with suppress(ConnectionEnded, ConnectionResetError, BrokenPipeError):
        while time.monotonic() < until:
            send()
        raise AssertionError("the venue does not cut who does not read")


def test_a_client_that_does_not_read_is_cut_and_another_trades_on(make_venue: MakeVenue) -> None:
    venue = make_venue(BINARY__BUFFER_MAX="131072")
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    broker.new_order("rest", "BTC/USDT", "1", "1", "59000")
    broker.receive("8")
    with Pipeline(venue.ports.binary, "TRADR1", receive_buffer=4096) as deaf:
        deaf.write(b"".join([order(deaf, number) for number in range(1, 201)]))
        until_cut(lambda: ask_without_reading(deaf))
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR2", "demo") as trader:
        for number in range(1, 101):
            trader.new_order("BTC/USDT", Side.SELL, "0.003", "59000", cl_ord_id=number)
        told = [trader.next_event(60) for _ in range(334)]
    # Sixty-six take three of the deaf one's two hundred, the next two and one of the broker's, the rest the broker's.
    fills = [event for event in told if isinstance(event, Executed)]
    assert (len(fills), sum(fill.last_qty for fill in fills)) == (66 * 3 + 3 + 33, Decimal("0.3"))
    assert fills[-1].last_px == 59_000
    assert [broker.receive("8")[14] for _ in range(34)][-1] == "0.1"
    with Pipeline(venue.ports.binary, "TRADR1") as back:
        back.await_(lambda: len(back.events) == 400)
        assert [event.cl_ord_id for event in back.events[:200]] == list(range(1, 201))  # type: ignore[union-attr]
        assert {type(event) for event in back.events[200:]} == {Executed}
    assert "reads too slowly" in venue.output


def test_the_other_ones_reports_are_complete_while_one_is_cut(make_venue: MakeVenue) -> None:
    venue = make_venue(BINARY__BUFFER_MAX="65536")
    with (
        Pipeline(venue.ports.binary, "TRADR1", receive_buffer=4096) as deaf,
        Pipeline(venue.ports.binary, "TRADR2") as other,
    ):
        deaf.write(b"".join([order(deaf, number) for number in range(1, 201)]))
        number = 0

        def trade_and_ask() -> None:
            nonlocal number
            number += 1
            other.write(order(other, number, Side.SELL, 2 * PX))
            other.await_(lambda: len(other.events) == number)
            for _ in range(4):
                ask_without_reading(deaf)

        until_cut(trade_and_ask)
        assert [type(event) for event in other.events] == [Accepted] * number
        assert [event.cl_ord_id for event in other.events] == list(range(1, number + 1))  # type: ignore[union-attr]


def test_a_broker_that_does_not_read_is_cut_and_gets_its_reports_later(make_venue: MakeVenue) -> None:
    venue = make_venue(FIX__WRITE_BUFFER_MAX="131072")
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    names = [f"order-{number}" for number in range(200)]
    for name in names:
        broker.new_order(name, "BTC/USDT", "1", "0.001", "60000")
    broker.sync()
    broker.inbox.clear()
    with Pipeline(venue.ports.binary, "TRADR1") as other:
        asked = count()
        until_cut(lambda: broker.mass_status(f"all-{next(asked)}"))
        other.write(b"".join([order(other, number, Side.SELL) for number in range(1, 201)]))
        other.await_(lambda: len(other.events) == 400)
    broker.log_on(venue.ports.fix)
    broker.sync()
    filled = [message[11] for message in broker.inbox if message[150] == "F"]
    assert filled == names
    assert "reads too slowly" in venue.output


def test_a_flood_beyond_the_credits_keeps_its_order_over_the_binary_port(make_venue: MakeVenue) -> None:
    venue = make_venue(LIMITS__CREDITS_PER_SESSION="16", JOURNAL__DURABILITY="fsync")
    with Pipeline(venue.ports.binary, "TRADR1") as client:
        flood = []
        for number in range(1, 2 * FLOOD, 2):
            flood.append(order(client, number))
            flood.append(client.protocol.cancel(number + 1, number, client.securities["BTC/USDT"], Side.BUY))
        client.write(b"".join(flood))
        client.await_(lambda: len(client.events) == 2 * FLOOD)
        assert [type(event) for event in client.events] == [Accepted, Canceled] * FLOOD
        assert [event.cl_ord_id for event in client.events] == list(range(1, 2 * FLOOD + 1))  # type: ignore[union-attr]


def test_a_flood_beyond_the_credits_keeps_its_order_over_fix(make_venue: MakeVenue) -> None:
    venue = make_venue(LIMITS__CREDITS_PER_SESSION="16")
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    names = [f"flood-{number}" for number in range(FLOOD)]
    orders = [broker.new_order_pairs(name, "BTC/USDT", "1", "0.001", "60000") for name in names]
    broker.write(b"".join([broker.prepare("D", pairs)[1] for pairs in orders]))
    reports = [broker.receive("8") for _ in names]
    assert [report[11] for report in reports] == names
    assert {report[150] for report in reports} == {"0"}
    broker.sync()
    assert not broker.inbox
    numbers = [message.number for message in broker.arrivals]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_flood_from_many_shares_the_credits_of_all(make_venue: MakeVenue) -> None:
    venue = make_venue(LIMITS__CREDITS_PER_SESSION="64", LIMITS__CREDITS_TOTAL="64")
    users = [Pipeline(venue.ports.binary, f"TRADR{number}") for number in range(1, 5)]
    for user in users:
        user.write(b"".join([order(user, number) for number in range(1, 1001)]))
    for user in users:
        user.await_(lambda user=user: len(user.events) == 1000)  # type: ignore[misc]
        assert [event.cl_ord_id for event in user.events] == list(range(1, 1001))  # type: ignore[union-attr]
        user.log_out()


def test_a_connection_that_breaks_a_rule_ends_alone(make_venue: MakeVenue) -> None:
    venue = make_venue()
    with Pipeline(venue.ports.binary, "TRADR1") as good, Pipeline(venue.ports.binary, "TRADR2") as bad:
        bad.write(b"\x00\x00")
        with pytest.raises(ConnectionLost, match="packet length 0"):
            bad.await_(lambda: False)
        good.write(order(good, 1))
        good.await_(lambda: len(good.events) == 1)
