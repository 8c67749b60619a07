"""A journal's files as a test reads them: what each session must have been told, and who owns what."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from fix_client import FixMessage
from stamped_reports import reports_of

from clients import CancelRejected as BinaryCancelRejected
from clients import Event as BinaryEvent
from clients import Executed, MassCancelReport, MessageRejected, Rejected, UnknownReport
from engine.events import (
    CancelRejected,
    Deposited,
    MassCancelCompleted,
    MassCancelRejected,
    MassCancelRequested,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    Record,
    SessionLoggedOn,
    StateHashed,
    TradeExecuted,
    Withdrawn,
)
from engine.fold import VenueState
from engine.reports import Report
from engine.types import SCALE, Side
from engine.wire import decode_record
from stores.journal.tail import read_directory

Told = tuple[str, ...]
"""What a report says, protocol aside: whose it is, what it did, and in which state that left the order."""


class JournalView:
    """Everything that a directory's journal holds, read once."""

    def __init__(self, data_dir: Path) -> None:
        self.records: list[tuple[int, Record]] = []
        self.state = VenueState()
        self.hashes = 0
        """How many hashes of the live state the journal holds; each equals the fold's at its place."""
        for seq, payload in read_directory(data_dir / "journal"):
            record = decode_record(payload)
            self.records.append((seq, record))
            if isinstance(record.events[0], StateHashed):
                assert record.events[0].digest == self.state.digest(), f"the state at {seq} is not what it was"
                self.hashes += 1
            self.state.apply(seq, record)

    def session_id(self, protocol: str, comp_id: str) -> int:
        """The session's id. Raises StopIteration if there is none."""
        sessions = self.state.directory.sessions.values()
        return next(s.session_id for s in sessions if (s.protocol, s.comp_id) == (protocol, comp_id))

    def reports(self, session_id: int) -> dict[int, Report]:
        """The session's reports of its present epoch by number; Logon replies are not among them.

        A reset starts the numbers anew, so only what was stamped since the last one counts.
        """
        found: dict[int, Report] = {}
        for seq, record in self.records:
            for to, report in reports_of(seq, record):
                if to != session_id:
                    continue
                if not isinstance(report.event, SessionLoggedOn):
                    assert report.number not in found, f"number {report.number} was given twice"
                    found[report.number] = report
                elif report.event.reset:
                    found.clear()
        return found

    def outcomes(self, session_id: int) -> dict[str, list[str]]:
        """For each ClOrdID of an order, replace, cancel or mass cancel, the kinds of events that decided on it."""
        decided: dict[str, list[str]] = {}
        for _seq, record in self.records:
            for event in record.events:
                if isinstance(event, OrderAccepted | OrderRejected | OrderReplaced):
                    owner, name = event.order.session_id, event.order.cl_ord_id
                elif isinstance(event, OrderCanceled):
                    owner, name = event.order.session_id, event.cl_ord_id
                elif isinstance(event, CancelRejected | MassCancelRequested):
                    owner, name = event.session_id, event.cl_ord_id
                else:
                    continue
                if owner == session_id:
                    decided.setdefault(name, []).append(type(event).__name__)
        return decided

    def assert_conserved(self) -> None:
        """Every asset's total over all accounts is what was paid in; nobody owes or holds more than there is."""
        paid_in: dict[str, int] = {}
        for _seq, record in self.records:
            for event in record.events:
                if isinstance(event, Deposited):
                    paid_in[event.asset] = paid_in.get(event.asset, 0) + event.amount
                elif isinstance(event, Withdrawn):
                    paid_in[event.asset] = paid_in.get(event.asset, 0) - event.amount
        assert self.state.totals() == dict(sorted(paid_in.items()))
        for account in self.state.accounts.values():
            for asset, balance in account.balances.items():
                assert 0 <= account.held.get(asset, 0) <= balance, (account.opened.name, asset)


def told_by_journal(report: Report) -> Told:
    """What a client must have been told by this report."""
    event = report.event
    if isinstance(event, CancelRejected):
        return ("9", event.cl_ord_id, event.orig_cl_ord_id)
    if isinstance(event, MassCancelCompleted):
        return ("r", event.cl_ord_id, str(event.total_affected))
    if isinstance(event, MassCancelRejected):
        return ("r", event.cl_ord_id, "0")
    order = report.order
    assert order is not None
    fill = ("", "")
    exec_id = f"{report.seq}-{report.position}"
    if isinstance(event, TradeExecuted):
        fill = (_shown(event.qty), _shown(event.px))
        exec_id = _fill_id(event.trade_id, resting=report.resting)
    cum_qty = "" if isinstance(event, OrderRejected) else _shown(order.cum_qty)
    return ("8", exec_id, cum_qty, *fill)


def told_by_fix(message: FixMessage) -> Told:
    """What a FIX message told."""
    if message.type == "9":
        return ("9", message[11], message[41])
    if message.type == "r":
        return ("r", message[11], message.get(533, "0"))
    # FIX.4.2 says LastShares and LastPx in every report, 0 where there is no fill.
    fill = [_plain(Decimal(message[tag])) for tag in (32, 31)] if Decimal(message.get(32, "0")) else ["", ""]
    cum_qty = "" if message[150] == "8" else _plain(Decimal(message[14]))
    return ("8", message[17], cum_qty, *fill)


def told_by_binary(event: BinaryEvent) -> Told:
    """What a report of the binary protocol told."""
    assert not isinstance(event, UnknownReport | MessageRejected)
    if isinstance(event, BinaryCancelRejected):
        return ("9", str(event.cl_ord_id), str(event.orig_cl_ord_id))
    if isinstance(event, MassCancelReport):
        return ("r", str(event.cl_ord_id), str(event.total_affected_orders))
    fill = ("", "")
    exec_id = f"{event.exec_id.sequence}-{event.exec_id.position}"
    if isinstance(event, Executed):
        fill = (_plain(event.last_qty), _plain(event.last_px))
        sold = event.side is Side.SELL  # an auction's buy counts as the aggressor
        exec_id = _fill_id(event.trade_id, resting=sold if event.auction else event.added_liquidity)
    cum_qty = "" if isinstance(event, Rejected) else _plain(event.cum_qty)
    return ("8", exec_id, cum_qty, *fill)


def _fill_id(trade_id: int, *, resting: bool) -> str:
    """A fill by its trade and its side of it, as FIX's ExecID has it."""
    return f"{trade_id}{'R' if resting else 'A'}"


def _shown(scaled: int) -> str:
    return _plain(Decimal(scaled) / SCALE)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def is_report(message: FixMessage) -> bool:
    """Whether a FIX message is one that the journal holds, and not an answer to a query or the session's own."""
    return message.type in ("9", "r") or (message.type == "8" and message[150] != "I" and message.get(20) != "3")
