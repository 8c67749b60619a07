"""Reference data as the journal tells it: instruments, accounts, sessions, and whether each may act."""

from __future__ import annotations

from typing import TypeAlias

from engine.events import (
    AccountBlocked,
    AccountOpened,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    SessionOpened,
    SessionRemoved,
    TradingPhaseChanged,
)
from engine.instrument import Instrument
from engine.types import InstrumentStatus, TradingPhase

FEES_ACCOUNT_ID = 1
"""The venue's own account: every fee is credited here, so that assets are conserved."""

FEES_ACCOUNT = AccountOpened(FEES_ACCOUNT_ID, "FEES", "VENUE")

CONFIGURATION = "configuration"
"""The operator of what the configuration file asks for."""

SessionKey: TypeAlias = tuple[str, str, str]
"""A session's identity: protocol, the client's CompID, the venue's."""


def key_of(session: SessionOpened) -> SessionKey:
    return session.protocol, session.comp_id, session.target_comp_id


class Directory:
    """Who and what the venue knows, by id and by name; folded from events, read by everyone."""

    def __init__(self) -> None:
        self.instruments: dict[int, Instrument] = {}
        self.configured: dict[str, Instrument] = {}
        """By symbol, an instrument as the configuration gave it last, whatever operators have done since."""
        self.statuses: dict[int, InstrumentStatus] = {}
        self.phases: dict[int, TradingPhase] = {}
        self.accounts: dict[int, AccountOpened] = {}
        self.firms: dict[int, str] = {}
        """Each account's firm."""
        self.blocked: set[int] = set()
        self.sessions: dict[int, SessionOpened] = {}
        self.configured_sessions: dict[SessionKey, SessionOpened] = {}
        """A session as the configuration gave it last, whatever operators and its client have done since."""
        self.past_sessions: dict[int, SessionOpened] = {}
        """Those that have been removed: old orders and trades are theirs."""
        self._last_session_id = 0
        self._symbols: dict[str, Instrument] = {}
        self._account_names: dict[str, AccountOpened] = {}
        self._session_keys: dict[SessionKey, SessionOpened] = {}

    def apply(self, event: Event) -> None:
        """Fold one event in; events that carry no reference data change nothing."""
        if isinstance(event, InstrumentListed):
            instrument = event.instrument
            self.instruments[instrument.symbol_id] = instrument
            if event.operator in ("", CONFIGURATION):  # before operators could list, nobody was named
                self.configured[instrument.symbol] = instrument
            self._symbols[instrument.symbol] = instrument
            self.statuses.setdefault(instrument.symbol_id, instrument.status)
            self.phases.setdefault(instrument.symbol_id, instrument.phase)
        elif isinstance(event, InstrumentStatusChanged):
            self.statuses[event.symbol_id] = event.status
        elif isinstance(event, TradingPhaseChanged):
            self.phases[event.symbol_id] = event.phase
        elif isinstance(event, AccountOpened):
            self.accounts[event.account_id] = event
            self.firms[event.account_id] = event.firm
            self._account_names[event.name] = event
        elif isinstance(event, AccountBlocked):
            (self.blocked.add if event.blocked else self.blocked.discard)(event.account_id)
        elif isinstance(event, SessionOpened):
            self._open_session(event)
        elif isinstance(event, SessionRemoved):
            gone = self.past_sessions[event.session_id] = self.sessions.pop(event.session_id)
            del self._session_keys[key_of(gone)]

    def _open_session(self, event: SessionOpened) -> None:
        key = key_of(event)
        if event.operator in ("", CONFIGURATION):  # before operators could change one, nobody was named
            self.configured_sessions[key] = event
        self.sessions[event.session_id] = event
        self._last_session_id = max(self._last_session_id, event.session_id)
        self._session_keys[key] = event

    def instrument_named(self, symbol: str) -> Instrument | None:
        return self._symbols.get(symbol)

    def instrument(self, symbol_id: int) -> Instrument:
        return self.instruments[symbol_id]

    def account_named(self, name: str) -> AccountOpened | None:
        return self._account_names.get(name)

    def account(self, account_id: int) -> AccountOpened:
        return self.accounts[account_id]

    def session(self, session_id: int) -> SessionOpened:
        return self.sessions[session_id]

    def session_ever(self, session_id: int) -> SessionOpened | None:
        """The session, also where it has been removed."""
        return self.sessions.get(session_id) or self.past_sessions.get(session_id)

    def is_removed(self, key: SessionKey) -> bool:
        """Whether the identity was a session's that has been removed, and is nobody's now."""
        return key not in self._session_keys and any(key_of(gone) == key for gone in self.past_sessions.values())

    def session_keyed(self, protocol: str, comp_id: str, target_comp_id: str) -> SessionOpened | None:
        return self._session_keys.get((protocol, comp_id, target_comp_id))

    @property
    def assets(self) -> list[str]:
        return sorted({asset for i in self.instruments.values() for asset in (i.base, i.quote)})

    def next_symbol_id(self) -> int:
        return max(self.instruments, default=0) + 1

    def next_account_id(self) -> int:
        return max(self.accounts, default=FEES_ACCOUNT_ID) + 1

    def next_session_id(self) -> int:
        """Never that of a session that has been removed: the journal's old records are about that one."""
        return self._last_session_id + 1

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order (for the state hash)."""
        return (
            [self.instruments[key] for key in sorted(self.instruments)],
            sorted(self.statuses.items()),
            sorted(self.phases.items()),
            [self.accounts[key] for key in sorted(self.accounts)],
            sorted(self.blocked),
            [self.sessions[key] for key in sorted(self.sessions)],
            [self.past_sessions[key] for key in sorted(self.past_sessions)],
        )
