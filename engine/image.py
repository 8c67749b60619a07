"""An order as it stands: its terms, what has been filled, and where it works."""

from __future__ import annotations

from typing import final

import msgspec

from engine.terms import OrderTerms, SpecialTerms
from engine.types import Amount, OrdStatus, OrdType, Px, Qty, Rate, Side, TimeInForce, Wait


@final
class Working(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The moving part of an order with special terms."""

    wait: Wait = Wait.NOTHING
    px: Px = 0
    """Where a pegged order rests; 0 = at its terms' price."""
    shown: Qty = 0
    """How much of what rests is displayed."""
    stop_px: Px = 0
    """The price that an untriggered order waits for, as it has trailed so far; 0 = none, or triggered."""


@final
class OrderImage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An order's whole absolute state after an event. The properties are for whoever is in no hurry."""

    terms: OrderTerms
    status: OrdStatus
    leaves_qty: Qty
    cum_qty: Qty
    cum_notional: Amount
    """Σ last_px × last_qty: AvgPx is ``cum_notional × 10^8 / cum_qty``."""
    fee_raw: int
    """Σ notional × rate at scale 10^-16: what the order's fee is rounded from."""
    hold: Amount
    """What the account holds for the rest: quote for a buy, base for a sell."""
    working: Working | None = None
    """None for a plain order: it works at its terms' price and shows all that is left."""

    @property
    def order_id(self) -> int:
        return self.terms.order_id

    @property
    def session_id(self) -> int:
        return self.terms.session_id

    @property
    def account_id(self) -> int:
        return self.terms.account_id

    @property
    def symbol_id(self) -> int:
        return self.terms.symbol_id

    @property
    def cl_ord_id(self) -> str:
        return self.terms.cl_ord_id

    @property
    def side(self) -> Side:
        return self.terms.side

    @property
    def ord_type(self) -> OrdType:
        return self.terms.ord_type

    @property
    def tif(self) -> TimeInForce:
        return self.terms.tif

    @property
    def order_qty(self) -> Qty:
        return self.terms.order_qty

    @property
    def px(self) -> Px:
        return self.terms.px

    @property
    def maker_fee(self) -> Rate:
        return self.terms.maker_fee

    @property
    def taker_fee(self) -> Rate:
        return self.terms.taker_fee

    @property
    def special(self) -> SpecialTerms | None:
        return self.terms.special

    @property
    def resting_px(self) -> Px:
        """The price of the queue in which it stands; 0 while it waits."""
        working = self.working
        if working is None:
            return self.terms.px
        return 0 if working.wait else working.px or self.terms.px

    @property
    def shown_qty(self) -> Qty:
        """What the market may see of it."""
        working = self.working
        if working is None:
            return self.leaves_qty
        return 0 if working.wait else working.shown
