"""SBE messages as fixed blocks: precompiled ``struct.Struct``s for the messages of ``venue.sbe.xml``.

A :class:`Layout` packs a whole SoupBinTCP packet (length, type, SBE header, block) in one call, its constant head
prepared beforehand, and unpacks a block from a payload. Formats are in the schema's order of fields, ``c`` standing for
a character enumeration; a test parses the schema and proves every layout equal to it.

A message that a later version of the schema made longer has a layout for each of its lengths. What needs none of the
new fields is written as the version that it was: plain orders and their reports cost what they did.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from gateways.binary import soup

SCHEMA_ID = 9900
SCHEMA_VERSION = 3
"""The newest; what a layout writes is the version that its message had its length in first."""
HEADER = struct.Struct("<HHHH")
"""blockLength, templateId, schemaId, version."""
HEADER_SIZE = HEADER.size
GROUP_HEADER = struct.Struct("<HH")
"""blockLength, numInGroup."""
TEXT_SIZE = 64
UINT64_MAX = 2**64 - 1
NUL = b"\x00"
YES = b"Y"
NO = b"N"


class EntryTooShort(struct.error):
    """A repeating group's entries are shorter than their first version."""


class Layout:
    """One message's fixed block as of a version of its schema, and the bytes that always precede it."""

    def __init__(
        self, name: str, template_id: int, kind: int, block_format: str, version: int = 1, schema_id: int = SCHEMA_ID
    ) -> None:
        block = struct.Struct("<" + block_format)
        self.name = name
        self.template_id = template_id
        self.kind = kind
        self.block_format = block_format
        self.version = version
        self.block_length = block.size
        self.header = HEADER.pack(block.size, template_id, schema_id, version)
        """The SBE header of this message."""
        newest = SCHEMA_VERSION if schema_id == SCHEMA_ID else version
        self.headers = [HEADER.pack(block.size, template_id, schema_id, n) for n in range(version, newest + 1)]
        """Those of who knows later versions, and says so whatever the message, and its own."""
        length = 1 + HEADER_SIZE + block.size
        self.head = length.to_bytes(2, "big") + bytes((kind,)) + self.header
        self.pack: Callable[..., bytes] = partial(struct.Struct(f"<{len(self.head)}s{block_format}").pack, self.head)
        """Field values → a whole SoupBinTCP packet. Raises ``struct.error`` for a value that its field can't hold."""
        self.unpack: Callable[..., tuple] = block.unpack_from  # type: ignore[type-arg]
        """(payload, HEADER_SIZE) → field values. Raises ``struct.error`` if the payload is shorter than the block."""

    def extended(self, block_format: str, version: int = 2) -> Layout:
        """The same message with the fields that ``version`` added at its end."""
        return Layout(self.name, self.template_id, self.kind, self.block_format + block_format, version)

    def fits(self, payload: bytes) -> bool:
        """Whether a payload with this templateId has all of this layout's fields."""
        block_length, _, _, version = HEADER.unpack_from(payload)
        return version >= self.version and block_length >= self.block_length  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<Layout {self.template_id} {self.name} version {self.version}>"


def _request(name: str, template_id: int, block_format: str, version: int = 1) -> Layout:
    return Layout(name, template_id, soup.UNSEQUENCED_DATA, block_format, version)


def _report(name: str, template_id: int, block_format: str, version: int = 1) -> Layout:
    return Layout(name, template_id, soup.SEQUENCED_DATA, block_format, version)


_answer = _request
"""The venue's answers are Unsequenced Data like the client's requests."""

_TERMS = "4q4Q7B"
"""Special terms: see :mod:`gateways.binary.special`."""
_STANDING = _TERMS + "qQQ2B"
"""Of reports: the special terms, then WorkingPx, ShownQty, ListID, ContingencyType, Wait."""
_ORDER = "QIQQQqQQQII4c"
"""Of a report about an order as a whole: ExecID, TransactTime, ClOrdID, … OrdStatus."""
_CHANGES = "2q3Q"
_OWN_END = "BQ"
"""Since version 3, behind all else that is special: OnDisconnect, SelfTradeID."""

NEW_ORDER = _request("NewOrder", 1, "QqQII3c")
REPLACE_ORDER = _request("ReplaceOrder", 2, "QQQqQIIc")
REPLACE_SPECIAL = REPLACE_ORDER.extended(_CHANGES)
CANCEL_ORDER = _request("CancelOrder", 3, "QQQIIc")
MASS_CANCEL = _request("MassCancel", 4, "QIIc")
MASS_CANCEL_SCOPED = MASS_CANCEL.extended("B", 3)
NEW_SPECIAL_ORDER = _request("NewSpecialOrder", 5, NEW_ORDER.block_format + _TERMS, 2)
NEW_SPECIAL_ORDER_3 = NEW_SPECIAL_ORDER.extended(_OWN_END, 3)
NEW_LIST = _request("NewList", 6, "QIIB", 2)
NEW_LIST_3 = NEW_LIST.extended("", 3)
"""Its entries have become longer, its block has not."""
SESSION_CONFIGURATION = _request("SessionConfiguration", 7, "QBIBBQ", 3)
AUTHENTICATE = _request("Authenticate", 8, "32sB88s", 3)
ORDER_STATUS_REQUEST = _request("OrderStatusRequest", 11, "QQQ")
OPEN_ORDERS_REQUEST = _request("OpenOrdersRequest", 12, "QIIc")
BOOK_REQUEST = _request("BookRequest", 13, "QIH")
INSTRUMENT_LIST_REQUEST = _request("InstrumentListRequest", 14, "Q")

