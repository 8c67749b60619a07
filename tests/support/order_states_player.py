"""Plays an order-state-change matrix of the FIX specifications against a whole venue in this process.

A case is a piece of YAML (:class:`Case`): steps, each with what happens and the rows of the matrix that answer it.
The client's messages go as FIX bytes through the session, the port, the account, the book, the journal and the
publisher, and what comes back is read from the bytes that the session writes. It must be the rows, no more and no less.

``send`` is what the client sends, in one write; quantities, prices and identifiers are the matrix's own:

===================================  ==================================================================================
``New(X) 10000``                     a limit order to buy 10,000 at 100; ``px=`` and ``tif=`` (DAY, GTC, IOC, FOK) else
``Cancel(Y,X)``, ``Replace(Y,X) 7``  ClOrdID and OrigClOrdID
``Status(X)``                        OrderStatusRequest
``again=Y``                          behind any of them: PossResend (97)
===================================  ==================================================================================

``market`` is what others do, and the venue itself:

===================================  ==================================================================================
``fill 2000``                        somebody sells 2,000 to the best bid, or ``at`` another limit than 100
``offer 1000 at 110``                somebody's sell order rests
``own offer 1000``                   the client's own account sells, both orders to be decremented in place of a trade
``day ends``                         the daily roll
``halt``, ``resume``                 the instrument's status
``cancel book``                      an operator cancels every order
``bust 1``                           an operator busts the order's first trade …
``correct 2 to 9000 at 100``         … or corrects its second
===================================  ==================================================================================

A row has the matrix's columns, two blanks or more between them: the message with its identifiers, ExecType and
OrdStatus by FIX.4.4's names (FIX.4.2's values follow from them), OrderQty, CumQty, LeavesQty, LastQty, then further
``tag=value``. ``-`` stands for any value. A cancel reject has OrdStatus only, then tags.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from fix_client import FixMessage
from fix_fields import check
from fix_venue import frame
from order_states_market import Market
from venue_in_process import Clock, at_rest, running, settings

from config.settings import Settings
from engine.decimals import parse_decimal
from engine.queries import Answer
from engine.reports import Report
from engine.types import SCALE
from gateways.fix.codec import Framer
from gateways.fix.logon import read_logon
from gateways.fix.session import FixSession
from gateways.fix.settings import FixSettings
from gateways.fix.times import format_utc
from tradeengine.venue import Venue

SESSIONS = {"FIX.4.4": (1, "FIX1"), "FIX.4.2": (2, "FIX2"), "FIXT.1.1": (4, "FIX4")}
"""Session id and CompID of each version's client."""
_LOGON = {"FIXT.1.1": "98=0|108=30|1137=9"}
SYMBOL, ACCOUNT = "BTC/USDT", "A2"
_ANY = "-"
_REQUEST = re.compile(r"(New|Cancel|Replace|Status)\((\w+)(?:,(\w+))?\)(?: (\d+))?((?: \w+=[\w.]+)*)")
_REPORT = re.compile(r"(Execution|CancelReject)\((\w+)(?:,(\w+))?\)")
_TIF = {"DAY": "0", "GTC": "1", "IOC": "3", "FOK": "4"}
_EXEC_TYPES = {
    "New": "0",
    "Canceled": "4",
    "Replace": "5",
    "Rejected": "8",
    "Expired": "C",
    "Restated": "D",
    "Trade": "F",
    "Trade Correct": "G",
    "Trade Cancel": "H",
    "Order Status": "I",
}
_STATUSES = {
    "New": "0",
    "Partially Filled": "1",
    "Filled": "2",
    "Canceled": "4",
    "Rejected": "8",
    "Expired": "C",
    _ANY: _ANY,
}
_EXEC_TRANS_TYPES = {"Trade Cancel": "1", "Trade Correct": "2", "Order Status": "3"}
"""FIX.4.2's ExecTransType (20); ExecType then repeats the status, and a trade's is 1 or 2."""


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """What happens, and the rows that answer it."""

    send: str | list[str] = ""
    market: str = ""
    rows: list[str] = []


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One matrix."""

    ids: list[str]
    """Its names: D1 … D37 in FIX 4.2 appendix D, A.1.a … in FIX 4.4 volume 4."""
    title: str
    steps: list[Step]
    omitted: str = ""
    """Rows of the matrix that the venue does not send, and why."""
    deviation: str = ""
    """Where an exchange, and so the venue, does otherwise than a broker."""


class NotApplicable(msgspec.Struct, forbid_unknown_fields=True):
    """A matrix that is not about an exchange, or about what this one does not offer."""

    ids: list[str]
    title: str
    reason: str


class CaseFailed(AssertionError):
    """A step did not go as written."""


def read_cases(path: Path) -> list[Case]:
    return msgspec.yaml.decode(path.read_bytes(), type=list[Case])


class FixLine:
    """A FIX client of a venue in this process: the real session on the real port, without a socket between."""

    def __init__(self, venue: Venue, begin_string: str, clock: Clock) -> None:
        self.begin_string = begin_string
        self.reports: list[Report] = []
        session_id, self._comp_id = SESSIONS[begin_string]
        self._port = venue.ports[session_id]
        self._clock = clock
        self._settings = FixSettings()
        self._out_next = 1
        self._in = Framer(self._settings.message_size_max)
        self._out = Framer(self._settings.message_size_max)
        logon = read_logon(self._framed("A", _LOGON.get(begin_string, "98=0|108=30")), clock(), self._settings)
        self._session = FixSession(logon, self._port, self._settings, self._out.feed)
        self._port.connection = self
        self._session.start(clock())

    def send(self, *requests: tuple[str, str]) -> None:
        """MsgType and body (``|`` between fields) of messages that arrive in one read."""
        for msg_type, body in requests:
            self._in.feed(self._framed(msg_type, body))
        self._session.receive(self._in.take(1000), self._clock())

    def received(self) -> list[FixMessage]:
        """What has come since it was last asked for; each message has the fields that its version defines."""
        messages = []
        for data in self._out.take(1000):
            pairs = [field.split("=", 1) for field in data.decode("latin-1").rstrip("\x01").split("\x01")]
            check(self.begin_string, dict(pairs))
            messages.append(FixMessage([(int(tag), value) for tag, value in pairs]))
        return messages

    def _framed(self, msg_type: str, body: str) -> bytes:
        header = f"35={msg_type}|34={self._out_next}|49={self._comp_id}|56=TRADEENGINE|52={format_utc(self._clock())}|"
        self._out_next += 1
        return frame(header + body, begin_string=self.begin_string)

    # ---- actors.port.Connection

    def deliver(self, reports: list[Report]) -> None:
        self.reports += reports
        self._session.deliver(reports, self._clock())

    def answer(self, answer: Answer) -> None:
        self._session.answer(answer, self._clock())

    def disconnect(self, reason: str) -> None:
        raise AssertionError(f"the venue disconnects: {reason}")


class Player:
    """A venue with one client under test; :meth:`play` runs a case on it."""

    def __init__(self, venue: Venue, line: FixLine, market: Market) -> None:
        self.venue = venue
        self.line = line
        self.market = market

    async def play(self, case: Case) -> None:
        """Raises CaseFailed, with the step that did not go as written."""
        for number, step in enumerate(case.steps, 1):
            await self._act(step)
            await at_rest(self.venue)
            said = self.line.received()
            try:
                assert len(said) == len(step.rows), "other than the rows"
                for row, message in zip(step.rows, said, strict=True):
                    self._check(row, message)
            except AssertionError as error:
                what = step.send or step.market
                heard = "\n  ".join(map(repr, said)) or "nothing"
                text = f"{'/'.join(case.ids)}, step {number}, {what}: {error}\n  {heard}"
                raise CaseFailed(text) from None

    async def _act(self, step: Step) -> None:
        if step.market:
            await self.market.act(step.market, self.line.reports)
        else:
            requests = [step.send] if isinstance(step.send, str) else step.send
            self.line.send(*map(self._request, requests))

    def _request(self, text: str) -> tuple[str, str]:
        found = _REQUEST.fullmatch(text)
        assert found is not None, f"no message: {text}"
        kind, cl_ord_id, orig, qty, rest = found.groups()
        more = dict(option.split("=") for option in rest.split())
        body = f"1={ACCOUNT}|11={cl_ord_id}|55={SYMBOL}|54=1|"
        if orig:
            body += f"41={orig}|"
        if kind != "Status":
            body += f"60={format_utc(self.market.clock())}|"
        if kind in ("New", "Replace"):
            body += f"21=1|38={qty}|40=2|44={more.get('px', '100')}|59={_TIF[more.get('tif', 'DAY')]}|"
        if "again" in more:
            body = f"97={more['again']}|" + body
        return {"New": "D", "Cancel": "F", "Replace": "G", "Status": "H"}[kind], body

    def _check(self, row: str, message: FixMessage) -> None:
        for tag, wanted in self._expected(row).items():
            got = message.get(tag, "0" if tag == 32 else "")
            assert wanted in (_ANY, got), f"{row}: {tag}={got or 'missing'}, not {wanted}"

    def _expected(self, row: str) -> dict[int, str]:
        name, *columns = re.split(r"\s{2,}", row.strip())
        found = _REPORT.fullmatch(name)
        assert found is not None, f"no row: {row}"
        kind, cl_ord_id, orig = found.groups()
        fields = {11: cl_ord_id, 41: orig or ""}
        if kind == "CancelReject":
            fields |= {35: "9", 39: _STATUSES[columns.pop(0)]}
        else:
            exec_type, status, *quantities = columns[:6]
            fields |= {35: "8", **self._states(exec_type, status)}
            fields |= zip((38, 14, 151, 32), quantities, strict=True)
            columns = columns[6:]
        for extra in " ".join(columns).split():
            tag, _, value = extra.partition("=")
            fields[int(tag)] = value
        return fields

    def _states(self, exec_type: str, status: str) -> dict[int, str]:
        code, state = _EXEC_TYPES[exec_type], _STATUSES[status]
        if self.line.begin_string != "FIX.4.2":
            return {150: code, 39: state}
        if exec_type == "Replace" and status == "New":
            return {20: "0", 150: code, 39: "5"}
        if exec_type == "Order Status":
            code = state
        elif exec_type.startswith("Trade"):
            code = "2" if status == "Filled" else "1"
        return {20: _EXEC_TRANS_TYPES.get(exec_type, "0"), 150: code, 39: state}


def _rich(directory: Path) -> Settings:
    """Orders of the matrices' size, and accounts that can pay for them."""
    chosen = settings(directory)
    replaced: Any = msgspec.structs.replace
    own = replaced(chosen.sessions[0], protocol="FIXT.1.1", comp_id="FIX4")
    balances = {asset: parse_decimal("1000000000") for asset in ("USDT", "BTC", "ETH")}
    rich: Settings = replaced(
        chosen,
        instruments=[replaced(listed, max_qty=1_000_000 * SCALE) for listed in chosen.instruments],
        accounts=[replaced(account, balances=balances) for account in chosen.accounts],
        sessions=[*chosen.sessions, own],
    )
    return rich


@asynccontextmanager
async def ready(directory: Path, begin_string: str) -> AsyncIterator[Player]:
    """A new venue with the version's client logged on."""
    clock = Clock()
    async with running(_rich(directory), clock) as venue:
        line = FixLine(venue, begin_string, clock)
        market = Market(venue, clock)
        await at_rest(venue)
        assert [message.type for message in line.received()] == ["A"]
        yield Player(venue, line, market)
