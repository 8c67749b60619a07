"""A Logout that falls into a resend: it goes behind it, or ends it; nothing that was asked for before follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fix_venue import FakePort
from test_fix_session import NOW, Wire, active, client_frame, order_image

from engine.events import OrderAccepted
from engine.reports import Report
from gateways.fix.counters import FixCounters
from gateways.fix.session import FixSession
from gateways.fix.state import State


def resending(orders: int = 6, **limits: object) -> tuple[FixSession, FakePort, Wire]:
    """A session whose client has reports 2 … and has asked for all of them again."""
    session, port, wire = active(body="98=0|108=0", logout_timeout_s=5.0, **limits)
    for nth in range(orders):
        order = order_image(cl_ord_id=f"C{nth}", order_id=500 + nth)
        session.deliver([port.stamp(OrderAccepted(order), order)], NOW)
    session.receive([client_frame("2", 2, "7=1|16=0")], NOW)
    wire.messages()
    return session, port, wire


def sent(port: FakePort, begin: int, end: int) -> list[Report]:
    return [report for number, report in port.sent.items() if begin <= number <= end]


def test_the_logout_goes_behind_the_resend() -> None:
    session, port, wire = resending()
    resend = session.resends.next()
    assert resend is not None
    session.resends.send(resend, sent(port, 1, 3), NOW)
    session.disconnect("the day is over", NOW)
    session.tick(2.25, NOW)
    session.resends.send(resend, sent(port, 4, 7), NOW)
    session.resends.finish(resend, NOW)
    session.resends.go_live(NOW)
    assert wire.brief() == ["4/1", "8/2", "8/3", "8/4", "8/5", "8/6", "8/7", "5/8"]


def test_a_resend_that_takes_too_long_ends_where_it_is() -> None:
    session, port, wire = resending()
    resend = session.resends.next()
    assert resend is not None
    session.resends.send(resend, sent(port, 1, 3), NOW)
    session.disconnect("the day is over", NOW)
    session.tick(2.5, NOW)
    assert wire.brief() == ["4/1", "8/2", "8/3", "5/8"], "no gap fill: what is missing can be asked for"
    session.resends.send(resend, sent(port, 4, 7), NOW)
    session.resends.finish(resend, NOW)
    session.resends.go_live(NOW)
    assert wire.brief() == []
    session.tick(5.0, NOW)
    assert session.state is State.CLOSED
    assert port.logouts == [False]


def test_what_is_asked_for_after_the_logout_is_served() -> None:
    session, port, wire = resending()
    session.disconnect("the day is over", NOW)
    session.tick(2.5, NOW)
    assert wire.brief() == ["5/8"]
    session.receive([client_frame("2", 3, "7=2|16=0")], NOW)
    session.tick(2.75, NOW)
    resend = session.resends.next()
    assert resend is not None
    session.tick(3.0, NOW)
    session.resends.send(resend, sent(port, 2, 8), NOW)
    session.resends.finish(resend, NOW)
    session.resends.go_live(NOW)
    assert wire.brief() == ["8/2", "8/3", "8/4", "8/5", "8/6", "8/7", "4/8"]
    session.receive([client_frame("5", 4)], NOW)
    assert session.state is not State.LOGOUT_SENT


@pytest.mark.parametrize("at", [2.25, 2.5])
async def test_the_connection_s_loop_ends_what_was_ended(at: float) -> None:
    session, port, wire = resending()
    read: list[int] = []

    async def replay(begin: int, end: int) -> AsyncIterator[list[Report]]:
        for number in range(begin, end + 1):
            read.append(number)
            yield sent(port, number, number)
            if number == 3:
                session.disconnect("the day is over", NOW)
                session.tick(at, NOW)

    async def drained() -> None:
        """The client reads at once."""

    await session.resends.serve(replay, drained, lambda: NOW, FixCounters())
    ended = at >= 2.5
    assert wire.brief()[-1] == "5/8"
    assert read[-1] == (4 if ended else 7)
    assert not session.resending
