"""The messages of ``market_data.sbe.xml`` as layouts, each of them as Sequenced and as Unsequenced Data.

A test parses the schema and proves every layout equal to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateways.binary import soup
from gateways.binary.codec import Layout

SCHEMA_ID: Final = 9901
SCHEMA_VERSION: Final = 1
END_OF_EVENT: Final = 0x80
"""MatchEventIndicator of an event's last message."""
START_OF_MESSAGES: Final = b"O"
END_OF_MESSAGES: Final = b"C"


class Messages:
    """Every message in packets of one kind."""

    def __init__(self, kind: int) -> None:
        def layout(name: str, template_id: int, block_format: str) -> Layout:
            return Layout(name, template_id, kind, block_format, schema_id=SCHEMA_ID)

        self.order_added = layout("OrderAdded", 101, "QQqQIcB")
        self.order_executed = layout("OrderExecuted", 102, "QQQqQQIB")
        self.order_modified = layout("OrderModified", 103, "QQQIB")
        self.order_deleted = layout("OrderDeleted", 104, "QQIB")
        self.order_replaced = layout("OrderReplaced", 105, "QQqQIcB")
        self.book_checksum = layout("BookChecksum", 106, "QIIIB")
        self.trade = layout("Trade", 111, "QQqQIcB")
        self.trade_busted = layout("TradeBusted", 112, "QQqQIB")
        self.trade_corrected = layout("TradeCorrected", 113, "QQqQqQIB")
        self.instrument_definition = layout("InstrumentDefinition", 121, "QqQQQQq6qIII32s16s16sB")
        self.instrument_status = layout("InstrumentStatus", 122, "QQQqIBBcB")
        self.auction_indicative = layout("AuctionIndicative", 123, "QqQqIB")
        self.auction_result = layout("AuctionResult", 124, "QqQIB")
        self.statistics = layout("Statistics", 125, "Q6qQQqQQI10s")
        self.trading_day_ended = layout("TradingDayEnded", 126, "QI10sB")
        self.price_level = layout("PriceLevel", 131, "QqQIIcB")
        self.snapshot_begin = layout("SnapshotBegin", 141, "QII")
        self.snapshot_end = layout("SnapshotEnd", 142, "QII")
        self.snapshot_complete = layout("SnapshotComplete", 143, "QI")
        self.system_event = layout("SystemEvent", 144, "Qc")
        self.message_reject = layout("MessageReject", 156, "QQHH64s")

    def __iter__(self) -> Iterator[Layout]:
        return iter(vars(self).values())


SEQUENCED: Final = Messages(soup.SEQUENCED_DATA)
UNSEQUENCED: Final = Messages(soup.UNSEQUENCED_DATA)
