"""Framing, parsing and encoding of FIX messages."""

from __future__ import annotations

import pytest
from fix_venue import SOH, client_frame, frame

from gateways.fix.codec import Encoder, Framer, checksum, parse, printable
from gateways.fix.groups import group_of

HEARTBEAT = client_frame("0", 2)
ORDER = client_frame("D", 3, "11=C1|55=AAPL|54=1|38=1")


def framer(size_max: int = 8192) -> Framer:
    return Framer(size_max)


def taken(data: bytes, size_max: int = 8192) -> list[bytes]:
    found = framer(size_max)
    found.feed(data)
    return found.take(1000)


# ---- framing --------------------------------------------------------------------------------------------------------


def test_frames_come_in_order() -> None:
    assert taken(HEARTBEAT + ORDER + HEARTBEAT) == [HEARTBEAT, ORDER, HEARTBEAT]


def test_a_frame_may_come_byte_by_byte() -> None:
    found = framer()
    frames: list[bytes] = []
    for byte in HEARTBEAT + ORDER:
        found.feed(bytes([byte]))
        frames += found.take(10)
    assert frames == [HEARTBEAT, ORDER]
    assert found.garbled == 0


def test_no_more_than_asked_for_are_taken_and_the_rest_is_kept() -> None:
    found = framer()
    found.feed(HEARTBEAT + ORDER + HEARTBEAT)
    assert found.take(2) == [HEARTBEAT, ORDER]
    assert found.take(0) == []
    found.feed(ORDER)
    assert found.take(9) == [HEARTBEAT, ORDER]


@pytest.mark.parametrize(
    "garbled",
    [
        b"noise",
        b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01",
        ORDER.replace(b"10=", b"11="),
        ORDER[:-4] + (b"000\x01" if ORDER[-4:] != b"000\x01" else b"001\x01"),
        ORDER.replace(b"\x0135=D", b"\x0134=D"),
        b"8=FIX.4.4\x019=99999999\x0135=D\x01",
        b"8=FIX.4.4\x019=-1\x0135=D\x0110=000\x01",
        b"8=FIX.4.4\x019=\x0135=D\x0110=000\x01",
        b"\x00" * 500,
        b"8=8=8=FIX8=FI",
        b"8=FIX",
    ],
)
def test_what_is_garbled_is_skipped(garbled: bytes) -> None:
    found = framer()
    found.feed(garbled + ORDER)
    assert found.take(10) == [ORDER]
    assert found.garbled >= 1


def test_a_length_that_is_too_long_costs_the_messages_it_swallows_no_more() -> None:
    longer = ORDER.replace(b"9=%d" % (len(ORDER) - 22), b"9=%d" % (len(ORDER) + 3))
    assert longer != ORDER
    assert taken(longer + HEARTBEAT + ORDER) == [HEARTBEAT, ORDER]


def longer(message: bytes, by: int) -> bytes:
    """The message with a BodyLength that is too long, and a right CheckSum."""
    head, _, rest = message.partition(b"\x0135=")
    start, _, length = head.rpartition(b"=")
    data = start + b"=%d\x0135=" % (int(length) + by) + rest[:-7]
    return data + b"10=%03d\x01" % checksum(data)


def test_whole_messages_behind_a_length_that_is_too_long_can_be_had_at_last() -> None:
    found = framer()
    found.feed(longer(ORDER, 1000) + HEARTBEAT + ORDER)
    assert found.take(9) == []
    assert found.doubtful
    found.resume()
    assert found.take(9) == [HEARTBEAT, ORDER]
    assert found.garbled == 1
    assert not found.doubtful


@pytest.mark.parametrize("message", [longer(ORDER, 1000), ORDER[:-3], ORDER[:30]])
def test_a_message_waits_for_its_end_while_nothing_stands_behind_a_trailer(message: bytes) -> None:
    found = framer()
    found.feed(message)
    assert found.take(9) == []
    assert not found.doubtful
    found.resume()
    assert found.garbled == 0


def test_messages_in_data_are_data_even_if_the_end_is_late() -> None:
    inner = ORDER + HEARTBEAT
    whole = client_frame("B", 3, f"148=x|33=1|58=y|95={len(inner)}|96={inner.decode()}|98=0")
    found = framer()
    found.feed(whole[:-9])
    assert found.take(9) == []
    assert found.doubtful
    found.resume()
    found.feed(whole[-9:])
    assert found.take(9) == [whole]
    assert found.garbled == 0


def test_a_start_at_the_end_of_the_data_is_kept() -> None:
    for kept in range(1, 20):
        found = framer()
        found.feed(b"noise" + ORDER[:kept])
        assert found.take(1) == []
        found.feed(ORDER[kept:])
        assert found.take(1) == [ORDER], kept


