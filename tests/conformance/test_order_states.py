"""Every order-state-change matrix of FIX 4.2 (appendix D) and FIX 4.4 (volume 4), in every version."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from order_states_player import Case, NotApplicable, read_cases, ready

HERE = Path(__file__).parent / "orders"
CASES = [case for path in sorted(HERE.glob("?-*.yaml")) for case in read_cases(path)]
LEFT_OUT = msgspec.yaml.decode((HERE / "not-applicable.yaml").read_bytes(), type=list[NotApplicable])

FIX42 = [f"D{number}" for number in range(1, 38)]
_LETTERS = {
    "A.1": "ab", "B.1": "abcdef", "C.1": "abc", "C.2": "a", "C.3": "abc", "D.1": "abc", "D.2": "abcd", "E.1": "abcd",
    "F.1": "abc", "G.1": "abc", "H.1": "abcd", "I.1": "ab", "J.1": "abcd", "K.1": "ab", "L.1": "ab",
}  # fmt: skip
FIX44 = [f"{section}.{letter}" for section, letters in _LETTERS.items() for letter in letters]


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case.ids))
async def test_case(case: Case, begin_string: str, tmp_path: Path) -> None:
    async with ready(tmp_path, begin_string) as player:
        await player.play(case)


def test_every_matrix_is_played_or_said_not_to_apply() -> None:
    named = [name for case in CASES for name in case.ids] + [name for entry in LEFT_OUT for name in entry.ids]
    assert sorted(named) == sorted(FIX42 + FIX44)


def test_who_does_not_apply_says_why() -> None:
    assert all(len(entry.reason) > 20 for entry in LEFT_OUT)
