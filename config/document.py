"""Where settings come from: YAML text, environment variables and flags, each read into one tree of texts.

Scalars keep their text exactly: ``0.01`` is never a float, ``17:00`` no number in base 60, ``NO`` no boolean. What a
text means is decided by the setting that it is given to. Every node knows its origin, for messages and ``config show``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, Final, TypeAlias

import msgspec
import yaml

from config.errors import ConfigError, Problem

ENV_PREFIX: Final = "TRADE_ENGINE_"
ENV_NESTING: Final = "__"
_TAGS: Final = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
DEPTH_MAX: Final = 16
"""How deep a document may nest, so that an alias to itself ends."""


class Scalar(msgspec.Struct, frozen=True):
    """A text; ``inline`` if it comes from where only text can be given, so that YAML in it may stand for a list."""

    text: str
    origin: str
    inline: bool = False


class Sequence(msgspec.Struct, frozen=True):
    items: list[Node]
    origin: str


class Section(msgspec.Struct, frozen=True):
    """A mapping, in the order of its source."""

    entries: dict[str, Node]
    origin: str


Node: TypeAlias = Scalar | Sequence | Section


def read_yaml(text: str | bytes, source: str) -> Node:
    """The tree of one YAML document; an empty one is an empty scalar.

    Args:
        text: the document.
        source: its name for origins, e.g. ``demo.yaml``.

    Raises:
        ConfigError: not YAML, a key given twice, a tag, or nested beyond :data:`DEPTH_MAX`.
    """
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError([_syntax_problem(error, source)]) from None
    if root is None:
        return Scalar("", source)
    problems: list[Problem] = []
    node = _from_yaml(root, source, 0, problems)
    if problems:
        raise ConfigError(problems)
    return node


def _syntax_problem(error: Exception, source: str) -> Problem:
    """Says where, without the line's text, which may hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return Problem(source, f"is not valid YAML: {error.problem}", f"line {mark.line + 1}, column {mark.column + 1}")
    if isinstance(error, RecursionError):
        return Problem(source, "is nested too deeply")
    return Problem(source, "is not valid YAML: not UTF-8 text, or with control characters")


def _from_yaml(node: yaml.Node, source: str, depth: int, problems: list[Problem]) -> Node:
    origin = f"{source} line {node.start_mark.line + 1}"
    if depth > DEPTH_MAX or node.tag not in _TAGS:
        fault = "nested too deeply" if depth > DEPTH_MAX else f"the tag {node.tag} has no meaning here"
        problems.append(Problem(source, fault, origin))
        return Scalar("", origin)
    if isinstance(node, yaml.ScalarNode):
        return Scalar(node.value, origin)
    if isinstance(node, yaml.SequenceNode):
        return Sequence([_from_yaml(item, source, depth + 1, problems) for item in node.value], origin)
    entries: dict[str, Node] = {}
    for key_node, value_node in node.value:
        where = f"{source} line {key_node.start_mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(source, "a key must be text", where))
        elif key_node.value in entries:
            problems.append(Problem(source, f"the key {key_node.value!r} is given twice", where))
        else:
            entries[key_node.value] = _from_yaml(value_node, source, depth + 1, problems)
    return Section(entries, origin)


def read_inline(scalar: Scalar) -> Node:
    """The YAML (or JSON) that an inline scalar holds, with the scalar's own origin.

    Raises:
        ConfigError: as :func:`read_yaml`.
    """
    return _with_origin(read_yaml(scalar.text, scalar.origin), scalar.origin)


def _with_origin(node: Node, origin: str) -> Node:
    if isinstance(node, Scalar):
        return Scalar(node.text, origin)
    if isinstance(node, Sequence):
        return Sequence([_with_origin(item, origin) for item in node.items], origin)
    return Section({key: _with_origin(value, origin) for key, value in node.entries.items()}, origin)


def read_environment(environ: Mapping[str, str]) -> Section:
    """The variables that begin with ``TRADE_ENGINE_``: ``TRADE_ENGINE_FIX__PORT`` is the setting ``fix.port``.

    Raises:
        ConfigError: a variable for a section beside variables for its keys.
    """
    names = sorted(name for name in environ if name.startswith(ENV_PREFIX))
    given = (
        (name.removeprefix(ENV_PREFIX).lower().split(ENV_NESTING), Scalar(environ[name], name, inline=True))
        for name in names
    )
    return _nest(given, "environment")


def read_flags(flags: Mapping[str, object]) -> Section:
    """Dotted keys with values: texts, numbers, booleans, paths, lists of these; a flag that is None was not given.

    Raises:
        ConfigError: a flag for a section beside flags for its keys.
    """
    origin = "command line"
    given = ((key.split("."), _from_value(value, origin)) for key, value in flags.items() if value is not None)
    return _nest(given, origin)


def _from_value(value: object, origin: str) -> Node:
    if isinstance(value, str | PurePath):
        return Scalar(str(value), origin, inline=True)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), origin)
    if isinstance(value, Mapping):
        return Section({str(key): _from_value(item, origin) for key, item in value.items()}, origin)
    if isinstance(value, Iterable):
        return Sequence([_from_value(item, origin) for item in value], origin)
    return Scalar(str(value), origin)


def _nest(given: Iterable[tuple[list[str], Node]], origin: str) -> Section:
    """A tree of the paths with their values."""
    root = Section({}, origin)
    problems: list[Problem] = []
    for path, value in given:
        section = root
        for name in path[:-1]:
            inner = section.entries.setdefault(name, Section({}, value.origin))
            if not isinstance(inner, Section):
                break
            section = inner
        else:
            if path[-1] not in section.entries:
                section.entries[path[-1]] = value
                continue
        problems.append(Problem(".".join(path), "is given twice, once as a whole and once by its parts", value.origin))
    if problems:
        raise ConfigError(problems)
    return root


def overlay(base: Node, over: Node, path: str = "") -> Node:
    """``over`` laid over ``base``: sections are merged key by key, everything else is replaced.

    Raises:
        ConfigError: one of them is a section where the other is none, so that one of them must be wrong.
    """
    if _is_empty(over) and isinstance(base, Section):
        return base  # a heading with nothing under it takes nothing away
    if _is_empty(base) and isinstance(over, Section):
        return over
    if isinstance(base, Section) and isinstance(over, Section):
        merged = dict(base.entries)
        for key, value in over.entries.items():
            inner = f"{path}.{key}" if path else key
            merged[key] = overlay(merged[key], value, inner) if key in merged else value
        return Section(merged, over.origin)
    if isinstance(base, Section) or isinstance(over, Section):
        text = f"is {shape(over)}, but {shape(base)} in {first_origin(base)}"
        raise ConfigError([Problem(path or "the document", text, first_origin(over))])
    return over


def plain(node: Node) -> Any:
    """The tree as dicts, lists and texts."""
    if isinstance(node, Section):
        return {key: plain(value) for key, value in node.entries.items()}
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else node.text


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text


def shape(node: Node) -> str:
    """What a node is, for a message; never its text, which may be a secret."""
    if isinstance(node, Scalar):
        return "a single value"
    return "a list" if isinstance(node, Sequence) else "keys with values"


def first_origin(node: Node) -> str:
    """Where the node was first spoken of: sections from the environment have no place of their own."""
    if isinstance(node, Section) and node.entries:
        return first_origin(next(iter(node.entries.values())))
    return node.origin
