"""Clients that were built from earlier versions of the schema trade with today's venue, and with one another."""

from __future__ import annotations

from pathlib import Path

import binary_schema
import pytest
from schema_client import SchemaClient
from venue_process import VenueProcess

from gateways.binary.schema.artifacts import ORDER_ENTRY
from gateways.binary.schema.model import Schema
from gateways.binary.schema.reader import read

FOLDER = Path(binary_schema.__file__).parent
NEWEST = read(ORDER_ENTRY)
OLDER = [read(FOLDER / f"binary_version_{version}.sbe.xml") for version in range(1, NEWEST.version)]
LIMIT = {"OrdType": "Limit", "TimeInForce": "Day"}
EACH = pytest.mark.parametrize("schema", [*OLDER, NEWEST], ids=lambda schema: f"version {schema.version}")
UNIT = 10**8
SECURITIES = {1: ("AAPL", 8), 2: ("AMZN", 9), 3: ("GOOG", 10)}
"""What the clients of each version trade, so that they don't meet."""


def client_of(venue: VenueProcess, schema: Schema, user: str, *, sequence: int = 0) -> SchemaClient:
    client = SchemaClient(venue.ports.binary, schema)
    client.log_in(user, sequence=sequence)
    return client


@EACH
def test_a_client_of_any_version_trades_as_it_did(schema: Schema, shared_venue: VenueProcess) -> None:
    _, security = SECURITIES[schema.version]
    first = schema.version * 100
    order = {"Price": 230 * UNIT, "OrderQty": 10 * UNIT, "SecurityID": security} | LIMIT
    crossing = order | {"Price": 229 * UNIT, "OrderQty": 4 * UNIT}
    with client_of(shared_venue, schema, "TRADR1") as client, client_of(shared_venue, schema, "TRADR2") as other:
        start = client.sequence
        client.send("NewOrder", ClOrdID=first, Side="Buy", **order)
        client.expect("Accepted", ClOrdID=first, LeavesQty=10 * UNIT, OrdStatus="New")
        client.send("ReplaceOrder", ClOrdID=first + 1, OrigClOrdID=first, Side="Buy", **(order | {"Price": 229 * UNIT}))
        client.expect("Replaced", ClOrdID=first + 1, OrigClOrdID=first, Price=229 * UNIT, KeptPriority="No")
        other.send("NewOrder", ClOrdID=first, Side="Sell", **crossing)
        other.expect("Accepted", ClOrdID=first)
        other.expect("Executed", ClOrdID=first, OrdStatus="Filled", LastLiquidityInd="RemovedLiquidity")
        client.expect("Executed", ClOrdID=first + 1, LastPx=229 * UNIT, LeavesQty=6 * UNIT)
        client.send("NewOrder", ClOrdID=first, Side="Buy", **order)
        client.expect("Rejected", ClOrdID=first, OrdRejReason="DuplicateOrder")
        client.send("CancelOrder", ClOrdID=first + 2, OrigClOrdID=99, SecurityID=security, Side="Buy")
        client.expect("CancelRejected", CxlRejReason="UnknownOrder", CxlRejResponseTo="OrderCancelRequest")
        client.send("CancelOrder", ClOrdID=first + 3, OrigClOrdID=first + 1, SecurityID=security, Side="Buy")
        client.expect("Canceled", ClOrdID=first + 3, OrigClOrdID=first + 1, CancelReason="Requested")
        client.send("NewOrder", ClOrdID=first + 4, Side="Buy", **order)
        client.expect("Accepted", ClOrdID=first + 4)
        client.send("MassCancel", ClOrdID=first + 5)
        client.expect("Canceled", OrigClOrdID=first + 4, CancelReason="MassCancel")
        client.expect("MassCancelReport", MassCancelResponse="CanceledAll", TotalAffectedOrders=1)
        assert client.unknown == other.unknown == 0
        client.log_out()
    with client_of(shared_venue, schema, "TRADR1", sequence=start) as again:
        again.expect("Accepted", ClOrdID=first)
        again.expect("Replaced", ClOrdID=first + 1)


