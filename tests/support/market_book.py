"""A client of the market data port that is written from the schema file and the documentation alone.

It knows nothing of the gateway's own codec: layouts are read from the XML, checksums are computed from scratch.
"""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from binary_schema import MESSAGE, formats_of_types

import gateways.binary

FILE = Path(gateways.binary.__file__).with_name("market_data.sbe.xml")
HEADER = struct.Struct("<HHHH")
SEQUENCED, UNSEQUENCED = ord("S"), ord("U")
END_OF_EVENT = 0x80
IN_SNAPSHOT = 0
"""The number of what is part of a joiner's snapshot."""


class Template(NamedTuple):
    name: str
    block: struct.Struct
    fields: list[str]


class Message(NamedTuple):
    name: str
    values: dict[str, Any]


def templates() -> dict[int, Template]:
    root = ElementTree.parse(FILE).getroot()
    types = root.find("types")
    assert types is not None
    formats = formats_of_types(root)
    composites = {
        declared.attrib["name"]: [part.attrib["name"] for part in declared if part.get("presence") != "constant"]
        for declared in types.iter("composite")
    }
    found: dict[int, Template] = {}
    for message in root.iter(MESSAGE):
        names: list[str] = []
        for field in message:
            name, parts = field.attrib["name"], composites.get(field.attrib["type"], [""])
            names += [name] if len(parts) == 1 else [f"{name}.{part}" for part in parts]
        block = struct.Struct("<" + "".join(formats[field.attrib["type"]] for field in message))
        assert block.size == int(message.attrib["blockLength"])
        found[int(message.attrib["id"])] = Template(message.attrib["name"], block, names)
    return found


TEMPLATES = templates()


def decode(payload: bytes) -> Message:
    block_length, template_id, schema_id, version = HEADER.unpack_from(payload)
    assert (schema_id, version) == (9901, 1)
    template = TEMPLATES[template_id]
    assert block_length == template.block.size == len(payload) - HEADER.size
    values = template.block.unpack_from(payload, HEADER.size)
    return Message(template.name, dict(zip(template.fields, values, strict=True)))


class Instrument:
    """One instrument's market as the client knows it."""

    def __init__(self) -> None:
        self.as_of = 0
        self.definition: dict[str, Any] = {}
        self.status: dict[str, Any] = {}
        self.statistics: dict[str, Any] = {}
        self.indicative: dict[str, Any] = {}
        self.orders: dict[int, tuple[bytes, int, int]] = {}
        """OrderID → side, price, quantity; each queue in priority order."""
        self.levels: dict[tuple[bytes, int], tuple[int, int]] = {}
        """Side and price → quantity and number of orders."""
        self.trades: dict[int, tuple[int, int]] = {}
        """TradeID → price and quantity; a busted one has quantity 0."""
        self.executed: dict[int, int] = {}
        """TradeID → what it took of displayed orders."""
        self.checked = 0
        self.days: list[str] = []

    def queue(self, side: bytes) -> list[tuple[int, int, int]]:
        """(OrderID, price, quantity), best price first and in priority order within it."""
        mine = [(order_id, px, qty) for order_id, (of, px, qty) in self.orders.items() if of == side]
        return sorted(mine, key=lambda order: -order[1] if side == b"1" else order[1])

    def depth(self, side: bytes) -> list[tuple[int, int, int]]:
        """(price, quantity, orders), best first."""
        mine = [(px, *level) for (of, px), level in self.levels.items() if of == side]
        return sorted(mine, key=lambda level: -level[0] if side == b"1" else level[0])

    def orders_checksum(self) -> int:
        whole = b""
        for code, side in ((1, b"1"), (2, b"2")):
            prices: dict[int, bytes] = {}
            for order_id, px, qty in self.queue(side):
                prices[px] = prices.get(px, b"") + struct.pack("<QQ", order_id, qty)
            for px, queue in prices.items():
                whole += struct.pack("<qBI", px, code, zlib.crc32(queue))
        return zlib.crc32(whole)

    def levels_checksum(self) -> int:
        rows = [(code, level) for code, side in ((1, b"1"), (2, b"2")) for level in self.depth(side)]
        return zlib.crc32(b"".join(struct.pack("<qBQI", px, code, qty, orders) for code, (px, qty, orders) in rows))


