"""The venue's end of a SoupBinTCP connection, without sockets or a clock."""

from __future__ import annotations

import math

import pytest

from gateways.binary import soup
from gateways.binary.session import (
    LoginRequested,
    LogoutRequested,
    MessagesReceived,
    ProtocolViolated,
    ServerSession,
    SessionEvent,
    State,
)
from gateways.binary.settings import BinarySettings

LOGIN = soup.LoginRequest("TRADR1", "demo", "", 1)
SETTINGS = BinarySettings()


def message(payload: bytes) -> bytes:
    return soup.packet(soup.UNSEQUENCED_DATA, payload)


def established() -> ServerSession:
    session = ServerSession(SETTINGS, 0.0)
    assert session.receive(soup.login_request(LOGIN), 0.0) == [LoginRequested(LOGIN)]
    session.accept(1)
    return session


def test_a_login_is_asked_for_then_accepted() -> None:
    session = ServerSession(SETTINGS, 0.0)
    assert session.receive(soup.login_request(LOGIN), 0.0) == [LoginRequested(LOGIN)]
    assert session.accept(5) == soup.login_accepted(SETTINGS.session, 5)
    assert session.receive(message(b"x"), 0.0) == [MessagesReceived([b"x"])]


def test_a_rejected_login_ends_the_session() -> None:
    session = ServerSession(SETTINGS, 0.0)
    session.receive(soup.login_request(LOGIN), 0.0)
    assert session.reject(soup.NOT_AUTHORISED) == b"\x00\x02JA"
    assert session.receive(message(b"x"), 0.0) == []


def test_what_is_sent_behind_the_login_waits_for_its_answer() -> None:
    session = ServerSession(SETTINGS, 0.0)
    data = soup.login_request(LOGIN) + message(b"one") + message(b"two")[:3]
    assert session.receive(data, 0.0) == [LoginRequested(LOGIN)]
    assert session.receive(message(b"two")[3:], 0.0) == []
    session.accept(1)
    assert session.receive(b"", 0.0) == [MessagesReceived([b"one", b"two"])]


def test_messages_come_in_one_batch_and_heartbeats_say_nothing() -> None:
    session = established()
    data = message(b"one") + soup.CLIENT_HEARTBEAT_PACKET + soup.debug("hello") + message(b"two")
    assert session.receive(data, 0.0) == [MessagesReceived([b"one", b"two"])]


def test_what_follows_a_logout_is_ignored() -> None:
    session = established()
    data = message(b"one") + soup.LOGOUT_REQUEST_PACKET + message(b"two")
    assert session.receive(data, 0.0) == [MessagesReceived([b"one"]), LogoutRequested()]
    assert session.receive(message(b"three"), 0.0) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (message(b"early"), "packet type 'U' before a login"),
        (b"\x00\x01?", "packet type '?' before a login"),
        (b"\x00\x00", "packet length 0"),
        (b"GET / HTTP/1.1\r\n\r\n", "packet length 18245"),
        (soup.packet(soup.LOGIN_REQUEST, b"short"), "Login Request of 5 bytes"),
        (soup.packet(soup.LOGIN_REQUEST, bytes(46)), "must be a number"),
    ],
)
def test_before_a_login_nothing_else_is_welcome(data: bytes, reason: str) -> None:
    session = ServerSession(SETTINGS, 0.0)
    events = session.receive(data, 0.0)
    assert len(events) == 1
    assert isinstance(events[0], ProtocolViolated)
    assert reason in events[0].reason
    assert session.state is State.ENDED


def test_heartbeats_and_debug_before_a_login_are_harmless() -> None:
    session = ServerSession(SETTINGS, 0.0)
    assert session.receive(soup.CLIENT_HEARTBEAT_PACKET + soup.debug("hi"), 0.0) == []
    assert session.receive(soup.login_request(LOGIN), 0.0) == [LoginRequested(LOGIN)]


@pytest.mark.parametrize("packet", [soup.login_request(LOGIN), b"\x00\x01S", b"\x00\x01Z"])
def test_after_the_login_a_packet_that_no_client_sends_is_a_violation(packet: bytes) -> None:
    session = established()
    events = session.receive(message(b"one") + packet + message(b"two"), 0.0)
    assert events[0] == MessagesReceived([b"one"])
    assert isinstance(events[1], ProtocolViolated)
    assert len(events) == 2


def test_an_impossible_length_counts_after_what_came_before_it() -> None:
    session = established()
    events = session.receive(message(b"one") + b"\xff\xffU", 0.0)
    assert events == [
        MessagesReceived([b"one"]),
        ProtocolViolated("packet length 65535: must be from 1 to 2048"),
    ]


def test_an_impossible_length_behind_the_login_counts_once_it_is_answered() -> None:
    session = ServerSession(SETTINGS, 0.0)
    assert session.receive(soup.login_request(LOGIN) + b"\x00\x00U", 0.0) == [LoginRequested(LOGIN)]
    session.accept(1)
    assert [type(event) for event in session.receive(b"", 0.0)] == [ProtocolViolated]


