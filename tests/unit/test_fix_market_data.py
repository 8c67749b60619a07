"""MarketDataRequest (V): snapshots, subscriptions, refusals, and what a slow client gets. Every message that is sent is
held against its version's dictionary."""

from __future__ import annotations

import pytest
from book_world import run
from engine_builders import BUY, SELL
from fix_market import VERSIONS, BookClient, FixMarket, Received
from fix_venue import NOW, client_frame

from engine import events as ev
from engine.commands import BustTrade, CancelOrder, CorrectTrade, NewOrder, SetReferencePrice
from engine.market_data.updates import Listen
from engine.queries import DepthQuery
from engine.session_profile import Rights
from engine.types import SCALE, OrdType, Side, TimeInForce

every_version = pytest.mark.parametrize("begin_string", VERSIONS)
TYPES = {"FIX.4.2": "012456789", "FIX.4.4": "012456789B", "FIXT.1.1": "012456789B"}


class Market(FixMarket):
    """BTC/USD, whose book is told what to do, and AAPL."""

    def __init__(self, begin_string: str = "FIX.4.4", **limits: int) -> None:
        super().__init__(begin_string, **limits)
        self.trades: list[ev.TradeExecuted] = []

    def order(self, name: str, side: Side, qty: float, px: float) -> None:
        """A limit order of account 2 (buys) or 3 (sells)."""
        scaled = round(qty * SCALE), round(px * SCALE)
        self.do(NewOrder(side, name, 1 + side, 1, side, OrdType.LIMIT, TimeInForce.GTC, *scaled))

    def trade(self, name: str, px: float) -> None:
        """One of 1, which ends both orders."""
        self.order(f"b{name}", BUY, 1, px)
        self.order(f"s{name}", SELL, 1, px)

    def cancel(self, name: str, side: Side) -> None:
        self.do(CancelOrder(side, f"x{name}", 1 + side, 1, side, name))

    def do(self, command: object) -> None:
        records = run(self.books[1], command)  # type: ignore[arg-type]
        assert not isinstance(records, str), records
        self.trades += [each for events in records for each in events if isinstance(each, ev.TradeExecuted)]
        self.fold(records)

    def told(self) -> list[Received]:
        self.deliver()
        return self.messages()


def bodies(messages: list[Received]) -> list[str]:
    """Without header and trailer."""
    return [each.text.split("52=", 1)[1].split("|", 1)[1].rsplit("10=", 1)[0] for each in messages]


# ---- snapshots ------------------------------------------------------------------------------------------------------


@every_version
def test_a_snapshot_by_price(begin_string: str) -> None:
    market = Market(begin_string)
    market.order("a", BUY, 2, 99)
    market.order("b", BUY, 1, 99)
    market.order("c", SELL, 1.5, 101)
    (answer,) = market.request("R1", "01", kind="0", depth="5")
    entries = "268=2|269=0|270=99|271=3|346=2|290=1|269=1|270=101|271=1.5|346=1|290=1|"
    time = "20231114-22:13:20.000"
    head = f"1021=2|264=5|262=R1|55=BTC/USD|779={time}|" if begin_string == "FIXT.1.1" else "262=R1|55=BTC/USD|"
    assert (answer.type, bodies([answer])) == ("W", [head + entries])
    assert market.listening() == 0, "a snapshot by price is asked of the book itself"


@every_version
def test_the_snapshot_of_an_empty_book(begin_string: str) -> None:
    (answer,) = Market(begin_string).request("R1", "01", kind="0", depth="1")
    if begin_string == "FIXT.1.1":
        assert answer.entries == [{"269": "J"}]
        assert answer.picked("1021", "264") == ["1", "1"]
    else:
        assert answer.picked("262", "55", "268") == ["R1", "BTC/USD", "0"]