ACCEPTED = _report("Accepted", 101, _ORDER)
ACCEPTED_SPECIAL = ACCEPTED.extended(_STANDING)
ACCEPTED_3 = ACCEPTED_SPECIAL.extended(_OWN_END, 3)
REJECTED = _report("Rejected", 102, "QIQQqQIIcccH64s")
REJECTED_3 = REJECTED.extended("H", 3)
REPLACED = _report("Replaced", 103, "QIQQQQqQQQIIccccc")
REPLACED_SPECIAL = REPLACED.extended(_STANDING)
REPLACED_3 = REPLACED_SPECIAL.extended(_OWN_END, 3)
CANCELED = _report("Canceled", 104, "QIQQQQQIIcB")
EXPIRED = _report("Expired", 105, "QIQQQQIIcB")
EXECUTED = _report("Executed", 106, "QIQQQQqQQQQqIIccc")
CANCEL_REJECTED = _report("CancelRejected", 107, "QIQQQQIccH64s")
CANCEL_REJECTED_3 = CANCEL_REJECTED.extended("H", 3)
MASS_CANCEL_REPORT = _report("MassCancelReport", 108, "QIQQIIIccH64s")
MASS_CANCEL_REPORT_3 = MASS_CANCEL_REPORT.extended("H", 3)
TRIGGERED = _report("Triggered", 109, _ORDER + _STANDING + "B", 2)
TRIGGERED_3 = TRIGGERED.extended(_OWN_END, 3)
RESTATED = _report("Restated", 110, _ORDER + _STANDING + "B", 2)
RESTATED_3 = RESTATED.extended(_OWN_END, 3)
TRADE_BUSTED = _report("TradeBusted", 111, "QIQQQQqQQQQqIIcc64s", 2)
TRADE_CORRECTED = _report("TradeCorrected", 112, "QIQQQQqQQQQqqQQqIIcc64s", 2)
DROP_COPY = _report("DropCopy", 113, "QIH8s16s64s64s64s", 3)

ORDER_STATUS = _answer("OrderStatus", 151, "QQQqqQQQIIccccH")
ORDER_STATUS_SPECIAL = ORDER_STATUS.extended(_STANDING)
ORDER_STATUS_3 = ORDER_STATUS_SPECIAL.extended(_OWN_END, 3)
OPEN_ORDERS_END = _answer("OpenOrdersEnd", 152, "QI")
BOOK_SNAPSHOT = _answer("BookSnapshot", 153, "QQQIc")
INSTRUMENT_DEFINITION = _answer("InstrumentDefinition", 154, "QqQQQQqqqIB32s16s16s")
INSTRUMENT_RULES = INSTRUMENT_DEFINITION.extended("4q2IB")
INSTRUMENT_LIST_END = _answer("InstrumentListEnd", 155, "QI")
MESSAGE_REJECT = _answer("MessageReject", 156, "QQHH64s")
SESSION_CONFIGURATION_REPORT = _answer("SessionConfigurationReport", 157, "QBIIBBQBII", 3)
AUTHENTICATION_CHALLENGE = _answer("AuthenticationChallenge", 158, "44sQ", 3)

STANDING = struct.Struct("<" + _STANDING)
"""What the report of a special order says behind the block of a plain one's."""
OWN_END = struct.Struct("<" + _OWN_END)
"""What follows that since version 3."""
LEG = struct.Struct("<QqQ3c" + _TERMS)
"""One entry of NewList's group: ClOrdID, Price, OrderQty, Side, OrdType, TimeInForce and the special terms."""
LEG_3 = struct.Struct(LEG.format + _OWN_END)
"""The same since version 3."""
MD_ENTRY = struct.Struct("<qQIc")
"""One entry of BookSnapshot's group: MDEntryPx, MDEntrySize, NumberOfOrders, MDEntryType."""
MD_ENTRIES_MAX = (soup.PAYLOAD_MAX - HEADER_SIZE - BOOK_SNAPSHOT.block_length - GROUP_HEADER.size) // MD_ENTRY.size
"""Entries that one BookSnapshot can hold in one packet."""

