"""The FIX codec against simplefix, and sessions against arbitrary bytes."""

from __future__ import annotations

import contextlib

import msgspec
import simplefix
from fix_asked import ORDER, read
from fix_venue import NOW, NOW_TEXT, FakePort, client_frame, frame, header, order_image
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import NewOrder, RejectCommand
from engine.terms import NOTHING_SPECIAL
from engine.types import TriggerKind, TriggerSource
from gateways.fix.codec import Encoder, Framer, parse
from gateways.fix.dialect import DIALECTS, FIX44
from gateways.fix.groups import DATA_LENGTH_TAG, LENGTH_TAGS
from gateways.fix.logon import LogonRefusal, read_logon
from gateways.fix.refusals import Refusal
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.terms_out import TermsWriter
from gateways.fix.vocabulary import POST_ONLY_TAG, SELF_TRADE_SCOPE_TAG, SPECIAL_TAGS, TRIGGERS, ord_type_code

_PEER = simplefix.FixParser()
_SPECIAL = {8, 9, 10, 34, 35, 49, 52, 56} | {int(tag) for tag in (*DATA_LENGTH_TAG, *LENGTH_TAGS)}
_SPECIAL.update(_PEER.raw_len_tags, _PEER.raw_data_tags)
TAGS = st.integers(1, 20_000).filter(lambda tag: tag not in _SPECIAL)
VALUES = st.binary(min_size=1, max_size=40).filter(lambda value: b"\x01" not in value)
BODIES = st.dictionaries(TAGS, VALUES, max_size=12)
MSG_TYPES = st.sampled_from(["0", "1", "2", "4", "5", "A", "D", "E", "F", "G", "q", "AF", "H", "V", "8", "ZZ"])


def simplefix_message(msg_type: str, body: dict[int, bytes]) -> simplefix.FixMessage:
    message = simplefix.FixMessage()
    message.append_pair(8, "FIX.4.4", header=True)
    message.append_pair(35, msg_type, header=True)
    for tag, value in ((34, 7), (49, "BROKER1"), (52, NOW_TEXT), (56, "TRADEENGINE")):
        message.append_pair(tag, value, header=True)
    for tag, value in body.items():
        message.append_pair(tag, value)
    return message


def frames_of(data: bytes, size_max: int = 8192) -> list[bytes]:
    found = Framer(size_max)
    found.feed(data)
    return found.take(10_000)


@given(MSG_TYPES, BODIES)
def test_what_simplefix_builds_is_read_the_same(msg_type: str, body: dict[int, bytes]) -> None:
    data = simplefix_message(msg_type, body).encode()
    assert frames_of(data) == [data]
    ours = parse(data)
    assert ours.fault is None
    parser = simplefix.FixParser()
    parser.append_buffer(data)
    theirs = parser.get_message()
    assert [(tag.encode(), value.encode("latin-1")) for tag, value in ours.pairs] == theirs.pairs[:-1]
    assert ours.fields == dict(map(tuple, ours.pairs))  # type: ignore[arg-type]


@given(MSG_TYPES, BODIES)
def test_what_we_build_simplefix_reads(msg_type: str, body: dict[int, bytes]) -> None:
    fields = "".join(f"{tag}={value.decode('latin-1')}\x01" for tag, value in body.items())
    data = Encoder("FIX.4.4", "VENUE", "CLIENT").encode(msg_type, 12, NOW_TEXT, fields)
    parser = simplefix.FixParser()
    parser.append_buffer(data)
    message = parser.get_message()
    assert message.get(35) == msg_type.encode()
    assert [message.get(tag) for tag in body] == list(body.values())
    assert message.encode(raw=True) == data
    assert frames_of(data) == [data]


@given(BODIES, st.integers(0, 255), st.data())
def test_one_wrong_byte_is_never_taken_for_the_message(body: dict[int, bytes], byte: int, data: st.DataObject) -> None:
    whole = simplefix_message("D", body).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + bytes([byte]) + whole[at + 1 :]
    if byte != whole[at]:
        assert frames_of(damaged) == []


@given(st.lists(st.tuples(MSG_TYPES, BODIES), max_size=5), st.data())
def test_how_bytes_are_cut_into_reads_does_not_matter(
    messages: list[tuple[str, dict[int, bytes]]], data: st.DataObject
) -> None:
    frames = [simplefix_message(msg_type, body).encode() for msg_type, body in messages]
    stream = b"noise".join(frames)
    found = Framer(8192)
    got: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found.feed(stream[:size])
        stream = stream[size:]
        got += found.take(data.draw(st.integers(0, 3)))
    assert got + found.take(100) == frames


JUNK = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from([b"8=FIX.4.4\x01", b"9=5\x01", b"35=0\x01", b"10=000\x01", b"8=", b"8=FIX", b"\x01", b"="]),
        st.builds(lambda n: b"8=FIX.4.4\x019=%d\x0135=D\x01" % n, st.integers(0, 9_999_999)),
    ),
    max_size=30,
).map(b"".join)


@given(JUNK)
def test_arbitrary_bytes_neither_crash_nor_stop_framing(junk: bytes) -> None:
    found = Framer(4096)
    found.feed(junk)
    for frame_ in found.take(1000):
        parse(frame_)
    # Whatever came, so much silence ends it: the message after it is found.
    found.feed(b"\x00" * 5000)
    found.take(1000)
    found.feed(client_frame("0", 2))
    assert found.take(1000)[-1:] == [client_frame("0", 2)]


