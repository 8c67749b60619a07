"""What operators do to a book (docs/order-book.md §7)."""

from __future__ import annotations

import msgspec
from naive_phases import change_phase
from naive_state import State
from naive_steps import hold_of_leg, settle_holds

from engine.commands import (
    BustTrade,
    ChangeInstrument,
    CorrectTrade,
    SetInstrumentStatus,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.decimals import format_decimal
from engine.events import (
    InstrumentListed,
    InstrumentStatusChanged,
    ReferencePriceSet,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.money import fee_due, notional
from engine.refused import CommandRefused
from engine.types import INT64_MAX, SCALE, InstrumentStatus, OrdStatus

OperatorCommand = (
    SetInstrumentStatus | SetTradingPhase | SetReferencePrice | ChangeInstrument | BustTrade | CorrectTrade
)


def operate(book: State, command: OperatorCommand) -> None:
    match command:
        case SetInstrumentStatus():
            set_status(book, command)
        case SetTradingPhase():
            refuse_if_delisted(book)
            if not book.active and book.phase.collects and not command.phase.collects:
                raise CommandRefused(f"{book.instrument.symbol} is {book.status.name}: leaving this phase would trade")
            if command.phase is not book.phase:
                change_phase(book, command.phase, command.operator, command.reason)
        case SetReferencePrice():
            if not 0 < command.px <= INT64_MAX:
                raise CommandRefused("a reference price must be positive, and no more than a price can be")
            book.reference_px = command.px
            book.emit(ReferencePriceSet(command.symbol_id, command.px, command.operator))
        case ChangeInstrument():
            change_instrument(book, command)
        case BustTrade():
            bust(book, command)
        case CorrectTrade():
            correct(book, command)


def refuse_if_delisted(book: State) -> None:
    if book.status is InstrumentStatus.DELISTED:
        raise CommandRefused(f"{book.instrument.symbol} is delisted")


def set_status(book: State, command: SetInstrumentStatus) -> None:
    refuse_if_delisted(book)
    if command.status is InstrumentStatus.DELISTED and book.orders:
        raise CommandRefused(f"{book.instrument.symbol} still has orders")
    book.status = command.status
    book.emit(InstrumentStatusChanged(command.symbol_id, command.status, command.operator))


def change_instrument(book: State, command: ChangeInstrument) -> None:
    old, new = book.instrument, command.instrument
    if (new.symbol_id, new.symbol, new.base, new.quote) != (old.symbol_id, old.symbol, old.base, old.quote):
        raise CommandRefused("an instrument's id, symbol and assets cannot be changed")
    book.instrument = new
    book.traded += [book.last_px] if book.last_px else []  # a distance may be rounded to another tick
    book.emit(InstrumentListed(new, command.operator))


# ---- busts and corrections ------------------------------------------------------------------------------------------


def settled(book: State, trade: TradeExecuted) -> TradeExecuted | TradeCorrected:
    """The trade as it has been settled so far."""
    word = book.last_words.get(trade.trade_id)
    if isinstance(word, TradeBusted):
        raise CommandRefused(f"trade {trade.trade_id} has been busted")
    return word or trade


def bust(book: State, command: BustTrade) -> None:
    trade, was = command.trade, settled(book, command.trade)
    aggressor = resettled(book, command.aggressor, taker_rate(trade), was.px, was.qty, 0, 0)
    resting = resettled(book, command.resting, trade.resting.maker_fee, was.px, was.qty, 0, 0)
    event = TradeBusted(
        trade.trade_id, was.px, was.qty, aggressor, resting, was.aggressor_fee, was.resting_fee, command.operator,
        command.reason, revision_after(was),
    )  # fmt: skip
    book.last_words[trade.trade_id] = event
    book.emit(event)
    settle_entries(book, event)


def correct(book: State, command: CorrectTrade) -> None:
    trade, was, px, qty = command.trade, settled(book, command.trade), command.px, command.qty
    if not 0 < qty <= was.qty:
        raise CommandRefused(f"quantity must be above 0 and at most {format_decimal(was.qty)}")
    if px <= 0:
        raise CommandRefused("a price must be positive")
    if px * qty % SCALE:
        raise CommandRefused("price × quantity must have no more than eight decimals")
    aggressor = resettled(book, command.aggressor, taker_rate(trade), was.px, was.qty, px, qty)
    resting = resettled(book, command.resting, trade.resting.maker_fee, was.px, was.qty, px, qty)
    aggressor_fee = fee_due(notional(px, qty) * taker_rate(trade))
    resting_fee = fee_due(notional(px, qty) * trade.resting.maker_fee)
    event = TradeCorrected(
        trade.trade_id, px, qty, aggressor, resting, aggressor_fee,
        resting_fee, was.px, was.qty, was.aggressor_fee, was.resting_fee, command.operator,
        command.reason, revision_after(was),
    )  # fmt: skip
    book.last_words[trade.trade_id] = event
    book.emit(event)
    settle_entries(book, event)


def settle_entries(book: State, event: TradeBusted | TradeCorrected) -> None:
    """Children of an open entry hold no more than it has bought now."""
    for image in (event.aggressor, event.resting):
        order = book.find(image.order_id)
        if order and order.link and order.link.is_entry:
            settle_holds(book, order)


def revision_after(was: TradeExecuted | TradeCorrected) -> int:
    return was.revision + 1 if isinstance(was, TradeCorrected) else 0


def taker_rate(trade: TradeExecuted) -> int:
    return trade.aggressor.maker_fee if trade.uncross else trade.aggressor.taker_fee


def resettled(book: State, newest: OrderImage, rate: int, old_px: int, old_qty: int, px: int, qty: int) -> OrderImage:
    """A party's order when the trade is settled at ``px`` and ``qty``."""
    order = book.find(newest.order_id)
    image = order.image if order else newest
    cum_qty = image.cum_qty - old_qty + qty
    more = notional(px, qty) - notional(old_px, old_qty)
    raw = image.fee_raw + more * rate
    terms, status = image.terms, image.status
    if status is OrdStatus.FILLED and not cum_qty:
        status = OrdStatus.CANCELED
    elif (order and not (order.link and order.link.is_entry)) or status is OrdStatus.FILLED:
        terms = msgspec.structs.replace(terms, order_qty=image.order_qty - old_qty + qty)
    if order:
        status = OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
    image = msgspec.structs.replace(
        image,
        terms=terms,
        status=status,
        cum_qty=cum_qty,
        cum_notional=image.cum_notional + more,
        fee_raw=raw,
    )
    if order:
        image = msgspec.structs.replace(image, hold=hold_of_leg(book, order, image))
        order.image = image
    return image
