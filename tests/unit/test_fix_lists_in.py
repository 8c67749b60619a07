"""NewOrderList: one-cancels-the-other, one-triggers-the-other and brackets, and lists that are none of these."""

from __future__ import annotations

import re

import pytest
from fix_asked import read_body
from fix_venue import NOW_TEXT

from engine.commands import CancelList, NewList, NewOrder, RejectCommand
from engine.terms import SpecialTerms, Trigger
from engine.types import SCALE, Contingency, OrdRejReason, OrdType, Side, TimeInForce, TriggerKind
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, ListRefusal

BOTH = pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])


def leg(place: int, extra: str = "", side: str = "2", symbol: str = "BTC/USD", priced: str = "40=2|44=110") -> str:
    more = f"|{extra}" if extra else ""
    return f"11=L{place}|67={place}|55={symbol}|54={side}|60={NOW_TEXT}|38=1|{priced}|59=1{more}"


def a_list(*legs: str, contingency: str = "1385=1", total: int = 0, head: str = "") -> str:
    front = f"66=LIST|394=3|{contingency}|" if contingency else "66=LIST|394=3|"
    return f"{front}{head}68={total or len(legs)}|73={len(legs)}|{'|'.join(legs)}"


ENTRY = leg(1, side="1", priced="40=2|44=100")
PROFIT = leg(2)
LOSS = leg(3, priced="40=3|99=90")


@BOTH
def test_one_cancels_the_other(begin_string: str) -> None:
    command = read_body("E", a_list(leg(1), leg(2, priced="40=3|99=90")), begin_string)
    sell = (7, 11, 1, Side.SELL, TimeInForce.GTC, SCALE)
    assert command == NewList(
        7,
        "LIST",
        11,
        1,
        Contingency.OCO,
        [
            NewOrder(7, "L1", *sell[1:4], OrdType.LIMIT, *sell[4:], 110 * SCALE),
            NewOrder(
                7,
                "L2",
                *sell[1:4],
                OrdType.MARKET,
                *sell[4:],
                0,
                special=SpecialTerms(trigger=Trigger(TriggerKind.STOP, 90 * SCALE)),
            ),
        ],
        6,
        9,
    )


@BOTH
@pytest.mark.parametrize(
    ("contingency", "links", "kind"),
    [
        ("1385=1", (None, None, None), Contingency.OCO),
        ("1385=2", (None, None, None), Contingency.OTO),
        ("1385=100", (None, None, None), Contingency.BRACKET),
        ("1385=2", (None, "X", "X"), Contingency.BRACKET),
        ("1385=2", ("E", "X", "X"), Contingency.BRACKET),
        ("1385=2", ("X", "X", "X"), Contingency.OTO),
        ("1385=2", (None, "X", "Y"), Contingency.OTO),
        ("1385=2", (None, "X", None), Contingency.OTO),
        ("1385=1", (None, "X", "X"), Contingency.OCO),
    ],
)
def test_how_legs_hang_together(
    contingency: str, links: tuple[str | None, ...], kind: Contingency, begin_string: str
) -> None:
    legs = [text + (f"|583={link}" if link else "") for text, link in zip((ENTRY, PROFIT, LOSS), links, strict=True)]
    command = read_body("E", a_list(*legs, contingency=contingency), begin_string)
    assert isinstance(command, NewList)
    assert command.contingency is kind


def test_legs_are_ordered_by_their_place() -> None:
    command = read_body("E", a_list(LOSS, ENTRY, PROFIT, contingency="1385=100"))
    assert isinstance(command, NewList)
    assert [one.cl_ord_id for one in command.legs] == ["L1", "L2", "L3"]


