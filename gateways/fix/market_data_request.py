"""MarketDataRequest (35=V) as the venue understands it, or why it does not (281 MDReqRejReason). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gateways.fix.fields_in import ID_MAX, OUT_OF_RANGE, check_required, group_of
from gateways.fix.numbers import read_int
from gateways.fix.refusals import FieldRefusal, MarketDataRefusal

if TYPE_CHECKING:
    from gateways.fix.codec import Message
    from gateways.fix.market_data_messages import MarketDataVersion
    from gateways.fix.settings import FixSettings

SNAPSHOT, SUBSCRIBE, UNSUBSCRIBE = "0", "1", "2"
"""FIX 263 SubscriptionRequestType."""

UNKNOWN_SYMBOL, DUPLICATE, BANDWIDTH, PERMISSIONS = "0", "1", "2", "3"
BAD_DEPTH, BAD_UPDATE_TYPE, BAD_ENTRY_TYPE, BAD_IMPLICIT_DELETE = "5", "6", "8", "C"
"""FIX 281 MDReqRejReason."""

BIDS_AND_OFFERS = frozenset("01")
_BOOLEANS = {"Y": True, "N": False}


class MarketDataRequest(msgspec.Struct, frozen=True):
    """Checked, but for whether its symbols and its identifier are known."""

    md_req_id: str
    kind: str
    """263."""
    depth: int
    """Price levels of a side; 264=0 is the venue's most."""
    incremental: bool
    """265=1: changes come as X; else each change brings all of it again, as W."""
    aggregated: bool
    """266=Y: by price; else order by order."""
    entry_types: frozenset[str]
    symbols: tuple[str, ...]

    @property
    def wants_book(self) -> bool:
        return not self.entry_types.isdisjoint(BIDS_AND_OFFERS)


def read_request(message: Message, version: MarketDataVersion, settings: FixSettings) -> MarketDataRequest:
    """What a client asks for. An end of updates (263=2) is read no further than its MDReqID.

    Raises:
        FieldRefusal: a field is missing or malformed.
        MarketDataRefusal: the venue has no such thing.
    """
    fields = message.fields
    check_required(fields, ("262", "263"))
    md_req_id, kind = fields["262"], fields["263"]
    if len(md_req_id) > ID_MAX:
        raise FieldRefusal(5, "262", f"longer than {ID_MAX} characters")
    if kind not in (SNAPSHOT, SUBSCRIBE, UNSUBSCRIBE):
        raise FieldRefusal(5, "263", OUT_OF_RANGE)
    if kind == UNSUBSCRIBE:
        return MarketDataRequest(md_req_id, kind, 0, False, True, frozenset(), ())
    check_required(fields, ("264", "267", "146"))
    return MarketDataRequest(
        md_req_id,
        kind,
        _depth(fields["264"], md_req_id, settings.market_depth_max),
        _incremental(fields.get("265", "1"), md_req_id),
        _boolean(fields, "266", default=True),
        _entry_types(message, md_req_id, version),
        _symbols(message, md_req_id, settings.symbols_per_request_max),
    )


def _depth(text: str, md_req_id: str, depth_max: int) -> int:
    depth = read_int(text)
    if depth is None:
        if text.startswith("-") and read_int(text[1:]) is not None:
            raise MarketDataRefusal(BAD_DEPTH, md_req_id, f"MarketDepth {text} is not supported")
        raise FieldRefusal(6, "264", "Incorrect data format for value")
    if depth > depth_max:
        raise MarketDataRefusal(BAD_DEPTH, md_req_id, f"MarketDepth is at most {depth_max}")
    return depth or depth_max


def _incremental(update_type: str, md_req_id: str) -> bool:
    if update_type not in ("0", "1"):
        raise MarketDataRefusal(BAD_UPDATE_TYPE, md_req_id, f"MDUpdateType {update_type} is not supported")
    return update_type == "1"


def _boolean(fields: dict[str, str], tag: str, *, default: bool) -> bool:
    if tag not in fields:
        return default
    value = _BOOLEANS.get(fields[tag])
    if value is None:
        raise FieldRefusal(6, tag, "Incorrect data format for value")
    return value


def _entry_types(message: Message, md_req_id: str, version: MarketDataVersion) -> frozenset[str]:
    types = frozenset(entry["269"] for entry in group_of(message, "267", "269"))
    for unknown in sorted(types - version.entry_types):
        raise MarketDataRefusal(BAD_ENTRY_TYPE, md_req_id, f"MDEntryType {unknown} is not supported")
    if _boolean(message.fields, "547", default=False):
        text = "MDImplicitDelete is not supported: what leaves the book is deleted explicitly"
        raise MarketDataRefusal(BAD_IMPLICIT_DELETE, md_req_id, text)
    return types


def _symbols(message: Message, md_req_id: str, symbols_max: int) -> tuple[str, ...]:
    symbols = tuple(dict.fromkeys(entry["55"] for entry in group_of(message, "146", "55")))
    if len(symbols) > symbols_max:
        raise MarketDataRefusal(BANDWIDTH, md_req_id, f"At most {symbols_max} symbols in one request")
    return symbols
