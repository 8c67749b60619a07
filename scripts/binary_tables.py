#!/usr/bin/env python3
"""Put the messages, groups and enumerations of gateways/binary/venue.sbe.xml into docs/binary.md, between its markers.

Usage: scripts/binary_tables.py [--check]. With --check nothing is written: the exit status is 1 if it would be.
Standard library only, so that it runs with any Python.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "gateways" / "binary" / "venue.sbe.xml"
DOCUMENT = ROOT / "docs" / "binary.md"
BEGIN = "<!-- tables: made by scripts/binary_tables.py -->"
END = "<!-- end of tables -->"

_MESSAGE = "{http://fixprotocol.io/2016/sbe}message"
_SIZES = {"char": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8}
_OPTIONAL = {"OptionalChar": "NUL = absent", "OptionalUint8": "0 = absent"}
_SEQUENCED = range(101, 150)
_FROM_CLIENT = range(1, 100)


class Field(NamedTuple):
    """One field's place. ``offset``: bytes from the start of its block or group entry."""

    name: str
    tag: int
    offset: int
    size: int
    kind: str
    note: str
    since: int
    """The first version of the schema that has it."""


class Type(NamedTuple):
    size: int
    kind: str
    """The type as the tables name it, e.g. ``int64 × 10⁻⁸``."""


def main(arguments: list[str]) -> int:
    before = DOCUMENT.read_text("utf-8")
    after = renewed(before, tables(ElementTree.parse(SCHEMA).getroot()))  # noqa: S314 - our own file
    if after == before:
        return 0
    if "--check" in arguments:
        print(f"{DOCUMENT.relative_to(ROOT)} differs from {SCHEMA.relative_to(ROOT)}: run scripts/binary_tables.py")
        return 1
    DOCUMENT.write_text(after, "utf-8")
    return 0


def renewed(document: str, text: str) -> str:
    """``document`` with ``text`` between its markers. Raises ValueError where they are missing."""
    head, _, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise ValueError(f"{DOCUMENT}: the markers {BEGIN!r} and {END!r} are missing")
    return f"{head}{BEGIN}\n\n{text}\n{END}{tail}"


def tables(root: ElementTree.Element) -> str:
    """Every message and enumeration of a schema, as Markdown."""
    types = types_of(root)
    lines: list[str] = []
    for message in root.findall(_MESSAGE):
        lines += _message_lines(message, types)
    lines += ["### Enumerations", ""]
    for declared in root.find("types") or ():
        if declared.tag in ("enum", "set"):
            lines += _enum_lines(declared, types)
    return "\n".join(lines)


def types_of(root: ElementTree.Element) -> dict[str, Type]:
    """Every declared type, by name."""
    types = {name: Type(size, name) for name, size in _SIZES.items()}
    for declared in root.find("types") or ():
        name = declared.attrib["name"]
        if declared.tag == "composite":
            types[name] = _composite(declared)
        elif declared.tag in ("enum", "set"):
            types[name] = Type(types[declared.attrib["encodingType"]].size, f"[{name}](#enumerations)")
        else:
            primitive = declared.attrib["primitiveType"]
            length = int(declared.get("length", "1"))
            types[name] = Type(_SIZES[primitive] * length, f"{primitive}[{length}]" if length > 1 else primitive)
    return types


def _composite(declared: ElementTree.Element) -> Type:
    present = [part for part in declared if part.get("presence") != "constant"]
    kinds = [part.attrib["primitiveType"] for part in present]
    exponents = [part.text for part in declared if part.attrib["name"] == "exponent"]
    if len(present) == 1:
        kind = kinds[0]
    else:
        kind = ", ".join(f"{part.attrib['name']} {kind}" for part, kind in zip(present, kinds, strict=True))
    if exponents:
        kind += " × 10⁻⁸" if len(present) == 1 else " (× 10⁻⁸)"
    return Type(sum(map(_SIZES.__getitem__, kinds)), kind)


def fields_of(block: ElementTree.Element, types: dict[str, Type]) -> Iterator[Field]:
    """The fields of a message's block or of a group's entry, in order."""
    offset = 0
    for field in block.findall("field"):
        size, kind = types[field.attrib["type"]]
        note = field.get("description", "")
        since = int(field.get("sinceVersion", block.get("sinceVersion", "1")))
        yield Field(field.attrib["name"], int(field.attrib["id"]), offset, size, kind, note, since)
        offset += size


def _message_lines(message: ElementTree.Element, types: dict[str, Type]) -> Iterator[str]:
    template_id = int(message.attrib["id"])
    yield f"### {template_id} {message.attrib['name']}"
    yield ""
    note = message.get("description")
    told = f" {note}." if note else ""
    fields = list(fields_of(message, types))
    yield f"{_direction(template_id)}; {_length(message, fields)}.{told}"
    yield ""
    yield from _table(fields)
    for group in message.findall("group"):
        yield (
            f"Then the group {group.attrib['name']} (tag {group.attrib['id']}): `uint16` length of an entry "
            f"({group.attrib['blockLength']}), `uint16` number of entries, and each entry:"
        )
        yield ""
        yield from _table(list(fields_of(group, types)))


def _length(message: ElementTree.Element, fields: list[Field]) -> str:
    """A message's block, and how long it was before fields were added."""
    versions = sorted({field.since for field in fields})
    told = f"block of {message.attrib['blockLength']} bytes"
    for version in reversed(versions[:-1]):
        told += f", {max(it.offset + it.size for it in fields if it.since <= version)} in version {version}"
    return told + (f", since version {versions[0]}" if versions[0] > 1 else "")


def _direction(template_id: int) -> str:
    if template_id in _FROM_CLIENT:
        return "Client to venue, Unsequenced Data"
    return "Venue to client, " + ("Sequenced Data" if template_id in _SEQUENCED else "Unsequenced Data")


def _table(fields: list[Field]) -> Iterator[str]:
    yield "| Offset | Size | Field | Tag | Type | |"
    yield "|---:|---:|---|---:|---|---|"
    since = fields[0].since
    for field in fields:
        if field.since > since:
            since = field.since
            yield f"| | | *since version {since}* | | | |"
        yield f"| {field.offset} | {field.size} | {field.name} | {field.tag} | {field.kind} | {field.note} |"
    yield ""


def _enum_lines(declared: ElementTree.Element, types: dict[str, Type]) -> Iterator[str]:
    encoding = declared.attrib["encodingType"]
    kind = types[encoding].kind
    if encoding in _OPTIONAL:
        kind += "; " + declared.get("description", _OPTIONAL[encoding])
        note = ""
    else:
        note = f" {declared.attrib['description']}." if "description" in declared.attrib else ""
    if declared.tag == "set":
        kind += ", a set of bits"
        values = ", ".join(f"`{1 << int(choice.text or '')}` {choice.attrib['name']}" for choice in declared)
    else:
        values = ", ".join(f"`{value.text}` {value.attrib['name']}" for value in declared)
    yield f"- **{declared.attrib['name']}** ({kind}): {values}.{note}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
