"""What the documents name is there: files, links, make targets, commands, settings, log events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, blocks, prose, tables

from config.settings import Settings
from tradeengine.cli import build_parser

EVERY = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_ANCHOR = re.compile(r"\]\(([^)#]*)#([^)]*)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"[\w./-]+\.(py|xml|yaml|md|sh)")
_SETTING = re.compile(r"(venue|secrets|journal|fix|binary|admin|relay|limits|log)\.([a-z_]+)")
_EVENT = re.compile(r"[a-z]+(?:\.[a-z]+)?(?:_[a-z]+)+")
_WORDS = re.compile(r"^(?:tradeengine|make) .*", re.MULTILINE)
_CODE = ("actors", "config", "engine", "gateways", "stores", "tradeengine", "clients")


@cache
def source() -> str:
    return "\n".join(path.read_text("utf-8") for folder in _CODE for path in sorted((ROOT / folder).rglob("*.py")))


def spans(document: Path) -> list[str]:
    return _SPAN.findall(prose(document))


def commands(document: Path) -> Iterator[list[str]]:
    """Every ``tradeengine …`` and ``make …`` line, in code and in running text."""
    code = [block.text for block in blocks(document) if block.words[:1] == ("sh",)]
    for text in (*code, *spans(document)):
        for line in _WORDS.findall(text):
            yield line.split("#")[0].split()


@EVERY
def test_links_lead_somewhere(document: Path) -> None:
    targets = [target for target in _LINK.findall(prose(document)) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


@EVERY
def test_links_lead_to_headings(document: Path) -> None:
    anchors = [(target, anchor) for target, anchor in _ANCHOR.findall(prose(document)) if "://" not in target]
    lost = [
        f"{target}#{anchor}"
        for target, anchor in anchors
        if anchor not in headings(document.parent / target if target else document)
    ]
    assert lost == []


def headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as readers of Markdown make them."""
    texts = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


@EVERY
def test_files_are_there(document: Path) -> None:
    named = [span for span in spans(document) if _FILE.fullmatch(span) and "/" in span]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_modules_of_the_map_are_there() -> None:
    maps = [table for table in tables(ROOT / "docs" / "architecture.md") if table.columns[0].startswith("Module of ")]
    assert len(maps) >= 2
    for table in maps:
        folder = ROOT / table.columns[0].removeprefix("Module of ")
        named = [name for row in table.rows for name in row[0].split(", ")]
        assert [name for name in named if not (folder / name).exists()] == []


def is_setting(name: str) -> bool:
    found = _SETTING.fullmatch(name)
    return found is not None and hasattr(getattr(Settings(), found[1]), found[2])


@EVERY
def test_settings_are_settings(document: Path) -> None:
    named = [span for span in spans(document) if _SETTING.fullmatch(span)]
    assert [name for name in named if not is_setting(name) and f'"{name}"' not in source()] == []


@EVERY
def test_commands_are_commands(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = build_parser().format_help()
    for program, *words in commands(document):
        name = words[0] if words else ""
        if program == "make":
            assert name in targets
        elif not name.startswith("-"):
            assert re.search(rf"^    {name}\b", known, re.MULTILINE), f"tradeengine {name}"


def test_log_events_are_those_of_the_code() -> None:
    named = {span for span in spans(ROOT / "docs" / "runbook.md") if _EVENT.fullmatch(span)}
    events = {name for name in named if not name.startswith("tradeengine_") and not is_setting(name)}
    assert {"book_crashed", "journal.torn_tail_truncated", "connection_closed"} <= events
    assert {name for name in events if f'"{name}"' not in source()} == set()


def test_blocks_that_are_run_are_marked_so() -> None:
    infos = {block.words for document in DOCUMENTS for block in blocks(document)}
    assert infos <= {
        ("sh",),
        ("sh", "test"),
        ("python", "test"),
        ("text", "output"),
        ("text",),
        ("yaml",),
        ("yaml", "sessions"),
        ("ini",),
        ("fix",),
        ("hex",),
        ("hex", "market-data"),
    }
