"""tshark with the dissector that is made from the schemas: every message by name with its values, none malformed."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from capture import Capture, Relay, udp_capture
from schema_client import SchemaClient, SchemaCodec
from venue_process import ROOT, VenueProcess

from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.model import Block, Composite, Enumeration, Message, Scalar, Schema, Type
from gateways.binary.schema.reader import read

PORT, UDP_PORT = 9900, 9902
SCRIPT = ROOT / "docs" / "binary" / "tradeengine.lua"
ORDERS, MARKET = read(ORDER_ENTRY), read(MARKET_DATA)
UNIT, TIME_NS = 10**8, 1_700_000_000_123_456_789
_UNPACKED = Path(sys.prefix) / "tools" / "tshark" / "run"
TSHARK = shutil.which("tshark") or (str(_UNPACKED) if _UNPACKED.exists() else "")
WIRESHARKS = ("-d", f"tcp.port=={PORT},soupbintcp")
"""Its own SoupBinTCP instead of the script's."""
MOLD = ("-d", f"udp.port=={UDP_PORT},moldudp64", "-d", "moldudp64.payload,tradeengine")
EACH_SOUP = pytest.mark.parametrize("options", [(), WIRESHARKS], ids=["the script's", "Wireshark's"])


def tshark(*arguments: str | Path) -> str:
    ran = subprocess.run([TSHARK, *arguments, "-X", f"lua_script:{SCRIPT}"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "Lua" not in ran.stderr, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module", autouse=True)
def runs_scripts() -> None:
    if not TSHARK:
        pytest.skip("tshark is not there: scripts/install-test-tools.sh installs it")
    if "tradeengine" not in tshark("-G", "protocols"):
        pytest.skip("this tshark runs no Lua scripts (for root it does not, unless user namespaces are allowed)")


def dissected(path: Path, *options: str) -> list[dict[str, Any]]:
    """The messages of a capture in order, each as the dissector's tree: field's filter name → what is shown."""
    text = tshark("-r", path, *options, "-T", "json", "--no-duplicate-keys")
    assert "_ws.malformed" not in text
    return list(trees_in(json.loads(text)))


def trees_in(node: Any) -> Iterator[dict[str, Any]]:
    """The dissector's trees, wherever another protocol's has them."""
    if isinstance(node, list):
        for each in node:
            yield from trees_in(each)
    elif isinstance(node, dict):
        for name, each in node.items():
            if name == "tradeengine":
                yield from each if isinstance(each, list) else [each]
            else:
                yield from trees_in(each)


def names(trees: list[dict[str, Any]]) -> list[str]:
    return [tree["tradeengine.message"] for tree in trees]


def experts(path: Path, *options: str) -> list[str]:
    """What the dissectors complain of, but for TCP's own remarks."""
    told = tshark("-r", path, *options, "-T", "fields", "-e", "_ws.expert.message", "-E", "aggregator=;")
    return [text for line in told.splitlines() for text in line.split(";") if text and "onnection" not in text]


# ---- every message ------------------------------------------------------------------------------------------------


def value(kind: Type, number: int) -> Any:
    """Something for a field that shows where it stands."""
    match kind:
        case Enumeration(bits=True):
            return kind.number(kind.values[0])
        case Enumeration():
            return kind.values[number % len(kind.values)].name
        case Composite():
            return tuple(number + nth for nth in range(len(kind.parts)))
    if kind.is_time:
        return TIME_NS
    return text_of(kind) if kind.length > 1 else number


def shown(kind: Type, number: int) -> str:
    """How the dissector shows :func:`value`."""
    match kind:
        case Enumeration(bits=True):
            return kind.values[0].name
        case Enumeration():
            return str(value(kind, number))
        case Composite(exponent=None):
            return "-".join(str(number + nth) for nth in range(len(kind.parts)))
        case Composite():
            whole = number + ((number + 1) << 64) if len(kind.parts) == 2 else number
            return decimal(whole)
    if kind.is_time:
        return "Nov 14, 2023 22:13:20.123456789 UTC"
    if kind.is_bytes:
        return text_of(kind).hex(":")
    return text_of(kind).decode() if kind.length > 1 else str(number)


def text_of(kind: Scalar) -> bytes:
    """Short arrays are full, long ones padded."""
    return b"text" if kind.length > 32 and kind.is_text else b"x" * kind.length


def decimal(whole: int) -> str:
    """A number of 10^-8ths as people write it."""
    text = f"{whole // UNIT}.{whole % UNIT:08}"
    return text.rstrip("0").rstrip(".")


def filled(block: Block) -> dict[str, Any]:
    return {field.name: value(field.type, 100 + nth) for nth, field in enumerate(block.fields)}


def sample(schema: Schema, message: Message) -> bytes:
    """A message with two entries in each group, all fields with values of their own."""
    entries = {group.name: [filled(group)] * 2 for group in message.groups}
    return SchemaCodec(schema).encode(message.name, **filled(message), **entries)


def check(tree: dict[str, Any], block: Block) -> None:
    for nth, field in enumerate(block.fields):
        assert tree[f"tradeengine.{field.name}"] == shown(field.type, 100 + nth), (block.name, field.name)


OF_CLIENTS, SEQUENCED = range(1, 100), range(101, 150)
"""Templates."""


def soup_packet(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">H", 1 + len(payload)) + kind + payload


def in_soup(capture: Capture, schema: Schema) -> None:
    for message in schema.messages:
        payload = sample(schema, message)
        kind = b"S" if message.template_id in SEQUENCED else b"U"
        capture.sent(message.template_id in OF_CLIENTS, soup_packet(kind, payload))


def in_mold(schema: Schema) -> list[bytes]:
    """A MoldUDP64 packet for each message."""
    blocks = [struct.pack(">H", len(it)) + it for it in (sample(schema, message) for message in schema.messages)]
    return [b"0123456789" + struct.pack(">QH", 1 + nth, 1) + block for nth, block in enumerate(blocks)]


@EACH_SOUP
@pytest.mark.parametrize("schema", [ORDERS, MARKET], ids=lambda schema: schema.description)
def test_every_message_is_shown_with_all_its_fields(schema: Schema, options: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "all.pcap"
    capture = Capture(PORT)
    in_soup(capture, schema)
    capture.save(path)
    trees = dissected(path, *options)
    assert names(trees) == [message.name for message in schema.messages]
    for tree, message in zip(trees, schema.messages, strict=True):
        check(tree, message)
        assert tree["tradeengine.version"] == str(schema.version)
    assert experts(path, *options) == []


def test_moldudp64_carries_them_too(tmp_path: Path) -> None:
    path = tmp_path / "mold.pcap"
    udp_capture(path, UDP_PORT, in_mold(MARKET))
    trees = dissected(path, *MOLD)
    assert names(trees) == [message.name for message in MARKET.messages]
    for tree, message in zip(trees, MARKET.messages, strict=True):
        check(tree, message)
    assert experts(path, *MOLD) == []


def test_groups_are_shown_entry_by_entry(tmp_path: Path) -> None:
    path = tmp_path / "groups.pcap"
    capture = Capture(PORT)
    legs = [{"ClOrdID": 3, "Price": 240 * UNIT, "Side": "Sell"}, {"ClOrdID": 4, "StopPx": 220 * UNIT, "Side": "Sell"}]
    payload = SchemaCodec(ORDERS).encode("NewList", ListID=2, ContingencyType="OneCancelsOther", Legs=legs)
    capture.sent(True, soup_packet(b"U", payload))
    capture.save(path)
    text = tshark("-r", path, "-O", "tradeengine")
    tree = text[text.index("TradeEngine order entry: NewList") :]
    assert "ContingencyType: OneCancelsOther (1)" in tree
    assert "    Legs: 2\n" in tree
    first, second = tree[tree.index("Legs 1") :].split("Legs 2")
    assert "ClOrdID: 3\n" in first
    assert "Price: 240\n" in first
    assert "ClOrdID: 4\n" in second
    assert "StopPx: 220\n" in second
    assert "ExpireTime: none\n" in second


def test_a_drop_copy_shows_the_report_that_it_carries(tmp_path: Path) -> None:
    path = tmp_path / "copy.pcap"
    copy = next(message for message in ORDERS.messages if message.name == "DropCopy")
    capture = Capture(PORT)
    capture.sent(False, soup_packet(b"S", sample(ORDERS, copy) + sample(ORDERS, ORDERS.by_template[106])))
    capture.save(path)
    (tree,) = dissected(path)
    check(tree, copy)
    (report,) = trees_in([tree])
    assert report["tradeengine.message"] == "Executed"
    check(report, ORDERS.by_template[106])
    assert experts(path) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda payload: payload[:-1], "The message ends before its fields do"),
        (lambda payload: payload[:2] + b"\x37\x00" + payload[4:], "No message of the schema"),
        (lambda payload: payload + b"\0", "Bytes behind the message"),
        (lambda payload: b"\x10\x00" + payload[2:], "The message ends before its fields do"),
    ],
)
def test_what_is_wrong_is_said(change: Callable[[bytes], bytes], told: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.pcap"
    payload = change(sample(ORDERS, ORDERS.by_template[1]))
    capture = Capture(PORT)
    capture.sent(True, soup_packet(b"U", payload))
    capture.save(path)
    assert told in experts(path)


# ---- a venue's sessions -------------------------------------------------------------------------------------------


def traded(client: SchemaClient, other: SchemaClient) -> None:
    """Of everything a little: orders of both kinds, a fill, changes, refusals, queries."""
    order = {"SecurityID": 8, "OrdType": "Limit", "TimeInForce": "Day", "Price": 230 * UNIT, "OrderQty": 10 * UNIT}
    client.send("NewOrder", ClOrdID=1, Side="Buy", **order)
    client.expect("Accepted")
    client.send("ReplaceOrder", ClOrdID=2, OrigClOrdID=1, Side="Buy", **(order | {"OrderQty": 8 * UNIT}))
    client.expect("Replaced")
    other.send("NewOrder", ClOrdID=1, Side="Sell", **(order | {"OrderQty": 4 * UNIT}))
    client.expect("Executed")
    client.send("NewOrder", ClOrdID=3, Side="Buy", **(order | {"Price": 1}))
    client.expect("Rejected")
    client.send("NewSpecialOrder", ClOrdID=4, Side="Sell", TriggerKind="Stop", StopPx=200 * UNIT, **order)
    client.expect("Accepted")
    legs = [{"ClOrdID": n, "Price": 300 * UNIT + n * UNIT, "OrderQty": UNIT, "Side": "Sell", "OrdType": "Limit",
             "TimeInForce": "GoodTillCancel"} for n in (5, 6)]  # fmt: skip
    client.send("NewList", ListID=1, SecurityID=8, ContingencyType="OneCancelsOther", Legs=legs)
    client.expect("Accepted")
    client.expect("Accepted")
    client.send("OrderStatusRequest", ClOrdID=2)
    client.expect("OrderStatus")
    client.send("BookRequest", SecurityID=8, MarketDepth=5)
    client.expect("BookSnapshot")
    client.send("CancelOrder", ClOrdID=7, OrigClOrdID=99, SecurityID=8, Side="Buy")
    client.expect("CancelRejected")
    client.send("CancelOrder", ClOrdID=8, OrigClOrdID=2, SecurityID=8, Side="Buy")
    client.expect("Canceled")
    client.send("MassCancel", ClOrdID=9)
    while client.receive()[0] != "MassCancelReport":
        pass
    client.send("InstrumentListRequest")
    while client.receive()[0] != "InstrumentListEnd":
        pass
    client.send("OpenOrdersRequest")
    client.expect("OpenOrdersEnd")


@EACH_SOUP
def test_a_captured_session_is_shown_by_name(
    options: tuple[str, ...], tmp_path: Path, shared_venue: VenueProcess
) -> None:
    users = ("TRADR3", "TRADR4") if options else ("TRADR1", "TRADR2")
    relay = Relay(shared_venue.ports.binary, PORT)
    with SchemaClient(relay.port, ORDERS) as client, SchemaClient(shared_venue.ports.binary, ORDERS) as other:
        client.log_in(users[0])
        other.log_in(users[1])
        traded(client, other)
        client.log_out()
    relay.join()
    path = tmp_path / "session.pcap"
    relay.capture.save(path)
    trees = dissected(path, *options)
    assert {tree["tradeengine.message"] for tree in trees} >= {
        "NewOrder", "ReplaceOrder", "NewSpecialOrder", "NewList", "CancelOrder", "MassCancel", "Accepted", "Replaced",
        "Executed", "Rejected", "Canceled", "CancelRejected", "MassCancelReport", "OrderStatus", "BookSnapshot",
        "InstrumentDefinition", "InstrumentListEnd", "OpenOrdersEnd",
    }  # fmt: skip
    assert [tree["tradeengine.message"] for tree in trees if tree["tradeengine.message"].startswith("template")] == []
    executed = next(tree for tree in trees if tree["tradeengine.message"] == "Executed")
    assert (executed["tradeengine.LastPx"], executed["tradeengine.LastQty"]) == ("230", "4")
    assert executed["tradeengine.Side"] == "Buy"
    assert experts(path, *options) == []


def test_captured_market_data_is_shown_by_name(tmp_path: Path, shared_venue: VenueProcess) -> None:
    ports = json.loads((shared_venue.data_dir / "ports.json").read_text())
    relay = Relay(ports["market-data"], PORT)
    order = {"SecurityID": 9, "OrdType": "Limit", "TimeInForce": "Day", "Price": 200 * UNIT, "OrderQty": UNIT}
    with SchemaClient(relay.port, MARKET) as feed, SchemaClient(ports["binary"], ORDERS) as client:
        feed.log_in("TRADR3", session="ORDERS")
        while feed.receive()[0] != "SnapshotComplete":
            pass
        client.log_in("TRADR3")
        client.send("NewOrder", ClOrdID=101, Side="Buy", **order)
        client.send("NewOrder", ClOrdID=102, Side="Sell", **order)
        while (told := feed.receive())[0] != "Trade":
            pass
        feed.log_out()
    relay.join()
    path = tmp_path / "market.pcap"
    relay.capture.save(path)
    trees = dissected(path)
    seen = [tree["tradeengine.message"] for tree in trees]
    assert set(seen) >= {"InstrumentDefinition", "SnapshotBegin", "SnapshotComplete", "OrderAdded", "OrderExecuted"}
    assert not any(name.startswith("template") for name in seen)
    trade = next(tree for tree in trees if tree["tradeengine.message"] == "Trade")
    assert trade["tradeengine.TradeID"] == str(told[1]["TradeID"])
    assert (trade["tradeengine.LastPx"], trade["tradeengine.AggressorSide"]) == ("200", "Sell")
    definition = next(tree for tree in trees if tree.get("tradeengine.Symbol") == "BTC/USDT")
    assert definition["tradeengine.MinPriceIncrement"] == "0.01"
    assert experts(path) == []


def test_reports_are_numbered_however_segments_cut_them(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    capture = Capture(PORT)
    report = soup_packet(b"S", sample(ORDERS, ORDERS.by_template[106]))
    answer = soup_packet(b"U", sample(ORDERS, ORDERS.by_template[152]))
    capture.sent(True, soup_packet(b"L", b"TRADR1demo      " + b" " * 10 + b"7".rjust(20)))
    stream = soup_packet(b"A", b"SESSION123" + b"7".rjust(20)) + report + soup_packet(b"H") + answer + report
    for at in range(0, len(stream), 50):
        capture.sent(False, stream[at : at + 50])
    capture.sent(False, soup_packet(b"+", b"the client is too slow") + soup_packet(b"Z"))
    capture.save(path)
    assert names(dissected(path)) == ["Executed", "OpenOrdersEnd", "Executed"]
    fields = ("type", "username", "session", "sequence", "text")
    told = tshark("-r", path, "-T", "fields", *(word for name in fields for word in ("-e", f"tradeengine_soup.{name}")))
    columns = zip(*(line.split("\t") for line in told.splitlines()), strict=True)
    seen = {
        name: [it for cell in column for it in cell.split(",") if it]
        for name, column in zip(fields, columns, strict=True)
    }
    assert seen["type"] == [
        "Login Request", "Login Accepted", "Sequenced Data", "Server Heartbeat", "Unsequenced Data", "Sequenced Data",
        "Debug", "End of Session",
    ]  # fmt: skip
    assert seen["username"] == ["TRADR1"]
    assert seen["session"] == ["SESSION123"]
    assert seen["sequence"] == ["7", "7", "7", "8"]
    assert seen["text"] == ["the client is too slow"]
    assert "demo" not in told
    assert experts(path) == []
