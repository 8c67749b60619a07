"""What conformance cases can't show: order of numbers under way, catching up, resets with unconfirmed reports."""

from __future__ import annotations

import pytest
from fix_venue import NOW, NOW_TEXT, FakePort, client_frame, order_image, shown

from engine.events import OrderAccepted
from engine.queries import OrderStatusAnswer, OrderStatusQuery
from gateways.fix.codec import Framer
from gateways.fix.logon import read_logon
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.state import State

ORDER = f"11=C1|55=BTC/USD|54=1|60={NOW_TEXT}|38=1|40=2|44=100"


class Wire:
    """What the session has written, message by message."""

    def __init__(self) -> None:
        self.framer = Framer(1 << 20)
        self.writes = 0

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.framer.feed(data)

    def messages(self) -> list[dict[str, str]]:
        return [dict(f.split("=", 1) for f in shown(m).split("|")) for m in self.framer.take(10_000)]  # type: ignore[misc]

    def brief(self) -> list[str]:
        """``type/number`` of each message."""
        return [f"{m['35']}/{m['34']}" for m in self.messages()]


def started(
    port: FakePort | None = None, *, body: str = "98=0|108=30", **limits: object
) -> tuple[FixSession, FakePort, Wire]:
    """A session that is logging on."""
    port = port or FakePort()
    settings = FixSettings(**limits)  # type: ignore[arg-type]
    wire = Wire()
    logon = read_logon(client_frame("A", 1, body), NOW, settings)
    session = FixSession(logon, port, settings, wire.write)
    session.start(NOW)
    return session, port, wire


def active(**limits: object) -> tuple[FixSession, FakePort, Wire]:
    session, port, wire = started(**limits)  # type: ignore[arg-type]
    session.deliver(port.logged_on(), NOW)
    assert wire.brief() == ["A/1"]
    return session, port, wire


def test_request(session: FixSession, port: FakePort) -> None:
    session.receive([client_frame("1", port.in_next, "112=x")], NOW)


def serve_resends(session: FixSession, port: FakePort) -> None:
    while (resend := session.resends.next()) is not None:
        session.resends.send(resend, [r for n, r in port.sent.items() if resend.begin <= n <= resend.end], NOW)
        session.resends.finish(resend, NOW)


test_request.__test__ = False  # type: ignore[attr-defined]


def test_every_number_leaves_in_order() -> None:
    session, port, wire = active()
    first = port.accepted("C1")  # 2
    test_request(session, port)  # 3
    second = port.accepted("C2")  # 4
    third = port.accepted("C3")  # 5
    test_request(session, port)  # 6
    test_request(session, port)  # 7
    assert wire.brief() == []
    session.deliver(port.release(first), NOW)
    assert wire.brief() == ["8/2", "0/3"]
    session.deliver(port.release(second, third), NOW)
    assert wire.brief() == ["8/4", "8/5", "0/6", "0/7"]
    test_request(session, port)
    assert wire.brief() == ["0/8"]


def test_parked_messages_go_between_the_reports_of_one_batch() -> None:
    session, port, wire = active()
    first = port.accepted("C1")
    test_request(session, port)
    second = port.accepted("C2")
    session.deliver(port.release(first, second), NOW)
    assert wire.brief() == ["8/2", "0/3", "8/4"]


def test_a_batch_is_written_at_once() -> None:
    session, port, wire = active()
    before = wire.writes
    session.deliver(port.release(*(port.accepted(f"C{n}") for n in range(50))), NOW)
    session.receive([client_frame("1", n + 2, "112=x") for n in range(50)], NOW)
    assert wire.writes == before + 2
    assert len(wire.brief()) == 100


def test_commands_of_a_read_are_submitted_at_once() -> None:
    session, port, _ = active()
    body = "11=C{}|55=AAPL|54=1|60=20240101-00:00:00|38=1|40=2|44=1"
    session.receive([client_frame("D", n, body.format(n)) for n in range(2, 12)], NOW)
    assert port.submissions == [10]


def test_a_query_follows_the_commands_before_it() -> None:
    session, port, _ = active()
    order = "11=C1|55=AAPL|54=1|60=20240101-00:00:00|38=1|40=2|44=1"
    frames = [client_frame("D", 2, order), client_frame("H", 3, "11=C1|55=AAPL|54=1"), client_frame("D", 4, order)]
    seen: list[int] = []
    port.query = lambda query: seen.append(len(port.submitted))  # type: ignore[method-assign]
    session.receive(frames, NOW)
    assert seen == [1]
    assert port.submissions == [1, 1]


