"""The trio client against the binary port, with a small venue behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import trio
import trio.testing
from binary_venue import Venue, venue
from held_ports import held_port

from clients import (
    Accepted,
    Canceled,
    CancelRejected,
    Client,
    ClientError,
    ConnectionLost,
    LoginRefused,
    MassCancelReport,
    OrderState,
    Replaced,
    RequestRefused,
    Side,
    TimeInForce,
)
from clients.events import Event
from engine.commands import CancelOrder, MassCancel, NewOrder, ReplaceOrder
from engine.types import SCALE, OrdStatus, OrdType
from gateways.binary.settings import BinarySettings


def client_of(at: Venue, **options: Any) -> Client:
    return Client("127.0.0.1", at.port_number, "TRADR1", options.pop("password", "demo"), **options)


async def take(client: Client, count: int) -> list[Event]:
    with trio.fail_after(60):
        return [await client.__anext__() for _ in range(count)]


async def test_orders_their_changes_and_what_the_venue_says() -> None:
    async with venue() as at, client_of(at, first_cl_ord_id=100) as client:
        order = await client.new_order("BTC/USDT", Side.BUY, "0.5", Decimal("60000.25"), tif=TimeInForce.DAY)
        assert order == 100
        assert at.port.submitted == []
        (accepted,) = await take(client, 1)
        assert at.port.submitted == [
            NewOrder(3, "100", 21, 7, Side.BUY, OrdType.LIMIT, TimeInForce.DAY, SCALE // 2, 6_000_025 * SCALE // 100)
        ]
        assert isinstance(accepted, Accepted)
        assert (accepted.cl_ord_id, accepted.order_qty, accepted.price) == (100, Decimal("0.5"), Decimal("60000.25"))
        assert client.symbol(accepted.security_id) == "BTC/USDT"
        replaced_id = await client.replace(order, price=60_001)
        (replaced,) = await take(client, 1)
        assert isinstance(replaced, Replaced)
        assert (replaced.cl_ord_id, replaced.orig_cl_ord_id, replaced.price) == (replaced_id, order, 60_001)
        assert replaced.order_qty == Decimal("0.5")
        canceled_by = await client.cancel(replaced_id)
        (canceled,) = await take(client, 1)
        assert isinstance(canceled, Canceled)
        assert (canceled.cl_ord_id, canceled.orig_cl_ord_id) == (canceled_by, replaced_id)
        await client.mass_cancel("AAPL", Side.SELL)
        (report,) = await take(client, 1)
        assert isinstance(report, MassCancelReport)
        assert (report.rejected, report.security_id, report.side) == (False, 9, Side.SELL)
        assert [type(command) for command in at.port.submitted] == [NewOrder, ReplaceOrder, CancelOrder, MassCancel]


async def test_a_market_order_has_no_price() -> None:
    async with venue() as at, client_of(at) as client:
        await client.new_order(7, Side.SELL, 1)
        await take(client, 1)
        (command,) = at.port.submitted
        assert isinstance(command, NewOrder)
        assert (command.ord_type, command.px, command.side) == (OrdType.MARKET, 0, Side.SELL)


async def test_queries_have_answers_while_events_wait() -> None:
    async with venue() as at, client_of(at) as client:
        first = await client.new_order("BTC/USDT", Side.BUY, 1, 100)
        second = await client.new_order("BTC/USDT", Side.BUY, 2, 101)
        status = await client.order_status(second)
        assert isinstance(status, OrderState)
        assert (status.cl_ord_id, status.order_qty, status.status) == (second, 2, OrdStatus.NEW)
        assert await client.order_status(1) is None
        assert [order.cl_ord_id for order in await client.open_orders("BTC/USDT")] == [first, second]
        book = await client.book("BTC/USDT", levels=3)
        assert [level.price for level in book.bids] == [100, 99, 98]
        assert (book.security_id, book.sequence, book.offers) == (7, 9002, [])
        assert [event.cl_ord_id for event in await take(client, 2) if isinstance(event, Accepted)] == [first, second]


async def test_a_book_of_many_packets_is_one_answer() -> None:
    async with venue() as at, client_of(at) as client:
        assert len((await client.book("BTC/USDT", levels=8000)).bids) == 8000


async def test_instruments_are_known_by_symbol() -> None:
    async with venue() as at, client_of(at) as client:
        btc = client.instruments["BTC/USDT"]
        assert (btc.security_id, btc.base, btc.quote, btc.tick_size) == (7, "BTC", "USDT", Decimal("0.01"))
        assert (btc.maker_fee, btc.taker_fee) == (Decimal("-0.0001"), Decimal("0.0005"))
        with pytest.raises(ValueError, match="unknown symbol 'XYZ': the venue lists BTC/USDT, AAPL"):
            await client.new_order("XYZ", Side.BUY, 1, 1)
        with pytest.raises(RequestRefused, match="unknown SecurityID 8"):
            await client.book(8)


async def test_what_cannot_be_exact_is_not_sent() -> None:
    async with venue() as at, client_of(at) as client:
        with pytest.raises(ValueError, match="8 decimals"):
            await client.new_order("BTC/USDT", Side.BUY, "0.123456789", 1)
        with pytest.raises(TypeError, match="float"):
            await client.new_order("BTC/USDT", Side.BUY, 0.1, 1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="NewOrder"):
            await client.new_order("BTC/USDT", Side.BUY, -1, 1)
        assert len(client.orders) == 0


async def test_an_order_that_is_not_known_here_can_still_be_named() -> None:
    async with venue() as at, client_of(at) as client:
        with pytest.raises(ValueError, match="order 5 is not known here: give its symbol and side"):
            await client.cancel(5)
        with pytest.raises(ValueError, match="give both its quantity and its price"):
            await client.replace(5, qty=1, symbol="BTC/USDT", side=Side.BUY)
        await client.cancel(5, symbol="BTC/USDT", side=Side.SELL)
        await client.replace(5, qty=1, price=1, symbol="BTC/USDT", side=Side.SELL)
        events = await take(client, 2)
        assert [isinstance(event, CancelRejected) and event.is_replace for event in events] == [False, True]


@pytest.mark.parametrize("sequence", [1, 3, 0])
async def test_the_stream_comes_from_the_number_asked_for(sequence: int) -> None:
    async with venue() as at:
        at.port.accept_orders(5)
        async with client_of(at, next_number=sequence) as client:
            at.port.accept_orders(1)
            first = sequence or 6
            events = await take(client, 7 - first)
            assert [event.number for event in events if isinstance(event, Accepted)] == list(range(first, 7))
            assert client.next_number == 7
            assert client.session == "TRADEENG"


async def test_a_client_that_connects_again_gets_exactly_what_it_missed() -> None:
    async with venue() as at:
        client = client_of(at)
        async with client:
            at.port.accept_orders(3)
            assert len(await take(client, 2)) == 2
        await at.until(lambda: at.port.connection is None)
        at.port.accept_orders(4)
        async with client:
            events = await take(client, 5)
            assert [event.number for event in events if isinstance(event, Accepted)] == [3, 4, 5, 6, 7]


async def test_the_venues_reason_reaches_whoever_waits() -> None:
    async with venue() as at:
        client = client_of(at)
        seen: list[Event] = []

        async def follow() -> None:
            async with client:
                at.port.accept_orders(1)
                assert at.port.connection is not None
                at.port.connection.disconnect("the journal has failed")
                async for event in client:
                    seen.append(event)

        with pytest.raises(ConnectionLost, match="the journal has failed"):
            await follow()
        assert len(seen) == 1
        with pytest.raises(ConnectionLost, match="the journal has failed"):
            await client.new_order(7, Side.BUY, 1, 1)
        with pytest.raises(ConnectionLost):
            await client.book(7)


async def test_a_query_does_not_outlive_the_connection() -> None:
    async with venue() as at, trio.open_nursery() as nursery:
        at.port.answers = False
        nursery.start_soon(end_once_asked, at)
        with pytest.raises(ConnectionLost, match="closing"):
            async with client_of(at) as client:
                await client.book(7)


async def end_once_asked(at: Venue) -> None:
    await at.until(lambda: at.port.queries)
    assert at.port.connection is not None
    at.port.connection.disconnect("closing")


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ({"password": "wrong"}, "A", "not authorised: unknown session or wrong credentials"),
        ({"next_number": 2}, "S", "session not available: sequence 2 is beyond 1"),
    ],
)
async def test_a_refused_login_says_why(options: dict[str, Any], code: str, text: str) -> None:
    async with venue() as at:
        with pytest.raises(LoginRefused, match=text) as refusal:
            async with client_of(at, **options):
                pass
        assert refusal.value.code == code
        assert isinstance(refusal.value, ClientError)


async def test_a_venue_that_is_not_there() -> None:
    with held_port() as number, pytest.raises(ConnectionLost, match=f"cannot connect to 127.0.0.1:{number}"):
        async with Client("127.0.0.1", number, "TRADR1", "demo"):
            pass


async def test_what_the_body_raises_comes_out_as_it_is() -> None:
    async with venue() as at:
        with pytest.raises(KeyError, match="mine"):
            async with client_of(at):
                raise KeyError("mine")
        await at.until(lambda: at.port.connection is None)
        assert at.port.logged_out == [False]


async def test_leaving_logs_out() -> None:
    async with venue() as at:
        async with client_of(at) as client:
            await client.new_order("BTC/USDT", Side.BUY, 1, 1)
        await at.until(lambda: at.port.logged_out)
        assert at.port.logged_out == [True]
        assert len(at.port.submitted) == 1


async def test_a_cancelled_client_leaves_at_once() -> None:
    async with venue() as at:
        with trio.CancelScope() as scope:
            async with client_of(at) as client:
                scope.cancel()
                await take(client, 1)
        assert scope.cancelled_caught
        await at.until(lambda: at.port.connection is None)


async def test_heartbeats_keep_an_idle_connection(mock_clock: trio.testing.MockClock) -> None:
    async with venue() as at, client_of(at) as client:
        for _ in range(40):
            await trio.testing.wait_all_tasks_blocked(0.002)
            mock_clock.jump(1.0)
        await trio.testing.wait_all_tasks_blocked(0.002)
        at.port.accept_orders(1)
        (event,) = await take(client, 1)
        assert isinstance(event, Accepted)


async def test_a_venue_that_falls_silent_is_given_up(mock_clock: trio.testing.MockClock) -> None:
    settings = BinarySettings(heartbeat_interval_s=1000.0, client_timeout_s=1000.0)
    async with venue(settings) as at, client_of(at) as client:
        mock_clock.jump(15.0)
        with pytest.raises(ConnectionLost, match="nothing was heard of the venue for 15 s"):
            await client.__anext__()


async def test_events_that_nobody_takes_are_bounded() -> None:
    async with venue() as at, client_of(at, events_max=10) as client:
        for _ in range(20):
            at.port.accept_orders(5)
            await trio.testing.wait_all_tasks_blocked(0.001)
        assert len(client._link.events) < 100
        events = await take(client, 100)
        assert [event.number for event in events if isinstance(event, Accepted)] == list(range(1, 101))
