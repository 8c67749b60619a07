"""Today's schemas against those that clients were built with, and each rule against a schema that breaks it."""

from __future__ import annotations

from pathlib import Path

import binary_schema
import pytest

from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.compatibility import violations
from gateways.binary.schema.reader import parse, read

SCHEMAS = {"binary": ORDER_ENTRY, "market_data": MARKET_DATA}
"""Today's, by how the files of their published versions begin: ``binary_version_1.sbe.xml``."""
FOLDER = Path(binary_schema.__file__).parent
PUBLISHED = [(name, path) for name in SCHEMAS for path in sorted(FOLDER.glob(f"{name}_version_*.sbe.xml"))]
EACH = pytest.mark.parametrize(("name", "path"), PUBLISHED, ids=lambda it: it.name if isinstance(it, Path) else "")


@pytest.mark.parametrize("name", SCHEMAS)
def test_all_earlier_versions_are_there(name: str) -> None:
    versions = [read(path).version for of, path in PUBLISHED if of == name]
    today = read(SCHEMAS[name]).version
    assert versions[: today - 1] == list(range(1, today))
    assert all(version <= today for version in versions)


@EACH
def test_clients_of_every_published_version_work_on(name: str, path: Path) -> None:
    assert violations(read(path), read(SCHEMAS[name])) == []


@EACH
def test_a_published_version_is_not_added_to(name: str, path: Path) -> None:
    """What came after a version was published needs another one."""
    published, today = read(path), read(SCHEMAS[name])
    if published.version == today.version:
        assert violations(today, published) == []


OLD = """<messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="p" id="7" version="1">
    <types>
        <type name="Number" primitiveType="uint32"/>
        <enum name="Side" encodingType="char">
            <validValue name="Buy">1</validValue>
        </enum>
    </types>
    <sbe:message name="Order" id="1" blockLength="5">
        <field name="Qty" id="38" type="Number"/>
        <field name="Side" id="54" type="Side"/>
        <group name="Legs" id="73" dimensionType="groupSizeEncoding" blockLength="4">
            <field name="Qty" id="38" type="Number"/>
        </group>
    </sbe:message>
</messageSchema>"""
MORE = """<messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="p" id="7" version="2">
    <types>
        <type name="Number" primitiveType="uint32"/>
        <enum name="Side" encodingType="char">
            <validValue name="Buy">1</validValue>
            <validValue name="Sell" sinceVersion="2">2</validValue>
        </enum>
    </types>
    <sbe:message name="Order" id="1" blockLength="9">
        <field name="Qty" id="38" type="Number"/>
        <field name="Side" id="54" type="Side"/>
        <field name="MinQty" id="110" type="Number" sinceVersion="2"/>
        <group name="Legs" id="73" dimensionType="groupSizeEncoding" blockLength="8">
            <field name="Qty" id="38" type="Number"/>
            <field name="MinQty" id="110" type="Number" sinceVersion="2"/>
        </group>
        <group name="Fills" id="1362" dimensionType="groupSizeEncoding" blockLength="4" sinceVersion="2">
            <field name="Qty" id="38" type="Number"/>
        </group>
    </sbe:message>
    <sbe:message name="Other" id="2" blockLength="0" sinceVersion="2"/>
</messageSchema>"""


def test_what_is_added_harms_nobody() -> None:
    assert violations(parse(OLD), parse(MORE)) == []


def changed(*replacements: tuple[str, str]) -> str:
    text = MORE
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after, 1)
    return text


QTY = '<field name="Qty" id="38" type="Number"/>'
SIDE = '<field name="Side" id="54" type="Side"/>'
LEGS = '<group name="Legs"'
FILLS = MORE[MORE.index('<group name="Fills"') : MORE.index("</sbe:message>")]


@pytest.mark.parametrize(
    ("replacements", "told"),
    [
        ([('id="7"', 'id="8"')], "schema: id 8 was 7"),
        ([('name="Order" id="1"', 'name="Order" id="3"')], "Order: template 3 was 1"),
        ([('name="Order"', 'name="Bid" sinceVersion="2"')], "Order: gone"),
        ([(QTY, ""), (SIDE, SIDE + QTY)], "Order.Qty: is not field 1 any more"),
        ([('id="38"', 'id="53"')], "Order.Qty: tag 53 was 38"),
        ([('primitiveType="uint32"', 'primitiveType="int32"')], "Order.Qty: type ('int32', 1, None) was"),
        ([('type="Number"', 'type="uint16"'), ('"9"', '"7"')], "Order.Side: offset 2 was 4"),
        ([('type="Number" sinceVersion="2"', 'type="Number"')], "Order.MinQty: new since version 1"),
        ([("Qty", "Size"), ("Qty", "Least"), ("Qty", "Part")], "Order.Legs.Qty: is not field 1 any more"),
        ([(FILLS, ""), (LEGS, FILLS + LEGS)], "Order: its groups are Fills, Legs"),
        ([('id="73"', 'id="74"')], "Order.Legs: tag 74 was 73"),
        ([('<validValue name="Buy">1</validValue>', "")], "Side.Buy: gone"),
        ([('"Buy">1<', '"Buy">3<')], "Side.Buy: is 3 since version 1"),
        ([('name="Sell" sinceVersion="2"', 'name="Sell"')], "Side.Sell: new since version 1"),
        ([('blockLength="0" sinceVersion="2"', 'blockLength="0"')], "Other: new since version 1"),
    ],
)
def test_what_breaks_an_old_client_is_told(replacements: list[tuple[str, str]], told: str) -> None:
    found = violations(parse(OLD), parse(changed(*replacements)))
    assert any(line.startswith(told) for line in found), found
