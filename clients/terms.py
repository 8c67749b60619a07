"""What an order asks for, beyond its price and quantity: triggers, pegs, instructions; and orders as legs of a list.

    client.new_order("AAPL", Side.SELL, 10, trigger=stop("225"))                          a stop
    client.new_order("AAPL", Side.SELL, 10, "224.5", trigger=stop("225"))                 a stop-limit
    client.new_order("AAPL", Side.SELL, 10, trigger=trailing(rate="0.02"))                a trailing stop
    client.new_order("AAPL", Side.SELL, 10, trigger=touched("250"))                       a take-profit
    client.new_order("AAPL", Side.BUY, 10, "231", peg=peg(PegKind.MIDPOINT))              a peg, with a limit
    client.new_order("AAPL", Side.BUY, 10, "230", post_only=PostOnly.REPRICE)
    client.new_order("AAPL", Side.BUY, 100, "230", display_qty=10)                        an iceberg

Numbers are ``Decimal``, ``int`` or ``str`` where they are given and ``Decimal`` where they are read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import TypedDict

import msgspec

from clients.numbers import Number, to_decimal, to_scaled
from engine import terms
from engine.commands import Changes
from engine.session_profile import CancelOnDisconnect
from engine.types import (
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)

_ZERO = Decimal(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MassCancelScope(IntEnum):
    """Whose orders of the account a mass cancel is about."""

    ACCOUNT = 0
    SESSION = 1
    """Only those that this session entered."""


class Trigger(msgspec.Struct, frozen=True):
    """What must happen before the order is matched; see :func:`stop`, :func:`touched` and :func:`trailing`."""

    kind: TriggerKind | int
    px: Decimal = _ZERO
    """The price to reach. In reports of a trailing order it is where its stop stands."""
    source: TriggerSource | int = TriggerSource.LAST_TRADE
    """Which price is watched."""
    trail_amount: Decimal = _ZERO
    trail_rate: Decimal = _ZERO


class Peg(msgspec.Struct, frozen=True):
    """Which price the order follows, and how far from it it stands; see :func:`peg`."""

    kind: PegKind | int
    offset: Decimal = _ZERO


def stop(px: Number, source: TriggerSource = TriggerSource.LAST_TRADE) -> Trigger:
    """Active when the watched price is at or above ``px`` (a buy) or at or below it (a sell)."""
    return Trigger(TriggerKind.STOP, _exact(px), source)


def touched(px: Number, source: TriggerSource = TriggerSource.LAST_TRADE) -> Trigger:
    """Active when the watched price is at or below ``px`` (a buy), at or above it (a sell): take-profit, if-touched."""
    return Trigger(TriggerKind.TOUCHED, _exact(px), source)


def trailing(
    *,
    amount: Number = 0,
    rate: Number = 0,
    start: Number = 0,
    source: TriggerSource = TriggerSource.LAST_TRADE,
) -> Trigger:
    """A stop that follows the watched price at a distance: an ``amount``, or a ``rate`` of it (``"0.02"`` is 2 %).

    It starts at ``start``, or at its distance from the watched price. Raises ``ValueError`` unless there is one
    distance.
    """
    distance, fraction = _exact(amount), _exact(rate)
    if bool(distance) == bool(fraction):
        raise ValueError("a trailing stop has an amount or a rate")
    return Trigger(TriggerKind.TRAILING, _exact(start), source, distance, fraction)


def peg(kind: PegKind, offset: Number = 0) -> Peg:
    """Follows the midpoint, the opposite side's best (``MARKET``) or its own side's (``PRIMARY``); ``offset`` is
    signed."""
    return Peg(kind, _exact(offset))


class Terms(TypedDict, total=False):
    """The keywords that make an order special, for new orders and for :class:`Order`."""

    ord_type: OrdType
    """Only ``MARKET_TO_LIMIT`` needs to be said; the others follow from the price and the peg."""
    trigger: Trigger | None
    peg: Peg | None
    post_only: PostOnly | bool
    """True is ``REJECT``."""
    display_qty: Number
    display_range: Number
    hidden: bool
    min_qty: Number
    all_or_none: bool
    reduce_only: bool
    self_trade: SelfTrade
    self_trade_scope: SelfTradeScope
    self_trade_id: int
    """A firm's own number of orders that must not trade with one another; 0 = none."""
    on_disconnect: CancelOnDisconnect | None
    """When the end of the session cancels it; None: as the session says."""
    expire: datetime | int | None
    """When a good-till-date order expires: an aware ``datetime``, or nanoseconds UTC. Makes a GTC order GTD."""


