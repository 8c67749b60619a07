"""Every refusal of the venue's has a number of its own, and keeps it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import ROOT

from engine.combinations import TEXTS
from engine.types import InstrumentStatus, OrdStatus, TradingPhase
from gateways.binary.reject_reasons import RejectReason, reject_reason

PUBLISHED = {
    "OTHER": 99,
    "DUPLICATE_CL_ORD_ID": 101,
    "UNKNOWN_ORDER": 102,
    "NO_ORDER_NAMED": 103,
    "ORDER_NOT_IN_BOOK": 104,
    "ORDER_ENDED": 105,
    "UNKNOWN_SECURITY": 106,
    "UNKNOWN_ACCOUNT": 107,
    "ACCOUNT_MISSING": 108,
    "FIELD_MISSING": 201,
    "VALUE_NOT_SUPPORTED": 202,
    "FIELD_WITHOUT_MEANING": 203,
    "QUANTITY_NOT_POSITIVE": 301,
    "QUANTITY_NOT_IN_LOTS": 302,
    "QUANTITY_OUT_OF_RANGE": 303,
    "PRICE_NOT_POSITIVE": 304,
    "PRICE_NOT_IN_TICKS": 305,
    "NOTIONAL_TOO_SMALL": 306,
    "QUANTITY_OR_PRICE_NOT_POSITIVE": 307,
    "ACCOUNT_BLOCKED": 401,
    "ACCOUNT_ORDERS_EXCEEDED": 402,
    "ACCOUNT_QUANTITY_EXCEEDED": 403,
    "ACCOUNT_NOTIONAL_EXCEEDED": 404,
    "INSUFFICIENT_BALANCE": 405,
    "NOTHING_TO_REDUCE": 406,
    "ACCOUNT_SUSPENDED": 407,
    "HALTED": 501,
    "MAINTENANCE": 502,
    "DELISTED": 503,
    "CLOSED": 504,
    "POST_CLOSE": 505,
    "NO_REFERENCE_PRICE": 506,
    "NO_PRICE_TO_TRAIL": 507,
    "OUTSIDE_PRICE_LIMITS": 508,
    "BEYOND_COLLAR": 509,
    "BOOK_FULL": 510,
    "POST_ONLY_WOULD_TAKE": 511,
    "NEEDS_PRICE_TO_REST": 601,
    "DISPLAY_QUANTITY": 602,
    "MINIMUMS_EXCLUDE": 603,
    "MINIMUM_QUANTITY": 604,
    "PEG": 605,
    "MARKET_TO_LIMIT_RESTS": 606,
    "TRIGGER_FOR_AUCTION": 607,
    "TRIGGER_PRICE": 608,
    "EXPIRY_MISSING": 609,
    "AUCTION_ONLY": 610,
    "REDUCE_ONLY_BUY": 611,
    "WRONG_PHASE": 612,
    "ALREADY_EXPIRED": 613,
    "LIST_SIZE": 701,
    "LIST_TIME_IN_FORCE": 702,
    "OTHER_LEG_REFUSED": 703,
    "SIDE_CHANGED": 801,
    "LIST_ORDER_REPLACED": 802,
    "MARKET_TO_LIMIT_COLLECTING": 803,
    "NO_STOP_PRICE": 804,
    "NO_PEG": 805,
    "SYSTEM_ERROR": 901,
    "BOOK_FAILED": 902,
}

TOLD: dict[str, RejectReason] = {
    "duplicate ClOrdID 17": RejectReason.DUPLICATE_CL_ORD_ID,
    "unknown order": RejectReason.UNKNOWN_ORDER,
    "neither OrigClOrdID nor OrderID names an order": RejectReason.NO_ORDER_NAMED,
    "order is not in the book": RejectReason.ORDER_NOT_IN_BOOK,
    "the order is of another symbol": RejectReason.ORDER_NOT_IN_BOOK,
    "the order is of another account": RejectReason.ORDER_NOT_IN_BOOK,
    "the order has another ClOrdID by now, 17": RejectReason.ORDER_NOT_IN_BOOK,
    "the order is of the other side": RejectReason.SIDE_CHANGED,
    "order is filled": RejectReason.ORDER_ENDED,
    "order is canceled": RejectReason.ORDER_ENDED,
    "order is expired": RejectReason.ORDER_ENDED,
    "order is rejected": RejectReason.ORDER_ENDED,
    "unknown SecurityID 8": RejectReason.UNKNOWN_SECURITY,
    "unknown Account 23": RejectReason.UNKNOWN_ACCOUNT,
    "Account is missing: the session has no default": RejectReason.ACCOUNT_MISSING,
    "TimeInForce is required": RejectReason.FIELD_MISSING,
    "OrdType '9' is not supported": RejectReason.VALUE_NOT_SUPPORTED,
    "leg 2: SelfTrade 9 is not supported": RejectReason.VALUE_NOT_SUPPORTED,
    "MassCancelScope 2 is not supported": RejectReason.VALUE_NOT_SUPPORTED,
    "StopPx without TriggerKind": RejectReason.FIELD_WITHOUT_MEANING,
    "quantity must be positive": RejectReason.QUANTITY_NOT_POSITIVE,
    "quantity 0.5 is not a positive multiple of the lot 1": RejectReason.QUANTITY_NOT_IN_LOTS,
    "quantity 5 is outside 10 to 20": RejectReason.QUANTITY_OUT_OF_RANGE,
    "price must be positive": RejectReason.PRICE_NOT_POSITIVE,
    "price 0.5 is not a positive multiple of the tick 1": RejectReason.PRICE_NOT_IN_TICKS,
    "notional 5 is below the minimum 10": RejectReason.NOTIONAL_TOO_SMALL,
    "quantity and price must be positive": RejectReason.QUANTITY_OR_PRICE_NOT_POSITIVE,
    "account A2 is blocked": RejectReason.ACCOUNT_BLOCKED,
    "account A2 has too many open orders": RejectReason.ACCOUNT_ORDERS_EXCEEDED,
    "quantity 5 exceeds the account's limit 4": RejectReason.ACCOUNT_QUANTITY_EXCEEDED,
    "notional exceeds the account's limit 4": RejectReason.ACCOUNT_NOTIONAL_EXCEEDED,
    "insufficient USDT: needs 5, free 4": RejectReason.INSUFFICIENT_BALANCE,
    "a reduce-only order sells at most what is free of BTC: 1, not 2": RejectReason.NOTHING_TO_REDUCE,
    "account A2 is suspended: its risk state failed": RejectReason.ACCOUNT_SUSPENDED,
    "AAPL is HALTED": RejectReason.HALTED,
    "AAPL is MAINTENANCE": RejectReason.MAINTENANCE,
    "AAPL is DELISTED": RejectReason.DELISTED,
    "AAPL is CLOSED": RejectReason.CLOSED,
    "AAPL is POST CLOSE": RejectReason.POST_CLOSE,
    "no reference price for a market order in AAPL": RejectReason.NO_REFERENCE_PRICE,
    "no price to trail": RejectReason.NO_PRICE_TO_TRAIL,
    "price 5 is outside the limits 6 to 7": RejectReason.OUTSIDE_PRICE_LIMITS,
    "price 5 is too far through the market": RejectReason.BEYOND_COLLAR,
    "too many orders": RejectReason.BOOK_FULL,
    "post-only order would take": RejectReason.POST_ONLY_WOULD_TAKE,
    **{words: RejectReason(600 + number) for number, words in enumerate(TEXTS.values(), 1)},
    "reduce-only is for sells: a cash account has no short position that a buy could reduce": (
        RejectReason.REDUCE_ONLY_BUY
    ),
    "the expiry time has passed": RejectReason.ALREADY_EXPIRED,
    "a list of this kind cannot have 11 legs": RejectReason.LIST_SIZE,
    "a leg of a list cannot be IOC or FOK": RejectReason.LIST_TIME_IN_FORCE,
    "leg 2 of the list was refused": RejectReason.OTHER_LEG_REFUSED,
    "the side of an order cannot be changed": RejectReason.SIDE_CHANGED,
    "an order of a list cannot be replaced": RejectReason.LIST_ORDER_REPLACED,
    "a market-to-limit order cannot be replaced while the book collects orders": (
        RejectReason.MARKET_TO_LIMIT_COLLECTING
    ),
    "the order has no stop price to change": RejectReason.NO_STOP_PRICE,
    "the order has no peg to change": RejectReason.NO_PEG,
    "system error in the book": RejectReason.SYSTEM_ERROR,
    "system error in the account": RejectReason.SYSTEM_ERROR,
    "AAPL is halted: its book failed": RejectReason.BOOK_FAILED,
}
"""Every refusal that a client can be told of, in the venue's words."""

