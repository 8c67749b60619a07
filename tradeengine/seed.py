"""Configuration against the journal: what an empty journal is seeded with, and what a changed file means for one that
has history. A difference becomes an explicit event or a refusal to start, never a silent change (design §7.1)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from config.credentials import hash_password, verify
from config.instrument_rules import change_problems
from config.reference import BEGINNINGS, AccountConfig, InstrumentConfig, SessionConfig
from config.settings import Settings
from engine.directory import CONFIGURATION, FEES_ACCOUNT, Directory
from engine.events import AccountBlocked, AccountOpened, Deposited, Event, InstrumentListed, SessionOpened
from engine.instrument import Instrument
from engine.types import InstrumentStatus

_SALT_BYTES = 16
_FIXED = ("base", "quote")
"""What can't change under resting orders and balances."""


class ConfigurationConflict(Exception):
    """The configuration contradicts the journal in a way that no event can express."""


def events_for(settings: Settings, directory: Directory, entropy: Callable[[int], bytes]) -> list[Event]:
    """The events that bring ``directory`` in line with ``settings``; none when nothing differs.

    What the journal has and the configuration does not name any more stays as it is. Opening balances count only when
    an account is opened, an instrument's status, phase and reference price and whether a session is enabled only when
    it is new. What operators have changed since of an instrument's rules stays for as long as its configuration does.

    Raises:
        ConfigurationConflict: an instrument's assets differ from the journal's, or its tick and lot do not go together
            with those by which orders rest.
    """
    events = _instruments(settings, directory)
    account_ids = {name: account.account_id for name, account in _known_accounts(directory).items()}
    events += _accounts(settings, directory, account_ids)
    events += _sessions(settings, directory, account_ids, entropy)
    return events


def _known_accounts(directory: Directory) -> dict[str, AccountOpened]:
    return {account.name: account for account in directory.accounts.values()}


def _instruments(settings: Settings, directory: Directory) -> list[Event]:
    events: list[Event] = []
    next_id = directory.next_symbol_id()
    for wanted in settings.instruments:
        known = directory.instrument_named(wanted.symbol)
        if known is None:
            events.append(InstrumentListed(wanted.to_instrument(next_id), CONFIGURATION))
            next_id += 1
        elif directory.statuses[known.symbol_id] is not InstrumentStatus.DELISTED:
            changed = _changed(wanted, known, directory.configured.get(wanted.symbol))
            if changed is not None:
                events.append(InstrumentListed(changed, CONFIGURATION))
    return events


def _changed(wanted: InstrumentConfig, known: Instrument, configured: Instrument | None) -> Instrument | None:
    """The new rules; None where the configuration is as it was when it was last looked at."""
    instrument = _continued(wanted, known)
    if configured is not None and _continued(wanted, configured) == configured:
        return None
    for field in _FIXED:
        if getattr(instrument, field) != getattr(known, field):
            raise ConfigurationConflict(
                f"instruments: {wanted.symbol}.{field} is {getattr(instrument, field)} in the configuration and "
                f"{getattr(known, field)} in the journal; it cannot change while the journal is kept"
            )
    for key, text in change_problems(InstrumentConfig.of(known), InstrumentConfig.of(instrument)):
        raise ConfigurationConflict(f"instruments: {wanted.symbol}.{key}: {text}")
    return instrument


def _continued(wanted: InstrumentConfig, known: Instrument) -> Instrument:
    """``known`` by the configuration's rules."""
    beginnings = {field: getattr(known, field) for field in BEGINNINGS}
    return msgspec.structs.replace(wanted.to_instrument(known.symbol_id), **beginnings)


def _accounts(settings: Settings, directory: Directory, account_ids: dict[str, int]) -> list[Event]:
    events: list[Event] = []
    if FEES_ACCOUNT.name in {account.name for account in settings.accounts}:
        raise ConfigurationConflict(f"accounts: the name {FEES_ACCOUNT.name} is the venue's own")
    next_id = directory.next_account_id()
    for wanted in settings.accounts:
        known = directory.account_named(wanted.name)
        if known is None:
            account_ids[wanted.name] = next_id
            events += opening(wanted, next_id)
            next_id += 1
        elif msgspec.structs.replace(known, operator=CONFIGURATION) != _limits(wanted, known.account_id):
            events.append(_limits(wanted, known.account_id))
    return events


def _limits(wanted: AccountConfig, account_id: int) -> AccountOpened:
    return AccountOpened(
        account_id, wanted.name, wanted.firm, wanted.max_order_qty, wanted.max_order_notional, CONFIGURATION
    )


def opening(wanted: AccountConfig, account_id: int) -> list[Event]:
    """The events that open an account with its balances."""
    events: list[Event] = [_limits(wanted, account_id)]
    for asset, amount in wanted.balances.items():
        if amount:
            events.append(Deposited(account_id, asset, amount, CONFIGURATION))
    if wanted.blocked:
        events.append(AccountBlocked(account_id, True, CONFIGURATION))
    return events


def _sessions(
    settings: Settings, directory: Directory, account_ids: dict[str, int], entropy: Callable[[int], bytes]
) -> list[Event]:
    def opened(wanted: SessionConfig) -> SessionOpened | None:
        protocol, comp_id, target = wanted.identity(settings.fix.comp_id)
        known = directory.session_keyed(protocol, comp_id, target)
        event = SessionOpened(
            0 if known is None else known.session_id,
            protocol,
            comp_id,
            target,
            wanted.username or comp_id,
            _credential(wanted, known, entropy),
            wanted.firm,
            [account_ids[name] for name in wanted.accounts],
            account_ids[wanted.default_account] if wanted.default_account else 0,
            wanted.enabled if known is None else known.enabled,
            CONFIGURATION,
        )
        same = known is not None and msgspec.structs.replace(known, operator=CONFIGURATION) == event
        return None if same else event

    with ThreadPoolExecutor() as pool:  # hashing is slow by intent, and leaves the GIL
        wanted = list(pool.map(opened, settings.sessions))
    events: list[Event] = []
    next_id = directory.next_session_id()
    for event in wanted:
        if event is None:
            continue
        if not event.session_id:
            event = msgspec.structs.replace(event, session_id=next_id)
            next_id += 1
        events.append(event)
    return events


def _credential(wanted: SessionConfig, known: SessionOpened | None, entropy: Callable[[int], bytes]) -> str:
    if wanted.password_hash:
        return wanted.password_hash
    if known is not None and verify(wanted.password, known.credential):
        return known.credential
    return hash_password(wanted.password, entropy(_SALT_BYTES))
