"""What a relay is made of: its settings' rules, the venue's packets unread, its status."""

from __future__ import annotations

import base64
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from market_venue import running, settings
from relay_in_process import relay_settings, relaying
from structlog.testing import capture_logs

from clients.exceptions import ConnectionLost, LoginRefused, ProtocolError
from clients.market.packets import SnapshotLink, StreamLink
from clients.settings import Settings as ClientSettings
from config.credentials import hash_password
from config.errors import ConfigError
from config.loader import load
from config.relay import RelaySettings, SubscriberConfig, UpstreamSettings
from config.relay_rules import check_relay
from config.show import render
from gateways.binary import soup
from gateways.binary.market.codec import END_OF_EVENT, SEQUENCED, UNSEQUENCED
from gateways.http.messages import NotFound, Request
from gateways.tls import TlsUnusable
from tradeengine.relay import follow
from tradeengine.relay_status import RelayStatus, lag_s
from tradeengine.relay_upstream import Venue

ENTERED = ClientSettings()
S_PACKETS = [soup.packet(soup.SEQUENCED_DATA, bytes(size)) for size in (0, 1, 300, 7)]
SHOWN = [UNSEQUENCED.snapshot_begin.pack(4, 7, 0), UNSEQUENCED.snapshot_end.pack(4, 7, 0)]


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(places)]


CUTS = st.lists(st.integers(0, 10**6), max_size=8)


@given(CUTS)
def test_a_stream_is_handed_on_as_it_is_however_it_is_cut(cuts: list[int]) -> None:
    taken: list[tuple[int, bytes]] = []
    link = StreamLink("U", "p", "O1", 5, ENTERED, lambda count, packets: taken.append((count, packets)))
    link.begin()
    told = [*S_PACKETS[:2], soup.SERVER_HEARTBEAT_PACKET, soup.debug("well"), *S_PACKETS[2:]]
    for piece in in_pieces(soup.login_accepted("O1", 5) + b"".join(told), cuts):
        link.receive(piece)
    assert b"".join(packets for _, packets in taken) == b"".join(S_PACKETS)
    assert sum(count for count, _ in taken) == link.session.next_number - 5 == len(S_PACKETS)
    assert link.ready
    assert link.words == "well"


@given(CUTS)
def test_a_snapshot_is_gathered_however_it_is_cut(cuts: list[int]) -> None:
    link = SnapshotLink("U", "p", "ORDERS", ENTERED)
    link.begin()
    complete = UNSEQUENCED.snapshot_complete.pack(5, 1)
    told = [SHOWN[0], soup.SERVER_HEARTBEAT_PACKET, SHOWN[1], complete, *S_PACKETS]
    for piece in in_pieces(soup.login_accepted("O1", 5) + b"".join(told), cuts):
        link.receive(piece)
    assert link.ready
    assert (link.session.session, link.number, link.instruments) == ("O1", 5, 1)
    assert link.packets == b"".join(SHOWN)


def test_what_is_no_stream_ends_the_connection() -> None:
    def receive(*packets: bytes) -> None:
        link = StreamLink("U", "p", "O1", 5, ENTERED, lambda count, packets: None)
        link.begin()
        link.receive(b"".join(packets))

    accepted = soup.login_accepted("O1", 5)
    with pytest.raises(LoginRefused, match="session not available: gone"):
        receive(soup.login_rejected("S"), soup.debug("gone"))
    with pytest.raises(ConnectionLost, match="it closes"):
        receive(accepted, soup.debug("it closes"), soup.END_OF_SESSION_PACKET)
    with pytest.raises(ProtocolError, match="packet length 0"):
        receive(accepted, S_PACKETS[0], b"\0\0\0")
    with pytest.raises(ProtocolError, match="goes on with number 6"):
        receive(soup.login_accepted("O1", 6))
    with pytest.raises(ValueError, match="number: 0"):
        StreamLink("U", "p", "O1", 0, ENTERED, lambda count, packets: None)


def test_lag_is_that_of_the_newest_message_with_a_time() -> None:
    trade = SEQUENCED.trade.pack(1_500_000_000, 1, 1, 1, 7, b"1", END_OF_EVENT)
    shown = SEQUENCED.snapshot_begin.pack(4, 7, 0)
    assert lag_s(trade + shown, 2_000_000_000) == 0.5
    assert lag_s(shown, 2_000_000_000) == 0
    assert lag_s(b"", 0) == 0


def problems(**changed: Any) -> dict[str, str]:
    found = check_relay(msgspec.structs.replace(relay_settings(), **changed), {"relay.streams": "here"})
    return {problem.key.removeprefix("relay."): problem.text for problem in found}


def test_what_a_relay_cannot_start_with() -> None:
    assert problems() == {}
    assert set(problems(streams=["ORDERS", "ORDERS"])) == {"streams"}
    assert set(problems(subscribers=[])) == {"subscribers"}
    assert set(problems(plain=False)) == {"plain"}
    assert set(problems(port=9465)) == {"metrics_port"}
    assert set(problems(port=0, metrics_port=0)) == set()
    key = f"k:{base64.b64encode(bytes(32)).decode()}"
    wrong = UpstreamSettings(hmac_key="k:AA==", private_key=key, tls_key="x", retry_first_s=5)
    names = ("username", "hmac_key", "tls_key", "retry_longest_s")
    assert set(problems(upstream=wrong)) == {f"upstream.{name}" for name in names}
    twice = SubscriberConfig(username="A", password="p", password_hash=hash_password("p", bytes(8), n=2))
    keys = SubscriberConfig(username="A", public_keys=[f"k{n}:x" for n in range(9)])
    found = problems(subscribers=[twice, keys, SubscriberConfig(username="B")])
    assert set(found) == {
        f"subscribers[{path}" for path in ("0].password", "1].username", "1].public_keys", "2].password")
    }


