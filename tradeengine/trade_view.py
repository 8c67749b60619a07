"""What a trader is shown: reports as lines, orders, books and instruments as tables. Pure: events in, rich text out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from rich import box
from rich.table import Table
from rich.text import Text

from clients.events import (
    Accepted,
    Book,
    Canceled,
    CancelRejected,
    Event,
    Executed,
    Expired,
    Instrument,
    Level,
    MassCancelReport,
    MessageRejected,
    OrderState,
    Rejected,
    Replaced,
    Restated,
    Special,
    TradeBusted,
    TradeCorrected,
    Triggered,
    UnknownReport,
)
from engine.types import Activation, CancelReason, InstrumentStatus, OrdType, RestateReason, Side, TradingPhase
from tradeengine.trade_special import special_words, tif_words, type_words
from tradeengine.trade_usage import CLAUSES, LISTS, PROMPT_USAGE, USAGE

SIDE_STYLE = {Side.BUY: "green", Side.SELL: "red"}
_CANCEL_WORDS = {
    CancelReason.REQUESTED: "as asked",
    CancelReason.MASS_CANCEL: "mass cancel",
    CancelReason.IMMEDIATE_REMAINDER: "immediate-or-cancel: the rest could not be filled at once",
    CancelReason.FILL_OR_KILL: "fill-or-kill: could not be filled at once and in full",
    CancelReason.OPERATOR: "by the venue's operator",
    CancelReason.ACCOUNT_BLOCKED: "account blocked",
    CancelReason.END_OF_DAY: "end of the trading day",
    CancelReason.REDUCED_TO_FILLED: "reduced to what had been filled",
    CancelReason.GOOD_TILL_DATE: "its time was up",
    CancelReason.AUCTION_OVER: "its auction is over",
    CancelReason.POST_ONLY: "post-only: it would have taken",
    CancelReason.SELF_TRADE: "self-trade prevention",
    CancelReason.PRICE_BAND: "at the edge of the price band",
    CancelReason.LIST: "another order of its list",
    CancelReason.NO_LIQUIDITY: "market-to-limit: there was no price",
    CancelReason.DELISTED: "delisted",
    CancelReason.MINIMUM_QUANTITY: "its minimum quantity could not be had",
    CancelReason.CONNECTION_LOST: "its session ended",
}
_RESTATE_WORDS = {
    RestateReason.SELF_TRADE: "self-trade prevention",
    RestateReason.MARKET_TO_LIMIT: "a limit order at the auction's price",
    RestateReason.ENTRY_CUT: "cut to what its entry filled",
    RestateReason.TRADE_BUSTED: "a trade was busted",
    RestateReason.TRADE_CORRECTED: "a trade was corrected",
}
_NS_PER_S = 1_000_000_000
_OfOrder: TypeAlias = (
    Accepted | Rejected | Executed | Replaced | Canceled | Expired | Triggered | Restated | TradeBusted | TradeCorrected
)


class Names:
    """What SecurityIDs mean, and in how many decimals their prices are told."""

    def __init__(self, symbol_of: Callable[[int], str], instruments: Mapping[str, Instrument]) -> None:
        """``instruments`` by symbol, as the client keeps them."""
        self.symbol = symbol_of
        self._instruments = instruments

    def px(self, security_id: int, price: Decimal) -> str:
        """As exact as the instrument's tick, so that prices stand below one another."""
        return number(price, self.px_decimals(security_id))

    def px_decimals(self, security_id: int) -> int:
        """Those of its tick; 0 for an instrument that is not listed."""
        listed = self._instruments.get(self.symbol(security_id))
        return 0 if listed is None else decimals_of([listed.tick_size])


def number(value: Decimal, decimals: int = 0) -> str:
    """``Decimal("1234.50")`` → ``1,234.5``; at least ``decimals`` decimals are shown, and none is lost."""
    whole, _, fraction = f"{value:,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else whole


def decimals_of(values: Iterable[Decimal]) -> int:
    """The decimals that matter in the most exact of ``values``: what a column needs to be aligned at the point."""
    return max((len(f"{value:f}".partition(".")[2].rstrip("0")) for value in values), default=0)


