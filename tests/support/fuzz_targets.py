"""What fuzzing feeds: each target takes bytes or messages, and raises what no bytes may ever cause.

``consume(mutator, count)`` is the seeded run; the coverage-guided one calls ``restart()`` and ``one(data)``. A target
keeps nothing over many messages but what the code under test keeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fix_venue import NOW, SOH, FakePort, frame, header
from fuzz_mutator import Mutator, is_sound

from engine.commands import ClientCommand, RejectCommand
from engine.queries import OrderStatusAnswer, OrderStatusQuery
from engine.session_profile import UnknownTags
from gateways.fix.codec import Framer, parse
from gateways.fix.logon import LogonRefusal, read_logon
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.state import State
from gateways.fix.validation import validator_for
from tradeengine.fix_decode import decode
from tradeengine.fix_log import LogScanner, RawMessage
from tradeengine.fix_show import block, compact

SETTINGS = FixSettings()
_TAKEN_MAX = 64
"""Frames taken at a time."""
_PASSWORDS = frozenset({"554", "925"})
_BATCH = 12
"""Messages that come together at the most."""


class Violated(AssertionError):
    """Something that no bytes may cause; with the bytes."""


class Target(Protocol):
    counts: dict[str, int]
    """What has happened, by name."""

    def consume(self, mutator: Mutator, count: int) -> None:
        """``count`` mutated messages."""

    def one(self, data: bytes) -> None:
        """Bytes as they come."""

    def restart(self) -> None:
        """Forget what has come: what follows does what it does by itself."""


class CheckedFramer:
    """A Framer whose every frame is held against what was fed and against the oracle."""

    def __init__(self) -> None:
        self._framer = Framer(SETTINGS.message_size_max)
        self._fed = b""

    def frames(self, data: bytes) -> list[bytes]:
        self._framer.feed(data)
        self._fed += data
        found: list[bytes] = []
        while taken := self._framer.take(_TAKEN_MAX):
            found += taken
        for each in found:
            before, seen, self._fed = self._fed.partition(each)
            if not seen:
                raise Violated(f"a frame that was never fed: {each!r}, before it {before!r}")
            if not is_sound(each):
                raise Violated(f"a frame whose length or checksum is wrong: {each!r}")
        self._fed = self._fed[-2 * SETTINGS.message_size_max :]
        return found


class Parsing:
    """Framer, parse, and validation by the dictionary with each treatment of unknown tags."""

    def __init__(self, begin_string: str) -> None:
        self.counts = {"frames": 0, "valid": 0}
        self._framer = CheckedFramer()
        self._validators = [validator_for(begin_string, treatment) for treatment in UnknownTags]

    def restart(self) -> None:
        """Forget what has come."""
        self._framer = CheckedFramer()

    def consume(self, mutator: Mutator, count: int) -> None:
        stream = b"".join([mutator.message(number) for number in range(count)])
        for segment in mutator.segments(stream):
            self.one(segment)

    def one(self, data: bytes) -> None:
        for nth, each in enumerate(self._framer.frames(data)):
            self.counts["frames"] += 1
            message = parse(each)
            if message.fault is None and SOH.join(map("=".join, message.pairs)) != each[:-8].decode("latin-1"):
                raise Violated(f"fields are lost: {each!r}")
            fault = self._validators[nth % len(self._validators)].check(message)
            if fault is None:
                self.counts["valid"] += 1
            elif not (0 <= fault.reason <= 99 and fault.text and SOH not in fault.text + fault.tag):
                raise Violated(f"no Reject can say {fault!r}: {each!r}")


class Logons:
    """The reader of a connection's first message."""

    def __init__(self) -> None:
        self.counts = {"frames": 0, "accepted": 0}

    def restart(self) -> None:
        """Nothing is kept."""

    def consume(self, mutator: Mutator, count: int) -> None:
        for _ in range(count):
            self.one(mutator.message(1))

    def one(self, data: bytes) -> None:
        for each in CheckedFramer().frames(data):
            self.counts["frames"] += 1
            try:
                read_logon(each, NOW, SETTINGS)
            except LogonRefusal as refusal:
                if refusal.reply and not is_sound(refusal.reply):
                    raise Violated(f"a Logout that nobody can read: {refusal.reply!r}") from refusal
                if each.count(b"secret") == each.count(b"\x01554=secret\x01") and "secret" in str(refusal):
                    raise Violated(f"a password is told: {refusal}") from refusal
            else:
                self.counts["accepted"] += 1


class Decoding:
    """``tradeengine fix decode``: the scanner of logs and what it prints."""

    def __init__(self) -> None:
        self.counts = {"decoded": 0, "whole": 0}
        self.restart()

    def restart(self) -> None:
        """A new log."""
        self._scanner = LogScanner()

    def consume(self, mutator: Mutator, count: int) -> None:
        log = b"".join([b"20261121-12:00:00 : %s\n" % mutator.message(number) for number in range(count)])
        for segment in mutator.segments(log):
            self.one(segment)
        self._take(self._scanner.finish())
        self.restart()

    def one(self, data: bytes) -> None:
        self._take(self._scanner.feed(data))

    def _take(self, found: Iterable[RawMessage]) -> None:
        for raw in found:
            self.counts["decoded"] += 1
            message = decode(raw)
            self.counts["whole"] += not message.faults
            lines = block(message) + compact(message)
            if not lines.isprintable() and not lines.replace("\n", "").isprintable():
                raise Violated(f"control characters go to a terminal: {lines!r}")
            if any(field.tag in _PASSWORDS and field.value == "secret" for field in message.fields):
                raise Violated(f"a password is told: {lines}")


