"""FIX messages of a log as people read them: fields by name, values by meaning, groups indented, faults told.

Passwords are masked wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from config.kinds import MASK
from engine.session_profile import UnknownTags
from gateways.fix.codec import checksum, parse
from gateways.fix.dictionary import Dictionary, dictionary_for
from gateways.fix.extensions import specification
from gateways.fix.validation import validator_for
from tradeengine.fix_log import RawMessage

if TYPE_CHECKING:
    from gateways.fix.dictionary import Group
    from gateways.fix.specification import Field, Specification

_VERSIONS: Final = {"FIX.4.2": ("FIX42",), "FIX.4.4": ("FIX44",), "FIXT.1.1": ("FIXT11", "FIX50SP2")}
_NEAREST: Final = {"FIX.4.0": "FIX.4.2", "FIX.4.1": "FIX.4.2", "FIX.4.3": "FIX.4.4"}
"""By whose names versions are read that the venue does not speak; others by the newest."""
_SECRETS: Final = frozenset({"554", "925", "1402", "1404"})
"""Password, NewPassword, EncryptedPassword, EncryptedNewPassword."""
_RAW_DATA: Final = "96"
"""RawData: in a Logon a password or a signature."""
_MULTIPLE: Final = frozenset({"MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE", "MULTIPLECHARVALUE"})
_SECRET_PIECE: Final = re.compile(r"\b(554|925|1402|1404)=.*", re.DOTALL)
_NO_FIELD: Final = ""
_HEADER: Final = ("8", "9", "35")


class DecodedField(msgspec.Struct, frozen=True):
    """One field, ready to be shown."""

    tag: str
    """Empty for what is no ``tag=value``."""
    name: str
    """Empty for a tag that the version does not define."""
    value: str
    meaning: str
    """What an enumerated value stands for; empty if nothing is known."""
    depth: int
    """In how many repeating groups it is."""
    is_first: bool
    """It begins an entry of its group."""


class DecodedMessage(msgspec.Struct, frozen=True):
    """One message, ready to be shown."""

    line: int
    begin_string: str
    msg_type: str
    name: str
    """Of the MsgType; empty if the version has none such."""
    fields: list[DecodedField]
    faults: list[str]

    def first(self, tag: str) -> str:
        """The first value of a tag; empty if it is not there."""
        return next((field.value for field in self.fields if field.tag == tag), "")


def decode(raw: RawMessage) -> DecodedMessage:
    """Never raises, whatever the message holds."""
    values: dict[str, str] = {}
    for tag, value in raw.pairs:
        values.setdefault(tag, value)
    begin_string, msg_type = values.get("8", ""), values.get("35", "")
    names = _names(begin_string if begin_string in _VERSIONS else _NEAREST.get(begin_string, "FIXT.1.1"))
    fields = list(_fields(raw.pairs, names, msg_type))
    faults = [*_frame_faults(raw), *_content_faults(raw, fields, begin_string, msg_type, names)]
    return DecodedMessage(raw.line, printed(begin_string), printed(msg_type), names.message(msg_type), fields, faults)


# ---- names --------------------------------------------------------------------------------------------------------


class _Names:
    """What a version's dictionary calls things."""

    def __init__(self, begin_string: str) -> None:
        self.dictionary: Dictionary = dictionary_for(begin_string)
        self._specifications: list[Specification] = [specification(name) for name in _VERSIONS[begin_string]]
        self._fields: dict[str, Field] = {}
        for spec in self._specifications:
            self._fields |= {field.tag: field for field in spec.fields.values()}

    def message(self, msg_type: str) -> str:
        for spec in self._specifications:
            if msg_type in spec.messages:
                return spec.messages[msg_type].name
        return ""

    def field(self, tag: str) -> str:
        known = self._fields.get(tag)
        return "" if known is None else known.name

    def meaning(self, tag: str, value: str) -> str:
        known = self._fields.get(tag)
        if known is None or not known.values:
            return ""
        parts = value.split(" ") if known.type in _MULTIPLE else [value]
        return ", ".join(filter(None, (known.values.get(part, "") for part in parts)))


