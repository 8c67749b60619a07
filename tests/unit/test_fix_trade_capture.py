"""Trade capture over FIX: what is asked for, what is answered from the journal, and what follows as it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fix_fields import check
from fix_venue import NOW, SECOND, FakePort, client_frame, order_image

from engine.events import OrderAccepted, TradeBusted, TradeCorrected, TradeExecuted
from engine.queries import TradesAnswer, TradesQuery
from engine.reports import Report
from engine.types import SCALE, OrdStatus, Side
from gateways.fix.codec import parse
from gateways.fix.dialect import DIALECTS
from gateways.fix.refusals import FieldRefusal
from gateways.fix.settings import FixSettings
from gateways.fix.trade_capture import TradeCapture

if TYPE_CHECKING:
    from engine.events import Event
    from gateways.fix.trade_capture import Take

BOTH = pytest.mark.parametrize("begin_string", ["FIX.4.4", "FIXT.1.1"])
ORDER = order_image(status=OrdStatus.PARTIALLY_FILLED, cum_qty=3 * SCALE, leaves_qty=7 * SCALE)
SALE = order_image(order_id=502, cl_ord_id="C2", side=Side.SELL, symbol_id=2, status=OrdStatus.FILLED, leaves_qty=0)
DAY = 86_400 * SECOND


def trade(trade_id: int, time_ns: int = NOW, order: object = ORDER, *, resting: bool = False) -> Report:
    event = TradeExecuted(trade_id, 100 * SCALE, 3 * SCALE, order, order, 250_000, 0)  # type: ignore[arg-type]
    return told(event, time_ns, order, resting=resting)


def told(event: Event, time_ns: int = NOW, order: object = ORDER, *, resting: bool = False) -> Report:
    return Report(5, 77, 0, time_ns, event, order, resting)  # type: ignore[arg-type]


class Session:
    """A client's session, and the journal behind it: what is to be read waits for :meth:`journal_gives`."""

    def __init__(self, begin_string: str = "FIX.4.4", **limits: int) -> None:
        self.begin_string = begin_string
        self.route = ""
        self.said: list[dict[str, str]] = []
        self.routes: list[str] = []
        self.reads: list[tuple[list[int], Take]] = []
        self.port = FakePort(begin_string)
        self.capture = TradeCapture(
            self, self.port, DIALECTS[begin_string], FixSettings(**limits), lambda *read: self.reads.append(read)
        )

    def tell(self, msg_type: str, body: str, now_ns: int) -> None:
        assert body.endswith("\x01")
        pairs = [field.split("=", 1) for field in body[:-1].split("\x01")]
        message = {"35": msg_type} | dict(pairs)  # type: ignore[arg-type]
        assert len(message) == len(pairs) + 1, "a tag stands twice"
        check(self.begin_string, message)
        self.said.append(message)
        self.routes.append(self.route)

    def request(self, body: str, msg_type: str = "AD") -> None:
        self.capture.request(parse(client_frame(msg_type, 3, body, begin_string=self.begin_string)), NOW)

    def answer(self, *records: int) -> None:
        """Everything before the last request is decided; trades stand in these records."""
        query = self.port.queries.pop()
        assert isinstance(query, TradesQuery)
        self.capture.answer(TradesAnswer(query, list(records)), NOW)

    def journal_gives(self, *reports: Report, is_last: bool = True) -> bool:
        return self.reads[-1][1](list(reports), is_last, NOW)

    def heard(self, *tags: str) -> list[tuple[str | None, ...]]:
        heard = [tuple(message.get(tag) for tag in ("35", *tags)) for message in self.said]
        self.said.clear()
        return heard

    def asked_for(self, criteria: str, *reports: Report) -> list[str]:
        """TradeReportIDs of what a request for trades that match ``criteria`` is answered with."""
        self.request(f"568=R1|569=1|{criteria}")
        self.answer(77)
        self.journal_gives(*reports)
        found = [message["571"] for message in self.said if message["35"] == "AE"]
        self.said.clear()
        return found


