"""Plays a FIX conformance case against the pure session: a text file of what the client sends and the venue answers.

One step a line; ``#`` starts a comment. Messages are ``tag=value|tag=value``; what the client's lines leave out of the
header (49, 56, 52) is filled in, and ``<now-300>`` is the time 300 s ago. A ``<`` line must name every field of the
venue's next message but 8, 9, 10, 49, 56, 52, 60 and 122, in any order; ``*`` stands for any value, and as the last
field for any others.

===========================  ==========================================================================================
``numbers IN OUT``           the session's next numbers before the Logon (else 1 1); first line only
``done N``                   the journal holds the outcome of inbound number N
``> message``                the client sends it (with right 9 and 10; ``>raw`` sends the text as it is)
``< message``                the venue has sent it next; ``< nothing``: nothing more
``tick S``                   S seconds pass, a quarter at a time
``journal CLORDID``          the journal numbers an acceptance of that order, not durable yet
``durable``                  what was journaled becomes durable; ``hold`` keeps a Logon from becoming so at once
``refused TEXT``             the Logon was refused with that text
``disconnect TEXT``          the venue ends the session
``closed TEXT``              the session is over, for that reason; ``open``: it is not
``next N``                   the venue expects N next
``command WORDS``            the next command submitted: class, ClOrdID, in_from-in_seq; ``none``: no more
``asked WORDS``              what it asks for, in the engine's words (:func:`fix_book.described`)
``accept [WAIT]``            the journal numbers its acceptance, as an order that waits so, or its refusal
``happens EVENT CLORDID …``  … what becomes of the order: ``triggered TRIGGER|ENTRY``, ``restated REASON QTY``,
                             ``expired REASON``, ``canceled REASON``, ``filled QTY PX``, ``crossed QTY PX`` (filled
                             by an auction), ``busted`` and ``corrected QTY PX`` (its last fill)
``query WORDS``              the next query: class, ClOrdID or symbol id
===========================  ==========================================================================================
"""

from __future__ import annotations

import re
from pathlib import Path

from fix_book import FixBook, described
from fix_fields import check
from fix_venue import NOW, SECOND, FakePort, frame, shown

from engine.commands import RejectCommand
from engine.queries import DepthQuery, OrderStatusAnswer, OrderStatusQuery
from engine.reports import Report
from gateways.fix.codec import Framer
from gateways.fix.logon import LogonRefusal, read_logon
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.state import State
from gateways.fix.times import format_utc

_ANY = ("8", "9", "10", "49", "56", "52", "60", "122")
_RELATIVE = re.compile(r"<now([+-]\d+)?>")


class CaseFailed(AssertionError):
    """A step did not go as written."""


