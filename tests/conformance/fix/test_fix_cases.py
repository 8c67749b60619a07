"""Every case of every version's folder, against the acceptor over TCP."""

from __future__ import annotations

from pathlib import Path

import pytest
from fix_player import play

HERE = Path(__file__).parent
VERSIONS = {"fix42": "FIX.4.2", "fix44": "FIX.4.4", "fixt11": "FIXT.1.1"}
CASES = [
    pytest.param(path, begin_string, id=f"{folder}-{path.stem}")
    for folder, begin_string in VERSIONS.items()
    for path in sorted((HERE / folder).glob("*.txt"))
]


@pytest.mark.parametrize(("path", "begin_string"), CASES)
def test_case(path: Path, begin_string: str) -> None:
    play(path, begin_string)


def test_every_version_has_the_same_session_cases() -> None:
    """A session case starts with the number of its scenario in FIX's session-level test cases."""
    names = [{path.name for path in (HERE / folder).glob("[0-9]*.txt")} for folder in VERSIONS]
    assert names[0]
    assert names[0] == names[1] == names[2]