@BOTH
def test_the_day_s_trades(begin_string: str) -> None:
    session = Session(begin_string)
    session.request("568=R1|569=0|263=0")
    assert not session.said, "what was sent before is decided first"
    session.answer(70, 77)
    assert session.reads[0][0] == [70, 77]
    assert not session.said
    assert session.journal_gives(trade(900), is_last=False)
    assert not session.journal_gives(trade(901, resting=True))
    accepted, first, last, completed = session.said
    assert (accepted["35"], accepted["568"], accepted["749"], accepted["750"]) == ("AQ", "R1", "0", "0")
    trade_id = "527" if begin_string == "FIX.4.4" else "880"
    assert {tag: first[tag] for tag in first.keys() - {"12", "13"}} == {
        "35": "AE",
        "571": "900A",
        "487": "0",
        "568": "R1",
        "828": "0",
        "150": "F",
        "325": "N",
        "17": "900A",
        trade_id: "900",
        "570": "N",
        "55": "BTC/USD",
        "32": "3",
        "31": "100",
        "75": "20231115",
        "60": "20231114-22:13:20.000",
        "552": "1",
        "54": "1",
        "37": "501",
        "11": "C1",
        "1": "A1",
    }
    assert (first["12"], first["13"]) == ("0.0025", "3")
    assert (last["571"], last["912"]) == ("901R", "Y")
    assert "12" not in last
    assert (completed["748"], completed["749"], completed["750"]) == ("2", "0", "1")


def test_no_trades() -> None:
    session = Session()
    session.request("568=R1|569=0")
    session.answer()
    assert session.heard("568", "748", "749", "750") == [("AQ", "R1", "0", "0", "1")]
    assert not session.reads


def test_none_that_match() -> None:
    session = Session()
    session.request("568=R1|569=1|55=AAPL")
    session.answer(77)
    session.journal_gives(trade(900))
    assert session.heard("748", "750") == [("AQ", "0", "1")]


@BOTH
def test_busts_and_corrections_refer_to_what_they_supersede(begin_string: str) -> None:
    session = Session(begin_string)
    session.request("568=R1|569=0")
    session.answer(77)
    corrected = TradeCorrected(
        900, 99 * SCALE, 2 * SCALE, ORDER, ORDER, 0, 0, 100 * SCALE, 3 * SCALE, 0, 0, "ops", "typing error"
    )
    busted = TradeBusted(900, 99 * SCALE, 2 * SCALE, ORDER, ORDER, 0, 0, "ops", "typing error", 1)
    session.journal_gives(trade(900), told(corrected), told(busted))
    tags = ("571", "572", "487", "150", "32", "31")
    assert session.heard(*tags)[1:4] == [
        ("AE", "900A", None, "0", "F", "3", "100"),
        ("AE", "900A.1", "900A", "2", "G", "2", "99"),
        ("AE", "900A.2", "900A.1", "1", "H", "2", "99"),
    ]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("55=BTC/USD", ["1A", "2A"]),
        ("54=2", ["3A"]),
        ("11=C2", ["3A"]),
        ("37=501", ["1A", "2A"]),
        ("17=2A", ["2A"]),
        ("571=3A", ["3A"]),
        ("55=BTC/USD|54=2", []),
        ("580=1|75=20231115", ["1A"]),
        ("580=2|75=20231116|75=20231117", ["2A", "3A"]),
        ("580=1|75=20231116|60=20231115-22:13:20", ["2A"]),
        ("580=1|75=20231116|60=20231115-22:13:21", []),
        ("580=2|75=20231115|60=20231114-22:13:21|75=20231117", ["2A", "3A"]),
        ("580=2|75=20231115|60=20231114-22:13:20|75=20231117|60=20231115-23:00:00", ["1A", "2A"]),
    ],
)
@BOTH
def test_criteria(criteria: str, found: list[str], begin_string: str) -> None:
    reports = [trade(1), trade(2, NOW + DAY), trade(3, NOW + 2 * DAY, SALE)]
    assert Session(begin_string).asked_for(criteria, *reports) == found


def test_other_reports_of_the_records_are_no_trades() -> None:
    assert Session().asked_for("54=1", told(OrderAccepted(ORDER)), trade(1)) == ["1A"]


def test_a_subscription_gets_what_there_is_and_what_comes() -> None:
    session = Session()
    session.request("568=R1|569=1|263=1|55=BTC/USD")
    assert not session.capture.is_live
    session.answer(77)
    assert session.capture.is_live
    session.journal_gives(trade(1))
    session.capture.trades([told(OrderAccepted(ORDER)), trade(2), trade(3, NOW, SALE)], NOW)
    assert session.heard("568", "571", "325", "750", "748") == [
        ("AQ", "R1", None, None, "0", None),
        ("AE", "R1", "1A", "N", None, None),
        ("AE", "R1", "2A", "Y", None, None),
    ]
    session.request("568=R1|569=1|263=2")
    session.capture.trades([trade(4)], NOW)
    assert session.heard("568", "749", "750") == [("AQ", "R1", "0", "1")]
    assert not session.capture.is_live


