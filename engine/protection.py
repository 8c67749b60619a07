"""The worst price of an order that names none: a band around what it will meet (docs/order-book.md §1).

The account stamps it on the command, holds by it, and the book never trades the order through it (design §7.5).
"""

from __future__ import annotations

import msgspec

from engine.commands import NewOrder, ReplaceOrder
from engine.instrument import Instrument
from engine.money import protection_px
from engine.pricing import trailed_stop
from engine.rejections import Refusal
from engine.terms import Trigger
from engine.types import SCALE, OrdRejReason, OrdType, Px, Side, TriggerKind, TriggerSource

_BUY = Side.BUY
_LIMIT, _PEGGED = OrdType.LIMIT, OrdType.PEGGED

_REDUCES_NOTHING = "reduce-only is for sells: a cash account has no short position that a buy could reduce"
_NO_PRICE_TO_TRAIL = "no price to trail"


class Touch(msgspec.Struct, frozen=True, gc=False):
    """A book's prices as its account reads them, perhaps a moment old; 0 = none."""

    bid_px: Px
    ask_px: Px
    last_px: Px
    reference_px: Px = 0

    def watched(self, source: TriggerSource) -> Px:
        """What a trigger looks at."""
        if source is TriggerSource.LAST_TRADE:
            return self.last_px
        if source is TriggerSource.BEST_BID:
            return self.bid_px
        return self.ask_px if source is TriggerSource.BEST_OFFER else self.reference_px

    def reference(self, side: Side, instrument: Instrument) -> Px:
        """What a market order's band is measured from: the opposite touch, else the last price, else the reference.

        A lone quote far from the market must not set its own band: where there is a last price, the touch counts only
        as far as the band's width from it.
        """
        touch = self.ask_px if side is _BUY else self.bid_px
        last = self.last_px
        if touch and last:
            width = last * instrument.protection_band // SCALE
            return min(max(touch, last - width), last + width)
        return touch or last or self.reference_px or instrument.reference_px


NO_TOUCH = Touch(0, 0, 0)


def protected(command: NewOrder, instrument: Instrument, touch: Touch) -> NewOrder | Refusal:
    """The order with its worst price in ``px``, or why it has none. A limit stays what it is."""
    side, special = command.side, command.special
    trigger = None
    if special is not None:
        if special.reduce_only and side is _BUY:
            return OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, _REDUCES_NOTHING
        trigger = special.trigger
        if trigger is not None and trigger.kind is TriggerKind.TRAILING and not trigger.px:
            watched = touch.watched(trigger.source)
            if not watched:
                return OrdRejReason.OTHER, _NO_PRICE_TO_TRAIL
            trigger = Trigger(trigger.kind, trailed_stop(side, trigger, watched, instrument.tick_size))
    if command.ord_type is _LIMIT or (command.ord_type is _PEGGED and command.px):
        return command
    reference = trigger.px if trigger is not None and trigger.px > 0 else touch.reference(side, instrument)
    if reference <= 0:
        return OrdRejReason.BROKER_OPTION, f"no reference price for a market order in {instrument.symbol}"
    return msgspec.structs.replace(command, px=protection_px(side, reference, instrument))


def reprotected(command: ReplaceOrder, side: Side, ord_type: OrdType, px: Px, instrument: Instrument) -> ReplaceOrder:
    """A replace that names no price, of an order with ``ord_type`` and the worst price ``px``, with a price: around its
    new stop where that changes, else the one that it has. A limit order must name one, so it is left without."""
    if command.px or ord_type is _LIMIT:
        return command
    stop_px = command.changes.stop_px if command.changes is not None else None
    if stop_px is not None and stop_px > 0:
        px = protection_px(side, stop_px, instrument)
    return msgspec.structs.replace(command, px=px)
