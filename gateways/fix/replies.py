"""Which message a refusal is told by. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.fix.list_status import refused_list_body
from gateways.fix.refusals import (
    BusinessRefusal,
    FieldRefusal,
    ListRefusal,
    MarketDataRefusal,
    business_reject_body,
    market_data_reject_body,
    reject_body,
)

if TYPE_CHECKING:
    from gateways.fix.dialect import Dialect
    from gateways.fix.refusals import Refusal


def reply_to(refusal: Refusal, dialect: Dialect, seq: int, msg_type: str) -> tuple[str, str]:
    """MsgType and body of what a message is answered with; ``seq`` and ``msg_type`` are its own."""
    if isinstance(refusal, FieldRefusal):
        return "3", reject_body(dialect, seq, msg_type, refusal)
    if isinstance(refusal, BusinessRefusal):
        return "j", business_reject_body(seq, msg_type, refusal)
    if isinstance(refusal, ListRefusal):
        return "N", refused_list_body(dialect, refusal)
    assert isinstance(refusal, MarketDataRefusal)
    return "Y", market_data_reject_body(refusal)