def test_a_subscription_without_trades_so_far() -> None:
    session = Session()
    session.request("568=R1|569=0|263=1")
    session.answer()
    session.capture.trades([trade(1)], NOW)
    assert session.heard("571", "750") == [("AQ", None, "0"), ("AE", "1A", None)]


def test_a_connection_that_is_gone_gets_nothing_more() -> None:
    session = Session()
    session.request("568=R1|569=0|263=1")
    session.answer(77)
    session.capture.close()
    assert not session.capture.is_live
    session.said.clear()
    assert not session.journal_gives(trade(1), is_last=False)
    assert not session.said


@pytest.mark.parametrize(
    ("body", "result", "text"),
    [
        ("568=R2|569=2", "8", "TradeRequestType 2 is not supported: use 0 or 1"),
        ("568=R2|569=1|55=GOLD", "1", "Unknown symbol GOLD"),
        ("568=R1|569=0", "99", "TradeRequestID R1 is in use"),
        ("568=R2|569=0", "99", "More than 1 requests are under way"),
        ("568=R2|569=0|263=2", "99", "No such subscription"),
        ("568=R1|569=0|263=2", "99", "No such subscription"),
    ],
)
@BOTH
def test_requests_that_are_refused(body: str, result: str, text: str, begin_string: str) -> None:
    session = Session(begin_string, trade_requests_max=1)
    session.request("568=R1|569=0")
    session.request(body)
    assert session.heard("749", "750", "58") == [("AQ", result, "2", text)]
    assert len(session.port.queries) == 1


def test_where_nothing_can_be_read() -> None:
    session = Session()
    session.capture = TradeCapture(session, session.port, DIALECTS["FIX.4.4"], FixSettings(), None)
    session.request("568=R1|569=0")
    assert session.heard("749", "750", "58") == [("AQ", "99", "2", "Trades are not reported here")]


def test_more_trades_than_one_request_is_answered_with() -> None:
    session = Session(trade_reports_max=2)
    session.request("568=R1|569=0")
    session.answer(77)
    assert not session.journal_gives(trade(1), trade(2), trade(3), trade(4), is_last=False)
    assert session.heard("571", "748", "749", "750", "58") == [
        ("AQ", None, None, "0", "0", None),
        ("AE", "1A", None, None, None, None),
        ("AE", "2A", None, None, None, None),
        ("AQ", None, "2", "99", "1", "More than 2 trades: ask for fewer by TransactTime (60)"),
    ]
    session.request("568=R1|569=0")
    assert not session.said, "the name is free again"


@pytest.mark.parametrize(
    ("body", "reason", "tag"),
    [
        ("568=R1|569=9", 5, "569"),
        ("568=R1|569=0|263=3", 5, "263"),
        ("568=R1|569=0|54=x", 5, "54"),
        ("568=" + "R" * 65 + "|569=0", 5, "568"),
        ("568=R1|569=0|580=2|75=20231114", 16, "580"),
        ("568=R1|569=0|580=3|75=20231114|75=20231114|75=20231114", 5, "580"),
        ("568=R1|569=0|580=1|75=2023-11-14", 6, "75"),
        ("568=R1|569=0|580=1|75=20231114|60=20231114", 6, "60"),
    ],
)
def test_requests_that_can_t_be_read(body: str, reason: int, tag: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        Session().request(body)
    assert (refused.value.reason, refused.value.tag) == (reason, tag)


@BOTH
def test_a_client_s_own_report_is_refused_and_its_acknowledgements_are_taken(begin_string: str) -> None:
    session = Session(begin_string)
    session.request("571=T1|570=N|55=BTC/USD|32=1|31=1|75=20231114|60=20231114-22:13:20", "AE")
    assert session.heard("571", "939", "751") == [("AR", "T1", "1", "3")]
    session.request("571=900A|150=F", "AR")
    assert not session.said


def test_answers_take_the_route_of_their_request() -> None:
    session = Session()
    session.route = "128=DESK\x01"
    session.request("568=R1|569=0|263=1")
    session.route = ""
    session.answer(77)
    session.journal_gives(trade(1))
    session.capture.trades([trade(2)], NOW)
    assert session.routes == ["128=DESK\x01"] * 3
    assert session.route == ""
