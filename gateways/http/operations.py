"""What the HTTP port needs of the venue, and how the venue says no.

```
OperationError
├── OperationInvalid      the request contradicts the venue's rules; says which key
├── OperationUnknown      it names an account, session or symbol that isn't there
├── OperationRefused      it is understood and not possible now (insufficient funds, the name is taken)
└── VenueUnavailable      the venue is replaying, stopping, or its journal has failed
```
"""

from __future__ import annotations

from typing import Protocol

from engine.types import Amount
from gateways.http.fix_sessions import FixSessionDesk
from gateways.http.instruments import InstrumentDesk
from gateways.http.market import MarketReads
from gateways.http.messages import Problem
from gateways.http.sessions import SessionDesk
from gateways.http.views import (
    AccountRequest,
    AccountView,
    BalancesView,
    Done,
    OrderView,
    StateHashView,
)


class OperationError(Exception):
    """Why the venue did not do what an operator asked; the text is for the operator."""


class OperationInvalid(OperationError):
    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.key}: {problem.text}" for problem in problems))
        self.problems = problems


class OperationUnknown(OperationError):
    pass


class OperationRefused(OperationError):
    pass


class VenueUnavailable(OperationError):
    pass


class Operations(MarketReads, InstrumentDesk, SessionDesk, FixSessionDesk, Protocol):
    """Reads answer from live state; changes return once their event is durable. All raise OperationError."""

    def unready_reason(self) -> str:
        """Why orders are not taken; empty when they are. Never raises."""

    def metrics(self) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, and its content type. Never raises an OperationError."""

    def accounts(self) -> list[AccountView]: ...

    def balances(self, account: str) -> BalancesView: ...

    def open_orders(self, account: str) -> list[OrderView]: ...

    async def deposit(self, account: str, asset: str, amount: Amount, operator: str) -> Done: ...

    async def withdraw(self, account: str, asset: str, amount: Amount, operator: str) -> Done: ...

    async def open_account(self, request: AccountRequest, operator: str) -> Done: ...

    async def set_blocked(self, account: str, blocked: bool, operator: str) -> Done:
        """Blocking cancels the account's orders; its cancels still pass."""

    async def cancel_account(self, account: str, operator: str) -> Done:
        """Cancel the account's open orders; it may send new ones."""

    async def hash_state(self) -> StateHashView:
        """Journal the state's hash at the next quiet moment."""
