"""What a settings struct's fields are, read from their types."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec

from config.kinds import MASK, Choice, Kind, Member, Switch


@cache
def field_types(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """A settings struct's fields in order, with their types, ``Annotated`` kept."""
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in msgspec.structs.fields(cls)}


@cache
def kind_of(hint: Any) -> Kind | None:
    """The kind of a scalar's type; None for lists, mappings and structs."""
    if get_origin(hint) is Annotated:
        return next((cast(Kind, item) for item in hint.__metadata__ if hasattr(item, "parse")), None)
    if get_origin(hint) is Literal:
        return Choice(get_args(hint))
    if hint is bool:
        return Switch()
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return Member(hint)
    return None


class Discreet(msgspec.Struct, frozen=True):
    """A struct whose ``repr``, and so that of every struct it is in, tells none of its secrets."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._shown())})"

    def _shown(self) -> Iterator[str]:
        for name, hint in field_types(type(self)).items():
            value, kind = getattr(self, name), kind_of(hint)
            if kind is None and get_origin(hint) is list:
                kind = kind_of(get_args(hint)[0])
            yield f"{name}={MASK if value and kind and kind.secret else repr(value)}"
