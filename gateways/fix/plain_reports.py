"""The quick way for what nearly all reports are: a plain limit order has been accepted, or has traded.

Each is one formatted string here. :class:`gateways.fix.mapping_out.ReportMapper` puts the same fields together from
parts that fit every event, in twice the time; a test holds the two together. Pure.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.events import TradeExecuted
from engine.money import avg_px
from engine.types import SCALE, OrdStatus, OrdType, TimeInForce
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
_REMEMBERED_MAX = 4096
"""Texts that one session keeps of each kind, some 300 bytes each; at one more it starts anew."""


@lru_cache(maxsize=8192)
def avg_px_text(cum_notional: int, cum_qty: int) -> str:
    """AvgPx (6) as text."""
    return decimal(avg_px(cum_notional, cum_qty))


class PlainReports:
    """One session's. ``common`` gives an order's Account, Symbol and Side as fields; ``accepted`` and ``trade`` are the
    general way, for what is not plain.

    What stands between two values that change from report to report is kept as one text, by all that it depends on.
    """

    __slots__ = (
        "_accepted", "_around_accepted", "_around_trade", "_clock", "_common_of", "_digits", "_exec_type", "_liquidity",
        "_no_fill", "_tifs", "_time_ns", "_trade", "_trade_id", "_trans",
    )  # fmt: skip

    def __init__(
        self, dialect: Dialect, digits: int, common: Callable[[OrderImage], str], accepted: Body, trade: Body
    ) -> None:
        self._digits = digits
        self._common_of = common
        self._accepted = accepted
        self._trade = trade
        self._around_accepted: dict[tuple[int, int, int, int], tuple[str, str]] = {}
        self._around_trade: dict[tuple[int, int, int, int, int, bool], tuple[str, str]] = {}
        self._tifs = {
            tif: f"59={CHARACTERS[tif]}\x01" if CHARACTERS[tif] in dialect.tifs else "" for tif in TimeInForce
        }
        self._trans = "20=0\x01" if dialect.exec_trans_type else ""
        self._no_fill = "32=0\x0131=0\x01" if dialect.last_always else ""
        # ExecType of a partial and of a full fill.
        self._exec_type = ("F", "F") if dialect.trade_exec_type else ("1", "2")
        self._trade_id = f"\x01{dialect.trade_id_tag}=" if dialect.trade_id_tag else ""
        # Up to LeavesQty: of an aggressor, of what rested, of either in an auction.
        liquidity = ("851=2\x01", "851=1\x01", dialect.auction_liquidity) if self._trade_id else ("", "", "")
        self._liquidity = tuple([f"\x01{field}151=" for field in liquidity])
        self._time_ns, self._clock = -1, ""

    def accepted(self, report: Report) -> tuple[str, str]:
        """The report of an OrderAccepted."""
        order: OrderImage = report.order  # type: ignore[assignment]
        terms = order.terms
        if terms.ord_type is not _LIMIT or terms.special is not None or order.working is not None or order.cum_qty:
            return self._accepted(report)
        try:
            before_qty, after_px = self._around_accepted[terms.account_id, terms.symbol_id, terms.side, terms.tif]
        except KeyError:
            before_qty, after_px = self._remember_accepted(order)
        if report.time_ns != self._time_ns:
            self._look_at_clock(report.time_ns)
        qty = decimal(terms.order_qty)
        leaves = qty if order.leaves_qty == terms.order_qty else decimal(order.leaves_qty)
        return "8", (
            f"37={terms.order_id}\x0111={terms.cl_ord_id}\x0117={report.seq}-{report.position}{before_qty}{qty}"
            f"\x0140=2\x0144={decimal(terms.px)}{after_px}{leaves}\x0114=0\x016=0{self._clock}"
        )

    def trade(self, report: Report) -> tuple[str, str]:
        """The report of a TradeExecuted to either party."""
        event: TradeExecuted = report.event  # type: ignore[assignment]
        order: OrderImage = report.order  # type: ignore[assignment]
        resting = report.resting
        terms = order.terms
        if terms.ord_type is not _LIMIT or terms.special is not None or order.working is not None:
            return self._trade(report)
        key = terms.account_id, terms.symbol_id, terms.side, terms.tif, order.status, resting
        try:
            before_qty, after_px = self._around_trade[key]
        except KeyError:
            before_qty, after_px = self._around_trade[key] = self._parts_of_trade(order, resting)
        if report.time_ns != self._time_ns:
            self._look_at_clock(report.time_ns)
        cum_qty, trade_id = order.cum_qty, event.trade_id
        last_qty, last_px = decimal(event.qty), decimal(event.px)
        if cum_qty == event.qty and order.cum_notional * SCALE == event.px * cum_qty:
            cum, average = last_qty, last_px
        else:
            cum, average = decimal(cum_qty), avg_px_text(order.cum_notional, cum_qty)
        fee = event.resting_fee if resting else event.aggressor_fee
        commission = f"\x0112={decimal(fee)}\x0113=3" if fee else ""
        named = f"{self._trade_id}{trade_id}" if self._trade_id else ""
        return "8", (
            f"37={terms.order_id}\x0111={terms.cl_ord_id}\x0117={trade_id}{before_qty}{decimal(terms.order_qty)}"
            f"\x0140=2\x0144={decimal(terms.px)}{after_px}{last_qty}\x0131={last_px}{commission}{named}"
            f"{self._liquidity[2 if event.uncross else resting]}{decimal(order.leaves_qty)}"
            f"\x0114={cum}\x016={average}{self._clock}"
        )

    def _remember_accepted(self, order: OrderImage) -> tuple[str, str]:
        """What stands before OrderQty and after Price in the report of an order that was accepted."""
        terms = order.terms
        before_qty = f"\x01{self._trans}150=0\x0139=0\x01{self._common_of(order)}38="
        parts = before_qty, f"\x01{self._tifs[terms.tif]}{self._no_fill}151="
        if len(self._around_accepted) >= _REMEMBERED_MAX:
            self._around_accepted.clear()
        self._around_accepted[terms.account_id, terms.symbol_id, terms.side, terms.tif] = parts
        return parts

    def _parts_of_trade(self, order: OrderImage, resting: bool) -> tuple[str, str]:
        """The same of a trade; the first begins within ExecID, whose letter says which side of the trade this is."""
        if len(self._around_trade) >= _REMEMBERED_MAX:
            self._around_trade.clear()
        status = order.status
        side, exec_type = "R" if resting else "A", self._exec_type[status is _FILLED]
        state = f"{side}\x01{self._trans}150={exec_type}\x0139={CHARACTERS[status]}\x01"
        return f"{state}{self._common_of(order)}38=", f"\x01{self._tifs[order.terms.tif]}32="

    def _look_at_clock(self, time_ns: int) -> None:
        self._time_ns, self._clock = time_ns, f"\x0160={format_utc(time_ns, self._digits)}\x01"
