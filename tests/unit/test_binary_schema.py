"""The codec's layouts against the schema file: the schema is the contract, so nothing may differ."""

from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ElementTree
from enum import IntEnum
from pathlib import Path

import pytest

import gateways.binary
from engine.types import (
    CancelReason,
    CxlRejReason,
    InstrumentStatus,
    OrdRejReason,
    OrdStatus,
    OrdType,
    Side,
    TimeInForce,
    fix_code,
)
from gateways.binary import codec, soup
from gateways.binary.codec import Layout
from gateways.binary.rejects import MassCancelRejectReason, MessageRejectReason

SCHEMA = Path(gateways.binary.__file__).with_name("venue.sbe.xml")
MESSAGE = "{http://fixprotocol.io/2016/sbe}message"
FORMATS = {
    "char": "c",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
}
LAYOUTS = codec.REQUESTS + codec.REPORTS + codec.ANSWERS


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    return ElementTree.parse(SCHEMA).getroot()


def formats_of_types(root: ElementTree.Element) -> dict[str, str]:
    formats: dict[str, str] = {}
    for declared in root.find("types") or ():
        name = declared.attrib["name"]
        if declared.tag == "composite":
            parts = [part for part in declared if part.get("presence") != "constant"]
            formats[name] = "".join(FORMATS[part.attrib["primitiveType"]] for part in parts)
        elif declared.tag == "enum":
            encoding = declared.attrib["encodingType"]
            formats[name] = FORMATS.get(encoding) or formats[encoding]
        else:
            length = int(declared.get("length", "1"))
            primitive = FORMATS[declared.attrib["primitiveType"]]
            formats[name] = f"{length}s" if length > 1 else primitive
    return formats


def expanded(block_format: str) -> str:
    """``3c`` → ``ccc``, but not ``3s``, which is one value."""
    out, count = "", ""
    for char in block_format:
        if char.isdigit():
            count += char
            continue
        out += count + char if char == "s" else char * int(count or "1")
        count = ""
    return out


def block_format(element: ElementTree.Element, formats: dict[str, str]) -> str:
    return "".join(formats[field.attrib["type"]] for field in element if field.tag == "field")


def test_the_codec_has_exactly_the_schemas_messages(root: ElementTree.Element) -> None:
    in_schema = {(int(message.attrib["id"]), message.attrib["name"]) for message in root.iter(MESSAGE)}
    in_codec = {(layout.template_id, layout.name) for layout in LAYOUTS}
    assert in_codec == in_schema
    assert len(LAYOUTS) == len(in_codec)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_what_the_schema_says(root: ElementTree.Element, layout: Layout) -> None:
    message = next(m for m in root.iter(MESSAGE) if m.attrib["name"] == layout.name)
    assert expanded(layout.block_format) == block_format(message, formats_of_types(root))
    assert layout.block_length == int(message.attrib["blockLength"])
    assert layout.block_length == struct.calcsize("<" + layout.block_format)
    header = codec.HEADER.unpack(layout.header)
    assert header == (layout.block_length, layout.template_id, int(root.attrib["id"]), int(root.attrib["version"]))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_who_sends_a_message_shows_in_its_number_and_packet_type(layout: Layout) -> None:
    sequenced = layout in codec.REPORTS
    assert layout.kind == (soup.SEQUENCED_DATA if sequenced else soup.UNSEQUENCED_DATA)
    if layout in codec.REQUESTS:
        assert 1 <= layout.template_id <= 99
    else:
        assert (101 <= layout.template_id <= 149) == sequenced
    length = 1 + codec.HEADER_SIZE + layout.block_length
    assert layout.head == struct.pack(">H", length) + bytes((layout.kind,)) + layout.header


def test_the_books_group_is_what_the_schema_says(root: ElementTree.Element) -> None:
    group = next(root.iter("group"))
    formats = formats_of_types(root)
    assert codec.MD_ENTRY.format == "<" + block_format(group, formats)
    assert codec.MD_ENTRY.size == int(group.attrib["blockLength"])
    assert codec.GROUP_HEADER.format == "<" + formats[group.attrib["dimensionType"]]
    assert codec.HEADER.format == "<" + formats["messageHeader"]


def test_a_field_has_one_fix_tag_wherever_it_stands(root: ElementTree.Element) -> None:
    tags: dict[str, set[str]] = {}
    for field in itertools.chain(root.iter("field"), root.iter("group")):
        tags.setdefault(field.attrib["name"], set()).add(field.attrib["id"])
    assert {name: ids for name, ids in tags.items() if len(ids) > 1} == {}
    numbers = [next(iter(ids)) for ids in tags.values()]
    assert len(numbers) == len(set(numbers))


def values_of(root: ElementTree.Element, name: str) -> set[str]:
    declared = next(e for e in root.iter("enum") if e.attrib["name"] == name)
    return {(value.text or "").strip() for value in declared}


@pytest.mark.parametrize("enumeration", [Side, OrdType, TimeInForce, OrdStatus])
def test_character_enumerations_have_fixs_values(root: ElementTree.Element, enumeration: type[IntEnum]) -> None:
    assert values_of(root, enumeration.__name__) == {fix_code(value) for value in enumeration}


@pytest.mark.parametrize(
    ("name", "enumeration"),
    [
        ("OrdRejReason", OrdRejReason),
        ("CxlRejReason", CxlRejReason),
        ("CancelReason", CancelReason),
        ("SecurityTradingStatus", InstrumentStatus),
        ("MessageRejectReason", MessageRejectReason),
        ("MassCancelRejectReason", MassCancelRejectReason),
    ],
)
def test_number_enumerations_have_the_engines_values(
    root: ElementTree.Element, name: str, enumeration: type[IntEnum]
) -> None:
    assert values_of(root, name) == {str(int(value)) for value in enumeration}
