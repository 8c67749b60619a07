"""Programs that we did not write: PyPI's ``nasdaq-protocols`` speaks SoupBinTCP to the live venue, PyPI's ``sbe`` reads
and writes its messages from the schema file alone, from the first that was published: older clients keep working."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from binary_schema import FILE_OF_VERSION_1, schema
from nasdaq_protocols import soup  # type: ignore[import-untyped]
from venue_process import VenueProcess

SCHEMA = schema(1, FILE_OF_VERSION_1)
TIMEOUT_S = 60
SCALE = 10**8


def new_order(cl_ord_id: int, side: str, qty: int, price: int, security_id: int) -> bytes:
    """A NewOrder as the schema, and nothing else, says that it looks."""
    return encode(
        "NewOrder",
        ClOrdID=cl_ord_id,
        Price={"mantissa": price * SCALE},
        OrderQty={"mantissa": qty * SCALE},
        SecurityID=security_id,
        Account=0,
        Side=side,
        OrdType="Limit",
        TimeInForce="GoodTillCancel",
    )


def encode(name: str, **fields: Any) -> bytes:
    message = next(message for message in SCHEMA.messages.values() if message.name == name)
    encoded: bytes = SCHEMA.encode(message, fields)
    return encoded


def decode(payload: bytes) -> tuple[str, dict[str, Any]]:
    decoded = SCHEMA.decode(payload)
    return decoded.message_name, decoded.value


class SoupClient:
    """The third party's session, logged in."""

    def __init__(self, session: soup.SoupClientSession) -> None:
        self._session = session

    @property
    def sequence(self) -> int:
        """The number of the last Sequenced Data packet, as the third party counts."""
        return int(self._session.sequence)

    def send(self, payload: bytes) -> None:
        self._session.send_unseq_data(payload)

    async def sequenced(self, count: int) -> list[bytes]:
        """The next so many Sequenced Data payloads."""
        return [bytes((await self._next(soup.SequencedData)).data) for _ in range(count)]

    async def answer(self) -> bytes:
        """The next Unsequenced Data payload."""
        return bytes((await self._next(soup.UnSequencedData)).data)

    async def _next(self, kind: type[Any]) -> Any:
        message = await self._session.receive_msg()
        assert isinstance(message, kind), message
        return message


def logged_in(venue: VenueProcess, user: str, talk: Callable[[SoupClient], Awaitable[None]], sequence: int = 1) -> None:
    """Logs the third party's client in, lets it talk, and logs it out."""

    async def run() -> None:
        remote = ("127.0.0.1", venue.ports.binary)
        closed = asyncio.Event()

        async def on_close() -> None:
            closed.set()

        session = await soup.connect_async(
            remote, user, "demo", sequence=sequence, on_close_coro=on_close, client_heartbeat_interval=1
        )
        try:
            await talk(SoupClient(session))
        finally:
            session.logout()
            await closed.wait()

    asyncio.run(asyncio.wait_for(run(), TIMEOUT_S))


async def securities(client: SoupClient) -> dict[str, int]:
    """SecurityID by Symbol, from the venue."""
    client.send(encode("InstrumentListRequest", SecurityReqID=1))
    found: dict[str, int] = {}
    while True:
        name, fields = decode(await client.answer())
        if name == "InstrumentListEnd":
            assert fields["TotNoRelatedSym"] == len(found)
            return found
        found[fields["Symbol"]] = fields["SecurityID"]


