"""What sessions of the binary port may do, and how fast: over sockets, with the whole venue behind them."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme
import venue_in_process as venues
from binary_gateway import Gateway, gateway
from binary_raw_client import RawClient
from binary_schema import decode

from engine.events import OrderCanceled, SessionConfigured, SessionLapsed
from engine.session_profile import CancelOnDisconnect
from engine.types import SCALE, CancelReason
from gateways.binary import codec, soup
from gateways.binary.requests import STATUSES_AT_ONCE
from gateways.tls import TlsFiles, server_context

AUTHORITY = trustme.CA()
AS_PROFILE = 2**32 - 1
PRICE = 100 * SCALE


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as it:
        yield it


async def logged_in(venue: Gateway, stream: Any = None, user: str = "NEW1", sequence: int = 1) -> RawClient:
    client = RawClient(stream or await venue.stream())
    await client.log_in(sequence, user=user, password="secret")
    assert (await client.packet())[0] == soup.LOGIN_ACCEPTED
    return client


async def message(client: RawClient) -> Any:
    """The next message but heartbeats."""
    while True:
        kind, payload = await client.packet()
        if kind in (soup.SEQUENCED_DATA, soup.UNSEQUENCED_DATA):
            return decode(payload)


async def named(client: RawClient, count: int) -> list[str]:
    return [(await message(client)).message_name for _ in range(count)]


def order(cl_ord_id: int, side: bytes = b"1", price: int = PRICE, account: int = 0) -> bytes:
    packet: bytes = codec.NEW_ORDER.pack(cl_ord_id, price, SCALE // 100, 1, account, side, b"2", b"1")
    return packet


def cancel(cl_ord_id: int, orig: int) -> bytes:
    packet: bytes = codec.CANCEL_ORDER.pack(cl_ord_id, orig, 0, 1, 0, b"1")
    return packet


def configure(request_id: int = 1, mode: int = 0, window_ms: int = AS_PROFILE, *self_trade: int) -> bytes:
    packet: bytes = codec.SESSION_CONFIGURATION.pack(request_id, mode, window_ms, *(self_trade or (0, 0, 0)))
    return packet


# ---- rights and rates ------------------------------------------------------------------------------------------------


async def test_rights_that_are_given_and_taken_hold_from_the_next_message(venue: Gateway) -> None:
    session_id = await venue.open_session(rights=["trade"])
    client = await logged_in(venue)
    await client.send(codec.BOOK_REQUEST.pack(9, 1, 5), order(1))
    fields = (await message(client)).value
    assert (fields["BusinessRejectReason"], fields["BusinessRejectRefID"]) == ("NotAuthorized", 9)
    assert (await message(client)).message_name == "Accepted"
    await venue.change(session_id, rights=["market_data"])
    await client.send(order(2), codec.BOOK_REQUEST.pack(9, 1, 5))
    fields = (await message(client)).value
    assert (fields["BusinessRejectReason"], fields["BusinessRejectRefID"]) == ("NotAuthorized", 2)
    assert (await message(client)).message_name == "BookSnapshot"
    await client.send(cancel(3, 1))
    assert (await message(client)).message_name == "Canceled", "who may not trade any more may still get out"
    await client.send(cancel(4, 1))
    assert (await message(client)).value["BusinessRejectReason"] == "NotAuthorized"


async def test_what_is_beyond_the_rate_is_refused_by_number_and_cancels_pass(venue: Gateway) -> None:
    await venue.open_session(rate={"per_second": 1, "burst": 4})
    client = await logged_in(venue)
    await client.send(*[order(n) for n in range(1, 7)])
    answers = [await message(client) for _ in range(6)]
    rejects = [it.value for it in answers if it.message_name == "MessageReject"]
    assert [(it["BusinessRejectReason"], it["BusinessRejectRefID"]) for it in rejects] == [
        ("RateExceeded", 5), ("RateExceeded", 6),
    ]  # fmt: skip
    assert {it["Text"] for it in rejects} == {"Message rate exceeded: 1 a second"}
    await client.send(*[cancel(10 + n, n) for n in range(1, 5)])
    assert await named(client, 4) == ["Canceled"] * 4
    await client.send(*[cancel(20 + n, n) for n in range(8)])
    assert "MessageReject" in await named(client, 8)
    assert venue.acceptor.counters.batches_throttled


async def test_a_session_that_is_to_be_disconnected_hears_why(venue: Gateway) -> None:
    await venue.open_session(rate={"per_second": 1, "burst": 4, "action": "disconnect"})
    client = await logged_in(venue)
    await client.send(*[order(n) for n in range(1, 7)])
    *told, (kind, text) = await client.rest()
    assert (kind, text) == (soup.DEBUG, b"Message rate exceeded: 1 a second")
    assert len([kind for kind, _ in told if kind == soup.SEQUENCED_DATA]) <= 4
    again = await logged_in(venue)
    assert [decode(payload).message_name for _, payload in await again.packets(4)] == ["Accepted"] * 4


async def test_a_rate_for_all_who_name_none(tmp_path: Path) -> None:
    async with gateway(tmp_path, rate_per_s=5, rate_burst=2) as venue:
        await venue.open_session()
        client = await logged_in(venue)
        await client.send(configure())
        fields = (await message(client)).value
        assert (fields["RatePerSecond"], fields["RateBurst"]) == (5, 2)


# ---- one segment, many packets ---------------------------------------------------------------------------------------


async def test_one_segment_is_one_batch_taken_and_refused_one_by_one_in_order(venue: Gateway) -> None:
    session_id = await venue.open_session()
    batches: list[int] = []
    port = venue.desk.running.ports[session_id]
    submit = port.submit
    port.submit = lambda commands: (batches.append(len(commands)), submit(commands))  # type: ignore[method-assign,assignment,func-returns-value]
    client = await logged_in(venue)
    await client.send(order(1), order(2, price=1), order(1), cancel(3, 2), order(4), cancel(5, 1), order(5))
    told = [(it.message_name, it.value["ClOrdID"]) for it in [await message(client) for _ in range(7)]]
    assert sorted(told) == sorted([
        ("Accepted", 1), ("Rejected", 2), ("Rejected", 1), ("CancelRejected", 3), ("Accepted", 4), ("Canceled", 5),
        ("Rejected", 5),
    ])  # fmt: skip
    assert batches == [7]


async def test_a_client_order_id_is_used_once_in_a_segment_and_over_a_restart(tmp_path: Path) -> None:
    chosen = venues.settings(tmp_path)
    async with gateway(tmp_path, chosen=chosen) as venue:
        await venue.open_session()
        client = await logged_in(venue)
        await client.send(order(2**64 - 1), order(2**64 - 1))
        first, second = await message(client), await message(client)
        assert {first.message_name, second.message_name} == {"Accepted", "Rejected"}
        assert [it.value["RejectReason"] for it in (first, second) if it.message_name == "Rejected"] == [
            "DuplicateClOrdId"
        ]
    async with gateway(tmp_path, chosen=chosen) as venue:
        client = await logged_in(venue, sequence=0)
        await client.send(order(2**64 - 1), codec.OPEN_ORDERS_REQUEST.pack(7, 0, 0, b"\x00"))
        refused = (await message(client)).value
        assert (refused["OrdRejReason"], refused["RejectReason"]) == ("DuplicateOrder", "DuplicateClOrdId")
        assert await named(client, 2) == ["OrderStatus", "OpenOrdersEnd"]


# ---- session configuration -------------------------------------------------------------------------------------------


async def test_what_is_in_force_is_told_when_it_is_durable(venue: Gateway) -> None:
    await venue.open_session(rate={"per_second": 1000, "burst": 2000})
    client = await logged_in(venue)
    await client.send(configure(7, 3, 2500, 2, 1, 99))
    assert (await message(client)).value == {
        "ConfigurationReqID": 7,
        "CancelOnDisconnect": "Logout",
        "CancelWindow": 2500,
        "CancelWindowMax": 60_000,
        "SelfTrade": "CancelOldest",
        "SelfTradeScope": "Firm",
        "SelfTradeID": 99,
        "Rights": ["Trade", "MarketData"],
        "RatePerSecond": 1000,
        "RateBurst": 2000,
    }
    assert venue.desk.journaled(SessionConfigured).cancel_on_disconnect is CancelOnDisconnect.LOGOUT
    await client.send(configure(8))
    fields = (await message(client)).value
    assert (fields["CancelOnDisconnect"], fields["CancelWindow"], fields["SelfTrade"]) == ("Off", 0, "None")


@pytest.mark.parametrize(
    ("profile", "asked", "reason", "text"),
    [
        ({}, (1, 2, 60_001), "ConfigurationRefused", "CancelWindow 60001: at most 60000 ms"),
        (
            {"mode": "disconnect", "window_s": 5},
            (1, 2, 5001),
            "ConfigurationRefused",
            "CancelWindow 5001: at most 5000 ms",
        ),
        (
            {"mode": "logout"},
            (1, 2),
            "ConfigurationRefused",
            "CancelOnDisconnect: at least LOGOUT, as the profile says",
        ),
        ({"mode": "disconnect"}, (1, 1), "ConfigurationRefused", "CancelOnDisconnect: at least DISCONNECT"),
        ({}, (1, 4), "InvalidValue", "CancelOnDisconnect 4 is not supported"),
        ({}, (1, 0, AS_PROFILE, 9, 0, 0), "InvalidValue", "SelfTrade 9 is not supported"),
        ({}, (1, 0, AS_PROFILE, 0, 1, 0), "InvalidValue", "SelfTradeScope without SelfTrade"),
    ],
)
async def test_a_session_can_only_make_itself_more_careful(
    venue: Gateway, profile: dict[str, Any], asked: tuple[int, ...], reason: str, text: str
) -> None:
    await venue.open_session(cancel_on_disconnect=profile)
    client = await logged_in(venue)
    await client.send(configure(*asked))
    fields = (await message(client)).value
    assert (fields["BusinessRejectReason"], fields["BusinessRejectRefID"]) == (reason, 1)
    assert fields["Text"].startswith(text)
    assert not venue.desk.all_journaled(SessionConfigured)


async def test_orders_go_with_the_connection_when_the_client_has_said_so(venue: Gateway) -> None:
    await venue.open_session()
    client = await logged_in(venue)
    await client.send(configure(1, 2), order(1), order(2))
    assert sorted(await named(client, 3)) == ["Accepted", "Accepted", "SessionConfigurationReport"]
    await client.stream.aclose()
    await venue.until_closed("the client closed")
    again = await logged_in(venue)
    told = [decode(payload) for _, payload in await again.packets(4)]
    assert [(it.message_name, it.value.get("CancelReason")) for it in told[2:]] == [("Canceled", "ConnectionLost")] * 2
    await again.send(order(3), soup.LOGOUT_REQUEST_PACKET)
    await again.rest()
    third = await logged_in(venue, sequence=6)
    await third.send(codec.OPEN_ORDERS_REQUEST.pack(7, 0, 0, b"\x00"))
    assert (await message(third)).value["ClOrdID"] == 3, "the next connection starts with the profile"


async def test_cancel_on_disconnect_of_a_profile_holds_for_binary_sessions(venue: Gateway) -> None:
    await venue.open_session(cancel_on_disconnect={"mode": "disconnect"})
    client = await logged_in(venue)
    kept = codec.NEW_SPECIAL_ORDER_3.pack(2, PRICE, SCALE, 1, 0, b"1", b"2", b"1", *(0,) * 15, 1, 0)
    await client.send(order(1), kept)
    assert await named(client, 2) == ["Accepted"] * 2
    await client.stream.aclose()
    await venue.until_closed("the client closed")
    again = await logged_in(venue)
    told = [decode(payload) for _, payload in await again.packets(3)]
    assert (told[2].message_name, told[2].value["OrigClOrdID"]) == ("Canceled", 1)
    assert venue.desk.journaled(SessionLapsed).lost
    assert [it.reason for it in venue.desk.all_journaled(OrderCanceled)] == [CancelReason.CONNECTION_LOST]


async def test_the_default_of_self_trade_prevention_is_that_of_orders_that_name_none(venue: Gateway) -> None:
    await venue.open_session()
    client = await logged_in(venue)
    own = codec.NEW_SPECIAL_ORDER.pack(3, PRICE, SCALE, 1, 0, b"1", b"2", b"1", *(0,) * 13, 3, 0)
    await client.send(order(1), configure(1, 0, AS_PROFILE, 1, 1, 42), order(2), own)
    seen = {}
    for it in [await message(client) for _ in range(4)]:
        if it.message_name == "Accepted":
            seen[it.value["ClOrdID"]] = (it.value.get("SelfTrade"), it.value.get("SelfTradeID"))
    assert seen == {1: (None, None), 2: ("CancelNewest", 42), 3: ("CancelBoth", None)}
    await client.send(cancel(6, 1), order(4, b"2"), configure(2), order(5, b"2"))
    told = [await message(client) for _ in range(7)]
    canceled = [it.value for it in told if it.message_name == "Canceled"]
    assert [(it["OrigClOrdID"], it["CancelReason"]) for it in canceled] == [(1, "Requested"), (4, "SelfTrade")]
    assert {it.value["ClOrdID"] for it in told if it.message_name == "Executed"} == {2, 5}


async def test_a_mass_cancel_of_the_sessions_own_orders_leaves_others_alone(venue: Gateway) -> None:
    await venue.open_session()
    await venue.open_session(comp_id="NEW2")
    first, second = await logged_in(venue), await logged_in(venue, user="NEW2")
    await first.send(order(1))
    await second.send(order(1))
    assert (await named(first, 1), await named(second, 1)) == (["Accepted"], ["Accepted"])
    await first.send(codec.MASS_CANCEL_SCOPED.pack(2, 0, 0, b"\x00", 1))
    assert await named(first, 2) == ["Canceled", "MassCancelReport"]
    await second.send(codec.OPEN_ORDERS_REQUEST.pack(7, 0, 0, b"\x00"))
    assert await named(second, 2) == ["OrderStatus", "OpenOrdersEnd"]
    await first.send(codec.MASS_CANCEL_SCOPED.pack(3, 0, 0, b"\x00", 0))
    assert (await message(first)).value["TotalAffectedOrders"] == 1
    assert await named(second, 1) == ["Canceled"]


# ---- mass status -----------------------------------------------------------------------------------------------------


async def test_many_open_orders_are_told_piece_by_piece_as_they_stand(tmp_path: Path) -> None:
    async with gateway(tmp_path, buffer_max=200_000) as venue:
        await venue.open_session()
        client = await logged_in(venue)
        count = 4 * STATUSES_AT_ONCE + 7
        for begin in range(0, count, 200):
            await client.send(*[order(n + 1) for n in range(begin, min(begin + 200, count))])
            assert set(await named(client, min(200, count - begin))) == {"Accepted"}
        await client.send(codec.OPEN_ORDERS_REQUEST.pack(7, 0, 0, b"\x00"), cancel(count + 1, count))
        told = [await message(client) for _ in range(count + 1)]
        names = [it.message_name for it in told]
        end = told[names.index("OpenOrdersEnd")]
        statuses = [it.value["ClOrdID"] for it in told if it.message_name == "OrderStatus"]
        assert end.value["TotNumReports"] == len(statuses)
        assert len(set(statuses)) == len(statuses) >= count - 1
        last = names.index("Canceled")
        assert count not in [it.value["ClOrdID"] for it in told[last:] if it.message_name == "OrderStatus"]


@pytest.mark.parametrize(
    ("asked", "expected"), [((2, 0, b"\x00"), []), ((0, 0, b"2"), [2]), ((1, 2, b"1"), [1]), ((0, 3, b"\x00"), [3])]
)
async def test_open_orders_by_symbol_side_and_account(
    venue: Gateway, asked: tuple[int, int, bytes], expected: list[int]
) -> None:
    await venue.open_session(accounts=["A2", "A3"])
    client = await logged_in(venue)
    await client.send(order(1), order(2, b"2", 2 * PRICE), order(3, account=3))
    assert await named(client, 3) == ["Accepted"] * 3
    await client.send(codec.OPEN_ORDERS_REQUEST.pack(7, *asked))
    told = [await message(client) for _ in range(len(expected) + 1)]
    assert [it.value["ClOrdID"] for it in told[:-1]] == expected
    assert told[-1].value == {"MassStatusReqID": 7, "TotNumReports": len(expected)}


# ---- TLS -------------------------------------------------------------------------------------------------------------


def server(directory: Path) -> ssl.SSLContext:
    leaf = AUTHORITY.issue_cert("localhost")
    certificate, key, client_ca = (directory / name for name in ("server.pem", "server.key", "ca.pem"))
    certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    client_ca.write_bytes(AUTHORITY.cert_pem.bytes())
    return server_context(TlsFiles(certificate, key, client_ca))


def trusting(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def fingerprint(certificate: trustme.LeafCert) -> str:
    der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
    return hashlib.sha256(der).hexdigest()


async def test_a_client_trades_over_tls_with_its_certificate(tmp_path: Path) -> None:
    certificate = AUTHORITY.issue_cert("trader@example.org")
    async with gateway(tmp_path / "venue", server(tmp_path)) as venue:
        await venue.open_session(certificate=fingerprint(certificate))
        plain = RawClient(await venue.stream())
        await plain.log_in(user="NEW1", password="secret")
        assert await plain.packet() == (soup.LOGIN_REJECTED, b"A")
        without = RawClient(await venue.secure(trusting()))  # type: ignore[arg-type]
        await without.log_in(user="NEW1", password="secret")
        assert await without.packet() == (soup.LOGIN_REJECTED, b"A")
        client = await logged_in(venue, await venue.secure(trusting(certificate)))
        await client.send(*[order(n) for n in range(1, 501)])
        assert set(await named(client, 500)) == {"Accepted"}
        await client.send(soup.LOGOUT_REQUEST_PACKET)
        assert {kind for kind, _ in await client.rest()} <= {soup.SERVER_HEARTBEAT}


async def test_who_speaks_tls_to_the_plain_port_is_told_apart(venue: Gateway) -> None:
    stream = await venue.stream()
    await stream.send_all(b"\x16\x03\x01\x02\x00" + bytes(100))
    await venue.until_closed("the client speaks TLS, and this port does not")


async def test_who_does_not_speak_tls_to_the_other(tmp_path: Path) -> None:
    async with gateway(tmp_path / "venue", server(tmp_path)) as venue:
        stream = await trio.open_tcp_stream("127.0.0.1", venue.tls_port)
        await stream.send_all(soup.login_request(soup.LoginRequest("NEW1", "secret", "", 1)))
        await venue.until_closed("no TLS connection: ")
        await trio.aclose_forcefully(stream)
