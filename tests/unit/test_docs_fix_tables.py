"""The tables of the documents about FIX against the code: messages, fields and what requires them, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from documents import FIX_DOCUMENTS, ROOT, Table, tables
from fix_examples import lines, pairs_of
from fix_venue import FakePort

from config.settings import FixSettings as FixSection
from gateways.fix.dialect import DIALECTS
from gateways.fix.dictionary import Dictionary, Section, dictionary_for
from gateways.fix.dictionary_xml import MSG_TYPES
from gateways.fix.extensions import specification
from gateways.fix.inbound import Inbound
from gateways.fix.logon import LogonRequest
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.specification import SPECIFICATIONS

VERSIONS = {"4.2": "FIX.4.2", "4.4": "FIX.4.4", "5.0": "FIXT.1.1"}
"""Columns of the tables → BeginString (8)."""
GATEWAY = ROOT / "gateways" / "fix"
_OF_MESSAGE = re.compile(r"\(35=(\w+)\)")
_FIELDS = ["Tag", "Field", *VERSIONS, ""]
_ALWAYS, _NEVER = "Y", "–"
_WRITTEN = re.compile(r"(?:^|\\x01|[} ])(\d{1,4})=")
"""Tags of the fields in a piece of a message, as the gateway's code writes them."""
_PIECE = re.compile(r"f?\"((?:[^\"\\\n]|\\.)*)\"")


class Row(NamedTuple):
    """One field of a message's table."""

    place: str
    msg_types: list[str]
    """MsgTypes (35) that the heading names; none of the header's, or of a group's, fields."""
    tag: str
    name: str
    marks: dict[str, str]
    """By BeginString."""


def field_tables() -> Iterator[tuple[Path, Table]]:
    for document in FIX_DOCUMENTS:
        for table in tables(document):
            if table.columns == _FIELDS:
                yield document, table


def rows() -> list[Row]:
    found: list[Row] = []
    for document, table in field_tables():
        types = _OF_MESSAGE.findall(table.heading)
        for tags, names, *marks, _ in table.rows:
            if tags.rstrip(" …").isdigit() or "," in tags:
                each = zip(tags.rstrip(" …").split(", "), _named(names), strict=True)
                by_version = dict(zip(VERSIONS.values(), marks, strict=True))
                found += [Row(f"{document.name} {table.heading}", types, *field, by_version) for field in each]
    return found


def _named(names: str) -> list[str]:
    """``A, B (4.2: C)`` → A, B."""
    return re.sub(r" \([^)]*\)", "", names).split(", ")


ROWS = rows()
OF_MESSAGES = [row for row in ROWS if row.msg_types]


def overview() -> Table:
    return next(table for table in tables(ROOT / "docs" / "fix.md") if table.columns[0] == "35")


REQUESTS = {of for of, mark in zip(overview().column("35"), overview().column("In"), strict=True) if mark == _ALWAYS}
REQUESTS -= {"3", "j", "AE", "AR"}
"""MsgTypes whose tables say what a client sends; those of the last four say what the venue does."""


def members(section: Section | None) -> set[str]:
    """Tags of a section, those inside its groups included."""
    found: set[str] = set()
    todo = [] if section is None else [section.members]
    while todo:
        part = todo.pop()
        found |= part.keys()
        todo += [group.members for group in part.values() if group is not None]
    return found


def required(begin_string: str, msg_type: str) -> set[str]:
    body = dictionary_for(begin_string).body(msg_type)
    own = DIALECTS[begin_string].required.get(msg_type, ())
    return set() if body is None else {*body.required, *own}


# ---- fields -------------------------------------------------------------------------------------------------------


def test_fields_have_their_names() -> None:
    names: dict[str, set[str]] = {}
    for spec in map(specification, SPECIFICATIONS):
        for field in spec.fields.values():
            names.setdefault(field.tag, set()).add(field.name)
    assert len(ROWS) > 400
    assert [(row.place, row.tag, row.name) for row in ROWS if row.name not in names.get(row.tag, ())] == []


@pytest.mark.parametrize("begin_string", VERSIONS.values())
def test_versions_have_the_fields_that_are_marked(begin_string: str) -> None:
    dictionary = dictionary_for(begin_string)
    for row in OF_MESSAGES:
        there = any(row.tag in members(dictionary.body(msg_type)) for msg_type in row.msg_types)
        marked = row.marks[begin_string] != _NEVER
        if row.msg_types[0] in REQUESTS:
            assert marked is there, row
        else:
            assert there or not marked, row


@pytest.mark.parametrize("begin_string", VERSIONS.values())
def test_what_clients_must_send_is_marked(begin_string: str) -> None:
    told = {(msg_type, row.tag): row.marks[begin_string] for row in OF_MESSAGES for msg_type in row.msg_types}
    for msg_type in REQUESTS:
        needed = required(begin_string, msg_type)
        assert {tag for tag in needed if told.get((msg_type, tag)) != _ALWAYS} == set(), msg_type
        marked = {tag for (of, tag), mark in told.items() if of == msg_type and mark == _ALWAYS}
        assert marked - {"112"} == needed - {"112"}, msg_type