def test_a_soupbintcp_client_that_is_not_ours_trades_and_replays(shared_venue: VenueProcess) -> None:
    kept: list[bytes] = []

    async def trade(client: SoupClient) -> None:
        symbols = await securities(client)
        assert len(symbols) == 10
        client.send(new_order(1, "Sell", 10, 230, symbols["AAPL"]))
        client.send(new_order(2, "Buy", 4, 231, symbols["AAPL"]))
        kept.extend(await client.sequenced(4))
        assert client.sequence == 4

    logged_in(shared_venue, "TRADR1", trade)
    told = [decode(payload) for payload in kept]
    assert [name for name, _fields in told] == ["Accepted", "Accepted", "Executed", "Executed"]

    async def replay(client: SoupClient) -> None:
        assert await client.sequenced(4) == kept
        await securities(client)  # no report comes before the answer

    async def replay_rest(client: SoupClient) -> None:
        assert client.sequence == 2
        assert await client.sequenced(2) == kept[2:]
        assert client.sequence == 4

    async def only_new(client: SoupClient) -> None:
        await securities(client)  # no report comes before the answer
        client.send(encode("CancelOrder", **about(fields=told[0][1], cl_ord_id=3)))
        name, fields = decode((await client.sequenced(1))[0])
        assert (name, fields["OrigClOrdID"], client.sequence) == ("Canceled", 1, 5)

    logged_in(shared_venue, "TRADR1", replay)
    logged_in(shared_venue, "TRADR1", replay_rest, sequence=3)
    logged_in(shared_venue, "TRADR1", only_new, sequence=0)


def about(fields: dict[str, Any], cl_ord_id: int) -> dict[str, Any]:
    """A cancel's fields for the order of an Accepted."""
    return {
        "ClOrdID": cl_ord_id,
        "OrigClOrdID": fields["ClOrdID"],
        "OrderID": 0,
        "SecurityID": fields["SecurityID"],
        "Account": 0,
        "Side": fields["Side"],
    }


def test_a_schema_driven_codec_that_is_not_ours_reads_what_the_live_venue_says(shared_venue: VenueProcess) -> None:
    async def trade(client: SoupClient) -> None:
        goog = (await securities(client))["GOOG"]
        client.send(new_order(11, "Buy", 30, 190, goog))
        name, accepted = decode((await client.sequenced(1))[0])
        assert name == "Accepted"
        assert accepted["Price"]["mantissa"] == 190 * SCALE
        assert (accepted["Side"], accepted["OrdStatus"], accepted["ClOrdID"]) == ("Buy", "New", 11)
        client.send(new_order(12, "Sell", 10, 190, goog))
        names = [decode(payload) for payload in await client.sequenced(3)]
        (_, taken), (_, made) = names[1:]
        assert {taken["LastLiquidityInd"], made["LastLiquidityInd"]} == {"AddedLiquidity", "RemovedLiquidity"}
        assert taken["TradeID"] == made["TradeID"]
        assert taken["LastPx"]["mantissa"] == made["LastPx"]["mantissa"] == 190 * SCALE
        assert {side["MiscFeeAmt"]["low"] for side in (taken, made)} == {19_000_000, 38_000_000}
        client.send(encode("BookRequest", MDReqID=7, SecurityID=goog, MarketDepth=5))
        name, book = decode(await client.answer())
        assert (name, book["MDReqID"], book["SecurityID"]) == ("BookSnapshot", 7, goog)
        (level,) = book["MDEntries"]
        assert level["MDEntryPx"]["mantissa"] == 190 * SCALE
        assert level["MDEntrySize"]["mantissa"] == 20 * SCALE
        client.send(new_order(11, "Buy", 1, 190, goog))
        name, rejected = decode((await client.sequenced(1))[0])
        assert (name, rejected["OrdRejReason"]) == ("Rejected", "DuplicateOrder")
        client.send(encode("MassCancel", ClOrdID=13, SecurityID=0, Account=0, Side=None))
        payloads = await client.sequenced(2)
        assert [decode(payload)[0] for payload in payloads] == ["Canceled", "MassCancelReport"]

    logged_in(shared_venue, "TRADR2", trade)


def test_a_wrong_password_is_refused_in_a_way_that_others_understand(shared_venue: VenueProcess) -> None:
    async def run() -> None:
        with pytest.raises(ConnectionRefusedError):
            await soup.connect_async(("127.0.0.1", shared_venue.ports.binary), "TRADR3", "wrong")

    asyncio.run(asyncio.wait_for(run(), TIMEOUT_S))
