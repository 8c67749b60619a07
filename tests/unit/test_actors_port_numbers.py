"""A session's port: outbound numbers, logon, logout and reset, and the replay of reports."""

from __future__ import annotations

from engine_builders import image, new
from port_world import ENDED, PortWorld

from actors.boundary import PortLimits
from actors.messages import Outcome
from actors.port import SessionPort
from engine import events as ev
from engine.queries import OrderStatusQuery
from engine.reports import Report
from engine.types import CancelReason

# ---- numbers -------------------------------------------------------------------------------------------------------


def test_numbers_for_unjournaled_messages_are_reserved_ahead() -> None:
    world = PortWorld(limits=PortLimits(numbers_reserved=10))
    assert world.port.allot() == 1
    assert world.port.allot() == 2
    assert world.journal_told() == []
    assert world.reserved == [12]  # asked for once
    assert world.state.out_limit == 12
    assert [world.port.allot() for _ in range(5)] == [3, 4, 5, 6, 7]
    assert world.journal_told() == []
    assert world.reserved == [17]
    world.port.submit([new("a")])
    world.accept("a")
    assert world.delivered[-1].number == 8
    assert world.port.out_next == 9


def test_a_logon_waits_until_nothing_of_an_earlier_connection_is_in_flight() -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.port.log_on(reset=False)
    assert world.journal_told() == []
    world.accept("a")
    (logged_on,) = world.journal_told()
    assert logged_on == ev.SessionLoggedOn(1, 0, False, 1, 2, 0)
    assert world.reserved[-1] > world.port.out_next
    assert world.delivered[-1].event == logged_on
    assert (world.delivered[-1].number, world.port.released, world.state.out_next) == (2, 2, 3)


def test_a_logon_with_reset_sends_again_what_was_not_confirmed() -> None:
    world = PortWorld()
    world.port.submit([new("a"), new("b")])
    world.accept("a")
    world.accept("b", 2)
    world.port.log_on(reset=True)
    (logged_on,) = world.journal_told()
    assert logged_on == ev.SessionLoggedOn(1, 1, True, 1, 1, 2)
    assert (world.port.reissued_upto, world.port.out_next, world.port.released) == (3, 4, 3)
    world.port.submit([new("c")])
    world.accept("c", 3)
    assert world.delivered[-1].number == 4


def test_a_logout_journals_exact_numbers_once_nothing_is_in_flight() -> None:
    world = PortWorld()
    world.port.in_next = 7
    world.port.submit([new("a")])
    world.port.log_out(confirmed=True, completed=True)
    assert world.port.connection is None
    assert world.journal_told() == []
    world.accept("a")
    assert world.delivered == []
    assert world.journal_told() == [ev.SessionLoggedOut(1, 7, 2, True)]
    assert world.state.unconfirmed() == []
    world.port.log_out(confirmed=True)
    assert world.journal_told() == []


def test_a_logout_is_not_journaled_where_the_client_is_back_already() -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.port.log_out(confirmed=False)
    world.port.connection = world
    world.port.log_on(reset=False)
    world.accept("a")
    assert [type(event).__name__ for event in world.journal_told()] == ["SessionLoggedOn"]


def test_a_binary_sessions_logout_is_nobodys_event() -> None:
    world = PortWorld("SOUPBIN")
    world.port.log_out(confirmed=True)
    assert world.journal_told() == []


def test_a_logout_forgets_the_queries_of_its_connection() -> None:
    world = PortWorld("SOUPBIN")
    world.port.submit([new("a")])
    world.port.query(OrderStatusQuery(1, "q", "a"))
    world.port.log_out(confirmed=True)
    world.port.connection = world
    world.accept("a")
    assert world.answers == []


def test_inbound_numbers_with_an_outcome_are_known() -> None:
    world = PortWorld()
    world.port.submit([new("a", in_from=2, in_seq=3)])
    world.publish(Outcome(1, 2, 3, [ev.OrderAccepted(image("a"))]))
    assert [world.port.already_done(number) for number in (1, 2, 3, 4)] == [False, True, True, False]


def test_a_new_trading_day_frees_names() -> None:
    world = PortWorld()
    world.port.submit([new("a")])
    world.accept("a")
    world.publish(Outcome(0, 0, 0, [ev.OrderCanceled(image("a", order_id=1, **ENDED), CancelReason.OPERATOR)]))
    world.publish(Outcome(0, 0, 0, [ev.TradingDayRolled("d")]))
    world.account.take()
    world.port.submit([new("a")])
    assert len(world.account.take()) == 1


# ---- replay --------------------------------------------------------------------------------------------------------


def name(report: Report) -> str:
    assert report.order is not None
    return report.order.cl_ord_id


async def replayed(port: SessionPort, begin: int, end: int) -> list[list[int]]:
    return [[report.number for report in chunk] async for chunk in port.replay(begin, end)]


async def test_a_replay_reads_reports_in_chunks_and_leaves_other_numbers_out() -> None:
    world = PortWorld(limits=PortLimits(replay_chunk=3))
    for n in range(1, 8):
        if n == 3:
            world.numbers.next += 2
        world.port.submit([new(f"o{n}")])
        world.accept(f"o{n}", n)
    assert await replayed(world.port, 1, 100) == [[1, 2, 5], [6, 7, 8], [9]]
    assert await replayed(world.port, 2, 6) == [[2, 5, 6]]
    assert await replayed(world.port, 10, 20) == []
    assert [name(r) async for chunk in world.port.replay(6, 7) for r in chunk] == ["o4", "o5"]


async def test_a_replay_after_a_reset_reads_the_new_numbers_and_ends_when_the_epoch_does() -> None:
    world = PortWorld(limits=PortLimits(replay_chunk=1))
    for n in range(1, 4):
        world.port.submit([new(f"o{n}")])
        world.accept(f"o{n}", n)
    world.port.log_on(reset=True)
    world.journal_told()
    reports = [report async for chunk in world.port.replay(2, 99) for report in chunk]
    assert [(report.number, name(report)) for report in reports] == [(2, "o1"), (3, "o2"), (4, "o3")]
    seen: list[int] = []
    async for chunk in world.port.replay(2, 99):
        seen += [report.number for report in chunk]
        world.port.log_on(reset=True)
        world.journal_told()
    assert seen == [2]
