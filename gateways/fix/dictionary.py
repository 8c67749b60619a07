"""A session's data dictionary: which fields each message may have and must have, of which types, in which groups.

A FIX 5.0 session has two specifications: FIXT.1.1 for header, trailer and the session's own messages, FIX.5.0SP2 for
all others. Messages are laid out when first asked for.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from gateways.fix.data_types import Rules
from gateways.fix.extensions import specification
from gateways.fix.specification import ComponentUse, FieldUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateways.fix.specification import GroupUse, Part, Specification

_SPECIFICATIONS = {
    "FIX.4.2": ("FIX42", "FIX42"),
    "FIX.4.4": ("FIX44", "FIX44"),
    "FIXT.1.1": ("FIXT11", "FIX50SP2"),
}
"""BeginString (8) → names of the specifications of the session's messages and of the application's."""


class Group(msgspec.Struct, frozen=True):
    """A repeating group's entry: what it may hold, and in which order."""

    delimiter: str
    """Tag of the first field of each entry."""
    members: dict[str, Group | None]
    """Tag → the group that it counts; None for a plain field."""
    places: dict[str, int]
    """Tag → its place in the entry; extensions have none and may stand anywhere after the delimiter."""
    required: tuple[str, ...]
    """Tags that each entry must have."""


class Section(msgspec.Struct, frozen=True):
    """A header, body or trailer: fields in any order."""

    members: dict[str, Group | None]
    required: tuple[str, ...]
    """In ascending order."""
    rules: Rules
    """Of all fields that the section's specification defines, in whatever message they are."""


class Dictionary:
    """What is valid in a session of one BeginString."""

    def __init__(self, begin_string: str) -> None:
        """Raises ``KeyError`` for a BeginString that the gateway does not speak."""
        session, application = map(specification, _SPECIFICATIONS[begin_string])
        self.begin_string = begin_string
        self._session = session
        self._application = application
        self._rules = {spec.name: Rules(spec.fields.values()) for spec in (session, application)}
        self._bodies: dict[str, Section | None] = {}
        self.header = self._section(session, session.header)
        self.trailer = self._section(session, session.trailer)

    def body(self, msg_type: str) -> Section | None:
        """The body of a message; None for a MsgType (35) that the version does not define."""
        try:
            return self._bodies[msg_type]
        except KeyError:
            pass
        for spec in (self._session, self._application):
            message = spec.messages.get(msg_type)
            if message is not None:
                body = self._bodies[msg_type] = self._section(spec, message.parts)
                return body
        return None

    @property
    def msg_types(self) -> frozenset[str]:
        """Every MsgType that the version defines, extensions included."""
        return frozenset(self._session.messages) | frozenset(self._application.messages)

    def _section(self, spec: Specification, parts: tuple[Part, ...]) -> Section:
        members: dict[str, Group | None] = {}
        required: set[str] = set()
        for part, needed in _flat(spec, parts):
            tag = spec.fields[part.name].tag
            if tag not in members:
                members[tag] = None if isinstance(part, FieldUse) else _group(spec, part.parts)
                if needed:
                    required.add(tag)
        return Section(members, tuple(sorted(required, key=int)), self._rules[spec.name])


@cache
def dictionary_for(begin_string: str) -> Dictionary:
    """The dictionary of the sessions of a BeginString (8); read once.

    Raises:
        KeyError: a BeginString that the gateway does not speak.
    """
    return Dictionary(begin_string)


def _flat(
    spec: Specification, parts: tuple[Part, ...], needed: bool = True
) -> Iterator[tuple[FieldUse | GroupUse, bool]]:
    """Fields and groups in order, components spelt out, and whether each is required: all around it must be too."""
    for part in parts:
        if isinstance(part, ComponentUse):
            yield from _flat(spec, spec.components[part.name], needed and part.required)
        else:
            yield part, needed and part.required


def _group(spec: Specification, parts: tuple[Part, ...]) -> Group:
    members: dict[str, Group | None] = {}
    places: dict[str, int] = {}
    required: list[str] = []
    for part, needed in _flat(spec, parts):
        tag = spec.fields[part.name].tag
        if tag in members:
            continue
        members[tag] = None if isinstance(part, FieldUse) else _group(spec, part.parts)
        if not part.extension:
            places[tag] = len(places)
        if needed:
            required.append(tag)
    return Group(next(iter(members)), members, places, tuple(required))
