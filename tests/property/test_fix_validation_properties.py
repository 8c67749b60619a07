"""What the dictionary defines passes, whatever else comes is answered, and a known shape is judged as a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fix_venue import frame
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.session_profile import UnknownTags
from gateways.fix.codec import Message, parse
from gateways.fix.dictionary import dictionary_for
from gateways.fix.dictionary_xml import MSG_TYPES
from gateways.fix.extensions import specification
from gateways.fix.groups import DATA_LENGTH_TAG, LENGTH_TAGS, group_of
from gateways.fix.validation import Validator, validator_for

if TYPE_CHECKING:
    from gateways.fix.dictionary import Group, Section
    from gateways.fix.specification import Field

SPECIFICATIONS_OF = {"FIX.4.2": ("FIX42", "FIX42"), "FIX.4.4": ("FIX44", "FIX44"), "FIXT.1.1": ("FIXT11", "FIX50SP2")}
TAGS = sorted({field.tag for names in SPECIFICATIONS_OF.values() for field in specification(names[1]).fields.values()})
_RAW = {*DATA_LENGTH_TAG, *LENGTH_TAGS}
EXAMPLES = {
    "INT": "7", "LENGTH": "3", "NUMINGROUP": "1", "SEQNUM": "5", "TAGNUM": "55", "DAYOFMONTH": "31",
    "FLOAT": "-1.5", "QTY": "100", "PRICE": "230.5", "PRICEOFFSET": "-.25", "AMT": "10.", "PERCENTAGE": "0.5",
    "CHAR": "x", "BOOLEAN": "Y", "UTCTIMESTAMP": "20240229-23:59:59.123", "UTCTIMEONLY": "23:59:59",
    "UTCDATE": "20240229", "UTCDATEONLY": "20240229", "LOCALMKTDATE": "20240229", "LOCALMKTTIME": "09:30:00",
    "MONTHYEAR": "202402w3", "TZTIMEONLY": "07:39Z", "TZTIMESTAMP": "20060901-07:39Z",
}  # fmt: skip
HEADER = "34=2|49=BROKER1|56=TRADEENGINE|52=20231114-22:13:20|"

tags = st.one_of(
    st.sampled_from(
        ["8", "9", "34", "35", "49", "52", "56", "89", "93", "453", "448", "447", "452", "802", "73", "11"]
    ),
    st.sampled_from(TAGS),
    st.text(max_size=4),
    st.integers(-5, 60_000).map(str),
)
values = st.one_of(st.sampled_from(["", "0", "1", "2", "Y", "D", "1.5", "20231114-22:13:20"]), st.text(max_size=8))


class Writer:
    """Writes a message that is right by the dictionary; ``draw`` decides what is in it. Groups stand last, so that no
    field after one could be taken for a member of its last entry."""

    def __init__(self, draw: st.DrawFn, fields: dict[str, Field]) -> None:
        self._draw = draw
        self._fields = fields

    def section(self, section: Section | Group, delimiter: str = "") -> str:
        places = getattr(section, "places", {})
        optional = [tag for tag in section.members if tag not in section.required and tag != delimiter]
        chosen = self._draw(st.lists(st.sampled_from(optional), unique=True, max_size=4)) if optional else []
        wanted = {*section.required, *chosen, delimiter} - {""}
        if not delimiter:
            places = {tag: section.members[tag] is not None for tag in section.members}
        ordered = sorted(wanted - _RAW, key=lambda tag: (tag != delimiter, places.get(tag, 1000), int(tag)))
        return "".join(self._field(tag, section.members[tag]) for tag in ordered)

    def _field(self, tag: str, group: Group | None) -> str:
        if group is None:
            return f"{tag}={self._value(self._fields[tag])}|"
        values = self._fields[tag].values
        count = int(self._draw(st.sampled_from(sorted(values)))) if values else self._draw(st.integers(0, 2))
        return f"{tag}={count}|" + "".join(self.section(group, group.delimiter) for _ in range(count))

    def _value(self, field: Field) -> str:
        if field.values:
            return self._draw(st.sampled_from(sorted(field.values)))
        return EXAMPLES.get(field.type, "text")


@st.composite
def valid_messages(draw: st.DrawFn) -> tuple[str, str, Section]:
    """BeginString, the message's text, and its body's layout."""
    begin_string = draw(st.sampled_from(list(SPECIFICATIONS_OF)))
    session, application = map(specification, SPECIFICATIONS_OF[begin_string])
    dictionary = dictionary_for(begin_string)
    msg_type = draw(st.sampled_from(sorted(MSG_TYPES & dictionary.msg_types)))
    body = dictionary.body(msg_type)
    assert body is not None
    spec = session if msg_type in session.messages else application
    written = Writer(draw, {field.tag: field for field in spec.fields.values()}).section(body)
    return begin_string, f"35={msg_type}|{HEADER}{written}", body


@settings(max_examples=200, deadline=None)
@given(valid_messages())
def test_what_the_dictionary_defines_passes(written: tuple[str, str, Section]) -> None:
    begin_string, text, body = written
    message = parse(frame(text, begin_string=begin_string))
    assert message.fault is None
    for policy in UnknownTags:
        pairs = list(message.pairs)
        assert validator_for(begin_string, policy).check(message) is None, text
        assert message.pairs == pairs
    for tag, group in body.members.items():
        if group is not None:
            assert len(group_of(message, tag)) == int(message.fields.get(tag, "0"))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(SPECIFICATIONS_OF)), st.sampled_from(sorted(MSG_TYPES)), st.lists(st.tuples(tags, values)))
def test_whatever_comes_gets_an_answer_and_the_same_when_it_comes_again(
    begin_string: str, msg_type: str, pairs: list[tuple[str, str]]
) -> None:
    for policy in UnknownTags:
        validator = Validator(dictionary_for(begin_string), policy)
        first, again = message_of(msg_type, pairs), message_of(msg_type, pairs)
        found = validator.check(first)
        assert found == validator.check(again)
        assert first == again
        assert set(first.fields) <= {tag for tag, _ in first.pairs}
        if policy is not UnknownTags.DROP:
            assert first.pairs == message_of(msg_type, pairs).pairs
        elif found is None:
            assert validator_for(begin_string, UnknownTags.REJECT).check(first) is None


@settings(max_examples=100, deadline=None)
@given(valid_messages(), st.data())
def test_a_known_shape_is_judged_as_a_new_one(written: tuple[str, str, Section], data: st.DataObject) -> None:
    begin_string, text, _ = written
    validator = Validator(dictionary_for(begin_string), UnknownTags.REJECT)
    assert validator.check(parse(frame(text, begin_string=begin_string))) is None
    changed = parse(frame(text, begin_string=begin_string))
    place = data.draw(st.integers(0, len(changed.pairs) - 1))
    changed.pairs[place] = [changed.pairs[place][0], data.draw(values.filter(bool))]
    changed.fields = dict(reversed(changed.pairs))
    known = validator.check(changed)
    assert known == Validator(dictionary_for(begin_string), UnknownTags.REJECT).check(changed)


def message_of(msg_type: str, pairs: list[tuple[str, str]]) -> Message:
    """A message as the codec could hand it on, with any pairs in it."""
    fields = [["8", "FIX"], ["9", "1"], ["35", msg_type], *map(list, pairs)]
    return Message(dict(reversed(fields)), fields)