def test_reports_before_the_logon_reply_are_left_for_a_resend() -> None:
    session, port, wire = started(FakePort(out_next=5))
    missed = port.accepted("C1")  # 5
    session.deliver(port.release(missed), NOW)
    assert wire.brief() == []
    session.deliver(port.logged_on(), NOW)
    assert wire.brief() == ["A/6"]
    session.receive([client_frame("2", 2, "7=5|16=0")], NOW)
    serve_resends(session, port)
    session.resends.go_live(NOW)
    first, second = wire.messages()
    assert (first["35"], first["34"], first["43"], first["11"]) == ("8", "5", "Y", "C1")
    assert (second["35"], second["34"], second["36"]) == ("4", "6", "7")


def test_live_messages_wait_for_a_resend_and_then_go_for_the_first_time() -> None:
    session, port, wire = active()
    session.deliver(port.release(port.accepted("C1")), NOW)
    session.receive([client_frame("2", 2, "7=1|16=0")], NOW)
    wire.brief()
    resend = session.resends.next()
    assert resend is not None
    assert session.resending
    # While it is served: a report, a reply, another report.
    session.deliver(port.release(port.accepted("C2")), NOW)  # 3
    test_request(session, port)  # 4
    session.deliver(port.release(port.accepted("C3")), NOW)  # 5
    assert wire.brief() == []
    session.resends.send(resend, [port.sent[2]], NOW)
    session.resends.finish(resend, NOW)
    assert wire.brief() == ["4/1", "8/2"]
    assert session.resends.behind == (3, 5)
    session.resends.catch_up([port.sent[3], port.sent[5]], NOW)
    session.resends.caught_up(5, NOW)
    messages = wire.messages()
    assert [(m["35"], m["34"]) for m in messages] == [("8", "3"), ("0", "4"), ("8", "5")]
    assert not any("43" in m for m in messages)
    assert session.resends.behind is None
    session.resends.go_live(NOW)
    assert not session.resending
    session.deliver(port.release(port.accepted("C4")), NOW)
    assert wire.brief() == ["8/6"]


def test_a_reset_brings_unconfirmed_reports_again_as_new_messages() -> None:
    port = FakePort(in_next=30, out_next=30)
    session, port, wire = started(port, body="98=0|108=30|141=Y")
    logged_on = port.logged_on()
    old = port.accepted("C1"), port.accepted("C2")  # 2, 3 of the new epoch
    port.released = port.reissued_upto = 3
    session.deliver(logged_on, NOW)
    assert wire.brief() == ["A/1"]
    assert session.resending
    assert session.resends.behind == (2, 3)
    session.resends.catch_up(list(old), NOW)
    session.resends.caught_up(3, NOW)
    session.resends.go_live(NOW)
    messages = wire.messages()
    assert [(m["34"], m.get("97"), m.get("43"), m["11"]) for m in messages] == [
        ("2", "Y", None, "C1"),
        ("3", "Y", None, "C2"),
    ]
    session.deliver(port.release(port.accepted("C3")), NOW)
    assert "97" not in wire.messages()[0]


def test_what_comes_right_behind_a_reset_waits_for_its_answer() -> None:
    session, port, wire = active()
    behind = [client_frame("1", number, f"112={number}") for number in (2, 3)]
    session.receive([client_frame("A", 1, "98=0|108=30|141=Y"), *behind], NOW)
    assert not session.ready
    session.deliver(port.logged_on(), NOW)
    assert wire.brief() == ["A/1"]
    assert session.ready
    session.receive([], NOW)
    assert wire.brief() == ["0/2", "0/3"]
    assert port.in_next == 4
    assert not session.ready


def test_resend_requests_beyond_the_limit_end_the_session() -> None:
    session, port, wire = active(resends_max=2)
    for _ in range(3):
        session.receive([client_frame("2", port.in_next, "7=1|16=0")], NOW)
    assert session.state is State.CLOSED
    assert wire.messages()[-1]["58"] == "Too many ResendRequests at once: 2 wait, and now one for 1 to 1"


def test_replies_that_wait_are_bounded() -> None:
    session, port, _ = active(parked_messages_max=10)
    port.accepted("C1")
    for _ in range(11):
        test_request(session, port)
    assert session.state is State.CLOSED
    assert port.logouts == [False]