class Player:
    """One case: ``play`` runs it, and raises :class:`CaseFailed` with the line that is not true."""

    def __init__(self, path: Path, begin_string: str) -> None:
        self.settings = FixSettings(resend_timeout_s=20.0, logout_timeout_s=4.0, resends_max=2)
        self.begin_string = begin_string
        self.path = path
        self.port = FakePort(begin_string)
        self.session: FixSession | None = None
        self.framer = Framer(self.settings.message_size_max)
        self.out = Framer(1 << 20)
        self.now_ns = NOW
        self.refused = ""
        self.book = FixBook()
        self.pending: list[Report] = []
        self.holding = False
        self.commands_seen = 0
        self.queries_seen = 0

    def play(self) -> None:
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            step = line.partition("#")[0].strip() if not line.startswith(">raw") else line
            if not step:
                continue
            word, _, rest = step.partition(" ")
            try:
                getattr(self, self._steps[word])(rest)
            except AssertionError as error:
                raise CaseFailed(f"{self.path.name}:{number}: {line}\n{error}") from None
        leftover = self.out.take(1)
        assert not leftover, f"{self.path.name}: the venue also sent {shown(leftover[0])}"

    _steps = {  # noqa: RUF012
        "numbers": "_numbers",
        "done": "_done",
        ">": "_send",
        ">raw": "_send_raw",
        "<": "_expect",
        "tick": "_tick",
        "journal": "_journal",
        "durable": "_durable",
        "hold": "_hold",
        "refused": "_refused",
        "disconnect": "_disconnect",
        "closed": "_closed",
        "open": "_open",
        "next": "_next",
        "command": "_command",
        "asked": "_asked",
        "accept": "_accept",
        "happens": "_happens",
        "query": "_query",
    }

    # ---- steps ------------------------------------------------------------------------------------------------

    def _numbers(self, rest: str) -> None:
        in_next, out_next = map(int, rest.split())
        self.port = FakePort(self.begin_string, in_next, out_next)

    def _done(self, rest: str) -> None:
        self.port.done.add(int(rest))

    def _hold(self, rest: str) -> None:
        self.holding = True

    def _send(self, rest: str) -> None:
        text = _RELATIVE.sub(lambda found: self._time(int(found[1] or 0)), rest)
        fields = text.split("|")
        tags = [field.partition("=")[0] for field in fields]
        begin_string = self.begin_string
        if tags[0] == "8":
            begin_string = fields.pop(0)[2:]
        for tag, value in (("49", "BROKER1"), ("56", "TRADEENGINE"), ("52", self._time(0))):
            if tag not in tags:
                fields.insert(2, f"{tag}={value}")
        # "52=" alone leaves the field out.
        kept = [field for field in fields if field not in ("49=", "56=", "52=", "34=")]
        self._feed(frame("|".join(kept), begin_string=begin_string))

    def _send_raw(self, rest: str) -> None:
        self._feed(rest.replace("|", "\x01").encode("latin-1"))

    def _expect(self, rest: str) -> None:
        sent = self.out.take(1)
        if rest == "nothing":
            assert not sent, f"the venue sent {shown(sent[0])}"
            return
        assert sent, "the venue sent nothing"
        text = shown(sent[0])
        check(self.begin_string, dict(field.split("=", 1) for field in text.split("|")))
        got = [field for field in text.split("|") if field.partition("=")[0] not in _ANY]
        for field in rest.removesuffix("|*").split("|"):
            tag, _, value = field.partition("=")
            found = [item for item in text.split("|") if item.partition("=")[0] == tag]
            assert found, f"no tag {tag} in {text}"
            assert value == "*" or f"{tag}={value}" in found, f"expected {field} in {text}"
            got = [item for item in got if item.partition("=")[0] != tag]
        assert not got or rest.endswith("|*"), f"more than expected: {got} in {text}"

    def _tick(self, rest: str) -> None:
        assert self.session is not None
        for _ in range(int(float(rest) * 4)):
            self.now_ns += SECOND // 4
            self.session.tick(0.25, self.now_ns)

    def _journal(self, rest: str) -> None:
        self.pending.append(self.port.accepted(rest))

    def _durable(self, rest: str) -> None:
        assert self.session is not None
        if self.session.state is State.LOGGING_ON:
            self.pending.extend(self.port.logged_on())
        reports, self.pending = self.pending, []
        self.session.deliver(self.port.release(*reports), self.now_ns)
        self._serve_resends()
        self._answer_barrier()

    def _refused(self, rest: str) -> None:
        assert self.refused == rest, f"refused: {self.refused!r}"

    def _disconnect(self, rest: str) -> None:
        assert self.session is not None
        self.session.disconnect(rest, self.now_ns)

    def _closed(self, rest: str) -> None:
        assert self.session is not None
        assert self.session.state is State.CLOSED, self.session.state
        assert self.session.close_reason == rest, f"closed because: {self.session.close_reason}"
        assert len(self.port.logouts) == 1

    def _open(self, rest: str) -> None:
        assert self.session is not None
        assert self.session.state is State.ACTIVE, f"{self.session.state}: {self.session.close_reason}"

    def _next(self, rest: str) -> None:
        assert self.port.in_next == int(rest), f"expects {self.port.in_next}"

    def _command(self, rest: str) -> None:
        if rest == "none":
            assert len(self.port.submitted) == self.commands_seen, self.port.submitted[-1]
            return
        assert len(self.port.submitted) > self.commands_seen, "no command was submitted"
        command = self.port.submitted[self.commands_seen]
        self.commands_seen += 1
        words = [type(command).__name__]
        if isinstance(command, RejectCommand):
            words += [str(int(command.reason))]
            command = command.command
        words += [command.cl_ord_id, f"{command.in_from}-{command.in_seq}"]
        assert " ".join(words) == rest, " ".join(words)

    def _asked(self, rest: str) -> None:
        words = described(self.port.submitted[self.commands_seen - 1])
        assert words == rest, words

    def _accept(self, rest: str) -> None:
        for event in self.book.accept(self.port.submitted[self.commands_seen - 1], rest):
            self.pending.append(self.port.stamp(event, event.order))  # type: ignore[union-attr]
        self.port.orders = self.book.orders

    def _happens(self, rest: str) -> None:
        self.pending.append(self.port.stamp(*self.book.happens(rest)))

    def _query(self, rest: str) -> None:
        assert len(self.port.queries) > self.queries_seen, "no query was made"
        query = self.port.queries[self.queries_seen]
        self.queries_seen += 1
        words = [type(query).__name__]
        if isinstance(query, OrderStatusQuery):
            words.append(query.cl_ord_id)
        elif isinstance(query, DepthQuery):
            words.append(f"{query.symbol_id} {query.levels}")
        assert " ".join(words) == rest, " ".join(words)

    # ---- the wire ---------------------------------------------------------------------------------------------

    def _time(self, offset_s: int) -> str:
        return format_utc(self.now_ns + offset_s * SECOND)

    def _feed(self, data: bytes) -> None:
        self.framer.feed(data)
        if self.session is None:
            for first in self.framer.take(1):
                self._log_on(first)
        if self.session is not None and self.session.state is not State.LOGGING_ON:
            self.session.receive(self.framer.take(1000), self.now_ns)
            self._serve_resends()
            self._answer_barrier()
        if self.session is not None and self.session.state is State.LOGGING_ON and not self.holding:
            self._durable("")

    def _log_on(self, first: bytes) -> None:
        try:
            logon = read_logon(first, self.now_ns, self.settings)
        except LogonRefusal as refusal:
            self.refused = str(refusal)
            self.out.feed(refusal.reply)
            return
        self.session = FixSession(logon, self.port, self.settings, self.out.feed)
        self.session.start(self.now_ns)

    def _answer_barrier(self) -> None:
        """The question behind a Logout is answered when nothing is on its way any more."""
        assert self.session is not None
        last = self.port.queries[-1] if self.port.queries else None
        if isinstance(last, OrderStatusQuery) and not last.cl_ord_id and not self.pending:
            self.port.queries.pop()
            self.session.answer(OrderStatusAnswer(last, None), self.now_ns)

    def _serve_resends(self) -> None:
        """What the connection does with the journal's chunks, at once."""
        session, port = self.session, self.port
        assert session is not None
        while session.resending and session.state is not State.CLOSED:
            resend = session.next_resend()
            due = session.behind
            if resend is not None:
                session.resend(resend, self._kept(resend.begin, resend.end), self.now_ns)
                session.resent(resend, self.now_ns)
            elif due is not None:
                session.catch_up(self._kept(*due), self.now_ns)
                session.caught_up(due[1], self.now_ns)
            else:
                session.go_live(self.now_ns)
                break
        assert port.in_next > 0

    def _kept(self, begin: int, end: int) -> list[Report]:
        return [report for number, report in sorted(self.port.sent.items()) if begin <= number <= end]
