"""Every application-level case, against a whole venue, in every version."""

from __future__ import annotations

from pathlib import Path

import pytest
from order_states_player import ready
from venue_cases import VenueCase

CASES = sorted((Path(__file__).parent / "application").glob("*.txt"))


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_case(path: Path, begin_string: str, tmp_path: Path) -> None:
    async with ready(tmp_path, begin_string) as player:
        await VenueCase(player, path).play()
