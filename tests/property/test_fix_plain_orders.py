"""The quick way for plain orders: whatever a message is, it ends as it would on the general way."""

from __future__ import annotations

from itertools import islice, permutations

import pytest
from fix_venue import NOW, NOW_TEXT, SECOND, FakePort, client_frame, frame
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.commands import CancelOrder, NewOrder
from gateways.fix import plain_orders
from gateways.fix.logon import read_logon
from gateways.fix.plain_orders import FORMS_MAX, SEEN_BEFORE_LEARNT
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.times import format_utc

TAUGHT = SEEN_BEFORE_LEARNT
VERSIONS = ("FIX.4.2", "FIX.4.4")
ORDER = {"11": "A{seq}", "55": "AAPL", "54": "1", "60": NOW_TEXT, "38": "10", "40": "2", "44": "100.25", "59": "0"}
CANCEL = {"41": "A2", "11": "B{seq}", "55": "AAPL", "54": "1", "60": NOW_TEXT}


def message(msg_type: str, seq: object, fields: dict[str, str], begin_string: str) -> bytes:
    body = "".join(f"{tag}={value.replace('{seq}', str(seq))}|" for tag, value in fields.items())
    head = f"35={msg_type}|34={seq}|49=BROKER1|56=TRADEENGINE|52={NOW_TEXT}|"
    return frame(head + body, begin_string=begin_string)


class Side:
    """A logged-on session that has been sent some messages of each of some forms."""

    def __init__(self, begin_string: str, times: int, *forms: tuple[str, dict[str, str]]) -> None:
        self.written = b""
        self.port = FakePort(begin_string)
        logon = client_frame("A", 1, "98=0|108=30|554=x", begin_string=begin_string)
        self.session = FixSession(read_logon(logon, NOW, FixSettings()), self.port, FixSettings(), self.write)
        self.session.start(NOW)
        self.session.deliver(self.port.logged_on(), NOW)
        for msg_type, fields in forms:
            for _ in range(times):
                self.send([message(msg_type, self.port.in_next, fields, begin_string)])
        assert len(self.port.submitted) == times * len(forms)
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def send(self, frames: list[bytes], now_ns: int = NOW) -> None:
        self.session.receive(frames, now_ns)


def handlinst(fields: dict[str, str], begin_string: str) -> dict[str, str]:
    return fields | {"21": "1"} if begin_string == "FIX.4.2" else fields


