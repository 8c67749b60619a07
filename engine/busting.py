"""Undoing and correcting trades: who pays back what, and what the parties' orders look like then (docs §7)."""

from __future__ import annotations

import msgspec

from engine import lists
from engine.book_fold import BookFold
from engine.commands import BustTrade, CorrectTrade
from engine.decimals import format_decimal
from engine.events import Event, TradeBusted, TradeCorrected
from engine.image import OrderImage
from engine.images import with_hold, with_terms
from engine.money import fee_due, notional
from engine.refused import CommandRefused
from engine.types import SCALE, Amount, OrdStatus, Px, Qty, Rate


class _Terms(msgspec.Struct, frozen=True):
    """What a trade is settled at, as last corrected."""

    px: Px
    qty: Qty
    aggressor_fee: Amount
    resting_fee: Amount
    revision: int
    """How often that was."""


def bust(book: BookFold, command: BustTrade) -> list[Event]:
    """``TradeBusted``.

    Raises:
        CommandRefused: it has been busted before.
    """
    trade = command.trade
    now = _as_settled(book, command)
    rates = _rates(command)
    after = [
        _changed(book, image, -now.qty, -notional(now.px, now.qty), rate)
        for image, rate in zip((command.aggressor, command.resting), rates, strict=True)
    ]
    event = TradeBusted(
        trade.trade_id,
        now.px,
        now.qty,
        after[0],
        after[1],
        now.aggressor_fee,
        now.resting_fee,
        command.operator,
        command.reason,
        now.revision,
    )
    return _adopt(book, event)


def correct(book: BookFold, command: CorrectTrade) -> list[Event]:
    """``TradeCorrected``.

    Raises:
        CommandRefused: it has been busted, or the new price or quantity is none that it can have.
    """
    trade = command.trade
    now = _as_settled(book, command)
    if not 0 < command.qty <= now.qty:
        raise CommandRefused(f"quantity must be above 0 and at most {format_decimal(now.qty)}")
    if command.px <= 0:
        raise CommandRefused("a price must be positive")
    if command.px * command.qty % SCALE:
        raise CommandRefused("price × quantity must have no more than eight decimals")
    cost = notional(command.px, command.qty)
    more = cost - notional(now.px, now.qty)
    rates = _rates(command)
    fees = [fee_due(cost * rate) for rate in rates]
    after = [
        _changed(book, image, command.qty - now.qty, more, rate)
        for image, rate in zip((command.aggressor, command.resting), rates, strict=True)
    ]
    event = TradeCorrected(
        trade.trade_id,
        command.px,
        command.qty,
        after[0],
        after[1],
        fees[0],
        fees[1],
        now.px,
        now.qty,
        now.aggressor_fee,
        now.resting_fee,
        command.operator,
        command.reason,
        now.revision,
    )
    return _adopt(book, event)


def _as_settled(book: BookFold, command: BustTrade | CorrectTrade) -> _Terms:
    trade = command.trade
    known = book.amended_trades.get(trade.trade_id)
    if isinstance(known, TradeBusted):
        raise CommandRefused(f"trade {trade.trade_id} has been busted")
    if known is None:
        return _Terms(trade.px, trade.qty, trade.aggressor_fee, trade.resting_fee, 0)
    return _Terms(known.px, known.qty, known.aggressor_fee, known.resting_fee, known.revision + 1)


def _rates(command: BustTrade | CorrectTrade) -> tuple[Rate, Rate]:
    """At which rates the trade's parties paid."""
    trade = command.trade
    terms = trade.aggressor.terms
    return (terms.maker_fee if trade.uncross else terms.taker_fee), trade.resting.terms.maker_fee


def _changed(book: BookFold, newest: OrderImage, qty: int, cost: Amount, rate: Rate) -> OrderImage:
    """A party's order with ``qty`` and ``cost`` more (or less) filled.

    What is taken back is taken off the order: it is not traded again.
    """
    order = book.find_open(newest)
    if order is None and newest.leaves_qty:
        raise CommandRefused("an order of the trade has changed meanwhile")
    image = newest if order is None else order.image
    cum = image.cum_qty + qty
    status, terms = image.status, image.terms
    if image.leaves_qty:
        status = OrdStatus.PARTIALLY_FILLED if cum else OrdStatus.NEW
    elif status is OrdStatus.FILLED and not cum:
        status = OrdStatus.CANCELED
    link = None if terms.special is None else terms.special.link
    is_entry = link is not None and link.is_entry  # its children go by its quantity
    if (image.leaves_qty and not is_entry) or status is OrdStatus.FILLED:
        terms = msgspec.structs.replace(terms, order_qty=terms.order_qty + qty)
    raw = image.fee_raw + cost * rate
    after = msgspec.structs.replace(
        image, terms=terms, status=status, cum_qty=cum, cum_notional=image.cum_notional + cost, fee_raw=raw
    )
    if not image.leaves_qty:
        return after
    fresh = with_terms(after, terms, image.leaves_qty, status)
    return with_hold(after, max(fresh.hold, 0)) if image.hold else after


def _adopt(book: BookFold, event: TradeBusted | TradeCorrected) -> list[Event]:
    events: list[Event] = [event]
    book.apply(events)
    for image in (event.aggressor, event.resting):
        lists.hold_for_children(book, image, events)
    return events
