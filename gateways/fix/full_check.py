"""One message against the dictionary, field by field: which rule it breaks first. Linear in the message's size.

The order of the rules is QuickFIX's (``DataDictionary::validate``): fields out of their section; a required field that
is missing; then what is wrong with a field by itself, the header's fields before the trailer's before the body's; and
what is inside repeating groups at last, so that a wrong count is told as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateways.fix.codec import Fault

if TYPE_CHECKING:
    from collections.abc import Container

    from gateways.fix.data_types import Check
    from gateways.fix.dictionary import Dictionary, Group, Section

INVALID_TAG, MISSING, NOT_DEFINED, WITHOUT_A_VALUE, INCORRECT, FORMAT = 0, 1, 2, 4, 5, 6
MORE_THAN_ONCE, OUT_OF_ORDER, GROUP_OUT_OF_ORDER, WRONG_COUNT = 13, 14, 15, 16
"""SessionRejectReason (373)."""
TEXTS: Final = {
    INVALID_TAG: "Invalid tag number",
    MISSING: "Required tag missing",
    NOT_DEFINED: "Tag not defined for this message type",
    WITHOUT_A_VALUE: "Tag specified without a value",
    INCORRECT: "Value is incorrect (out of range) for this tag",
    FORMAT: "Incorrect data format for value",
    MORE_THAN_ONCE: "Tag appears more than once",
    OUT_OF_ORDER: "Tag specified out of required order",
    GROUP_OUT_OF_ORDER: "Repeating group fields out of order",
    WRONG_COUNT: "Incorrect NumInGroup count for repeating group",
}

_JUDGED_BEFORE = frozenset({"8", "9", "34", "35", "49", "52", "56"})
"""The session has read their values, or nobody could tell whose message it is."""
_HEADER, _TRAILER, _BODY, _INSIDE = range(4)
_STAGES = {_HEADER: 0, _BODY: 1, _TRAILER: 2}


class FullCheck:
    """The check of one message; :attr:`fault` says what came of it."""

    def __init__(self, dictionary: Dictionary, body: Section, pairs: list[list[str]], *, judge_unknown: bool) -> None:
        self._sections = (dictionary.header, dictionary.trailer, body)
        self._pairs = pairs
        self._judge_unknown = judge_unknown
        self._seen: set[str] = set()
        self._order: Fault | None = None
        self._first: list[Fault | None] = [None, None, None, None]
        self.unknown: list[int] = []
        """Places of the fields that the dictionary does not define for the message."""
        self.codes: list[tuple[int, Check]] = []
        """Places whose values must be of a few, for this order of fields to be valid again, and the check for it."""
        self.formats: list[tuple[int, Check]] = []
        """The same for places whose values must be in a format."""
        self._top()
        self.fault = self._order or self._missing() or next(filter(None, self._first), None)

    def _top(self) -> None:
        """All fields that are not inside groups."""
        header, trailer, _ = self._sections
        pairs, size, at, stage = self._pairs, len(self._pairs), 0, 0
        while at < size:
            tag = pairs[at][0]
            kind = _HEADER if tag in header.members else _TRAILER if tag in trailer.members else _BODY
            section = self._sections[kind]
            if tag not in section.members and not self._judge_unknown and tag:
                self.unknown.append(at)
                at += 1
                continue
            if _STAGES[kind] < stage:
                self._order = self._order or _fault(OUT_OF_ORDER, tag)
            stage = max(stage, _STAGES[kind])
            if tag not in section.members:
                self._blame(kind, at, _undefined(section, tag))
                at += 1
            elif tag in self._seen:
                self._blame(kind, at, MORE_THAN_ONCE)
                at += 1
            else:
                at = self._field(at, section, kind)

    def _field(self, at: int, section: Section, kind: int) -> int:
        """A field of a section, with the group that it counts. Returns where the next field stands."""
        tag, value = self._pairs[at]
        self._seen.add(tag)
        group = section.members[tag]
        self._value(at, section, kind)
        if group is None:
            return at + 1
        around = tuple(each.members for each in self._sections)
        return self._counted(at, value, group, section, around, kind)

    def _counted(
        self, at: int, count: str, group: Group, section: Section, around: tuple[Container[str], ...], kind: int
    ) -> int:
        """A count's field with its group's entries."""
        entries, after = self._entries(at + 1, group, section, around)
        if count.isdecimal() and count.isascii() and len(count) < 10 and int(count) == entries:
            self.codes.append((at, count.__eq__))
        else:
            self._note(kind, _fault(WRONG_COUNT, self._pairs[at][0]))
        return after

    def _entries(self, at: int, group: Group, section: Section, around: tuple[Container[str], ...]) -> tuple[int, int]:
        """How many entries a group has from ``at`` on, and where the first field stands that is not of them."""
        entries, place = 0, -1
        there: set[str] | None = None
        pairs, members, places = self._pairs, group.members, group.places
        inside = (*around, members)
        while at < len(pairs):
            tag, value = pairs[at]
            if tag == group.delimiter and (there is None or tag in there):
                self._end_entry(group, there)
                entries, place, there = entries + 1, -1, set()
            elif tag not in members:
                if any(tag in outer for outer in around):
                    break
                self._stranger(at, section)
                at += 1
                continue
            elif there is None:
                entries, there = 1, set()
                self._note(_INSIDE, _fault(GROUP_OUT_OF_ORDER, tag))
            elif tag in there or places.get(tag, place + 1) <= place:
                self._note(_INSIDE, _fault(MORE_THAN_ONCE if tag not in places else GROUP_OUT_OF_ORDER, tag))
            there.add(tag)
            place = max(place, places.get(tag, place))
            self._value(at, section, _INSIDE)
            nested = members[tag]
            at = at + 1 if nested is None else self._counted(at, value, nested, section, inside, _INSIDE)
        self._end_entry(group, there)
        return entries, at

    def _stranger(self, at: int, section: Section) -> None:
        """A field inside an entry that nothing defines for the message."""
        tag = self._pairs[at][0]
        if self._judge_unknown or not tag:
            self._blame(_BODY, at, _undefined(section, tag))
        else:
            self.unknown.append(at)

    def _blame(self, kind: int, at: int, reason: int) -> None:
        """A field that may not be there. That it has no value comes first, as in QuickFIX."""
        tag, value = self._pairs[at]
        self._note(kind, _fault(reason if value else WITHOUT_A_VALUE, tag))

    def _end_entry(self, group: Group, there: set[str] | None) -> None:
        if there is not None:
            for tag in group.required:
                if tag not in there:
                    self._note(_INSIDE, _fault(MISSING, tag))

    def _value(self, at: int, section: Section, kind: int) -> None:
        tag, value = self._pairs[at]
        if not value:
            self._note(kind, _fault(WITHOUT_A_VALUE, tag))
        elif tag not in _JUDGED_BEFORE:
            rule = section.rules[tag]
            if reason := rule.fault(value):
                self._note(kind, _fault(reason, tag))
            elif rule.quick is not None:
                (self.codes if rule.is_coded else self.formats).append((at, rule.quick))

    def _missing(self) -> Fault | None:
        for section in self._sections:
            for tag in section.required:
                if tag not in self._seen and tag != "10":
                    return _fault(MISSING, tag)
        return None

    def _note(self, kind: int, fault: Fault) -> None:
        if self._first[kind] is None:
            self._first[kind] = fault


def _fault(reason: int, tag: str) -> Fault:
    return Fault(reason, tag, TEXTS[reason])


def _undefined(section: Section, tag: str) -> int:
    return NOT_DEFINED if section.rules.defines(tag) else INVALID_TAG