def test_messages_beyond_the_size_limit_are_garbled() -> None:
    large = client_frame("D", 3, "58=" + "x" * 500)
    assert taken(large + HEARTBEAT, size_max=len(large)) == [large, HEARTBEAT]
    assert taken(large + HEARTBEAT, size_max=len(large) - 1) == [HEARTBEAT]


@pytest.mark.parametrize("end", [b"\x0110=000\x01", b"\x0110=abc\x01", b"\x0110", b"xx"])
def test_work_is_linear_in_junk(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that all claim the same far end with a wrong sum must not be summed up one after the other."""
    summed = 0

    def counting(data: bytes) -> int:
        nonlocal summed
        summed += len(data)
        return checksum(data)

    monkeypatch.setattr("gateways.fix.codec.checksum", counting)
    junk = b""
    while len(junk) < 6000:
        head = b"8=FIX.4.4\x019=%04d\x0135=" % 0
        junk = head.replace(b"0000", b"%04d" % (len(junk) + 4)) + junk
    found = framer()
    found.feed(junk + end + ORDER)
    assert found.take(10) == [ORDER]
    assert summed < 2 * len(junk)


# ---- checksum -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 515, 516, 517, 2000, 8192])
@pytest.mark.parametrize("byte", [1, 127, 128, 255])
def test_checksum_is_the_byte_sum(size: int, byte: int) -> None:
    assert checksum(bytes([byte]) * size) == byte * size % 256


# ---- parsing --------------------------------------------------------------------------------------------------------


def test_fields_by_tag() -> None:
    message = parse(ORDER)
    assert message.fault is None
    assert message.msg_type == "D"
    assert message.fields["11"] == "C1"
    assert message.fields["8"] == "FIX.4.4"
    assert "10" not in message.fields


def test_values_may_hold_equals_signs_and_any_byte() -> None:
    message = parse(client_frame("D", 2, "58=a=b==|1=\xe9\xff"))
    assert message.fault is None
    assert message.fields["58"] == "a=b=="
    assert message.fields["1"] == "\xe9\xff"


@pytest.mark.parametrize(
    ("body", "reason", "tag"),
    [
        ("58=", 4, "58"),
        ("58=|11=x", 4, "58"),
        ("=x", 0, ""),
        ("x", 17, "52"),
        ("58=a|x", 17, "58"),
        ("058=x", 0, ""),
        ("5a=x", 0, ""),
        ("-5=x", 0, "-5"),
        ("0=x", 0, "0"),
        ("-05=x", 0, ""),
        ("\xb2=x", 0, ""),
        ("58=|-5=x", 0, "-5"),
        ("95=x|96=y", 6, "95"),
        ("95=9|96=y", 5, "95"),
        ("95=2|96=yyy", 5, "95"),
        ("95=1|96=a\x01", 17, "96"),
    ],
)
def test_syntax_errors_are_told_by_reason_and_tag(body: str, reason: int, tag: str) -> None:
    fault = parse(client_frame("D", 7, body)).fault
    assert fault is not None
    assert (fault.reason, fault.tag) == (reason, tag)


def test_a_faulty_message_still_shows_its_number() -> None:
    assert parse(client_frame("D", 7, "58=|junk")).fields["34"] == "7"


def test_data_fields_may_hold_the_separator() -> None:
    message = parse(client_frame("A", 1, "95=9|96=pass\x01word|108=30"))
    assert message.fault is None
    assert message.fields["96"] == "pass\x01word"
    assert message.fields["108"] == "30"


def test_data_that_looks_like_fields_is_data() -> None:
    message = parse(client_frame("D", 1, "354=8|355=1=a\x0111=b|11=real"))
    assert message.fault is None
    assert message.fields["11"] == "real"
    assert "1" not in message.fields


def test_groups_repeat_their_tags() -> None:
    message = parse(client_frame("V", 2, "267=2|269=0|269=1|146=3|55=A|48=1|55=B|55=C|48=3|262=R"))
    assert message.fault is None
    assert group_of(message, "267") == [{"269": "0"}, {"269": "1"}]
    assert group_of(message, "146") == [{"55": "A", "48": "1"}, {"55": "B"}, {"55": "C", "48": "3"}]


# ---- encoding -------------------------------------------------------------------------------------------------------


def test_a_message_is_put_together_with_length_and_sum() -> None:
    data = Encoder("FIX.4.4", "VENUE", "CLIENT").encode("0", 12, "20240101-00:00:00", "112=x\x01", "43=Y\x01")
    assert data == frame("35=0|34=12|49=VENUE|56=CLIENT|52=20240101-00:00:00|43=Y|112=x|")


def test_characters_outside_the_wire_s_are_replaced() -> None:
    data = Encoder("FIX.4.4", "V", "C").encode("5", 1, "t", "58=\u20ac \xe9\x01")
    assert taken(data) == [data]
    assert parse(data).fields["58"] == "? \xe9"


def test_text_never_breaks_a_message() -> None:
    assert printable(f"a{SOH}10=000{SOH}") == "a 10=000 "
    assert printable("") == "-"
