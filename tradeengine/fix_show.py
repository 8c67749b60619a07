"""Decoded FIX messages as text: a block with one line for each field, or one line for each message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tradeengine.fix_decode import DecodedField, DecodedMessage

_TAG_WIDTH: Final = 5
_NAME_WIDTH: Final = 24
_UNKNOWN: Final = "(unknown tag)"
_NOT_IN_COMPACT: Final = frozenset({"8", "9", "35", "34", "49", "56", "52", "10"})
"""What the head of a line tells, or what only a fault makes interesting."""


def block(message: DecodedMessage) -> str:
    """Several lines, the last of them empty."""
    lines = [head(message), *map(_field_line, message.fields), *(f"  ! {fault}" for fault in message.faults), ""]
    return "\n".join(lines)


def compact(message: DecodedMessage) -> str:
    """One line."""
    return "  ".join([head(message), " ".join(_pairs(message)), *(f"! {fault}" for fault in message.faults)])


def raw(message: DecodedMessage) -> str:
    """As logs write it, ``35=D|11=…``, with its secrets masked."""
    return "|".join(f"{field.tag}={field.value}" if field.tag else field.value for field in message.fields)


def head(message: DecodedMessage) -> str:
    """Where it is, what it is, and from whom to whom."""
    kind = f"{message.name} ({message.msg_type})" if message.name else f"MsgType {message.msg_type or 'missing'}"
    parts = [f"line {message.line}", message.first("52"), kind, message.begin_string]
    sender, target, number = message.first("49"), message.first("56"), message.first("34")
    if sender or target:
        parts.append(f"{sender or '?'} > {target or '?'}")
    if number:
        parts.append(f"#{number}")
    if message.first("43") == "Y":
        parts.append("PossDup")
    if message.first("97") == "Y":
        parts.append("PossResend")
    return "  ".join(filter(None, parts))


def _field_line(field: DecodedField) -> str:
    indent = "    " * field.depth
    mark = "- " if field.is_first else "  "
    if not field.tag:
        return f"  {indent}{'?':>{_TAG_WIDTH}} {'(no tag=value)':<{_NAME_WIDTH}} {field.value}".rstrip()
    value = f"{field.value} = {field.meaning}" if field.meaning else field.value
    return f"{indent}{mark}{field.tag:>{_TAG_WIDTH}} {field.name or _UNKNOWN:<{_NAME_WIDTH}} {value}".rstrip()


def _pairs(message: DecodedMessage) -> Iterator[str]:
    for field in message.fields:
        if field.tag not in _NOT_IN_COMPACT:
            yield f"{field.name or field.tag or '?'}={field.meaning or field.value}"
