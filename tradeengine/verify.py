"""``journal verify``: fold the journal and hold it against every hash in it and the rules of money."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.decimals import format_decimal
from engine.events import Deposited, StateHashed, Withdrawn
from engine.fold import VenueState
from engine.money import hold_asset
from engine.wire import decode_record


class Verified(msgspec.Struct):
    """What was found; with no problem the journal tells one consistent story."""

    records: int = 0
    last_seq: int = 0
    hashes: int = 0
    """Hashes that were compared."""
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
    funded: dict[str, int] = {}
    for seq, payload in records:
        try:
            record = decode_record(payload)
            state.apply(seq, record)
        except Exception as error:
            found.problem = f"the record at sequence {seq} does not fit: {type(error).__name__}: {error}"
            return found
        found.records += 1
        found.last_seq = seq
        for event in record.events:
            if isinstance(event, Deposited):
                funded[event.asset] = funded.get(event.asset, 0) + event.amount
            elif isinstance(event, Withdrawn):
                funded[event.asset] = funded.get(event.asset, 0) - event.amount
            elif isinstance(event, StateHashed):
                found.problem = _hash_problem(seq, event, state) or _problem(seq, state, funded)
                if found.problem:
                    return found
                found.hashes += 1
                found.last_hash_seq = seq
    found.problem = _problem(found.last_seq, state, funded)
    found.digest = state.digest()
    found.totals = state.totals()
    return found


def _hash_problem(seq: int, event: StateHashed, state: VenueState) -> str:
    digest = state.digest()
    if digest == event.digest:
        return ""
    return f"the state at sequence {seq} hashes to {digest}, but the live state had {event.digest}"


def _problem(seq: int, state: VenueState, funded: dict[str, int]) -> str:
    return _money_problem(seq, state, funded) or _order_problem(seq, state)


def _order_problem(seq: int, state: VenueState) -> str:
    """What no part can tell of itself: holds are those of the open orders, which are those that rest in the books."""
    resting = dict.fromkeys(state.accounts, 0)
    for book in state.books.values():
        for account_id in resting:
            resting[account_id] += len(book.open_orders(account_id))
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
        if not account.orders_open == len(account.open_orders()) == resting[account_id]:
            return (
                f"at sequence {seq} account {name} counts {account.orders_open} open orders and "
                f"has {len(account.open_orders())}, and {resting[account_id]} of its orders rest in the books"
            )
    return ""


def _money_problem(seq: int, state: VenueState, funded: dict[str, int]) -> str:
    """Conservation: what is there was deposited and not withdrawn; and no account spends what it hasn't."""
    totals = state.totals()
    for asset in sorted(totals.keys() | funded.keys()):
        there, expected = totals.get(asset, 0), funded.get(asset, 0)
        if there != expected:
            return (
                f"at sequence {seq} the accounts hold {format_decimal(there)} {asset}, "
                f"but deposits less withdrawals are {format_decimal(expected)}"
            )
    for account in state.accounts.values():
        for asset in sorted(account.balances.keys() | account.held.keys()):
            balance, held = account.balances.get(asset, 0), account.held.get(asset, 0)
            if not 0 <= held <= balance:
                return (
                    f"at sequence {seq} account {account.opened.name} has {format_decimal(balance)} {asset} "
                    f"and holds {format_decimal(held)} of it"
                )
    return ""
