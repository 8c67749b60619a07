"""Lists at a session's port: their names, how they stand, and where their cancel goes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from engine_builders import BUY, SELL, instrument, new, oco
from port_world import PortWorld

from actors.messages import Outcome
from engine import events as ev
from engine.book import Book
from engine.commands import CancelList, NewList, RejectCommand
from engine.queries import ListStatusAnswer, ListStatusQuery
from engine.reports import Report, collect_reports
from engine.session import SessionState
from engine.types import SCALE, OrdRejReason, OrdStatus

LIST = oco("L", new("a", SELL, SCALE, 101 * SCALE), new("b", SELL, SCALE, 102 * SCALE))


class ListWorld(PortWorld):
    """A port and the book behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.real_book = Book(instrument())

    def work(self) -> list[Any]:
        """The book works what the account was told, and all becomes durable; the commands."""
        commands = self.account.take()
        for command in commands:
            is_list = isinstance(command, NewList)
            events = self.real_book.new_list(command) if is_list else self.real_book.cancel_list(command)
            self.publish(Outcome(1, command.in_from, command.in_seq, events))
        self.journal_told()
        return commands

    def ask(self, list_id: str = "L") -> list[OrdStatus]:
        """How a list stands by the port's answer, for which there may have to be a number first."""
        self.port.query(ListStatusQuery(1, "q", list_id))
        self.journal_told()
        answer = self.answers[-1]
        assert isinstance(answer, ListStatusAnswer)
        return [leg.order.status for leg in answer.legs]


def test_a_list_s_status_waits_for_its_outcome() -> None:
    world = ListWorld()
    assert not world.port.lists
    world.port.submit([LIST])
    world.port.query(ListStatusQuery(1, "q", "L"))
    assert world.port.lists
    world.journal_told()
    assert world.answers == []
    world.work()
    world.journal_told()
    assert [leg.order.status for leg in world.answers[0].legs] == [OrdStatus.NEW, OrdStatus.NEW]


def test_of_an_unknown_list_there_is_nothing_to_say() -> None:
    world = ListWorld()
    assert world.ask() == []
    assert "L" not in world.port.lists


def test_a_cancel_right_behind_its_list_finds_it() -> None:
    world = ListWorld()
    world.port.submit([LIST, CancelList(1, "L", in_from=4, in_seq=5)])
    assert world.work()[1] == CancelList(1, "L", 2, 1, 4, 5)
    assert world.ask() == [OrdStatus.CANCELED, OrdStatus.CANCELED]
    assert world.port.already_done(5)


def test_the_cancel_of_a_list_that_has_ended_goes_to_no_book_but_has_its_outcome() -> None:
    world = ListWorld()
    world.port.submit([LIST, CancelList(1, "L")])
    world.work()
    world.port.submit([CancelList(1, "L", in_from=6, in_seq=7)])
    assert world.account.take() == []
    assert world.journal_told() == [ev.ListCanceled(1, "L", 0)]
    assert world.port.already_done(7)
    assert world.port.submitted == world.port.resolved


def test_a_list_refused_for_an_unknown_account_is_in_no_book() -> None:
    world = ListWorld()
    unknown = oco("L", new("a", BUY, account_id=0), new("b", BUY, account_id=0), account_id=0)
    world.port.submit([RejectCommand(unknown, OrdRejReason.UNKNOWN_ACCOUNT, "who?"), CancelList(1, "L")])
    events = world.journal_told()
    assert [type(event) for event in events] == [ev.OrderRejected, ev.OrderRejected, ev.ListCanceled]
    assert world.ask() == [OrdStatus.REJECTED, OrdStatus.REJECTED]
    assert [(leg.reason, leg.text) for leg in world.answers[-1].legs] == [(OrdRejReason.UNKNOWN_ACCOUNT, "who?")] * 2


def test_a_list_with_a_used_name_is_refused_and_known_as_refused() -> None:
    world = ListWorld()
    world.port.submit([LIST])
    world.work()
    world.port.submit([oco("M", new("a", BUY), new("z", BUY))])
    world.journal_told()
    world.ask("M")
    assert [leg.reason for leg in world.answers[-1].legs] == [OrdRejReason.DUPLICATE_ORDER, OrdRejReason.OTHER]


def test_after_a_restart_a_list_stands_as_it_stood() -> None:
    world = ListWorld()
    world.port.submit([LIST])
    world.work()
    folded = SessionState(world.state.opened)
    for seq, record in sorted(world.records.items()):
        into: defaultdict[int, list[Report]] = defaultdict(list)
        collect_reports(seq, record, into)
        folded.apply_reports(into[1])
    assert folded.lists.state() == world.state.lists.state() != []
    world.state = folded
    world.port = world.make(folded)
    world.port.connection = world
    assert world.ask() == [OrdStatus.NEW, OrdStatus.NEW]
    world.port.submit([CancelList(1, "L")])
    world.work()
    assert world.ask() == [OrdStatus.CANCELED, OrdStatus.CANCELED]
