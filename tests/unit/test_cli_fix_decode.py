"""``tradeengine fix decode``: messages are found in any log, told in words, and no secret is."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest
from fix_venue import client_frame, frame
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tradeengine.cli import main
from tradeengine.fix_decode import DecodedMessage, decode
from tradeengine.fix_log import MESSAGE_MAX, LogScanner, RawMessage
from tradeengine.fix_show import block, compact, raw

ORDER = "11=C1|55=AAPL|54=1|60=20240101-00:00:00|38=1|40=2|44=1|59=1"
BEAT = client_frame("0", 7)
DELIMITERS = [b"\x01", b"|", b"^A", b"<SOH>", b"\\x01"]


def scanned(*pieces: bytes) -> list[RawMessage]:
    scanner = LogScanner()
    found = [message for piece in pieces for message in scanner.feed(piece)]
    return [*found, *scanner.finish()]


def decoded(data: bytes) -> list[DecodedMessage]:
    return [decode(message) for message in scanned(data)]


def only(data: bytes) -> DecodedMessage:
    found = decoded(data)
    assert len(found) == 1
    return found[0]


# ---- finding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_messages_are_found_whatever_stands_around_them(delimiter: bytes, step: int) -> None:
    log = b"".join([
        b"2024-01-02 10:00:00,123 INFO < ", BEAT.replace(b"\x01", delimiter), b"\n\n\xff\xfe noise\n",
        b"out: ", BEAT.replace(b"\x01", delimiter), b" in: ", BEAT.replace(b"\x01", delimiter), b'"\n8=FIX. the end',
    ])  # fmt: skip
    found = scanned(*(log[at : at + step] for at in range(0, len(log), step)))
    assert [message.line for message in found] == [1, 4, 4]
    assert all(message.complete and decode(message).faults == [] for message in found)
    assert found[0].pairs[2:4] == [("35", "0"), ("34", "7")]


def test_delimiters_may_differ_from_message_to_message() -> None:
    log = b" ".join(BEAT.replace(b"\x01", delimiter) for delimiter in DELIMITERS)
    assert [message.pairs for message in scanned(log)] == [scanned(BEAT)[0].pairs] * len(DELIMITERS)


def test_a_data_field_may_hold_anything() -> None:
    data = "a\n8=FIX.4.4|10=000|b"
    message = only(b"x\n" + client_frame("B", 3, f"148=h|33=1|58=t|95={len(data)}|96=").replace(b"10=", b"") + b"")
    assert message.line == 2
    body = f"35=B|34=3|49=BROKER1|56=TRADEENGINE|52=20231114-22:13:20.000|148=h|33=1|58=t|95={len(data)}|96={data}"
    found = scanned(frame(body) + b"\n" + BEAT)
    assert [len(each.pairs) for each in found] == [13, 8]
    assert dict(found[0].pairs)["96"] == data.replace("|", "\x01")
    assert decode(found[0]).faults == []


def test_a_text_may_have_lines() -> None:
    message = only(client_frame("5", 3, "58=one\ntwo"))
    assert message.first("58") == "one\\ntwo"
    assert message.faults == []


@pytest.mark.parametrize("rest", [b"\n2024|INFO|foo\n2024|", b" ", b"8=FIX.4.4|9=", b"\r\n"])
def test_a_message_that_is_cut_short_swallows_no_other(rest: bytes) -> None:
    whole = BEAT.replace(b"\x01", b"|")
    found = scanned(whole[:-8] + rest + whole)
    assert found[-1].pairs == scanned(whole)[0].pairs
    assert not found[0].complete
    assert "it ends without CheckSum (10)" in decode(found[0]).faults
    assert all("INFO" not in value for each in found for _, value in each.pairs)


def test_a_wrong_data_length_swallows_no_other() -> None:
    misleading = b"8=FIX.4.4|9=9|35=B|95=%d|96=x|58=cut\n" % (len(BEAT) + 14)
    found = scanned(misleading + BEAT.replace(b"\x01", b"|") + b"|\n" + BEAT)
    assert [dict(message.pairs)["35"] for message in found] == ["B", "0", "0"]


def test_memory_is_bounded() -> None:
    scanner = LogScanner()
    for _ in range(40):
        list(scanner.feed(b"8=FIX.4.4|9=1|58=" + b"x" * 65_536))
        list(scanner.feed(b"y" * 65_536))
    assert len(scanner._data) < 65_536 * 3
    for _ in range(40):
        list(scanner.feed(b"y" * 65_536))
    assert len(scanner._data) <= MESSAGE_MAX + 2 * 65_536


# ---- telling --------------------------------------------------------------------------------------------------------


def test_fields_by_name_values_by_meaning_and_groups_indented() -> None:
    message = only(client_frame("D", 2, f"{ORDER}|18=6 G|453=2|448=A|447=D|452=1|448=B|447=D|452=3"))
    lines = block(message).splitlines()
    assert lines[0] == "line 1  20231114-22:13:20.000  NewOrderSingle (D)  FIX.4.4  BROKER1 > TRADEENGINE  #2"
    told = [line.split(maxsplit=2) for line in lines]
    assert ["54", "Side", "1 = BUY"] in told
    assert ["18", "ExecInst", "6 G = PARTICIPATE_DO_NOT_INITIATE, ALL_OR_NONE"] in told
    assert "    453 NoPartyIDs               2" in lines
    assert [line[:12] for line in lines if line[:8] == "    -   "] == ["    -   448 "] * 2
    assert sum(line.startswith("        452 PartyRole") for line in lines) == 2
    assert not any("!" in line for line in lines)


def test_one_line_for_each_message() -> None:
    assert compact(only(client_frame("D", 2, ORDER))).endswith(
        "NewOrderSingle (D)  FIX.4.4  BROKER1 > TRADEENGINE  #2  ClOrdID=C1 Symbol=AAPL Side=BUY "
        "TransactTime=20240101-00:00:00 OrderQty=1 OrdType=LIMIT Price=1 TimeInForce=GOOD_TILL_CANCEL"
    )


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (BEAT.replace(b"9=61", b"9=62"), "BodyLength (9) is 62, counted 61"),
        (BEAT.replace(b"34=7", b"34=8"), "CheckSum (10) is "),
        (BEAT.replace(b"49=BROKER1\x01", b""), "Required tag missing: SenderCompID (49)"),
        (client_frame("D", 2, f"{ORDER}|9999=x"), "Invalid tag number: 9999"),
        (client_frame("D", 2, ORDER.replace("54=1", "54=?")), "Value is incorrect (out of range) for this tag: Side"),
        (client_frame("ZZ", 2, "58=x"), "MsgType (35) ZZ is not defined"),
        (client_frame("0", 2, begin_string="FIX.4.1"), "BeginString (8) FIX.4.1 is not one of FIX.4.2, FIX.4.4, "),
        (b"8=FIX.4.4|35=0|9=5|34=1|10=000|", "the first three fields are not BeginString (8), BodyLength (9) and"),
    ],
)  # fmt: skip
def test_what_is_wrong(data: bytes, fault: str) -> None:
    assert any(each.startswith(fault) for each in only(data).faults)


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4"])
def test_a_right_message_has_no_fault(begin_string: str) -> None:
    data = client_frame("D", 2, f"21=1|{ORDER}", begin_string=begin_string)
    assert only(data).faults == []


@pytest.mark.parametrize("tag", ["554", "925", "1402", "96", "0554"])
@pytest.mark.parametrize("delimiter", [b"\x01", b"|"])
def test_passwords_are_masked(tag: str, delimiter: bytes) -> None:
    data = client_frame("A", 1, f"98=0|108=30|95=12|{tag}=hunter2|58=x").replace(b"\x01", delimiter)
    for text in (block, compact, raw):
        assert "hunter2" not in text(only(data))
    assert f"{tag}=***" in raw(only(data))


def test_a_password_that_holds_the_delimiter_is_masked_as_a_whole() -> None:
    assert "ter2" not in block(
        only(client_frame("A", 1, "98=0|108=30|554=hun").replace(b"\x01", b"|")[:-7] + b"ter2|10=000|")
    )


def test_nothing_is_told_that_a_terminal_obeys() -> None:
    assert "\x1b" not in block(only(client_frame("5", 2, "58=\x1b[2Jx")))
    assert "\\x1b[2Jx" in block(only(client_frame("5", 2, "58=\x1b[2Jx")))
    assert only(frame("35=5|34=1|58=caf\xc3\xa9")).first("58") == "café"


_PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([
        b"8=FIX.4.4|", b"8=FIXT.1.1|", b"8=FIX.4.4\x01", b"8=FIX.4.2^A", b"|", b"\x01", b"^A", b"\n", b"35=A|",
        b"35=D\x01", b"95=3|", b"96=abc|", b"95=9999999|", b"95=3\x0196=", b"453=2|", b"448=x|", b"10=", b"10=000|",
        b"9=5|", b"9=", b"=", b"554=", b"\xff", b"34=-1|", b"34=1|", b"10=12345678901|", b"0=|", b"8=FIX.4.4|9=5|35=",
    ]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=40), st.integers(1, 40))
@example([BEAT, b"8=FIX.4.4|"], 1)
def test_any_bytes_are_read_alike_in_any_pieces(pieces: list[bytes], step: int) -> None:
    data = b"".join(pieces)
    whole = scanned(data)
    assert scanned(*(data[at : at + step] for at in range(0, len(data), step))) == whole
    for message in map(decode, whole):
        assert compact(message).isprintable()
        assert all(line.isprintable() for line in block(message).split("\n"))
        assert raw(message).isprintable()


# ---- the command ----------------------------------------------------------------------------------------------------


def run(*arguments: str, status: int = 0) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main(["fix", "decode", *arguments]) == status
    return err.getvalue() if status else out.getvalue()


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "fix.log"
    orders = [client_frame("D", n, ORDER.replace("C1", f"C{n}")) for n in (2, 3)]
    path.write_bytes(b"\n".join([client_frame("A", 1, "98=0|108=30|554=hunter2"), *orders, BEAT]))
    return str(path)


def test_what_is_asked_for(log: str) -> None:
    def numbers(*arguments: str) -> list[str]:
        return [line.partition("#")[2].split()[0] for line in run(log, "--compact", *arguments).splitlines()]

    assert numbers() == ["1", "2", "3", "7"]
    assert numbers("--msg-type", "D,A") == ["1", "2", "3"]
    assert numbers("--grep", r"11=C3\b") == numbers("--grep", "ClOrdID=C3") == ["3"]
    assert numbers("--msg-type", "D", "--grep", "Side=BUY") == ["2", "3"]
    assert numbers("--grep", "hunter2") == []
    assert "OrdType                  2 = LIMIT" in run(log, "--msg-type", "D")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BEAT)))
    assert "Heartbeat (0)" in run("-")


def test_what_cannot_be(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"nothing\n")
    assert run(str(empty), status=1) == f"tradeengine: {empty}: there is no FIX message in it\n"
    assert "No such file" in run(str(tmp_path / "missing"), status=1)
    assert run(str(empty), "--grep", "(", status=2).startswith("tradeengine: --grep: '(' is no regular expression")