VALUES = {
    "11": ["X", "x" * 64, "y" * 65, "ä", "a=b", " "],
    "41": ["A2", "NONE", "z" * 65],
    "55": ["AAPL", "BTC/USD", "NOPE"],
    "54": ["1", "2", "3", "5", "B", "x"],
    "60": [NOW_TEXT, "20231114-22:13:20", "20231114-22:13:20.123456", "20231114-22:13:20.1", "20231399-22:13:20", "x"],
    "38": ["10", "0", "0.00", "-1", "+1", "1.5", "1e3", "0010", "99999999999", "1.123456789", ".5", "5.", ""],
    "40": ["2", "1", "3", "Z"],
    "44": ["100.25", "0", "-5", "abc", "1.", "00.5", "9999999999.99999999"],
    "59": ["0", "1", "3", "4", "6", "2", "Z", "9"],
    "1": ["A1", "A2", "X9", "nobody"],
    "21": ["1", "3", "4"],
    "18": ["6", "G"],
    "97": ["Y", "N"], "43": ["Y", "N"], "122": [NOW_TEXT], "58": ["text"], "9999": ["x"], "110": ["1"],
    "34": ["1", "007", "0", "-3", "99", "x"],
    "49": ["BROKER1", "OTHER"], "56": ["TRADEENGINE", "X"],
    "52": ["20231114-22:13:20", "20231114-22:13:19.9", "20231114-22:19:20.000", "20231114-22:61:20.000", "x"],
}  # fmt: skip
edits = st.lists(
    st.one_of(*(st.tuples(st.just(tag), st.sampled_from(values)) for tag, values in VALUES.items())),
    max_size=3,
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """A plain message, or one that is not so plain any more: values changed, fields added, doubled, moved, left out."""
    msg_type, fields = draw(st.sampled_from([("D", ORDER), ("F", CANCEL), ("D", ORDER | {"1": "A2"})]))
    head = {"35": msg_type, "34": "{seq}", "49": "BROKER1", "56": "TRADEENGINE", "52": NOW_TEXT}
    pairs = list((head | fields).items())
    for tag, value in draw(edits):
        places = [place for place, pair in enumerate(pairs) if pair[0] == tag]
        if places and draw(st.integers(0, 9)):
            pairs[places[0]] = (tag, value)
        else:
            pairs.insert(draw(st.integers(1, len(pairs))), (tag, value))
    if not draw(st.integers(0, 5)):
        del pairs[draw(st.integers(1, len(pairs) - 1))]
    return msg_type, pairs


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_a_message_ends_the_same_on_either_way(begin_string: str) -> None:
    forms = (("D", handlinst(ORDER, begin_string)), ("F", CANCEL), ("D", handlinst(ORDER | {"1": "A2"}, begin_string)))

    @given(st.lists(messages(), min_size=1, max_size=4), st.booleans())
    @settings(max_examples=300, deadline=None)
    @example([("D", [*{"35": "D", "34": "{seq}", "49": "BROKER1", "56": "TRADEENGINE", "52": NOW_TEXT}.items()])], True)
    def check(made: list[tuple[str, list[tuple[str, str]]]], late: bool) -> None:
        quick = Side(begin_string, TAUGHT, *forms)
        general = Side(begin_string, TAUGHT, *forms)
        general.session._inbound._plain._forms.clear()
        assert quick.port.in_next == general.port.in_next
        data: list[bytes] = []
        for seq, (msg_type, pairs) in enumerate(made, quick.port.in_next):
            if begin_string == "FIX.4.2" and msg_type == "D":
                pairs = [*pairs, ("21", "1")] if all(tag != "21" for tag, _ in pairs) else pairs
            body = "".join(f"{tag}={value.replace('{seq}', str(seq))}|" for tag, value in pairs)
            data.append(frame(body, begin_string=begin_string))
        for side in (quick, general):
            side.send(data, NOW + (300 * SECOND if late else 0))
        base = TAUGHT * len(forms)
        assert quick.port.submitted[base:] == general.port.submitted[base:]
        assert quick.written == general.written
        assert quick.port.in_next == general.port.in_next
        assert quick.session.state is general.session.state

    check()


def test_an_order_of_another_version_ends_the_session_on_either_way() -> None:
    side = taught("FIX.4.4")
    side.send([message("D", side.port.in_next, ORDER, "FIX.4.2")])
    assert b"58=Incorrect BeginString, expecting FIX.4.4 but received FIX.4.2" in side.written
    assert len(side.port.submitted) == TAUGHT


def taught(begin_string: str = "FIX.4.4") -> Side:
    return Side(begin_string, TAUGHT, ("D", handlinst(ORDER, begin_string)))


def test_the_quick_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above compares the general way with itself."""
    side = taught()
    monkeypatch.setattr("gateways.fix.inbound.parse", None)
    side.send([message("D", side.port.in_next, ORDER, "FIX.4.4") for _ in range(1)])
    assert len(side.port.submitted) == TAUGHT + 1


def test_orders_and_cancels_that_take_turns_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    side = Side("FIX.4.4", 1, *[("D", ORDER), ("F", CANCEL)] * TAUGHT)
    monkeypatch.setattr("gateways.fix.inbound.parse", None)
    seq = side.port.in_next
    side.send([message("DF"[nth % 2], seq + nth, (ORDER, CANCEL)[nth % 2], "FIX.4.4") for nth in range(6)])
    assert [type(command) for command in side.port.submitted[-6:]] == [NewOrder, CancelOrder] * 3


def test_a_client_that_makes_forms_up_costs_a_bounded_memory() -> None:
    side = Side("FIX.4.4", 0)
    plain = side.session._inbound._plain
    made_up = 3 * plain_orders._SHAPES_MAX
    for fields in islice(permutations(ORDER.items()), made_up):
        side.send([message("D", side.port.in_next, dict(fields), "FIX.4.4")])
        assert len(plain._seen) <= plain_orders._SHAPES_MAX
    assert len(side.port.submitted) == made_up


def test_a_gap_is_closed_by_plain_orders() -> None:
    side = taught()
    seq = side.port.in_next
    orders = [message("D", seq + nth, ORDER, "FIX.4.4") for nth in range(4)]
    side.send([orders[2]])
    assert b"35=2\x01" in side.written
    side.written = b""
    side.send(orders[:3])
    side.send([orders[3]])
    assert side.port.in_next == seq + 4
    assert side.written == b""
    side.send([message("D", seq + 9, ORDER, "FIX.4.4")])
    assert b"35=2\x01" in side.written  # the first gap is over: a new one is asked for


def test_refused_numbers_are_accounted_for_by_the_next_plain_order() -> None:
    side = taught()
    seq = side.port.in_next
    side.send([client_frame("0", seq), client_frame("0", seq + 1), message("D", seq + 2, ORDER, "FIX.4.4")])
    command = side.port.submitted[-1]
    assert isinstance(command, NewOrder)
    assert (command.in_from, command.in_seq) == (seq, seq + 2)


def test_accounts_that_an_operator_takes_away_are_refused_at_once() -> None:
    with_account = ORDER | {"1": "A2"}
    side = Side("FIX.4.4", TAUGHT, ("D", with_account))
    opened = side.port.session
    side.port.session = type(opened)(
        opened.session_id, opened.protocol, opened.comp_id, opened.target_comp_id, opened.username, opened.credential,
        opened.firm, [11], 11,
    )  # fmt: skip
    side.send([message("D", side.port.in_next, with_account, "FIX.4.4")])
    assert not isinstance(side.port.submitted[-1], NewOrder)


def test_a_session_teaches_a_bounded_number_of_forms() -> None:
    made: list[object] = []
    original = plain_orders._form.__wrapped__
    plain_orders._form.cache_clear()

    def counted(shape: object) -> object:
        made.append(shape)
        return original(shape)

    side = Side("FIX.4.4", 0)
    fields = list(ORDER.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_orders, "_form", counted)
        for turn in range(FORMS_MAX + 3):
            shape = dict(fields[turn:] + fields[:turn])
            for _ in range(TAUGHT):
                side.send([message("D", side.port.in_next, shape, "FIX.4.4")])
    assert len(made) == FORMS_MAX


def test_the_clock_is_looked_at_for_every_read() -> None:
    side = taught()
    later = NOW + 119 * SECOND
    side.send([message("D", side.port.in_next, ORDER, "FIX.4.4")], later)
    assert len(side.port.submitted) == TAUGHT + 1
    side.send([message("D", side.port.in_next, ORDER, "FIX.4.4")], later + 5 * SECOND)
    assert len(side.port.submitted) == TAUGHT + 1
    assert format_utc(NOW, 3) == NOW_TEXT
