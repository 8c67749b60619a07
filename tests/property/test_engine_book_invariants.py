"""What always holds of a book, after every command of a stream of all kinds."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from book_invariants import Ledger, Queues, check_book
from book_world import MARKETS, World, every_book
from command_streams import BACK_KINDS, KINDS, RARE_KINDS, Step, random_step, steps
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import Event, OrderCanceled, OrderExpired, OrderRestated, OrderTriggered, OrderUpdated
from engine.types import Activation, CancelReason, RestateReason, UpdateCause

LONG = KINDS * 20 + RARE_KINDS + BACK_KINDS * 4
"""Mostly orders, in continuous trading."""
BUSY = KINDS * 4 + RARE_KINDS + BACK_KINDS * 3
"""Phases, halts and operators all the time."""


class Watched:
    """A world whose every command is followed by all checks."""

    def __init__(self, market: str, book_type: type[Any]) -> None:
        self.world = World(market, [book_type])
        self.ledger, self.queues = Ledger(), Queues()

    def step(self, step: Step) -> list[Event]:
        events = self.world.step(step)
        self.ledger.see(events)
        self.queues.see(events)
        check_book(self.world.first)
        return events


@every_book
@given(st.sampled_from(sorted(MARKETS)), st.lists(steps, min_size=10, max_size=40))
@settings(max_examples=80, deadline=None)
def test_they_hold_after_every_command(book_type: type[Any], market: str, stream: list[Step]) -> None:
    watched = Watched(market, book_type)
    for step in stream:
        watched.step(step)


@every_book
@pytest.mark.parametrize("market", sorted(MARKETS))
@pytest.mark.parametrize("kinds", [LONG, BUSY], ids=["long", "busy"])
def test_they_hold_in_a_long_stream(book_type: type[Any], market: str, kinds: list[str]) -> None:
    random = Random(market)
    watched = Watched(market, book_type)
    for _ in range(120):
        watched.step(random_step(random, kinds))


UNREACHED = (
    CancelReason.ACCOUNT_BLOCKED, CancelReason.DELISTED,  # as the command says
    CancelReason.REDUCED_TO_FILLED,  # of journals written before a replace could end an order as filled
    RestateReason.TRADE_BUSTED, RestateReason.TRADE_CORRECTED,  # told by the trade's own event
)  # fmt: skip


def kind_of(event: Event) -> list[str]:
    """Its type, and what is said of its cause."""
    if isinstance(event, OrderCanceled | OrderExpired | OrderRestated):
        return [type(event).__name__, repr(event.reason)]
    if isinstance(event, OrderUpdated):
        return [type(event).__name__, repr(event.cause)]
    return [type(event).__name__, repr(event.activation) if isinstance(event, OrderTriggered) else ""]


@every_book
def test_the_streams_reach_every_kind_of_event_and_reason(book_type: type[Any]) -> None:
    random = Random(8)
    reached: set[str] = set()
    wanted = {repr(reason) for reason in (*CancelReason, *RestateReason, *UpdateCause, *Activation)}
    wanted -= {repr(reason) for reason in UNREACHED}
    for market in ("bands", "volatile", "call", "usual") * 5:
        world = World(market, [book_type])
        for _ in range(800):
            for event in world.step(random_step(random, BUSY)):
                reached.update(kind_of(event))
        if reached >= wanted:
            break
    assert wanted <= reached
    assert reached >= {
        "OrderAccepted", "TradeExecuted", "OrderCanceled", "OrderExpired", "OrderReplaced", "OrderRejected",
        "OrderTriggered", "OrderRestated", "OrderUpdated", "TradeBusted", "TradeCorrected", "CancelRejected",
        "MassCancelPartDone", "InstrumentListed", "InstrumentStatusChanged", "DayOrdersExpired",
        "TradingPhaseChanged", "AuctionIndicated", "AuctionStarted", "AuctionEnded", "ReferencePriceSet",
        "LimitStateChanged",
    }  # fmt: skip