@every_version
def test_everything_that_there_is_to_know(begin_string: str) -> None:
    market = Market(begin_string)
    market.order("a", BUY, 2, 99)
    market.order("b", SELL, 1, 99)
    market.order("c", BUY, 1, 100)
    market.order("d", SELL, 3, 100)
    market.do(SetReferencePrice(1, 98 * SCALE, "ops"))
    (answer,) = market.request("R1", TYPES[begin_string], kind="0")
    assert market.listening() == 0
    found = {entry["269"]: entry for entry in answer.entries}
    assert {kind: entry.get("270") for kind, entry in found.items()} == {
        "0": "99", "1": "100", "2": "100", "4": "99", "6": "98", "7": "100", "8": "99", "9": "99.5",
    } | ({} if begin_string == "FIX.4.2" else {"B": None})  # fmt: skip
    assert found["2"]["271"] == "1"
    assert found["2"]["272"] == "20231114"
    assert len(found["2"]["273"]) == len("22:13:20.000")
    if begin_string != "FIX.4.2":
        assert found["B"]["271"] == "2"
    if begin_string == "FIXT.1.1":
        trade_id = str(market.trades[-1].trade_id)
        assert found["2"]["278"] == trade_id
        assert "1003" not in found["2"]


@every_version
def test_a_snapshot_order_by_order(begin_string: str) -> None:
    market = Market(begin_string)
    for name, qty, px in (("a", 2, 99), ("b", 1, 99), ("c", 1, 98)):
        market.order(name, BUY, qty, px)
    (answer,) = market.request("R1", "0", kind="0", depth="1", book="N")
    assert [(entry["270"], entry["271"]) for entry in answer.entries] == [("99", "2"), ("99", "1")]
    assert len({entry["37"] for entry in answer.entries}) == 2
    if begin_string == "FIXT.1.1":
        assert answer.picked("1021", "264") == ["3", "1"]
        assert all(entry["278"] == entry["37"] for entry in answer.entries)


def test_several_symbols_have_a_message_each() -> None:
    market = Market()
    answers = market.request("R1", "01", "AAPL,BTC/USD,AAPL", kind="0")
    assert [answer.fields["55"] for answer in answers] == ["AAPL", "BTC/USD"]
    assert market.request("R1", "0", kind="0"), "the identifier is free again"


def test_a_snapshot_waits_for_what_was_sent_before_it() -> None:
    market = Market()
    frames = [
        client_frame("D", 2, "11=C1|55=BTC/USD|54=1|60=20231114-22:13:20|38=1|40=2|44=1"),
        client_frame("V", 3, "262=R1|263=0|264=1|267=1|269=0|146=1|55=BTC/USD"),
        client_frame("V", 4, "262=R2|263=1|264=1|265=1|267=1|269=2|146=1|55=BTC/USD"),
    ]
    market.session.receive(frames, NOW)
    assert len(market.port.submitted) == 1
    depth, listen = market.port.queries
    assert isinstance(depth, DepthQuery)
    assert isinstance(listen, Listen)


# ---- subscriptions --------------------------------------------------------------------------------------------------


@every_version
def test_increments_by_price(begin_string: str) -> None:
    market = Market(begin_string)
    market.order("a", BUY, 2, 99)
    assert [each.type for each in market.request("R1", "01", depth="2")] == ["W"]
    market.order("b", BUY, 1, 98)
    market.order("c", BUY, 1, 100)
    (answer,) = market.told()
    assert bodies([answer]) == ["262=R1|268=1|279=0|269=0|55=BTC/USD|270=100|271=1|346=1|290=1|"]
    market.cancel("c", BUY)
    market.order("d", BUY, 1, 99)
    (answer,) = market.told()
    assert bodies([answer]) == [
        "262=R1|268=3|279=2|269=0|55=BTC/USD|270=100|290=1|279=0|269=0|55=BTC/USD|270=98|271=1|346=1|290=2|"
        "279=1|269=0|55=BTC/USD|270=99|271=3|346=2|290=1|"
    ]


def test_what_is_out_of_view_is_not_told() -> None:
    market = Market()
    market.order("a", BUY, 2, 99)
    market.request("R1", "0", depth="1")
    market.request("R2", "0", depth="1", update="0")
    market.order("b", BUY, 1, 98)
    assert market.told() == []
    market.cancel("a", BUY)
    increment, refresh = market.told()
    assert [(entry["279"], entry["270"]) for entry in increment.entries] == [("2", "99"), ("0", "98")]
    assert [(refresh.type, entry["270"]) for entry in refresh.entries] == [("W", "98")]


