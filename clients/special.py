"""What reports say of special orders, as this package's :class:`~clients.events.Special`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TypeVar

from clients.events import Special
from clients.numbers import to_decimal
from clients.terms import Peg, Trigger
from engine.session_profile import CancelOnDisconnect
from engine.types import Contingency, PegKind, PostOnly, SelfTrade, SelfTradeScope, TriggerKind, TriggerSource, Wait
from gateways.binary.codec import HEADER_SIZE, OWN_END, STANDING, Layout
from gateways.binary.special import ALL_OR_NONE, HIDDEN, REDUCE_ONLY

_E = TypeVar("_E", bound=IntEnum)


def known(enumeration: type[_E], value: int) -> _E | int:
    """The enumeration's member, or the bare number of one that a newer venue knows."""
    try:
        return enumeration(value)
    except ValueError:
        return value


def special_of(payload: bytes, plain: Layout, special: Layout, newest: Layout) -> Special | None:
    """What stands behind the ``plain`` block of a report about a ``special`` order; None where nothing does."""
    if not special.fits(payload):
        return None
    return standing(STANDING.unpack_from(payload, HEADER_SIZE + plain.block_length), own_end(payload, newest))


def own_end(payload: bytes, newest: Layout) -> tuple[int, int]:
    """OnDisconnect and SelfTradeID, with which the ``newest`` block of a report ends; 0 in older ones."""
    if not newest.fits(payload):
        return 0, 0
    on_disconnect, self_trade_id = OWN_END.unpack_from(payload, HEADER_SIZE + newest.block_length - OWN_END.size)
    return on_disconnect, self_trade_id


def on_disconnect_of(code: int) -> CancelOnDisconnect | int | None:
    """None for 0: whatever holds otherwise."""
    return known(CancelOnDisconnect, code - 1) if code else None


def standing(values: Sequence[int], newest: tuple[int, int] = (0, 0)) -> Special:
    """The values of :data:`gateways.binary.codec.STANDING` and of ``OWN_END``."""
    stop_px, trail_amount, trail_rate, peg_offset, display_qty, display_range, min_qty, expire_ns = values[:8]
    trigger, source, peg, post_only, flags, self_trade, scope = values[8:15]
    working_px, shown_qty, list_id, contingency, wait = values[15:]
    return Special(
        trigger=Trigger(
            known(TriggerKind, trigger),
            to_decimal(stop_px),
            known(TriggerSource, source),
            to_decimal(trail_amount),
            to_decimal(trail_rate),
        )
        if trigger
        else None,
        peg=Peg(known(PegKind, peg), to_decimal(peg_offset)) if peg else None,
        post_only=known(PostOnly, post_only),
        display_qty=to_decimal(display_qty),
        display_range=to_decimal(display_range),
        hidden=bool(flags & HIDDEN),
        min_qty=to_decimal(min_qty),
        all_or_none=bool(flags & ALL_OR_NONE),
        reduce_only=bool(flags & REDUCE_ONLY),
        self_trade=known(SelfTrade, self_trade),
        self_trade_scope=known(SelfTradeScope, scope),
        expire_ns=expire_ns,
        working_px=to_decimal(working_px),
        shown_qty=to_decimal(shown_qty),
        list_id=list_id,
        contingency=known(Contingency, contingency) if contingency else None,
        wait=known(Wait, wait),
        on_disconnect=on_disconnect_of(newest[0]),
        self_trade_id=newest[1],
    )
