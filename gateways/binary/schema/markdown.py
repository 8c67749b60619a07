"""A schema's messages and enumerations as Markdown: a table of bytes for each block and group."""

from __future__ import annotations

from collections.abc import Iterator

from gateways.binary.schema.model import Block, Composite, Enumeration, Field, Message, Scalar, Schema, Type

_INLINE_MAX = 4
"""Enumerations with more values than these are told once, at the end."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def reference(schema: Schema, title: str, introduction: str, directions: dict[range, str]) -> str:
    """The whole document.

    Args:
        introduction: Markdown between the title and the list of messages.
        directions: template ids → who sends such a message, and in which packet.
    """
    lines = [f"# {title}", "", introduction, ""]
    lines += ["| Id | Message | From, in | Length | Since | |", "|---:|---|---|---:|---:|---|"]
    for message in schema.messages:
        name = f"[{message.name}](#{_anchor(message)})"
        way = _direction(message, directions)
        told = f"{_lengths(message)} | {message.since} | {message.description}"
        lines.append(f"| {message.template_id} | {name} | {way} | {told} |")
    for message in schema.messages:
        lines += ["", *_message(message, directions)]
    lines += ["", "## Enumerations", ""]
    for enumeration in schema.enumerations:
        lines += _enumeration(enumeration, _first_use(schema, enumeration))
    return "\n".join(lines) + "\n"


def type_name(kind: Type) -> str:
    """A type as the tables name it, e.g. ``int64 × 10⁻⁸``."""
    match kind:
        case Scalar(length=1):
            return kind.primitive
        case Scalar():
            return f"{kind.primitive}[{kind.length}]"
        case Enumeration(bits=True):
            return f"{kind.encoding.primitive}, bits"
        case Enumeration():
            return kind.encoding.primitive
        case Composite():
            parts = [part.primitive for part in kind.parts]
            if len(parts) == 1:
                told = parts[0]
            elif kind.is_decimal:
                told = "int128"
            else:
                told = ", ".join(f"{part.name} {part.primitive}" for part in kind.parts)
            return f"{told} × 10{str(kind.exponent).translate(_SUPERSCRIPT)}" if kind.is_decimal else told


def _message(message: Message, directions: dict[range, str]) -> Iterator[str]:
    yield f"## {message.template_id} {message.name}"
    yield ""
    told = f" {message.description}." if message.description else ""
    since = f", since version {message.since}" if message.since > 1 else ""
    yield f"{_direction(message, directions)}; block of {_lengths(message)} bytes{since}.{told}"
    yield ""
    yield from _table(message)
    for group in message.groups:
        yield ""
        told = f" {group.description}." if group.description else ""
        yield (
            f"Then the group {group.name} (tag {group.tag}): `uint16` length of an entry ({_lengths(group)}), `uint16` "
            f"number of entries, and each entry:{told}"
        )
        yield ""
        yield from _table(group)


def _table(block: Block) -> Iterator[str]:
    yield "| Offset | Length | Type | Name | Tag | Since | Meaning |"
    yield "|---:|---:|---|---|---:|---:|---|"
    for field in block.fields:
        place = f"{field.offset} | {field.type.size} | {type_name(field.type)}"
        yield f"| {place} | {field.name} | {field.tag} | {field.since} | {_meaning(field)} |"


def _meaning(field: Field) -> str:
    parts = [field.description]
    kind = field.type
    if isinstance(kind, Enumeration):
        if len(kind.values) > _INLINE_MAX:
            parts.append(f"[{kind.name}](#{kind.name.lower()})")
        else:
            parts.append(_values(kind, ", "))
            if not field.description:
                parts.append(kind.description or _absent(kind))
    elif not field.description and (not isinstance(kind, Composite) or not kind.is_decimal):
        parts.append(kind.description)
    return "; ".join(part.replace("|", "\\|") for part in parts if part)


def _first_use(schema: Schema, enumeration: Enumeration) -> int:
    """The version that brought an enumeration: a schema need not say so, as it stands nowhere before."""
    blocks = (block for message in schema.messages for block in (message, *message.groups))
    uses = [field.since for block in blocks for field in block.fields if field.type == enumeration]
    return max(enumeration.since, min(uses, default=1))


def _enumeration(enumeration: Enumeration, since: int) -> Iterator[str]:
    yield f"### {enumeration.name}"
    yield ""
    told = [f"`{enumeration.encoding.primitive}`" + (", a set of bits" if enumeration.bits else "")]
    told += [enumeration.description or _absent(enumeration)]
    yield ". ".join(part for part in told if part) + "."
    yield ""
    yield "| Value | Name | Since | |"
    yield "|---:|---|---:|---|"
    for value in enumeration.values:
        yield f"| {_shown(enumeration, value.text)} | {value.name} | {max(since, value.since)} | {value.description} |"
    yield ""


def _values(enumeration: Enumeration, between: str) -> str:
    return between.join(f"{_shown(enumeration, value.text)} {value.name}" for value in enumeration.values)


def _shown(enumeration: Enumeration, text: str) -> str:
    return f"`{1 << int(text)}`" if enumeration.bits else f"`{text}`"


def _absent(enumeration: Enumeration) -> str:
    if enumeration.encoding.null is None:
        return ""
    return "NUL = none" if enumeration.is_char else f"{enumeration.encoding.null} = none"


def _lengths(block: Block) -> str:
    """A block's length, and how long it was in the versions before it was extended."""
    told = str(block.block_length)
    earlier = [f"{block.block_length_at(version)} in version {version}" for version in reversed(block.versions[:-1])]
    return f"{told} ({', '.join(earlier)})" if earlier else told


def _direction(message: Message, directions: dict[range, str]) -> str:
    return next(told for ids, told in directions.items() if message.template_id in ids)


def _anchor(message: Message) -> str:
    return f"{message.template_id}-{message.name.lower()}"
