"""Special terms on the wire: the fields that NewSpecialOrder, a list's legs and the reports of special orders share.

Their order is the schema's: StopPx, TrailAmount, TrailRate, PegOffset, DisplayQty, DisplayRange, MinQty, ExpireTime,
TriggerKind, TriggerPriceType, PegPriceType, PostOnly, ExecInst, SelfTrade, SelfTradeScope; in reports also WorkingPx,
ShownQty, ListID, ContingencyType, Wait. Since version 3 OnDisconnect and SelfTradeID stand behind all of them. 0 is
none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TypeVar

import msgspec

from engine.image import OrderImage
from engine.session_profile import CancelOnDisconnect
from engine.terms import NOTHING_SPECIAL, Peg, SpecialTerms, Trigger
from engine.types import PegKind, PostOnly, Px, SelfTrade, SelfTradeScope, TriggerKind, TriggerSource
from gateways.binary.fields import number_of

HIDDEN, ALL_OR_NONE, REDUCE_ONLY = 1, 2, 4
"""The bits of ExecInst."""

NO_PX, NO_NUMBER = -(2**63), 2**64 - 1
"""None, where 0 means something: what a ReplaceOrder leaves as it is."""

TERMS_COUNT = 15
"""Values of special terms; what follows them in reports is where the order stands."""

_E = TypeVar("_E", bound=IntEnum)
_NONE = 0


def _by_number(enumeration: type[_E]) -> dict[int, _E]:
    return {int(value): value for value in enumeration}


_TRIGGER_KINDS = _by_number(TriggerKind)
_TRIGGER_SOURCES = {_NONE: TriggerSource.LAST_TRADE, **_by_number(TriggerSource)}
_PEG_KINDS = _by_number(PegKind)
_POST_ONLY = _by_number(PostOnly)
_SELF_TRADE = _by_number(SelfTrade)
_SELF_TRADE_SCOPES = _by_number(SelfTradeScope)
_NO_TRIGGER = Trigger(TriggerKind.STOP)


def on_wire(mode: CancelOnDisconnect | None) -> int:
    """What CancelOnDisconnect and OnDisconnect say; None is whatever holds otherwise."""
    return _NONE if mode is None else mode + 1


_ON_DISCONNECT: dict[int, CancelOnDisconnect | None] = {on_wire(value): value for value in (None, *CancelOnDisconnect)}


class Unsupported(ValueError):
    """What was asked for is nothing that the venue knows; the text names the field and its value."""


def encode_terms(special: SpecialTerms, stop_px: Px = 0) -> tuple[int, ...]:
    """``stop_px``: where the stop stands now, in place of where it started."""
    trigger = special.trigger
    kind, source = (trigger.kind, trigger.source) if trigger else (_NONE, _NONE)
    watched = trigger or _NO_TRIGGER
    peg = special.peg
    return (
        stop_px or watched.px,
        watched.trail_amount,
        watched.trail_rate,
        peg.offset if peg else 0,
        special.display_qty,
        special.display_range,
        special.min_qty,
        special.expire_ns,
        kind,
        source,
        peg.kind if peg else _NONE,
        special.post_only,
        HIDDEN * special.hidden | ALL_OR_NONE * special.all_or_none | REDUCE_ONLY * special.reduce_only,
        special.self_trade,
        special.self_trade_scope,
    )


def encode_newest(special: SpecialTerms | None) -> tuple[int, int] | None:
    """OnDisconnect and SelfTradeID; None where an order has neither, so that an older version can say all of it."""
    if special is None or (special.on_disconnect is None and not special.self_trade_id):
        return None
    return on_wire(special.on_disconnect), number_of(special.self_trade_id)


def encode_standing(order: OrderImage) -> tuple[int, ...]:
    """An order's special terms and where it stands, for its reports; of a plain order too."""
    special = order.terms.special or NOTHING_SPECIAL
    working, link = order.working, special.link
    return (
        *encode_terms(special, working.stop_px if working else 0),
        order.resting_px,
        order.shown_qty,
        number_of(link.list_id) if link else _NONE,
        link.contingency if link else _NONE,
        working.wait if working else _NONE,
    )


def decode_terms(values: Sequence[int]) -> SpecialTerms:
    """The special terms that :data:`TERMS_COUNT` values ask for, or with those of version 3 two more. Raises
    ``Unsupported``."""
    stop_px, trail_amount, trail_rate, peg_offset, display_qty, display_range, min_qty, expire_ns = values[:8]
    trigger_kind, source, peg_kind, post_only, flags, self_trade, scope = values[8:TERMS_COUNT]
    on_disconnect, self_trade_id = values[TERMS_COUNT:] or (_NONE, _NONE)
    if flags & ~(HIDDEN | ALL_OR_NONE | REDUCE_ONLY):
        raise Unsupported(f"ExecInst {flags} is not supported")
    watched = _known("TriggerPriceType", source, _TRIGGER_SOURCES)
    trigger = peg = None
    if trigger_kind:
        kind = _known("TriggerKind", trigger_kind, _TRIGGER_KINDS)
        trigger = Trigger(kind, stop_px, watched, trail_amount, trail_rate)
    else:
        _unasked("TriggerKind", StopPx=stop_px, TrailAmount=trail_amount, TrailRate=trail_rate, TriggerPriceType=source)
    if peg_kind:
        peg = Peg(_known("PegPriceType", peg_kind, _PEG_KINDS), peg_offset)
    else:
        _unasked("PegPriceType", PegOffset=peg_offset)
    terms = SpecialTerms(
        trigger,
        peg,
        _known("PostOnly", post_only, _POST_ONLY),
        display_qty,
        display_range,
        bool(flags & HIDDEN),
        min_qty,
        bool(flags & ALL_OR_NONE),
        bool(flags & REDUCE_ONLY),
        *decode_self_trade(self_trade, scope),
        expire_ns,
        on_disconnect=decode_on_disconnect("OnDisconnect", on_disconnect),
    )
    return terms if not self_trade_id else among(terms, self_trade_id)


def decode_self_trade(mode: int, scope: int) -> tuple[SelfTrade, SelfTradeScope]:
    """SelfTrade and SelfTradeScope. Raises ``Unsupported``."""
    return _known("SelfTrade", mode, _SELF_TRADE), _known("SelfTradeScope", scope, _SELF_TRADE_SCOPES)


def among(terms: SpecialTerms, self_trade_id: int) -> SpecialTerms:
    """Terms with a SelfTradeID: without a mode of their own it is their order that gives way (FIX 2362, 2964)."""
    mode = terms.self_trade or SelfTrade.CANCEL_NEWEST
    return msgspec.structs.replace(terms, self_trade=mode, self_trade_id=str(self_trade_id))


def decode_on_disconnect(name: str, code: int) -> CancelOnDisconnect | None:
    """Of the field ``name``; None where it says nothing. Raises ``Unsupported``."""
    if code not in _ON_DISCONNECT:
        raise Unsupported(f"{name} {code} is not supported")
    return _ON_DISCONNECT[code]


def _known(name: str, value: int, known: Mapping[int, _E]) -> _E:
    found = known.get(value)
    if found is None:
        raise Unsupported(f"{name} {value} is not supported")
    return found


def _unasked(needed: str, **fields: int) -> None:
    """A field whose meaning depends on one that is not there says that something was forgotten."""
    for name, value in fields.items():
        if value:
            raise Unsupported(f"{name} without {needed}")
