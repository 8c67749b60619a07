"""How a trader says an order: ``sell AAPL 10 @ 224.50 stop 225 day``, and several that hang together.

What follows the quantity are clauses in any order, each with its own word. ``or`` stands between orders of which one
is to be done, ``then`` before those that the first order's fill releases, ``and`` between these:

    sell AAPL 10 @ 240 or sell stop 225                            one cancels the other
    buy AAPL 10 @ 230 then sell @ 240 and sell 5 @ 245             one triggers the others
    buy AAPL 10 @ 230 then sell @ 240 or sell stop 225             a bracket

After the first order the symbol may be left out, and the quantity where it is the first one's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from clients import terms
from clients.terms import Order
from engine.types import (
    Contingency,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerSource,
)
from tradeengine.trade_reading import Words

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TIFS = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "opg": TimeInForce.AT_THE_OPENING,
    "atc": TimeInForce.AT_THE_CLOSE,
    "gfa": TimeInForce.GOOD_FOR_AUCTION,
}
PEGS = {"mid": PegKind.MIDPOINT, "primary": PegKind.PRIMARY, "market": PegKind.MARKET}
SOURCES = {
    "last": TriggerSource.LAST_TRADE,
    "bid": TriggerSource.BEST_BID,
    "offer": TriggerSource.BEST_OFFER,
    "reference": TriggerSource.REFERENCE,
}
SELF_TRADES = {
    "newest": SelfTrade.CANCEL_NEWEST,
    "oldest": SelfTrade.CANCEL_OLDEST,
    "both": SelfTrade.CANCEL_BOTH,
    "decrement": SelfTrade.DECREMENT,
}
_TYPES = ("market", "limit", "mtl")
_BETWEEN = ("or", "then", "and")
_PERCENT = Decimal(100)


class Place(msgspec.Struct, frozen=True):
    """A new order."""

    symbol: str
    order: Order


class PlaceList(msgspec.Struct, frozen=True):
    """Orders that hang together; the first is the entry where one triggers others."""

    symbol: str
    contingency: Contingency
    orders: list[Order]


def place(words: Words) -> Place | PlaceList:
    """The orders after ``buy`` or ``sell``. Raises ``UsageError``."""
    symbol = words.take("SYMBOL")
    orders = [_order(words, SIDES[words.command], words.qty("QTY"))]
    between: list[str] = []
    while (word := words.take_if(_BETWEEN)) is not None:
        side = words.take_if(tuple(SIDES))
        if side is None:
            raise words.wrong(f"buy or sell is missing after {word!r}")
        between.append(word)
        orders.append(_order(words, SIDES[side], _leg_qty(words, symbol, orders[0])))
    if not between:
        return Place(symbol, orders[0])
    return PlaceList(symbol, _contingency(words, between), orders)


def _leg_qty(words: Words, symbol: str, first: Order) -> Decimal:
    """A later order's quantity; its symbol, which may stand before it, must be the first one's."""
    words.take_if((symbol.lower(),))
    qty = first.qty
    if words.next_is_number():
        return words.qty("QTY")
    assert isinstance(qty, Decimal)
    return qty


def _contingency(words: Words, between: list[str]) -> Contingency:
    first, rest = between[0], set(between[1:])
    if first == "or" and rest <= {"or"}:
        return Contingency.OCO
    if first == "then" and rest <= {"and"}:
        return Contingency.OTO
    if first == "then" and between[1:] == ["or"]:
        return Contingency.BRACKET
    raise words.wrong(f"{' … '.join(between)!r}: orders are joined as A or B, as A then B and C, or as A then B or C")


# ---- one order -----------------------------------------------------------------------------------------------------


def _order(words: Words, side: Side, qty: Decimal) -> Order:
    """Clauses as long as there are any."""
    given: dict[str, Any] = {}
    while (word := words.take_if(tuple(_CLAUSES))) is not None:
        for name, value in _CLAUSES[word](words, word).items():
            if name in given:
                raise words.wrong(f"{word!r} says again what an order says once")
            given[name] = value
    _take_options(words, given)
    kind = given.pop("type", None)
    price = given.get("price")
    if price is not None and kind in ("market", "mtl"):
        raise words.wrong("a market order has no price")
    if "peg" in given and kind in ("market", "mtl"):
        raise words.wrong(f"an order is pegged or {kind}, not both")
    if kind == "mtl":
        given["ord_type"] = OrdType.MARKET_TO_LIMIT
    trigger, source = given.get("trigger"), given.pop("source", None)
    if source is not None:
        if trigger is None:
            raise words.wrong("'on' tells which price stop, take or trail watch")
        given["trigger"] = msgspec.structs.replace(trigger, source=source)
    if price is None and (kind == "limit" or (kind is None and trigger is None and "peg" not in given)):
        raise words.wrong("PRICE is missing: give one (@ 190.50), or say market")
    return Order(side, qty, given.pop("price", None), given.pop("tif", TimeInForce.GTC), **given)


def _take_options(words: Words, given: dict[str, Any]) -> None:
    """``--type`` and ``--tif`` are the words of these names."""
    for name, choices in (("type", _TYPES), ("tif", tuple(TIFS))):
        if name not in given and (value := words.option(name, choices)) is not None:
            given[name] = value if name == "type" else TIFS[value]


def _post_only(words: Words, _: str) -> dict[str, Any]:
    return {"post_only": PostOnly.REPRICE if words.take_if(("reprice",)) else PostOnly.REJECT}


def _trail(words: Words, _: str) -> dict[str, Any]:
    distance = words.take("DISTANCE")
    start = words.price("PRICE") if words.take_if(("from",)) else Decimal(0)
    if distance.endswith("%"):
        rate = words.amount("DISTANCE", distance.removesuffix("%")) / _PERCENT
        return {"trigger": _exact(words, lambda: terms.trailing(rate=rate, start=start))}
    return {"trigger": terms.trailing(amount=words.amount("DISTANCE", distance), start=start)}


def _peg(words: Words, _: str) -> dict[str, Any]:
    followed = words.take_one_of("what to follow", tuple(PEGS))
    offset = words.offset("OFFSET") if words.next_is_signed() else Decimal(0)
    return {"peg": terms.peg(PEGS[followed], offset)}


def _show(words: Words, _: str) -> dict[str, Any]:
    shown = {"display_qty": words.qty("QTY")}
    return {**shown, "display_range": words.qty("QTY")} if words.take_if(("vary",)) else shown


def _self_trade(words: Words, _: str) -> dict[str, Any]:
    given: dict[str, Any] = {"self_trade": SELF_TRADES[words.take_one_of("who gives way", tuple(SELF_TRADES))]}
    return {**given, "self_trade_scope": SelfTradeScope.FIRM} if words.take_if(("firm",)) else given


def good_till(words: Words, _: str = "") -> dict[str, Any]:
    """A date and time with its zone, as ISO 8601 writes them."""
    text = words.take("TIME")
    try:
        until = datetime.fromisoformat(text)
        terms.to_ns(until)
    except ValueError:
        raise words.wrong(f"TIME {text!r}: must be a time with its zone, such as 2026-12-24T15:00Z") from None
    return {"tif": TimeInForce.GTD, "expire": until}


def _exact(words: Words, make: Callable[[], terms.Trigger]) -> terms.Trigger:
    try:
        return make()
    except ValueError as error:
        raise words.wrong(str(error)) from None


_CLAUSES: dict[str, Callable[[Words, str], dict[str, Any]]] = {
    "@": lambda words, _: {"price": words.price("PRICE")},
    "stop": lambda words, _: {"trigger": terms.stop(words.price("PRICE"))},
    "take": lambda words, _: {"trigger": terms.touched(words.price("PRICE"))},
    "trail": _trail,
    "on": lambda words, _: {"source": SOURCES[words.take_one_of("what to watch", tuple(SOURCES))]},
    "peg": _peg,
    "post-only": _post_only,
    "show": _show,
    "hidden": lambda _, __: {"hidden": True},
    "min": lambda words, _: {"min_qty": words.qty("QTY")},
    "aon": lambda _, __: {"all_or_none": True},
    "reduce-only": lambda _, __: {"reduce_only": True},
    "stp": _self_trade,
    "gtd": good_till,
    **{word: lambda _, word: {"type": word} for word in _TYPES},
    **{word: lambda _, word: {"tif": TIFS[word]} for word in TIFS},
}
CLAUSES = tuple(_CLAUSES)
"""The words that begin a clause."""
