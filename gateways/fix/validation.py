"""Messages against the data dictionary: SessionRejectReason (373) 0, 1, 2, 4, 5, 6, 13, 14, 15 and 16.

Texts and their order are QuickFIX's. An invalid MsgType (11) is the session's to refuse, as are the values of the
fields that make a message part of a session (8, 9, 34, 35, 49, 52, 56).

A client writes all messages of a kind alike. So the orders of tags that were found valid are remembered, as *shapes*,
and a message of a known shape needs only its values looked at.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from engine.session_profile import UnknownTags
from gateways.fix.codec import WITHOUT_A_VALUE
from gateways.fix.dictionary import dictionary_for
from gateways.fix.full_check import FullCheck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateways.fix.codec import Fault, Message
    from gateways.fix.data_types import Check
    from gateways.fix.dictionary import Dictionary

SHAPES_MAX: Final = 1024
"""Shapes that one validator remembers. At one more it forgets all and learns again: a client that makes them up costs
others a long check now and then, and no memory."""
SHAPE_FIELDS_MAX: Final = 64
"""Messages of more fields are not remembered."""
_COMBINATIONS_MAX: Final = 64


class _Shape:
    """An order of tags that is valid if the values are.

    ``codes`` and ``formats`` name the values by tag where no tag repeats, else by their places in the message, and say
    what they must pass. Combinations of codes that passed are remembered, as there are few.
    """

    __slots__ = ("_codes", "combination", "formats", "kept", "passed")

    def __init__(self, codes: Sequence[tuple[Any, Check]], formats: Sequence[tuple[Any, Check]], kept: tuple[int, ...]):
        self._codes = tuple(codes)
        self.combination = itemgetter(*[key for key, _ in codes]) if codes else _nothing
        self.passed: set[Any] = set()
        self.formats = tuple(formats)
        self.kept = kept
        """Places of the fields that are not to be dropped; empty if none is."""

    def passes(self, source: Any) -> bool:
        """Whether a combination that is not among the remembered ones is valid."""
        if not all(passes(source[key]) for key, passes in self._codes):
            return False
        if len(self.passed) < _COMBINATIONS_MAX:
            self.passed.add(self.combination(source))
        return True


def _nothing(source: object) -> None:
    """The combination of a shape without codes."""


class Validator:
    """The checks of all sessions that have one BeginString and one setting for unknown tags."""

    def __init__(self, dictionary: Dictionary, unknown_tags: UnknownTags) -> None:
        self._dictionary = dictionary
        self._unknown_tags = unknown_tags
        self._shapes: dict[tuple[str, tuple[str, ...]], _Shape] = {}

    def check(self, message: Message) -> Fault | None:
        """What is wrong with a message; None if nothing is, or if the version has no such MsgType.

        With :attr:`UnknownTags.DROP` fields that the dictionary does not define for the message are taken off it, as
        if they had not been there; with :attr:`UnknownTags.PASS` they are left on it and not judged.
        """
        source: Any = message.fields
        if len(source) == len(message.pairs):
            tags = tuple(source)
            shape = self._shapes.get((source["35"], tags))
        else:
            tags = tuple([tag for tag, _ in message.pairs])
            shape = self._shapes.get((source["35"], tags))
            source = [value for _, value in message.pairs]
        if shape is None or message.fault is not None:
            return self._check_fully(message, tags)
        if shape.combination(source) not in shape.passed and not shape.passes(source):
            return self._check_fully(message, tags)
        for key, passes in shape.formats:
            if not passes(source[key]):
                return self._check_fully(message, tags)
        if shape.kept:
            _keep(message, shape.kept)
        return None

    def _check_fully(self, message: Message, tags: tuple[str, ...]) -> Fault | None:
        if message.fault is not None and message.fault.reason != WITHOUT_A_VALUE:
            return message.fault
        body = self._dictionary.body(message.msg_type)
        if body is None:
            return message.fault
        judge_unknown = self._unknown_tags is UnknownTags.REJECT
        found = FullCheck(self._dictionary, body, message.pairs, judge_unknown=judge_unknown)
        kept: tuple[int, ...] = ()
        if found.unknown and self._unknown_tags is UnknownTags.DROP:
            dropped = frozenset(found.unknown)
            kept = tuple(place for place in range(len(tags)) if place not in dropped)
        if found.fault is None and len(tags) <= SHAPE_FIELDS_MAX:
            self._remember(message, tags, found, kept)
        if kept:
            _keep(message, kept)
        return found.fault

    def _remember(self, message: Message, tags: tuple[str, ...], found: FullCheck, kept: tuple[int, ...]) -> None:
        if len(self._shapes) >= SHAPES_MAX:
            self._shapes.clear()
        keys: Sequence[str | int] = tags if len(message.fields) == len(tags) else range(len(tags))
        codes = [(keys[place], passes) for place, passes in found.codes]
        formats = [(keys[place], passes) for place, passes in found.formats]
        self._shapes[message.msg_type, tags] = _Shape(codes, formats, kept)


def _keep(message: Message, places: tuple[int, ...]) -> None:
    """Leaves a message only the fields of ``places``."""
    message.pairs = [message.pairs[place] for place in places]
    message.fields = dict(reversed(message.pairs))


@cache
def validator_for(begin_string: str, unknown_tags: UnknownTags) -> Validator:
    """The validator that sessions of a BeginString (8) share.

    Raises:
        KeyError: a BeginString that the gateway does not speak.
    """
    return Validator(dictionary_for(begin_string), unknown_tags)
