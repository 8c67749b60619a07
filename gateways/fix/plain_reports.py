"""The quick way for what nearly all reports are: a plain limit order has been accepted, or has traded.

Each is one formatted string here. :class:`gateways.fix.mapping_out.ReportMapper` puts the same fields together from
parts that fit every event, in twice the time; a test holds the two together. Pure.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.events import TradeExecuted
from engine.money import avg_px
from engine.types import OrdStatus, OrdType, TimeInForce
from gateways.fix.terms_out import decimal
from gateways.fix.times import format_utc
from gateways.fix.vocabulary import CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.image import OrderImage
    from engine.reports import Report
    from gateways.fix.dialect import Dialect

    Body = Callable[[Report], tuple[str, str]]
    """A report as MsgType (35) and body."""

_LIMIT = OrdType.LIMIT
_FILLED = OrdStatus.FILLED


@lru_cache(maxsize=8192)
def avg_px_text(cum_notional: int, cum_qty: int) -> str:
    """AvgPx (6) as text."""
    return decimal(avg_px(cum_notional, cum_qty))


class PlainReports:
    """One session's. ``common`` gives an order's Account, Symbol and Side as fields; ``accepted`` and ``trade`` are the
    general way, for what is not plain."""

    __slots__ = (
        "_accepted", "_common", "_common_of", "_digits", "_exec_type", "_liquidity", "_new", "_no_fill", "_tifs",
        "_time", "_time_ns", "_trade", "_trade_id", "_trans",
    )  # fmt: skip

    def __init__(
        self, dialect: Dialect, digits: int, common: Callable[[OrderImage], str], accepted: Body, trade: Body
    ) -> None:
        self._digits = digits
        self._common_of = common
        self._accepted = accepted
        self._trade = trade
        self._common: dict[tuple[int, int, int, int], tuple[str, str]] = {}
        self._tifs = {
            tif: f"59={CHARACTERS[tif]}\x01" if CHARACTERS[tif] in dialect.tifs else "" for tif in TimeInForce
        }
        self._trans = "20=0\x01" if dialect.exec_trans_type else ""
        self._new = f"{self._trans}150=0\x0139=0\x01"
        self._no_fill = "32=0\x0131=0\x01" if dialect.last_always else ""
        # ExecType of a partial and of a full fill.
        self._exec_type = ("150=F\x01", "150=F\x01") if dialect.trade_exec_type else ("150=1\x01", "150=2\x01")
        self._trade_id = f"{dialect.trade_id_tag}=" if dialect.trade_id_tag else ""
        self._liquidity = (
            ("\x01851=2\x01", "\x01851=1\x01", f"\x01{dialect.auction_liquidity}") if self._trade_id else ("", "", "")
        )
        self._time_ns, self._time = -1, ""

    def accepted(self, report: Report) -> tuple[str, str]:
        """The report of an OrderAccepted."""
        order = report.order
        assert order is not None
        terms = order.terms
        if terms.ord_type is not _LIMIT or terms.special is not None or order.working is not None or order.cum_qty:
            return self._accepted(report)
        try:
            common, tif = self._common[terms.account_id, terms.symbol_id, terms.side, terms.tif]
        except KeyError:
            common, tif = self._remember(order)
        if report.time_ns != self._time_ns:
            self._look_at_clock(report.time_ns)
        qty = decimal(terms.order_qty)
        leaves = qty if order.leaves_qty == terms.order_qty else decimal(order.leaves_qty)
        return "8", (
            f"37={terms.order_id}\x0111={terms.cl_ord_id}\x0117={report.seq}-{report.position}\x01{self._new}{common}"
            f"38={qty}\x0140=2\x0144={decimal(terms.px)}\x01{tif}{self._no_fill}151={leaves}\x0114=0\x016=0\x01"
            f"60={self._time}\x01"
        )

    def trade(self, report: Report) -> tuple[str, str]:
        """The report of a TradeExecuted to either party."""
        event, order, resting = report.event, report.order, report.resting
        assert type(event) is TradeExecuted
        assert order is not None
        terms = order.terms
        if terms.ord_type is not _LIMIT or terms.special is not None or order.working is not None:
            return self._trade(report)
        try:
            common, tif = self._common[terms.account_id, terms.symbol_id, terms.side, terms.tif]
        except KeyError:
            common, tif = self._remember(order)
        if report.time_ns != self._time_ns:
            self._look_at_clock(report.time_ns)
        cum_qty, status = order.cum_qty, order.status
        last_qty, last_px = decimal(event.qty), decimal(event.px)
        cum = last_qty if cum_qty == event.qty else decimal(cum_qty)
        average = avg_px_text(order.cum_notional, cum_qty)
        fee = event.resting_fee if resting else event.aggressor_fee
        commission = f"12={decimal(fee)}\x0113=3\x01" if fee else ""
        trade_id = event.trade_id
        named = f"{self._trade_id}{trade_id}" if self._trade_id else ""
        liquidity = self._liquidity[2 if event.uncross else resting]
        return "8", (
            f"37={terms.order_id}\x0111={terms.cl_ord_id}\x0117={trade_id}{'R' if resting else 'A'}\x01{self._trans}"
            f"{self._exec_type[status is _FILLED]}39={CHARACTERS[status]}\x01{common}38={decimal(terms.order_qty)}\x01"
            f"40=2\x0144={decimal(terms.px)}\x01{tif}32={last_qty}\x0131={last_px}\x01"
            f"{commission}{named}{liquidity}151={decimal(order.leaves_qty)}\x0114={cum}\x016={average}\x0160={self._time}\x01"
        )

    def _remember(self, order: OrderImage) -> tuple[str, str]:
        """What orders of one account, symbol, side and time in force have in common."""
        terms = order.terms
        common = self._common_of(order), self._tifs[terms.tif]
        self._common[terms.account_id, terms.symbol_id, terms.side, terms.tif] = common
        return common

    def _look_at_clock(self, time_ns: int) -> None:
        self._time_ns, self._time = time_ns, format_utc(time_ns, self._digits)
