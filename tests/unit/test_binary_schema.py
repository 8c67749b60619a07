"""The codec's layouts against the schema file: the schema is the contract, so nothing may differ."""

from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ElementTree
from enum import IntEnum
from pathlib import Path

import pytest
from binary_schema import (
    FILE,
    FILE_OF_VERSION_1,
    FILE_OF_VERSION_2,
    MESSAGE,
    NEWEST,
    block_format,
    formats_of_types,
    parsed,
)

from engine.session_profile import CancelOnDisconnect, Rights
from engine.types import (
    Activation,
    CancelReason,
    Contingency,
    CxlRejReason,
    InstrumentStatus,
    OrdRejReason,
    OrdStatus,
    OrdType,
    PegKind,
    PostOnly,
    RestateReason,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
    TriggerSource,
    Wait,
    fix_code,
)
from gateways.binary import codec, soup, special
from gateways.binary.codec import Layout
from gateways.binary.reject_reasons import RejectReason
from gateways.binary.rejects import MassCancelRejectReason, MessageRejectReason
from gateways.binary.settings import BinarySettings

LAYOUTS = codec.REQUESTS + codec.REPORTS + codec.ANSWERS


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    return parsed()


def described(layout: Layout) -> str:
    return f"{layout.name} {layout.version}"


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


def versions(message: ElementTree.Element) -> set[int]:
    """Those in which the message became what it is, it or the entries of its group longer each time."""
    first = int(message.get("sinceVersion", "1"))
    return {first, *(int(field.get("sinceVersion", first)) for field in message.iter("field"))}


def test_the_codec_has_exactly_the_schemas_messages(root: ElementTree.Element) -> None:
    in_schema = {
        (int(message.attrib["id"]), message.attrib["name"], version)
        for message in root.iter(MESSAGE)
        for version in versions(message)
    }
    in_codec = {(layout.template_id, layout.name, layout.version) for layout in LAYOUTS}
    assert in_codec == in_schema
    assert len(LAYOUTS) == len(in_codec)


@pytest.mark.parametrize("layout", LAYOUTS, ids=described)
def test_a_layout_is_what_the_schema_says(layout: Layout) -> None:
    root = parsed(layout.version)
    message = next(m for m in root.iter(MESSAGE) if m.attrib["name"] == layout.name)
    assert expanded(layout.block_format) == block_format(message, formats_of_types(root))
    assert layout.block_length == int(message.attrib["blockLength"])
    assert layout.block_length == struct.calcsize("<" + layout.block_format)
    header = codec.HEADER.unpack(layout.header)
    assert header == (layout.block_length, layout.template_id, int(root.attrib["id"]), layout.version)


@pytest.mark.parametrize(("version", "file"), [(1, FILE_OF_VERSION_1), (2, FILE_OF_VERSION_2)])
def test_what_a_version_had_is_as_it_was_published(version: int, file: Path) -> None:
    then, now = parsed(version, file), parsed(version)
    for kind in ("message", "enum", "composite"):
        tag = MESSAGE if kind == "message" else kind
        published = {it.attrib["name"]: shape(it) for it in then.iter(tag)}
        kept = {it.attrib["name"]: shape(it) for it in now.iter(tag)}
        assert {name: kept.get(name) for name in published} == published
    sizes = {it.attrib["name"]: it.attrib["blockLength"] for it in then.iter(MESSAGE)}
    published_sizes = ElementTree.parse(file).getroot().iter(MESSAGE)
    assert sizes == {it.attrib["name"]: it.attrib["blockLength"] for it in published_sizes}


def shape(element: ElementTree.Element) -> object:
    """What counts on the wire, groups included: names of values and fields, their numbers and types, in order."""
    parts = [(it.attrib["name"], it.get("id"), it.get("type"), (it.text or "").strip()) for it in element.iter()]
    return [element.get("id"), element.get("encodingType"), element.get("blockLength"), *parts[1:]]


def test_stated_block_lengths_are_those_of_the_fields() -> None:
    stated = {it.attrib["name"]: it.attrib["blockLength"] for it in ElementTree.parse(FILE).getroot().iter(MESSAGE)}
    assert stated == {it.attrib["name"]: it.attrib["blockLength"] for it in parsed(NEWEST).iter(MESSAGE)}


def test_fields_are_only_added_behind_those_that_were_there(root: ElementTree.Element) -> None:
    for message in root.iter(MESSAGE):
        since = [int(field.get("sinceVersion", "1")) for field in message.findall("field")]
        assert since == sorted(since), message.attrib["name"]


