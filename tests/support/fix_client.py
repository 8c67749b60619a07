"""A FIX client for tests and scripts: simplefix on a blocking socket, with the session layer that a broker has.

It keeps over all its connections what a broker's message store keeps: what it sent, what came, and both numbers. Gaps
are asked for, resend requests and test requests answered, inside every call that receives.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import simplefix

_ADMIN = frozenset("0123A45")
_RECEIVE_MAX = 65_536


class ConnectionEnded(Exception):
    """The venue has closed the connection; the text is its Logout's, if it sent one."""


class FixMessage:
    """A message that came: ``message[11]`` is the first field 11, as text."""

    def __init__(self, pairs: list[tuple[int, str]]) -> None:
        self.pairs = pairs
        self._fields = dict(reversed(pairs))

    def __getitem__(self, tag: int) -> str:
        return self._fields[tag]

    def __contains__(self, tag: int) -> bool:
        return tag in self._fields

    def get(self, tag: int, default: str = "") -> str:
        return self._fields.get(tag, default)

    def all(self, tag: int) -> list[str]:
        """The values of a tag that repeats, in order."""
        return [value for found, value in self.pairs if found == tag]

    def picked(self, *tags: int) -> tuple[str, ...]:
        return tuple(self.get(tag) for tag in tags)

    @property
    def type(self) -> str:
        return self._fields[35]

    @property
    def number(self) -> int:
        return int(self._fields[34])

    @property
    def poss_dup(self) -> bool:
        return self.get(43) == "Y"

    @property
    def poss_resend(self) -> bool:
        return self.get(97) == "Y"

    def __repr__(self) -> str:
        return "|".join(f"{tag}={value}" for tag, value in self.pairs)


class Sent(NamedTuple):
    """What was sent under a number, to be sent again on request."""

    msg_type: str
    pairs: list[tuple[int, str]]
    sending_time: str


