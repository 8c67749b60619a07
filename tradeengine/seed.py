"""Configuration against the journal: what an empty journal is seeded with, and what a changed file means for one that
has history. A difference becomes an explicit event or a refusal to start, never a silent change (design §7.1)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec

from config.credentials import hash_password, verify
from config.instrument_rules import change_problems
from config.keys import Key, KeySeal, KeyUnusable, owner_of, read_key
from config.reference import BEGINNINGS, AccountConfig, InstrumentConfig, SessionConfig
from config.settings import Settings
from engine.directory import CONFIGURATION, FEES_ACCOUNT, Directory
from engine.events import AccountBlocked, AccountOpened, Deposited, Event, InstrumentListed, SessionOpened
from engine.instrument import Instrument
from engine.types import InstrumentStatus
from tradeengine.venue_key import venue_seal

_SALT_BYTES = 16
_FIXED = ("base", "quote")
"""What can't change under resting orders and balances."""


class ConfigurationConflict(Exception):
    """The configuration contradicts the journal in a way that no event can express."""


def events_for(settings: Settings, directory: Directory, entropy: Callable[[int], bytes]) -> list[Event]:
    """The events that bring ``directory`` in line with ``settings``; none when nothing differs.

    What the journal has and the configuration does not name any more stays as it is. Opening balances count only when
    an account is opened, an instrument's status, phase and reference price and whether a session is enabled only when
    it is new. What operators have changed since of an instrument's rules or of a session, and the password that its
    client has changed, stay for as long as its configuration does; a session that they have removed stays away.

    Raises:
        ConfigurationConflict: an instrument's assets differ from the journal's, or its tick and lot do not go together
            with those by which orders rest.
        VenueKeyUnusable: there are secrets to seal, and nothing to seal them with.
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
    seal = venue_seal(settings, entropy)

    def opened(wanted: SessionConfig) -> SessionOpened | None:
        key = wanted.identity(settings.fix.comp_id)
        known, configured = directory.session_keyed(*key), directory.configured_sessions.get(key)
        if directory.is_removed(key):
            return None
        event = SessionOpened(
            0 if known is None else known.session_id,
            *key,
            wanted.username or wanted.comp_id,
            _credential(wanted, configured or known, entropy),
            wanted.firm,
            [account_ids[name] for name in wanted.accounts],
            account_ids[wanted.default_account] if wanted.default_account else 0,
            wanted.enabled if known is None else known.enabled,
            CONFIGURATION,
            wanted.profile(_sealed(wanted, owner_of(*key), configured or known, seal)),
        )
        return None if _says_the_same(event, known) or _says_the_same(event, configured) else event

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


def _says_the_same(event: SessionOpened, before: SessionOpened | None) -> bool:
    """Whether what is configured now is what was there before, whoever has been let in and under which id."""
    return before is not None and event == msgspec.structs.replace(
        before, session_id=event.session_id, enabled=event.enabled, operator=event.operator
    )


def _credential(wanted: SessionConfig, before: SessionOpened | None, entropy: Callable[[int], bytes]) -> str:
    if not wanted.password:
        return wanted.password_hash
    if before is not None and verify(wanted.password, before.credential):
        return before.credential
    return hash_password(wanted.password, entropy(_SALT_BYTES))


def _sealed(wanted: SessionConfig, owner: str, before: SessionOpened | None, seal: KeySeal) -> list[str]:
    """The HMAC keys as the journal holds them; what it has already is not sealed anew."""
    if not wanted.hmac_keys:
        return []
    kept: dict[Key, str] = {}
    for text in () if before is None else before.profile.hmac_keys:
        with suppress(KeyUnusable):
            kept[seal.open(text, owner)] = text
    keys = map(read_key, wanted.hmac_keys)
    return [kept.get(key) or seal.seal(key, owner) for key in keys]
