"""A venue of nothing but memory for the FIX gateway's tests: a port that keeps what it is given, and a FIX client's
messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

from engine_builders import image_of

from engine.commands import ClientCommand, NewList, RejectCommand
from engine.directory import Directory
from engine.events import AccountOpened, Event, InstrumentListed, OrderAccepted, SessionLoggedOn, SessionOpened
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.market_data.updates import Listen
from engine.queries import Query
from engine.reports import Report
from engine.session_lists import SessionLists
from engine.types import SCALE, OrdStatus, OrdType, Side, TimeInForce

NOW = 1_700_000_000_000_000_000
"""20231114-22:13:20 UTC."""
NOW_TEXT = "20231114-22:13:20.000"
SECOND = 1_000_000_000
SOH = "\x01"


def instrument(symbol_id: int, symbol: str) -> Instrument:
    return Instrument(
        symbol_id=symbol_id,
        symbol=symbol,
        base=symbol[:3],
        quote="USD",
        tick_size=SCALE // 100,
        lot_size=SCALE // 100,
        min_qty=SCALE // 100,
        max_qty=1000 * SCALE,
        min_notional=0,
        maker_fee=0,
        taker_fee=0,
        protection_band=SCALE // 10,
        reference_px=100 * SCALE,
        daily_roll="17:00",
        time_zone="UTC",
    )


def directory() -> Directory:
    """BTC/USD (1) and AAPL (2); accounts A1 (11), A2 (12) of the session and X9 (19) of somebody else."""
    told = Directory()
    told.apply(InstrumentListed(instrument(1, "BTC/USD")))
    told.apply(InstrumentListed(instrument(2, "AAPL")))
    for account_id, name in ((11, "A1"), (12, "A2"), (19, "X9")):
        told.apply(AccountOpened(account_id, name, "FIRM"))
    return told


def session_opened(begin_string: str = "FIX.4.4") -> SessionOpened:
    return SessionOpened(7, begin_string, "BROKER1", "TRADEENGINE", "BROKER1", "-", "FIRM", [11, 12], 11)


def order_image(**changes: object) -> OrderImage:
    """A resting limit buy of 10 at 100, unless changed."""
    values: dict[str, object] = {
        "order_id": 501,
        "session_id": 7,
        "account_id": 11,
        "symbol_id": 1,
        "cl_ord_id": "C1",
        "side": Side.BUY,
        "ord_type": OrdType.LIMIT,
        "tif": TimeInForce.GTC,
        "order_qty": 10 * SCALE,
        "px": 100 * SCALE,
        "status": OrdStatus.NEW,
        "leaves_qty": 10 * SCALE,
        "cum_qty": 0,
        "cum_notional": 0,
        "fee_raw": 0,
        "hold": 0,
        "maker_fee": 0,
        "taker_fee": 0,
    }
    return image_of(**(values | changes))


class FakePort:
    """What ``actors.port.SessionPort`` is to a gateway, in memory: everything is durable when the test says so."""

    def __init__(self, begin_string: str = "FIX.4.4", in_next: int = 1, out_next: int = 1) -> None:
        self.session = session_opened(begin_string)
        self.directory = directory()
        self.in_next = in_next
        self.out_next = out_next
        self.released = out_next - 1
        self.reissued_upto = 0
        self.credit = 1000
        self.reserved = 2**63
        self.submitted: list[ClientCommand] = []
        self.submissions: list[int] = []
        self.queries: list[Query | Listen] = []
        self.market = SimpleNamespace(listener=None)
        """As ``actors.port.SessionPort``: a connection says there who is told of market data."""
        self.done: set[int] = set()
        self.open_orders = 0
        self.lists = SessionLists()
        self.orders: dict[str, OrderImage] = {}
        """What :meth:`order_named` finds."""
        self.logons: list[bool] = []
        self.again: list[bool] = []
        self.logouts: list[bool] = []
        self.completed: list[bool] = []
        """Of each logout, whether both sides said it."""
        self.anew = False
        """What :meth:`starts_anew` says."""
        self.sent: dict[int, Report] = {}
        self.connection: object = None

    def submit(self, commands: list[ClientCommand]) -> None:
        self.submissions.append(len(commands))
        self.submitted.extend(commands)
        for command in commands:
            asked = command.command if isinstance(command, RejectCommand) else command
            if isinstance(asked, NewList):
                self.lists.claim(asked)

    def query(self, query: Query | Listen) -> None:
        self.queries.append(query)

    def allot(self) -> int:
        number = self.out_next
        self.out_next += 1
        if self.released == number - 1:
            self.released = number
        return number

    def sendable(self, number: int) -> bool:
        return number < self.reserved

    def already_done(self, in_seq: int) -> bool:
        return in_seq in self.done

    def known(self, cl_ord_id: str) -> bool:
        return any(getattr(command, "cl_ord_id", "") == cl_ord_id for command in self.submitted)

    def order_named(self, cl_ord_id: str, order_id: int = 0) -> OrderImage | None:
        return self.orders.get(cl_ord_id)

    def starts_anew(self, msg_seq_num: int) -> bool:
        return self.anew

    def log_on(self, *, reset: bool, first_out: int = 1, again: bool = True) -> None:
        self.logons.append(reset)
        self.again.append(again)
        if reset:
            self.out_next = first_out
            self.released = first_out - 1

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        self.logouts.append(confirmed)
        self.completed.append(completed)

    # ---- the test's side --------------------------------------------------------------------------------------

    def stamp(self, event: Event, order: OrderImage | None = None, *, resting: bool = False) -> Report:
        """A report with the session's next number; not durable yet."""
        number = self.out_next
        self.out_next += 1
        report = Report(number, 1000 + number, 0, NOW, event, order, resting)
        self.sent[number] = report
        return report

    def release(self, *reports: Report) -> list[Report]:
        """The reports have become durable."""
        for report in reports:
            special = None if report.order is None else report.order.special
            if report.order is not None and special is not None and special.link is not None:
                self.lists.follow(report, report.order, special.link)
        self.released = max(self.released, reports[-1].number)
        return list(reports)

    def logged_on(self) -> list[Report]:
        event = SessionLoggedOn(7, 0, self.logons[-1], self.in_next, self.out_next)
        report = self.stamp(event)
        del self.sent[report.number]
        return self.release(report)

    def accepted(self, cl_ord_id: str) -> Report:
        order = order_image(cl_ord_id=cl_ord_id)
        return self.stamp(OrderAccepted(order), order)

    async def replay(self, begin: int, end: int) -> AsyncIterator[list[Report]]:
        for number in range(begin, end + 1):
            if number in self.sent:
                yield [self.sent[number]]

    @property
    def cancel_credit(self) -> int:
        return self.credit

    async def wait_for_credit(self, *, cancel: bool = False) -> None:
        raise AssertionError("out of credit")


