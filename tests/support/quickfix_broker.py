"""QuickFIX from the test's side: the driver's process, its sessions, and what its logs say of the venue's messages."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fix_client import FixMessage, utc_now

_DRIVER = Path(__file__).with_name("quickfix_driver.py")
_TOOLS = Path(sys.prefix) / "tools"
_INSTALLED = _TOOLS / "quickfix" / "bin" / "python"
TLS_INTERPRETER = _TOOLS / "quickfix-ssl" / "bin" / "python"
"""Has a QuickFIX that speaks TLS; it is an older one."""
VENUE_DICTIONARIES = Path(__file__).resolve().parents[2] / "docs" / "fix" / "dictionaries" / "TRADEENGINE-"
"""What the dictionaries that the venue publishes begin with."""
VERSIONS = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")
_WAIT_S = 60.0
_OPEN = frozenset("0156A")
"""OrdStatus of orders that can be cancelled."""
Groups = tuple[tuple[int, list[list[tuple[int, Any]]]], ...]
"""Each group's count tag and its entries, fields in the dictionary's order; a nested group's entries for a value."""
_ANY_MARKET_DATA: Groups = ((267, [[(269, "0")]]), (146, [[(55, "AAPL")]]))
_COMPLAINTS = ("Rejected", "nvalid", "not valid")
"""Words of QuickFIX's event log for messages of ours that it objects to."""


def interpreter() -> str:
    """The Python that has ``quickfix``: QUICKFIX_PYTHON, else this one, else what scripts/install-quickfix.sh made,
    best the newer; empty if none has."""
    named = os.environ.get("QUICKFIX_PYTHON", "")
    if named:
        return named
    if importlib.util.find_spec("quickfix"):
        return sys.executable
    return next((str(python) for python in (_INSTALLED, TLS_INTERPRETER) if python.exists()), "")


IS_OLD = interpreter() == str(TLS_INTERPRETER)
"""Whether it is but QuickFIX 1.15."""


def message_of(text: str) -> FixMessage:
    """A message from its text with ``|``."""
    pairs = (field.partition("=") for field in text.rstrip("|").split("|"))
    return FixMessage([(int(tag), value) for tag, _, value in pairs])