REFUSING = (
    "engine/combinations.py",
    "engine/rules.py",
    "engine/guards.py",
    "engine/risk.py",
    "engine/protection.py",
    "engine/entry.py",
    "engine/amending.py",
    "engine/rejections.py",
    "engine/book.py",
    "engine/short_way.py",
    "actors/refusals.py",
    "actors/standins.py",
    "gateways/binary/orders.py",
    "gateways/binary/special.py",
    "tradeengine/members.py",
)
"""Where commands of clients are refused."""
NO_REFUSALS = (
    "refused an order that no rule refuses",  # a fault, by an assertion
    "order is 1",  # words for how an order, an instrument and a book stand are looked at below
    "1 is 1",
    "leg 1: 1",  # before the words of another
    "1 must not be 0",  # a MessageReject, as are the next two
    "a list has legs",
    "two legs have the same ClOrdID",
)


def test_numbers_never_change() -> None:
    """A new reason gets a line here; none is ever removed or given another number."""
    assert {reason.name: int(reason) for reason in RejectReason} == PUBLISHED


@pytest.mark.parametrize(("text", "reason"), TOLD.items())
def test_every_refusal_has_its_number(text: str, reason: RejectReason) -> None:
    assert reject_reason(text) is reason


def test_every_number_is_of_a_refusal() -> None:
    assert {reject_reason(text) for text in TOLD} == set(RejectReason) - {RejectReason.OTHER}


