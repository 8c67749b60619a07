"""A dissector for Wireshark and tshark, in Lua: the schemas as tables, and ``dissector.lua``, which reads by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gateways.binary.schema.model import Block, Composite, Enumeration, Scalar, Schema, Type

_RUNTIME = Path(__file__).with_name("dissector.lua")
_MARK = "-- @schemas@\n"


def dissector(schemas: Sequence[Schema]) -> str:
    """The whole script. Raises ValueError where a field's name has one kind in one message and another in the next."""
    _one_kind_each(schemas)
    head, mark, tail = _RUNTIME.read_text("utf-8").partition(_MARK)
    if not mark:
        raise ValueError(f"{_RUNTIME.name}: no line {_MARK!r}")
    return head + "\n".join(line for schema in schemas for line in _schema(schema)) + "\n" + tail


def _schema(schema: Schema) -> Iterator[str]:
    """Types by name, then messages by template id. A field is its name, its type and its version."""
    yield "do"
    yield "    local t = {}"
    used = {field.type.name: field.type for block in _blocks(schema) for field in block.fields}
    for kind in sorted(used.values(), key=lambda each: each.name):
        yield f"    t.{kind.name} = {_type(kind)}"
    yield f"    schemas[{schema.id}] = {{ name = {_text(schema.description)}, version = {schema.version}, messages = {{"
    for message in schema.messages:
        yield f"        [{message.template_id}] = {{ name = {_text(message.name)}, fields = {{"
        yield from _fields(message, " " * 12)
        yield "        }, groups = {"
        for group in message.groups:
            yield f"            {{ name = {_text(group.name)}, since = {group.since}, fields = {{"
            yield from _fields(group, " " * 16)
            yield "            } },"
        yield "        } },"
    yield "    } }"
    yield "end"


def _fields(block: Block, indent: str) -> Iterator[str]:
    for field in block.fields:
        yield f"{indent}{{ {_text(field.name)}, t.{field.type.name}, {field.since} }},"


def _type(kind: Type) -> str:
    """What ``dissector.lua`` has to know: how to show it, its size, and its null value as decimal digits."""
    known = {"show": _text(_show(kind)), "size": str(kind.size)}
    match kind:
        case Scalar():
            null = kind.null
            known["signed"] = _flag(kind.is_signed)
        case Enumeration():
            null = kind.encoding.null
            known["char"] = _flag(kind.is_char)
            named = (f"[{_text(str(kind.number(value)))}] = {_text(value.name)}" for value in kind.values)
            known["values"] = _table(named)
            if kind.bits:
                known["bits"] = _table(f"{{ {kind.number(value)}, {_text(value.name)} }}" for value in kind.values)
        case Composite():
            null = kind.parts[-1].null if len(kind.parts) == 1 else None
            known["signed"] = _flag(kind.parts[-1].is_signed)
            if kind.exponent is not None:
                known["places"] = str(-kind.exponent)
            else:
                known["parts"] = _table(str(part.size) for part in kind.parts)
    if null is not None:
        known["null"] = _text(str(null))
    return _table(f"{key} = {value}" for key, value in known.items() if value)


def _show(kind: Type) -> str:
    match kind:
        case Composite():
            return "decimal" if kind.is_decimal else "parts"
        case Enumeration():
            return "bits" if kind.bits else "enum"
    if kind.is_time:
        return "time"
    if kind.is_text or kind.primitive == "char":
        return "text"
    return "bytes" if kind.is_bytes else "number"


def _one_kind_each(schemas: Sequence[Schema]) -> None:
    """A filter name stands for one kind of value, wherever it stands."""
    kinds: dict[str, tuple[str, bool]] = {}
    for block in (block for schema in schemas for block in _blocks(schema)):
        for field in block.fields:
            kind = _show(field.type), isinstance(field.type, Scalar) and field.type.is_signed
            if kinds.setdefault(field.name, kind) != kind:
                raise ValueError(f"{block.name}.{field.name}: {kind}, elsewhere {kinds[field.name]}")


def _blocks(schema: Schema) -> Iterator[Block]:
    for message in schema.messages:
        yield message
        yield from message.groups


def _table(items: Iterable[str]) -> str:
    return f"{{ {', '.join(items)} }}"


def _flag(value: bool) -> str:
    return "true" if value else ""


def _text(value: str) -> str:
    return json.dumps(value)
