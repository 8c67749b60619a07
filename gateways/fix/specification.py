"""What a FIX version's specification defines, as QuickFIX's XML files write it.

The files of ``dictionaries/`` are those of QuickFIX 1.16 (``LICENSE-QuickFIX.txt``), packed and otherwise as they were.
"""

from __future__ import annotations

import gzip
from importlib.resources import files
from xml.etree import ElementTree as ET

import msgspec

SPECIFICATIONS = ("FIX42", "FIX44", "FIXT11", "FIX50SP2")
"""Names of the packed files."""

ADMIN, APP = "admin", "app"
"""Categories of messages: the session's own, and all others."""


class Field(msgspec.Struct):
    """A field as such, whatever message it is in."""

    tag: str
    name: str
    type: str
    """FIX data type in capitals, e.g. ``UTCTIMESTAMP``."""
    values: dict[str, str]
    """Enumerated value → what it stands for; empty if it is not enumerated."""


class FieldUse(msgspec.Struct, frozen=True):
    """A field of a message, group or component."""

    name: str
    required: bool = False
    extension: bool = False
    """Not of the standard: in a group it may stand anywhere after the delimiter."""


class ComponentUse(msgspec.Struct, frozen=True):
    """A component in a message, group or another component."""

    name: str
    required: bool = False


class GroupUse(msgspec.Struct, frozen=True):
    """A repeating group; its count's field has the same name. The first part is its delimiter."""

    name: str
    parts: tuple[Part, ...]
    required: bool = False
    extension: bool = False


Part = FieldUse | ComponentUse | GroupUse


class MessageDefinition(msgspec.Struct):
    """A message's body."""

    msg_type: str
    name: str
    category: str
    parts: tuple[Part, ...]


class Specification(msgspec.Struct):
    """One file's whole content."""

    name: str
    """Of :data:`SPECIFICATIONS`."""
    attributes: dict[str, str]
    """Of the XML's root: type and version numbers."""
    fields: dict[str, Field]
    """By name."""
    components: dict[str, tuple[Part, ...]]
    messages: dict[str, MessageDefinition]
    """By MsgType (35)."""
    header: tuple[Part, ...]
    """Empty where another specification has the header (FIX 5.0: FIXT.1.1)."""
    trailer: tuple[Part, ...]


def standard(name: str) -> Specification:
    """The specification of that name as it was published."""
    packed = files("gateways.fix").joinpath("dictionaries", f"{name}.xml.gz").read_bytes()
    return parse_xml(name, gzip.decompress(packed))


def parse_xml(name: str, text: bytes | str) -> Specification:
    """Reads QuickFIX's XML format.

    Raises:
        xml.etree.ElementTree.ParseError, KeyError: it is not in that format.
    """
    root = ET.fromstring(text)  # noqa: S314 - our own package's files
    fields: dict[str, Field] = {}
    for element in root.iterfind("fields/field"):
        values = {value.attrib["enum"]: value.get("description", "") for value in element}
        field = Field(element.attrib["number"], element.attrib["name"], element.attrib["type"], values)
        fields[field.name] = field
    return Specification(
        name=name,
        attributes=dict(root.attrib),
        fields=fields,
        components={element.attrib["name"]: _parts(element) for element in root.iterfind("components/component")},
        messages={
            element.attrib["msgtype"]: MessageDefinition(
                element.attrib["msgtype"], element.attrib["name"], element.attrib["msgcat"], _parts(element)
            )
            for element in root.iterfind("messages/message")
        },
        header=_parts(root.find("header")),
        trailer=_parts(root.find("trailer")),
    )


def _parts(element: ET.Element | None) -> tuple[Part, ...]:
    return tuple(map(_part, element)) if element is not None else ()


def _part(element: ET.Element) -> Part:
    name, required = element.attrib["name"], element.get("required") == "Y"
    if element.tag == "group":
        return GroupUse(name, _parts(element), required)
    return ComponentUse(name, required) if element.tag == "component" else FieldUse(name, required)
