"""What an order asks for: pricing, then a trigger and instructions where it is no plain order.

An order is a trigger (none, stop, touched, trailing) × a pricing (market, limit, pegged, market-to-limit) ×
instructions. Which combinations make sense is said in one place, :mod:`engine.combinations`.
"""

from __future__ import annotations

from typing import final

import msgspec

from engine.session_profile import CancelOnDisconnect
from engine.types import (
    Contingency,
    OrdType,
    PegKind,
    PostOnly,
    Px,
    Qty,
    Rate,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)


@final
class Trigger(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What must happen before the order is matched (FIX StopPx 99, TriggeringInstructions)."""

    kind: TriggerKind
    px: Px = 0
    """The price to reach; of a TRAILING one where the stop starts, 0 = at its distance from the watched price."""
    source: TriggerSource = TriggerSource.LAST_TRADE
    trail_amount: Px = 0
    """TRAILING: the distance kept, as a price …"""
    trail_rate: Rate = 0
    """… or as a fraction of the watched price; one of the two."""


@final
class Peg(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Which price a PEGGED order follows (FIX PegInstructions). Its limit is the order's ``px``."""

    kind: PegKind
    offset: Px = 0
    """Added to the followed price; signed (FIX 211)."""


NOT_IN_A_BOOK = 0
"""The OrderID of what was refused."""


@final
class Link(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A leg's place in its list."""

    list_id: str
    """FIX 66 ListID, or 583 ClOrdLinkID."""
    contingency: Contingency
    leg: int
    """From 0, the entry of an OTO or a bracket."""
    first_order_id: int
    """OrderID of leg 0: what legs of one list have in common; :data:`NOT_IN_A_BOOK` where all were refused."""

    @property
    def is_entry(self) -> bool:
        """Whether the other legs wait for this one to be filled."""
        return self.contingency is not Contingency.OCO and self.leg == 0

    @property
    def is_exclusive(self) -> bool:
        """Whether the leg and its like cancel one another, and so share a hold."""
        contingency = self.contingency
        return contingency is Contingency.OCO or (contingency is Contingency.BRACKET and self.leg > 0)


@final
class SpecialTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Everything that makes an order more than a plain one. Prices and quantities at scale 10^-8."""

    trigger: Trigger | None = None
    peg: Peg | None = None
    post_only: PostOnly = PostOnly.NO
    display_qty: Qty = 0
    """Reserve: how much is shown at a time (FIX 1138, 111 MaxFloor); 0 = all."""
    display_range: Qty = 0
    """Each refresh shows ``display_qty`` ± up to this much, drawn in lots."""
    hidden: bool = False
    min_qty: Qty = 0
    """FIX 110: what each meeting with the other side must trade at least, or all that is left if that is less."""
    all_or_none: bool = False
    """18=G: ``min_qty`` is always all that is left."""
    reduce_only: bool = False
    self_trade: SelfTrade = SelfTrade.NONE
    self_trade_scope: SelfTradeScope = SelfTradeScope.ACCOUNT
    expire_ns: int = 0
    """GTD: when (FIX 126 ExpireTime), nanoseconds UTC."""
    link: Link | None = None
    """Given by the book to the legs of a list."""
    on_disconnect: CancelOnDisconnect | None = None
    """When the loss of its session cancels the order (FIX 18=o is DISCONNECT); None = as the session's profile says."""
    self_trade_id: str = ""
    """SelfMatchPreventionID (FIX 2362): with one, ``self_trade`` is about the firm's orders of the same id, whatever
    the scope; empty = none."""


NOTHING_SPECIAL = SpecialTerms()


@final
class OrderTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who wants what. Changed by a replace, by a trigger and by the venue's repricing only, so an order's images share
    it."""

    order_id: int
    session_id: int
    account_id: int
    symbol_id: int
    cl_ord_id: str
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    order_qty: Qty
    px: Px
    """The limit; for a market order the protection price that it may not trade through. The hold is computed at it."""
    maker_fee: Rate
    taker_fee: Rate
    special: SpecialTerms | None = None
