"""The inbound half of a session: judges every message a client sends (FIX 4.4 vol. 2) and acts on it.

Messages beyond a gap are discarded, as the one ResendRequest (16=0) for it brings them again: a gap costs no memory.
What is not journaled itself (heartbeats, refused messages) is accounted for by the next command, whose record carries
the inbound numbers ``in_from``..``in_seq`` (design §7.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.calendar import end_of_day_ns
from gateways.fix.codec import Message, parse
from gateways.fix.logon import sending_time_fault
from gateways.fix.mapping_in import CommandMapper
from gateways.fix.numbers import read_int
from gateways.fix.plain_orders import PlainOrders
from gateways.fix.refusals import (
    BusinessRefusal,
    FieldRefusal,
    MarketDataRefusal,
    business_reject_body,
    market_data_reject_body,
    reject_body,
)
from gateways.fix.state import State
from gateways.fix.times import parse_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.commands import ClientCommand
    from engine.events import SessionOpened
    from gateways.fix.dialect import Dialect
    from gateways.fix.inquiries import Inquiries
    from gateways.fix.ports import Port
    from gateways.fix.services import Service
    from gateways.fix.session import FixSession
    from gateways.fix.settings import FixSettings

_RANGE = "Value is incorrect (out of range) for this tag"
_MISSING = "Required tag missing"
_SEQUENCE_FREE = frozenset({"2", "5"})
"""ResendRequest and Logout are acted on although they are numbered beyond a gap, or nobody could get out of one."""


class Inbound:
    """Sequence, checks and dispatch."""

    def __init__(
        self, owner: FixSession, dialect: Dialect, port: Port, settings: FixSettings, inquiries: Inquiries
    ) -> None:
        self.rejects = 0
        self._owner = owner
        self._dialect = dialect
        self._port = port
        self._settings = settings
        self._inquiries = inquiries
        self._header: Final = (dialect.begin_string, port.session.comp_id, port.session.target_comp_id)
        self._read_orders_for(port.session)
        self._commands: list[ClientCommand] = []
        self._accounted = 0
        """The first inbound number that no command's outcome accounts for yet."""
        self._gap_upto = 0
        """The highest number seen beyond a gap that has been asked for; 0 = no gap."""
        self._gap_at = 0
        self._gap_age_s = 0.0
        self._services: dict[str, Service] = {}
        self._admin: dict[str, Callable[[Message, int, int], None]] = {
            "0": self._nothing,
            "1": self._test_request,
            "2": self._resend_request,
            "3": self._nothing,
            "4": self._gap_fill,
            "5": self._logout,
            "A": self._logon,
            "j": self._nothing,
        }

    # ---- called by the session --------------------------------------------------------------------------------

    def _read_orders_for(self, session: SessionOpened) -> None:
        """Order messages are read by the session's terms as they are now; operators may change them while it trades."""
        port, settings = self._port, self._settings
        self._session = session
        self._mapper = CommandMapper(self._dialect, session, port.directory, port.order_named, end_of_day_ns)
        self._plain = PlainOrders(session, port.directory, port, settings.sending_time_accuracy_s)
        self._inquiries.ask_for(session)

    def serve(self, service: Service) -> None:
        """Have ``service`` answer its requests from now on."""
        self._services.update(dict.fromkeys(service.msg_types, service))

    def begin(self, logon_seq_num: int) -> None:
        """A Logon has been accepted; its number may lie beyond a gap."""
        self._accounted = self._port.in_next
        self._gap_upto = logon_seq_num if logon_seq_num >= self._port.in_next else 0

    def established(self, now_ns: int) -> None:
        """The Logon reply has gone: what the Logon's number shows to be missing can be asked for."""
        if self._gap_upto:
            self._ask_again(now_ns)

    def receive(self, frames: list[bytes], now_ns: int) -> None:
        """Acts on frames in order until the session reads no more."""
        owner = self._owner
        if self._port.session is not self._session:
            self._read_orders_for(self._port.session)
        at, count = 0, len(frames)
        while at < count:
            if owner.state is State.ACTIVE:
                at = self._read_plain(frames, at, now_ns)
                if at == count:
                    break
            elif owner.state is not State.LOGOUT_SENT:
                break
            self._message(parse(frames[at]), now_ns)
            at += 1
        self._submit()

    def elapse(self, elapsed_s: float, now_ns: int) -> None:
        """A gap that does not close is asked for again."""
        if not self._gap_upto:
            return
        if self._port.in_next != self._gap_at:
            self._gap_at, self._gap_age_s = self._port.in_next, 0.0
        self._gap_age_s += elapsed_s
        if self._gap_age_s >= self._settings.resend_timeout_s:
            self._ask_again(now_ns)

    def _read_plain(self, frames: list[bytes], at: int, now_ns: int) -> int:
        """Takes plain orders from ``at`` on the quick way. Returns the first frame that needs the general one."""
        until = self._plain.read(frames, at, self._accounted, now_ns, self._commands)
        if until > at:
            self._accounted = self._port.in_next
            self._move(self._accounted)
        return until

    # ---- every message ----------------------------------------------------------------------------------------

    def _message(self, message: Message, now_ns: int) -> None:
        fields = message.fields
        msg_type = fields["35"]
        seq = read_int(fields.get("34"))
        if seq is None or (fields["8"], fields.get("49"), fields.get("56")) != self._header:
            self._bad_header(message, seq, now_ns)
        elif self._owner.state is State.LOGOUT_SENT and msg_type != "5":
            pass  # not counted either, so the client sends it again when it comes back
        elif sending_time_fault(fields.get("52"), now_ns, self._settings):
            self._bad_sending_time(message, seq, now_ns)
        elif msg_type == "4" and fields.get("123") != "Y":
            self._reset(message, seq, now_ns)
        elif msg_type == "A" and fields.get("141") == "Y":
            self._log_on_again(message, seq, now_ns)
        elif seq != self._port.in_next:
            self._out_of_sequence(message, msg_type, seq, now_ns)
        elif "43" not in fields or self._check_poss_dup(message, seq, now_ns):
            self._move(seq + 1)
            self._act(message, msg_type, seq, now_ns)

    def _act(self, message: Message, msg_type: str, seq: int, now_ns: int) -> None:
        """A message in sequence: a command, a query, one of the session's own, or nothing that is known."""
        try:
            if message.fault is not None:
                raise FieldRefusal(message.fault.reason, message.fault.tag, message.fault.text)
            if self._mapper.handles(msg_type):
                self._command(message, msg_type, seq)
            elif msg_type in self._admin:
                self._admin[msg_type](message, seq, now_ns)
            elif self._inquiries.handles(msg_type):
                queries = self._inquiries.read(msg_type, message)
                self._submit()
                for query in queries:
                    self._port.query(query)
            elif msg_type in self._services:
                self._submit()
                self._services[msg_type].request(message, now_ns)
            elif msg_type in self._dialect.msg_types or msg_type.startswith("U"):
                raise BusinessRefusal(3, "", f"MsgType {msg_type} is not supported")
            else:
                raise FieldRefusal(11, "35", "Invalid MsgType")
        except FieldRefusal as refusal:
            self._reject(reject_body(self._dialect, seq, msg_type, refusal), "3", now_ns)
        except BusinessRefusal as refusal:
            self._reject(business_reject_body(seq, msg_type, refusal), "j", now_ns)
        except MarketDataRefusal as refusal:
            self._reject(market_data_reject_body(refusal), "Y", now_ns)

    def _reject(self, body: str, msg_type: str, now_ns: int) -> None:
        self.rejects += 1
        self._owner.admin(msg_type, body, now_ns)

    def _command(self, message: Message, msg_type: str, seq: int) -> None:
        """An order message; one that the venue already has is answered with its order's status."""
        fields = message.fields
        if "43" in fields and self._port.already_done(seq):
            self._accounted = seq + 1
            self._tell_status(message)
            return
        if fields.get("97") == "Y" and msg_type in ("D", "E"):
            self._submit()
            if self._port.known(fields.get("11", "")):
                self._tell_status(message)
                return
        command = self._mapper.command(msg_type, message, self._accounted, seq)
        self._accounted = seq + 1
        self._commands.append(command)
        self._plain.learn(message, command)

    def _tell_status(self, message: Message) -> None:
        queries = self._inquiries.status_again(message)
        self._submit()
        for query in queries:
            self._port.query(query)

    def _submit(self) -> None:
        if self._commands:
            commands, self._commands = self._commands, []
            self._port.submit(commands)

    def _move(self, expected: int) -> None:
        """Expect ``expected`` next; a gap that it passes is closed."""
        self._port.in_next = expected
        if self._gap_upto and expected > self._gap_upto:
            self._gap_upto = 0

    # ---- what is wrong with a header ----------------------------------------------------------------------------

    def _bad_header(self, message: Message, seq: int | None, now_ns: int) -> None:
        fields = message.fields
        begin_string = self._header[0]
        if fields["8"] != begin_string:
            self._owner.end(f"Incorrect BeginString, expecting {begin_string} but received {fields['8']}", now_ns)
        elif seq is None:
            self._owner.end(f"MsgSeqNum (34) is missing or incorrect: {fields.get('34', '')!r}", now_ns)
        else:
            self._reject_and_end(message, seq, FieldRefusal(9, "", "CompID problem"), now_ns)

    def _bad_sending_time(self, message: Message, seq: int, now_ns: int) -> None:
        text = sending_time_fault(message.fields.get("52"), now_ns, self._settings)
        reason = 1 if "52" not in message.fields else 10 if "accuracy" in text else 6
        self._reject_and_end(message, seq, FieldRefusal(reason, "52", text), now_ns)

    def _reject_and_end(self, message: Message, seq: int, refusal: FieldRefusal, now_ns: int) -> None:
        """A session Reject, then a Logout: who sends this is out of step or is not who it claims to be."""
        if seq == self._port.in_next:
            self._move(seq + 1)
        self._reject(reject_body(self._dialect, seq, message.msg_type, refusal), "3", now_ns)
        self._submit()
        self._owner.end(refusal.text, now_ns)

    def _out_of_sequence(self, message: Message, msg_type: str, seq: int, now_ns: int) -> None:
        expected = self._port.in_next
        if seq < expected:
            if message.fields.get("43") == "Y":
                self._check_poss_dup(message, seq, now_ns)
            else:
                self._submit()
                self._owner.end(f"MsgSeqNum too low, expecting {expected} but received {seq}", now_ns)
            return
        if msg_type in _SEQUENCE_FREE:
            self._act(message, msg_type, seq, now_ns)
        if self._owner.state is not State.ACTIVE:
            return
        if self._gap_upto:
            self._gap_upto = max(self._gap_upto, seq)
        else:
            self._gap_upto = seq
            self._ask_again(now_ns)

    def _ask_again(self, now_ns: int) -> None:
        self._gap_at, self._gap_age_s = self._port.in_next, 0.0
        self._owner.admin("2", f"7={self._port.in_next}\x0116=0\x01", now_ns)

    def _check_poss_dup(self, message: Message, seq: int, now_ns: int) -> bool:
        """Whether a message that says it may be a duplicate (43=Y) says so correctly: 122 is there and not after 52."""
        fields = message.fields
        flag, original = fields["43"], fields.get("122")
        if flag == "N" or (flag == "Y" and original is None and message.msg_type == "4"):
            return True
        if flag != "Y":
            refusal = FieldRefusal(5, "43", _RANGE)
        elif original is None:
            refusal = FieldRefusal(1, "122", _MISSING)
        else:
            try:
                if parse_utc(original) <= parse_utc(fields["52"]):
                    return True
            except ValueError:
                refusal = FieldRefusal(6, "122", "OrigSendingTime is no UTCTimestamp")
            else:
                accuracy = FieldRefusal(10, "122", "SendingTime accuracy problem: OrigSendingTime is later")
                self._reject_and_end(message, seq, accuracy, now_ns)
                return False
        if seq == self._port.in_next:
            self._move(seq + 1)
        self._reject(reject_body(self._dialect, seq, message.msg_type, refusal), "3", now_ns)
        return False

    # ---- the session's own messages ---------------------------------------------------------------------------

    def _nothing(self, message: Message, seq: int, now_ns: int) -> None:
        """Heartbeat, Reject, BusinessMessageReject: that it came is all that matters."""

    def _test_request(self, message: Message, seq: int, now_ns: int) -> None:
        if "112" not in message.fields:
            raise FieldRefusal(1, "112", _MISSING)
        self._owner.admin("0", f"112={message.fields['112']}\x01", now_ns)

    def _resend_request(self, message: Message, seq: int, now_ns: int) -> None:
        begin, end = _number(message, "7"), _number(message, "16")
        if not begin or begin > self._owner.last_sent:
            raise FieldRefusal(5, "7", f"{_RANGE}: the last number sent is {self._owner.last_sent}")
        if end and end < begin:
            raise FieldRefusal(5, "16", f"{_RANGE}: it is below BeginSeqNo")
        if not self._owner.want_resend(begin, end):
            self._submit()
            self._owner.end("Too many ResendRequests at once", now_ns)

    def _gap_fill(self, message: Message, seq: int, now_ns: int) -> None:
        new = _number(message, "36")
        if new <= seq:
            raise FieldRefusal(5, "36", f"Attempt to lower the sequence number to {new}, expecting {seq + 1}")
        self._move(new)

    def _reset(self, message: Message, seq: int, now_ns: int) -> None:
        """SequenceReset without GapFillFlag: its own number does not matter (FIX 4.4 vol. 2, Sequence Reset)."""
        try:
            if message.fault is not None:
                raise FieldRefusal(message.fault.reason, message.fault.tag, message.fault.text)
            new = _number(message, "36")
            if new < self._port.in_next:
                raise FieldRefusal(5, "36", f"{_RANGE}: expecting at least {self._port.in_next}")
            self._move(new)
        except FieldRefusal as refusal:
            self._reject(reject_body(self._dialect, seq, "4", refusal), "3", now_ns)

    def _logout(self, message: Message, seq: int, now_ns: int) -> None:
        self._submit()
        self._owner.client_logged_out(now_ns)

    def _logon(self, message: Message, seq: int, now_ns: int) -> None:
        self._submit()
        self._owner.end("Already logged on", now_ns)

    def _log_on_again(self, message: Message, seq: int, now_ns: int) -> None:
        """A Logon that resets a live session's numbers (24-hour connectivity)."""
        self._submit()
        if seq != 1 or message.fault is not None or self._owner.resending:
            self._owner.end("A reset needs MsgSeqNum 1 and no resend under way", now_ns)
        else:
            self._owner.log_on_again(now_ns)


def _number(message: Message, tag: str) -> int:
    """A required sequence number.

    Raises:
        FieldRefusal: it is missing or no number.
    """
    text = message.fields.get(tag)
    if text is None:
        raise FieldRefusal(1, tag, _MISSING)
    value = read_int(text)
    if value is None:
        raise FieldRefusal(6, tag, "Incorrect data format for value")
    return value
