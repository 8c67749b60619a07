"""What one value alone cannot show: rules within an instrument, and between instruments, accounts and sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from config.binder import suggestion
from config.errors import Problem
from config.instrument_rules import instrument_problems
from config.reference import SOUPBIN, AccountConfig, SessionConfig
from config.session_rules import session_profile_problems
from config.settings import CANCELS_PART, AdminSettings, BinarySettings, FixSettings, Settings
from engine.directory import FEES_ACCOUNT

SOUPBIN_USERNAME_MAX: Final = 6
SOUPBIN_PASSWORD_MAX: Final = 10

_FIX_ONLY: Final = (
    "schedule",
    "reset_on_logon",
    "reset_on_logout",
    "reset_on_disconnect",
    "unknown_tags",
    "last_processed",
    "reissue_on_reset",
)
"""What a SoupBinTCP session can't have: its numbers never start again, and it has no dictionary."""

Found = Iterator[tuple[str, str]]
"""Dotted key and text of each problem."""


def check(settings: Settings, origins: Mapping[str, str]) -> list[Problem]:
    """Every rule that the settings break; ``origins`` tells where each key was given."""
    found: list[tuple[str, str]] = [*_service_problems(settings), *_limit_problems(settings)]
    for i, instrument in enumerate(settings.instruments):
        found += instrument_problems(f"instruments[{i}].", instrument)
    found += _repeated((f"instruments[{i}].symbol", it.symbol) for i, it in enumerate(settings.instruments))
    found += _repeated((f"firms[{i}].name", it.name) for i, it in enumerate(settings.firms))
    found += _repeated((f"accounts[{i}].name", it.name) for i, it in enumerate(settings.accounts))
    found += _repeated(
        (f"sessions[{i}].comp_id", " ".join(filter(None, it.identity(settings.fix.comp_id))))
        for i, it in enumerate(settings.sessions)
    )
    for i, account in enumerate(settings.accounts):
        found += _account_problems(f"accounts[{i}]", account, settings)
    for i, session in enumerate(settings.sessions):
        found += _session_problems(f"sessions[{i}]", session, settings)
    return [Problem(key, text, origins.get(key, "")) for key, text in found]


def _repeated(named: Iterable[tuple[str, str]]) -> Found:
    seen: dict[str, str] = {}
    for key, name in named:
        first = seen.setdefault(name, key)
        if first != key:
            yield key, f"{name!r} is there already as {first}; expected each one once"


def _unknown(key: str, what: str, name: str, known: Iterable[str]) -> Found:
    names = sorted(known)
    if name not in names:
        hint = suggestion(name, names) or f"; expected one of {', '.join(names) or '(none is configured)'}"
        yield key, f"unknown {what} {name!r}{hint}"


def _service_problems(settings: Settings) -> Found:
    services: dict[str, FixSettings | BinarySettings | AdminSettings] = {
        "fix.port": settings.fix,
        "binary.port": settings.binary,
        "admin.port": settings.admin,
    }
    ports = {key: service.port for key, service in services.items() if service.enabled and service.port}
    if settings.fix.enabled and settings.fix.tls.certificate and settings.fix.tls_port:
        ports["fix.tls_port"] = settings.fix.tls_port
    if settings.binary.enabled and settings.binary.tls.certificate and settings.binary.tls_port:
        ports["binary.tls_port"] = settings.binary.tls_port
    if settings.binary.enabled and settings.binary.market_data and settings.binary.market_data_port:
        ports["binary.market_data_port"] = settings.binary.market_data_port
        if settings.binary.tls.certificate and settings.binary.market_data_tls_port:
            ports["binary.market_data_tls_port"] = settings.binary.market_data_tls_port
    uses = Counter(ports.values())
    for key, port in ports.items():
        if uses[port] > 1:
            yield key, f"{port} is given to more than one service; expected a port of its own"
    yield from _tls_problems("fix", settings.fix)
    yield from _tls_problems("binary", settings.binary)
    yield from _mold_problems(settings.binary)
    if settings.admin.token and settings.admin.token_file:
        yield "admin.token_file", f"{settings.admin.token_file!r} is given beside admin.token; expected one of them"


def _mold_problems(binary: BinarySettings) -> Found:
    mold = binary.mold
    if mold.enabled and not (binary.enabled and binary.market_data):
        yield "binary.mold.enabled", "true is not allowed without binary.enabled and binary.market_data"
    for key in ("address", "interface"):
        value = getattr(mold, key)
        if any(int(part) > 255 for part in value.split(".") if part):
            yield f"binary.mold.{key}", f"{value!r} is no IPv4 address"


