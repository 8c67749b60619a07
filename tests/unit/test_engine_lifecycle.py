"""An order's life as a table: every status, every step."""

from __future__ import annotations

import pytest

from engine.lifecycle import NEXT, InvalidTransition, Step, next_status
from engine.types import ExecType, OrdStatus, fix_code

NEW, PARTLY, FILLED = OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED
CANCELED, EXPIRED = OrdStatus.CANCELED, OrdStatus.EXPIRED

LIFE: dict[tuple[OrdStatus, Step], OrdStatus] = {
    (NEW, Step.FILL_PART): PARTLY,
    (NEW, Step.FILL_REST): FILLED,
    (NEW, Step.CANCEL): CANCELED,
    (NEW, Step.EXPIRE): EXPIRED,
    (NEW, Step.REPLACE): NEW,
    (PARTLY, Step.FILL_PART): PARTLY,
    (PARTLY, Step.FILL_REST): FILLED,
    (PARTLY, Step.CANCEL): CANCELED,
    (PARTLY, Step.EXPIRE): EXPIRED,
    (PARTLY, Step.REPLACE): PARTLY,
}


@pytest.mark.parametrize("status", OrdStatus)
@pytest.mark.parametrize("step", Step)
def test_each_step_from_each_status(status: OrdStatus, step: Step) -> None:
    after = LIFE.get((status, step))
    if after is None:
        with pytest.raises(InvalidTransition, match=f"{status.name} has no {step.name}"):
            next_status(status, step)
    else:
        assert next_status(status, step) is after


@pytest.mark.parametrize("status", OrdStatus)
def test_an_order_is_open_exactly_as_long_as_something_can_befall_it(status: OrdStatus) -> None:
    assert status.is_open == bool(NEXT[status])


def test_enumerations_carry_fix_values() -> None:
    assert [fix_code(status) for status in OrdStatus] == ["0", "1", "2", "4", "8", "C"]
    assert [fix_code(kind) for kind in ExecType] == list("0458CDFGHIL")
