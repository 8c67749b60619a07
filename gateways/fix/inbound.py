"""The inbound half of a session: judges every message a client sends (FIX 4.4 vol. 2) and acts on it.

Messages beyond a gap wait, within a bound, until it is closed (:mod:`gateways.fix.gap`). What is not journaled itself
(heartbeats, refused messages) is accounted for by the next command, whose record carries the inbound numbers
``in_from``..``in_seq`` (design §7.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.calendar import end_of_day_ns
from gateways.fix.administrative import Administrative
from gateways.fix.business_ids import business_id
from gateways.fix.codec import Message, parse
from gateways.fix.dictionary import dictionary_for
from gateways.fix.logon import ACCURACY, APPL_VER_ID, sending_time_fault
from gateways.fix.mapping_in import CommandMapper
from gateways.fix.numbers import NUMBER_DIGITS_MAX, is_too_long, read_int
from gateways.fix.permissions import check_permitted, may_trade
from gateways.fix.plain_orders import PlainOrders
from gateways.fix.refusals import (
    MISSING,
    BusinessRefusal,
    FieldRefusal,
    Refusal,
    reject_body,
)
from gateways.fix.replies import reply_to
from gateways.fix.routing import ROUTING_TAGS, reverse_route
from gateways.fix.state import State
from gateways.fix.times import parse_utc
from gateways.fix.validation import validator_for

if TYPE_CHECKING:
    from engine.commands import ClientCommand
    from engine.events import SessionOpened
    from engine.queries import Query
    from gateways.fix.dialect import Dialect
    from gateways.fix.gap import Gap
    from gateways.fix.inquiries import Inquiries
    from gateways.fix.permissions import Throttle
    from gateways.fix.ports import Port
    from gateways.fix.services import Service
    from gateways.fix.session import FixSession
    from gateways.fix.settings import FixSettings

_SEQUENCE_FREE = frozenset({"2", "5"})
"""ResendRequest and Logout are acted on although they are numbered beyond a gap, or nobody could get out of one."""
_LISTS = frozenset({"E", "K"})
"""What is answered by a ListStatus too."""
_TOLD_AGAIN = frozenset({"D", "E", "F", "G"})
"""With PossResend (97) and a ClOrdID that the venue has, these are answered with their order's status."""


