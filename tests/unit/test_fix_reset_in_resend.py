"""A client resets its live session while it is sent something again: of the old numbers nothing more comes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fix_venue import FakePort
from test_fix_logout_in_resend import resending, sent
from test_fix_session import NOW, Wire, client_frame

from engine.reports import Report
from gateways.fix.counters import FixCounters
from gateways.fix.session import FixSession


def accept(session: FixSession, port: FakePort, name: str) -> None:
    session.deliver(port.release(port.accepted(name)), NOW)


async def serve(session: FixSession, port: FakePort, reset_at: int, *, answered: bool) -> list[int]:
    """Serves what is asked for; the client's reset comes with number ``reset_at``, and its Logon's reply before the
    next one or after all. Returns the numbers that were read."""
    read: list[int] = []

    async def replay(begin: int, end: int) -> AsyncIterator[list[Report]]:
        for number in range(begin, end + 1):
            read.append(number)
            yield sent(port, number, number)
            if number == reset_at:
                session.receive([client_frame("A", 1, "98=0|108=0|141=Y")], NOW)
                if answered:
                    session.deliver(port.logged_on(), NOW)

    async def drained() -> None:
        """The client reads at once."""

    await session.resends.serve(replay, drained, lambda: NOW, FixCounters())
    return read


def lives_on(session: FixSession, port: FakePort, wire: Wire) -> None:
    session.receive([client_frame("1", 2, "112=x")], NOW)
    assert wire.brief() == ["0/2"]
    accept(session, port, "new")
    assert wire.brief() == ["8/3"]


async def test_a_resend_ends_with_the_old_numbers() -> None:
    session, port, wire = resending()
    assert await serve(session, port, 3, answered=True) == [1, 2, 3, 4]
    assert wire.brief() == ["4/1", "8/2", "8/3", "A/1"]
    lives_on(session, port, wire)


async def test_nothing_comes_before_the_reply_either() -> None:
    session, port, wire = resending()
    await serve(session, port, 3, answered=False)
    assert wire.brief() == ["4/1", "8/2", "8/3"]
    session.deliver(port.logged_on(), NOW)
    assert wire.brief() == ["A/1"]
    lives_on(session, port, wire)


async def test_what_fell_due_during_the_resend_is_not_sent_under_old_numbers() -> None:
    session, port, wire = resending(orders=2)
    accept(session, port, "due")
    accept(session, port, "too")
    read = await serve(session, port, 4, answered=True)
    assert read[-2:] == [4, 5]
    assert wire.brief() == ["4/1", "8/2", "8/3", "8/4", "A/1"]
    lives_on(session, port, wire)