@pytest.mark.parametrize("layout", LAYOUTS, ids=described)
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
    group = next(group for group in root.iter("group") if group.attrib["name"] == "MDEntries")
    formats = formats_of_types(root)
    assert codec.MD_ENTRY.format == "<" + block_format(group, formats)
    assert codec.MD_ENTRY.size == int(group.attrib["blockLength"])
    assert codec.GROUP_HEADER.format == "<" + formats[group.attrib["dimensionType"]]
    assert codec.HEADER.format == "<" + formats["messageHeader"]


def test_a_lists_group_is_what_the_schema_says(root: ElementTree.Element) -> None:
    for entry, version in ((codec.LEG, 2), (codec.LEG_3, 3)):
        group = next(group for group in parsed(version).iter("group") if group.attrib["name"] == "Legs")
        assert expanded(entry.format) == "<" + block_format(group, formats_of_types(root))
        assert entry.size == int(group.attrib["blockLength"])


def test_a_list_of_ten_legs_fits_into_a_packet() -> None:
    legs = [(n, 1, 1, b"1", b"2", b"1", *(0,) * special.TERMS_COUNT, 0, 0) for n in range(1, 11)]
    packet = codec.new_list(11, 7, 0, Contingency.OCO, legs, codec.NEW_LIST_3)
    assert len(packet) - 2 <= BinarySettings().packet_length_max


def test_special_terms_stand_alike_wherever_they_stand(root: ElementTree.Element) -> None:
    newest = ["OnDisconnect", "SelfTradeID"]
    order = [field.attrib["name"] for field in message_named(root, "NewSpecialOrder")]
    names = order[-special.TERMS_COUNT - 2 : -2]
    assert order[-2:] == newest
    legs = next(group for group in root.iter("group") if group.attrib["name"] == "Legs")
    assert [field.attrib["name"] for field in legs][-special.TERMS_COUNT - 2 :] == names + newest
    standing = [*names, "WorkingPx", "ShownQty", "ListID", "ContingencyType", "Wait"]
    for name, behind in (("Accepted", 0), ("Replaced", 0), ("OrderStatus", 0), ("Triggered", 1), ("Restated", 1)):
        fields = [field.attrib["name"] for field in message_named(root, name)]
        assert fields[-2:] == newest
        end = len(fields) - 2 - behind
        assert fields[end - len(standing) : end] == standing


def message_named(root: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(message for message in root.iter(MESSAGE) if message.attrib["name"] == name)


def test_the_bits_of_exec_inst(root: ElementTree.Element) -> None:
    bits = next(it for it in root.iter("set") if it.attrib["name"] == "ExecInst")
    places = {choice.attrib["name"]: 1 << int(choice.text or "") for choice in bits}
    expected = {"Hidden": special.HIDDEN, "AllOrNone": special.ALL_OR_NONE, "ReduceOnly": special.REDUCE_ONLY}
    assert places == expected


def test_the_bits_of_rights(root: ElementTree.Element) -> None:
    bits = next(it for it in root.iter("set") if it.attrib["name"] == "Rights")
    places = {choice.attrib["name"]: 1 << int(choice.text or "") for choice in bits}
    assert places == {"Trade": Rights.TRADE, "MarketData": Rights.MARKET_DATA, "DropCopy": Rights.DROP_COPY}


def test_when_the_end_of_a_session_cancels(root: ElementTree.Element) -> None:
    (declared,) = (it for it in root.iter("enum") if it.attrib["name"] == "CancelOnDisconnect")
    said = {it.attrib["name"].upper(): int(it.text or "") for it in declared}
    assert said == {mode.name: special.on_wire(mode) for mode in CancelOnDisconnect}
    assert special.on_wire(None) == 0


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
        ("TradingPhase", TradingPhase),
        ("TriggerKind", TriggerKind),
        ("TriggerSource", TriggerSource),
        ("PegKind", PegKind),
        ("PostOnly", PostOnly),
        ("SelfTrade", SelfTrade),
        ("SelfTradeScope", SelfTradeScope),
        ("Contingency", Contingency),
        ("Wait", Wait),
        ("Activation", Activation),
        ("RestateReason", RestateReason),
        ("RejectReason", RejectReason),
    ],
)
def test_number_enumerations_have_the_engines_values(
    root: ElementTree.Element, name: str, enumeration: type[IntEnum]
) -> None:
    assert values_of(root, name) == {str(int(value)) for value in enumeration}