def test_legs_may_repeat_every_field_of_an_order() -> None:
    iceberg = leg(1, "18=6|21=1|111=0.5|110=0|126=20300101-00:00:00|77=C|7001=2|2964=1|1=A2|453=1|448=P|447=D|452=1")
    hidden = leg(2, "18=G|21=1|1084=4|126=20300101-00:00:00|77=C|7001=0|2964=2|1=A2|453=1|448=P|447=D|452=1")
    command = read_body("E", a_list(iceberg, hidden))
    assert isinstance(command, NewList)
    first, second = (one.special for one in command.legs)
    assert first is not None
    assert second is not None
    assert (first.display_qty, first.reduce_only, second.hidden, second.all_or_none) == (SCALE // 2, True, True, True)
    assert command.account_id == 12


@BOTH
@pytest.mark.parametrize(
    ("legs", "contingency", "reason", "text"),
    [
        ((ENTRY, PROFIT), "1385=3", OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "ContingencyType 3"),
        ((ENTRY,), "1385=1", OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "at least 2 legs"),
        ((ENTRY, PROFIT), "1385=100", OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "a bracket has 3 legs"),
        ((ENTRY, leg(2, symbol="AAPL")), "1385=1", OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "one symbol"),
        ((ENTRY, leg(2, "1=A2")), "1385=1", OrdRejReason.OTHER, "one account"),
        ((ENTRY, leg(2, symbol="GOLD")), "1385=1", OrdRejReason.UNKNOWN_SYMBOL, "leg 2: Unknown symbol GOLD"),
        ((leg(1, "1=X9"), PROFIT), "1385=1", OrdRejReason.UNKNOWN_ACCOUNT, "leg 1: Unknown account X9"),
        ((ENTRY, leg(2, "99=5")), "1385=1", OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "leg 2: OrdType 2 has"),
        ((ENTRY, leg(2, priced="40=2|44=0")), "1385=1", OrdRejReason.OTHER, "leg 2: Price must be positive"),
    ],
)
def test_lists_against_the_rules_are_refused_as_a_command(
    legs: tuple[str, ...], contingency: str, reason: OrdRejReason, text: str, begin_string: str
) -> None:
    command = read_body("E", a_list(*legs, contingency=contingency), begin_string)
    assert isinstance(command, RejectCommand)
    assert command.reason is reason
    assert text in command.text
    refused = command.command
    assert isinstance(refused, NewList)
    assert (refused.list_id, refused.in_from, refused.in_seq) == ("LIST", 6, 9)
    assert [one.cl_ord_id for one in refused.legs] == [f"L{place}" for place in range(1, len(legs) + 1)]


@BOTH
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (a_list(ENTRY, PROFIT, contingency=""), "ContingencyType (1385) is missing"),
        (a_list(ENTRY, PROFIT, total=3), "a list comes in one message"),
        (a_list(ENTRY, PROFIT, head="893=N|"), "a list comes in one message"),
        (a_list(ENTRY, PROFIT, head="433=2|"), "ListExecInstType (433) must be 1"),
    ],
)
def test_lists_that_are_none_here_are_refused_as_such(body: str, text: str, begin_string: str) -> None:
    with pytest.raises(ListRefusal, match=re.escape(text)) as refused:
        read_body("E", body, begin_string)
    refusal = refused.value
    assert refusal.reason is OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
    assert (refusal.list_id, refusal.cl_ord_ids) == ("LIST", ["L1", "L2"])


@BOTH
def test_eleven_legs_are_too_many(begin_string: str) -> None:
    with pytest.raises(ListRefusal, match="a list has at most 10 legs") as refused:
        read_body("E", a_list(*(leg(place) for place in range(1, 12))), begin_string)
    assert len(refused.value.cl_ord_ids) == 11


@BOTH
def test_a_list_id_is_used_once(begin_string: str) -> None:
    with pytest.raises(ListRefusal, match="duplicate ListID LIST") as refused:
        read_body("E", a_list(ENTRY, PROFIT), begin_string, lists=("LIST",))
    assert refused.value.reason is OrdRejReason.DUPLICATE_ORDER
    assert isinstance(read_body("E", a_list(ENTRY, PROFIT), begin_string, lists=("OTHER",)), NewList)


@BOTH
def test_a_list_is_cancelled_by_its_name(begin_string: str) -> None:
    command = read_body("K", f"66=LIST|60={NOW_TEXT}", begin_string, lists=("LIST",))
    assert command == CancelList(7, "LIST", in_from=6, in_seq=9)


@BOTH
def test_the_cancel_of_a_list_that_nobody_knows_is_refused(begin_string: str) -> None:
    with pytest.raises(BusinessRefusal, match="Unknown list LIST") as refused:
        read_body("K", f"66=LIST|60={NOW_TEXT}", begin_string)
    assert (refused.value.reason, refused.value.ref_id) == (1, "LIST")


