"""The venue's data dictionaries in QuickFIX's XML format: the standard's with its extensions, for what it serves.

``python -m gateways.fix.dictionary_xml [FOLDER]`` writes them, by default to ``docs/fix/dictionaries``. A broker's
engine loads them in place of its own; messages that they leave out the venue neither serves nor sends.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from gateways.fix.extensions import specification
from gateways.fix.specification import SPECIFICATIONS, ComponentUse, FieldUse, GroupUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateways.fix.specification import Part, Specification

_SESSION = ("0", "1", "2", "3", "4", "5", "A")
_ORDERS = ("D", "E", "F", "G", "H", "AF", "K", "L", "M", "N", "q", "s", "8", "9", "r", "j")
_MARKET_DATA = ("V", "W", "X", "Y", "x", "y", "c", "d", "e", "f", "g", "h")
_TRADES_AND_USERS = ("AD", "AE", "AQ", "AR", "BE", "BF")
MSG_TYPES: Final = frozenset((*_SESSION, *_ORDERS, *_MARKET_DATA, *_TRADES_AND_USERS))
"""What the venue serves or sends, each in the versions that have it."""

FOLDER: Final = Path(__file__).parents[2] / "docs" / "fix" / "dictionaries"
_HEAD: Final = """\
<!-- What the venue accepts and sends: {name} and the venue's extensions, in the format of QuickFIX.
     Made by "python -m gateways.fix.dictionary_xml" from QuickFIX's specification files.
     This product includes software developed by quickfixengine.org (http://www.quickfixengine.org/). -->
"""


def file_name(name: str) -> str:
    """The file of a specification."""
    return f"TRADEENGINE-{name}.xml"


def dictionary_xml(name: str) -> str:
    """The dictionary of one of :data:`gateways.fix.specification.SPECIFICATIONS`."""
    spec = specification(name)
    messages = [message for message in spec.messages.values() if message.msg_type in MSG_TYPES]
    roots = [spec.header, spec.trailer, *(message.parts for message in messages)]
    components = _components(spec, roots)
    names = {name for parts in (*roots, *map(spec.components.__getitem__, components)) for name in _field_names(parts)}
    lines = [_HEAD.format(name=name) + _tag("fix", spec.attributes)]
    lines += _section("header", spec.header)
    lines.append(" <messages>")
    for message in messages:
        opening = {"name": message.name, "msgtype": message.msg_type, "msgcat": message.category}
        lines += _element(2, "message", opening, _parts(3, message.parts))
    lines.append(" </messages>")
    lines += _section("trailer", spec.trailer)
    lines.append(" <components>")
    for component in components:
        lines += _element(2, "component", {"name": component}, _parts(3, spec.components[component]))
    lines.append(" </components>")
    lines.append(" <fields>")
    lines += _fields(spec, names)
    lines += [" </fields>", "</fix>"]
    return "\n".join(lines) + "\n"


def _components(spec: Specification, roots: Iterable[tuple[Part, ...]]) -> list[str]:
    """Names of the components that are used, directly or by others, in alphabetical order."""
    found: set[str] = set()
    todo = [part for parts in roots for part in parts]
    while todo:
        part = todo.pop()
        if isinstance(part, GroupUse):
            todo += part.parts
        elif isinstance(part, ComponentUse) and part.name not in found:
            found.add(part.name)
            todo += spec.components[part.name]
    return sorted(found)


def _field_names(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if not isinstance(part, ComponentUse):
            yield part.name
        if isinstance(part, GroupUse):
            yield from _field_names(part.parts)


def _fields(spec: Specification, names: set[str]) -> Iterator[str]:
    for field in sorted((spec.fields[name] for name in names), key=lambda field: int(field.tag)):
        values = [
            _tag("value", {"enum": value, "description": meaning}, 3, closed=True)
            for value, meaning in field.values.items()
        ]
        yield from _element(2, "field", {"number": field.tag, "name": field.name, "type": field.type}, values)


def _section(name: str, parts: tuple[Part, ...]) -> Iterator[str]:
    yield from _element(1, name, {}, _parts(2, parts))


def _parts(depth: int, parts: Iterable[Part]) -> list[str]:
    lines: list[str] = []
    for part in parts:
        kind = "field" if isinstance(part, FieldUse) else "group" if isinstance(part, GroupUse) else "component"
        attributes = {"name": part.name, "required": "Y" if part.required else "N"}
        inside = _parts(depth + 1, part.parts) if isinstance(part, GroupUse) else []
        lines += _element(depth, kind, attributes, inside)
    return lines


def _element(depth: int, name: str, attributes: dict[str, str], inside: list[str]) -> Iterator[str]:
    yield _tag(name, attributes, depth, closed=not inside)
    if inside:
        yield from inside
        yield f"{' ' * depth}</{name}>"


def _tag(element: str, attributes: dict[str, str], depth: int = 0, *, closed: bool = False) -> str:
    text = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"{' ' * depth}<{element}{text}{'/' if closed else ''}>"


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in SPECIFICATIONS:
        folder.joinpath(file_name(name)).write_text(dictionary_xml(name), "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
