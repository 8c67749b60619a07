"""How orders enter, and how the book settles after every command (docs/order-book.md §2, reactions)."""

from __future__ import annotations

from naive_matching import can_be_met, work, would_take
from naive_phases import takes_part, watch_limits
from naive_prices import entry_px, peg_px, standing_px, trailed, triggered_px, within_band
from naive_state import AT_ONCE, Open, State, with_shown, with_wait
from naive_steps import cancel, changed_terms, park, update

from engine.events import OrderTriggered
from engine.image import OrderImage
from engine.types import (
    Activation,
    CancelReason,
    OrdType,
    PostOnly,
    Side,
    TriggerKind,
    TriggerSource,
    UpdateCause,
    Wait,
)


def shown_anew(book: State, image: OrderImage) -> OrderImage:
    """With what it shows when it enters; a plain order needs no word for that."""
    if image.special is not None and image.working is None:
        image = with_wait(image, Wait.NOTHING)
    return with_shown(image, book.draw_display(image))


def prepared(book: State, order: Open) -> tuple[OrderImage, CancelReason | None]:
    """The order as it enters, or waits, and why it can't."""
    image = shown_anew(book, order.image)
    if order.for_auction and not takes_part(book, order):
        return with_wait(image, Wait.AUCTION), None
    if order.image.ord_type is OrdType.PEGGED:
        px = peg_px(book, order)
        return with_wait(image, Wait.NOTHING if px else Wait.TOUCH, px), None
    entered = with_wait(image, Wait.NOTHING) if image.working else image
    if not book.matches:
        return changed_terms(entered, px=triggered_px(book, order)), None
    px = entry_px(book, order)
    if order.image.ord_type is OrdType.MARKET_TO_LIMIT and not px:
        return entered, CancelReason.NO_LIQUIDITY
    if not px or (order.special.post_only is PostOnly.REJECT and would_take(book, order, px)):
        return entered, CancelReason.POST_ONLY
    return changed_terms(entered, px=px), None


def enter(book: State, order: Open, cause: UpdateCause = UpdateCause.ENTERED) -> None:
    """It leaves its place and joins as incoming."""
    image, obstacle = prepared(book, order)
    if obstacle is not None:
        cancel(book, order, obstacle)
        return
    order.place = 0
    assert image.working is not None
    if image.working.wait:
        park(book, order, image.working.wait)
        return
    update(book, order, image, cause)
    work(book, order)


# ---- the loop -------------------------------------------------------------------------------------------------------


class Cascade(Exception):
    """The record is full."""


class Loop:
    """The reactions of one record."""

    def __init__(self, book: State) -> None:
        self.book = book
        self.entries = 0

    def run(self) -> None:
        book = self.book
        if book.unfinished:
            return
        try:
            while book.active and (self.settle_once() if book.matches else self.turns()):
                pass
        except Cascade:
            self.look_at_triggers()
            book.unfinished = True
        watch_limits(book)

    def settle_once(self) -> bool:
        """Whether anything was done."""
        pegged = self.pegs()
        if self.stopped() or self.conditional():
            return True
        self.look_at_triggers()
        return self.turns() or pegged

    def stopped(self) -> bool:
        return not self.book.matches

    def enter(self, order: Open, cause: UpdateCause = UpdateCause.ENTERED) -> None:
        enter(self.book, order, cause)
        self.count()

    def count(self) -> None:
        """One entry (or, of a peg, one leaving its place) more."""
        self.entries += 1
        if self.entries == self.book.cascade_max:
            raise Cascade

    def pegs(self) -> bool:
        acted = False
        for order in self.book.by_id():
            if order.image.ord_type is not OrdType.PEGGED or order not in self.book.orders or self.stopped():
                continue
            if not order.rests and order.wait is not Wait.TOUCH:
                continue
            px = peg_px(self.book, order)
            if px == (order.px if order.rests else 0):
                continue
            acted = True
            if px:
                self.enter(order, UpdateCause.PEG)
            else:
                park(self.book, order, Wait.TOUCH)
                self.count()
        return acted

    def conditional(self) -> bool:
        for order in self.book.by_id():
            is_candidate = order.rests and order.conditional and order.special.post_only is PostOnly.NO
            if is_candidate and self.could_be_met(order):
                self.enter(order)
                return True
        return False

    def could_be_met(self, order: Open) -> bool:
        """At the price with which it would enter."""
        as_it_is = order.image
        if order.image.ord_type is not OrdType.PEGGED:
            order.image = changed_terms(as_it_is, px=within_band(self.book, order.side, as_it_is.px))
        can = can_be_met(self.book, order)
        order.image = as_it_is
        return can

    def turns(self) -> bool:
        book = self.book
        waiting = sorted(book.waiting(Wait.TURN), key=lambda order: order.turn)
        for order in waiting:
            if book.matches or (book.phase.collects and order.image.tif not in AT_ONCE):
                self.enter(order)
                return True
        return False

    # ---- triggers ---------------------------------------------------------------------------------------------------

    def look_at_triggers(self) -> None:
        if self.book.matches:
            self.trail()
            self.elect()
            self.book.traded = []

    def path(self, order: Open) -> list[int]:
        """What the price that the order watches has been since the last look."""
        trigger = order.special.trigger
        assert trigger is not None
        standing = standing_px(self.book, trigger.source)
        if trigger.source is TriggerSource.LAST_TRADE:
            return self.book.traded + ([standing] if order.fresh and standing else [])
        return [standing] if standing else []

    def trail(self) -> None:
        for order in self.book.waiting(Wait.TRIGGER):
            trigger = order.special.trigger
            if trigger is not None and trigger.kind is TriggerKind.TRAILING:
                self.follow(order)

    def follow(self, order: Open) -> None:
        stop_px, tick = order.stop_px, self.book.instrument.tick_size
        for px in self.path(order):
            if stop_px and is_met(order, px, stop_px):
                order.met = True
                break
            behind = trailed(self.book, order, px)
            if not stop_px or (behind > stop_px if order.side is Side.SELL else behind < stop_px):
                stop_px = behind
        if stop_px == order.stop_px:
            return
        image = with_wait(order.image, Wait.TRIGGER, stop_px=stop_px)
        if order.image.ord_type is OrdType.LIMIT and order.stop_px:
            image = changed_terms(image, px=max(order.image.px + stop_px - order.stop_px, tick))
        update(self.book, order, image, UpdateCause.TRAIL)

    def elect(self) -> None:
        for order in sorted(self.book.waiting(Wait.TRIGGER), key=lambda order: order.arrived):
            trigger = order.special.trigger
            if trigger is not None and trigger.kind is not TriggerKind.TRAILING:
                order.met = any(is_met(order, px, order.stop_px) for px in self.path(order))
            order.fresh = False
            if order.met:
                order.turn = self.book.tick()
                order.image = with_wait(order.image, Wait.TURN, stop_px=order.stop_px)
                self.book.emit(OrderTriggered(order.image, Activation.TRIGGER))


def is_met(order: Open, px: int, stop_px: int) -> bool:
    """Whether the trigger's condition holds at the watched price ``px``."""
    trigger = order.special.trigger
    assert trigger is not None
    waits_for_rise = (order.side is Side.BUY) is not (trigger.kind is TriggerKind.TOUCHED)
    return px >= stop_px if waits_for_rise else px <= stop_px
