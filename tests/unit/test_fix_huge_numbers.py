"""Sequence numbers at the end of what ten digits can say, and beyond: a clear refusal, and nothing that grows."""

from __future__ import annotations

import tracemalloc

import pytest
from test_fix_session import NOW, active, client_frame

from gateways.fix.state import State

LAST = 9_999_999_999
TOO_LONG = "MsgSeqNum (34) has more than 10 digits: the session's numbers have to be reset"


def test_a_gap_fill_to_the_last_number_and_what_comes_after_it() -> None:
    session, port, wire = active()
    session.receive([client_frame("4", 2, f"123=Y|36={LAST}")], NOW)
    assert port.in_next == LAST
    session.receive([client_frame("1", LAST, "112=last")], NOW)
    assert [message.get("112") for message in wire.messages()] == ["last"]
    session.receive([client_frame("0", LAST + 1)], NOW)
    assert wire.messages()[-1]["58"] == TOO_LONG
    assert session.state is State.CLOSED


def test_a_reset_starts_again_after_the_last_number() -> None:
    session, port, wire = active()
    session.receive([client_frame("4", 2, f"36={LAST}")], NOW)
    session.receive([client_frame("0", LAST), client_frame("A", 1, "98=0|108=30|141=Y")], NOW)
    session.deliver(port.logged_on(), NOW)
    session.receive([client_frame("1", 2, "112=x")], NOW)
    assert [message["35"] for message in wire.messages()] == ["A", "0"]
    assert port.in_next == 3


@pytest.mark.parametrize("flag", ["123=Y|", ""])
@pytest.mark.parametrize(
    ("new_seq_no", "reason", "text"),
    [
        (str(LAST + 1), "5", "Value is incorrect (out of range) for this tag: more than 10 digits"),
        ("0" * 10 + "5", "5", "Value is incorrect (out of range) for this tag: more than 10 digits"),
        ("9" * 6000, "6", "Incorrect data format for value"),
    ],
)
def test_a_sequence_reset_to_more_than_there_is_is_rejected(flag: str, new_seq_no: str, reason: str, text: str) -> None:
    session, port, wire = active()
    session.receive([client_frame("4", 2, f"{flag}36={new_seq_no}")], NOW)
    (reject,) = wire.messages()
    assert (reject["35"], reject["371"], reject["373"], reject["58"]) == ("3", "36", reason, text)
    assert session.state is State.ACTIVE
    assert port.in_next == (3 if flag else 2)


@pytest.mark.parametrize(("tag", "body"), [("7", "7={}|16=0"), ("16", "7=1|16={}")])
def test_a_resend_request_beyond_all_numbers_is_rejected(tag: str, body: str) -> None:
    session, _, wire = active()
    session.receive([client_frame("2", 2, body.format("9" * 11))], NOW)
    (reject,) = wire.messages()
    assert (reject["35"], reject["371"], reject["373"]) == ("3", tag, "5")
    assert not session.resending


@pytest.mark.parametrize("number", [str(LAST + 1), "9" * 20, "9" * 6000, "0" * 11 + "2"])
@pytest.mark.parametrize("msg_type", ["0", "D", "2", "5"])
def test_a_message_numbered_beyond_all_ends_the_session_with_the_reason(msg_type: str, number: str) -> None:
    session, port, wire = active()
    frame = client_frame(msg_type, 2, "7=1|16=0|55=BTC/USD")
    session.receive([renumbered(frame, number)], NOW)
    (logout,) = wire.messages()
    assert (logout["35"], logout["58"]) == ("5", TOO_LONG)
    assert port.in_next == 2


def renumbered(frame: bytes, number: str) -> bytes:
    return frame.replace(b"\x0134=2\x01", b"\x0134=" + number.encode() + b"\x01")


def test_a_gap_up_to_the_last_number_costs_no_memory() -> None:
    session, port, wire = active(gap_buffer_max=10_000)
    session.receive([client_frame("0", 3)], NOW)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(LAST - 500, LAST + 1):
        session.receive([client_frame("0", number)], NOW)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 100_000
    assert [message["35"] for message in wire.messages()] == ["2"]
    session.receive([client_frame("4", 2, f"123=Y|36={LAST - 1}")], NOW)
    assert port.in_next == LAST - 1
