"""What a FIX session may send by its rights and by its rate, and that operators' changes hold from the next message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fix_gateway import Gateway, Wire, gateway


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as it:
        yield it


async def _logged_on(venue: Gateway, begin_string: str = "FIX.4.4") -> Wire:
    client = await venue.connect(begin_string)
    assert (await client.log_on("554=secret"))["35"] == "A"
    return client


@pytest.mark.parametrize(("begin_string", "reason"), [("FIX.4.2", "0"), ("FIX.4.4", "6"), ("FIXT.1.1", "6")])
async def test_a_session_without_the_right_to_trade_is_told_so(venue: Gateway, begin_string: str, reason: str) -> None:
    await venue.open_session(protocol=begin_string, rights=["market_data"])
    client = await _logged_on(venue, begin_string)
    await client.order("o1")
    reject = await client.get()
    assert (reject["35"], reject["372"], reject["379"], reject["380"]) == ("j", "D", "o1", reason)
    assert reject["58"] == "Not authorized: the session has no right to trade"
    await client.cancel("c1", "o1")
    assert (await client.get())["372"] == "F"
    await client.send("K", "66=L1|60=20260101-00:00:00")
    assert (await client.get())["372"] == "K"
    await client.send("M", "66=L1")
    assert (await client.get())["58"] == "Unknown list L1", "who may not trade may ask"
    await client.send("1", "112=still here")
    assert (await client.get())["112"] == "still here"


async def test_rights_that_are_given_and_taken_hold_from_the_next_message(venue: Gateway) -> None:
    session_id = await venue.open_session()
    client = await _logged_on(venue)
    await client.order("o1")
    assert (await client.get())["150"] == "0"
    await venue.change(session_id, rights=["market_data"])
    await client.order("o2")
    assert (await client.get())["380"] == "6"
    await client.cancel("c1", "o1")
    assert (await client.get())["150"] == "4", "who may not trade any more may still get out"
    await client.cancel("c2", "o1")
    assert (await client.get())["380"] == "6"
    await venue.change(session_id, rights=["trade"])
    await client.order("o3")
    assert (await client.get())["150"] == "0"


@pytest.mark.parametrize(("begin_string", "reason"), [("FIX.4.2", "0"), ("FIX.4.4", "0"), ("FIXT.1.1", "8")])
async def test_orders_beyond_the_rate_are_refused_and_cancels_pass(
    venue: Gateway, begin_string: str, reason: str
) -> None:
    await venue.open_session(protocol=begin_string, rate={"per_second": 1, "burst": 4})
    client = await _logged_on(venue, begin_string)
    orders = [client.encoded("D", _order(n)) for n in range(6)]
    await client.stream.send_all(b"".join(orders))
    answers = [await client.get() for _ in range(6)]
    assert sorted(it["35"] for it in answers) == ["8"] * 4 + ["j"] * 2
    rejects = [it for it in answers if it["35"] == "j"]
    assert {(it["372"], it["380"], it["58"]) for it in rejects} == {("D", reason, "Message rate exceeded: 1 a second")}
    assert [it["379"] for it in rejects] == ["o4", "o5"]
    for n in range(4):
        await client.cancel(f"c{n}", f"o{n}")
        answer = await client.get()
        assert answer["150"] == "4"
    cancels = [client.encoded("F", f"11=d{n}|41=o0|55=BTC/USDT|54=1|60=20260101-00:00:00|38=1") for n in range(8)]
    await client.stream.send_all(b"".join(cancels))
    assert "j" in [(await client.get())["35"] for _ in range(8)]
    await client.send("1", "112=alive")
    assert (await client.get())["112"] == "alive"
    assert venue.acceptor.counters.batches_throttled


def _order(n: int) -> str:
    return f"11=o{n}|55=BTC/USDT|54=1|60=20260101-00:00:00|38=1|40=2|44=90|21=1|1=A2"


async def test_a_session_that_is_to_be_disconnected_hears_why(venue: Gateway) -> None:
    await venue.open_session(rate={"per_second": 1, "burst": 2, "action": "disconnect"})
    client = await _logged_on(venue)
    await client.stream.send_all(b"".join(client.encoded("D", _order(n)) for n in range(5)))
    answers = [await client.get() for _ in range(3)]
    assert sorted(it["35"] for it in answers) == ["5", "8", "8"]
    assert next(it for it in answers if it["35"] == "5")["58"] == "Message rate exceeded: 1 a second"


async def test_the_venue_s_rate_holds_where_the_profile_names_none(tmp_path: Path) -> None:
    async with gateway(tmp_path, rate_per_s=1, rate_burst=1) as venue:
        session_id = await venue.open_session()
        client = await _logged_on(venue)
        await client.stream.send_all(b"".join(client.encoded("D", _order(n)) for n in range(2)))
        assert sorted([(await client.get())["35"] for _ in range(2)]) == ["8", "j"]
        await venue.change(session_id, rate={"per_second": 1000})
        await client.stream.send_all(b"".join(client.encoded("D", _order(n)) for n in range(2, 4)))
        assert "Message rate exceeded" not in str([await client.get() for _ in range(2)])
