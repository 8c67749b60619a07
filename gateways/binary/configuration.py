"""SessionConfiguration: what a client wants to hold until its connection ends, beyond its session's profile.

It can make itself more careful only: cancel at least what the profile cancels, and, where the profile cancels, after no
longer a wait.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.session_profile import CancelOnDisconnect, Rights, SessionProfile
from engine.terms import SpecialTerms
from engine.types import SelfTradeScope
from gateways.binary import codec
from gateways.binary.codec import HEADER_SIZE
from gateways.binary.fields import number_of
from gateways.binary.rejects import MessageRefused, MessageRejectReason
from gateways.binary.special import Unsupported, among, decode_on_disconnect, decode_self_trade, on_wire
from gateways.rates import RateLimit

AS_PROFILE = 2**32 - 1
"""CancelWindow: as the profile says."""


class Configuration(NamedTuple):
    """What holds on a connection; checked against the profile."""

    request_id: int
    cancel_on_disconnect: CancelOnDisconnect
    cancel_window_ms: int
    self_trade: SpecialTerms | None
    """Of new orders that name none; None = none."""


def configuration_of(profile: SessionProfile) -> Configuration:
    """What holds before anything is configured."""
    return Configuration(0, profile.cancel_on_disconnect, profile.cancel_window_ms, None)


def window_max_ms(profile: SessionProfile, limit_ms: int) -> int:
    """The longest that the session may have itself awaited: ``limit_ms``, or its profile's wait where that cancels."""
    return limit_ms if profile.cancel_on_disconnect is CancelOnDisconnect.OFF else profile.cancel_window_ms


def read_configuration(payload: bytes, profile: SessionProfile, limit_ms: int) -> Configuration:
    """Raises ``struct.error`` if the payload is too short, MessageRefused for what the session may not have."""
    request_id, mode_code, window_ms, mode, scope, self_trade_id = codec.SESSION_CONFIGURATION.unpack(
        payload, HEADER_SIZE
    )
    try:
        on_disconnect = decode_on_disconnect("CancelOnDisconnect", mode_code)
        self_trade = _self_trade(mode, scope, self_trade_id)
    except Unsupported as refused:
        raise MessageRefused(MessageRejectReason.INVALID_VALUE, request_id, str(refused)) from None
    cancel = profile.cancel_on_disconnect if on_disconnect is None else on_disconnect
    longest_ms = window_max_ms(profile, limit_ms)
    if window_ms == AS_PROFILE:
        window_ms = profile.cancel_window_ms
    text = ""
    if cancel < profile.cancel_on_disconnect:
        text = f"CancelOnDisconnect: at least {profile.cancel_on_disconnect.name}, as the profile says"
    elif window_ms > longest_ms and cancel is not CancelOnDisconnect.OFF:
        text = f"CancelWindow {window_ms}: at most {longest_ms} ms"
    if text:
        raise MessageRefused(MessageRejectReason.CONFIGURATION_REFUSED, request_id, text)
    return Configuration(request_id, cancel, window_ms, self_trade)


def encode_configuration(
    configuration: Configuration, profile: SessionProfile, limit_ms: int, rate: RateLimit | None
) -> bytes:
    """A SessionConfigurationReport packet: all that is in force."""
    self_trade = configuration.self_trade or SpecialTerms()
    packet: bytes = codec.SESSION_CONFIGURATION_REPORT.pack(
        configuration.request_id,
        on_wire(configuration.cancel_on_disconnect),
        configuration.cancel_window_ms,
        window_max_ms(profile, limit_ms),
        self_trade.self_trade,
        self_trade.self_trade_scope,
        number_of(self_trade.self_trade_id),
        profile.rights & (Rights.TRADE | Rights.MARKET_DATA | Rights.DROP_COPY),
        rate.bucket.per_s if rate is not None else 0,
        rate.bucket.burst if rate is not None else 0,
    )
    return packet


def _self_trade(mode: int, scope: int, self_trade_id: int) -> SpecialTerms | None:
    known, of = decode_self_trade(mode, scope)
    if not known and not self_trade_id:
        if of is not SelfTradeScope.ACCOUNT:
            raise Unsupported("SelfTradeScope without SelfTrade")
        return None
    terms = SpecialTerms(self_trade=known, self_trade_scope=of)
    return among(terms, self_trade_id) if self_trade_id else terms
