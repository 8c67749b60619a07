"""Trade capture: TradeCaptureReportRequest (AD) answered by AQ and AE (FIX 4.4 vol. 5, Trade Capture). Pure.

A request is answered with the trades of the session's trading day, read from the journal at the client's pace, and a
subscription also with every new one until it is ended or the connection is. Reports of the client's own are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from engine.queries import TradesQuery
from gateways.fix import trade_capture_messages as words
from gateways.fix.trade_capture_messages import TradeWriter
from gateways.fix.trade_capture_request import ALL, MATCHING, SNAPSHOT, SUBSCRIBE, UNSUBSCRIBE, read_request

if TYPE_CHECKING:
    from engine.queries import TradesAnswer
    from engine.reports import Report
    from gateways.fix.codec import Message
    from gateways.fix.dialect import Dialect
    from gateways.fix.ports import Port
    from gateways.fix.settings import FixSettings
    from gateways.fix.trade_capture_messages import Trade
    from gateways.fix.trade_capture_request import TradeRequest

    Take: TypeAlias = Callable[[list[Report], bool, int], bool]
    """Trades, whether they are the last, and the time → whether more are wanted."""
    ReadTrades: TypeAlias = Callable[[list[int], Take], None]
    """Records to read the session's trades from, and who takes them, chunk by chunk. Returns at once."""


class Client(Protocol):
    """The session, as the service sees it."""

    route: str
    """Routing fields of what is sent now (:mod:`gateways.fix.routing`)."""

    def tell(self, msg_type: str, body: str, now_ns: int) -> None:
        """Sends a message that is not journaled, in its turn, whenever that is."""


class _Capture:
    """A request under way."""

    __slots__ = ("count", "held", "request", "route")

    def __init__(self, request: TradeRequest, route: str) -> None:
        self.request = request
        self.route = route
        self.count = 0
        self.held: Trade | None = None
        """Read and not sent yet, as the last report says that it is the last."""

    def matches(self, trade: Trade) -> bool:
        asked, order = self.request, trade.order
        return (
            asked.symbol in ("", trade.symbol)
            and asked.side in (0, order.side)
            and asked.cl_ord_id in ("", order.cl_ord_id)
            and asked.order_id in ("", str(order.order_id))
            and asked.exec_id in ("", trade.exec_id)
            and asked.first_day <= trade.trade_date <= asked.last_day
            and asked.first_ns <= trade.report.time_ns <= asked.last_ns
        )


