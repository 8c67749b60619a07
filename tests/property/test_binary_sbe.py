"""Every message against PyPI's ``sbe``, a schema-driven codec that is not ours: same bytes out, same values in."""

from __future__ import annotations

from typing import Any

import pytest
import sbe
from binary_schema import SCHEMAS, schema_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.binary import codec, soup
from gateways.binary.codec import Layout
from gateways.binary.market import codec as market
from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.reader import read

RANGES = {"uint8": (0, 2**8 - 1), "uint16": (0, 2**16 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1)}
RANGES["int64"] = (-(2**63), 2**63 - 1)
GROUPED = (codec.BOOK_SNAPSHOT, codec.NEW_LIST, codec.NEW_LIST_3)
FIXED = [layout for layout in codec.REQUESTS + codec.REPORTS + codec.ANSWERS if layout not in GROUPED]
FIXED += [*market.SEQUENCED, *market.UNSEQUENCED]

Drawn = tuple[Any, list[Any]]
"""What ``sbe`` takes for a field, and what our layout takes for it (a composite is several values)."""


def primitive(kind: sbe.PrimitiveType) -> st.SearchStrategy[int]:
    low, high = RANGES[kind.value]
    return st.integers(low, high)


@st.composite
def field_values(draw: st.DrawFn, field_type: Any) -> Drawn:
    if isinstance(field_type, sbe.Composite):
        parts = [part for part in field_type.types if part.presence != sbe.Presence.CONSTANT]
        named = {part.name: draw(primitive(part.primitiveType)) for part in parts}
        return named, list(named.values())
    if isinstance(field_type, sbe.Set):
        bits = draw(st.integers(0, 2 ** len(field_type.choices) - 1))
        return [choice.name for choice in field_type.choices if 1 << choice.value & bits], [bits]
    if isinstance(field_type, sbe.Enum):
        chosen = draw(st.sampled_from(field_type.valid_values))
        is_char = field_type.encodingType == sbe.EnumEncodingType.CHAR or (
            isinstance(field_type.encodingType, sbe.Type)
            and field_type.encodingType.primitiveType == sbe.PrimitiveType.CHAR
        )
        return chosen.name, [chosen.value.encode() if is_char else int(chosen.value)]
    if field_type.primitiveType == sbe.PrimitiveType.CHAR:
        alphabet = st.characters(min_codepoint=33, max_codepoint=126)
        text = draw(st.text(alphabet, max_size=field_type.length))
        return text, [codec.text(text, field_type.length)]
    number = draw(primitive(field_type.primitiveType))
    return number, [number]


@st.composite
def messages(draw: st.DrawFn, layout: Layout) -> tuple[dict[str, Any], list[Any]]:
    """Named values for ``sbe``, positional ones for us."""
    named: dict[str, Any] = {}
    values: list[Any] = []
    for field in schema_of(layout).messages[layout.template_id].fields:
        if isinstance(field, sbe.Field):
            named[field.name], ours = draw(field_values(field.type))
            values += ours
    return named, values


def read_back(named: dict[str, Any], fields: list[Any]) -> dict[str, Any]:
    """``named`` as ``sbe`` decodes it: null values are None."""
    types = {field.name: field.type for field in fields}
    read: dict[str, Any] = {}
    for name, value in named.items():
        kind = types[name]
        if isinstance(kind, sbe.Composite):
            nulls = {part.name: part.nullValue for part in kind.types}
            value = {part: None if it == nulls[part] is not None else it for part, it in value.items()}
        elif isinstance(kind, sbe.Type) and kind.nullValue is not None and value == kind.nullValue:
            value = None
        read[name] = value
    return read


def test_every_message_of_both_schemas_is_held_against_it() -> None:
    held = {(int(schema_of(layout).id), layout.template_id, layout.version) for layout in (*FIXED, *GROUPED)}
    for schema in (read(ORDER_ENTRY), read(MARKET_DATA)):
        for message in schema.messages:
            versions = {version for block in (message, *message.groups) for version in block.versions}
            missing = [it for it in versions if (schema.id, message.template_id, it) not in held]
            assert missing == [], message.name