class Order(msgspec.Struct, frozen=True):
    """An order as it may stand in a list; the fields are the arguments of ``new_order``. Raises ``ValueError`` and
    ``TypeError`` for numbers that are not exact only when it is sent."""

    side: Side
    qty: Number
    price: Number | None = None
    tif: TimeInForce = TimeInForce.GTC
    cl_ord_id: int | None = None
    ord_type: OrdType | None = None
    trigger: Trigger | None = None
    peg: Peg | None = None
    post_only: PostOnly | bool = PostOnly.NO
    display_qty: Number = 0
    display_range: Number = 0
    hidden: bool = False
    min_qty: Number = 0
    all_or_none: bool = False
    reduce_only: bool = False
    self_trade: SelfTrade = SelfTrade.NONE
    self_trade_scope: SelfTradeScope = SelfTradeScope.ACCOUNT
    expire: datetime | int | None = None
    self_trade_id: int = 0
    on_disconnect: CancelOnDisconnect | None = None

    @property
    def pricing(self) -> OrdType:
        """The OrdType that the order is sent with."""
        if self.ord_type is not None:
            return self.ord_type
        if self.peg is not None:
            return OrdType.PEGGED
        return OrdType.MARKET if self.price is None else OrdType.LIMIT

    @property
    def time_in_force(self) -> TimeInForce:
        """The TimeInForce that the order is sent with."""
        return TimeInForce.GTD if self.expire is not None and self.tif is TimeInForce.GTC else self.tif

    def special(self) -> terms.SpecialTerms:
        """The special terms, scaled. Raises ``ValueError`` or ``TypeError`` for what is no exact number or time."""
        trigger, followed = self.trigger, self.peg
        return terms.SpecialTerms(
            trigger=None if trigger is None else _scaled_trigger(trigger),
            peg=None if followed is None else terms.Peg(PegKind(followed.kind), to_scaled(followed.offset)),
            post_only=PostOnly(self.post_only),
            display_qty=to_scaled(self.display_qty),
            display_range=to_scaled(self.display_range),
            hidden=self.hidden,
            min_qty=to_scaled(self.min_qty),
            all_or_none=self.all_or_none,
            reduce_only=self.reduce_only,
            self_trade=self.self_trade,
            self_trade_scope=self.self_trade_scope,
            expire_ns=0 if self.expire is None else to_ns(self.expire),
            self_trade_id=str(self.self_trade_id) if self.self_trade_id else "",
            on_disconnect=self.on_disconnect,
        )


class Amendments(TypedDict, total=False):
    """The keywords by which a replace changes an order's special terms; what is not given stays."""

    stop_px: Number
    display_qty: Number
    """0 = all of it."""
    min_qty: Number
    """0 = none."""
    peg_offset: Number
    expire: datetime | int


def changes_of(given: Amendments) -> Changes | None:
    """The changes, scaled; None where none is given."""
    if not given:
        return None
    expire = given.get("expire")
    return Changes(
        stop_px=_scaled(given.get("stop_px")),
        display_qty=_scaled(given.get("display_qty")),
        min_qty=_scaled(given.get("min_qty")),
        peg_offset=_scaled(given.get("peg_offset")),
        expire_ns=None if expire is None else to_ns(expire),
    )


def to_ns(time: datetime | int) -> int:
    """Nanoseconds UTC, exactly. Raises ``ValueError`` for a ``datetime`` without a zone."""
    if isinstance(time, int):
        return time
    if time.tzinfo is None:
        raise ValueError(f"a time needs its zone: {time}")
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def _scaled_trigger(trigger: Trigger) -> terms.Trigger:
    return terms.Trigger(
        TriggerKind(trigger.kind),
        to_scaled(trigger.px),
        TriggerSource(trigger.source),
        to_scaled(trigger.trail_amount),
        to_scaled(trigger.trail_rate),
    )


def _scaled(value: Number | None) -> int | None:
    return None if value is None else to_scaled(value)


def _exact(value: Number) -> Decimal:
    return to_decimal(to_scaled(value))