class TradeCapture:
    """A :class:`gateways.fix.services.Service` for one session. ``read``: None where nothing can be read."""

    msg_types = frozenset({"AD", "AE", "AR"})

    def __init__(
        self, client: Client, port: Port, dialect: Dialect, settings: FixSettings, read: ReadTrades | None
    ) -> None:
        self._client = client
        self._port = port
        self._settings = settings
        self._read = read
        self._writer = TradeWriter(dialect, port.directory, settings.timestamp_digits)
        self._active: dict[str, _Capture] = {}
        """By TradeRequestID, what has not been answered or ended."""
        self._live: list[_Capture] = []

    @property
    def is_live(self) -> bool:
        """Whether new trades are to be told: :meth:`trades`."""
        return bool(self._live)

    # ---- requests -------------------------------------------------------------------------------------------------

    def request(self, message: Message, now_ns: int) -> None:
        """See :class:`gateways.fix.services.Service`."""
        if message.msg_type == "AR":
            return
        if message.msg_type == "AE":
            self._client.tell("AR", self._writer.refusal(message.fields.get("571", "")), now_ns)
            return
        request = read_request(message)
        capture = _Capture(request, self._client.route)
        if request.kind == UNSUBSCRIBE:
            self._unsubscribe(capture, now_ns)
            return
        refused = self._refusal(request)
        if refused is not None:
            self._acknowledge(capture, words.REJECTED, *refused, now_ns=now_ns)
            return
        self._active[request.request_id] = capture
        self._port.query(TradesQuery(self._port.session.session_id, request.request_id))

    def _refusal(self, request: TradeRequest) -> tuple[int, str] | None:
        """TradeRequestResult (749) and Text of what can't be served."""
        if request.trade_type not in (ALL, MATCHING):
            return words.UNKNOWN_TYPE, f"TradeRequestType {request.trade_type} is not supported: use 0 or 1"
        if request.symbol and self._port.directory.instrument_named(request.symbol) is None:
            return words.UNKNOWN_INSTRUMENT, f"Unknown symbol {request.symbol}"
        if request.request_id in self._active:
            return words.OTHER, f"TradeRequestID {request.request_id} is in use"
        if len(self._active) >= self._settings.trade_requests_max:
            return words.OTHER, f"More than {self._settings.trade_requests_max} requests are under way"
        if self._read is None:
            return words.OTHER, "Trades are not reported here"
        return None

    def _unsubscribe(self, capture: _Capture, now_ns: int) -> None:
        found = self._active.get(capture.request.request_id)
        if found not in self._live:
            self._acknowledge(capture, words.REJECTED, words.OTHER, "No such subscription", now_ns=now_ns)
            return
        self._end(capture)
        self._acknowledge(capture, words.COMPLETED, words.SUCCESSFUL, now_ns=now_ns)

    # ---- answers --------------------------------------------------------------------------------------------------

    def answer(self, answer: TradesAnswer, now_ns: int) -> None:
        """Where the trades are: they are read from there, and new ones told from now on if that is wanted."""
        capture = self._active.get(answer.query.query_id)
        if capture is None or self._read is None:
            return
        if capture.request.kind == SUBSCRIBE:
            self._live.append(capture)
            self._acknowledge(capture, words.ACCEPTED, words.SUCCESSFUL, now_ns=now_ns)
        if answer.records:
            self._read(answer.records, partial(self._take, capture))
        else:
            self._finish(capture, now_ns)

    def _take(self, capture: _Capture, reports: list[Report], is_last: bool, now_ns: int) -> bool:
        if self._active.get(capture.request.request_id) is not capture:
            return False
        for report in reports:
            trade = self._writer.trade(report)
            if trade is None or not capture.matches(trade):
                continue
            if not capture.count and capture.request.kind == SNAPSHOT:
                self._acknowledge(capture, words.ACCEPTED, words.SUCCESSFUL, now_ns=now_ns)
            self._send_held(capture, now_ns)
            if capture.count == self._settings.trade_reports_max:
                text = f"More than {capture.count} trades: ask for fewer by TransactTime (60)"
                self._acknowledge(capture, words.COMPLETED, words.OTHER, text, capture.count, now_ns=now_ns)
                self._end(capture)
                return False
            capture.held = trade
            capture.count += 1
        if is_last:
            self._finish(capture, now_ns)
        return not is_last

    def _finish(self, capture: _Capture, now_ns: int) -> None:
        """All that there was has been read."""
        self._send_held(capture, now_ns, is_last=True)
        if capture.request.kind == SNAPSHOT:
            self._end(capture)
            self._acknowledge(capture, words.COMPLETED, words.SUCCESSFUL, "", capture.count, now_ns=now_ns)

    def trades(self, reports: list[Report], now_ns: int) -> None:
        """The client has been told these; new trades among them go to subscriptions."""
        for report in reports:
            trade = self._writer.trade(report)
            if trade is None:
                continue
            for capture in self._live:
                if capture.matches(trade):
                    body = self._writer.capture(trade, capture.request, is_last=False, unsolicited=True)
                    self._send(capture, "AE", body, now_ns)

    def close(self) -> None:
        """See :class:`gateways.fix.services.Service`."""
        self._active.clear()
        self._live.clear()

    # ---- messages -------------------------------------------------------------------------------------------------

    def _end(self, capture: _Capture) -> None:
        ended = self._active.pop(capture.request.request_id, None)
        self._live = [live for live in self._live if live is not ended]

    def _send_held(self, capture: _Capture, now_ns: int, *, is_last: bool = False) -> None:
        trade, capture.held = capture.held, None
        if trade is not None:
            body = self._writer.capture(trade, capture.request, is_last=is_last, unsolicited=False)
            self._send(capture, "AE", body, now_ns)

    def _acknowledge(
        self, capture: _Capture, status: int, result: int, text: str = "", total: int = -1, *, now_ns: int
    ) -> None:
        body = self._writer.acknowledgement(capture.request, status, result, text, total)
        self._send(capture, "AQ", body, now_ns)

    def _send(self, capture: _Capture, msg_type: str, body: str, now_ns: int) -> None:
        client = self._client
        before, client.route = client.route, capture.route
        client.tell(msg_type, body, now_ns)
        client.route = before