@pytest.mark.parametrize("layout", FIXED, ids=lambda layout: f"{chr(layout.kind)} {layout.name} {layout.version}")
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_message_has_the_bytes_and_values_of_an_independent_codec(layout: Layout, data: st.DataObject) -> None:
    named, values = data.draw(messages(layout))
    schema = schema_of(layout)
    message = schema.messages[layout.template_id]
    packet = layout.pack(*values)
    payload = packet[soup.HEADER_SIZE :]
    assert schema.encode(message, named) == payload
    decoded = schema.decode(payload)
    assert decoded.message_name == layout.name
    assert decoded.value == read_back(named, message.fields)
    assert list(layout.unpack(payload, codec.HEADER_SIZE)) == [
        value.ljust(size, b"\x00") if (size := array_size(layout, at)) else value for at, value in enumerate(values)
    ]


def array_size(layout: Layout, position: int) -> int:
    """The size of the character array at ``position`` of the values, 0 for any other."""
    raw = layout.unpack(bytes(codec.HEADER_SIZE + layout.block_length), codec.HEADER_SIZE)[position]
    return len(raw) if isinstance(raw, bytes) and len(raw) > 1 else 0


entries = st.tuples(
    st.integers(*RANGES["int64"]),
    st.integers(*RANGES["uint64"]),
    st.integers(*RANGES["uint32"]),
    st.sampled_from([b"0", b"1"]),
)


@settings(max_examples=40, deadline=None)
@given(
    request_id=st.integers(*RANGES["uint64"]),
    seq=st.integers(*RANGES["uint64"]),
    time_ns=st.integers(*RANGES["uint64"]),
    security_id=st.integers(*RANGES["uint32"]),
    levels=st.lists(entries, max_size=40),
)
def test_a_book_has_the_bytes_and_values_of_an_independent_codec(
    request_id: int, seq: int, time_ns: int, security_id: int, levels: list[tuple[int, int, int, bytes]]
) -> None:
    packets, rest, error = soup.split(codec.book_snapshot(request_id, seq, time_ns, security_id, levels), 65_535)
    assert (rest, error, len(packets)) == (b"", "", 1)
    kind, payload = packets[0]
    assert kind == soup.UNSEQUENCED_DATA
    group = [
        {
            "MDEntryPx": {"mantissa": px},
            "MDEntrySize": {"mantissa": qty},
            "NumberOfOrders": orders,
            "MDEntryType": {b"0": "Bid", b"1": "Offer"}[side],
        }
        for px, qty, orders, side in levels
    ]
    named = {
        "MDReqID": request_id,
        "RptSeq": seq,
        "TransactTime": time_ns,
        "SecurityID": security_id,
        "LastFragment": "Yes",
        "MDEntries": group,
    }
    schema = SCHEMAS[codec.BOOK_SNAPSHOT.version]
    assert schema.decode(payload).value == named
    assert schema.encode(schema.messages[codec.BOOK_SNAPSHOT.template_id], named) == payload
    assert codec.read_book_entries(payload) == levels


@st.composite
def legs(draw: st.DrawFn, version: int) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Named values for ``sbe``, positional ones for us."""
    group = SCHEMAS[version].messages[codec.NEW_LIST.template_id].fields[-1]
    named: dict[str, Any] = {}
    values: list[Any] = []
    for field in group.fields:
        named[field.name], ours = draw(field_values(field.type))
        values += ours
    return named, tuple(values)


@pytest.mark.parametrize("layout", [codec.NEW_LIST, codec.NEW_LIST_3], ids=lambda layout: layout.version)
@settings(max_examples=25, deadline=None)
@given(list_id=st.integers(*RANGES["uint64"]), security_id=st.integers(*RANGES["uint32"]), data=st.data())
def test_a_list_has_the_bytes_and_values_of_an_independent_codec(
    layout: Layout, list_id: int, security_id: int, data: st.DataObject
) -> None:
    schema = SCHEMAS[layout.version]
    drawn = data.draw(st.lists(legs(layout.version), max_size=10))
    values = [leg for _, leg in drawn]
    packets, rest, error = soup.split(codec.new_list(list_id, security_id, 0, 100, values, layout), 65_535)
    assert (rest, error, len(packets)) == (b"", "", 1)
    ((_, payload),) = packets
    named = {
        "ListID": list_id,
        "SecurityID": security_id,
        "Account": 0,
        "ContingencyType": "Bracket",
        "Legs": [leg for leg, _ in drawn],
    }
    assert schema.decode(payload).value == named
    assert schema.encode(schema.messages[codec.NEW_LIST.template_id], named) == payload
    assert codec.read_legs(payload) == values
