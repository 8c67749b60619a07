"""Reports, answers and refusals of the venue as FIX message bodies, in each version's shape. Pure.

A body is the fields after the header, each ended by SOH; :class:`gateways.fix.codec.Encoder` puts the header, length
and sum around it. IOC remainders and FOK kills are ExecType 4 / OrdStatus 4 (Canceled) in every version, as the order
state matrices have it; other expiries are C / C.

A fill's ExecID is made of its trade and its side of it, and that of a bust or a correction also of how many there were
before. So each, which knows just the trade, can refer (ExecRefID) to the report that it supersedes. Other ExecIDs are
the journal's sequence and the report's place in the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import (
    CancelRejected,
    MassCancelCompleted,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.reports import Copied
from engine.types import Activation, CancelReason, CxlRejReason, OrdStatus, RestateReason
from gateways.fix.codec import printable
from gateways.fix.drop_copy import CopiedReports
from gateways.fix.numbers import BEYOND
from gateways.fix.plain_reports import PlainReports, avg_px_text
from gateways.fix.terms_out import TermsWriter, decimal
from gateways.fix.times import format_utc
from gateways.fix.vocabulary import CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.directory import Directory
    from engine.reports import Report
    from gateways.fix.dialect import Dialect

CANCEL_TEXT = {
    CancelReason.REQUESTED: "",
    CancelReason.MASS_CANCEL: "Mass cancel",
    CancelReason.IMMEDIATE_REMAINDER: "Immediate-or-cancel: the rest could not be filled at once",
    CancelReason.FILL_OR_KILL: "Fill-or-kill: could not be filled at once and in full",
    CancelReason.OPERATOR: "Canceled by the venue's operator",
    CancelReason.ACCOUNT_BLOCKED: "Account blocked",
    CancelReason.END_OF_DAY: "End of the trading day",
    CancelReason.REDUCED_TO_FILLED: "Reduced to what had been filled",
    CancelReason.GOOD_TILL_DATE: "Expired at its ExpireTime",
    CancelReason.AUCTION_OVER: "The auction that it was for is over",
    CancelReason.POST_ONLY: "Post-only: it would have taken",
    CancelReason.SELF_TRADE: "Self-trade prevention",
    CancelReason.PRICE_BAND: "The rest may not trade beyond the price band",
    CancelReason.LIST: "Another order of its list was filled or has ended",
    CancelReason.NO_LIQUIDITY: "Market-to-limit: there was no opposite price",
    CancelReason.DELISTED: "The instrument has been delisted",
    CancelReason.MINIMUM_QUANTITY: "Its minimum quantity could not be filled at once",
    CancelReason.CONNECTION_LOST: "Canceled on disconnect",
}
RESTATED_TEXT = {
    RestateReason.SELF_TRADE: "Self-trade prevention: less, in place of a trade with itself",
    RestateReason.MARKET_TO_LIMIT: "Now a limit order at the auction's price",
    RestateReason.ENTRY_CUT: "Cut to what the entry of its list has filled",
    RestateReason.TRADE_BUSTED: "A trade has been busted",
    RestateReason.TRADE_CORRECTED: "A trade has been corrected",
}
ACTIVATED_TEXT = {
    Activation.TRIGGER: "Triggered",
    Activation.ENTRY: "Released: the entry of its list is filled",
}
_LAPSED = frozenset({CancelReason.END_OF_DAY, CancelReason.GOOD_TILL_DATE, CancelReason.AUCTION_OVER})
"""Reasons of an expiry that is one to FIX; the others end orders that may not rest."""

_UNKNOWN_SECURITY = 1
_BY_SECURITY, _ALL_ORDERS = "1", "7"


class ReportMapper:
    """One session's reports. Remembers what orders of one account, symbol and side have in common."""

    __slots__ = (
        "_common",
        "_dialect",
        "_digits",
        "_directory",
        "_no_fill",
        "_time",
        "_time_ns",
        "_trans",
        "body_of",
        "terms",
    )

    def __init__(self, dialect: Dialect, directory: Directory, timestamp_digits: int) -> None:
        self._dialect = dialect
        self._directory = directory
        self._digits = timestamp_digits
        self._trans = "20=0\x01" if dialect.exec_trans_type else ""
        self._no_fill = "32=0\x0131=0\x01" if dialect.last_always else ""
        self.terms = TermsWriter(dialect, timestamp_digits).terms
        """An order's terms as fields; answers to queries repeat them too."""
        self._common: dict[tuple[int, int, int], str] = {}
        self._time_ns, self._time = -1, ""
        plain = PlainReports(dialect, timestamp_digits, self.common, self._accepted, self._trade)
        self.body_of: dict[type, Callable[[Report], tuple[str, str]]] = {
            OrderAccepted: plain.accepted,
            TradeExecuted: plain.trade,
            OrderCanceled: self._canceled,
            OrderExpired: self._expired,
            OrderReplaced: self._replaced,
            OrderRejected: self._rejected,
            OrderTriggered: self._triggered,
            OrderRestated: self._restated,
            TradeBusted: self._busted,
            TradeCorrected: self._corrected,
            CancelRejected: self._cancel_rejected,
            MassCancelCompleted: self._mass_canceled,
            MassCancelRejected: self._mass_cancel_rejected,
            Copied: CopiedReports(dialect, directory, self.report).report,
        }
        """How each event is reported, for who does so in a loop: what :meth:`report` calls."""

    def report(self, report: Report) -> tuple[str, str]:
        """MsgType (35) and body of a report.

        Raises:
            KeyError: an event that no FIX message reports.
        """
        return self.body_of[type(report.event)](report)

    # ---- ExecutionReport (8) ----------------------------------------------------------------------------------

    def _accepted(self, report: Report) -> tuple[str, str]:
        order = report.order
        assert order is not None
        return "8", self._execution(report, order, order.terms.cl_ord_id, "0", "", self._no_fill)

    def _trade(self, report: Report) -> tuple[str, str]:
        event = report.event
        order = _own(report)
        assert type(event) is TradeExecuted
        fill = self._fill(event.px, event.qty, event.resting_fee if report.resting else event.aggressor_fee)
        if trade_id_tag := self._dialect.trade_id_tag:
            liquidity = "851=1\x01" if report.resting else "851=2\x01"
            if event.uncross:
                liquidity = self._dialect.auction_liquidity
            fill += f"{trade_id_tag}={event.trade_id}\x01{liquidity}"
        exec_type = "F" if self._dialect.trade_exec_type else _old_exec_type(order)
        exec_id = f"{trade_exec_id(event.trade_id, report)}\x01{self._trans}"
        return "8", self._execution(report, order, order.cl_ord_id, exec_type, "", fill, "", exec_id)

    def _fill(self, px: int, qty: int, fee: int) -> str:
        """LastQty, LastPx and what is paid for it."""
        fill = f"32={decimal(qty)}\x0131={decimal(px)}\x01"
        return f"{fill}12={decimal(fee)}\x0113=3\x01" if fee else fill

    def _busted(self, report: Report) -> tuple[str, str]:
        """150=H; in FIX.4.2 ExecTransType 1. LastQty and LastPx are 0, as the order state matrices have it (D34)."""
        event = report.event
        assert type(event) is TradeBusted
        return "8", self._revised(report, event, "H", "1", "32=0\x0131=0\x01")

    def _corrected(self, report: Report) -> tuple[str, str]:
        """150=G; in FIX.4.2 ExecTransType 2. LastQty, LastPx and Commission are those that count from now on."""
        event = report.event
        assert type(event) is TradeCorrected
        fill = self._fill(event.px, event.qty, event.resting_fee if report.resting else event.aggressor_fee)
        return "8", self._revised(report, event, "G", "2", fill)

    def _revised(
        self, report: Report, event: TradeBusted | TradeCorrected, exec_type: str, trans_type: str, fill: str
    ) -> str:
        order = _own(report)
        refers = f"19={trade_exec_id(event.trade_id, report, event.revision)}\x01"
        exec_id = f"{trade_exec_id(event.trade_id, report, event.revision + 1)}\x01"
        if self._dialect.exec_trans_type:
            exec_id += f"20={trans_type}\x01"
            exec_type = _old_exec_type(order)
        if trade_id_tag := self._dialect.trade_id_tag:
            fill += f"{trade_id_tag}={event.trade_id}\x01"
        rest = f"{fill}58={printable(event.reason)}\x01"
        return self._execution(report, order, order.cl_ord_id, exec_type, "", rest, "", exec_id + refers)

    def _triggered(self, report: Report) -> tuple[str, str]:
        """150=L; 150=D where the version has no such ExecType."""
        event = report.event
        assert type(event) is OrderTriggered
        text = ACTIVATED_TEXT[event.activation]
        if self._dialect.activated is not None:
            return "8", self._restatement(report, self._dialect.activated, text)
        order = _own(report)
        return "8", self._execution(report, order, order.cl_ord_id, "L", "", f"58={text}\x01")

    def _restated(self, report: Report) -> tuple[str, str]:
        event = report.event
        assert type(event) is OrderRestated
        return "8", self._restatement(report, self._dialect.restated[event.reason], RESTATED_TEXT[event.reason])

    def _restatement(self, report: Report, reason: int, text: str) -> str:
        order = _own(report)
        rest = f"378={reason}\x01{self._no_fill}58={text}\x01"
        return self._execution(report, order, order.cl_ord_id, "D", "", rest)

    def _canceled(self, report: Report) -> tuple[str, str]:
        event = report.event
        order = _own(report)
        assert type(event) is OrderCanceled
        text = CANCEL_TEXT[event.reason]
        rest = f"{self._no_fill}58={text}\x01" if text else self._no_fill
        if event.cl_ord_id:
            body = self._execution(report, order, event.cl_ord_id, "4", f"41={order.cl_ord_id}\x01", rest)
        else:
            body = self._execution(report, order, order.cl_ord_id, "4", "", rest)
        return "8", body

    def _expired(self, report: Report) -> tuple[str, str]:
        event = report.event
        order = _own(report)
        assert type(event) is OrderExpired
        rest = f"{self._no_fill}58={CANCEL_TEXT[event.reason]}\x01"
        if event.reason in _LAPSED:
            return "8", self._execution(report, order, order.cl_ord_id, "C", "", rest)
        return "8", self._execution(report, order, order.cl_ord_id, "4", "", rest, "4")

    def _replaced(self, report: Report) -> tuple[str, str]:
        event = report.event
        order = _own(report)
        assert type(event) is OrderReplaced
        status = "5" if self._dialect.replaced_status and order.status is OrdStatus.NEW else ""
        orig = f"41={event.orig_cl_ord_id}\x01"
        return "8", self._execution(report, order, order.cl_ord_id, "5", orig, self._no_fill, status)

    def _execution(
        self,
        report: Report,
        order: OrderImage,
        cl_ord_id: str,
        exec_type: str,
        orig: str,
        rest: str,
        status: str = "",
        exec_id: str = "",
    ) -> str:
        """The body that all reports on an accepted order share. ``orig`` and ``rest`` are ready fields, ``exec_id`` the
        value of 17 and the fields after it."""
        terms = order.terms
        try:
            common = self._common[terms.account_id, terms.symbol_id, terms.side]
        except KeyError:
            common = self._remember(order)
        if not exec_id:
            exec_id = f"{report.seq}-{report.position}\x01{self._trans}"
        cum_qty = order.cum_qty
        average = avg_px_text(order.cum_notional, cum_qty) if cum_qty else "0"
        if report.time_ns != self._time_ns:
            self._time_ns, self._time = report.time_ns, format_utc(report.time_ns, self._digits)
        return (
            f"37={terms.order_id}\x0111={cl_ord_id}\x01{orig}17={exec_id}"
            f"150={exec_type}\x0139={status or CHARACTERS[order.status]}\x01{common}38={decimal(terms.order_qty)}\x01"
            f"{self.terms(order)}{rest}151={decimal(order.leaves_qty)}\x0114={decimal(cum_qty)}\x01"
            f"6={average}\x0160={self._time}\x01"
        )

    def _rejected(self, report: Report) -> tuple[str, str]:
        """150=8; beside it, for a repeated ClOrdID, the state of the live order (FIX 4.2 appendix D, D31)."""
        event = report.event
        assert type(event) is OrderRejected
        asked = event.order
        shown = event.live or asked
        reason = self._ord_rej_reason(event.reason)
        # A list is refused with the symbol of one leg, which need not be this one's.
        symbol = f"55={printable(event.symbol)}\x01" if event.symbol and not asked.symbol_id else ""
        qty = f"38={decimal(shown.order_qty)}\x01" if shown.order_qty != BEYOND else ""
        body = (
            f"37={shown.order_id or 'NONE'}\x0111={asked.cl_ord_id}\x0117={report.seq}-{report.position}\x01"
            f"{self._trans}150=8\x0139={CHARACTERS[shown.status]}\x01{self.common(asked, symbol, event.side)}"
            f"{qty}{self._no_fill}103={reason}\x0158={printable(event.text)}\x01"
            f"151={decimal(shown.leaves_qty)}\x0114={decimal(shown.cum_qty)}\x01"
            f"6={avg_px_text(shown.cum_notional, shown.cum_qty)}\x0160={format_utc(report.time_ns, self._digits)}\x01"
        )
        return "8", body

    def _ord_rej_reason(self, reason: int) -> int:
        return reason if reason in self._dialect.ord_rej_reasons else self._dialect.ord_rej_other

    def _remember(self, order: OrderImage) -> str:
        common = self.common(order)
        self._common[order.account_id, order.symbol_id, order.side] = common
        return common

    def common(self, order: OrderImage, symbol: str = "", side: str = "") -> str:
        """Account, Symbol and Side. What of these the venue does not know is left out, or as asked."""
        account = self._directory.accounts.get(order.account_id)
        instrument = self._directory.instruments.get(order.symbol_id)
        named = f"1={account.name}\x01" if account is not None else ""
        if not symbol:
            symbol = f"55={instrument.symbol}\x01" if instrument is not None else "55=[N/A]\x01"
        return f"{named}{symbol}54={side or int(order.side)}\x01"

    # ---- OrderCancelReject (9), OrderMassCancelReport (r) -----------------------------------------------------

    def _cancel_rejected(self, report: Report) -> tuple[str, str]:
        event = report.event
        assert type(event) is CancelRejected
        order = event.order
        reason = event.reason
        unknown = order is None or reason == CxlRejReason.UNKNOWN_ORDER
        order_id = "NONE" if order is None or unknown else str(order.order_id or "NONE")
        status = "8" if order is None or unknown else CHARACTERS[order.status]
        if reason not in self._dialect.cxl_rej_reasons:
            reason = self._dialect.cxl_rej_other
        account = self._directory.accounts.get(event.account_id)
        named = f"1={account.name}\x01" if account is not None else ""
        body = (
            f"37={order_id}\x0111={event.cl_ord_id}\x0141={event.orig_cl_ord_id or 'NONE'}\x0139={status}\x01{named}"
            f"434={'2' if event.is_replace else '1'}\x01102={int(reason)}\x0158={printable(event.text)}\x01"
            f"60={format_utc(report.time_ns, self._digits)}\x01"
        )
        return "9", body

    def _mass_canceled(self, report: Report) -> tuple[str, str]:
        event = report.event
        assert type(event) is MassCancelCompleted
        instrument = self._directory.instruments.get(event.symbol_id)
        kind = _BY_SECURITY if event.symbol_id else _ALL_ORDERS
        symbol = f"55={instrument.symbol}\x01" if instrument is not None else ""
        side = f"54={int(event.side)}\x01" if event.side else ""
        number = f"1369={event.request_id}\x01" if self._dialect.mass_action_report else ""
        body = (
            f"11={event.cl_ord_id}\x0137={event.request_id}\x01{number}530={kind}\x01531={kind}\x01"
            f"533={event.total_affected}\x01{symbol}{side}60={format_utc(report.time_ns, self._digits)}\x01"
        )
        return "r", body

    def _mass_cancel_rejected(self, report: Report) -> tuple[str, str]:
        event = report.event
        assert type(event) is MassCancelRejected
        kind = event.request_type or (_BY_SECURITY if event.reason == _UNKNOWN_SECURITY else _ALL_ORDERS)
        instrument = self._directory.instruments.get(event.symbol_id)
        name = event.symbol if instrument is None else instrument.symbol
        symbol = f"55={printable(name)}\x01" if name else ""
        side = f"54={event.side}\x01" if event.side else ""
        request_id = f"{report.seq}-{report.position}"
        number = f"1369={request_id}\x01" if self._dialect.mass_action_report else ""
        body = (
            f"11={event.cl_ord_id}\x0137={request_id}\x01{number}530={kind}\x01531=0\x01"
            f"532={event.reason}\x01{symbol}{side}58={printable(event.text)}\x01"
            f"60={format_utc(report.time_ns, self._digits)}\x01"
        )
        return "r", body


def _own(report: Report) -> OrderImage:
    order = report.order
    assert order is not None, "a report on an order shows the order"
    return order


def _old_exec_type(order: OrderImage) -> str:
    """FIX.4.2's ExecType of a fill, or of what becomes of one: partial or full (appendix D34, D35)."""
    return "2" if order.status is OrdStatus.FILLED else "1"


def trade_exec_id(trade_id: int, report: Report, revision: int = 0) -> str:
    """ExecID of one party's fill, R for what rested and A for the other, or of the trade's ``revision``-th change."""
    fill = f"{trade_id}R" if report.resting else f"{trade_id}A"
    return f"{fill}.{revision}" if revision else fill
