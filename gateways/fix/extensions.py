"""The venue's extensions to a FIX version: what it understands or sends beyond what the version's specification has.

``dictionaries/extensions.toml`` says what they are. A specification gets what it lacks and keeps what it has, so that
one list serves all versions.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from gateways.fix.specification import (
    APP,
    ComponentUse,
    Field,
    FieldUse,
    GroupUse,
    MessageDefinition,
    Specification,
    standard,
)

if TYPE_CHECKING:
    from gateways.fix.specification import Part


class AddedMessage(msgspec.Struct, forbid_unknown_fields=True):
    """A message for versions that lack it. Its parts are tags, ``*`` after those that it requires."""

    name: str
    specifications: list[str]
    parts: list[str]


class AddedField(msgspec.Struct, forbid_unknown_fields=True):
    """A field for versions that lack it."""

    name: str
    type: str
    values: dict[str, str] = {}


class Extensions(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file. Tags are text."""

    fields: dict[str, AddedField]
    groups: dict[str, list[str]]
    """Count's tag → tags of the members, the delimiter first."""
    types: dict[str, str]
    """Tag → the data type that the standard's values and ours together have."""
    values: dict[str, dict[str, str]]
    """Tag → more values and what they stand for."""
    messages: dict[str, AddedMessage]
    """By MsgType."""
    members: dict[str, list[str]]
    """MsgTypes, or ``MsgType/count's tag`` for one of its groups, with spaces between → tags of optional fields and
    groups."""


@cache
def extensions() -> Extensions:
    text = files("gateways.fix").joinpath("dictionaries", "extensions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Extensions)


@cache
def specification(name: str) -> Specification:
    """The specification of that name with the extensions. Shared: do not change it."""
    spec = standard(name)
    _Extender(spec, extensions()).extend()
    return spec


class _Extender:
    """Adds extensions to one specification, in place."""

    def __init__(self, spec: Specification, added: Extensions) -> None:
        self._spec = spec
        self._added = added
        self._by_tag = {field.tag: field for field in spec.fields.values()}

    def extend(self) -> None:
        added = self._added
        for tag, kind in added.types.items():
            if tag in self._by_tag:
                self._by_tag[tag].type = kind
        for tag, values in added.values.items():
            field = self._by_tag.get(tag)
            if field is not None and field.values:
                field.values = values | field.values
        for msg_type, message in added.messages.items():
            if self._spec.name in message.specifications:
                parts = tuple(self._part(tag.rstrip("*"), required=tag.endswith("*")) for tag in message.parts)
                self._spec.messages[msg_type] = MessageDefinition(msg_type, message.name, APP, parts)
                self._by_tag["35"].values[msg_type] = message.name
        for places, tags in added.members.items():
            for place in places.split():
                self._add_members(place, tags)

    def _field(self, tag: str) -> Field:
        """The field of that tag, added if the specification lacks it."""
        field = self._by_tag.get(tag)
        if field is None:
            about = self._added.fields[tag]
            values = self._added.values.get(tag, {}) | about.values if about.values else {}
            field = Field(tag, about.name, about.type, values)
            self._by_tag[tag] = self._spec.fields[field.name] = field
        return field

    def _part(self, tag: str, *, required: bool = False) -> Part:
        name = self._field(tag).name
        members = self._added.groups.get(tag)
        if members is None:
            return FieldUse(name, required, extension=True)
        return GroupUse(name, tuple(map(self._part, members)), required, extension=True)

    def _add_members(self, place: str, tags: list[str]) -> None:
        msg_type, _, count_tag = place.partition("/")
        message = self._spec.messages.get(msg_type)
        if message is None:
            return
        if not count_tag:
            message.parts = self._with(message.parts, tags)
            return
        message.parts = self._into_group(message.parts, self._field(count_tag).name, tags)

    def _with(self, parts: tuple[Part, ...], tags: list[str]) -> tuple[Part, ...]:
        there = {self._spec.fields[name].tag for name in self._names(parts)}
        return parts + tuple(self._part(tag) for tag in tags if tag not in there)

    def _names(self, parts: tuple[Part, ...]) -> list[str]:
        """Names of the fields and groups among ``parts``, those of components included."""
        names: list[str] = []
        for part in parts:
            if isinstance(part, ComponentUse):
                names += self._names(self._spec.components[part.name])
            else:
                names.append(part.name)
        return names

    def _into_group(self, parts: tuple[Part, ...], group: str, tags: list[str]) -> tuple[Part, ...]:
        """``parts`` with more members in a group; a component that has it is spelt out."""
        made: list[Part] = []
        for part in parts:
            if isinstance(part, GroupUse) and part.name == group:
                made.append(msgspec.structs.replace(part, parts=self._with(part.parts, tags)))
            elif isinstance(part, ComponentUse) and group in self._names(self._spec.components[part.name]):
                made += self._into_group(self._spec.components[part.name], group, tags)
            else:
                made.append(part)
        return tuple(made)
