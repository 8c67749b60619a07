"""The rules for an order's parts, over every combination of them, against the same rules written slowly."""

from __future__ import annotations

from itertools import product

import pytest
from engine_builders import LOT, TICK, instrument, new
from naive_book import NaiveBook
from naive_rules import check_terms as naive_check_terms

from engine.combinations import EXPIRED_TEXT, RULES, TEXTS, check_terms
from engine.commands import NewOrder
from engine.terms import Peg, SpecialTerms, Trigger
from engine.types import (
    INT64_MAX,
    SCALE,
    OrdRejReason,
    OrdType,
    PegKind,
    PostOnly,
    Side,
    TimeInForce,
    TradingPhase,
    TriggerKind,
)

LISTED = instrument()
NOW = 1000
PHASES = (TradingPhase.CONTINUOUS, TradingPhase.PRE_OPEN, TradingPhase.CLOSED)
STOP = Trigger(TriggerKind.STOP, 100 * SCALE)
INSTRUCTIONS: list[SpecialTerms | None] = [
    None,
    SpecialTerms(),
    *(SpecialTerms(peg=Peg(kind), post_only=post_only) for kind in PegKind for post_only in PostOnly),
    *(SpecialTerms(post_only=post_only) for post_only in PostOnly),
    *(SpecialTerms(display_qty=qty, display_range=spread) for qty in (LOT, -LOT) for spread in (0, LOT, 1)),
    SpecialTerms(display_qty=3 * LOT, display_range=2 * LOT),
    SpecialTerms(display_qty=11 * LOT),
    SpecialTerms(display_qty=LOT + 1),
    SpecialTerms(display_range=LOT),
    *(
        SpecialTerms(display_qty=LOT, hidden=a, all_or_none=b, min_qty=c * LOT)
        for a, b, c in product((False, True), repeat=3)
    ),
    *(SpecialTerms(hidden=True, min_qty=qty, all_or_none=aon) for qty in (0, LOT) for aon in (False, True)),
    *(SpecialTerms(min_qty=qty) for qty in (LOT, 10 * LOT, 11 * LOT, LOT + 1, -LOT)),
    SpecialTerms(all_or_none=True),
    SpecialTerms(reduce_only=True),
    *(SpecialTerms(expire_ns=at) for at in (NOW - 1, NOW, NOW + 1, -1)),
    SpecialTerms(trigger=STOP),
    SpecialTerms(trigger=STOP, peg=Peg(PegKind.PRIMARY)),
    SpecialTerms(trigger=STOP, expire_ns=NOW + 1),
    *(SpecialTerms(trigger=Trigger(kind, px)) for kind in TriggerKind for px in (0, TICK, TICK + 1, -TICK)),
    *(
        SpecialTerms(trigger=Trigger(kind, px, trail_amount=amount, trail_rate=rate))
        for kind in TriggerKind
        for px in (0, TICK)
        for amount in (0, TICK, TICK + 1, -TICK)
        for rate in (0, 1, SCALE - 1, SCALE, -1)
    ),
]


def orders() -> list[NewOrder]:
    return [
        new("a", side, 10 * LOT, ord_type=ord_type, tif=tif, special=special)
        for side in Side
        for ord_type in OrdType
        for tif in TimeInForce
        for special in INSTRUCTIONS
    ]


@pytest.mark.parametrize("phase", PHASES)
def test_every_combination_is_judged_as_the_slow_rules_do(phase: TradingPhase) -> None:
    naive = NaiveBook(LISTED)
    naive.phase, naive.now_ns = phase, NOW
    for order in orders():
        assert check_terms(LISTED, phase, NOW, order) == naive_check_terms(naive, order), order


def test_every_rule_refuses_something_and_has_its_text() -> None:
    told = {check_terms(LISTED, phase, NOW, order) for order in orders() for phase in PHASES}
    assert {refusal[1] for refusal in told if refusal} == {*TEXTS.values(), EXPIRED_TEXT}
    assert [rule for rule, _, _ in RULES] == list(TEXTS) == [f"R{n}" for n in range(1, 13)]


def test_what_no_rule_names_works() -> None:
    """One combination of each kind that people ask for."""
    works = [
        new("a", special=SpecialTerms(trigger=STOP, display_qty=LOT), order_qty=10 * LOT),
        new("a", special=SpecialTerms(trigger=STOP, post_only=PostOnly.REPRICE)),
        new("a", special=SpecialTerms(trigger=STOP), ord_type=OrdType.MARKET_TO_LIMIT),
        new("a", special=SpecialTerms(hidden=True, min_qty=LOT, post_only=PostOnly.REJECT)),
        new("a", special=SpecialTerms(peg=Peg(PegKind.MIDPOINT), hidden=True), ord_type=OrdType.PEGGED),
        new("a", special=SpecialTerms(min_qty=LOT), tif=TimeInForce.IOC),
        new("a", special=SpecialTerms(all_or_none=True), ord_type=OrdType.MARKET),
        new("a", special=SpecialTerms(display_qty=LOT), tif=TimeInForce.GOOD_FOR_AUCTION),
    ]
    assert [check_terms(LISTED, TradingPhase.CONTINUOUS, NOW, order) for order in works] == [None] * len(works)


def test_a_trigger_price_is_a_price_that_can_be_written() -> None:
    beyond = (INT64_MAX // TICK + 1) * TICK
    order = new("a", special=SpecialTerms(trigger=Trigger(TriggerKind.STOP, beyond)))
    refusal = check_terms(LISTED, TradingPhase.CONTINUOUS, NOW, order)
    assert refusal == (OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, TEXTS["R8"])
