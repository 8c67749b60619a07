"""Accounts and sessions that operators add obey the rules that the configuration's do, told in the same words."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from config.binder import Binder
from config.document import Node, Scalar, Section, Sequence
from config.errors import Problem
from config.reference import AccountConfig, FirmConfig, InstrumentConfig, SessionConfig
from config.rules import check
from config.settings import Settings
from engine.directory import Directory
from engine.instrument import Instrument
from gateways.http import messages
from gateways.http.operations import OperationInvalid
from gateways.http.views import AccountRequest, SessionRequest

C = TypeVar("C", bound=msgspec.Struct)


def account_config(request: AccountRequest, settings: Settings, directory: Directory) -> AccountConfig:
    """The request as an ``accounts`` entry. Raises OperationInvalid naming the keys."""
    wanted = _bind(AccountConfig, request)
    world = Settings(
        instruments=[_instrument_config(instrument) for instrument in directory.instruments.values()],
        firms=_firms(settings, directory),
        accounts=[wanted],
    )
    _refuse(check(world, {}), "accounts[0].")
    return wanted


def session_config(request: SessionRequest, settings: Settings, directory: Directory) -> SessionConfig:
    """The request as a ``sessions`` entry. Raises OperationInvalid naming the keys."""
    wanted = _bind(SessionConfig, request)
    known = [directory.account_named(name) for name in dict.fromkeys(wanted.accounts)]
    world = Settings(
        fix=settings.fix,
        firms=_firms(settings, directory),
        accounts=[AccountConfig(name=account.name, firm=account.firm) for account in known if account is not None],
        sessions=[wanted],
    )
    _refuse([it for it in check(world, {}) if it.key.startswith("sessions")], "sessions[0].")
    return wanted


def _bind(kind: type[C], request: msgspec.Struct) -> C:
    binder = Binder()
    bound = binder.bind(kind, _node(msgspec.structs.asdict(request)))
    if bound is None:
        raise _invalid(binder.problems, "")
    return bound


def _node(value: object) -> Node:
    if isinstance(value, dict):
        return Section({str(key): _node(item) for key, item in value.items()}, "")
    if isinstance(value, list):
        return Sequence([_node(item) for item in value], "")
    if isinstance(value, bool):
        return Scalar("true" if value else "false", "")
    return Scalar(str(value), "")


def _firms(settings: Settings, directory: Directory) -> list[FirmConfig]:
    """Firms are known from the configuration and from whoever belongs to one."""
    names = {firm.name for firm in settings.firms}
    names.update(account.firm for account in directory.accounts.values())
    names.update(session.firm for session in directory.sessions.values())
    return [FirmConfig(name=name) for name in sorted(names)]


def _instrument_config(instrument: Instrument) -> InstrumentConfig:
    return InstrumentConfig(**{name: getattr(instrument, name) for name in InstrumentConfig.__struct_fields__})


def _refuse(problems: list[Problem], prefix: str) -> None:
    if problems:
        raise _invalid(problems, prefix)


def _invalid(problems: list[Problem], prefix: str) -> OperationInvalid:
    return OperationInvalid(*(messages.Problem(it.key.removeprefix(prefix), it.text) for it in problems))