@EACH
def test_a_client_of_any_version_asks_as_it_did(schema: Schema, shared_venue: VenueProcess) -> None:
    symbol, security = SECURITIES[schema.version]
    order = {"Price": 200 * UNIT, "OrderQty": 10 * UNIT, "SecurityID": security} | LIMIT
    number = schema.version * 100 + 50
    with client_of(shared_venue, schema, "TRADR2") as client:
        client.send("NewOrder", ClOrdID=number, Side="Buy", **order)
        client.expect("Accepted", ClOrdID=number)
        client.send("OrderStatusRequest", OrdStatusReqID=70, ClOrdID=number)
        client.expect("OrderStatus", OrdStatusReqID=70, CumQty=0, OrdStatus="New")
        client.send("OpenOrdersRequest", MassStatusReqID=71, SecurityID=security)
        client.expect("OrderStatus", OrdStatusReqID=71, ClOrdID=number)
        client.expect("OpenOrdersEnd", MassStatusReqID=71, TotNumReports=1)
        client.send("BookRequest", MDReqID=72, SecurityID=security, MarketDepth=5)
        book = client.expect("BookSnapshot", MDReqID=72, LastFragment="Yes")
        levels = [(it["MDEntryPx"], it["MDEntrySize"], it["MDEntryType"]) for it in book["MDEntries"]]
        assert (200 * UNIT, 10 * UNIT, "Bid") in levels
        client.send("InstrumentListRequest", SecurityReqID=73)
        symbols = {}
        while (found := client.receive())[0] == "InstrumentDefinition":
            symbols[found[1]["Symbol"]] = found[1]["SecurityID"]
        assert found == ("InstrumentListEnd", {"SecurityReqID": 73, "TotNoRelatedSym": len(symbols)})
        assert symbols[symbol] == security


@pytest.mark.parametrize("schema", OLDER, ids=lambda schema: f"version {schema.version}")
def test_an_older_client_reads_what_a_newer_one_did(schema: Schema, shared_venue: VenueProcess) -> None:
    """A user's orders of today's kind, replayed to a client of the same user that is older."""
    _, security = SECURITIES[schema.version]
    first = schema.version * 100
    order = {"OrderQty": UNIT, "SecurityID": security} | LIMIT
    with client_of(shared_venue, NEWEST, "TRADR3") as client:
        start = client.sequence
        client.send(
            "NewSpecialOrder", ClOrdID=first, Price=240 * UNIT, Side="Sell", StopPx=228 * UNIT, TriggerKind="Stop",
            OnDisconnect="Logout", SelfTradeID=7, **order,
        )  # fmt: skip
        accepted = client.expect("Accepted", SelfTradeID=7, OnDisconnect="Logout", Wait="Trigger")
        for side, number in (("Buy", first + 1), ("Sell", first + 2)):
            client.send("NewOrder", ClOrdID=number, Price=228 * UNIT, Side=side, **order)
        names = [client.receive()[0] for _ in range(5)]
        assert sorted(names) == ["Accepted", "Accepted", "Executed", "Executed", "Triggered"]
        client.log_out()
    with client_of(shared_venue, schema, "TRADR3", sequence=start) as old:
        seen = old.expect("Accepted", ClOrdID=first, OrderID=accepted["OrderID"], Price=240 * UNIT, LeavesQty=UNIT)
        assert "SelfTradeID" not in seen
        assert seen.get("Wait") == ("Trigger" if schema.version > 1 else None)
        names, reason = [], None
        while reason is None:
            name, fields = old.receive()
            names.append(name)
            reason = fields.get("CancelReason")
        assert sorted(set(names)) == sorted({"Accepted", "Executed", "Canceled"} | ({"Triggered"} - unknown(schema)))
        assert old.unknown == (0 if "Triggered" in names else 1)
        assert reason == 17, "a value that neither version had"


def unknown(schema: Schema) -> set[str]:
    return {message.name for message in NEWEST.messages} - {message.name for message in schema.messages}
