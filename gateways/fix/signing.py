"""A logon's signature (RawData, tag 96): what is signed, and how it is written. Pure.

The payload is MsgType (35), SenderCompID (49), TargetCompID (56), MsgSeqNum (34) and SendingTime (52) as they stand in
the message, joined by SOH. Its signature, Ed25519 or HMAC-SHA-256, is in RawData in base64, after RawDataLength (95).
"""

from __future__ import annotations

import base64
from typing import Final

from actors.signatures import SIGNATURE_BYTES, SignedLogon
from gateways.fix.codec import SOH
from gateways.fix.times import parse_utc

_SIGNED_TAGS: Final = ("35", "49", "56", "34", "52")
_TEXT_MAX: Final = 128


def signed_logon(fields: dict[str, str]) -> SignedLogon | None:
    """What a Logon's RawData signs; None where it holds no signature. SendingTime has been checked."""
    text = fields.get("96", "")
    if not text or len(text) > _TEXT_MAX:
        return None
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    if len(signature) not in SIGNATURE_BYTES:
        return None
    payload = SOH.join(fields[tag] for tag in _SIGNED_TAGS)
    return SignedLogon(payload.encode("latin-1"), signature, parse_utc(fields["52"]))
