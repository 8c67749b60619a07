"""The tables of docs/binary.md are those of the schema, and the schema's places are those of the codec."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ElementTree
from types import ModuleType

import pytest
from documents import ROOT

from gateways.binary import codec
from gateways.binary.codec import Layout

LAYOUTS = codec.REQUESTS + codec.REPORTS + codec.ANSWERS


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("binary_tables", ROOT / "scripts" / "binary_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_document_is_current(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--check"]) == 0, capsys.readouterr().out


def test_a_changed_schema_is_noticed(script: ModuleType) -> None:
    document = script.DOCUMENT.read_text("utf-8")
    root = ElementTree.parse(script.SCHEMA).getroot()
    assert script.renewed(document, script.tables(root)) == document
    root[1][0].set("name", "Renamed")
    assert script.renewed(document, script.tables(root)) != document


def test_a_document_without_markers_is_an_error(script: ModuleType) -> None:
    with pytest.raises(ValueError, match="markers"):
        script.renewed("no markers here", "tables")


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.name} {layout.version}")
def test_places_are_those_of_the_codec(script: ModuleType, layout: Layout) -> None:
    root = ElementTree.parse(script.SCHEMA).getroot()
    message = next(it for it in root.findall(script._MESSAGE) if it.attrib["id"] == str(layout.template_id))
    every = list(script.fields_of(message, script.types_of(root)))
    fields = [field for field in every if field.since <= layout.version]
    assert message.attrib["name"] == layout.name
    assert fields[-1].offset + fields[-1].size == layout.block_length
    assert every[-1].offset + every[-1].size == int(message.attrib["blockLength"])
    ends = [field.offset + field.size for field in fields]
    assert [field.offset for field in fields] == [0, *ends[:-1]]
