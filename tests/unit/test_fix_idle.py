"""The one timer of all FIX connections: who is idle costs a call for each heartbeat, who waits is looked after."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from test_fix_acceptor import stage

from gateways.fix.session import FixSession


async def pass_time(clock: trio.testing.MockClock, seconds: float) -> None:
    """In the steps of the timer."""
    for _ in range(round(seconds / 0.25)):
        clock.jump(0.25)
        await trio.testing.wait_all_tasks_blocked()


async def test_an_idle_connection_is_called_for_its_heartbeats_only(
    mock_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []
    tick = FixSession.tick

    def counted(self: FixSession, now_s: float, now_ns: int) -> None:
        calls.append(now_s)
        tick(self, now_s, now_ns)

    monkeypatch.setattr(FixSession, "tick", counted)
    async with stage() as venue:
        client = await venue.connect()
        await client.log_on()
        await pass_time(mock_clock, 29.0)
        assert calls == []
        await pass_time(mock_clock, 1.0)
        assert (await client.get())["35"] == "0"
        assert len(calls) == 1
        await client.stream.aclose()


async def test_a_gap_is_asked_for_again_although_nothing_else_falls_due(mock_clock: trio.testing.MockClock) -> None:
    async with stage(resend_timeout_s=5.0) as venue:
        client = await venue.connect()
        await client.send("A", "98=0|108=0|554=demo|")
        assert await client.brief(1) == ["A/1"]
        await pass_time(mock_clock, 100.0)
        await client.send("0", number=5)
        assert await client.brief(1) == ["2/2"]
        await pass_time(mock_clock, 5.5)
        assert await client.brief(1) == ["2/3"]
        await client.stream.aclose()


async def test_a_logout_that_is_not_answered_ends_although_nothing_else_falls_due(
    mock_clock: trio.testing.MockClock,
) -> None:
    async with stage(logout_timeout_s=5.0) as venue:
        client = await venue.connect()
        await client.send("A", "98=0|108=0|554=demo|")
        assert await client.brief(1) == ["A/1"]
        await pass_time(mock_clock, 100.0)
        assert venue.port.connection is not None
        venue.port.connection.disconnect("bye")
        assert await client.brief(1) == ["5/2"]
        await pass_time(mock_clock, 4.5)
        assert venue.acceptor.connections == 1
        await pass_time(mock_clock, 1.0)
        assert await client.get() == {}
        await client.stream.aclose()
        await venue.until(lambda: bool(venue.told))
    assert venue.told[0]["reason"] == "bye; the client did not answer the Logout"