def utc_now() -> str:
    """Now, as UTCTimestamp with milliseconds."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


class FixClient:
    """One FIX session's client. ``timeout_s`` bounds every wait; what does not come in time is an AssertionError."""

    def __init__(
        self,
        comp_id: str,
        begin_string: str = "FIX.4.4",
        *,
        target_comp_id: str = "TRADEENGINE",
        heartbeat_s: int = 30,
        timeout_s: float = 60.0,
    ) -> None:
        self.comp_id = comp_id
        self.begin_string = begin_string
        self.out_next = 1
        self.in_next = 1
        self.sent: dict[int, Sent] = {}
        self.arrivals: list[FixMessage] = []
        """Everything that ever came, in the order in which it came, repetitions included."""
        self.inbox: deque[FixMessage] = deque()
        """Application messages in sequence that :meth:`receive` has not returned yet."""
        self.logged_on = False
        self.logout_text = ""
        self._target_comp_id = target_comp_id
        self._heartbeat_s = heartbeat_s
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._parser = simplefix.FixParser()
        self._leaving = False
        self._gap_asked_from = 0

    # ---- the connection -------------------------------------------------------------------------------------------

    def log_on(self, port: int, *, password: str = "demo", reset: bool = False, host: str = "127.0.0.1") -> FixMessage:
        """Connects, logs on and returns the venue's Logon.

        Raises:
            ConnectionEnded: the venue refused, with its reason.
        """
        self.close()
        self._socket = socket.create_connection((host, port), self._timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parser = simplefix.FixParser()
        self._leaving = False
        self._gap_asked_from = 0
        self.logout_text = ""
        pairs = [(98, "0"), (108, str(self._heartbeat_s)), (554, password)]
        if self.begin_string == "FIXT.1.1":
            pairs.append((1137, "9"))
        if reset:
            self.out_next = self.in_next = 1
            self.sent.clear()
            pairs.append((141, "Y"))
        at = len(self.arrivals)
        self.send("A", pairs)
        self._until(lambda: self.logged_on, "the venue does not answer the Logon")
        return next(message for message in self.arrivals[at:] if message.type == "A")

    def log_out(self) -> None:
        """Logs out and waits for the venue's answer and the end of the connection."""
        self._leaving = True
        self.send("5", [])
        self.await_end()

    def await_end(self) -> str:
        """Waits until the venue has closed the connection; its Logout's text."""
        until = time.monotonic() + self._timeout_s
        try:
            while time.monotonic() < until:
                self.poll(until - time.monotonic())
        except ConnectionEnded:
            return self.logout_text
        raise AssertionError("the venue keeps the connection open")

    def close(self) -> None:
        """Drops the connection without a word."""
        self.logged_on = False
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # ---- sending --------------------------------------------------------------------------------------------------

    def send(self, msg_type: str, pairs: list[tuple[int, str]]) -> int:
        """Sends a message under the next number, which is returned."""
        number, packet = self.prepare(msg_type, pairs)
        self.write(packet)
        return number

    def prepare(self, msg_type: str, pairs: list[tuple[int, str]]) -> tuple[int, bytes]:
        """A message's number and bytes, to be written with others; it counts as sent."""
        number = self.out_next
        self.out_next += 1
        sending_time = utc_now()
        self.sent[number] = Sent(msg_type, pairs, sending_time)
        return number, self.encode(msg_type, number, sending_time, pairs)

    def encode(self, msg_type: str, number: int, sending_time: str, pairs: list[tuple[int, str]]) -> bytes:
        message = simplefix.FixMessage()
        header = [(8, self.begin_string), (35, msg_type), (49, self.comp_id), (56, self._target_comp_id)]
        for tag, value in [*header, (34, str(number)), (52, sending_time), *pairs]:
            message.append_pair(tag, value)
        return bytes(message.encode())

    def write(self, data: bytes) -> None:
        """Raises ConnectionEnded."""
        if self._socket is None:
            raise ConnectionEnded(self.logout_text or "not connected")
        try:
            self._socket.sendall(data)
        except OSError as error:
            self._take_last_words()
            raise ConnectionEnded(self.logout_text or str(error)) from error

    def resend(self, begin: int, end: int) -> None:
        """Sends ``begin``..``end`` again: orders with PossDupFlag, a gap fill for what is the session's own."""
        packets: list[bytes] = []
        number = begin
        while number <= end:
            sent = self.sent[number]
            after = number + 1
            if sent.msg_type in _ADMIN:
                while after <= end and self.sent[after].msg_type in _ADMIN:
                    after += 1
                again = ("4", [(43, "Y"), (122, sent.sending_time), (123, "Y"), (36, str(after))])
            else:
                again = (sent.msg_type, [(43, "Y"), (122, sent.sending_time), *sent.pairs])
            packets.append(self.encode(again[0], number, utc_now(), again[1]))
            number = after
        self.write(b"".join(packets))

    # ---- receiving ------------------------------------------------------------------------------------------------

    def receive(self, msg_type: str = "") -> FixMessage:
        """The next application message, which must be of ``msg_type`` if that is given."""
        self._until(lambda: bool(self.inbox), f"no message {msg_type or 'at all'} came")
        message = self.inbox.popleft()
        assert not msg_type or message.type == msg_type, f"{msg_type} expected: {message!r}"
        return message

    def sync(self, symbol: str = "AAPL") -> None:
        """Waits until the venue has decided all that was sent: what it has to say about it is in ``inbox``.

        A status request is answered after that; a TestRequest would be answered at once.
        """
        name = f"SYNC-{self.out_next}"
        self.order_status(name, symbol, "1")

        def answers(message: FixMessage) -> bool:
            return message.type == "8" and message.get(11) == name

        self._until(lambda: any(map(answers, self.inbox)), "the venue does not answer a status request")
        self._until(lambda: not self._gap_asked_from, "a gap does not close")
        self.inbox = deque(message for message in self.inbox if not answers(message))

    def poll(self, wait_s: float = 0.0) -> int:
        """Takes in what comes within ``wait_s``; how many messages that were.

        Raises:
            ConnectionEnded: the venue has closed the connection, and all that it sent has been taken in.
        """
        if self._socket is None:
            raise ConnectionEnded(self.logout_text or "not connected")
        if not select.select([self._socket], [], [], max(0.0, wait_s))[0]:
            return 0
        try:
            data = self._socket.recv(_RECEIVE_MAX)
        except OSError:
            data = b""
        if not data:
            self.close()
            raise ConnectionEnded(self.logout_text or "the venue closed the connection")
        self._parser.append_buffer(data)
        count = 0
        while (message := self._next_message()) is not None:
            count += 1
            self._take(message)
        return count

    def _take_last_words(self) -> None:
        """Closes a connection that can't be written to, and takes in what the venue had sent before."""
        ended, self._socket = self._socket, None
        assert ended is not None
        with ended, suppress(OSError):
            ended.setblocking(False)
            while data := ended.recv(_RECEIVE_MAX):
                self._parser.append_buffer(data)
        while (message := self._next_message()) is not None:
            with suppress(ConnectionEnded):  # where it should be answered
                self._take(message)
        self.close()

    def _next_message(self) -> FixMessage | None:
        parsed = self._parser.get_message()
        if parsed is None:
            return None
        return FixMessage([(int(tag), value.decode("latin-1")) for tag, value in parsed.pairs])

    def _until(self, done: Callable[[], bool], complaint: str) -> None:
        until = time.monotonic() + self._timeout_s
        while not done():
            left = until - time.monotonic()
            last = self.arrivals[-1] if self.arrivals else None
            assert left > 0, f"{self.comp_id}: {complaint}; the last message is {last!r}"
            self.poll(left)

    def _take(self, message: FixMessage) -> None:
        """One message, judged as FIX 4.4 vol. 2 has it."""
        self.arrivals.append(message)
        kind, number = message.type, message.number
        if kind == "5":
            self._on_logout(message)
        if kind == "A" and message.get(141) == "Y":
            self.in_next = number
        if number > self.in_next:
            if kind == "A":
                self.logged_on = True
            if kind == "2":
                self._on_resend_request(message)
            if kind != "5" and not self._gap_asked_from:
                self._gap_asked_from = self.in_next
                self.send("2", [(7, str(self.in_next)), (16, "0")])
            return
        if number < self.in_next:
            assert message.poss_dup, f"{self.comp_id}: {number} came again without PossDupFlag: {message!r}"
            return
        self.in_next = number + 1
        if kind == "4":
            self.in_next = int(message[36])
        elif kind == "A":
            self.logged_on = True
        elif kind == "1":
            self.send("0", [(112, message[112])])
        elif kind == "2":
            self._on_resend_request(message)
        elif kind not in ("0", "5"):
            self.inbox.append(message)
        if self._gap_asked_from and not message.poss_dup:
            self._gap_asked_from = 0

    def _on_resend_request(self, message: FixMessage) -> None:
        end = int(message[16])
        last = self.out_next - 1
        self.resend(int(message[7]), min(end, last) if end else last)

    def _on_logout(self, message: FixMessage) -> None:
        self.logout_text = message.get(58)
        if not self._leaving and self.logged_on:
            self._leaving = True
            self.send("5", [])

    # ---- orders ---------------------------------------------------------------------------------------------------

    def new_order(
        self,
        cl_ord_id: str,
        symbol: str,
        side: str,
        qty: str,
        price: str | None = None,
        *,
        tif: str = "1",
        extra: tuple[tuple[int, str], ...] = (),
    ) -> int:
        """NewOrderSingle: a limit order, or a market order without ``price``. ``side`` 1 buys, 2 sells."""
        return self.send("D", self.new_order_pairs(cl_ord_id, symbol, side, qty, price, tif) + list(extra))

    def new_order_pairs(
        self, cl_ord_id: str, symbol: str, side: str, qty: str, price: str | None, tif: str = "1"
    ) -> list[tuple[int, str]]:
        kind = [(40, "1")] if price is None else [(40, "2"), (44, price)]
        named = [(11, cl_ord_id), *self.handl_inst(), (55, symbol), (54, side), (60, utc_now())]
        return [*named, (38, qty), *kind, (59, tif)]

    def cancel(self, cl_ord_id: str, orig_cl_ord_id: str, symbol: str, side: str) -> int:
        return self.send("F", self.change_pairs(cl_ord_id, orig_cl_ord_id, symbol, side))

    def replace(self, cl_ord_id: str, orig_cl_ord_id: str, symbol: str, side: str, qty: str, price: str) -> int:
        pairs = [*self.change_pairs(cl_ord_id, orig_cl_ord_id, symbol, side), *self.handl_inst()]
        return self.send("G", [*pairs, (38, qty), (40, "2"), (44, price)])

    def change_pairs(self, cl_ord_id: str, orig_cl_ord_id: str, symbol: str, side: str) -> list[tuple[int, str]]:
        """What cancels and replaces have in common."""
        return [(41, orig_cl_ord_id), (11, cl_ord_id), (55, symbol), (54, side), (60, utc_now())]

    def mass_cancel(self, cl_ord_id: str, symbol: str = "") -> int:
        pairs = [(11, cl_ord_id), (530, "1" if symbol else "7"), (60, utc_now())]
        return self.send("q", [*pairs, (55, symbol)] if symbol else pairs)

    def order_status(self, cl_ord_id: str, symbol: str, side: str) -> int:
        return self.send("H", [(11, cl_ord_id), (55, symbol), (54, side)])

    def mass_status(self, request_id: str) -> int:
        return self.send("AF", [(584, request_id), (585, "7")])

    def market_data(self, request_id: str, symbol: str, depth: int) -> int:
        types = [(267, "2"), (269, "0"), (269, "1")]
        return self.send("V", [(262, request_id), (263, "0"), (264, str(depth)), *types, (146, "1"), (55, symbol)])

    def handl_inst(self) -> list[tuple[int, str]]:
        return [(21, "1")] if self.begin_string == "FIX.4.2" else []
