"""Every case of ``both`` in both versions, and each version's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from fix_player import Player

HERE = Path(__file__).parent
VERSIONS = {"fix42": "FIX.4.2", "fix44": "FIX.4.4"}
CASES = [
    pytest.param(path, begin_string, id=f"{folder}-{path.stem}")
    for folder, begin_string in VERSIONS.items()
    for source in ("both", folder)
    for path in sorted((HERE / source).glob("*.txt"))
]


@pytest.mark.parametrize(("path", "begin_string"), CASES)
def test_case(path: Path, begin_string: str) -> None:
    Player(path, begin_string).play()


def test_both_versions_have_cases_of_their_own() -> None:
    assert all(any((HERE / folder).glob("*.txt")) for folder in VERSIONS)
