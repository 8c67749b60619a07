"""TradingSessionStatusRequest (g) and SecurityStatusRequest (e). Every answer is held against its version's
dictionary."""

from __future__ import annotations

import pytest
from fix_market import VERSIONS, FixMarket, Received
from fix_venue import NOW, client_frame

from engine.events import Event, InstrumentStatusChanged, TradingPhaseChanged
from engine.session_profile import Rights
from engine.types import InstrumentStatus, TradingPhase

every_version = pytest.mark.parametrize("begin_string", VERSIONS)
with_refusals = pytest.mark.parametrize("begin_string", VERSIONS[1:])


class Sessions(FixMarket):
    """What happens is durable, and told to the directory and to market data, as the publisher does it."""

    def happen(self, event: Event) -> list[Received]:
        self.port.directory.apply(event)
        self.fold([[event]])
        self.deliver()
        return self.messages()

    def phase(self, phase: TradingPhase, symbol_id: int = 1) -> list[Received]:
        return self.happen(TradingPhaseChanged(symbol_id, phase, 0, "", ""))

    def status(self, status: InstrumentStatus, symbol_id: int = 1) -> list[Received]:
        return self.happen(InstrumentStatusChanged(symbol_id, status, "ops"))


# ---- trading sessions -----------------------------------------------------------------------------------------------


@every_version
def test_the_status_of_every_session(begin_string: str) -> None:
    market = Sessions(begin_string)
    market.phase(TradingPhase.CLOSED, 2)
    one, other = market.ask("g", "335=T1|263=0")
    assert one.picked("35", "335", "338", "339", "340", "58") == ["h", "T1", "1", "3", "2", "CONTINUOUS"]
    assert other.picked("340", "58") == ["3", "CLOSED"]
    if begin_string == "FIXT.1.1":
        assert one.picked("336", "625", "55") == ["1", "3", "BTC/USD"]
    elif begin_string == "FIX.4.4":
        assert one.picked("336", "625", "55") == ["BTC/USD", "3", ""]
    else:
        assert one.picked("336", "625", "55") == ["BTC/USD", "", ""]
    assert market.listening() == 0


@every_version
def test_one_session(begin_string: str) -> None:
    wanted = "1" if begin_string == "FIXT.1.1" else "AAPL"
    answers = Sessions(begin_string).ask("g", f"335=T1|336={wanted}|263=0|338=1|339=3")
    assert len(answers) == (2 if begin_string == "FIXT.1.1" else 1)
    assert {each.fields["340"] for each in answers} == {"2"}


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (TradingPhase.CLOSED, ("3", "7")),
        (TradingPhase.PRE_OPEN, ("4", "1")),
        (TradingPhase.OPENING_AUCTION, ("4", "2")),
        (TradingPhase.CONTINUOUS, ("2", "3")),
        (TradingPhase.INTRADAY_AUCTION, ("2", "6")),
        (TradingPhase.CLOSING_AUCTION, ("5", "4")),
        (TradingPhase.POST_CLOSE, ("3", "5")),
        (TradingPhase.VOLATILITY_PAUSE, ("1", "9")),
        (TradingPhase.REOPENING_AUCTION, ("4", "9")),
    ],
)
def test_every_phase_has_a_status(phase: TradingPhase, expected: tuple[str, str]) -> None:
    market = Sessions("FIX.4.4")
    market.phase(phase)
    (answer,) = market.ask("g", "335=T1|336=BTC/USD|263=0")
    assert (answer.fields["340"], answer.fields["625"]) == expected


@every_version
def test_changes_are_told_until_the_client_has_had_enough(begin_string: str) -> None:
    market = Sessions(begin_string)
    assert len(market.ask("g", "335=T1|263=1")) == 2
    (answer,) = market.phase(TradingPhase.CLOSING_AUCTION)
    assert answer.picked("35", "335", "325", "340", "58") == ["h", "T1", "Y", "5", "CLOSING_AUCTION"]
    (answer,) = market.status(InstrumentStatus.HALTED)
    assert answer.picked("340", "58") == ["1", "HALTED"]
    (answer,) = market.status(InstrumentStatus.DELISTED, 2)
    assert answer.picked("340", "58") == ["3", "DELISTED"]
    assert market.ask("g", "335=T1|263=2") == []
    assert market.listening() == 0
    assert market.phase(TradingPhase.CONTINUOUS) == []


def test_a_change_between_the_answer_and_the_first_snapshot_is_told() -> None:
    market = Sessions("FIX.4.4")
    market.session.receive([client_frame("g", 2, "335=T1|336=BTC/USD|263=1")], NOW)
    assert [each.fields["340"] for each in market.messages()] == ["2"]
    assert market.phase(TradingPhase.CLOSED)[0].fields["340"] == "3"
    assert market.phase(TradingPhase.CLOSED) == [], "nothing has changed"


@with_refusals
@pytest.mark.parametrize(
    ("asked", "reason"), [("336=7|263=0", "1"), ("263=0|338=2", "1"), ("263=0|339=1", "1"), ("263=2", "99")]
)
def test_sessions_that_are_not_there(begin_string: str, asked: str, reason: str) -> None:
    (answer,) = Sessions(begin_string).ask("g", f"335=T1|{asked}")
    assert answer.picked("35", "335", "340", "567") == ["h", "T1", "6", reason]


