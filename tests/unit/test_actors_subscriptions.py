"""What a session's port does about market data: asks in turn, gathers for its connection, ends with it."""

from __future__ import annotations

from typing import Any

from engine_builders import image
from port_world import PortWorld

from actors.market_data import Subscribe, Unsubscribe
from actors.messages import MARKET_ARRIVED
from engine.commands import CancelOrder
from engine.market_data.levels import Levels
from engine.market_data.updates import Channel, Listen, Snapshot, Update
from engine.types import Side

LEVELS = (Channel.LEVELS,)
EMPTY = Levels([], [])


class Listening(PortWorld):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[list[Any]] = []
        self.port.market.listener = self.heard.append
        self.port.log_on(reset=False)
        self.journal_told()

    def asked(self) -> list[Any]:
        return self.market_data.take()

    def subscribed(self) -> Subscribe:
        self.port.query(Listen(1, LEVELS, begin=True))
        (wish,) = self.asked()
        assert isinstance(wish, Subscribe)
        assert (wish.symbol_id, wish.channels) == (1, LEVELS)
        return wish

    def turn(self) -> None:
        self.port.on_batch(iter(self.mailbox.take()))


def snapshot(seq: int = 4) -> Snapshot:
    return Snapshot(Channel.LEVELS, 1, seq, 0, EMPTY)


def update(prev_seq: int, seq: int) -> Update:
    return Update(Channel.LEVELS, 1, prev_seq, seq, 0, EMPTY)


def test_it_is_asked_once_all_that_was_sent_has_its_outcome() -> None:
    world = Listening()
    world.port.state.orders["C1"] = image("C1")
    world.port.submit([CancelOrder(1, "C2", 2, 1, Side.BUY, "C1")])
    world.port.query(Listen(1, LEVELS, begin=True))
    assert world.asked() == []
    world.numbers.resolved += 1
    world.port.on_batch(iter([]))
    (wish,) = world.asked()
    assert isinstance(wish, Subscribe)


def test_what_comes_in_one_turn_is_handed_over_at_once() -> None:
    world = Listening()
    deliver = world.subscribed().deliver
    deliver(snapshot())
    deliver(update(4, 5))
    assert world.heard == []
    world.turn()
    assert world.heard == [[snapshot(), update(4, 5)]]
    deliver(update(5, 6))
    world.turn()
    assert world.heard[1:] == [[update(5, 6)]]


def test_it_ends_with_the_connection() -> None:
    world = Listening()
    deliver = world.subscribed().deliver
    deliver(snapshot())
    world.port.log_out(confirmed=False)
    (wish,) = world.asked()
    assert wish == Unsubscribe(1, LEVELS, deliver)
    world.turn()
    deliver(update(4, 5))
    assert world.heard == []
    assert len(world.mailbox) == 0


def test_it_ends_when_asked_to() -> None:
    world = Listening()
    deliver = world.subscribed().deliver
    world.port.query(Listen(1, LEVELS, begin=False))
    assert world.asked() == [Unsubscribe(1, LEVELS, deliver)]
    world.port.log_out(confirmed=False)
    assert world.asked() == []


def test_a_turn_of_which_another_port_was_told_brings_nothing() -> None:
    world = Listening()
    world.port.on_batch(iter([MARKET_ARRIVED]))
    assert world.heard == []