@every_version
def test_trades_busts_and_corrections(begin_string: str) -> None:
    market = Market(begin_string)
    (first,) = market.request("R1", "2")
    assert [entry for entry in first.entries if entry["269"] == "2"] == []
    market.trade("a", 99)
    market.trade("b", 99)
    (answer,) = market.told()
    one, other = answer.entries
    assert [one["279"], one["270"], one["271"]] == ["0", "99", "1"]
    assert one["278"] != other["278"]
    trade = market.trades[0]
    market.do(BustTrade(trade, trade.aggressor, trade.resting, "ops", "error"))
    trade = market.trades[1]
    market.do(CorrectTrade(trade, trade.aggressor, trade.resting, 98 * SCALE, SCALE, "ops", "error"))
    (answer,) = market.told()
    assert [(each["279"], each["278"], each["270"]) for each in answer.entries] == [
        ("2", one["278"], "99"), ("1", other["278"], "98"),
    ]  # fmt: skip
    (late,) = market.request("R2", "2", kind="0")
    assert [entry["270"] for entry in late.entries] == ["98"]


def test_the_days_figures() -> None:
    market = Market()
    client = BookClient()
    client.take(market.request("R1", "46789B"))
    assert client.figures == {"6": ("100", ""), "B": ("", "0")}
    market.trade("a", 99)
    client.take(market.told())
    assert client.figures == {
        "4": ("99", ""), "6": ("100", ""), "7": ("99", ""), "8": ("99", ""), "9": ("99", ""), "B": ("", "1"),
    }  # fmt: skip
    market.trade("b", 99)
    market.do(SetReferencePrice(1, 97 * SCALE, "ops"))
    (answer,) = market.told()
    assert {(entry["279"], entry["269"]) for entry in answer.entries} == {("1", "6"), ("1", "B")}
    trade = market.trades[0]
    market.do(BustTrade(trade, trade.aggressor, trade.resting, "ops", "error"))
    trade = market.trades[1]
    market.do(BustTrade(trade, trade.aggressor, trade.resting, "ops", "error"))
    client.take([answer, *market.told()])
    assert client.figures == {"6": ("97", ""), "B": ("", "0")}


def test_yesterdays_close() -> None:
    market = Market()
    market.order("a", BUY, 2, 99)
    market.order("b", SELL, 1, 99)
    client = BookClient()
    client.take(market.request("R1", "45B"))
    assert client.figures == {"4": ("99", ""), "B": ("", "1")}
    market.later(86_400)
    client.take(market.told())
    assert client.figures == {"5": ("99", ""), "B": ("", "0")}
    (late,) = market.request("R2", "5", kind="0")
    assert late.entries == [{"269": "5", "270": "99", "286": "4"}]


def test_updates_of_one_turn_are_one_message() -> None:
    market = Market()
    market.request("R1", "01")
    market.order("a", BUY, 2, 99)
    market.order("b", BUY, 2, 99)
    market.order("c", BUY, 2, 97)
    (answer,) = market.told()
    assert [(entry["270"], entry["271"]) for entry in answer.entries] == [("99", "4"), ("97", "2")]


def test_two_requests_for_one_symbol_share_what_the_venue_tells() -> None:
    market = Market()
    market.request("R1", "0")
    market.request("R2", "01", depth="1")
    assert market.listening() == 1
    market.order("a", BUY, 2, 99)
    assert [each.fields["262"] for each in market.told()] == ["R1", "R2"]
    assert market.request("R1", "", kind="2") == []
    assert market.listening() == 1
    market.order("b", BUY, 2, 99)
    assert [each.fields["262"] for each in market.told()] == ["R2"]
    market.ask("V", "262=R2|263=2|264=0|267=1|269=0|146=1|55=BTC/USD")
    assert market.listening() == 0
    market.order("c", BUY, 2, 99)
    assert market.told() == []


