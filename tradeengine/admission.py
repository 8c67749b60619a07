"""Instruments, accounts and sessions that operators add or change obey the rules that the configuration's do, told in
the same words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from config.binder import Binder
from config.document import Node, Scalar, Section, Sequence, overlay, plain, read_yaml
from config.errors import ConfigError, Problem
from config.instrument_rules import change_problems, instrument_problems
from config.keys import HMAC_BYTES_MIN, Key, key_id_of, write_key
from config.kinds import MASK
from config.reference import BEGINNINGS, AccountConfig, FirmConfig, InstrumentConfig, SessionConfig
from config.rules import check
from config.settings import Settings
from config.show import render_entry
from engine.directory import Directory
from engine.events import SessionOpened
from engine.instrument import Instrument
from engine.types import InstrumentStatus
from gateways.http import messages
from gateways.http.operations import OperationInvalid
from gateways.http.views import AccountRequest, Entry

C = TypeVar("C", bound=msgspec.Struct)

_CHANGED_OTHERWISE: Final = {
    "symbol": "another symbol is another instrument",
    "base": "another asset is another instrument",
    "quote": "another asset is another instrument",
    **dict.fromkeys(BEGINNINGS, "it is set by an action of its own"),
}
"""What says how an instrument begins, and who it is."""

_SESSION_CHANGED_OTHERWISE: Final = {
    "protocol": "another protocol is another session",
    "comp_id": "another CompID is another session",
    "target_comp_id": "another CompID is another session",
    "firm": "a session of another firm is another session",
    "enabled": "it is set by an action of its own",
    "public_keys": "keys are added and revoked one by one",
    "hmac_keys": "keys are added and revoked one by one",
}
"""Who a session is, and what has an action of its own."""


def account_config(request: AccountRequest, settings: Settings, directory: Directory) -> AccountConfig:
    """The request as an ``accounts`` entry. Raises OperationInvalid naming the keys."""
    wanted = _bind(AccountConfig, request)
    world = Settings(
        instruments=list({it.symbol: InstrumentConfig.of(it) for it in directory.instruments.values()}.values()),
        firms=_firms(settings, directory),
        accounts=[wanted],
    )
    _refuse([it for it in check(world, {}) if it.key.startswith("accounts")], "accounts[0].")
    return wanted


def session_config(entry: Entry, settings: Settings, directory: Directory) -> SessionConfig:
    """The entry of a new session. Raises OperationInvalid naming the keys."""
    wanted = _bound(SessionConfig, _node(entry))
    _refuse_session(wanted, settings, directory)
    return wanted


def session_entry(known: SessionOpened, directory: Directory) -> Entry:
    """All that is in force for a session, as an entry; of its secrets, whether there is one, and what it is called."""
    entry: Entry = plain(_entry_node(_as_configured(known, directory)))
    del entry["password"]
    entry["password_hash"] = MASK if known.credential else ""
    entry["hmac_keys"] = list(map(key_id_of, known.profile.hmac_keys))
    return entry


def changed_session(
    known: SessionOpened, changes: Entry, settings: Settings, directory: Directory
) -> tuple[SessionConfig, list[str]]:
    """The session with the changed keys of its entry, and its HMAC keys as the journal holds them; of a section, such
    as ``rate``, each key by itself. Raises OperationInvalid naming the keys."""
    if not changes:
        raise OperationInvalid(messages.Problem("body", "names nothing to change"))
    for key in changes:
        if key in _SESSION_CHANGED_OTHERWISE:
            raise OperationInvalid(messages.Problem(key, f"is not a setting; {_SESSION_CHANGED_OTHERWISE[key]}"))
    now = _as_configured(known, directory)
    if "password" in changes or "password_hash" in changes:
        now = msgspec.structs.replace(now, password_hash="")
    wanted = _bound(SessionConfig, _overlaid(now, changes))
    _refuse_session(wanted, settings, directory)
    return wanted, list(known.profile.hmac_keys)


def _as_configured(known: SessionOpened, directory: Directory) -> SessionConfig:
    """Its HMAC keys are sealed, so that they are too long to be one that a client shares: they stand for themselves."""
    names = {account_id: account.name for account_id, account in directory.accounts.items()}
    configured = SessionConfig.of(known, names)
    stand_ins = [write_key(Key(key_id_of(text), bytes(HMAC_BYTES_MIN))) for text in configured.hmac_keys]
    return msgspec.structs.replace(configured, hmac_keys=stand_ins)


def _refuse_session(wanted: SessionConfig, settings: Settings, directory: Directory) -> None:
    known = [directory.account_named(name) for name in dict.fromkeys(wanted.accounts)]
    world = Settings(
        fix=settings.fix,
        firms=_firms(settings, directory),
        accounts=[AccountConfig(name=account.name, firm=account.firm) for account in known if account is not None],
        sessions=[wanted],
    )
    _refuse([it for it in check(world, {}) if it.key.startswith("sessions")], "sessions[0].")


def instrument_config(entry: Entry) -> InstrumentConfig:
    """The entry of a new instrument. Raises OperationInvalid naming the keys."""
    wanted = _bound(InstrumentConfig, _node(entry))
    if wanted.status is InstrumentStatus.DELISTED:
        raise OperationInvalid(messages.Problem("status", "'DELISTED' is not allowed for a new instrument"))
    _refuse_found(instrument_problems("", wanted))
    return wanted


def instrument_entry(instrument: Instrument) -> Entry:
    """Its rules, as an entry; how it began is not told, for that is not how it is."""
    entry: Entry = plain(_entry_node(InstrumentConfig.of(instrument)))
    return {key: value for key, value in entry.items() if key not in BEGINNINGS}


def changed_instrument(known: Instrument, changes: Entry) -> Instrument:
    """``known`` with the changed keys of its entry; of a section, such as ``protection``, each key by itself. Raises
    OperationInvalid naming the keys."""
    if not changes:
        raise OperationInvalid(messages.Problem("body", "names nothing to change"))
    for key in changes:
        if key in _CHANGED_OTHERWISE:
            raise OperationInvalid(messages.Problem(key, f"is not a rule; {_CHANGED_OTHERWISE[key]}"))
    now = InstrumentConfig.of(known)
    wanted = _bound(InstrumentConfig, _overlaid(now, changes))
    _refuse_found(change_problems(now, wanted))
    return wanted.to_instrument(known.symbol_id)


def _entry_node(entry: msgspec.Struct) -> Node:
    return read_yaml(render_entry(entry), "what is in force")


def _overlaid(now: msgspec.Struct, changes: Entry) -> Node:
    try:
        return overlay(_entry_node(now), _node(changes))
    except ConfigError as error:
        raise _invalid(list(error.problems), "") from None


def _bind(kind: type[C], request: msgspec.Struct) -> C:
    return _bound(kind, _node(msgspec.structs.asdict(request)))


def _bound(kind: type[C], node: Node) -> C:
    binder = Binder()
    bound = binder.bind(kind, node)
    if bound is None:
        raise _invalid(binder.problems, "")
    return bound


def _node(value: object) -> Node:
    """A request's value as if it stood in a file; ``null`` is nothing."""
    if isinstance(value, dict):
        return Section({str(key): _node(item) for key, item in value.items()}, "")
    if isinstance(value, list):
        return Sequence([_node(item) for item in value], "")
    if isinstance(value, bool):
        return Scalar("true" if value else "false", "")
    return Scalar("" if value is None else str(value), "")


def _firms(settings: Settings, directory: Directory) -> list[FirmConfig]:
    """Firms are known from the configuration and from whoever belongs to one."""
    names = {firm.name for firm in settings.firms}
    names.update(account.firm for account in directory.accounts.values())
    names.update(session.firm for session in directory.sessions.values())
    return [FirmConfig(name=name) for name in sorted(names)]


def _refuse_found(found: Iterable[tuple[str, str]]) -> None:
    _refuse([Problem(key, text) for key, text in found], "")


def _refuse(problems: list[Problem], prefix: str) -> None:
    if problems:
        raise _invalid(problems, prefix)


def _invalid(problems: list[Problem], prefix: str) -> OperationInvalid:
    return OperationInvalid(*(messages.Problem(it.key.removeprefix(prefix), it.text) for it in problems))
