"""Which tags carry raw data, and which may stand more than once: repeating groups (FIX 4.4 vol. 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.fix.dictionary import dictionary_for

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from gateways.fix.codec import Message
    from gateways.fix.dictionary import Group

DATA_LENGTH_TAG = {
    "96": "95",
    "89": "93",
    "91": "90",
    "213": "212",
    "349": "348",
    "351": "350",
    "353": "352",
    "355": "354",
    "357": "356",
    "359": "358",
    "361": "360",
    "363": "362",
    "365": "364",
    "446": "445",
    "619": "618",
    "622": "621",
}
"""A data field's tag → the tag of its length, which stands just before it."""

LENGTH_TAGS = frozenset(DATA_LENGTH_TAG.values())

_PARTY = {"448", "447", "452", "802", "523", "803"}
_INSTRUMENT = {"55", "65", "48", "22", "454", "455", "456", "460", "461", "167", "200", "541", "202", "206", "207"}

_LEG = {
    *{"11", "526", "67", "583", "160", "1", "660", "581", "63", "64", "21", "18", "110", "111", "100", "81", "140"},
    *{"54", "401", "114", "60", "854", "38", "152", "516", "40", "423", "44", "99", "15", "376", "377", "23", "117"},
    *{"59", "168", "432", "126", "427", "12", "13", "528", "529", "582", "121", "120", "58", "77", "203", "204", "210"},
    *{"211", "835", "836", "837", "838", "840", "388", "389", "494", "109", "76", "47", "439", "440", "453", "454"},
    *{"78", "386", "1083", "1084", "1085", "1086", "1094", "1100", "1101", "1102", "1107", "1109", "1138", "2964"},
    *{"7001", "7002"},
}
"""An order of a NewOrderList: what a NewOrderSingle may say, beside what names it in the list."""

GROUPS: dict[str, frozenset[str]] = {
    "73": frozenset(_LEG | _INSTRUMENT | _PARTY | {"79", "661", "736", "467", "80", "539", "336", "625"}),
    "453": frozenset(_PARTY),
    "146": frozenset(_INSTRUMENT | {"107", "15", "711", "555"}),
    "267": frozenset({"269"}),
    "78": frozenset({"79", "661", "736", "467", "80", "539"}),
    "386": frozenset({"336", "625"}),
    "454": frozenset({"455", "456"}),
    "232": frozenset({"233", "234"}),
    "627": frozenset({"628", "629", "630"}),
    "382": frozenset({"375", "337", "437", "438", "655"}),
    "384": frozenset({"372", "385"}),
    "552": frozenset({"54", "11", "1", "38", "526", "583", "77", "453", "58"} | _PARTY),
    "555": frozenset(
        {"600", "602", "603", "608", "609", "610", "611", "612", "616", "623", "624", "654", "566", "587"}
    ),
}
"""The tag of a group's count → the tags that the group may repeat."""


def may_repeat(tag: str, fields: Container[str]) -> bool:
    """Whether a group that has begun lets ``tag`` stand again."""
    return any(tag in members and count in fields for count, members in GROUPS.items())


def entries(pairs: list[list[str]], count_tag: str, first_tag: str) -> Iterator[dict[str, str]]:
    """A group's entries in order: each starts with ``first_tag`` and takes the group's tags that follow it."""
    members = GROUPS[count_tag]
    entry: dict[str, str] | None = None
    inside = False
    for tag, value in pairs:
        if tag == count_tag:
            inside = True
        elif inside and tag == first_tag:
            if entry is not None:
                yield entry
            entry = {tag: value}
        elif inside and entry is not None and tag in members:
            entry[tag] = value
        elif inside:
            break
    if entry is not None:
        yield entry


# ---- groups as the dictionary has them ------------------------------------------------------------------------------


class Entry(dict[str, str]):
    """One entry of a repeating group: tag → value, nested groups' counts included."""

    __slots__ = ("groups",)

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[str, list[Entry]] = {}
        """Nested groups by the tag of their count."""

    def group(self, count_tag: str) -> list[Entry]:
        """A nested group's entries; empty where the entry has no such group."""
        return self.groups.get(count_tag, [])


def group_of(message: Message, count_tag: str) -> list[Entry]:
    """The entries of a repeating group in the body of a message that the dictionary finds nothing wrong with.

    Empty where the message has no such group, or its count is 0. A field that the dictionary does not define for the
    message, where a session's setting lets it pass, is in the entry that it stands in.

    Raises:
        KeyError: the version's message has no group that ``count_tag`` counts.
    """
    fields = message.fields
    body = dictionary_for(fields["8"]).body(fields["35"])
    group = body.members[count_tag] if body is not None else None
    if body is None or group is None:
        raise KeyError(count_tag)
    if count_tag not in fields:
        return []
    pairs = message.pairs
    at = next(place for place, pair in enumerate(pairs) if pair[0] == count_tag)
    return _read(pairs, at + 1, group, (body.members,))[0]


def _read(pairs: list[list[str]], at: int, group: Group, around: tuple[Container[str], ...]) -> tuple[list[Entry], int]:
    """A group's entries from ``at`` on, and where the first field stands that is not of them. Linear: groups nest a
    few levels deep, and each field is read once."""
    found: list[Entry] = []
    entry: Entry | None = None
    while at < len(pairs):
        tag, value = pairs[at]
        if tag == group.delimiter:
            entry = Entry()
            found.append(entry)
        elif entry is None or (tag not in group.members and any(tag in members for members in around)):
            break
        entry[tag] = value
        at += 1
        nested = group.members.get(tag)
        if nested is not None:
            entry.groups[tag], at = _read(pairs, at, nested, (*around, group.members))
    return found, at
