"""TradeCaptureReports (AE) and the acknowledgements of requests for them (AQ) as message bodies. Pure.

A report is of the session's own side of a trade. Its TradeReportID (571) is the ExecID that the ExecutionReport on the
same event has, so each can be held against the other; busts and corrections refer to the report that they supersede.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.calendar import trading_date
from engine.events import TradeBusted, TradeCorrected, TradeExecuted
from gateways.fix.codec import printable
from gateways.fix.mapping_out import trade_exec_id
from gateways.fix.terms_out import decimal
from gateways.fix.times import format_utc
from gateways.fix.trade_capture_request import UNSUBSCRIBE

if TYPE_CHECKING:
    from engine.directory import Directory
    from engine.image import OrderImage
    from engine.reports import Report
    from gateways.fix.dialect import Dialect
    from gateways.fix.trade_capture_request import TradeRequest

SUCCESSFUL, UNKNOWN_INSTRUMENT, UNKNOWN_TYPE, UNAUTHORIZED, OTHER = 0, 1, 8, 9, 99
"""TradeRequestResult (749)."""
ACCEPTED, COMPLETED, REJECTED = 0, 1, 2
"""TradeRequestStatus (750)."""
_NEW, _CANCEL, _REPLACE = 0, 1, 2
"""TradeReportTransType (487)."""
_MAY_NOT_REPORT = 3
"""TradeReportRejectReason (751): unauthorized to report trades."""


class Trade(msgspec.Struct, frozen=True, gc=False):
    """What a report on a trade says of it, as the session's side sees it."""

    report: Report
    order: OrderImage
    exec_id: str
    refers_to: str
    """The ExecID that this one supersedes; empty for a new trade."""
    trade_id: int
    px: int
    qty: int
    fee: int
    exec_type: str
    trans_type: int
    symbol: str
    trade_date: str


class TradeWriter:
    """Writes one session's reports on trades."""

    __slots__ = ("_dialect", "_digits", "_directory")

    def __init__(self, dialect: Dialect, directory: Directory, timestamp_digits: int) -> None:
        self._dialect = dialect
        self._directory = directory
        self._digits = timestamp_digits

    def trade(self, report: Report) -> Trade | None:
        """What a report says of a trade; None for a report on something else."""
        event, order = report.event, report.order
        if order is None or not isinstance(event, TradeExecuted | TradeBusted | TradeCorrected):
            return None
        instrument = self._directory.instruments[order.symbol_id]
        exec_id, refers_to, exec_type, trans_type = trade_exec_id(event.trade_id, report), "", "F", _NEW
        if not isinstance(event, TradeExecuted):
            refers_to = trade_exec_id(event.trade_id, report, event.revision)
            exec_id = trade_exec_id(event.trade_id, report, event.revision + 1)
            busted = isinstance(event, TradeBusted)
            exec_type, trans_type = ("H", _CANCEL) if busted else ("G", _REPLACE)
        fee = event.resting_fee if report.resting else event.aggressor_fee
        day = trading_date(instrument, report.time_ns)
        return Trade(
            report, order, exec_id, refers_to, event.trade_id, event.px, event.qty, fee,
            exec_type, trans_type, instrument.symbol, f"{day:%Y%m%d}",
        )  # fmt: skip

    def capture(self, trade: Trade, request: TradeRequest, *, is_last: bool, unsolicited: bool) -> str:
        """Body of an AE that answers ``request``; ``unsolicited``: a new trade of a subscription."""
        refers = f"572={trade.refers_to}\x01" if trade.refers_to else ""
        last = "912=Y\x01" if is_last else ""
        flag = "325=Y\x01" if unsolicited else "325=N\x01"
        return (
            f"571={trade.exec_id}\x01487={trade.trans_type}\x01568={request.request_id}\x01828=0\x01"
            f"150={trade.exec_type}\x01{last}{flag}{refers}17={trade.exec_id}\x01"
            f"{self._dialect.trade_id_tag}={trade.trade_id}\x01570=N\x0155={trade.symbol}\x01"
            f"32={decimal(trade.qty)}\x0131={decimal(trade.px)}\x0175={trade.trade_date}\x01"
            f"60={format_utc(trade.report.time_ns, self._digits)}\x01{self._side(trade)}"
        )

    def _side(self, trade: Trade) -> str:
        """The session's side, its fields in the order of the version's group."""
        order = trade.order
        account = self._directory.accounts.get(order.account_id)
        named = f"1={account.name}\x01" if account is not None else ""
        fee = f"12={decimal(trade.fee)}\x0113=3\x01" if trade.fee else ""
        ids = f"37={order.order_id}\x0111={order.cl_ord_id}\x01"
        money_first = self._dialect.instructions
        return f"552=1\x0154={int(order.side)}\x01" + (f"{named}{fee}{ids}" if money_first else f"{ids}{named}{fee}")

    def acknowledgement(self, request: TradeRequest, status: int, result: int, text: str = "", total: int = -1) -> str:
        """Body of an AQ."""
        count = f"748={total}\x01" if total >= 0 else ""
        kind = f"263={request.kind}\x01" if request.kind != UNSUBSCRIBE else ""
        why = f"58={printable(text)}\x01" if text else ""
        return (
            f"568={request.request_id}\x01569={request.trade_type}\x01{kind}{count}"
            f"749={result}\x01750={status}\x01{self._instrument(request)}{why}"
        )

    def _instrument(self, request: TradeRequest) -> str:
        return f"55={printable(request.symbol)}\x01" if request.symbol else ""

    def refusal(self, report_id: str) -> str:
        """Body of the AR that refuses a client's own report on a trade."""
        text = "Trades are reported by the venue"
        return f"571={printable(report_id)}\x01150=F\x01939=1\x01751={_MAY_NOT_REPORT}\x0158={text}\x01"
