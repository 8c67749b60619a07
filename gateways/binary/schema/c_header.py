"""A header for C (and C++): messages as packed structs with the schema's layout, enumerations, decoding and encoding.

``preamble.h`` has what every schema shares. Names are the schema's in snake_case with the schema's prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gateways.binary.schema.model import Block, Composite, Enumeration, Group, Message, Scalar, Schema, Type

_PREAMBLE = Path(__file__).with_name("preamble.h")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GUARD_END = "#endif /* TRADEENGINE_SBE_H */"


def header(schemas: dict[str, Schema]) -> str:
    """The whole header; ``schemas`` by the prefix of their names."""
    lines = [_PREAMBLE.read_text("utf-8")]
    for prefix, schema in schemas.items():
        lines += _Names(prefix).schema(schema)
    return "\n".join(lines) + f"\n{_GUARD_END}\n"


def snake(name: str) -> str:
    """``ClOrdID`` → ``cl_ord_id``."""
    return _WORDS.sub("_", name).lower()


class _Names:
    """What is made of one schema."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def name(self, *parts: str) -> str:
        return "_".join((self._prefix, *map(snake, parts)))

    def schema(self, schema: Schema) -> Iterator[str]:
        yield f"/* ---- {schema.description}: schema {schema.id}, version {schema.version} ---- */"
        yield ""
        yield from self._constants(("schema", "id", schema.id), ("schema", "version", schema.version))
        for kind in schema.types:
            match kind:
                case Enumeration():
                    yield from self._enumeration(kind)
                case Composite() if len(kind.parts) > 1:
                    yield from self._composite(kind)
        for message in schema.messages:
            yield from self._message(schema, message)

    def _constants(self, *named: tuple[str, str, int]) -> Iterator[str]:
        values = ", ".join(f"{self.name(first, second).upper()} = {value}" for first, second, value in named)
        yield f"enum {{ {values} }};"
        yield ""

    def _enumeration(self, kind: Enumeration) -> Iterator[str]:
        yield from _comment(kind.description)
        yield f"enum {self.name(kind.name)} {{"
        for value in kind.values:
            shown = f"'{value.text}'" if kind.is_char else str(kind.number(value))
            yield f"    {self.name(kind.name, value.name).upper()} = {shown},"
        yield "};"
        yield ""

    def _composite(self, kind: Composite) -> Iterator[str]:
        yield from _comment(kind.description)
        yield f"struct {self.name(kind.name)} {{"
        for part in kind.parts:
            yield f"    {_primitive(part)} {snake(part.name)};"
        yield "} SBE_PACKED;"
        yield f"SBE_STATIC_ASSERT(sizeof(struct {self.name(kind.name)}) == {kind.size});"
        yield ""

    # ---- messages -------------------------------------------------------------------------------------------------

    def _message(self, schema: Schema, message: Message) -> Iterator[str]:
        name = self.name(message.name)
        yield from self._struct(message, name, message.description)
        constants = [f"{name.upper()}_TEMPLATE = {message.template_id}"]
        constants += [f"{name.upper()}_VERSION = {message.versions[-1]}"]
        constants += [f"{name.upper()}_LENGTH_V{at} = {message.block_length_at(at)}" for at in message.versions]
        yield f"enum {{ {', '.join(constants)} }};"
        yield from _initializer(message, name)
        first = f"{name.upper()}_LENGTH_V{message.versions[0]}"
        identity = f"{self.name('Schema', 'Id').upper()}, {name.upper()}_TEMPLATE"
        yield f"/* False: no {message.name}, or cut off. What older versions lack is as after {name}_init. */"
        yield f"static inline bool {name}_decode(struct {name} *out, const void *payload, size_t size)"
        yield "{"
        yield f"    {name}_init(out);"
        yield f"    return sbe_decode(payload, size, {identity}, {first}, out, sizeof *out);"
        yield "}"
        yield "/* Writes header and block, and says how many bytes they are. */"
        yield f"static inline size_t {name}_encode(void *payload, const struct {name} *in)"
        yield "{"
        yield f"    return sbe_encode(payload, {identity}, {name.upper()}_VERSION, in, sizeof *in);"
        yield "}"
        yield ""
        for nth, group in enumerate(message.groups):
            yield from self._group(message, group, nth)

    def _group(self, message: Message, group: Group, nth: int) -> Iterator[str]:
        name = self.name(message.name, group.name)
        yield from self._struct(group, name, group.description or f"An entry of {message.name}'s group {group.name}")
        yield from _initializer(group, name)
        yield f"/* Finds the group in a {message.name}. False: the message ends before the group does. */"
        yield f"static inline bool {name}_begin(struct sbe_group *group, const void *payload, size_t size)"
        yield "{"
        yield f"    return sbe_group_find(group, payload, size, {nth}, {group.block_length_at(group.versions[0])});"
        yield "}"
        yield "/* Takes the next entry. False: there is none. */"
        yield f"static inline bool {name}_next(struct sbe_group *group, struct {name} *out)"
        yield "{"
        yield f"    {name}_init(out);"
        yield "    return sbe_group_next(group, out, sizeof *out);"
        yield "}"
        yield f"/* Writes the group behind the first `size` bytes of a {message.name}; how many it has then. */"
        yield f"static inline size_t {name}_append(void *payload, size_t size, const struct {name} *in, uint16_t count)"
        yield "{"
        yield "    return sbe_group_append(payload, size, in, sizeof *in, count);"
        yield "}"
        yield ""

    def _struct(self, block: Block, name: str, description: str) -> Iterator[str]:
        yield from _comment(description)
        yield f"struct {name} {{"
        for field in block.fields:
            told = [_unit(field.type), field.description]
            told += [f"since version {field.since}"] if field.since > block.since else []
            comment = "; ".join(part for part in told if part)
            length = f"[{field.type.length}]" if isinstance(field.type, Scalar) and field.type.length > 1 else ""
            declared = f"    {self._c_type(field.type)} {snake(field.name)}{length};"
            yield f"{declared} /* {comment} */" if comment else declared
        yield "} SBE_PACKED;"
        yield f"SBE_STATIC_ASSERT(sizeof(struct {name}) == {block.block_length});"

    def _c_type(self, kind: Type) -> str:
        match kind:
            case Scalar():
                return _primitive(kind)
            case Enumeration():
                return _primitive(kind.encoding)
            case Composite():
                return f"struct {self.name(kind.name)}" if len(kind.parts) > 1 else _primitive(kind.parts[0])


