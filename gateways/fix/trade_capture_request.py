"""TradeCaptureReportRequest (AD): which of the session's trades are asked for (FIX 4.4 vol. 5, Trade Capture). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gateways.fix.fields_in import OUT_OF_RANGE, check_count, identifier, side_of, utc_time
from gateways.fix.groups import group_of
from gateways.fix.refusals import FieldRefusal

if TYPE_CHECKING:
    from gateways.fix.codec import Message
    from gateways.fix.groups import Entry

SNAPSHOT, SUBSCRIBE, UNSUBSCRIBE = "0", "1", "2"
"""SubscriptionRequestType (263)."""
ALL, MATCHING = "0", "1"
"""TradeRequestType (569): all trades, those that match the criteria; both heed what criteria there are."""
_TYPES_DEFINED: Final = frozenset("01234")
_DATES_MAX = 2
_DAY_START, _DAY_END = "00000000", "99999999"
_END_OF_TIME = 2**63 - 1


class TradeRequest(msgspec.Struct, frozen=True):
    """What a request says. Empty criteria match anything."""

    request_id: str
    """TradeRequestID (568)."""
    trade_type: str
    """TradeRequestType (569)."""
    kind: str
    """SubscriptionRequestType (263)."""
    symbol: str
    side: int
    """0 = both."""
    cl_ord_id: str
    order_id: str
    exec_id: str
    """ExecID (17) or TradeReportID (571), which are the same here."""
    first_day: str
    """TradeDate (75) from … to, both included, YYYYMMDD."""
    last_day: str
    first_ns: int
    """TransactTime (60) from … to, both included."""
    last_ns: int


def read_request(message: Message) -> TradeRequest:
    """The request of a message that has its required tags.

    Raises:
        FieldRefusal: it can't be read.
    """
    fields = message.fields
    for tag, defined in (("569", _TYPES_DEFINED), ("263", frozenset("012"))):
        if fields.get(tag, "0") not in defined:
            raise FieldRefusal(5, tag, OUT_OF_RANGE)
    dates = group_of(message, "580")
    if "580" in fields:
        check_count(fields, "580", len(dates))
    if len(dates) > _DATES_MAX:
        raise FieldRefusal(5, "580", OUT_OF_RANGE)
    first_day, last_day = _days(dates)
    first_ns, last_ns = _times(dates)
    return TradeRequest(
        identifier(fields, "568"),
        fields["569"],
        fields.get("263", SNAPSHOT),
        fields.get("55", ""),
        int(side_of(fields)) if "54" in fields else 0,
        fields.get("11", ""),
        fields.get("37", ""),
        fields.get("17", "") or fields.get("571", ""),
        first_day,
        last_day,
        first_ns,
        last_ns,
    )


def _days(dates: list[Entry]) -> tuple[str, str]:
    """One TradeDate is that day, two are a range."""
    days = [entry["75"] for entry in dates if "75" in entry]
    for day in days:
        if len(day) != len(_DAY_START) or not (day.isascii() and day.isdigit()):
            raise FieldRefusal(6, "75", "TradeDate is no LocalMktDate")
    return (min(days), max(days)) if days else (_DAY_START, _DAY_END)


def _times(dates: list[Entry]) -> tuple[int, int]:
    """TransactTimes, which stand beside TradeDates: one is where the range begins, two are a range."""
    times = [utc_time(entry["60"], "60", "TransactTime") for entry in dates if "60" in entry]
    if not times:
        return 0, _END_OF_TIME
    return min(times), max(times) if len(times) == _DATES_MAX else _END_OF_TIME