def clock(time_ns: int) -> str:
    """UTC time of day to the microsecond."""
    seconds, rest = divmod(time_ns, _NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{rest // 1000:06d}"


# ---- reports ------------------------------------------------------------------------------------------------------


def report_line(event: Event, names: Names) -> Text:
    """One line for one report: its number, time, kind, and what it says."""
    describe = _LINES.get(type(event))
    kind, style, said = ("unknown", "yellow", Text(str(event))) if describe is None else describe(event, names)
    line = Text()
    if isinstance(event, MessageRejected):
        line.append(" " * 24)
    elif isinstance(event, UnknownReport):
        line.append(f"{event.number:>7}  {'':15}", "dim")
    else:
        line.append(f"{event.number:>7}  {clock(event.transact_time_ns)}", "dim")
    return line.append(f"  {kind:<9}  ", style).append_text(said)


def _what(event: _OfOrder, names: Names, qty: Decimal | None, price: Decimal | None) -> Text:
    """``BUY 100 AAPL @ 190.50``; without what is None."""
    symbol = names.symbol(event.security_id)
    text = Text().append(f"{event.side.name:<4} ", SIDE_STYLE[event.side])
    text.append(symbol if qty is None else f"{number(qty)} {symbol}", "bold")
    return text if price is None else text.append(f" @ {names.px(event.security_id, price)}", "bold")


def _ids(order_id: int, cl_ord_id: int) -> tuple[str, str]:
    return f"  #{order_id} {cl_ord_id}", "dim"


def _priced(event: Accepted | Replaced | Triggered | Restated, names: Names) -> Text:
    """The order at its limit, or at the worst that it may trade at."""
    if event.ord_type is OrdType.LIMIT:
        return _what(event, names, event.order_qty, event.price)
    said = _what(event, names, event.order_qty, None)
    return said.append(f" {type_words(event.ord_type)}, no worse than {names.px(event.security_id, event.price)}")


def _clauses(special: Special | None, security_id: int, names: Names) -> str:
    """What is special about an order, to be said after a comma; empty for a plain one."""
    if special is None:
        return ""
    return "".join(f", {words}" for words in special_words(special, lambda px: names.px(security_id, px), number))


def _accepted(event: Accepted, names: Names) -> tuple[str, str, Text]:
    said = _priced(event, names).append(f" {tif_words(event.tif)}")
    said.append(_clauses(event.special, event.security_id, names))
    return "accepted", "cyan", said.append(*_ids(event.order_id, event.cl_ord_id))


def _triggered(event: Triggered, names: Names) -> tuple[str, str, Text]:
    said = _priced(event, names)
    said.append(", its entry is filled" if event.activation == Activation.ENTRY else "")
    said.append(_clauses(event.special, event.security_id, names))
    return "triggered", "bold cyan", said.append(*_ids(event.order_id, event.cl_ord_id))


def _restated(event: Restated, names: Names) -> tuple[str, str, Text]:
    reason = _RESTATE_WORDS[event.reason] if isinstance(event.reason, RestateReason) else f"reason {event.reason}"
    said = _priced(event, names).append(f", {number(event.leaves_qty)} left ({reason})")
    return "restated", "yellow", said.append(*_ids(event.order_id, event.cl_ord_id))


def _busted(event: TradeBusted, names: Names) -> tuple[str, str, Text]:
    said = _what(event, names, event.last_qty, event.last_px)
    said.append(f" never was, fee {number(event.fee)} is paid back{_why(event.text)}")
    return "BUSTED", "bold yellow", said.append(*_ids(event.order_id, event.cl_ord_id))


def _corrected(event: TradeCorrected, names: Names) -> tuple[str, str, Text]:
    said = _what(event, names, event.last_qty, event.last_px)
    old = f"{number(event.old_qty)} @ {names.px(event.security_id, event.old_px)}"
    said.append(f" instead of {old}, fee {number(event.fee)} instead of {number(event.old_fee)}{_why(event.text)}")
    return "CORRECTED", "bold yellow", said.append(*_ids(event.order_id, event.cl_ord_id))


def _why(text: str) -> str:
    return f" ({text})" if text else ""


def _rejected(event: Rejected, names: Names) -> tuple[str, str, Text]:
    price = None if event.ord_type is OrdType.MARKET else event.price
    said = _what(event, names, event.order_qty, price)
    return "REJECTED", "bold red", said.append(f": {event.text or f'reason {event.reason}'}")


def _executed(event: Executed, names: Names) -> tuple[str, str, Text]:
    said = _what(event, names, event.last_qty, event.last_px)
    said.append(f", {number(event.leaves_qty)} left" if event.leaves_qty else ", filled")
    said.append(f", fee {number(event.fee)} {_role(event)}")
    return "executed", "bold green", said.append(*_ids(event.order_id, event.cl_ord_id))


def _role(event: Executed) -> str:
    return "in the auction" if event.auction else "as maker" if event.added_liquidity else "as taker"


def _replaced(event: Replaced, names: Names) -> tuple[str, str, Text]:
    place = "kept its place" if event.kept_priority else "went to the back"
    said = _priced(event, names).append(f", {number(event.leaves_qty)} left, {place}")
    said.append(_clauses(event.special, event.security_id, names))
    return "replaced", "cyan", said.append(*_ids(event.order_id, event.cl_ord_id))


def _ended(event: Canceled | Expired, names: Names, kind: str) -> tuple[str, str, Text]:
    said = _what(event, names, None, None)
    reason = _CANCEL_WORDS[event.reason] if isinstance(event.reason, CancelReason) else f"reason {event.reason}"
    said.append(f", {number(event.cum_qty)} had been filled" if event.cum_qty else ", nothing had been filled")
    cl_ord_id = event.orig_cl_ord_id if isinstance(event, Canceled) else event.cl_ord_id
    return kind, "yellow", said.append(f" ({reason})").append(*_ids(event.order_id, cl_ord_id))


def _cancel_rejected(event: CancelRejected, _: Names) -> tuple[str, str, Text]:
    asked = "replace" if event.is_replace else "cancel"
    return "REJECTED", "bold red", Text(f"{asked} {event.orig_cl_ord_id}: {event.text or f'reason {event.reason}'}")


def _mass_canceled(event: MassCancelReport, names: Names) -> tuple[str, str, Text]:
    if event.rejected:
        return "REJECTED", "bold red", Text(f"mass cancel: {event.text or f'reason {event.reason}'}")
    count = event.total_affected_orders
    said = f"mass cancel: {count} order{'' if count == 1 else 's'} canceled"
    if event.security_id:
        said += f" in {names.symbol(event.security_id)}"
    return "done", "cyan", Text(said)


def _not_taken(event: MessageRejected, _: Names) -> tuple[str, str, Text]:
    return "REJECTED", "bold red", Text(f"the venue could not take message {event.ref_seq_num}: {event.text}")


_LINES: dict[type, Callable[[Any, Names], tuple[str, str, Text]]] = {
    Accepted: _accepted,
    Rejected: _rejected,
    Executed: _executed,
    Replaced: _replaced,
    Canceled: lambda event, names: _ended(event, names, "canceled"),
    Expired: lambda event, names: _ended(event, names, "expired"),
    CancelRejected: _cancel_rejected,
    Triggered: _triggered,
    Restated: _restated,
    TradeBusted: _busted,
    TradeCorrected: _corrected,
    MassCancelReport: _mass_canceled,
    MessageRejected: _not_taken,
}


# ---- tables -------------------------------------------------------------------------------------------------------


def _table(*columns: str, left: Sequence[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right", no_wrap=True)
    return table


def orders_table(orders: list[OrderState], names: Names) -> Table:
    """Oldest first, as the venue answers. What is special about some has a column where there are any."""
    any_special = any(order.special is not None for order in orders)
    table = _table(
        *("id", "order", "symbol", "side", "qty", "filled", "left", "price", "avg price", "type", "tif", "status"),
        *(("special",) if any_special else ()),
        left=("symbol", "side", "type", "tif", "status", "special"),
    )
    qty = decimals_of(value for order in orders for value in (order.order_qty, order.cum_qty, order.leaves_qty))
    for order in orders:
        table.add_row(
            str(order.cl_ord_id),
            f"#{order.order_id}",
            names.symbol(order.security_id),
            Text(order.side.name, SIDE_STYLE[order.side]),
            number(order.order_qty, qty),
            number(order.cum_qty, qty),
            number(order.leaves_qty, qty),
            names.px(order.security_id, order.price),
            names.px(order.security_id, order.avg_px) if order.cum_qty else "",
            type_words(order.ord_type),
            tif_words(order.tif),
            order.status.name.lower().replace("_", " "),
            *((_clauses(order.special, order.security_id, names).removeprefix(", "),) if any_special else ()),
        )
    return table


def book_table(book: Book, names: Names) -> Table:
    """Bids on the left, offers on the right, the best of both in the first row."""
    table = _table("orders", "bid qty", "bid", "offer", "offer qty", "orders", left=("offer",))
    levels = [*book.bids, *book.offers]
    px = names.px_decimals(book.security_id)
    qty = decimals_of(level.qty for level in levels)
    for row in range(max(len(book.bids), len(book.offers))):
        bid, offer = (side[row] if row < len(side) else None for side in (book.bids, book.offers))
        table.add_row(*_level_cells(bid, px, qty, "green"), *reversed(_level_cells(offer, px, qty, "red")))
    return table


def _level_cells(level: Level | None, px: int, qty: int, style: str) -> list[Text | str]:
    if level is None:
        return ["", "", ""]
    return [Text(str(level.orders), "dim"), number(level.qty, qty), Text(number(level.price, px), f"bold {style}")]


def instruments_table(instruments: list[Instrument]) -> Table:
    """The venue's rules; fees as percentages of a fill's notional."""
    table = _table(
        *("symbol", "status", "phase", "tick", "lot", "min qty", "max qty", "min notional", "maker fee", "taker fee"),
        left=("symbol", "status", "phase"),
    )
    for instrument in instruments:
        status, phase = instrument.status, instrument.phase
        table.add_row(
            Text(instrument.symbol, "bold"),
            status.name.lower() if isinstance(status, InstrumentStatus) else str(status),
            phase.name.lower().replace("_", " ") if isinstance(phase, TradingPhase) else str(phase),
            number(instrument.tick_size),
            number(instrument.lot_size),
            number(instrument.min_qty),
            number(instrument.max_qty),
            number(instrument.min_notional),
            f"{number(instrument.maker_fee * 100)}%",
            f"{number(instrument.taker_fee * 100)}%",
        )
    return table


def usage_table() -> Table:
    """The prompt's help."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for rows in ((*USAGE, *PROMPT_USAGE), LISTS, CLAUSES):
        for words, meaning in rows:
            table.add_row(Text(words), Text(meaning))
        table.add_row("", "")
    return table
