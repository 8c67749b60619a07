"""``journal verify``: fold the journal and hold it against every hash in it and the rules of money."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.decimals import format_decimal
from engine.directory import FEES_ACCOUNT_ID
from engine.events import Deposited, Record, StateHashed, TradeBusted, TradeCorrected, Withdrawn
from engine.fold import STATE_VERSION, VenueState
from engine.money import hold_asset
from engine.wire import decode_record


class Verified(msgspec.Struct):
    """What was found; with no problem the journal tells one consistent story."""

    records: int = 0
    last_seq: int = 0
    hashes: int = 0
    """Hashes that were compared."""
    hashes_before: int = 0
    """Hashes that earlier versions made of a state of another form: they say nothing here."""
    last_hash_seq: int = 0
    digest: str = ""
    """The state's hash at the end."""
    totals: dict[str, int] = {}
    problem: str = ""
    """What is wrong, with its sequence; the fold stops there."""


def verify_records(records: Iterable[tuple[int, bytes]]) -> Verified:
    """Fold ``records``; at each hash, and at the end, compare hashes and check that nothing came from nowhere.

    Whatever reading raises (JournalDamaged) passes through.
    """
    found = Verified()
    state = VenueState()
    books = _Books()
    for seq, payload in records:
        try:
            record = decode_record(payload)
            state.apply(seq, record)
        except Exception as error:
            found.problem = f"the record at sequence {seq} does not fit: {type(error).__name__}: {error}"
            return found
        found.records += 1
        found.last_seq = seq
        books.follow(record)
        for event in record.events:
            if isinstance(event, StateHashed):
                _compare(found, seq, event, state, books)
                if found.problem:
                    return found
    found.problem = _problem(found.last_seq, state, books)
    found.digest = state.digest()
    found.totals = state.totals()
    return found


class _Books:
    """What bookkeeping asks of the journal: what came from outside, and who may owe."""

    def __init__(self) -> None:
        self.funded: dict[str, int] = {}
        self.debtors: set[int] = set()
        """Accounts from which a bust or a correction may have taken what was spent already (design §7.14)."""

    def follow(self, record: Record) -> None:
        for event in record.events:
            if isinstance(event, Deposited):
                self.funded[event.asset] = self.funded.get(event.asset, 0) + event.amount
            elif isinstance(event, Withdrawn):
                self.funded[event.asset] = self.funded.get(event.asset, 0) - event.amount
            elif isinstance(event, TradeBusted | TradeCorrected):
                self.debtors |= {FEES_ACCOUNT_ID, event.aggressor.account_id, event.resting.account_id}


def _compare(found: Verified, seq: int, event: StateHashed, state: VenueState, books: _Books) -> None:
    if event.version == STATE_VERSION:
        found.problem = _hash_problem(seq, event, state)
        found.hashes += 1
        found.last_hash_seq = seq
    else:
        found.hashes_before += 1
    found.problem = found.problem or _problem(seq, state, books)


def _hash_problem(seq: int, event: StateHashed, state: VenueState) -> str:
    digest = state.digest()
    if digest == event.digest:
        return ""
    return f"the state at sequence {seq} hashes to {digest}, but the live state had {event.digest}"


def _problem(seq: int, state: VenueState, books: _Books) -> str:
    return _money_problem(seq, state, books) or _order_problem(seq, state)


def _order_problem(seq: int, state: VenueState) -> str:
    """What no part can tell of itself: holds are those of the open orders, which are those in the books."""
    in_books = dict.fromkeys(state.accounts, 0)
    for book in state.books.values():
        for account_id in in_books:
            in_books[account_id] += len(book.open_orders(account_id))
    for account_id, account in state.accounts.items():
        name = account.opened.name
        holds: dict[str, int] = {}
        for order in account.open_orders():
            asset = hold_asset(order.side, state.directory.instrument(order.symbol_id))
            holds[asset] = holds.get(asset, 0) + order.hold
        for asset in sorted(holds.keys() | account.held.keys()):
            held, needed = account.held.get(asset, 0), holds.get(asset, 0)
            if held != needed:
                return (
                    f"at sequence {seq} account {name} holds {format_decimal(held)} {asset}, "
                    f"but its open orders hold {format_decimal(needed)}"
                )
        if not account.orders_open == len(account.open_orders()) == in_books[account_id]:
            return (
                f"at sequence {seq} account {name} counts {account.orders_open} open orders and "
                f"has {len(account.open_orders())}, and {in_books[account_id]} of its orders are in the books"
            )
    return ""


def _money_problem(seq: int, state: VenueState, books: _Books) -> str:
    """Conservation: what is there was deposited and not withdrawn; and no account spends what it hasn't."""
    totals, funded = state.totals(), books.funded
    for asset in sorted(totals.keys() | funded.keys()):
        there, expected = totals.get(asset, 0), funded.get(asset, 0)
        if there != expected:
            return (
                f"at sequence {seq} the accounts hold {format_decimal(there)} {asset}, "
                f"but deposits less withdrawals are {format_decimal(expected)}"
            )
    for account_id, account in state.accounts.items():
        for asset in sorted(account.balances.keys() | account.held.keys()):
            balance, held = account.balances.get(asset, 0), account.held.get(asset, 0)
            if held < 0 or (held > balance and account_id not in books.debtors):
                return (
                    f"at sequence {seq} account {account.opened.name} has {format_decimal(balance)} {asset} "
                    f"and holds {format_decimal(held)} of it"
                )
    return ""
