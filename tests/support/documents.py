"""The documentation as tests read it: fenced blocks by their info strings, and what of an output must agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_HISTORY = ROOT / "docs" / "adr"
DOCUMENTS = (
    ROOT / "README.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if _HISTORY not in path.parents),
)
"""Those whose examples are run and whose names are checked."""
FIX_DOCUMENTS = tuple(path for path in DOCUMENTS if path.name == "fix.md" or path.parent.name == "fix")
"""The rules of engagement over FIX."""

_FENCE = re.compile(r"^```(?P<info>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{6}\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<hash>"),
    (re.compile(r"\b1\d{15}\b"), "<id>"),
    (re.compile(r"\b(sequence|sequence\":|the last is) ?\d+"), r"\1 <n>"),
    (re.compile(r"\d+ records"), "<n> records"),
    (re.compile(r"# demo.yaml line \d+"), "# demo.yaml line <n>"),
    (re.compile(r"^ *\d{3,} +(?=<time>)", re.MULTILINE), "<n> "),
    (re.compile(r"(?<=\d)(\.\d*?)0+\b"), r"\1"),
    (re.compile(r"(?<=\d)\.(?!\d)"), ""),
)
"""What differs from run to run (times, hashes, ClOrdIDs, sequences), and zeros that only align columns."""
ANYTHING = "…"
"""In a document: whatever stands there."""


class Block(NamedTuple):
    """One fenced block. ``words`` are its info string's: ``sh test`` is ``("sh", "test")``."""

    document: Path
    line: int
    words: tuple[str, ...]
    text: str

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


class Example(NamedTuple):
    """A block to be run, and the output that the document shows; None where it shows none."""

    block: Block
    output: str | None


def blocks(document: Path) -> Iterator[Block]:
    """Every fenced block, in order."""
    content = document.read_text("utf-8")
    for found in _FENCE.finditer(content):
        line = content.count("\n", 0, found.start()) + 1
        yield Block(document, line, tuple(found["info"].split()), found["text"])


def examples(document: Path, *languages: str) -> list[Example]:
    """Blocks marked ``test`` in one of ``languages``, each with the ``text output`` that follows it."""
    found: list[Example] = []
    for block in blocks(document):
        if block.words == ("text", "output"):
            assert found, f"{block.place}: the output of nothing"
            assert found[-1].output is None, f"{block.place}: a second output of {found[-1].block.place}"
            found[-1] = found[-1]._replace(output=block.text)
        elif block.words[1:] == ("test",) and block.words[0] in languages:
            found.append(Example(block, None))
    return found


class Table(NamedTuple):
    """One table. ``rows`` are its cells without their marks of code, the first row of it being ``columns``."""

    heading: str
    """What the heading above it says."""
    columns: list[str]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        """The cells of a column. Raises ``ValueError`` if there is none of that name."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def tables(document: Path) -> Iterator[Table]:
    """Every table outside fenced blocks, in order."""
    heading = ""
    gathered: list[list[str]] = []
    for line in [*prose(document).splitlines(), ""]:
        if line.startswith("|"):
            gathered.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
            continue
        if gathered:
            yield Table(heading, gathered[0], gathered[2:])
            gathered = []
        if line.startswith("#"):
            heading = line.lstrip("# ")


def prose(document: Path) -> str:
    """The document without its fenced blocks."""
    return _FENCE.sub("", document.read_text("utf-8"))


def comparable(text: str) -> list[str]:
    """The lines of an output with all that varies, and the layout of columns, taken out."""
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return [" ".join(re.sub("─+", "─", line).split()) for line in text.strip("\n").splitlines()]


def agree(shown: str, actual: str) -> bool:
    """Whether ``actual`` is what a document shows; ``…`` in it stands for anything."""
    wanted, got = comparable(shown), comparable(actual)
    return len(wanted) == len(got) and all(map(_line_agrees, wanted, got))


def _line_agrees(wanted: str, got: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in wanted.split(ANYTHING))
    return re.fullmatch(pattern, got) is not None