class MarketBook:
    """Every instrument, from whatever point on. ``by_price``: it reads the stream of levels."""

    def __init__(self, *, by_price: bool = False) -> None:
        self.next = 0
        """The number of the next sequenced message."""
        self.by_price = by_price
        self.instruments: dict[int, Instrument] = {}
        self.complete = False
        """Whether a joiner's snapshot is over."""
        self.names: list[str] = []
        """Of all messages that were not passed over."""
        self.open_event = False
        self.system: list[bytes] = []

    def take(self, kind: int, payload: bytes) -> None:
        """A packet of a logged-in connection."""
        if kind == SEQUENCED:
            number, self.next = self.next, self.next + 1
            self._message(number, decode(payload))
        elif kind == UNSEQUENCED:
            self._message(IN_SNAPSHOT, decode(payload))

    def _message(self, number: int, message: Message) -> None:
        name, values = message
        if name == "SnapshotComplete":
            assert values["NextExpectedMsgSeqNum"] == self.next
            assert values["TotNoRelatedSym"] == len(self.instruments)
            self.complete = True
            return
        if name == "SystemEvent":
            self.system.append(values["EventCode"])
            return
        known = self.instruments.setdefault(values["SecurityID"], Instrument())
        if number and number <= known.as_of:
            return
        self.names.append(name)
        if number and "MatchEventIndicator" in values:
            self.open_event = not values["MatchEventIndicator"] & END_OF_EVENT
        getattr(self, "_on" + re.sub("([A-Z])", r"_\1", name).lower())(known, values)

    # ---- snapshots

    def _on_snapshot_begin(self, known: Instrument, values: dict[str, Any]) -> None:
        known.orders.clear()
        known.levels.clear()
        known.as_of = values["LastMsgSeqNumProcessed"]
        self._expected = values["NumberOfEntries"]

    def _on_snapshot_end(self, known: Instrument, values: dict[str, Any]) -> None:
        assert len(known.levels if self.by_price else known.orders) == self._expected
        self._check(known, values)
        self.open_event = False

    def _on_book_checksum(self, known: Instrument, values: dict[str, Any]) -> None:
        assert len(known.levels if self.by_price else known.orders) == values["NumberOfEntries"]
        self._check(known, values)
        known.checked += 1

    def _check(self, known: Instrument, values: dict[str, Any]) -> None:
        own = known.levels_checksum() if self.by_price else known.orders_checksum()
        assert own == values["Checksum"], "the book is not the venue's"

    # ---- the book

    def _on_order_added(self, known: Instrument, values: dict[str, Any]) -> None:
        assert values["OrderID"] not in known.orders, "added twice"
        known.orders[values["OrderID"]] = (values["Side"], values["Price"], values["DisplayQty"])

    def _on_order_executed(self, known: Instrument, values: dict[str, Any]) -> None:
        side, px, qty = known.orders[values["OrderID"]]
        assert 0 < values["LastQty"] <= qty
        trade_id = values["TradeID"]
        known.executed[trade_id] = known.executed.get(trade_id, 0) + values["LastQty"]
        if values["DisplayQty"]:
            known.orders[values["OrderID"]] = (side, px, values["DisplayQty"])
        else:
            del known.orders[values["OrderID"]]

    def _on_order_modified(self, known: Instrument, values: dict[str, Any]) -> None:
        side, px, _ = known.orders[values["OrderID"]]
        known.orders[values["OrderID"]] = (side, px, values["DisplayQty"])

    def _on_order_deleted(self, known: Instrument, values: dict[str, Any]) -> None:
        del known.orders[values["OrderID"]]

    def _on_order_replaced(self, known: Instrument, values: dict[str, Any]) -> None:
        assert known.orders.pop(values["OrderID"])[0] == values["Side"]
        known.orders[values["OrderID"]] = (values["Side"], values["Price"], values["DisplayQty"])

    def _on_price_level(self, known: Instrument, values: dict[str, Any]) -> None:
        key = values["Side"], values["Price"]
        if values["DisplayQty"]:
            known.levels[key] = (values["DisplayQty"], values["NumberOfOrders"])
        else:
            del known.levels[key]

    # ---- trades

    def _on_trade(self, known: Instrument, values: dict[str, Any]) -> None:
        assert values["TradeID"] not in known.trades
        known.trades[values["TradeID"]] = (values["LastPx"], values["LastQty"])

    def _on_trade_busted(self, known: Instrument, values: dict[str, Any]) -> None:
        known.trades[values["TradeID"]] = (values["LastPx"], 0)

    def _on_trade_corrected(self, known: Instrument, values: dict[str, Any]) -> None:
        old = known.trades.get(values["TradeID"])
        assert old in (None, (values["OldLastPx"], values["OldLastQty"]))
        known.trades[values["TradeID"]] = (values["LastPx"], values["LastQty"])

    # ---- the instrument

    def _on_instrument_definition(self, known: Instrument, values: dict[str, Any]) -> None:
        known.definition = values

    def _on_instrument_status(self, known: Instrument, values: dict[str, Any]) -> None:
        known.status = values

    def _on_auction_indicative(self, known: Instrument, values: dict[str, Any]) -> None:
        known.indicative = values

    def _on_auction_result(self, known: Instrument, values: dict[str, Any]) -> None:
        pass

    def _on_statistics(self, known: Instrument, values: dict[str, Any]) -> None:
        known.statistics = values

    def _on_trading_day_ended(self, known: Instrument, values: dict[str, Any]) -> None:
        known.days.append(values["TradeDate"].decode())
