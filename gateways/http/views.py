"""The JSON that operators send and get. Amounts, prices and quantities are decimal strings, exact to 10^-8."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

Entry: TypeAlias = dict[str, Any]
"""An instrument in the words of ``instruments`` in the configuration, or a session in those of ``sessions``."""


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a request carries. A field that is not known here is refused."""


class TransferRequest(_Body, frozen=True):
    """A deposit or a withdrawal."""

    asset: str
    amount: str
    """More than 0."""


class AccountRequest(_Body, frozen=True):
    """A new account; the rules are those of ``accounts`` in the configuration."""

    name: str
    firm: str
    balances: dict[str, str] = msgspec.field(default_factory=dict)
    max_order_qty: str = "0"
    max_order_notional: str = "0"


class KeyRequest(_Body, frozen=True):
    """A key by which a session's client will sign its logons."""

    key_id: str
    kind: str
    """``ed25519`` or ``hmac``."""
    key: str = ""
    """In base64: the public key, or the secret; of an hmac key that is not given, the venue makes one."""

    def __repr__(self) -> str:
        return f"KeyRequest({self.kind} {self.key_id})"


class StatusRequest(_Body, frozen=True):
    status: str
    """A name of :class:`engine.types.InstrumentStatus`."""


class PhaseRequest(_Body, frozen=True):
    phase: str
    """A name of :class:`engine.types.TradingPhase`."""
    reason: str = ""


class PriceRequest(_Body, frozen=True):
    px: str


class BustRequest(_Body, frozen=True):
    reason: str
    """What the parties are told."""


class CorrectRequest(_Body, frozen=True):
    px: str
    qty: str
    """At most what it is now."""
    reason: str
    """What the parties are told."""


class Done(msgspec.Struct, frozen=True):
    """A change is durable."""

    sequence: int
    """The journal sequence at which it is."""


class AccountView(msgspec.Struct, frozen=True):
    name: str
    firm: str
    blocked: bool
    max_order_qty: str
    max_order_notional: str


class BalanceView(msgspec.Struct, frozen=True):
    asset: str
    balance: str
    held: str
    """By open orders."""
    pending: str
    """By commands whose outcome is not journaled yet."""
    free: str
    """balance − held − pending."""


class BalancesView(msgspec.Struct, frozen=True):
    account: str
    blocked: bool
    balances: list[BalanceView]


class OrderView(msgspec.Struct, frozen=True):
    """An open order."""

    order_id: int
    session: str
    cl_ord_id: str
    symbol: str
    side: str
    ord_type: str
    time_in_force: str
    status: str
    order_qty: str
    px: str
    leaves_qty: str
    cum_qty: str
    hold: str


class SessionView(msgspec.Struct, frozen=True):
    session_id: int
    protocol: str
    comp_id: str
    target_comp_id: str
    username: str
    firm: str
    accounts: list[str]
    default_account: str
    rights: list[str]
    enabled: bool
    logged_on: bool


class SessionOpenedView(msgspec.Struct, frozen=True):
    session_id: int
    sequence: int


class KeyAddedView(msgspec.Struct, frozen=True, omit_defaults=True):
    sequence: int
    key_id: str
    secret: str = ""
    """In base64, told this once, where the venue has made it."""

    def __repr__(self) -> str:
        return f"KeyAddedView({self.key_id})"


class InstrumentView(msgspec.Struct, frozen=True):
    symbol: str
    base: str
    quote: str
    status: str
    phase: str
    tick_size: str
    lot_size: str
    min_qty: str
    max_qty: str
    min_notional: str
    maker_fee: str
    taker_fee: str
    bid_px: str
    """Empty where there is none."""
    ask_px: str
    last_px: str
    reference_px: str


class TradePartyView(msgspec.Struct, frozen=True):
    """One side of a trade; the order as it is now."""

    account: str
    session: str
    side: str
    order_id: int
    cl_ord_id: str
    order_status: str
    fee: str


class TradeView(msgspec.Struct, frozen=True):
    """A trade as it is settled now."""

    trade_id: int
    symbol: str
    time: str
    sequence: int
    """Of the record in which it was made."""
    status: str
    """EXECUTED, CORRECTED or BUSTED."""
    px: str
    qty: str
    aggressor: TradePartyView
    resting: TradePartyView


class StateHashView(msgspec.Struct, frozen=True):
    digest: str
    """What ``tradeengine journal verify`` must find."""


class HealthView(msgspec.Struct, frozen=True, omit_defaults=True):
    ready: bool
    reason: str = ""
