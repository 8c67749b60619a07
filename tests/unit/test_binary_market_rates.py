"""How much a listener to market data may say."""

from __future__ import annotations

from pathlib import Path

import msgspec
import trio.testing
from market_book import decode
from market_venue import MarketClient, MarketVenue, running, settings

from engine.session_profile import RateAction
from gateways.binary import codec
from gateways.binary.rejects import MessageRejectReason

NO_MESSAGE = codec.ORDER_STATUS_REQUEST.pack(7, 1, 0)
UNKNOWN, EXCEEDED = MessageRejectReason.UNKNOWN_TEMPLATE, MessageRejectReason.RATE_EXCEEDED


async def refused(client: MarketClient, count: int) -> list[tuple[int, int]]:
    """Numbers and reasons of the next rejects."""
    client.rejects.clear()
    await client.until(lambda: len(client.rejects) >= count)
    told = [decode(payload).values for payload in client.rejects]
    return [(it["RefSeqNum"], it["BusinessRejectReason"]) for it in told]


def change_rate(at: MarketVenue, per_s: int, burst: int, action: RateAction = RateAction.REJECT) -> None:
    """Operators change the session's profile."""
    known = at.venue.directory.session_keyed("SOUPBIN", "MDATA1", "")
    assert known is not None
    profile = msgspec.structs.replace(known.profile, rate_per_s=per_s, rate_burst=burst, rate_action=action)
    at.venue.directory.apply(msgspec.structs.replace(known, profile=profile))


async def test_what_is_beyond_the_rate_of_all_is_refused_by_that_reason(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with running(settings(tmp_path), rate_per_s=2, rate_burst=3) as at:
        client = await at.client()
        await client.stream.send_all(NO_MESSAGE * 5)
        assert await refused(client, 5) == [(1, UNKNOWN), (2, UNKNOWN), (3, UNKNOWN), (4, EXCEEDED), (5, EXCEEDED)]
        mock_clock.jump(1.0)
        await client.stream.send_all(NO_MESSAGE * 3)
        assert await refused(client, 3) == [(6, UNKNOWN), (7, UNKNOWN), (8, EXCEEDED)]
        assert at.acceptor.counters.batches_throttled == 2
        assert at.acceptor.counters.messages_rejected == 8
        await client.stream.aclose()


async def test_a_session_has_one_rate_however_often_it_is_logged_in(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with running(settings(tmp_path)) as at:
        first, second = await at.client(), await at.client(session="LEVELS")
        await first.stream.send_all(NO_MESSAGE)
        assert await refused(first, 1) == [(1, UNKNOWN)]
        change_rate(at, 1, 2)
        await first.stream.send_all(NO_MESSAGE * 2)
        assert await refused(first, 2) == [(2, UNKNOWN), (3, UNKNOWN)]
        await second.stream.send_all(NO_MESSAGE)
        assert await refused(second, 1) == [(1, EXCEEDED)]
        await first.stream.aclose()
        await second.stream.aclose()


async def test_who_is_to_be_disconnected_hears_why_and_what_was_within_is_answered(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with running(settings(tmp_path)) as at:
        change_rate(at, 1, 2, RateAction.DISCONNECT)
        client = await at.client()
        await client.stream.send_all(NO_MESSAGE * 5)
        await client.rest()
        assert [decode(payload).values["BusinessRejectReason"] for payload in client.rejects] == [UNKNOWN] * 2
        assert client.debug == ["Message rate exceeded: 1 a second"]
