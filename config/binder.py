"""From a tree of texts to typed settings, by the types of the structs' fields; collects every problem on the way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast, get_args, get_origin

import msgspec

from config.document import ENV_PREFIX, Node, Scalar, Section, Sequence, first_origin, read_inline, shape
from config.errors import ConfigError, Problem
from config.kinds import MASK, Kind, Weekdays
from config.schema import field_types, kind_of

S = TypeVar("S", bound=msgspec.Struct)

_SHOWN_CHARS: Final = 60
_SERVICE_LINK = re.compile(ENV_PREFIX + r"(SERVICE_(HOST|PORT)\w*|PORT(_\d+_(TCP|UDP)\w*)?)")
"""What Kubernetes puts into every pod's environment for a Service of the name trade-engine."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` if one of the known names is close, else empty."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


class Binder:
    """Binds one tree; afterwards ``problems`` says what is wrong and ``origins`` where each given value came from."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.origins: dict[str, str] = {}

    def bind(self, cls: type[S], node: Node, path: str = "") -> S | None:
        """The struct, or None where something in it is wrong."""
        section = self._section(node, path)
        if section is None:
            return None
        types = field_types(cls)
        before = len(self.problems)
        values: dict[str, Any] = {}
        for name, child in section.entries.items():
            key = f"{path}.{name}" if path else name
            if name in types:
                values[name] = self._value(types[name], child, key)
            else:
                self._unknown(key, name, types, child)
        for field in msgspec.structs.fields(cls):
            if field.required and field.name not in section.entries:
                kind = kind_of(types[field.name])
                text = f"is missing; expected {kind.allowed}" if kind else "is missing"
                self._problem(f"{path}.{field.name}" if path else field.name, text, section.origin)
        return cls(**values) if len(self.problems) == before else None

    def _value(self, hint: Any, node: Node, path: str) -> Any:
        kind = kind_of(hint)
        if kind is not None:
            return self._scalar(kind, node, path)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.bind(hint, node, path)
        if get_origin(hint) is dict:
            return self._mapping(hint, node, path)
        return self._list(hint, node, path)

    def _scalar(self, kind: Kind, node: Node, path: str) -> object:
        if isinstance(kind, Weekdays) and isinstance(node, Sequence):
            node = _in_one(node)
        if not isinstance(node, Scalar):
            self._problem(path, f"expected {kind.allowed}, not {shape(node)}", node.origin)
            return None
        try:
            value = kind.parse(node.text)
        except ValueError:
            self._problem(path, f"{_shown(node.text, kind)} is not allowed; expected {kind.allowed}", node.origin)
            return None
        self.origins[path] = node.origin
        return value

    def _section(self, node: Node, path: str) -> Section | None:
        if isinstance(node, Section):
            return node
        if isinstance(node, Scalar) and not node.text:
            return Section({}, node.origin)
        self._problem(path or "the document", f"expected keys with values, not {shape(node)}", node.origin)
        return None

    def _list(self, hint: Any, node: Node, path: str) -> list[Any]:
        (item_hint,) = get_args(hint)
        node = self._inline(node, path)
        if isinstance(node, Scalar) and not node.text:
            node = Sequence([], node.origin)
        if not isinstance(node, Sequence):
            self._problem(path, f"expected a list, not {shape(node)}", node.origin)
            return []
        self.origins[path] = node.origin
        return [self._value(item_hint, item, f"{path}[{i}]") for i, item in enumerate(node.items)]

    def _mapping(self, hint: Any, node: Node, path: str) -> dict[str, Any]:
        key_hint, value_hint = get_args(hint)
        section = self._section(self._inline(node, path), path)
        if section is None:
            return {}
        bound: dict[str, Any] = {}
        for name, child in section.entries.items():
            self._scalar(cast(Kind, kind_of(key_hint)), Scalar(name, child.origin), f"{path}.{name}")
            bound[name] = self._value(value_hint, child, f"{path}.{name}")
        return bound

    def _inline(self, node: Node, path: str) -> Node:
        if not isinstance(node, Scalar) or not node.inline:
            return node
        try:
            return read_inline(node)
        except ConfigError as error:
            text = "; ".join(problem.text for problem in error.problems)
            self._problem(path, text, node.origin)
            return Scalar("", node.origin)

    def _unknown(self, key: str, name: str, known: Iterable[str], node: Node) -> None:
        hint = suggestion(name, known) or f"; known here: {', '.join(known)}"
        if _SERVICE_LINK.fullmatch(first_origin(node)):
            hint += " (set by Kubernetes for a Service trade-engine? enableServiceLinks: false stops it)"
        self._problem(key, f"unknown key{hint}", first_origin(node))

    def _problem(self, path: str, text: str, origin: str) -> None:
        self.problems.append(Problem(path, text, origin))


def _in_one(node: Sequence) -> Node:
    """The items of a list as one text, where all are texts."""
    texts = [item.text for item in node.items if isinstance(item, Scalar)]
    return Scalar(", ".join(texts), node.origin) if len(texts) == len(node.items) else node


def _shown(text: str, kind: Kind) -> str:
    if kind.secret:
        return MASK
    return repr(text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…")