class Orders(FakePort):
    """A port that makes sure that orders come from sound frames alone; every third is accepted at once."""

    def __init__(self, begin_string: str, counts: dict[str, int]) -> None:
        super().__init__(begin_string)
        self.reading: list[bytes] = []
        """The frames that the session was given last."""
        self._counts = counts

    def submit(self, commands: list[ClientCommand]) -> None:
        super().submit(commands)
        numbers = [number for each in self.reading if (number := _number(each))]
        refused = 0
        for command in commands:
            if isinstance(command, RejectCommand):
                command = command.command
                refused += 1
            if command.in_seq not in numbers:
                raise Violated(f"{command!r} comes from none of {self.reading!r}")
        self._counts["orders"] += len(commands) - refused
        self._counts["refused orders"] += refused


def _number(each: bytes) -> int:
    """MsgSeqNum of a frame that may hold anything."""
    text = each.partition(b"\x0134=")[2].partition(b"\x01")[0]
    return int(text) if text.isdigit() else 0


class Sessions:
    """A whole session: bytes in, commands, queries and bytes out. One that ends is followed by a new one."""

    _LIFE = 3000
    """Messages that a session lives at the most."""

    def __init__(self, begin_string: str) -> None:
        self.counts = dict.fromkeys(("frames", "sessions", "orders", "refused orders", "queries", "sent"), 0)
        self._begin_string = begin_string
        self._sent = Framer(1 << 24)
        self._open()

    def consume(self, mutator: Mutator, count: int) -> None:
        while count > 0:
            size = min(count, 1 + int(mutator.rng.random() * _BATCH))
            count -= size
            first = self._port.in_next
            stream = b"".join([mutator.message(first + nth) for nth in range(size)])
            for segment in mutator.segments(stream):
                self.one(segment)

    def one(self, data: bytes) -> None:
        frames = self._framer.frames(data)
        self.counts["frames"] += len(frames)
        self._life += len(frames)
        while frames:
            session = self._session
            if session.state not in (State.ACTIVE, State.LOGOUT_SENT) or self._life > self._LIFE:
                session.connection_lost("the fuzzer hangs up")
                self._open()
                return
            # What waits beyond a gap may be read later: its orders come from frames of earlier batches.
            self._port.reading = (self._port.reading + frames)[-512:]
            session.receive(frames[:_TAKEN_MAX], NOW)
            frames = frames[_TAKEN_MAX:]
            self._venue_answers()
        for each in self._written():
            self.counts["sent"] += 1
            if not is_sound(each):
                raise Violated(f"the venue sends what nobody can read: {each!r}")

    def restart(self) -> None:
        """A new session."""
        self._open()

    def _written(self) -> list[bytes]:
        written = self._sent.take(1000)
        if self._sent.garbled:
            raise Violated("the venue sends garbage")
        return written

    def _open(self) -> None:
        self._port = Orders(self._begin_string, self.counts)
        self._framer = CheckedFramer()
        self._life = 0
        self.counts["sessions"] += 1
        version = "1137=9|" if self._begin_string == "FIXT.1.1" else ""
        logon = frame(header("A", 1) + "98=0|108=30|" + version, begin_string=self._begin_string)
        request = read_logon(logon, NOW, SETTINGS)
        self._session = FixSession(request, self._port, SETTINGS, self._sent.feed)
        self._session.start(NOW)
        self._session.deliver(self._port.logged_on(), NOW)

    def _venue_answers(self) -> None:
        """Logons and every third order become durable, queries and ResendRequests are answered."""
        port, session = self._port, self._session
        if session.state is State.LOGGING_ON and port.logons:
            session.deliver(port.logged_on(), NOW)
        for command in port.submitted[::3]:
            if hasattr(command, "cl_ord_id") and not isinstance(command, RejectCommand):
                report = port.accepted(command.cl_ord_id)
                port.orders[command.cl_ord_id] = report.order  # type: ignore[assignment]
                session.deliver(port.release(report), NOW)
        port.submitted.clear()
        self.counts["queries"] += len(port.queries)
        queries, port.queries = port.queries, []
        for query in queries:
            if isinstance(query, OrderStatusQuery):
                session.answer(OrderStatusAnswer(query, None), NOW)
        self._serve_resends()
        session.tick(0.25, NOW)

    def _serve_resends(self) -> None:
        session, sent = self._session, self._port.sent
        while session.resending and session.state is not State.CLOSED:
            due = session.resends.behind
            if (resend := session.resends.next()) is not None:
                kept = [sent[number] for number in range(resend.begin, resend.end + 1) if number in sent]
                session.resends.send(resend, kept, NOW)
                session.resends.finish(resend, NOW)
            elif due is not None:
                session.resends.catch_up([sent[number] for number in range(due[0], due[1] + 1) if number in sent], NOW)
                session.resends.caught_up(due[1], NOW)
            else:
                session.resends.go_live(NOW)
