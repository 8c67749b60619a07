"""Reports on plain limit orders: the quick way writes what the general way does, to the byte."""

from __future__ import annotations

from itertools import product

import pytest
from fix_venue import NOW, SECOND, directory, order_image
from hypothesis import given
from hypothesis import strategies as st

from engine.events import OrderAccepted, TradeExecuted
from engine.image import OrderImage, Working
from engine.reports import Report
from engine.terms import SpecialTerms
from engine.types import SCALE, OrdStatus, OrdType, Side, TimeInForce, Wait
from gateways.fix.dialect import DIALECTS
from gateways.fix.mapping_out import ReportMapper
from gateways.fix.plain_reports import PlainReports
from gateways.fix.terms_out import _Decimals

amounts = st.one_of(st.integers(1, 500).map(lambda n: n * SCALE), st.integers(1, 10**14))
fees = st.one_of(st.just(0), st.integers(1, 10**10), st.integers(-(10**6), -1))


@st.composite
def images(draw: st.DrawFn, *, fresh: bool) -> OrderImage:
    qty = draw(amounts)
    cum = 0 if fresh else draw(st.integers(1, qty))
    open_qty = qty - cum
    status = OrdStatus.NEW if not cum else OrdStatus.PARTIALLY_FILLED if open_qty else OrdStatus.FILLED
    px = draw(amounts)
    return order_image(
        order_id=draw(st.integers(1, 2**62)),
        cl_ord_id=draw(st.text("abcXYZ019-=é", min_size=1, max_size=20)),
        account_id=draw(st.sampled_from([11, 12, 19])),
        symbol_id=draw(st.sampled_from([1, 2])),
        side=draw(st.sampled_from(Side)),
        ord_type=draw(st.sampled_from([OrdType.LIMIT] * 8 + [OrdType.MARKET])),
        tif=draw(st.sampled_from(TimeInForce)),
        order_qty=qty,
        px=px,
        status=status,
        leaves_qty=open_qty,
        cum_qty=cum,
        cum_notional=cum * px // SCALE + draw(st.sampled_from([0, 0, 0, 1])),
        special=draw(st.sampled_from([None] * 8 + [SpecialTerms(min_qty=SCALE)])),
        working=draw(st.sampled_from([None] * 8 + [Working(wait=Wait.TRIGGER)])),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    number, seq, position = draw(st.integers(1, 10**7)), draw(st.integers(1, 10**12)), draw(st.integers(0, 9))
    time_ns = NOW + draw(st.integers(0, 3 * SECOND))
    if draw(st.booleans()):
        order = draw(images(fresh=True))
        return Report(number, seq, position, time_ns, OrderAccepted(order), order)
    order = draw(images(fresh=False))
    qty = draw(st.sampled_from([order.cum_qty, max(1, order.cum_qty // 3)]))
    px = draw(st.sampled_from([order.px, order.px + 1]))
    trade = TradeExecuted(
        draw(st.integers(1, 10**12)), px, qty, order, order, draw(fees), draw(fees), draw(st.booleans())
    )
    return Report(number, seq, position, time_ns, trade, order, draw(st.booleans()))


def refused(report: Report) -> tuple[str, str]:
    return "", "the general way"


@pytest.mark.parametrize("begin_string", DIALECTS)
def test_the_quick_way_writes_what_the_general_way_does(begin_string: str) -> None:
    general = ReportMapper(DIALECTS[begin_string], directory(), 3)
    quick = PlainReports(DIALECTS[begin_string], 3, general.common, refused, refused)
    taken = 0

    @given(reports())
    def check(report: Report) -> None:
        nonlocal taken
        accepted = type(report.event) is OrderAccepted
        written = quick.accepted(report) if accepted else quick.trade(report)
        if written[0]:
            taken += 1
            assert written == (general._accepted(report) if accepted else general._trade(report))
        order = report.order
        assert order is not None
        plain = order.ord_type is OrdType.LIMIT and order.special is None and order.working is None
        assert bool(written[0]) is plain

    check()
    assert taken


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.fix.plain_reports._REMEMBERED_MAX", 3)
    mapper = ReportMapper(DIALECTS["FIX.4.4"], directory(), 3)
    quick = PlainReports(DIALECTS["FIX.4.4"], 3, mapper.common, refused, refused)
    for account_id, tif in product((11, 12, 19), TimeInForce):
        order = order_image(account_id=account_id, tif=tif, cum_qty=SCALE, cum_notional=100 * SCALE)
        fresh = order_image(account_id=account_id, tif=tif)
        trade = TradeExecuted(1, 100 * SCALE, SCALE, order, order, 0, 0)
        for _ in range(2):
            first, second = Report(1, 1, 0, NOW, OrderAccepted(fresh), fresh), Report(2, 1, 1, NOW, trade, order)
            assert quick.accepted(first) == mapper._accepted(first)
            assert quick.trade(second) == mapper._trade(second)
        assert len(quick._around_accepted) <= 3
        assert len(quick._around_trade) <= 3


def test_remembered_decimals_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.fix.terms_out._TEXTS_MAX", 10)
    texts = _Decimals()
    for value in range(50):
        assert texts[value * SCALE] == texts[value * SCALE] == str(value)
        assert len(texts) <= 10
