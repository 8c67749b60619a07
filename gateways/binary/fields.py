"""Enumerations and numbers of the engine as the schema's messages carry them."""

from __future__ import annotations

from engine.types import OrdStatus, OrdType, Side, TimeInForce, fix_code
from gateways.binary.codec import NUL

_DIGITS_MAX = 20


def _codes(enumeration: type[Side | OrdType | TimeInForce | OrdStatus]) -> tuple[bytes, ...]:
    """FIX characters by value: indexing a tuple costs a third of what looking up an enumeration in a dict does."""
    codes = [NUL] * (max(enumeration) + 1)
    for value in enumeration:
        codes[value] = fix_code(value).encode("ascii")
    return tuple(codes)


SIDE = _codes(Side)
ORD_TYPE = _codes(OrdType)
TIME_IN_FORCE = _codes(TimeInForce)
ORD_STATUS = _codes(OrdStatus)


def number_of(name: str) -> int:
    """A ClOrdID, list's or request's id as the client sent it; 0 where the venue acts on its own account, or where
    another protocol has given a name that is no number of 64 bits."""
    if not (name.isdecimal() and name.isascii()):
        return 0
    number = int(name) if len(name) <= _DIGITS_MAX else 0
    return number if number < 2**64 else 0
