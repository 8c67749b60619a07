"""Special orders in the words that they are placed with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from clients.events import Special
from clients.terms import Peg, Trigger
from engine.types import OrdType, PostOnly, SelfTrade, SelfTradeScope, TimeInForce, TriggerKind, TriggerSource, Wait
from tradeengine.trade_orders import PEGS, SELF_TRADES, SOURCES, TIFS

Show = Callable[[Decimal], str]
"""A number as people read it."""

_TIF_WORDS = {tif: word for word, tif in TIFS.items()} | {TimeInForce.GTD: "gtd"}
_TYPE_WORDS = {
    OrdType.MARKET: "market",
    OrdType.LIMIT: "limit",
    OrdType.MARKET_TO_LIMIT: "mtl",
    OrdType.PEGGED: "pegged",
}
_TRIGGER_WORDS: dict[int, str] = {TriggerKind.STOP: "stop", TriggerKind.TOUCHED: "take", TriggerKind.TRAILING: "trail"}
_SOURCE_WORDS: dict[int, str] = {source: word for word, source in SOURCES.items()}
_PEG_WORDS: dict[int, str] = {kind: word for word, kind in PEGS.items()}
_SELF_TRADE_WORDS: dict[int, str] = {choice: word for word, choice in SELF_TRADES.items()}
_WAIT_WORDS: dict[int, str] = {
    Wait.TURN: "active",
    Wait.TRIGGER: "waits for its trigger",
    Wait.ENTRY: "waits for its entry",
    Wait.AUCTION: "waits for its auction",
    Wait.TOUCH: "waits for a price to follow",
}
_NS_PER_S = 1_000_000_000


def tif_words(tif: TimeInForce) -> str:
    return _TIF_WORDS[tif]


def type_words(ord_type: OrdType) -> str:
    return _TYPE_WORDS[ord_type]


def special_words(special: Special, px: Show, qty: Show) -> list[str]:
    """The clauses by which an order is special, as they would be typed, then what it waits for."""
    return [*_terms(special, px, qty), *_standing(special, px, qty)]


def _terms(special: Special, px: Show, qty: Show) -> Iterator[str]:
    if special.trigger is not None:
        yield _trigger(special.trigger, px)
    if special.peg is not None:
        yield _peg(special.peg, px)
    if special.post_only:
        yield "post-only reprice" if special.post_only == PostOnly.REPRICE else "post-only"
    if special.display_qty:
        vary = f" vary {qty(special.display_range)}" if special.display_range else ""
        yield f"show {qty(special.display_qty)}{vary}"
    if special.hidden:
        yield "hidden"
    if special.min_qty:
        yield f"min {qty(special.min_qty)}"
    if special.all_or_none:
        yield "aon"
    if special.reduce_only:
        yield "reduce-only"
    if special.self_trade != SelfTrade.NONE:
        firm = " firm" if special.self_trade_scope == SelfTradeScope.FIRM else ""
        yield f"stp {_SELF_TRADE_WORDS.get(special.self_trade, special.self_trade)}{firm}"
    if special.expire_ns:
        yield f"until {datetime.fromtimestamp(special.expire_ns // _NS_PER_S, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _standing(special: Special, px: Show, qty: Show) -> Iterator[str]:
    if special.list_id:
        yield f"of list {special.list_id}"
    if special.wait:
        yield _WAIT_WORDS.get(special.wait, f"waits ({special.wait})")
    elif special.peg is not None:
        yield f"now at {px(special.working_px)}"


def _trigger(trigger: Trigger, px: Show) -> str:
    words = _TRIGGER_WORDS.get(trigger.kind, f"trigger {trigger.kind}")
    if trigger.trail_rate:
        words += f" {(trigger.trail_rate * 100).normalize():f}%"
    elif trigger.trail_amount:
        words += f" {px(trigger.trail_amount)}"
    if trigger.kind != TriggerKind.TRAILING:
        words += f" {px(trigger.px)}"
    elif trigger.px:
        words += f" at {px(trigger.px)}"
    if trigger.source != TriggerSource.LAST_TRADE:
        words += f" on {_SOURCE_WORDS.get(trigger.source, trigger.source)}"
    return words


def _peg(peg: Peg, px: Show) -> str:
    sign = "+" if peg.offset > 0 else ""
    return f"peg {_PEG_WORDS.get(peg.kind, peg.kind)}" + (f" {sign}{px(peg.offset)}" if peg.offset else "")
