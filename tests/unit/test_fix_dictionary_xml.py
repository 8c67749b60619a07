"""The dictionaries that brokers load: up to date, complete in themselves, and good enough for QuickFIX."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from quickfix_broker import interpreter

from gateways.fix.dialect import DIALECTS
from gateways.fix.dictionary import dictionary_for
from gateways.fix.dictionary_xml import FOLDER, MSG_TYPES, dictionary_xml, file_name, main
from gateways.fix.extensions import specification
from gateways.fix.specification import SPECIFICATIONS, parse_xml

NAMES = list(SPECIFICATIONS)


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_up_to_date(name: str) -> None:
    made = FOLDER.joinpath(file_name(name)).read_text("utf-8")
    assert made == dictionary_xml(name), "run python -m gateways.fix.dictionary_xml"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_used_that_is_not_defined_and_nothing_defined_that_is_not_used(name: str) -> None:
    root = ET.fromstring(dictionary_xml(name))
    fields = [element.attrib["name"] for element in root.iterfind("fields/field")]
    components = [element.attrib["name"] for element in root.iterfind("components/component")]
    assert len(set(fields)) == len(fields)
    assert len({element.attrib["number"] for element in root.iterfind("fields/field")}) == len(fields)
    parts = [part for part in root.iter() if "required" in part.attrib]
    assert {part.attrib["name"] for part in parts if part.tag in ("field", "group")} == set(fields)
    assert {part.attrib["name"] for part in parts if part.tag == "component"} == set(components)
    assert all(len(part) for part in parts if part.tag == "group")


@pytest.mark.parametrize("name", NAMES)
def test_it_says_of_its_messages_what_the_venue_goes_by(name: str) -> None:
    read, ours = parse_xml(name, dictionary_xml(name)), specification(name)
    assert read.header == ours.header
    assert read.trailer == ours.trailer
    assert read.messages.keys() == ours.messages.keys() & MSG_TYPES
    for field in read.fields.values():
        assert field == ours.fields[field.name]


def test_every_type_that_the_venue_serves_is_in_some_version() -> None:
    defined = frozenset[str]().union(*(dictionary_for(begin_string).msg_types for begin_string in DIALECTS))
    assert defined >= MSG_TYPES


def test_they_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    main(tmp_path / "dictionaries")
    assert {path.name for path in tmp_path.glob("dictionaries/*")} == {file_name(name) for name in NAMES}


@pytest.mark.skipif(
    not interpreter(), reason="quickfix is not installed, and QUICKFIX_PYTHON names no Python that has it"
)
@pytest.mark.parametrize("name", NAMES)
def test_quickfix_loads_them(name: str) -> None:
    code = "import quickfix, sys; print(quickfix.DataDictionary(sys.argv[1]).getVersion())"
    path = str(FOLDER.joinpath(file_name(name)))
    done = subprocess.run([interpreter(), "-c", code, path], capture_output=True, text=True, check=False)
    versions = {"FIX42": "FIX.4.2", "FIX44": "FIX.4.4", "FIXT11": "FIXT.1.1", "FIX50SP2": "FIX.5.0"}
    assert (done.stdout.strip(), done.returncode) == (versions[name], 0), done.stderr