@BOTH
@pytest.mark.parametrize(
    ("body", "reason", "tag"),
    [
        (f"60={NOW_TEXT}", 1, "66"),
        ("66=LIST", 1, "60"),
        ("66=LIST|60=20230230-00:00:00", 6, "60"),
        (f"66={'L' * 65}|60={NOW_TEXT}", 5, "66"),
    ],
)
def test_cancels_of_lists_that_can_t_be_read(body: str, reason: int, tag: str, begin_string: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        read_body("K", body, begin_string, lists=("LIST",))
    assert (refused.value.reason, refused.value.tag) == (reason, tag)


def test_ten_legs_are_not_too_many() -> None:
    command = read_body("E", a_list(*(leg(place) for place in range(1, 11))))
    assert isinstance(command, NewList)
    assert len(command.legs) == 10


@BOTH
@pytest.mark.parametrize(
    ("body", "reason", "tag"),
    [
        (a_list(ENTRY, PROFIT).replace("66=LIST|", ""), 1, "66"),
        (a_list(ENTRY, PROFIT).replace("394=3|", ""), 1, "394"),
        (a_list(ENTRY, PROFIT).replace("394=3", "394=9"), 5, "394"),
        (a_list(ENTRY, PROFIT).replace("68=2|", ""), 1, "68"),
        (a_list(ENTRY, PROFIT).replace("68=2", "68=x"), 6, "68"),
        (a_list(ENTRY, PROFIT).replace("73=2", "73=3").replace("68=2", "68=3"), 16, "73"),
        (a_list(ENTRY, PROFIT).replace("LIST", "x" * 65), 5, "66"),
        (a_list(ENTRY, PROFIT).replace("11=L2", "11=" + "x" * 65), 5, "11"),
        (a_list(ENTRY, PROFIT).replace("67=2|", ""), 1, "67"),
        (a_list(ENTRY, PROFIT).replace("67=2|", "67=1|"), 5, "67"),
        (a_list(ENTRY, PROFIT).replace("67=2|", "67=3|"), 5, "67"),
        (a_list(ENTRY, PROFIT).replace("44=110", "44=x"), 6, "44"),
        (a_list(ENTRY, PROFIT, contingency="1385=9"), 5, "1385"),
    ],
)
def test_lists_that_can_t_be_read(body: str, reason: int, tag: str, begin_string: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        read_body("E", body, begin_string)
    assert (refused.value.reason, refused.value.tag) == (reason, tag)


def party(name: str, role: str = "24") -> str:
    return f"453=1|448={name}|447=D|452={role}"


@BOTH
def test_each_order_s_parties_name_its_account(begin_string: str) -> None:
    command = read_body("E", a_list(leg(1, party("A2")), leg(2, party("A2", "38"))), begin_string)
    assert isinstance(command, NewList)
    assert [order.account_id for order in command.legs] == [12, 12]


def test_parties_that_contradict_an_order_s_account() -> None:
    command = read_body("E", a_list(leg(1), leg(2, "1=A1|" + party("A2"))))
    assert isinstance(command, RejectCommand)
    assert command.reason is OrdRejReason.UNKNOWN_ACCOUNT
    assert command.text == "leg 2: PartyRole 24 names account A2, another names A1"


# ---- NewOrderCross ------------------------------------------------------------------------------------------------

CROSS = f"548=X1|549=1|550=0|55=BTC/USD|60={NOW_TEXT}|40=2|44=100|59=0|"
SIDES = "552=2|54=1|11=C1|38=1|54=2|11=C2|38=1"


@pytest.mark.parametrize("begin_string", ["FIX.4.4", "FIXT.1.1"])
def test_a_cross_is_refused_side_by_side(begin_string: str) -> None:
    command = read_body("s", CROSS + SIDES, begin_string)
    assert isinstance(command, RejectCommand)
    assert command.reason is OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC
    assert command.text == "Crosses are not supported"
    cross = command.command
    assert isinstance(cross, NewList)
    assert (cross.list_id, cross.in_from, cross.in_seq) == ("", 6, 9)
    assert cross.cl_ord_id == "C1"
    assert [(order.cl_ord_id, order.side, order.order_qty) for order in cross.legs] == [
        ("C1", Side.BUY, SCALE),
        ("C2", Side.SELL, SCALE),
    ]


def test_a_cross_in_an_unknown_symbol_is_refused_with_it() -> None:
    command = read_body("s", CROSS.replace("BTC/USD", "GOLD") + SIDES)
    assert isinstance(command, RejectCommand)
    assert command.symbol == "GOLD"


@pytest.mark.parametrize(
    ("body", "reason", "tag"),
    [
        (CROSS + "552=2|54=1|11=C1|38=1", 16, "552"),
        (CROSS + "552=1|54=1|38=1", 1, "11"),
        (CROSS + "552=3|54=1|11=C1|38=1|54=2|11=C2|38=1|54=2|11=C3|38=1", 5, "552"),
    ],
)
def test_a_cross_that_can_t_be_read(body: str, reason: int, tag: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        read_body("s", body)
    assert (refused.value.reason, refused.value.tag) == (reason, tag)
