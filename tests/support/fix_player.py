"""Plays a FIX conformance case over TCP against the acceptor: a text file of what clients send and the venue answers.

One step a line; ``#`` starts a comment, ``|`` stands for SOH. The steps on the wire are those of QuickFIX's acceptance
tests. With ``I2,`` and the like they are of another connection than 1.

===========================  ==========================================================================================
``iCONNECT``                 a client opens a connection; ``iDISCONNECT``: it closes it
``I35=A|34=1|…``             it sends a message: 8, 9 and 10 are put around it, and 49, 56 and 52 in, unless they are
                             there; ``52=`` alone leaves the field out. ``<now-300>`` is the time 300 s ago
``Iraw 8=FIX.4.4|9=…``       it sends the text as it is, but ``<len>`` and ``<sum>`` as the right BodyLength and
                             CheckSum
``E35=A|34=1|…``             the next message that comes says that and nothing else but 8, 9, 10, 49, 56, 52, 60 and
                             122, in any order. ``58=*``: any value; ``58=~text.*``: one that matches; ``*`` as the last
                             field: any others
``E nothing``                no more has come; ``eDISCONNECT``: and the venue has ended the connection
``setting NAME VALUE``       of the acceptor; ``profile NAME VALUE``: of the session. Before the first connection
``numbers IN OUT``           the session's next numbers before the Logon (else 1 1)
``done N``                   the journal holds the outcome of inbound number N
``credit N``                 the venue has credit for N commands that are not durable
``tick S``                   S seconds pass, a quarter at a time
``journal CLORDID``          the journal numbers an acceptance of that order, not durable yet
``durable``                  what was journaled becomes durable; ``hold`` keeps a Logon from becoming so at once
``disconnect TEXT``          the venue ends the session
``closed TEXT``              the last connection that ended did so for that reason; ``open``: the session goes on
``next N``                   the venue expects N next
``command WORDS``            the next command submitted: class, ClOrdID, in_from-in_seq; ``none``: no more
``asked WORDS``              what it asks for, in the engine's words (:func:`fix_book.described`)
``accept [WAIT]``            the journal numbers its acceptance, as an order that waits so, or its refusal
``happens EVENT CLORDID …``  … what becomes of the order: ``triggered TRIGGER|ENTRY``, ``restated REASON QTY``,
                             ``expired REASON``, ``canceled REASON``, ``filled QTY PX``, ``crossed QTY PX`` (filled
                             by an auction), ``busted`` and ``corrected QTY PX`` (its last fill)
``query WORDS``              the next query: class, ClOrdID, ListID or symbol id; ``answered``: with what the port knows
===========================  ==========================================================================================

Nothing here waits for a clock: time is the case's own, and a step begins when all tasks are blocked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec
import trio
from fix_book import FixBook, described
from fix_stage import Peer, Stage
from fix_venue import SECOND, client_text, frame
from trio.testing import MockClock

from engine.commands import RejectCommand
from engine.queries import DepthQuery, ListStatusAnswer, ListStatusQuery, OrderStatusAnswer, OrderStatusQuery
from engine.session_profile import UnknownTags
from gateways.fix.codec import checksum, parse
from gateways.fix.times import format_utc
from gateways.fix.validation import validator_for

_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_ANY = frozenset({"8", "9", "10", "49", "56", "52", "60", "122"})
_RELATIVE = re.compile(r"<now([+-]\d+)?>")
_WIRE = re.compile(r"([IEie])(?:(\d+),)?(.*)")


class CaseFailed(AssertionError):
    """A step did not go as written."""


def play(path: Path, begin_string: str) -> None:
    """Plays the case in ``path``.

    Raises:
        CaseFailed: with the line that is not true.
    """
    clock = MockClock()
    trio.run(Player(path, begin_string, clock).play, clock=clock)


class Player:
    """One case."""

    def __init__(self, path: Path, begin_string: str, clock: MockClock) -> None:
        self.path = path
        self.begin_string = begin_string
        self.stage = Stage(begin_string, clock)
        self.port = self.stage.port
        self.book = FixBook()
        self.peers: dict[str, Peer] = {}
        self.commands_seen = 0
        self.queries_seen = 0

    async def play(self) -> None:
        failure: AssertionError | None = None
        async with trio.open_nursery() as nursery:
            try:
                await self._play(nursery)
            except AssertionError as error:
                failure = error
            finally:
                for peer in self.peers.values():
                    peer.close()
                nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _play(self, nursery: trio.Nursery) -> None:
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            step = line if line.startswith("Iraw ") else line.partition("#")[0].strip()
            if not step:
                continue
            try:
                if not self.stage.is_open and step.startswith("i"):
                    await self.stage.open(nursery)
                await self._step(step)
            except AssertionError as error:
                raise CaseFailed(f"{self.path.parent.name}/{self.path.name}:{number}: {line}\n{error}") from None
        for name, peer in self.peers.items():
            left = peer.take()
            if left is not None:
                raise CaseFailed(f"{self.path.parent.name}/{self.path.name}: left on connection {name}: {left}")

    async def _step(self, step: str) -> None:
        on_wire = _WIRE.fullmatch(step)
        if on_wire is not None:
            kind, name, rest = on_wire.groups()
            await self._wire[kind](self, name or "1", rest.strip())
        else:
            word, _, rest = step.partition(" ")
            result = self._words[word](self, rest)
            if result is not None:
                await result
        await self._settle()

    async def _settle(self) -> None:
        """Until nothing is under way any more, a Logout's barrier answered when nothing is."""
        await self.stage.quiet()
        queries = self.port.queries
        last = queries[-1] if queries else None
        if isinstance(last, OrderStatusQuery) and not last.cl_ord_id and not self.port.pending:
            queries.pop()
            if self.port.connection is not None:
                self.port.connection.answer(OrderStatusAnswer(last, None))
            await self.stage.quiet()

    # ---- the wire ---------------------------------------------------------------------------------------------------

    async def _client_acts(self, name: str, what: str) -> None:
        if what == "CONNECT":
            self.peers[name] = await self.stage.connect()
        else:
            assert what == "DISCONNECT", what
            self.peers.pop(name).close()

    async def _client_sends(self, name: str, text: str) -> None:
        text = _RELATIVE.sub(lambda found: format_utc(self.stage.now_ns + int(found[1] or 0) * SECOND), text)
        if text.startswith("raw "):
            data = _completed(text[4:].replace("|", "\x01"))
        else:
            begin_string, text = client_text(text, self.begin_string, format_utc(self.stage.now_ns))
            data = frame(text, begin_string=begin_string)
        self.peers[name].send(data)

    async def _venue_sends(self, name: str, text: str) -> None:
        found = await self.stage.next_message(self.peers[name], wanted=text != "nothing")
        if text == "nothing":
            assert found is None, f"the venue sent {found}"
            return
        assert found is not None, "the venue sent nothing"
        fault = validator_for(self.begin_string, UnknownTags.REJECT).check(parse(found.data))
        assert fault is None, f"the dictionary finds fault with {found}: {fault}"
        found.compare(text, _ANY)

    async def _venue_acts(self, name: str, what: str) -> None:
        assert what == "DISCONNECT", what
        peer = self.peers[name]
        left = await self.stage.next_message(peer, wanted=False)
        assert left is None, f"the venue sent {left}"
        assert peer.ended, "the connection is open"
        self.peers.pop(name).close()

    # ---- the venue --------------------------------------------------------------------------------------------------

    def _setting(self, rest: str) -> None:
        name, _, value = rest.partition(" ")
        self.stage.settings = _with(self.stage.settings, name, value)

    def _profile(self, rest: str) -> None:
        name, _, value = rest.partition(" ")
        session = self.port.session
        self.port.session = msgspec.structs.replace(session, profile=_with(session.profile, name, value))

    def _numbers(self, rest: str) -> None:
        in_next, out_next = map(int, rest.split())
        self.port.count_from(in_next, out_next)

    def _done(self, rest: str) -> None:
        self.port.done.add(int(rest))

    def _credit(self, rest: str) -> None:
        self.port.grant(int(rest))

    def _hold(self, rest: str) -> None:
        self.port.holding = True

    async def _tick(self, rest: str) -> None:
        for _ in range(int(float(rest) * 4)):
            await self.stage.pass_time(0.25)

    def _journal(self, rest: str) -> None:
        self.port.pending.append(self.port.accepted(rest))

    def _durable(self, rest: str) -> None:
        self.port.commit()

    def _disconnect(self, rest: str) -> None:
        assert self.port.connection is not None
        self.port.connection.disconnect(rest)

    def _closed(self, rest: str) -> None:
        assert self.stage.ends, "no connection has ended"
        assert self.stage.ends[-1] == rest, f"closed because: {self.stage.ends[-1]}"

    def _open(self, rest: str) -> None:
        assert self.port.connection is not None, f"the session has ended: {self.stage.ends}"

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
            self.port.pending.append(self.port.stamp(event, event.order))  # type: ignore[union-attr]
        self.port.orders = self.book.orders

    def _happens(self, rest: str) -> None:
        self.port.pending.append(self.port.stamp(*self.book.happens(rest)))

    def _query(self, rest: str) -> None:
        assert len(self.port.queries) > self.queries_seen, "no query was made"
        query = self.port.queries[self.queries_seen]
        self.queries_seen += 1
        words = [type(query).__name__]
        if isinstance(query, OrderStatusQuery):
            words.append(query.cl_ord_id)
        elif isinstance(query, ListStatusQuery):
            words.append(query.list_id)
        elif isinstance(query, DepthQuery):
            words.append(f"{query.symbol_id} {query.levels}")
        assert " ".join(words) == rest, " ".join(words)

    def _answered(self, rest: str) -> None:
        query = self.port.queries[self.queries_seen - 1]
        assert self.port.connection is not None
        if isinstance(query, ListStatusQuery):
            self.port.connection.answer(ListStatusAnswer(query, self.port.lists.legs_of(query.list_id)))
            return
        assert isinstance(query, OrderStatusQuery)
        self.port.connection.answer(OrderStatusAnswer(query, self.port.orders.get(query.cl_ord_id)))

    _wire = {"i": _client_acts, "I": _client_sends, "E": _venue_sends, "e": _venue_acts}  # noqa: RUF012
    _words = {  # noqa: RUF012
        "setting": _setting,
        "profile": _profile,
        "numbers": _numbers,
        "done": _done,
        "credit": _credit,
        "hold": _hold,
        "tick": _tick,
        "journal": _journal,
        "durable": _durable,
        "disconnect": _disconnect,
        "closed": _closed,
        "open": _open,
        "next": _next,
        "command": _command,
        "asked": _asked,
        "accept": _accept,
        "happens": _happens,
        "query": _query,
        "answered": _answered,
    }


def _completed(text: str) -> bytes:
    """A raw message with what its places for the right BodyLength and CheckSum stand for."""
    head, trailer, value = text.rpartition("10=")
    if not trailer:
        return text.encode("latin-1")
    start, has_length, body = head.partition("9=<len>\x01")
    if has_length:
        head = f"{start}9={len(body)}\x01{body}"
    data = head.encode("latin-1")
    return data + (b"10=%03d\x01" % checksum(data) if value == "<sum>\x01" else f"10={value}".encode("latin-1"))


def _with(struct: _Struct, name: str, value: str) -> _Struct:
    """The struct with a field of another value, read as its type says."""
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    assert name in fields, f"{type(struct).__name__} has no {name}"
    return msgspec.structs.replace(struct, **{name: msgspec.convert(value, fields[name].type, strict=False)})