def _initializer(block: Block, name: str) -> Iterator[str]:
    """All 0, but what has another null value."""
    yield f"static inline void {name}_init(struct {name} *out)"
    yield "{"
    yield "    memset(out, 0, sizeof *out);"
    for field in block.fields:
        null = _null(field.type)
        if null:
            yield f"    out->{snake(field.name)} = {null};"
    yield "}"


def _null(kind: Type) -> str:
    """A null value as C writes it; empty where it is 0, or where there is none."""
    scalar = kind.encoding if isinstance(kind, Enumeration) else kind.parts[0] if isinstance(kind, Composite) else kind
    if not scalar.null:
        return ""
    if scalar.null == -(2**63):
        return "INT64_MIN"
    return f"{scalar.null}{'' if scalar.is_signed else 'u'}{'ll' if scalar.size == 8 else ''}"


def _primitive(scalar: Scalar) -> str:
    return "char" if scalar.primitive == "char" else f"{scalar.primitive}_t"


def _unit(kind: Type) -> str:
    if isinstance(kind, Composite) and kind.is_decimal:
        return f"x 10^{kind.exponent}"
    if isinstance(kind, Scalar) and kind.is_time:
        return "ns since 1970-01-01 UTC"
    return f"enum {snake(kind.name)}" if isinstance(kind, Enumeration) else ""


def _comment(text: str) -> Iterator[str]:
    if text:
        yield f"/* {text} */"