def test_header_fields_are_of_the_header() -> None:
    header = [row for row in ROWS if row.place == "session.md Header and trailer"]
    assert header
    for begin_string in VERSIONS.values():
        dictionary = dictionary_for(begin_string)
        needed = {*dictionary.header.required, *dictionary.trailer.required}
        assert {row.tag for row in header if row.marks[begin_string] == _ALWAYS} == needed
        there = dictionary.header.members.keys() | dictionary.trailer.members.keys()
        assert {row.tag for row in header if row.marks[begin_string] != _NEVER} <= there


def test_every_field_of_an_example_is_in_a_table() -> None:
    told: dict[str, set[str]] = {}
    for row in OF_MESSAGES:
        for msg_type in row.msg_types:
            told.setdefault(msg_type, set()).add(row.tag)
    anywhere = {row.tag for row in ROWS if not row.msg_types}
    for document in FIX_DOCUMENTS:
        for line in lines(document):
            if line.kind == "-":
                continue
            named = dict(pairs_of(line.text))
            of = named["35"]
            if of in told:
                known = told[of] | anywhere | (told["D"] if of == "E" else set())
                assert named.keys() <= known, line.place


def test_every_field_that_is_written_is_in_a_table() -> None:
    told = {row.tag for row in ROWS}
    written: dict[str, str] = {}
    for path in sorted(GATEWAY.glob("*.py")):
        for piece in _PIECE.findall(path.read_text("utf-8")):
            written |= dict.fromkeys(_WRITTEN.findall(piece), path.name)
    assert {"37", "150", "269", "571", "926"} <= written.keys()
    assert {tag: where for tag, where in written.items() if tag not in told} == {}


# ---- messages -----------------------------------------------------------------------------------------------------


class Serving(FixSession):
    """A session whose inbound half can be asked what it serves."""

    def serves(self, msg_type: str) -> bool:
        inbound: Inbound = self._inbound
        return inbound._serves(msg_type)


def served(begin_string: str) -> set[str]:
    """MsgTypes (35) that are acted on."""
    fields = {"dialect": DIALECTS[begin_string], "comp_id": "BROKER1", "target_comp_id": "TRADEENGINE"}
    plain = {"username": "", "password": "", "heartbeat_s": 30, "reset": False, "msg_seq_num": 1}
    logon = LogonRequest(**fields, **plain, poss_dup=False, next_expected=0, echo="", signed=None)  # type: ignore[arg-type]
    session = Serving(logon, FakePort(begin_string), FixSettings(), bytearray().extend)
    return {msg_type for msg_type in dictionary_for(begin_string).msg_types if session.serves(msg_type)}


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_that_are_served_are_in_the_overview(version: str) -> None:
    table = overview()
    told = zip(*map(table.column, ("35", version, "In")), strict=True)
    assert {of for of, there, inward in told if there == inward == _ALWAYS} == served(VERSIONS[version])


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_of_the_overview_are_the_dictionary_s(version: str) -> None:
    table, dictionary = overview(), dictionary_for(VERSIONS[version])
    there = {of for of, mark in zip(table.column("35"), table.column(version), strict=True) if mark == _ALWAYS}
    assert there == MSG_TYPES & dictionary.msg_types
    assert set(table.column("35")) == MSG_TYPES
    assert _names(dictionary, there) == dict(
        pair for pair in zip(table.column("35"), table.column("Message"), strict=True) if pair[0] in there
    )


def _names(dictionary: Dictionary, msg_types: set[str]) -> dict[str, str]:
    specs = [specification(name) for name in SPECIFICATIONS]
    own = [spec for spec in specs if msg_types & spec.messages.keys() and _is_of(spec.name, dictionary.begin_string)]
    return {of: spec.messages[of].name for spec in own for of in msg_types if of in spec.messages}


def _is_of(name: str, begin_string: str) -> bool:
    return name in {"FIX.4.2": ("FIX42",), "FIX.4.4": ("FIX44",), "FIXT.1.1": ("FIXT11", "FIX50SP2")}[begin_string]


def test_every_message_has_a_table_of_its_fields() -> None:
    described = {msg_type for _, table in field_tables() for msg_type in _OF_MESSAGE.findall(table.heading)}
    assert described == MSG_TYPES


# ---- settings -----------------------------------------------------------------------------------------------------


def test_settings_have_their_defaults() -> None:
    session = ROOT / "docs" / "fix" / "session.md"
    table = next(table for table in tables(session) if table.columns[:2] == ["Setting", "Default"])
    told = dict(zip(table.column("Setting"), table.column("Default"), strict=True))
    defaults = {f"fix.{field.name}": field.default for field in msgspec.structs.fields(FixSection)}
    defaults["fix.tls"] = "none"
    assert told == {name: _shown(value) for name, value in defaults.items()}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return getattr(value, "name", str(value)).lower() if hasattr(value, "name") else str(value)