@with_refusals
def test_an_identifier_in_use_and_too_many_subscriptions(begin_string: str) -> None:
    market = Sessions(begin_string, subscriptions_max=3)
    market.ask("g", "335=T1|263=1")
    (answer,) = market.ask("g", "335=T1|263=1")
    assert answer.picked("340", "567", "58") == ["6", "99", "T1 is in use"]
    (answer,) = market.ask("g", "335=T2|263=1")
    assert answer.picked("340", "567", "58") == ["6", "99", "At most 3 subscriptions at a time"]


def test_fix_42_refuses_by_a_business_reject() -> None:
    market = Sessions("FIX.4.2")
    (answer,) = market.ask("g", "335=T1|336=GOLD|263=0")
    assert answer.picked("35", "372", "379", "380") == ["j", "g", "T1", "1"]


# ---- securities -----------------------------------------------------------------------------------------------------


@every_version
def test_a_security_s_status(begin_string: str) -> None:
    market = Sessions(begin_string)
    (answer,) = market.ask("e", "324=S1|55=AAPL|263=0")
    assert answer.picked("35", "324", "55", "325", "326") == ["f", "S1", "AAPL", "", "17"]
    assert answer.fields.get("58") == (None if begin_string == "FIX.4.2" else "CONTINUOUS")
    market.phase(TradingPhase.PRE_OPEN, 2)
    (answer,) = market.ask("e", "324=S2|55=AAPL|263=0")
    assert answer.fields["326"] == ("4" if begin_string == "FIX.4.2" else "21")


@every_version
def test_halts_are_told(begin_string: str) -> None:
    market = Sessions(begin_string)
    market.ask("e", "324=S1|55=BTC/USD|263=1")
    (answer,) = market.status(InstrumentStatus.HALTED)
    assert answer.picked("35", "324", "55", "325", "326") == ["f", "S1", "BTC/USD", "Y", "2"]
    (answer,) = market.status(InstrumentStatus.MAINTENANCE)
    assert answer.fields["326"] == "18"
    (answer,) = market.status(InstrumentStatus.ACTIVE)
    assert answer.fields["326"] == "17"
    (answer,) = market.phase(TradingPhase.VOLATILITY_PAUSE)
    assert answer.fields["326"] == "2"
    (answer,) = market.phase(TradingPhase.REOPENING_AUCTION)
    assert answer.fields["326"] == "5"
    assert market.phase(TradingPhase.CLOSED, 2) == []
    assert market.ask("e", "324=S1|55=BTC/USD|263=2") == []
    assert market.status(InstrumentStatus.DELISTED) == []
    assert market.ask("e", "324=S2|55=BTC/USD|263=0")[0].fields["326"] == "19"


@every_version
def test_securities_that_are_not_there(begin_string: str) -> None:
    market = Sessions(begin_string)
    (answer,) = market.ask("e", "324=S1|55=GOLD|263=1")
    assert answer.picked("35", "324", "55", "326") == ["f", "S1", "GOLD", "20"]
    (answer,) = market.ask("e", "324=S9|55=AAPL|263=2")
    assert answer.picked("35", "379", "380", "58") == ["j", "S9", "1", "Unknown SecurityStatusReqID S9"]
    market.ask("e", "324=S1|55=AAPL|263=1")
    (answer,) = market.ask("e", "324=S1|55=AAPL|263=1")
    assert answer.picked("35", "379", "380", "58") == ["j", "S1", "0", "S1 is in use"]


# ---- both -----------------------------------------------------------------------------------------------------------


@every_version
def test_nobody_needs_a_right_to_know_whether_the_market_is_open(begin_string: str) -> None:
    market = Sessions(begin_string)
    market.may(Rights.DROP_COPY)
    assert market.ask("g", "335=T1|263=0")[0].type == "h"
    assert market.ask("e", "324=S1|55=AAPL|263=0")[0].type == "f"


def test_a_client_that_is_behind_is_told_how_things_are_in_the_end() -> None:
    market = Sessions("FIX.4.4")
    market.ask("g", "335=T1|336=BTC/USD|263=1")
    market.backlog = 10**9
    assert market.phase(TradingPhase.CLOSING_AUCTION) == []
    assert market.phase(TradingPhase.CLOSED) == []
    market.backlog = 0
    market.session.tick(0.25, NOW)
    (answer,) = market.messages()
    assert answer.fields["58"] == "CLOSED"


def test_a_client_that_has_lost_messages_is_told_again() -> None:
    market = Sessions("FIX.4.4")
    market.ask("e", "324=S1|55=AAPL|263=1")
    (lost,) = market.status(InstrumentStatus.HALTED, 2)
    market.ask("2", f"7={lost.fields['34']}|16=0")
    while (resend := market.session.resends.next()) is not None:
        market.session.resends.finish(resend, NOW)
    market.session.resends.go_live(NOW)
    assert [each.type for each in market.messages()] == ["4", "f"]


@pytest.mark.parametrize(("msg_type", "asked"), [("g", "335=T1|263=x"), ("e", "324=S1|55=AAPL|263=x")])
def test_requests_that_can_not_be_read(msg_type: str, asked: str) -> None:
    (answer,) = Sessions("FIX.4.4").ask(msg_type, asked)
    assert answer.picked("35", "371") == ["3", "263"]
