"""SecurityListRequest (x) and SecurityDefinitionRequest (c). Every answer is held against its version's dictionary."""

from __future__ import annotations

import pytest
from fix_market import VERSIONS, FixMarket
from fix_venue import instrument

from engine.events import InstrumentStatusChanged
from engine.session_profile import Rights
from engine.types import InstrumentStatus

every_version = pytest.mark.parametrize("begin_string", VERSIONS)
with_lists = pytest.mark.parametrize("begin_string", VERSIONS[1:])
BTC_IN_44 = {"55": "BTC/USD", "15": "USD", "561": "0.01", "562": "0.01", "58": "MinPriceIncrement=0.01"}
BTC_IN_50 = {
    "55": "BTC/USD", "965": "1", "969": "0.01", "562": "0.01", "1140": "1000", "561": "0.01", "15": "USD",
}  # fmt: skip


def status(market: FixMarket, symbol_id: int, status: InstrumentStatus) -> None:
    market.port.directory.apply(InstrumentStatusChanged(symbol_id, status, "ops"))


# ---- the list -------------------------------------------------------------------------------------------------------


@with_lists
@pytest.mark.parametrize("asked", ["559=4", "559=3|336=1"])
def test_every_security(begin_string: str, asked: str) -> None:
    market = FixMarket(begin_string)
    (answer,) = market.ask("x", f"320=L1|{asked}")
    assert answer.picked("35", "320", "322", "560", "393", "893") == ["y", "L1", "1", "0", "2", "Y"]
    assert [entry["55"] for entry in answer.entries] == ["BTC/USD", "AAPL"]
    assert answer.entries[0] == (BTC_IN_44 if begin_string == "FIX.4.4" else BTC_IN_50)


@with_lists
def test_one_security(begin_string: str) -> None:
    market = FixMarket(begin_string)
    (answer,) = market.ask("x", "320=L1|559=0|55=AAPL")
    assert [entry["55"] for entry in answer.entries] == ["AAPL"]
    status(market, 2, InstrumentStatus.HALTED)
    (answer,) = market.ask("x", "320=L2|559=0|55=AAPL")
    assert answer.entries[0].get("965") == ("2" if begin_string == "FIXT.1.1" else None)


@with_lists
@pytest.mark.parametrize(
    ("asked", "result"),
    [
        ("559=0|55=GOLD", "2"),
        ("559=3|336=7", "2"),
        ("559=1|167=CS", "1"),
        ("559=2|460=5", "1"),
        ("559=4|263=1", "1"),
    ],
)
def test_lists_that_are_refused(begin_string: str, asked: str, result: str) -> None:
    (answer,) = FixMarket(begin_string).ask("x", f"320=L1|{asked}")
    assert answer.picked("35", "320", "560", "146") == ["y", "L1", result, ""]


def test_a_long_list_comes_in_parts() -> None:
    market = FixMarket("FIX.4.4", *(instrument(n, f"S{n}") for n in range(1, 251)))
    status(market, 250, InstrumentStatus.DELISTED)
    answers = market.ask("x", "320=L1|559=4")
    assert [(len(each.entries), each.fields["893"], each.fields["393"]) for each in answers] == [
        (100, "N", "249"), (100, "N", "249"), (49, "Y", "249"),
    ]  # fmt: skip
    assert len({each.fields["322"] for each in answers}) == 1


def test_fix_42_has_no_lists() -> None:
    (answer,) = FixMarket("FIX.4.2").ask("x", "320=L1|559=4")
    assert answer.picked("35", "371", "372", "373") == ["3", "35", "x", "11"]


@with_lists
@pytest.mark.parametrize(("asked", "tag"), [("559=x", "559"), ("55=AAPL", "559")])
def test_lists_that_can_not_be_read(begin_string: str, asked: str, tag: str) -> None:
    (answer,) = FixMarket(begin_string).ask("x", f"320=L1|{asked}")
    assert answer.picked("35", "371") == ["3", tag]


@with_lists
@pytest.mark.parametrize(("asked", "name"), [("559=0", "Symbol (55)"), ("559=3", "TradingSessionID (336)")])
def test_what_one_kind_of_list_needs(begin_string: str, asked: str, name: str) -> None:
    (answer,) = FixMarket(begin_string).ask("x", f"320=L1|{asked}")
    assert answer.picked("35", "379", "380", "58") == ["j", "L1", "5", f"{name} is required for what is asked for"]


# ---- the definition -------------------------------------------------------------------------------------------------


@every_version
@pytest.mark.parametrize("kind", ["0", "1"])
def test_a_definition(begin_string: str, kind: str) -> None:
    (answer,) = FixMarket(begin_string).ask("c", f"320=D1|321={kind}|55=BTC/USD")
    assert answer.picked("35", "320", "322", "323", "55", "15") == ["d", "D1", "1", "1", "BTC/USD", "USD"]
    if begin_string == "FIX.4.2":
        assert answer.picked("393", "58") == ["1", "MinPriceIncrement=0.01"]
    elif begin_string == "FIX.4.4":
        assert answer.picked("58", "561", "562") == ["MinPriceIncrement=0.01", "0.01", "0.01"]
    else:
        picked = answer.picked("969", "1310", "1301", "561", "562", "1140")
        assert picked == ["0.01", "1", "TRADEENGINE", "0.01", "0.01", "1000"]


@every_version
def test_a_definition_of_each(begin_string: str) -> None:
    answers = FixMarket(begin_string).ask("c", "320=D1|321=3")
    assert [each.fields["55"] for each in answers] == ["BTC/USD", "AAPL"]
    assert [each.fields["322"] for each in answers] == ["1", "2"]
    assert {each.fields["323"] for each in answers} == {"1" if begin_string == "FIX.4.4" else "4"}
    assert {each.fields.get("393") for each in answers} == {"2" if begin_string == "FIX.4.2" else None}


@every_version
@pytest.mark.parametrize(
    ("asked", "response", "text"),
    [
        ("321=0|55=GOLD", "5", "Unknown symbol GOLD"),
        ("321=2", "6", "SecurityRequestType 2 is not supported"),
    ],
)
def test_definitions_that_are_refused(begin_string: str, asked: str, response: str, text: str) -> None:
    (answer,) = FixMarket(begin_string).ask("c", f"320=D1|{asked}")
    assert answer.picked("35", "320", "323", "58") == ["d", "D1", response, text]


@pytest.mark.parametrize("begin_string", VERSIONS[1:])
def test_definitions_have_no_updates(begin_string: str) -> None:
    (answer,) = FixMarket(begin_string).ask("c", "320=D1|321=0|55=AAPL|263=1")
    assert answer.picked("35", "323", "58") == ["d", "5", "Only snapshots (263=0) are supported"]


@every_version
def test_nobody_needs_a_right_to_know_what_is_traded(begin_string: str) -> None:
    market = FixMarket(begin_string)
    market.may(Rights.DROP_COPY)
    assert market.ask("c", "320=D1|321=0|55=AAPL")[0].type == "d"
    if begin_string != "FIX.4.2":
        assert market.ask("x", "320=L1|559=4")[0].type == "y"
