"""SoupBinTCP packets, byte by byte as the specification draws them."""

from __future__ import annotations

import pytest

from gateways.binary import soup
from gateways.binary.soup import LoginAccepted, LoginRequest, SoupError


def test_packets_are_a_length_a_type_and_a_payload() -> None:
    assert soup.packet(soup.SEQUENCED_DATA, b"abc") == b"\x00\x04Sabc"
    assert soup.packet(soup.SERVER_HEARTBEAT) == soup.SERVER_HEARTBEAT_PACKET
    assert soup.packet(soup.CLIENT_HEARTBEAT) == soup.CLIENT_HEARTBEAT_PACKET
    assert soup.packet(soup.LOGOUT_REQUEST) == soup.LOGOUT_REQUEST_PACKET
    assert soup.packet(soup.END_OF_SESSION) == soup.END_OF_SESSION_PACKET
    assert soup.debug("héllo") == b"\x00\x06+h?llo"


def test_the_longest_payload_is_what_two_bytes_can_count() -> None:
    assert soup.packet(soup.SEQUENCED_DATA, bytes(65_534))[:3] == b"\xff\xffS"
    with pytest.raises(SoupError, match="65535 bytes"):
        soup.packet(soup.SEQUENCED_DATA, bytes(65_535))


def test_a_login_request_has_fields_of_fixed_width() -> None:
    request = LoginRequest("TRADR1", "demo", "", 7)
    packet = soup.login_request(request)
    assert packet == b"\x00\x2fL" + b"TRADR1" + b"demo      " + b" " * 10 + b"7".rjust(20)
    assert soup.parse_login_request(packet[3:]) == request


@pytest.mark.parametrize("sequence", [b"7".rjust(20), b"7".ljust(20), b"7".ljust(20, b"\x00"), b"7".zfill(20)])
def test_numbers_may_be_padded_on_either_side(sequence: bytes) -> None:
    payload = b"AB    " + b"pw        " + b"      SESS" + sequence
    assert soup.parse_login_request(payload) == LoginRequest("AB", "pw", "SESS", 7)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (LoginRequest("TOOLONG", "demo", "", 1), "username 'TOOLONG'"),
        (LoginRequest("TRADR1", "far too long to be one", "", 1), "password: "),
        (LoginRequest("TRÄDR1", "demo", "", 1), "username"),
        (LoginRequest("TRADR1", "demo", "", -1), "sequence -1"),
    ],
)
def test_what_does_not_fit_a_login_is_refused_by_name_and_no_password_is_shown(
    request_: LoginRequest, message: str
) -> None:
    with pytest.raises(SoupError, match=message) as refusal:
        soup.login_request(request_)
    assert "far too" not in str(refusal.value)


@pytest.mark.parametrize("payload", [b"", bytes(45), bytes(47), b" " * 46, b"x" * 46])
def test_a_damaged_login_request_is_refused(payload: bytes) -> None:
    with pytest.raises(SoupError):
        soup.parse_login_request(payload)


def test_a_login_accepted_pads_session_and_number_on_the_left() -> None:
    packet = soup.login_accepted("TRADEENG", 12)
    assert packet == b"\x00\x1fA" + b"  TRADEENG" + b"12".rjust(20)
    assert soup.parse_login_accepted(packet[3:]) == LoginAccepted("TRADEENG", 12)
    with pytest.raises(SoupError):
        soup.parse_login_accepted(b"short")


def test_a_login_rejected_has_one_letter() -> None:
    assert soup.login_rejected(soup.NOT_AUTHORISED) == b"\x00\x02JA"
    assert soup.login_rejected(soup.SESSION_NOT_AVAILABLE) == b"\x00\x02JS"


def test_split_finds_whole_packets_and_keeps_the_rest() -> None:
    data = b"\x00\x01R" + b"\x00\x04Uabc" + b"\x00\x04Ud"
    assert soup.split(data, 100) == ([(soup.CLIENT_HEARTBEAT, b""), (soup.UNSEQUENCED_DATA, b"abc")], b"\x00\x04Ud", "")


@pytest.mark.parametrize("length", [0, 101])
def test_split_stops_at_an_impossible_length_and_keeps_what_came_before(length: int) -> None:
    packets, rest, error = soup.split(b"\x00\x01R" + length.to_bytes(2, "big") + b"Uabc", 100)
    assert packets == [(soup.CLIENT_HEARTBEAT, b"")]
    assert rest == b""
    assert error == f"packet length {length}: must be from 1 to 100"