class Inbound:
    """Sequence, checks and dispatch."""

    def __init__(
        self,
        owner: FixSession,
        dialect: Dialect,
        port: Port,
        settings: FixSettings,
        inquiries: Inquiries,
        gap: Gap,
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
        self._gap = gap
        self._appl_ver_id = APPL_VER_ID.get(dialect.begin_string, "")
        self._services: dict[str, Service] = {}
        self._admin = Administrative(owner, self, port)
        self._early: list[bytes] = []
        """What came right behind a Logon that resets a live session, until that is answered."""
        self._throttle: Throttle | None = None
        """While a batch that goes beyond the session's rate is acted on."""

    # ---- called by the session --------------------------------------------------------------------------------

    def _read_orders_for(self, session: SessionOpened) -> None:
        """Order messages are read by the session's terms as they are now; operators may change them while it trades."""
        self._session, port, settings = session, self._port, self._settings
        self._may_trade = may_trade(session)
        self._mapper = CommandMapper(
            self._dialect, session, port.directory, port.order_named, end_of_day_ns, port.lists
        )
        self._plain = PlainOrders(session, port.directory, port, settings.sending_time_accuracy_s)
        self._validator = validator_for(self._dialect.begin_string, session.profile.unknown_tags)
        self._inquiries.ask_for(session)

    def serve(self, service: Service) -> None:
        """Have ``service`` answer its requests from now on, those that the version has: others nobody validates."""
        defined = dictionary_for(self._dialect.begin_string).msg_types
        self._services.update(dict.fromkeys(service.msg_types & defined, service))

    def close(self) -> None:
        """The connection is gone."""
        for service in set(self._services.values()):
            service.close()

    def begin(self, logon_seq_num: int) -> None:
        """A Logon has been accepted; its number may lie beyond a gap."""
        expected = self._accounted = self._port.in_next
        self._gap.moved(expected, expected)
        self._gap.upto = logon_seq_num if logon_seq_num >= expected else 0
        if self._gap.upto:
            self._gap.keep(logon_seq_num)

    def established(self, told: bool, now_ns: int) -> None:
        """The Logon reply has gone: what the Logon's number shows to be missing can be asked for, unless the reply has
        ``told`` what is expected (789), which asks for it too."""
        if self._gap.upto and not told:
            self.ask(now_ns)

    @property
    def ready(self) -> bool:
        """Whether a message that came too early can be acted on, and waits for credit only."""
        kept = self._early or (self._gap.upto > 0 and self._gap.has(self._port.in_next))
        return bool(kept) and self._owner.state is State.ACTIVE

    def receive(self, frames: list[bytes], now_ns: int, throttle: Throttle | None = None) -> None:
        """Acts on frames in order until the session reads no more."""
        owner = self._owner
        self._throttle = throttle
        if self._port.session is not self._session:
            self._read_orders_for(self._port.session)
        frames = self._early + frames if self._early else frames
        at, count = 0, len(frames)
        while at < count:
            if owner.state is State.ACTIVE:
                if self._may_trade and throttle is None:
                    at = self._read_plain(frames, at, now_ns)
                if at == count:
                    break
            elif owner.state is not State.LOGOUT_SENT:
                break
            self._message(frames[at], now_ns)
            at += 1
        self._early = frames[at:] if owner.state is State.LOGGING_ON else []
        self.submit()
        if self._gap.upto:
            self._go_on(now_ns)

    def _go_on(self, now_ns: int) -> None:
        """Acts on what came beyond the gap and is next now, as far as there is credit; asks for the next chunk."""
        port, owner, gap, credit = self._port, self._owner, self._gap, self._port.credit
        while credit > 0 and owner.state is State.ACTIVE and (frame := gap.take(port.in_next)) is not None:
            credit -= 1
            if frame:
                self._message(frame, now_ns, kept=True)
            else:
                self.move(port.in_next + 1)
        self.submit()
        if gap.continues(port.in_next) and owner.state is State.ACTIVE:
            self.ask(now_ns)

    def _read_plain(self, frames: list[bytes], at: int, now_ns: int) -> int:
        """Takes plain orders from ``at`` on the quick way. Returns the first frame that needs the general one."""
        before = self._port.in_next
        until = self._plain.read(frames, at, self._accounted, now_ns, self._commands)
        if until > at:
            self._accounted = self._port.in_next
            if self._gap.upto:
                self._gap.moved(before, self._accounted)
        return until

    # ---- every message ----------------------------------------------------------------------------------------

    def _message(self, frame: bytes, now_ns: int, *, kept: bool = False) -> None:
        """Any message; ``kept``: it came beyond a gap, and its SendingTime was right then."""
        message = parse(frame)
        message.fault = self._validator.check(message)
        fields = message.fields
        if ROUTING_TAGS.isdisjoint(fields):
            self._judge(message, frame, kept, now_ns)
        else:
            self._owner.route = reverse_route(fields)
            self._judge(message, frame, kept, now_ns)
            self._owner.route = ""

    def _judge(self, message: Message, frame: bytes, kept: bool, now_ns: int) -> None:
        fields = message.fields
        msg_type = fields["35"]
        seq = read_int(fields.get("34"))
        if seq is None or (fields["8"], fields.get("49"), fields.get("56")) != self._header:
            self._bad_header(message, seq, now_ns)
        elif self._owner.state is State.LOGOUT_SENT and msg_type != "5":
            # Not counted either, so the client sends it again when it comes back. What it lacks it may still ask for.
            if msg_type == "2":
                self._act(message, msg_type, seq, now_ns)
        elif not kept and (fault := sending_time_fault(fields.get("52"), now_ns, self._settings)):
            self._bad_sending_time(message, seq, fault, now_ns)
        elif msg_type == "4" and fields.get("123") != "Y":
            self._reset(message, seq, now_ns)
        elif msg_type == "A" and fields.get("141") == "Y" and fields.get("43") != "Y":
            self._admin.log_on_again(message, seq, now_ns)
        elif seq != self._port.in_next:
            self._out_of_sequence(message, msg_type, seq, frame, now_ns)
        elif "43" not in fields or self._check_poss_dup(message, seq, now_ns):
            self.move(seq + 1)
            self._act(message, msg_type, seq, now_ns)

    def _act(self, message: Message, msg_type: str, seq: int, now_ns: int) -> None:
        """A message in sequence: a command, a query, one of the session's own, or nothing that is known."""
        try:
            if message.fault is not None and self._serves(msg_type):
                raise FieldRefusal(message.fault.reason, message.fault.tag, message.fault.text)
            if self._appl_ver_id and message.fields.get("1128", self._appl_ver_id) != self._appl_ver_id:
                raise FieldRefusal(18, "1128", "Invalid/unsupported Application Version")
            if self._throttle is not None or not self._may_trade:
                check_permitted(self._session, msg_type, message, self._throttle, self._port.open_orders)
            if self._mapper.handles(msg_type):
                self._command(message, msg_type, seq)
            elif (handler := self._admin.handlers.get(msg_type)) is not None:
                handler(message, seq, now_ns)
            elif self._inquiries.handles(msg_type):
                self._ask_venue(self._inquiries.read(msg_type, message))
            elif msg_type in self._services:
                self.submit()
                self._services[msg_type].request(message, now_ns)
            elif msg_type in self._dialect.msg_types or msg_type.startswith("U"):
                raise BusinessRefusal(3, business_id(message.fields), "Unsupported Message Type")
            else:
                raise FieldRefusal(11, "35", "Invalid MsgType")
        except Refusal as refusal:
            self._reject(*reply_to(refusal, self._dialect, seq, msg_type), now_ns)

    def _serves(self, msg_type: str) -> bool:
        """Whether messages of the type are acted on: of others it does not matter what else is wrong with them."""
        mapped = self._mapper.handles(msg_type) or self._inquiries.handles(msg_type)
        return mapped or msg_type in self._admin.handlers or msg_type in self._services

    def _reject(self, msg_type: str, body: str, now_ns: int) -> None:
        self.rejects += 1
        self._owner.admin(msg_type, body, now_ns)

    def _command(self, message: Message, msg_type: str, seq: int) -> None:
        """An order message; one that the venue already has is answered with its order's status."""
        fields = message.fields
        if "43" in fields and self._port.already_done(seq):
            self._accounted = seq + 1
            self._ask_venue(self._inquiries.status_again(message))
            return
        if fields.get("97") == "Y" and msg_type in _TOLD_AGAIN:
            self.submit()
            if self._port.known(fields.get("11", "")):
                self._ask_venue(self._inquiries.status_again(message))
                return
        command = self._mapper.command(msg_type, message, self._accounted, seq)
        if self._owner.route:
            self._owner.routes.keep([value for tag, value in message.pairs if tag == "11"], self._owner.route)
        self._accounted = seq + 1
        self._commands.append(command)
        if msg_type in _LISTS:
            self._ask_venue([self._inquiries.acknowledge(fields["66"])])
        self._plain.learn(message, command)

    def _ask_venue(self, queries: list[Query]) -> None:
        """Queries are answered after the commands before them, and where the request came from."""
        self.submit()
        for query in queries:
            if self._owner.route:
                self._owner.answer_by_route(query.query_id)
            self._port.query(query)

    def submit(self) -> None:
        """Commands read so far go on their way."""
        if self._commands:
            commands, self._commands = self._commands, []
            self._port.submit(commands)

    def move(self, expected: int) -> None:
        """Expect ``expected`` next; a gap that it passes is closed."""
        before, self._port.in_next = self._port.in_next, expected
        if self._gap.upto:
            self._gap.moved(before, expected)

    # ---- what is wrong with a header ----------------------------------------------------------------------------

    def _bad_header(self, message: Message, seq: int | None, now_ns: int) -> None:
        fields = message.fields
        begin_string, comp_id, _ = self._header
        if fields["8"] != begin_string:
            text = f"Incorrect BeginString, expecting {begin_string} but received {fields['8']}"
        elif "34" not in fields:
            text = f"Received message without MsgSeqNum, expecting {self._port.in_next}"
        elif is_too_long(fields["34"]):
            text = f"MsgSeqNum (34) has more than {NUMBER_DIGITS_MAX} digits: the session's numbers have to be reset"
        elif seq is None:
            text = f"MsgSeqNum (34) is incorrect, expecting {self._port.in_next} but received {fields['34']!r}"
        else:
            tag = "49" if fields.get("49") != comp_id else "56"
            fault = message.fault
            if fault is not None and fault.tag == tag and seq == self._port.in_next:
                # Missing or empty it is a fault like any other, and nobody else's (test cases 14b, 14d).
                self.move(seq + 1)
                self._refuse(message, seq, FieldRefusal(fault.reason, tag, fault.text), now_ns)
                return
            self._reject_and_end(message, seq, FieldRefusal(9, tag, "CompID problem"), now_ns)
            return
        self.submit()
        self._owner.end(text, now_ns)

    def _bad_sending_time(self, message: Message, seq: int, fault: str, now_ns: int) -> None:
        """A wrong clock ends the session; a field that is missing or malformed is rejected as any other would be."""
        if fault.startswith(ACCURACY):
            self._reject_and_end(message, seq, FieldRefusal(10, "52", fault), now_ns)
        elif seq != self._port.in_next:
            self._out_of_sequence(message, message.msg_type, seq, b"", now_ns)
        else:
            self.move(seq + 1)
            refusal = FieldRefusal(6, "52", fault) if "52" in message.fields else FieldRefusal(1, "52", MISSING)
            self._refuse(message, seq, refusal, now_ns)

    def _refuse(self, message: Message, seq: int, refusal: FieldRefusal, now_ns: int) -> None:
        self._reject("3", reject_body(self._dialect, seq, message.msg_type, refusal), now_ns)

    def _reject_and_end(self, message: Message, seq: int, refusal: FieldRefusal, now_ns: int) -> None:
        """A session Reject, then a Logout: who sends this is out of step or is not who it claims to be."""
        if seq == self._port.in_next:
            self.move(seq + 1)
        self._refuse(message, seq, refusal, now_ns)
        self.submit()
        self._owner.end(refusal.text, now_ns)

    def _reset(self, message: Message, seq: int, now_ns: int) -> None:
        try:
            self._admin.reset(message)
        except FieldRefusal as refusal:
            self._refuse(message, seq, refusal, now_ns)

    def _out_of_sequence(self, message: Message, msg_type: str, seq: int, frame: bytes, now_ns: int) -> None:
        expected = self._port.in_next
        if seq > expected:
            self._beyond(message, msg_type, seq, frame, now_ns)
        elif message.fields.get("43") == "Y":
            self._check_poss_dup(message, seq, now_ns)
        elif msg_type == "5":
            # Both want to go; a client that is out of step can't know the number (test case 2c).
            self._act(message, msg_type, seq, now_ns)
        else:
            self.submit()
            self._owner.end(f"MsgSeqNum too low, expecting {expected} but received {seq}", now_ns)

    def _beyond(self, message: Message, msg_type: str, seq: int, frame: bytes, now_ns: int) -> None:
        """A message beyond a gap: the first shows the gap, which is asked for. ``frame`` empty: it can't be kept."""
        gap = self._gap
        if msg_type in _SEQUENCE_FREE:
            self._act(message, msg_type, seq, now_ns)
            if self._owner.state is not State.ACTIVE:
                return
            gap.keep(seq)
        elif frame:
            gap.keep(seq, frame)
        is_new = not gap.upto
        gap.upto = max(gap.upto, seq)
        if is_new:
            self.ask(now_ns)

    def ask(self, now_ns: int) -> None:
        """Asks the client for what is missing from the number expected on, or for the first chunk of it."""
        self._owner.admin("2", self._gap.request(self._port.in_next), now_ns)

    def _check_poss_dup(self, message: Message, seq: int, now_ns: int) -> bool:
        """Whether a message that says it may be a duplicate (43=Y) says so correctly: 122 is there and not after 52."""
        fields = message.fields
        flag, original = fields["43"], fields.get("122")
        if flag != "Y" or (original is None and message.msg_type == "4"):
            return True  # a flag that is neither Y nor N is the dictionary's to refuse
        if original is None:
            refusal = FieldRefusal(1, "122", MISSING)
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
            self.move(seq + 1)
        self._refuse(message, seq, refusal, now_ns)
        return False