def test_frames_may_be_cut_at_every_byte() -> None:
    data = (
        soup.login_request(LOGIN)
        + message(b"one")
        + soup.CLIENT_HEARTBEAT_PACKET
        + message(b"")
        + message(b"three")
        + soup.LOGOUT_REQUEST_PACKET
    )
    expected: list[SessionEvent] = [
        LoginRequested(LOGIN),
        MessagesReceived([b"one"]),
        MessagesReceived([b""]),
        MessagesReceived([b"three"]),
        LogoutRequested(),
    ]
    whole = events_of([data])
    assert [event for event in expected if not isinstance(event, MessagesReceived)] == [
        event for event in whole if not isinstance(event, MessagesReceived)
    ]
    for cut in range(len(data) + 1):
        assert flat(events_of([data[:cut], data[cut:]])) == flat(whole)
    assert events_of([data[at : at + 1] for at in range(len(data))]) == expected


def events_of(parts: list[bytes]) -> list[SessionEvent]:
    session = ServerSession(SETTINGS, 0.0)
    events: list[SessionEvent] = []
    for part in parts:
        for event in session.receive(part, 0.0):
            events.append(event)
            if isinstance(event, LoginRequested):
                session.accept(1)
                events += session.receive(b"", 0.0)
    return events


def flat(events: list[SessionEvent]) -> list[object]:
    """Batches depend on how the bytes came; what is in them doesn't."""
    out: list[object] = []
    for event in events:
        out += event.payloads if isinstance(event, MessagesReceived) else [event]
    return out


def test_a_login_may_name_the_current_session_or_none() -> None:
    session = ServerSession(BinarySettings(session="DAY42"), 0.0)
    assert session.serves("")
    assert session.serves("DAY42")
    assert not session.serves("DAY41")


def test_a_heartbeat_falls_due_when_nothing_was_sent_for_the_interval() -> None:
    session = established()
    session.wrote(10.0)
    assert session.heartbeat(10.5, 0.25) == b""
    assert session.heartbeat(10.75, 0.25) == soup.SERVER_HEARTBEAT_PACKET
    assert session.heartbeat(11.0, 0.25) == b""
    assert session.heartbeat(11.5, 0.25) == soup.SERVER_HEARTBEAT_PACKET


def test_no_heartbeat_before_the_login() -> None:
    assert ServerSession(SETTINGS, 0.0).heartbeat(100.0, 0.25) == b""


def test_a_client_that_is_not_heard_is_overdue() -> None:
    session = established()
    session.receive(soup.CLIENT_HEARTBEAT_PACKET, 100.0)
    assert session.overdue(114.9) == ""
    assert session.overdue(115.0) == "nothing was heard for 15 s"


def test_a_client_is_not_overdue_while_the_venue_does_not_read() -> None:
    session = established()
    session.held_back(100.0)
    assert session.overdue(114.9) == ""


def test_a_connection_must_log_in_in_time() -> None:
    session = ServerSession(SETTINGS, 0.0)
    session.receive(soup.CLIENT_HEARTBEAT_PACKET, 9.0)
    assert session.overdue(9.9) == ""
    assert session.overdue(10.0) == "no login within 10 s"
    session.receive(soup.login_request(LOGIN), 9.9)
    assert session.overdue(10.0) == "no login within 10 s"
    session.accept(1)
    assert session.overdue(10.0) == ""


def test_a_client_that_is_challenged_must_sign_in_the_logins_time() -> None:
    session = ServerSession(SETTINGS, 0.0)
    session.receive(soup.login_request(LOGIN), 5.0)
    assert soup.split(session.challenge(7), 99).packets[0][0] == soup.LOGIN_ACCEPTED
    assert session.receive(message(b"one"), 6.0) == [MessagesReceived([b"one"])]
    assert session.heartbeat(8.0, 0.25) == soup.SERVER_HEARTBEAT_PACKET
    assert session.overdue(10.0) == "no Authenticate within 10 s"
    session.proved(10.0)
    assert session.overdue(24.9) == ""


def test_what_is_due_first() -> None:
    session = ServerSession(SETTINGS, 0.0)
    assert session.next_due_s() == 10.0, "the login's time"
    session.receive(soup.login_request(LOGIN), 5.0)
    session.challenge(1)
    session.wrote(9.5)
    assert session.next_due_s() == 10.0, "the same for a signature"
    session.proved(9.75)
    assert session.next_due_s() == 10.5, "a heartbeat"
    session.wrote(24.5)
    assert session.next_due_s() == 24.75, "the client's silence"
    session.end()
    assert session.next_due_s() == math.inf


def test_an_ended_session_is_never_overdue() -> None:
    session = established()
    session.end()
    assert session.overdue(1e9) == ""
    assert session.heartbeat(1e9, 0.25) == b""


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("session", ""),
        ("session", "ELEVENCHARS"),
        ("session", "NO SPACE"),
        ("heartbeat_interval_s", 0.0),
        ("client_timeout_s", -1.0),
        ("connections_max", 0),
        ("queries_in_flight_max", 0),
        ("packet_length_max", 46),
        ("packet_length_max", 65_536),
    ],
)
def test_settings_name_what_is_wrong(setting: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{setting}: {value!r}: must be"):
        BinarySettings(**{setting: value})  # type: ignore[arg-type]