def test_one_that_joins_while_a_snapshot_is_under_way_gets_one_of_its_own() -> None:
    market = Market()
    body = "263=1|264=1|265=1|267=1|269=0|146=1|55=BTC/USD"
    market.session.receive([client_frame("V", 2, f"262=R1|{body}"), client_frame("V", 3, f"262=R2|{body}")], NOW)
    first = market.port.queries.pop()
    assert market.port.queries == [], "the second is not asked for before the first has come"
    market.port.queries.append(first)
    market.serve()
    assert [(each.type, each.fields["262"]) for each in market.messages()] == [("W", "R1"), ("W", "R2")]


def test_nothing_is_kept_when_the_connection_ends() -> None:
    market = Market()
    market.request("R1", "012")
    market.session.connection_lost("gone")
    market.order("a", BUY, 2, 99)
    assert market.told() == []


# ---- a client that is behind ----------------------------------------------------------------------------------------


def test_a_slow_client_gets_the_newest_state_and_every_trade() -> None:
    market = Market()
    book, refreshed, trades = BookClient(), BookClient(), BookClient()
    book.take(market.request("B", "01"))
    refreshed.take(market.request("F", "01", update="0"))
    trades.take(market.request("T", "2"))
    market.backlog = 10**9
    for n in range(20):
        market.trade(f"{n}", 99)
        assert market.told() == []
    market.order("left", BUY, 3, 97)
    assert market.told() == []
    assert market.session.timers.waiting, "for the client to have room"
    market.backlog = 0
    market.session.tick(0.25, NOW)
    assert not market.session.timers.waiting
    found = by_request(market.messages())
    assert {name: len(messages) for name, messages in found.items()} == {"B": 1, "F": 1, "T": 1}
    book.take(found["B"])
    refreshed.take(found["F"])
    trades.take(found["T"])
    assert book.by_price == refreshed.by_price == {"0": {"97": ("3", "1")}, "1": {}}
    assert len(trades.trades) == 20


def by_request(messages: list[Received]) -> dict[str, list[Received]]:
    found: dict[str, list[Received]] = {}
    for message in messages:
        found.setdefault(message.fields["262"], []).append(message)
    return found


def test_trades_that_wait_too_long_give_way_to_a_snapshot() -> None:
    market = Market(trades_waiting_max=3)
    market.request("T", "2")
    market.backlog = 10**9
    for n in range(5):
        market.trade(f"{n}", 99)
        market.told()
    market.backlog = 0
    market.session.tick(0.25, NOW)
    (answer,) = market.told()
    assert answer.type == "W"
    assert len(answer.entries) == 1
    market.trade("last", 98)
    assert [each.type for each in market.told()] == ["X"]


def test_a_burst_never_cuts_a_session_whose_numbers_run_out() -> None:
    """Numbers of unjournaled messages are reserved in the journal first; until then market data waits."""
    market = Market(parked_messages_max=100)
    client = BookClient()
    client.take(market.request("R1", "0"))
    market.port.reserved = market.port.out_next + 3
    for n in range(500):
        market.order(f"b{n}", BUY, 1, 1 + n / 100)
        client.take(market.told())
    assert market.session.state.name == "ACTIVE"
    assert len(client.by_price["0"]) < 100
    market.port.reserved = 10**9
    market.session.deliver([], NOW)
    client.take(market.messages())
    assert len(client.by_price["0"]) == 500


def test_after_a_resend_the_client_is_told_anew() -> None:
    """Market data is not repeated: a client that has lost some of it would be out of step for ever."""
    market = Market()
    market.request("R1", "0")
    market.order("a", BUY, 1, 99)
    (lost,) = market.told()
    market.ask("2", f"7={lost.fields['34']}|16=0")
    market.order("b", BUY, 1, 98)
    assert market.told() == [], "nothing live is sent before the gap is filled"
    while (resend := market.session.resends.next()) is not None:
        market.session.resends.finish(resend, NOW)
    market.session.resends.go_live(NOW)
    filled, anew = market.messages()
    assert (filled.type, anew.type) == ("4", "W")
    assert [entry["270"] for entry in anew.entries] == ["99", "98"]
    market.order("c", BUY, 1, 97)
    assert [each.type for each in market.told()] == ["X"]


