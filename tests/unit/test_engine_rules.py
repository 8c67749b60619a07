"""An instrument's rules: each refusal with its FIX reason and its words."""

from __future__ import annotations

from typing import Any

import pytest
from engine_builders import instrument

from engine.rules import check_order
from engine.types import INT64_MAX, SCALE, InstrumentStatus, OrdRejReason, OrdType, TimeInForce

LISTED = instrument(min_qty=SCALE // 100, max_qty=10 * SCALE, min_notional=5 * SCALE)


def checked(**changes: Any) -> tuple[int, str] | None:
    terms: dict[str, Any] = {"status": InstrumentStatus.ACTIVE, "qty": SCALE, "px": 100 * SCALE, **changes}
    return check_order(LISTED, terms["status"], OrdType.LIMIT, TimeInForce.GTC, terms["qty"], terms["px"])


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"qty": 10 * SCALE}, {"qty": SCALE // 100, "px": 500 * SCALE}, {"px": 5 * SCALE},
        {"px": INT64_MAX // (SCALE // 100) * (SCALE // 100)},
    ],
)  # fmt: skip
def test_what_keeps_every_rule_is_taken_the_bounds_included(changes: dict[str, Any]) -> None:
    assert checked(**changes) is None


QTY, CLOSED, OTHER = OrdRejReason.INCORRECT_QUANTITY, OrdRejReason.EXCHANGE_CLOSED, OrdRejReason.OTHER


@pytest.mark.parametrize(
    ("changes", "reason", "text"),
    [
        ({"status": InstrumentStatus.HALTED}, CLOSED, "BTC/USDT is HALTED"),
        ({"status": InstrumentStatus.MAINTENANCE}, CLOSED, "BTC/USDT is MAINTENANCE"),
        ({"status": InstrumentStatus.DELISTED}, CLOSED, "BTC/USDT is DELISTED"),
        ({"qty": 0}, QTY, "quantity 0 is not a positive multiple of the lot 0.001"),
        ({"qty": -SCALE}, QTY, "quantity -1 is not a positive multiple of the lot 0.001"),
        ({"qty": SCALE + 1}, QTY, "quantity 1.00000001 is not a positive multiple of the lot 0.001"),
        ({"qty": SCALE // 1000}, QTY, "quantity 0.001 is outside 0.01 to 10"),
        ({"qty": 10 * SCALE + SCALE // 1000}, QTY, "quantity 10.001 is outside 0.01 to 10"),
        ({"px": 0}, OTHER, "price 0 is not a positive multiple of the tick 0.01"),
        ({"px": -SCALE}, OTHER, "price -1 is not a positive multiple of the tick 0.01"),
        ({"px": 100 * SCALE + 1}, OTHER, "price 100.00000001 is not a positive multiple of the tick 0.01"),
        ({"px": 10**19}, OTHER, "price 100000000000 is not a positive multiple of the tick 0.01"),
        ({"px": 4 * SCALE}, OTHER, "notional 4 is below the minimum 5"),
        ({"status": InstrumentStatus.HALTED, "qty": 0, "px": 0}, CLOSED, "BTC/USDT is HALTED"),
    ],
)
def test_each_broken_rule_has_its_reason_and_words(changes: dict[str, Any], reason: int, text: str) -> None:
    assert checked(**changes) == (reason, text)
