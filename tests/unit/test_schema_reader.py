"""The reader of schema files: places and sizes, and files that it refuses with the reason."""

from __future__ import annotations

import pytest

from gateways.binary.schema.artifacts import MARKET_DATA, ORDER_ENTRY
from gateways.binary.schema.model import Composite, Enumeration, Scalar
from gateways.binary.schema.reader import SchemaError, parse, read

TEXT = """<messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="p" id="7" version="3" description="d">
    <types>
        <composite name="messageHeader">
            <type name="blockLength" primitiveType="uint16"/>
            <type name="templateId" primitiveType="uint16"/>
            <type name="schemaId" primitiveType="uint16"/>
            <type name="version" primitiveType="uint16"/>
        </composite>
        <composite name="Px">
            <type name="mantissa" primitiveType="int64" presence="optional" nullValue="-1"/>
            <type name="exponent" primitiveType="int8" presence="constant">-8</type>
        </composite>
        <type name="OptionalChar" primitiveType="char" presence="optional" nullValue="0"/>
        <type name="Key" primitiveType="uint8" length="32"/>
        <enum name="Side" encodingType="OptionalChar">
            <validValue name="Buy">1</validValue>
            <validValue name="Sell" sinceVersion="2">2</validValue>
        </enum>
        <set name="Flags" encodingType="uint8" sinceVersion="3">
            <choice name="Hidden">0</choice>
            <choice name="Last">7</choice>
        </set>
    </types>
    <sbe:message name="Order" id="1" blockLength="42" semanticType="D" description="An order">
        <field name="Price" id="44" type="Px"/>
        <field name="Side" id="54" type="Side" description="Which"/>
        <field name="Key" id="9001" type="Key" sinceVersion="2"/>
        <field name="Flags" id="9002" type="Flags" sinceVersion="3"/>
        <group name="Legs" id="73" dimensionType="groupSizeEncoding" blockLength="4" sinceVersion="2">
            <field name="Qty" id="38" type="uint32"/>
        </group>
    </sbe:message>
</messageSchema>"""


def test_a_message_has_places_versions_and_groups() -> None:
    schema = parse(TEXT)
    (message,) = schema.messages
    assert (schema.id, schema.version, message.template_id, message.semantic_type) == (7, 3, 1, "D")
    assert schema.by_template == {1: message}
    assert [(field.name, field.tag, field.offset, field.end, field.since) for field in message.fields] == [
        ("Price", 44, 0, 8, 1),
        ("Side", 54, 8, 9, 1),
        ("Key", 9001, 9, 41, 2),
        ("Flags", 9002, 41, 42, 3),
    ]
    assert message.versions == (1, 2, 3)
    assert [message.block_length_at(version) for version in (1, 2, 3)] == [9, 41, 42]
    (group,) = message.groups
    assert (group.name, group.tag, group.since, group.block_length) == ("Legs", 73, 2, 4)
    assert group.fields[0].since == 2


def test_types_are_what_stands_on_the_wire() -> None:
    price, side, key, flags = (field.type for field in parse(TEXT).messages[0].fields)
    assert isinstance(price, Composite)
    assert (price.exponent, price.parts[0].null, price.parts[0].is_signed) == (-8, -1, True)
    assert isinstance(side, Enumeration)
    assert [side.number(value) for value in side.values] == [ord("1"), ord("2")]
    assert side.encoding.null == 0
    assert isinstance(key, Scalar)
    assert key.is_bytes
    assert isinstance(flags, Enumeration)
    assert [(flags.number(value), value.since) for value in flags.values] == [(1, 3), (128, 3)]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('id="7"', 'id="70000"', "id 70000: 0 to 65535"),
        ('version="3"', 'version="3" byteOrder="bigEndian"', "littleEndian only"),
        ('type="Px"', 'type="Price"', "Order.Price: unknown type Price"),
        ('blockLength="42"', 'blockLength="43"', "Order: blockLength is 43, its fields have 42 bytes"),
        ('blockLength="4"', 'blockLength="5"', "Order.Legs: blockLength is 5"),
        ('type="Key" sinceVersion="2"', 'type="Key" sinceVersion="4"', "Key: sinceVersion 4 of version 3"),
        ('type="Flags" sinceVersion="3"', 'type="Flags"', "Order.Flags: stands behind a field that came later"),
        ('name="Flags" id="9002"', 'name="Side" id="9002"', "field of Order Side: twice"),
        ('type="Px"', 'type="Px" offset="8"', "explicit offsets"),
        ('dimensionType="groupSizeEncoding"', 'dimensionType="small"', "Order.Legs: dimensionType"),
        ("</group>", '</group><data name="Text" id="58" type="Key"/>', "Order: a message is fields, then groups"),
        ('<field name="Qty"', '<group name="Sub"/><field name="Qty"', "Order.Legs: a group's entry is fields"),
        ('"Sell" sinceVersion="2">2', '"Sell" sinceVersion="2">1', "value of Side 49: twice"),
        ('name="Last">7', 'name="Last">8', "Flags.Last: 8 is too great for uint8"),
        ('name="Flags" encodingType="uint8"', 'name="Flags" encodingType="Key"', "Flags: its encodingType"),
        ('presence="optional" nullValue="0"', 'presence="optional"', "OptionalChar: an optional type states"),
        ('primitiveType="uint8" length="32"', 'primitiveType="uint16" length="32"', r"Key: uint16\[32\]"),
        ('primitiveType="uint8" length="32"', 'primitiveType="double"', "Key: double"),
        ('name="exponent"', 'name="scale"', "Px: the only constant"),
        ('name="mantissa"', 'name="number"', "Px: a decimal is"),
        ('name="blockLength" primitiveType="uint16"', 'name="blockLength" primitiveType="uint8"', "messageHeader: "),
        ('<type name="Key"', '<type name="Px"', "type Px: declared twice"),
        ('<type name="Key"', '<ref name="Key"', "Key: a ref is no type"),
        ("</sbe:message>", '</sbe:message><sbe:message name="Order" id="2" blockLength="0"/>', "message Order: twice"),
        ("</sbe:message>", '</sbe:message><sbe:message name="Other" id="1" blockLength="0"/>', "template id 1: twice"),
    ],
)
def test_what_a_schema_must_not_say(before: str, after: str, told: str) -> None:
    assert before in TEXT
    with pytest.raises(SchemaError, match=told):
        parse(TEXT.replace(before, after, 1))


@pytest.mark.parametrize("path", [ORDER_ENTRY, MARKET_DATA], ids=lambda path: path.name)
def test_the_venues_schemas_are_read(path: object) -> None:
    schema = read(path)  # type: ignore[arg-type]
    assert len(schema.messages) > 20
    assert all(message.fields for message in schema.messages)
