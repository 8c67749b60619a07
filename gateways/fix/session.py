"""A FIX session after its Logon: a pure state machine of messages, reports and ticks in, bytes and commands out.

FIX 4.4 vol. 2 (session protocol) for an acceptor. It holds no socket and reads no clock: the acceptor hands it frames,
reports and the time. This module is the session's life (logon, logout, timers, resends to the client);
:mod:`gateways.fix.inbound` judges what the client sends, :mod:`gateways.fix.outbound` numbers and orders what it gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import SessionLoggedOn
from engine.queries import DepthAnswer, TradesAnswer
from gateways.fix.codec import Encoder, printable
from gateways.fix.gap import Gap
from gateways.fix.inbound import Inbound
from gateways.fix.inquiries import Inquiries
from gateways.fix.last_processed import LastProcessedEncoder
from gateways.fix.liveness import Liveness, Still, Time
from gateways.fix.logout import BARRIER, Logout
from gateways.fix.mapping_out import ReportMapper
from gateways.fix.market_data_desk import MarketDesk
from gateways.fix.outbound import Outbound
from gateways.fix.resend import Resend
from gateways.fix.resends import Resends
from gateways.fix.routing import Routes
from gateways.fix.state import State
from gateways.fix.status import ConnectionStatus
from gateways.fix.timers import Timers
from gateways.fix.times import format_utc
from gateways.fix.trade_capture import TradeCapture
from gateways.fix.users import Users

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.market_data.updates import MarketMessage
    from engine.queries import Answer
    from engine.reports import Report
    from gateways.fix.logon import LogonRequest
    from gateways.fix.permissions import Throttle
    from gateways.fix.ports import Port
    from gateways.fix.services import ChangePassword
    from gateways.fix.settings import FixSettings
    from gateways.fix.trade_capture import ReadTrades


_PARKED_FEW = 64
"""Messages that may wait for the reports numbered before them while market data still joins them."""


class FixSession:
    """One logged-on client's session on one connection.

    ``write`` takes the bytes to send, at once and without raising; ``backlog`` says how many still wait for the client
    to read them. Frames are to be passed in only while the state is ``ACTIVE`` or ``LOGOUT_SENT``, and at most as many
    as the port has credit for.
    """

    def __init__(
        self,
        logon: LogonRequest,
        port: Port,
        settings: FixSettings,
        write: Callable[[bytes], None],
        change_password: ChangePassword | None = None,
        routes: Routes | None = None,
        read_trades: ReadTrades | None = None,
        backlog: Callable[[], int] = lambda: 0,
        time: Time = Still(),  # noqa: B008 (it has no state)
    ) -> None:
        dialect = logon.dialect
        self.state = State.LOGGING_ON
        self.close_reason = ""
        self.liveness = Liveness(logon.heartbeat_s, settings.silence_factor, time, settings.tick_interval_s)
        self._port = port
        self._settings = settings
        self._heartbeat_s = logon.heartbeat_s
        self._asked_reset = self._reset = logon.reset
        self._write = write
        self._backlog = backlog
        self.routes = routes or Routes(settings.routes_max)
        """Where the reports of orders go that came with routing fields."""
        self._encoder = _encoder(logon, port)
        self._reports = ReportMapper(dialect, port.directory, settings.timestamp_digits)
        self._inquiries = Inquiries(dialect, port.session, port.directory, settings, self._reports)
        self._outbound = Outbound(
            self._encoder, self._reports, port, self._send, settings.timestamp_digits, self.routes
        )
        gap = Gap(settings.gap_buffer_max, settings.resend_request_chunk, time)
        self._inbound = Inbound(self, dialect, port, settings, self._inquiries, gap)
        self._captures = TradeCapture(self, port, dialect, settings, read_trades)
        self._inbound.serve(self._captures)
        self._inbound.serve(Users(self.tell, port.session, change_password))
        self._desk = MarketDesk(self, port, settings)
        for service in self._desk.services:
            self._inbound.serve(service)
        self._time = time
        self._logout = Logout(self, self._outbound, port, settings.logout_timeout_s, time)
        self.timers = Timers(self, self._inbound, gap, port, self._logout, self._desk, settings)
        self.resends = Resends(self, self._outbound, port, settings, self._resend)
        self._answer_routes: dict[str, str] = {}
        """The routing fields of answers to queries under way, by the query's id."""
        self._logon_seq_num = logon.msg_seq_num
        self._next_expected = logon.next_expected
        self._echo = logon.echo

    @property
    def ready(self) -> bool:
        """Whether a message is kept that can be acted on as soon as there is credit: call :meth:`receive`."""
        return self._inbound.ready

    @property
    def rejects(self) -> int:
        """Messages that were answered by a reject of the protocol."""
        return self._inbound.rejects

    def status(self, remote: str, backlog_bytes: int) -> ConnectionStatus:
        """How it stands, for operators."""
        parked, waiting = self._outbound.parked, self.resends.waiting
        resending = self.resending and self.state is not State.CLOSED
        return ConnectionStatus(
            self.state.name, remote, self._heartbeat_s, backlog_bytes, parked, waiting, resending, self.rejects
        )

    # ---- called by the acceptor -------------------------------------------------------------------------------

    def start(self, now_ns: int, passed_over: int = 0) -> None:
        """Judges the Logon's number and has the logon journaled; its reply follows when that is durable.

        ``passed_over`` outbound numbers are left to refusals that the client has counted
        (:mod:`gateways.fix.refused`).
        """
        first_out = 1
        if not self._reset and self._port.starts_anew(self._logon_seq_num):
            self._reset = True
            first_out += min(passed_over, self._logon_seq_num - 1)  # one that starts from 1 itself has counted none
        elif not self._reset:
            for _ in range(passed_over):
                self._port.allot()
        self._log_on(self._logon_seq_num, now_ns, first_out)

    def receive(self, frames: list[bytes], now_ns: int, throttle: Throttle | None = None) -> None:
        """Acts on frames in order; commands are submitted in one list, replies written at once.

        ``throttle`` counts the frames one by one, where they are too many to be counted as a whole.
        """
        self.liveness.heard()
        self._inbound.receive(frames, now_ns, throttle)
        self._outbound.flush()
        self._check_parked()

    def deliver(self, reports: list[Report], now_ns: int) -> None:
        """Durable reports. While a resend is served they are left to be read from the journal afterwards."""
        if self.state is State.CLOSED:
            return
        if self.state is State.LOGGING_ON:
            reports = self._logged_on(reports, now_ns)
        if not self._outbound.held:
            self._outbound.reports(reports, now_ns)
        if self._captures.is_live:
            self._captures.trades(reports, now_ns)
        if self._port.lists:
            self._tell_ended(reports, now_ns)
        self._desk.flush(now_ns)
        self._outbound.flush()
        self._logout.check()

    def _tell_ended(self, reports: list[Report], now_ns: int) -> None:
        """Of lists that these reports have ended, to whom their orders' reports go."""
        before = self.route
        for cl_ord_id, body in self._inquiries.lists.ended(reports, self._port.lists, now_ns):
            self.route = self.routes.by_cl_ord_id.get(cl_ord_id, "")
            self.tell("N", body, now_ns)
        self.route = before

    def market(self, messages: list[MarketMessage], now_ns: int) -> None:
        """Market data that the session listens to: sent now, or what it comes to when the client has room."""
        self._desk.take(messages)
        self._desk.flush(now_ns)
        self._outbound.flush()

    def answer(self, answer: Answer, now_ns: int) -> None:
        """The answer to a query of this session."""
        if answer.query.query_id == BARRIER:
            self._logout.all_done(now_ns)
            return
        if isinstance(answer, TradesAnswer):
            self._captures.answer(answer, now_ns)
            return
        messages = [] if isinstance(answer, DepthAnswer) else self._inquiries.messages(answer, now_ns)
        route = self._answer_routes.pop(answer.query.query_id, "") if self._answer_routes else ""
        if self.state is not State.ACTIVE and (self.state is not State.LOGOUT_RECEIVED or self._logout.replied):
            return
        if isinstance(answer, DepthAnswer):
            self._desk.answer(answer, now_ns)
        before, self.route = self.route, route
        for msg_type, body in messages:
            self._outbound.admin(msg_type, body, now_ns)
        self.route = before
        self._outbound.flush()
        self._check_parked()

    def tick(self, now_s: float, now_ns: int) -> None:
        """Time has passed, by the session's ``time``: see :class:`gateways.fix.timers.Timers`."""
        self.timers.tick(now_s, now_ns)
        self._outbound.flush()

    @property
    def now_s(self) -> float:
        """Monotonic seconds, as the timer last saw them."""
        return self._time.now_s

    def disconnect(self, reason: str, now_ns: int) -> None:
        """The venue ends the session: a Logout with the reason, and the client's answer is waited for."""
        if self.state is State.ACTIVE:
            self.start_logout(reason, now_ns)
            self._outbound.flush()
        elif self.state is State.LOGGING_ON:
            self.close(reason, confirmed=False)

    def connection_lost(self, reason: str) -> None:
        """The socket is gone, or the acceptor gives the connection up."""
        self.close(reason, confirmed=False)

    # ---- called by the inbound half ---------------------------------------------------------------------------

    @property
    def route(self) -> str:
        """The routing fields that messages sent now carry: those of the message that is acted on, turned round."""
        return self._outbound.route

    @route.setter
    def route(self, route: str) -> None:
        self._outbound.route = route

    def answer_by_route(self, query_id: str) -> None:
        """The query's answer takes the route of what is sent now."""
        self._answer_routes[query_id] = self.route

    @property
    def has_room(self) -> bool:
        """Whether what can wait may be sent now: neither the client nor the journal is behind."""
        outbound = self._outbound
        if self.state is not State.ACTIVE or outbound.held or outbound.parked > _PARKED_FEW:
            return False
        return self._backlog() <= self._settings.conflation_backlog_max

    def admin(self, msg_type: str, body: str, now_ns: int) -> None:
        """Sends a message that is not journaled, in its turn."""
        self._outbound.admin(msg_type, body, now_ns)

    def tell(self, msg_type: str, body: str, now_ns: int) -> None:
        """As :meth:`admin` for what may also be sent when nothing is being received; nothing once the session ends."""
        if self.state is State.ACTIVE:
            self._outbound.admin(msg_type, body, now_ns)
            self._outbound.flush()
            self._check_parked()

    def start_logout(self, reason: str, now_ns: int) -> None:
        """Sends a Logout and waits for the client's."""
        self.state = State.LOGOUT_SENT
        self.close_reason = reason
        self._logout.sent()
        self.admin("5", f"58={printable(reason)}\x01", now_ns)

    def end(self, reason: str, now_ns: int) -> None:
        """Sends a Logout that says why, and ends the session without waiting: the client is out of step or gone."""
        self.admin("5", f"58={printable(reason)}\x01", now_ns)
        self.resends.clear()
        self._outbound.held = False
        self._outbound.force(now_ns)
        self._outbound.flush()
        self.close(reason, confirmed=False)

    def client_logged_out(self) -> None:
        """The client's Logout has come."""
        self._logout.received()

    def log_on_again(self, now_ns: int) -> None:
        """A Logon with ResetSeqNumFlag on a live session: both directions count from 1 again."""
        self.state = State.LOGGING_ON
        self._asked_reset = self._reset = True
        self.resends.forget()
        self._desk.renew()
        self._log_on(1, now_ns)

    def want_resend(self, begin: int, end: int) -> str:
        """See :meth:`gateways.fix.resends.Resends.want`."""
        refusal = self.resends.want(begin, end)
        if not refusal:
            self._desk.resent_from(begin)
        return refusal

    def went_live(self, now_ns: int) -> None:
        """Nothing is sent again any more, and nothing that fell due meanwhile is missing."""
        self._desk.flush(now_ns)
        self._outbound.flush()
        self._logout.check()

    @property
    def parked(self) -> int:
        """Messages that wait for the reports numbered before them, or for a resend to finish."""
        return self._outbound.parked

    @property
    def last_sent(self) -> int:
        """The highest outbound number that has gone out."""
        return self._outbound.next - 1

    @property
    def resending(self) -> bool:
        """Whether live messages wait for a resend to finish."""
        return self._outbound.held and self.state is not State.LOGGING_ON

    # ---- life -------------------------------------------------------------------------------------------------

    def _log_on(self, msg_seq_num: int, now_ns: int, first_out: int = 1) -> None:
        """A number beyond the next one leaves a gap, also where the venue starts anew and the client does not."""
        port = self._port
        if self._reset and msg_seq_num > 1 and port.session.profile.reset_on_logon:
            self._refuse(f"MsgSeqNum too high, expecting 1 but received {msg_seq_num}", now_ns)
            return
        if self._reset:
            port.in_next = 1 + (msg_seq_num == 1)
        elif self._next_expected > port.out_next:
            expected = f"Expected {port.out_next}, Received {self._next_expected}"
            self._refuse(f"Tag 789 (NextExpectedMsgSeqNum) is higher than expected. {expected}", now_ns)
            return
        elif msg_seq_num < port.in_next:
            self._refuse(f"MsgSeqNum too low, expecting {port.in_next} but received {msg_seq_num}", now_ns)
            return
        elif msg_seq_num == port.in_next:
            port.in_next += 1
        self._inbound.begin(msg_seq_num)
        again = not self._asked_reset or port.session.profile.reissue_on_reset
        port.log_on(reset=self._reset, first_out=first_out, again=again)

    def _refuse(self, reason: str, now_ns: int) -> None:
        sending_time = format_utc(now_ns, self._settings.timestamp_digits)
        self._send(self._encoder.encode("5", self._port.allot(), sending_time, f"58={printable(reason)}\x01"))
        self.close(reason, confirmed=False)

    def _logged_on(self, reports: list[Report], now_ns: int) -> list[Report]:
        """Answers the Logon if its record is among ``reports``. Returns the reports that follow it.

        What was numbered before the Logon reply is not sent: the client sees the gap and asks for it.
        """
        for place, report in enumerate(reports):
            if type(report.event) is not SessionLoggedOn:
                continue
            if not self._outbound.held:
                self._outbound.reports(reports[:place], now_ns)
            reset = "141=Y\x01" if self._asked_reset else ""
            expects = f"789={self._port.in_next}\x01" if self._next_expected else ""
            body = f"98=0\x01108={self._heartbeat_s}\x01{reset}{expects}{self._echo}"
            self._outbound.begin(report.number, body, now_ns)
            self.state = State.ACTIVE
            self.liveness.heard()
            # An old epoch's unconfirmed reports come next, from the journal, before anything live.
            self._outbound.held = self._port.reissued_upto >= self._outbound.next
            if not self._reset and 0 < self._next_expected < report.number:
                # A client that says so asks for what it lacks by its Logon, and never by a ResendRequest.
                # The Logon itself is among it, for it came beyond that client's gap.
                self.want_resend(self._next_expected, report.number)
            self._inbound.established(bool(self._next_expected), now_ns)
            return reports[place + 1 :]
        return reports

    def _check_parked(self) -> None:
        if self._outbound.parked > self._settings.parked_messages_max and self.state is not State.CLOSED:
            self.close("too many replies wait for the journal", confirmed=False)

    def _resend(self, begin: int, end: int) -> Resend:
        return Resend(self._encoder, self._reports, self._settings.timestamp_digits, self.routes, begin, end)

    def _send(self, data: bytes) -> None:
        self.liveness.sent()
        self._write(data)

    def close(self, reason: str, *, confirmed: bool) -> None:
        """Ends the session and detaches it from the venue, once."""
        if self.state is not State.CLOSED:
            completed = self.state is State.LOGOUT_RECEIVED and self._logout.replied
            self.state = State.CLOSED
            self.close_reason = reason
            self.resends.clear()
            self._inbound.close()
            self._desk.close()
            self._port.log_out(confirmed=confirmed, completed=completed)


def _encoder(logon: LogonRequest, port: Port) -> Encoder:
    names = logon.dialect.begin_string, logon.target_comp_id, logon.comp_id
    return LastProcessedEncoder(*names, port) if port.session.profile.last_processed else Encoder(*names)