def test_after_a_reset_the_client_is_told_anew() -> None:
    market = Market()
    market.request("R1", "0")
    frame = client_frame("A", 1, "98=0|108=30|141=Y")
    market.session.receive([frame], NOW)
    market.order("a", BUY, 1, 99)
    assert market.told() == []
    market.session.deliver(market.port.logged_on(), NOW)
    logon, anew = market.messages()
    assert (logon.type, anew.type, anew.fields["34"]) == ("A", "W", "2")


# ---- refusals -------------------------------------------------------------------------------------------------------

V = "262=R9|263=1|264=1|265=1|267=1|269=0|146=1|55=BTC/USD"


@every_version
@pytest.mark.parametrize(
    ("changed", "reason", "text"),
    [
        (("55=BTC/USD", "55=GOLD"), "0", "Unknown symbol GOLD"),
        (("146=1|", "146=2|55=AAPL|"), "2", "At most 1 symbols in one request"),
        (("262=R9", "262=R1"), "1", "MDReqID R1 is in use"),
        (("264=1", "264=1001"), "5", "MarketDepth is at most 1000"),
        (("264=1", "264=-1"), "5", "MarketDepth -1 is not supported"),
        (("269=0", "269=3"), "8", "MDEntryType 3 is not supported"),
        (("263=1", "263=2"), "", "Unknown MDReqID R9"),
    ],
)
def test_requests_that_are_refused(begin_string: str, changed: tuple[str, str], reason: str, text: str) -> None:
    market = Market(begin_string, symbols_per_request_max=1)
    market.request("R1", "0")
    (answer,) = market.ask("V", V.replace(*changed))
    md_req_id = "R1" if "in use" in text else "R9"
    assert (answer.type, answer.picked("262", "281", "58")) == ("Y", [md_req_id, reason, text])
    assert market.session.rejects == 1


@pytest.mark.parametrize(
    ("changed", "tag"), [(("263=1", "263=7"), "263"), (("264=1", "264=x"), "264"), (("|146=1|55=BTC/USD", ""), "146")]
)
def test_requests_that_can_not_be_read(changed: tuple[str, str], tag: str) -> None:
    (answer,) = Market().ask("V", V.replace(*changed))
    assert (answer.type, answer.fields["371"]) == ("3", tag)


def test_implicit_deletes_are_not_promised() -> None:
    (answer,) = Market().ask("V", V.replace("|267=", "|547=Y|267="))
    assert answer.picked("35", "281") == ["Y", "C"]


def test_subscriptions_are_bounded() -> None:
    market = Market(subscriptions_max=2)
    market.request("R1", "0", "BTC/USD,AAPL")
    (answer,) = market.request("R2", "0")
    assert answer.picked("35", "281", "58") == ["Y", "2", "At most 2 subscriptions of symbols at a time"]


def test_only_sessions_with_the_right_listen() -> None:
    market = Market()
    market.may(Rights.TRADE)
    (answer,) = market.request("R1", "0")
    assert answer.picked("35", "262", "281") == ["Y", "R1", "3"]
    market.may(Rights.MARKET_DATA)
    assert [each.type for each in market.request("R1", "0")] == ["W"]
    market.may(Rights.TRADE)
    market.order("a", BUY, 1, 99)
    (answer,) = market.told()
    assert answer.picked("35", "262", "281") == ["Y", "R1", "3"]
    assert market.listening() == 0


def test_answers_go_back_by_the_route_of_their_request() -> None:
    market = Market()
    (answer,) = market.ask("V", f"115=FUND|{V}")
    assert answer.fields["128"] == "FUND"
    market.order("a", BUY, 1, 99)
    (answer,) = market.told()
    assert (answer.type, answer.fields["128"]) == ("X", "FUND")
    heartbeat = market.ask("1", "112=x")[0]
    assert "128" not in heartbeat.fields