def _tls_problems(name: str, service: FixSettings | BinarySettings) -> Found:
    tls = service.tls
    if bool(tls.certificate) != bool(tls.key):
        given, missing = ("certificate", "key") if tls.certificate else ("key", "certificate")
        yield f"{name}.tls.{missing}", f"is missing beside {name}.tls.{given}; expected both or neither"
    if tls.client_certificates == "required" and not tls.client_ca:
        yield f"{name}.tls.client_ca", "is missing; expected the authorities whose client certificates are required"
    if service.enabled and not service.plain and not tls.certificate:
        yield f"{name}.plain", f"false leaves no port, as {name}.tls.certificate is not given"


def _limit_problems(settings: Settings) -> Found:
    limits = settings.limits
    if limits.credits_per_session > limits.credits_total:
        yield (
            "limits.credits_per_session",
            f"{limits.credits_per_session} is not allowed; expected at most limits.credits_total, "
            f"{limits.credits_total}",
        )
    admitted_max = limits.credits_total + -(-limits.credits_total // CANCELS_PART)
    if limits.mailbox_depth_max < admitted_max:
        yield (
            "limits.mailbox_depth_max",
            f"{limits.mailbox_depth_max} is not allowed; expected at least {admitted_max}, limits.credits_total and "
            "an eighth for cancels, so that admitted commands always fit",
        )


def _account_problems(path: str, account: AccountConfig, settings: Settings) -> Found:
    if account.name == FEES_ACCOUNT.name:
        yield f"{path}.name", f"{account.name!r} is the venue's own account for fees; expected another name"
    yield from _unknown(f"{path}.firm", "firm", account.firm, (firm.name for firm in settings.firms))
    assets = {asset for it in settings.instruments for asset in (it.base, it.quote)}
    for asset in account.balances:
        yield from _unknown(f"{path}.balances.{asset}", "asset", asset, assets)


def _session_problems(path: str, session: SessionConfig, settings: Settings) -> Found:
    yield from _unknown(f"{path}.firm", "firm", session.firm, (firm.name for firm in settings.firms))
    yield from _credential_problems(path, session)
    yield from _session_account_problems(path, session, settings)
    yield from session_profile_problems(path, session, [firm.name for firm in settings.firms])
    if session.protocol == SOUPBIN:
        yield from _soupbin_problems(path, session)


def _credential_problems(path: str, session: SessionConfig) -> Found:
    if session.password and session.password_hash:
        yield f"{path}.password", f"both are given for {session.comp_id}; expected either password or password_hash"
    given = session.password or session.password_hash or session.public_keys or session.hmac_keys
    if not given and not session.certificate:
        yield (
            f"{path}.password",
            f"nothing is given by which {session.comp_id} can log on; expected password, password_hash, public_keys, "
            "hmac_keys or certificate",
        )


def _session_account_problems(path: str, session: SessionConfig, settings: Settings) -> Found:
    firms = {account.name: account.firm for account in settings.accounts}
    yield from _repeated((f"{path}.accounts[{i}]", name) for i, name in enumerate(session.accounts))
    for i, name in enumerate(session.accounts):
        key = f"{path}.accounts[{i}]"
        yield from _unknown(key, "account", name, firms)
        if firms.get(name, session.firm) != session.firm:
            yield key, f"{name!r} belongs to firm {firms[name]}; expected an account of {session.firm}"
    if session.default_account and session.default_account not in session.accounts:
        known = ", ".join(session.accounts) or "the session's accounts (none is given)"
        yield f"{path}.default_account", f"{session.default_account!r} is not allowed; expected one of {known}"


def _soupbin_problems(path: str, session: SessionConfig) -> Found:
    """SoupBinTCP 3.00: a login has six characters for the user name and ten for the password, and no target."""
    if len(session.comp_id) > SOUPBIN_USERNAME_MAX or not session.comp_id.isalnum():
        yield (
            f"{path}.comp_id",
            f"{session.comp_id!r} is not allowed for {SOUPBIN}; expected 1 to {SOUPBIN_USERNAME_MAX} letters and "
            "digits",
        )
    if len(session.password) > SOUPBIN_PASSWORD_MAX:
        yield f"{path}.password", f"is too long for {SOUPBIN}; expected at most {SOUPBIN_PASSWORD_MAX} characters"
    for name in ("target_comp_id", "username"):
        value = getattr(session, name)
        if value:
            yield f"{path}.{name}", f"{value!r} has no meaning for {SOUPBIN}; expected nothing"
    plain = SessionConfig(protocol=SOUPBIN, comp_id="", firm="")
    for name in _FIX_ONLY:
        if getattr(session, name) != getattr(plain, name):
            yield f"{path}.{name}", f"has no meaning for {SOUPBIN}; expected nothing"