def test_an_answer_is_numbered_and_waits_like_any_message() -> None:
    session, port, wire = active()
    session.receive([client_frame("H", 2, "11=C1|55=BTC/USD|54=1")], NOW)
    (query,) = port.queries
    report = port.accepted("C2")
    session.answer(OrderStatusAnswer(query, order_image()), NOW)  # type: ignore[arg-type]
    assert wire.brief() == []
    session.deliver(port.release(report), NOW)
    assert wire.brief() == ["8/2", "8/3"]


def test_what_was_asked_before_a_logout_is_answered_before_it() -> None:
    session, port, wire = active()
    session.receive([client_frame("H", 2, "11=C1|55=BTC/USD|54=1"), client_frame("5", 3)], NOW)
    asked, barrier = port.queries
    session.answer(OrderStatusAnswer(asked, order_image()), NOW)  # type: ignore[arg-type]
    session.answer(OrderStatusAnswer(barrier, None), NOW)  # type: ignore[arg-type]
    assert wire.brief() == ["8/2", "5/3"]
    assert (session.state, port.logouts) == (State.CLOSED, [True])


def test_a_logout_that_leaves_reports_unsent_confirms_nothing() -> None:
    session, port, wire = active()
    session.receive([client_frame("5", 2)], NOW)
    (barrier,) = port.queries
    late: list[object] = []
    allot = port.allot

    def allot_then_stamp() -> int:
        number = allot()
        late.append(port.accepted("C1"))  # a fill of a resting order, say, is on its way to the disk
        return number

    port.allot = allot_then_stamp  # type: ignore[method-assign]
    session.answer(OrderStatusAnswer(barrier, None), NOW)  # type: ignore[arg-type]
    assert wire.brief() == ["5/2"]
    assert port.logouts == [False]


def test_a_gap_is_not_asked_for_after_the_end() -> None:
    session, _, wire = active(body="98=0|108=5", resend_timeout_s=12.0)
    session.receive([client_frame("0", 5)], NOW)
    for now_s in range(40):
        session.tick(now_s, NOW)
    assert session.state is State.CLOSED
    assert wire.messages()[-1]["35"] == "5"


def test_nothing_is_read_or_written_after_the_end() -> None:
    session, port, wire = active()
    session.connection_lost("gone")
    session.connection_lost("gone twice")
    assert session.close_reason == "gone"
    test_request(session, port)
    order = order_image()
    session.deliver([port.stamp(OrderAccepted(order), order)], NOW)
    session.tick(1000, NOW)
    session.disconnect("stop", NOW)
    assert wire.brief() == []
    assert port.logouts == [False]


def test_refused_messages_are_counted() -> None:
    session, port, _ = active()
    session.receive([client_frame("1", 2), client_frame("ZZ", 3), client_frame("R", 4)], NOW)
    assert session.rejects == 3
    assert port.in_next == 5


def test_a_number_that_the_journal_does_not_know_of_waits_for_its_reservation() -> None:
    session, port, wire = active()
    port.reserved = 3
    test_request(session, port)  # 2: reserved
    test_request(session, port)  # 3: not yet
    assert wire.brief() == ["0/2"]
    port.reserved = 100
    session.deliver([], NOW)
    assert wire.brief() == ["0/3"]


def test_a_durable_report_vouches_for_the_numbers_before_it() -> None:
    session, port, wire = active()
    port.reserved = 0
    test_request(session, port)  # 2
    report = port.accepted("C1")  # 3
    test_request(session, port)  # 4
    assert wire.brief() == []
    session.deliver(port.release(report), NOW)
    assert wire.brief() == ["0/2", "8/3"]


@pytest.mark.parametrize(
    ("msg_type", "body", "order"),
    [
        ("D", ORDER, "C1"),
        ("F", f"11=C2|41=C1|55=BTC/USD|54=1|60={NOW_TEXT}", "C1"),
        ("G", f"41=C1|{ORDER}".replace("11=C1", "11=C2"), "C1"),
    ],
)
def test_what_may_have_come_before_is_answered_with_its_order_s_status(msg_type: str, body: str, order: str) -> None:
    session, port, wire = active()
    session.receive([client_frame(msg_type, 2, body)], NOW)
    session.receive([client_frame(msg_type, 3, f"97=Y|{body}")], NOW)
    assert len(port.submitted) == 1
    (query,) = port.queries
    assert isinstance(query, OrderStatusQuery)
    assert query.cl_ord_id == order
    session.answer(OrderStatusAnswer(query, order_image()), NOW)
    (told,) = wire.messages()
    assert (told["35"], told["150"], told["11"]) == ("8", "I", "C1")
