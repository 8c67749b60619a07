"""An SBE 1.0 schema, as far as the venue's schemas use it: fixed blocks, flat groups, composites of numbers.

Sizes and offsets are in bytes. ``since`` is the first version of the schema that has an element.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

SIZES = {"char": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8}
"""Of the primitive types that a schema may use."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A primitive type, or an array of characters or bytes."""

    name: str
    primitive: str
    length: int = 1
    null: int | None = None
    """The value that stands for none; of an optional type only."""
    description: str = ""
    semantic_type: str = ""

    @property
    def size(self) -> int:
        return SIZES[self.primitive] * self.length

    @property
    def is_signed(self) -> bool:
        return self.primitive.startswith("int")

    @property
    def is_text(self) -> bool:
        return self.primitive == "char" and self.length > 1

    @property
    def is_bytes(self) -> bool:
        return self.primitive == "uint8" and self.length > 1

    @property
    def is_time(self) -> bool:
        """Nanoseconds since 1970-01-01 UTC."""
        return self.semantic_type == "UTCTimestamp"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an enumeration as the schema writes it, or the place of a bit from 0."""

    name: str
    text: str
    since: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An enum, or with ``bits`` a set."""

    name: str
    encoding: Scalar
    values: tuple[Value, ...]
    bits: bool = False
    since: int = 1
    description: str = ""

    @property
    def size(self) -> int:
        return self.encoding.size

    @property
    def is_char(self) -> bool:
        return self.encoding.primitive == "char"

    def number(self, value: Value) -> int:
        """What stands on the wire: a character's code, a number, or a bit's weight."""
        if self.bits:
            return 1 << int(value.text)
        return ord(value.text) if self.is_char else int(value.text)


@dataclass(frozen=True, slots=True)
class Composite:
    """Numbers one after the other, or one number (of one part or of a low and a high half) with a constant exponent."""

    name: str
    parts: tuple[Scalar, ...]
    exponent: int | None = None
    description: str = ""

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    @property
    def is_decimal(self) -> bool:
        return self.exponent is not None


Type = Scalar | Enumeration | Composite


@dataclass(frozen=True, slots=True)
class Field:
    """A field and its place. ``offset``: from the start of its block or group entry."""

    name: str
    tag: int
    type: Type
    offset: int
    since: int
    description: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.type.size


@dataclass(frozen=True)
class Block:
    """Fields that follow one another: a message's, or those of one entry of a group."""

    name: str
    tag: int
    """templateId of a message, FIX tag of a group's counter."""
    fields: tuple[Field, ...]
    since: int = 1
    description: str = ""

    @cached_property
    def versions(self) -> tuple[int, ...]:
        """The versions in which the block became what it is, longer each time."""
        return tuple(sorted({self.since, *(each.since for each in self.fields)}))

    @property
    def block_length(self) -> int:
        return self.fields[-1].end if self.fields else 0

    def block_length_at(self, version: int) -> int:
        """How long the block was in a version."""
        return max((each.end for each in self.fields if each.since <= version), default=0)


@dataclass(frozen=True)
class Group(Block):
    """A repeating group: its header, then its entries."""


@dataclass(frozen=True)
class Message(Block):
    """A message: its block, then its groups."""

    groups: tuple[Group, ...] = ()
    semantic_type: str = ""
    """FIX's MsgType."""

    @property
    def template_id(self) -> int:
        return self.tag


@dataclass(frozen=True)
class Schema:
    """One schema file."""

    package: str
    id: int
    version: int
    description: str
    types: tuple[Type, ...]
    """In the order of the file; the headers of messages and groups are not among them."""
    messages: tuple[Message, ...]
    by_template: dict[int, Message] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_template", {message.template_id: message for message in self.messages})

    @property
    def enumerations(self) -> Iterator[Enumeration]:
        return (each for each in self.types if isinstance(each, Enumeration))
