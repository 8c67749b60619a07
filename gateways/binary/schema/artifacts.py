"""Which files are made of which schema."""

from __future__ import annotations

from pathlib import Path

from gateways.binary.schema import c_header, lua, markdown
from gateways.binary.schema.model import Schema
from gateways.binary.schema.reader import read

ROOT = Path(__file__).resolve().parents[3]
ORDER_ENTRY = ROOT / "gateways" / "binary" / "venue.sbe.xml"
MARKET_DATA = ROOT / "gateways" / "binary" / "market_data.sbe.xml"

_ORDER_ENTRY_INTRODUCTION = """\
Every message of [venue.sbe.xml](../../gateways/binary/venue.sbe.xml), schema {id}, version {version}; made from it by
`python -m gateways.binary.schema`. What they are for, and examples byte for byte: [binary.md](../binary.md).

Offsets count from the start of the block, which follows the SBE header of 8 bytes; everything is little-endian. A field
that came with a later version than the header's is absent, and the block ends before it."""
_MARKET_DATA_INTRODUCTION = """\
Every message of [market_data.sbe.xml](../../gateways/binary/market_data.sbe.xml), schema {id}, version {version}; made
from it by `python -m gateways.binary.schema`. How the streams work: [binary.md](../binary.md).

Offsets count from the start of the block, which follows the SBE header of 8 bytes; everything is little-endian. In a
snapshot, messages that are Sequenced Data elsewhere may be Unsequenced Data."""
_ORDER_ENTRY_DIRECTIONS = {
    range(1, 100): "client, Unsequenced Data",
    range(101, 150): "venue, Sequenced Data",
    range(150, 256): "venue, Unsequenced Data",
}
_MARKET_DATA_DIRECTIONS = {
    range(1, 100): "client, Unsequenced Data",
    range(101, 140): "venue, Sequenced Data",
    range(140, 150): "venue, Sequenced or Unsequenced Data",
    range(150, 256): "venue, Unsequenced Data",
}


def made() -> dict[Path, str]:
    """Every generated file's path and what belongs in it. Raises SchemaError."""
    orders, market = read(ORDER_ENTRY), read(MARKET_DATA)
    folder = ROOT / "docs" / "binary"
    prefixed = {"te": orders, "md": market}
    return {
        folder / "messages.md": markdown.reference(
            orders, "Order entry: the messages", _told(_ORDER_ENTRY_INTRODUCTION, orders), _ORDER_ENTRY_DIRECTIONS
        ),
        folder / "market-data-messages.md": markdown.reference(
            market, "Market data: the messages", _told(_MARKET_DATA_INTRODUCTION, market), _MARKET_DATA_DIRECTIONS
        ),
        folder / "tradeengine.lua": lua.dissector((orders, market)),
        ROOT / "examples" / "c" / "tradeengine_sbe.h": c_header.header(prefixed),
    }


def _told(introduction: str, schema: Schema) -> str:
    return introduction.format(id=schema.id, version=schema.version)