class QuickFix:
    """One driver process; :meth:`broker` gives its sessions. Ended by :meth:`close`.

    ``dictionaries``: what its dictionaries' paths begin with; empty: QuickFIX's own.
    """

    def __init__(self, directory: Path, dictionaries: Path | str = "", python: Path | str = "") -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        self._brokers: dict[str, QuickFixBroker] = {}
        self._done: queue.Queue[dict[str, Any]] = queue.Queue()
        command = [python or interpreter(), _DRIVER, directory, *([dictionaries] if dictionaries else [])]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def broker(self, comp_id: str, begin_string: str = "FIX.4.4") -> QuickFixBroker:
        name = f"{begin_string}/{comp_id}"
        return self._brokers.setdefault(name, QuickFixBroker(self, name))

    def do(self, what: str, name: str, **details: object) -> tuple[int, int]:
        """One command; QuickFIX's next outbound and inbound numbers after it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, "session": name, **details}) + "\n")
        self._process.stdin.flush()
        done = self._done.get(timeout=_WAIT_S)
        return done["out"], done["in"]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith("{"):
                continue  # what QuickFIX itself prints, as of certificates
            told = json.loads(line)
            if "done" in told:
                self._done.put(told)
            else:
                self._brokers[told["session"]].heard.put((told["event"], told["message"]))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_WAIT_S)
        finally:
            self._process.kill()

    # ---- what QuickFIX thinks of the venue's messages ---------------------------------------------------------------

    def wire(self, comp_id: str, begin_string: str = "FIX.4.4") -> list[FixMessage]:
        """All that was sent and received, in order."""
        log = self._log(begin_string, comp_id, "messages")
        return [message_of(line[line.index("8=FIX") :].replace("\x01", "|")) for line in log]

    def events(self, comp_id: str, begin_string: str = "FIX.4.4") -> list[str]:
        return self._log(begin_string, comp_id, "event")

    def objections(self) -> list[str]:
        """What it rejected of what the venue sent, and complaints of its event logs."""
        found: list[str] = []
        for name in self._brokers:
            begin_string, comp_id = name.split("/")
            for message in self.wire(comp_id, begin_string):
                if message[49] == comp_id and message.type in ("3", "j"):
                    found.append(repr(message))
            found += [line for line in self.events(comp_id, begin_string) if any(word in line for word in _COMPLAINTS)]
        return found

    def _log(self, begin_string: str, comp_id: str, kind: str) -> list[str]:
        path = self.directory / "log" / f"{begin_string}-{comp_id}-TRADEENGINE.{kind}.current.log"
        return path.read_text(encoding="latin-1").splitlines() if path.exists() else []


class QuickFixBroker:
    """One session. Waits are bounded; what does not come is an AssertionError."""

    def __init__(self, owner: QuickFix, name: str) -> None:
        self.name = name
        self.begin_string, self.comp_id = name.split("/")
        self.heard: queue.Queue[tuple[str, str]] = queue.Queue()
        self.inbox: deque[FixMessage] = deque()
        """Application messages that :meth:`receive` has not returned yet."""
        self.admin: list[FixMessage] = []
        self.logged_on = False
        self._owner = owner
        self._subscribed: set[str] = set()
        self._clears = 0
        self._open: dict[str, tuple[str, ...]] = {}
        self._heard_upto = 0
        """The last application message's number since numbers were last set or told."""

    # ---- the session ------------------------------------------------------------------------------------------------

    def start(self, port: int, logon: list[tuple[int, str]] | None = None, **settings: str) -> None:
        """Has it connect, and connect again whenever it is cut off."""
        fields = [(554, "demo")] if logon is None else logon
        self._owner.do("start", self.name, port=port, settings=settings, logon=fields)

    def log_on(self, port: int, logon: list[tuple[int, str]] | None = None, **settings: str) -> None:
        self.start(port, logon, **settings)
        self.await_logon()

    def await_logon(self) -> None:
        self.until(lambda: self.logged_on, "does not get logged on")

    def await_logout(self) -> None:
        self.until(lambda: not self.logged_on, "does not get logged out")

    def log_out(self) -> None:
        self.stop()
        self.await_logout()

    def stop(self, *, force: bool = False) -> None:
        self._owner.do("stop", self.name, force=force)

    def numbers(self, *, out: int = 0, expected: int = 0) -> tuple[int, int]:
        """The next outbound number and the inbound number expected; set first where given.

        QuickFIX counts a message only after it has told of it.
        """
        until = time.monotonic() + _WAIT_S
        while self._owner.do("numbers", self.name)[1] <= self._heard_upto:
            assert time.monotonic() < until, f"{self.name} does not count {self._heard_upto}"
        self._heard_upto = 0
        return self._owner.do("numbers", self.name, out=out, **{"in": expected})

    # ---- messages ---------------------------------------------------------------------------------------------------

    def send(self, msg_type: str, *fields: tuple[int, str], groups: Groups = ()) -> None:
        self._owner.do("send", self.name, type=msg_type, fields=fields, groups=groups)

    def receive(self, msg_type: str) -> FixMessage:
        """The next application message, which must be of that type."""
        self.until(lambda: bool(self.inbox), f"gets no {msg_type}")
        message = self.inbox.popleft()
        assert message.type == msg_type, f"{msg_type} expected: {message!r}"
        return message

    def receive_admin(self, msg_type: str, *, beyond: int = 0) -> FixMessage:
        """The next session message of that type after the first ``beyond`` that came."""

        def found() -> list[FixMessage]:
            return [message for message in self.admin[beyond:] if message.type == msg_type]

        self.until(lambda: bool(found()), f"gets no {msg_type}")
        return found()[0]

    def until(self, done: Callable[[], bool], complaint: str) -> None:
        until = time.monotonic() + _WAIT_S
        while not done():
            try:
                event, text = self.heard.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                events = "\n".join(self._owner.events(self.comp_id, self.begin_string)[-20:])
                raise AssertionError(f"{self.name} {complaint}:\n{events}") from None
            if event == "app":
                message = message_of(text)
                self.inbox.append(message)
                self._heard_upto = message.number
                if message.type == "8" and message[150] not in "8I":
                    self._note(message)
            elif event == "admin":
                self.admin.append(message_of(text))
            else:
                self.logged_on = event == "logon"

    def _note(self, report: FixMessage) -> None:
        """Keeps which orders are open, by OrderID."""
        if report.get(39) in _OPEN:
            self._open[report[37]] = report.picked(11, 55, 54)
        else:
            self._open.pop(report[37], None)

    def clear(self) -> None:
        """Ends subscriptions, cancels what is open, waits for all that is under way, and forgets what has come."""
        while self._subscribed:
            self.send("V", (262, self._subscribed.pop()), (263, "2"), (264, "0"), groups=_ANY_MARKET_DATA)
        for nth, (cl_ord_id, symbol, side) in enumerate(list(self._open.values())):
            self.cancel(f"{cl_ord_id}-{nth}-clear", cl_ord_id, symbol, side)
        self.until(lambda: not self._open, "does not get its orders cancelled")
        self._clears += 1
        last = f"clear-{self._clears}"
        self.status(last, "AAPL", "1")
        self.until(lambda: bool(self.inbox) and self.inbox[-1].get(11) == last, "gets no status")
        self.inbox.clear()
        self.admin.clear()

    # ---- orders -----------------------------------------------------------------------------------------------------

    def order(
        self,
        cl_ord_id: str,
        symbol: str,
        side: str,
        qty: str,
        price: str = "",
        tif: str = "1",
        *extra: tuple[int, str],
    ) -> None:
        """NewOrderSingle: a limit order, or without ``price`` a market order. ``extra`` fields override."""
        kind = [(40, "2"), (44, price)] if price else [(40, "1")]
        fields = [*self._named(cl_ord_id, symbol, side), *self._handl_inst(), (38, qty), *kind, (59, tif), *extra]
        self.send("D", *fields)

    def cancel(self, cl_ord_id: str, orig: str, symbol: str, side: str) -> None:
        self.send("F", (41, orig), *self._named(cl_ord_id, symbol, side))

    def replace(self, cl_ord_id: str, orig: str, symbol: str, side: str, qty: str, price: str) -> None:
        named = [(41, orig), *self._named(cl_ord_id, symbol, side), *self._handl_inst()]
        self.send("G", *named, (38, qty), (40, "2"), (44, price))

    def mass_cancel(self, cl_ord_id: str, symbol: str = "") -> None:
        fields = [(11, cl_ord_id), (530, "1" if symbol else "7"), (60, utc_now())]
        self.send("q", *fields, *([(55, symbol)] if symbol else []))

    def status(self, cl_ord_id: str, symbol: str, side: str, *extra: tuple[int, str]) -> None:
        self.send("H", (11, cl_ord_id), (55, symbol), (54, side), *extra)

    def market_data(
        self,
        request_id: str,
        *symbols: str,
        kind: str = "0",
        types: str = "01",
        depth: str = "5",
        update: str = "1",
        aggregated: str = "Y",
    ) -> None:
        groups = ((267, [[(269, entry)] for entry in types]), (146, [[(55, symbol)] for symbol in symbols]))
        if kind == "1":
            self._subscribed.add(request_id)
        elif kind == "2":
            self._subscribed.discard(request_id)
        how = [(265, update), (266, aggregated)] if kind == "1" else []
        self.send("V", (262, request_id), (263, kind), (264, depth), *how, groups=groups)

    def _named(self, cl_ord_id: str, symbol: str, side: str) -> list[tuple[int, str]]:
        return [(11, cl_ord_id), (55, symbol), (54, side), (60, utc_now())]

    def _handl_inst(self) -> list[tuple[int, str]]:
        return [(21, "1")] if self.begin_string == "FIX.4.2" else []