_names = cache(_Names)


# ---- fields -------------------------------------------------------------------------------------------------------


def _fields(pairs: Sequence[tuple[str, str]], names: _Names, msg_type: str) -> Iterator[DecodedField]:
    body = names.dictionary.body(msg_type)
    groups: dict[str, Group | None] = dict(names.dictionary.header.members)
    groups |= {} if body is None else body.members
    inside: list[Group] = []
    is_masked = False
    for tag, value in pairs:
        while tag and inside and tag not in inside[-1].members:
            inside.pop()
        is_first = bool(inside) and tag == inside[-1].delimiter
        is_masked = is_secret(tag, msg_type) or (is_masked and tag == _NO_FIELD)
        shown = MASK if is_masked and value else _SECRET_PIECE.sub(rf"\1={MASK}", value) if not tag else value
        meaning = names.message(value) if tag == "35" else names.meaning(tag, value)
        yield DecodedField(tag, names.field(tag), printed(shown), meaning, len(inside), is_first)
        group = (inside[-1].members if inside else groups).get(tag)
        if group is not None:
            inside.append(group)


def is_secret(tag: str, msg_type: str) -> bool:
    """Whether a field's value may be a password. Where nobody knows what a message is, RawData counts as one."""
    tag = tag.lstrip("0")
    return tag in _SECRETS or (tag == _RAW_DATA and msg_type in ("A", ""))


def printed(value: str) -> str:
    """A value without anything that a terminal obeys: UTF-8 where it is, control characters escaped."""
    try:
        text = value.encode("latin-1").decode()
    except UnicodeDecodeError:
        text = value
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


# ---- faults -------------------------------------------------------------------------------------------------------


def _frame_faults(raw: RawMessage) -> Iterator[str]:
    """What is wrong with the message as bytes."""
    pairs = raw.pairs
    if tuple(tag for tag, _ in pairs[:3]) != _HEADER:
        yield "the first three fields are not BeginString (8), BodyLength (9) and MsgType (35)"
    values = dict(pairs[:2])
    ending = pairs[-1:] if raw.complete else []
    if "9" in values:
        length = len(_bytes(pairs[2 : len(pairs) - len(ending)]))
        if values["9"] != str(length):
            yield f"BodyLength (9) is {printed(values['9'])}, counted {length}"
    if not ending:
        yield "it ends without CheckSum (10)"
        return
    computed = f"{checksum(_bytes(pairs[:-1])):03d}"
    if ending[0][1] != computed:
        yield f"CheckSum (10) is {printed(ending[0][1])}, computed {computed}"


def _content_faults(
    raw: RawMessage, fields: list[DecodedField], begin_string: str, msg_type: str, names: _Names
) -> Iterator[str]:
    """What the dictionary says against the message."""
    if begin_string not in _VERSIONS:
        yield f"BeginString (8) {printed(begin_string)} is not one of {', '.join(_VERSIONS)}"
        return
    if msg_type and not names.message(msg_type):
        yield f"MsgType (35) {printed(msg_type)} is not defined"
    if not msg_type or any(not field.tag for field in fields):
        return
    ending = 1 if raw.complete else 0
    frame = _bytes(raw.pairs[: len(raw.pairs) - ending]) + b"10=000\x01"
    fault = validator_for(begin_string, UnknownTags.REJECT).check(parse(frame))
    if fault is not None:
        name = names.field(fault.tag)
        where = f": {name} ({fault.tag})" if name else f": {fault.tag}" if fault.tag else ""
        yield f"{fault.text}{where}"


def _bytes(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Fields as a session sends them."""
    return "".join(f"{tag}={value}\x01" if tag else f"{value}\x01" for tag, value in pairs).encode("latin-1")
