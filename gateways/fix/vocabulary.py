"""How FIX names what the engine builds an order from: trigger × pricing × instructions (docs/order-book.md §1).

One table for both directions, so that a report names an order as its request did. FIX.4.2 and FIX.4.4 lack some of the
fields; those of later versions, and the user-defined ones at the end, are understood in either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.session_profile import CancelOnDisconnect
from engine.types import (
    Contingency,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TriggerKind,
    TriggerSource,
)
from engine.types import TimeInForce as Tif

if TYPE_CHECKING:
    from engine.terms import OrderTerms, SpecialTerms

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""FIX's character of a one-character enumeration value (engine.types.fix_code, without its call)."""

# ---- OrdType (40) ---------------------------------------------------------------------------------------------------

PRICINGS = {
    "1": OrdType.MARKET,
    "2": OrdType.LIMIT,
    "3": OrdType.MARKET,
    "4": OrdType.LIMIT,
    "J": OrdType.MARKET,
    "K": OrdType.MARKET_TO_LIMIT,
    "P": OrdType.PEGGED,
}
TRIGGERS = {"3": TriggerKind.STOP, "4": TriggerKind.STOP, "J": TriggerKind.TOUCHED}
ORD_TYPES_DEFINED = frozenset("123456789ABCDEFGHIJKLMPQRS")

_CODES = {
    (TriggerKind.STOP, OrdType.MARKET): "3",
    (TriggerKind.STOP, OrdType.LIMIT): "4",
    (TriggerKind.TOUCHED, OrdType.MARKET): "J",
    (TriggerKind.TRAILING, OrdType.MARKET): "P",
    (TriggerKind.TRAILING, OrdType.LIMIT): "P",
}


def ord_type_code(terms: OrderTerms) -> str:
    """OrdType (40) as the order was asked for: the trigger is part of it."""
    special = terms.special
    if special is None or special.trigger is None:
        return CHARACTERS[terms.ord_type]
    return _CODES.get((special.trigger.kind, terms.ord_type)) or CHARACTERS[terms.ord_type]


# ---- TimeInForce (59) -----------------------------------------------------------------------------------------------

TIFS = {CHARACTERS[tif]: tif for tif in Tif}
TIFS_DEFINED = frozenset("0123456789ABC")

# ---- ExecInst (18), PegPriceType (1094) -----------------------------------------------------------------------------

ALL_OR_NONE, POST_ONLY, TRAILING_STOP, CANCEL_ON_CONNECTION_LOSS = "G", "6", "a", "o"
PEGS = {"M": PegKind.MIDPOINT, "P": PegKind.MARKET, "R": PegKind.PRIMARY}
PEG_PRICE_TYPES = {"2": PegKind.MIDPOINT, "4": PegKind.MARKET, "5": PegKind.PRIMARY}
PEG_TRAILING_STOP = "8"
"""1094: as ExecInst ``a``."""
PEG_PRICE_TYPES_DEFINED = frozenset("12345789") | {"10"}

_HELD = frozenset("12345")
"""Not held, work, go along, over the day, held: what a broker's desk does with an order, without effect here."""
EXEC_INSTS = frozenset({ALL_OR_NONE, POST_ONLY, TRAILING_STOP, CANCEL_ON_CONNECTION_LOSS, *PEGS}) | _HELD
EXEC_INSTS_DEFINED = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def exec_insts(special: SpecialTerms | None) -> frozenset[str]:
    """The values of ExecInst that say what an order's instructions are."""
    if special is None:
        return frozenset()
    values: set[str] = set()
    if special.all_or_none:
        values.add(ALL_OR_NONE)
    if special.post_only:
        values.add(POST_ONLY)
    if special.trigger is not None and special.trigger.kind is TriggerKind.TRAILING:
        values.add(TRAILING_STOP)
    if special.on_disconnect is CancelOnDisconnect.DISCONNECT:
        values.add(CANCEL_ON_CONNECTION_LOSS)
    if special.peg is not None:
        values.add(_PEG_CODES[special.peg.kind])
    return frozenset(values)


def effective(values: frozenset[str]) -> frozenset[str]:
    """Without those that have no effect here."""
    return values - _HELD


_PEG_CODES = {kind: code for code, kind in PEGS.items()}

# ---- TriggeringInstructions (1100 …, FIX 5.0) -----------------------------------------------------------------------

PRICE_MOVEMENT, ACTIVATE = "4", "1"
TRIGGER_TYPES_DEFINED = frozenset("12345")
TRIGGER_ACTIONS_DEFINED = frozenset("123")
TRIGGER_SOURCES = {str(int(source)): source for source in TriggerSource}
"""1107; 100 is an extension: the instrument's reference price."""
TRIGGER_SOURCES_STANDARD = frozenset("123")
TRIGGER_SOURCES_DEFINED = TRIGGER_SOURCES.keys() | set("456")


def trigger_direction(side: Side, kind: TriggerKind) -> str:
    """TriggerPriceDirection (1109): that of a stop runs away from the order's side."""
    return "U" if (side is Side.BUY) is (kind is TriggerKind.STOP) else "D"


# ---- everything else ------------------------------------------------------------------------------------------------

PRICE_OFFSET, BASIS_POINTS, TICKS = "0", "1", "2"
"""PegOffsetType (836)."""
PEG_OFFSETS_DEFINED = frozenset("0123")
RANDOM_DISPLAY, UNDISCLOSED = "3", "4"
"""DisplayMethod (1084)."""
SELF_TRADES = {str(int(kind)): kind for kind in SelfTrade}
SELF_TRADES_STANDARD = frozenset("123")
"""SelfMatchPreventionInstruction (2964); 0 (none) and 100 (decrement) are extensions."""
CONTINGENCIES = {str(int(kind)): kind for kind in Contingency}
"""ContingencyType (1385); 100 (bracket) is an extension, as the specification leaves those from 100 on to users."""
CONTINGENCIES_DEFINED = CONTINGENCIES.keys() | set("3456")

POST_ONLY_TAG = "7001"
"""PostOnlyInstruction, user-defined: what a post-only order does that would take."""
POST_ONLYS = {str(int(kind)): kind for kind in PostOnly}
SELF_TRADE_SCOPE_TAG = "7002"
"""SelfTradeScope, user-defined: whose orders 2964 is about."""
SELF_TRADE_SCOPES = {str(int(scope)): scope for scope in SelfTradeScope}
ON_DISCONNECT_TAG = "7003"
"""CancelOnDisconnectInstruction, user-defined: whether the order outlives its session's connection; 0 = as the session
says."""
ON_DISCONNECTS = {
    "1": CancelOnDisconnect.DISCONNECT, "2": CancelOnDisconnect.OFF, "3": CancelOnDisconnect.LOGOUT,
}  # fmt: skip

SPECIAL_TAGS = frozenset(
    {
        *{"18", "77", "99", "110", "111", "126", "211", "432", "835", "836", "1138"},
        *{"1082", "1083", "1084", "1085", "1086", "1087", "1088", "1094", "1096", "1097", "1098"},
        *{"1100", "1101", "1102", "1103", "1104", "1107", "1108", "1109", "1110", "1111", "1112", "1113"},
        *{"2362", "2964", POST_ONLY_TAG, SELF_TRADE_SCOPE_TAG, ON_DISCONNECT_TAG},
    }
)
"""A message without any of these, OrdType 1 or 2, is a plain order."""
