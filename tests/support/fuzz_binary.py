"""What fuzzing feeds of the binary gateway: a session that reads requests, and the logins before it.

What is held against what: as many packets come out as went in, however they were cut; each request has one outcome, in
order; what is answered is a packet; what is refused or submitted is what the journal can hold.
"""

from __future__ import annotations

from typing import Final

from fix_venue import directory
from fuzz_binary_mutator import BinaryMutator
from fuzz_targets import Violated
from stamped_reports import reports_of

from actors.refusals import refused
from engine.commands import RejectCommand
from engine.events import Record, SessionOpened
from engine.reports import addressees
from engine.session import SessionState
from engine.wire import decode_record, encode_record
from gateways.binary import authentication, codec, soup
from gateways.binary.inbound import RequestReader, Turn
from gateways.binary.outbound import encode_reports
from gateways.binary.rejects import MessageRefused
from gateways.binary.session import LoginRequested, MessagesReceived, ProtocolViolated, ServerSession, State
from gateways.binary.settings import BinarySettings

_SESSION: Final = SessionOpened(3, "SOUPBIN", "TRADR1", "", "TRADR1", "-", "FIRM", [11, 12], 11)
_LOGIN: Final = soup.login_request(soup.LoginRequest("TRADR1", "demo", "", 0))
_SETTINGS: Final = BinarySettings()
_TOGETHER: Final = 40
"""Packets that come together at the most."""
_FOLLOWED: Final = 16
"""Of so many refused commands one is followed into the journal and out again."""
_MESSAGE_REJECT: Final = codec.MESSAGE_REJECT.head


class BinarySessions:
    """Packets and SBE requests after a login; a connection that ends is followed by a new one."""

    _LIFE = 3000

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("payloads", "sessions", "orders", "refused orders", "queries", "answers"), 0)
        self._open()

    def consume(self, mutator: BinaryMutator, count: int) -> None:
        while count > 0:
            size = min(count, 1 + int(mutator.rng.random() * _TOGETHER))
            count -= size
            for segment in mutator.segments(b"".join(mutator.messages(size))):
                self.one(segment)

    def one(self, data: bytes) -> None:
        if self._session.state is State.ENDED or self._life > self._LIFE:
            self._open()
        for event in self._session.receive(data, 0.0):
            if type(event) is MessagesReceived:
                self._life += len(event.payloads)
                self._read(event.payloads)
            elif type(event) is LoginRequested:
                raise Violated(f"a second login: {data!r}")
            else:
                self._session.end()

    def restart(self) -> None:
        """Forget what has come."""
        self._open()

    def _read(self, payloads: list[bytes]) -> None:
        counts = self.counts
        outcomes = 0
        for turn in self._taken(payloads):
            if type(turn) is list:
                refusals = [command for command in turn if type(command) is RejectCommand]
                counts["refused orders"] += len(refusals)
                counts["orders"] += len(turn) - len(refusals)
                outcomes += len(turn)
                for refusal in refusals[::_FOLLOWED]:
                    self._follow(refusal)
                continue
            outcomes += 1
            if type(turn) is bytes:
                counts["answers"] += 1
                if not turn.startswith(_MESSAGE_REJECT) or turn[0] << 8 | turn[1] != len(turn) - 2:
                    _check_packets(turn)
            else:
                counts["queries"] += 1
        counts["payloads"] += len(payloads)
        if outcomes != len(payloads):
            raise Violated(f"{outcomes} outcomes of {len(payloads)} requests: {payloads!r}")

    def _taken(self, payloads: list[bytes]) -> list[Turn]:
        """As a session takes them that is within its rate, one that is not, or one that has still to sign."""
        self._reads += 1
        if self._reads % 8 == 0:
            rate = iter(range(self._reads, self._reads + len(payloads)))
            return self._reader.read_within(payloads, lambda is_cancel: "" if is_cancel or next(rate) % 3 else "slow")
        if self._reads % 8 == 1:
            for payload in filter(authentication.is_authenticate, payloads):
                try:
                    authentication.read_authenticate(payload)
                except MessageRefused as refused:
                    self.counts["answers"] += bool(refused.text)
        return self._reader.read(payloads)

    def _follow(self, refusal: RejectCommand) -> None:
        """As the venue refuses it: journaled, read again, reported."""
        events = refused(self._state, refusal)
        numbers = list(range(1, len(addressees(events)) + 1))
        record = Record(1, _SESSION.session_id, 0, 0, numbers, events)
        again = decode_record(encode_record(record))
        if again != record:
            raise Violated(f"the journal does not hold {refusal!r}")
        _check_packets(encode_reports([report for _, report in reports_of(1, again)]))

    def _open(self) -> None:
        self.counts["sessions"] += 1
        self._life = self._reads = 0
        self._session = ServerSession(_SETTINGS, 0.0)
        self._state = SessionState(_SESSION)
        self._reader = RequestReader(_SESSION, directory())
        (event,) = self._session.receive(_LOGIN, 0.0)
        if not isinstance(event, LoginRequested):
            raise Violated("no login")
        if self.counts["sessions"] % 4:
            self._session.accept(1)
        else:
            self._session.challenge(1)
            self._session.proved(0.0)


class BinaryLogins:
    """The first bytes of a connection: logins that are nearly right, and what no client may send before one."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("valid", "violations", "waiting"), 0)

    def consume(self, mutator: BinaryMutator, count: int) -> None:
        for _ in range(count):
            self.one(mutator.login())

    def one(self, data: bytes) -> None:
        session = ServerSession(_SETTINGS, 0.0)
        at = len(data) // 2
        events = [*session.receive(data[:at], 0.0), *session.receive(data[at:], 0.0)]
        if not events:
            self.counts["waiting"] += 1
            return
        event = events[0]
        if len(events) > 1 or isinstance(event, MessagesReceived):
            raise Violated(f"{events!r} before the login has its answer: {data!r}")
        if isinstance(event, LoginRequested):
            self._check(event.request, data)
            self.counts["valid"] += 1
        elif isinstance(event, ProtocolViolated):
            if "secret" in event.reason:
                raise Violated(f"a password is told: {event.reason}")
            self.counts["violations"] += 1

    def restart(self) -> None:
        """Nothing is kept."""

    def _check(self, request: soup.LoginRequest, data: bytes) -> None:
        fields = (request.username, request.password, request.session)
        sizes = (soup.USERNAME_SIZE, soup.PASSWORD_SIZE, soup.SESSION_SIZE)
        fit = all(len(field) <= size for field, size in zip(fields, sizes, strict=True))
        if not (fit and 0 <= request.sequence < 10**soup.SEQUENCE_SIZE):
            raise Violated(f"{request!r} of {data!r}")


def _check_packets(turn: bytes) -> None:
    found = soup.split(turn, soup.PAYLOAD_MAX)
    if found.error or found.rest or not found.packets:
        raise Violated(f"an answer that is no packet: {turn!r}")
    for _, payload in found.packets:
        block_length, template_id, schema_id, _ = codec.HEADER.unpack_from(payload)
        if schema_id != codec.SCHEMA_ID or len(payload) < codec.HEADER_SIZE + block_length:
            raise Violated(f"an answer that nobody can read: template {template_id}, {payload!r}")