def test_settings_come_from_files_and_the_environment_and_keep_their_secrets(tmp_path: Path) -> None:
    path = tmp_path / "relay.yaml"
    path.write_text("relay: {streams: [LEVELS], subscribers: [{username: DESK1, password: quiet}]}")
    loaded = load(path, {"TRADE_ENGINE_RELAY__UPSTREAM__PASSWORD": "silent"}, {"relay.port": 0})
    assert (loaded.relay.streams, loaded.relay.port, loaded.relay.upstream.password) == (["LEVELS"], 0, "silent")
    for shown in (render(loaded), repr(loaded)):
        assert "quiet" not in shown
        assert "silent" not in shown
    path.write_text("relay: {streams: [BOTH], subscribers: [{username: DESK-1}]}")
    with pytest.raises(ConfigError, match=r"relay\.streams\[0\].*\n.*relay\.subscribers\[0\]\.username: 'DESK-1'"):
        load(path, {}, {})


def test_keys_and_certificates_of_the_venue_side(tmp_path: Path) -> None:
    secret = base64.b64encode(bytes(32)).decode()
    assert repr(Venue(UpstreamSettings(private_key=f"k1:{secret}")).client.key) == "Ed25519Key('k1')"
    assert repr(Venue(UpstreamSettings(hmac_key=f"k2:{secret}")).client.key) == "HmacKey('k2')"
    assert Venue(UpstreamSettings(tls=True)).client.tls is not None


@pytest.mark.parametrize("spoiled", ["tls_ca", "tls_certificate", "tls_key", "missing", "encrypted"])
def test_files_of_the_venue_side_that_are_no_good_are_named(tmp_path: Path, spoiled: str) -> None:
    """An encrypted key, too: nobody is there to be asked for its password."""
    authority = trustme.CA()
    issued = authority.issue_cert("relay")
    files = {name: tmp_path / f"{name}.pem" for name in ("tls_ca", "tls_certificate", "tls_key")}
    authority.cert_pem.write_to_path(str(files["tls_ca"]))
    issued.cert_chain_pems[0].write_to_path(str(files["tls_certificate"]))
    issued.private_key_pem.write_to_path(str(files["tls_key"]))
    upstream = UpstreamSettings(tls=True, **{name: str(path) for name, path in files.items()})
    assert Venue(upstream).client.tls is not None
    named = files.get(spoiled, files["tls_key"])
    if spoiled == "missing":
        named.unlink()
    elif spoiled == "encrypted":
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        encryption = serialization.BestAvailableEncryption(b"secret")
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        named.write_bytes(key.private_bytes(*form))
    else:
        named.write_text("nothing")
    with pytest.raises(TlsUnusable, match=f"relay.upstream: .*{named.name}"):
        Venue(upstream)


async def test_status_is_told_over_http(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        await relay.connected()
        client = await relay.subscriber()
        await client.caught_up()
        upstreams = list(relay.upstreams.values())
        status = RelayStatus(upstreams, relay.acceptor)
        live, ready, metrics = [
            await status.respond(Request("GET", path, {})) for path in ("/health/live", "/health/ready", "/metrics")
        ]
        assert (live.status, ready.status, metrics.status) == (200, 200, 200)
        number = relay.relayed.line_named("").stream.next - 1
        for line in (
            'tradeengine_relay_venue_connected{stream="LEVELS"} 1.0',
            f'tradeengine_relay_sequence{{stream="ORDERS"}} {float(number)}',
            "tradeengine_relay_connections 1.0",
            "tradeengine_relay_logins_accepted_total 1.0",
            'tradeengine_relay_venue_streams_begun_total{stream="ORDERS"} 1.0',
        ):
            assert line in metrics.body.decode().splitlines()
        upstreams[1].connected = False
        refused = await status.respond(Request("GET", "/health/ready", {}))
        assert (refused.status, b"LEVELS: not connected" in refused.body) == (503, True)
        with pytest.raises(NotFound):
            await status.respond(Request("GET", "/admin/accounts", {}))
        assert lag_s(*upstreams[0].newest) < time.time()


def test_what_is_missing_of_the_venue_is_a_warning() -> None:
    with capture_logs() as logged:
        for event in ("relaying", "venue_reached", "venue_lost", "venue_given_up_for_now"):
            follow(event, stream="O1")
    assert [it["log_level"] for it in logged] == ["info", "info", "warning", "warning"]


def test_defaults_are_a_relay_of_everything_on_this_machine() -> None:
    assert RelaySettings().streams == ["ORDERS", "LEVELS"]
    assert (RelaySettings().host, RelaySettings().upstream.host) == ("127.0.0.1", "127.0.0.1")
