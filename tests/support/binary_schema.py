"""The schema files as each of their versions had them, read by PyPI's ``sbe`` and by hand.

``sbe`` does not know sinceVersion, so a message is decoded by a schema that has only the fields of the version in its
header: what SBE 1.0 calls the acting version.
"""

from __future__ import annotations

import io
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import sbe  # type: ignore[import-untyped]

import gateways.binary
from gateways.binary import codec
from gateways.binary.market import codec as market

FILE = Path(gateways.binary.__file__).with_name("venue.sbe.xml")
MARKET_FILE = FILE.with_name("market_data.sbe.xml")
FILE_OF_VERSION_1 = Path(__file__).with_name("binary_version_1.sbe.xml")
FILE_OF_VERSION_2 = Path(__file__).with_name("binary_version_2.sbe.xml")
"""As they were published."""
MESSAGE = "{http://fixprotocol.io/2016/sbe}message"
NEWEST = codec.SCHEMA_VERSION
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


def parsed(version: int = NEWEST, file: Path = FILE, *, new_values: bool = False) -> ElementTree.Element:
    """The schema without what came after ``version``, but with ``new_values`` of enumerations if so asked."""
    root = ElementTree.parse(file).getroot()
    formats = formats_of_types(root)
    for parent in list(root.iter()):
        for child in list(parent):
            if int(child.get("sinceVersion", "1")) > version and (child.tag != "validValue" or not new_values):
                parent.remove(child)
    for message in root.iter(MESSAGE):
        for element in (message, *message.iter("group")):
            element.set("blockLength", str(struct.calcsize("<" + block_format(element, formats))))
    root.set("version", str(version))
    return root


def formats_of_types(root: ElementTree.Element) -> dict[str, str]:
    formats: dict[str, str] = {}
    for declared in root.find("types") or ():
        name = declared.attrib["name"]
        if declared.tag == "composite":
            parts = [part for part in declared if part.get("presence") != "constant"]
            formats[name] = "".join(FORMATS[part.attrib["primitiveType"]] for part in parts)
        elif declared.tag in ("enum", "set"):
            encoding = declared.attrib["encodingType"]
            formats[name] = FORMATS.get(encoding) or formats[encoding]
        else:
            length = int(declared.get("length", "1"))  # of characters, or of bytes that are no text
            primitive = FORMATS[declared.attrib["primitiveType"]]
            formats[name] = f"{length}s" if length > 1 else primitive
    return formats


def block_format(element: ElementTree.Element, formats: dict[str, str]) -> str:
    return "".join(formats[field.attrib["type"]] for field in element if field.tag == "field")


def schema(version: int = NEWEST, file: Path = FILE) -> Any:
    """What ``sbe`` makes of :func:`parsed`: fields as of the version, whatever their values are."""
    ElementTree.register_namespace("sbe", "http://fixprotocol.io/2016/sbe")
    root = parsed(version, file, new_values=True)
    for declared in root.iter("set"):
        _fill(declared)
    return sbe.Schema.parse(io.BytesIO(ElementTree.tostring(root)))


def _fill(declared: ElementTree.Element) -> None:
    """Names for all bits up to the highest: to encode, ``sbe`` counts choices instead of reading their places."""
    named = {int(choice.text or ""): choice for choice in declared}
    for place in set(range(max(named))) - named.keys():
        named[place] = ElementTree.Element("choice", name=f"Reserved{place}")
        named[place].text = str(place)
    declared[:] = [named[place] for place in sorted(named)]


SCHEMAS = {version: schema(version) for version in range(1, NEWEST + 1)}
MARKET_SCHEMAS = {version: schema(version, MARKET_FILE) for version in range(1, market.SCHEMA_VERSION + 1)}


def schema_of(layout: codec.Layout) -> Any:
    """The schema, as of the layout's version, that has the layout's message."""
    _, _, schema_id, version = codec.HEADER.unpack(layout.header)
    return (MARKET_SCHEMAS if schema_id == market.SCHEMA_ID else SCHEMAS)[version]


def decode(payload: bytes) -> Any:
    """A message as ``sbe`` reads it by the version in its header."""
    version = codec.HEADER.unpack_from(payload)[3]
    return SCHEMAS[version].decode(payload)