def frame(text: str, *, begin_string: str = "FIX.4.4") -> bytes:
    """``35=D|34=2|…`` as a whole message: 8, 9 and 10 are put around it."""
    body = (text.rstrip("|") + "|").replace("|", SOH).encode("latin-1")
    data = b"8=%s\x019=%d\x01%s" % (begin_string.encode(), len(body), body)
    return data + b"10=%03d\x01" % (sum(data) % 256)


def header(msg_type: str, seq: int, time_text: str = NOW_TEXT) -> str:
    return f"35={msg_type}|34={seq}|49=BROKER1|56=TRADEENGINE|52={time_text}|"


def client_frame(msg_type: str, seq: int, body: str = "", *, begin_string: str = "FIX.4.4") -> bytes:
    """A message of BROKER1's with a right header."""
    return frame(header(msg_type, seq) + body, begin_string=begin_string)


def client_text(text: str, begin_string: str, time_text: str) -> tuple[str, str]:
    """BeginString and the rest of a message that a case gives in part: 49, 56 and 52 are put in unless they are there;
    one of them, or 34, without a value is left out."""
    fields = text.split("|")
    tags = [field.partition("=")[0] for field in fields]
    if tags[0] == "8":
        begin_string = fields.pop(0)[2:]
    for tag, value in (("49", "BROKER1"), ("56", "TRADEENGINE"), ("52", time_text)):
        if tag not in tags:
            fields.insert(2, f"{tag}={value}")
    return begin_string, "|".join(field for field in fields if field not in ("49=", "56=", "52=", "34="))


def shown(data: bytes) -> str:
    """A message as people write it, without BodyLength and CheckSum."""
    fields = data.decode("latin-1").rstrip(SOH).split(SOH)
    return "|".join(field for field in fields if not field.startswith(("9=", "10=")))
