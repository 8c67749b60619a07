"""A hundred thousand commands of every kind on the book and its naive twin, event for event."""

from __future__ import annotations

from functools import cache
from itertools import product
from random import Random
from typing import NamedTuple

import pytest
from book_twins import INSTRUCTIONS, SMALL, USUAL, Bounds, Twins, facts_of
from book_world import MARKETS
from command_streams import BACK_KINDS, KINDS, PLAIN_KINDS, RARE_KINDS, random_step

from engine.combinations import EXPIRED_TEXT, TEXTS
from engine.commands import CancelBook, SetInstrumentStatus
from engine.types import (
    Activation,
    CancelReason,
    Contingency,
    InstrumentStatus,
    OrdType,
    PegKind,
    PostOnly,
    RestateReason,
    SelfTrade,
    SelfTradeScope,
    TimeInForce,
    TradingPhase,
    TriggerKind,
    TriggerSource,
    UpdateCause,
)

MIXES = {
    "plain": [*PLAIN_KINDS[:-1] * 20, *["passive"] * 80, "cancel_all", "expire", *BACK_KINDS * 2],
    "trading": KINDS * 20 + RARE_KINDS + BACK_KINDS * 4,
    "operators": KINDS * 4 + RARE_KINDS + BACK_KINDS * 3,
}
"""Plain orders, of which many rest; mostly orders, in continuous trading; phases, halts and operators all the time."""

COMMANDS = 1_400
"""Of each stream."""


class Stream(NamedTuple):
    market: str
    mix: str
    bounds: Bounds

    def __str__(self) -> str:
        """Names it in a failure, and is its seed."""
        return f"{self.market}, {self.mix}, {self.bounds.cascade_max}"


STREAMS = [Stream(*each) for each in product(sorted(MARKETS), MIXES, (SMALL, USUAL))]


class Played(NamedTuple):
    commands: int
    trades: int
    deepest: int
    """Most open orders."""
    facts: frozenset[str]


@cache
def played(stream: Stream) -> Played:
    """What the stream has reached; every check is made after every command. At its end the instrument is delisted."""
    random, twins = Random(str(stream)), Twins(stream.market, stream.bounds)
    facts: set[str] = set()
    deepest = 0
    for _ in range(COMMANDS):
        for event in twins.step(random_step(random, MIXES[stream.mix])):
            facts.update(facts_of(event))
        deepest = max(deepest, len(twins.book))
    for last in (CancelBook(1, "ops", CancelReason.DELISTED), SetInstrumentStatus(1, InstrumentStatus.DELISTED, "ops")):
        for event in twins.do(last):
            facts.update(facts_of(event))
    assert not len(twins.book)
    return Played(twins.commands, twins.book.trades_made, deepest, frozenset(facts))


@pytest.mark.parametrize("stream", STREAMS, ids=str)
def test_the_book_answers_as_its_naive_twin(stream: Stream) -> None:
    assert played(stream).trades > 50, "the stream hardly trades"


UNREACHED = {
    repr(CancelReason.CONNECTION_LOST),  # tests/property/test_engine_session_ends.py
    repr(CancelReason.REDUCED_TO_FILLED),  # of journals written before a replace could end an order as filled
    repr(RestateReason.TRADE_BUSTED), repr(RestateReason.TRADE_CORRECTED),  # told by the trade's own event
}  # fmt: skip
EVENTS = {
    "OrderAccepted", "TradeExecuted", "OrderCanceled", "OrderExpired", "OrderReplaced", "OrderRejected",
    "OrderTriggered", "OrderRestated", "OrderUpdated", "TradeBusted", "TradeCorrected", "CancelRejected",
    "MassCancelPartDone", "InstrumentListed", "InstrumentStatusChanged", "DayOrdersExpired",
    "TradingPhaseChanged", "AuctionIndicated", "AuctionStarted", "AuctionEnded", "ReferencePriceSet",
    "LimitStateChanged",
}  # fmt: skip
"""All that a book says."""
REASONS = (CancelReason, RestateReason, UpdateCause, Activation)
TERMS = (OrdType, TimeInForce, PegKind, PostOnly, SelfTrade, SelfTradeScope, Contingency)
STATES = (TradingPhase, InstrumentStatus)
WANTED = {
    *EVENTS,
    *(repr(member) for kind in (*REASONS, *TERMS, *STATES) for member in kind),
    *(f"{kind!r} by {source!r}" for kind in TriggerKind for source in TriggerSource),
    *INSTRUCTIONS,
    *TEXTS.values(),
    EXPIRED_TEXT,
} - UNREACHED


def test_the_streams_have_100_944_commands_and_reach_everything() -> None:
    """100,944 commands: 72 streams of 1,402, of every market, mix and bound. Every event, reason, phase, status, order
    type, time in force, instruction and contingency occurs, every kind of trigger is met by every price that it can
    watch, and every rule for combinations refuses something."""
    results = [played(stream) for stream in STREAMS]
    assert sum(result.commands for result in results) == 100_944
    assert max(result.deepest for result in results) > 100, "the streams hardly rest"
    assert WANTED - frozenset().union(*(result.facts for result in results)) == set()
