"""An order's terms as reports repeat them, in what each version defines."""

from __future__ import annotations

import pytest
from fix_asked import ORDER, read
from fix_venue import NOW, NOW_TEXT, order_image

from engine.commands import NewOrder
from engine.image import OrderImage, Working
from engine.session_profile import CancelOnDisconnect
from engine.terms import Link, Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    Contingency,
    OrdStatus,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    TimeInForce,
    TriggerKind,
    TriggerSource,
    Wait,
)
from gateways.fix.dialect import DIALECTS
from gateways.fix.terms_out import TermsWriter

MARKET, LIMIT, PEGGED = OrdType.MARKET, OrdType.LIMIT, OrdType.PEGGED
STOP = Trigger(TriggerKind.STOP, 99 * SCALE)
TOUCHED = Trigger(TriggerKind.TOUCHED, 99 * SCALE)
BY_BID = Trigger(TriggerKind.STOP, 99 * SCALE, TriggerSource.BEST_BID)
BY_REFERENCE = Trigger(TriggerKind.STOP, 99 * SCALE, TriggerSource.REFERENCE)
BY_AMOUNT = Trigger(TriggerKind.TRAILING, trail_amount=SCALE // 2)
BY_RATE = Trigger(TriggerKind.TRAILING, trail_rate=SCALE // 100)


def said(order: OrderImage, begin_string: str = "FIX.4.4") -> str:
    text = TermsWriter(DIALECTS[begin_string], 3).terms(order)
    assert text.endswith("\x01")
    return text[:-1].replace("\x01", "|")


def an_order(ord_type: OrdType = LIMIT, working: Working | None = None, **special: object) -> OrderImage:
    terms = SpecialTerms(**special)  # type: ignore[arg-type]
    return order_image(ord_type=ord_type, special=terms, working=working or Working(px=0, shown=SCALE))


@pytest.mark.parametrize(
    ("order", "in_44", "in_42"),
    [
        (an_order(MARKET, trigger=STOP), "40=3|59=1|99=99", "40=3|59=1|99=99"),
        (an_order(trigger=STOP), "40=4|44=100|59=1|99=99", "40=4|44=100|59=1|99=99"),
        (an_order(MARKET, trigger=TOUCHED), "40=J|59=1|99=99", "59=1|99=99"),
        (an_order(trigger=TOUCHED), "40=2|44=100|59=1|99=99", "40=2|44=100|59=1|99=99"),
        (an_order(MARKET, trigger=BY_AMOUNT), "40=P|59=1|18=a|211=0.5|836=0", "40=P|59=1|211=0.5"),
        (an_order(trigger=BY_RATE), "40=P|44=100|59=1|18=a|211=100|836=1", "40=P|44=100|59=1"),
        (an_order(OrdType.MARKET_TO_LIMIT, trigger=STOP), "40=K|44=100|59=1|99=99", "44=100|59=1|99=99"),
        (
            an_order(PEGGED, peg=Peg(PegKind.MIDPOINT, -SCALE)),
            "40=P|44=100|59=1|18=M|211=-1|836=0",
            "40=P|44=100|59=1|18=M|211=-1",
        ),
        (an_order(all_or_none=True, post_only=PostOnly.REPRICE), "40=2|44=100|59=1|18=6 G", "40=2|44=100|59=1|18=6 G"),
        (an_order(display_qty=SCALE), "40=2|44=100|59=1|111=1", "40=2|44=100|59=1|111=1"),
        (an_order(hidden=True), "40=2|44=100|59=1|111=0", "40=2|44=100|59=1|111=0"),
        (an_order(min_qty=SCALE), "40=2|44=100|59=1|110=1", "40=2|44=100|59=1|110=1"),
        (an_order(reduce_only=True), "40=2|44=100|59=1|77=C", "40=2|44=100|59=1|77=C"),
        (an_order(expire_ns=NOW), f"40=2|44=100|59=1|126={NOW_TEXT}", f"40=2|44=100|59=1|126={NOW_TEXT}"),
        (an_order(link=Link("L", Contingency.OCO, 0, 1)), "40=2|44=100|59=1|66=L", "40=2|44=100|59=1|66=L"),
    ],
)
def test_special_terms(order: OrderImage, in_44: str, in_42: str) -> None:
    assert said(order) == f"{in_44}|636=Y"
    assert said(order, "FIX.4.2") == in_42


@pytest.mark.parametrize(
    ("order", "in_50"),
    [
        (an_order(MARKET, trigger=STOP), "40=3|59=1|99=99"),
        (an_order(MARKET, trigger=TOUCHED), "40=J|59=1|99=99"),
        (an_order(trigger=TOUCHED), "40=2|44=100|59=1|1100=4|1101=1|1102=99|1107=2|1109=D"),
        (an_order(OrdType.MARKET_TO_LIMIT, trigger=STOP), "40=K|44=100|59=1|1100=4|1101=1|1102=99|1107=2|1109=U"),
        (an_order(MARKET, trigger=BY_BID), "40=3|59=1|99=99|1100=4|1101=1|1102=99|1107=3|1109=U"),
        (an_order(MARKET, trigger=BY_REFERENCE), "40=3|59=1|99=99|1100=4|1101=1|1102=99|1109=U"),
        (an_order(MARKET, trigger=BY_AMOUNT), "40=P|59=1|1094=8|211=0.5|836=0"),
        (an_order(trigger=BY_RATE), "40=P|44=100|59=1|1094=8|211=100|836=1"),
        (an_order(PEGGED, peg=Peg(PegKind.MIDPOINT, -SCALE)), "40=P|44=100|59=1|1094=2|211=-1|836=0"),
        (an_order(all_or_none=True, post_only=PostOnly.REPRICE), "40=2|44=100|59=1|18=6 G"),
        (an_order(display_qty=SCALE), "40=2|44=100|59=1|1138=1"),
        (
            an_order(display_qty=3 * SCALE, display_range=SCALE),
            "40=2|44=100|59=1|1138=3|1084=3|1085=2|1086=4",
        ),
        (an_order(hidden=True), "40=2|44=100|59=1|1138=0|1084=4"),
        (an_order(link=Link("L", Contingency.OCO, 0, 1)), "40=2|44=100|59=1|66=L|1385=1"),
        (an_order(link=Link("L", Contingency.BRACKET, 0, 1)), "40=2|44=100|59=1|66=L|1385=2"),
        (an_order(self_trade=SelfTrade.CANCEL_OLDEST), "40=2|44=100|59=1|2964=2"),
        (an_order(self_trade=SelfTrade.DECREMENT), "40=2|44=100|59=1"),
        (an_order(self_trade=SelfTrade.CANCEL_BOTH, self_trade_id="G"), "40=2|44=100|59=1|2362=G|2964=3"),
        (an_order(on_disconnect=CancelOnDisconnect.DISCONNECT), "40=2|44=100|59=1|18=o"),
    ],
)
def test_special_terms_in_the_components_of_fix_50(order: OrderImage, in_50: str) -> None:
    assert said(order, "FIXT.1.1") == f"{in_50}|636=Y"


@pytest.mark.parametrize(
    ("side", "kind", "direction"), [("1", "1", "U"), ("2", "1", "D"), ("1", "2", "D"), ("2", "2", "U")]
)
def test_the_direction_of_a_trigger_is_read_as_it_is_said(side: str, kind: str, direction: str) -> None:
    changes = {"54": side, "1100": "4", "1102": "99", "1107": "3", "1109": direction}
    command = read("D", ORDER | changes, "FIXT.1.1")
    assert isinstance(command, NewOrder)
    assert command.special is not None
    assert command.special.trigger == Trigger(TriggerKind(int(kind)), 99 * SCALE, TriggerSource.BEST_BID)
    order = order_image(side=command.side, special=command.special, working=Working())
    assert f"|1109={direction}|" in said(order, "FIXT.1.1")


@pytest.mark.parametrize(
    ("tif", "in_44", "in_42"),
    [
        (TimeInForce.AT_THE_OPENING, "|59=2", "|59=2"),
        (TimeInForce.AT_THE_CLOSE, "|59=7", ""),
        (TimeInForce.GOOD_FOR_AUCTION, "", ""),
    ],
)
def test_times_in_force_that_a_version_lacks_are_left_out(tif: TimeInForce, in_44: str, in_42: str) -> None:
    order = order_image(tif=tif)
    assert said(order) == f"40=2|44=100{in_44}"
    assert said(order, "FIX.4.2") == f"40=2|44=100{in_42}"


def test_a_market_order_s_protection_price_is_not_its_price() -> None:
    assert said(order_image(ord_type=MARKET)) == "40=1|59=1"
    assert said(order_image(ord_type=OrdType.MARKET_TO_LIMIT)) == "40=K|44=100|59=1"


def test_a_stop_is_told_where_it_stands_now() -> None:
    trailed = an_order(MARKET, Working(Wait.TRIGGER, stop_px=97 * SCALE), trigger=BY_AMOUNT)
    assert "|99=97|" in said(trailed)
    assert "|99=" not in said(an_order(MARKET, Working(), trigger=BY_AMOUNT))


@pytest.mark.parametrize("wait", list(Wait))
def test_whether_an_order_works(wait: Wait) -> None:
    works = wait in (Wait.NOTHING, Wait.TURN)
    order = an_order(working=Working(wait), post_only=PostOnly.REJECT)
    assert said(order).endswith("|636=Y" if works else "|636=N")
    assert "636" not in said(order, "FIX.4.2")


def test_an_order_that_has_ended_neither_works_nor_waits() -> None:
    order = order_image(special=SpecialTerms(hidden=True), working=Working(), status=OrdStatus.CANCELED, leaves_qty=0)
    assert "636" not in said(order)


def test_a_pegged_order_s_price() -> None:
    resting = an_order(PEGGED, Working(px=98 * SCALE), peg=Peg(PegKind.PRIMARY))
    assert said(resting).endswith("|636=Y|839=98")
    assert "839" not in said(an_order(PEGGED, Working(Wait.TOUCH), peg=Peg(PegKind.PRIMARY)))


@pytest.mark.parametrize(
    "change",
    [
        {"40": "3", "44": None, "99": "99"},
        {"40": "4", "99": "99"},
        {"40": "J", "44": None, "99": "99"},
        {"40": "P", "18": "a", "211": "1", "836": "0"},
        {"40": "P", "18": "a", "211": "25", "836": "1", "44": None},
        {"40": "P", "18": "R", "211": "-0.01", "836": "0"},
        {"40": "K", "44": None},
        {"18": "6 G", "110": "1", "111": "1", "77": "C"},
        {"111": "0", "59": "6", "126": "20231114-22:13:20.000"},
    ],
)
def test_what_is_asked_for_is_said_back(change: dict[str, str | None]) -> None:
    command = read("D", ORDER | {"59": "1"} | change)
    assert isinstance(command, NewOrder)
    order = order_image(ord_type=command.ord_type, tif=command.tif, px=command.px, special=command.special)
    echoed = dict(field.split("=") for field in said(order).split("|"))
    asked = {tag: value for tag, value in (ORDER | {"59": "1"} | change).items() if value is not None}
    assert echoed == {tag: asked[tag] for tag in asked.keys() - {"11", "21", "55", "54", "60", "38"}}