ORDER_TAGS = "1 7 11 16 21 35 36 37 38 40 41 43 44 52 54 55 58 59 60 95 96 108 112 122 123 141"
OTHER_TAGS = "34 66 67 68 73 98 146 262 263 264 267 269 394 448 453 530 553 554 583 584 585 790 1385"
LIKELY = ["Y", "N", "0", "1", "2", "7", "AAPL", "C1", "NONE", NOW_TEXT, "-1", "1.5", "99999999999", "x"]
TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\x01|"), max_size=8)
FIELD = st.one_of(
    st.builds(
        lambda tag, value: f"{tag}={value}",
        st.sampled_from([*f"{ORDER_TAGS} {OTHER_TAGS}".split(), *sorted(SPECIAL_TAGS)]),
        st.sampled_from(LIKELY) | TEXT,
    ),
    TEXT,
)


@st.composite
def client_messages(draw: st.DrawFn) -> tuple[int, str]:
    """How far from the expected number, and type and body of a message that may be right or not."""
    distance = draw(st.sampled_from([0, 0, 0, 0, 0, 1, 3, -1, -2]))
    msg_type = draw(MSG_TYPES)
    return distance, msg_type + " " + "|".join(draw(st.lists(FIELD, max_size=10)))


@settings(max_examples=200)
@given(st.sampled_from(sorted(DIALECTS)), st.lists(client_messages(), max_size=12), st.booleans())
def test_no_message_crashes_a_session(begin_string: str, messages: list[tuple[int, str]], late: bool) -> None:
    port = FakePort(begin_string)
    limits = FixSettings(queries_max=3, parked_messages_max=20)
    written: list[bytes] = []
    body = "98=0|108=30|1137=9" if begin_string == "FIXT.1.1" else "98=0|108=30"
    logon = read_logon(client_frame("A", 1, body, begin_string=begin_string), NOW, limits)
    session = FixSession(logon, port, limits, written.append)
    session.start(NOW)
    session.deliver(port.logged_on(), NOW)
    if late:
        port.accepted("C0")
    for distance, text in messages:
        msg_type, _, body = text.partition(" ")
        data = frame(header(msg_type, max(0, port.in_next + distance)) + body, begin_string=begin_string)
        session.receive(frames_of(data), NOW)
        session.tick(1.0, NOW)
    session.disconnect("done", NOW)
    session.tick(100.0, NOW)
    sent = frames_of(b"".join(written), 1 << 20)
    numbers = [int(parse(message).fields["34"]) for message in sent]
    assert b"".join(sent) == b"".join(written), "the venue sent something that is no message"
    assert numbers == sorted(set(numbers)), "numbers did not leave in order"
    assert len(port.logouts) == 1


TERMS = st.fixed_dictionaries(
    {"40": st.sampled_from("1234JKP"), "54": st.sampled_from("12"), "44": st.sampled_from(["100", "0", "99.5"])},
    optional={
        "59": st.sampled_from("0123467B"),
        "18": st.lists(st.sampled_from("1G6RPMaLS"), min_size=1, max_size=3).map(" ".join),
        "1084": st.sampled_from("1234"),
        "1109": st.sampled_from("UD"),
        **{tag: st.sampled_from(["0", "1", "2", "3", "4", "100"]) for tag in ("836", "1094", "1100", "1107", "2964")},
        **{tag: st.sampled_from(["0", "0.5", "1", "-1", "98.5"]) for tag in ("110", "111", "211", "1138")},
        **{tag: st.sampled_from(["101", "98.5"]) for tag in ("99", "1102")},
        **{tag: st.sampled_from(["0", "1", "2"]) for tag in (POST_ONLY_TAG, SELF_TRADE_SCOPE_TAG, "1085", "1086")},
        "77": st.sampled_from("OCFR"),
        "126": st.just("20300101-00:00:00"),
    },
)
_SAID_BACK = ("trigger", "peg", "display_qty", "hidden", "min_qty", "all_or_none", "reduce_only", "expire_ns")


@settings(max_examples=300)
@given(TERMS)
def test_any_terms_are_taken_or_refused_and_said_back(terms: dict[str, str]) -> None:
    """What FIX.4.4 has fields for comes back in the report, so that the same message could be sent again."""
    try:
        command = read("D", {**ORDER, **terms})
    except Refusal:
        return
    if isinstance(command, RejectCommand):
        assert command.text
        return
    assert isinstance(command, NewOrder)
    order = order_image(
        ord_type=command.ord_type, tif=command.tif, px=command.px, side=command.side, special=command.special
    )
    special = command.special or NOTHING_SPECIAL
    trigger = special.trigger
    if trigger is not None and trigger.kind is not TriggerKind.TRAILING and terms["40"] not in TRIGGERS:
        return  # by TriggeringInstructions, which FIX.4.4 does not have
    assert ord_type_code(order.terms) == terms["40"]
    said = dict(field.split("=") for field in TermsWriter(FIX44, 0).terms(order)[:-1].split("\x01"))
    again = read("D", {**ORDER, "44": None, **said, "54": terms["54"], "59": terms.get("59", "0")})
    assert isinstance(again, NewOrder), again
    assert (again.ord_type, again.px) == (command.ord_type, command.px)
    if trigger is not None:
        special = msgspec.structs.replace(
            special, trigger=msgspec.structs.replace(trigger, source=TriggerSource.LAST_TRADE)
        )
    for name in _SAID_BACK:
        assert getattr(again.special or NOTHING_SPECIAL, name) == getattr(special, name), name


@given(JUNK)
def test_a_logon_of_arbitrary_bytes_is_read_or_refused(junk: bytes) -> None:
    text = junk.decode("latin-1").replace("|", "")
    for found in frames_of(frame("35=A|" + text.replace("\x01", "|"))):
        with contextlib.suppress(LogonRefusal):
            assert read_logon(found, NOW, FixSettings()).heartbeat_s >= 0