REQUESTS = (
    NEW_ORDER,
    REPLACE_ORDER,
    REPLACE_SPECIAL,
    CANCEL_ORDER,
    MASS_CANCEL,
    MASS_CANCEL_SCOPED,
    NEW_SPECIAL_ORDER,
    NEW_SPECIAL_ORDER_3,
    NEW_LIST,
    NEW_LIST_3,
    SESSION_CONFIGURATION,
    AUTHENTICATE,
    ORDER_STATUS_REQUEST,
    OPEN_ORDERS_REQUEST,
    BOOK_REQUEST,
    INSTRUMENT_LIST_REQUEST,
)
REPORTS = (
    ACCEPTED,
    ACCEPTED_SPECIAL,
    ACCEPTED_3,
    REJECTED,
    REJECTED_3,
    REPLACED,
    REPLACED_SPECIAL,
    REPLACED_3,
    CANCELED,
    EXPIRED,
    EXECUTED,
    CANCEL_REJECTED,
    CANCEL_REJECTED_3,
    MASS_CANCEL_REPORT,
    MASS_CANCEL_REPORT_3,
    TRIGGERED,
    TRIGGERED_3,
    RESTATED,
    RESTATED_3,
    TRADE_BUSTED,
    TRADE_CORRECTED,
    DROP_COPY,
)
ANSWERS = (
    ORDER_STATUS,
    ORDER_STATUS_SPECIAL,
    ORDER_STATUS_3,
    OPEN_ORDERS_END,
    BOOK_SNAPSHOT,
    INSTRUMENT_DEFINITION,
    INSTRUMENT_RULES,
    INSTRUMENT_LIST_END,
    MESSAGE_REJECT,
    SESSION_CONFIGURATION_REPORT,
    AUTHENTICATION_CHALLENGE,
)


def text(value: str, size: int = TEXT_SIZE) -> bytes:
    """For a character array: ASCII, cut to ``size``; shorter text is padded with NUL by packing."""
    return value.encode("ascii", "replace")[:size]


def from_text(raw: bytes) -> str:
    """A character array's text, without its padding."""
    return raw.rstrip(b" \x00").decode("ascii", "replace")


def book_snapshot(
    request_id: int, seq: int, time_ns: int, security_id: int, entries: list[tuple[int, int, int, bytes]]
) -> bytes:
    """BookSnapshot packets for a whole book: as many as it needs, the last one marked as such.

    ``entries`` are (MDEntryPx, MDEntrySize, NumberOfOrders, MDEntryType).
    """
    packets: list[bytes] = []
    entry = MD_ENTRY.pack
    at = 0
    while True:
        part = entries[at : at + MD_ENTRIES_MAX]
        at += MD_ENTRIES_MAX
        last = at >= len(entries)
        head = BOOK_SNAPSHOT.pack(request_id, seq, time_ns, security_id, YES if last else NO)
        group = GROUP_HEADER.pack(MD_ENTRY.size, len(part)) + b"".join([entry(*values) for values in part])
        packets.append(soup.packet(BOOK_SNAPSHOT.kind, head[soup.HEADER_SIZE :] + group))
        if last:
            return b"".join(packets)


def new_list(
    list_id: int,
    security_id: int,
    account: int,
    contingency: int,
    legs: list[tuple[int | bytes, ...]],
    layout: Layout = NEW_LIST,
) -> bytes:
    """A NewList packet; ``legs`` are the values of :data:`LEG`, with ``NEW_LIST_3`` of :data:`LEG_3`. Raises
    ``struct.error`` for what no field can hold."""
    entry = LEG_3 if layout is NEW_LIST_3 else LEG
    head: bytes = layout.pack(list_id, security_id, account, contingency)
    group = GROUP_HEADER.pack(entry.size, len(legs)) + b"".join([entry.pack(*leg) for leg in legs])
    return soup.packet(NEW_LIST.kind, head[soup.HEADER_SIZE :] + group)


def read_book_entries(payload: bytes) -> list[tuple[int, int, int, bytes]]:
    """The group of a BookSnapshot payload, also one whose block or entries a later schema made longer.

    Raises ``struct.error`` if the payload ends before the group does.
    """
    return _entries(payload, MD_ENTRY)


def read_legs(payload: bytes) -> list[tuple[Any, ...]]:
    """The group of a NewList payload, likewise, without what came to its entries after the header's version. Raises
    ``EntryTooShort`` too."""
    return _entries(payload, LEG, LEG_3)


def _entries(payload: bytes, entry: struct.Struct, newer: struct.Struct | None = None) -> list[tuple[Any, ...]]:
    """``newer``: what the entries are since version 3, where they are as long."""
    block_length, _, _, version = HEADER.unpack_from(payload)
    at = HEADER_SIZE + block_length
    size, count = GROUP_HEADER.unpack_from(payload, at)
    at += GROUP_HEADER.size
    if newer is not None and version >= 3 and size >= newer.size:
        entry = newer
    if count and size < entry.size:
        raise EntryTooShort(f"group entries of {size} bytes: at least {entry.size}")
    return [entry.unpack_from(payload, at + size * nth) for nth in range(count)]
