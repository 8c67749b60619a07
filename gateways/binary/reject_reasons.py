"""Exactly why a command was refused, as a number: RejectReason of Rejected, CancelRejected and MassCancelReport.

The journal holds a refusal's FIX reason, of which there are few, and its words. A refusal's number follows from its
words, so that a replay gives the same for what was refused long ago. A number keeps its meaning for ever; whoever
changes the words of a refusal, or adds one, has its line here.
"""

from __future__ import annotations

import re
from enum import IntEnum, unique
from typing import Final

from engine.combinations import EXPIRED_TEXT, TEXTS


@unique
class RejectReason(IntEnum):
    """Hundreds: names, fields, quantities and prices, accounts, the market, combinations, lists, changes, the venue."""

    OTHER = 99
    """Refused by an older version of the venue, in words that it no longer uses."""

    DUPLICATE_CL_ORD_ID = 101
    UNKNOWN_ORDER = 102
    """The session has no order of this name today."""
    NO_ORDER_NAMED = 103
    ORDER_NOT_IN_BOOK = 104
    """It ended while the command was under way."""
    ORDER_ENDED = 105
    UNKNOWN_SECURITY = 106
    UNKNOWN_ACCOUNT = 107
    """Or one that is not the session's."""
    ACCOUNT_MISSING = 108

    FIELD_MISSING = 201
    VALUE_NOT_SUPPORTED = 202
    FIELD_WITHOUT_MEANING = 203
    """It needs another one, such as StopPx a TriggerKind."""

    QUANTITY_NOT_POSITIVE = 301
    QUANTITY_NOT_IN_LOTS = 302
    QUANTITY_OUT_OF_RANGE = 303
    PRICE_NOT_POSITIVE = 304
    PRICE_NOT_IN_TICKS = 305
    NOTIONAL_TOO_SMALL = 306
    QUANTITY_OR_PRICE_NOT_POSITIVE = 307
    """Of a replace."""

    ACCOUNT_BLOCKED = 401
    ACCOUNT_ORDERS_EXCEEDED = 402
    ACCOUNT_QUANTITY_EXCEEDED = 403
    ACCOUNT_NOTIONAL_EXCEEDED = 404
    INSUFFICIENT_BALANCE = 405
    NOTHING_TO_REDUCE = 406
    """A reduce-only order is larger than what is free."""
    ACCOUNT_SUSPENDED = 407
    """A fault of the venue's."""

    HALTED = 501
    MAINTENANCE = 502
    DELISTED = 503
    CLOSED = 504
    POST_CLOSE = 505
    NO_REFERENCE_PRICE = 506
    NO_PRICE_TO_TRAIL = 507
    OUTSIDE_PRICE_LIMITS = 508
    BEYOND_COLLAR = 509
    BOOK_FULL = 510
    """Orders of the side, or of the account in it."""
    POST_ONLY_WOULD_TAKE = 511

    NEEDS_PRICE_TO_REST = 601
    DISPLAY_QUANTITY = 602
    MINIMUMS_EXCLUDE = 603
    MINIMUM_QUANTITY = 604
    PEG = 605
    MARKET_TO_LIMIT_RESTS = 606
    TRIGGER_FOR_AUCTION = 607
    TRIGGER_PRICE = 608
    EXPIRY_MISSING = 609
    """Or one of an order that is not good till a date."""
    AUCTION_ONLY = 610
    REDUCE_ONLY_BUY = 611
    WRONG_PHASE = 612
    ALREADY_EXPIRED = 613

    LIST_SIZE = 701
    LIST_TIME_IN_FORCE = 702
    OTHER_LEG_REFUSED = 703
    """The list was refused for another of its legs."""

    SIDE_CHANGED = 801
    LIST_ORDER_REPLACED = 802
    MARKET_TO_LIMIT_COLLECTING = 803
    NO_STOP_PRICE = 804
    NO_PEG = 805

    SYSTEM_ERROR = 901
    BOOK_FAILED = 902
    """The symbol is out of service."""


_R: Final = RejectReason
_RULES: Final = {f"R{number % 100}": RejectReason(number) for number in range(601, 613)}
"""By the rule's name in docs/order-book.md §1.1."""

