"""The venue's FIX messages held against tests/conformance/fix/messages.txt: tags, values, and what is required."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parents[1] / "conformance" / "fix" / "messages.txt"
_HEADER = frozenset({"8", "9", "35", "34", "49", "56", "52", "43", "97", "122", "10"})
_MULTIPLE = "18"
"""ExecInst holds several values, with spaces between them."""
_OF_AN_ENTRY = frozenset({"269", "270"})
"""Required in each entry of a group that may have none."""


class Rule(NamedTuple):
    required: bool
    values: frozenset[str]
    """Empty: any."""


@cache
def rules() -> dict[tuple[str, str], dict[str, Rule]]:
    """By version and message type: the rule of each tag."""
    found: dict[tuple[str, str], dict[str, Rule]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, fields = line.partition(": ")
        version, msg_type = name.split()
        found[version, msg_type] = dict(_rule(field) for field in fields.split())
    return found


def _rule(field: str) -> tuple[str, Rule]:
    tag, _, values = field.partition("=")
    return tag.rstrip("!"), Rule(tag.endswith("!"), frozenset(values.split(",")) if values else frozenset())


def check(begin_string: str, message: Mapping[str, str]) -> None:
    """Raises AssertionError for a tag or value that the message may not have in that version, or a missing one."""
    msg_type = message["35"]
    known = rules()[begin_string, msg_type]
    for tag, value in message.items():
        if tag in _HEADER:
            continue
        assert tag in known, f"{begin_string} has no tag {tag} in {msg_type}: {message}"
        values = known[tag].values
        given = value.split(" ") if tag == _MULTIPLE else [value]
        assert not values or values.issuperset(given), f"{begin_string} has no {tag}={value} in {msg_type}: {message}"
    missing = {tag for tag, rule in known.items() if rule.required} - message.keys()
    assert missing <= _OF_AN_ENTRY, f"{begin_string} requires {missing} in {msg_type}: {message}"
