"""Reads a schema file (SBE 1.0 XML) and checks what the generators and the codec rely on.

What the venue's schemas have no use for is refused, not skipped: variable-length data, nested groups, explicit offsets,
floating point, big-endian.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

from gateways.binary.schema.model import (
    SIZES,
    Composite,
    Enumeration,
    Field,
    Group,
    Message,
    Scalar,
    Schema,
    Type,
    Value,
)

_MESSAGE = "{http://fixprotocol.io/2016/sbe}message"
_HEADERS = ("messageHeader", "groupSizeEncoding")
_HEADER_PARTS = {
    "messageHeader": ["blockLength", "templateId", "schemaId", "version"],
    "groupSizeEncoding": ["blockLength", "numInGroup"],
}
_LIMITS = {"id": 2**16 - 1, "version": 2**16 - 1, "blockLength": 2**16 - 1}


class SchemaError(ValueError):
    """A schema file says what it must not, or what this package doesn't know."""


def read(path: Path) -> Schema:
    """The schema of a file. Raises SchemaError; OSError and ``ElementTree.ParseError`` as they come."""
    return parse(path.read_text("utf-8"))


def parse(text: str) -> Schema:
    """The schema of an XML document. Raises SchemaError and ``ElementTree.ParseError``."""
    return _Reader(ElementTree.fromstring(text)).schema()  # noqa: S314 - our own file


class _Reader:
    def __init__(self, root: ElementTree.Element) -> None:
        self._root = root
        self._version = _number(root, "version")
        self._types: dict[str, Type] = {name: Scalar(name, name) for name in SIZES}

    def schema(self) -> Schema:
        root = self._root
        if root.get("byteOrder", "littleEndian") != "littleEndian":
            raise SchemaError("byteOrder: littleEndian only")
        declared = tuple(self._declare(each) for each in root.find("types") or ())
        messages = tuple(self._message(each) for each in root.findall(_MESSAGE))
        _distinct("message", (each.name for each in messages))
        _distinct("template id", (each.template_id for each in messages))
        return Schema(
            package=root.attrib["package"],
            id=_number(root, "id"),
            version=self._version,
            description=root.get("description", ""),
            types=tuple(each for each in declared if each.name not in _HEADERS),
            messages=messages,
        )

    # ---- types ----------------------------------------------------------------------------------------------------

    def _declare(self, element: ElementTree.Element) -> Type:
        name = element.attrib["name"]
        if name in self._types:
            raise SchemaError(f"type {name}: declared twice")
        match element.tag:
            case "type":
                made: Type = _scalar(element)
            case "composite":
                made = _composite(element)
            case "enum" | "set":
                made = self._enumeration(element)
            case other:
                raise SchemaError(f"{name}: a {other} is no type")
        self._types[name] = made
        return made

    def _enumeration(self, element: ElementTree.Element) -> Enumeration:
        name, encoding = element.attrib["name"], self._types.get(element.attrib["encodingType"])
        if not isinstance(encoding, Scalar) or encoding.length != 1:
            raise SchemaError(f"{name}: its encodingType is no primitive type")
        since = self._since(element, 1)
        values = tuple(
            Value(it.attrib["name"], (it.text or "").strip(), self._since(it, since), it.get("description", ""))
            for it in element
        )
        made = Enumeration(name, encoding, values, element.tag == "set", since, element.get("description", ""))
        _distinct(f"value of {name}", (made.number(value) for value in values))
        _distinct(f"value of {name}", (value.name for value in values))
        for value in values:
            if made.number(value) >= 256**made.size:
                raise SchemaError(f"{name}.{value.name}: {value.text} is too great for {encoding.primitive}")
        return made

    # ---- messages -------------------------------------------------------------------------------------------------

    def _message(self, element: ElementTree.Element) -> Message:
        name, since = element.attrib["name"], self._since(element, 1)
        groups = tuple(self._group(it, since, name) for it in element.findall("group"))
        order = [it.tag for it in element]
        if set(order) - {"field", "group"} or order != sorted(order):
            raise SchemaError(f"{name}: a message is fields, then groups")
        return Message(
            name=name,
            tag=_number(element, "id"),
            fields=self._fields(element, since, name),
            since=since,
            description=element.get("description", ""),
            groups=groups,
            semantic_type=element.get("semanticType", ""),
        )

    def _group(self, element: ElementTree.Element, since: int, message: str) -> Group:
        name = element.attrib["name"]
        if element.get("dimensionType") != "groupSizeEncoding":
            raise SchemaError(f"{message}.{name}: dimensionType must be groupSizeEncoding")
        if {it.tag for it in element} != {"field"}:
            raise SchemaError(f"{message}.{name}: a group's entry is fields")
        since = self._since(element, since)
        fields = self._fields(element, since, f"{message}.{name}")
        return Group(name, int(element.attrib["id"]), fields, since, element.get("description", ""))

    def _fields(self, block: ElementTree.Element, since: int, where: str) -> tuple[Field, ...]:
        fields: list[Field] = []
        offset = 0
        for element in block.findall("field"):
            name = element.attrib["name"]
            kind = self._types.get(element.attrib["type"])
            if kind is None:
                raise SchemaError(f"{where}.{name}: unknown type {element.attrib['type']}")
            if "offset" in element.attrib or element.get("presence") == "constant":
                raise SchemaError(f"{where}.{name}: explicit offsets and constants are not supported")
            added = self._since(element, since)
            if fields and added < fields[-1].since:
                raise SchemaError(f"{where}.{name}: stands behind a field that came later")
            fields.append(Field(name, int(element.attrib["id"]), kind, offset, added, element.get("description", "")))
            offset += kind.size
        _distinct(f"field of {where}", (each.name for each in fields))
        if offset != _number(block, "blockLength"):
            raise SchemaError(f"{where}: blockLength is {block.attrib['blockLength']}, its fields have {offset} bytes")
        return tuple(fields)

    def _since(self, element: ElementTree.Element, default: int) -> int:
        since = int(element.get("sinceVersion", default))
        if not default <= since <= self._version:
            raise SchemaError(f"{element.attrib['name']}: sinceVersion {since} of version {self._version}")
        return since


