"""Which field of a message is its business-level ID: BusinessRejectRefID (379) repeats it. Pure.

From the table of BusinessMessageReject in FIX 4.4 vol. 2, and for later messages by its pattern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES_BY_TAG: Final = {
    "2": "7",
    "11": "D F G H q r 9 AB AC BZ CA",
    "17": "8 Q BN",
    "23": "6",
    "66": "E K L M N m",
    "70": "J P BM",
    "117": "S Z a b i AI CW",
    "131": "R AG",
    "148": "B",
    "162": "T",
    "164": "C",
    "262": "V W X Y",
    "320": "c v x z",
    "322": "d w y AA",
    "324": "e f",
    "335": "g h BI BJ BS",
    "390": "k l",
    "391": "k l",
    "513": "o p",
    "548": "s t u",
    "568": "AD AQ",
    "571": "AE AR",
    "584": "AF",
    "644": "AH",
    "649": "a",
    "664": "AK AU",
    "693": "AJ",
    "710": "AL AN AO",
    "721": "AM AP BL",
    "755": "AS AT",
    "777": "T",
    "790": "H",
    "791": "AV",
    "833": "AW",
    "859": "BH",
    "894": "AX",
    "902": "AY",
    "904": "AZ",
    "908": "BA",
    "909": "BB BG",
    "923": "BE BF",
    "933": "BC BD",
    "1346": "BW BX",
    "1393": "BT BU",
}
_TAGS: Final[dict[str, tuple[str, ...]]] = {
    msg_type: tuple(tag for tag, types in _TYPES_BY_TAG.items() if msg_type in types.split())
    for all_types in _TYPES_BY_TAG.values()
    for msg_type in all_types.split()
}
"""MsgType (35) → tags, the first of which that is there is meant."""


def business_id(fields: Mapping[str, str]) -> str:
    """The value of a message's ID; empty where it has none."""
    return next((fields[tag] for tag in _TAGS.get(fields["35"], ()) if tag in fields), "")