_WORDS: Final[tuple[tuple[RejectReason, str], ...]] = (
    # The most frequent come first.
    (_R.DUPLICATE_CL_ORD_ID, r"duplicate ClOrdID .*"),
    (_R.UNKNOWN_ORDER, r"unknown order"),
    (_R.ORDER_ENDED, r"order is (?:filled|canceled|rejected|expired)"),
    (_R.ORDER_NOT_IN_BOOK, r"order is not in the book"),
    (_R.ORDER_NOT_IN_BOOK, r"the order (?:is of another (?:symbol|account)|has another ClOrdID by now, .*)"),
    (_R.INSUFFICIENT_BALANCE, r"insufficient .+: needs .+, free .+"),
    (_R.POST_ONLY_WOULD_TAKE, r"post-only order would take"),
    (_R.NO_ORDER_NAMED, r"neither OrigClOrdID nor OrderID names an order"),
    (_R.UNKNOWN_SECURITY, r"unknown (?:SecurityID|symbol) .*"),
    (_R.UNKNOWN_ACCOUNT, r"unknown [Aa]ccount .*"),
    (_R.ACCOUNT_MISSING, r"Account is missing: .*"),
    (_R.FIELD_MISSING, r"\w+ is required"),
    (_R.VALUE_NOT_SUPPORTED, r"\w+ .* is not supported"),
    (_R.FIELD_WITHOUT_MEANING, r"\w+ without \w+"),
    (_R.QUANTITY_NOT_POSITIVE, r"quantity must be positive"),
    (_R.QUANTITY_NOT_IN_LOTS, r"quantity \S+ is not a positive multiple of the lot .*"),
    (_R.QUANTITY_OUT_OF_RANGE, r"quantity \S+ is outside .*"),
    (_R.PRICE_NOT_POSITIVE, r"price must be positive"),
    (_R.PRICE_NOT_IN_TICKS, r"price \S+ is not a positive multiple of the tick .*"),
    (_R.NOTIONAL_TOO_SMALL, r"notional \S+ is below the minimum .*"),
    (_R.QUANTITY_OR_PRICE_NOT_POSITIVE, r"quantity and price must be positive"),
    (_R.ACCOUNT_BLOCKED, r"account .* is blocked"),
    (_R.ACCOUNT_ORDERS_EXCEEDED, r"account .* has too many open orders"),
    (_R.ACCOUNT_QUANTITY_EXCEEDED, r"quantity \S+ exceeds the account's limit .*"),
    (_R.ACCOUNT_NOTIONAL_EXCEEDED, r"notional exceeds the account's limit .*"),
    (_R.NOTHING_TO_REDUCE, r"a reduce-only order sells at most what is free of .*"),
    (_R.ACCOUNT_SUSPENDED, r"account .* is suspended: .*"),
    (_R.HALTED, r".* is HALTED"),
    (_R.MAINTENANCE, r".* is MAINTENANCE"),
    (_R.DELISTED, r".* is DELISTED"),
    (_R.CLOSED, r".* is CLOSED"),
    (_R.POST_CLOSE, r".* is POST CLOSE"),
    (_R.NO_REFERENCE_PRICE, r"no reference price for a market order in .*"),
    (_R.NO_PRICE_TO_TRAIL, r"no price to trail"),
    (_R.OUTSIDE_PRICE_LIMITS, r"price \S+ is outside the limits .*"),
    (_R.BEYOND_COLLAR, r"price \S+ is too far through the market"),
    (_R.BOOK_FULL, r"too many orders"),
    *((_RULES[rule], re.escape(words)) for rule, words in TEXTS.items()),
    (_R.REDUCE_ONLY_BUY, r"reduce-only is for sells: .*"),
    (_R.ALREADY_EXPIRED, re.escape(EXPIRED_TEXT)),
    (_R.LIST_SIZE, r"a list of this kind cannot have \d+ legs"),
    (_R.LIST_TIME_IN_FORCE, r"a leg of a list cannot be IOC or FOK"),
    (_R.OTHER_LEG_REFUSED, r"leg \d+ of the list was refused"),
    (_R.SIDE_CHANGED, r"the side of an order cannot be changed|the order is of the other side"),
    (_R.LIST_ORDER_REPLACED, r"an order of a list cannot be replaced"),
    (_R.MARKET_TO_LIMIT_COLLECTING, r"a market-to-limit order cannot be replaced while the book collects orders"),
    (_R.NO_STOP_PRICE, r"the order has no stop price to change"),
    (_R.NO_PEG, r"the order has no peg to change"),
    (_R.SYSTEM_ERROR, r"system error in the \w+"),
    (_R.BOOK_FAILED, r".* is halted: its book failed"),
)
_ANY: Final = re.compile(
    r"(?:leg \d+: )?(?:" + "|".join(f"({words})" for _, words in _WORDS) + ")", re.DOTALL
).fullmatch


def reject_reason(text: str) -> RejectReason:
    """The number of a refusal by its words. ``leg 2: `` before them says which leg of a list they are about."""
    found = _ANY(text)
    return _R.OTHER if found is None else _WORDS[(found.lastindex or 0) - 1][0]