@pytest.mark.parametrize("text", ["", "unknown orders", "leg 2: ", "the venue had a bad day"])
def test_words_that_no_refusal_uses(text: str) -> None:
    assert reject_reason(text) is RejectReason.OTHER


@pytest.mark.parametrize("path", REFUSING)
def test_no_refusal_is_left_out(path: str) -> None:
    """Whatever a module that refuses commands says in words is one of the refusals above."""
    for said in sentences(ROOT / path):
        known = reject_reason(said) is not RejectReason.OTHER or said in NO_REFUSALS
        assert known, f"{said!r} has no number"


def test_however_things_stand_there_is_a_number() -> None:
    ended = [status for status in OrdStatus if not status.is_open]
    phases = [phase for phase in TradingPhase if not phase.takes_orders]
    stands = [f"order is {status.name.lower()}" for status in ended]
    stands += [f"AAPL is {status.name}" for status in InstrumentStatus if status is not InstrumentStatus.ACTIVE]
    stands += [f"AAPL is {phase.name.replace('_', ' ')}" for phase in phases]
    assert RejectReason.OTHER not in map(reject_reason, stands)


def test_modules_that_refuse_are_known() -> None:
    """A module that begins to refuse commands has to be listed."""
    says = re.compile(r"(?:OrdRejReason|CxlRejReason)\.[A-Z]\w+, *\(?\s*f?\"|refuse_in_\w+\(.*\"")
    found = {
        str(file.relative_to(ROOT))
        for folder in ("engine", "actors", "gateways/binary", "tradeengine")
        for file in (ROOT / folder).glob("*.py")
        if says.search(file.read_text("utf-8"))
    }
    assert found <= set(REFUSING)


def sentences(file: Path) -> Iterator[str]:
    """Strings of several words that are no documentation; what a format leaves open is 1."""
    tree = ast.parse(file.read_text("utf-8"))
    documentation = {id(it.value) for it in ast.walk(tree) if isinstance(it, ast.Expr)}
    parts = {id(part) for it in ast.walk(tree) if isinstance(it, ast.JoinedStr) for part in it.values}
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in documentation | parts:
            text = str(node.value)
        if " " in text.strip():
            yield text