def _scalar(element: ElementTree.Element) -> Scalar:
    name, primitive = element.attrib["name"], element.attrib["primitiveType"]
    length = int(element.get("length", "1"))
    if primitive not in SIZES or (length > 1 and primitive not in ("char", "uint8")):
        raise SchemaError(f"{name}: {primitive}[{length}] is not supported")
    null = element.get("nullValue")
    if (element.get("presence") == "optional") != (null is not None):
        raise SchemaError(f"{name}: an optional type states its nullValue")
    return Scalar(
        name,
        primitive,
        length,
        None if null is None else int(null),
        element.get("description", ""),
        element.get("semanticType", ""),
    )


def _composite(element: ElementTree.Element) -> Composite:
    name = element.attrib["name"]
    if name in _HEADERS:
        parts = [(it.attrib["name"], it.attrib["primitiveType"]) for it in element]
        if parts != [(part, "uint16") for part in _HEADER_PARTS[name]]:
            raise SchemaError(f"{name}: {', '.join(_HEADER_PARTS[name])}, each uint16")
    constants = [it for it in element if it.get("presence") == "constant"]
    if [it.attrib["name"] for it in constants] not in ([], ["exponent"]):
        raise SchemaError(f"{name}: the only constant of a composite is its exponent")
    exponent = int(constants[0].text or "") if constants else None
    halves = tuple(_scalar(it) for it in element if it not in constants)
    if exponent is not None and [part.name for part in halves] not in (["mantissa"], ["low", "high"]):
        raise SchemaError(f"{name}: a decimal is a mantissa, or a low and a high half")
    return Composite(name, halves, exponent, element.get("description", ""))


def _number(element: ElementTree.Element, name: str) -> int:
    number = int(element.attrib[name])
    if not 0 <= number <= _LIMITS[name]:
        raise SchemaError(f"{name} {number}: 0 to {_LIMITS[name]}")
    return number


def _distinct(what: str, names: Iterable[object]) -> None:
    seen: set[object] = set()
    for name in names:
        if name in seen:
            raise SchemaError(f"{what} {name}: twice")
        seen.add(name)
